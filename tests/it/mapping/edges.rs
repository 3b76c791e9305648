//! Records and books at the edges: what cannot be read, and what no text of the store can do.

use daybook::domain::{Mapping as _, MappingRules, Wish};
use daybook::mapping::to_quickbooks::Books;
use kit::StreamName;
use sandbox::company::Regime;
use serde_json::{Value, json};

use super::books::{World, body, record};
use super::orders::{OrderBuilder, dec, refund};

fn mug(id: u64) -> OrderBuilder {
    OrderBuilder::new(id).line(10, 2, "37.00", "37.00", &[])
}

async fn us() -> World {
    World::fresh(Regime::UsAst, MappingRules::default()).await
}

#[tokio::test]
async fn books_that_were_not_read_make_no_mapping() {
    let problem = Books::new(&[]).unwrap_err();
    assert!(problem.reason.contains("daybook check"), "{problem}");
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

#[tokio::test]
async fn no_text_of_the_store_can_be_taken_for_a_reference() {
    let mut world = us().await;
    let trick = "\u{1}item/product/10\u{1}";
    let order = mug(1)
        .with("/customer_note", format!("{trick}\r\nring twice 🐈\u{7}"))
        .with("/billing/first_name", trick)
        .with("/payment_method_title", trick)
        .with("/transaction_id", trick)
        .with("/number", format!("1{trick}"))
        .with("/line_items/0/name", trick)
        .with("/line_items/0/sku", trick);
    let order = order.with("/shipping/address_1", trick);
    let (draft, _) = world.one(StreamName::Orders, &order.done());
    let Wish::Post(document) = &draft.wish else {
        panic!("{draft:?}")
    };
    let placeholders = document.body.matches("\\u0001").count();
    assert_eq!(placeholders, 2 * document.needs.len(), "{}", document.body);
    assert_eq!(
        body(&draft)["CustomerMemo"]["value"],
        "item/product/10\nring twice"
    );
}

#[tokio::test]
async fn a_record_that_cannot_be_read_says_where() {
    let world = us().await;
    let record = record(r#"{"id":7,"number":"7","total":"12,50"}"#);
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

#[tokio::test]
async fn a_refund_without_an_order_is_malformed() {
    let world = World::fresh(Regime::UsAst, MappingRules::default()).await;
    let mut record: Value = serde_json::from_str(&refund(77, 1, "10.00", &[])).unwrap();
    record["parent_id"] = json!(null);
    let record = super::books::record(&record.to_string());
    let error = world
        .mapping
        .needs(StreamName::Refunds, &record)
        .unwrap_err();
    assert_eq!(error.cause, "malformed_record");
}

#[tokio::test]
async fn an_absurd_figure_is_malformed_or_held_and_ends_nothing() {
    let world = us().await;
    let absurd = "7000000000000000000000000000";
    let orders = [
        mug(1).line(11, 1, absurd, absurd, &[]).total("37.00"),
        mug(1).total(absurd),
        mug(1).with("/line_items/0/quantity", json!(1e10)),
        mug(1).rate(1, "CA", "10000000000", false),
        mug(1).fee("-10000000000", &[]).total("37.00"),
    ];
    for order in orders {
        let needs = world
            .mapping
            .needs(StreamName::Orders, &record(&order.done()));
        let error = needs.unwrap_err();
        assert_eq!(error.cause, "malformed_record");
        assert!(error.reason.contains("ten digits"), "{}", error.reason);
    }
    // a tax without a rate, high and low rates, a piece of a piece
    for percent in ["0", "9999999999", "0.0000000000000000000000001"] {
        for regime in [Regime::UsAst, Regime::Uk] {
            let world = World::fresh(regime, MappingRules::default()).await;
            let order = mug(1)
                .with(
                    "/currency",
                    if regime == Regime::Uk { "GBP" } else { "USD" },
                )
                .rate(1, "CA", percent, false)
                .rate(2, "LA", percent, true)
                .rate(3, "SF", percent, true)
                .rate(4, "SJ", percent, true)
                .line(
                    11,
                    1,
                    "9999999000",
                    "9999999000",
                    &[(1, "1"), (2, "1"), (3, "1"), (4, "1")],
                )
                .with("/line_items/1/quantity", "0.0000000000000000000000000001")
                .fee("-0.000001", &[(1, "-1"), (2, "-1"), (5, "-1")])
                .fee("-99.99", &[(5, "-1")])
                .rate(5, "XX", percent, false);
            assert!(!world.plan(StreamName::Orders, &order.done()).is_empty());
        }
    }
}
