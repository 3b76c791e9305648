//! The reconciliation: store = posted + held + excluded, from the journal alone. Sums are made in
//! decimals here, never by the database.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kit::{Currency, PostingId, PostingKind};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::any::AnyRow;

use super::sql::{Columns, Statement, from_json};
use super::{Store, StoreError};
use crate::domain::{PipelineName, PostingState, SourceKind};

/// What every figure is made of, behind the group's column.
macro_rules! figures {
    () => {
        ", kind, state, amount, currency, tax, books_total, books_tax"
    };
}
// what became a document of another kind counts as that
const DOCUMENTS: &str = " FROM postings WHERE amount IS NOT NULL \
     AND NOT (record_fingerprint IS NULL \
     AND (state IN ('reversed', 'excluded') OR cause = 'outcome_unknown') \
     AND EXISTS (SELECT 1 FROM postings AS o WHERE o.realm = postings.realm \
     AND o.source = postings.source AND o.source_kind = postings.source_kind \
     AND o.source_id = postings.source_id AND o.record_fingerprint IS NOT NULL \
     AND o.amount IS NOT NULL))";
const SUMS: &str = figures!();
// much more to read: only where each document is shown
const EACH: &str = concat!(
    figures!(),
    ", date, id, number, source_kind, source_id, doc_number, cause, reason"
);
const UNREADABLE: &str = "SELECT id, number, source_kind, pipeline FROM postings \
     WHERE amount IS NULL AND state = 'failed' AND source_kind IN ('order', 'refund') \
     AND ($1 = '' OR pipeline = $1) ORDER BY number, id LIMIT $2";
const HOW_MANY_UNREADABLE: &str = "SELECT COUNT(*) FROM postings \
     WHERE amount IS NULL AND state = 'failed' AND source_kind IN ('order', 'refund') \
     AND ($1 = '' OR pipeline = $1)";

/// By what the reconciliation is broken down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// The day of the books.
    #[default]
    Day,
    /// The order's gateway.
    Gateway,
    /// The tax codes or rates.
    Tax,
    /// The order's status.
    Status,
}

/// One currency of one group, or of the whole period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reconciled {
    /// The day, gateway, tax codes or status; empty for the whole period.
    pub group: String,
    /// The currency of all amounts.
    pub currency: Currency,
    /// How many documents.
    pub documents: u64,
    /// What the store says; refunds are negative.
    #[serde(with = "rust_decimal::serde::str")]
    pub store: Decimal,
    /// What the books said when it was posted.
    #[serde(with = "rust_decimal::serde::str")]
    pub posted: Decimal,
    /// What waits: held, failed, queued, or in a call.
    #[serde(with = "rust_decimal::serde::str")]
    pub held: Decimal,
    /// What does not belong into the books, or was voided there.
    #[serde(with = "rust_decimal::serde::str")]
    pub excluded: Decimal,
    /// `store - posted - held - excluded`.
    #[serde(with = "rust_decimal::serde::str")]
    pub difference: Decimal,
    /// The store's tax in what is posted.
    #[serde(with = "rust_decimal::serde::str")]
    pub store_tax: Decimal,
    /// The books' tax in what is posted.
    #[serde(with = "rust_decimal::serde::str")]
    pub posted_tax: Decimal,
}

/// A period reconciled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// The groups, in their order, then by currency.
    pub groups: Vec<Reconciled>,
    /// The whole period, by currency.
    pub totals: Vec<Reconciled>,
}

/// Where a document stands in the equation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// In the books.
    Posted,
    /// Waits: held, failed, queued, or in a call.
    Held,
    /// Does not belong into the books, or was voided there.
    Excluded,
}

impl Term {
    /// The name used in JSON and CSV.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Held => "held",
            Self::Excluded => "excluded",
        }
    }

    fn of(state: PostingState) -> Self {
        match state {
            PostingState::Posted => Self::Posted,
            PostingState::Held
            | PostingState::Failed
            | PostingState::Queued
            | PostingState::Posting => Self::Held,
            PostingState::Excluded | PostingState::Reversed => Self::Excluded,
        }
    }
}

/// One order or refund behind the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReconciledDocument {
    /// The group it is counted in.
    pub group: String,
    /// The posting.
    pub id: PostingId,
    /// `order` or `refund`.
    pub source_kind: SourceKind,
    /// Its id in the store.
    pub source_id: String,
    /// The order's number.
    pub number: String,
    /// What it is in the books.
    pub kind: PostingKind,
    /// The day of the books.
    pub date: Option<Date>,
    /// Where it stands.
    pub state: PostingState,
    /// In which figure it is.
    pub term: Term,
    /// The currency of all amounts.
    pub currency: Currency,
    /// What the store says; a refund is negative.
    #[serde(with = "rust_decimal::serde::str")]
    pub store: Decimal,
    /// What the books said when it was posted, as signed as the store's amount.
    #[serde(with = "rust_decimal::serde::str")]
    pub posted: Decimal,
    /// The store's amount less what stands in its figure: zero unless books and store differ.
    #[serde(with = "rust_decimal::serde::str")]
    pub difference: Decimal,
    /// The store's tax.
    #[serde(with = "rust_decimal::serde::str")]
    pub store_tax: Decimal,
    /// The books' tax.
    #[serde(with = "rust_decimal::serde::str")]
    pub posted_tax: Decimal,
    /// Its number in the books.
    pub doc_number: Option<String>,
    /// Why it is held.
    pub cause: Option<String>,
    /// The same in words; also why it is excluded.
    pub reason: Option<String>,
}

/// An order or refund that could not be read, so that nobody knows its amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// The posting.
    pub id: PostingId,
    /// The order's number, or the record's id.
    pub number: String,
    /// `order` or `refund`.
    pub source_kind: SourceKind,
    /// The pipeline.
    pub pipeline: PipelineName,
}

impl Store {
    /// Reconciles the days from `from` to `to`, both included, of one pipeline or of all. What has no
    /// day counts where all days are asked for.
    pub async fn reconcile(
        &self,
        from: Date,
        to: Date,
        by: GroupBy,
        pipeline: Option<&PipelineName>,
    ) -> Result<Reconciliation, StoreError> {
        let mut groups = BTreeMap::new();
        let mut connection = self.readers.acquire().await?;
        documents(SUMS, from, to, by, pipeline)
            .each(&mut connection, |row| {
                let mut columns = Columns::of(row);
                let group = columns.maybe_str()?.unwrap_or_default();
                let figures = Figures::read(&mut columns)?;
                let currencies = groups.entry(group.to_owned()).or_insert_with(BTreeMap::new);
                let sum = currencies.entry(figures.currency);
                sum.or_insert_with(|| Reconciled::nothing(figures.currency))
                    .add(&figures);
                Ok(())
            })
            .await?;
        // tax codes are shown otherwise than they are stored
        let mut shown = BTreeMap::new();
        let mut totals = BTreeMap::new();
        for (group, currencies) in groups {
            let group = shown_group(by, &group)?;
            for (currency, sum) in currencies {
                let total = totals.entry(currency);
                total
                    .or_insert_with(|| Reconciled::nothing(currency))
                    .join(&sum);
                let group = shown.entry((group.clone(), currency));
                group
                    .or_insert_with_key(|(group, currency)| Reconciled {
                        group: group.clone(),
                        ..Reconciled::nothing(*currency)
                    })
                    .join(&sum);
            }
        }
        Ok(Reconciliation {
            groups: shown.into_values().collect(),
            totals: totals.into_values().collect(),
        })
    }

    /// The documents behind [`Self::reconcile`], by group, then by day and number.
    pub async fn reconciled_documents(
        &self,
        from: Date,
        to: Date,
        by: GroupBy,
        pipeline: Option<&PipelineName>,
    ) -> Result<Vec<ReconciledDocument>, StoreError> {
        let mut found = Vec::new();
        let mut connection = self.readers.acquire().await?;
        documents(EACH, from, to, by, pipeline)
            .each(&mut connection, |row| {
                found.push(document(row, by)?);
                Ok(())
            })
            .await?;
        found.sort_by(|left, right| {
            let key = |it: &ReconciledDocument| (it.currency, it.date, it.number.len());
            (&left.group, key(left), &left.number, &left.id).cmp(&(
                &right.group,
                key(right),
                &right.number,
                &right.id,
            ))
        });
        Ok(found)
    }

    /// How many orders and refunds could not be read.
    pub async fn count_unreadable(
        &self,
        pipeline: Option<&PipelineName>,
    ) -> Result<u64, StoreError> {
        let row = sqlx::query(HOW_MANY_UNREADABLE)
            .bind(pipeline.map_or("", |name| name.as_str()))
            .fetch_one(&self.readers)
            .await?;
        Columns::of(&row).count()
    }

    /// Orders and refunds that could not be read, at most so many: in no sum, since nobody knows their
    /// amounts.
    pub async fn unreadable(
        &self,
        pipeline: Option<&PipelineName>,
        most: u32,
    ) -> Result<Vec<Unreadable>, StoreError> {
        let rows = sqlx::query(UNREADABLE)
            .bind(pipeline.map_or("", |name| name.as_str()))
            .bind(i64::from(most))
            .fetch_all(&self.readers)
            .await?;
        let read = |row| {
            let mut columns = Columns::of(row);
            Ok(Unreadable {
                id: PostingId::new(columns.text()?),
                number: columns.text()?,
                source_kind: columns.parsed()?,
                pipeline: PipelineName::new(columns.text()?),
            })
        };
        rows.iter().map(read).collect()
    }
}

/// The documents of these days, with the group's column first. What has no day belongs to no period but
/// to all days together.
fn documents(
    columns: &'static str,
    from: Date,
    to: Date,
    by: GroupBy,
    pipeline: Option<&PipelineName>,
) -> Statement {
    let group = match by {
        GroupBy::Day => "SELECT date",
        GroupBy::Gateway => "SELECT gateway",
        GroupBy::Tax => "SELECT tax_codes",
        GroupBy::Status => "SELECT order_status",
    };
    let mut statement = Statement::new(group).push(columns).push(DOCUMENTS);
    if (from, to) != (Date::MIN, Date::MAX) {
        statement = statement
            .push(" AND date >= ? AND date <= ?")
            .bind(from.to_string())
            .bind(to.to_string());
    }
    if let Some(pipeline) = pipeline {
        statement = statement
            .push(" AND pipeline = ?")
            .bind(pipeline.as_str().to_owned());
    }
    statement
}

/// A group as people read it.
fn shown_group(by: GroupBy, group: &str) -> Result<String, StoreError> {
    if by != GroupBy::Tax {
        return Ok(group.to_owned());
    }
    let codes: Vec<String> = from_json(group)?;
    Ok(codes.join(" + "))
}

/// What one document adds to the figures.
struct Figures {
    kind: PostingKind,
    state: PostingState,
    currency: Currency,
    store: Decimal,
    posted: Decimal,
    store_tax: Decimal,
    posted_tax: Decimal,
}

impl Figures {
    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let kind: PostingKind = columns.parsed()?;
        let state: PostingState = columns.parsed()?;
        let amount = columns
            .maybe_money()?
            .ok_or_else(|| StoreError::unreadable("an amount without a currency"))?;
        let store_tax = columns.maybe_decimal()?.unwrap_or_default();
        // documents that give money back have positive totals in the books
        let sign = match kind {
            PostingKind::RefundReceipt | PostingKind::CreditMemo => Decimal::NEGATIVE_ONE,
            PostingKind::Customer
            | PostingKind::Item
            | PostingKind::SalesReceipt
            | PostingKind::Invoice
            | PostingKind::Payment
            | PostingKind::Expense => Decimal::ONE,
        };
        let mut books = || Ok::<_, StoreError>(columns.maybe_decimal()?.unwrap_or_default() * sign);
        let (total, tax) = (books()?, books()?);
        let in_books = Term::of(state) == Term::Posted;
        let if_there = |amount| if in_books { amount } else { Decimal::ZERO };
        Ok(Self {
            kind,
            state,
            currency: amount.currency,
            store: amount.amount,
            posted: if_there(total),
            store_tax,
            posted_tax: if_there(tax),
        })
    }
}

fn document(row: &AnyRow, by: GroupBy) -> Result<ReconciledDocument, StoreError> {
    let mut columns = Columns::of(row);
    let group = shown_group(by, columns.maybe_str()?.unwrap_or_default())?;
    let figures = Figures::read(&mut columns)?;
    let term = Term::of(figures.state);
    let date = columns.maybe_date()?;
    Ok(ReconciledDocument {
        group,
        id: PostingId::new(columns.text()?),
        number: columns.text()?,
        source_kind: columns.parsed()?,
        source_id: columns.text()?,
        kind: figures.kind,
        date,
        state: figures.state,
        term,
        currency: figures.currency,
        store: figures.store,
        posted: figures.posted,
        difference: match term {
            Term::Posted => figures.store - figures.posted,
            Term::Held | Term::Excluded => Decimal::ZERO,
        },
        store_tax: figures.store_tax,
        posted_tax: figures.posted_tax,
        doc_number: columns.maybe_text()?,
        cause: columns.maybe_text()?,
        reason: columns.maybe_text()?,
    })
}

impl Reconciled {
    fn nothing(currency: Currency) -> Self {
        Self {
            group: String::new(),
            currency,
            documents: 0,
            store: Decimal::ZERO,
            posted: Decimal::ZERO,
            held: Decimal::ZERO,
            excluded: Decimal::ZERO,
            difference: Decimal::ZERO,
            store_tax: Decimal::ZERO,
            posted_tax: Decimal::ZERO,
        }
    }

    fn add(&mut self, document: &Figures) {
        self.documents += 1;
        self.store += document.store;
        match Term::of(document.state) {
            Term::Posted => {
                self.posted += document.posted;
                self.store_tax += document.store_tax;
                self.posted_tax += document.posted_tax;
            }
            Term::Held => self.held += document.store,
            Term::Excluded => self.excluded += document.store,
        }
        self.difference = self.store - self.posted - self.held - self.excluded;
    }

    fn join(&mut self, other: &Self) {
        self.documents += other.documents;
        self.store += other.store;
        self.posted += other.posted;
        self.held += other.held;
        self.excluded += other.excluded;
        self.difference += other.difference;
        self.store_tax += other.store_tax;
        self.posted_tax += other.posted_tax;
    }
}
