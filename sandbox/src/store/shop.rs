//! The shop without its orders and accounts: settings, tax table, products and coupons.

use std::collections::HashMap;

use jiff::Timestamp;

use super::model::catalogue::{Coupon, Product, TaxRate};
use super::model::settings::Settings;

/// Settings, tax rates, products and coupons. Products come in the order of their ids.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub settings: Settings,
    pub rates: Vec<TaxRate>,
    pub coupons: Vec<Coupon>,
    products: Vec<Product>,
    by_id: HashMap<u64, usize>,
    by_sku: HashMap<String, usize>,
}

impl Shop {
    pub(crate) fn new(
        settings: Settings,
        rates: Vec<TaxRate>,
        coupons: Vec<Coupon>,
        products: Vec<Product>,
    ) -> Self {
        let mut shop = Self {
            settings,
            rates,
            coupons,
            products,
            by_id: HashMap::new(),
            by_sku: HashMap::new(),
        };
        shop.products.sort_by_key(|product| product.id);
        shop.index();
        shop
    }

    fn index(&mut self) {
        self.by_id = self
            .products
            .iter()
            .enumerate()
            .map(|(at, known)| (known.id, at))
            .collect();
        // A variation without its own sku shows its parent's: the parent is found by it.
        self.by_sku = self
            .products
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, product)| !product.sku.is_empty())
            .map(|(at, product)| (product.sku.clone(), at))
            .collect();
    }

    pub(crate) fn products(&self) -> &[Product] {
        &self.products
    }

    pub(crate) fn product(&self, id: u64) -> Option<&Product> {
        self.by_id.get(&id).and_then(|at| self.products.get(*at))
    }

    pub(crate) fn product_with_sku(&self, sku: &str) -> Option<&Product> {
        self.by_sku.get(sku).and_then(|at| self.products.get(*at))
    }

    pub(crate) fn coupon(&self, code: &str) -> Option<&Coupon> {
        self.coupons.iter().find(|coupon| coupon.code == code)
    }

    /// Changes a product; its parent, if any, is touched with it.
    pub(crate) fn edit_product(
        &mut self,
        id: u64,
        now: Timestamp,
        edit: impl FnOnce(&mut Product),
    ) -> bool {
        let Some(product) = self
            .by_id
            .get(&id)
            .and_then(|at| self.products.get_mut(*at))
        else {
            return false;
        };
        edit(product);
        product.modified = now;
        let parent = product.parent_id;
        if let Some(parent) = self
            .by_id
            .get(&parent)
            .and_then(|at| self.products.get_mut(*at))
        {
            parent.modified = now;
        }
        self.index();
        true
    }

    pub(crate) fn add_product(&mut self, product: Product) {
        self.products.push(product);
        self.products.sort_by_key(|product| product.id);
        self.index();
    }

    /// Removes a product and its variations; gives back the ids that are gone.
    pub(crate) fn delete_product(&mut self, id: u64) -> Vec<u64> {
        let gone: Vec<u64> = self
            .products
            .iter()
            .filter(|product| product.id == id || product.parent_id == id)
            .map(|product| product.id)
            .collect();
        self.products.retain(|product| !gone.contains(&product.id));
        self.index();
        gone
    }

    /// The name a line carries: a variation's with its parent's before it.
    pub(crate) fn line_name(&self, product: &Product) -> String {
        match self.product(product.parent_id) {
            Some(parent) => format!("{} - {}", parent.name, product.name),
            None => product.name.clone(),
        }
    }
}
