//! Money that goes back for an order that is in the books.
//!
//! | event | shown by |
//! |---|---|
//! | refunded in full | `a_refunded_order_keeps_its_sale_and_gets_a_refund_receipt` |
//! | several refunds up to full | `several_refunds_up_to_the_whole_are_as_many_documents` |
//! | refund of an invoice | `an_invoice_is_refunded_with_a_credit_memo` |
//! | refund of an invoice that was paid | `an_invoice_that_was_paid_is_refunded_with_a_credit_memo_too` |
//! | a refund before its order | `a_refund_that_is_read_before_its_order_waits_for_it` |
//! | a refund of a held order | `a_refund_of_a_held_order_follows_it_by_itself` |
//! | an amount in proportion to an order from before the start | `an_amount_in_proportion_to_an_order_from_before_the_start_makes_the_items_it_needs` |
//! | an amount in proportion to what was there before daybook | `an_amount_in_proportion_goes_to_the_items_the_sale_went_to` |
//! | trashed with a refund | `a_trashed_order_with_a_refund_voids_both` |
//! | cancelled with a refund | `a_cancelled_order_with_a_refund_voids_both` |
//! | an invoice cancelled with a refund | `an_invoice_with_a_refund_that_is_cancelled_is_voided_and_its_credit_memo_deleted` |
//! | refund deleted | `a_refund_that_was_deleted_is_voided_by_the_sweep` |
//! | refund deleted, with `on_cancel = "ignore"` | `a_refund_that_was_deleted_keeps_its_document_where_that_is_ignored` |
//! | refund of an invoice deleted | `a_deleted_refund_of_an_invoice_takes_its_credit_memo_out_of_the_books` |
//! | refund of an order of a closed month deleted | `a_deleted_refund_of_an_order_of_a_closed_month_is_found_too` |
//! | refund deleted, with `on_cancel = "hold"` | `a_refund_that_was_deleted_is_held_where_the_owner_wants_to_look`, `a_full_run_that_holds_a_deleted_refund_says_so` |
//! | refund deleted that cannot be voided | `a_refund_that_cannot_be_voided_is_counted_by_the_sweep` |

use jiff::civil::date;
use kit::{PostingKind, StreamName};
use rust_decimal::dec;
use sandbox::store::{Cart, Gateway, RefundRequest};
use serde_json::json;

use super::found_at_night::{sweep, told};
use super::*;

/// The refund receipts, in the order they were made.
fn refunds(story: &Story) -> Vec<Document> {
    story.world.books().documents_of(Kind::RefundReceipt)
}

/// Something is paid back, and a run reads it.
async fn refund(story: &Story, request: &RefundRequest) -> Progress {
    story
        .happens(|shop, id| {
            shop.refund(id, request).unwrap();
        })
        .await
}

/// The first refund of the order is deleted.
fn delete_refund(story: &Story) {
    let shop = story.world.shop();
    let refund = shop.order(story.order.id).unwrap().refunds[0].id;
    shop.delete_refund(story.order.id, refund).unwrap();
}

#[tokio::test]
async fn a_refunded_order_keeps_its_sale_and_gets_a_refund_receipt() {
    let story = Story::posted("").await;
    refund(&story, &RefundRequest::everything()).await;
    let receipts = refunds(&story);
    assert_eq!((receipts.len(), receipts[0].total), (1, story.order.total));
    assert_eq!(receipts[0].deposit_to, story.receipt().deposit_to);
    story.is_up_to_date().await;
}

#[tokio::test]
async fn several_refunds_up_to_the_whole_are_as_many_documents() {
    let story = Story::posted("").await;
    let parts = [dec!(3.00), dec!(4.50), story.order.total - dec!(7.50)];
    for part in parts {
        refund(&story, &RefundRequest::amount_only(part)).await;
    }
    let shop = story.world.shop();
    assert_eq!(shop.order(story.order.id).unwrap().status, "refunded");
    let receipts = refunds(&story);
    let totals: Vec<Decimal> = receipts.iter().map(|it| it.total).collect();
    assert_eq!(totals, parts);
    let mut numbers: Vec<_> = receipts.into_iter().map(|it| it.doc_number).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), 3, "{numbers:?}");
    story.is_up_to_date().await;
}

#[tokio::test]
async fn an_invoice_is_refunded_with_a_credit_memo() {
    let story = Story::invoiced().await;
    refund(&story, &RefundRequest::everything()).await;
    let memos = story.world.books().documents_of(Kind::CreditMemo);
    assert_eq!((memos.len(), memos[0].total), (1, story.order.total));
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn an_invoice_that_was_paid_is_refunded_with_a_credit_memo_too() {
    let story = Story::invoiced().await;
    story.gets_status("completed").await;
    refund(&story, &RefundRequest::amount_only(dec!(2.00))).await;
    let memos = story.world.books().documents_of(Kind::CreditMemo);
    assert_eq!((memos.len(), memos[0].total), (1, dec!(2.00)));
    assert_eq!(refunds(&story), []);
    assert_eq!(story.document(Kind::Invoice).total, story.order.total);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_refund_that_is_read_before_its_order_waits_for_it() {
    let story = Story::sold(quiet_store("")).await;
    story.world.an_hour_ago(|shop| {
        shop.refund(story.order.id, &RefundRequest::everything())
            .unwrap();
    });
    let refunds_alone = RunOptions {
        streams: vec![StreamName::Refunds],
        ..RunOptions::default()
    };
    story.world.run_with(refunds_alone, Tripwire::none()).await;
    assert_eq!(story.held().await, ["waits_for_order"]);
    assert_eq!(story.world.books().documents(), []);
    story.world.run().await;
    assert_eq!(refunds(&story)[0].total, story.order.total);
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_refund_of_a_held_order_follows_it_by_itself() {
    let story = Story::sold(quiet_store("")).await;
    let books = story.world.books();
    books.close_books(Some(date(2026, 12, 31)));
    story.world.run().await;
    books.close_books(None);
    refund(&story, &RefundRequest::everything()).await;
    let mut causes = story.held().await;
    causes.sort();
    assert_eq!(causes, ["closed_period", "refund_of_unposted_order"]);
    // only the order is released
    let program = story.world.open(Tripwire::none()).await;
    let by_cause = Release::Cause("closed_period".to_owned());
    let released = program.store.release_held(&by_cause, None, "test").await;
    assert_eq!(released.unwrap().len(), 1);
    program.store.close().await;
    story.world.run().await;
    if !story.held().await.is_empty() {
        story.world.run().await;
    }
    assert_eq!(refunds(&story)[0].total, story.order.total);
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_trashed_order_with_a_refund_voids_both() {
    let story = Story::posted("").await;
    refund(&story, &RefundRequest::amount_only(story.order.total)).await;
    assert_eq!(refunds(&story).len(), 1);
    story.happens(|shop, id| shop.trash(id).unwrap()).await;
    story.is_looked_for_in_the_bin().await;
    assert!(story.receipt().voided);
    assert!(
        refunds(&story)[0].voided,
        "money went back for a sale that is none"
    );
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_cancelled_order_with_a_refund_voids_both() {
    let story = Story::posted("").await;
    refund(&story, &RefundRequest::amount_only(dec!(2.00))).await;
    let run = story.gets_status("cancelled").await;
    assert_eq!(run.status, SyncStatus::Completed);
    assert!(story.receipt().voided);
    assert!(refunds(&story)[0].voided);
    assert_eq!(story.held().await, [""; 0]);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn an_invoice_with_a_refund_that_is_cancelled_is_voided_and_its_credit_memo_deleted() {
    let story = Story::invoiced().await;
    refund(&story, &RefundRequest::amount_only(dec!(2.00))).await;
    let books = story.world.books();
    assert_eq!(books.documents_of(Kind::CreditMemo).len(), 1);
    let run = story.gets_status("cancelled").await;
    assert_eq!(run.status, SyncStatus::Completed);
    assert!(story.document(Kind::Invoice).voided);
    assert_eq!(
        books.documents_of(Kind::CreditMemo),
        [],
        "QuickBooks voids no credit memo"
    );
    assert_eq!(story.held().await, [""; 0]);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_deleted_refund_of_an_invoice_takes_its_credit_memo_out_of_the_books() {
    let story = Story::invoiced().await;
    refund(&story, &RefundRequest::everything()).await;
    delete_refund(&story);
    sweep(&story.world).await;
    let books = story.world.books();
    assert_eq!(books.documents_of(Kind::CreditMemo), []);
    let invoice = story.document(Kind::Invoice);
    assert_eq!((invoice.voided, invoice.total), (false, story.order.total));
    assert_eq!(
        story.stands(PostingKind::CreditMemo).await,
        PostingState::Reversed
    );
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_refund_that_was_deleted_keeps_its_document_where_that_is_ignored() {
    let story = Story::posted("[pipelines.mapping.orders]\non_cancel = \"ignore\"").await;
    refund(&story, &RefundRequest::amount_only(story.order.total)).await;
    delete_refund(&story);
    sweep(&story.world).await;
    assert!(!refunds(&story)[0].voided);
    assert_eq!(story.held().await, [""; 0]);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_refund_that_was_deleted_is_voided_by_the_sweep() {
    let story = Story::posted("").await;
    refund(&story, &RefundRequest::amount_only(story.order.total)).await;
    delete_refund(&story);
    story.world.run().await;
    assert!(!refunds(&story)[0].voided, "no stamp of the store shows it");
    sweep(&story.world).await;
    assert!(refunds(&story)[0].voided);
    assert!(!story.receipt().voided);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_refund_that_was_deleted_is_held_where_the_owner_wants_to_look() {
    let story = Story::posted("[pipelines.mapping.orders]\non_cancel = \"hold\"").await;
    refund(&story, &RefundRequest::amount_only(story.order.total)).await;
    delete_refund(&story);
    let run = sweep(&story.world).await;
    assert_eq!(story.held().await, ["unwanted_in_books"]);
    says_that_one_waits(&story, &run).await;
    story.is_retried().await;
    assert!(refunds(&story)[0].voided);
    check_invariants(&story.world).await;
}

const IN_PROPORTION: &str = "[pipelines.mapping.refunds]\namount_only = \"proportional\"\n";

/// A mug with shipping, paid for; ten of it are paid back without a line.
async fn ten_back(world: World, hours_ago: i64) -> Story {
    let cart = Cart::new().gateway(Gateway::Stripe).line("MUG-001", 1);
    let order = world.sell_cart(hours_ago, cart.shipping("Flat", dec!(7.95)));
    let story = Story { world, order };
    story.world.run().await;
    refund(&story, &RefundRequest::amount_only(dec!(10))).await;
    story
}

#[tokio::test]
async fn an_amount_in_proportion_to_an_order_from_before_the_start_makes_the_items_it_needs() {
    let story = ten_back(quiet_store(IN_PROPORTION).start().await, 24 * 365 * 8).await;
    assert_eq!(story.held().await, [""; 0]);
    let receipts = refunds(&story);
    assert_eq!((receipts.len(), receipts[0].total), (1, dec!(10)));
    assert_eq!(receipts[0].lines[1].name.as_deref(), Some("Shipping"));
    assert_eq!(story.world.books().documents_of(Kind::SalesReceipt), []);
}

#[tokio::test]
async fn an_amount_in_proportion_goes_to_the_items_the_sale_went_to() {
    let generic = format!("[pipelines.mapping.products]\nmissing = \"generic\"\n{IN_PROPORTION}");
    let world = quiet_store(&generic).start().await;
    let books = world.books();
    let income = books.id_named(Kind::Account, "Services").unwrap();
    let mug = json!({
        "Name": "Mug of ours", "Sku": "MUG-001", "Type": "Service",
        "IncomeAccountRef": { "value": income }
    });
    books.add(Kind::Item, mug).unwrap();
    let story = ten_back(world, 2).await;
    assert_eq!(story.held().await, [""; 0]);
    let names = |document: &Document| {
        let names = document.lines.iter().map(|line| line.name.clone());
        names.collect::<Vec<_>>()
    };
    let receipts = refunds(&story);
    assert_eq!((receipts.len(), receipts[0].total), (1, dec!(10)));
    assert_eq!(names(&receipts[0])[..2], names(&story.receipt())[..2]);
    assert_eq!(receipts[0].lines[0].name.as_deref(), Some("Mug of ours"));
}

/// The run does not end as if all was well, and tells what waits.
async fn says_that_one_waits(story: &Story, run: &Progress) {
    assert_eq!(run.status, SyncStatus::Partial);
    let held: u64 = run.streams.iter().map(|it| it.counts.held).sum();
    assert_eq!(held, 1);
    let told = told(&story.world).await;
    let why: Vec<&str> = told.iter().map(|(_, cause)| cause.as_str()).collect();
    assert_eq!(why, story.held().await);
}

#[tokio::test]
async fn a_full_run_that_holds_a_deleted_refund_says_so() {
    let story = Story::posted("[pipelines.mapping.orders]\non_cancel = \"hold\"").await;
    refund(&story, &RefundRequest::amount_only(dec!(3.00))).await;
    delete_refund(&story);
    let full = RunOptions {
        full: true,
        ..RunOptions::default()
    };
    let run = story.world.run_with(full, Tripwire::none()).await;
    says_that_one_waits(&story, &run).await;
}

#[tokio::test]
async fn a_refund_that_cannot_be_voided_is_counted_by_the_sweep() {
    let story = Story::posted("").await;
    refund(&story, &RefundRequest::amount_only(dec!(3.00))).await;
    let books = story.world.books();
    let receipt = refunds(&story).remove(0);
    books.deposit(Kind::RefundReceipt, &receipt.id).unwrap();
    delete_refund(&story);
    let run = sweep(&story.world).await;
    assert!(!refunds(&story)[0].voided);
    says_that_one_waits(&story, &run).await;
}

#[tokio::test]
async fn a_deleted_refund_of_an_order_of_a_closed_month_is_found_too() {
    let story = Story::posted("").await;
    let world = &story.world;
    world.let_pass(20 * 24); // into December
    refund(&story, &RefundRequest::amount_only(dec!(3.00))).await;
    assert!(refunds(&story)[0].txn_date.starts_with("2026-12"));
    world.books().close_books(Some(date(2026, 11, 30)));
    world.let_pass(48); // the lists of the books are read again
    world.sell_mugs(1);
    world.run().await;
    delete_refund(&story);
    world.let_pass(24);
    sweep(world).await;
    assert!(refunds(&story)[0].voided);
    assert!(!story.receipt().voided);
    // what was found is not looked at each night
    world.shop().clear_requests();
    sweep(world).await;
    let single = |path: &str| path.contains(&format!("orders/{}", story.order.id));
    let requests = world.shop().requests();
    assert!(!requests.iter().any(|it| single(&it.path)));
}
