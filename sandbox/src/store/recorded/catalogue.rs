//! Recorded products, coupons, tax rates and accounts, read back.

use jiff::Timestamp;
use serde_json::Value;

use super::super::model::catalogue::{Coupon, DiscountKind, Product, TaxRate};
use super::super::model::people::Customer;
use super::order::address;
use super::{amount, flag, id, list, text, utc};

pub(super) fn product(value: &Value) -> Product {
    Product {
        id: id(value, "id"),
        parent_id: id(value, "parent_id"),
        kind: text(value, "type"),
        status: text(value, "status"),
        name: text(value, "name"),
        sku: text(value, "sku"),
        price: text(value, "price"),
        regular_price: text(value, "regular_price"),
        tax_status: text(value, "tax_status"),
        tax_class: text(value, "tax_class"),
        is_virtual: flag(value, "virtual"),
        is_downloadable: flag(value, "downloadable"),
        stock: value["stock_quantity"].as_i64(),
        created: utc(value, "date_created_gmt").unwrap_or(Timestamp::UNIX_EPOCH),
        modified: utc(value, "date_modified_gmt").unwrap_or(Timestamp::UNIX_EPOCH),
        attributes: list(value, "attributes")
            .iter()
            .filter(|attribute| attribute["option"].is_string())
            .map(|attribute| {
                (
                    text(attribute, "slug"),
                    text(attribute, "name"),
                    text(attribute, "option"),
                )
            })
            .collect(),
        total_sales: value["total_sales"].as_i64().unwrap_or_default(),
        recorded: Some(Box::new(value.clone())),
    }
}

pub(super) fn coupon(value: &Value) -> Coupon {
    let kind = match value["discount_type"].as_str() {
        Some("percent") => DiscountKind::Percent,
        Some("fixed_product") => DiscountKind::FixedProduct,
        _ => DiscountKind::FixedCart,
    };
    Coupon {
        id: id(value, "id"),
        code: text(value, "code"),
        kind,
        amount: amount(value, "amount"),
        products: list(value, "product_ids")
            .iter()
            .filter_map(Value::as_u64)
            .collect(),
        free_shipping: flag(value, "free_shipping"),
    }
}

pub(super) fn rate(value: &Value) -> TaxRate {
    TaxRate {
        id: id(value, "id"),
        country: text(value, "country"),
        state: text(value, "state"),
        postcode: text(value, "postcode"),
        city: text(value, "city"),
        percent: amount(value, "rate").normalize(),
        name: text(value, "name"),
        priority: u32::try_from(id(value, "priority")).unwrap_or(1),
        compound: flag(value, "compound"),
        shipping: flag(value, "shipping"),
        class: text(value, "class"),
    }
}

pub(super) fn customer(value: &Value) -> Customer {
    Customer {
        id: id(value, "id"),
        created: utc(value, "date_created_gmt").unwrap_or(Timestamp::UNIX_EPOCH),
        modified: utc(value, "date_modified_gmt"),
        email: text(value, "email"),
        first_name: text(value, "first_name"),
        last_name: text(value, "last_name"),
        role: text(value, "role"),
        username: text(value, "username"),
        billing: address(&value["billing"]),
        shipping: address(&value["shipping"]),
        is_paying: flag(value, "is_paying_customer"),
        avatar_url: text(value, "avatar_url"),
        meta: list(value, "meta_data").to_vec(),
    }
}
