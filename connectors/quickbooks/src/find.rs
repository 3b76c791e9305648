//! Looks documents up whose outcome is unknown, and tells ours from others.
//!
//! A document is ours only when its private note carries our marker, its date is the expected one, and
//! either its total is, too, or it was made or changed by the call: then QuickBooks made it with
//! other amounts than wanted. Made by the call is what was made since it was begun; changed by it what
//! was changed since, is one version further, and has the net amount that was sent. Everything else of
//! that number is somebody else's: described, never adopted. Customers and items: `namesake.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use kit::{Failure, Found, Member, Operation, PostingKind, Receipt};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::compose::{Removal, removal};
use crate::entity::{Answered, Entity, Shown, names};
use crate::namesake::judge_name;

/// Values of one question; together they stay within hundreds of characters (FACTS: QuickBooks §2).
const LONGEST_LIST: usize = 600;
/// How far our clock and QuickBooks' may be apart.
const CLOCKS_DIFFER: Duration = Duration::from_secs(300);
/// Rows of one answer (FACTS: QuickBooks §9).
const PAGE: usize = 1000;

/// How a member can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// By its id: it existed before.
    Id(String),
    /// By the name it should have.
    Name(String),
    /// By its number.
    Number(String),
    /// By its day, where it has no number.
    Day(String),
    /// By its total, where it has neither.
    Total(String),
}

impl Key {
    fn of(member: &Member) -> Option<Self> {
        let expected = &member.expected;
        match &member.operation {
            Operation::Update { target_id, .. }
            | Operation::Void { target_id, .. }
            | Operation::Delete { target_id, .. } => Some(Self::Id(target_id.clone())),
            Operation::Create if member.kind.is_list_object() => {
                expected.name.clone().map(Self::Name)
            }
            Operation::Create => {
                // a payment has no number of its own
                let number = expected
                    .doc_number
                    .clone()
                    .filter(|_| member.kind != PostingKind::Payment);
                number
                    .map(Self::Number)
                    .or_else(|| expected.date.map(|date| Self::Day(date.to_string())))
                    .or_else(|| expected.total.map(|total| Self::Total(total.to_string())))
            }
        }
    }

    /// The property it is compared with.
    fn property(&self, kind: PostingKind) -> &'static str {
        match self {
            Self::Id(_) => "Id",
            Self::Name(_) if kind == PostingKind::Customer => "DisplayName",
            Self::Name(_) => "Name",
            Self::Number(_) => "DocNumber",
            Self::Day(_) => "TxnDate",
            Self::Total(_) => "TotalAmt",
        }
    }

    fn value(&self) -> &str {
        match self {
            Self::Id(value)
            | Self::Name(value)
            | Self::Number(value)
            | Self::Day(value)
            | Self::Total(value) => value,
        }
    }
}

/// What became of `members`, in their order.
pub(crate) async fn find(
    client: &Client,
    members: &[Member],
    begun_at: Timestamp,
) -> Result<Vec<Found>, Failure> {
    // whose clock is right is unknown
    let since = begun_at.saturating_sub(CLOCKS_DIFFER).unwrap_or(begun_at);
    let mut questions: BTreeMap<(PostingKind, &'static str), Vec<Key>> = BTreeMap::new();
    for member in members {
        if let Some(key) = Key::of(member) {
            let keys = questions
                .entry((member.kind, key.property(member.kind)))
                .or_default();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    let mut rows: BTreeMap<(PostingKind, &'static str), Vec<Entity>> = BTreeMap::new();
    for ((kind, property), keys) in &questions {
        let values: Vec<&str> = keys.iter().map(Key::value).collect();
        for part in parts(&values) {
            let found = ask(client, *kind, property, &part).await?;
            rows.entry((*kind, *property)).or_default().extend(found);
        }
    }
    let mut all = Vec::with_capacity(members.len());
    for member in members {
        let Some(key) = Key::of(member) else {
            all.push(Found::Foreign(format!(
                "the {} has neither name, number, date nor total to be looked up by",
                member.kind.in_words()
            )));
            continue;
        };
        let rows = rows
            .entry((member.kind, key.property(member.kind)))
            .or_default();
        let found = judge(member, &key, rows, since);
        // what one member made no other did: two products can have one name
        if let (Key::Name(_), Found::Ours(receipt)) = (&key, &found) {
            rows.retain(|row| row.id != receipt.target_id);
        }
        all.push(found);
    }
    Ok(all)
}

/// All rows of `kind` whose `property` is one of `values`.
async fn ask(
    client: &Client,
    kind: PostingKind,
    property: &str,
    values: &[&str],
) -> Result<Vec<Entity>, Failure> {
    let mut all = Vec::new();
    loop {
        let question = question(kind, property, values, all.len() + 1);
        let answer: Answered<Shown> = client.query(&question).await?;
        let rows = answer.response.rows;
        let more = rows.len() >= PAGE;
        all.extend(rows.into_iter().map(|Shown(row)| row));
        if !more {
            return Ok(all);
        }
    }
}

fn question(kind: PostingKind, property: &str, values: &[&str], position: usize) -> String {
    let (_, entity) = names(kind);
    let quoted: Vec<String> = values.iter().map(|value| quote(value)).collect();
    let condition = match quoted.as_slice() {
        [value] => format!("{property} = {value}"),
        several => format!("{property} IN ({})", several.join(", ")),
    };
    // an inactive entry is otherwise left out, as if it did not exist
    let activity = if kind.is_list_object() {
        " AND Active IN (true, false)"
    } else {
        ""
    };
    format!(
        "SELECT * FROM {entity} WHERE {condition}{activity} ORDERBY Id STARTPOSITION {position} \
         MAXRESULTS {PAGE}"
    )
}

/// A value in a question (FACTS: QuickBooks §9).
pub(crate) fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Values in groups that fit into one question each.
fn parts<'v>(values: &[&'v str]) -> Vec<Vec<&'v str>> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut length = 0;
    for value in values {
        length += value.len() + 4;
        match parts.last_mut() {
            Some(part) if length <= LONGEST_LIST => part.push(value),
            Some(_) | None => {
                parts.push(vec![value]);
                length = value.len() + 4;
            }
        }
    }
    parts
}

/// What the rows tell about a member.
fn judge(member: &Member, key: &Key, rows: &[Entity], since: Timestamp) -> Found {
    match (&member.operation, key) {
        (Operation::Create, Key::Name(name)) => judge_name(member, name, rows, since),
        (Operation::Create, Key::Number(number)) => {
            let same = |row: &&Entity| {
                row.doc_number
                    .as_ref()
                    .is_some_and(|found| found.trim().eq_ignore_ascii_case(number.trim()))
            };
            judge_new(member, rows.iter().filter(same), since)
        }
        (Operation::Create, _) => {
            // of a day's documents only those with our marker say anything
            let marked = |row: &&Entity| match &member.expected.marker {
                Some(marker) => row.carries(marker),
                None => fits(member, row),
            };
            judge_new(member, rows.iter().filter(marked), since)
        }
        (
            Operation::Update {
                target_id,
                sync_token,
            },
            _,
        ) => match rows.iter().find(|row| row.id == *target_id) {
            Some(row) if row.sync_token == *sync_token => Found::Nothing,
            Some(row) if is_ours(member, row) => ours(row),
            Some(row) if came_out_otherwise(member, row, sync_token, since) => ours(row),
            Some(row) => changed(member, row),
            None => Found::Gone,
        },
        (
            Operation::Void {
                target_id,
                sync_token,
            }
            | Operation::Delete {
                target_id,
                sync_token,
            },
            _,
        ) => {
            let deletes = matches!(removal(member), Ok(Removal::Deletion));
            match rows.iter().find(|row| row.id == *target_id) {
                Some(row) if row.sync_token == *sync_token => Found::Nothing,
                Some(row) if !deletes && is_zero(row) => ours(row),
                Some(row) => changed(member, row),
                None if deletes => Found::Ours(Receipt {
                    target_id: target_id.clone(),
                    sync_token: sync_token.clone(),
                    ..Receipt::default()
                }),
                None => Found::Gone,
            }
        }
    }
}

/// Whether a document is what our change of the version `before` made of it, with another tax than
/// wanted: what a person changes has other net amounts, or is further on.
fn came_out_otherwise(member: &Member, row: &Entity, before: &str, since: Timestamp) -> bool {
    let next = before.parse::<u64>().ok().map(|it| (it + 1).to_string());
    let expected = &member.expected;
    let net = expected
        .total
        .map(|total| total - expected.tax.unwrap_or_default());
    let marked = |marker: &String| row.carries(marker);
    expected.marker.as_ref().is_some_and(marked)
        && is_dated(member, row)
        && next.is_some_and(|next| row.sync_token == next)
        && row.changed_at().is_some_and(|changed| changed >= since)
        && net.is_some_and(|net| row.net() == Some(net))
}

/// Whether a document that was to be voided is so.
fn is_zero(row: &Entity) -> bool {
    row.total_amt.unwrap_or_default() == Decimal::ZERO
}

/// Whether a document says that somebody voided it (FACTS: QuickBooks §6).
fn is_voided(row: &Entity) -> bool {
    let says = |note: &String| note.starts_with("Voided");
    is_zero(row) && row.private_note.as_ref().is_some_and(says)
}

fn judge_new<'r>(
    member: &Member,
    rows: impl Iterator<Item = &'r Entity>,
    since: Timestamp,
) -> Found {
    let rows: Vec<&Entity> = rows.collect();
    let exact = rows.iter().find(|row| is_ours(member, row));
    let with_other_amounts = || {
        rows.iter().find(|row| {
            let marked = |marker: &String| row.carries(marker);
            member.expected.marker.as_ref().is_some_and(marked)
                && is_dated(member, row)
                && row.created_at().is_some_and(|made| made >= since)
        })
    };
    match (exact.or_else(with_other_amounts), rows.first()) {
        (Some(own), _) => ours(own),
        (None, Some(other)) => Found::Foreign(describe(member.kind, other)),
        (None, None) => Found::Nothing,
    }
}

fn changed(member: &Member, row: &Entity) -> Found {
    let what = describe(member.kind, row);
    match row.receipt() {
        Some(receipt) => Found::Changed(what, receipt),
        None => Found::Foreign(what),
    }
}

pub(crate) fn ours(row: &Entity) -> Found {
    row.receipt().map_or(Found::Nothing, Found::Ours)
}

/// Whether a document is ours; of a list object, which is asked for by its id, whether it has the name.
fn is_ours(member: &Member, row: &Entity) -> bool {
    if member.kind.is_list_object() {
        let name = row.display_name.as_ref().or(row.name.as_ref());
        return member.expected.name.as_ref() == name;
    }
    let marked = match &member.expected.marker {
        Some(marker) => row.carries(marker),
        // without a marker the total must at least be known
        None => member.expected.total.is_some(),
    };
    marked && fits(member, row)
}

/// Whether date and total are the expected ones, where they are expected.
fn fits(member: &Member, row: &Entity) -> bool {
    let total = member.expected.total;
    is_dated(member, row) && total.is_none_or(|total| row.total_amt == Some(total))
}

fn is_dated(member: &Member, row: &Entity) -> bool {
    let date = member.expected.date;
    date.is_none_or(|date| row.date() == Some(date))
}

/// A document in a bookkeeper's words.
pub(crate) fn describe(kind: PostingKind, row: &Entity) -> String {
    let number = row
        .doc_number
        .as_ref()
        .or(row.display_name.as_ref())
        .or(row.name.as_ref());
    let number = number
        .map(|number| format!(" {number}"))
        .unwrap_or_default();
    let date = row
        .date()
        .map(|date| format!(" of {date}"))
        .unwrap_or_default();
    let voided = is_voided(row);
    let total = row
        .total_amt
        .filter(|_| !voided)
        .map(|total| {
            let decimals = total.normalize().scale().max(2) as usize;
            format!(" with a total of {total:.decimals$}")
        })
        .unwrap_or_default();
    let voided = if voided { "voided " } else { "" };
    format!(
        "QuickBooks has a {voided}{}{number}{date}{total} (id {})",
        kind.in_words(),
        row.id
    )
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
