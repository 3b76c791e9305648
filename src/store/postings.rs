//! Single postings: loading them for posting, holding and releasing them.

use jiff::Timestamp;
use kit::{Fingerprint, PostingId, Receipt};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::sql::{CHUNK, Columns, Statement};
use super::{Store, StoreError};
use crate::domain::{
    ConnectionName, Facets, Hold, Link, PipelineName, Posting, PostingState, Realm, Route,
    SourceKind, SyncId,
};

macro_rules! loaded_columns {
    () => {
        "p.id, p.pipeline, p.source, p.realm, p.source_kind, p.source_id, p.kind, p.number, p.date, \
         p.amount, p.currency, p.gateway, p.order_status, p.tax, p.tax_codes, p.warning, p.state, \
         p.cause, p.reason, p.remedy, p.intent, d.body, d.needs, d.expected, d.other_name, \
         p.fingerprint, p.target_id, p.sync_token, p.doc_number, p.books_total, p.books_tax, \
         p.attempts, p.due_at, \
         CASE WHEN p.approved = p.intent || ':' || p.fingerprint THEN 1 ELSE 0 END, \
         p.created_at, p.updated_at, p.sync_id, l.target_id, l.sync_token, \
         l.adopted, l.content, l.dated"
    };
}

macro_rules! loaded_from {
    () => {
        " FROM postings AS p JOIN documents AS d ON d.posting_id = p.id \
         LEFT JOIN links AS l ON l.realm = p.realm AND l.source = p.source \
         AND l.source_kind = p.source_kind AND l.source_id = p.source_id AND l.kind = p.kind \
         AND l.voided = 0 WHERE p.id IN "
    };
}

const LOAD: &str = concat!("SELECT ", loaded_columns!(), loaded_from!());
// the cast keeps SQLite from walking all postings of the realm by their key: few are queued
const QUEUED: &str = "SELECT id FROM postings WHERE state = 'queued' AND CAST(realm AS TEXT) = $1 \
     AND (due_at IS NULL OR due_at <= $2) AND source = $3 \
     AND ($5 = 0 OR intent = 'undo' OR approved = intent || ':' || fingerprint) \
     ORDER BY level, id LIMIT $4";
const HOLD: &str = "UPDATE postings SET state = 'held', cause = ?, reason = ?, remedy = ?, \
     due_at = NULL, updated_at = ?, version = version + 1 WHERE state = 'queued' AND id IN ";

const HELD_RECORDS: &str = "SELECT COUNT(DISTINCT p.source_id), \
     COUNT(DISTINCT CASE WHEN l.target_id IS NULL THEN p.source_id END) FROM postings AS p \
     LEFT JOIN links AS l ON l.realm = p.realm AND l.source = p.source \
     AND l.source_kind = p.source_kind AND l.source_id = p.source_id AND l.kind = p.kind \
     AND l.voided = 0 WHERE p.state = 'held' AND p.sync_id = $1 AND p.source_kind = $2";

/// A posting with what the books hold of it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The posting.
    pub posting: Posting,
    /// The reference to its document in the books; a voided one is none.
    pub link: Option<Link>,
    /// The sync that last wished something of it.
    pub sync: SyncId,
}

/// Where a posting stands, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// Its id.
    pub id: PostingId,
    /// Its state.
    pub state: PostingState,
    /// Why it is held or failed.
    pub cause: Option<String>,
}

/// Of how many records something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRecords {
    /// Records.
    pub records: u64,
    /// Those of them of which something held is not in the books yet.
    pub new: u64,
}

impl Store {
    /// Of how many records of one kind something is held that this sync wished last.
    pub async fn held_records(
        &self,
        sync: &SyncId,
        kind: SourceKind,
    ) -> Result<HeldRecords, StoreError> {
        let row = sqlx::query(HELD_RECORDS)
            .bind(sync.as_str())
            .bind(kind.as_str())
            .fetch_one(&self.readers)
            .await?;
        let mut columns = Columns::of(&row);
        Ok(HeldRecords {
            records: columns.count()?,
            new: columns.count()?,
        })
    }

    /// The postings of these ids, in their order; unknown ones are left out.
    pub async fn load(&self, ids: &[PostingId]) -> Result<Vec<Loaded>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        load(&mut connection, ids).await
    }

    /// What a store has to send into its books, list objects first, then by age; with `approved` only
    /// what may be sent where somebody has to approve. `due` is the moment until which waits count as
    /// over: now.
    pub async fn queued(
        &self,
        route: &Route,
        limit: u32,
        due: Timestamp,
        approved: bool,
    ) -> Result<Vec<PostingId>, StoreError> {
        let rows = sqlx::query(QUEUED)
            .bind(route.realm.as_str())
            .bind(due.as_millisecond())
            .bind(route.source.as_str())
            .bind(i64::from(limit))
            .bind(i64::from(approved))
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| Ok(PostingId::new(Columns::of(row).text()?)))
            .collect()
    }

    /// Holds those of these postings that are queued; how many those were.
    pub async fn hold(&self, ids: &[PostingId], hold: &Hold) -> Result<u64, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let mut count = 0;
        for chunk in ids.chunks(CHUNK) {
            count += Statement::new(HOLD)
                .bind(hold.cause.as_str())
                .bind(hold.reason.as_str())
                .bind(hold.remedy.as_str())
                .bind(now)
                .list(chunk.iter().map(PostingId::as_str))
                .execute(&mut tx)
                .await?;
        }
        tx.commit().await?;
        Ok(count)
    }
}

pub(super) async fn load(
    connection: &mut AnyConnection,
    ids: &[PostingId],
) -> Result<Vec<Loaded>, StoreError> {
    let mut found = std::collections::HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(256) {
        let rows = Statement::new(LOAD)
            .list(chunk.iter().map(PostingId::as_str))
            .fetch(connection)
            .await?;
        for row in &rows {
            let loaded = loaded(row)?;
            found.insert(loaded.posting.id.clone(), loaded);
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn loaded(row: &AnyRow) -> Result<Loaded, StoreError> {
    let mut columns = Columns::of(row);
    let posting = Posting {
        id: PostingId::new(columns.text()?),
        route: route(&mut columns)?,
        key: super::references::link_key(&mut columns)?,
        number: columns.text()?,
        date: columns.maybe_date()?,
        store_amount: columns.maybe_money()?,
        facets: facets(&mut columns)?,
        warning: columns.maybe_text()?,
        state: columns.parsed()?,
        hold: hold(&mut columns)?,
        intent: columns.parsed()?,
        body: columns.text()?,
        needs: columns.json()?,
        expected: columns.json()?,
        rename: columns.maybe_json()?,
        fingerprint: Fingerprint::new(columns.text()?),
        receipt: receipt(&mut columns)?,
        attempts: columns.number()?,
        due_at: columns.maybe_time()?,
        approved: columns.flag()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
    };
    Ok(Loaded {
        sync: SyncId::new(columns.text()?),
        link: link(&mut columns)?,
        posting,
    })
}

/// The next three columns: pipeline, source, realm.
fn route(columns: &mut Columns<'_>) -> Result<Route, StoreError> {
    Ok(Route {
        pipeline: PipelineName::new(columns.text()?),
        source: ConnectionName::new(columns.text()?),
        realm: Realm::new(columns.text()?),
    })
}

/// The next four columns: gateway, `order_status`, tax, `tax_codes`.
fn facets(columns: &mut Columns<'_>) -> Result<Facets, StoreError> {
    Ok(Facets {
        gateway: columns.text()?,
        status: columns.text()?,
        tax: columns.maybe_decimal()?,
        tax_codes: columns.json()?,
        who: String::new(), // only looked for and listed
    })
}

/// The next three columns: cause, reason, remedy.
pub(super) fn hold(columns: &mut Columns<'_>) -> Result<Option<Hold>, StoreError> {
    let cause = columns.maybe_text()?;
    let reason = columns.maybe_text()?;
    let remedy = columns.maybe_text()?;
    if cause.is_none() && reason.is_none() {
        return Ok(None);
    }
    Ok(Some(Hold {
        cause: cause.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
        remedy: remedy.unwrap_or_default(),
    }))
}

/// The next five columns: `target_id`, `sync_token`, `doc_number`, total, tax.
pub(super) fn receipt(columns: &mut Columns<'_>) -> Result<Option<Receipt>, StoreError> {
    let target_id = columns.maybe_text()?;
    let sync_token = columns.maybe_text()?;
    let doc_number = columns.maybe_text()?;
    let total = columns.maybe_decimal()?;
    let tax = columns.maybe_decimal()?;
    Ok(target_id.map(|target_id| Receipt {
        target_id,
        sync_token: sync_token.unwrap_or_default(),
        doc_number,
        total,
        tax,
        ..Receipt::default()
    }))
}

/// The next five columns: `target_id`, `sync_token`, adopted, content, day; all absent where there is
/// no link.
fn link(columns: &mut Columns<'_>) -> Result<Option<Link>, StoreError> {
    let target_id = columns.maybe_text()?;
    let sync_token = columns.maybe_text()?;
    let adopted = columns.maybe_number()?;
    let content = columns.maybe_text()?;
    let date = columns.maybe_date()?;
    Ok(target_id.map(|target_id| Link {
        target_id,
        sync_token: sync_token.unwrap_or_default(),
        adopted: adopted == Some(1),
        content,
        date,
        gone: false, // of no interest where a posting is sent
    }))
}
