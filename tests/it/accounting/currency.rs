//! Currencies.
//!
//! | rule | shown by |
//! |---|---|
//! | multi-currency off: a foreign order is held | `a_foreign_order_is_held_where_the_company_has_one_currency` |
//! | multi-currency on: the order's own currency is sent | `every_document_says_its_currency_where_the_company_has_several` |
//! | a customer has one currency | `a_customer_has_one_currency_and_is_another_one_in_another` |
//! | the exchange rate is QuickBooks', unless the order carries one | `an_exchange_rate_is_sent_where_the_order_carries_one` |
//! | decimals follow the currency | `amounts_have_the_decimals_of_their_currency`, `an_amount_with_more_decimals_than_its_currency_is_held` |

use daybook::domain::MappingRules;
use kit::StreamName;
use sandbox::company::{CompanyContents, Currency, Kind, Regime};
use serde_json::{Value, json};

use super::{held, posted, us, us_with};
use crate::mapping::books::{World, body};
use crate::mapping::orders::{OrderBuilder, dec, refund};

/// A US company that knows these currencies beside its own.
async fn with_currencies(codes: &[&str]) -> World {
    let code = |code: &&str| Currency::from_code(code).unwrap();
    let currencies: Vec<Currency> = codes.iter().map(code).collect();
    us_with(MappingRules::default(), |contents| {
        let mut contents = contents.with_multi_currency(&currencies);
        for currency in currencies {
            contents.exchange_rates.push((currency, dec("2.65")));
        }
        contents
    })
    .await
}

/// An order of one line in a currency.
fn order(id: u64, currency: &str, amount: &str) -> OrderBuilder {
    OrderBuilder::new(id)
        .line(10, 1, amount, amount, &[])
        .with("/currency", currency)
}

#[tokio::test]
async fn a_foreign_order_is_held_where_the_company_has_one_currency() {
    let mut world = us(MappingRules::default()).await;
    let euro = order(1, "EUR", "18.50").done();
    assert_eq!(world.one(StreamName::Orders, &euro).1, held("currency_off"));
    let dollar = order(2, "USD", "18.50").done();
    let (sale, became) = world.one(StreamName::Orders, &dollar);
    assert_eq!(became, posted("18.50", "0"));
    assert_eq!(body(&sale)["CurrencyRef"], Value::Null, "there is only one");
}

#[tokio::test]
async fn every_document_says_its_currency_where_the_company_has_several() {
    let mut world = with_currencies(&["EUR"]).await;
    for (id, currency) in [(1, "EUR"), (2, "USD")] {
        let order = order(id, currency, "18.50").with("/payment_method", "bacs");
        let unpaid = order.clone().with("/date_paid_gmt", json!(null)).done();
        let (invoice, became) = world.one(StreamName::Orders, &unpaid);
        assert_eq!(became, posted("18.50", "0"));
        let done = world.take(StreamName::Orders, &order.done());
        let payment = &done.last().unwrap().0;
        let (memo, _) = world.one(StreamName::Refunds, &refund(70 + id, id, "5.00", &[]));
        for document in [&invoice, payment, &memo] {
            assert_eq!(body(document)["CurrencyRef"]["value"], currency);
            assert_eq!(
                body(document)["ExchangeRate"],
                Value::Null,
                "it is QuickBooks'"
            );
        }
    }
    let documents = world.company.handle().documents_of(Kind::Invoice);
    let mut currencies: Vec<_> = documents.iter().map(|it| it.currency.as_str()).collect();
    currencies.dedup();
    assert_eq!(currencies, ["EUR", "USD"]);
}

#[tokio::test]
async fn a_customer_has_one_currency_and_is_another_one_in_another() {
    let mut world = with_currencies(&["EUR"]).await;
    let of = |id: u64, currency: &str| {
        let order = order(id, currency, "18.50").with("/billing/email", "nia@example.com");
        order.with("/billing/last_name", "Park").done()
    };
    for (id, currency) in [(1, "USD"), (2, "EUR"), (3, "EUR"), (4, "USD")] {
        world.take(StreamName::Orders, &of(id, currency));
    }
    let customers = world.company.handle().objects(Kind::Customer);
    let told: Vec<_> = customers
        .iter()
        .map(|it| (&it["DisplayName"], &it["CurrencyRef"]["value"]))
        .collect();
    let (home, euro) = (json!("Nia Park"), json!("Nia Park (EUR)"));
    assert_eq!(told, [(&home, &json!("USD")), (&euro, &json!("EUR"))]);
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
async fn amounts_have_the_decimals_of_their_currency() {
    let mut world = with_currencies(&["JPY", "BHD", "EUR"]).await;
    for (id, currency, store, books, shown) in [
        (1, "JPY", "21300.00", "21300", "21300 JPY"),
        (2, "BHD", "58.205", "58.205", "58.205 BHD"),
        (3, "EUR", "18.5", "18.50", "18.50 EUR"),
    ] {
        let order = order(id, currency, store).total(store).done();
        let (sale, became) = world.one(StreamName::Orders, &order);
        assert_eq!(became, posted(books, "0"), "{currency}");
        assert_eq!(sale.store_amount.unwrap().to_string(), shown);
    }
}

#[tokio::test]
async fn an_amount_with_more_decimals_than_its_currency_is_held() {
    let mut world = with_currencies(&["JPY", "BHD"]).await;
    for (id, currency, amount) in [
        (1, "JPY", "100.50"),
        (2, "BHD", "1.2345"),
        (3, "USD", "1.005"),
    ] {
        let order = order(id, currency, amount).total(amount).done();
        let became = world.one(StreamName::Orders, &order).1;
        assert_eq!(became, held("total_mismatch"), "{currency}");
    }
}
