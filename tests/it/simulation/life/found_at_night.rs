//! What no stamp of the store shows is found by the sweep, which looks at all orders once a night.
//!
//! | event | shown by |
//! |---|---|
//! | deleted for good | `an_order_deleted_for_good_is_reported_and_not_touched` |
//! | deleted for good while it was held | `a_held_order_deleted_for_good_is_no_longer_asked_about` |
//! | edited without a stamp | `an_edit_without_a_stamp_is_found_in_a_store_that_keeps_orders_as_posts` |
//! | nothing at all | `nothing_at_all_costs_two_questions_a_hundred_orders_and_none_to_the_books` |
//! | everything read again | `a_full_run_sweeps_too` |
//! | a night | `the_daemon_sweeps_by_itself_once_a_night` |

use std::time::Duration;

use daybook::domain::PipelineName;
use jiff::civil::date;
use kit::PostingKind;
use sandbox::company::CompanyHandle;
use sandbox::store::OrderStorage;

use super::*;

/// A run that looks at all orders.
pub(super) async fn sweep(world: &World) -> Progress {
    let options = RunOptions {
        sweep: true,
        ..RunOptions::default()
    };
    world.run_with(options, Tripwire::none()).await
}

/// What the newest run of the orders was told of.
pub(super) async fn told(world: &World) -> Vec<(String, String)> {
    let program = world.open(Tripwire::none()).await;
    let name = PipelineName::new("store-to-books");
    let batch = program.store.latest_batch(Some(&name)).await.unwrap();
    let syncs = program.store.syncs(&batch.unwrap().id).await.unwrap();
    program.store.close().await;
    let errors = syncs.into_iter().flat_map(|sync| sync.errors);
    errors.map(|error| (error.record, error.cause)).collect()
}

impl Story {
    fn is_deleted_for_good(&self) {
        self.world.shop().delete_for_good(self.order.id).unwrap();
    }

    /// That a run tells of the order for this cause.
    fn told_for(&self, cause: &str) -> [(String, String); 1] {
        [(self.order.number.clone(), cause.to_owned())]
    }
}

#[tokio::test]
async fn an_order_deleted_for_good_is_reported_and_not_touched() {
    let story = Story::posted("").await;
    story.world.sell_mugs(2);
    story.world.run().await;
    let before = story.world.books().documents();
    story.is_deleted_for_good();
    story.world.run().await;
    assert_eq!(told(&story.world).await, []);
    story.world.books().reset_counts();
    sweep(&story.world).await;
    assert_eq!(told(&story.world).await, story.told_for("deleted_in_store"));
    let after = story.world.books().documents();
    assert_eq!(after, before, "it is reported, not touched");
    assert_eq!(story.world.books().counts().total, 0);
    let posting = story.postings().await.remove(0);
    assert_eq!(posting.state, PostingState::Posted);
    assert!(posting.warning.unwrap().contains("deleted for good"));
    sweep(&story.world).await;
    assert_eq!(told(&story.world).await, [], "it is told once");
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn a_held_order_deleted_for_good_is_no_longer_asked_about() {
    let story = Story::sold(quiet_store("")).await;
    let books = story.world.books();
    books.close_books(Some(date(2026, 12, 31)));
    story.world.run().await;
    assert_eq!(story.held().await, ["closed_period"]);
    story.is_deleted_for_good();
    sweep(&story.world).await;
    assert_eq!(story.held().await, [""; 0]);
    let state = story.stands(PostingKind::SalesReceipt).await;
    assert_eq!(state, PostingState::Excluded);
}

#[tokio::test]
async fn an_edit_without_a_stamp_is_found_in_a_store_that_keeps_orders_as_posts() {
    let mut setup = quiet_store("");
    setup.store_quirks.storage = OrderStorage::Posts;
    let story = Story::sold(setup).await;
    story.world.run().await;
    story
        .happens(|shop, id| shop.set_quantity(id, 0, 4).unwrap())
        .await;
    assert_eq!(story.receipt().total, story.order.total);
    sweep(&story.world).await;
    assert!(story.total() > story.order.total);
    story.is_up_to_date().await;
}

#[tokio::test]
async fn nothing_at_all_costs_two_questions_a_hundred_orders_and_none_to_the_books() {
    let story = Story::posted("").await;
    story.world.sell_mugs(2);
    story.world.run().await;
    story.world.run().await;
    story.world.books().reset_counts();
    story.world.shop().clear_requests();
    assert_eq!(sweep(&story.world).await.status, SyncStatus::Completed);
    assert_eq!(story.world.books().counts().total, 0);
    let asked = story.world.shop().requests().len();
    assert_eq!(asked, 4 + 2, "each stream, all orders, all of the bin");
}

#[tokio::test]
async fn a_full_run_sweeps_too() {
    let story = Story::posted("").await;
    story.is_deleted_for_good();
    story.is_read_again().await;
    assert_eq!(told(&story.world).await, story.told_for("deleted_in_store"));
}

#[tokio::test]
async fn the_daemon_sweeps_by_itself_once_a_night() {
    let mut setup = quiet_store("");
    setup.speed = 20_000; // a day in four seconds
    setup.schedule = "every 2h";
    let story = Story::sold(setup).await;
    let world = &story.world;
    let program = world.open(Tripwire::none()).await;
    let engine = program.engine.clone();
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move { engine.serve().await });
    let posted = |books: &CompanyHandle| books.documents().len() == 1;
    let waiting = Duration::from_secs(60);
    tokio::time::timeout(waiting, world.books().wait_until(posted))
        .await
        .unwrap();
    story.is_deleted_for_good();
    let warned = async {
        loop {
            let found = program.store.postings_of_number(&story.order.number).await;
            if found.unwrap().iter().any(|it| it.warning.is_some()) {
                return;
            }
            world.clock.sleep(Duration::from_secs(1800)).await;
        }
    };
    tokio::time::timeout(waiting, warned).await.unwrap();
    let grace = Duration::from_secs(600_000);
    program.engine.shut_down(grace).await;
    serving.join_all().await;
    program.store.close().await;
}
