//! The history of runs.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::super::extract::Asked;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use crate::domain::{BatchId, PipelineName, SyncStatus};
use crate::engine::{RunReport, history, usually};
use crate::store::{RunFilter, StoreError};

/// Which runs.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct RunsQuery {
    /// At most so many, up to 500; 50 where nothing is said.
    limit: Option<u32>,
    /// Only those of this status.
    status: Option<SyncStatus>,
    /// Only those of this pipeline.
    pipeline: Option<String>,
    /// Only those before this one: the last of the page before.
    before: Option<String>,
}

/// A page of the history.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct Runs {
    /// The runs, newest first.
    runs: Vec<RunReport>,
}

/// The history of runs, newest first
#[utoipa::path(
    get, path = "/api/sync/runs", tag = "sync", params(RunsQuery),
    responses((status = 200, description = "The runs", body = Runs))
)]
pub(in super::super) async fn list(
    State(app): State<Shared>,
    Asked(query): Asked<RunsQuery>,
) -> Result<Json<Runs>, ApiProblem> {
    let filter = RunFilter {
        limit: query.limit.unwrap_or(50).clamp(1, 500),
        status: query.status,
        pipeline: query.pipeline.map(PipelineName::new),
        before: query.before.map(BatchId::new),
        ..RunFilter::default()
    };
    let runs = reports(&app, &filter).await?;
    Ok(Json(Runs { runs }))
}

/// The runs with what the active ones say about themselves.
pub(in super::super) async fn reports(
    app: &App,
    filter: &RunFilter,
) -> Result<Vec<RunReport>, StoreError> {
    let now = app.clock.now();
    let mut reports = Vec::new();
    for run in history::runs(&app.store, filter).await? {
        let active = app.engine.active(&run.batch.pipeline);
        // it is asked while one waits for the end
        let usual = if run.batch.status.is_at_rest() {
            None
        } else {
            usually(&app.store, &run.batch).await?
        };
        reports.push(RunReport::new(run, active.as_ref(), usual, now));
    }
    Ok(reports)
}
