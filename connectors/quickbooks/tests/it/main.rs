//! The connector over real HTTP on loopback: first against a small fake that shows OAuth in every
//! mood, then against the sandbox's company.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod company;
mod fake;
mod oauth;
mod vault;
mod world;
