//! A store of any size out of a seed. Orders and accounts are pure functions
//! of the seed and their number, so they need not be kept: only each order's
//! id, time and refunds' ids are.

pub(crate) mod basket;
pub(crate) mod calendar;
pub(crate) mod dice;
pub(crate) mod people;
pub(crate) mod plan;
pub(crate) mod regime;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use self::plan::Plan;
use super::arithmetic::totals::Ids;
use super::assemble::assemble;
use super::model::order::Order;
use super::model::people::Customer;
use super::orders::{RefundRow, Row};
use super::shop::Shop;

/// The seed of a generated store: the same seed and options give the same store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

/// Which country's store it is, and with it how it is taxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Regime {
    /// New York; prices without tax; rates by state, two in Los Angeles; shipping taxed in some states.
    #[default]
    Us,
    /// London; prices with VAT; standard, reduced and zero rates.
    Uk,
    /// Toronto; prices without tax; GST with compound QST, or with PST.
    Ca,
    /// Sydney; prices with GST.
    Au,
}

/// How large a generated store is and when it sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateOptions {
    /// How many orders, of all statuses.
    pub orders: usize,
    /// Country and taxes.
    pub regime: Regime,
    /// The first day of sales, in the store's time.
    pub first_day: Date,
    /// The last day of sales; nothing is changed after its end.
    pub last_day: Date,
    /// How many accounts; guests come besides.
    pub customers: u64,
    /// How many products besides the odd ones that are always there.
    pub products: usize,
    /// Tax is rounded at the subtotal instead of per line.
    pub round_at_subtotal: bool,
}

impl Default for GenerateOptions {
    /// 1,000 orders of a US store in the first ten months of 2026.
    fn default() -> Self {
        Self {
            orders: 1000,
            regime: Regime::Us,
            first_day: Date::constant(2026, 1, 1),
            last_day: Date::constant(2026, 10, 31),
            customers: 300,
            products: 60,
            round_at_subtotal: false,
        }
    }
}

/// Makes the orders and accounts of a store again and again, always the same.
/// Clones share their memory.
#[derive(Clone)]
pub(crate) struct Generator(Arc<Made>);

struct Made {
    seed: u64,
    shop: Shop,
    customers: u64,
    /// (id, seconds since 1970) of each order.
    born: Vec<(u32, u32)>,
    /// (order, id) of each refund, in the order of the orders.
    refunds: Vec<(u32, u32)>,
    /// Nothing happens after this moment.
    end: u32,
}

/// The kinds of chance: each has a stream of its own.
const PLAN: u64 = 1;
const BASKET: u64 = 2;
const PEOPLE: u64 = 3;
const CALENDAR: u64 = 4;

/// The first account's id; 1 is the administrator.
const FIRST_CUSTOMER: u64 = 2;

/// Item ids of one order: lines and taxes of the order, then of its refunds.
const ITEMS_PER_ORDER: u64 = 512;

impl Generator {
    pub(crate) fn new(seed: Seed, options: &GenerateOptions, shop: Shop) -> Self {
        let (times, end) = calendar::order_times(seed.0, options, &shop.settings.zone);
        let first_id = 10 + 2 * (shop.products().len() + shop.coupons.len());
        let mut made = Made {
            seed: seed.0,
            shop,
            customers: options.customers,
            born: times.iter().map(|time| (0, *time)).collect(),
            refunds: Vec::new(),
            end,
        };
        made.give_ids(u32::try_from(first_id).unwrap_or(u32::MAX / 2));
        Self(Arc::new(made))
    }

    pub(crate) fn shop(&self) -> &Shop {
        &self.0.shop
    }

    /// First id and number of the generated accounts.
    pub(crate) fn customer_ids(&self) -> (u64, u64) {
        (FIRST_CUSTOMER, self.0.customers)
    }

    /// The `index`th account.
    pub(crate) fn customer(&self, index: u64) -> Customer {
        people::customer(
            &self.0.people(index),
            FIRST_CUSTOMER + index,
            self.0.first_moment(),
        )
    }

    /// The `index`th order.
    pub(crate) fn order(&self, index: usize) -> Order {
        self.0.order(index)
    }

    /// The rows, statuses and refunds to sort and filter by, without making the orders.
    pub(crate) fn rows(&self) -> (Vec<Row>, Vec<String>, Vec<RefundRow>) {
        self.0.rows()
    }

    /// The highest id given to an order or a refund.
    pub(crate) fn last_id(&self) -> u64 {
        let orders = self.0.born.last().map_or(0, |born| born.0);
        let refunds = self
            .0
            .refunds
            .iter()
            .map(|refund| refund.1)
            .max()
            .unwrap_or(0);
        u64::from(orders.max(refunds))
    }

    /// The first item id that no generated order uses.
    pub(crate) fn next_item_id(&self) -> u64 {
        1 + ITEMS_PER_ORDER * (self.0.born.len() as u64 + 1)
    }
}

impl Made {
    fn plan(&self, index: usize) -> Plan {
        let born = |index: usize| self.born.get(index).map_or(0, |born| born.1);
        let mut dice = dice::Dice::of(self.seed, PLAN, index as u64);
        plan::plan(&mut dice, index, self.customers, self.end, born)
    }

    fn people(&self, index: u64) -> people::Person {
        let mut dice = dice::Dice::of(self.seed, PEOPLE, index);
        people::person(&mut dice, &self.shop.settings.country)
    }

    fn first_moment(&self) -> Timestamp {
        moment(self.born.first().map_or(0, |born| born.1)) - jiff::SignedDuration::from_hours(24)
    }

    /// Orders and refunds share one sequence of ids, in the order of their making.
    fn give_ids(&mut self, first: u32) {
        let mut events: Vec<(u32, u32, bool)> = Vec::with_capacity(self.born.len());
        for index in 0..self.born.len() {
            let at = u32::try_from(index).unwrap_or(u32::MAX);
            events.push((self.born.get(index).map_or(0, |born| born.1), at, false));
            let plan = self.plan(index);
            events.extend(plan.refunds.iter().map(|refund| (refund.1, at, true)));
        }
        events.sort_by_key(|event| (event.0, event.2, event.1));
        let mut id = first;
        let mut gaps = dice::Dice::of(self.seed, PLAN, u64::MAX);
        for (_, at, refund) in events {
            // Coupons, attachments and revisions take ids too.
            id += if gaps.chance(60) { 2 } else { 1 };
            if refund {
                self.refunds.push((at, id));
            } else if let Some(born) = self.born.get_mut(at as usize) {
                born.0 = id;
            }
        }
        self.refunds.sort_unstable();
    }

    fn refund_ids(&self, index: usize) -> impl Iterator<Item = u64> + '_ {
        let at = u32::try_from(index).unwrap_or(u32::MAX);
        let from = self.refunds.partition_point(|refund| refund.0 < at);
        let of_order = self.refunds.get(from..).unwrap_or_default().iter();
        of_order
            .take_while(move |refund| refund.0 == at)
            .map(|refund| u64::from(refund.1))
    }

    fn rows(&self) -> (Vec<Row>, Vec<String>, Vec<RefundRow>) {
        let statuses = plan::Status::ALL
            .iter()
            .map(|status| status.slug().to_owned())
            .collect();
        let mut refunds = Vec::with_capacity(self.refunds.len());
        let rows = self
            .born
            .iter()
            .enumerate()
            .map(|(index, (id, created))| {
                let plan = self.plan(index);
                let order = u32::try_from(index).unwrap_or(u32::MAX);
                for (refund, (_, when)) in self.refund_ids(index).zip(&plan.refunds) {
                    let id = u32::try_from(refund).unwrap_or(u32::MAX);
                    refunds.push(RefundRow {
                        id,
                        created: *when,
                        order,
                    });
                }
                Row {
                    id: *id,
                    created: *created,
                    modified: plan.modified,
                    customer: plan.account.map_or(0, |account| {
                        u32::try_from(FIRST_CUSTOMER + account).unwrap_or(0)
                    }),
                    status: plan.status.number(),
                }
            })
            .collect();
        refunds.sort_unstable_by_key(|refund| refund.id);
        (rows, statuses, refunds)
    }

    fn order(&self, index: usize) -> Order {
        let plan = self.plan(index);
        let (id, created) = self.born.get(index).copied().unwrap_or_default();
        let mut dice = dice::Dice::of(self.seed, BASKET, index as u64);
        let person = match plan.account.or(plan.email_of) {
            Some(account) => self.people(account),
            None => people::person(&mut dice, &self.shop.settings.country),
        };
        let cart = basket::cart(&mut dice, &plan, &person, &self.shop);
        let mut ids = Ids {
            next: 1 + ITEMS_PER_ORDER * index as u64,
        };
        let now = moment(created);
        let made = assemble(&cart, &self.shop, u64::from(id), &mut ids, now);
        // A basket is made of this shop's own products and coupons, so it is never refused.
        let mut order = made.unwrap_or_else(|_| basket::empty(u64::from(id), now, &self.shop));
        basket::live_through(&mut order, &plan, &mut dice);
        let refund_ids: Vec<u64> = self.refund_ids(index).collect();
        basket::refund(&mut order, &plan, &refund_ids, &mut ids);
        order.modified = moment(plan.modified);
        order
    }
}

/// The moment of a row's seconds.
pub(crate) fn moment(seconds: u32) -> Timestamp {
    Timestamp::from_second(i64::from(seconds)).unwrap_or(Timestamp::UNIX_EPOCH)
}
