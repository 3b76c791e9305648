//! The HTTP server: takes requests in, lets them run to their end even when
//! the caller hangs up, and cuts lines where a plan says so.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::counts::Counters;
use super::dispatch::{self, Caller};
use super::fault::Fault;
use super::handle::CompanyHandle;
use super::limits::Meter;
use super::line::{CuttableListener, Scissors};
use super::oauth::OAuth;
use super::options::CompanyOptions;
use super::plan::{Plans, RequestView};
use super::replay::Replays;
use super::reply::Reply;
use super::shared::Shared;
use super::state::Company;

/// The largest body that is read, in bytes; beyond it comes 413.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Why a company could not be started.
#[derive(Debug, Error)]
pub enum CompanyStartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: choose another address or port")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// An object of the contents breaks a rule of the company.
    #[error("the contents are not valid: {detail}; correct the object that was added")]
    Contents {
        /// The fault a client would have got.
        detail: String,
    },
}

/// A running company; it stops when this is dropped.
pub struct CompanyServer {
    handle: CompanyHandle,
    stop: CancellationToken,
    _accepting: AbortOnDropHandle<()>,
}

impl CompanyServer {
    /// Opens the books and listens.
    pub async fn start(options: CompanyOptions) -> Result<Self, CompanyStartError> {
        let address = options.listen;
        let listen = |source| CompanyStartError::Listen { address, source };
        let inner = TcpListener::bind(address).await.map_err(listen)?;
        let address = inner.local_addr().map_err(listen)?;
        let now = options.clock.now();
        let company =
            Company::open(options.contents, options.quirks, now).map_err(contents_error)?;
        let oauth = OAuth::new(options.client_id, options.client_secret, options.seed, now);
        let shared = Arc::new(Shared {
            company: Mutex::new(company),
            oauth: Mutex::new(oauth),
            replays: Mutex::new(Replays::default()),
            replay_done: Notify::new(),
            served: Notify::new(),
            plans: Mutex::new(Plans::default()),
            counters: Mutex::new(Counters::new()),
            meter: Mutex::new(Meter::new()),
            limits: Mutex::new(options.limits),
            latency: Mutex::new(options.latency),
            kept_requests: Mutex::new(None),
            denies_consent: AtomicBool::new(false),
            clock: options.clock,
            realm_id: options.realm_id,
            base_url: format!("http://{address}"),
            sequence: AtomicU64::new(1),
        });
        let stop = CancellationToken::new();
        let running = TaskTracker::new();
        let entrance = Entrance {
            shared: Arc::clone(&shared),
            running: running.clone(),
            stop: stop.clone(),
        };
        let router = Router::new().fallback(enter).with_state(entrance);
        let service = router.into_make_service_with_connect_info::<Scissors>();
        let listener = CuttableListener {
            inner,
            stop: stop.clone(),
        };
        let accepting = running.spawn(async move {
            // it only ends by being dropped
            let _ = axum::serve(listener, service).await;
        });
        let handle = CompanyHandle::new(shared);
        Ok(Self {
            handle,
            stop,
            _accepting: AbortOnDropHandle::new(accepting),
        })
    }

    /// What tests look at and turn.
    pub fn handle(&self) -> CompanyHandle {
        self.handle.clone()
    }

    /// `http://127.0.0.1:port`, to stand before `/v3/company/…`.
    pub fn base_url(&self) -> String {
        self.handle.base_url()
    }

    /// Where tokens are given.
    pub fn token_url(&self) -> String {
        format!("{}{}", self.base_url(), dispatch::TOKEN_PATH)
    }

    /// Where consent is given.
    pub fn authorize_url(&self) -> String {
        format!("{}{}", self.base_url(), dispatch::AUTHORIZE_PATH)
    }

    /// Where tokens are revoked.
    pub fn revoke_url(&self) -> String {
        format!("{}{}", self.base_url(), dispatch::REVOKE_PATH)
    }

    /// The company's id.
    pub fn realm_id(&self) -> String {
        self.handle.realm_id()
    }

    /// The app's id.
    pub fn client_id(&self) -> String {
        self.handle.client().0
    }

    /// The app's secret.
    pub fn client_secret(&self) -> String {
        self.handle.client().1
    }

    /// The refresh token that works now.
    pub fn refresh_token(&self) -> String {
        self.handle.refresh_token()
    }
}

impl Drop for CompanyServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn contents_error(fault: Fault) -> CompanyStartError {
    let detail = fault
        .errors
        .into_iter()
        .next()
        .map(|error| error.detail)
        .unwrap_or_default();
    CompanyStartError::Contents { detail }
}

#[derive(Clone)]
struct Entrance {
    shared: Arc<Shared>,
    running: TaskTracker,
    stop: CancellationToken,
}

async fn enter(
    State(entrance): State<Entrance>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return status_only(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let path = parts.uri.path().to_owned();
    let post = parts.method == Method::POST;
    let company_path = path.starts_with("/v3/company/");
    let last = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let is_batch = company_path && post && last.eq_ignore_ascii_case("batch");
    let view = RequestView {
        method: parts.method.as_str().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        is_write: company_path && post && !last.eq_ignore_ascii_case("query"),
        is_batch,
        path,
    };
    let caller = caller(&parts.headers);
    // a task of its own: what was begun takes effect even when the caller is gone
    let shared = Arc::clone(&entrance.shared);
    let stop = entrance.stop.clone();
    let work = entrance.running.spawn(async move {
        stop.run_until_cancelled(dispatch::serve(&shared, &view, &caller))
            .await
    });
    match work.await {
        Ok(Some(Reply::Answer(answer))) => answer.into_response(&entrance.shared.transaction_id()),
        Ok(Some(Reply::Cut) | None) | Err(_) => {
            scissors.cut();
            status_only(StatusCode::BAD_GATEWAY)
        }
    }
}

fn caller(headers: &HeaderMap) -> Caller {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    Caller {
        authorization: text(header::AUTHORIZATION.as_str()),
        content_type: text(header::CONTENT_TYPE.as_str()),
        wants_hard_expiry: text("x-include-refresh-token-hard-expires-in").as_deref()
            == Some("true"),
    }
}

fn status_only(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
