//! Closed periods and deposits: what the books no longer let anybody change.
//!
//! | event | shown by |
//! |---|---|
//! | an order of a closed day, with `hold` | `a_new_order_of_a_closed_day_is_held_until_the_books_are_open` |
//! | the books are closed after the lists were read | `a_closing_date_that_was_not_read_yet_is_held_by_quickbooks_own_refusal` |
//! | the same, with `first_open_day` | `a_closing_date_that_was_not_read_yet_is_read_and_the_first_open_day_taken` |
//! | an edit after closing, with `hold` | `a_posted_order_is_not_changed_once_its_day_is_closed` |
//! | a cancellation after closing | `a_cancelled_order_of_a_closed_day_is_held_until_the_books_are_open` |
//! | an order of a closed day, with `first_open_day` | `the_first_open_day_takes_an_order_of_a_closed_day_with_its_true_date` |
//! | an edit of what stands on the first open day | `what_stands_on_the_first_open_day_keeps_it_when_it_is_edited` |
//! | an edit after closing, with `first_open_day` | `the_first_open_day_does_not_move_what_stood_on_its_day_before_it_was_closed` |
//! | a refund of a closed day, with `first_open_day` | `a_refund_of_a_closed_day_goes_to_the_first_open_one_as_well` |
//! | a deposited receipt edited | `a_deposited_receipt_that_is_edited_is_held_until_it_is_taken_out` |
//! | a deposited receipt cancelled | `a_deposited_receipt_that_is_cancelled_is_held_until_it_is_taken_out` |

use jiff::civil::Date;
use sandbox::store::RefundRequest;

use super::*;

/// After anything that is sold.
const YEAR_END: Date = Date::constant(2026, 12, 31);
const NEW_YEAR: &str = "2027-01-01";
const FIRST_OPEN_DAY: &str = "[pipelines.mapping.orders]\nclosed_period = \"first_open_day\"";

/// An order of a day that was closed before anything was read.
async fn of_a_closed_day(mapping: &str) -> Story {
    let story = Story::sold(quiet_store(mapping)).await;
    story.world.books().close_books(Some(YEAR_END));
    story.world.run().await;
    story
}

#[tokio::test]
async fn a_new_order_of_a_closed_day_is_held_until_the_books_are_open() {
    let story = of_a_closed_day("").await;
    assert_eq!(story.held().await, ["closed_period"]);
    assert_eq!(story.world.books().documents(), []);
    story
        .world
        .books()
        .close_books(Some(Date::constant(2026, 1, 31)));
    story.world.run().await;
    assert_eq!(story.held().await, ["closed_period"], "nobody has decided");
    story.is_retried().await;
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_closing_date_that_was_not_read_yet_is_held_by_quickbooks_own_refusal() {
    let story = Story::posted("").await;
    story.world.books().close_books(Some(YEAR_END));
    story.world.sell_mugs(1);
    story.world.run().await;
    assert_eq!(story.held().await, ["closed_period"]);
    assert_eq!(story.world.books().documents().len(), 1);
    // a retry reads the closing date anew, and the rule holds
    story.is_retried().await;
    assert_eq!(story.held().await, ["closed_period"]);
    assert_eq!(story.world.books().documents().len(), 1);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_closing_date_that_was_not_read_yet_is_read_and_the_first_open_day_taken() {
    let story = Story::posted(FIRST_OPEN_DAY).await;
    let world = &story.world;
    world.books().close_books(Some(YEAR_END));
    world.sell_mugs(2);
    let mut sold = 0;
    world.an_hour_ago(|shop| {
        sold = shop
            .place_paid_order(&Cart::new().bill_to(ana()).line("MUG-001", 2))
            .unwrap();
        shop.refund(sold, &RefundRequest::everything()).unwrap();
    });
    let run = world.run().await;
    assert_eq!(run.status, SyncStatus::Completed);
    let created: u64 = run.streams.iter().map(|it| it.counts.created).sum();
    assert_eq!(created, 3 + 1, "orders and a refund");
    assert_eq!(story.held().await, [""; 0], "nobody has to be asked");
    let mut days: Vec<String> = world
        .books()
        .documents()
        .into_iter()
        .map(|it| it.txn_date)
        .collect();
    days.sort();
    days.remove(0); // that of the open day
    assert_eq!(days, [NEW_YEAR; 4]);
    check_invariants(world).await;
}

#[tokio::test]
async fn a_posted_order_is_not_changed_once_its_day_is_closed() {
    let story = Story::posted("").await;
    let before = story.receipt();
    story.world.books().close_books(Some(YEAR_END));
    story.is_edited().await;
    assert_eq!(story.held().await, ["closed_period"]);
    let remedy = story.waiting().await.remove(0).remedy.unwrap();
    assert!(remedy.starts_with("Open the period"), "{remedy}");
    assert_eq!(story.receipt(), before);
    story.world.books().close_books(None);
    story.is_retried().await;
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_cancelled_order_of_a_closed_day_is_held_until_the_books_are_open() {
    let story = Story::posted("").await;
    story.world.books().close_books(Some(YEAR_END));
    story.gets_status("cancelled").await;
    assert_eq!(story.held().await, ["closed_period"]);
    assert!(!story.receipt().voided);
    story.world.books().close_books(None);
    story.is_retried().await;
    assert!(story.receipt().voided);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn the_first_open_day_takes_an_order_of_a_closed_day_with_its_true_date() {
    let story = of_a_closed_day(FIRST_OPEN_DAY).await;
    let receipt = story.receipt();
    assert_eq!(receipt.txn_date, NEW_YEAR);
    let note = receipt.private_note.unwrap();
    assert!(note.contains("True date 2026-11-22"), "{note}");
    story.is_up_to_date().await;
}

#[tokio::test]
async fn what_stands_on_the_first_open_day_keeps_it_when_it_is_edited() {
    let story = of_a_closed_day(FIRST_OPEN_DAY).await;
    story.is_edited().await;
    assert_eq!(story.receipt().txn_date, NEW_YEAR);
    story.is_up_to_date().await;
    // the closing date moves on, and the day that was open is closed by now
    let january = Date::constant(2027, 1, 31);
    story.world.books().close_books(Some(january));
    story
        .happens(|shop, id| shop.set_quantity(id, 0, 2).unwrap())
        .await;
    assert_eq!(story.held().await, ["closed_period"]);
    assert_eq!(story.receipt().txn_date, NEW_YEAR);
}

#[tokio::test]
async fn the_first_open_day_does_not_move_what_stood_on_its_day_before_it_was_closed() {
    let story = Story::posted(FIRST_OPEN_DAY).await;
    let before = story.receipt();
    story.world.books().close_books(Some(YEAR_END));
    story.is_edited().await;
    assert_eq!(story.held().await, ["closed_period"]);
    story.is_retried().await;
    assert_eq!(story.held().await, ["closed_period"]);
    assert_eq!(story.receipt(), before);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_refund_of_a_closed_day_goes_to_the_first_open_one_as_well() {
    let story = of_a_closed_day(FIRST_OPEN_DAY).await;
    story
        .happens(|shop, id| {
            shop.refund(id, &RefundRequest::everything()).unwrap();
        })
        .await;
    let refund = story
        .world
        .books()
        .documents_of(Kind::RefundReceipt)
        .remove(0);
    assert_eq!(refund.txn_date, NEW_YEAR);
    let note = refund.private_note.unwrap();
    assert!(note.contains("True date 2026-11-22"), "{note}");
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_deposited_receipt_that_is_edited_is_held_until_it_is_taken_out() {
    let story = Story::posted("").await;
    let books = story.world.books();
    let receipt = story.receipt();
    let deposit = books.deposit(Kind::SalesReceipt, &receipt.id).unwrap();
    story.is_edited().await;
    assert_eq!(story.held().await, ["deposited"]);
    assert_eq!(story.receipt().total, receipt.total);
    books.delete(Kind::Deposit, &deposit).unwrap();
    story.is_retried().await;
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_deposited_receipt_that_is_cancelled_is_held_until_it_is_taken_out() {
    let story = Story::posted("").await;
    let books = story.world.books();
    let deposit = books.deposit(Kind::SalesReceipt, &story.receipt().id);
    story.gets_status("cancelled").await;
    assert_eq!(story.held().await, ["deposited"]);
    assert!(!story.receipt().voided);
    books.delete(Kind::Deposit, &deposit.unwrap()).unwrap();
    story.is_retried().await;
    assert!(story.receipt().voided);
    check_invariants(&story.world).await;
}
