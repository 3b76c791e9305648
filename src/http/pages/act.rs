//! What buttons do. Each answers with the page to look at next, so that a reload repeats nothing.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Redirect;
use kit::PostingId;
use serde::Deserialize;

use super::super::api;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::parts;
use crate::domain::{PipelineName, RunOptions};
use crate::store::Release;

/// Which pipeline.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sync {
    pipeline: String,
}

/// Who did it, in the journal's notes.
const ACTOR: &str = "page";

type Filled<T> = Result<Form<T>, FormRejection>;

fn filled<T>(form: Filled<T>) -> Result<T, ApiProblem> {
    let Form(form) = form.map_err(|error| ApiProblem::bad_request(error.body_text()))?;
    Ok(form)
}

/// Starts a run of all streams; with one that is active already that one is shown.
pub(super) async fn sync(
    State(app): State<Shared>,
    form: Filled<Sync>,
) -> Result<Redirect, ApiProblem> {
    let form = filled(form)?;
    let name = api::journal::known_pipeline(&app, Some(&form.pipeline))?
        .ok_or_else(|| ApiProblem::bad_request("the form names no pipeline"))?;
    if app.engine.active(&name).is_none() {
        let begun = api::sync::begin(&app, &name, RunOptions::default()).await;
        match begun.err() {
            // a run of another process, or one that ended a moment ago: the overview shows it
            Some(problem)
                if problem.code == "run_active"
                    || problem.status == StatusCode::TOO_MANY_REQUESTS => {}
            Some(problem) => return Err(problem),
            None => {}
        }
    }
    Ok(Redirect::to("/"))
}

/// What to do with which run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Steer {
    batch: String,
    action: Action,
    #[serde(default)]
    back: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Pause,
    Resume,
    Cancel,
}

pub(super) async fn run(
    State(app): State<Shared>,
    form: Filled<Steer>,
) -> Result<Redirect, ApiProblem> {
    let form = filled(form)?;
    let batch = match form.action {
        Action::Pause => app.engine.pause(&form.batch).await?.batch,
        Action::Cancel => app.engine.cancel(&form.batch).await?.batch,
        Action::Resume => api::control::go_on(&app, &form.batch).await?,
    };
    Ok(match form.back.as_deref() {
        Some("overview") => Redirect::to("/"),
        Some(_) | None => Redirect::to(&format!("/runs/{batch}")),
    })
}

/// What somebody decides about: one posting, or all of a cause.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    #[serde(default)]
    posting: Option<String>,
    #[serde(default)]
    cause: Option<String>,
    /// What of the cause was seen, where it is to be left out: its mark.
    #[serde(default)]
    seen: Option<String>,
    /// Only of this pipeline.
    #[serde(default)]
    pipeline: Option<String>,
    /// The order to show afterwards.
    #[serde(default)]
    order: Option<String>,
}

impl Which {
    fn postings(&self) -> Result<Release, ApiProblem> {
        match (&self.posting, &self.cause) {
            (Some(id), None) => Ok(Release::Ids(vec![PostingId::new(id)])),
            (None, Some(code)) => api::retry::known_cause(code),
            (Some(_), Some(_)) | (None, None) => Err(ApiProblem::bad_request(
                "the form names neither one posting nor one cause",
            )),
        }
    }

    fn pipeline(&self, app: &App) -> Result<Option<PipelineName>, ApiProblem> {
        api::journal::known_pipeline(app, self.pipeline.as_deref())
    }

    /// The page to look at next.
    fn next(self) -> Redirect {
        let path = match &self.order {
            Some(number) => parts::order_path(number),
            None => "/held".to_owned(),
        };
        let pipeline = self.pipeline.unwrap_or_default();
        Redirect::to(&parts::link(&path, &[("pipeline", &pipeline)]))
    }
}

pub(super) async fn retry(
    State(app): State<Shared>,
    form: Filled<Which>,
) -> Result<Redirect, ApiProblem> {
    let form = filled(form)?;
    let pipeline = form.pipeline(&app)?;
    api::retry::release(&app, &form.postings()?, pipeline.as_ref(), ACTOR).await?;
    Ok(form.next())
}

pub(super) async fn hold(
    State(app): State<Shared>,
    form: Filled<Which>,
) -> Result<Redirect, ApiProblem> {
    let form = filled(form)?;
    let Some(id) = &form.posting else {
        return Err(ApiProblem::bad_request("the form names no posting"));
    };
    api::decide::hold_back(&app, PostingId::new(id), ACTOR).await?;
    Ok(form.next())
}

pub(super) async fn exclude(
    State(app): State<Shared>,
    form: Filled<Which>,
) -> Result<Redirect, ApiProblem> {
    let form = filled(form)?;
    let pipeline = form.pipeline(&app)?;
    match form.postings()? {
        Release::Cause(code) => {
            let seen = form.seen.as_deref().unwrap_or_default();
            api::decide::leave_out_seen(&app, &code, seen, pipeline.as_ref(), ACTOR).await?
        }
        which => api::decide::leave_out(&app, &which, ACTOR).await?,
    };
    Ok(form.next())
}
