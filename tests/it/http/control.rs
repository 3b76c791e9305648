//! Pausing, going on and cancelling.

use std::time::Duration;

use axum::http::Method;
use daybook::domain::{RunOptions, SyncMode, SyncStatus, Trigger};
use daybook::engine::Tripwire;
use daybook::http::Access;
use daybook::store::{Commit, NewSync};
use kit::StreamName;
use sandbox::company::{Effect, Fault, When};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::api::{Api, pipeline};
use crate::support::{check_invariants, plain_store};

/// A run of four orders that waits for its first answer.
async fn waiting(api: &Api) -> (Value, sandbox::company::Pause) {
    let pause = api.world.books().hold_answer(When::Write(1));
    let started = api.start("orders", "").await;
    api.is_held(&pause).await;
    (started, pause)
}

async fn status(api: &Api, started: &Value) -> Value {
    let id = started["sync_id"].as_str().unwrap();
    api.get(&format!("/api/sync/status/{id}")).await.json()
}

fn path(started: &Value, member: &str, action: &str) -> String {
    format!("/api/sync/{}/{action}", started[member].as_str().unwrap())
}

#[tokio::test]
async fn a_paused_run_keeps_its_checkpoint_and_goes_on_when_asked() {
    for member in ["sync_id", "batch_id"] {
        let api = Api::with_orders(4).await;
        let (started, pause) = waiting(&api).await;
        let answer = api.post(&path(&started, member, "pause"), "").await;
        assert_eq!(answer.status.as_u16(), 202);
        assert_eq!(answer.json()["batch_id"], started["batch_id"]);
        assert_eq!(answer.json()["status"], "paused");
        pause.release();
        api.run_is_over().await;
        let paused = status(&api, &started).await;
        assert_eq!(paused["status"], "paused");
        assert!(
            paused["completed_at"].is_string(),
            "that is when it stopped"
        );
        assert_eq!(
            api.get("/status").await.json()["pipelines"][0]["state"],
            "paused"
        );
        let again = api.post(&path(&started, member, "pause"), "").await;
        again.refuses(409, "run_not_active");

        // another process finds it paused, and leaves it alone until somebody says so
        let api = api.reopened().await;
        let resumed = api.program.engine.resume_interrupted(&pipeline()).await;
        assert!(resumed.unwrap().is_none());
        let answer = api.post(&path(&started, member, "resume"), "").await;
        assert_eq!(answer.status.as_u16(), 202);
        api.run_is_over().await;
        assert_eq!(status(&api, &started).await["status"], "completed");
        assert_eq!(api.world.books().documents().len(), 4);
        check_invariants(&api.world).await;
        let done = api.post(&path(&started, member, "resume"), "").await;
        done.refuses(409, "run_not_active");
    }
}

#[tokio::test]
async fn a_cancelled_run_is_over_and_the_next_one_loses_nothing() {
    let api = Api::with_orders(4).await;
    let (started, pause) = waiting(&api).await;
    let answer = api.post(&path(&started, "sync_id", "cancel"), "").await;
    assert_eq!(answer.json()["status"], "cancelled");
    pause.release();
    api.run_is_over().await;
    let cancelled = status(&api, &started).await;
    assert_eq!(cancelled["status"], "cancelled");
    assert!(cancelled["completed_at"].is_string());
    let run = &api.get("/api/sync/runs").await.json()["runs"][0];
    assert_eq!(
        (&run["status"], &run["error"]),
        (&"cancelled".into(), &Value::Null)
    );
    let again = api.post(&path(&started, "sync_id", "cancel"), "").await;
    again.refuses(409, "run_not_active");

    api.pass(3);
    api.start("orders", "").await;
    api.run_is_over().await;
    assert_eq!(api.world.books().documents().len(), 4);
    check_invariants(&api.world).await;
}

#[tokio::test]
async fn of_pausing_and_cancelling_a_run_the_cancelling_counts() {
    for actions in [["pause", "cancel"], ["cancel", "pause"]] {
        let api = Api::with_orders(4).await;
        let (started, pause) = waiting(&api).await;
        let mut said = Vec::new();
        for action in actions {
            let answer = api.post(&path(&started, "batch_id", action), "").await;
            assert_eq!(answer.status.as_u16(), 202);
            said.push(answer.json()["status"].clone());
        }
        assert_eq!(said[1], "cancelled", "{actions:?}");
        pause.release();
        api.run_is_over().await;
        let ended = status(&api, &started).await;
        assert_eq!(ended["status"], "cancelled", "{actions:?}");
        assert!(ended["completed_at"].is_string());
        let state = api.get("/status").await.json()["pipelines"][0]["state"].clone();
        assert_eq!(state, "idle");
    }
}

#[tokio::test]
async fn a_paused_run_can_be_cancelled() {
    let api = Api::with_orders(2).await;
    let (started, pause) = waiting(&api).await;
    api.post(&path(&started, "sync_id", "pause"), "").await;
    pause.release();
    api.run_is_over().await;
    let answer = api.post(&path(&started, "batch_id", "cancel"), "").await;
    assert_eq!(answer.status.as_u16(), 202);
    assert_eq!(status(&api, &started).await["status"], "cancelled");
    assert_eq!(
        api.get("/status").await.json()["pipelines"][0]["state"],
        "idle"
    );
}

#[tokio::test]
async fn a_run_of_another_process_is_told_apart() {
    let api = Api::with_orders(2).await;
    let pause = api.world.books().hold_answer(When::Write(1));
    let other = api.world.open(Tripwire::none()).await;
    let mut run = other
        .engine
        .start(&pipeline(), RunOptions::default(), Trigger::Command)
        .await
        .unwrap();
    api.is_held(&pause).await;
    for action in ["pause", "cancel"] {
        let answer = api
            .post(&format!("/api/sync/{}/{action}", run.batch), "")
            .await;
        answer.refuses(409, "run_elsewhere");
    }
    pause.release();
    assert_eq!(run.wait().await.status, SyncStatus::Completed);
    assert!(other.engine.shut_down(Duration::from_secs(60)).await);
    other.store.close().await;
    for action in ["pause", "resume", "cancel"] {
        let answer = api.post(&format!("/api/sync/nope/{action}"), "").await;
        answer.refuses(404, "not_found");
        assert_eq!(answer.json()["detail"], "Batch ID [nope] not found.");
    }
}

#[tokio::test]
async fn while_a_run_is_paused_no_other_sends_anything_and_what_is_tried_again_waits_for_it() {
    let api = Api::with_orders(5).await;
    let books = api.world.books();
    let refused = api.world.shop().orders()[1].number.clone();
    let fault = Fault::business("Something is wrong with this one");
    books.plan(When::DocNumber(refused), Effect::Refuse(fault));
    api.start("orders", r#"{"limit":2}"#).await;
    api.run_is_over().await;
    books.clear_plans();
    let held = api.get("/api/postings?state=held").await.json();
    let held = held["postings"][0]["id"].as_str().unwrap().to_owned();

    api.pass(3);
    let pause = books.hold_answer(When::write());
    let started = api.start("orders", "").await;
    api.is_held(&pause).await;
    api.post(&path(&started, "batch_id", "pause"), "").await;
    pause.release();
    api.run_is_over().await;
    assert_eq!(status(&api, &started).await["status"], "paused");
    let before = books.documents().len();
    assert!(before < 5);

    api.pass(3);
    let again = api.post(&format!("/api/postings/{held}/retry"), "").await;
    assert_eq!(again.status.as_u16(), 202);
    assert_eq!(again.json()["batch_ids"], serde_json::json!([]));
    let message = again.json()["message"].clone();
    assert_eq!(message, "Released: it is sent when the paused run goes on");
    let start = "/api/sync/woocommerce/orders";
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for answer in [
        api.post(start, "").await,
        api.ask(Method::POST, "/do/sync", &form, "pipeline=store-to-books")
            .await,
    ] {
        answer.refuses(409, "run_paused");
        assert_eq!(answer.json()["batch_id"], started["batch_id"]);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("go on with it or cancel it"), "{detail}");
    }
    assert!(api.program.engine.active_runs().is_empty());
    assert_eq!(books.documents().len(), before, "nothing was sent");
    assert_eq!(
        api.get("/status").await.json()["pipelines"][0]["state"],
        "paused"
    );

    let answer = api.post(&path(&started, "batch_id", "resume"), "").await;
    assert_eq!(answer.status.as_u16(), 202);
    api.run_is_over().await;
    assert_eq!(books.documents().len(), 5, "with the one tried again");
    check_invariants(&api.world).await;
}

#[tokio::test]
async fn an_older_run_does_not_go_on_while_a_newer_one_is_paused() {
    let api = Api::with_orders(2).await;
    let mut runs = Vec::new();
    for action in ["cancel", "pause"] {
        let pause = api.world.books().hold_answer(When::write());
        let started = api.start("orders", "").await;
        api.is_held(&pause).await;
        api.post(&path(&started, "batch_id", action), "").await;
        pause.release();
        api.run_is_over().await;
        api.world.sell_mugs(2);
        api.pass(3);
        runs.push(started);
    }
    let answer = api.post(&path(&runs[0], "batch_id", "resume"), "").await;
    answer.refuses(409, "run_paused");
    let body = serde_json::json!({ "resume_from": runs[0]["batch_id"] }).to_string();
    let answer = api.post("/api/sync/woocommerce/orders", &body).await;
    answer.refuses(409, "run_paused");
    let answer = api.post(&path(&runs[1], "batch_id", "resume"), "").await;
    assert_eq!(answer.status.as_u16(), 202);
    api.run_is_over().await;
}

#[tokio::test]
async fn an_older_run_that_goes_on_and_is_paused_is_what_everybody_sees() {
    let mut setup = plain_store();
    setup.schedule = "every 5m";
    let api = Api::new(setup, 3, Access::default()).await;
    let (older, pause) = waiting(&api).await;
    api.post(&path(&older, "batch_id", "cancel"), "").await;
    pause.release();
    api.run_is_over().await;
    api.pass(3);
    let newer = api.start("customers", "").await;
    api.run_is_over().await;

    api.world.sell_mugs(2);
    let pause = api.world.books().hold_answer(When::write());
    let answer = api.post(&path(&older, "batch_id", "resume"), "").await;
    assert_eq!(answer.status.as_u16(), 202);
    api.is_held(&pause).await;
    let pipeline_status =
        async || api.get("/status").await.json()["pipelines"][0]["last_run"]["batch_id"].clone();
    assert_eq!(pipeline_status().await, older["batch_id"]);
    let link = |run: &Value| format!("data-run=\"{}\"", run["batch_id"].as_str().unwrap());
    let overview = api.get("/").await.body;
    assert!(overview.contains(&link(&older)) && !overview.contains(&link(&newer)));
    api.post(&path(&older, "batch_id", "pause"), "").await;
    pause.release();
    api.run_is_over().await;
    assert_eq!(status(&api, &older).await["status"], "paused");

    assert_eq!(pipeline_status().await, older["batch_id"]);
    let overview = api.get("/").await.body;
    assert!(overview.contains(&link(&older)) && !overview.contains("/do/sync"));
    api.pass(3);
    let answer = api.post("/api/sync/woocommerce/orders", "").await;
    answer.refuses(409, "run_paused");
    assert_eq!(answer.json()["batch_id"], older["batch_id"]);
    // nor does the schedule start one when its time comes
    let engine = api.program.engine.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { engine.serve().await });
    let soon = api.world.clock.now() + Duration::from_secs(60);
    let next = async || api.get("/status").await.json()["pipelines"][0]["next_run"].clone();
    let start_is_over = async {
        loop {
            let next = next().await;
            let next = next
                .as_str()
                .map(|at| at.parse::<jiff::Timestamp>().unwrap());
            if next.is_some_and(|at| at > soon) {
                break;
            }
        }
    };
    let start_is_over = tokio::time::timeout(Duration::from_secs(60), start_is_over).await;
    start_is_over.expect("the schedule has looked once");
    let runs = api.get("/api/sync/runs").await.json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2, "{runs}");
    assert!(api.program.engine.shut_down(Duration::from_secs(600)).await);
}

#[tokio::test]
async fn a_run_whose_process_is_gone_is_interrupted_wherever_it_is_asked_for() {
    let api = Api::with_orders(1).await;
    let batch = api.begun_by("a process that is gone").await;
    let store = &api.program.store;
    let new = NewSync {
        batch: batch.clone(),
        stream: StreamName::Orders,
        mode: SyncMode::Incremental,
        dry_run: false,
        checkpoint: None,
    };
    let sync = store.begin_sync(&new).await.unwrap().id;
    let running = store.set_sync_status(&sync, SyncStatus::Running, None);
    running.await.unwrap();

    let runs = api.get("/api/sync/runs").await.json();
    assert_eq!(runs["runs"][0]["status"], "interrupted");
    assert_eq!(runs["runs"][0]["syncs"][0]["status"], "interrupted");
    let running = api.get("/api/sync/runs?status=running").await.json();
    assert_eq!(running, json!({ "runs": [] }));
    let dead = api.get("/api/sync/runs?status=interrupted").await.json();
    assert_eq!(dead, runs);
    let dead = api.get("/runs?status=interrupted").await.body;
    assert!(dead.contains(&format!("/runs/{batch}")), "{dead}");
    let stream = api.get(&format!("/api/sync/status/{sync}")).await.json();
    assert_eq!(stream["status"], "interrupted");
    let state = &api.get("/status").await.json()["pipelines"][0];
    assert_eq!(
        (&state["state"], &state["last_run"]["status"]),
        (&json!("idle"), &json!("interrupted"))
    );
    let mut events = api.watch("/api/sync/progress?since=0", &[]).await;
    let heard = events.until(|heard| heard.event == "run").await;
    assert_eq!(heard.data["status"], "interrupted");
    for page in ["/".to_owned(), "/runs".to_owned(), format!("/runs/{batch}")] {
        let body = api.get(&page).await.body;
        assert!(!body.contains("data-live"), "{page}: {body}");
    }
    assert!(api.get("/").await.body.contains("/do/sync"));
    let action = |action| format!("/api/sync/{batch}/{action}");
    let answer = api.post(&action("pause"), "").await;
    answer.refuses(409, "run_not_active");

    // one that holds its lease is at work
    let lasts = Duration::from_secs(24 * 60 * 60);
    let lease = store.acquire("pipeline:store-to-books", "a process that is gone", lasts);
    let lease = lease.await.unwrap().unwrap();
    let runs = api.get("/api/sync/runs").await.json();
    assert_eq!(runs["runs"][0]["status"], "running");
    let answer = api.post(&action("cancel"), "").await;
    answer.refuses(409, "run_elsewhere");
    let released = store.release(&lease).await.unwrap();
    assert_eq!(released, Commit::Done);
    let answer = api.post(&action("cancel"), "").await;
    assert_eq!(answer.status.as_u16(), 202);
    let runs = api.get("/api/sync/runs").await.json();
    assert_eq!(runs["runs"][0]["status"], "cancelled");
}

#[tokio::test]
async fn what_the_end_of_a_process_interrupted_waits_while_an_older_run_is_paused() {
    let api = Api::with_orders(3).await;
    let (older, pause) = waiting(&api).await;
    api.post(&path(&older, "batch_id", "pause"), "").await;
    pause.release();
    api.run_is_over().await;
    // an operator at the command line may start one all the same
    let engine = &api.program.engine;
    let name = pipeline();
    let start = engine.start(&name, RunOptions::default(), Trigger::Command);
    let mut newer = start.await.unwrap();
    newer.stop();
    assert_eq!(newer.wait().await.status, SyncStatus::Interrupted);
    assert!(engine.resume_interrupted(&name).await.unwrap().is_none());
    let shown = &api.get("/status").await.json()["pipelines"][0];
    assert_eq!(shown["last_run"]["batch_id"], older["batch_id"]);

    api.post(&path(&older, "batch_id", "cancel"), "").await;
    let resumed = engine.resume_interrupted(&name).await.unwrap();
    let mut resumed = resumed.expect("nothing is paused any more");
    assert_eq!(resumed.batch, newer.batch);
    assert_eq!(resumed.wait().await.status, SyncStatus::Completed);
}
