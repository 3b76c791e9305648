//! Which members an object may have: the tables of `schema.json`, taken from
//! Intuit's XSD, one line per type in `members.txt`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::json::{Object, elements};

static MEMBERS: LazyLock<HashMap<&'static str, HashSet<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("members.txt").lines();
    let parsed = lines.filter_map(|line| line.split_once(':'));
    parsed
        .map(|(name, members)| (name, members.split_whitespace().collect()))
        .collect()
});

/// Further members a line or detail may have in JSON.
const LINE_DETAILS: &[&str] = &[
    "SalesItemLineDetail",
    "DiscountLineDetail",
    "DepositLineDetail",
    "JournalEntryLineDetail",
    "AccountBasedExpenseLineDetail",
    "ItemBasedExpenseLineDetail",
    "DescriptionLineDetail",
];

/// Whether a type has a member of exactly that name.
pub(super) fn has(type_name: &str, member: &str) -> bool {
    MEMBERS
        .get(type_name)
        .is_some_and(|members| members.contains(member))
}

/// The canonical spelling of a member of a type, found in any case.
pub(super) fn canonical(type_name: &str, member: &str) -> Option<&'static str> {
    let members = MEMBERS.get(type_name)?;
    members
        .iter()
        .find(|known| known.eq_ignore_ascii_case(member))
        .copied()
}

/// Names of members of an entity, its lines and their details that no such
/// object has.
pub(super) fn unknown(type_name: &str, body: &Object) -> Vec<String> {
    let mut unknown: Vec<String> = body
        .keys()
        .filter(|member| !has(type_name, member))
        .cloned()
        .collect();
    for line in elements(body, "Line")
        .iter()
        .filter_map(|line| line.as_object())
    {
        unknown.extend(line.keys().filter(|member| !has("Line", member)).cloned());
        for detail in LINE_DETAILS {
            let Some(inner) = line.get(*detail).and_then(|detail| detail.as_object()) else {
                continue;
            };
            unknown.extend(inner.keys().filter(|member| !has(detail, member)).cloned());
        }
    }
    unknown
}

/// Takes the unknown members out.
pub(super) fn drop_unknown(type_name: &str, body: &mut Object) {
    body.retain(|member, _| has(type_name, member));
    let lines = body.get_mut("Line").and_then(|lines| lines.as_array_mut());
    for line in lines
        .into_iter()
        .flatten()
        .filter_map(|line| line.as_object_mut())
    {
        line.retain(|member, _| has("Line", member));
        for detail in LINE_DETAILS {
            if let Some(inner) = line
                .get_mut(*detail)
                .and_then(|detail| detail.as_object_mut())
            {
                inner.retain(|member, _| has(detail, member));
            }
        }
    }
}
