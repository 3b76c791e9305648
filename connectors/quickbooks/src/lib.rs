//! Writes `QuickBooks` Online companies over the Accounting API v3.
//!
//! [`QuickBooks`] is the [`kit::Target`]; the types of what it sends and keeps stand beside it. Not
//! here: how an order becomes a document (the mapping of the program), when a call is made or
//! repeated (its engine).

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests"
    )
)]

mod api;
mod client;
mod company;
mod compose;
mod connection;
mod content;
mod entity;
mod fault;
mod fault_shape;
mod find;
mod list;
mod namesake;
mod oauth;
mod target;
mod tokens;
mod web;

pub use api::*;
pub use connection::{
    AUTHORIZE_URL, DEFAULT_BATCH_SIZE, DEFAULT_TIMEOUT, Environment, REVOKE_URL, Settings,
    TOKEN_URL,
};
pub use target::QuickBooks;
pub use web::web_page;
