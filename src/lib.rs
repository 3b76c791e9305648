//! daybook reads WooCommerce stores and posts them to QuickBooks Online: to the cent, exactly once.
//!
//! The map of the program:
//!
//! ```text
//! source ─▶ engine::read ─▶ mapping ─▶ store (journal) ─▶ engine::post ─▶ target
//! ```
//!
//! - [`domain`]: values without I/O.
//! - [`config`]: the configuration file, strict and located.
//! - [`mapping`]: records to documents, pure.
//! - [`store`]: everything durable, in one database.
//! - [`engine`]: reads, plans, posts, resolves, schedules.
//! - [`http`], [`cli`]: what people and machines see; they hold no rules.
//! - [`wiring`]: the only place that joins them.

pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod http;
pub mod mapping;
mod service;
pub mod store;
mod telemetry;
pub mod wiring;
