//! What the journal holds of the things a page speaks about.

use std::collections::{HashMap, HashSet};

use kit::{Fingerprint, PostingId};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::PlannedRecord;
use super::plan::{Existing, Plan};
use crate::domain::{Known, LinkKey, PostingState, Route, SourceKind};
use crate::store::StoreError;
use crate::store::references::{link_key, read_states};
use crate::store::sql::{Columns, Statement};

const EXISTING: &str = "SELECT p.source_kind, p.source_id, p.kind, p.id, p.version, p.state, \
     p.intent, p.cause, p.reason, p.remedy, p.fingerprint, p.record_fingerprint, p.due_at, \
     p.released_at, p.fee, p.fee_day, p.fee_counted, \
     l.fingerprint, l.adopted, l.voided FROM (";
const JOIN_EXISTING: &str = ") AS v CROSS JOIN postings AS p \
     LEFT JOIN links AS l ON l.realm = p.realm AND l.source = p.source \
     AND l.source_kind = p.source_kind AND l.source_id = p.source_id AND l.kind = p.kind \
     WHERE p.realm = ? AND p.source = ? \
     AND p.source_kind = v.column1 AND p.source_id = v.column2";

/// All postings of the page's records and of what their drafts name.
pub(super) async fn existing(
    connection: &mut AnyConnection,
    route: &Route,
    page: &[PlannedRecord],
) -> Result<HashMap<LinkKey, Existing>, StoreError> {
    let mut things: HashSet<(SourceKind, &str)> = HashSet::new();
    for planned in page {
        things.insert((planned.source_kind, &planned.record.id));
        for draft in planned.plan.iter().flatten() {
            things.insert((draft.key.source_kind, &draft.key.source_id));
        }
    }
    let mut things: Vec<_> = things.into_iter().collect();
    things.sort_unstable();
    let mut existing = HashMap::with_capacity(things.len());
    for chunk in things.chunks(512) {
        let rows = Statement::new(EXISTING)
            .looks(chunk, |values, (kind, id)| {
                values.add(kind.as_str()).add(*id);
            })
            .push(JOIN_EXISTING)
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .fetch(connection)
            .await?;
        for row in &rows {
            let (key, found) = read(row)?;
            existing.insert(key, found);
        }
    }
    Ok(existing)
}

fn read(row: &AnyRow) -> Result<(LinkKey, Existing), StoreError> {
    let mut columns = Columns::of(row);
    let key = link_key(&mut columns)?;
    let id = PostingId::new(columns.text()?);
    let version = columns.number()?;
    let state = columns.parsed()?;
    let intent = columns.parsed()?;
    let hold = crate::store::postings::hold(&mut columns)?;
    let known = Known {
        state,
        intent,
        cause: hold.as_ref().map(|hold| hold.cause.clone()),
        fingerprint: Fingerprint::new(columns.text()?),
    };
    let record_fingerprint = columns.maybe_text()?.map(Fingerprint::new);
    let due_at = columns.maybe_number()?;
    let released = columns.maybe_number()?.is_some();
    let fee = crate::store::fees::share(&mut columns)?;
    let fee_counted = columns.maybe_str()?.is_some();
    let books = crate::store::ends::books(&mut columns)?;
    let existing = Existing {
        id,
        version: Some(version),
        known,
        hold,
        books,
        record_fingerprint,
        due_at,
        released,
        fee,
        fee_counted,
        queued_anew: false,
    };
    Ok((key, existing))
}

/// What the page's documents need, was planned by earlier pages, and is still to be sent.
pub(super) async fn queued_needs(
    connection: &mut AnyConnection,
    route: &Route,
    plan: &Plan<'_>,
) -> Result<Vec<(u8, PostingId)>, StoreError> {
    let keys: Vec<LinkKey> = plan.outside_needs().cloned().collect();
    let states = read_states(connection, route, &keys).await?;
    Ok(states
        .into_iter()
        .filter(|(_, found)| found.state == PostingState::Queued)
        .map(|(key, found)| (key.kind.level(), found.id))
        .collect())
}
