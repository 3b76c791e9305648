//! Names of accounts, items, codes, methods, classes and locations: looked up once, before anything is
//! posted.
//!
//! | rule | shown by |
//! |---|---|
//! | without a mapping section it works against a fresh company | `the_defaults_fit_a_fresh_company_of_every_country` |
//! | a name that does not resolve is reported with the nearest ones | `all_names_that_do_not_resolve_are_reported_at_once_with_the_nearest` |
//! | `id:123` instead of a name | `an_account_can_be_named_by_its_id`, `an_item_can_be_named_by_its_id` |
//! | another name later on | `a_name_that_is_changed_later_counts_for_what_is_booked_from_then_on`, `items_that_are_named_anew_are_made_and_what_is_booked_stays` |
//! | an id that is not there is reported like a name | `an_item_whose_id_is_not_in_the_books_is_reported_before_anything_is_posted` |

use daybook::domain::{
    Customers, GatewayRules, MappingRules, PipelineName, PostDiscountAs, ShippingItem, SyncStatus,
    TaxMode,
};
use daybook::engine::Tripwire;
use daybook::mapping::to_quickbooks::{Books, ToQuickBooks};
use kit::StreamName;
use rust_decimal::dec;
use sandbox::company::{CompanyContents, CompanyOptions, CompanyServer, Kind, Limits, Regime};
use sandbox::store::{Cart, Gateway};
use serde_json::json;

use super::{mug, posted, rules};
use crate::mapping::books::{World, body};
use crate::mapping::lists::lists;
use crate::mapping::orders::{OrderBuilder, product_line, refund};
use crate::support::{DAILY, Story, quiet_store, shop_with_fees};

#[tokio::test]
async fn the_defaults_fit_a_fresh_company_of_every_country() {
    use Regime::{Au, Ca, Uk, UsAst, UsManual, UsNoTax};
    for regime in [UsAst, UsManual, UsNoTax, Uk, Ca, Au] {
        World::fresh(regime, MappingRules::default()).await;
    }
}

#[tokio::test]
async fn all_names_that_do_not_resolve_are_reported_at_once_with_the_nearest() {
    let mut rules = MappingRules::default();
    rules.products.income_account = "Sales of Produkt Income".to_owned();
    rules.tracking.class = "Web".to_owned();
    rules.discounts.post_as = PostDiscountAs::Line;
    rules.tax.mode = TaxMode::Codes;
    rules
        .custom_fields
        .insert("Channel".to_owned(), "created_via".to_owned());
    let stripe = GatewayRules {
        method: Some("Kreditkarte".to_owned()),
        deposit_to: Some("Sales".to_owned()),
        ..GatewayRules::default()
    };
    rules.payments.gateways.insert("stripe".to_owned(), stripe);
    let contents = CompanyContents::fresh(Regime::UsAst)
        .with_preferences(|preferences| preferences.allow_discount = false);
    let options = CompanyOptions {
        contents,
        limits: Limits::off(),
        ..CompanyOptions::fresh(Regime::UsAst)
    };
    let company = CompanyServer::start(options).await.unwrap();
    let books = Books::new(&lists(&company).await).unwrap();
    let problems = ToQuickBooks::new(rules, books).unwrap_err();
    let mut keys: Vec<&str> = problems.iter().map(|it| it.key.as_str()).collect();
    keys.dedup();
    let expected = [
        "tax.mode",
        "products.income_account",
        "discounts.post_as",
        "payments.stripe.method",
        "payments.stripe.deposit_to",
        "tracking.class",
        "custom_fields.Channel",
    ];
    assert_eq!(keys, expected);
    let income = problems
        .iter()
        .find(|it| it.key == "products.income_account")
        .unwrap();
    assert_eq!(
        income.to_string(),
        "`mapping.products.income_account`: there is no account `Sales of Produkt Income` in \
         QuickBooks: the nearest are `Sales of Product Income`, `Sales`"
    );
}

#[tokio::test]
async fn an_account_can_be_named_by_its_id() {
    let contents = CompanyContents::fresh(Regime::UsAst);
    let id = contents.account_id("Services").unwrap();
    let by_id = rules(|rules| rules.products.income_account = format!("id:{id}"));
    let mut world = World::of(contents, by_id).await;
    let became = world.one(StreamName::Orders, &mug(1).done()).1;
    assert_eq!(became, posted("37.00", "0"));
    let books = world.company.handle();
    let item = books.id_named(Kind::Item, "Product 10").unwrap();
    let item = books.object(Kind::Item, &item).unwrap();
    assert_eq!(item["IncomeAccountRef"]["name"], "Services");
}

#[tokio::test]
async fn an_item_can_be_named_by_its_id() {
    let mut rules = MappingRules::default();
    rules.shipping.item = ShippingItem::Named("id:1".to_owned());
    let mut world = World::fresh(Regime::UsAst, rules).await;
    let order = mug(1).shipping("7.95", &[]).done();
    let (draft, _) = world.one(StreamName::Orders, &order);
    assert_eq!(
        body(&draft)["Line"][1]["SalesItemLineDetail"]["ItemRef"]["value"],
        "1"
    );
}

#[tokio::test]
async fn an_item_whose_id_is_not_in_the_books_is_reported_before_anything_is_posted() {
    let settings =
        "[pipelines.mapping.fees]\nitem = \"id:2\"\n[pipelines.mapping.refunds]\nitem = \"id:999\"";
    let story = Story::sold(quiet_store(settings)).await;
    let program = story.world.open(Tripwire::none()).await;
    let pipeline = PipelineName::new("store-to-books");
    let checked = program.engine.check_mapping(&pipeline, false).await;
    let told = format!("{:?}", checked.unwrap());
    program.store.close().await;
    let expected = "`mapping.refunds.item`: there is no item with the id 999 in QuickBooks";
    assert!(told.contains(expected), "{told}");
    assert!(!told.contains("fees"), "{told}");
    let run = story.world.run().await;
    assert_eq!(run.status, SyncStatus::Failed);
    assert_eq!(story.world.books().documents(), []);
}

/// Rules in which everything that is named has a name beginning like this.
fn named(word: &str) -> MappingRules {
    rules(|rules| {
        rules.shipping.item = ShippingItem::Named(format!("{word} shipping"));
        rules.fees.item = format!("{word} fees");
        rules.refunds.item = format!("{word} refunds");
        rules.products.generic = format!("{word} goods");
        rules.tax.mode = TaxMode::Line;
        rules.tax.item = format!("{word} tax");
        rules.customers.mode = Customers::One;
        rules.customers.generic = format!("{word} customer");
    })
}

/// An order and a refund that use all of them.
fn everything(id: u64) -> [(StreamName, String); 2] {
    let mut line = product_line(0, 1, "20.00", "20.00", &[(1, "2.00")]);
    line["sku"] = json!(null);
    let order = OrderBuilder::new(id)
        .rate(1, "VAT", "10", false)
        .raw_line(line)
        .shipping("7.95", &[])
        .fee("3.00", &[]);
    [
        (StreamName::Orders, order.done()),
        (StreamName::Refunds, refund(id + 100, id, "5.00", &[])),
    ]
}

#[tokio::test]
async fn a_name_that_is_changed_later_counts_for_what_is_booked_from_then_on() {
    let mut world = World::fresh(Regime::UsNoTax, named("First")).await;
    let roles = ["shipping", "fees", "refunds", "goods", "tax"];
    for (id, word) in [(1, "First"), (2, "Second"), (3, "second")] {
        world.configure(named(word));
        for (stream, record) in everything(id) {
            world.take(stream, &record);
        }
        let books = world.company.handle();
        let of_order = |kind| {
            let documents = books.documents_of(kind);
            documents.last().cloned().unwrap()
        };
        let (sale, back) = (of_order(Kind::SalesReceipt), of_order(Kind::RefundReceipt));
        let used: Vec<String> = [&sale, &back]
            .iter()
            .flat_map(|document| &document.lines)
            .filter_map(|line| line.name.clone())
            .collect();
        // the same name in other letters is the same item
        let word = if word == "second" { "Second" } else { word };
        for role in roles {
            let name = format!("{word} {role}");
            assert!(used.contains(&name), "{name}: {used:?}");
        }
        let customer = Some(format!("{word} customer"));
        assert_eq!(
            [sale.customer_name, back.customer_name],
            [customer.clone(), customer]
        );
    }
}

#[tokio::test]
async fn items_that_are_named_anew_are_made_and_what_is_booked_stays() {
    let mut world = shop_with_fees().await;
    let cart = || {
        let cart = Cart::new().gateway(Gateway::Stripe).line("MUG-001", 1);
        cart.fee("Gift wrap", dec!(5)).shipping("Flat", dec!(7.95))
    };
    let before = world.sell_cart(50, cart());
    world.run().await;
    world.configure(&format!(
        "[pipelines.mapping.fees]\nitem = \"Ribbon\"\n[pipelines.mapping.shipping]\nitem = \
         \"Freight\"\n{DAILY}"
    ));
    let after = world.sell_cart(49, cart());
    world.an_hour_ago(|shop| shop.touch(after.id).unwrap());
    assert_eq!(world.run().await.status, SyncStatus::Completed);
    let names = |number: &str| {
        let found = world.books().documents_numbered(number).remove(0);
        let names = found.lines.into_iter().filter_map(|line| line.name);
        names.skip(1).collect::<Vec<_>>()
    };
    assert_eq!(names(&before.number), ["Shipping", "Fees"]);
    assert_eq!(names(&after.number), ["Freight", "Ribbon"]);
}
