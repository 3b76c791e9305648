//! The reconciliation: store = posted + held + excluded, from the journal alone. Sums are made in
//! decimals here, never by the database.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use jiff::civil::Date;
use kit::{Currency, Money, PostingKind};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::any::AnyRow;

use super::sql::Columns;
use super::{Store, StoreError};
use crate::domain::{PipelineName, PostingState};

const ROWS: &str = "SELECT date, gateway, tax_codes, order_status, kind, state, amount, currency, tax, \
     books_total, books_tax FROM postings \
     WHERE amount IS NOT NULL AND date >= $1 AND date <= $2 AND ($3 = '' OR pipeline = $3)";

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

impl Store {
    /// Reconciles the days from `from` to `to`, both included, of one pipeline or of all.
    pub async fn reconcile(
        &self,
        from: Date,
        to: Date,
        by: GroupBy,
        pipeline: Option<&PipelineName>,
    ) -> Result<Reconciliation, StoreError> {
        let mut rows = sqlx::query(ROWS)
            .bind(from.to_string())
            .bind(to.to_string())
            .bind(pipeline.map_or("", |name| name.as_str()))
            .fetch(&self.readers);
        let mut groups = BTreeMap::new();
        let mut totals = BTreeMap::new();
        while let Some(row) = rows.try_next().await? {
            let (group, document) = read(&row, by)?;
            add(&mut groups, group, &document);
            add(&mut totals, String::new(), &document);
        }
        Ok(Reconciliation {
            groups: groups.into_values().collect(),
            totals: totals.into_values().collect(),
        })
    }
}

struct Row {
    state: PostingState,
    amount: Money,
    tax: Decimal,
    /// As signed as the store's amount.
    books_total: Decimal,
    books_tax: Decimal,
}

fn read(row: &AnyRow, by: GroupBy) -> Result<(String, Row), StoreError> {
    let mut columns = Columns::of(row);
    let date = columns.text()?;
    let gateway = columns.text()?;
    let codes: Vec<String> = columns.json()?;
    let status = columns.text()?;
    let kind: PostingKind = columns.parsed()?;
    let state = columns.parsed()?;
    let amount = columns
        .maybe_money()?
        .ok_or_else(|| StoreError::unreadable("an amount without a currency"))?;
    let tax = columns.maybe_decimal()?.unwrap_or_default();
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
    let group = match by {
        GroupBy::Day => date,
        GroupBy::Gateway => gateway,
        GroupBy::Tax => codes.join(" + "),
        GroupBy::Status => status,
    };
    let document = Row {
        state,
        amount,
        tax,
        books_total: columns.maybe_decimal()?.unwrap_or_default() * sign,
        books_tax: columns.maybe_decimal()?.unwrap_or_default() * sign,
    };
    Ok((group, document))
}

fn add(groups: &mut BTreeMap<(String, Currency), Reconciled>, group: String, row: &Row) {
    let currency = row.amount.currency;
    let sum = groups
        .entry((group.clone(), currency))
        .or_insert_with(|| Reconciled {
            group,
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
    sum.store += row.amount.amount;
    match row.state {
        PostingState::Posted => {
            sum.posted += row.books_total;
            sum.store_tax += row.tax;
            sum.posted_tax += row.books_tax;
        }
        PostingState::Held
        | PostingState::Failed
        | PostingState::Queued
        | PostingState::Posting => sum.held += row.amount.amount,
        PostingState::Excluded | PostingState::Reversed => sum.excluded += row.amount.amount,
    }
    sum.difference = sum.store - sum.posted - sum.held - sum.excluded;
}
