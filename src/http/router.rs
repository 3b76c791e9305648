//! The routes and what they share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use kit::Clock;

use super::{api, guard, page, problem::ApiProblem, status};
use crate::domain::PipelineName;
use crate::engine::Engine;
use crate::store::Store;

pub use super::guard::Access;

/// What the handlers work with.
pub struct App {
    /// The database.
    pub store: Store,
    /// The engine.
    pub engine: Arc<Engine>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Who may ask.
    pub access: Access,
    /// When the process started.
    pub started_at: Timestamp,
    /// When each pipeline was last started over the API.
    pub last_starts: Mutex<HashMap<PipelineName, Timestamp>>,
}

pub(super) type Shared = Arc<App>;

/// All routes. `/healthz` and `/readyz` need no token: they tell nothing but their status.
pub fn router(app: App) -> Router {
    let app = Arc::new(app);
    let guarded = Router::new()
        .route("/", get(page::show))
        .route("/status", get(status::show))
        .route("/api/sync/woocommerce/{stream}", post(api::sync::start))
        .route("/api/sync/status/{sync_id}", get(api::sync::show))
        .route("/api/sync/runs", get(api::runs::list))
        .layer(middleware::from_fn_with_state(app.clone(), guard::check));
    Router::new()
        .route("/healthz", get(status::healthz))
        .route("/readyz", get(status::readyz))
        .merge(guarded)
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::map_response(with_headers))
        .with_state(app)
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

/// What every answer carries: nothing is kept by caches, framed, or guessed at.
async fn with_headers(response: Response) -> Response {
    let headers: [(HeaderName, &str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ];
    let mut response = response.into_response();
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
