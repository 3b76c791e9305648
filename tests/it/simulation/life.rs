//! Life after posting: each thing that happens to an order in the store, and what people do to its
//! document in the books. One story for each event.

use daybook::domain::{PostingState, SyncStatus};
use daybook::engine::Tripwire;
use daybook::store::{PostingFilter, PostingRow, Release};
use jiff::civil::{Date, date};
use kit::PostingKind;
use rust_decimal::Decimal;
use sandbox::company::{Document, Kind};
use sandbox::store::{Cart, Gateway, OrderTruth, RefundRequest};
use serde_json::json;

use crate::support::{World, check_invariants, plain_store};

/// A store with so many orders of one mug each, paid and in the books.
async fn posted(orders: usize, mapping: &str) -> World {
    let world = empty(mapping).await;
    world.sell_mugs(orders);
    assert_eq!(world.run().await.status, SyncStatus::Completed);
    assert_eq!(world.books().documents().len(), orders);
    world
}

/// A plain store without orders; `mapping` are lines of the pipeline.
async fn empty(mapping: &str) -> World {
    let mut setup = plain_store();
    setup.real_time = false;
    setup.mapping = mapping.to_owned();
    setup.start().await
}

fn order(world: &World, place: usize) -> OrderTruth {
    world.shop().orders()[place].clone()
}

/// The document of an order; there is one of that kind.
fn document(world: &World, kind: Kind, order: &OrderTruth) -> Document {
    let mut found = world.books().documents_numbered(&order.number);
    found.retain(|document| document.kind == kind);
    assert_eq!(found.len(), 1, "{kind:?} {}: {found:?}", order.number);
    found.remove(0)
}

async fn postings(world: &World, order: &OrderTruth) -> Vec<PostingRow> {
    let program = world.open(Tripwire::none()).await;
    let postings = program.store.postings_of_number(&order.number).await;
    program.store.close().await;
    postings.unwrap()
}

/// Where the order's posting of a kind stands, and why.
async fn stands(world: &World, order: &OrderTruth, kind: PostingKind) -> (PostingState, String) {
    let postings = postings(world, order).await;
    let posting = postings
        .iter()
        .find(|posting| posting.kind == kind)
        .unwrap();
    let cause = posting.cause.clone().unwrap_or_default();
    (posting.state, cause)
}

/// Somebody releases everything that is held, and a run takes it up.
async fn retry(world: &World) {
    let program = world.open(Tripwire::none()).await;
    let released = program
        .store
        .release_held(&Release::All, None, "test")
        .await;
    assert!(!released.unwrap().is_empty(), "nothing was held");
    program.store.close().await;
    world.run().await;
}

async fn held(world: &World) -> Vec<String> {
    let program = world.open(Tripwire::none()).await;
    let filter = PostingFilter {
        state: Some(PostingState::Held),
        ..PostingFilter::default()
    };
    let page = program.store.postings_page(&filter).await.unwrap();
    program.store.close().await;
    page.postings
        .into_iter()
        .filter_map(|it| it.cause)
        .collect()
}

mod in_the_store {
    use super::*;

    #[tokio::test]
    async fn edited() {
        let world = posted(2, "").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| shop.set_quantity(order.id, 0, 3).unwrap());
        world.run().await;
        let document = document(&world, Kind::SalesReceipt, &order);
        assert_eq!(document.total, world.shop().order(order.id).unwrap().total);
        assert_eq!(document.sync_token, 1);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn edited_where_edits_are_held() {
        let world = posted(1, "[pipelines.mapping.orders]\non_edit = \"hold\"").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| shop.set_quantity(order.id, 0, 3).unwrap());
        world.run().await;
        assert_eq!(
            document(&world, Kind::SalesReceipt, &order).total,
            order.total
        );
        assert_eq!(held(&world).await, ["edited_after_posting"]);
        retry(&world).await;
        let edited = world.shop().order(order.id).unwrap().total;
        assert_eq!(document(&world, Kind::SalesReceipt, &order).total, edited);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn cancelled() {
        let world = posted(2, "").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| shop.set_status(order.id, "cancelled").unwrap());
        world.run().await;
        assert!(document(&world, Kind::SalesReceipt, &order).voided);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn cancelled_where_that_is_held() {
        let world = posted(1, "[pipelines.mapping.orders]\non_cancel = \"hold\"").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| shop.set_status(order.id, "cancelled").unwrap());
        world.run().await;
        assert!(!document(&world, Kind::SalesReceipt, &order).voided);
        assert_eq!(held(&world).await, ["edited_after_posting"]);
        retry(&world).await;
        assert!(document(&world, Kind::SalesReceipt, &order).voided);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn trashed_and_taken_out_of_the_trash() {
        let world = posted(2, "").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| shop.trash(order.id).unwrap());
        look_into_the_bin(&world).await;
        assert!(document(&world, Kind::SalesReceipt, &order).voided);
        world.an_hour_ago(|shop| shop.untrash(order.id, "processing").unwrap());
        world.run().await;
        assert_eq!(held(&world).await, ["voided_before"]);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn trashed_with_a_refund() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| {
            shop.refund(order.id, &RefundRequest::amount_only(order.total))
                .unwrap();
        });
        world.run().await;
        let receipts = world.books().documents_of(Kind::RefundReceipt);
        assert_eq!(receipts.len(), 1);
        world.an_hour_ago(|shop| shop.trash(order.id).unwrap());
        look_into_the_bin(&world).await;
        assert!(document(&world, Kind::SalesReceipt, &order).voided);
        let receipts = world.books().documents_of(Kind::RefundReceipt);
        assert!(
            receipts[0].voided,
            "money went back for a sale that is none"
        );
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn refunded() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| {
            shop.refund(order.id, &RefundRequest::everything()).unwrap();
        });
        world.run().await;
        let receipts = world.books().documents_of(Kind::RefundReceipt);
        assert_eq!((receipts.len(), receipts[0].total), (1, order.total));
        assert_eq!(
            document(&world, Kind::SalesReceipt, &order).total,
            order.total
        );
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn paid_later_and_edited_after_that() {
        let world = empty("").await;
        sell(&world, Gateway::CashOnDelivery);
        world.run().await;
        let order = order(&world, 0);
        let invoice = document(&world, Kind::Invoice, &order);
        assert_eq!((invoice.total, invoice.balance), (order.total, order.total));
        world.an_hour_ago(|shop| shop.set_status(order.id, "completed").unwrap());
        world.run().await;
        let payments = world.books().documents_of(Kind::Payment);
        assert_eq!((payments.len(), payments[0].total), (1, order.total));
        assert_eq!(
            document(&world, Kind::Invoice, &order).balance,
            Decimal::ZERO
        );
        // the payment raised the invoice's version: nobody changed it, so the edit goes through
        world.an_hour_ago(|shop| shop.set_note(order.id, "ring twice").unwrap());
        assert_eq!(world.run().await.status, SyncStatus::Completed);
        assert_eq!(held(&world).await, [""; 0]);
        let invoice = document(&world, Kind::Invoice, &order);
        let shown = world.books().object(Kind::Invoice, &invoice.id).unwrap();
        assert_eq!(shown["CustomerMemo"]["value"], "ring twice");
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn paid_later_and_then_cancelled() {
        let world = empty("").await;
        sell(&world, Gateway::CashOnDelivery);
        world.run().await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| shop.set_status(order.id, "completed").unwrap());
        world.run().await;
        world.an_hour_ago(|shop| shop.set_status(order.id, "cancelled").unwrap());
        assert_eq!(world.run().await.status, SyncStatus::Completed);
        let documents = world.books().documents();
        assert!(
            documents.iter().all(|document| document.voided),
            "{documents:?}"
        );
        assert_eq!(documents.len(), 2);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn an_invoice_is_refunded_with_a_credit_memo() {
        let world = empty("").await;
        sell(&world, Gateway::CashOnDelivery);
        world.run().await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| {
            shop.refund(order.id, &RefundRequest::everything()).unwrap();
        });
        world.run().await;
        let memos = world.books().documents_of(Kind::CreditMemo);
        assert_eq!((memos.len(), memos[0].total), (1, order.total));
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn status_changed_by_a_plugin() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| shop.set_status(order.id, "awaiting-pickup").unwrap());
        assert_eq!(world.run().await.status, SyncStatus::Partial);
        assert_eq!(held(&world).await, ["unknown_status"]);
        let receipt = document(&world, Kind::SalesReceipt, &order);
        assert_eq!((receipt.total, receipt.sync_token), (order.total, 0));
        world.an_hour_ago(|shop| shop.set_status(order.id, "completed").unwrap());
        world.run().await;
        assert_eq!(held(&world).await, [""; 0]);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn back_to_pending() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| shop.set_status(order.id, "pending").unwrap());
        world.run().await;
        assert_eq!(held(&world).await, ["edited_after_posting"]);
        assert!(!document(&world, Kind::SalesReceipt, &order).voided);
    }
}

/// What no stamp of the store shows is found by the sweep, which looks at all orders.
mod silently {
    use super::*;
    use daybook::domain::{PipelineName, RunOptions};
    use sandbox::store::{OrderStorage, RefundTruth};

    async fn sweep(world: &World) -> daybook::engine::Progress {
        let options = RunOptions {
            sweep: true,
            ..RunOptions::default()
        };
        world.run_with(options, Tripwire::none()).await
    }

    /// What the newest run of the orders was told of.
    async fn told(world: &World) -> Vec<(String, String)> {
        let program = world.open(Tripwire::none()).await;
        let name = PipelineName::new("store-to-books");
        let batch = program
            .store
            .latest_batch(Some(&name))
            .await
            .unwrap()
            .unwrap();
        let syncs = program.store.syncs(&batch.id).await.unwrap();
        program.store.close().await;
        let errors = syncs.into_iter().flat_map(|sync| sync.errors);
        errors.map(|error| (error.record, error.cause)).collect()
    }

    #[tokio::test]
    async fn deleted_for_good() {
        let world = posted(3, "").await;
        let order = order(&world, 1);
        let before = world.books().documents();
        world.shop().delete_for_good(order.id).unwrap();
        world.run().await;
        assert_eq!(told(&world).await, []);
        world.books().reset_counts();
        sweep(&world).await;
        let says = (order.number.clone(), "deleted_in_store".to_owned());
        assert_eq!(told(&world).await, [says]);
        assert_eq!(
            world.books().documents(),
            before,
            "it is reported, not touched"
        );
        assert_eq!(world.books().counts().total, 0);
        let posting = postings(&world, &order).await.remove(0);
        assert_eq!(posting.state, PostingState::Posted);
        assert!(posting.warning.unwrap().contains("deleted for good"));
        sweep(&world).await;
        assert_eq!(told(&world).await, [], "it is told once");
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn deleted_for_good_while_it_was_held() {
        let world = posted(1, "").await;
        world.books().close_books(Some(date(2026, 12, 31)));
        world.sell_mugs(1);
        world.run().await;
        assert_eq!(held(&world).await, ["closed_period"]);
        let order = order(&world, 1);
        world.shop().delete_for_good(order.id).unwrap();
        sweep(&world).await;
        assert_eq!(held(&world).await, [""; 0]);
        let (state, _) = stands(&world, &order, PostingKind::SalesReceipt).await;
        assert_eq!(state, PostingState::Excluded);
    }

    #[tokio::test]
    async fn refund_deleted() {
        let world = posted(2, "").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| {
            shop.refund(order.id, &RefundRequest::amount_only(order.total))
                .unwrap();
        });
        world.run().await;
        let refunds: Vec<RefundTruth> = world.shop().order(order.id).unwrap().refunds;
        world.shop().delete_refund(order.id, refunds[0].id).unwrap();
        world.run().await;
        let receipt = world.books().documents_of(Kind::RefundReceipt).remove(0);
        assert!(!receipt.voided, "no stamp of the store shows it");
        sweep(&world).await;
        let receipt = world.books().documents_of(Kind::RefundReceipt).remove(0);
        assert!(receipt.voided);
        assert!(!document(&world, Kind::SalesReceipt, &order).voided);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn refund_deleted_where_that_is_held() {
        let world = posted(1, "[pipelines.mapping.orders]\non_cancel = \"hold\"").await;
        let order = order(&world, 0);
        world.an_hour_ago(|shop| {
            shop.refund(order.id, &RefundRequest::amount_only(order.total))
                .unwrap();
        });
        world.run().await;
        let refund = world.shop().order(order.id).unwrap().refunds[0].id;
        world.shop().delete_refund(order.id, refund).unwrap();
        sweep(&world).await;
        assert_eq!(held(&world).await, ["edited_after_posting"]);
        retry(&world).await;
        assert!(world.books().documents_of(Kind::RefundReceipt)[0].voided);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn edited_in_a_store_that_keeps_orders_as_posts() {
        let mut setup = plain_store();
        setup.real_time = false;
        setup.store_quirks.storage = OrderStorage::Posts;
        let world = setup.start().await;
        world.sell_mugs(2);
        world.run().await;
        let order = order(&world, 0);
        world.shop().set_quantity(order.id, 0, 4).unwrap();
        world.run().await;
        assert_eq!(
            document(&world, Kind::SalesReceipt, &order).total,
            order.total
        );
        sweep(&world).await;
        let edited = world.shop().order(order.id).unwrap().total;
        assert_eq!(document(&world, Kind::SalesReceipt, &order).total, edited);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn nothing_at_all_costs_two_questions_a_hundred_orders_and_none_to_the_books() {
        let world = posted(3, "").await;
        world.run().await;
        world.books().reset_counts();
        world.shop().clear_requests();
        assert_eq!(sweep(&world).await.status, SyncStatus::Completed);
        assert_eq!(world.books().counts().total, 0);
        let asked = world.shop().requests().len();
        assert_eq!(asked, 4 + 2, "each stream, all orders, all of the bin");
    }

    #[tokio::test]
    async fn a_full_run_sweeps_too() {
        let world = posted(2, "").await;
        let order = order(&world, 0);
        world.shop().delete_for_good(order.id).unwrap();
        let all = RunOptions {
            full: true,
            ..RunOptions::default()
        };
        world.run_with(all, Tripwire::none()).await;
        let says = (order.number, "deleted_in_store".to_owned());
        assert_eq!(told(&world).await, [says]);
    }

    #[tokio::test]
    async fn the_daemon_sweeps_by_itself_once_a_night() {
        let mut setup = plain_store();
        setup.real_time = false;
        setup.speed = 20_000; // a day in four seconds
        setup.schedule = "every 2h";
        let world = setup.start().await;
        world.sell_mugs(2);
        let program = world.open(Tripwire::none()).await;
        let engine = program.engine.clone();
        let mut serving = tokio::task::JoinSet::new();
        serving.spawn(async move { engine.serve().await });
        let two = |books: &sandbox::company::CompanyHandle| books.documents().len() == 2;
        let waiting = std::time::Duration::from_secs(60);
        tokio::time::timeout(waiting, world.books().wait_until(two))
            .await
            .unwrap();
        let order = order(&world, 0);
        world.shop().delete_for_good(order.id).unwrap();
        let warned = async {
            loop {
                let found = program
                    .store
                    .postings_of_number(&order.number)
                    .await
                    .unwrap();
                if found.iter().any(|posting| posting.warning.is_some()) {
                    return;
                }
                world
                    .clock
                    .sleep(std::time::Duration::from_secs(1800))
                    .await;
            }
        };
        tokio::time::timeout(waiting, warned).await.unwrap();
        program
            .engine
            .shut_down(std::time::Duration::from_secs(600_000))
            .await;
        serving.join_all().await;
        program.store.close().await;
    }
}

mod in_the_books {
    use super::*;

    /// Somebody wants to change an order that is in the books.
    async fn edit(world: &World, order: &OrderTruth) {
        world.an_hour_ago(|shop| shop.set_quantity(order.id, 0, 2).unwrap());
        world.run().await;
    }

    #[tokio::test]
    async fn a_document_that_somebody_edited_is_not_overwritten() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        let receipt = document(&world, Kind::SalesReceipt, &order);
        let was = world
            .books()
            .object(Kind::SalesReceipt, &receipt.id)
            .unwrap();
        let edited = json!({ "CustomerMemo": { "value": "by hand" } });
        world
            .books()
            .edit(Kind::SalesReceipt, &receipt.id, edited)
            .unwrap();
        edit(&world, &order).await;
        assert_eq!(held(&world).await, ["changed_in_books"]);
        retry(&world).await;
        assert_eq!(held(&world).await, ["changed_in_books"]);
        assert_eq!(
            document(&world, Kind::SalesReceipt, &order).total,
            order.total
        );
        // the change is undone by hand, and the edit goes through
        let undone = json!({ "CustomerMemo": was.get("CustomerMemo") });
        world
            .books()
            .edit(Kind::SalesReceipt, &receipt.id, undone)
            .unwrap();
        retry(&world).await;
        assert_eq!(held(&world).await, [""; 0]);
        let edited = world.shop().order(order.id).unwrap().total;
        assert_eq!(document(&world, Kind::SalesReceipt, &order).total, edited);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn a_document_that_is_left_as_somebody_made_it() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        let receipt = document(&world, Kind::SalesReceipt, &order);
        let edited = json!({ "CustomerMemo": { "value": "by hand" } });
        world
            .books()
            .edit(Kind::SalesReceipt, &receipt.id, edited)
            .unwrap();
        world.an_hour_ago(|shop| shop.set_note(order.id, "by the store").unwrap());
        world.run().await;
        assert_eq!(held(&world).await, ["changed_in_books"]);
        let posting = postings(&world, &order).await.remove(0);
        let program = world.open(Tripwire::none()).await;
        let left = program.store.exclude_held(&[posting.id], "test").await;
        assert_eq!(left.unwrap().len(), 1);
        program.store.close().await;
        let before = world.books().documents();
        let all = daybook::domain::RunOptions {
            full: true,
            ..Default::default()
        };
        world.run_with(all, Tripwire::none()).await;
        assert_eq!(world.books().documents(), before);
        let posting = postings(&world, &order).await.remove(0);
        assert_eq!(posting.state, PostingState::Posted);
        assert!(posting.warning.unwrap().contains("left out by hand"));
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn a_document_whose_version_rose_by_itself_is_updated_after_one_look() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        let receipt = document(&world, Kind::SalesReceipt, &order);
        for memo in [json!({ "value": "by hand" }), serde_json::Value::Null] {
            let touched = json!({ "CustomerMemo": memo });
            world
                .books()
                .edit(Kind::SalesReceipt, &receipt.id, touched)
                .unwrap();
        }
        let was = world
            .books()
            .object(Kind::SalesReceipt, &receipt.id)
            .unwrap();
        assert_eq!(was["SyncToken"], "2");
        world.books().reset_counts();
        edit(&world, &order).await;
        assert_eq!(held(&world).await, [""; 0]);
        assert_eq!(world.books().counts().metered_reads, 1);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn a_document_that_somebody_deleted_is_made_again_on_retry() {
        let world = posted(2, "").await;
        let order = order(&world, 0);
        let receipt = document(&world, Kind::SalesReceipt, &order);
        world
            .books()
            .delete(Kind::SalesReceipt, &receipt.id)
            .unwrap();
        edit(&world, &order).await;
        assert_eq!(held(&world).await, ["deleted_in_books"]);
        assert_eq!(world.books().documents_numbered(&order.number), []);
        world.run().await;
        assert_eq!(world.books().documents_numbered(&order.number), []);
        retry(&world).await;
        let made = document(&world, Kind::SalesReceipt, &order);
        assert_ne!(made.id, receipt.id);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn a_deleted_document_of_a_cancelled_order_needs_nothing() {
        let world = posted(2, "").await;
        let order = order(&world, 0);
        let receipt = document(&world, Kind::SalesReceipt, &order);
        world
            .books()
            .delete(Kind::SalesReceipt, &receipt.id)
            .unwrap();
        world.an_hour_ago(|shop| shop.set_status(order.id, "cancelled").unwrap());
        world.run().await;
        let (state, _) = stands(&world, &order, PostingKind::SalesReceipt).await;
        assert_eq!(state, PostingState::Excluded);
    }

    #[tokio::test]
    async fn a_document_that_somebody_voided_is_not_revived() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        let receipt = document(&world, Kind::SalesReceipt, &order);
        world.books().void(Kind::SalesReceipt, &receipt.id).unwrap();
        edit(&world, &order).await;
        assert_eq!(held(&world).await, ["changed_in_books"]);
        assert!(document(&world, Kind::SalesReceipt, &order).voided);
        // it is cancelled in the store as well: nothing is left to do
        world.an_hour_ago(|shop| shop.set_status(order.id, "cancelled").unwrap());
        world.run().await;
        let (state, _) = stands(&world, &order, PostingKind::SalesReceipt).await;
        assert_eq!(state, PostingState::Reversed);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn a_document_that_was_deposited_is_held_until_it_is_taken_out() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        let receipt = document(&world, Kind::SalesReceipt, &order);
        let books = world.books();
        let deposit = books.deposit(Kind::SalesReceipt, &receipt.id).unwrap();
        edit(&world, &order).await;
        assert_eq!(held(&world).await, ["deposited"]);
        books.delete(Kind::Deposit, &deposit).unwrap();
        retry(&world).await;
        assert_eq!(held(&world).await, [""; 0]);
        let edited = world.shop().order(order.id).unwrap().total;
        assert_eq!(document(&world, Kind::SalesReceipt, &order).total, edited);
    }

    #[tokio::test]
    async fn a_customer_that_somebody_completed_keeps_what_was_written() {
        let world = empty("").await;
        let address = sandbox::store::Address {
            first_name: "Ana".to_owned(),
            last_name: "Lee".to_owned(),
            email: "ana@example.com".to_owned(),
            ..sandbox::store::Address::default()
        };
        let mut account = 0;
        world.an_hour_ago(|shop| {
            account = shop.add_customer("ana@example.com", address.clone());
        });
        world.run().await;
        let id = world.books().id_named(Kind::Customer, "Ana Lee").unwrap();
        let mobile = json!({ "Mobile": { "FreeFormNumber": "555-0100" } });
        world.books().edit(Kind::Customer, &id, mobile).unwrap();
        let moved = sandbox::store::Address {
            city: "Troy".to_owned(),
            ..address
        };
        world.an_hour_ago(|shop| {
            shop.edit_customer(account, "ana@example.com", moved)
                .unwrap();
        });
        let all = daybook::domain::RunOptions {
            full: true,
            ..Default::default()
        };
        world.run_with(all, Tripwire::none()).await;
        assert_eq!(held(&world).await, [""; 0]);
        let shown = world.books().object(Kind::Customer, &id).unwrap();
        assert_eq!(shown["BillAddr"]["City"], "Troy");
        assert_eq!(shown["Mobile"]["FreeFormNumber"], "555-0100");
    }
}

mod in_a_closed_period {
    use super::*;

    /// Before anything that is sold: the books are open.
    const LONG_AGO: Date = Date::constant(2026, 1, 31);
    /// After anything that is sold.
    const YEAR_END: Date = Date::constant(2026, 12, 31);

    #[tokio::test]
    async fn a_new_order_is_held_until_the_books_are_open() {
        let world = empty("").await;
        world.books().close_books(Some(YEAR_END));
        world.sell_mugs(1);
        world.run().await;
        assert_eq!(held(&world).await, ["closed_period"]);
        world.books().close_books(Some(LONG_AGO));
        world.run().await;
        assert_eq!(held(&world).await, ["closed_period"]);
        retry(&world).await;
        assert_eq!(held(&world).await, [""; 0]);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn a_posted_order_is_not_changed_once_its_day_is_closed() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        world.books().close_books(Some(YEAR_END));
        world.an_hour_ago(|shop| shop.set_quantity(order.id, 0, 2).unwrap());
        world.run().await;
        assert_eq!(held(&world).await, ["closed_period"]);
        assert_eq!(
            document(&world, Kind::SalesReceipt, &order).total,
            order.total
        );
    }

    #[tokio::test]
    async fn a_cancelled_order_of_a_closed_day_is_held() {
        let world = posted(1, "").await;
        let order = order(&world, 0);
        world.books().close_books(Some(YEAR_END));
        world.an_hour_ago(|shop| shop.set_status(order.id, "cancelled").unwrap());
        world.run().await;
        assert_eq!(held(&world).await, ["closed_period"]);
        assert!(!document(&world, Kind::SalesReceipt, &order).voided);
        world.books().close_books(None);
        retry(&world).await;
        assert!(document(&world, Kind::SalesReceipt, &order).voided);
        check_invariants(&world).await;
    }

    #[tokio::test]
    async fn the_first_open_day_takes_it_with_its_true_date_and_keeps_it_when_it_is_edited() {
        let world = empty("[pipelines.mapping.orders]\nclosed_period = \"first_open_day\"").await;
        world.books().close_books(Some(YEAR_END));
        world.sell_mugs(1);
        world.run().await;
        let order = order(&world, 0);
        let receipt = document(&world, Kind::SalesReceipt, &order);
        assert_eq!(receipt.txn_date, date(2027, 1, 1).to_string());
        let note = receipt.private_note.unwrap();
        assert!(note.contains("True date 2026-11-22"), "{note}");
        world.an_hour_ago(|shop| shop.set_quantity(order.id, 0, 2).unwrap());
        world.run().await;
        assert_eq!(held(&world).await, [""; 0]);
        let receipt = document(&world, Kind::SalesReceipt, &order);
        assert_eq!(receipt.txn_date, date(2027, 1, 1).to_string());
        assert_eq!(receipt.total, world.shop().order(order.id).unwrap().total);
        check_invariants(&world).await;
    }
}

/// One order of a mug, by a gateway.
fn sell(world: &World, gateway: Gateway) {
    let guest = sandbox::store::Address {
        first_name: "Ana".to_owned(),
        last_name: "Lee".to_owned(),
        email: "ana@example.com".to_owned(),
        state: "NY".to_owned(),
        country: "US".to_owned(),
        ..sandbox::store::Address::default()
    };
    let cart = Cart::new()
        .gateway(gateway)
        .bill_to(guest)
        .line("MUG-001", 1);
    world.an_hour_ago(|shop| {
        shop.place_order(&cart).unwrap();
    });
}

/// The bin is looked into every quarter of an hour: on the fast clock that is three seconds.
async fn look_into_the_bin(world: &World) {
    for _ in 0..20 {
        world.run().await;
        let seen = world.shop().orders().into_iter().all(|order| {
            order.status != "trash"
                || world
                    .books()
                    .documents_numbered(&order.number)
                    .iter()
                    .all(|document| document.voided)
        });
        if seen {
            return;
        }
        world.clock.sleep(std::time::Duration::from_secs(120)).await;
    }
}
