//! A client of the API: the router of a program between a simulated store and company.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use daybook::domain::{BatchId, ConnectionName, PipelineName, RunOptions, TenantId, Trigger};
use daybook::engine::Tripwire;
use daybook::http::{Access, router};
use daybook::store::NewBatch;
use daybook::wiring::{self, Program};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kit::Clock;
use sandbox::company::Pause;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::support::{Setup, World, plain_store};

/// A program and its router; what the router takes for the present is in the test's hand.
pub(super) struct Api {
    pub(super) world: World,
    pub(super) program: Program,
    clock: Arc<HandClock>,
    router: Router,
}

impl Api {
    /// The API of a program before so many plain orders.
    pub(super) async fn with_orders(count: usize) -> Self {
        Self::new(plain_store(), count, Access::default()).await
    }

    /// The same with other settings.
    pub(super) async fn new(setup: Setup, orders: usize, access: Access) -> Self {
        let world = setup.start().await;
        world.sell_mugs(orders);
        Self::of(world, access).await
    }

    /// The API of a fresh program in this world.
    pub(super) async fn of(world: World, access: Access) -> Self {
        let program = world.open(Tripwire::none()).await;
        let clock = Arc::new(HandClock(Mutex::new(world.clock.now())));
        let app = wiring::app(&program, access, clock.clone());
        Self {
            world,
            program,
            clock,
            router: router(app),
        }
    }

    /// The process ends and another begins.
    pub(super) async fn reopened(self) -> Self {
        assert!(self.program.engine.shut_down(Duration::from_secs(60)).await);
        self.program.store.close().await;
        Self::of(self.world, Access::default()).await
    }

    /// Time passes for the router.
    pub(super) fn pass(&self, seconds: i64) {
        let mut now = self.clock.0.lock().unwrap();
        *now += jiff::SignedDuration::from_secs(seconds);
    }

    /// Waits until the call that is to be held has come.
    pub(super) async fn is_held(&self, pause: &Pause) {
        let reached = tokio::time::timeout(Duration::from_secs(120), pause.reached());
        reached.await.expect("the run makes a call");
    }

    /// A run that a process of this name began.
    pub(super) async fn begun_by(&self, owner: &str) -> BatchId {
        let new = NewBatch {
            tenant: TenantId::new("default"),
            pipeline: pipeline(),
            source: ConnectionName::new("store"),
            target: ConnectionName::new("books"),
            trigger: Trigger::Command,
            options: RunOptions::default(),
            owner: owner.to_owned(),
        };
        self.program.store.begin_batch(&new).await.unwrap()
    }

    /// Waits for the end of the active run, if there is one.
    pub(super) async fn run_is_over(&self) {
        if let Some(mut run) = self.program.engine.active(&pipeline()) {
            run.wait().await;
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], "").await
    }

    pub(super) async fn post(&self, path: &str, body: &str) -> Answer {
        self.ask(Method::POST, path, &[], body).await
    }

    /// Starts a sync and returns the answer's JSON.
    pub(super) async fn start(&self, stream: &str, body: &str) -> Value {
        let path = format!("/api/sync/woocommerce/{stream}");
        let answer = self.post(&path, body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        answer.json()
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let answer = self.send(request(&method, path, headers, body)).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        let refused = answer.status.is_client_error() || answer.status.is_server_error();
        if refused && method != Method::HEAD {
            answer.is_a_problem();
        }
        answer
    }

    /// Asks from an address.
    pub(super) async fn ask_from(
        &self,
        from: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = request(&Method::GET, path, headers, "");
        let from: SocketAddr = from.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(from));
        self.send(request).await
    }

    /// The same where the answer may be kept, or a refusal be a page.
    pub(super) async fn ask_plainly(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        self.send(request(&method, path, headers, "")).await
    }

    /// Fills in the form of the page to sign in.
    pub(super) async fn sign_in(&self, token: &str, next: &str) -> Answer {
        let headers = [
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", "http://127.0.0.1:8080"),
        ];
        let form = format!(
            "token={token}&next={}",
            next.replace('?', "%3F").replace('=', "%3D")
        );
        self.send(request(&Method::POST, "/login", &headers, &form))
            .await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        answer.has_its_headers();
        answer
    }

    /// The same server, to be served over a line of the test's own.
    pub(super) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Listens to server-sent events.
    pub(super) async fn watch(&self, path: &str, headers: &[(&str, &str)]) -> Events {
        let request = request(&Method::GET, path, headers, "");
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Events {
            body: response.into_body().into_data_stream(),
            text: String::new(),
            ready: VecDeque::new(),
        }
    }
}

fn request(method: &Method, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method.clone()).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "127.0.0.1:8080");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

/// One server-sent event, or a comment.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    pub(super) event: String,
    pub(super) id: String,
    pub(super) data: Value,
    pub(super) comment: String,
}

/// What a watcher hears.
pub(super) struct Events {
    body: BodyDataStream,
    text: String,
    ready: VecDeque<Heard>,
}

impl Events {
    /// The next event or comment; `None` when the line is closed.
    pub(super) async fn next_or_comment(&mut self) -> Option<Heard> {
        loop {
            if let Some(heard) = self.ready.pop_front() {
                return Some(heard);
            }
            let next = tokio::time::timeout(Duration::from_secs(60), self.body.next());
            let chunk = next.await.expect("something is heard")?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let heard = heard(block);
                let rest = rest.to_owned();
                self.text = rest;
                self.ready.push_back(heard);
            }
        }
    }

    /// The next event.
    pub(super) async fn next(&mut self) -> Option<Heard> {
        loop {
            let heard = self.next_or_comment().await?;
            if !heard.event.is_empty() {
                return Some(heard);
            }
        }
    }

    /// The next event that is as wanted.
    pub(super) async fn until(&mut self, wanted: impl Fn(&Heard) -> bool) -> Heard {
        loop {
            let heard = self.next().await.expect("the line is open");
            if wanted(&heard) {
                return heard;
            }
        }
    }
}

fn heard(block: &str) -> Heard {
    let mut heard = Heard::default();
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap();
        let value = value.trim_start();
        match field {
            "" => value.clone_into(&mut heard.comment),
            "event" => value.clone_into(&mut heard.event),
            "id" => value.clone_into(&mut heard.id),
            "data" => heard.data = serde_json::from_str(value).unwrap(),
            "retry" => assert!(value.parse::<u32>().is_ok()),
            other => panic!("a field nobody knows: {other}"),
        }
    }
    heard
}

/// The world's only pipeline.
pub(super) fn pipeline() -> PipelineName {
    PipelineName::new("store-to-books")
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// Asserts status and code of a problem.
    pub(super) fn refuses(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.json()["code"], code, "{self:?}");
    }

    fn has_its_headers(&self) {
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("x-frame-options"), "DENY");
        assert_eq!(self.header("referrer-policy"), "same-origin");
        let policy = self.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(self.header("access-control-allow-origin"), "");
    }

    /// RFC 9457, with a code.
    fn is_a_problem(&self) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        for member in ["type", "title", "code", "detail"] {
            let text = problem[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{member}: {self:?}");
        }
    }
}

/// A clock that stands until a test moves it.
struct HandClock(Mutex<Timestamp>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}
