//! The shop's own hands: what tests and the demo do to a running store, and
//! what they read of it to reconcile.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::arithmetic::totals::Ids;
use super::assemble::{assemble, mark_paid, rules_again};
use super::cart::{Address, Cart};
use super::faults::{Fault, Matcher};
use super::log::{Request, RequestLog};
use super::model::order::Order;
use super::money::{CENTS, STORED, round_half_up};
use super::orders::GONE;
use super::quirks::OrderStorage;
use super::refunds::{self, RefundRequest};
use super::server::Shared;
use super::state::{State, set_meta};

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

/// What an order is worth, for reconciling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTruth {
    /// The order's id.
    pub id: u64,
    /// The number shown to the customer.
    pub number: String,
    /// The status's slug; `trash` for trashed ones.
    pub status: String,
    /// What the customer paid or is to pay, in `currency`, tax included.
    pub total: Decimal,
    /// The tax in it.
    pub total_tax: Decimal,
    /// ISO code.
    pub currency: String,
    /// The account's id, 0 for guests.
    pub customer_id: u64,
    /// The gateway's slug.
    pub payment_method: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last modified, as the storage says.
    pub modified: Timestamp,
    /// When the money came.
    pub paid: Option<Timestamp>,
    /// Its refunds, oldest first.
    pub refunds: Vec<RefundTruth>,
}

/// A refund, for reconciling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundTruth {
    /// The refund's id.
    pub id: u64,
    /// What was given back, positive, in the order's currency.
    pub amount: Decimal,
    /// The tax its lines say is in it; zero for amounts without lines.
    pub tax: Decimal,
    /// When it was made.
    pub created: Timestamp,
}

impl OrderTruth {
    fn of(order: &Order) -> Self {
        Self {
            id: order.id,
            number: order.number.clone(),
            status: order.status.clone(),
            total: order.total,
            total_tax: order.total_tax,
            currency: order.currency.clone(),
            customer_id: order.customer_id,
            payment_method: order.payment_method.clone(),
            created: order.created,
            modified: order.modified,
            paid: order.paid,
            refunds: order
                .refunds
                .iter()
                .map(|refund| RefundTruth {
                    id: refund.id,
                    amount: refund.amount,
                    tax: -refund
                        .tax_lines
                        .iter()
                        .map(|line| line.tax_total + line.shipping_tax_total)
                        .sum::<Decimal>(),
                    created: refund.created,
                })
                .collect(),
        }
    }
}

/// Changes a running store and reads it. Clones change the same store.
#[derive(Clone)]
pub struct StoreHandle(pub(crate) Arc<Shared>);

/// The result of a change.
pub type Changed<T = ()> = Result<T, ChangeRefused>;

impl StoreHandle {
    fn state<T>(&self, change: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let now = self.0.whole_second();
        change(&mut self.0.state(), now)
    }

    /// Changes an order and saves it. `moves` says whether `date_modified` moves.
    fn change(
        &self,
        id: u64,
        moves: bool,
        change: impl FnOnce(&mut Order, &mut State, Timestamp) -> Changed,
    ) -> Changed {
        self.state(|state, now| {
            let order = state.orders.order(id).ok_or(ChangeRefused::UnknownOrder { order: id })?;
            let mut order = (*order).clone();
            change(&mut order, state, now)?;
            if moves {
                order.modified = now;
            }
            state.orders.put(Arc::new(order));
            Ok(())
        })
    }

    fn saves_move(&self) -> bool {
        self.0.quirks().storage == OrderStorage::Hpos
    }

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
                return Err(ChangeRefused::UnknownCustomer { customer: cart.customer });
            }
            let id = state.take_id();
            let order =
                state.with_ids(|state, ids| assemble(cart, &state.shop, id, ids, now))?;
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
                let refund = state
                    .with_ids(|_, ids| refunds::make(order, &rest, id, ids, now, version))?;
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
        self.edit_line(order, line, |line| line.total = round_half_up(total, STORED))
    }

    fn edit_line(
        &self,
        order: u64,
        at: usize,
        edit: impl FnOnce(&mut super::model::order::ProductLine),
    ) -> Changed {
        self.change(order, self.saves_move(), |order, state, _| {
            let unknown = ChangeRefused::UnknownLine { order: order.id, line: at };
            edit(order.lines.get_mut(at).ok_or(unknown)?);
            sum_again(order, state);
            Ok(())
        })
    }

    /// A plugin changes a line and sums nothing again: lines and total differ
    /// from then on, and `date_modified` stays.
    pub fn plugin_sets_line_total(&self, order: u64, line: usize, total: Decimal) -> Changed {
        self.change(order, false, |order, _, _| {
            let unknown = ChangeRefused::UnknownLine { order: order.id, line };
            order.lines.get_mut(line).ok_or(unknown)?.total = round_half_up(total, STORED);
            Ok(())
        })
    }

    /// Removes a line; the order is summed again.
    pub fn remove_line(&self, order: u64, line: usize) -> Changed {
        self.change(order, self.saves_move(), |order, state, _| {
            if line >= order.lines.len() {
                return Err(ChangeRefused::UnknownLine { order: order.id, line });
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
            known.then_some(()).ok_or(ChangeRefused::UnknownOrder { order })
        })
    }

    /// Refunds; the status becomes `refunded` by itself when nothing is left.
    pub fn refund(&self, order: u64, request: &RefundRequest) -> Changed<u64> {
        let version = self.0.quirks().version;
        let mut given = 0;
        self.change(order, true, |order, state, now| {
            let id = state.take_id();
            let refund =
                state.with_ids(|_, ids| refunds::make(order, request, id, ids, now, version))?;
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
            gone.then_some(()).ok_or(ChangeRefused::UnknownRefund { order: order.id, refund })
        })
    }

    /// Gives many orders one `date_modified`, as a bulk edit does.
    pub fn touch_all(&self, orders: &[u64]) -> Changed {
        orders.iter().try_for_each(|order| self.change(*order, true, |_, _, _| Ok(())))
    }

    /// Turns "round tax at subtotal level" on or off for orders made or summed from now on.
    pub fn set_round_at_subtotal(&self, on: bool) {
        self.state(|state, _| state.shop.settings.round_at_subtotal = on);
    }

    /// Renames a product; `&` is stored as `&amp;`. Orders keep the old name.
    pub fn rename_product(&self, product: u64, name: &str) -> Changed {
        let stored = super::render::catalogue::stored_name(name);
        self.edit_product(product, |product| product.name = stored)
    }

    /// Sets a product's price as typed.
    pub fn set_price(&self, product: u64, price: Decimal) -> Changed {
        let price = super::render::catalogue::typed_price(price);
        self.edit_product(product, |product| {
            product.regular_price.clone_from(&price);
            product.price = price;
        })
    }

    /// Sets a product's SKU; lines of past orders show the new one.
    pub fn set_sku(&self, product: u64, sku: &str) -> Changed {
        self.edit_product(product, |product| sku.clone_into(&mut product.sku))?;
        self.state(|state, _| state.show_sku(product, sku));
        Ok(())
    }

    fn edit_product(
        &self,
        id: u64,
        edit: impl FnOnce(&mut super::model::catalogue::Product),
    ) -> Changed {
        self.state(|state, now| {
            let known = state.shop.edit_product(id, now, edit);
            let product = id.to_string();
            known.then_some(()).ok_or(ChangeRefused::UnknownProduct { product })
        })
    }

    /// Adds a simple taxable product and gives back its id.
    pub fn add_product(&self, name: &str, sku: &str, price: Decimal) -> u64 {
        self.state(|state, now| {
            let id = state.take_id();
            let price = super::render::catalogue::typed_price(price);
            state.shop.add_product(super::model::catalogue::Product {
                id,
                parent_id: 0,
                kind: "simple".to_owned(),
                status: "publish".to_owned(),
                name: super::render::catalogue::stored_name(name),
                sku: sku.to_owned(),
                regular_price: price.clone(),
                price,
                tax_status: "taxable".to_owned(),
                tax_class: String::new(),
                is_virtual: false,
                is_downloadable: false,
                stock: None,
                created: now,
                modified: now,
                attributes: Vec::new(),
                total_sales: 0,
                recorded: None,
            });
            id
        })
    }

    /// Deletes a product for good, with its variations. Lines that sold it keep
    /// its name and point at product 0; no order's `date_modified` moves.
    pub fn delete_product(&self, product: u64) -> Changed {
        self.state(|state, _| {
            let gone = state.shop.delete_product(product);
            if gone.is_empty() {
                return Err(ChangeRefused::UnknownProduct { product: product.to_string() });
            }
            state.unlink_products(&gone);
            Ok(())
        })
    }

    /// Opens an account and gives back its id.
    pub fn add_customer(&self, email: &str, billing: Address) -> u64 {
        self.state(|state, now| {
            let id = state.customers.next_id();
            let shipping = Address { email: String::new(), ..billing.clone() };
            state.customers.put(super::model::people::Customer {
                id,
                created: now,
                modified: Some(now),
                email: email.to_owned(),
                first_name: billing.first_name.clone(),
                last_name: billing.last_name.clone(),
                role: "customer".to_owned(),
                username: format!("user{id}"),
                billing,
                shipping,
                is_paying: false,
                avatar_url: String::new(),
                meta: Vec::new(),
            });
            id
        })
    }

    /// Changes an account's e-mail and billing address.
    pub fn edit_customer(&self, customer: u64, email: &str, billing: Address) -> Changed {
        self.state(|state, now| {
            let unknown = ChangeRefused::UnknownCustomer { customer };
            let mut account = state.customers.get(customer).ok_or(unknown)?;
            email.clone_into(&mut account.email);
            billing.first_name.clone_into(&mut account.first_name);
            billing.last_name.clone_into(&mut account.last_name);
            account.billing = billing;
            account.modified = Some(now);
            state.customers.put(account);
            Ok(())
        })
    }

    /// Deletes an account. Its orders become guests' orders; under HPOS that
    /// moves their `date_modified`.
    pub fn delete_customer(&self, customer: u64) -> Changed {
        let moves = self.saves_move();
        self.state(|state, now| {
            if !state.customers.remove(customer) {
                return Err(ChangeRefused::UnknownCustomer { customer });
            }
            let own = |row: &&super::orders::Row| {
                u64::from(row.customer) == customer && row.status != GONE
            };
            let ids: Vec<u64> =
                state.orders.rows().iter().filter(own).map(|row| u64::from(row.id)).collect();
            for id in ids {
                let Some(order) = state.orders.order(id) else { continue };
                let mut order = (*order).clone();
                order.customer_id = 0;
                if moves {
                    order.modified = now;
                }
                state.orders.put(Arc::new(order));
            }
            Ok(())
        })
    }

    /// One order as it really is, also while readers see half of it.
    pub fn order(&self, id: u64) -> Option<OrderTruth> {
        self.0.state().orders.order(id).map(|order| OrderTruth::of(&order))
    }

    /// Every order that is not deleted for good, drafts and trash among them, by id.
    pub fn orders(&self) -> Vec<OrderTruth> {
        let state = self.0.state();
        let rows = state.orders.rows().iter().enumerate();
        rows.filter(|(_, row)| row.status != GONE)
            .filter_map(|(index, _)| state.orders.at(index))
            .map(|order| OrderTruth::of(&order))
            .collect()
    }

    /// How many orders there are, drafts and trash among them.
    pub fn order_count(&self) -> usize {
        self.0.state().orders.rows().iter().filter(|row| row.status != GONE).count()
    }

    /// The id of a product or variation by its SKU.
    pub fn product_id(&self, sku: &str) -> Option<u64> {
        self.0.state().shop.product_with_sku(sku).map(|product| product.id)
    }

    /// The ids of all accounts that are customers.
    pub fn customer_ids(&self) -> Vec<u64> {
        let ids = self.0.state().customers.ids();
        ids.into_iter().filter(|id| *id != 1).collect()
    }

    /// Plans a fault for the requests `matcher` names.
    pub fn plan_fault(&self, matcher: Matcher, fault: Fault) {
        self.0.faults().plan(matcher, fault);
    }

    /// Forgets all planned faults.
    pub fn clear_faults(&self) {
        self.0.faults().clear();
    }

    /// Runs `hook` just before the `number`th request from the start of the
    /// log (counted from 1) is answered: between two pages, for example.
    pub fn on_request(&self, number: u64, hook: impl FnOnce(&StoreHandle) + Send + 'static) {
        self.0.hooks().insert(number, Box::new(hook));
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.0.log().all().to_vec()
    }

    /// How many requests were made to a path below `/wp-json/wc/v3`, such as `/orders`.
    pub fn request_count(&self, path: &str) -> u64 {
        self.0.log().count(path)
    }

    /// Forgets the requests so far; [`StoreHandle::on_request`] counts from 1 again.
    pub fn clear_requests(&self) {
        *self.0.log() = RequestLog::new();
    }

    /// Changes the store's quirks from the next request on.
    pub fn set_quirks(&self, change: impl FnOnce(&mut super::quirks::StoreQuirks)) {
        let version = {
            let mut quirks = self.0.quirks_mut();
            change(&mut quirks);
            quirks.version
        };
        version.number().clone_into(&mut self.0.state().shop.settings.version);
    }
}

fn sum_again(order: &mut Order, state: &mut State) {
    let taxable = state.taxable(order);
    state.with_ids(|state, ids: &mut Ids| {
        rules_again(order, &state.shop).sum(order, &taxable, ids);
    });
    order.total = round_half_up(order.total, CENTS);
}

impl std::fmt::Debug for StoreHandle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StoreHandle").finish_non_exhaustive()
    }
}
