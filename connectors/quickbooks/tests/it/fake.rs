//! Intuit's token service and a company that answers two reads, just enough to show every mood of
//! OAuth. Refresh tokens are `refresh-1`, `refresh-2`, …, access tokens `access-1`, ….

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use daybook_quickbooks::{Environment, QuickBooks, Settings};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kit::{Chance, Clock, Learned, Limiter, Quotas};
use secrecy::SecretString;
use serde_json::json;
use tokio::task::JoinSet;

use crate::vault::MemoryVault;

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    pub(crate) fn push(&self, event: String) {
        self.0.lock().unwrap().push(event);
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// How many begin with `text`.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.all()
            .iter()
            .filter(|event| event.starts_with(text))
            .count()
    }
}

/// How the token service behaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mood {
    /// Replaced refresh tokens go on working.
    pub(crate) grace: bool,
    /// So many answers to refreshes are lost after the rotation.
    pub(crate) lose_answers: u32,
    /// The app's keys are not known.
    pub(crate) unknown_app: bool,
    /// So many refreshes are answered with 503 and HTML.
    pub(crate) outages: u32,
    /// The company refuses every access token.
    pub(crate) refuse_access: bool,
    /// The company refuses access tokens before this one.
    pub(crate) oldest_access: u32,
}

struct World {
    mood: Mood,
    /// Number of the refresh token that works.
    refresh: u32,
    /// Number of the newest access token.
    access: u32,
}

/// The fake, running until it is dropped.
pub(crate) struct Fake {
    pub(crate) events: Events,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) vault: Arc<MemoryVault>,
    address: String,
    world: Arc<Mutex<World>>,
    _server: JoinSet<()>,
}

#[derive(Clone)]
struct Handle {
    world: Arc<Mutex<World>>,
    events: Events,
}

impl Fake {
    /// A token service whose good refresh token is `refresh-1`, and an empty vault.
    pub(crate) async fn start(mood: Mood) -> Self {
        let events = Events::default();
        let world = Arc::new(Mutex::new(World {
            mood,
            refresh: 1,
            access: 0,
        }));
        let handle = Handle {
            world: world.clone(),
            events: events.clone(),
        };
        let router = Router::new()
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/v3/company/123/companyinfo/123", get(company))
            .route("/v3/company/123/preferences", get(preferences))
            .with_state(handle);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            vault: Arc::new(MemoryVault::new(events.clone())),
            events,
            clock: Arc::new(HandClock::default()),
            address,
            world,
            _server: server,
        }
    }

    /// The same with another vault.
    pub(crate) fn with_vault(mut self, make: impl FnOnce(MemoryVault) -> MemoryVault) -> Self {
        self.vault = Arc::new(make(MemoryVault::new(self.events.clone())));
        self
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.world.lock().unwrap().mood = mood;
    }

    /// A connector, as one process has it, with `configured` as its first refresh token.
    pub(crate) fn process(&self, configured: Option<&str>) -> QuickBooks {
        let secret = SecretString::from("client-secret");
        let mut settings = Settings::new(Environment::Sandbox, "123", "app", secret).unwrap();
        settings.base_url = self.address.parse().unwrap();
        settings.token_url = format!("{}/token", self.address).parse().unwrap();
        settings.revoke_url = format!("{}/revoke", self.address).parse().unwrap();
        settings.refresh_token = configured.map(SecretString::from);
        let quotas = Quotas {
            requests_per_minute: 500,
            requests_per_second: 1_000_000,
            batch_calls_per_minute: 40,
            concurrency: 100,
        };
        let fast = Quotas {
            requests_per_minute: 60_000_000,
            ..quotas
        };
        let clock: Arc<dyn Clock> = self.clock.clone();
        let limiter = Arc::new(Limiter::new(fast, Learned::default(), clock.clone()));
        let chance = Arc::new(Chance::seeded(1));
        QuickBooks::new(settings, self.vault.clone(), limiter, clock, chance).unwrap()
    }
}

async fn token(Shared(handle): Shared<Handle>, headers: HeaderMap, body: String) -> Response {
    let mut world = handle.world.lock().unwrap();
    assert_eq!(headers["authorization"], "Basic YXBwOmNsaWVudC1zZWNyZXQ=");
    assert_eq!(headers["accept"], "application/json");
    let form: std::collections::BTreeMap<String, String> =
        reqwest::Url::parse(&format!("http://form/?{body}"))
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect();
    if world.mood.unknown_app {
        return (StatusCode::UNAUTHORIZED, r#"{"error":"invalid_client"}"#).into_response();
    }
    if world.mood.outages > 0 {
        world.mood.outages -= 1;
        handle.events.push("outage".to_owned());
        return (StatusCode::SERVICE_UNAVAILABLE, "<html>Sorry</html>").into_response();
    }
    let given = form.get("refresh_token").cloned().unwrap_or_default();
    handle.events.push(format!("refresh with {given}"));
    let good = match form["grant_type"].as_str() {
        "authorization_code" => form["code"] == "the-code",
        _ if world.mood.grace => {
            let number: Option<u32> = given
                .strip_prefix("refresh-")
                .and_then(|number| number.parse().ok());
            number.is_some_and(|number| number <= world.refresh)
        }
        _ => given == format!("refresh-{}", world.refresh),
    };
    if !good {
        let body =
            r#"{"error_description":"Incorrect or invalid refresh token","error":"invalid_grant"}"#;
        return (StatusCode::BAD_REQUEST, body).into_response();
    }
    world.refresh += 1;
    world.access += 1;
    let body = json!({
        "token_type": "bearer",
        "expires_in": 3600,
        "refresh_token": format!("refresh-{}", world.refresh),
        "x_refresh_token_expires_in": 8_726_400,
        "access_token": format!("access-{}", world.access),
    })
    .to_string();
    if world.mood.lose_answers > 0 {
        world.mood.lose_answers -= 1;
        let cut = futures_util::stream::iter([
            Ok(Bytes::from_static(b"{")),
            Err(std::io::Error::other("the line was cut")),
        ]);
        return Body::from_stream(cut).into_response();
    }
    ([("content-type", "application/json;charset=utf-8")], body).into_response()
}

async fn revoke(Shared(handle): Shared<Handle>, body: String) -> StatusCode {
    handle.events.push(format!("revoke {body}"));
    StatusCode::OK
}

async fn company(shared: Shared<Handle>, headers: HeaderMap) -> Response {
    read(
        &shared.0,
        &headers,
        r#"{"CompanyInfo":{"Id":"1","SyncToken":"0","CompanyName":"Acme","Country":"USA"}}"#,
    )
}

async fn preferences(shared: Shared<Handle>, headers: HeaderMap) -> Response {
    let body = r#"{"Preferences":{"CurrencyPrefs":{"HomeCurrency":{"value":"USD"}}}}"#;
    read(&shared.0, &headers, body)
}

fn read(handle: &Handle, headers: &HeaderMap, body: &'static str) -> Response {
    let world = handle.world.lock().unwrap();
    let token = headers["authorization"]
        .to_str()
        .unwrap()
        .replace("Bearer ", "");
    handle.events.push(format!("read with {token}"));
    let number: u32 = token.strip_prefix("access-").unwrap().parse().unwrap();
    if world.mood.refuse_access || number < world.mood.oldest_access {
        let fault = r#"{"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401","detail":"Token expired","code":"3200","element":null}],"type":"AUTHENTICATION"}}"#;
        return (StatusCode::UNAUTHORIZED, fault).into_response();
    }
    body.into_response()
}

/// A clock that a test sets. Sleeping moves it on.
pub(crate) struct HandClock(Arc<Mutex<Timestamp>>);

impl Default for HandClock {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(
            "2026-11-02T12:00:00Z".parse().unwrap(),
        )))
    }
}

impl HandClock {
    pub(crate) fn advance(&self, wait: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.saturating_add(wait).unwrap();
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        let now = self.0.clone();
        Box::pin(async move {
            {
                let mut now = now.lock().unwrap();
                *now = now.saturating_add(wait).unwrap();
            }
            tokio::task::yield_now().await;
        })
    }
}
