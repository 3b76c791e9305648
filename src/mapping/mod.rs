//! Records to documents: pure functions, one module for each target. No clock, no store, no network.

pub mod to_quickbooks;
