//! The simulated store against the recorded one, over HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod access;
mod changes;
mod faults;
mod paging;
mod recordings;
mod support;
