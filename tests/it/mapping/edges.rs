//! Orders at the edges: payment, status, days, numbers, text, money.

use daybook::domain::{ClosedPeriod, IfPosted, MappingRules, OrderDate, PostOrderAs, Wish};
use jiff::civil::date;
use jiff::tz::TimeZone;
use kit::{PostingKind, StreamName};
use sandbox::company::{CompanyContents, Regime};
use serde_json::json;

use super::books::{Became, World, body};
use super::orders::{OrderBuilder, dec};

pub(crate) async fn us(rules: MappingRules) -> World {
    World::fresh(Regime::UsAst, rules).await
}

pub(crate) fn mug(id: u64) -> OrderBuilder {
    OrderBuilder::new(id).line(10, 2, "37.00", "37.00", &[])
}

pub(crate) fn posted(total: &str, tax: &str) -> Became {
    Became::Posted {
        total: dec(total),
        tax: dec(tax),
    }
}

pub(crate) fn held(cause: &str) -> Became {
    Became::Held(cause.to_owned())
}

#[tokio::test]
async fn an_order_that_waits_for_a_transfer_is_an_invoice_and_is_paid_later() {
    let mut world = us(MappingRules::default()).await;
    let open = mug(1)
        .with("/payment_method", "bacs")
        .with("/date_paid_gmt", json!(null));
    let (draft, became) = world.one(StreamName::Orders, &open.clone().done());
    assert_eq!(
        (draft.key.kind, became),
        (PostingKind::Invoice, posted("37.00", "0"))
    );
    assert_eq!(world.company.handle().documents()[0].balance, dec("37.00"));

    let paid = open.with("/date_paid_gmt", "2026-11-20T12:00:00").done();
    let drafts = world.plan(StreamName::Orders, &paid);
    let invoice = drafts
        .iter()
        .find(|it| it.key.kind == PostingKind::Invoice)
        .unwrap();
    assert_eq!(
        invoice.date,
        Some(date(2026, 11, 5)),
        "the invoice keeps its day"
    );
    let payment = drafts
        .iter()
        .find(|it| it.key.kind == PostingKind::Payment)
        .unwrap()
        .clone();
    assert_eq!(
        (payment.date, payment.store_amount),
        (Some(date(2026, 11, 20)), None)
    );
    assert_eq!(world.settle(&payment), posted("37.00", "0"));
    let documents = world.company.handle().documents();
    assert_eq!(
        documents.iter().find(|it| it.balance == dec("37.00")),
        None,
        "it is settled"
    );
}

#[tokio::test]
async fn an_order_unpaid_at_a_gateway_that_takes_money_at_once_is_held() {
    let mut world = us(MappingRules::default()).await;
    let open = mug(1).with("/date_paid_gmt", json!(null)).done();
    assert_eq!(world.one(StreamName::Orders, &open).1, held("unpaid_order"));
    let free = OrderBuilder::new(2)
        .line(10, 1, "18.50", "0", &[])
        .with("/date_paid_gmt", json!(null))
        .done();
    let (draft, became) = world.one(StreamName::Orders, &free);
    assert_eq!(
        (draft.key.kind, became),
        (PostingKind::SalesReceipt, posted("0", "0"))
    );
}

#[tokio::test]
async fn everything_can_be_an_invoice() {
    let mut rules = MappingRules::default();
    rules.orders.post_as = PostOrderAs::Invoice;
    let mut world = us(rules).await;
    let kinds: Vec<PostingKind> = world
        .take(StreamName::Orders, &mug(1).done())
        .into_iter()
        .map(|(draft, _)| draft.key.kind)
        .collect();
    let list = [PostingKind::Customer, PostingKind::Item];
    assert_eq!(kinds[..2], list);
    assert_eq!(kinds[2..], [PostingKind::Invoice, PostingKind::Payment]);
}

#[tokio::test]
async fn a_status_decides_what_becomes_of_an_order() {
    let mut world = us(MappingRules::default()).await;
    let mut of = |id: u64, status: &str| {
        let (draft, became) =
            world.one(StreamName::Orders, &mug(id).with("/status", status).done());
        let if_posted = match draft.wish {
            Wish::Exclude { if_posted, .. } => Some(if_posted),
            _ => None,
        };
        (became, if_posted)
    };
    let never = |status: &str| Became::Excluded(format!("status {status}"));
    assert_eq!(
        of(1, "checkout-draft"),
        (never("checkout-draft"), Some(IfPosted::Hold))
    );
    assert_eq!(of(2, "trash"), (never("trash"), Some(IfPosted::Void)));
    assert_eq!(
        of(3, "cancelled"),
        (never("cancelled"), Some(IfPosted::Void))
    );
    assert_eq!(of(4, "failed"), (never("failed"), Some(IfPosted::Void)));
    assert_eq!(of(5, "on-hold"), (never("on-hold"), Some(IfPosted::Hold)));
    assert_eq!(of(6, "partial-ship"), (held("unknown_status"), None));
    assert_eq!(of(7, "refunded"), (posted("37.00", "0"), None));
}

#[tokio::test]
async fn a_status_of_a_plugin_is_posted_when_it_is_listed() {
    let mut rules = MappingRules::default();
    rules.orders.statuses.push("partial-ship".to_owned());
    let mut world = us(rules).await;
    let order = mug(1).with("/status", "partial-ship").done();
    assert_eq!(
        world.one(StreamName::Orders, &order).1,
        posted("37.00", "0")
    );
}

#[tokio::test]
async fn what_followed_a_cancelled_sale_is_withdrawn_with_it() {
    let mut rules = MappingRules::default();
    rules.orders.post_as = PostOrderAs::Invoice;
    let mut world = us(rules).await;
    world.take(StreamName::Orders, &mug(1).done());
    let drafts = world.plan(
        StreamName::Orders,
        &mug(1).with("/status", "cancelled").done(),
    );
    let wishes: Vec<_> = drafts
        .iter()
        .map(|draft| (draft.key.kind, matches!(draft.wish, Wish::Exclude { .. })))
        .collect();
    assert_eq!(
        wishes,
        [(PostingKind::Invoice, true), (PostingKind::Payment, true)]
    );
}

#[tokio::test]
async fn the_day_is_the_local_one_of_the_books() {
    let rules = MappingRules {
        timezone: TimeZone::get("America/New_York").unwrap(),
        ..MappingRules::default()
    };
    let world = us(rules).await;
    let day = |moment: &str| {
        let order = mug(1).with("/date_paid_gmt", moment).done();
        world
            .plan(StreamName::Orders, &order)
            .pop()
            .unwrap()
            .date
            .unwrap()
    };
    assert_eq!(day("2026-10-01T03:59:59"), date(2026, 9, 30));
    assert_eq!(day("2026-10-01T04:00:00"), date(2026, 10, 1));
    // the clocks go back on 1 November at 2: both halves of the doubled hour are that day
    assert_eq!(day("2026-11-01T05:30:00"), date(2026, 11, 1));
    assert_eq!(day("2026-11-01T06:30:00"), date(2026, 11, 1));
    assert_eq!(day("2026-11-02T04:59:59"), date(2026, 11, 1));
}

#[tokio::test]
async fn the_day_can_be_that_of_the_order_or_of_its_completion() {
    for (which, expected) in [
        (OrderDate::Paid, date(2026, 11, 5)),
        (OrderDate::Created, date(2026, 11, 3)),
        (OrderDate::Completed, date(2026, 11, 9)),
    ] {
        let mut rules = MappingRules::default();
        rules.orders.date = which;
        let world = us(rules).await;
        let order = mug(1)
            .with("/date_created_gmt", "2026-11-03T12:00:00")
            .with("/date_completed_gmt", "2026-11-09T12:00:00")
            .done();
        let sale = world.plan(StreamName::Orders, &order).pop().unwrap();
        assert_eq!(sale.date, Some(expected));
    }
}

#[tokio::test]
async fn nothing_before_the_start_date_is_posted() {
    let rules = MappingRules {
        start_date: Some(date(2026, 11, 6)),
        ..MappingRules::default()
    };
    let mut world = us(rules).await;
    let (draft, became) = world.one(StreamName::Orders, &mug(1).done());
    let reason = "dated 2026-11-05, before the start date 2026-11-06";
    assert_eq!(became, Became::Excluded(reason.to_owned()));
    assert!(matches!(
        draft.wish,
        Wish::Exclude {
            if_posted: IfPosted::Ignore,
            ..
        }
    ));
}

#[tokio::test]
async fn a_closed_day_is_held_or_moved_to_the_first_open_one() {
    let closed = || CompanyContents::fresh(Regime::UsAst).with_books_closed(date(2026, 11, 30));
    let mut world = World::of(closed(), MappingRules::default()).await;
    assert_eq!(
        world.one(StreamName::Orders, &mug(1).done()).1,
        held("closed_period")
    );

    let mut rules = MappingRules::default();
    rules.orders.closed_period = ClosedPeriod::FirstOpenDay;
    let mut world = World::of(closed(), rules).await;
    let (draft, became) = world.one(StreamName::Orders, &mug(1).done());
    assert_eq!(became, posted("37.00", "0"));
    assert_eq!(body(&draft)["TxnDate"], "2026-12-01");
    assert_eq!(
        body(&draft)["PrivateNote"],
        "WooCommerce order 1\nTrue date 2026-11-05"
    );
    assert_eq!(
        draft.date,
        Some(date(2026, 11, 5)),
        "the store's day counts in the reconciliation"
    );
}

#[tokio::test]
async fn what_is_posted_is_not_held_when_its_period_is_closed_later() {
    let mut world = us(MappingRules::default()).await;
    world.take(StreamName::Orders, &mug(1).done());
    let links = world.links.clone();
    let contents = CompanyContents::fresh(Regime::UsAst).with_books_closed(date(2026, 11, 30));
    let mut world = World::of(contents, MappingRules::default()).await;
    world.links = links;
    let sale = world
        .plan(StreamName::Orders, &mug(1).done())
        .pop()
        .unwrap();
    assert!(matches!(sale.wish, Wish::Post(_)));
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
async fn no_text_of_the_store_can_be_taken_for_a_reference() {
    let mut world = us(MappingRules::default()).await;
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
async fn what_a_sale_carries_is_carried() {
    let mut world = us(MappingRules::default()).await;
    let order = mug(1)
        .with("/transaction_id", "pi_3PqRsTuVwXyZ0123456789")
        .with("/customer_note", "ring twice")
        .shipping("7.95", &[])
        .meta(
            "_wc_shipment_tracking_items",
            json!([{ "tracking_provider": "ups", "tracking_number": "1Z999", "date_shipped": "1794052800" }]),
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
