//! The life of one order: what happens to it in the store, what people do to its document, and how both
//! stand after that.

use daybook::domain::{PostingState, RunOptions, SyncStatus};
use daybook::engine::{Progress, Tripwire};
use daybook::store::{PostingFilter, PostingRow, Release};
use kit::PostingKind;
use rust_decimal::Decimal;
use sandbox::company::{Document, Kind};
use sandbox::store::{Address, Cart, Gateway, OrderTruth, StoreHandle};
use serde_json::Value;

use super::{Setup, World, check_invariants, plain_store};

/// One order, whose life is told, and the world around it.
pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) order: OrderTruth,
}

impl Story {
    /// An order of a mug by a guest, paid and in the books as a sales receipt. `mapping` are lines of the
    /// pipeline.
    pub(crate) async fn posted(mapping: &str) -> Self {
        let story = Self::sold(quiet_store(mapping)).await;
        assert_eq!(story.world.run().await.status, SyncStatus::Completed);
        assert_eq!(story.receipt().total, story.order.total);
        story
    }

    /// The same order, to be paid on delivery, in the books as an invoice.
    pub(crate) async fn invoiced() -> Self {
        Self::invoiced_by("").await
    }

    /// The same with these lines of the pipeline.
    pub(crate) async fn invoiced_by(mapping: &str) -> Self {
        let world = quiet_store(mapping).start().await;
        let cart = Cart::new()
            .gateway(Gateway::CashOnDelivery)
            .bill_to(ana())
            .line("MUG-001", 1);
        let story = Self::of(world, |shop| shop.place_order(&cart).unwrap());
        story.world.run().await;
        let invoice = story.document(Kind::Invoice);
        let total = story.order.total;
        assert_eq!((invoice.total, invoice.balance), (total, total));
        story
    }

    /// The order, made and paid, in a world of which nothing was read yet.
    pub(crate) async fn sold(setup: Setup) -> Self {
        let cart = Cart::new().bill_to(ana()).line("MUG-001", 1);
        Self::of(setup.start().await, |shop| {
            shop.place_paid_order(&cart).unwrap()
        })
    }

    /// The order that somebody places.
    pub(crate) fn of(world: World, place: impl FnOnce(&StoreHandle) -> u64) -> Self {
        let mut id = 0;
        world.an_hour_ago(|shop| id = place(shop));
        let order = world.shop().order(id).unwrap();
        Self { world, order }
    }

    /// Something happens to the order in the store, and a run reads it.
    pub(crate) async fn happens(&self, change: impl FnOnce(&StoreHandle, u64)) -> Progress {
        self.world.an_hour_ago(|shop| change(shop, self.order.id));
        self.world.run().await
    }

    /// Somebody wants three mugs instead of one.
    pub(crate) async fn is_edited(&self) -> Progress {
        self.happens(|shop, id| shop.set_quantity(id, 0, 3).unwrap())
            .await
    }

    pub(crate) async fn gets_status(&self, status: &str) -> Progress {
        self.happens(|shop, id| shop.set_status(id, status).unwrap())
            .await
    }

    /// What the order comes to by now.
    pub(crate) fn total(&self) -> Decimal {
        self.world.shop().order(self.order.id).unwrap().total
    }

    /// The order's sales receipt; there is one.
    pub(crate) fn receipt(&self) -> Document {
        self.document(Kind::SalesReceipt)
    }

    /// The order's document of a kind; there is one.
    pub(crate) fn document(&self, kind: Kind) -> Document {
        let mut found = self.world.books().documents_numbered(&self.order.number);
        found.retain(|document| document.kind == kind);
        assert_eq!(found.len(), 1, "{kind:?} {}: {found:?}", self.order.number);
        found.remove(0)
    }

    /// Somebody writes into the sales receipt in the books.
    pub(crate) fn is_written_to(&self, members: Value) {
        let books = self.world.books();
        let edited = books.edit(Kind::SalesReceipt, &self.receipt().id, members);
        edited.unwrap();
    }

    /// All postings of the order.
    pub(crate) async fn postings(&self) -> Vec<PostingRow> {
        let program = self.world.open(Tripwire::none()).await;
        let postings = program.store.postings_of_number(&self.order.number).await;
        program.store.close().await;
        postings.unwrap()
    }

    /// Where the order's posting of a kind stands.
    pub(crate) async fn stands(&self, kind: PostingKind) -> PostingState {
        let postings = self.postings().await;
        let posting = postings.iter().find(|posting| posting.kind == kind);
        posting.unwrap().state
    }

    /// What is held.
    pub(crate) async fn waiting(&self) -> Vec<PostingRow> {
        let program = self.world.open(Tripwire::none()).await;
        let filter = PostingFilter {
            state: Some(PostingState::Held),
            ..PostingFilter::default()
        };
        let page = program.store.postings_page(&filter).await.unwrap();
        program.store.close().await;
        page.postings
    }

    /// Why things are held, one cause for each.
    pub(crate) async fn held(&self) -> Vec<String> {
        let waiting = self.waiting().await.into_iter();
        waiting.filter_map(|it| it.cause).collect()
    }

    /// Nothing is held, and the sales receipt is what the order is by now.
    pub(crate) async fn is_up_to_date(&self) {
        assert_eq!(self.held().await, [""; 0]);
        assert_eq!(self.receipt().total, self.total());
        check_invariants(&self.world).await;
    }

    /// Somebody releases everything that is held, and a run takes it up.
    pub(crate) async fn is_retried(&self) {
        let program = self.world.open(Tripwire::none()).await;
        let released = program
            .store
            .release_held(&Release::All, None, "test")
            .await;
        assert!(!released.unwrap().is_empty(), "nothing was held");
        program.store.close().await;
        self.world.run().await;
    }

    /// Everything is read again from the beginning.
    pub(crate) async fn is_read_again(&self) {
        let options = RunOptions {
            full: true,
            ..RunOptions::default()
        };
        self.world.run_with(options, Tripwire::none()).await;
    }

    /// The bin is looked into every quarter of an hour: on the fast clock that is three seconds.
    pub(crate) async fn is_looked_for_in_the_bin(&self) {
        for _ in 0..20 {
            self.world.run().await;
            let documents = self.world.books().documents_numbered(&self.order.number);
            if documents.iter().all(|document| document.voided) {
                return;
            }
            let a_while = std::time::Duration::from_secs(120);
            self.world.clock.sleep(a_while).await;
        }
    }
}

/// A plain store without orders on a fast clock; `mapping` are lines of the pipeline.
pub(crate) fn quiet_store(mapping: &str) -> Setup {
    let mut setup = plain_store();
    setup.real_time = false;
    mapping.clone_into(&mut setup.mapping);
    setup
}

/// A guest in New York.
pub(crate) fn ana() -> Address {
    Address {
        first_name: "Ana".to_owned(),
        last_name: "Lee".to_owned(),
        email: "ana@example.com".to_owned(),
        state: "NY".to_owned(),
        country: "US".to_owned(),
        ..Address::default()
    }
}
