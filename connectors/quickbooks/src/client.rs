//! One exchange with the company: address, token, answer, and what the limiter learns from it.
//!
//! Tries once, but for a refused access token, which is renewed once. What is repeated is decided by
//! the callers.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kit::{Answer, Clock, Failure, HttpClient, Lane, Limiter};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;

use crate::connection::Settings;
use crate::fault::{Asked, THROTTLED, TOKEN_REFUSED, decide, nothing_in_answer};
use crate::tokens::Tokens;

/// An answer that takes longer shows that the company cannot take so many calls at once.
const SLOW: Duration = Duration::from_secs(60);
/// A question longer than this goes into a body: proxies cut addresses.
const LONGEST_ADDRESS: usize = 1800;

/// The way to one company.
pub(crate) struct Client {
    pub(crate) settings: Settings,
    pub(crate) tokens: Tokens,
    pub(crate) clock: Arc<dyn Clock>,
    http: HttpClient,
    limiter: Arc<Limiter>,
}

impl Client {
    pub(crate) fn new(
        settings: Settings,
        tokens: Tokens,
        limiter: Arc<Limiter>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let http = HttpClient::new(settings.timeout)?;
        Ok(Self {
            settings,
            tokens,
            clock,
            http,
            limiter,
        })
    }

    /// Makes a write whose place with the limiter the caller has.
    pub(crate) async fn write<T: DeserializeOwned>(
        &self,
        path: &str,
        request_id: &str,
        body: &str,
        asked: Asked,
    ) -> Result<T, Failure> {
        let url = self
            .settings
            .company_url(path, &[("requestid", request_id)])?;
        let answer = self
            .exchange(asked, || {
                self.http
                    .post(url.clone())
                    .header(CONTENT_TYPE, "application/json")
                    .body(body.to_owned())
            })
            .await?;
        open(&answer, asked)
    }

    /// Reads `path`, once the limiter has a place.
    pub(crate) async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let url = self.settings.company_url(path, &[])?;
        self.read_with(|| self.http.get(url.clone())).await
    }

    /// Asks a question in `QuickBooks`' query language, once the limiter has a place.
    pub(crate) async fn query<T: DeserializeOwned>(&self, question: &str) -> Result<T, Failure> {
        let url: Url = self.settings.company_url("query", &[("query", question)])?;
        if url.as_str().len() <= LONGEST_ADDRESS {
            return self.read_with(|| self.http.get(url.clone())).await;
        }
        let url = self.settings.company_url("query", &[])?;
        self.read_with(|| {
            self.http
                .post(url.clone())
                .header(CONTENT_TYPE, "application/text")
                .body(question.to_owned())
        })
        .await
    }

    /// Tells the limiter that an item within a good answer was refused for its rate.
    pub(crate) fn throttled(&self) {
        self.limiter.refused(None);
    }

    async fn read_with<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<T, Failure> {
        let permit = self.limiter.admit(Lane::Single).await;
        permit.departure().await;
        let answer = self.exchange(Asked::Read, request).await;
        drop(permit);
        open(&answer?, Asked::Read)
    }

    /// Sends with the access token, and once more with another where that one is refused: a refused
    /// token is known not to have reached the books.
    async fn exchange(
        &self,
        asked: Asked,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Answer, Failure> {
        let access = self.tokens.access().await?;
        let first = self
            .send(asked, request().bearer_auth(access.token.expose_secret()))
            .await;
        match first {
            Err(failure) if failure.code() == TOKEN_REFUSED => {
                let access = self.tokens.another(&access).await?;
                self.send(asked, request().bearer_auth(access.token.expose_secret()))
                    .await
            }
            answer => answer,
        }
    }

    async fn send(&self, asked: Asked, request: RequestBuilder) -> Result<Answer, Failure> {
        let started = self.clock.now();
        if asked == Asked::Read {
            self.limiter.count_reads(1);
        }
        let sent = self
            .http
            .send(request.header(ACCEPT, "application/json"))
            .await;
        let now = self.clock.now();
        match sent {
            Ok(answer) => {
                let decided = decide(&answer, asked, now);
                self.learn(&answer, decided.as_ref().err(), started, now);
                decided.map(|()| answer)
            }
            Err(failure) => {
                if failure.outcome_unknown() {
                    self.limiter.struggled();
                }
                Err(lost(failure, asked))
            }
        }
    }

    /// What the limiter learns from an answer.
    fn learn(
        &self,
        answer: &Answer,
        failure: Option<&Failure>,
        started: Timestamp,
        now: Timestamp,
    ) {
        let took = Duration::try_from(started.duration_until(now)).unwrap_or_default();
        // Intuit's support asks for this id
        let intuit_tid = answer.header("intuit_tid").unwrap_or_default();
        tracing::debug!(
            status = answer.status,
            intuit_tid,
            took_ms = took.as_millis(),
            "QuickBooks answered"
        );
        if failure.is_some_and(|failure| failure.code() == THROTTLED) {
            self.limiter.refused(answer.retry_after(now));
        } else if answer.status >= 500 || took > SLOW {
            self.limiter.struggled();
        } else {
            self.limiter.succeeded();
        }
    }
}

/// The answer's content; a good answer that cannot be read leaves a write's outcome unknown.
fn open<T: DeserializeOwned>(answer: &Answer, asked: Asked) -> Result<T, Failure> {
    if answer.body.trim().is_empty() {
        return Err(nothing_in_answer(asked, "is empty"));
    }
    serde_json::from_str(&answer.body).map_err(|error| {
        let place = format!(
            "cannot be read (line {}, column {})",
            error.line(),
            error.column()
        );
        nothing_in_answer(asked, &place)
    })
}

/// A failure of the line. A read changes nothing, so its outcome is never in doubt.
fn lost(failure: Failure, asked: Asked) -> Failure {
    if asked == Asked::Read && matches!(failure.kind(), kit::Kind::Retry { .. }) {
        return Failure::retry(failure.code().to_owned(), failure.to_string());
    }
    failure
}
