//! Writes `QuickBooks` Online companies over the Accounting API v3.
//!
//! Not here: how an order becomes a document (the mapping of the program), when a call is made or
//! repeated (its engine).

mod api;

pub use api::*;
