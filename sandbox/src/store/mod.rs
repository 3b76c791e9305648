//! The simulated WooCommerce store: a server that reads like WooCommerce's
//! `wc/v3` API, quirks and errors included, and hands to change it with while
//! it runs. Written from the FACTS and the recordings only.
//!
//! Over HTTP the store is read-only but for webhooks; it is changed through
//! [`StoreHandle`]. Webhooks are noted, never delivered.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use daybook_sandbox::store::{
//!     Cart, GenerateOptions, Seed, StoreContents, StoreOptions, StoreServer,
//! };
//!
//! let contents = StoreContents::generate(Seed(7), &GenerateOptions::default());
//! let store = StoreServer::start(StoreOptions::new(contents)).await?;
//! let order = store.handle().place_paid_order(&Cart::new().line("MUG-001", 2));
//! println!("{} has {order:?}", store.url());
//! # Ok(())
//! # }
//! ```

mod access;
mod arithmetic;
mod assemble;
mod cart;
mod customers;
mod cutting;
mod faults;
mod generate;
mod handle;
mod json;
mod lists;
mod log;
mod mishaps;
mod model;
mod money;
mod orders;
mod payment;
mod query;
mod quirks;
mod recorded;
mod refunds;
mod render;
mod reply;
mod routes;
mod server;
mod shelves;
mod shop;
mod state;
mod statuses;
mod till;
mod wire;

pub use cart::{Address, Cart, Gateway, MadeBy};
pub use faults::{Fault, Malformation, Matcher};
pub use generate::{GenerateOptions, Regime, Seed};
pub use handle::{ChangeRefused, Changed, OrderTruth, RefundTruth, StoreHandle};
pub use log::Request;
pub use model::catalogue::DiscountKind;
pub use quirks::{OrderStorage, StoreQuirks, StoreVersion};
pub use recorded::RecordedStore;
pub use refunds::RefundRequest;
pub use server::{StoreOptions, StoreServer};
pub use state::StoreContents;
pub use till::{Sale, Till};
