//! What drafts of customers and items have in common.

use kit::{Expected, ListEntry, Receipt};

use crate::domain::{Document, Draft, Facets, Link, LinkKey, OnEdit, Rename, Wish};

/// The JSON of a list object that leaves what it does not name as it is.
pub(super) fn sparse<T: serde::Serialize>(object: &T) -> String {
    let body = serde_json::to_string(object).unwrap_or_default();
    match body.strip_prefix('{') {
        Some(rest) => format!("{{\"sparse\":true,{rest}"),
        None => body,
    }
}

/// A list object's document; `key` is its e-mail address or SKU.
pub(super) fn list_document(
    name: &str,
    key: Option<&str>,
    body: String,
    rename: Option<(String, String)>,
) -> Document {
    Document {
        body,
        needs: Vec::new(),
        expected: Expected {
            name: Some(name.to_owned()),
            key: key.map(str::to_owned),
            ..Expected::default()
        },
        rename: rename
            .filter(|(other, _)| other != name)
            .map(|(name, body)| Rename { name, body }),
        on_edit: OnEdit::Update,
    }
}

/// A list object's draft.
pub(super) fn list_draft(key: LinkKey, name: String, wish: Wish) -> Draft {
    Draft {
        key,
        number: name,
        date: None,
        store_amount: None,
        facets: Facets::default(),
        fee: None,
        warning: None,
        wish,
    }
}

/// The entry is the thing itself.
pub(super) fn adopted(entry: &ListEntry) -> Wish {
    Wish::Adopt(Receipt {
        target_id: entry.id.clone(),
        sync_token: entry.sync_token.clone(),
        ..Receipt::default()
    })
}

/// The same for what is something else in the books already: `link` refers to what is no longer in use.
pub(super) fn moved(wish: Wish, link: Option<&Link>) -> Wish {
    match (wish, link) {
        (Wish::Adopt(receipt), Some(_)) => Wish::Move(receipt),
        (wish, _) => wish,
    }
}

/// What was adopted once stays so.
pub(super) fn kept(link: &Link) -> Wish {
    Wish::Adopt(Receipt {
        target_id: link.target_id.clone(),
        sync_token: link.sync_token.clone(),
        ..Receipt::default()
    })
}

/// The source id of what the configuration names for a role: with another name it is another thing. What
/// could break a placeholder is left out.
pub(super) fn named_role(role: &str, name: &str) -> String {
    let name = name.trim().to_lowercase().replace(char::is_control, "");
    format!("{role}:{name}")
}
