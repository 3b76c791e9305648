//! Lines, discounts, totals and currencies in a US company.

use daybook::domain::MappingRules;
use kit::StreamName;
use sandbox::company::{CompanyContents, Currency, Regime};
use serde_json::json;

use super::books::{World, body};
use super::edges::{held, mug, posted, us};
use super::orders::{OrderBuilder, dec};

#[tokio::test]
async fn lines_come_as_products_shipping_fees_and_discount() {
    let mut world = us(MappingRules::default()).await;
    let order = OrderBuilder::new(1)
        .rate(1, "CA", "7.25", false)
        .line(10, 3, "55.50", "50.00", &[(1, "3.63")])
        .line(11, 1, "19.99", "19.99", &[(1, "1.45")])
        .shipping("7.95", &[])
        .fee("-2.00", &[(1, "-0.15")])
        .done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("80.87", "4.93"));
    let lines = body(&draft)["Line"].clone();
    let amounts: Vec<String> = lines
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["Amount"].to_string())
        .collect();
    assert_eq!(amounts, ["55.50", "19.99", "7.95", "-2.00", "5.50"]);
    assert_eq!(lines[4]["DetailType"], "DiscountLineDetail");
    let codes: Vec<_> = (0..4)
        .map(|place| lines[place]["SalesItemLineDetail"]["TaxCodeRef"]["value"].clone())
        .collect();
    assert_eq!(codes, ["TAX", "TAX", "NON", "TAX"]);
    assert_eq!(draft.facets.tax, Some(dec("4.93")));
}

#[tokio::test]
async fn a_company_without_discounts_gets_lines_after_discount() {
    let contents = CompanyContents::fresh(Regime::UsAst)
        .with_preferences(|preferences| preferences.allow_discount = false);
    let mut world = World::of(contents, MappingRules::default()).await;
    let order = OrderBuilder::new(1)
        .line(10, 3, "55.50", "50.00", &[])
        .done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("50.00", "0"));
    let lines = body(&draft)["Line"].clone();
    assert_eq!(lines.as_array().unwrap().len(), 1);
    assert_eq!(lines[0]["Amount"].to_string(), "50.00");
    let detail = &lines[0]["SalesItemLineDetail"];
    assert_eq!(
        detail["UnitPrice"].to_string(),
        "16.667",
        "3 times that is 50.00"
    );
}

#[tokio::test]
async fn what_does_not_add_up_is_held_and_never_plugged() {
    let mut world = us(MappingRules::default()).await;
    let off = mug(1).total("37.01").done();
    assert_eq!(
        world.one(StreamName::Orders, &off).1,
        held("total_mismatch")
    );
    let nothing = OrderBuilder::new(2).done();
    assert_eq!(
        world.one(StreamName::Orders, &nothing).1,
        held("unsupported_order")
    );
    let negative = mug(3).fee("-40.00", &[]).done();
    assert_eq!(
        world.one(StreamName::Orders, &negative).1,
        held("negative_total")
    );
    let untaxed = mug(4).total("40.00").with("/total_tax", "3.00");
    let mut record: serde_json::Value = serde_json::from_str(&untaxed.done()).unwrap();
    record["total_tax"] = json!("3.00");
    assert_eq!(
        world.one(StreamName::Orders, &record.to_string()).1,
        held("total_mismatch")
    );
}

#[tokio::test]
async fn a_foreign_currency_is_held_or_sent_with_a_customer_of_its_own() {
    let euro = || {
        OrderBuilder::new(1)
            .line(10, 1, "18.50", "18.50", &[])
            .with("/currency", "EUR")
    };
    let mut world = us(MappingRules::default()).await;
    assert_eq!(
        world.one(StreamName::Orders, &euro().done()).1,
        held("currency_off")
    );

    let currencies = [Currency::EUR, Currency::JPY];
    let contents = CompanyContents::fresh(Regime::UsAst).with_multi_currency(&currencies);
    let mut world = World::of(contents, MappingRules::default()).await;
    let done = world.take(StreamName::Orders, &euro().done());
    assert_eq!(done[0].0.number, "Nia Park 1 (EUR)");
    assert_eq!(done[0].0.key.source_id, "nia1@example.com:EUR");
    assert_eq!(body(&done[2].0)["CurrencyRef"]["value"], "EUR");
    let yen = OrderBuilder::new(2)
        .line(10, 3, "21300.00", "21300.00", &[])
        .with("/currency", "JPY")
        .done();
    let (draft, became) = world.one(StreamName::Orders, &yen);
    assert_eq!(became, posted("21300", "0"));
    assert_eq!(draft.store_amount.unwrap().to_string(), "21300 JPY");
    let half = OrderBuilder::new(3)
        .line(10, 1, "100.50", "100.50", &[])
        .with("/currency", "JPY")
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &half).1,
        held("total_mismatch")
    );
}

#[tokio::test]
async fn an_exchange_rate_is_sent_where_the_order_carries_one() {
    let contents = CompanyContents::fresh(Regime::UsAst).with_multi_currency(&[Currency::EUR]);
    let mut world = World::of(contents, MappingRules::default()).await;
    let order = OrderBuilder::new(1)
        .line(10, 1, "18.50", "18.50", &[])
        .with("/currency", "EUR")
        .meta("_wcpay_multi_currency_order_default_currency", "USD")
        .meta("_wcpay_multi_currency_order_exchange_rate", "0.8");
    let (draft, _) = world.one(StreamName::Orders, &order.done());
    assert_eq!(body(&draft)["ExchangeRate"].to_string(), "1.25");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_says_where() {
    use daybook::domain::Mapping as _;
    let world = us(MappingRules::default()).await;
    let record = super::books::record(r#"{"id":7,"number":"7","total":"12,50"}"#);
    let error = world
        .mapping
        .needs(StreamName::Orders, &record)
        .unwrap_err();
    assert_eq!(
        (error.cause.as_str(), error.number.as_deref()),
        ("malformed_record", Some("7"))
    );
    assert!(!error.remedy.is_empty());
}
