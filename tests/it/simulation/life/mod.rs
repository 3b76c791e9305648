//! Life after posting: each thing that happens to an order in the store, and what people do to its
//! document in the books. One story for each event; what is told is what `docs/accounting.md` says
//! under "Changes after posting".

mod found_at_night;
mod in_the_books;
mod in_the_store;
mod paid_back;
mod paid_invoices;
mod periods_and_deposits;

use daybook::domain::{PostingState, RunOptions, SyncStatus};
use daybook::engine::{Progress, Tripwire};
use daybook::store::Release;
use rust_decimal::Decimal;
use sandbox::company::{Document, Kind};
use sandbox::store::{Address, Cart};

use crate::support::{Story, World, ana, check_invariants, quiet_store};
