//! A company's consent, given anew from the pages. An operator is led to Intuit's page; what comes back
//! is believed by the question it answers, since a browser sends no strict cookie with a way back from
//! another site.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use maud::html;
use serde::Deserialize;
use url::Url;

use super::super::extract::{Asked, Named};
use super::super::guard::{Caller, own_name, read_only};
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::words::connections as said;
use super::{head, may_act, parts, words};
use crate::domain::ConnectionName;

/// So long somebody may take to sign in at Intuit and choose the company.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// So many questions may be open.
const MOST: usize = 100;

/// The questions that Intuit has not answered yet.
#[derive(Default)]
pub(in super::super) struct Questions(Mutex<BTreeMap<String, (ConnectionName, Timestamp)>>);

impl Questions {
    fn ask(&self, state: String, name: ConnectionName, now: Timestamp) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, (_, at)| at.duration_until(now) < PATIENCE);
        if open.len() >= MOST {
            open.pop_first(); // the oldest: ids grow
        }
        open.insert(state, (name, now));
    }

    /// About which connection the question was; it is answered once.
    fn answered(&self, state: &str, now: Timestamp) -> Option<ConnectionName> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, at) = open.remove(state)?;
        (at.duration_until(now) < PATIENCE).then_some(name)
    }
}

/// Where Intuit leads back to.
pub(super) fn redirect(app: &App) -> String {
    let own = &app.config.server.public_url;
    own.join("connections/callback")
        .map_or_else(|_| own.to_string(), |url| url.to_string())
}

/// Whether consent for this connection can be given from here.
pub(super) fn can(app: &App, name: &ConnectionName) -> bool {
    app.consents.contains_key(name)
}

/// Leads to Intuit's page.
pub(super) async fn begin(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Named(name): Named<String>,
) -> Result<Redirect, ApiProblem> {
    if !may_act(caller) {
        return Err(read_only());
    }
    let name = ConnectionName::new(name);
    let consent = app.consents.get(&name);
    let consent = consent.ok_or_else(|| ApiProblem::not_found(said::NO_COMPANY))?;
    let state = app.engine.new_id();
    let back: Url = redirect(&app)
        .parse()
        .map_err(|_| ApiProblem::not_found(said::NO_COMPANY))?;
    let page = (consent.page)(&back, &state);
    app.questions.ask(state, name, app.clock.now());
    Ok(Redirect::to(page.as_str()))
}

/// What Intuit sends back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    code: String,
    state: String,
    #[serde(rename = "realmId")]
    realm: String,
    error: String,
}

/// Takes the answer in, once, and says what came of it.
pub(super) async fn end(
    State(app): State<Shared>,
    headers: HeaderMap,
    Asked(answer): Asked<Answer>,
) -> Result<Response, ApiProblem> {
    own_name(&app.access, &headers)?;
    let name = app.questions.answered(&answer.state, app.clock.now());
    let name = name.ok_or_else(|| ApiProblem::bad_request(said::NOT_ASKED))?;
    if !answer.error.is_empty() || answer.code.is_empty() {
        return Err(ApiProblem::bad_request(said::NO_CONSENT));
    }
    let consent = app.consents.get(&name);
    let consent = consent.ok_or_else(|| ApiProblem::not_found(said::NO_COMPANY))?;
    let back: Url = redirect(&app)
        .parse()
        .map_err(|_| ApiProblem::not_found(said::NO_COMPANY))?;
    let accepted = (consent.accept)(answer.code.into(), answer.realm, back).await;
    let found = accepted.map_err(|failure| {
        let detail = format!("{failure}; {}", failure.remedy());
        ApiProblem::new(StatusCode::BAD_GATEWAY, "not_connected", detail)
    })?;
    app.store
        .audit("page", "connect", name.as_str(), said::CONSENT_GIVEN)
        .await?;
    app.engine.note_works(&name);
    let markup = html! {
        (head(words::CONNECTIONS))
        body class="alone" {
            main id="main" {
                h1 { (words::CONNECTIONS) }
                p class="answer" { (parts::prose(&said::connected(name.as_str(), &found))) }
                p { a href="/connections" { (said::BACK) } }
            }
        }
    };
    Ok(Html(markup.into_string()).into_response())
}
