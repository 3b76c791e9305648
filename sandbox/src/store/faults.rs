//! Faults a test plans: what goes wrong, for which requests, how often.

use std::time::Duration;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// `WordPress` is updating: 503 with `Retry-After: 600`, HTML unless JSON is accepted.
    Maintenance,
    /// A host's 503 in HTML, with the given `Retry-After` in seconds.
    Unavailable {
        /// Seconds, if the host says.
        retry_after: Option<u32>,
    },
    /// A firewall's 429 in HTML.
    TooManyRequests {
        /// Seconds, if the firewall says.
        retry_after: Option<u32>,
    },
    /// 500 `internal_server_error`, as after a PHP fatal error.
    PhpFatal,
    /// 200 with a page of HTML instead of JSON.
    HtmlInsteadOfJson,
    /// 401: the key was revoked.
    KeyRevoked,
    /// The answer breaks off in the middle of the body.
    CutBody,
    /// The connection is closed without any answer.
    CutConnection,
    /// The JSON is cut off in the middle, but the answer ends properly.
    TruncatedJson,
    /// One record of the page is malformed.
    Malformed(Malformation),
    /// The answer takes this much longer, in real time.
    Delay(Duration),
}

/// How a record is malformed. It is the middle one of a page, or the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformation {
    /// `"total": null`.
    NullTotal,
    /// `"total": "abc"`.
    TextTotal,
    /// No `id` at all.
    NoId,
    /// `"line_items": "none"`.
    WrongTypedLines,
    /// `"date_modified_gmt": "soon"`.
    BadDate,
}

/// Which requests a fault befalls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    number: Option<u64>,
    path: Option<String>,
    query: Option<String>,
    times: Option<u32>,
    skip: u32,
}

impl Matcher {
    /// The next request.
    #[must_use]
    pub fn next() -> Self {
        Self {
            number: None,
            path: None,
            query: None,
            times: Some(1),
            skip: 0,
        }
    }

    /// The `number`th request of the log, counted from 1.
    #[must_use]
    pub fn request(number: u64) -> Self {
        Self {
            number: Some(number),
            ..Self::next()
        }
    }

    /// The next request to a path below `/wp-json/wc/v3`, such as `/orders`.
    #[must_use]
    pub fn path(path: &str) -> Self {
        Self {
            path: Some(path.to_owned()),
            ..Self::next()
        }
    }

    /// Only where the query holds `part`, such as `status=trash`.
    #[must_use]
    pub fn with_query(mut self, part: &str) -> Self {
        self.query = Some(part.to_owned());
        self
    }

    /// The first `times` such requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Every such request.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// Lets `count` such requests pass first.
    #[must_use]
    pub fn after(mut self, count: u32) -> Self {
        self.skip = count;
        self
    }

    fn fits(&self, number: u64, path: &str, query: &str) -> bool {
        let path = path.strip_prefix("/wp-json/wc/v3").unwrap_or(path);
        self.number.is_none_or(|wanted| wanted == number)
            && self.path.as_deref().is_none_or(|wanted| wanted == path)
            && self
                .query
                .as_deref()
                .is_none_or(|wanted| query.contains(wanted))
    }
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    planned: Vec<(Matcher, Fault)>,
}

impl Faults {
    pub(crate) fn plan(&mut self, matcher: Matcher, fault: Fault) {
        self.planned.push((matcher, fault));
    }

    pub(crate) fn clear(&mut self) {
        self.planned.clear();
    }

    /// The faults that befall this request; they are then used up.
    pub(crate) fn strike(&mut self, number: u64, path: &str, query: &str) -> Vec<Fault> {
        let mut struck = Vec::new();
        for (matcher, fault) in &mut self.planned {
            if !matcher.fits(number, path, query) {
                continue;
            }
            if matcher.skip > 0 {
                matcher.skip -= 1;
                continue;
            }
            match &mut matcher.times {
                Some(0) => continue,
                Some(times) => *times -= 1,
                None => {}
            }
            struck.push(fault.clone());
        }
        self.planned.retain(|(matcher, _)| matcher.times != Some(0));
        struck
    }
}

/// Makes one record of a JSON body malformed.
pub(crate) fn malform(body: &str, how: Malformation) -> String {
    use serde_json::{Value, json};
    let mut value: Value = serde_json::from_str(body).unwrap_or_default();
    let record = match &mut value {
        Value::Array(records) => {
            let middle = records.len() / 2;
            records.get_mut(middle)
        }
        one => Some(one),
    };
    if let Some(Value::Object(record)) = record {
        match how {
            Malformation::NullTotal => record.insert("total".to_owned(), Value::Null),
            Malformation::TextTotal => record.insert("total".to_owned(), json!("abc")),
            Malformation::NoId => record.shift_remove("id"),
            Malformation::WrongTypedLines => record.insert("line_items".to_owned(), json!("none")),
            Malformation::BadDate => record.insert("date_modified_gmt".to_owned(), json!("soon")),
        };
    }
    let mut out = String::with_capacity(body.len());
    super::json::push_value(&mut out, &value);
    out
}
