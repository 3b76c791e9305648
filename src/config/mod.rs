//! The configuration file, strict and located.
//!
//! [`Config::load`] reads the file, fills in every default, fetches every secret and checks that all
//! of it fits together. It never stops at the first problem, never clamps and never guesses: what is
//! wrong is said with its place, the key's path and what to do ([`Problems`]). The environment is
//! read here alone, through a function that is passed in.
//!
//! Every key is described once, in [`mod@reference`]; the reader takes names and defaults from there.
//! Not here: whether accounts, items and codes exist in the books, which only QuickBooks knows.

mod connections;
mod excerpt;
mod load;
mod mapping;
mod model;
mod nearest;
mod pipelines;
mod problem;
mod program;
mod reader;
pub mod reference;
mod schedule;
mod secrets;
mod values;

pub use model::{
    Config, Connection, Database, DatabaseKind, DatabaseUrl, Log, LogFormat, Pipeline, PostingMode,
    QuickBooksConnection, QuickBooksEnvironment, Server, WooCommerceConnection,
};
pub use problem::{Problem, Problems, Warning};
pub(crate) use program::leads_here;
pub use schedule::Schedule;
