//! Answers before they become HTTP: status, body, headers, or a cut line.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;

use super::fault::Fault;
use super::json;
use super::quirks::ThrottleForm;
use super::stamp::Stamps;

/// The release the simulated company claims to be.
const QBO_VERSION: &str = "1995.171";

#[derive(Debug)]
pub(super) enum Reply {
    Answer(Answered),
    /// The line is cut, no byte is sent.
    Cut,
}

#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(super) fn json(status: u16, body: String) -> Self {
        let content_type = "application/json;charset=UTF-8";
        Self::Answer(Answered {
            status,
            content_type,
            body,
            headers: Vec::new(),
        })
    }

    /// A fragment like `"Invoice":{…}` in its envelope.
    pub(super) fn enveloped(status: u16, fragment: &str, stamps: &Stamps, now: Timestamp) -> Self {
        Self::json(
            status,
            format!("{{{fragment},\"time\":\"{}\"}}", stamps.milliseconds(now)),
        )
    }

    /// A fault in the shape of whoever says it.
    pub(super) fn fault(fault: &Fault, stamps: &Stamps, now: Timestamp, in_http_200: bool) -> Self {
        if fault.from_gateway {
            let body = fault.gateway_body(now.as_millisecond());
            return Self::json(fault.status, body.to_string());
        }
        let status = if in_http_200 { 200 } else { fault.status };
        Self::enveloped(status, &fault_fragment(fault), stamps, now)
    }

    /// HTTP 429. FACTS: QuickBooks §2.
    pub(super) fn throttled(
        form: ThrottleForm,
        retry_after: Option<u32>,
        stamps: &Stamps,
        now: Timestamp,
    ) -> Self {
        let detail = "The request limit was reached.  Try again later";
        let mut fault = match form {
            ThrottleForm::Service | ThrottleForm::Forbidden => {
                let status = if form == ThrottleForm::Forbidden {
                    403
                } else {
                    429
                };
                let message =
                    format!("message=ThrottleExceeded; errorCode=003001; statusCode={status}");
                Fault::new(status, "SERVICE", 3001, &message, detail, None)
            }
            ThrottleForm::Validation => Fault::new(
                429,
                "ValidationFault",
                3001,
                "ThrottleExceeded",
                detail,
                None,
            ),
        };
        if form == ThrottleForm::Validation {
            for error in &mut fault.errors {
                "003001".clone_into(&mut error.code);
            }
        }
        let mut reply = Self::fault(&fault, stamps, now, false);
        if let (Self::Answer(answer), Some(seconds)) = (&mut reply, retry_after) {
            answer.headers.push(("retry-after", seconds.to_string()));
        }
        reply
    }

    /// The page of a proxy that could not reach the company.
    pub(super) fn html(status: u16) -> Self {
        let reason = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason());
        let title = format!("{status} {}", reason.unwrap_or("Error"));
        let body = format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1>\
             </center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        );
        Self::Answer(Answered {
            status,
            content_type: "text/html",
            body,
            headers: Vec::new(),
        })
    }

    /// 200 and nothing in it.
    pub(super) fn empty() -> Self {
        let content_type = "application/json;charset=UTF-8";
        let body = String::new();
        Self::Answer(Answered {
            status: 200,
            content_type,
            body,
            headers: Vec::new(),
        })
    }
}

/// `"Fault":{…}`.
pub(super) fn fault_fragment(fault: &Fault) -> String {
    format!("\"Fault\":{}", fault.to_value())
}

impl Answered {
    /// As HTTP, with the headers FACTS: QuickBooks §1 names.
    pub(super) fn into_response(self, transaction: &str) -> Response<Body> {
        let length = self.body.len();
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(self.content_type),
        );
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("max-age=0, no-cache, no-store, must-revalidate, private"),
        );
        headers.insert(
            HeaderName::from_static("qbo-version"),
            HeaderValue::from_static(QBO_VERSION),
        );
        if let Ok(transaction) = HeaderValue::from_str(transaction) {
            headers.insert(HeaderName::from_static("intuit_tid"), transaction);
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// `"QueryResponse":{…}` and its like.
pub(super) fn member(name: &str, value: &str) -> String {
    format!("{}:{value}", json::quoted(name))
}
