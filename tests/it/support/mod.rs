//! A whole world for a test: a simulated store, a simulated company, a database, and the program
//! between them, on a clock that runs fast.

mod browser;
mod fees;
mod invariants;
pub(crate) mod recorded;
mod shop;
mod story;
mod world;

pub(crate) use browser::{consented, open};
pub(crate) use fees::{DAILY, check_fees, clearing, shop_with_fees};
pub(crate) use invariants::check_invariants;
pub(crate) use shop::plain_store;
pub(crate) use story::{Story, ana, quiet_store};
pub(crate) use world::{Setup, World};
