//! What monitoring asks.

use std::time::Duration;

use axum::http::StatusCode;
use daybook::http::Access;
use sandbox::company::{Effect, Fault, When};
use serde_json::{Value, json};

use tokio::task::JoinSet;

use super::api::Api;
use crate::support::plain_store;

fn members(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap();
    object.keys().map(String::as_str).collect()
}

async fn status(api: &Api) -> Value {
    api.get("/status").await.json()
}

#[tokio::test]
async fn the_probes_say_that_the_process_works_and_is_ready() {
    let api = Api::with_orders(0).await;
    let health = api.get("/healthz").await;
    assert_eq!(
        (health.status, health.body.as_str()),
        (StatusCode::OK, "ok\n")
    );
    let ready = api.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(ready.json(), json!({ "ready": true, "reasons": [] }));
}

#[tokio::test]
async fn it_is_ready_once_its_schedules_run_and_not_when_they_end() {
    let mut setup = plain_store();
    setup.schedule = "every 5m";
    let api = Api::new(setup, 1, Access::default()).await;
    let not_yet = api.get("/readyz").await;
    not_yet.refuses(503, "not_ready");
    let reason = "the schedule of pipeline `store-to-books` is not running";
    assert_eq!(not_yet.json()["reasons"], json!([reason]));

    let mut bell = api.program.engine.bell();
    let engine = api.program.engine.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { engine.serve().await });
    let rung = tokio::time::timeout(Duration::from_secs(60), bell.changed()).await;
    rung.expect("a daemon that starts looks at once").unwrap();
    assert_eq!(api.get("/readyz").await.status, StatusCode::OK);

    assert!(api.program.engine.shut_down(Duration::from_secs(600)).await);
    api.get("/readyz").await.refuses(503, "not_ready");
    assert_eq!(api.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn metered_reads_are_counted_and_outlive_the_process() {
    let api = Api::with_orders(2).await;
    let reads = async |api: &Api| {
        let status = status(api).await;
        assert!(status["connections"]["store"]["metered_reads_this_month"].is_null());
        status["connections"]["books"]["metered_reads_this_month"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(reads(&api).await, 0);
    api.start("orders", "").await;
    api.run_is_over().await;
    let read = reads(&api).await;
    let asked = api.world.books().counts().metered_reads;
    assert_eq!(read, asked, "as many as the company counted");
    let metrics = api.get("/metrics").await.body;
    let line = format!("daybook_metered_reads_this_month{{connection=\"books\"}} {read}");
    assert!(metrics.contains(&line), "{metrics}");
    let api = api.reopened().await;
    assert_eq!(reads(&api).await, read);
    api.pass(3);
    api.start("orders", "").await;
    api.run_is_over().await;
    assert_eq!(reads(&api).await, read, "nothing new asks nothing");
}

#[tokio::test]
async fn without_its_database_it_lives_and_is_not_ready() {
    let api = Api::with_orders(0).await;
    api.program.store.close().await;
    assert_eq!(api.get("/healthz").await.status, StatusCode::OK);
    let ready = api.get("/readyz").await;
    ready.refuses(503, "not_ready");
    assert_eq!(ready.json()["ready"], false);
    assert_eq!(ready.json()["reasons"].as_array().unwrap().len(), 1);
    for path in [
        "/status",
        "/api/sync/runs",
        "/api/sync/status/1",
        "/api/postings",
    ] {
        api.get(path).await.refuses(503, "database_unavailable");
    }
    let answer = api.post("/api/sync/woocommerce/orders", "").await;
    answer.refuses(503, "not_started");
}

#[tokio::test]
async fn status_tells_everything_and_that_all_is_well() {
    let api = Api::with_orders(3).await;
    let before = status(&api).await;
    assert_eq!(before["ok"], true);
    assert_eq!(before["pipelines"][0]["last_run"], Value::Null);

    api.start("orders", "").await;
    api.run_is_over().await;
    api.pass(60);
    let status = status(&api).await;
    assert_eq!(
        members(&status),
        [
            "ok",
            "version",
            "uptime_seconds",
            "connections",
            "pipelines",
            "limiter"
        ]
    );
    assert_eq!(
        (&status["ok"], &status["version"], &status["uptime_seconds"]),
        (&json!(true), &json!(env!("CARGO_PKG_VERSION")), &json!(60))
    );
    assert_eq!(members(&status["connections"]), ["store", "books"]);
    let store = &status["connections"]["store"];
    let books = &status["connections"]["books"];
    for connection in [store, books] {
        assert_eq!(
            (&connection["state"], &connection["trouble"]),
            (&json!("ok"), &Value::Null)
        );
        assert!(connection["last_success"].is_string());
    }
    assert!(store["token_age_seconds"].is_null());
    assert!(books["token_age_seconds"].as_i64().unwrap() <= 60);
    let pipeline = &status["pipelines"][0];
    assert_eq!(
        members(pipeline),
        [
            "name",
            "state",
            "last_run",
            "next_run",
            "lag_seconds",
            "oldest_unposted_order",
            "held",
            "failed",
            "posted"
        ]
    );
    assert_eq!(
        (
            &pipeline["name"],
            &pipeline["state"],
            &pipeline["last_run"]["status"]
        ),
        (
            &json!("store-to-books"),
            &json!("idle"),
            &json!("completed")
        )
    );
    assert!(pipeline["lag_seconds"].as_i64().unwrap() <= 60);
    assert_eq!(
        (&pipeline["held"], &pipeline["failed"]),
        (&json!(0), &json!(0))
    );
    assert!(pipeline["posted"].as_u64().unwrap() >= 3);
    let limiter = &status["limiter"]["books"];
    assert!(
        limiter["requests_last_minute"].as_u64().unwrap() > 0,
        "{limiter}"
    );
    assert_eq!(
        (&limiter["in_flight"], &limiter["refused"]),
        (&json!(0), &json!(0))
    );
    // what is used, beside what may be used
    for (quota, most) in [
        ("requests_per_minute", 500_000),
        ("requests_per_second", 10_000),
        ("batch_calls_per_minute", 40_000),
    ] {
        assert_eq!(limiter[quota], most, "{quota}");
    }
    let metrics = api.get("/metrics").await.body;
    let of = |lane: &str, most: u64| {
        let name = "daybook_requests_allowed_per_minute";
        format!("{name}{{connection=\"books\",lane=\"{lane}\"}} {most}\n")
    };
    assert!(metrics.contains(&of("all", 500_000)), "{metrics}");
    assert!(metrics.contains(&of("batch", 40_000)), "{metrics}");
}

#[tokio::test]
async fn the_lag_grows_while_a_run_hangs_and_while_runs_fail() {
    let api = Api::with_orders(1).await;
    let lag = async || status(&api).await["pipelines"][0]["lag_seconds"].as_i64();
    let metric = async |name: &str| {
        let metrics = api.get("/metrics").await.body;
        let start = format!("{name}{{pipeline=\"store-to-books\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&start));
        line.map(str::to_owned)
    };
    assert_eq!(lag().await, None, "nothing was ever done");
    assert_eq!(metric("daybook_last_good_run_seconds").await, None);
    api.start("orders", "").await;
    api.run_is_over().await;
    let good = metric("daybook_last_good_run_seconds").await;
    assert!(good.is_some());

    api.pass(100_000);
    api.world.sell_mugs(1);
    let pause = api.world.books().hold_answer(When::write());
    api.start("orders", "").await;
    api.is_held(&pause).await;
    assert!(lag().await > Some(3600), "it hangs");
    api.world.books().set_subscription(false);
    pause.release();
    api.run_is_over().await;
    let good = metric("daybook_last_good_run_seconds").await;
    api.pass(3);
    api.world.let_pass(1);
    api.world.sell_mugs(1);
    api.start("orders", "").await;
    api.run_is_over().await;
    let last = &status(&api).await["pipelines"][0]["last_run"];
    assert_eq!(last["status"], "failed");
    let still = metric("daybook_last_good_run_seconds").await;
    assert_eq!(still, good, "it brought nothing up to date");
    assert_eq!(
        metric("daybook_last_run_failed").await.as_deref(),
        Some("1")
    );
}

#[tokio::test]
async fn trying_again_says_nothing_about_the_store_that_it_does_not_ask() {
    let api = Api::with_orders(2).await;
    let refused = api.world.shop().orders()[1].number.clone();
    let books = api.world.books();
    let fault = Fault::business("Something is wrong with this one");
    books.plan(When::DocNumber(refused), Effect::Refuse(fault));
    api.start("orders", "").await;
    api.run_is_over().await;
    books.clear_plans();
    api.pass(3);
    let orders = sandbox::store::Matcher::path("/orders");
    let revoked = sandbox::store::Fault::KeyRevoked;
    api.world.shop().plan_fault(orders, revoked);
    api.start("orders", "").await;
    api.run_is_over().await;
    let before = status(&api).await["connections"]["store"].clone();
    assert_eq!(before["state"], "failed");
    let last_good = async || {
        let metrics = api.get("/metrics").await.body;
        let name = "daybook_last_good_run_seconds{";
        let line = metrics.lines().find(|line| line.starts_with(name));
        line.map(str::to_owned)
    };
    let good = last_good().await;
    assert!(good.is_some(), "the first run read all");
    api.world.let_pass(1);

    let held = api.get("/api/postings?state=held").await.json();
    let held = held["postings"][0]["id"].as_str().unwrap().to_owned();
    let answer = api.post(&format!("/api/postings/{held}/retry"), "").await;
    assert_eq!(answer.status.as_u16(), 202);
    api.run_is_over().await;
    assert_eq!(books.documents().len(), 2, "it was sent");
    let after = status(&api).await;
    assert_eq!(after["connections"]["store"], before);
    assert_eq!(after["connections"]["books"]["state"], "ok");
    assert_eq!(last_good().await, good, "it brought nothing up to date");
}

#[tokio::test]
async fn status_is_not_ok_while_something_is_held() {
    let api = Api::with_orders(3).await;
    let refused = api.world.shop().orders()[1].number.clone();
    let fault = Fault::business("Something is wrong with this one");
    let books = api.world.books();
    books.plan(When::DocNumber(refused.clone()), Effect::Refuse(fault));
    api.start("orders", "").await;
    api.run_is_over().await;
    let status = status(&api).await;
    let pipeline = &status["pipelines"][0];
    assert_eq!(
        (&status["ok"], &pipeline["held"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(pipeline["last_run"]["status"], "partial");
    assert_eq!(pipeline["oldest_unposted_order"]["number"], refused);
    assert_eq!(pipeline["oldest_unposted_order"]["state"], "held");
}

#[tokio::test]
async fn status_is_not_ok_while_a_connection_cannot_be_used() {
    let api = Api::with_orders(3).await;
    api.world.books().set_subscription(false);
    api.start("orders", "").await;
    api.run_is_over().await;
    let failed = status(&api).await;
    assert_eq!(
        (&failed["ok"], &failed["connections"]["books"]["state"]),
        (&json!(false), &json!("failed"))
    );
    let trouble = failed["connections"]["books"]["trouble"].as_str().unwrap();
    assert!(trouble.contains("subscription"), "{trouble}");
    assert_eq!(failed["connections"]["store"]["state"], "ok");
    assert_eq!(failed["pipelines"][0]["last_run"]["status"], "failed");
    let lag = &failed["pipelines"][0]["lag_seconds"];
    assert!(lag.is_i64(), "counted from the first run: {lag}");

    api.world.books().set_subscription(true);
    api.pass(3);
    let pause = api.world.books().hold_answer(When::Write(1));
    api.start("orders", "").await;
    api.is_held(&pause).await;
    let running = status(&api).await;
    assert_eq!(running["pipelines"][0]["state"], "running");
    assert_eq!(running["limiter"]["books"]["in_flight"], 1);
    pause.release();
    api.run_is_over().await;
    assert_eq!(status(&api).await["ok"], true);
}
