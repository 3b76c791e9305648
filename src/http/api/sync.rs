//! Starting a sync and asking how far it is.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use kit::StreamName;
use serde::{Deserialize, Serialize};

use super::super::extract::{Named, Sent};
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use crate::domain::{BatchId, PipelineName, RunOptions, SyncId, SyncStatus, Trigger};
use crate::engine::{RunHandle, StartError, SyncReport, find_batch, history};

/// Two starts of a pipeline are at least so far apart: a double click is one start.
const COOL_DOWN: Duration = Duration::from_secs(3);

/// What to start; all members are optional.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct StartRequest {
    /// `quickbooks`.
    target: Option<String>,
    /// Read from the beginning. What is unchanged stays untouched, nothing is posted twice.
    full_sync: bool,
    /// Read and map, but write and post nothing.
    dry_run: bool,
    /// At most so many records.
    limit: Option<u64>,
    /// Go on with this run; names the run or one of its streams. The other members are then its own.
    resume_from: Option<String>,
    /// Which pipeline, where more than one fits.
    pipeline: Option<String>,
}

/// A run that was started.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct Started {
    /// Names the stream of the run.
    sync_id: String,
    /// Names the run.
    batch_id: String,
    /// `running`.
    status: SyncStatus,
    /// 0.
    records_processed: u64,
    /// "Sync started".
    message: &'static str,
}

/// Start a run of one stream
///
/// Two starts of a pipeline are at least 3 seconds apart: 429 `started_just_now`. While a run is active: 409
/// `run_active` with its `batch_id`; while one is paused: 409 `run_paused`.
#[utoipa::path(
    post, path = "/api/sync/woocommerce/{stream}", tag = "sync",
    params(("stream" = String, Path, description = "`customers`, `products`, `orders` or `refunds`")),
    request_body(content = StartRequest, description = "May be left out"),
    responses((status = 202, description = "The run has begun", body = Started))
)]
pub(in super::super) async fn start(
    State(app): State<Shared>,
    Named(stream): Named<String>,
    Sent(request): Sent<StartRequest>,
) -> Result<(StatusCode, Json<Started>), ApiProblem> {
    let stream: StreamName = stream.parse().map_err(ApiProblem::not_found)?;
    if let Some(target) = request
        .target
        .as_deref()
        .filter(|target| *target != "quickbooks")
    {
        return Err(ApiProblem::bad_request(format!(
            "`{target}` is not a target: use quickbooks"
        )));
    }
    if let Some(id) = &request.resume_from {
        let run = go_on(&app, id).await?;
        return Ok((StatusCode::ACCEPTED, Json(started(&run, stream))));
    }
    let name = pipeline(&app, stream, request.pipeline)?;
    let options = RunOptions {
        streams: vec![stream],
        full: request.full_sync,
        dry_run: request.dry_run,
        limit: request.limit,
        ..RunOptions::default()
    };
    let run = begin(&app, &name, options).await?;
    Ok((StatusCode::ACCEPTED, Json(started(&run, stream))))
}

/// Starts a run for somebody who asks for it.
pub(in super::super) async fn begin(
    app: &App,
    name: &PipelineName,
    options: RunOptions,
) -> Result<RunHandle, ApiProblem> {
    not_while_active(app, name)?;
    not_while_paused(app, name).await?;
    let start = app.engine.start(name, options, Trigger::Api);
    cooled_down(app, name, start).await
}

/// Goes on with a run that has something left to do.
async fn go_on(app: &App, id: &str) -> Result<RunHandle, ApiProblem> {
    let unknown = || StartError::UnknownBatch(id.to_owned());
    let batch = find_batch(&app.store, id).await?.ok_or_else(unknown)?;
    not_while_active(app, &batch.pipeline)?;
    super::control::may_go_on(app, id).await?;
    if matches!(batch.status, SyncStatus::Completed | SyncStatus::Partial) {
        return Err(unknown().into());
    }
    cooled_down(app, &batch.pipeline, app.engine.resume(id)).await
}

/// Names the run that is active, however lately it was started.
fn not_while_active(app: &App, name: &PipelineName) -> Result<(), ApiProblem> {
    match app.engine.active(name) {
        Some(run) => Err(StartError::Active(run.batch).into()),
        None => Ok(()),
    }
}

/// Starts what is to be started, unless the last start was too short ago.
async fn cooled_down(
    app: &App,
    name: &PipelineName,
    start: impl Future<Output = Result<RunHandle, StartError>>,
) -> Result<RunHandle, ApiProblem> {
    let before = cool_down(app, name)?;
    match start.await {
        Ok(run) => Ok(run),
        Err(error) => {
            take_back(app, name, before);
            Err(error.into())
        }
    }
}

/// Refuses to start a run beside one that somebody paused: it would send what the paused one was to
/// send, and nobody would see the pause any longer.
pub(in super::super) async fn not_while_paused(
    app: &App,
    name: &PipelineName,
) -> Result<(), ApiProblem> {
    let paused = app.engine.paused(name).await.map_err(StartError::from)?;
    match paused {
        Some(paused) => Err(run_paused(name, &paused.id)),
        None => Ok(()),
    }
}

/// A paused run is in the way.
pub(super) fn run_paused(name: &PipelineName, paused: &BatchId) -> ApiProblem {
    ApiProblem::new(
        StatusCode::CONFLICT,
        "run_paused",
        format!("a run of `{name}` is paused: go on with it or cancel it first"),
    )
    .with(serde_json::json!({ "batch_id": paused.as_str() }))
}

/// The pipeline that is meant: the one named, or the only one with this stream.
fn pipeline(
    app: &App,
    stream: StreamName,
    named: Option<String>,
) -> Result<PipelineName, ApiProblem> {
    let names: Vec<PipelineName> = app
        .engine
        .pipelines()
        .filter(|pipeline| pipeline.streams.contains(&stream))
        .map(|pipeline| pipeline.name.clone())
        .collect();
    let known = || {
        names
            .iter()
            .map(PipelineName::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (named, names.as_slice()) {
        (Some(name), _) => names
            .iter()
            .find(|known| known.as_str() == name)
            .cloned()
            .ok_or_else(|| {
                ApiProblem::not_found(format!(
                    "no pipeline `{name}` has {stream}; known: {}",
                    known()
                ))
            }),
        (None, [only]) => Ok(only.clone()),
        (None, []) => Err(ApiProblem::not_found(format!(
            "no pipeline has the stream {stream}"
        ))),
        (None, _) => Err(ApiProblem::bad_request(format!(
            "several pipelines have {stream}: name one of {} as `pipeline`",
            known(),
        ))),
    }
}

/// Notes a start, unless the last one was too short ago; returns when that was.
fn cool_down(app: &App, name: &PipelineName) -> Result<Option<Timestamp>, ApiProblem> {
    let now = app.clock.now();
    let mut starts = starts(app);
    let last = starts.get(name).copied();
    let since = last.map(|last| Duration::try_from(last.duration_until(now)).unwrap_or_default());
    if since.is_some_and(|since| since < COOL_DOWN) {
        return Err(ApiProblem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "started_just_now",
            "this pipeline was started less than 3 seconds ago",
        ));
    }
    starts.insert(name.clone(), now);
    Ok(last)
}

/// What was not started holds nobody back.
fn take_back(app: &App, name: &PipelineName, before: Option<Timestamp>) {
    let mut starts = starts(app);
    match before {
        Some(before) => starts.insert(name.clone(), before),
        None => starts.remove(name),
    };
}

fn starts(app: &App) -> MutexGuard<'_, HashMap<PipelineName, Timestamp>> {
    app.last_starts
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// The answer: about the stream that was asked for, or the first of a resumed run without it.
fn started(run: &RunHandle, stream: StreamName) -> Started {
    let progress = run.progress.borrow();
    let asked_for = progress
        .streams
        .iter()
        .find(|progress| progress.stream == stream);
    let shown = asked_for.or(progress.streams.first());
    Started {
        sync_id: shown
            .map(|progress| progress.sync.to_string())
            .unwrap_or_default(),
        batch_id: run.batch.to_string(),
        status: SyncStatus::Running,
        records_processed: 0,
        message: "Sync started",
    }
}

/// Progress and result of one stream of a run
///
/// Runs that are over answer for good.
#[utoipa::path(
    get, path = "/api/sync/status/{sync_id}", tag = "sync",
    params(("sync_id" = String, Path, description = "The stream of a run")),
    responses((status = 200, description = "How far it is, or how it ended", body = SyncReport))
)]
pub(in super::super) async fn show(
    State(app): State<Shared>,
    Named(sync_id): Named<String>,
) -> Result<Json<SyncReport>, ApiProblem> {
    let row = history::sync(&app.store, &SyncId::new(sync_id.clone()))
        .await?
        .ok_or_else(|| ApiProblem::not_found(format!("there is no sync `{sync_id}`")))?;
    let active = app.engine.active(&row.pipeline);
    Ok(Json(SyncReport::new(row, active.as_ref(), app.clock.now())))
}
