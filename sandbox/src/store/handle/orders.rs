//! What is done to orders. What moves `date_modified`: FACTS: WooCommerce §4.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::Value;

use super::super::arithmetic::totals::Ids;
use super::super::assemble::{assemble, rules_again};
use super::super::cart::{Address, Cart};
use super::super::model::order::{Order, ProductLine};
use super::super::money::{STORED, round_half_up};
use super::super::payment::mark_paid;
use super::super::refunds::{self, RefundRequest};
use super::super::state::{State, set_meta};
use super::{ChangeRefused, Changed, StoreHandle};

impl StoreHandle {
    /// Places an order and gives back its id. It is unpaid unless it costs nothing.
    pub fn place_order(&self, cart: &Cart) -> Changed<u64> {
        self.place(cart, None)
    }

    /// Places an order and pays it at once, as a card checkout does.
    pub fn place_paid_order(&self, cart: &Cart) -> Changed<u64> {
        let id = self.place(cart, None)?;
        if self.order(id).is_some_and(|order| order.paid.is_none()) {
            self.pay(id)?;
        }
        Ok(id)
    }

    /// Places an order that readers see half written: pending, total 0.00, its
    /// first `lines` lines, until [`StoreHandle::finish_writing`].
    pub fn place_half_written(&self, cart: &Cart, lines: usize) -> Changed<u64> {
        self.place(cart, Some(lines))
    }

    fn place(&self, cart: &Cart, lines: Option<usize>) -> Changed<u64> {
        self.state(|state, now| {
            if cart.customer != 0 && state.customers.get(cart.customer).is_none() {
                return Err(ChangeRefused::UnknownCustomer {
                    customer: cart.customer,
                });
            }
            let id = state.take_id();
            let order = state.with_ids(|state, ids| assemble(cart, &state.shop, id, ids, now))?;
            state.orders.put_seen(Arc::new(order), lines);
            Ok(id)
        })
    }

    /// The half-written order is whole from now on, its `date_modified` the present.
    pub fn finish_writing(&self, order: u64) -> Changed {
        self.change(order, true, |_, _, _| Ok(()))
    }

    /// The money came: `processing`, or `completed` where nothing is to be sent.
    pub fn pay(&self, order: u64) -> Changed {
        self.change(order, true, |order, _, now| {
            let transaction = match order.payment_method.as_str() {
                "stripe" => format!("ch_3T{:016x}", order.id),
                "ppcp-gateway" => format!("8AB{:010}01E", order.id),
                _ => String::new(),
            };
            mark_paid(order, now, &transaction);
            Ok(())
        })
    }

    /// Sets the status as an administrator does. `completed` also notes the
    /// payment; `refunded` adds a refund of the rest.
    pub fn set_status(&self, order: u64, status: &str) -> Changed {
        let version = self.0.quirks().version;
        self.change(order, true, |order, state, now| {
            status.clone_into(&mut order.status);
            if matches!(status, "completed" | "processing") && order.paid.is_none() {
                let late = matches!(order.payment_method.as_str(), "cod" | "bacs" | "cheque");
                if status == "completed" || !late {
                    order.paid = Some(now);
                }
            }
            if status == "completed" && order.completed.is_none() {
                order.completed = Some(now);
            }
            let left = order.total - order.refunded();
            if status == "refunded" && left > Decimal::ZERO {
                let rest = RefundRequest::amount_only(left).because("Order fully refunded.");
                let id = state.take_id();
                let decimals = state.shop.settings.decimals;
                let refund = state.with_ids(|_, ids| {
                    refunds::make(order, &rest, id, ids, now, version, decimals)
                })?;
                order.refunds.push(refund);
            }
            Ok(())
        })
    }

    /// Saves the order without changing anything: `PUT {}`.
    pub fn touch(&self, order: u64) -> Changed {
        self.change(order, self.saves_move(), |_, _, _| Ok(()))
    }

    /// Sets the customer's note.
    pub fn set_note(&self, order: u64, note: &str) -> Changed {
        self.change(order, true, |order, _, _| {
            note.clone_into(&mut order.customer_note);
            Ok(())
        })
    }

    /// Sets order meta; null removes it.
    pub fn set_meta(&self, order: u64, key: &str, value: impl Into<Value>) -> Changed {
        let value = value.into();
        self.change(order, self.saves_move(), |order, _, _| {
            set_meta(order, key, &value);
            Ok(())
        })
    }

    /// Sets the billing address.
    pub fn set_billing(&self, order: u64, billing: Address) -> Changed {
        self.change(order, true, |order, _, _| {
            order.billing = billing;
            Ok(())
        })
    }

    /// Changes a line's quantity; its unit price stays, the order is summed again.
    pub fn set_quantity(&self, order: u64, line: usize, quantity: i64) -> Changed {
        self.edit_line(order, line, |line| {
            let units = Decimal::from(line.quantity.max(1));
            let share = Decimal::from(quantity) / units;
            line.subtotal = round_half_up(line.subtotal * share, STORED);
            line.total = round_half_up(line.total * share, STORED);
            line.quantity = quantity;
        })
    }

    /// Sets a line's net total after discount; the order is summed again.
    pub fn set_line_total(&self, order: u64, line: usize, total: Decimal) -> Changed {
        self.edit_line(order, line, |line| {
            line.total = round_half_up(total, STORED);
        })
    }

    fn edit_line(&self, order: u64, at: usize, edit: impl FnOnce(&mut ProductLine)) -> Changed {
        self.change(order, self.saves_move(), |order, state, _| {
            let unknown = ChangeRefused::UnknownLine {
                order: order.id,
                line: at,
            };
            edit(order.lines.get_mut(at).ok_or(unknown)?);
            sum_again(order, state);
            Ok(())
        })
    }

    /// A plugin changes a line and sums nothing again: lines and total differ
    /// from then on, and `date_modified` stays.
    pub fn plugin_sets_line_total(&self, order: u64, line: usize, total: Decimal) -> Changed {
        self.change(order, false, |order, _, _| {
            let unknown = ChangeRefused::UnknownLine {
                order: order.id,
                line,
            };
            order.lines.get_mut(line).ok_or(unknown)?.total = round_half_up(total, STORED);
            Ok(())
        })
    }

    /// Removes a line; the order is summed again.
    pub fn remove_line(&self, order: u64, line: usize) -> Changed {
        self.change(order, self.saves_move(), |order, state, _| {
            if line >= order.lines.len() {
                return Err(ChangeRefused::UnknownLine {
                    order: order.id,
                    line,
                });
            }
            order.lines.remove(line);
            sum_again(order, state);
            Ok(())
        })
    }

    /// Moves the order to the trash.
    pub fn trash(&self, order: u64) -> Changed {
        self.set_status_plainly(order, "trash")
    }

    /// Takes the order out of the trash, into `status`.
    pub fn untrash(&self, order: u64, status: &str) -> Changed {
        self.set_status_plainly(order, status)
    }

    fn set_status_plainly(&self, order: u64, status: &str) -> Changed {
        self.change(order, true, |order, _, _| {
            status.clone_into(&mut order.status);
            Ok(())
        })
    }

    /// Deletes the order and its refunds for good: a 404 from now on.
    pub fn delete_for_good(&self, order: u64) -> Changed {
        self.state(|state, _| {
            let known = state.orders.remove(order);
            known
                .then_some(())
                .ok_or(ChangeRefused::UnknownOrder { order })
        })
    }

    /// Refunds; the status becomes `refunded` by itself when nothing is left.
    pub fn refund(&self, order: u64, request: &RefundRequest) -> Changed<u64> {
        let version = self.0.quirks().version;
        let mut given = 0;
        self.change(order, true, |order, state, now| {
            let id = state.take_id();
            let decimals = state.shop.settings.decimals;
            let refund = state.with_ids(|_, ids| {
                refunds::make(order, request, id, ids, now, version, decimals)
            })?;
            order.refunds.push(refund);
            if order.refunded() == order.total {
                "refunded".clone_into(&mut order.status);
            }
            given = id;
            Ok(())
        })?;
        Ok(given)
    }

    /// Deletes a refund. Neither `date_modified` nor the status moves.
    pub fn delete_refund(&self, order: u64, refund: u64) -> Changed {
        self.change(order, false, |order, _, _| {
            let before = order.refunds.len();
            order.refunds.retain(|known| known.id != refund);
            let gone = order.refunds.len() < before;
            gone.then_some(()).ok_or(ChangeRefused::UnknownRefund {
                order: order.id,
                refund,
            })
        })
    }

    /// Gives many orders one `date_modified`, as a bulk edit does.
    pub fn touch_all(&self, orders: &[u64]) -> Changed {
        orders
            .iter()
            .try_for_each(|order| self.change(*order, true, |_, _, _| Ok(())))
    }
}

fn sum_again(order: &mut Order, state: &mut State) {
    let taxable = state.taxable(order);
    state.with_ids(|state, ids: &mut Ids| {
        rules_again(order, &state.shop).sum(order, &taxable, ids);
    });
    order.total = round_half_up(order.total, state.shop.settings.decimals);
}
