//! The shop's own hands: what tests and the demo do to a running store, and
//! what they read of it to reconcile.

mod control;
mod orders;
mod shelves;
mod truth;

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::model::order::Order;
use super::quirks::OrderStorage;
use super::server::Shared;
use super::state::State;
pub use truth::{OrderTruth, RefundTruth};

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeRefused {
    /// There is no such product.
    #[error("the store has no product `{product}`; use a sku or id of its catalogue")]
    UnknownProduct {
        /// The SKU or id asked for.
        product: String,
    },
    /// There is no such coupon.
    #[error("the store has no coupon `{code}`; use one of its catalogue")]
    UnknownCoupon {
        /// The code asked for.
        code: String,
    },
    /// There is no such order.
    #[error("the store has no order {order}; it may have been deleted")]
    UnknownOrder {
        /// The id asked for.
        order: u64,
    },
    /// There is no such account.
    #[error("the store has no account {customer}; it may have been deleted")]
    UnknownCustomer {
        /// The id asked for.
        customer: u64,
    },
    /// The order has no such line.
    #[error("order {order} has no line {line}; lines count from 0")]
    UnknownLine {
        /// The order.
        order: u64,
        /// The line asked for, from 0.
        line: usize,
    },
    /// The order has no such refund.
    #[error("order {order} has no refund {refund}; it may have been deleted")]
    UnknownRefund {
        /// The order.
        order: u64,
        /// The refund asked for.
        refund: u64,
    },
    /// More than what is left of the order.
    #[error("only {left} of order {order} is left to refund; ask for that at most")]
    RefundTooLarge {
        /// The order.
        order: u64,
        /// What can still be refunded.
        left: Decimal,
    },
}

/// Changes a running store and reads it. Clones change the same store.
#[derive(Clone)]
pub struct StoreHandle(pub(crate) Arc<Shared>);

/// The result of a change.
pub type Changed<T = ()> = Result<T, ChangeRefused>;

impl StoreHandle {
    pub(super) fn state<T>(&self, change: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let now = self.0.whole_second();
        change(&mut self.0.state(), now)
    }

    /// Changes an order and saves it. `moves` says whether `date_modified` moves.
    pub(super) fn change(
        &self,
        id: u64,
        moves: bool,
        change: impl FnOnce(&mut Order, &mut State, Timestamp) -> Changed,
    ) -> Changed {
        self.state(|state, now| {
            let order = state
                .orders
                .order(id)
                .ok_or(ChangeRefused::UnknownOrder { order: id })?;
            let mut order = (*order).clone();
            change(&mut order, state, now)?;
            if moves {
                order.modified = now;
            }
            state.orders.put(Arc::new(order));
            Ok(())
        })
    }

    pub(super) fn saves_move(&self) -> bool {
        self.0.quirks().storage == OrderStorage::Hpos
    }
}

impl std::fmt::Debug for StoreHandle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StoreHandle")
            .finish_non_exhaustive()
    }
}
