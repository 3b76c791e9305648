//! Everything the store holds at one moment, and the changes a shop makes to
//! it. Each moves `date_modified` as the storage in use does. FACTS: WooCommerce §4.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::arithmetic::totals::Ids;
use super::customers::Customers;
use super::generate::{GenerateOptions, Generator, Seed, regime};
use super::model::order::Order;
use super::model::people::Customer;
use super::orders::{Base, Orders};
use super::recorded::{self, RecordedStore};
use super::shop::Shop;

/// What a store begins with.
pub struct StoreContents {
    pub(crate) shop: Shop,
    pub(crate) orders: Orders,
    pub(crate) customers: Customers,
    pub(crate) next_id: u64,
    pub(crate) next_item_id: u64,
}

impl StoreContents {
    /// A made-up store: the same for the same seed and options, of any size.
    #[must_use]
    pub fn generate(seed: Seed, options: &GenerateOptions) -> Self {
        let shop = regime::shop(seed.0, options);
        let generator = Generator::new(seed, options, shop);
        let (rows, statuses, refunds) = generator.rows();
        let last = generator.shop().products().len() + generator.shop().coupons.len();
        let next_id = generator.last_id().max(10 + 2 * last as u64) + 1;
        Self {
            shop: generator.shop().clone(),
            next_id,
            next_item_id: generator.next_item_id(),
            customers: Customers::generated(generator.clone(), vec![administrator()]),
            orders: Orders::new(
                Base::Generated(Box::new(generator)),
                rows,
                statuses,
                refunds,
            ),
        }
    }

    /// One of the recorded real stores.
    #[must_use]
    pub fn recorded(store: RecordedStore) -> Self {
        recorded::contents(store)
    }

    pub(crate) fn of(shop: Shop, orders: Orders, customers: Vec<Customer>) -> Self {
        let of_orders = orders.rows().last().map_or(0, |row| u64::from(row.id));
        let of_refunds = orders.refunds().last().map_or(0, |row| u64::from(row.id));
        let of_products = shop.products().last().map_or(0, |product| product.id);
        let of_coupons = shop
            .coupons
            .iter()
            .map(|coupon| coupon.id)
            .max()
            .unwrap_or(0);
        let highest = of_orders.max(of_refunds).max(of_products).max(of_coupons);
        Self {
            shop,
            orders,
            customers: Customers::of(customers),
            next_id: highest + 1,
            // Far above the recorded items' ids.
            next_item_id: 100_000,
        }
    }
}

impl std::fmt::Debug for StoreContents {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StoreContents")
            .field("orders", &self.orders.rows().len())
            .field("products", &self.shop.products().len())
            .finish_non_exhaustive()
    }
}

/// The one account every shop has; it is no customer.
fn administrator() -> Customer {
    Customer {
        id: 1,
        created: Timestamp::UNIX_EPOCH,
        modified: None,
        email: "owner@example.test".to_owned(),
        first_name: String::new(),
        last_name: String::new(),
        role: "administrator".to_owned(),
        username: "admin".to_owned(),
        billing: super::model::people::Address::default(),
        shipping: super::model::people::Address::default(),
        is_paying: false,
        avatar_url: String::new(),
        meta: Vec::new(),
    }
}

/// A webhook someone registered. Nothing is delivered.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub id: u64,
    pub name: String,
    pub status: String,
    pub topic: String,
    pub delivery_url: String,
    pub created: Timestamp,
}

/// The store's present.
pub(crate) struct State {
    pub shop: Shop,
    pub orders: Orders,
    pub customers: Customers,
    pub webhooks: Vec<Webhook>,
    /// Slug and title of the gateways that plugins added.
    pub gateways: Vec<(String, String)>,
    next_id: u64,
    next_item_id: u64,
}

impl State {
    pub(crate) fn new(contents: StoreContents) -> Self {
        Self {
            shop: contents.shop,
            orders: contents.orders,
            customers: contents.customers,
            webhooks: Vec::new(),
            gateways: Vec::new(),
            next_id: contents.next_id,
            next_item_id: contents.next_item_id,
        }
    }

    /// An id for an order, a refund or a product: they share one sequence.
    pub(crate) fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Runs `work` with fresh item ids.
    pub(crate) fn with_ids<T>(&mut self, work: impl FnOnce(&Self, &mut Ids) -> T) -> T {
        let mut ids = Ids {
            next: self.next_item_id,
        };
        let made = work(self, &mut ids);
        self.next_item_id = ids.next;
        made
    }

    /// Whether each line of an order is taxed: what its product says, yes if it is gone.
    pub(crate) fn taxable(&self, order: &Order) -> Vec<bool> {
        order
            .lines
            .iter()
            .map(|line| {
                let id = if line.variation_id == 0 {
                    line.product_id
                } else {
                    line.variation_id
                };
                self.shop
                    .product(id)
                    .is_none_or(|product| product.tax_status == "taxable")
            })
            .collect()
    }

    /// Lets every order with one of these products point at nothing, or at the
    /// parent if only a variation went. No `date_modified` moves.
    pub(crate) fn unlink_products(&mut self, gone: &[u64]) {
        for index in 0..self.orders.rows().len() {
            let Some(order) = self.orders.at(index) else {
                continue;
            };
            let touched = |product: u64, variation: u64| {
                gone.contains(&product) || (variation != 0 && gone.contains(&variation))
            };
            if !order
                .lines
                .iter()
                .any(|line| touched(line.product_id, line.variation_id))
            {
                continue;
            }
            if self
                .orders
                .rows()
                .get(index)
                .is_none_or(|row| row.status == super::orders::GONE)
            {
                continue;
            }
            let mut order = (*order).clone();
            let refunded = order
                .refunds
                .iter_mut()
                .flat_map(|refund| refund.lines.iter_mut());
            for line in order.lines.iter_mut().chain(refunded) {
                let parent = self.shop.product(line.product_id);
                if gone.contains(&line.product_id) {
                    line.product_id = 0;
                    line.variation_id = 0;
                    line.sku = None;
                    line.global_unique_id = None;
                    line.parent_name = None;
                } else if gone.contains(&line.variation_id) {
                    line.variation_id = 0;
                    line.parent_name = None;
                    line.sku = parent.map(|parent| parent.sku.clone());
                }
            }
            self.orders.put(Arc::new(order));
        }
    }

    /// Sets the SKU that lines show of a product: always the present one.
    pub(crate) fn show_sku(&mut self, product: u64, sku: &str) {
        for index in 0..self.orders.rows().len() {
            let Some(order) = self.orders.at(index) else {
                continue;
            };
            let shows = |line: &super::model::order::ProductLine| {
                line.variation_id == product
                    || (line.product_id == product && line.variation_id == 0)
            };
            if !order.lines.iter().any(shows) {
                continue;
            }
            let mut order = (*order).clone();
            for line in order.lines.iter_mut().filter(|line| shows(line)) {
                line.sku = Some(sku.to_owned());
            }
            self.orders.put(Arc::new(order));
        }
    }
}

/// A meta value as a client set it, stored as `WordPress` stores it.
pub(crate) fn set_meta(order: &mut Order, key: &str, value: &Value) {
    let Some(value) = super::render::order::as_stored(value) else {
        order.meta.retain(|meta| meta.key != key);
        return;
    };
    if let Some(meta) = order.meta.iter_mut().find(|meta| meta.key == key) {
        meta.value = value;
        return;
    }
    let id = order.id * 64 + 48 + order.meta.len() as u64;
    order.meta.push(super::model::order::Meta {
        id,
        key: key.to_owned(),
        value,
        display: None,
    });
}
