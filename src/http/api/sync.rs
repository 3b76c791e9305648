//! Starting a sync and asking how far it is.

use std::sync::PoisonError;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
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
    Path(stream): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Started>), ApiProblem> {
    let stream: StreamName = stream.parse().map_err(ApiProblem::not_found)?;
    let request: StartRequest = if body.is_empty() {
        StartRequest::default()
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| ApiProblem::bad_request(format!("the body cannot be read: {error}")))?
    };
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
        return Ok((StatusCode::ACCEPTED, Json(started(&run, None))));
    }
    let name = pipeline(&app, stream, request.pipeline)?;
    cool_down(&app, &name)?;
    let options = RunOptions {
        streams: vec![stream],
        full: request.full_sync,
        dry_run: request.dry_run,
        limit: request.limit,
        since: None,
        until: None,
    };
    let run = app.engine.start(&name, options, Trigger::Api).await?;
    Ok((StatusCode::ACCEPTED, Json(started(&run, Some(stream)))))
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

fn cool_down(app: &App, name: &PipelineName) -> Result<(), ApiProblem> {
    let now = app.clock.now();
    let mut starts = app
        .last_starts
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let since = starts
        .get(name)
        .map(|last: &Timestamp| last.duration_until(now));
    if since.is_some_and(|since| Duration::try_from(since).unwrap_or_default() < COOL_DOWN) {
        return Err(ApiProblem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "started_just_now",
            "this pipeline was started less than 3 seconds ago",
        ));
    }
    starts.insert(name.clone(), now);
    Ok(())
}

fn started(run: &RunHandle, stream: Option<StreamName>) -> Started {
    let progress = run.progress.borrow();
    let wanted = progress
        .streams
        .iter()
        .find(|progress| stream.is_none_or(|stream| progress.stream == stream));
    Started {
        sync_id: wanted
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
    Path(sync_id): Path<String>,
) -> Result<Json<SyncReport>, ApiProblem> {
    let row = app
        .store
        .sync(&SyncId::new(sync_id.clone()))
        .await?
        .ok_or_else(|| ApiProblem::not_found(format!("there is no sync `{sync_id}`")))?;
    let active = app.engine.active(&row.pipeline);
    Ok(Json(SyncReport::new(row, active.as_ref(), app.clock.now())))
}
