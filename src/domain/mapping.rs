//! The seam between records and postings.

use jiff::civil::Date;
use kit::{Record, StreamName};

use super::{ConnectionName, Draft, FeesOfDay, Needs, References};

/// A record cannot become a document at all: it is malformed. What merely waits for a decision is no
/// error but a [`super::Wish::Hold`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct MapError {
    /// The stable code (see [`super::CAUSES`]).
    pub cause: String,
    /// What is wrong, with the field's name.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
    /// What could be made out of the record all the same, so that it can be named and counted.
    pub number: Option<String>,
}

/// Record + known references → postings. Pure: no clock, no store, no network.
pub trait Mapping: Send + Sync {
    /// What [`Mapping::plan`] will have to know.
    fn needs(&self, stream: StreamName, record: &Record) -> Result<Needs, MapError>;

    /// What it will have to know besides, by what its parents say; nothing for most records.
    fn needs_of_parents(&self, stream: StreamName, record: &Record, known: &References) -> Needs;

    /// The postings for a record, in the order of their levels. The posting of the record itself
    /// comes with its store amount; list objects it refers to come before it.
    fn plan(
        &self,
        stream: StreamName,
        record: &Record,
        known: &References,
    ) -> Result<Vec<Draft>, MapError>;

    /// The postings of an order that the store has deleted for good; `order` is as it was received
    /// last.
    fn deleted(&self, order: &Record, known: &References) -> Result<Vec<Draft>, MapError>;

    /// The expense of the fees of a day of a gateway. Its key is [`super::GatewayDay::key`]; `store` is
    /// the connection the orders came from, `known` holds the reference to the expense, if it is in
    /// the books.
    fn fees_of_day(&self, store: &ConnectionName, fees: &FeesOfDay, known: &References) -> Draft;

    /// The first day of the books that is open; `None` where all are.
    fn open_from(&self) -> Option<Date>;

    /// Whether what is dated before that day is posted on it.
    fn moves_closed(&self) -> bool;
}
