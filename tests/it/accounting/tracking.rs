//! Classes, locations, custom fields.
//!
//! | rule | shown by |
//! |---|---|
//! | `tracking.class` | `class_location_and_custom_fields_stand_on_every_sale`, `classes_by_line_stand_on_lines`, `class_and_location_stand_on_refunds_and_fees_too` |
//! | `tracking.location` | `class_location_and_custom_fields_stand_on_every_sale`, `class_and_location_stand_on_refunds_and_fees_too` |
//! | `custom_fields.FIELD` | `class_location_and_custom_fields_stand_on_every_sale`, `a_custom_field_without_a_value_stays_empty` |
//! | empty: none | `nothing_is_tracked_where_nothing_is_named` |

use std::collections::BTreeMap;

use daybook::domain::{GatewayFees, GatewayRules, MappingRules};
use kit::StreamName;
use sandbox::company::{CompanyContents, Kind, Regime};
use serde_json::{Value, json};

use super::{mug, posted, rules, us_with};
use crate::mapping::books::{World, body};
use crate::mapping::orders::{OrderBuilder, refund};

/// A company with a class, a location and two custom fields.
fn tracked(contents: CompanyContents) -> CompanyContents {
    contents
        .with_object(Kind::Class, json!({ "Name": "Web" }))
        .with_object(Kind::Department, json!({ "Name": "Online" }))
        .with_preferences(|preferences| {
            preferences.class_per_transaction = true;
            preferences.track_departments = true;
            preferences.custom_fields = vec!["Crew".to_owned(), "Channel".to_owned()];
        })
}

#[tokio::test]
async fn class_location_and_custom_fields_stand_on_every_sale() {
    let mut rules = MappingRules::default();
    rules.tracking.class = "web".to_owned();
    rules.tracking.location = "online".to_owned();
    rules.custom_fields = BTreeMap::from([
        ("channel".to_owned(), "_source".to_owned()),
        ("Crew".to_owned(), "payment_method_title".to_owned()),
    ]);
    let mut world = us_with(rules, tracked).await;
    let order = mug(1)
        .meta("_source", "a very long campaign name that is cut")
        .done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("37.00", "0"));
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
    let order = OrderBuilder::new(1).line(10, 1, "20.00", "15.00", &[]);
    let order = order.shipping("5.00", &[]).fee("2.00", &[]).done();
    let (draft, _) = world.one(StreamName::Orders, &order);
    let body = body(&draft);
    assert_eq!(body["ClassRef"], json!(null));
    // product, shipping, fee, discount
    let receipts = world.company.handle().objects(Kind::SalesReceipt);
    for lines in [&body["Line"], &receipts[0]["Line"]] {
        let lines = lines.as_array().unwrap().iter();
        let classed = lines.filter(|line| {
            let details = ["SalesItemLineDetail", "DiscountLineDetail"];
            let mut classes = details
                .map(|detail| &line[detail]["ClassRef"]["value"])
                .into_iter();
            classes.any(Value::is_string)
        });
        assert_eq!(classed.count(), 4, "{body}");
    }
}

#[tokio::test]
async fn class_and_location_stand_on_refunds_and_fees_too() {
    let mapping = rules(|rules| {
        rules.tracking.class = "Web".to_owned();
        rules.tracking.location = "Online".to_owned();
        let stripe = GatewayRules {
            deposit_to: Some("Checking".to_owned()),
            fee_meta: Some("_stripe_fee".to_owned()),
            fee_account: Some("Merchant Fees".to_owned()),
            fees: Some(GatewayFees::PerOrder),
            ..GatewayRules::default()
        };
        rules.payments.gateways.insert("stripe".to_owned(), stripe);
    });
    let mut world = us_with(mapping, tracked).await;
    let order = mug(1).meta("_stripe_fee", "1.37").done();
    let fee = body(&world.take(StreamName::Orders, &order).pop().unwrap().0);
    let back = body(
        &world
            .one(StreamName::Refunds, &refund(77, 1, "5.00", &[]))
            .0,
    );
    assert!(back["ClassRef"]["value"].is_string() && back["DepartmentRef"]["value"].is_string());
    assert_eq!(fee["DepartmentRef"], back["DepartmentRef"]);
    let class = &fee["Line"][0]["AccountBasedExpenseLineDetail"]["ClassRef"];
    assert_eq!(class, &back["ClassRef"]);
}

#[tokio::test]
async fn a_custom_field_without_a_value_stays_empty() {
    let mapping = rules(|rules| {
        let fields = [("Channel", "_source"), ("Crew", "customer_note")];
        let fields = fields.map(|(field, of)| (field.to_owned(), of.to_owned()));
        rules.custom_fields = BTreeMap::from(fields);
    });
    let mut world = us_with(mapping, tracked).await;
    let order = mug(1).with("/customer_note", "ring twice").done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("37.00", "0"));
    let fields = body(&sale)["CustomField"].clone();
    assert_eq!(fields.as_array().unwrap().len(), 1, "{fields}");
    assert_eq!(fields[0]["StringValue"], "ring twice");
}

#[tokio::test]
async fn nothing_is_tracked_where_nothing_is_named() {
    let mut world = us_with(MappingRules::default(), tracked).await;
    let (sale, _) = world.one(StreamName::Orders, &mug(1).done());
    let body = body(&sale);
    for member in ["ClassRef", "DepartmentRef", "CustomField"] {
        assert_eq!(body[member], Value::Null, "{member}");
    }
}
