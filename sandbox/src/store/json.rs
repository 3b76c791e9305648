//! JSON as PHP's `json_encode` writes it (`\/`, `\uXXXX`), written member by
//! member so that `_fields` costs nothing for what it leaves out.

use std::collections::HashMap;
use std::fmt::Write as _;

use rust_decimal::Decimal;
use serde_json::Value;

use super::money::{push_fixed, push_short, push_whole};

/// What `_fields` asked for. FACTS: WooCommerce §3.
#[derive(Debug, Clone, Default)]
pub(crate) enum Fields {
    /// No `_fields`: everything.
    #[default]
    All,
    /// Only these members, and of each the named part.
    Only(HashMap<String, Fields>),
}

impl Fields {
    /// Reads `id,total,billing.email`. An empty list means everything.
    pub(crate) fn parse<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut tree = HashMap::new();
        for name in names.map(str::trim).filter(|name| !name.is_empty()) {
            insert(&mut tree, name);
        }
        if tree.is_empty() {
            Self::All
        } else {
            Self::Only(tree)
        }
    }

    /// Adds a member that is sent whether asked for or not.
    pub(crate) fn with(mut self, name: &str) -> Self {
        if let Self::Only(tree) = &mut self {
            tree.insert(name.to_owned(), Self::All);
        }
        self
    }

    fn of(&self, name: &str) -> Option<&Fields> {
        match self {
            Self::All => Some(&Self::All),
            Self::Only(tree) => tree.get(name),
        }
    }
}

fn insert(tree: &mut HashMap<String, Fields>, name: &str) {
    let (head, rest) = name
        .split_once('.')
        .map_or((name, None), |(a, b)| (a, Some(b)));
    let slot = tree.entry(head.to_owned()).or_insert_with(|| match rest {
        Some(_) => Fields::Only(HashMap::new()),
        None => Fields::All,
    });
    match rest {
        None => *slot = Fields::All,
        Some(rest) => {
            if let Fields::Only(inner) = slot {
                insert(inner, rest);
            }
        }
    }
}

/// Writes one object. Members come in the order they are written.
pub(crate) struct Object<'o, 'f> {
    out: &'o mut String,
    fields: &'f Fields,
    empty: bool,
}

/// Writes an object into `out`, with the members `fields` asks for.
pub(crate) fn object(out: &mut String, fields: &Fields, write: impl FnOnce(&mut Object<'_, '_>)) {
    out.push('{');
    write(&mut Object {
        out,
        fields,
        empty: true,
    });
    out.push('}');
}

impl Object<'_, '_> {
    /// The writer behind `name`, if it is wanted; its key is then written.
    fn member(&mut self, name: &str) -> Option<(&mut String, &Fields)> {
        let wanted = self.fields.of(name)?;
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        // Names of members are plain letters.
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
        Some((self.out, wanted))
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        if let Some((out, _)) = self.member(name) {
            push_string(out, value);
        }
    }

    pub(crate) fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        if let Some((out, _)) = self.member(name) {
            match value {
                Some(value) => push_string(out, value),
                None => out.push_str("null"),
            }
        }
    }

    pub(crate) fn int(&mut self, name: &str, value: i64) {
        self.raw(name, |out| {
            if value < 0 {
                out.push('-');
            }
            push_whole(out, value.unsigned_abs());
        });
    }

    pub(crate) fn id(&mut self, name: &str, value: u64) {
        self.raw(name, |out| push_whole(out, value));
    }

    pub(crate) fn flag(&mut self, name: &str, value: bool) {
        if let Some((out, _)) = self.member(name) {
            out.push_str(if value { "true" } else { "false" });
        }
    }

    pub(crate) fn null(&mut self, name: &str) {
        self.raw(name, |out| out.push_str("null"));
    }

    /// Money as a string with `places` decimals.
    pub(crate) fn money(&mut self, name: &str, value: Decimal, places: u32) {
        self.raw(name, |out| {
            out.push('"');
            push_fixed(out, value, places);
            out.push('"');
        });
    }

    /// Money as a string without trailing zeros.
    pub(crate) fn short_money(&mut self, name: &str, value: Decimal) {
        self.raw(name, |out| {
            out.push('"');
            push_short(out, value);
            out.push('"');
        });
    }

    /// A JSON number without trailing zeros.
    pub(crate) fn number(&mut self, name: &str, value: Decimal) {
        self.raw(name, |out| push_short(out, value));
    }

    pub(crate) fn value(&mut self, name: &str, value: &Value) {
        if let Some((out, fields)) = self.member(name) {
            push_value_of(out, value, fields);
        }
    }

    /// A member of someone else's object, whose name may hold anything.
    fn foreign(&mut self, name: &str, value: &Value) {
        let Some(wanted) = self.fields.of(name) else {
            return;
        };
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        push_string(self.out, name);
        self.out.push(':');
        push_value_of(self.out, value, wanted);
    }

    /// A member whose text `write` appends.
    pub(crate) fn raw(&mut self, name: &str, write: impl FnOnce(&mut String)) {
        if let Some((out, _)) = self.member(name) {
            write(out);
        }
    }

    pub(crate) fn object(&mut self, name: &str, write: impl FnOnce(&mut Object<'_, '_>)) {
        if let Some((out, fields)) = self.member(name) {
            object(out, fields, write);
        }
    }

    /// An array of objects. A nested `_fields` does not reach through it: it gives `[]`.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(T, &mut Object<'_, '_>),
    ) {
        let Some((out, fields)) = self.member(name) else {
            return;
        };
        out.push('[');
        if matches!(fields, Fields::All) {
            for (index, item) in items.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                object(out, &Fields::All, |inner| write(item, inner));
            }
        }
        out.push(']');
    }
}

/// Appends any JSON value as PHP writes it.
pub(crate) fn push_value(out: &mut String, value: &Value) {
    push_value_of(out, value, &Fields::All);
}

/// Appends the part of `value` that `fields` asks for.
pub(crate) fn push_value_of(out: &mut String, value: &Value, fields: &Fields) {
    match value {
        Value::String(text) => push_string(out, text),
        Value::Array(items) => {
            out.push('[');
            if matches!(fields, Fields::All) {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    push_value(out, item);
                }
            }
            out.push(']');
        }
        Value::Object(members) => object(out, fields, |inner| {
            for (name, member) in members {
                inner.foreign(name, member);
            }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            let _ = write!(out, "{value}");
        }
    }
}

/// Appends a JSON string with PHP's default escapes.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let plain = |byte: u8| matches!(byte, b' '..=0x7f) && !matches!(byte, b'"' | b'\\' | b'/');
    let mut rest = text;
    loop {
        let stop = rest
            .bytes()
            .position(|byte| !plain(byte))
            .unwrap_or(rest.len());
        let (start, odd) = rest.split_at(stop);
        out.push_str(start);
        let mut letters = odd.chars();
        let Some(letter) = letters.next() else { break };
        push_escaped(out, letter);
        rest = letters.as_str();
    }
    out.push('"');
}

fn push_escaped(out: &mut String, letter: char) {
    let escaped = match letter {
        '"' => "\\\"",
        '\\' => "\\\\",
        '/' => "\\/",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        _ => {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
            return;
        }
    };
    out.push_str(escaped);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_are_escaped_as_php_does() {
        let mut out = String::new();
        push_string(&mut out, "a/b \"ö\" 🌸\t\\\u{1}");
        assert_eq!(out, r#""a\/b \"\u00f6\" \ud83c\udf38\t\\\u0001""#);
    }

    #[test]
    fn nested_fields_reach_objects_but_not_arrays() {
        let body = json!({"id": 1, "billing": {"email": "a", "city": "b"}, "lines": [{"id": 2}]});
        let fields = Fields::parse("id,billing.email,lines.id".split(','));
        let mut out = String::new();
        push_value_of(&mut out, &body, &fields);
        assert_eq!(out, r#"{"id":1,"billing":{"email":"a"},"lines":[]}"#);
    }

    #[test]
    fn no_fields_means_everything() {
        let mut out = String::new();
        push_value_of(&mut out, &json!({"id": 1}), &Fields::parse("".split(',')));
        assert_eq!(out, r#"{"id":1}"#);
    }
}
