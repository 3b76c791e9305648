//! Sales: what stands in the document of an order.
//!
//! | rule | shown by |
//! |---|---|
//! | `orders.number` | `number_and_memo_tell_the_stores_of_a_company_apart`, `a_number_that_does_not_fit_is_held` |
//! | `orders.memo` | `number_and_memo_tell_the_stores_of_a_company_apart` |
//! | lines: products, shipping, fees, discount | `lines_come_as_products_shipping_fees_and_discount` |
//! | quantity and unit price only where their product is the amount | `quantity_and_price_are_sent_only_where_their_product_is_the_line` |
//! | cents are allocated so that lines add up to the order | `cents_are_allocated_so_that_lines_add_up_to_the_order` |
//! | the total is the truth, and nothing is plugged | `what_does_not_add_up_is_held_and_never_plugged` |
//! | what a sale carries | `what_a_sale_carries_is_carried`, `a_parcel_is_carried_whose_day_is_a_number` |
//! | the shipping address, always when there is one | `the_shipping_address_is_sent_whenever_there_is_one` |

use daybook::domain::MappingRules;
use jiff::tz::TimeZone;
use kit::StreamName;
use serde_json::{Value, json};

use super::{held, mug, posted, rules, us};
use crate::mapping::books::body;
use crate::mapping::orders::{OrderBuilder, dec};

#[tokio::test]
async fn number_and_memo_tell_the_stores_of_a_company_apart() {
    let mut world = us(rules(|rules| {
        rules.orders.number = "WEB-{number}".to_owned();
        rules.orders.memo = "Web shop, order {number}".to_owned();
    }))
    .await;
    let order = mug(1).with("/number", "2026/1043").done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("37.00", "0"));
    assert_eq!(
        sale.number, "2026/1043",
        "people know it by the store's number"
    );
    let body = body(&sale);
    assert_eq!(body["DocNumber"], "WEB-2026/1043");
    assert_eq!(body["PrivateNote"], "Web shop, order 2026/1043");
}

#[tokio::test]
async fn a_number_that_does_not_fit_is_held() {
    let mut rules = MappingRules::default();
    rules.orders.number = "WEBSHOP-LONDON-{number}".to_owned();
    let mut world = us(rules).await;
    assert_eq!(
        world.one(StreamName::Orders, &mug(1_234_567).done()).1,
        held("unsupported_order")
    );
    assert_eq!(
        world.one(StreamName::Orders, &mug(123_456).done()).1,
        posted("37.00", "0")
    );
}

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
async fn quantity_and_price_are_sent_only_where_their_product_is_the_line() {
    let mut world = us(MappingRules::default()).await;
    let order = OrderBuilder::new(1)
        .line(10, 3, "10.00", "10.00", &[])
        // no price with seven decimals gives this amount
        .line(11, 4_000_000_000, "5000.01", "5000.01", &[])
        .done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("5010.01", "0"));
    let body = body(&sale);
    let detail = |place: usize| body["Line"][place]["SalesItemLineDetail"].clone();
    assert_eq!(detail(0)["Qty"].to_string(), "3");
    assert_eq!(detail(0)["UnitPrice"].to_string(), "3.333");
    assert_eq!(
        (&detail(1)["Qty"], &detail(1)["UnitPrice"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(body["Line"][1]["Amount"].to_string(), "5000.01");
}

#[tokio::test]
async fn cents_are_allocated_so_that_lines_add_up_to_the_order() {
    let mut world = us(MappingRules::default()).await;
    let third = "3.333333";
    let order = OrderBuilder::new(1)
        .line(10, 1, third, third, &[])
        .line(11, 1, third, third, &[])
        .line(12, 1, third, third, &[])
        .done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("10.00", "0"));
    let amounts = ["3.34", "3.33", "3.33"];
    for (place, amount) in amounts.iter().enumerate() {
        assert_eq!(body(&sale)["Line"][place]["Amount"].to_string(), *amount);
    }
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
async fn what_a_sale_carries_is_carried() {
    let in_new_york = rules(|it| it.timezone = TimeZone::get("America/New_York").unwrap());
    let mut world = us(in_new_york).await;
    let order = mug(1)
        .with("/transaction_id", "pi_3PqRsTuVwXyZ0123456789")
        .with("/customer_note", "ring twice")
        .shipping("7.95", &[])
        .meta(
            "_wc_shipment_tracking_items",
            // midnight in UTC of the day that was typed
            json!([{ "tracking_provider": "ups", "tracking_number": "1Z999", "date_shipped": "1794009600" }]),
        )
        .done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("44.95", "0"));
    let body = body(&draft);
    assert_eq!(body["DocNumber"], "1");
    assert_eq!(body["PaymentRefNum"], "pi_3PqRsTuVwXyZ012345");
    let note = "WooCommerce order 1\nTransaction pi_3PqRsTuVwXyZ0123456789";
    assert_eq!(body["PrivateNote"], note);
    assert_eq!(body["CustomerMemo"]["value"], "ring twice");
    assert_eq!(body["TrackingNum"], "1Z999");
    assert_eq!(body["ShipDate"], "2026-11-07");
    assert_eq!(body["ShipMethodRef"]["value"], "Flat & fast");
    assert_eq!(body["ShipAddr"]["Line1"], "1 Market St");
    assert_eq!(body["ShipAddr"]["CountrySubDivisionCode"], "CA");
    assert_eq!(body["BillAddr"]["Line1"], "Nia Park 1");
    assert_eq!(body["BillEmail"]["Address"], "nia1@example.com");
    assert_eq!(
        body["Line"][0]["SalesItemLineDetail"]["Qty"].to_string(),
        "2"
    );
    assert_eq!(
        body["Line"][0]["SalesItemLineDetail"]["UnitPrice"].to_string(),
        "18.5"
    );
    assert_eq!(body["Line"][1]["Description"], "Flat & fast");
}

#[tokio::test]
async fn a_parcel_is_carried_whose_day_is_a_number() {
    let mut world = us(MappingRules::default()).await;
    let parcel = json!([{ "tracking_number": 9_400_111, "date_shipped": 1_794_009_600 }]);
    let order = mug(1).meta("_wc_shipment_tracking_items", parcel).done();
    let body = body(&world.one(StreamName::Orders, &order).0);
    assert_eq!(body["TrackingNum"], "9400111");
    assert_eq!(body["ShipDate"], "2026-11-07");
}

#[tokio::test]
async fn the_shipping_address_is_sent_whenever_there_is_one() {
    let mut world = us(MappingRules::default()).await;
    // nothing was shipped, but the store knows the place: tax depends on it
    let (sale, _) = world.one(StreamName::Orders, &mug(1).done());
    assert_eq!(body(&sale)["ShipAddr"]["PostalCode"], "94105");
    let nowhere = json!({ "first_name": "Nia", "last_name": "Park" });
    let order = mug(2).with("/shipping", nowhere).done();
    let (sale, _) = world.one(StreamName::Orders, &order);
    assert_eq!(body(&sale)["ShipAddr"], Value::Null, "a name is no place");
    let state_alone = json!({ "state": "NY", "country": "US" });
    let order = mug(3).with("/shipping", state_alone).done();
    let (sale, _) = world.one(StreamName::Orders, &order);
    assert_eq!(body(&sale)["ShipAddr"]["CountrySubDivisionCode"], "NY");
}
