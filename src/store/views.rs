//! What people look at: a posting as a row, what waits and since when. Lists: [`super::listing`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use kit::{Money, PostingId, PostingKind};
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;

use super::sql::{Columns, Statement};
use super::{Store, StoreError};
use crate::domain::{PipelineName, PostingState, Route, SourceKind};

/// The columns of [`posting_row`].
macro_rules! row_columns {
    () => {
        "SELECT id, pipeline, source, source_kind, source_id, number, kind, state, cause, reason, \
         remedy, date, amount, currency, doc_number, target_id, books_total, warning, attempts, \
         due_at, released_at, created_at, updated_at, who FROM postings "
    };
}

const OF_NUMBER: &str = concat!(row_columns!(), "WHERE number = $1 ORDER BY id LIMIT 200");
const OF_SOURCE: &str = concat!(
    row_columns!(),
    "WHERE realm = $1 AND source = $2 AND source_kind = $3 AND source_id = $4 ORDER BY id"
);
const OF_IDS: &str = concat!(row_columns!(), "WHERE id IN ");
const COUNTS: &str = "SELECT pipeline, state, COUNT(*) FROM postings \
     GROUP BY state, pipeline ORDER BY state, pipeline";
const WAITING: &str = "SELECT level, cause, amount, currency, reason, remedy, updated_at, id, released_at \
     FROM postings WHERE state IN ('held', 'failed') AND ($1 = '' OR pipeline = $1) ORDER BY id";
const OLDEST: &str = concat!(
    row_columns!(),
    "WHERE state IN ('queued', 'posting', 'held', 'failed') \
     AND source_kind IN ('order', 'refund') AND ($1 = '' OR pipeline = $1) ORDER BY id LIMIT 1"
);

pub(super) use row_columns;

/// A posting in a list.
#[derive(Clone, Debug)]
pub struct PostingRow {
    /// Its id.
    pub id: PostingId,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The store's connection.
    pub source: String,
    /// What it is in the store.
    pub source_kind: SourceKind,
    /// Its id in the store.
    pub source_id: String,
    /// The order's number, or a list object's name.
    pub number: String,
    /// What it is in the books.
    pub kind: PostingKind,
    /// Where it stands.
    pub state: PostingState,
    /// Why it is held or failed.
    pub cause: Option<String>,
    /// The same in words; also why it is excluded.
    pub reason: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
    /// The day of the books.
    pub date: Option<Date>,
    /// What the store says it amounts to; refunds are negative.
    pub amount: Option<Money>,
    /// Its number in the books.
    pub doc_number: Option<String>,
    /// Its id in the books.
    pub target_id: Option<String>,
    /// Its total in the books as last answered, without sign.
    pub books_total: Option<rust_decimal::Decimal>,
    /// Something to look at, though it is posted.
    pub warning: Option<String>,
    /// How often it was sent.
    pub attempts: i64,
    /// Not to be sent before.
    pub due_at: Option<Timestamp>,
    /// When somebody asked to try it again, until a run does.
    pub released_at: Option<Timestamp>,
    /// When it was first wanted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who bought, where that is known.
    pub who: String,
}

/// How many postings of a pipeline stand where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateCount {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The state.
    pub state: PostingState,
    /// How many.
    pub count: u64,
}

/// What is held or failed for one cause.
#[derive(Clone, Debug)]
pub struct CauseGroup {
    /// The stable code.
    pub cause: String,
    /// How many postings.
    pub count: u64,
    /// How many of them are documents of orders and refunds.
    pub documents: u64,
    /// How many of them are customers and items, which those need.
    pub objects: u64,
    /// How many of them somebody released, and no run has taken up yet.
    pub released: u64,
    /// All of them, oldest first.
    pub ids: Vec<PostingId>,
    /// What the store says they amount to, by currency.
    pub amounts: Vec<Money>,
    /// The reason of the newest of them.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// Since when the oldest of them waits.
    pub since: Timestamp,
}

impl CauseGroup {
    /// A mark of just these postings with just these sums: another set has another mark.
    pub fn mark(&self) -> String {
        let mut hash = Sha256::new();
        for id in &self.ids {
            hash.update(id.as_str());
            hash.update(" ");
        }
        for money in &self.amounts {
            hash.update(format!("{} {} ", money.amount.normalize(), money.currency));
        }
        hex::encode(hash.finalize())
    }
}

impl Store {
    /// All postings of an order's number (or a list object's name), oldest first.
    pub async fn postings_of_number(&self, number: &str) -> Result<Vec<PostingRow>, StoreError> {
        let rows = sqlx::query(OF_NUMBER)
            .bind(number)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(posting_row).collect()
    }

    /// All postings of a record, oldest first.
    pub async fn postings_of_source(
        &self,
        route: &Route,
        kind: SourceKind,
        source_id: &str,
    ) -> Result<Vec<PostingRow>, StoreError> {
        let rows = sqlx::query(OF_SOURCE)
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .bind(kind.as_str())
            .bind(source_id)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(posting_row).collect()
    }

    /// These postings as rows of a list, in no order.
    pub async fn posting_rows(&self, ids: &[PostingId]) -> Result<Vec<PostingRow>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let mut postings = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(256) {
            let list = chunk.iter().map(PostingId::as_str);
            let rows = Statement::new(OF_IDS)
                .list(list)
                .fetch(&mut connection)
                .await?;
            for row in &rows {
                postings.push(posting_row(row)?);
            }
        }
        Ok(postings)
    }

    /// How many postings stand where, by pipeline.
    pub async fn counts_by_state(&self) -> Result<Vec<StateCount>, StoreError> {
        let rows = sqlx::query(COUNTS).fetch_all(&self.readers).await?;
        let mut counts = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut columns = Columns::of(row);
            counts.push(StateCount {
                pipeline: PipelineName::new(columns.text()?),
                state: columns.parsed()?,
                count: columns.count()?,
            });
        }
        Ok(counts)
    }

    /// What is held or failed, by cause, the largest sum first.
    pub async fn held_by_cause(
        &self,
        pipeline: Option<&PipelineName>,
    ) -> Result<Vec<CauseGroup>, StoreError> {
        let rows = sqlx::query(WAITING)
            .bind(pipeline.map_or("", |name| name.as_str()))
            .fetch_all(&self.readers)
            .await?;
        let mut groups = BTreeMap::new();
        for row in &rows {
            add_to_group(row, &mut groups)?;
        }
        let mut groups: Vec<CauseGroup> = groups.into_values().collect();
        for group in &mut groups {
            group.amounts.sort_by_key(|money| money.currency);
        }
        groups.sort_by_key(|group| std::cmp::Reverse((weight(group), group.count)));
        Ok(groups)
    }

    /// The order or refund that waits longest to be in the books.
    pub async fn oldest_unposted(
        &self,
        pipeline: Option<&PipelineName>,
    ) -> Result<Option<PostingRow>, StoreError> {
        let row = sqlx::query(OLDEST)
            .bind(pipeline.map_or("", |name| name.as_str()))
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(posting_row).transpose()
    }
}

fn weight(group: &CauseGroup) -> rust_decimal::Decimal {
    group.amounts.iter().map(|money| money.amount.abs()).sum()
}

fn add_to_group(row: &AnyRow, groups: &mut BTreeMap<String, CauseGroup>) -> Result<(), StoreError> {
    let mut columns = Columns::of(row);
    let level = columns.number()?;
    let cause = columns.maybe_text()?.unwrap_or_default();
    let amount = columns.maybe_money()?;
    let reason = columns.maybe_text()?.unwrap_or_default();
    let remedy = columns.maybe_text()?.unwrap_or_default();
    let since = columns.time()?;
    let id = PostingId::new(columns.text()?);
    let released = columns.maybe_time()?.is_some();
    let group = groups.entry(cause.clone()).or_insert_with(|| CauseGroup {
        cause,
        count: 0,
        documents: 0,
        objects: 0,
        released: 0,
        ids: Vec::new(),
        amounts: Vec::new(),
        reason: String::new(),
        remedy: String::new(),
        since,
    });
    group.count += 1;
    group.documents += u64::from(level == 1);
    group.objects += u64::from(level == 0);
    group.released += u64::from(released);
    group.since = group.since.min(since);
    // what is to be done differs from one to the other: the group says what holds for all of them
    group.remedy = if group.count == 1 || group.remedy == remedy {
        remedy
    } else {
        crate::domain::cause(&group.cause).map_or(remedy, |cause| cause.remedy.to_owned())
    };
    // oldest first: the last one read is the newest
    group.reason = reason;
    group.ids.push(id);
    if let Some(money) = amount {
        let same = group
            .amounts
            .iter_mut()
            .find(|sum| sum.currency == money.currency);
        match same {
            Some(sum) => sum.amount += money.amount,
            None => group.amounts.push(money),
        }
    }
    Ok(())
}

pub(super) fn posting_row(row: &AnyRow) -> Result<PostingRow, StoreError> {
    let mut columns = Columns::of(row);
    Ok(PostingRow {
        id: PostingId::new(columns.text()?),
        pipeline: PipelineName::new(columns.text()?),
        source: columns.text()?,
        source_kind: columns.parsed()?,
        source_id: columns.text()?,
        number: columns.text()?,
        kind: columns.parsed()?,
        state: columns.parsed()?,
        cause: columns.maybe_text()?,
        reason: columns.maybe_text()?,
        remedy: columns.maybe_text()?,
        date: columns.maybe_date()?,
        amount: columns.maybe_money()?,
        doc_number: columns.maybe_text()?,
        target_id: columns.maybe_text()?,
        books_total: columns.maybe_decimal()?,
        warning: columns.maybe_text()?,
        attempts: columns.number()?,
        due_at: columns.maybe_time()?,
        released_at: columns.maybe_time()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
        who: columns.maybe_text()?.unwrap_or_default(),
    })
}
