//! Builds the canonical body of an object out of what was sent.

use serde_json::Value;

use super::super::json::{self, Object};

/// Builds a canonical body: members in the order they are taken.
pub(super) struct Composer {
    pub(super) source: Object,
    target: Object,
}

impl Composer {
    pub(super) fn new(source: Object) -> Self {
        Self {
            source,
            target: Object::new(),
        }
    }

    /// Moves members over as they are, where present.
    pub(super) fn keep(&mut self, keys: &[&str]) {
        for key in keys {
            if let Some(value) = self.source.remove(*key) {
                self.target.insert((*key).to_owned(), value);
            }
        }
    }

    /// Puts a member, in place of what was sent.
    pub(super) fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.source.remove(key);
        json::set(&mut self.target, key, value);
    }

    /// Puts a member or takes the sent one away.
    pub(super) fn put_some(&mut self, key: &str, value: Option<impl Into<Value>>) {
        self.source.remove(key);
        if let Some(value) = value {
            json::set(&mut self.target, key, value);
        }
    }

    /// Keeps a boolean, or puts the default.
    pub(super) fn flag(&mut self, key: &str, default: bool) {
        let value = json::boolean(&self.source, key).unwrap_or(default);
        self.put(key, value);
    }

    /// Keeps a decimal in its plain form, or puts the default.
    pub(super) fn plain_number(&mut self, key: &str, default: Option<i64>) {
        let value = json::decimal(&self.source, key).or(default.map(Into::into));
        self.put_some(key, value.map(json::plain));
    }

    /// Drops what the client may not set and keeps the rest.
    pub(super) fn finish(mut self, dropped: &[&str]) -> Object {
        self.source
            .retain(|key, _| !dropped.contains(&key.as_str()));
        self.target.append(&mut self.source);
        self.target
    }
}
