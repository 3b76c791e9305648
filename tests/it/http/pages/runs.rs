//! Runs: steered by buttons, told with their charts, taken along as a file.

use daybook::domain::SyncStatus;
use daybook::store::Commit;
use sandbox::company::When;
use sandbox::store::{Fault, Matcher};

use super::{file, has, page, submit, with_one_held};
use crate::http::api::Api;

#[tokio::test]
async fn a_run_is_paused_and_goes_on_by_buttons_alone() {
    let api = Api::with_orders(2).await;
    let pause = api.world.books().hold_answer(When::Write(1));
    submit(&api, "/do/sync", "pipeline=store-to-books").await;
    api.is_held(&pause).await;
    let batch = api.program.engine.active_runs()[0].batch.to_string();
    let form = format!("batch={batch}&action=pause&back=overview");
    assert_eq!(submit(&api, "/do/run", &form).await.header("location"), "/");
    pause.release();
    api.run_is_over().await;
    let paused = page(&api, "/").await;
    has(
        &paused,
        &["Paused: nothing is posted until you press", "Go on"],
    );
    for never in ["next look", "runs when you say so"] {
        assert!(!paused.contains(never), "nothing is next: {paused}");
    }
    let form = format!("batch={batch}&action=resume");
    let resumed = submit(&api, "/do/run", &form).await;
    assert_eq!(resumed.header("location"), format!("/runs/{batch}"));
    api.run_is_over().await;
    has(
        &page(&api, &format!("/runs/{batch}")).await,
        &["completed", "Streams", "orders"],
    );
    assert_eq!(api.world.books().documents().len(), 2);
}

#[tokio::test]
async fn an_older_run_at_work_is_shown_however_many_came_after_it() {
    let api = Api::with_orders(2).await;
    let pause = api.world.books().hold_answer(When::write());
    let started = api.start("orders", "").await;
    api.is_held(&pause).await;
    let store = &api.program.store;
    let mut newest = String::new();
    for _ in 0..50 {
        let newer = api.begun_by("another process").await;
        let ended = store.finish_batch(&newer, "another process", SyncStatus::Completed, None);
        assert_eq!(ended.await.unwrap(), Commit::Done);
        newest = newer.to_string();
    }
    let batch = started["batch_id"].as_str().unwrap();
    let card = format!("data-run=\"{batch}\" data-live");
    for path in ["/runs", "/runs?status=running"] {
        let runs = page(&api, path).await;
        assert_eq!(runs.matches(&card).count(), 1, "{path}: {runs}");
    }
    assert!(!page(&api, "/runs?status=completed").await.contains(&card));
    let before = page(&api, &format!("/runs?before={newest}")).await;
    assert_eq!(before.matches(&card).count(), 1, "it is on this page");
    pause.release();
    api.run_is_over().await;
    assert!(!page(&api, "/runs").await.contains("data-live"));
}

#[tokio::test]
async fn the_history_is_a_list_a_chart_with_its_table_and_a_file() {
    let (api, _) = with_one_held().await;
    for _ in 0..3 {
        api.pass(3);
        api.start("orders", "").await;
        api.run_is_over().await;
    }
    let runs = page(&api, "/runs").await;
    has(
        &runs,
        &[
            "How long the runs took",
            "The same as a table",
            "partial",
            "completed",
            "nothing new",
            "asked for here",
        ],
    );
    let chart = runs.split("<figure>").nth(1).unwrap();
    let chart = chart.split("</figure>").next().unwrap();
    assert_eq!(chart.matches("<g>").count(), 4);
    let rows = chart.split("<tbody>").nth(1).unwrap();
    assert_eq!(rows.matches("<tr>").count(), 4, "the table has each bar");
    let lines = file(&api, "/runs.csv").await;
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0][..4], ["run", "pipeline", "trigger", "status"]);
    assert_eq!(file(&api, "/runs.csv?status=partial").await.len(), 2);
    has(
        &page(&api, "/runs?status=failed").await,
        &["No run has this status.", "interrupted"],
    );
    has(
        &page(&Api::with_orders(0).await, "/runs").await,
        &["No run was made yet."],
    );
}

#[tokio::test]
async fn the_pace_of_a_run_counts_its_documents_and_no_customers_or_products() {
    let api = Api::with_orders(3).await;
    let started = api.start("orders", "").await;
    api.run_is_over().await;
    let batch = started["batch_id"].as_str().unwrap();
    let run = page(&api, &format!("/runs/{batch}")).await;
    // its title, and once more for those who listen
    let chart = run.split("Documents over the run").nth(2).unwrap();
    let chart = chart.split("</figure>").next().unwrap();
    let table = super::without_tags(chart.split("<tbody>").nth(1).unwrap());
    let words: Vec<&str> = table.split(' ').collect();
    let counts = words
        .windows(2)
        .filter(|pair| pair[1].starts_with("document"));
    let counted: u64 = counts.map(|pair| pair[0].parse::<u64>().unwrap()).sum();
    assert_eq!(counted, 3, "{table}");
}

#[tokio::test]
async fn after_a_run_that_failed_nothing_is_said_to_be_all() {
    let api = Api::with_orders(2).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    has(
        &page(&api, "/").await,
        &["All 2 sales and refunds", "Last look"],
    );
    let store = Matcher::path("/orders").always();
    api.world.shop().plan_fault(store, Fault::KeyRevoked);
    api.pass(3);
    api.start("orders", "").await;
    api.run_is_over().await;
    let failed = page(&api, "/").await;
    has(
        &failed,
        &["The last run failed", "Last try", "are in the books"],
    );
    for never in ["All <a", "Last look"] {
        assert!(!failed.contains(never), "{failed}");
    }
}
