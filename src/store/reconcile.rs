//! The reconciliation: store = posted + held + excluded, from the journal alone. Sums are made in
//! decimals here, never by the database.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kit::{Currency, PostingId, PostingKind};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::any::AnyRow;

use super::sql::{CHUNK, Columns, Statement, from_json};
use super::{Store, StoreError};
use crate::domain::{PipelineName, PostingState, SourceKind};

/// What every figure is made of, behind the group's column.
macro_rules! figures {
    () => {
        ", kind, state, amount, currency, tax, books_total, books_tax, \
         CASE WHEN state IN ('posted', 'reversed') THEN 0 ELSE (SELECT COUNT(*) FROM links AS l \
         WHERE l.realm = postings.realm AND l.source = postings.source \
         AND l.source_kind = postings.source_kind AND l.source_id = postings.source_id \
         AND l.kind = postings.kind AND l.voided = 0) END"
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
const SUMS: &str = concat!(figures!(), ", id");
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
    /// What the books hold, as they last said.
    #[serde(with = "rust_decimal::serde::str")]
    pub posted: Decimal,
    /// What waits: held, failed, queued, or in a call. Of what is in the books and waits to be changed,
    /// only the rest.
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
    /// What is in the books otherwise than in the store, in amount or tax: also where the sums agree.
    pub differing: Vec<ReconciledDocument>,
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
    /// What the books hold, as signed as the store's amount.
    #[serde(with = "rust_decimal::serde::str")]
    pub posted: Decimal,
    /// What of it waits.
    #[serde(with = "rust_decimal::serde::str")]
    pub held: Decimal,
    /// What of it is left out.
    #[serde(with = "rust_decimal::serde::str")]
    pub excluded: Decimal,
    /// The store's amount less these three: zero unless books and store differ.
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
        let mut differing = Vec::new();
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
                if figures.differs() {
                    differing.push(columns.text()?);
                }
                Ok(())
            })
            .await?;
        drop(connection);
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
            differing: self.named(&differing, by).await?,
        })
    }

    /// The documents of these ids.
    async fn named(
        &self,
        ids: &[String],
        by: GroupBy,
    ) -> Result<Vec<ReconciledDocument>, StoreError> {
        let mut found = Vec::new();
        let mut connection = self.readers.acquire().await?;
        for chunk in ids.chunks(CHUNK) {
            let statement = documents(EACH, Date::MIN, Date::MAX, by, None).push(" AND id IN ");
            let rows = statement.list(chunk.iter().map(String::as_str));
            for row in &rows.fetch(&mut connection).await? {
                found.push(document(row, by)?);
            }
        }
        in_order(&mut found);
        Ok(found)
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
        in_order(&mut found);
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

fn in_order(documents: &mut [ReconciledDocument]) {
    documents.sort_by(|left, right| {
        let key = |it: &ReconciledDocument| (it.currency, it.date, it.number.len());
        (&left.group, key(left), &left.number, &left.id).cmp(&(
            &right.group,
            key(right),
            &right.number,
            &right.id,
        ))
    });
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
    /// What the books hold of it.
    posted: Decimal,
    /// `None` where the store does not say it.
    store_tax: Option<Decimal>,
    /// `None` where the books hold nothing or did not say it.
    posted_tax: Option<Decimal>,
}

impl Figures {
    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let kind: PostingKind = columns.parsed()?;
        let state: PostingState = columns.parsed()?;
        let amount = columns
            .maybe_money()?
            .ok_or_else(|| StoreError::unreadable("an amount without a currency"))?;
        let currency = amount.currency;
        let store_tax = columns.maybe_decimal()?;
        let (total, tax) = (columns.maybe_decimal()?, columns.maybe_decimal()?);
        // what waits to be changed or voided is there as well
        let waits_in_books = columns.count()? > 0;
        let in_books = Term::of(state) == Term::Posted || waits_in_books;
        let of_books =
            |amount: Option<Decimal>| amount.filter(|_| in_books).map(|it| signed(kind, it));
        Ok(Self {
            kind,
            state,
            currency,
            store: plain(amount.amount, currency),
            posted: plain(of_books(total).unwrap_or_default(), currency),
            store_tax: store_tax.map(|tax| plain(tax, currency)),
            posted_tax: of_books(tax).map(|tax| plain(tax, currency)),
        })
    }

    /// What of the store's amount is not in the books.
    fn rest(&self) -> Decimal {
        self.store - self.posted
    }

    /// Tax of the store and of the books, as far as it is in the books.
    fn taxes(&self) -> (Decimal, Decimal) {
        let posted = self.posted_tax.unwrap_or_default();
        match Term::of(self.state) {
            Term::Posted => (self.store_tax.unwrap_or_default(), posted),
            Term::Held | Term::Excluded => (posted, posted), // the rest of it waits as well
        }
    }

    /// Whether the books hold it otherwise than the store, and nothing waits to settle that.
    fn differs(&self) -> bool {
        Term::of(self.state) == Term::Posted && (!self.rest().is_zero() || self.tax_differs())
    }

    /// A document whose tax is a line of its own has none in the books. The store's tax can have more
    /// decimals than its currency.
    fn tax_differs(&self) -> bool {
        let (Some(store), Some(books)) = (self.store_tax, self.posted_tax) else {
            return false;
        };
        let cent = Decimal::new(1, self.currency.decimals());
        !books.is_zero() && (store - books).abs() >= cent
    }
}

/// Documents that give money back have positive totals in the books.
fn signed(kind: PostingKind, amount: Decimal) -> Decimal {
    match kind {
        PostingKind::RefundReceipt | PostingKind::CreditMemo if !amount.is_zero() => -amount,
        PostingKind::RefundReceipt
        | PostingKind::CreditMemo
        | PostingKind::Customer
        | PostingKind::Item
        | PostingKind::SalesReceipt
        | PostingKind::Invoice
        | PostingKind::Payment
        | PostingKind::Expense => amount,
    }
}

/// With the currency's decimals at least; never rounded.
fn plain(amount: Decimal, currency: Currency) -> Decimal {
    let mut plain = amount;
    if plain.scale() < currency.decimals() {
        plain.rescale(currency.decimals());
    }
    plain
}

fn document(row: &AnyRow, by: GroupBy) -> Result<ReconciledDocument, StoreError> {
    let mut columns = Columns::of(row);
    let group = shown_group(by, columns.maybe_str()?.unwrap_or_default())?;
    let figures = Figures::read(&mut columns)?;
    let term = Term::of(figures.state);
    let date = columns.maybe_date()?;
    let zero = plain(Decimal::ZERO, figures.currency);
    let of = |wanted: Term| if term == wanted { figures.rest() } else { zero };
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
        held: of(Term::Held),
        excluded: of(Term::Excluded),
        difference: of(Term::Posted),
        store_tax: figures.store_tax.unwrap_or(zero),
        posted_tax: figures.posted_tax.unwrap_or(zero),
        doc_number: columns.maybe_text()?,
        cause: columns.maybe_text()?,
        reason: columns.maybe_text()?,
    })
}

impl Reconciled {
    fn nothing(currency: Currency) -> Self {
        let zero = plain(Decimal::ZERO, currency);
        Self {
            group: String::new(),
            currency,
            documents: 0,
            store: zero,
            posted: zero,
            held: zero,
            excluded: zero,
            difference: zero,
            store_tax: zero,
            posted_tax: zero,
        }
    }

    fn add(&mut self, document: &Figures) {
        self.documents += 1;
        self.store += document.store;
        self.posted += document.posted;
        match Term::of(document.state) {
            Term::Posted => {}
            Term::Held => self.held += document.rest(),
            Term::Excluded => self.excluded += document.rest(),
        }
        let (store_tax, posted_tax) = document.taxes();
        self.store_tax += store_tax;
        self.posted_tax += posted_tax;
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
