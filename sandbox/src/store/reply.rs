//! An answer before it goes over the wire: status, body and the headers that
//! `WordPress` would set.

use serde_json::{Value, json};

use super::json::push_value;
use super::query::Params;

/// An error as `WordPress` says it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub status: u16,
    pub body: String,
    /// Nobody was let in: such answers may be cached and vary by origin.
    pub outside: bool,
    pub allow: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: &str, data: &Value) -> Self {
        let mut body = String::new();
        let members = json!({"code": code, "message": message, "data": data});
        push_value(&mut body, &members);
        Self {
            status,
            body,
            outside: false,
            allow: None,
        }
    }

    /// With `data: {"status": …}`, as most have.
    pub(crate) fn plain(status: u16, code: &str, message: &str) -> Self {
        Self::new(status, code, message, &json!({"status": status}))
    }

    pub(crate) fn outside(mut self) -> Self {
        self.outside = true;
        self
    }

    pub(crate) fn allowing(mut self, verbs: &'static str) -> Self {
        self.allow = Some(verbs);
        self
    }

    pub(crate) fn no_route() -> Self {
        let message = "No route was found matching the URL and request method.";
        Self::plain(404, "rest_no_route", message)
    }
}

/// How many there are of what a list shows a page of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub records: usize,
    pub pages: usize,
}

impl Totals {
    pub(crate) fn of(records: usize, per_page: usize) -> Self {
        Self {
            records,
            pages: records.div_ceil(per_page.max(1)),
        }
    }
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    pub status: u16,
    pub body: String,
    pub html: bool,
    pub totals: Option<Totals>,
    /// The paging links; without them there is one to the API.
    pub paging: Option<String>,
    pub allow: Option<&'static str>,
    pub retry_after: Option<u32>,
    pub outside: bool,
    /// Not `WordPress`' own answer: a fatal error or a proxy before it.
    pub bare: bool,
}

impl Reply {
    pub(crate) fn json(body: String, allow: &'static str) -> Self {
        Self {
            status: 200,
            body,
            allow: Some(allow),
            ..Self::default()
        }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self {
            status: refusal.status,
            body: refusal.body,
            outside: refusal.outside,
            allow: refusal.allow,
            ..Self::default()
        }
    }
}

/// The `Link` header of a list: `prev` and `next`, or nothing where one page is all.
/// `added` are defaults that the controller fills in.
pub(crate) fn paging(
    url: &str,
    params: &Params,
    added: &[(&str, &str)],
    page: usize,
    pages: usize,
) -> Option<String> {
    let mut links = Vec::new();
    if page > 1 {
        let previous = (page - 1).min(pages);
        links.push(format!(
            "<{url}?{}>; rel=\"prev\"",
            query(params, added, previous)
        ));
    }
    if pages > page {
        links.push(format!(
            "<{url}?{}>; rel=\"next\"",
            query(params, added, page + 1)
        ));
    }
    (!links.is_empty()).then(|| links.join(", "))
}

/// Parameters that are arrays once `WordPress` has read them.
const ARRAYS: &[&str] = &["status", "include", "exclude", "parent", "parent_exclude"];

fn query(params: &Params, added: &[(&str, &str)], page: usize) -> String {
    let mut parts = Vec::new();
    for (name, values) in params.pairs() {
        if name == "page" {
            parts.push(format!("page={page}"));
        } else if name == "consumer_key" || name == "consumer_secret" {
            // The real store repeats them here; a simulator need not spread keys.
        } else if ARRAYS.contains(&name.as_str()) {
            for (at, value) in params.list(name).into_iter().enumerate() {
                parts.push(format!(
                    "{}={}",
                    encode(&format!("{name}[{at}]")),
                    encode(value)
                ));
            }
        } else {
            let value = values.first().map_or("", String::as_str);
            parts.push(format!("{}={}", encode(name), encode(value)));
        }
    }
    for (name, value) in added {
        let given = name.split('[').next().unwrap_or(name);
        if params.get(given).is_none() {
            parts.push(format!("{}={}", encode(name), encode(value)));
        }
    }
    if params.get("page").is_none() {
        parts.push(format!("page={page}"));
    }
    parts.join("&")
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
