//! Postings whose records are to be planned again: released by a person, or held for something that
//! passes by itself.

use kit::{Fingerprint, PostingId, Record, StreamName};
use serde_json::value::RawValue;
use sqlx::any::AnyRow;

use super::sql::{Columns, Statement, to_number};
use super::{Store, StoreError};
use crate::domain::{CAUSES, GatewayDay, Route, SourceKind};

// `p` is walked by its state, which few have; the casts keep SQLite from walking it by its key
macro_rules! carriers {
    () => {
        "SELECT DISTINCT o.id FROM postings AS p CROSS JOIN postings AS o \
         WHERE o.realm = p.realm AND o.source = p.source \
         AND o.source_kind = p.source_kind AND o.source_id = p.source_id \
         AND o.record_fingerprint IS NOT NULL \
         AND CAST(p.realm AS TEXT) = ? AND CAST(p.source AS TEXT) = ? \
         AND p.pipeline = ? AND o.id > ? AND "
    };
}

const RELEASED: &str = concat!(carriers!(), "p.released_at IS NOT NULL ");
const OF_CAUSES: &str = concat!(carriers!(), "p.state IN ('held', 'failed') AND p.cause IN ");
const FIRST: &str = " ORDER BY o.id LIMIT ?";
const PAGE: i64 = 100;
/// Numbers in one look-up.
const LOOKS: usize = 512;
const RECORDS: &str = "SELECT o.source_kind, o.source_id, o.record_fingerprint, \
     o.record_modified_at, d.record FROM postings AS o \
     JOIN documents AS d ON d.posting_id = o.id WHERE d.record IS NOT NULL AND o.id IN ";

// the cast keeps SQLite from walking all refunds of the store
const REFUNDS: &str = "SELECT o.source_kind, o.source_id, o.record_fingerprint, \
     o.record_modified_at, d.record FROM postings AS o \
     JOIN documents AS d ON d.posting_id = o.id WHERE CAST(o.realm AS TEXT) = ? \
     AND CAST(o.source AS TEXT) = ? AND o.source_kind = 'refund' \
     AND o.record_fingerprint IS NOT NULL AND d.record IS NOT NULL AND o.number IN ";

/// Which postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplanFilter {
    /// All held for a cause that passes by itself.
    ByItself,
    /// All that somebody released.
    Released,
}

/// A page of records to be planned again.
#[derive(Debug)]
pub struct ReplanPage {
    /// The records as received last.
    pub records: Vec<(StreamName, Record)>,
    /// Days of gateways, whose fees are to be counted again.
    pub days: Vec<GatewayDay>,
    /// From where to ask for the next page; `None` at the end.
    pub next: Option<PostingId>,
}

impl Store {
    /// The records of these postings, a page of a hundred at a time. Postings without a record (guests,
    /// roles) are not among them: they are planned with the records that need them, or released by
    /// [`Store::requeue_released`].
    pub async fn held_for_replan(
        &self,
        route: &Route,
        filter: ReplanFilter,
        after: Option<&PostingId>,
    ) -> Result<ReplanPage, StoreError> {
        let head = match filter {
            ReplanFilter::ByItself => OF_CAUSES,
            ReplanFilter::Released => RELEASED,
        };
        let statement = Statement::new(head)
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .bind(route.pipeline.as_str())
            .bind(after.map_or("", PostingId::as_str));
        let statement = match filter {
            ReplanFilter::ByItself => statement.list(
                CAUSES
                    .iter()
                    .filter(|cause| cause.by_itself)
                    .map(|cause| cause.code),
            ),
            ReplanFilter::Released => statement,
        };
        let mut connection = self.readers.acquire().await?;
        let rows = statement
            .push(FIRST)
            .bind(PAGE)
            .fetch(&mut connection)
            .await?;
        let mut ids = Vec::with_capacity(rows.len());
        for row in &rows {
            ids.push(Columns::of(row).text()?);
        }
        let next = ids.last().filter(|_| to_number(rows.len() as u64) == PAGE);
        let mut page = ReplanPage {
            records: Vec::with_capacity(ids.len()),
            days: Vec::new(),
            next: next.map(PostingId::new),
        };
        if !ids.is_empty() {
            let statement = Statement::new(RECORDS).list(ids.iter().map(String::as_str));
            let rows = statement
                .push(" ORDER BY o.id")
                .fetch(&mut connection)
                .await?;
            for row in &rows {
                match read(row)? {
                    Some(record) => page.records.push(record),
                    None => page.days.extend(day(row)?),
                }
            }
        }
        Ok(page)
    }

    /// The records of the refunds of orders of these numbers.
    pub async fn refunds_of(
        &self,
        route: &Route,
        numbers: &[&str],
    ) -> Result<Vec<Record>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let mut refunds = Vec::new();
        for chunk in numbers.chunks(LOOKS) {
            let rows = Statement::new(REFUNDS)
                .bind(route.realm.as_str())
                .bind(route.source.as_str())
                .list(chunk.iter().copied())
                .push(" ORDER BY o.id")
                .fetch(&mut connection)
                .await?;
            for row in &rows {
                refunds.extend(read(row)?.map(|(_, record)| record));
            }
        }
        Ok(refunds)
    }
}

fn day(row: &AnyRow) -> Result<Option<GatewayDay>, StoreError> {
    let mut columns = Columns::of(row);
    if columns.parsed::<SourceKind>()? != SourceKind::GatewayDay {
        return Ok(None);
    }
    columns.parsed().map(Some)
}

pub(super) fn read(row: &AnyRow) -> Result<Option<(StreamName, Record)>, StoreError> {
    let mut columns = Columns::of(row);
    let stream = match columns.parsed()? {
        SourceKind::Customer => StreamName::Customers,
        SourceKind::Product => StreamName::Products,
        SourceKind::Order => StreamName::Orders,
        SourceKind::Refund => StreamName::Refunds,
        SourceKind::Guest | SourceKind::Role | SourceKind::GatewayDay => return Ok(None),
    };
    let record = Record {
        id: columns.text()?,
        fingerprint: Fingerprint::new(columns.text()?),
        modified_at: columns.time()?,
        body: RawValue::from_string(columns.text()?).map_err(StoreError::unreadable)?,
    };
    Ok(Some((stream, record)))
}
