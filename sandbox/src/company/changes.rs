//! Change data capture. FACTS: QuickBooks §10.

use jiff::{SignedDuration, Timestamp};

use super::fault::Fault;
use super::kind::Kind;
use super::quirks::OldChanges;
use super::state::Company;

/// Objects in one answer; the rest is silently missing.
const MOST: usize = 1000;
const LOOK_BACK_DAYS: i64 = 30;

/// The fragment of an answer: everything of these kinds that changed since.
pub(super) fn changes(
    company: &Company,
    entities: &str,
    since: &str,
    now: Timestamp,
) -> Result<String, Fault> {
    let since = company
        .stamps
        .parse(since)
        .ok_or_else(|| Fault::invalid_value("changedSince", since))?;
    let earliest = now
        .checked_sub(SignedDuration::from_hours(24 * LOOK_BACK_DAYS))
        .unwrap_or(Timestamp::MIN);
    let since = match company.quirks.old_changes {
        _ if since >= earliest => since,
        OldChanges::Cut => earliest,
        OldChanges::Refused => {
            return Err(Fault::invalid_value(
                "changedSince",
                "more than 30 days ago",
            ));
        }
    };
    let mut left = MOST;
    let mut answers: Vec<String> = Vec::new();
    for name in entities
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let covered = Kind::from_name(name).filter(|kind| !kind.is_read_only());
        let kind = covered.ok_or_else(|| Fault::invalid_enumeration("entities", name))?;
        answers.push(changes_of(company, kind, since, &mut left));
    }
    // not in the order asked for: the last comes first
    answers.reverse();
    Ok(format!(
        "\"CDCResponse\":[{{\"QueryResponse\":[{}]}}]",
        answers.join(",")
    ))
}

fn changes_of(company: &Company, kind: Kind, since: Timestamp, left: &mut usize) -> String {
    let deleted = company
        .books
        .tombstones()
        .iter()
        .filter(|grave| grave.kind == kind && grave.at >= since);
    let deleted = deleted.map(|grave| {
        format!(
            "{{\"domain\":\"QBO\",\"status\":\"Deleted\",\"Id\":\"{}\",\"MetaData\":{{\"LastUpdatedTime\":\"{}\"}}}}",
            grave.id,
            company.stamps.seconds(grave.at)
        )
    });
    let changed = company
        .books
        .all(kind)
        .filter(|stored| stored.version.updated >= since);
    let changed = changed.map(|stored| company.show(kind, &stored.version));
    let shown: Vec<String> = deleted.chain(changed).take(*left).collect();
    *left -= shown.len();
    if shown.is_empty() {
        return "{}".to_owned();
    }
    let rows = shown.len();
    format!(
        "{{\"{}\":[{}],\"startPosition\":1,\"maxResults\":{rows},\"totalCount\":{rows}}}",
        kind.name(),
        shown.join(",")
    )
}
