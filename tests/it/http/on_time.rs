//! Live progress on a clock that stands until a test moves it.

use std::sync::Arc;
use std::time::Duration;

use daybook::domain::{SyncMode, SyncStatus};
use daybook::http::Access;
use daybook::store::NewSync;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kit::{Clock, StreamName};
use sandbox::company::When;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::api::{Api, Heard};
use crate::support::plain_store;

const ALL: &str = "/api/sync/progress";

#[tokio::test]
async fn a_quiet_line_is_heard_to_be_alive_each_fifteen_seconds() {
    let (api, clock) = on_a_standing_clock(0).await;
    let mut events = api.watch(ALL, &[]).await;
    assert_eq!(events.next_or_comment().await.unwrap().comment, "daybook");
    for _ in 0..3 {
        clock.pass(Duration::from_millis(14_999));
        let early = events.next_or_comment().now_or_never();
        assert!(early.is_none(), "{early:?}");
        clock.pass(Duration::from_millis(1));
        let heard = events.next_or_comment().await.unwrap();
        assert_eq!(heard.comment, "still here");
    }
}

#[tokio::test]
async fn whoever_watches_a_stream_that_waits_hears_that_the_line_is_alive() {
    let (api, clock) = on_a_standing_clock(0).await;
    let store = &api.program.store;
    let batch = api.begun_by("another process").await;
    let lasts = Duration::from_secs(24 * 60 * 60);
    let lease = store.acquire("pipeline:store-to-books", "another process", lasts);
    assert!(lease.await.unwrap().is_some());
    let new = NewSync {
        batch,
        stream: StreamName::Orders,
        mode: SyncMode::Incremental,
        dry_run: false,
        checkpoint: None,
    };
    let waiting = store.begin_sync(&new).await.unwrap();
    let mut everything = api.watch(ALL, &[]).await;
    everything.until(|heard| heard.event == "run").await;
    let mut events = api.watch(&format!("{ALL}/{}", waiting.id), &[]).await;
    assert_eq!(events.next().await.unwrap().data["status"], "queued");
    // for 14.28 seconds the run is told of again and again, which is no news of this stream
    for _ in 0..7 {
        clock.end_of_sleep(Duration::from_millis(40)).await;
        clock.end_of_sleep(Duration::from_secs(2)).await;
        everything.until(|heard| heard.event == "run").await;
        let early = events.next_or_comment().now_or_never();
        assert!(early.is_none(), "{early:?}");
    }
    clock.pass(Duration::from_millis(720));
    let heard = events.next_or_comment().await.unwrap();
    assert_eq!(heard.comment, "still here");
}

#[tokio::test]
async fn a_run_here_that_changes_all_the_time_puts_off_no_news_of_another_process() {
    let (api, clock) = on_a_standing_clock(1).await;
    let mut events = api.watch(ALL, &[]).await;
    let begins = api.world.books().hold_answer(When::path("query"));
    let posts = api.world.books().hold_answer(When::write());
    // breaths end as they come: how many there are is up to the run
    let mut breaths = JoinSet::new();
    let breathing = clock.clone();
    breaths.spawn(async move {
        loop {
            breathing.end_of_sleep(Duration::from_millis(40)).await;
        }
    });
    let ours = api.start("orders", "").await;
    let of_ours = |heard: &Heard| heard.data["batch_id"] == ours["batch_id"];
    api.is_held(&begins).await;
    events.until(of_ours).await;

    let theirs = api.begun_by("another process").await;
    let lasts = Duration::from_secs(24 * 60 * 60);
    let store = &api.program.store;
    let lease = store.acquire("pipeline:another", "another process", lasts);
    assert!(lease.await.unwrap().is_some());
    clock.pass(Duration::from_millis(1200));
    begins.release();
    api.is_held(&posts).await;
    events.until(of_ours).await;
    clock.pass(Duration::from_millis(800));
    let heard = events
        .until(|heard| heard.data["batch_id"] == theirs.as_str())
        .await;
    assert_eq!(heard.data["status"], SyncStatus::Running.as_str());
    posts.release();
}

/// A clock that stands until a test moves it, and wakes who sleeps.
struct StandingClock {
    now: watch::Sender<Timestamp>,
    /// How long somebody asked to sleep.
    asked: watch::Sender<Vec<Duration>>,
}

/// A program whose clock stands, before so many plain orders.
async fn on_a_standing_clock(orders: usize) -> (Api, Arc<StandingClock>) {
    let mut world = plain_store().start().await;
    world.sell_mugs(orders);
    let clock = Arc::new(StandingClock {
        now: watch::Sender::new(world.clock.now()),
        asked: watch::Sender::default(),
    });
    world.clock = clock.clone();
    (Api::of(world, Access::default()).await, clock)
}

impl StandingClock {
    fn pass(&self, time: Duration) {
        self.now.send_modify(|now| *now += time);
    }

    /// Waits until somebody sleeps for so long, and ends that.
    async fn end_of_sleep(&self, wait: Duration) {
        let mut asked = self.asked.subscribe();
        let sleeps = asked.wait_for(|asked| asked.contains(&wait));
        let sleeps = tokio::time::timeout(Duration::from_secs(60), sleeps).await;
        drop(sleeps.expect("somebody sleeps").unwrap());
        self.asked.send_modify(|asked| {
            let at = asked.iter().position(|asked| *asked == wait);
            asked.remove(at.unwrap());
        });
        self.pass(wait);
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        if wait < Duration::from_millis(40) {
            self.pass(wait); // a run keeps its distances, and nobody waits for them
            return Box::pin(std::future::ready(()));
        }
        self.asked.send_modify(|asked| asked.push(wait));
        let mut clock = self.now.subscribe();
        let due = self.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
        Box::pin(async move {
            let _ = clock.wait_for(|now| *now >= due).await;
        })
    }
}
