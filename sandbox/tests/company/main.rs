//! The simulated QuickBooks company against what was recorded of the real one,
//! and its switches, limits and planned misfortunes, over real HTTP.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod faults;
mod idempotency;
mod limits;
mod queries;
mod recorded;
mod support;
mod taxes;
mod tokens;
mod writes;
