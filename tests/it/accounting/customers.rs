//! Customers: who a sale is booked to.
//!
//! | rule | shown by |
//! |---|---|
//! | `customers.mode` | `all_sales_can_go_to_one_customer` |
//! | `customers.generic` | `nobody_is_the_generic_customer`, `the_generic_customer_has_the_owners_name` |
//! | `customers.guests` | `all_guests_can_go_to_one_customer` |
//! | `customers.match` | `the_order_of_matching_is_the_owners`, `without_any_match_every_customer_is_made_anew` |
//! | matched by a unique e-mail address | `an_address_known_in_the_books_is_the_same_customer` |
//! | matched by a unique name | `a_name_known_in_the_books_is_the_same_customer_unless_the_address_differs` |
//! | two candidates: held | `two_candidates_are_held_and_the_first_is_never_taken` |
//! | what is matched is never written to | `an_address_known_in_the_books_is_the_same_customer` |
//! | the name: company, person, address; cleaned | `names_are_company_person_or_address_and_fit_quickbooks` |
//! | two customers of one name stay two | `two_customers_of_one_name_stay_two`, `the_name_for_when_one_is_taken_says_nothing_twice`, `two_of_one_name_stay_two_where_the_books_have_one_without_an_address`, `two_of_one_name_stay_two_and_a_guest_is_the_one_with_the_address` |
//! | a vendor has the name | `a_vendor_of_the_name_is_not_sold_to` |
//! | an employee has the name | `an_employee_of_the_name_is_not_sold_to` |
//! | both names are taken: held | `a_name_that_is_taken_twice_is_held_until_somebody_renames_one` |
//! | guests | `a_guest_is_known_by_the_address_without_regard_to_case`, `a_guest_who_makes_an_account_stays_one_customer`, `somebody_with_an_account_who_buys_as_a_guest_stays_one_customer` |
//! | deleted accounts | `an_order_whose_account_was_deleted_stays_with_its_customer`, `a_deleted_account_leaves_customer_and_document_as_they_are` |
//! | one currency each | `a_customer_has_one_currency_and_is_another_one_in_another` |
//! | what others entered stays | `a_customer_is_updated_without_clearing_what_others_entered`, `a_customer_that_somebody_completed_keeps_what_was_written` |
//! | every recorded account | `the_recorded_accounts_all_become_customers` |

use daybook::domain::{CustomerMatch, Customers, MappingRules, SourceKind, Wish};
use kit::{PostingKind, StreamName};
use sandbox::company::{Kind, Regime};
use serde_json::{Value, json};

use super::{mug, rules, us};
use crate::mapping::books::{Became, World, body};
use crate::mapping::orders::{OrderBuilder, refund};
use crate::mapping::recorded::recorded;

fn account(id: u64, first: &str, last: &str, email: &str) -> Value {
    json!({
        "id": id, "email": email, "first_name": first, "last_name": last, "role": "customer",
        "billing": { "company": "", "address_1": "1 Main St", "city": "Troy", "country": "US" },
        "shipping": {}
    })
}

async fn plain() -> World {
    us(MappingRules::default()).await
}

fn names(world: &World) -> Vec<String> {
    let customers = world.company.handle().objects(Kind::Customer);
    customers
        .iter()
        .filter_map(|it| it["DisplayName"].as_str().map(str::to_owned))
        .collect()
}

fn take(world: &mut World, account: &Value) -> Became {
    world
        .take(StreamName::Customers, &account.to_string())
        .pop()
        .unwrap()
        .1
}

fn name_of(account: &Value, world: &World) -> String {
    world
        .plan(StreamName::Customers, &account.to_string())
        .pop()
        .unwrap()
        .number
}

#[tokio::test]
async fn two_customers_of_one_name_stay_two() {
    let mut world = plain().await;
    take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    take(&mut world, &account(2, "Ann", "Lee", "lee@example.com"));
    assert_eq!(names(&world), ["Ann Lee", "Ann Lee (lee@example.com)"]);
}

#[tokio::test]
async fn a_vendor_of_the_name_is_not_sold_to() {
    let mut world = plain().await;
    world.company.handle().add_vendor("Ann Lee").unwrap();
    take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    assert_eq!(names(&world), ["Ann Lee (ann@example.com)"]);
}

#[tokio::test]
async fn an_employee_of_the_name_is_not_sold_to() {
    let mut world = plain().await;
    let ann = json!({ "DisplayName": "Ann Lee", "GivenName": "Ann", "FamilyName": "Lee" });
    world.company.handle().add(Kind::Employee, ann).unwrap();
    take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    assert_eq!(names(&world), ["Ann Lee (ann@example.com)"]);
}

#[tokio::test]
async fn an_address_known_in_the_books_is_the_same_customer() {
    let mut world = plain().await;
    world.add_customer_entry("77", "Lee, A.", "ANN@example.com");
    assert_eq!(
        take(&mut world, &account(1, "Ann", "Lee", "ann@example.com")),
        Became::Adopted
    );
    let again = world.plan(
        StreamName::Customers,
        &account(1, "A", "L", "new@example.com").to_string(),
    );
    assert!(
        matches!(again[0].wish, Wish::Adopt(_)),
        "what is adopted is never written to"
    );
}

#[tokio::test]
async fn a_name_known_in_the_books_is_the_same_customer_unless_the_address_differs() {
    let mut world = plain().await;
    world.add_customer_entry("77", "ann lee", "");
    assert_eq!(
        take(&mut world, &account(1, "Ann", "Lee", "ann@example.com")),
        Became::Adopted
    );
    let mut world = plain().await;
    world
        .company
        .handle()
        .add_customer("Ann Lee", "other@example.com")
        .unwrap();
    world.add_customer_entry("1", "Ann Lee", "other@example.com");
    take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    assert_eq!(names(&world), ["Ann Lee", "Ann Lee (ann@example.com)"]);
}

#[tokio::test]
async fn two_candidates_are_held_and_the_first_is_never_taken() {
    let ann = account(1, "Ann", "Lee", "ann@example.com");
    let mut world = plain().await;
    world.add_customer_entry("77", "Ann Lee", "ann@example.com");
    world.add_customer_entry("78", "Lee Ltd", "ann@example.com");
    let became = take(&mut world, &ann);
    assert_eq!(became, Became::Held("ambiguous_customer".to_owned()));
    let mut world = plain().await;
    world.add_customer_entry("77", "Ann Lee", "");
    world.add_customer_entry("78", "ann lee ", "");
    let became = take(&mut world, &ann);
    assert_eq!(became, Became::Held("ambiguous_customer".to_owned()));
    assert_eq!(names(&world), [""; 0]);
}

#[tokio::test]
async fn two_of_one_name_stay_two_where_the_books_have_one_without_an_address() {
    let mut world = plain().await;
    world.add_customer_entry("77", "John Smith", "");
    let john = account(1, "John", "Smith", "john@example.com");
    assert_eq!(take(&mut world, &john), Became::Adopted);
    let other = account(2, "John", "Smith", "smith@example.org");
    let became = take(&mut world, &other);
    assert!(matches!(became, Became::Posted { .. }), "{became:?}");
    // the first of them buys as a guest: one person
    let order = mug(1)
        .with("/billing/first_name", "John")
        .with("/billing/last_name", "Smith")
        .with("/billing/email", "John@example.com");
    let drafts = world.plan(StreamName::Orders, &order.done());
    let guest = drafts
        .iter()
        .find(|it| it.key.kind == PostingKind::Customer);
    let Wish::Adopt(receipt) = &guest.unwrap().wish else {
        panic!("{guest:?}")
    };
    assert_eq!(receipt.target_id, "77");
}

#[tokio::test]
async fn the_order_of_matching_is_the_owners() {
    use CustomerMatch::{Email, Name};
    for (matching, found) in [
        (vec![Email, Name], "77"),
        (vec![Name, Email], "78"),
        (vec![Email], "77"),
        (vec![Name], "78"),
    ] {
        let mut world = us(rules(|it| it.customers.matching.clone_from(&matching))).await;
        world.add_customer_entry("77", "Somebody", "ann@example.com");
        world.add_customer_entry("78", "Ann Lee", "");
        let ann = account(1, "Ann", "Lee", "ann@example.com").to_string();
        let draft = world.plan(StreamName::Customers, &ann).remove(0);
        let Wish::Adopt(there) = draft.wish else {
            panic!("{matching:?}: {draft:?}")
        };
        assert_eq!(there.target_id, found, "{matching:?}");
    }
}

#[tokio::test]
async fn without_any_match_every_customer_is_made_anew() {
    let mut world = us(rules(|it| it.customers.matching.clear())).await;
    world.add_customer_entry("77", "Ann Lee", "ann@example.com");
    let became = take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    assert!(matches!(became, Became::Posted { .. }), "{became:?}");
}

#[tokio::test]
async fn a_guest_who_makes_an_account_stays_one_customer() {
    let mut world = plain().await;
    let order = OrderBuilder::new(1)
        .line(10, 1, "5", "5", &[])
        .with("/billing/email", "Ann@Example.com");
    world.take(StreamName::Orders, &order.done());
    let became = take(&mut world, &account(9, "Ann", "Lee", "ann@example.com"));
    assert_eq!(became, Became::Adopted);
    assert_eq!(names(&world).len(), 1);
}

#[tokio::test]
async fn somebody_with_an_account_who_buys_as_a_guest_stays_one_customer() {
    let mut world = plain().await;
    take(&mut world, &account(9, "Ann", "Lee", "ann@example.com"));
    let order = mug(1).with("/billing/email", "Ann@Example.com").done();
    let done = world.take(StreamName::Orders, &order);
    assert_eq!(done[0].1, Became::Adopted);
    assert_eq!(names(&world), ["Ann Lee"]);
}

#[tokio::test]
async fn a_guest_is_known_by_the_address_without_regard_to_case() {
    let mut world = plain().await;
    for (id, email) in [(1, "Ann@Example.com"), (2, "ann@example.com ")] {
        let order = OrderBuilder::new(id)
            .line(10, 1, "5", "5", &[])
            .with("/billing/email", email);
        world.take(StreamName::Orders, &order.done());
    }
    assert_eq!(names(&world).len(), 1);
}

#[tokio::test]
async fn an_order_whose_account_was_deleted_stays_with_its_customer() {
    for guests in [Customers::PerCustomer, Customers::One] {
        let world = us(rules(|it| it.customers.guests = guests)).await;
        its_account_was_deleted(world, guests);
    }
}

fn its_account_was_deleted(mut world: World, guests: Customers) {
    let order = |account: u64| mug(1).with("/customer_id", account);
    let before = world.one(StreamName::Orders, &order(9).done()).0;
    let after = world.plan(StreamName::Orders, &order(0).done());
    let unchanged = std::slice::from_ref(&before);
    assert_eq!(after, unchanged, "nothing about it has changed");
    let back = refund(77, 1, "37.00", &[]);
    let (refund, _) = world.one(StreamName::Refunds, &back);
    assert_eq!(body(&refund)["CustomerRef"], body(&before)["CustomerRef"]);
    // an invoice is paid by who it was written to
    let open = |account: u64| {
        let open = mug(2).with("/payment_method", "bacs");
        open.with("/customer_id", account).with("/id", 2)
    };
    let unpaid = open(9).with("/date_paid_gmt", json!(null)).done();
    world.take(StreamName::Orders, &unpaid);
    let done = world.take(StreamName::Orders, &open(0).done());
    let payment = done.last().unwrap();
    assert_eq!(payment.0.key.kind, PostingKind::Payment);
    assert_eq!(payment.1, super::posted("37.00", "0"));
    assert_eq!(names(&world), ["Nia Park 1"]);
    // what was not in the books before is a guest's like any other
    let new = world.plan(StreamName::Orders, &mug(3).done());
    let guest = match guests {
        Customers::PerCustomer => SourceKind::Guest,
        Customers::One => SourceKind::Role,
    };
    assert_eq!(new[0].key.source_kind, guest);
}

#[tokio::test]
async fn names_are_company_person_or_address_and_fit_quickbooks() {
    let world = plain().await;
    let plain =
        |first: &str, last: &str| name_of(&account(1, first, last, "a@example.com"), &world);
    assert_eq!(plain("Ann", "Lee"), "Ann Lee");
    assert_eq!(plain("", ""), "a@example.com");
    assert_eq!(plain("Ann:\t", "Lee\n"), "Ann- Lee");
    // a US company cannot keep it: letters lose their marks, other writings could be anybody's
    assert_eq!(plain("Jan", "Dvořák"), "Jan Dvorák");
    assert_eq!(plain("Ștefan", "Iliuță"), "Stefan Iliuta");
    assert_eq!(plain("株", "茶"), "Zhu Cha (a@example.com)");
    assert_eq!(plain("דוד", "כהן"), "dvd khhn (a@example.com)");
    assert_eq!(plain("🐈", ""), "a@example.com");
    assert_eq!(plain("Zoë", "O’Hara"), "Zoë O'Hara");
    let anonymous = |first: &str, last: &str| name_of(&account(7, first, last, ""), &world);
    assert_eq!(anonymous("דוד", "כהן"), "dvd khhn (customer 7)");
    assert!(plain(&"x".repeat(600), "y").len() <= 500);
    let mut company = account(1, "Ann", "Lee", "a@example.com");
    company["billing"]["company"] = json!("Lee &amp; Sons");
    assert_eq!(name_of(&company, &world), "Lee & Sons");
    let british = World::fresh(Regime::Uk, MappingRules::default()).await;
    assert_eq!(
        name_of(&account(1, "株", "茶", "a@example.com"), &british),
        "株 茶"
    );
}

#[tokio::test]
async fn the_name_for_when_one_is_taken_says_nothing_twice() {
    let world = plain().await;
    for (first, last, email, other) in [
        (
            "Ann",
            "Lee",
            "a@example.com",
            Some("Ann Lee (a@example.com)"),
        ),
        ("Ann", "Lee", "", Some("Ann Lee (customer 7)")),
        (
            "株",
            "茶",
            "a@example.com",
            Some("Zhu Cha (a@example.com, customer 7)"),
        ),
        ("株", "茶", "", None),
        ("", "", "a@example.com", Some("a@example.com (customer 7)")),
        ("", "", "", None),
    ] {
        let account = account(7, first, last, email).to_string();
        let draft = world.plan(StreamName::Customers, &account).remove(0);
        let Wish::Post(document) = draft.wish else {
            panic!("{draft:?}")
        };
        let rename = document.rename.map(|rename| rename.name);
        assert_eq!(rename.as_deref(), other, "{first} {last} {email}");
    }
}

#[tokio::test]
async fn nobody_is_the_generic_customer() {
    let mut world = plain().await;
    let mut order = OrderBuilder::new(1).line(10, 1, "5", "5", &[]);
    for field in ["first_name", "last_name", "email"] {
        order = order.with(&format!("/billing/{field}"), "");
    }
    let done = world.take(StreamName::Orders, &order.done());
    assert_eq!(done[0].0.key.source_kind, SourceKind::Role);
    assert_eq!(names(&world), ["WooCommerce customer"]);
}

#[tokio::test]
async fn the_generic_customer_has_the_owners_name() {
    let mut world = us(rules(|rules| {
        rules.customers.mode = Customers::One;
        rules.customers.generic = "Web sales".to_owned();
    }))
    .await;
    let books = world.company.handle();
    let id = books.add_customer("Web Sales", "").unwrap();
    world.add_customer_entry(&id, "Web Sales", "");
    let done = world.take(StreamName::Orders, &mug(1).done());
    assert_eq!(done[0].1, Became::Adopted, "it is there already");
    let mut world = us(rules(|rules| {
        rules.customers.guests = Customers::One;
        rules.customers.generic = "Web sales".to_owned();
    }))
    .await;
    world.take(StreamName::Orders, &mug(1).done());
    assert_eq!(names(&world), ["Web sales"]);
}

#[tokio::test]
async fn all_sales_can_go_to_one_customer() {
    let mut world = us(rules(|it| it.customers.mode = Customers::One)).await;
    let became = take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    assert!(matches!(became, Became::Excluded(_)));
    let order = mug(1).with("/customer_id", 1).done();
    world.take(StreamName::Orders, &order);
    world.take(StreamName::Orders, &mug(2).done());
    assert_eq!(names(&world), ["WooCommerce customer"]);
}

#[tokio::test]
async fn all_guests_can_go_to_one_customer() {
    let mut world = us(rules(|it| it.customers.guests = Customers::One)).await;
    world.take(StreamName::Orders, &mug(1).done());
    let with_account = mug(2).with("/customer_id", 4).done();
    world.take(StreamName::Orders, &with_account);
    assert_eq!(names(&world), ["WooCommerce customer", "Nia Park 2"]);
}

#[tokio::test]
async fn a_customer_is_updated_without_clearing_what_others_entered() {
    let mut world = plain().await;
    let mut ann = account(1, "Ann", "Lee", "a@example.com");
    take(&mut world, &ann);
    ann["billing"]["phone"] = json!("555-0100");
    let draft = world.plan(StreamName::Customers, &ann.to_string());
    assert!(world.links.contains_key(&draft[0].key), "it is there");
    let body = body(&draft[0]);
    assert_eq!(body["PrimaryPhone"]["FreeFormNumber"], "555-0100");
    assert_eq!(body["sparse"], true);
    assert_eq!(body["BillAddr"]["City"], "Troy");
    assert_eq!(body["ShipAddr"], json!(null));
}

#[tokio::test]
async fn the_recorded_accounts_all_become_customers() {
    let mut world = plain().await;
    let accounts = recorded("us-customers-list");
    for account in &accounts {
        let became = world.take(StreamName::Customers, account).pop().unwrap().1;
        assert!(
            matches!(became, Became::Posted { .. }),
            "{account}: {became:?}"
        );
    }
    let names = names(&world);
    assert_eq!(names.len(), accounts.len(), "{names:?}");
}
