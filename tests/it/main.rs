//! The integration tests: one binary, a module for each subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod accounting;
mod browser;
mod cli;
mod config;
mod docs;
mod http;
mod imports;
mod mapping;
mod process;
mod simulation;
mod store;
mod support;
