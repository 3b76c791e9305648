//! What was asked of the store, so that a test can say how often.

use std::collections::HashMap;

/// One request. The query is as sent, without any keys in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, …
    pub method: String,
    /// The whole path: `/wp-json/wc/v3/orders`.
    pub path: String,
    /// The raw query, `consumer_key` and `consumer_secret` left out.
    pub query: String,
}

/// How many requests the list remembers; the counters go on.
const REMEMBERED: usize = 20_000;

/// The requests so far.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    requests: Vec<Request>,
    counts: HashMap<String, u64>,
    seen: u64,
}

impl RequestLog {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Notes a request and gives back its number, from 1.
    pub(crate) fn note(&mut self, request: Request) -> u64 {
        self.seen += 1;
        let path = request
            .path
            .strip_prefix("/wp-json/wc/v3")
            .unwrap_or(&request.path);
        match self.counts.get_mut(path) {
            Some(count) => *count += 1,
            None => {
                // Single orders and the like are not counted one by one.
                if self.counts.len() < REMEMBERED {
                    self.counts.insert(path.to_owned(), 1);
                }
            }
        }
        if self.requests.len() < REMEMBERED {
            self.requests.push(request);
        }
        self.seen
    }

    pub(crate) fn all(&self) -> &[Request] {
        &self.requests
    }

    pub(crate) fn count(&self, path: &str) -> u64 {
        self.counts.get(path).copied().unwrap_or(0)
    }
}
