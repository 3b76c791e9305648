//! Statements over many rows, and rows as values.
//!
//! `sqlx::QueryBuilder` writes `?` for the `Any` driver, which PostgreSQL does not read; so it only
//! carries text and arguments, and the placeholders are written here: `?` in the texts below and in
//! those of the callers, numbered for PostgreSQL when the statement is run. (SQLite takes `$1` too,
//! but looks each of a thousand numbers up in a list: a third of the cost of such a statement.) The
//! text consists of constants and placeholders alone.

use std::fmt::Write as _;
use std::str::FromStr;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use jiff::civil::Date;
use kit::Money;
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::{AnyConnection, Arguments, Encode, QueryBuilder, Row, Type};

use super::StoreError;

/// Rows in one statement: large enough that statements do not count, small enough that their texts
/// repeat and stay prepared. It is also the size of a batch call.
pub(super) const CHUNK: usize = 30;

/// How often a transaction is repeated that met another one.
pub(super) const ATTEMPTS: u32 = 8;

/// A statement under construction. Values are given in the order of their `?` in the text.
pub(super) struct Statement {
    text: String,
    arguments: AnyArguments,
    broken: Option<sqlx::Error>,
}

impl Statement {
    /// Begins with this text.
    pub(super) fn new(text: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            arguments: AnyArguments::default(),
            broken: None,
        }
    }

    /// The value of the next `?` that stands in the text.
    pub(super) fn bind<'v, V: Encode<'v, Any> + Type<Any>>(mut self, value: V) -> Self {
        self.argument(value);
        self
    }

    /// More text.
    pub(super) fn push(mut self, text: &'static str) -> Self {
        self.text.push_str(text);
        self
    }

    /// `(?, ?, …)`, filled up with its last value so that few different texts arise.
    pub(super) fn list<'v>(mut self, values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut separator = '(';
        let mut count = 0_usize;
        let mut last = "";
        for value in values {
            self.placeholder(separator);
            self.argument(value);
            separator = ',';
            count += 1;
            last = value;
        }
        for _ in count..count.next_power_of_two() {
            self.placeholder(',');
            self.argument(last);
        }
        self.text.push(')');
        self
    }

    /// `VALUES (?, ?), (?, ?), …`: one pair of parentheses for each row.
    pub(super) fn rows<R>(mut self, rows: &[R], mut fill: impl FnMut(&mut Values<'_>, &R)) -> Self {
        self.text.push_str("VALUES ");
        for (index, row) in rows.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            let mut values = Values {
                statement: &mut self,
                separator: '(',
            };
            fill(&mut values, row);
            self.text.push(')');
        }
        self
    }

    /// As [`Self::rows`], filled up with the last row so that few different texts arise: for look-ups,
    /// which then find a row more than once.
    pub(super) fn looks<R>(self, rows: &[R], mut fill: impl FnMut(&mut Values<'_>, &R)) -> Self {
        let mut all: Vec<&R> = rows.iter().collect();
        if let Some(last) = rows.last() {
            all.resize(rows.len().next_power_of_two(), last);
        }
        self.rows(&all, |values, row| fill(values, row))
    }

    pub(super) async fn execute(self, connection: &mut AnyConnection) -> Result<u64, StoreError> {
        let mut builder = self.finish(connection.backend_name())?;
        Ok(builder.build().execute(connection).await?.rows_affected())
    }

    pub(super) async fn fetch(
        self,
        connection: &mut AnyConnection,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let mut builder = self.finish(connection.backend_name())?;
        Ok(builder.build().fetch_all(connection).await?)
    }

    /// Takes one row after the other, so that no list of all of them is made.
    pub(super) async fn each(
        self,
        connection: &mut AnyConnection,
        mut take: impl FnMut(&AnyRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut builder = self.finish(connection.backend_name())?;
        let mut rows = builder.build().fetch(connection);
        while let Some(row) = rows.try_next().await? {
            take(&row)?;
        }
        Ok(())
    }

    fn finish(self, backend: &str) -> Result<QueryBuilder<Any>, StoreError> {
        if let Some(error) = self.broken {
            return Err(StoreError::Refused(error));
        }
        let text = match backend {
            "PostgreSQL" => numbered(&self.text),
            _ => self.text,
        };
        Ok(QueryBuilder::with_arguments(text, self.arguments))
    }

    fn placeholder(&mut self, separator: char) {
        self.text.push(separator);
        self.text.push('?');
    }

    fn argument<'v, V: Encode<'v, Any> + Type<Any>>(&mut self, value: V) {
        if let Err(error) = self.arguments.add(value) {
            self.broken = Some(sqlx::Error::Encode(error));
        }
    }
}

/// The text with `$1`, `$2`, … for its `?`.
fn numbered(text: &str) -> String {
    let mut numbered = String::with_capacity(text.len() * 2);
    for (index, part) in text.split('?').enumerate() {
        if index > 0 {
            // writing to a string cannot fail
            let _ = write!(numbered, "${index}");
        }
        numbered.push_str(part);
    }
    numbered
}

/// One row of [`Statement::rows`].
pub(super) struct Values<'s> {
    statement: &'s mut Statement,
    separator: char,
}

impl Values<'_> {
    /// The next value of the row.
    pub(super) fn add<'v, V: Encode<'v, Any> + Type<Any>>(&mut self, value: V) -> &mut Self {
        self.statement.placeholder(self.separator);
        self.statement.argument(value);
        self.separator = ',';
        self
    }
}

/// A row's columns, read one after the other.
pub(super) struct Columns<'r> {
    row: &'r AnyRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r AnyRow) -> Self {
        Self { row, next: 0 }
    }

    fn index(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    pub(super) fn str(&mut self) -> Result<&'r str, StoreError> {
        Ok(self.row.try_get(self.index())?)
    }

    pub(super) fn maybe_str(&mut self) -> Result<Option<&'r str>, StoreError> {
        Ok(self.row.try_get(self.index())?)
    }

    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        self.str().map(str::to_owned)
    }

    pub(super) fn maybe_text(&mut self) -> Result<Option<String>, StoreError> {
        Ok(self.maybe_str()?.map(str::to_owned))
    }

    pub(super) fn number(&mut self) -> Result<i64, StoreError> {
        Ok(self.row.try_get(self.index())?)
    }

    pub(super) fn maybe_number(&mut self) -> Result<Option<i64>, StoreError> {
        Ok(self.row.try_get(self.index())?)
    }

    pub(super) fn count(&mut self) -> Result<u64, StoreError> {
        self.number()?.try_into().map_err(StoreError::unreadable)
    }

    pub(super) fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.number()? != 0)
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, StoreError> {
        to_time(self.number()?)
    }

    pub(super) fn maybe_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.maybe_number()?.map(to_time).transpose()
    }

    pub(super) fn maybe_date(&mut self) -> Result<Option<Date>, StoreError> {
        self.maybe_parsed()
    }

    pub(super) fn maybe_decimal(&mut self) -> Result<Option<Decimal>, StoreError> {
        self.maybe_parsed()
    }

    /// An amount and, in the next column, its currency.
    pub(super) fn maybe_money(&mut self) -> Result<Option<Money>, StoreError> {
        let amount = self.maybe_decimal()?;
        let currency = self.maybe_parsed()?;
        Ok(amount
            .zip(currency)
            .map(|(amount, currency)| Money::new(amount, currency)))
    }

    pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self) -> Result<T, StoreError> {
        self.str()?.parse().map_err(StoreError::unreadable)
    }

    pub(super) fn maybe_parsed<T>(&mut self) -> Result<Option<T>, StoreError>
    where
        T: FromStr<Err: std::fmt::Display>,
    {
        let text = self.maybe_str()?;
        text.map(|text| text.parse().map_err(StoreError::unreadable))
            .transpose()
    }

    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        from_json(self.str()?)
    }

    pub(super) fn maybe_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, StoreError> {
        self.maybe_str()?.map(from_json).transpose()
    }

    /// A word that serde knows ("incremental").
    pub(super) fn word<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let word = serde_json::Value::String(self.text()?);
        serde_json::from_value(word).map_err(StoreError::unreadable)
    }
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(StoreError::unreadable)
}

pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::unreadable)
}

/// The currency's letters, for a column of its own.
pub(super) fn currency_of(money: Option<&Money>) -> Option<&str> {
    money.map(|money| money.currency.as_str())
}

/// A decimal as text, trailing zeros kept.
pub(super) fn decimal_text(amount: Option<Decimal>) -> Option<String> {
    amount.map(|amount| amount.to_string())
}

/// A count for a column.
pub(super) fn to_number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn to_time(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(StoreError::unreadable)
}
