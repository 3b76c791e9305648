//! What somebody decides about single postings: to hold them back, or to leave them out for good.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kit::PostingId;
use serde::Serialize;

use super::super::extract::Named;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::retry::{known_cause, known_posting, not_waiting};
use crate::domain::PipelineName;
use crate::store::Release;

/// What was decided.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct Decided {
    /// About how many postings.
    postings: u64,
    /// The same in words.
    message: &'static str,
}

/// Hold one posting back
///
/// It is not sent until somebody tries it again, whatever the store changes. 409 `not_queued` where it is not
/// queued: what is in a call just now cannot be held back, and what is held already waits.
#[utoipa::path(
    post, path = "/api/postings/{id}/hold", tag = "journal",
    params(("id" = String, Path, description = "The posting")),
    responses((status = 200, description = "It is held", body = Decided))
)]
pub(in super::super) async fn hold(
    State(app): State<Shared>,
    Named(id): Named<String>,
) -> Result<Json<Decided>, ApiProblem> {
    Ok(Json(hold_back(&app, PostingId::new(id), "api").await?))
}

/// Leave one posting out
///
/// What is not in the books does not come there, what is stays as it is. Trying it again brings it back. 409
/// `not_waiting` where it is neither held nor failed.
#[utoipa::path(
    post, path = "/api/postings/{id}/exclude", tag = "journal",
    params(("id" = String, Path, description = "The posting")),
    responses((status = 200, description = "It is left out", body = Decided))
)]
pub(in super::super) async fn exclude(
    State(app): State<Shared>,
    Named(id): Named<String>,
) -> Result<Json<Decided>, ApiProblem> {
    let which = Release::Ids(vec![PostingId::new(id)]);
    Ok(Json(leave_out(&app, &which, "api").await?))
}

/// Leave everything out that is held or failed for one cause
///
/// Whatever waits for it at that moment, in all pipelines, also what came since anybody looked. What was
/// looked at is left out one by one, or on the page Held.
#[utoipa::path(
    post, path = "/api/held/{cause}/exclude", tag = "journal",
    params(("cause" = String, Path, description = "The stable code of the cause")),
    responses((status = 200, description = "They are left out", body = Decided))
)]
pub(in super::super) async fn exclude_cause(
    State(app): State<Shared>,
    Named(code): Named<String>,
) -> Result<Json<Decided>, ApiProblem> {
    Ok(Json(leave_out(&app, &known_cause(&code)?, "api").await?))
}

/// Holds a queued posting back.
pub(in super::super) async fn hold_back(
    app: &App,
    id: PostingId,
    actor: &str,
) -> Result<Decided, ApiProblem> {
    let id = known_posting(app, id).await?;
    let held = app.store.hold_back(&[id], actor).await?;
    if held.is_empty() {
        return Err(ApiProblem::new(
            StatusCode::CONFLICT,
            "not_queued",
            "it is not queued, so there is nothing to hold back",
        ));
    }
    app.feed.decided(&app.engine);
    Ok(Decided {
        postings: held.len() as u64,
        message: "Held back: it is not sent until somebody tries it again",
    })
}

/// Leaves out what is held or failed.
pub(in super::super) async fn leave_out(
    app: &App,
    which: &Release,
    actor: &str,
) -> Result<Decided, ApiProblem> {
    let ids = match which {
        Release::Ids(ids) => {
            for id in ids {
                known_posting(app, id.clone()).await?;
            }
            ids.clone()
        }
        Release::Cause(cause) => app.store.waiting_for(cause).await?,
        // nobody leaves everything out at once
        Release::All => Vec::new(),
    };
    left_out(app, &ids, actor).await
}

/// Leaves out what somebody saw waiting for a cause, and nothing that has come since: `seen` is its
/// [`crate::store::CauseGroup::mark`].
pub(in super::super) async fn leave_out_seen(
    app: &App,
    cause: &str,
    seen: &str,
    pipeline: Option<&PipelineName>,
    actor: &str,
) -> Result<Decided, ApiProblem> {
    let groups = app.store.held_by_cause(pipeline).await?;
    let group = groups.iter().find(|group| group.cause == cause);
    let group = group.ok_or_else(not_waiting)?;
    if group.mark() != seen {
        return Err(ApiProblem::new(
            StatusCode::CONFLICT,
            "changed_meanwhile",
            "what waits for this reason has changed since you looked, so nothing was left out: look again",
        ));
    }
    left_out(app, &group.ids, actor).await
}

async fn left_out(app: &App, ids: &[PostingId], actor: &str) -> Result<Decided, ApiProblem> {
    let left_out = app.store.exclude_held(ids, actor).await?;
    if left_out.is_empty() {
        return Err(not_waiting());
    }
    app.feed.decided(&app.engine);
    Ok(Decided {
        postings: left_out.len() as u64,
        message: "Left out: what is not in the books does not come there",
    })
}
