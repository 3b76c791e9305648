//! The store as an HTTP server on loopback: who is let in, what goes wrong on
//! purpose, and how answers go over the wire.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State as Extract};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use base64::Engine as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::cutting::{CuttingListener, Scissors};
use super::faults::{Fault, Faults, malform};
use super::handle::StoreHandle;
use super::log::{Request, RequestLog};
use super::query::Params;
use super::quirks::StoreQuirks;
use super::reply::{Refusal, Reply};
use super::routes::{self, Call};
use super::state::{State, StoreContents};
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

/// The keys of every simulated store. They open nothing else.
const KEY: &str = "ck_7b387b368cda694d0192ff061adcb2d25037b9cd";
const SECRET: &str = "cs_0a96bc21dce0d082cdf2c9bf57d314a3de51e9a7";
const READ_ONLY_KEY: &str = "ck_1111111111111111111111111111111111111111";
const WRITE_ONLY_KEY: &str = "ck_2222222222222222222222222222222222222222";

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
        let listen = options.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = TcpListener::bind(listen).await?;
        let site = format!("http://{}", listener.local_addr()?);
        let mut state = State::new(options.contents);
        options.quirks.version.number().clone_into(&mut state.shop.settings.version);
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
        Ok(Self { shared, _tasks: tasks })
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

    /// Hands to change and read the store with.
    #[must_use]
    pub fn handle(&self) -> StoreHandle {
        StoreHandle(Arc::clone(&self.shared))
    }
}

impl std::fmt::Debug for StoreServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StoreServer").field("url", &self.shared.site).finish()
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
    let wire = Asked { method: parts.method, path, query, headers: parts.headers, body };
    let mut reply = faults
        .iter()
        .find_map(|fault| instead(fault, &wire))
        .unwrap_or_else(|| wire.answer(&shared));
    let quirks = shared.quirks();
    if quirks.php_warning_before_json && !reply.html && reply.status == 200 {
        reply.body.insert_str(0, PHP_WARNING);
    }
    for fault in &faults {
        spoil(&mut reply, fault);
    }
    wire.send(reply, &shared, &quirks, faults.contains(&Fault::CutBody))
}

async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

fn without_keys(query: &str) -> String {
    let kept = query.split('&').filter(|part| !part.starts_with("consumer_"));
    kept.collect::<Vec<_>>().join("&")
}

const PHP_WARNING: &str = "<br />\n<b>Warning</b>:  Undefined variable $foo in <b>/var/www/shop/wp-content/mu-plugins/loopback.php</b> on line <b>7</b><br />\n";
const BUSY: &str = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
const TOO_MANY: &str = "<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>\r\n<center><h1>429 Too Many Requests</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
const CHECKING: &str = "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Just a moment...</title></head><body><h1>Checking if the site connection is secure</h1></body></html>\n";
const MAINTENANCE: &str = "<!DOCTYPE html>\n<html dir='ltr'>\n<head>\n\t<meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" />\n\t<title>Maintenance</title>\n</head>\n<body id=\"error-page\">\n\t<h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1></body>\n</html>\n";

/// The answer a fault gives in place of the store's own.
fn instead(fault: &Fault, asked: &Asked) -> Option<Reply> {
    let page = |status: u16, body: &str, retry_after: Option<u32>| {
        let body = body.to_owned();
        Some(Reply { status, body, html: true, retry_after, bare: true, ..Reply::default() })
    };
    match fault {
        Fault::Maintenance if asked.accepts_json() => {
            let message = "Briefly unavailable for scheduled maintenance. Check back in a minute.";
            Some(Reply { retry_after: Some(600), bare: true, ..fatal(503, "wp_die", message) })
        }
        Fault::Maintenance => page(503, MAINTENANCE, Some(600)),
        Fault::Unavailable { retry_after } => page(503, BUSY, *retry_after),
        Fault::TooManyRequests { retry_after } => page(429, TOO_MANY, *retry_after),
        Fault::PhpFatal => {
            let message = "<p>There has been a critical error on this website.</p><p><a href=\"https://wordpress.org/documentation/article/faq-troubleshooting/\">Learn more about troubleshooting WordPress.</a></p>";
            Some(Reply { bare: true, ..fatal(500, "internal_server_error", message) })
        }
        Fault::HtmlInsteadOfJson => page(200, CHECKING, None),
        Fault::KeyRevoked => Some(not_let_in(&asked.path).into()),
        Fault::CutBody
        | Fault::CutConnection
        | Fault::TruncatedJson
        | Fault::Malformed(_)
        | Fault::Delay(_) => None,
    }
}

fn fatal(status: u16, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({
        "code": code, "message": message, "data": {"status": status}, "additional_errors": [],
    });
    let mut text = String::new();
    super::json::push_value(&mut text, &body);
    Reply { status, body: text, ..Reply::default() }
}

fn spoil(reply: &mut Reply, fault: &Fault) {
    match fault {
        Fault::TruncatedJson => {
            let half = (0..=reply.body.len() / 2).rev();
            let at = half.into_iter().find(|at| reply.body.is_char_boundary(*at)).unwrap_or(0);
            reply.body.truncate(at);
        }
        Fault::Malformed(how) if reply.status == 200 => reply.body = malform(&reply.body, *how),
        _ => {}
    }
}

fn not_let_in(path: &str) -> Refusal {
    let parts = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let one = parts.bytes().all(|byte| byte.is_ascii_digit());
    let message = if one {
        "Sorry, you cannot view this resource."
    } else {
        "Sorry, you cannot list resources."
    };
    Refusal::plain(401, "woocommerce_rest_cannot_view", message).outside()
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
            && let Err(refusal) = self.let_in(&params, &quirks)
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

    /// Checks the key as WooCommerce does. FACTS: WooCommerce §2.
    fn let_in(&self, params: &Params, quirks: &StoreQuirks) -> Result<(), Refusal> {
        let in_query = params.get("consumer_key").zip(params.get("consumer_secret"));
        let keys = in_query.map(|(key, secret)| (key.to_owned(), secret.to_owned()));
        let basic = if quirks.basic_auth_ignored { None } else { self.basic() };
        let (key, secret) = keys.or(basic).ok_or_else(|| not_let_in(&self.path))?;
        let (reads, writes) = match key.as_str() {
            KEY => (true, true),
            READ_ONLY_KEY => (true, false),
            WRITE_ONLY_KEY => (false, true),
            _ => return Err(not_let_in(&self.path)),
        };
        let denied = |message: &str| {
            Refusal::plain(401, "woocommerce_rest_authentication_error", message)
        };
        if secret != SECRET {
            return Err(denied("Consumer secret is invalid.").outside());
        }
        let is_read = matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        match (is_read, reads, writes) {
            (true, false, _) => {
                Err(denied("The API key provided does not have read permissions."))
            }
            (false, _, false) => {
                Err(denied("The API key provided does not have write permissions."))
            }
            _ => Ok(()),
        }
    }

    fn basic(&self) -> Option<(String, String)> {
        let value = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let encoded = value.strip_prefix("Basic ")?;
        let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (key, secret) = text.split_once(':')?;
        Some((key.to_owned(), secret.to_owned()))
    }

    /// Puts an answer on the wire: chunked like php-fpm's, compressed if asked.
    fn send(
        &self,
        reply: Reply,
        shared: &Shared,
        quirks: &StoreQuirks,
        cut: bool,
    ) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let date = shared.clock.now() + quirks.date_header_skew;
        set_headers(response.headers_mut(), &reply, &shared.site, date);
        if self.method == Method::HEAD {
            return response;
        }
        let mut bytes = reply.body.into_bytes();
        if quirks.gzip && bytes.len() > 256 && self.accepts(header::ACCEPT_ENCODING, "gzip") {
            bytes = zipped(&bytes).unwrap_or(bytes);
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let broken = AtomicBool::new(cut);
        let mut chunks: Vec<Result<Bytes, std::io::Error>> = Vec::with_capacity(2);
        if broken.load(Ordering::Relaxed) {
            bytes.truncate(bytes.len() / 2);
            chunks.push(Ok(Bytes::from(bytes)));
            chunks.push(Err(std::io::ErrorKind::ConnectionAborted.into()));
        } else {
            chunks.push(Ok(Bytes::from(bytes)));
        }
        *response.body_mut() = Body::from_stream(futures_util::stream::iter(chunks));
        response
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

fn zipped(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 6), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn set_headers(headers: &mut HeaderMap, reply: &Reply, site: &str, date: Timestamp) {
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    };
    set("server", "nginx/1.22.1");
    set("date", &jiff::fmt::rfc2822::to_string(&date.to_zoned(jiff::tz::TimeZone::UTC))
        .map_or_else(|_| String::new(), |text| text.replace("+0000", "GMT")));
    set("content-type", if reply.html { "text/html; charset=UTF-8" } else { JSON });
    if let Some(seconds) = reply.retry_after {
        set("retry-after", &seconds.to_string());
    }
    if !reply.bare {
        set("x-robots-tag", "noindex");
        let home = format!("<{site}/wp-json/>; rel=\"https://api.w.org/\"");
        set("link", reply.paging.as_deref().unwrap_or(&home));
        set("x-content-type-options", "nosniff");
        set("access-control-expose-headers", "X-WP-Total, X-WP-TotalPages, Link");
        set("access-control-allow-headers", ALLOWED_HEADERS);
    }
    if let Some(totals) = reply.totals {
        set("x-wp-total", &totals.records.to_string());
        set("x-wp-totalpages", &totals.pages.to_string());
    }
    if let Some(verbs) = reply.allow {
        set("allow", verbs);
    }
    if reply.outside {
        set("vary", "Origin");
    } else if !reply.html || reply.retry_after == Some(600) {
        set("expires", "Wed, 11 Jan 1984 05:00:00 GMT");
        set("cache-control", "no-cache, must-revalidate, max-age=0, no-store, private");
    }
}

const JSON: &str = "application/json; charset=UTF-8";
const ALLOWED_HEADERS: &str =
    "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type";

