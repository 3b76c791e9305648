//! Live progress as watchers hear it.

use std::time::Duration;

use daybook::domain::{RunOptions, SyncStatus, Trigger};
use daybook::engine::Tripwire;
use daybook::http::Access;
use daybook::store::Commit;
use sandbox::company::When;
use serde_json::Value;

use super::api::{Api, Heard, pipeline};
use crate::support::plain_store;

const ALL: &str = "/api/sync/progress";

fn one(started: &Value) -> String {
    format!("{ALL}/{}", started["sync_id"].as_str().unwrap())
}

#[tokio::test]
async fn whoever_watches_a_stream_hears_where_it_is_what_it_does_and_how_it_ends() {
    let api = Api::with_orders(5).await;
    let pause = api.world.books().hold_answer(When::Write(1));
    let started = api.start("orders", "").await;
    api.is_held(&pause).await;
    let mut events = api.watch(&one(&started), &[]).await;
    let snapshot = events.next().await.unwrap();
    assert_eq!(
        (snapshot.event.as_str(), &snapshot.data["status"]),
        ("progress", &"running".into())
    );
    assert_eq!(snapshot.data["sync_id"], started["sync_id"]);
    pause.release();
    let last = events.until(|heard| heard.event != "progress").await;
    assert_eq!(
        (last.event.as_str(), &last.data["records_created"]),
        ("complete", &5.into())
    );
    assert_eq!(last.data["percentage"], 100);
    assert!(events.next().await.is_none(), "it is over");

    // a finished stream answers for good, and whoever knows its end is told to stop asking
    let mut later = api.watch(&one(&started), &[]).await;
    let again = later.next().await.unwrap();
    assert_eq!(
        (again.event.as_str(), &again.data["records_created"]),
        ("complete", &5.into())
    );
    assert!(later.next().await.is_none());
    for id in [&last.id, &again.id] {
        let headers = [("last-event-id", id.as_str())];
        let answer = api
            .ask(axum::http::Method::GET, &one(&started), &headers, "")
            .await;
        assert_eq!(answer.status.as_u16(), 204);
    }
    api.get(&format!("{ALL}/nope"))
        .await
        .refuses(404, "not_found");
}

#[tokio::test]
async fn a_stream_that_fails_ends_with_an_error() {
    let api = Api::with_orders(1).await;
    api.world.books().set_subscription(false);
    let started = api.start("orders", "").await;
    let mut events = api.watch(&one(&started), &[]).await;
    let last = events.until(|heard| heard.event != "progress").await;
    assert_eq!(last.event, "error");
    assert!(
        last.data["current_operation"]
            .as_str()
            .unwrap()
            .contains("subscription")
    );
}

#[tokio::test]
async fn all_runs_are_heard_with_their_streams_and_nothing_is_missed_when_the_line_was_cut() {
    let api = Api::with_orders(3).await;
    let mut events = api.watch(ALL, &[]).await;
    let pause = api.world.books().hold_answer(When::Write(1));
    let started = api.start("orders", "").await;
    let run = events.until(|heard| heard.event == "run").await;
    assert_eq!(run.data["batch_id"], started["batch_id"]);
    assert_eq!(run.data["syncs"][0]["sync_id"], started["sync_id"]);
    drop(events); // the line is cut
    api.is_held(&pause).await;
    pause.release();
    api.run_is_over().await;

    let headers = [("last-event-id", run.id.as_str())];
    let mut back = api.watch(ALL, &headers).await;
    let complete = back.until(|heard| heard.event == "complete").await;
    assert_eq!(complete.data["sync_id"], started["sync_id"]);
    let over = back
        .until(|heard| heard.event == "run" && heard.data["status"] == "completed")
        .await;
    assert_eq!(
        (&over.data["status"], &over.data["percentage"]),
        (&"completed".into(), &100.into())
    );
    assert!(over.id.parse::<u64>().unwrap() > run.id.parse::<u64>().unwrap());

    // another process knows it too
    let api = api.reopened().await;
    let mut back = api.watch(ALL, &headers).await;
    back.until(|heard| heard.event == "complete").await;
}

#[tokio::test]
async fn a_run_of_another_process_is_heard_here() {
    let api = Api::with_orders(3).await;
    let mut events = api.watch(ALL, &[]).await;
    let other = api.world.open(Tripwire::none()).await;
    let pause = api.world.books().hold_answer(When::Write(1));
    let mut run = other
        .engine
        .start(&pipeline(), RunOptions::default(), Trigger::Command)
        .await
        .unwrap();
    let batch = run.batch.to_string();
    let running = events.until(|heard| heard.event == "run").await;
    assert_eq!(
        (&running.data["batch_id"], &running.data["status"]),
        (&batch.into(), &"running".into())
    );
    pause.release();
    run.wait().await;
    events
        .until(|heard| heard.event == "run" && heard.data["status"] == "completed")
        .await;
    assert!(other.engine.shut_down(Duration::from_secs(60)).await);
    other.store.close().await;
}

#[tokio::test]
async fn hundreds_watch_and_one_who_does_not_read_holds_nobody_up() {
    let api = Api::with_orders(4).await;
    let mut asleep = api.watch(ALL, &[]).await;
    let mut watchers = Vec::new();
    for _ in 0..300 {
        watchers.push(api.watch(ALL, &[]).await);
    }
    for _ in 0..3 {
        api.start("orders", "").await;
        api.run_is_over().await;
        api.pass(3);
    }
    let last = api.get("/api/sync/runs?limit=1").await.json()["runs"][0]["batch_id"].clone();
    let its_end = |heard: &Heard| {
        heard.event == "run"
            && heard.data["batch_id"] == last
            && heard.data["status"] == "completed"
    };
    for watcher in &mut watchers {
        watcher.until(its_end).await;
    }
    // the sleeper skips what is out of date: of each subject only the newest is told
    let mut heard = 0;
    loop {
        let event = asleep.next().await.unwrap();
        heard += 1;
        if its_end(&event) {
            break;
        }
    }
    assert!(
        heard <= 6,
        "two messages for each of three runs, not {heard}"
    );
}

#[tokio::test]
async fn an_older_run_that_goes_on_has_its_end_told_however_many_came_after_it() {
    let api = Api::with_orders(2).await;
    let mut events = api.watch(ALL, &[]).await;
    let pause = api.world.books().hold_answer(When::write());
    let started = api.start("orders", "").await;
    api.is_held(&pause).await;
    let store = &api.program.store;
    for _ in 0..9 {
        let newer = api.begun_by("another process").await;
        let ended = store.finish_batch(&newer, "another process", SyncStatus::Completed, None);
        assert_eq!(ended.await.unwrap(), Commit::Done);
    }
    let of_it = |heard: &Heard| heard.data["batch_id"] == started["batch_id"];
    events
        .until(|heard| of_it(heard) && heard.event == "run")
        .await;
    pause.release();
    api.run_is_over().await;
    let is_over = |heard: &Heard| heard.event == "run" && heard.data["status"] == "completed";
    events.until(|heard| of_it(heard) && is_over(heard)).await;
    // whoever comes back later has missed nothing
    let again = api.begun_by("a process that is gone").await;
    events
        .until(|heard| heard.data["batch_id"] == again.as_str())
        .await;
    let mut back = api.watch(&format!("{ALL}?since=0"), &[]).await;
    back.until(|heard| of_it(heard) && heard.event == "run")
        .await;
}

#[tokio::test]
async fn the_end_of_the_process_ends_the_line() {
    let api = Api::new(plain_store(), 0, Access::default()).await;
    let mut events = api.watch(ALL, &[]).await;
    assert!(api.program.engine.shut_down(Duration::from_secs(60)).await);
    while events.next_or_comment().await.is_some() {}
}

#[tokio::test]
async fn a_run_says_how_long_such_runs_usually_take() {
    let api = Api::with_orders(1).await;
    for _ in 0..3 {
        api.start("orders", "").await;
        api.run_is_over().await;
        api.pass(3);
    }
    let mut events = api.watch(ALL, &[]).await;
    api.start("customers", "").await;
    let other = events.until(|heard| heard.event == "run").await;
    assert!(
        other.data["usually"].is_null(),
        "there was none of its kind"
    );
    api.run_is_over().await;
    api.pass(3);
    api.start("orders", "").await;
    let streams = |heard: &Heard| heard.data["options"]["streams"] == serde_json::json!(["orders"]);
    let run = events
        .until(|heard| heard.event == "run" && streams(heard))
        .await;
    let usually = &run.data["usually"];
    assert!(usually["from_ms"].as_u64().unwrap() <= usually["until_ms"].as_u64().unwrap());
    api.run_is_over().await;
}

#[tokio::test]
async fn who_knows_more_than_was_ever_told_hears_what_is_going_on() {
    let api = Api::with_orders(2).await;
    let pause = api.world.books().hold_answer(When::Write(1));
    let started = api.start("orders", "").await;
    api.is_held(&pause).await;
    // as after the clock was set back
    let later = u64::MAX.to_string();
    let mut events = api.watch(ALL, &[("last-event-id", &later)]).await;
    let run = events.until(|heard| heard.event == "run").await;
    assert_eq!(run.data["batch_id"], started["batch_id"]);
    pause.release();
    events
        .until(|heard| heard.event == "run" && heard.data["status"] == "completed")
        .await;
}

#[tokio::test]
async fn whoever_comes_first_hears_what_ended_between_the_page_and_the_line() {
    let api = Api::with_orders(2).await;
    let page = api.get("/orders").await.body;
    let (_, since) = page.split_once("data-since=\"").unwrap();
    let (since, _) = since.split_once('"').unwrap();
    let started = api.start("orders", "").await;
    api.run_is_over().await;

    let mut events = api.watch(&format!("{ALL}?since={since}"), &[]).await;
    let run = events.until(|heard| heard.event == "run").await;
    assert_eq!(run.data["batch_id"], started["batch_id"]);
    assert_eq!(run.data["status"], "completed");
    // one that was over before the page was made is none of its news
    let now = api.world.clock.now().as_microsecond();
    let mut events = api.watch(&format!("{ALL}?since={now}"), &[]).await;
    api.pass(3);
    let again = api.start("orders", "").await;
    let run = events.until(|heard| heard.event == "run").await;
    assert_eq!(run.data["batch_id"], again["batch_id"]);
    api.run_is_over().await;
}
