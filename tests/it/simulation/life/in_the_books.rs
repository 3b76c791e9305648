//! What people do to a document in the books, and what a change in the store does then.
//!
//! | event | shown by |
//! |---|---|
//! | edited in the books | `a_document_that_somebody_edited_is_not_overwritten` |
//! | edited in the books and left so | `a_document_that_is_left_as_somebody_made_it` |
//! | only its version rose | `a_document_whose_version_rose_by_itself_is_updated_after_one_look` |
//! | deleted in the books | `a_document_that_somebody_deleted_is_made_again_on_retry` |
//! | deleted in the books, then changed again | `a_document_that_somebody_deleted_stays_away_whatever_the_store_changes` |
//! | deleted in the books, cancelled in the store | `a_deleted_document_of_a_cancelled_order_needs_nothing` |
//! | voided in the books | `a_document_that_somebody_voided_is_not_revived` |
//! | a customer or item merged into another | `a_customer_that_was_merged_is_the_one_it_was_merged_into`, `an_item_that_was_merged_is_the_one_it_was_merged_into` |
//! | a customer made inactive | `a_customer_that_is_no_longer_in_use_is_waited_for` |
//! | voided in the books, then deleted there | `a_document_that_somebody_voided_is_made_again_once_it_is_deleted` |
//! | a customer completed | `a_customer_that_somebody_completed_keeps_what_was_written` |

use kit::PostingKind;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_document_that_somebody_edited_is_not_overwritten() {
    let story = Story::posted("").await;
    let books = story.world.books();
    let was = books
        .object(Kind::SalesReceipt, &story.receipt().id)
        .unwrap();
    story.is_written_to(json!({ "CustomerMemo": { "value": "by hand" } }));
    story.is_edited().await;
    assert_eq!(story.held().await, ["changed_in_books"]);
    story.is_retried().await;
    assert_eq!(story.held().await, ["changed_in_books"]);
    assert_eq!(story.receipt().total, story.order.total);
    // the change is undone by hand, and the edit goes through
    story.is_written_to(json!({ "CustomerMemo": was.get("CustomerMemo") }));
    story.is_retried().await;
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_document_that_is_left_as_somebody_made_it() {
    let story = Story::posted("").await;
    story.is_written_to(json!({ "CustomerMemo": { "value": "by hand" } }));
    story
        .happens(|shop, id| shop.set_note(id, "by the store").unwrap())
        .await;
    assert_eq!(story.held().await, ["changed_in_books"]);
    let posting = story.postings().await.remove(0);
    let program = story.world.open(Tripwire::none()).await;
    let left = program.store.exclude_held(&[posting.id], "test").await;
    assert_eq!(left.unwrap().len(), 1);
    program.store.close().await;
    let before = story.world.books().documents();
    story.is_read_again().await;
    assert_eq!(story.world.books().documents(), before);
    let posting = story.postings().await.remove(0);
    assert_eq!(posting.state, PostingState::Posted);
    assert!(posting.warning.unwrap().contains("left out by hand"));
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_document_whose_version_rose_by_itself_is_updated_after_one_look() {
    let story = Story::posted("").await;
    story.is_written_to(json!({ "CustomerMemo": { "value": "by hand" } }));
    story.is_written_to(json!({ "CustomerMemo": null }));
    assert_eq!(story.receipt().sync_token, 2);
    story.world.books().reset_counts();
    story.is_edited().await;
    assert_eq!(story.world.books().counts().metered_reads, 1);
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_document_that_somebody_deleted_is_made_again_on_retry() {
    let story = Story::posted("").await;
    let (books, number) = (story.world.books(), &story.order.number);
    let first = story.receipt();
    books.delete(Kind::SalesReceipt, &first.id).unwrap();
    story.is_edited().await;
    assert_eq!(story.held().await, ["deleted_in_books"]);
    story.world.run().await;
    assert_eq!(books.documents_numbered(number), []);
    story.is_retried().await;
    assert_ne!(story.receipt().id, first.id);
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_document_that_somebody_deleted_stays_away_whatever_the_store_changes() {
    let story = Story::posted("").await;
    let books = story.world.books();
    books
        .delete(Kind::SalesReceipt, &story.receipt().id)
        .unwrap();
    story.is_edited().await;
    story.gets_status("completed").await;
    story
        .happens(|shop, id| shop.set_note(id, "ring twice").unwrap())
        .await;
    assert_eq!(story.held().await, ["deleted_in_books"]);
    assert_eq!(books.documents(), []);
    story.is_retried().await;
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_deleted_document_of_a_cancelled_order_needs_nothing() {
    let story = Story::posted("").await;
    story.world.sell_mugs(1);
    let books = story.world.books();
    books
        .delete(Kind::SalesReceipt, &story.receipt().id)
        .unwrap();
    story.gets_status("cancelled").await;
    let state = story.stands(PostingKind::SalesReceipt).await;
    assert_eq!(state, PostingState::Excluded);
    let reason = story.postings().await.remove(0).reason.unwrap();
    assert!(reason.contains("no longer in QuickBooks, and"), "{reason}");
    assert_eq!(story.held().await, [""; 0]);
}

#[tokio::test]
async fn a_document_that_somebody_voided_is_not_revived() {
    let story = Story::posted("").await;
    let books = story.world.books();
    books.void(Kind::SalesReceipt, &story.receipt().id).unwrap();
    story.is_edited().await;
    assert_eq!(story.held().await, ["changed_in_books"]);
    let waiting = story.waiting().await.remove(0);
    let said = (waiting.reason.unwrap(), waiting.remedy.unwrap());
    assert!(
        said.0.contains("QuickBooks has a voided sales receipt"),
        "{said:?}"
    );
    assert!(said.1.starts_with("It was voided."), "{said:?}");
    assert!(story.receipt().voided);
    // it is cancelled in the store as well: nothing is left to do
    story.gets_status("cancelled").await;
    let state = story.stands(PostingKind::SalesReceipt).await;
    assert_eq!(state, PostingState::Reversed);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_document_that_somebody_voided_is_made_again_once_it_is_deleted() {
    let story = Story::posted("").await;
    let books = story.world.books();
    let voided = story.receipt().id;
    books.void(Kind::SalesReceipt, &voided).unwrap();
    story.is_edited().await;
    books.delete(Kind::SalesReceipt, &voided).unwrap();
    story.is_retried().await;
    assert_eq!(story.held().await, ["deleted_in_books"]);
    story.is_retried().await;
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_customer_that_somebody_completed_keeps_what_was_written() {
    let world = quiet_store("").start().await;
    let mut account = 0;
    world.an_hour_ago(|shop| account = shop.add_customer("ana@example.com", ana()));
    world.run().await;
    let id = world.books().id_named(Kind::Customer, "Ana Lee").unwrap();
    let mobile = json!({ "Mobile": { "FreeFormNumber": "555-0100" } });
    world.books().edit(Kind::Customer, &id, mobile).unwrap();
    let moved = Address {
        city: "Troy".to_owned(),
        ..ana()
    };
    let cart = Cart::new().customer(account).bill_to(ana());
    let story = Story::of(world, |shop| {
        shop.edit_customer(account, "ana@example.com", moved)
            .unwrap();
        shop.place_paid_order(&cart.line("MUG-001", 1)).unwrap()
    });
    story.is_read_again().await;
    assert_eq!(story.held().await, [""; 0]);
    let shown = story.world.books().object(Kind::Customer, &id).unwrap();
    assert_eq!(shown["BillAddr"]["City"], "Troy");
    assert_eq!(shown["Mobile"]["FreeFormNumber"], "555-0100");
    assert_eq!(story.receipt().customer_id, Some(id));
}

/// Another mug for the same guest; the story goes on with that order.
async fn sells_again(story: Story) -> Story {
    let cart = Cart::new().bill_to(ana()).line("MUG-001", 1);
    let story = Story::of(story.world, |shop| shop.place_paid_order(&cart).unwrap());
    story.world.run().await;
    story
}

#[tokio::test]
async fn a_customer_that_was_merged_is_the_one_it_was_merged_into() {
    let story = Story::posted("").await;
    let books = story.world.books();
    let first = story.receipt().customer_id.unwrap();
    let other = books.add_customer("A. Lee", "ana@example.com").unwrap();
    books.deactivate(Kind::Customer, &first).unwrap();
    let story = sells_again(story).await;
    assert_eq!(story.held().await, ["missing_reference"]);
    story.is_retried().await;
    assert_eq!(story.receipt().customer_id, Some(other.clone()));
    story.is_up_to_date().await;
    // what was there before is never written to
    let story = sells_again(story).await;
    assert_eq!(story.receipt().customer_id, Some(other.clone()));
    let shown = story.world.books().object(Kind::Customer, &other).unwrap();
    assert_eq!(shown["DisplayName"], "A. Lee");
    assert_eq!(shown["SyncToken"], "0");
}

#[tokio::test]
async fn a_customer_that_is_no_longer_in_use_is_waited_for() {
    let story = Story::posted("").await;
    let books = story.world.books();
    let first = story.receipt().customer_id.unwrap();
    books.deactivate(Kind::Customer, &first).unwrap();
    let story = sells_again(story).await;
    story.is_retried().await;
    assert_eq!(story.held().await, ["missing_reference"]);
    // two took its place: nobody guesses
    let twins = ["Lee, A.", "Lee, Ana"].map(|name| {
        let books = story.world.books();
        books.add_customer(name, "ana@example.com").unwrap()
    });
    story.is_retried().await;
    assert_eq!(story.held().await, ["ambiguous_customer"]);
    let books = story.world.books();
    books.deactivate(Kind::Customer, &twins[1]).unwrap();
    story.is_retried().await;
    assert_eq!(story.receipt().customer_id.as_ref(), Some(&twins[0]));
    story.is_up_to_date().await;
}

#[tokio::test]
async fn an_item_that_was_merged_is_the_one_it_was_merged_into() {
    let story = Story::posted("").await;
    let books = story.world.books();
    let sold = |story: &Story| {
        let receipt = story.receipt();
        let shown = story.world.books().object(Kind::SalesReceipt, &receipt.id);
        shown.unwrap()["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"].clone()
    };
    let first = sold(&story).as_str().unwrap().to_owned();
    books.deactivate(Kind::Item, &first).unwrap();
    let income = books.id_named(Kind::Account, "Sales of Product Income");
    let mug = json!({ "Name": "Mug, new", "Sku": "MUG-001", "Type": "NonInventory",
        "IncomeAccountRef": { "value": income } });
    let other = books.add(Kind::Item, mug).unwrap();
    let story = sells_again(story).await;
    assert_eq!(story.held().await, ["missing_reference"]);
    story.is_retried().await;
    assert_eq!(sold(&story), json!(other));
    story.is_up_to_date().await;
}
