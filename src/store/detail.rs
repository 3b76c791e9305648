//! One posting's whole story.

use jiff::Timestamp;
use kit::PostingId;
use rust_decimal::Decimal;
use sqlx::any::AnyRow;

use super::sql::Columns;
use super::{Loaded, Store, StoreError};
use crate::domain::Intent;

const DETAIL: &str = "SELECT p.sync_id, p.posted_at, d.record FROM postings AS p \
     JOIN documents AS d ON d.posting_id = p.id WHERE p.id = $1";
const RECORD: &str = "SELECT d.record FROM postings AS p \
     JOIN postings AS o ON o.realm = p.realm AND o.source = p.source \
     AND o.source_kind = p.source_kind AND o.source_id = p.source_id \
     JOIN documents AS d ON d.posting_id = o.id \
     WHERE p.id = $1 AND o.record_fingerprint IS NOT NULL AND d.record IS NOT NULL LIMIT 1";
const ATTEMPTS: &str = "SELECT m.call_id, m.slot, m.intent, m.outcome, m.answer, m.answered_at, \
     c.path, c.begun_at FROM call_members AS m JOIN calls AS c ON c.id = m.call_id \
     WHERE m.posting_id = $1 ORDER BY m.call_id DESC LIMIT 50";
const CALL_BODY: &str = "SELECT body FROM calls WHERE id = $1";

/// One call that a posting was in.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The call's request id.
    pub call: String,
    /// Its place in the call.
    pub slot: u32,
    /// Path and query.
    pub path: String,
    /// What it was sent for.
    pub intent: Intent,
    /// `posted`, `held`, `requeued`, `withdrawn` …; `None` while there is no answer.
    pub outcome: Option<String>,
    /// The receipt, or the reason, as JSON.
    pub answer: Option<String>,
    /// When the call was written down, just before it left.
    pub begun_at: Timestamp,
    /// When the outcome was known.
    pub answered_at: Option<Timestamp>,
}

/// All that is known of a posting.
#[derive(Clone, Debug)]
pub struct PostingDetail {
    /// The posting and its reference to the books.
    pub loaded: Loaded,
    /// The order, refund, customer or product it belongs to, as received last.
    pub record: Option<String>,
    /// The body of the newest call it was in; of a batch call all of it. Empty once pruned.
    pub request: Option<String>,
    /// The calls it was in, newest first.
    pub attempts: Vec<Attempt>,
    /// The sync that planned it last.
    pub sync_id: Option<String>,
    /// When it was posted last.
    pub posted_at: Option<Timestamp>,
}

impl PostingDetail {
    /// What the document in the books comes to, where that is another sum than the store's.
    pub fn other_total(&self) -> Option<Decimal> {
        self.loaded.link.as_ref()?;
        let posting = &self.loaded.posting;
        let wanted = posting.store_amount?.amount.abs();
        let total = posting.receipt.as_ref()?.total;
        total.filter(|total| *total != wanted)
    }
}

impl Store {
    /// All that is known of a posting.
    pub async fn posting_detail(
        &self,
        id: &PostingId,
    ) -> Result<Option<PostingDetail>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let loaded = super::postings::load(&mut connection, std::slice::from_ref(id)).await?;
        let Some(loaded) = loaded.into_iter().next() else {
            return Ok(None);
        };
        let row = sqlx::query(DETAIL)
            .bind(id.as_str())
            .fetch_one(&mut *connection)
            .await?;
        let mut columns = Columns::of(&row);
        let sync_id = columns.maybe_text()?;
        let posted_at = columns.maybe_time()?;
        let own = columns.maybe_text()?;
        // a posting whose kind the record no longer has was left with an older one
        let newest = sqlx::query(RECORD)
            .bind(id.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        let record = match newest {
            Some(row) => Columns::of(&row).maybe_text()?,
            None => own,
        };
        let rows = sqlx::query(ATTEMPTS)
            .bind(id.as_str())
            .fetch_all(&mut *connection)
            .await?;
        let attempts = rows.iter().map(attempt).collect::<Result<Vec<_>, _>>()?;
        let mut request = None;
        if let Some(newest) = attempts.first() {
            let query = sqlx::query(CALL_BODY).bind(&newest.call);
            if let Some(row) = query.fetch_optional(&mut *connection).await? {
                request = Some(Columns::of(&row).text()?);
            }
        }
        Ok(Some(PostingDetail {
            loaded,
            record,
            request,
            attempts,
            sync_id,
            posted_at,
        }))
    }
}

fn attempt(row: &AnyRow) -> Result<Attempt, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Attempt {
        call: columns.text()?,
        slot: columns
            .number()?
            .try_into()
            .map_err(StoreError::unreadable)?,
        intent: columns.parsed()?,
        outcome: columns.maybe_text()?,
        answer: columns.maybe_text()?,
        answered_at: columns.maybe_time()?,
        path: columns.text()?,
        begun_at: columns.time()?,
    })
}
