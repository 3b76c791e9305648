//! The rules and the company: what resolves, what does not, and what the company's switches change.

use std::collections::BTreeMap;

use daybook::domain::{
    GatewayFees, GatewayRules, MappingRules, PostDiscountAs, ShippingItem, TaxMode, Wish,
};
use daybook::mapping::to_quickbooks::{Books, ToQuickBooks};
use kit::{PostingKind, StreamName};
use sandbox::company::{CompanyContents, CompanyOptions, CompanyServer, Kind, Limits, Regime};
use serde_json::json;

use super::books::{Became, World, body};
use super::lists::lists;
use super::orders::{OrderBuilder, dec};

fn mug(id: u64) -> OrderBuilder {
    OrderBuilder::new(id).line(10, 2, "37.00", "37.00", &[])
}

#[tokio::test]
async fn the_defaults_fit_a_fresh_company_of_every_country() {
    use Regime::{Au, Ca, Uk, UsAst, UsManual, UsNoTax};
    for regime in [UsAst, UsManual, UsNoTax, Uk, Ca, Au] {
        let world = World::fresh(regime, MappingRules::default()).await;
        assert_eq!(world.mapping.remarks(), [] as [String; 0]);
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
async fn books_that_were_not_read_make_no_mapping() {
    let problem = Books::new(&[]).unwrap_err();
    assert!(problem.reason.contains("daybook check"), "{problem}");
}

#[tokio::test]
async fn money_goes_to_the_gateways_clearing_account_and_its_fee_out_of_it() {
    let mut rules = MappingRules::default();
    let stripe = GatewayRules {
        method: Some("credit card".to_owned()),
        deposit_to: Some("Stripe Clearing".to_owned()),
        fee_meta: Some("_stripe_fee".to_owned()),
        fee_account: Some("Merchant Fees".to_owned()),
        fees: Some(GatewayFees::PerOrder),
    };
    rules.payments.gateways.insert("stripe".to_owned(), stripe);
    let contents =
        CompanyContents::fresh(Regime::UsAst).with_account("Stripe Clearing", "Bank", "Checking");
    let mut world = World::of(contents, rules).await;
    world.take(
        StreamName::Orders,
        &mug(1).meta("_stripe_fee", "1.37").done(),
    );
    let documents = world.company.handle().documents();
    let sale = documents
        .iter()
        .find(|it| it.kind == Kind::SalesReceipt)
        .unwrap();
    assert_eq!(sale.deposit_to.as_deref(), Some("Stripe Clearing"));
    let fee = documents
        .iter()
        .find(|it| it.kind == Kind::Purchase)
        .unwrap();
    assert_eq!(
        (fee.total, fee.doc_number.as_deref()),
        (dec("1.37"), Some("1-FEE"))
    );

    let unknown = world.take(StreamName::Orders, &mug(2).done());
    assert!(
        unknown
            .iter()
            .all(|(draft, _)| draft.key.kind != PostingKind::Expense)
    );
    let foreign = mug(3)
        .meta("_stripe_fee", "1.37")
        .meta("_stripe_currency", "EUR")
        .done();
    let done = world.take(StreamName::Orders, &foreign);
    let (fee, became) = done.last().unwrap();
    assert_eq!(fee.key.kind, PostingKind::Expense);
    assert_eq!(*became, Became::Held("unsupported_order".to_owned()));
    let paypal = world.take(
        StreamName::Orders,
        &mug(4).with("/payment_method", "ppcp").done(),
    );
    let sale = body(&paypal.last().unwrap().0);
    assert_eq!(
        sale["PaymentMethodRef"],
        json!(null),
        "another gateway has the default"
    );
}

#[tokio::test]
async fn fees_are_paid_out_of_a_bank_account_alone() {
    let mut rules = MappingRules::default();
    let stripe = GatewayRules {
        fee_meta: Some("_stripe_fee".to_owned()),
        ..GatewayRules::default()
    };
    rules.payments.gateways.insert("stripe".to_owned(), stripe);
    let options = CompanyOptions {
        limits: Limits::off(),
        ..CompanyOptions::fresh(Regime::UsAst)
    };
    let company = CompanyServer::start(options).await.unwrap();
    let books = Books::new(&lists(&company).await).unwrap();
    let problems = ToQuickBooks::new(rules.clone(), books.clone()).unwrap_err();
    assert_eq!(problems[0].key, "payments.stripe.deposit_to");
    let stripe = rules.payments.gateways.get_mut("stripe").unwrap();
    stripe.deposit_to = Some("Checking".to_owned());
    let mapping = ToQuickBooks::new(rules, books).unwrap();
    assert!(mapping.remarks().is_empty());
}

#[tokio::test]
async fn a_fee_can_come_as_an_object() {
    let mut rules = MappingRules::default();
    let paypal = GatewayRules {
        deposit_to: Some("Checking".to_owned()),
        fee_meta: Some("_ppcp_paypal_fees".to_owned()),
        fees: Some(GatewayFees::PerOrder),
        ..GatewayRules::default()
    };
    rules.payments.gateways.insert("stripe".to_owned(), paypal);
    let mut world = World::fresh(Regime::UsAst, rules).await;
    let fees = json!({
        "gross_amount": { "currency_code": "USD", "value": "37.00" },
        "paypal_fee": { "currency_code": "USD", "value": "1.59" }
    });
    let done = world.take(
        StreamName::Orders,
        &mug(1).meta("_ppcp_paypal_fees", fees).done(),
    );
    let became = &done.last().unwrap().1;
    assert_eq!(
        *became,
        Became::Posted {
            total: dec("1.59"),
            tax: dec("0")
        }
    );
}

#[tokio::test]
async fn shipping_uses_the_companys_own_field_where_it_has_one() {
    let contents = CompanyContents::fresh(Regime::UsAst)
        .with_preferences(|preferences| preferences.allow_shipping = true);
    let mut world = World::of(contents, MappingRules::default()).await;
    let order = mug(1).shipping("7.95", &[]).done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(
        became,
        Became::Posted {
            total: dec("44.95"),
            tax: dec("0")
        }
    );
    let item = &body(&draft)["Line"][1]["SalesItemLineDetail"]["ItemRef"]["value"];
    assert_eq!(*item, "SHIPPING_ITEM_ID");
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
async fn class_location_and_custom_fields_stand_on_every_sale() {
    let contents = CompanyContents::fresh(Regime::UsAst)
        .with_object(Kind::Class, json!({ "Name": "Web" }))
        .with_object(Kind::Department, json!({ "Name": "Online" }))
        .with_preferences(|preferences| {
            preferences.class_per_transaction = true;
            preferences.track_departments = true;
            preferences.custom_fields = vec!["Crew".to_owned(), "Channel".to_owned()];
        });
    let mut rules = MappingRules::default();
    rules.tracking.class = "web".to_owned();
    rules.tracking.location = "online".to_owned();
    rules.custom_fields = BTreeMap::from([
        ("channel".to_owned(), "_source".to_owned()),
        ("Crew".to_owned(), "payment_method_title".to_owned()),
    ]);
    let mut world = World::of(contents, rules).await;
    let order = mug(1)
        .meta("_source", "a very long campaign name that is cut")
        .done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(
        became,
        Became::Posted {
            total: dec("37.00"),
            tax: dec("0")
        }
    );
    let body = body(&draft);
    assert!(body["ClassRef"]["value"].is_string() && body["DepartmentRef"]["value"].is_string());
    let field = |place: usize| {
        let field = &body["CustomField"][place];
        (field["DefinitionId"].clone(), field["StringValue"].clone())
    };
    assert_eq!(field(0), (json!("1"), json!("Card")));
    assert_eq!(
        field(1),
        (json!("2"), json!("a very long campaign name that"))
    );
}

#[tokio::test]
async fn classes_by_line_stand_on_lines() {
    let contents = CompanyContents::fresh(Regime::UsAst)
        .with_object(Kind::Class, json!({ "Name": "Web" }))
        .with_preferences(|preferences| preferences.class_per_line = true);
    let mut rules = MappingRules::default();
    rules.tracking.class = "Web".to_owned();
    let mut world = World::of(contents, rules).await;
    let (draft, _) = world.one(StreamName::Orders, &mug(1).done());
    let body = body(&draft);
    assert_eq!(body["ClassRef"], json!(null));
    assert!(body["Line"][0]["SalesItemLineDetail"]["ClassRef"]["value"].is_string());
}

#[tokio::test]
async fn an_edit_gives_another_document_and_nothing_else_does() {
    let mut world = World::fresh(Regime::UsAst, MappingRules::default()).await;
    let first = world.one(StreamName::Orders, &mug(1).done()).0;
    let again = world
        .plan(StreamName::Orders, &mug(1).done())
        .pop()
        .unwrap();
    assert_eq!(
        first.wish, again.wish,
        "what is known of the books changes no document"
    );
    let edited = world
        .plan(StreamName::Orders, &mug(1).fee("5.00", &[]).done())
        .pop()
        .unwrap();
    assert_ne!(first.wish, edited.wish);
    let Wish::Post(document) = edited.wish else {
        panic!("it is posted")
    };
    assert_eq!(document.expected.total, Some(dec("42.00")));
}
