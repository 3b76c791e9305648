//! Starting a sync, asking how far it is, going on with one that failed.

use sandbox::company::When;
use serde_json::{Value, json};

use super::api::Api;
use crate::support::{check_invariants, plain_store};
use daybook::http::Access;

/// What `GET /api/sync/status/{sync_id}` has, in any state: DESIGN §7.
const MEMBERS: [&str; 28] = [
    "sync_id",
    "batch_id",
    "pipeline",
    "tenant_id",
    "entity_type",
    "sync_mode",
    "dry_run",
    "status",
    "phase",
    "current_operation",
    "percentage",
    "records_total",
    "records_processed",
    "records_created",
    "records_updated",
    "records_skipped",
    "records_failed",
    "records_held",
    "current_batch",
    "total_batches",
    "records_per_second",
    "estimated_seconds_remaining",
    "started_at",
    "updated_at",
    "completed_at",
    "duration_ms",
    "resume_checkpoint",
    "errors",
];

const ORDERS: &str = "/api/sync/woocommerce/orders";

async fn report(api: &Api, started: &Value) -> Value {
    let id = started["sync_id"].as_str().unwrap();
    let report = api.get(&format!("/api/sync/status/{id}")).await.json();
    let members: Vec<&String> = report.as_object().unwrap().keys().collect();
    assert_eq!(members, MEMBERS);
    report
}

#[tokio::test]
async fn a_start_is_answered_at_once_and_its_sync_can_be_watched_to_its_end_and_ever_after() {
    let api = Api::with_orders(6).await;
    let pause = api.world.books().hold_answer(When::Write(1));
    let started = api.start("orders", r#"{"target":"quickbooks"}"#).await;
    assert_eq!(
        started,
        json!({
            "sync_id": started["sync_id"],
            "batch_id": started["batch_id"],
            "status": "running",
            "records_processed": 0,
            "message": "Sync started",
        })
    );
    api.is_held(&pause).await;
    let running = report(&api, &started).await;
    assert_eq!(running["status"], "running");
    assert_eq!(running["batch_id"], started["batch_id"]);
    assert_eq!(running["phase"], "syncing");
    assert_eq!(running["entity_type"], "orders");
    assert_eq!(running["records_processed"], 0, "no page is done yet");
    assert!(running["started_at"].is_string() && running["completed_at"].is_null());

    pause.release();
    api.run_is_over().await;
    let done = report(&api, &started).await;
    let figures = json!({
        "status": "completed", "phase": "done", "pipeline": "store-to-books", "tenant_id": "default",
        "sync_mode": "incremental", "dry_run": false, "percentage": 100, "records_processed": 6,
        "records_created": 6, "records_updated": 0, "records_skipped": 0, "records_failed": 0,
        "records_held": 0, "errors": [],
    });
    for (member, figure) in figures.as_object().unwrap() {
        assert_eq!(&done[member], figure, "{member}");
    }
    let checkpoint = &done["resume_checkpoint"];
    assert_eq!(checkpoint["entity_type"], "orders");
    assert_eq!(checkpoint["page"], done["current_batch"]);
    assert_eq!(done["total_batches"], done["current_batch"]);
    assert!(checkpoint["timestamp"].is_string());
    for member in ["started_at", "updated_at", "completed_at"] {
        let at = done[member].as_str().unwrap();
        assert!(
            at.parse::<jiff::Timestamp>().is_ok() && at.ends_with('Z'),
            "{member}: {at}"
        );
    }

    let api = api.reopened().await;
    assert_eq!(
        report(&api, &started).await,
        done,
        "another process says the same"
    );
    check_invariants(&api.world).await;
}

#[tokio::test]
async fn while_a_run_is_active_another_is_refused_with_the_id_of_the_first() {
    let api = Api::with_orders(3).await;
    let pause = api.world.books().hold_answer(When::Write(1));
    let started = api.start("orders", "").await;
    api.is_held(&pause).await;
    // it is named at once, and refused starts are no starts: none of them makes the next wait
    for stream in ["orders", "customers", "orders"] {
        let answer = api
            .post(&format!("/api/sync/woocommerce/{stream}"), "")
            .await;
        answer.refuses(409, "run_active");
        assert_eq!(answer.json()["batch_id"], started["batch_id"]);
    }
    // nor can another process begin one
    let other = api.world.open(daybook::engine::Tripwire::none()).await;
    let refusal = other
        .engine
        .start(
            &super::api::pipeline(),
            daybook::domain::RunOptions::default(),
            daybook::domain::Trigger::Api,
        )
        .await
        .unwrap_err();
    let batch = started["batch_id"].as_str().unwrap();
    assert!(refusal.to_string().contains(batch), "{refusal}");
    other.store.close().await;

    let body = json!({ "resume_from": started["batch_id"] }).to_string();
    api.post(ORDERS, &body).await.refuses(409, "run_active");

    pause.release();
    api.run_is_over().await;
    api.pass(3);
    let next = api.start("orders", "").await;
    assert_ne!(next["batch_id"], started["batch_id"]);
    api.run_is_over().await;
    check_invariants(&api.world).await;
}

#[tokio::test]
async fn two_starts_within_three_seconds_are_one() {
    let api = Api::with_orders(1).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    api.pass(2);
    for stream in ["orders", "customers"] {
        let answer = api
            .post(&format!("/api/sync/woocommerce/{stream}"), "")
            .await;
        answer.refuses(429, "started_just_now");
    }
    api.pass(1);
    api.start("customers", "").await;
    api.run_is_over().await;
}

#[tokio::test]
async fn going_on_with_a_run_is_a_start_like_others() {
    let api = Api::with_orders(1).await;
    api.world.books().set_subscription(false);
    let failed = api.start("orders", "").await;
    api.run_is_over().await;
    let body = json!({ "resume_from": failed["batch_id"] }).to_string();
    let answer = api.post(ORDERS, &body).await;
    answer.refuses(429, "started_just_now");
    api.pass(3);
    api.start("orders", &body).await;
    api.run_is_over().await;
    let answer = api.post("/api/sync/woocommerce/customers", "").await;
    answer.refuses(429, "started_just_now");
}

#[tokio::test]
async fn options_of_the_body_are_those_of_the_run() {
    let api = Api::with_orders(5).await;
    let started = api.start("orders", r#"{"dry_run":true,"limit":2}"#).await;
    api.run_is_over().await;
    let rehearsed = report(&api, &started).await;
    assert_eq!(rehearsed["dry_run"], true);
    assert_eq!(rehearsed["records_processed"], 2);
    assert!(api.world.books().documents().is_empty());

    api.pass(3);
    let body = r#"{"full_sync":true,"limit":3,"pipeline":"store-to-books"}"#;
    let started = api.start("orders", body).await;
    api.run_is_over().await;
    let done = report(&api, &started).await;
    assert_eq!(
        (&done["sync_mode"], &done["records_created"]),
        (&json!("full"), &json!(3))
    );
    assert_eq!(api.world.books().documents().len(), 3);
}

#[tokio::test]
async fn a_body_that_is_not_understood_starts_nothing() {
    let api = Api::with_orders(1).await;
    for body in [
        "{",
        "nonsense",
        "[]",
        r#"{"limit":"many"}"#,
        r#"{"limit":-1}"#,
        r#"{"full":true}"#,
        r#"{"target":"xero"}"#,
    ] {
        api.post(ORDERS, body).await.refuses(400, "bad_request");
    }
    let endless = format!(r#"{{"pipeline":"{}"}}"#, "x".repeat(3 * 1024 * 1024));
    api.post(ORDERS, &endless)
        .await
        .refuses(413, "body_refused");
    for (path, body) in [
        ("/api/sync/woocommerce/payments", ""),
        (ORDERS, r#"{"pipeline":"nope"}"#),
        (ORDERS, r#"{"resume_from":"nope"}"#),
    ] {
        let answer = api.post(path, body).await;
        answer.refuses(404, "not_found");
    }
    let answer = api.post(ORDERS, r#"{"resume_from":"nope"}"#).await;
    assert_eq!(answer.json()["detail"], "Batch ID [nope] not found.");
    api.get("/api/sync/status/nope")
        .await
        .refuses(404, "not_found");
    assert!(api.program.engine.active_runs().is_empty());
    let runs = api.get("/api/sync/runs").await.json();
    assert_eq!(runs, json!({ "runs": [] }));
}

#[tokio::test]
async fn a_stream_that_no_pipeline_has_is_not_there() {
    let mut setup = plain_store();
    setup.streams = r#"["orders"]"#;
    let api = Api::new(setup, 1, Access::default()).await;
    let answer = api.post("/api/sync/woocommerce/refunds", "").await;
    answer.refuses(404, "not_found");
}

#[tokio::test]
async fn a_failed_run_goes_on_where_it_was_by_its_id_or_that_of_its_sync() {
    for member in ["batch_id", "sync_id"] {
        let api = Api::with_orders(4).await;
        api.world.books().set_subscription(false);
        let started = api.start("orders", "").await;
        api.run_is_over().await;
        let failed = report(&api, &started).await;
        assert_eq!(failed["status"], "failed");
        let operation = failed["current_operation"].as_str().unwrap();
        assert!(operation.contains("subscription"), "{operation}");

        api.world.books().set_subscription(true);
        let api = api.reopened().await;
        let body = json!({ "resume_from": started[member] }).to_string();
        let resumed = api.start("orders", &body).await;
        assert_eq!(resumed, started, "it is the same run");
        api.run_is_over().await;
        let done = report(&api, &started).await;
        assert_eq!(done["status"], "completed");
        assert_eq!(api.world.books().documents().len(), 4);
        check_invariants(&api.world).await;
        // nothing of it is left to do
        api.post(ORDERS, &body).await.refuses(404, "not_found");
    }
}
