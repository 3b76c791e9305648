//! The HTTP client all connectors use: time limits, a body limit, no redirects, and transport
//! trouble told apart by the one question that matters for writes: can it have arrived?

use std::error::Error as _;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Url};

use crate::Failure;

/// No answer of either system is near this; a larger one is junk.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// An HTTP client without redirects, since a redirect would carry the credentials elsewhere.
#[derive(Clone, Debug)]
pub struct HttpClient {
    inner: reqwest::Client,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; what is not UTF-8 is replaced.
    pub body: String,
}

impl HttpClient {
    /// A client that gives up after `timeout` for a whole exchange.
    pub fn new(timeout: Duration) -> Result<Self, Failure> {
        // a second call finds the provider installed and changes nothing
        let _ = rustls::crypto::ring::default_provider().install_default();
        let inner = reqwest::Client::builder()
            .user_agent(concat!("daybook/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(15)))
            .redirect(reqwest::redirect::Policy::none())
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| {
                Failure::stop(
                    "http_client",
                    format!("the HTTP client cannot be set up: {error}"),
                    "check that the system's certificate store is installed (`ca-certificates`)",
                )
            })?;
        Ok(Self { inner })
    }

    /// A GET request to be completed and sent with [`HttpClient::send`].
    pub fn get(&self, url: Url) -> RequestBuilder {
        self.inner.get(url)
    }

    /// A POST request to be completed and sent with [`HttpClient::send`].
    pub fn post(&self, url: Url) -> RequestBuilder {
        self.inner.post(url)
    }

    /// Sends and reads the whole answer, whatever its status. Fails only where no whole answer came;
    /// unless the connection was refused, [`Failure::outcome_unknown`] is then true.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let mut response = request.send().await.map_err(|error| transport(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error))? {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(
                    Failure::retry("answer_too_large", "the answer is larger than 64 MiB")
                        .with_unknown_outcome(),
                );
            }
            body.extend_from_slice(&chunk);
        }
        let body = String::from_utf8(body)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}

impl Answer {
    /// The server's hint how long to wait, as seconds or as a date against `now`.
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Duration::from_secs(seconds));
        }
        let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(now.duration_until(date)).ok()
    }

    /// The server's `Date`, where it sent a readable one.
    pub fn date(&self) -> Option<Timestamp> {
        let text = self.headers.get(reqwest::header::DATE)?.to_str().ok()?;
        jiff::fmt::rfc2822::parse(text)
            .ok()
            .map(|date| date.timestamp())
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body's beginning in one line, for error texts.
    pub fn excerpt(&self) -> String {
        let text: String = self.body.chars().take(200).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The failure for an exchange that did not complete. `error` is stripped of its URL, which may hold
/// customers' data.
fn transport(error: &reqwest::Error) -> Failure {
    let mut cause = None;
    let mut source = error.source();
    while let Some(inner) = source {
        cause = Some(inner.to_string());
        source = inner.source();
    }
    let cause = cause.unwrap_or_else(|| "unknown cause".to_owned());
    if error.is_builder() {
        return Failure::stop(
            "bad_request_address",
            format!("the request cannot be made: {cause}"),
            "check the connection's addresses in the configuration",
        );
    }
    if error.is_connect() {
        if cause.to_lowercase().contains("certificate") {
            return Failure::stop(
                "certificate",
                format!("the server's certificate is not trusted: {cause}"),
                "mend the server's certificate, or install its authority on this machine",
            );
        }
        return Failure::retry(
            "unreachable",
            format!("the server cannot be reached: {cause}"),
        );
    }
    if error.is_timeout() {
        return Failure::retry("timeout", "no answer came in time").with_unknown_outcome();
    }
    Failure::retry(
        "connection_lost",
        format!("the connection was lost: {cause}"),
    )
    .with_unknown_outcome()
}
