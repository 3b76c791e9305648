//! Runs: steered by buttons, told with their charts, taken along as a file.

use sandbox::company::When;

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
    has(
        &page(&api, "/").await,
        &["Paused: nothing is posted until you press", "Go on"],
    );
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
        &["No run was made yet."],
    );
}
