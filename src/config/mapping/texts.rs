//! The texts of the mapping: statuses, templates of numbers and memos, names in the books, rates.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::super::nearest::nearest;
use super::super::reader::{Parsed, Reader};
use super::super::values::{fault, filled, text};

type Toml<'a> = Spanned<DeValue<'a>>;

/// Statuses of orders that are no sale (ACCOUNTING: Orders).
const NEVER: [&str; 5] = [
    "checkout-draft",
    "auto-draft",
    "failed",
    "cancelled",
    "trash",
];

pub(super) fn status(value: &Toml<'_>) -> Parsed<String> {
    let status = text(value)?;
    if let Some(slug) = status.strip_prefix("wc-") {
        return fault(value, format!("must be the slug without `wc-`: `{slug}`"));
    }
    if NEVER.contains(&status.as_str()) {
        return fault(
            value,
            format!("orders with the status `{status}` are never posted"),
        );
    }
    let slug = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-' || letter == '_'
    };
    if status.is_empty() || !status.chars().all(slug) {
        return fault(
            value,
            "is not the slug of a status: lower-case letters, digits and `-`, as in `on-hold`",
        );
    }
    Ok(status)
}

/// The longest number QuickBooks takes (FACTS: QuickBooks §6).
pub(super) const NUMBER: usize = 21;

/// A text with placeholders, at most `longest` characters when they are one character each.
pub(super) fn template(
    possible: &'static [&'static str],
    needed: &'static [&'static str],
    longest: Option<usize>,
) -> impl Fn(&Toml<'_>) -> Parsed<String> {
    move |value| {
        let template = text(value)?;
        let mut fixed = 0;
        let mut used = Vec::new();
        let mut rest = template.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            fixed += before.chars().count();
            let Some((name, behind)) = behind.split_once('}') else {
                return fault(value, "has a `{` without its `}`");
            };
            if !possible.contains(&name) {
                let near = nearest(name, possible.iter().copied()).unwrap_or("number");
                return fault(
                    value,
                    format!("`{{{name}}}` is not known here; the nearest is `{{{near}}}`"),
                );
            }
            used.push(name);
            rest = behind;
        }
        fixed += rest.chars().count();
        if let Some(missing) = needed.iter().find(|name| !used.contains(*name)) {
            return fault(
                value,
                format!("must have `{{{missing}}}` in it, or two documents get the same number"),
            );
        }
        if let Some(longest) = longest.filter(|longest| fixed + used.len() > *longest) {
            return fault(
                value,
                format!(
                    "leaves no room for the number: QuickBooks takes {longest} characters in all"
                ),
            );
        }
        Ok(template)
    }
}

/// The name of something in the books, or `id:123`.
pub(super) fn in_books(value: &Toml<'_>) -> Parsed<String> {
    let name = filled(value)?;
    if let Some(id) = name.strip_prefix("id:") {
        let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return fault(value, "behind `id:` stands QuickBooks' id, digits only");
        }
    }
    Ok(name.trim().to_owned())
}

/// The same, or empty for none.
pub(super) fn in_books_or_none(value: &Toml<'_>) -> Parsed<String> {
    if text(value)?.trim().is_empty() {
        return Ok(String::new());
    }
    in_books(value)
}

/// `1+2`: the ids of rates, each once; smaller ones first in the result.
pub(super) fn rate_set(written: &str) -> Result<String, String> {
    let wrong =
        || format!("`{written}` is not a rate: write its id, or ids joined by `+`, like \"1+2\"");
    let ids: Result<Vec<u64>, _> = written.split('+').map(|id| id.trim().parse()).collect();
    let mut ids = ids.map_err(|_| wrong())?;
    ids.sort_unstable();
    if ids
        .windows(2)
        .any(|pair| matches!(pair, [left, right] if left == right))
    {
        return Err(format!("`{written}` has a rate twice"));
    }
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    Ok(ids.join("+"))
}

/// A table of free keys to names in the books.
pub(super) fn names(
    reader: &Reader<'_>,
    key: impl Fn(&str) -> Result<String, String>,
) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut sound = true;
    for (written, entry) in reader.entries() {
        let name = reader.parsed(&entry, in_books);
        let key = key(&written).map_err(|message| {
            reader.sheet.problem(&entry.key_span, &entry.path, message);
        });
        let (Ok(key), Some(name)) = (key, name) else {
            sound = false;
            continue;
        };
        if found.insert(key, name).is_some() {
            let message = "stands in the table already, with its parts in another order";
            reader.sheet.problem(&entry.key_span, &entry.path, message);
            sound = false;
        }
    }
    sound.then_some(found)
}
