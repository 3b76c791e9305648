//! Names of accounts, items, codes, methods, classes and locations: looked up once, before anything is
//! posted.
//!
//! | rule | shown by |
//! |---|---|
//! | without a mapping section it works against a fresh company | `the_defaults_fit_a_fresh_company_of_every_country` |
//! | a name that does not resolve is reported with the nearest ones | `all_names_that_do_not_resolve_are_reported_at_once_with_the_nearest` |
//! | `id:123` instead of a name | `an_account_can_be_named_by_its_id`, `an_item_can_be_named_by_its_id` |
//! | an id that is not there is reported like a name | `an_item_whose_id_is_not_in_the_books_is_reported_before_anything_is_posted` |

use daybook::domain::{
    GatewayRules, MappingRules, PipelineName, PostDiscountAs, ShippingItem, SyncStatus, TaxMode,
};
use daybook::engine::Tripwire;
use daybook::mapping::to_quickbooks::{Books, ToQuickBooks};
use kit::StreamName;
use sandbox::company::{CompanyContents, CompanyOptions, CompanyServer, Kind, Limits, Regime};

use super::{mug, posted, rules};
use crate::mapping::books::{World, body};
use crate::mapping::lists::lists;
use crate::support::{Story, quiet_store};

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
