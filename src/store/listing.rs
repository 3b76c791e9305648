//! Lists of postings, page by page: what the API and the pages show. Only what is asked for stands in a
//! statement, so that indexes serve it.

use jiff::Timestamp;
use jiff::civil::Date;
use kit::Currency;
use rust_decimal::Decimal;

use super::sql::{Statement, to_json};
use super::views::{PostingRow, posting_row, row_columns};
use super::{Store, StoreError};
use crate::domain::{BatchId, PipelineName, PostingState};

const ALL: &str = concat!(row_columns!(), "WHERE 1 = 1");
// `state` stands alone, so that its index serves it
const OF_STATE: &str = concat!(row_columns!(), "WHERE state = ?");
// most are posted: the index of the list's order leads to a page of them sooner than that of the state,
// which is kept out of it
const POSTED: &str = concat!(row_columns!(), "WHERE state || '' = ?");
// level 1: what has an order's or a refund's own money in it
const DOCUMENTS: &str = " AND level = 1";
const UNSYNCED: &str = " AND state IN ('queued', 'posting', 'held', 'failed')";
const OF_RUN: &str = " AND sync_id IN (SELECT id FROM sync_state WHERE batch_id = ?)";
// compared as numbers only for their order
macro_rules! amount {
    () => {
        "CAST(COALESCE(amount, '0') AS NUMERIC)"
    };
}

/// Which postings, in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostingFilter {
    /// Only those of this pipeline.
    pub pipeline: Option<PipelineName>,
    /// Only those in this state.
    pub state: Option<PostingState>,
    /// Only what is not in the books yet: queued, on its way, held or failed.
    pub unsynced: bool,
    /// Only what has something to look at.
    pub warned: bool,
    /// Only the documents of orders and refunds: neither list objects nor payments and fees. With a
    /// cause all that has it, so that nothing waits unseen.
    pub documents: bool,
    /// Only those held or failed for this cause.
    pub cause: Option<String>,
    /// Only those whose number, name, id in the store or amount has this in it.
    pub q: Option<String>,
    /// The first day of the books.
    pub from: Option<Date>,
    /// The last day of the books.
    pub to: Option<Date>,
    /// Only those paid by this gateway.
    pub gateway: Option<String>,
    /// Only those taxed by these codes, joined by ` + `.
    pub tax: Option<String>,
    /// Only those with an amount in this currency.
    pub currency: Option<Currency>,
    /// Only those whose order has this status.
    pub order_status: Option<String>,
    /// Only those posted from this moment until before that one.
    pub posted: Option<(Timestamp, Timestamp)>,
    /// Only those that this run planned last.
    pub run: Option<BatchId>,
    /// In this order.
    pub order: ListOrder,
    /// `next_cursor` of the page before, which was in the same order.
    pub cursor: Option<String>,
    /// At most so many; 0 is 50.
    pub limit: u32,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListOrder {
    /// Known last first.
    #[default]
    Newest,
    /// The latest day of the books first; what has none comes last.
    LatestDay,
    /// The earliest day first; what has none comes last.
    EarliestDay,
    /// The largest amount first.
    Largest,
    /// The smallest amount first, refunds before.
    Smallest,
    /// Changed last first.
    LastChanged,
    /// Changed first first.
    FirstChanged,
}

impl ListOrder {
    /// Whether a cursor can be one of a list in this order.
    pub fn knows(self, cursor: &str) -> bool {
        if self == Self::Newest {
            return true;
        }
        cursor.rsplit_once('_').is_some_and(|(key, _)| match self {
            Self::Newest => true,
            Self::LatestDay | Self::EarliestDay => key.is_empty() || key.parse::<Date>().is_ok(),
            Self::Largest | Self::Smallest => !key.contains('_') && key.parse::<Decimal>().is_ok(),
            Self::LastChanged | Self::FirstChanged => key.parse::<i64>().is_ok(),
        })
    }
}

/// A page of a list of postings.
#[derive(Clone, Debug, Default)]
pub struct PostingsPage {
    /// The postings, in their order.
    pub postings: Vec<PostingRow>,
    /// Where the next page begins; `None` at the end.
    pub next_cursor: Option<String>,
}

impl Store {
    /// A page of postings.
    pub async fn postings_page(&self, filter: &PostingFilter) -> Result<PostingsPage, StoreError> {
        let limit = match filter.limit {
            0 => 50,
            limit => limit.min(5000),
        };
        let mut connection = self.readers.acquire().await?;
        let rows = after(wanted(filter)?, filter)
            .push(ordered(filter.order))
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
        let last = postings.last().map(|last| place(filter.order, last));
        Ok(PostingsPage {
            postings,
            next_cursor: last.filter(|_| more),
        })
    }
}

/// The statement of a filter.
fn wanted(filter: &PostingFilter) -> Result<Statement, StoreError> {
    let mut statement = match filter.state {
        Some(PostingState::Posted) => Statement::new(POSTED).bind(PostingState::Posted.as_str()),
        Some(state) => Statement::new(OF_STATE).bind(state.as_str()),
        None => Statement::new(ALL),
    };
    if filter.unsynced {
        statement = statement.push(UNSYNCED);
    }
    if filter.warned {
        statement = statement.push(" AND warning IS NOT NULL");
    }
    if filter.documents && filter.cause.is_none() {
        statement = statement.push(DOCUMENTS);
    }
    let look = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let tax = filter.tax.as_deref().map(|tax| {
        let codes = tax.split(" + ").filter(|code| !code.is_empty());
        to_json(&codes.collect::<Vec<_>>())
    });
    let pipeline = filter.pipeline.as_ref();
    for (text, value) in [
        (
            " AND pipeline = ?",
            pipeline.map(|name| name.as_str().to_owned()),
        ),
        (" AND cause = ?", filter.cause.clone()),
        (" AND date >= ?", filter.from.map(|day| day.to_string())),
        (" AND date <= ?", filter.to.map(|day| day.to_string())),
        (" AND gateway = ?", filter.gateway.clone()),
        (" AND tax_codes = ?", tax.transpose()?),
        (" AND order_status = ?", filter.order_status.clone()),
        (
            " AND currency = ?",
            filter.currency.map(|currency| currency.to_string()),
        ),
        (" AND search LIKE ? ESCAPE '\\'", look.map(pattern)),
        (OF_RUN, filter.run.as_ref().map(ToString::to_string)),
    ] {
        if let Some(value) = value {
            statement = statement.push(text).bind(value);
        }
    }
    if let Some((from, until)) = filter.posted {
        statement = statement
            .push(" AND posted_at >= ? AND posted_at < ?")
            .bind(from.as_millisecond())
            .bind(until.as_millisecond());
    }
    Ok(statement)
}

/// Only what comes behind the place of the cursor.
fn after(statement: Statement, filter: &PostingFilter) -> Statement {
    let Some(cursor) = filter.cursor.as_deref() else {
        return statement;
    };
    let (key, id) = cursor.rsplit_once('_').unwrap_or(("", cursor));
    let both = |statement: Statement, text| statement.push(text).bind(key).bind(key).bind(id);
    match filter.order {
        ListOrder::Newest => statement.push(" AND id < ?").bind(id),
        ListOrder::LatestDay if key.is_empty() => {
            statement.push(" AND date IS NULL AND id < ?").bind(id)
        }
        ListOrder::EarliestDay if key.is_empty() => {
            statement.push(" AND date IS NULL AND id > ?").bind(id)
        }
        ListOrder::LatestDay => both(
            statement,
            " AND (date < ? OR date = ? AND id < ? OR date IS NULL)",
        ),
        ListOrder::EarliestDay => both(
            statement,
            " AND (date > ? OR date = ? AND id > ? OR date IS NULL)",
        ),
        ListOrder::Largest => both(
            statement,
            concat!(
                " AND (",
                amount!(),
                " < CAST(CAST(? AS TEXT) AS NUMERIC) OR ",
                amount!(),
                " = CAST(CAST(? AS TEXT) AS NUMERIC) AND id < ?)"
            ),
        ),
        ListOrder::Smallest => both(
            statement,
            concat!(
                " AND (",
                amount!(),
                " > CAST(CAST(? AS TEXT) AS NUMERIC) OR ",
                amount!(),
                " = CAST(CAST(? AS TEXT) AS NUMERIC) AND id > ?)"
            ),
        ),
        ListOrder::LastChanged | ListOrder::FirstChanged => {
            let at = key.parse::<i64>().unwrap_or(0);
            let text = match filter.order {
                ListOrder::LastChanged => " AND (updated_at < ? OR updated_at = ? AND id < ?)",
                _ => " AND (updated_at > ? OR updated_at = ? AND id > ?)",
            };
            statement.push(text).bind(at).bind(at).bind(id)
        }
    }
}

fn ordered(order: ListOrder) -> &'static str {
    match order {
        ListOrder::Newest => " ORDER BY id DESC LIMIT ?",
        ListOrder::LatestDay => " ORDER BY date DESC NULLS LAST, id DESC LIMIT ?",
        ListOrder::EarliestDay => " ORDER BY date NULLS LAST, id LIMIT ?",
        ListOrder::Largest => concat!(" ORDER BY ", amount!(), " DESC, id DESC LIMIT ?"),
        ListOrder::Smallest => concat!(" ORDER BY ", amount!(), ", id LIMIT ?"),
        ListOrder::LastChanged => " ORDER BY updated_at DESC, id DESC LIMIT ?",
        ListOrder::FirstChanged => " ORDER BY updated_at, id LIMIT ?",
    }
}

/// Where a posting stands in its list; `_` parts what it is ordered by from its id.
fn place(order: ListOrder, row: &PostingRow) -> String {
    let key = match order {
        ListOrder::Newest => return row.id.as_str().to_owned(),
        ListOrder::LatestDay | ListOrder::EarliestDay => {
            row.date.map(|day| day.to_string()).unwrap_or_default()
        }
        ListOrder::Largest | ListOrder::Smallest => {
            let amount = row.amount.as_ref();
            amount.map_or_else(|| "0".to_owned(), |money| money.amount.to_string())
        }
        ListOrder::LastChanged | ListOrder::FirstChanged => {
            row.updated_at.as_millisecond().to_string()
        }
    };
    format!("{key}_{}", row.id.as_str())
}

/// `LIKE` pattern for a piece of text.
fn pattern(look: &str) -> String {
    let mut pattern = String::from("%");
    for letter in look.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
