//! The reconciliation: store = posted + held + excluded, from the journal alone. Sums are made in
//! decimals here, never by the database.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use jiff::civil::Date;
use kit::{Currency, PostingId, PostingKind};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::any::AnyRow;

use super::sql::Columns;
use super::{Store, StoreError};
use crate::domain::{PipelineName, PostingState, SourceKind};

// what has no day belongs to no period but to all days together; what became a document of another kind
// counts as that
const ROWS: &str = "SELECT date, gateway, tax_codes, order_status, kind, state, amount, currency, tax, \
     books_total, books_tax, id, number, source_kind, source_id, doc_number, cause, reason \
     FROM postings WHERE amount IS NOT NULL \
     AND (date >= $1 AND date <= $2 OR date IS NULL AND $3 = 1) AND ($4 = '' OR pipeline = $4) \
     AND NOT (record_fingerprint IS NULL \
     AND (state IN ('reversed', 'excluded') OR cause = 'outcome_unknown') \
     AND EXISTS (SELECT 1 FROM postings AS o WHERE o.realm = postings.realm \
     AND o.source = postings.source AND o.source_kind = postings.source_kind \
     AND o.source_id = postings.source_id AND o.record_fingerprint IS NOT NULL \
     AND o.amount IS NOT NULL))";
const UNREADABLE: &str = "SELECT id, number, source_kind FROM postings \
     WHERE amount IS NULL AND state = 'failed' AND source_kind IN ('order', 'refund') \
     AND ($1 = '' OR pipeline = $1) ORDER BY number, id";

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
        let mut totals = BTreeMap::new();
        self.each_document(from, to, by, pipeline, |document| {
            add(&mut groups, &document.group, &document);
            add(&mut totals, "", &document);
        })
        .await?;
        Ok(Reconciliation {
            groups: groups.into_values().collect(),
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
        let mut documents = Vec::new();
        self.each_document(from, to, by, pipeline, |document| documents.push(document))
            .await?;
        documents.sort_by(|left, right| {
            let key = |it: &ReconciledDocument| (it.currency, it.date, it.number.len());
            (&left.group, key(left), &left.number, &left.id).cmp(&(
                &right.group,
                key(right),
                &right.number,
                &right.id,
            ))
        });
        Ok(documents)
    }

    /// Orders and refunds that could not be read: in no sum, since nobody knows their amounts.
    pub async fn unreadable(
        &self,
        pipeline: Option<&PipelineName>,
    ) -> Result<Vec<Unreadable>, StoreError> {
        let rows = sqlx::query(UNREADABLE)
            .bind(pipeline.map_or("", |name| name.as_str()))
            .fetch_all(&self.readers)
            .await?;
        let read = |row| {
            let mut columns = Columns::of(row);
            Ok(Unreadable {
                id: PostingId::new(columns.text()?),
                number: columns.text()?,
                source_kind: columns.parsed()?,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn each_document(
        &self,
        from: Date,
        to: Date,
        by: GroupBy,
        pipeline: Option<&PipelineName>,
        mut take: impl FnMut(ReconciledDocument),
    ) -> Result<(), StoreError> {
        let all_days = (from, to) == (Date::MIN, Date::MAX);
        let mut rows = sqlx::query(ROWS)
            .bind(from.to_string())
            .bind(to.to_string())
            .bind(i64::from(all_days))
            .bind(pipeline.map_or("", |name| name.as_str()))
            .fetch(&self.readers);
        while let Some(row) = rows.try_next().await? {
            take(read(&row, by)?);
        }
        Ok(())
    }
}

fn read(row: &AnyRow, by: GroupBy) -> Result<ReconciledDocument, StoreError> {
    let mut columns = Columns::of(row);
    let date = columns.maybe_date()?;
    let gateway = columns.text()?;
    let codes: Vec<String> = columns.json()?;
    let status = columns.text()?;
    let kind: PostingKind = columns.parsed()?;
    let state = columns.parsed()?;
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
    let term = Term::of(state);
    let in_books = term == Term::Posted;
    let posted = if in_books { total } else { Decimal::ZERO };
    Ok(ReconciledDocument {
        group: match by {
            GroupBy::Day => date.map_or_else(String::new, |date| date.to_string()),
            GroupBy::Gateway => gateway,
            GroupBy::Tax => codes.join(" + "),
            GroupBy::Status => status,
        },
        id: PostingId::new(columns.text()?),
        number: columns.text()?,
        source_kind: columns.parsed()?,
        source_id: columns.text()?,
        kind,
        date,
        state,
        term,
        currency: amount.currency,
        store: amount.amount,
        posted,
        difference: if in_books {
            amount.amount - posted
        } else {
            Decimal::ZERO
        },
        store_tax,
        posted_tax: if in_books { tax } else { Decimal::ZERO },
        doc_number: columns.maybe_text()?,
        cause: columns.maybe_text()?,
        reason: columns.maybe_text()?,
    })
}

fn add(
    groups: &mut BTreeMap<(String, Currency), Reconciled>,
    group: &str,
    document: &ReconciledDocument,
) {
    let currency = document.currency;
    let sum = groups
        .entry((group.to_owned(), currency))
        .or_insert_with(|| Reconciled {
            group: group.to_owned(),
            currency,
            documents: 0,
            store: Decimal::ZERO,
            posted: Decimal::ZERO,
            held: Decimal::ZERO,
            excluded: Decimal::ZERO,
            difference: Decimal::ZERO,
            store_tax: Decimal::ZERO,
            posted_tax: Decimal::ZERO,
        });
    sum.documents += 1;
    sum.store += document.store;
    match document.term {
        Term::Posted => {
            sum.posted += document.posted;
            sum.store_tax += document.store_tax;
            sum.posted_tax += document.posted_tax;
        }
        Term::Held => sum.held += document.store,
        Term::Excluded => sum.excluded += document.store,
    }
    sum.difference = sum.store - sum.posted - sum.held - sum.excluded;
}
