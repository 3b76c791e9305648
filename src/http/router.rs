//! The routes and what they share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use jiff::Timestamp;
use kit::Clock;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::access::Access;
use super::feed::Feed;
use super::outside::{Consents, Outside};
use super::{api, describe, guard, hooks, pages, problem::ApiProblem, status};
use crate::config::Config;
use crate::domain::PipelineName;
use crate::engine::Engine;
use crate::store::Store;

/// What the handlers work with.
pub struct App {
    pub(super) store: Store,
    pub(super) engine: Arc<Engine>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) access: Access,
    pub(super) config: Arc<Config>,
    /// When the process started.
    pub(super) started_at: Timestamp,
    /// When each pipeline was last started by somebody who asked for it.
    pub(super) last_starts: Mutex<HashMap<PipelineName, Timestamp>>,
    pub(super) feed: Feed,
    pub(super) outside: Outside,
    pub(super) figures: pages::Figures,
    pub(super) approvals: pages::Approvals,
    pub(super) consents: Consents,
    pub(super) questions: pages::Questions,
}

impl App {
    /// What the handlers work with, from now on.
    pub fn new(
        store: Store,
        engine: Arc<Engine>,
        clock: Arc<dyn Clock>,
        access: Access,
        config: Arc<Config>,
        outside: Outside,
        consents: Consents,
    ) -> Self {
        let started_at = clock.now();
        Self {
            store,
            engine,
            clock,
            access,
            config,
            started_at,
            last_starts: Mutex::default(),
            feed: Feed::default(),
            outside,
            figures: pages::Figures::default(),
            approvals: pages::Approvals::default(),
            consents,
            questions: pages::Questions::default(),
        }
    }
}

pub(super) type Shared = Arc<App>;

/// All routes. The two probes need no token: they tell nothing but their status; webhooks have a
/// signature instead.
pub fn router(app: App) -> Router {
    let app = Arc::new(app);
    let (probes, guarded, mut document) = documented();
    describe::complete(&mut document);
    let guarded = guarded
        .route("/api/openapi.json", get(|| async move { Json(document) }))
        .merge(pages::routes())
        .layer(middleware::from_fn_with_state(app.clone(), guard::check));
    Router::new()
        .merge(probes)
        .merge(guarded)
        .merge(pages::open_routes())
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(
            app.clone(),
            pages::problems_as_pages,
        ))
        .layer(middleware::map_response(with_headers))
        .with_state(app)
}

/// The description of the API, as it is served.
pub fn openapi() -> OpenApi {
    let (_, _, mut document) = documented();
    describe::complete(&mut document);
    document
}

/// Every route of the API with its description: the probes, and those that need a token.
fn documented() -> (Router<Shared>, Router<Shared>, OpenApi) {
    let probes = OpenApiRouter::new()
        .routes(routes!(status::healthz))
        .routes(routes!(status::readyz))
        .routes(routes!(hooks::woocommerce).layer(DefaultBodyLimit::max(hooks::LARGEST)));
    let guarded = OpenApiRouter::new()
        .routes(routes!(status::show))
        .routes(routes!(status::metrics))
        .routes(routes!(api::sync::start))
        .routes(routes!(api::sync::show))
        .routes(routes!(api::progress::all))
        .routes(routes!(api::progress::one))
        .routes(routes!(api::runs::list))
        .routes(routes!(api::control::pause))
        .routes(routes!(api::control::resume))
        .routes(routes!(api::control::cancel))
        .routes(routes!(api::postings::list))
        .routes(routes!(api::postings::show))
        .routes(routes!(api::retry::one))
        .routes(routes!(api::retry::of_cause))
        .routes(routes!(api::decide::hold))
        .routes(routes!(api::decide::exclude))
        .routes(routes!(api::decide::exclude_cause))
        .routes(routes!(api::journal::reconcile))
        .routes(routes!(api::journal::held));
    let (probes, mut document) = probes.split_for_parts();
    let (guarded, rest) = guarded.split_for_parts();
    document.merge(rest);
    (probes, guarded, document)
}

async fn no_such_path() -> ApiProblem {
    ApiProblem::not_found("there is nothing at this path")
}

async fn wrong_method() -> ApiProblem {
    ApiProblem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path does not take this method",
    )
}

/// Pages get scripts, styles and pictures from here alone, and nothing in them runs that stands in
/// the page itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every answer carries: nothing is kept by caches unless it says so, framed, or guessed at.
async fn with_headers(response: Response) -> Response {
    let headers: [(HeaderName, &str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // not `no-referrer`: forms would no longer say from which page they come
        (header::REFERRER_POLICY, "same-origin"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    let mut response = response.into_response();
    let own = response.headers_mut();
    for (name, value) in headers {
        own.insert(name, HeaderValue::from_static(value));
    }
    own.entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
