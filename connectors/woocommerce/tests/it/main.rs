//! The connector against recorded exchanges of real stores and against simulated ones.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod answers;
mod entities;
mod fingerprints;
mod orders;
mod recorded;
mod setup;
mod shop;
mod simulated;
mod streams;
mod webhooks;
