//! Who a sale is booked to.

use daybook::domain::{CustomerMatch, Customers, MappingRules, SourceKind, Wish};
use kit::StreamName;
use sandbox::company::{Kind, Regime};
use serde_json::{Value, json};

use super::books::{Became, World, body};
use super::orders::OrderBuilder;

fn account(id: u64, first: &str, last: &str, email: &str) -> Value {
    json!({
        "id": id, "email": email, "first_name": first, "last_name": last, "role": "customer",
        "billing": { "company": "", "address_1": "1 Main St", "city": "Troy", "country": "US" },
        "shipping": {}
    })
}

async fn us() -> World {
    World::fresh(Regime::UsAst, MappingRules::default()).await
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
    let mut world = us().await;
    take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    take(&mut world, &account(2, "Ann", "Lee", "lee@example.com"));
    assert_eq!(names(&world), ["Ann Lee", "Ann Lee (lee@example.com)"]);
}

#[tokio::test]
async fn a_vendor_of_the_name_is_not_sold_to() {
    let mut world = us().await;
    world.company.handle().add_vendor("Ann Lee").unwrap();
    take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    assert_eq!(names(&world), ["Ann Lee (ann@example.com)"]);
}

#[tokio::test]
async fn an_address_known_in_the_books_is_the_same_customer() {
    let mut world = us().await;
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
    let mut world = us().await;
    world.add_customer_entry("77", "ann lee", "");
    assert_eq!(
        take(&mut world, &account(1, "Ann", "Lee", "ann@example.com")),
        Became::Adopted
    );
    let mut world = us().await;
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
    let mut world = us().await;
    world.add_customer_entry("77", "Ann Lee", "ann@example.com");
    world.add_customer_entry("78", "Lee Ltd", "ann@example.com");
    let became = take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    assert_eq!(became, Became::Held("ambiguous_customer".to_owned()));
}

#[tokio::test]
async fn the_order_of_matching_is_the_owners() {
    let mut rules = MappingRules::default();
    rules.customers.matching = vec![CustomerMatch::Name];
    let mut world = World::fresh(Regime::UsAst, rules).await;
    world.add_customer_entry("77", "Somebody", "ann@example.com");
    let became = take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    assert!(
        matches!(became, Became::Posted { .. }),
        "the address does not count"
    );
}

#[tokio::test]
async fn a_guest_who_makes_an_account_stays_one_customer() {
    let mut world = us().await;
    let order = OrderBuilder::new(1)
        .line(10, 1, "5", "5", &[])
        .with("/billing/email", "Ann@Example.com");
    world.take(StreamName::Orders, &order.done());
    let became = take(&mut world, &account(9, "Ann", "Lee", "ann@example.com"));
    assert_eq!(became, Became::Adopted);
    assert_eq!(names(&world).len(), 1);
}

#[tokio::test]
async fn a_guest_is_known_by_the_address_without_regard_to_case() {
    let mut world = us().await;
    for (id, email) in [(1, "Ann@Example.com"), (2, "ann@example.com ")] {
        let order = OrderBuilder::new(id)
            .line(10, 1, "5", "5", &[])
            .with("/billing/email", email);
        world.take(StreamName::Orders, &order.done());
    }
    assert_eq!(names(&world).len(), 1);
}

#[tokio::test]
async fn names_are_company_person_or_address_and_fit_quickbooks() {
    let world = us().await;
    let plain =
        |first: &str, last: &str| name_of(&account(1, first, last, "a@example.com"), &world);
    assert_eq!(plain("Ann", "Lee"), "Ann Lee");
    assert_eq!(plain("", ""), "a@example.com");
    assert_eq!(plain("Ann:\t", "Lee\n"), "Ann- Lee");
    assert_eq!(
        plain("株", "茶"),
        "a@example.com",
        "a US company would lose it"
    );
    assert_eq!(plain("株", "Tanaka"), "Tanaka (a@example.com)");
    assert_eq!(plain("Zoë", "O’Hara"), "Zoë O'Hara");
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
async fn nobody_is_the_generic_customer() {
    let mut world = us().await;
    let mut order = OrderBuilder::new(1).line(10, 1, "5", "5", &[]);
    for field in ["first_name", "last_name", "email"] {
        order = order.with(&format!("/billing/{field}"), "");
    }
    let done = world.take(StreamName::Orders, &order.done());
    assert_eq!(done[0].0.key.source_kind, SourceKind::Role);
    assert_eq!(names(&world), ["WooCommerce customer"]);
}

#[tokio::test]
async fn all_sales_can_go_to_one_customer() {
    let mut rules = MappingRules::default();
    rules.customers.mode = Customers::One;
    let mut world = World::fresh(Regime::UsAst, rules).await;
    let became = take(&mut world, &account(1, "Ann", "Lee", "ann@example.com"));
    assert!(matches!(became, Became::Excluded(_)));
    let order = OrderBuilder::new(1)
        .line(10, 1, "5", "5", &[])
        .with("/customer_id", 1);
    world.take(StreamName::Orders, &order.done());
    assert_eq!(names(&world), ["WooCommerce customer"]);

    let mut rules = MappingRules::default();
    rules.customers.guests = Customers::One;
    let mut world = World::fresh(Regime::UsAst, rules).await;
    let order = OrderBuilder::new(1).line(10, 1, "5", "5", &[]);
    world.take(StreamName::Orders, &order.clone().done());
    world.take(
        StreamName::Orders,
        &order
            .with("/id", 2)
            .with("/number", "2")
            .with("/customer_id", 4)
            .done(),
    );
    assert_eq!(names(&world), ["WooCommerce customer", "Nia Park 1"]);
}

#[tokio::test]
async fn a_customer_is_updated_without_clearing_what_others_entered() {
    let world = us().await;
    let draft = world.plan(
        StreamName::Customers,
        &account(1, "Ann", "Lee", "a@example.com").to_string(),
    );
    let body = body(&draft[0]);
    assert_eq!(body["sparse"], true);
    assert_eq!(body["BillAddr"]["City"], "Troy");
    assert_eq!(body["ShipAddr"], json!(null));
}

#[tokio::test]
async fn the_recorded_accounts_all_become_customers() {
    let mut world = us().await;
    let accounts = super::recorded::recorded("us-customers-list");
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
