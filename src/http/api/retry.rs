//! Trying again what is held or failed. The journal keeps that it was asked for, so it is never
//! forgotten: a run that begins at once, or the next one, sends it.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kit::PostingId;
use serde::Serialize;

use super::super::extract::Named;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use crate::domain::{PipelineName, RunOptions, Trigger, cause};
use crate::engine::StartError;
use crate::store::Release;

/// What was released.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_field_names, reason = "the name in the API")]
pub(in super::super) struct Released {
    /// How many postings.
    released: u64,
    /// The runs that send them; where a run is active already the next one does, and where one is paused that one.
    batch_ids: Vec<String>,
    /// The same in words.
    message: &'static str,
}

/// Try one posting again
///
/// Its record is mapped anew by the rules of now, and sent. 409 `not_waiting` where there is nothing to try again.
#[utoipa::path(
    post, path = "/api/postings/{id}/retry", tag = "journal",
    params(("id" = String, Path, description = "The posting")),
    responses((status = 202, description = "It is released", body = Released))
)]
pub(in super::super) async fn one(
    State(app): State<Shared>,
    Named(id): Named<String>,
) -> Result<(StatusCode, Json<Released>), ApiProblem> {
    let id = known_posting(&app, PostingId::new(id)).await?;
    let released = release(&app, &Release::Ids(vec![id]), None, "api").await?;
    Ok((StatusCode::ACCEPTED, Json(released)))
}

/// Try everything again that is held or failed for one cause
#[utoipa::path(
    post, path = "/api/held/{cause}/retry", tag = "journal",
    params(("cause" = String, Path, description = "The stable code of the cause")),
    responses((status = 202, description = "They are released", body = Released))
)]
pub(in super::super) async fn of_cause(
    State(app): State<Shared>,
    Named(code): Named<String>,
) -> Result<(StatusCode, Json<Released>), ApiProblem> {
    let released = release(&app, &known_cause(&code)?, None, "api").await?;
    Ok((StatusCode::ACCEPTED, Json(released)))
}

/// All that is held for a cause, which must be one of the catalogue.
pub(in super::super) fn known_cause(code: &str) -> Result<Release, ApiProblem> {
    match cause(code) {
        Some(cause) => Ok(Release::Cause(cause.code.to_owned())),
        None => Err(ApiProblem::not_found(format!("there is no cause `{code}`"))),
    }
}

/// A posting, which must be there.
pub(in super::super) async fn known_posting(
    app: &App,
    id: PostingId,
) -> Result<PostingId, ApiProblem> {
    let row = app.store.posting_rows(std::slice::from_ref(&id)).await?;
    if row.is_empty() {
        let id = id.as_str();
        return Err(ApiProblem::not_found(format!("there is no posting `{id}`")));
    }
    Ok(id)
}

/// Nothing of what was named waits.
pub(in super::super) fn not_waiting() -> ApiProblem {
    ApiProblem::new(
        StatusCode::CONFLICT,
        "not_waiting",
        "nothing of that is held or failed",
    )
}

/// Releases postings, of one pipeline or of all, and starts a run for each pipeline that has some.
pub(in super::super) async fn release(
    app: &App,
    which: &Release,
    pipeline: Option<&PipelineName>,
    actor: &str,
) -> Result<Released, ApiProblem> {
    let released = app.store.release_held(which, pipeline, actor).await?;
    if released.is_empty() {
        return Err(not_waiting());
    }
    app.feed.decided(&app.engine);
    let rows = app.store.posting_rows(&released).await?;
    let pipelines: BTreeSet<&PipelineName> = rows.iter().map(|row| &row.pipeline).collect();
    let mut batch_ids = Vec::new();
    let mut paused = false;
    for name in pipelines {
        // the run that somebody paused takes it up when it goes on
        if app.engine.paused(name).await?.is_some() {
            paused = true;
            continue;
        }
        let options = RunOptions {
            retry: true,
            ..RunOptions::default()
        };
        match app.engine.start(name, options, Trigger::Api).await {
            Ok(run) => batch_ids.push(run.batch.to_string()),
            // it is marked in the journal: the next run takes it up
            Err(
                StartError::Active(_)
                | StartError::ActiveElsewhere
                | StartError::UnknownPipeline(_),
            ) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Released {
        released: released.len() as u64,
        message: match (batch_ids.is_empty(), paused) {
            (true, true) => "Released: it is sent when the paused run goes on",
            (true, false) => "Released: the next run sends it",
            (false, true) => {
                "Released and being sent, but for what a paused run sends when it goes on"
            }
            (false, false) => "Released and being sent",
        },
        batch_ids,
    })
}
