//! What is done to products, accounts and settings.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::super::cart::Address;
use super::super::model::catalogue::Product;
use super::super::model::people::Customer;
use super::super::orders::{GONE, Row};
use super::super::render::catalogue::{stored_name, typed_price};
use super::{ChangeRefused, Changed, StoreHandle};

impl StoreHandle {
    /// Turns "round tax at subtotal level" on or off for orders made or summed from now on.
    pub fn set_round_at_subtotal(&self, on: bool) {
        self.state(|state, _| state.shop.settings.round_at_subtotal = on);
    }

    /// Renames a product; `&` is stored as `&amp;`. Orders keep the old name.
    pub fn rename_product(&self, product: u64, name: &str) -> Changed {
        let stored = stored_name(name);
        self.edit_product(product, |product| product.name = stored)
    }

    /// Sets a product's price as typed.
    pub fn set_price(&self, product: u64, price: Decimal) -> Changed {
        let price = typed_price(price);
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

    fn edit_product(&self, id: u64, edit: impl FnOnce(&mut Product)) -> Changed {
        self.state(|state, now| {
            let known = state.shop.edit_product(id, now, edit);
            let product = id.to_string();
            known
                .then_some(())
                .ok_or(ChangeRefused::UnknownProduct { product })
        })
    }

    /// Adds a simple taxable product and gives back its id.
    pub fn add_product(&self, name: &str, sku: &str, price: Decimal) -> u64 {
        self.state(|state, now| {
            let id = state.take_id();
            let price = typed_price(price);
            state.shop.add_product(Product {
                id,
                parent_id: 0,
                kind: "simple".to_owned(),
                status: "publish".to_owned(),
                name: stored_name(name),
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
                return Err(ChangeRefused::UnknownProduct {
                    product: product.to_string(),
                });
            }
            state.unlink_products(&gone);
            Ok(())
        })
    }

    /// Opens an account and gives back its id.
    pub fn add_customer(&self, email: &str, billing: Address) -> u64 {
        self.state(|state, now| {
            let id = state.customers.next_id();
            let shipping = Address {
                email: String::new(),
                ..billing.clone()
            };
            state.customers.put(Customer {
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
            let own = |row: &&Row| u64::from(row.customer) == customer && row.status != GONE;
            let ids: Vec<u64> = state
                .orders
                .rows()
                .iter()
                .filter(own)
                .map(|row| u64::from(row.id))
                .collect();
            for id in ids {
                let Some(order) = state.orders.order(id) else {
                    continue;
                };
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
}
