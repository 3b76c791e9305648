//! What machines and browsers see. Handlers hold no rules: they parse, call one function of the
//! engine or the store, and render.

mod access;
mod api;
mod describe;
mod extract;
mod feed;
mod guard;
mod hooks;
mod metrics;
mod outside;
mod pages;
mod period;
mod problem;
mod router;
mod status;

pub use access::Access;
pub use outside::{Consent, ConsentPage, Consents, Outside, TakeConsent};
pub use router::{App, openapi, router};
