//! Pausing, going on, cancelling.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::super::extract::Named;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::sync::run_paused;
use crate::domain::{BatchId, SyncStatus};
use crate::engine::{ControlError, find_batch};

/// What will become of a run.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct Accepted {
    /// The run.
    batch_id: String,
    /// What it will be at its next safe point; a run that goes on is that at once.
    status: SyncStatus,
    /// The same in words.
    message: &'static str,
}

fn accepted(batch: &BatchId, status: SyncStatus) -> (StatusCode, Json<Accepted>) {
    let message = match status {
        SyncStatus::Paused => "Sync pauses at its next safe point",
        SyncStatus::Cancelled => "Sync ends at its next safe point",
        _ => "Sync goes on",
    };
    let accepted = Accepted {
        batch_id: batch.to_string(),
        status,
        message,
    };
    (StatusCode::ACCEPTED, Json(accepted))
}

/// Pause a run
///
/// It stops at the next safe point with its checkpoint saved, and its pipeline runs again only when somebody
/// says so.
#[utoipa::path(
    post, path = "/api/sync/{sync_id}/pause", tag = "sync",
    params(("sync_id" = String, Path, description = "The run or one of its streams")),
    responses((status = 202, description = "It will be paused", body = Accepted))
)]
pub(in super::super) async fn pause(
    State(app): State<Shared>,
    Named(id): Named<String>,
) -> Result<(StatusCode, Json<Accepted>), ApiProblem> {
    let stopping = app.engine.pause(&id).await?;
    Ok(accepted(&stopping.batch, stopping.status))
}

/// Go on with a run
///
/// With one that is paused, interrupted, failed or cancelled, from its checkpoint.
#[utoipa::path(
    post, path = "/api/sync/{sync_id}/resume", tag = "sync",
    params(("sync_id" = String, Path, description = "The run or one of its streams")),
    responses((status = 202, description = "It goes on", body = Accepted))
)]
pub(in super::super) async fn resume(
    State(app): State<Shared>,
    Named(id): Named<String>,
) -> Result<(StatusCode, Json<Accepted>), ApiProblem> {
    let batch = go_on(&app, &id).await?;
    Ok(accepted(&batch, SyncStatus::Running))
}

/// Goes on with a run; one of which nothing is left says so.
pub(in super::super) async fn go_on(app: &App, id: &str) -> Result<BatchId, ApiProblem> {
    let batch = find_batch(&app.store, id).await?;
    let batch = batch.ok_or_else(|| ControlError::Unknown(id.to_owned()))?;
    if matches!(batch.status, SyncStatus::Completed | SyncStatus::Partial) {
        return Err(ControlError::NotActive(batch.id, batch.status).into());
    }
    may_go_on(app, id).await?;
    Ok(app.engine.resume(id).await?.batch)
}

/// Refuses to go on with a run while another of its pipeline is paused.
pub(super) async fn may_go_on(app: &App, id: &str) -> Result<(), ApiProblem> {
    let Some(batch) = find_batch(&app.store, id).await? else {
        return Ok(()); // it is told by whoever goes on
    };
    match app.engine.paused(&batch.pipeline).await? {
        Some(paused) if paused.id != batch.id => Err(run_paused(&batch.pipeline, &paused.id)),
        Some(_) | None => Ok(()),
    }
}

/// Cancel a run
///
/// It ends at the next safe point with its checkpoint kept; what it had read is posted by the next run.
#[utoipa::path(
    post, path = "/api/sync/{sync_id}/cancel", tag = "sync",
    params(("sync_id" = String, Path, description = "The run or one of its streams")),
    responses((status = 202, description = "It will be cancelled", body = Accepted))
)]
pub(in super::super) async fn cancel(
    State(app): State<Shared>,
    Named(id): Named<String>,
) -> Result<(StatusCode, Json<Accepted>), ApiProblem> {
    let stopping = app.engine.cancel(&id).await?;
    Ok(accepted(&stopping.batch, stopping.status))
}
