//! Invoices and their payments: what becomes of the one when something happens to the other.
//!
//! | event | shown by |
//! |---|---|
//! | paid and refunded, cancelled, then restored | `a_paid_invoice_that_is_restored_comes_back_as_an_invoice_with_its_refund` |
//! | the invoice deleted in the books | `a_deleted_invoice_leaves_its_payment_and_gets_it_back_on_retry` |
//! | the invoice deleted, its payment deposited | `a_deleted_invoice_of_a_deposited_payment_is_not_posted_as_a_receipt` |
//! | cancelled with a deposited payment | `an_invoice_is_not_voided_while_its_payment_is_deposited` |
//! | cancelled with a payment that is left in the books | `an_invoice_is_voided_without_a_payment_that_somebody_leaves_in_the_books` |
//! | back to pending, the invoice alone released | `an_invoice_that_is_released_alone_waits_for_its_payment` |
//! | edited, then paid, with `on_edit` `"hold"` or `"ignore"` | `a_payment_of_more_than_its_invoice_waits_until_the_change_is_decided` |
//! | paid, then edited down | `a_paid_invoice_is_lowered_after_its_payment` |
//! | paid, then edited down, the payment deposited | `a_paid_invoice_is_not_lowered_while_its_payment_is_deposited` |

use kit::{PostingId, PostingKind};
use rust_decimal::dec;
use sandbox::store::RefundRequest;

use super::*;

const HOLD: &str = "[pipelines.mapping.orders]\non_cancel = \"hold\"";

/// The invoice was deleted, and its payment stands on nothing.
const GONE: [&str; 2] = ["deleted_in_books", "waits_for_reference"];

/// An invoice of the order, paid.
async fn paid(mapping: &str) -> Story {
    let story = Story::invoiced_by(mapping).await;
    story.gets_status("completed").await;
    assert_eq!(story.document(Kind::Invoice).balance, Decimal::ZERO);
    story
}

/// The payment; there is one that counts.
fn payment(story: &Story) -> Document {
    let mut payments = story.world.books().documents_of(Kind::Payment);
    payments.retain(|payment| !payment.voided);
    assert_eq!(payments.len(), 1, "{payments:?}");
    payments.remove(0)
}

/// The payment is deposited; the deposit's id.
fn is_deposited(story: &Story) -> String {
    let books = story.world.books();
    books.deposit(Kind::Payment, &payment(story).id).unwrap()
}

/// Somebody deletes the invoice in the books, and the order is changed twice.
async fn loses_its_invoice(story: &Story) {
    let books = story.world.books();
    let invoice = story.document(Kind::Invoice).id;
    books.delete(Kind::Invoice, &invoice).unwrap();
    for note in ["ring", "ring twice"] {
        story
            .happens(|shop, id| shop.set_note(id, note).unwrap())
            .await;
    }
}

/// What is held, by cause.
async fn held(story: &Story) -> Vec<String> {
    let mut causes = story.held().await;
    causes.sort();
    causes
}

async fn id_of(story: &Story, kind: PostingKind) -> PostingId {
    let postings = story.postings().await.into_iter();
    let mut ids = postings.filter(|posting| posting.kind == kind);
    ids.next().unwrap().id
}

/// Somebody releases one posting, and the next runs take it up.
async fn is_released(story: &Story, kind: PostingKind) {
    let only = Release::Ids(vec![id_of(story, kind).await]);
    let program = story.world.open(Tripwire::none()).await;
    let released = program.store.release_held(&only, None, "test").await;
    assert_eq!(released.unwrap().len(), 1);
    program.store.close().await;
    for _ in 0..2 {
        story.world.run().await;
    }
}

/// The invoice is what the order is by now, and paid.
async fn is_settled(story: &Story) {
    assert_eq!(story.held().await, [""; 0]);
    let invoice = story.document(Kind::Invoice);
    assert_eq!(
        (invoice.total, invoice.balance),
        (story.total(), Decimal::ZERO)
    );
    assert_eq!(payment(story).total, story.total());
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_paid_invoice_that_is_restored_comes_back_as_an_invoice_with_its_refund() {
    let story = paid("").await;
    let part = RefundRequest::amount_only(dec!(3.00));
    story
        .happens(|shop, id| {
            shop.refund(id, &part).unwrap();
        })
        .await;
    story.gets_status("cancelled").await;
    let voided = story.document(Kind::Invoice);
    assert!(voided.voided);
    story.gets_status("processing").await;
    let books = story.world.books();
    assert_eq!(books.documents_of(Kind::SalesReceipt), []);
    assert_eq!(held(&story).await, ["voided_before", "voided_before"]);
    books.delete(Kind::Invoice, &voided.id).unwrap();
    // the sale, and then its refund
    for _ in 0..2 {
        story.is_retried().await;
    }
    assert_eq!(books.documents_of(Kind::SalesReceipt), []);
    let mut memos = books.documents_of(Kind::CreditMemo);
    memos.retain(|memo| !memo.voided);
    assert_eq!((memos.len(), memos[0].total), (1, dec!(3.00)));
    is_settled(&story).await;
}

#[tokio::test]
async fn a_deleted_invoice_leaves_its_payment_and_gets_it_back_on_retry() {
    let story = paid("").await;
    let before = payment(&story);
    loses_its_invoice(&story).await;
    assert_eq!(held(&story).await, GONE);
    assert_eq!(payment(&story).id, before.id);
    story.is_retried().await;
    assert_eq!(payment(&story).id, before.id);
    assert_eq!(story.world.books().documents_of(Kind::SalesReceipt), []);
    is_settled(&story).await;
}

#[tokio::test]
async fn a_deleted_invoice_of_a_deposited_payment_is_not_posted_as_a_receipt() {
    for mapping in ["", HOLD] {
        let story = paid(mapping).await;
        let deposit = is_deposited(&story);
        loses_its_invoice(&story).await;
        assert_eq!(held(&story).await, GONE);
        let books = story.world.books();
        assert_eq!(books.documents_of(Kind::SalesReceipt), []);
        assert_eq!(books.documents_of(Kind::Invoice), []);
        story.is_retried().await;
        // the invoice is there again, and its payment can be moved to it once it is taken out
        assert_eq!(held(&story).await, ["deposited"]);
        assert_eq!(story.document(Kind::Invoice).total, story.total());
        books.delete(Kind::Deposit, &deposit).unwrap();
        story.is_retried().await;
        is_settled(&story).await;
    }
}

#[tokio::test]
async fn an_invoice_is_not_voided_while_its_payment_is_deposited() {
    let story = paid("").await;
    let deposit = is_deposited(&story);
    story.gets_status("cancelled").await;
    for _ in 0..2 {
        assert_eq!(held(&story).await, ["deposited", "waits_for_payment"]);
        assert!(!story.document(Kind::Invoice).voided);
        story.world.run().await;
    }
    let books = story.world.books();
    books.delete(Kind::Deposit, &deposit).unwrap();
    is_released(&story, PostingKind::Payment).await;
    assert_eq!(story.held().await, [""; 0]);
    assert!(books.documents().iter().all(|document| document.voided));
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn an_invoice_is_voided_without_a_payment_that_somebody_leaves_in_the_books() {
    let story = paid("").await;
    is_deposited(&story);
    story.gets_status("cancelled").await;
    let left = [id_of(&story, PostingKind::Payment).await];
    let program = story.world.open(Tripwire::none()).await;
    let excluded = program.store.exclude_held(&left, "test").await;
    assert_eq!(excluded.unwrap().len(), 1);
    program.store.close().await;
    story.world.run().await;
    assert_eq!(story.held().await, [""; 0]);
    assert!(story.document(Kind::Invoice).voided);
    assert_eq!(payment(&story).total, story.order.total);
}

#[tokio::test]
async fn an_invoice_that_is_released_alone_waits_for_its_payment() {
    let story = paid("").await;
    story.gets_status("pending").await;
    assert_eq!(held(&story).await.len(), 2);
    is_released(&story, PostingKind::Invoice).await;
    assert!(held(&story).await.contains(&"waits_for_payment".to_owned()));
    assert!(!story.document(Kind::Invoice).voided);
    is_released(&story, PostingKind::Payment).await;
    assert_eq!(story.held().await, [""; 0]);
    let documents = story.world.books().documents();
    assert!(documents.iter().all(|document| document.voided));
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_payment_of_more_than_its_invoice_waits_until_the_change_is_decided() {
    for on_edit in ["hold", "ignore"] {
        let mapping = format!("[pipelines.mapping.orders]\non_edit = \"{on_edit}\"");
        let story = Story::invoiced_by(&mapping).await;
        story.is_edited().await;
        story.gets_status("completed").await;
        let waits = held(&story).await;
        assert!(waits.contains(&"waits_for_invoice".to_owned()), "{waits:?}");
        assert_eq!(story.world.books().documents_of(Kind::Payment), []);
        assert_eq!(story.document(Kind::Invoice).total, story.order.total);
        if on_edit == "hold" {
            is_released(&story, PostingKind::Invoice).await;
            is_settled(&story).await;
        } else {
            story.is_retried().await;
            assert_eq!(held(&story).await, ["waits_for_invoice"]);
        }
    }
}

#[tokio::test]
async fn a_paid_invoice_is_lowered_after_its_payment() {
    let story = Story::invoiced().await;
    story.is_edited().await;
    story.gets_status("completed").await;
    for quantity in [1, 5] {
        story
            .happens(|shop, id| shop.set_quantity(id, 0, quantity).unwrap())
            .await;
        is_settled(&story).await;
    }
}

#[tokio::test]
async fn a_paid_invoice_is_not_lowered_while_its_payment_is_deposited() {
    let story = Story::invoiced().await;
    story.is_edited().await;
    story.gets_status("completed").await;
    let (before, deposit) = (story.total(), is_deposited(&story));
    story
        .happens(|shop, id| shop.set_quantity(id, 0, 1).unwrap())
        .await;
    assert_eq!(held(&story).await, ["deposited", "waits_for_payment"]);
    assert_eq!(story.document(Kind::Invoice).total, before);
    let books = story.world.books();
    books.delete(Kind::Deposit, &deposit).unwrap();
    is_released(&story, PostingKind::Payment).await;
    is_settled(&story).await;
}
