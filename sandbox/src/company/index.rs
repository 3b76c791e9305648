//! What the books are indexed by: hashes of a few members.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::json::{self, Object};
use super::kind::Kind;

/// Members that can be looked up without reading every body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Name,
    FullName,
    Email,
    Sku,
    DocNumber,
    Customer,
}

/// A hash that is equal for all texts any comparison could hold equal.
pub(super) fn loose_hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for letter in text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(narrow)
    {
        for lower in letter.to_lowercase() {
            lower.hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// A full-width form as its ordinary letter.
pub(super) fn narrow(letter: char) -> char {
    match u32::from(letter) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(letter),
        _ => letter,
    }
}

pub(super) fn index_entries(kind: Kind, body: &Object) -> Vec<(Field, u64)> {
    let mut entries = Vec::with_capacity(3);
    let mut add = |field, text: Option<&str>| {
        if let Some(text) = text {
            entries.push((field, loose_hash(text)));
        }
    };
    if kind.is_transaction() {
        add(Field::DocNumber, json::text(body, "DocNumber"));
        add(Field::Customer, json::reference(body, "CustomerRef"));
        return entries;
    }
    let name = if kind.is_party() {
        "DisplayName"
    } else {
        "Name"
    };
    add(Field::Name, json::text(body, name));
    add(Field::FullName, json::text(body, "FullyQualifiedName"));
    if kind == Kind::Customer {
        let email =
            json::inner(body, "PrimaryEmailAddr").and_then(|mail| json::text(mail, "Address"));
        add(Field::Email, email);
    }
    add(Field::Sku, json::text(body, "Sku"));
    entries
}
