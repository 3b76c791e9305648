//! The store as an HTTP server on loopback: who is let in, what goes wrong on
//! purpose, and how answers go over the wire.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State as Extract};
use axum::http::{HeaderMap, HeaderName, Method, Response, header};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::access::{CLERK_KEY, KEY, READ_ONLY_KEY, SECRET, WRITE_ONLY_KEY, let_in};
use super::cutting::{CuttingListener, Scissors};
use super::faults::{Fault, Faults};
use super::handle::StoreHandle;
use super::log::{Request, RequestLog};
use super::mishaps::{PHP_WARNING, instead, spoil};
use super::query::Params;
use super::quirks::StoreQuirks;
use super::reply::{Refusal, Reply};
use super::routes::{self, Call};
use super::state::{State, StoreContents};
use super::wire::{Sending, send};
use crate::clock::SandboxClock;

/// What a store is started with.
#[derive(Debug)]
pub struct StoreOptions {
    /// Its orders, products and accounts.
    pub contents: StoreContents,
    /// How it behaves.
    pub quirks: StoreQuirks,
    /// What time it is in the store.
    pub clock: SandboxClock,
    /// Where it listens; `None`: a free port of loopback.
    pub listen: Option<SocketAddr>,
}

impl StoreOptions {
    /// A store with default quirks on a free port, by the machine's clock.
    #[must_use]
    pub fn new(contents: StoreContents) -> Self {
        Self {
            contents,
            quirks: StoreQuirks::default(),
            clock: SandboxClock::system(),
            listen: None,
        }
    }
}

/// Something to do just before a request is answered.
pub(super) type Hook = Box<dyn FnOnce(&StoreHandle) + Send>;

/// What the server and its handles share.
pub(crate) struct Shared {
    state: Mutex<State>,
    quirks: Mutex<StoreQuirks>,
    faults: Mutex<Faults>,
    hooks: Mutex<HashMap<u64, Hook>>,
    log: Mutex<RequestLog>,
    clock: SandboxClock,
    site: String,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that panicked while it held the lock has failed already.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(super) fn quirks(&self) -> StoreQuirks {
        locked(&self.quirks).clone()
    }

    pub(super) fn quirks_mut(&self) -> MutexGuard<'_, StoreQuirks> {
        locked(&self.quirks)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    pub(super) fn hooks(&self) -> MutexGuard<'_, HashMap<u64, Hook>> {
        locked(&self.hooks)
    }

    pub(super) fn log(&self) -> MutexGuard<'_, RequestLog> {
        locked(&self.log)
    }

    /// The present, in whole seconds as the store keeps it.
    pub(super) fn whole_second(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}

/// A running store. It stops when this is dropped.
pub struct StoreServer {
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

impl StoreServer {
    /// Starts a store. Fails when the address cannot be listened on.
    pub async fn start(options: StoreOptions) -> std::io::Result<Self> {
        let listen = options
            .listen
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = TcpListener::bind(listen).await?;
        let site = format!("http://{}", listener.local_addr()?);
        let mut state = State::new(options.contents);
        options
            .quirks
            .version
            .number()
            .clone_into(&mut state.shop.settings.version);
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            quirks: Mutex::new(options.quirks),
            faults: Mutex::default(),
            hooks: Mutex::default(),
            log: Mutex::default(),
            clock: options.clock,
            site,
        });
        let service = Router::new()
            .fallback(serve)
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<Scissors>();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // Serving ends only by being dropped: errors of single connections are not its own.
            let _ = axum::serve(CuttingListener(listener), service).await;
        });
        Ok(Self {
            shared,
            _tasks: tasks,
        })
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.site.clone()
    }

    /// A key that may read and write.
    #[must_use]
    pub fn consumer_key(&self) -> &'static str {
        KEY
    }

    /// The secret of every key.
    #[must_use]
    pub fn consumer_secret(&self) -> &'static str {
        SECRET
    }

    /// A key that may only read.
    #[must_use]
    pub fn read_only_key(&self) -> &'static str {
        READ_ONLY_KEY
    }

    /// A key that may only write.
    #[must_use]
    pub fn write_only_key(&self) -> &'static str {
        WRITE_ONLY_KEY
    }

    /// A key that may only read, of a user who sees orders but does not manage the shop.
    #[must_use]
    pub fn clerk_key(&self) -> &'static str {
        CLERK_KEY
    }

    /// Hands to change and read the store with.
    #[must_use]
    pub fn handle(&self) -> StoreHandle {
        StoreHandle(Arc::clone(&self.shared))
    }
}

impl std::fmt::Debug for StoreServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StoreServer")
            .field("url", &self.shared.site)
            .finish_non_exhaustive()
    }
}

/// The largest body a request may have.
const LARGEST_REQUEST: usize = 1 << 20;

async fn serve(
    Extract(shared): Extract<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: HttpRequest,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let number = shared.log().note(Request {
        method: parts.method.to_string(),
        path: path.clone(),
        query: without_keys(&query),
    });
    let hook = shared.hooks().remove(&number);
    if let Some(hook) = hook {
        hook(&StoreHandle(Arc::clone(&shared)));
    }
    let faults = shared.faults().strike(number, &path, &query);
    let mut wait = shared.quirks().latency;
    for fault in &faults {
        if let Fault::Delay(longer) = fault {
            wait += *longer;
        }
    }
    pause(wait).await;
    if faults.contains(&Fault::CutConnection) {
        scissors.cut();
    }
    let body = to_bytes(body, LARGEST_REQUEST).await.unwrap_or_default();
    let asked = Asked {
        method: parts.method,
        path,
        query,
        headers: parts.headers,
        body,
    };
    let mut reply = faults
        .iter()
        .find_map(|fault| instead(fault, &asked.path, asked.accepts_json()))
        .unwrap_or_else(|| asked.answer(&shared));
    let quirks = shared.quirks();
    if quirks.php_warning_before_json && !reply.html && reply.status == 200 {
        reply.body.insert_str(0, PHP_WARNING);
    }
    for fault in &faults {
        spoil(&mut reply, fault);
    }
    let how = Sending {
        site: &shared.site,
        date: shared.clock.now() + quirks.date_header_skew,
        headers_only: asked.method == Method::HEAD,
        gzip: quirks.gzip && asked.accepts(header::ACCEPT_ENCODING, "gzip"),
        cut: faults.contains(&Fault::CutBody),
    };
    send(reply, &how)
}

#[expect(
    clippy::disallowed_methods,
    reason = "slow answers take real time: clients measure their own time-outs"
)]
async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

fn without_keys(query: &str) -> String {
    let kept = query
        .split('&')
        .filter(|part| !part.starts_with("consumer_"));
    kept.collect::<Vec<_>>().join("&")
}

/// A request as it came.
struct Asked {
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Asked {
    fn accepts(&self, name: HeaderName, what: &str) -> bool {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.contains(what))
    }

    fn accepts_json(&self) -> bool {
        self.accepts(header::ACCEPT, "application/json")
    }

    fn answer(&self, shared: &Shared) -> Reply {
        let now = shared.whole_second();
        let quirks = shared.quirks();
        let path = self.path.trim_matches('/');
        let mut state = shared.state();
        let params = Params::parse(&self.query);
        if path == "wp-json" {
            return root(&params, now, &state, &quirks, &shared.site);
        }
        let Some(rest) = path.strip_prefix("wp-json/wc/v3") else {
            return Refusal::no_route().into();
        };
        let path: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        if !path.is_empty()
            && let Err(refusal) = let_in(
                &self.method,
                &self.path,
                &params,
                &self.headers,
                quirks.basic_auth_ignored,
            )
        {
            return refusal.into();
        }
        let call = Call {
            method: self.method.as_str(),
            path,
            params,
            body: &self.body,
            site: &shared.site,
            now,
        };
        routes::answer(&call, &mut state, &quirks).unwrap_or_else(Reply::from)
    }
}

/// The public index of the site: no key is needed.
fn root(params: &Params, now: Timestamp, state: &State, quirks: &StoreQuirks, site: &str) -> Reply {
    let fields = super::json::Fields::parse(params.list("_fields").into_iter());
    let scene = super::render::Scene {
        settings: &state.shop.settings,
        site,
        version: quirks.version,
        places: 2,
        fields: &fields,
    };
    let mut body = String::new();
    let value = super::render::settings::root(now, &scene);
    super::json::push_value_of(&mut body, &value, &fields);
    let mut reply = Reply::json(body, "GET");
    reply.outside = true;
    reply
}
