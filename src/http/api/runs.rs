//! The history of runs.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::problem::ApiProblem;
use super::super::router::Shared;
use crate::domain::{PipelineName, SyncStatus};
use crate::engine::SyncReport;
use crate::store::RunFilter;

/// `GET /api/sync/runs?limit=&status=&pipeline=`
#[derive(Debug, Deserialize)]
pub(in super::super) struct RunsQuery {
    limit: Option<u32>,
    status: Option<SyncStatus>,
    pipeline: Option<String>,
}

pub(in super::super) async fn list(
    State(app): State<Shared>,
    query: Result<Query<RunsQuery>, QueryRejection>,
) -> Result<Json<Value>, ApiProblem> {
    let Query(query) = query.map_err(|error| ApiProblem::bad_request(error.body_text()))?;
    let filter = RunFilter {
        limit: query.limit.unwrap_or(50).clamp(1, 500),
        status: query.status,
        pipeline: query.pipeline.map(PipelineName::new),
        ..RunFilter::default()
    };
    let now = app.clock.now();
    let runs: Vec<Value> = app
        .store
        .runs(&filter)
        .await?
        .into_iter()
        .map(|run| {
            let active = app.engine.active(&run.batch.pipeline);
            let syncs: Vec<SyncReport> = run
                .syncs
                .into_iter()
                .map(|row| SyncReport::new(row, active.as_ref(), now))
                .collect();
            json!({
                "batch_id": run.batch.id,
                "pipeline": run.batch.pipeline,
                "tenant_id": run.batch.tenant,
                "trigger": run.batch.trigger,
                "options": run.batch.options,
                "status": run.batch.status,
                "error": run.batch.error,
                "started_at": run.batch.started_at,
                "completed_at": run.batch.completed_at,
                "syncs": syncs,
            })
        })
        .collect();
    Ok(Json(json!({ "runs": runs })))
}
