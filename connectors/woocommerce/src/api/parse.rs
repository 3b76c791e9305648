//! Parsing with errors that name the entity and the field.

use serde::Deserialize;

/// An entity that cannot be used, with the place where it is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What it should have been: `order`, `refund`, `product`, `customer`.
    pub entity: &'static str,
    /// Its id, where that could be made out.
    pub id: Option<u64>,
    /// The field, such as `line_items[2].total`; empty for the whole entity.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.entity)?;
        if let Some(id) = self.id {
            write!(f, " {id}")?;
        }
        if !self.path.is_empty() {
            write!(f, ": `{}`", self.path)?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for ParseError {}

#[derive(Deserialize)]
struct Identity {
    id: u64,
}

/// Parses `body` as an `entity`.
pub(super) fn parse<'a, T: Deserialize<'a>>(
    entity: &'static str,
    body: &'a str,
) -> Result<T, ParseError> {
    serde_json::from_str(body).map_err(|error| {
        let id = serde_json::from_str::<Identity>(body).map(|identity| identity.id);
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let reason = text.strip_suffix(&place).unwrap_or(&text);
        let mut path = path_at(body, offset(body, error.line(), error.column()));
        let missing = reason
            .strip_prefix("missing field `")
            .and_then(|rest| rest.strip_suffix('`'));
        if let Some(field) = missing {
            let dot = if path.is_empty() { "" } else { "." };
            path = format!("{path}{dot}{field}");
        }
        ParseError {
            entity,
            id: id.ok(),
            path,
            reason: missing.map_or_else(|| reason.to_owned(), |_| "is missing".to_owned()),
        }
    })
}

/// The byte offset of a line (from 1) and column (in bytes).
fn offset(body: &str, line: usize, column: usize) -> usize {
    let before: usize = body
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    before + column
}

/// One level of nesting on the way to an offset.
enum Level {
    Object { key: Option<(usize, usize)> },
    Array { index: usize },
}

/// The path of the value that ends at `offset` of `body`.
fn path_at(body: &str, offset: usize) -> String {
    let mut levels = Vec::new();
    let mut bytes = body.bytes().enumerate().take(offset);
    while let Some((position, byte)) = bytes.next() {
        match byte {
            b'{' => levels.push(Level::Object { key: None }),
            b'[' => levels.push(Level::Array { index: 0 }),
            b'}' | b']' => {
                levels.pop();
            }
            b',' => match levels.last_mut() {
                Some(Level::Object { key }) => *key = None,
                Some(Level::Array { index }) => *index += 1,
                None => {}
            },
            b'"' => {
                let mut end = position;
                while let Some((at, byte)) = bytes.next() {
                    end = at;
                    match byte {
                        b'\\' => {
                            bytes.next();
                        }
                        b'"' => break,
                        _ => {}
                    }
                }
                if let Some(Level::Object { key: key @ None }) = levels.last_mut() {
                    *key = Some((position + 1, end));
                }
            }
            _ => {}
        }
    }
    let mut path = String::new();
    for level in &levels {
        match level {
            Level::Object { key: None } => {}
            Level::Object {
                key: Some((start, end)),
            } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(body.get(*start..*end).unwrap_or_default());
            }
            Level::Array { index } => {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_value_before_the_offset() {
        let body = r#"{"a":{"b":[1,{"c\"d":"x, [{ \" y"}]},"e":2}"#;
        let at = |needle: &str| path_at(body, body.find(needle).unwrap() + needle.len());
        assert_eq!(at(r#"\" y""#), r#"a.b[1].c\"d"#);
        assert_eq!(at("[1"), "a.b[0]");
        assert_eq!(at(r#"\" y"}"#), "a.b[1]");
        assert_eq!(at(":2"), "e");
        assert_eq!(at(":2}"), "");
    }
}
