//! What machines and browsers see. Handlers hold no rules: they parse, call one function of the
//! engine or the store, and render.

mod api;
mod guard;
mod page;
mod problem;
mod router;
mod status;

pub use router::{Access, App, router};
