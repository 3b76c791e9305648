//! What the store does to an order that is in the books.
//!
//! | event | shown by |
//! |---|---|
//! | edited | `an_edited_order_updates_its_document` |
//! | edited, with `on_edit = "hold"` | `an_edited_order_is_held_where_the_owner_wants_to_look` |
//! | edited, with `on_edit = "ignore"` | `an_edited_order_leaves_its_document_where_edits_are_ignored` |
//! | a line removed | `a_line_that_was_removed_is_gone_from_the_document` |
//! | cancelled | `a_cancelled_order_voids_its_document` |
//! | failed | `an_order_that_failed_after_all_voids_its_document` |
//! | cancelled, with `on_cancel = "hold"` | `a_cancelled_order_is_held_where_the_owner_wants_to_look` |
//! | cancelled, with `on_cancel = "ignore"` | `a_cancelled_order_leaves_its_document_where_that_is_ignored` |
//! | cancelled, then restored | `a_cancelled_order_that_is_restored_is_held_until_the_voided_document_is_gone` |
//! | trashed | `a_trashed_order_is_looked_for_and_voided` |
//! | trashed, then restored | `a_trashed_order_that_is_restored_is_held_since_its_document_was_voided` |
//! | status changed by a plugin | `a_status_of_a_plugin_holds_the_order_and_leaves_the_document` |
//! | back to pending | `an_order_that_goes_back_to_pending_is_held_and_a_retry_voids_it` |
//! | back to on-hold | `an_order_that_goes_back_to_on_hold_is_held_and_stays_once_it_is_a_sale_again` |
//! | paid later | `an_invoice_that_is_paid_later_gets_its_payment` |
//! | paid later, then edited | `an_invoice_that_was_paid_can_still_be_edited` |
//! | paid later, then cancelled | `a_paid_invoice_that_is_cancelled_is_voided_with_its_payment` |
//! | customer's account deleted | `a_deleted_account_leaves_customer_and_document_as_they_are` |
//! | product deleted | `a_deleted_product_leaves_the_document_as_it_is` |

use daybook::domain::SyncStatus;
use kit::PostingKind;
use rust_decimal::Decimal;
use sandbox::company::Kind;
use sandbox::store::Cart;

use super::*;

#[tokio::test]
async fn an_edited_order_updates_its_document() {
    let story = Story::posted("").await;
    story.is_edited().await;
    assert_eq!(story.receipt().sync_token, 1);
    assert!(story.total() > story.order.total);
    story.is_up_to_date().await;
}

#[tokio::test]
async fn an_edited_order_is_held_where_the_owner_wants_to_look() {
    let story = Story::posted("[pipelines.mapping.orders]\non_edit = \"hold\"").await;
    story.is_edited().await;
    assert_eq!(story.receipt().total, story.order.total);
    assert_eq!(story.held().await, ["edited_after_posting"]);
    story.is_retried().await;
    story.is_up_to_date().await;
}

#[tokio::test]
async fn an_edited_order_leaves_its_document_where_edits_are_ignored() {
    let story = Story::posted("[pipelines.mapping.orders]\non_edit = \"ignore\"").await;
    let run = story.is_edited().await;
    assert_eq!(run.status, SyncStatus::Completed);
    assert_eq!(story.held().await, [""; 0]);
    let receipt = story.receipt();
    assert_eq!((receipt.total, receipt.sync_token), (story.order.total, 0));
    story.is_read_again().await;
    assert_eq!(story.receipt(), receipt);
}

#[tokio::test]
async fn a_line_that_was_removed_is_gone_from_the_document() {
    let world = quiet_store("").start().await;
    let cart = Cart::new()
        .bill_to(ana())
        .line("MUG-001", 1)
        .custom_line("Engraving", 1, Decimal::from(5))
        .shipping("Flat rate", Decimal::from(4));
    let story = Story::of(world, |shop| shop.place_paid_order(&cart).unwrap());
    story.world.run().await;
    let texts = |story: &Story| -> Vec<String> {
        let lines = story.receipt().lines.into_iter();
        lines.filter_map(|line| line.description).collect()
    };
    assert_eq!(texts(&story).len(), 3, "{:?}", texts(&story));
    story
        .happens(|shop, id| shop.remove_line(id, 1).unwrap())
        .await;
    let left = texts(&story);
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(!left.contains(&"Engraving".to_owned()), "{left:?}");
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_cancelled_order_voids_its_document() {
    let story = Story::posted("").await;
    story.gets_status("cancelled").await;
    assert!(story.receipt().voided);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn an_order_that_failed_after_all_voids_its_document() {
    let story = Story::posted("").await;
    story.gets_status("failed").await;
    assert!(story.receipt().voided);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_cancelled_order_is_held_where_the_owner_wants_to_look() {
    let story = Story::posted("[pipelines.mapping.orders]\non_cancel = \"hold\"").await;
    story.gets_status("cancelled").await;
    assert!(!story.receipt().voided);
    assert_eq!(story.held().await, ["unwanted_in_books"]);
    story.is_retried().await;
    assert!(story.receipt().voided);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_cancelled_order_leaves_its_document_where_that_is_ignored() {
    let story = Story::posted("[pipelines.mapping.orders]\non_cancel = \"ignore\"").await;
    let run = story.gets_status("cancelled").await;
    assert_eq!(run.status, SyncStatus::Completed);
    assert_eq!(story.held().await, [""; 0]);
    let receipt = story.receipt();
    assert_eq!((receipt.voided, receipt.sync_token), (false, 0));
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_cancelled_order_that_is_restored_is_held_until_the_voided_document_is_gone() {
    let story = Story::posted("").await;
    story.gets_status("cancelled").await;
    let voided = story.receipt();
    story.gets_status("processing").await;
    assert_eq!(story.held().await, ["voided_before"]);
    assert!(story.receipt().voided);
    let books = story.world.books();
    books.delete(Kind::SalesReceipt, &voided.id).unwrap();
    story.is_retried().await;
    assert_ne!(story.receipt().id, voided.id);
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_trashed_order_is_looked_for_and_voided() {
    let story = Story::posted("").await;
    story.happens(|shop, id| shop.trash(id).unwrap()).await;
    story.is_looked_for_in_the_bin().await;
    assert!(story.receipt().voided);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_trashed_order_that_is_restored_is_held_since_its_document_was_voided() {
    let story = Story::posted("").await;
    story.happens(|shop, id| shop.trash(id).unwrap()).await;
    story.is_looked_for_in_the_bin().await;
    story
        .happens(|shop, id| shop.untrash(id, "processing").unwrap())
        .await;
    assert_eq!(story.held().await, ["voided_before"]);
    assert!(story.receipt().voided);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_status_of_a_plugin_holds_the_order_and_leaves_the_document() {
    let story = Story::posted("").await;
    let run = story.gets_status("awaiting-pickup").await;
    assert_eq!(run.status, SyncStatus::Partial);
    assert_eq!(story.held().await, ["unknown_status"]);
    let receipt = story.receipt();
    assert_eq!((receipt.total, receipt.sync_token), (story.order.total, 0));
    story.gets_status("completed").await;
    story.is_up_to_date().await;
}

#[tokio::test]
async fn an_order_that_goes_back_to_pending_is_held_and_a_retry_voids_it() {
    let story = Story::posted("").await;
    story.gets_status("pending").await;
    let held = story.waiting().await.remove(0);
    assert_eq!(held.cause.as_deref(), Some("unwanted_in_books"));
    assert_eq!(
        held.reason.as_deref(),
        Some("it is in the books and should not be: status pending")
    );
    let remedy = held.remedy.unwrap();
    assert!(
        remedy.contains("Retry to take the document out"),
        "{remedy}"
    );
    assert!(!story.receipt().voided);
    story.is_retried().await;
    assert!(story.receipt().voided);
    assert_eq!(story.held().await, [""; 0]);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn an_order_that_goes_back_to_on_hold_is_held_and_stays_once_it_is_a_sale_again() {
    let story = Story::posted("").await;
    story.gets_status("on-hold").await;
    assert_eq!(story.held().await, ["unwanted_in_books"]);
    assert!(!story.receipt().voided);
    story.gets_status("processing").await;
    assert_eq!(story.receipt().sync_token, 0);
    story.is_up_to_date().await;
}

#[tokio::test]
async fn an_invoice_that_is_paid_later_gets_its_payment() {
    let story = Story::invoiced().await;
    let invoice = story.document(Kind::Invoice);
    story.gets_status("completed").await;
    let payments = story.world.books().documents_of(Kind::Payment);
    assert_eq!((payments.len(), payments[0].total), (1, story.order.total));
    let settled = story.document(Kind::Invoice);
    assert_eq!(settled.balance, Decimal::ZERO);
    assert_eq!(settled.txn_date, invoice.txn_date, "it keeps its day");
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn an_invoice_that_was_paid_can_still_be_edited() {
    let story = Story::invoiced().await;
    story.gets_status("completed").await;
    // the payment raised the invoice's version: nobody changed it, so the edit goes through
    let run = story
        .happens(|shop, id| shop.set_note(id, "ring twice").unwrap())
        .await;
    assert_eq!(run.status, SyncStatus::Completed);
    assert_eq!(story.held().await, [""; 0]);
    let id = story.document(Kind::Invoice).id;
    let shown = story.world.books().object(Kind::Invoice, &id).unwrap();
    assert_eq!(shown["CustomerMemo"]["value"], "ring twice");
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_paid_invoice_that_is_cancelled_is_voided_with_its_payment() {
    let story = Story::invoiced().await;
    story.gets_status("completed").await;
    let run = story.gets_status("cancelled").await;
    assert_eq!(run.status, SyncStatus::Completed);
    let documents = story.world.books().documents();
    let all_voided = documents.iter().all(|document| document.voided);
    assert!(all_voided, "{documents:?}");
    assert_eq!(documents.len(), 2);
    assert_eq!(
        story.stands(PostingKind::Payment).await,
        PostingState::Reversed
    );
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_deleted_account_leaves_customer_and_document_as_they_are() {
    let world = quiet_store("").start().await;
    let mut account = 0;
    world.an_hour_ago(|shop| account = shop.add_customer("ana@example.com", ana()));
    let cart = Cart::new()
        .customer(account)
        .bill_to(ana())
        .line("MUG-001", 1);
    let story = Story::of(world, |shop| shop.place_paid_order(&cart).unwrap());
    story.world.run().await;
    let (before, people) = (story.receipt(), story.world.books().count(Kind::Customer));
    let run = story
        .happens(|shop, _| shop.delete_customer(account).unwrap())
        .await;
    assert_eq!(run.status, SyncStatus::Completed);
    assert_eq!(
        story
            .world
            .shop()
            .order(story.order.id)
            .unwrap()
            .customer_id,
        0
    );
    let after = story.receipt();
    assert_eq!(after.customer_name.as_deref(), Some("Ana Lee"));
    assert_eq!(after, before, "nothing that people see has changed");
    assert_eq!(story.world.books().count(Kind::Customer), people);
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_deleted_product_leaves_the_document_as_it_is() {
    let story = Story::posted("").await;
    let (before, items) = (story.receipt(), story.world.books().count(Kind::Item));
    let sold = |kind: Kind| {
        let id = story.document(kind).id;
        let shown = story.world.books().object(kind, &id).unwrap();
        shown["Line"][0]["SalesItemLineDetail"]["ItemRef"]["name"].clone()
    };
    let mug = story.world.shop().product_id("MUG-001").unwrap();
    story.world.shop().delete_product(mug).unwrap();
    story.world.run().await;
    // the order is read again, and no longer says what was sold
    story.gets_status("completed").await;
    assert_eq!(story.receipt(), before);
    story.is_up_to_date().await;
    story
        .happens(|shop, id| shop.set_note(id, "ring twice").unwrap())
        .await;
    assert_eq!(story.receipt().sync_token, before.sync_token + 1);
    assert_eq!(sold(Kind::SalesReceipt), "Stoneware Mug");
    assert_eq!(
        story.world.books().count(Kind::Item),
        items,
        "no other item"
    );
    story.is_up_to_date().await;
}
