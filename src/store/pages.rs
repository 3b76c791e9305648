//! What pages list and count: the documents of orders and refunds. Reading only.

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::any::AnyRow;

use super::sql::{Columns, Statement};
use super::views::{pattern, posting_row, row_columns};
use super::{PostingsPage, Store, StoreError};
use crate::domain::{PipelineName, PostingState};

// level 1: what has an order's or a refund's own money in it
const DOCUMENTS: &str = concat!(row_columns!(), "WHERE level = 1");
const OF_STATE: &str = concat!(row_columns!(), "WHERE level = 1 AND state = ?");
// what is asked for by its cause can be a payment or a fee as well
const WAITING: &str = concat!(row_columns!(), "WHERE level >= 1");
const WAITING_IN: &str = concat!(row_columns!(), "WHERE level >= 1 AND state = ?");
const COUNTS: &str = "SELECT state, CASE WHEN warning IS NULL THEN 0 ELSE 1 END, \
     COUNT(*) FROM postings WHERE level = 1 AND ($1 = '' OR pipeline = $1) \
     AND ($2 = '' OR date >= $2) AND ($3 = '' OR date <= $3) \
     GROUP BY state, CASE WHEN warning IS NULL THEN 0 ELSE 1 END";
const DAYS: &str = "SELECT date, state, COUNT(*) FROM postings WHERE level = 1 AND date >= $1 \
     AND ($2 = '' OR pipeline = $2) GROUP BY date, state ORDER BY date";
const NEWEST: &str = "SELECT MAX(date) FROM postings WHERE level = 1 AND date <= $1 \
     AND ($2 = '' OR pipeline = $2)";
const GATEWAYS: &str = "SELECT gateway, COUNT(*), MAX(number) FROM postings WHERE level = 1 \
     AND source_kind = 'order' AND pipeline = $1 GROUP BY gateway ORDER BY COUNT(*) DESC, gateway";
const STATUSES: &str = "SELECT order_status, COUNT(*), MAX(number) FROM postings WHERE level = 1 \
     AND source_kind = 'order' AND pipeline = $1 GROUP BY order_status \
     ORDER BY COUNT(*) DESC, order_status";
const TAXES: &str = "SELECT tax_codes, COUNT(*), MAX(number) FROM postings WHERE level = 1 \
     AND source_kind = 'order' AND pipeline = $1 GROUP BY tax_codes ORDER BY COUNT(*) DESC, tax_codes";

const POSTED: &str = "SELECT (posted_at - $1) / $2, COUNT(*) FROM postings WHERE posted_at >= $1 \
     AND posted_at <= $3 AND pipeline = $4 GROUP BY (posted_at - $1) / $2 ORDER BY 1";

/// Which documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentFilter {
    /// Only those of this pipeline.
    pub pipeline: Option<PipelineName>,
    /// Only those that stand there.
    pub state: Option<DocumentState>,
    /// Only those held or failed for this cause.
    pub cause: Option<String>,
    /// Only those whose number, name, id or amount has this in it.
    pub q: Option<String>,
    /// The first day of the books.
    pub from: Option<Date>,
    /// The last day of the books.
    pub to: Option<Date>,
    /// Only those paid by this gateway.
    pub gateway: Option<String>,
    /// Only those taxed by these codes, joined by ` + `.
    pub tax: Option<String>,
    /// Only those whose order has this status.
    pub order_status: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// At most so many; 0 is 50.
    pub limit: u32,
}

/// Where documents stand, as people ask for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentState {
    /// In this state.
    In(PostingState),
    /// Not in the books yet: queued, on their way, held or failed.
    Unsynced,
    /// Posted, with something to look at.
    Warned,
}

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

/// How many orders have something the mapping asks for: a gateway, a status, tax codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetUse {
    /// What they have.
    pub name: String,
    /// How many.
    pub count: u64,
    /// One of them.
    pub example: String,
}

impl Store {
    /// A page of documents, the latest day of the books first.
    pub async fn documents(&self, filter: &DocumentFilter) -> Result<PostingsPage, StoreError> {
        let limit = match filter.limit {
            0 => 50,
            limit => limit.min(5000),
        };
        let mut connection = self.readers.acquire().await?;
        let rows = wanted(filter)?
            .push(" ORDER BY date DESC NULLS LAST, id DESC LIMIT ?")
            .bind(i64::from(limit) + 1)
            .fetch(&mut connection)
            .await?;
        let mut postings = rows
            .iter()
            .map(posting_row)
            .collect::<Result<Vec<_>, _>>()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = postings.len() > limit;
        postings.truncate(limit);
        let last = postings.last().map(|last| {
            let day = last.date.map(|day| day.to_string()).unwrap_or_default();
            format!("{day}_{}", last.id.as_str())
        });
        Ok(PostingsPage {
            postings,
            next_cursor: last.filter(|_| more),
        })
    }

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

    /// The gateways of a pipeline's orders, the most used first.
    pub async fn gateways_used(&self, name: &PipelineName) -> Result<Vec<FacetUse>, StoreError> {
        self.facet(GATEWAYS, name).await
    }

    /// The statuses of a pipeline's orders, the most used first.
    pub async fn statuses_used(&self, name: &PipelineName) -> Result<Vec<FacetUse>, StoreError> {
        self.facet(STATUSES, name).await
    }

    /// The tax codes or rates of a pipeline's orders, those of one order joined by ` + `, the most
    /// used first.
    pub async fn taxes_used(&self, name: &PipelineName) -> Result<Vec<FacetUse>, StoreError> {
        let mut uses = self.facet(TAXES, name).await?;
        for taxes in &mut uses {
            let codes: Vec<String> = super::sql::from_json(&taxes.name)?;
            taxes.name = codes.join(" + ");
        }
        Ok(uses)
    }

    /// How many postings were posted in each `step` of milliseconds since.
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

    async fn facet(
        &self,
        query: &'static str,
        pipeline: &PipelineName,
    ) -> Result<Vec<FacetUse>, StoreError> {
        let rows = sqlx::query(query)
            .bind(pipeline.as_str())
            .fetch_all(&self.readers)
            .await?;
        let one = |row: &AnyRow| {
            let mut columns = Columns::of(row);
            Ok(FacetUse {
                name: columns.text()?,
                count: columns.count()?,
                example: columns.text()?,
            })
        };
        rows.iter().map(one).collect()
    }
}

/// The statement of a filter: only what is asked for stands in it, so that indexes serve it.
fn wanted(filter: &DocumentFilter) -> Result<Statement, StoreError> {
    let (all, of_state) = match filter.cause {
        Some(_) => (WAITING, WAITING_IN),
        None => (DOCUMENTS, OF_STATE),
    };
    let mut statement = match filter.state {
        Some(DocumentState::In(state)) => Statement::new(of_state).bind(state.as_str()),
        Some(DocumentState::Warned) => Statement::new(of_state)
            .bind(PostingState::Posted.as_str())
            .push(" AND warning IS NOT NULL"),
        Some(DocumentState::Unsynced) => {
            Statement::new(all).push(" AND state IN ('queued', 'posting', 'held', 'failed')")
        }
        None => Statement::new(all),
    };
    let look = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let tax = filter.tax.as_deref().map(|tax| {
        let codes = tax.split(" + ").filter(|code| !code.is_empty());
        super::sql::to_json(&codes.collect::<Vec<_>>())
    });
    for (text, value) in [
        (
            " AND pipeline = ?",
            filter
                .pipeline
                .as_ref()
                .map(|name| name.as_str().to_owned()),
        ),
        (" AND cause = ?", filter.cause.clone()),
        (" AND date >= ?", filter.from.map(|day| day.to_string())),
        (" AND date <= ?", filter.to.map(|day| day.to_string())),
        (" AND gateway = ?", filter.gateway.clone()),
        (" AND tax_codes = ?", tax.transpose()?),
        (" AND order_status = ?", filter.order_status.clone()),
        (" AND search LIKE ? ESCAPE '\\'", look.map(pattern)),
    ] {
        if let Some(value) = value {
            statement = statement.push(text).bind(value);
        }
    }
    if let Some((day, id)) = filter.cursor.as_deref().and_then(|it| it.split_once('_')) {
        statement = if day.is_empty() {
            statement.push(" AND date IS NULL AND id < ?").bind(id)
        } else {
            statement
                .push(" AND (date < ? OR date = ? AND id < ? OR date IS NULL)")
                .bind(day)
                .bind(day)
                .bind(id)
        };
    }
    Ok(statement)
}
