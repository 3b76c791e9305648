//! What the sweep compares the store's orders with: the records in the journal.

use jiff::Timestamp;
use jiff::civil::Date;
use kit::{PostingId, Record};

use super::sql::{Columns, Statement};
use super::{Store, StoreError};
use crate::domain::Route;

/// The fingerprint that the record of a deleted order has, so that it is not told of twice and is
/// planned anew should it come back.
pub const DELETED: &str = "deleted";

const RECORDS: &str = "SELECT o.source_kind, o.source_id, o.record_fingerprint, \
     o.record_modified_at, d.record FROM postings AS o \
     JOIN documents AS d ON d.posting_id = o.id WHERE o.realm = ? AND o.source = ? \
     AND o.source_kind = 'order' AND o.record_fingerprint IS NOT NULL AND d.record IS NOT NULL \
     AND o.source_id IN ";
// the casts keep SQLite from walking all orders of the store
const NUMBERED: &str = "SELECT DISTINCT source_id FROM postings WHERE CAST(realm AS TEXT) = ? \
     AND CAST(source AS TEXT) = ? AND source_kind = 'order' AND record_fingerprint IS NOT NULL \
     AND number IN ";
// money of a closed order can have gone back in the open period
const ORDERS: &str = "SELECT id, source_id FROM postings WHERE realm = $1 AND source = $2 \
     AND source_kind = 'order' AND record_fingerprint IS NOT NULL \
     AND record_fingerprint <> 'deleted' AND id > $4 \
     AND (date IS NULL OR date >= $3 OR state IN ('held', 'failed', 'queued') \
     OR number IN (SELECT r.number FROM postings AS r WHERE r.realm = $1 AND r.source = $2 \
     AND r.source_kind = 'refund' AND r.date >= $3 AND r.state NOT IN ('excluded', 'reversed'))) \
     ORDER BY id LIMIT 500";
const SWEPT_AT: &str = "SELECT updated_at FROM cursors \
     WHERE pipeline = $1 AND source = $2 AND realm = $3 AND stream = 'sweep'";
const SET_SWEPT: &str = "INSERT INTO cursors (pipeline, source, realm, stream, position, sync_id, \
     updated_at) VALUES ($1, $2, $3, 'sweep', '', '', $4) \
     ON CONFLICT (pipeline, source, realm, stream) DO UPDATE SET updated_at = excluded.updated_at";

impl Store {
    /// The orders of these ids as received last; those the journal does not know are left out.
    pub async fn order_records(
        &self,
        route: &Route,
        ids: &[&str],
    ) -> Result<Vec<Record>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let mut records = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(256) {
            let rows = Statement::new(RECORDS)
                .bind(route.realm.as_str())
                .bind(route.source.as_str())
                .list(chunk.iter().copied())
                .fetch(&mut connection)
                .await?;
            for row in &rows {
                records.extend(super::replan::read(row)?.map(|(_, record)| record));
            }
        }
        Ok(records)
    }

    /// The ids of the orders in the journal that have these numbers.
    pub async fn orders_numbered(
        &self,
        route: &Route,
        numbers: &[&str],
    ) -> Result<Vec<String>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let mut ids = Vec::with_capacity(numbers.len());
        for chunk in numbers.chunks(256) {
            let rows = Statement::new(NUMBERED)
                .bind(route.realm.as_str())
                .bind(route.source.as_str())
                .list(chunk.iter().copied())
                .push(" ORDER BY source_id")
                .fetch(&mut connection)
                .await?;
            for row in &rows {
                ids.push(Columns::of(row).text()?);
            }
        }
        Ok(ids)
    }

    /// The ids of the orders in the journal that are dated this day or later (or not at all), or have a
    /// refund that is, five hundred at a time, without those known to be deleted; and from where to ask
    /// on.
    pub async fn orders_since(
        &self,
        route: &Route,
        since: Date,
        after: Option<&PostingId>,
    ) -> Result<(Vec<String>, Option<PostingId>), StoreError> {
        let rows = sqlx::query(ORDERS)
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .bind(since.to_string())
            .bind(after.map_or("", PostingId::as_str))
            .fetch_all(&self.readers)
            .await?;
        let mut ids = Vec::with_capacity(rows.len());
        let mut last = None;
        for row in &rows {
            let mut columns = Columns::of(row);
            last = Some(PostingId::new(columns.text()?));
            ids.push(columns.text()?);
        }
        Ok((ids, last))
    }

    /// When all orders were last looked at.
    pub async fn swept_at(&self, route: &Route) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(SWEPT_AT)
            .bind(route.pipeline.as_str())
            .bind(route.source.as_str())
            .bind(route.realm.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(|row| Columns::of(row).time()).transpose()
    }

    /// All orders were looked at now, or everything was read for the first time.
    pub async fn set_swept(&self, route: &Route) -> Result<(), StoreError> {
        sqlx::query(SET_SWEPT)
            .bind(route.pipeline.as_str())
            .bind(route.source.as_str())
            .bind(route.realm.as_str())
            .bind(self.now())
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
