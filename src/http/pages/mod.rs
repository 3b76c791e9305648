//! The dashboard: pages made on the server that work without scripts.

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::router::Shared;

/// The pages that need a token, where there is one.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
}

/// What everybody may have: the style, the scripts, and the page to sign in.
pub(super) fn open_routes() -> Router<Shared> {
    Router::new()
}

/// A person gets a problem as a page.
pub(super) async fn problems_as_pages(request: Request, next: Next) -> Response {
    next.run(request).await
}
