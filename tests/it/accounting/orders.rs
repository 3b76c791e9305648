//! Orders: which are booked, as what, on which day, and what they carry.
//!
//! | rule | shown by |
//! |---|---|
//! | `orders.statuses` | `a_status_decides_what_becomes_of_an_order`, `a_status_of_a_plugin_is_posted_when_it_is_listed`, `pending_and_on_hold_orders_are_posted_only_if_listed` |
//! | `orders.post_as` | `everything_can_be_an_invoice`, `everything_can_be_a_sales_receipt` |
//! | `orders.unpaid_methods` | `an_order_that_waits_for_a_transfer_is_an_invoice_and_is_paid_later`, `an_order_made_by_hand_is_an_invoice_until_it_is_paid`, `the_owner_says_which_gateways_take_money_later` |
//! | `orders.date` | `the_day_can_be_that_of_the_order_or_of_its_completion`, `the_day_is_the_local_one_of_the_books` |
//! | `orders.on_edit` | `an_edited_order_updates_its_document`, `an_edited_order_is_held_where_the_owner_wants_to_look`, `an_edited_order_leaves_its_document_where_edits_are_ignored` |
//! | `orders.closed_period` | `the_closing_day_itself_is_closed_and_the_next_one_open`, `a_closed_day_is_held_or_moved_to_the_first_open_one`, `what_is_posted_is_not_held_when_its_period_is_closed_later` |
//! | `orders.on_cancel` | `a_cancelled_order_voids_its_document`, `a_cancelled_order_is_held_where_the_owner_wants_to_look`, `a_cancelled_order_leaves_its_document_where_that_is_ignored`, `a_refund_that_was_deleted_keeps_its_document_where_that_is_ignored` |
//! | posted, then back to a status that is not: held | `an_order_that_goes_back_to_pending_is_held_and_a_retry_voids_it`, `an_order_that_goes_back_to_on_hold_is_held_and_stays_once_it_is_a_sale_again` |
//! | cancelled with a refund: both | `a_cancelled_order_with_a_refund_voids_both`, `an_invoice_with_a_refund_that_is_cancelled_is_voided_and_its_credit_memo_deleted` |
//! | not paid at a gateway that takes money at once: held | `an_order_unpaid_at_a_gateway_that_takes_money_at_once_is_held` |
//! | a free order is a sales receipt of 0.00 | `a_free_order_is_a_sales_receipt_of_nothing` |
//! | lines are always sent complete | `a_line_that_was_removed_is_gone_from_the_document` |
//! | somebody's change in the books is never overwritten | `a_document_that_somebody_edited_is_not_overwritten` |
//! | a deposited document is held | `a_deposited_receipt_that_is_edited_is_held_until_it_is_taken_out` |
//! | cancelled, failed or trashed: void | `what_followed_a_cancelled_sale_is_withdrawn_with_it`, `an_order_that_failed_after_all_voids_its_document`, `a_trashed_order_is_looked_for_and_voided` |
//! | deleted for good: reported, not touched | `an_order_deleted_for_good_is_reported_and_not_touched` |
//! | nothing before the start date | `nothing_before_the_start_date_is_posted` |

use daybook::domain::{ClosedPeriod, IfPosted, MappingRules, OrderDate, PostOrderAs, Wish};
use jiff::civil::date;
use jiff::tz::TimeZone;
use kit::{PostingKind, StreamName};
use sandbox::company::{CompanyContents, Regime};
use serde_json::json;

use super::{held, mug, posted, rules, us};
use crate::mapping::books::{Became, World, body};
use crate::mapping::orders::{OrderBuilder, dec};

/// An order of two mugs that nobody has paid yet, by a gateway.
fn unpaid(id: u64, gateway: &str) -> OrderBuilder {
    mug(id)
        .with("/payment_method", gateway)
        .with("/date_paid_gmt", json!(null))
}

/// The kind of document an order becomes, or why it does not.
fn kind(world: &mut World, order: OrderBuilder) -> Result<PostingKind, String> {
    let (draft, became) = world.one(StreamName::Orders, &order.done());
    match became {
        Became::Posted { .. } => Ok(draft.key.kind),
        Became::Held(why) | Became::Excluded(why) => Err(why),
        Became::Adopted => panic!("an order is adopted"),
    }
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
    assert_eq!(
        of(8, "auto-draft"),
        (never("auto-draft"), Some(IfPosted::Hold))
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
async fn pending_and_on_hold_orders_are_posted_only_if_listed() {
    let waiting = |id: u64, status: &str| unpaid(id, "bacs").with("/status", status);
    let mut world = us(MappingRules::default()).await;
    for (id, status) in [(1, "pending"), (2, "on-hold")] {
        let left_out = Err(format!("status {status}"));
        assert_eq!(kind(&mut world, waiting(id, status)), left_out);
    }
    let listed = |rules: &mut MappingRules| {
        let statuses = ["pending", "on-hold"].map(str::to_owned);
        rules.orders.statuses.extend(statuses);
    };
    let mut world = us(rules(listed)).await;
    for (id, status) in [(1, "pending"), (2, "on-hold")] {
        let invoice = Ok(PostingKind::Invoice);
        assert_eq!(kind(&mut world, waiting(id, status)), invoice);
    }
    let by_card = unpaid(3, "stripe").with("/status", "pending");
    assert_eq!(kind(&mut world, by_card), Err("unpaid_order".to_owned()));
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
async fn an_order_made_by_hand_is_an_invoice_until_it_is_paid() {
    let mut world = us(MappingRules::default()).await;
    assert_eq!(kind(&mut world, unpaid(1, "")), Ok(PostingKind::Invoice));
    let paid = mug(2).with("/payment_method", "");
    assert_eq!(kind(&mut world, paid), Ok(PostingKind::SalesReceipt));
}

#[tokio::test]
async fn the_owner_says_which_gateways_take_money_later() {
    let later = rules(|rules| rules.orders.unpaid_methods = vec!["klarna".to_owned()]);
    let mut world = us(later).await;
    assert_eq!(
        kind(&mut world, unpaid(1, "klarna")),
        Ok(PostingKind::Invoice)
    );
    let at_once = Err("unpaid_order".to_owned());
    assert_eq!(kind(&mut world, unpaid(2, "bacs")), at_once);
    assert_eq!(kind(&mut world, unpaid(3, "")), at_once);
}

#[tokio::test]
async fn an_order_unpaid_at_a_gateway_that_takes_money_at_once_is_held() {
    let mut world = us(MappingRules::default()).await;
    let open = unpaid(1, "stripe").done();
    assert_eq!(world.one(StreamName::Orders, &open).1, held("unpaid_order"));
    // the call-back came after all
    assert_eq!(kind(&mut world, mug(1)), Ok(PostingKind::SalesReceipt));
}

#[tokio::test]
async fn a_free_order_is_a_sales_receipt_of_nothing() {
    let mut world = us(MappingRules::default()).await;
    for (id, gateway) in [(1, "stripe"), (2, "bacs"), (3, "")] {
        let free = OrderBuilder::new(id)
            .line(10, 1, "18.50", "0", &[])
            .with("/payment_method", gateway)
            .with("/date_paid_gmt", json!(null))
            .done();
        let (draft, became) = world.one(StreamName::Orders, &free);
        assert_eq!(
            (draft.key.kind, became),
            (PostingKind::SalesReceipt, posted("0", "0"))
        );
        let line = &body(&draft)["Line"][0]["SalesItemLineDetail"];
        assert_eq!(line["Qty"].to_string(), "1", "stock and counts agree");
    }
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
async fn everything_can_be_a_sales_receipt() {
    let mut world = us(rules(|it| it.orders.post_as = PostOrderAs::SalesReceipt)).await;
    let receipt = Ok(PostingKind::SalesReceipt);
    assert_eq!(kind(&mut world, unpaid(1, "bacs")), receipt);
    assert_eq!(kind(&mut world, mug(2)), receipt);
    // a failed call-back is no sale all the same
    let unpaid = kind(&mut world, unpaid(3, "stripe"));
    assert_eq!(unpaid, Err("unpaid_order".to_owned()));
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
    for (which, complete, open) in [
        (OrderDate::Paid, date(2026, 11, 5), date(2026, 11, 5)),
        (OrderDate::Created, date(2026, 11, 3), date(2026, 11, 3)),
        (OrderDate::Completed, date(2026, 11, 9), date(2026, 11, 3)),
    ] {
        let world = us(rules(|rules| rules.orders.date = which)).await;
        let day = |order: OrderBuilder| {
            let mut drafts = world.plan(StreamName::Orders, &order.done());
            drafts.pop().unwrap().date
        };
        let order = mug(1).with("/date_created_gmt", "2026-11-03T12:00:00");
        let completed = order
            .clone()
            .with("/date_completed_gmt", "2026-11-09T12:00:00");
        assert_eq!(day(completed), Some(complete), "{which:?}");
        assert_eq!(
            day(order.clone()),
            Some(open),
            "{which:?}, not completed yet"
        );
        // an invoice keeps its day, whatever comes after it
        let unpaid = order
            .with("/payment_method", "bacs")
            .with("/date_paid_gmt", json!(null));
        let invoice = |order: OrderBuilder| {
            let mut drafts = world.plan(StreamName::Orders, &order.done());
            drafts.retain(|draft| draft.key.kind == PostingKind::Invoice);
            drafts.pop().unwrap().date
        };
        let delivered = unpaid
            .clone()
            .with("/date_completed_gmt", "2026-11-09T12:00:00");
        for order in [unpaid, delivered] {
            assert_eq!(invoice(order), Some(date(2026, 11, 3)), "{which:?}");
        }
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
async fn the_closing_day_itself_is_closed_and_the_next_one_open() {
    for (closed, became) in [
        (date(2026, 11, 4), posted("37.00", "0")),
        (date(2026, 11, 5), held("closed_period")),
        (date(2026, 11, 6), held("closed_period")),
    ] {
        let contents = CompanyContents::fresh(Regime::UsAst).with_books_closed(closed);
        let mut world = World::of(contents, MappingRules::default()).await;
        let order = mug(1).done();
        assert_eq!(world.one(StreamName::Orders, &order).1, became, "{closed}");
    }
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
        Some(date(2026, 12, 1)),
        "the day of the books counts in the reconciliation"
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
