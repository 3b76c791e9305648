//! One account as JSON. FACTS: WooCommerce §8.

use serde_json::Value;

use super::super::json::{Object, object};
use super::super::model::people::{Address, Customer};
use super::{ALL_VERBS, Scene};

const KEPT: &[&str] = &["GET", "POST", "PUT", "PATCH"];

/// Appends the account.
pub(crate) fn push_customer(out: &mut String, customer: &Customer, scene: &Scene<'_>) {
    object(out, scene.fields, |into| {
        into.id("id", customer.id);
        scene.dates(
            into,
            "date_created",
            "date_created_gmt",
            Some(customer.created),
        );
        scene.dates(
            into,
            "date_modified",
            "date_modified_gmt",
            customer.modified,
        );
        into.text("email", &customer.email);
        into.text("first_name", &customer.first_name);
        into.text("last_name", &customer.last_name);
        into.text("role", &customer.role);
        into.text("username", &customer.username);
        into.object("billing", |into| address(into, &customer.billing, true));
        into.object("shipping", |into| address(into, &customer.shipping, false));
        into.flag("is_paying_customer", customer.is_paying);
        into.text("avatar_url", &customer.avatar_url);
        into.value("meta_data", &Value::from(customer.meta.clone()));
        // Administrators cannot be deleted.
        let verbs = if customer.role == "administrator" {
            KEPT
        } else {
            ALL_VERBS
        };
        scene.links(
            into,
            &format!("customers/{}", customer.id),
            verbs,
            "customers",
            |_| {},
        );
    });
}

/// An account's address puts the state behind the country, unlike an order's.
fn address(into: &mut Object<'_, '_>, address: &Address, billing: bool) {
    into.text("first_name", &address.first_name);
    into.text("last_name", &address.last_name);
    into.text("company", &address.company);
    into.text("address_1", &address.address_1);
    into.text("address_2", &address.address_2);
    into.text("city", &address.city);
    into.text("postcode", &address.postcode);
    into.text("country", &address.country);
    into.text("state", &address.state);
    if billing {
        into.text("email", &address.email);
    }
    into.text("phone", &address.phone);
}
