//! Webhooks of stores. What they say is only a hint to look sooner, so nothing of it is kept; that they
//! are genuine keeps strangers from making us look.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use jiff::SignedDuration;

use super::extract::Named;
use super::problem::ApiProblem;
use super::router::Shared;
use crate::config::Connection;

/// No order is larger.
pub(super) const LARGEST: usize = 1024 * 1024;
const SIGNATURE: &str = "x-wc-webhook-signature";
const SLACK: SignedDuration = SignedDuration::from_secs(1);

/// A store's webhook
///
/// The signature is checked over the body as it came. It is a hint: the store is looked at once the order has
/// settled; any number of them until then are one look. The ping that WooCommerce sends when a webhook is made
/// has no signature, and is answered and forgotten.
#[utoipa::path(
    post, path = "/hooks/woocommerce/{connection}", tag = "hooks",
    params(
        ("connection" = String, Path, description = "The store, by its name in the configuration"),
        ("X-WC-Webhook-Signature" = Option<String>, Header, description = "base64 of the HMAC-SHA256 of the body"),
    ),
    request_body(content = String, description = "What WooCommerce sends", content_type = "application/json"),
    responses(
        (status = 202, description = "The store will be looked at"),
        (status = 200, description = "A ping"),
    )
)]
pub(super) async fn woocommerce(
    State(app): State<Shared>,
    Named(connection): Named<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, ApiProblem> {
    let body = body?;
    let found = app
        .config
        .connections
        .iter()
        .find(|(name, _)| name.as_str() == connection);
    let Some((name, Connection::WooCommerce(store))) = found else {
        return Err(ApiProblem::not_found(format!(
            "there is no store `{connection}`"
        )));
    };
    let Some(secret) = &store.webhook_secret else {
        return Err(ApiProblem::new(
            StatusCode::FORBIDDEN,
            "webhooks_off",
            "this store has no `webhook_secret` in the configuration",
        ));
    };
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
    if signature.is_none() && is_ping(&body) {
        return Ok(StatusCode::OK);
    }
    if !signature.is_some_and(|signature| (app.outside.genuine)(secret, &body, signature)) {
        return Err(ApiProblem::new(
            StatusCode::UNAUTHORIZED,
            "signature_wrong",
            "the signature is not that of this store's webhooks",
        ));
    }
    let settled = SignedDuration::try_from(store.settle).unwrap_or_default() + SLACK;
    for pipeline in app.engine.pipelines() {
        if pipeline.route.source == *name {
            app.engine
                .hint(&pipeline.name, app.engine.clock().now() + settled);
        }
    }
    Ok(StatusCode::ACCEPTED)
}

/// `webhook_id=1`, as a form.
fn is_ping(body: &[u8]) -> bool {
    let id = body.strip_prefix(b"webhook_id=");
    id.is_some_and(|id| !id.is_empty() && id.len() < 20 && id.iter().all(u8::is_ascii_digit))
}
