//! The history of runs.

use sandbox::company::When;
use serde_json::{Value, json};

use super::api::Api;

async fn runs(api: &Api, query: &str) -> Vec<Value> {
    let mut answer = api.get(&format!("/api/sync/runs{query}")).await.json();
    match answer["runs"].take() {
        Value::Array(runs) => runs,
        other => panic!("{other}"),
    }
}

fn ids(runs: &[Value]) -> Vec<&Value> {
    runs.iter().map(|run| &run["batch_id"]).collect()
}

#[tokio::test]
async fn runs_are_listed_newest_first_and_can_be_filtered() {
    let api = Api::with_orders(2).await;
    api.world.books().set_subscription(false);
    let failed = api.start("orders", "").await;
    api.run_is_over().await;
    api.world.books().set_subscription(true);
    let mut started = vec![failed];
    for stream in ["orders", "customers"] {
        api.pass(3);
        started.push(api.start(stream, "").await);
        api.run_is_over().await;
    }
    started.reverse();

    let all = runs(&api, "").await;
    assert_eq!(ids(&all), ids(&started));
    assert_eq!(ids(&runs(&api, "?limit=2").await), ids(&started)[..2]);
    assert_eq!(ids(&runs(&api, "?status=failed").await), ids(&started)[2..]);
    let completed = runs(&api, "?status=completed&limit=1").await;
    assert_eq!(ids(&completed), ids(&started)[..1]);
    assert_eq!(
        runs(&api, "?pipeline=store-to-books&limit=500").await.len(),
        3
    );
    assert!(runs(&api, "?pipeline=another").await.is_empty());
    assert!(runs(&api, "?status=paused").await.is_empty());

    let run = &all[2];
    assert_eq!(
        (
            &run["pipeline"],
            &run["tenant_id"],
            &run["trigger"],
            &run["status"]
        ),
        (
            &json!("store-to-books"),
            &json!("default"),
            &json!("api"),
            &json!("failed")
        )
    );
    assert!(run["error"].as_str().unwrap().contains("subscription"));
    assert_eq!(run["options"]["streams"], json!(["orders"]));
    assert_eq!(run["syncs"][0]["sync_id"], started[2]["sync_id"]);
    assert!(run["started_at"].is_string() && run["completed_at"].is_string());
}

#[tokio::test]
async fn a_run_under_way_is_listed_with_how_long_such_runs_usually_take() {
    let api = Api::with_orders(1).await;
    for _ in 0..3 {
        api.start("orders", "").await;
        api.run_is_over().await;
        api.pass(3);
    }
    api.world.sell_mugs(1);
    let pause = api.world.books().hold_answer(When::write());
    api.start("orders", "").await;
    api.is_held(&pause).await;
    let listed = runs(&api, "").await;
    assert_eq!(listed[0]["status"], "running");
    assert!(listed[0]["usually"]["until_ms"].is_u64(), "{}", listed[0]);
    for page in ["/", "/runs"] {
        let body = api.get(page).await.body;
        assert!(body.contains("usually takes "), "{page}: {body}");
    }
    pause.release();
    api.run_is_over().await;
}

#[tokio::test]
async fn filters_that_are_not_understood_are_refused() {
    let api = Api::with_orders(0).await;
    for query in [
        "?limit=many",
        "?limit=-1",
        "?limit=99999999999",
        "?status=done",
    ] {
        let answer = api.get(&format!("/api/sync/runs{query}")).await;
        answer.refuses(400, "bad_request");
    }
    for query in ["?limit=0", "?limit=4000000000", "?pipeline=", "?"] {
        assert!(runs(&api, query).await.is_empty(), "{query}");
    }
}
