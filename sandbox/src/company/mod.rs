//! A QuickBooks Online company over real HTTP on loopback, written from the
//! FACTS, the schema and the recorded exchanges alone.
//!
//! A request passes `server` (HTTP, lines that can be cut), `dispatch` (plans,
//! authentication, limits) and `calls`, `batch`, `changes`, `query` or
//! `tokens`. Rules live in `write`, arithmetic in `tax`, storage in `books`.
//! Tests hold the company by its [`CompanyHandle`].
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! use daybook_sandbox::company::{CompanyOptions, CompanyServer, Effect, Regime, When};
//!
//! let company = CompanyServer::start(CompanyOptions::fresh(Regime::UsAst)).await?;
//! company.handle().plan(When::Write(2), Effect::CutAfter);
//! println!("{} {}", company.base_url(), company.realm_id());
//! # Ok(())
//! # }
//! ```
//!
//! Not here: reports, attachments, e-mail, PDF, webhooks, bills, estimates,
//! bundles, account balances and XML.

mod batch;
mod books;
mod calls;
mod changes;
mod contents;
mod counts;
mod dispatch;
mod document;
mod fault;
mod handle;
mod index;
mod json;
mod kind;
mod limits;
mod line;
mod members;
mod money;
mod oauth;
mod options;
mod plan;
mod preferences;
mod query;
mod quirks;
mod replay;
mod reply;
mod server;
mod shared;
mod stamp;
mod state;
mod tax;
mod tax_tables;
mod tokens;
mod write;

pub use contents::{CompanyContents, Regime};
pub use counts::RequestCounts;
pub use document::{Document, DocumentLine};
pub use fault::{Fault, FaultError};
pub use handle::CompanyHandle;
pub use kind::Kind;
pub use limits::Limits;
pub use money::Currency;
pub use oauth::TokenGrant;
pub use options::{CompanyOptions, Latency};
pub use plan::{Callback, Effect, Pause, RequestView, When};
pub use preferences::Preferences;
pub use quirks::{
    BatchOrder, BeyondLatin1, CallInProgress, ChangedBody, CompanyQuirks, ExtraDecimals,
    NameComparison, NumberCheck, OldChanges, Rotation, TaxOverride, TaxRounding, ThrottleForm,
    TooManyResults, UnknownMembers,
};
pub use server::{CompanyServer, CompanyStartError};
pub use tax::{tax_on_top, tax_within};
pub use tax_tables::{AppliesTo, TaxCode, TaxRate, TaxTables};
