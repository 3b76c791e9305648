//! What a client sees when something is wrong: `application/problem+json` (RFC 9457) with a stable
//! code and no inner text. Browsers get the same as a page.

use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::engine::{ControlError, StartError};
use crate::store::StoreError;

/// What every refusal looks like (RFC 9457); some have further members.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it describes what `ApiProblem` writes")]
pub(super) struct Problem {
    /// `about:blank`: the code says which problem it is.
    r#type: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// Which problem it is, for programs; kept for good.
    code: String,
    /// What is wrong and what to do, for people.
    detail: String,
}

/// A problem as the client sees it.
#[derive(Clone, Debug)]
pub(super) struct ApiProblem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) detail: String,
    more: Value,
}

impl ApiProblem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            more: json!({}),
        }
    }

    pub(super) fn not_found(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", what)
    }

    pub(super) fn bad_request(what: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", what)
    }

    /// The same with further members.
    pub(super) fn with(mut self, more: Value) -> Self {
        self.more = more;
        self
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("problem"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), self.more.clone()) {
            body.extend(more);
        }
        let mut response = (self.status, body.to_string()).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        // for the page a browser gets instead
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        tracing::error!("a request could not be answered: {error}");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "database_unavailable",
            "the database does not answer; the log says why",
        )
    }
}

impl From<PathRejection> for ApiProblem {
    fn from(error: PathRejection) -> Self {
        Self::bad_request(error.body_text())
    }
}

impl From<BytesRejection> for ApiProblem {
    fn from(error: BytesRejection) -> Self {
        Self::new(error.status(), "body_refused", error.body_text())
    }
}

impl From<StartError> for ApiProblem {
    fn from(error: StartError) -> Self {
        let detail = error.to_string();
        match error {
            StartError::Active(batch) => Self::new(StatusCode::CONFLICT, "run_active", detail)
                .with(json!({ "batch_id": batch.as_str() })),
            StartError::ActiveElsewhere => Self::new(StatusCode::CONFLICT, "run_active", detail),
            StartError::UnknownPipeline(_) | StartError::UnknownBatch(_) => Self::not_found(detail),
            StartError::Run(error) => {
                tracing::error!("a run could not be started: {error}");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "not_started",
                    "the run could not be started; the log says why",
                )
            }
        }
    }
}

impl From<ControlError> for ApiProblem {
    fn from(error: ControlError) -> Self {
        let detail = error.to_string();
        match error {
            ControlError::Unknown(_) => Self::not_found(detail),
            ControlError::NotActive(batch, status) => {
                Self::new(StatusCode::CONFLICT, "run_not_active", detail)
                    .with(json!({ "batch_id": batch.as_str(), "run_status": status }))
            }
            ControlError::Elsewhere(batch) => {
                Self::new(StatusCode::CONFLICT, "run_elsewhere", detail)
                    .with(json!({ "batch_id": batch.as_str() }))
            }
            ControlError::Store(error) => error.into(),
        }
    }
}
