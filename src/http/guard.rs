//! Who may ask what: a token where one is configured, and no writes from other sites' pages.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::problem::ApiProblem;
use super::router::Shared;

/// The tokens that open the API and the pages. Without any, whoever reaches the port may ask: that
/// is for loopback alone, which the configuration makes sure of.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Reads and acts.
    pub operator: Option<SecretString>,
    /// Reads only.
    pub viewer: Option<SecretString>,
}

impl Access {
    fn allows(&self, method: &Method, headers: &HeaderMap) -> Result<(), StatusCode> {
        if self.operator.is_none() && self.viewer.is_none() {
            return Ok(());
        }
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(StatusCode::UNAUTHORIZED)?;
        if is(self.operator.as_ref(), given) {
            return Ok(());
        }
        match is(self.viewer.as_ref(), given) {
            true if method.is_safe() => Ok(()),
            true => Err(StatusCode::FORBIDDEN),
            false => Err(StatusCode::UNAUTHORIZED),
        }
    }
}

/// Compared by their hashes, so that the time it takes tells nothing about the token.
fn is(token: Option<&SecretString>, given: &str) -> bool {
    token.is_some_and(|token| Sha256::digest(token.expose_secret()) == Sha256::digest(given))
}

/// Refuses requests without the right token, and writes that a page of another site makes in
/// somebody's browser.
pub(super) async fn check(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if let Err(status) = app.access.allows(request.method(), headers) {
        let mut refused = match status {
            StatusCode::FORBIDDEN => {
                ApiProblem::new(status, "read_only", "this token may only read")
            }
            _ => ApiProblem::new(
                status,
                "token_needed",
                "send the token: `Authorization: Bearer …`",
            ),
        }
        .into_response();
        if status == StatusCode::UNAUTHORIZED {
            refused.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                axum::http::HeaderValue::from_static("Bearer"),
            );
        }
        return refused;
    }
    if !request.method().is_safe() && is_foreign(headers) {
        return ApiProblem::new(
            StatusCode::FORBIDDEN,
            "foreign_origin",
            "this request comes from a page of another site",
        )
        .into_response();
    }
    next.run(request).await
}

/// A browser says from which page a request comes; other programs say nothing.
fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_none() || host != text(header::HOST)
}
