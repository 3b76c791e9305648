//! What a connector is.
//!
//! A connector crate implements [`Source`] (a system that is read) or [`Target`] (a system that is
//! written). This crate holds what both sides and the engine agree on: the traits and the values
//! that cross them, one [`Failure`] type that decides instead of describing, the [`Clock`] and the
//! [`Chance`] that are passed in, the [`Limiter`] of a realm, [`retry`], the HTTP client and money.
//!
//! Not here: anything about WooCommerce, QuickBooks, the journal or the configuration.

mod chance;
mod clock;
mod failure;
mod http;
mod ids;
mod limiter;
mod money;
mod retry;
mod source;
mod target;

pub use chance::Chance;
pub use clock::{Clock, ScaledClock, SystemClock};
pub use failure::{Failure, Kind};
pub use http::{Answer, HttpClient};
pub use ids::{Fingerprint, PostingId, RequestId};
pub use limiter::{Lane, Learned, Limiter, Permit, Quotas, Usage};
pub use money::{Currency, InvalidCurrency, Money, allocate, round_half_up};
pub use retry::{Delays, RetryPolicy, retry};
pub use source::{
    Cursor, Outline, Outlines, Page, Record, RejectedRecord, Source, StreamName, pages,
};
pub use target::{
    Call, Expected, Found, ListEntry, ListKind, Member, Operation, Outcome, PostingKind, Receipt,
    StoredToken, Target, TokenVault,
};
