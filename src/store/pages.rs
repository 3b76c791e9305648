//! What pages count: the documents of orders and refunds. Reading only.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use kit::{Currency, Money};
use rust_decimal::Decimal;
use sqlx::any::AnyRow;

use super::sql::Columns;
use super::{Store, StoreError};
use crate::domain::{PipelineName, PostingState, Route};

// level 1: what has an order's or a refund's own money in it
const COUNTS: &str = "SELECT state, CASE WHEN warning IS NULL THEN 0 ELSE 1 END, \
     COUNT(*) FROM postings WHERE level = 1 AND ($1 = '' OR pipeline = $1) \
     AND ($2 = '' OR date >= $2) AND ($3 = '' OR date <= $3) \
     GROUP BY state, CASE WHEN warning IS NULL THEN 0 ELSE 1 END";
const DAYS: &str = "SELECT date, state, COUNT(*) FROM postings WHERE level = 1 AND date >= $1 \
     AND ($2 = '' OR pipeline = $2) GROUP BY date, state ORDER BY date";
const NEWEST: &str = "SELECT MAX(date) FROM postings WHERE level = 1 AND date <= $1 \
     AND ($2 = '' OR pipeline = $2)";
// one look at all orders for what the mapping asks of them
const FACETS: &str = "SELECT gateway, order_status, tax_codes, COUNT(*) FROM postings WHERE level = 1 \
     AND source_kind = 'order' AND pipeline = $1 GROUP BY gateway, order_status, tax_codes";

// The database adds whole numbers, so that sums are exact: amounts without their point, those with as many
// digits behind it together. An amount too long for that is a group of its own.
const SUMS: &str = "SELECT long, currency, scale, COUNT(*), CAST(SUM(units) AS BIGINT) FROM \
     (SELECT currency, CASE WHEN LENGTH(amount) > 15 THEN amount END AS long, \
     CAST(CASE WHEN amount LIKE '%.%' THEN LENGTH(amount) - LENGTH(RTRIM(amount, '0123456789')) \
     ELSE 0 END AS BIGINT) AS scale, CASE WHEN LENGTH(amount) <= 15 \
     THEN CAST(REPLACE(amount, '.', '') AS BIGINT) ELSE 0 END AS units \
     FROM postings WHERE posted_at >= $1 AND posted_at < $2 AND level = 1 AND state = 'posted' \
     AND ($3 = '' OR pipeline = $3)) AS amounts GROUP BY long, currency, scale";
// what changes whenever somebody decides, or a run writes or ends, of whatever process
const JOURNAL: &str = "SELECT (SELECT MAX(id) FROM audit), \
     (SELECT MAX(completed_at) FROM sync_batches WHERE pipeline = $1), \
     (SELECT MAX(updated_at) FROM sync_batches WHERE pipeline = $1 AND status IN ('queued', 'running'))";
const POSTED: &str = "SELECT (posted_at - $1) / $2, COUNT(*) FROM postings WHERE posted_at >= $1 \
     AND posted_at <= $3 AND pipeline = $4 AND level >= 1 GROUP BY (posted_at - $1) / $2 ORDER BY 1";

// each change of a posting is another version
const STAMP: &str = "SELECT COUNT(*), CAST(COALESCE(MAX(updated_at), 0) AS BIGINT), \
     CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM postings WHERE state = 'queued' \
     AND intent <> 'undo' AND pipeline = $1 AND CAST(realm AS TEXT) = $2 \
     AND CAST(source AS TEXT) = $3";

/// How many documents stand where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentCount {
    /// The state.
    pub state: PostingState,
    /// Whether they have a warning.
    pub warned: bool,
    /// How many.
    pub count: u64,
}

/// Two of them are the same only if no other process changed the journal between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalStamp(Option<String>, Option<i64>, Option<i64>);

/// What the mapping asks of orders, as far as orders have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Their gateways, the most used first.
    pub gateways: Vec<FacetUse>,
    /// Their statuses, the most used first.
    pub statuses: Vec<FacetUse>,
    /// Their tax codes or rates, those of one order joined by ` + `, the most used first.
    pub taxes: Vec<FacetUse>,
}

/// How many orders have a gateway, a status, or tax codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetUse {
    /// What they have.
    pub name: String,
    /// How many.
    pub count: u64,
}

impl Store {
    /// How many documents of these days stand where.
    pub async fn document_counts(
        &self,
        pipeline: Option<&PipelineName>,
        from: Option<Date>,
        to: Option<Date>,
    ) -> Result<Vec<DocumentCount>, StoreError> {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let rows = sqlx::query(COUNTS)
            .bind(pipeline.map_or("", |name| name.as_str()))
            .bind(day(from))
            .bind(day(to))
            .fetch_all(&self.readers)
            .await?;
        let count = |row: &AnyRow| {
            let mut columns = Columns::of(row);
            Ok(DocumentCount {
                state: columns.parsed()?,
                warned: columns.flag()?,
                count: columns.count()?,
            })
        };
        rows.iter().map(count).collect()
    }

    /// How many documents of each day since stand where.
    pub async fn document_days(
        &self,
        pipeline: Option<&PipelineName>,
        from: Date,
    ) -> Result<Vec<(Date, PostingState, u64)>, StoreError> {
        let rows = sqlx::query(DAYS)
            .bind(from.to_string())
            .bind(pipeline.map_or("", |name| name.as_str()))
            .fetch_all(&self.readers)
            .await?;
        let day = |row: &AnyRow| {
            let mut columns = Columns::of(row);
            Ok((columns.parsed()?, columns.parsed()?, columns.count()?))
        };
        rows.iter().map(day).collect()
    }

    /// The last day of the books, until `today`, that has a document.
    pub async fn newest_document_day(
        &self,
        pipeline: Option<&PipelineName>,
        today: Date,
    ) -> Result<Option<Date>, StoreError> {
        let row = sqlx::query(NEWEST)
            .bind(today.to_string())
            .bind(pipeline.map_or("", |name| name.as_str()))
            .fetch_one(&self.readers)
            .await?;
        Columns::of(&row).maybe_date()
    }

    /// What the mapping asks of a pipeline's orders, and how many have it.
    pub async fn facets(&self, name: &PipelineName) -> Result<Facets, StoreError> {
        let rows = sqlx::query(FACETS)
            .bind(name.as_str())
            .fetch_all(&self.readers)
            .await?;
        let mut counts: [BTreeMap<String, u64>; 3] = Default::default();
        for row in &rows {
            let mut columns = Columns::of(row);
            let (gateway, status) = (columns.text()?, columns.text()?);
            let codes: Vec<String> = columns.json()?;
            let count = columns.count()?;
            for (counts, name) in counts.iter_mut().zip([gateway, status, codes.join(" + ")]) {
                *counts.entry(name).or_default() += count;
            }
        }
        let [gateways, statuses, taxes] = counts.map(most_used_first);
        Ok(Facets {
            gateways,
            statuses,
            taxes,
        })
    }

    /// What changes when what is queued changes: how much it is, when it last changed, how often.
    pub async fn plan_stamp(&self, route: &Route) -> Result<[u64; 3], StoreError> {
        let row = sqlx::query(STAMP)
            .bind(route.pipeline.as_str())
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .fetch_one(&self.readers)
            .await?;
        let mut columns = Columns::of(&row);
        Ok([columns.count()?, columns.count()?, columns.count()?])
    }

    /// How many documents were posted in each `step` of milliseconds since; what was posted again
    /// later counts later.
    pub async fn posted_over_time(
        &self,
        pipeline: &PipelineName,
        from: Timestamp,
        until: Timestamp,
        step: u64,
    ) -> Result<Vec<(u64, u64)>, StoreError> {
        let rows = sqlx::query(POSTED)
            .bind(from.as_millisecond())
            .bind(super::sql::to_number(step.max(1)))
            .bind(until.as_millisecond())
            .bind(pipeline.as_str())
            .fetch_all(&self.readers)
            .await?;
        let slot = |row: &AnyRow| {
            let mut columns = Columns::of(row);
            Ok((columns.count()?, columns.count()?))
        };
        rows.iter().map(slot).collect()
    }

    /// What tells whether another process changed what a pipeline has in the journal.
    pub async fn journal_stamp(&self, pipeline: &PipelineName) -> Result<JournalStamp, StoreError> {
        let row = sqlx::query(JOURNAL)
            .bind(pipeline.as_str())
            .fetch_one(&self.readers)
            .await?;
        let mut columns = Columns::of(&row);
        Ok(JournalStamp(
            columns.maybe_text()?,
            columns.maybe_number()?,
            columns.maybe_number()?,
        ))
    }

    /// What was posted from one moment until before another: how many documents, and what the store
    /// says they amount to, by currency.
    pub async fn posted_between(
        &self,
        pipeline: Option<&PipelineName>,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<(u64, Vec<Money>), StoreError> {
        let rows = sqlx::query(SUMS)
            .bind(from.as_millisecond())
            .bind(until.as_millisecond())
            .bind(pipeline.map_or("", |name| name.as_str()))
            .fetch_all(&self.readers)
            .await?;
        let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
        let mut documents = 0;
        for row in &rows {
            let mut columns = Columns::of(row);
            let long = columns.maybe_decimal()?;
            let currency = columns.maybe_parsed::<Currency>()?;
            let scale = columns.number()?.try_into();
            let scale: u32 = scale.map_err(StoreError::unreadable)?;
            let count = columns.count()?;
            let units = columns.maybe_number()?.unwrap_or_default();
            documents += count;
            if let Some(currency) = currency {
                let sum = match long {
                    Some(amount) => amount * Decimal::from(count),
                    None => Decimal::new(units, scale),
                };
                *sums.entry(currency).or_default() += sum;
            }
        }
        let sums = sums.into_iter();
        let sums = sums.map(|(currency, sum)| Money::new(sum, currency));
        Ok((documents, sums.collect()))
    }
}

fn most_used_first(counts: BTreeMap<String, u64>) -> Vec<FacetUse> {
    let uses = counts.into_iter();
    let mut uses: Vec<_> = uses.map(|(name, count)| FacetUse { name, count }).collect();
    uses.sort_by_key(|facet| std::cmp::Reverse(facet.count));
    uses
}
