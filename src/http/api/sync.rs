//! Starting a sync and asking how far it is.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use kit::StreamName;
use serde::{Deserialize, Serialize};

use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use crate::domain::{PipelineName, RunOptions, SyncId, SyncStatus, Trigger};
use crate::engine::{RunHandle, SyncReport};

/// Two starts of a pipeline are at least so far apart: a double click is one start.
const COOL_DOWN: Duration = Duration::from_secs(3);

/// `POST /api/sync/woocommerce/{stream}`: all members are optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct StartRequest {
    target: Option<String>,
    full_sync: bool,
    dry_run: bool,
    limit: Option<u64>,
    resume_from: Option<String>,
    pipeline: Option<String>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct Started {
    sync_id: String,
    batch_id: String,
    status: SyncStatus,
    records_processed: u64,
    message: &'static str,
}

pub(in super::super) async fn start(
    State(app): State<Shared>,
    stream: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Started>), ApiProblem> {
    let Path(stream) = stream?;
    let stream: StreamName = stream.parse().map_err(ApiProblem::not_found)?;
    let body = body?;
    let request = understand(&body)
        .map_err(|error| ApiProblem::bad_request(format!("the body cannot be read: {error}")))?;
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
        let run = app.engine.resume(id).await?;
        return Ok((StatusCode::ACCEPTED, Json(started(&run, stream))));
    }
    let name = pipeline(&app, stream, request.pipeline)?;
    let before = cool_down(&app, &name)?;
    let options = RunOptions {
        streams: vec![stream],
        full: request.full_sync,
        dry_run: request.dry_run,
        limit: request.limit,
        ..RunOptions::default()
    };
    match app.engine.start(&name, options, Trigger::Api).await {
        Ok(run) => Ok((StatusCode::ACCEPTED, Json(started(&run, stream)))),
        Err(error) => {
            take_back(&app, &name, before);
            Err(error.into())
        }
    }
}

/// An object; an array of values in order is none, though the members could be read from it.
fn understand(body: &[u8]) -> Result<StartRequest, serde_json::Error> {
    if body.is_empty() {
        return Ok(StartRequest::default());
    }
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body)?;
    serde_json::from_value(members.into())
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

pub(in super::super) async fn show(
    State(app): State<Shared>,
    sync_id: Result<Path<String>, PathRejection>,
) -> Result<Json<SyncReport>, ApiProblem> {
    let Path(sync_id) = sync_id?;
    let row = app
        .store
        .sync(&SyncId::new(sync_id.clone()))
        .await?
        .ok_or_else(|| ApiProblem::not_found(format!("there is no sync `{sync_id}`")))?;
    let active = app.engine.active(&row.pipeline);
    Ok(Json(SyncReport::new(row, active.as_ref(), app.clock.now())))
}
