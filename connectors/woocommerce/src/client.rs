//! Requests to the store: signed, repeated where that helps, answered with JSON or a [`Failure`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kit::{Answer, Chance, Clock, Failure, HttpClient, Kind, RetryPolicy, retry};
use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use url::Url;

use crate::Settings;
use crate::answer;

/// Reads are repeated a few times within seconds; what lasts longer is the engine's to wait for.
const READS: RetryPolicy = RetryPolicy {
    first: Duration::from_secs(1),
    cap: Duration::from_secs(20),
    attempts: 4,
};

/// A store's REST API.
pub(crate) struct Client {
    http: HttpClient,
    root: Url,
    key: String,
    secret: SecretString,
    clock: Arc<dyn Clock>,
    chance: Arc<Chance>,
}

/// Shows where it leads, and no keys.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("root", &self.root.as_str())
            .finish_non_exhaustive()
    }
}

/// What an answer says beside its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// How many entities fit the question (`X-WP-Total`).
    pub(crate) total: Option<u64>,
    /// The store's clock when it was asked, not when it had answered: a page can take long, and
    /// what is read at its beginning may be younger than its `Date` makes it look.
    pub(crate) asked_at: Timestamp,
    /// Our clock at that moment.
    pub(crate) sent_at: Timestamp,
}

impl Client {
    pub(crate) fn new(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        chance: Arc<Chance>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            http: HttpClient::new(settings.timeout)?,
            root: settings.api_root()?,
            key: settings.consumer_key.clone(),
            secret: settings.consumer_secret.clone(),
            clock,
            chance,
        })
    }

    /// Our own clock's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A list below `wp-json/`, handed to `read` as slices of the answer.
    pub(crate) async fn list<T>(
        &self,
        path: &str,
        query: &[(&str, String)],
        read: impl Fn(&[&RawValue], Told) -> T,
    ) -> Result<T, Failure> {
        self.get(path, query, |answer, told, now| {
            let items: Vec<&RawValue> = answer::json(answer, path, now)?;
            Ok(read(&items, told))
        })
        .await
    }

    /// An object below `wp-json/`.
    pub(crate) async fn object(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<(Box<RawValue>, Told), Failure> {
        self.get(path, query, |answer, told, now| {
            let object: &RawValue = answer::json(answer, path, now)?;
            Ok((object.to_owned(), told))
        })
        .await
    }

    /// Writes an object below `wp-json/`, once.
    pub(crate) async fn write(&self, path: &str, body: &serde_json::Value) -> Result<(), Failure> {
        let request = self
            .http
            .post(self.url(path)?)
            .basic_auth(&self.key, Some(self.secret.expose_secret()))
            .json(body);
        let answer = self.http.send(request).await?;
        answer::json::<&RawValue>(&answer, path, self.clock.now()).map(|_| ())
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        self.root.join(path).map_err(|error| {
            Failure::stop(
                "bad_url",
                format!("`{path}` cannot be asked for: {error}"),
                "mend the connection's `url` in the configuration",
            )
        })
    }

    async fn get<T>(
        &self,
        path: &str,
        query: &[(&str, String)],
        read: impl Fn(&Answer, Told, Timestamp) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let clock = self.clock.as_ref();
        retry(&READS, clock, &self.chance, || async {
            let sent_at = clock.now();
            let request = self
                .http
                .get(url.clone())
                .basic_auth(&self.key, Some(self.secret.expose_secret()))
                .header(reqwest::header::ACCEPT, "application/json");
            let answer = self.http.send(request).await.map_err(repeatable)?;
            let now = clock.now();
            let took = sent_at.duration_until(now).max(SignedDuration::ZERO);
            let told = Told {
                total: answer.header("x-wp-total").and_then(|it| it.parse().ok()),
                asked_at: answer
                    .date()
                    .map_or(sent_at, |date| date.saturating_sub(took).unwrap_or(date)),
                sent_at,
            };
            read(&answer, told, now)
        })
        .await
    }
}

/// A read may be repeated even where nobody knows whether the last one arrived.
fn repeatable(failure: Failure) -> Failure {
    match failure.kind() {
        Kind::Retry { after } => {
            Failure::retry(failure.code().to_owned(), failure.to_string()).after(after)
        }
        Kind::Reject | Kind::Stop => failure,
    }
}
