//! Recorded orders and refunds, read back.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::super::model::order::{
    CouponLine, FeeLine, LineTax, Meta, Order, ProductLine, Refund, ShippingLine, TaxLine,
};
use super::super::model::people::Address;
use super::super::money::{CENTS, STORED, round_half_up};
use super::{amount, flag, id, list, text, utc};

/// An order from the body with the most decimals; `shown` is the one with two,
/// which may be a later look. `refunds` are the store-wide ones of this order.
pub(super) fn order(stored: &Value, shown: &Value, refunds: &[&Value]) -> Order {
    Order {
        id: id(stored, "id"),
        number: text(stored, "number"),
        status: text(shown, "status"),
        currency: text(stored, "currency"),
        currency_symbol: text(stored, "currency_symbol"),
        version: text(stored, "version"),
        prices_include_tax: flag(stored, "prices_include_tax"),
        created: utc(stored, "date_created_gmt").unwrap_or(Timestamp::UNIX_EPOCH),
        modified: utc(shown, "date_modified_gmt").unwrap_or(Timestamp::UNIX_EPOCH),
        paid: utc(shown, "date_paid_gmt"),
        completed: utc(shown, "date_completed_gmt"),
        discount_total: amount(stored, "discount_total"),
        discount_tax: amount(stored, "discount_tax"),
        shipping_total: amount(stored, "shipping_total"),
        shipping_tax: amount(stored, "shipping_tax"),
        cart_tax: amount(stored, "cart_tax"),
        total: amount(stored, "total"),
        total_tax: amount(stored, "total_tax"),
        customer_id: id(stored, "customer_id"),
        order_key: text(stored, "order_key"),
        billing: address(&stored["billing"]),
        shipping: address(&stored["shipping"]),
        payment_method: text(stored, "payment_method"),
        payment_method_title: text(stored, "payment_method_title"),
        transaction_id: text(stored, "transaction_id"),
        customer_ip_address: text(stored, "customer_ip_address"),
        customer_user_agent: text(stored, "customer_user_agent"),
        created_via: text(stored, "created_via"),
        customer_note: text(stored, "customer_note"),
        cart_hash: text(stored, "cart_hash"),
        meta: meta(shown),
        lines: list(stored, "line_items")
            .iter()
            .zip(list(shown, "line_items"))
            .map(|(line, shown)| ProductLine {
                meta: meta(shown),
                ..product_line(line)
            })
            .collect(),
        tax_lines: list(stored, "tax_lines").iter().map(tax_line).collect(),
        shipping_lines: list(stored, "shipping_lines")
            .iter()
            .map(shipping_line)
            .collect(),
        fee_lines: list(stored, "fee_lines").iter().map(fee_line).collect(),
        coupon_lines: list(stored, "coupon_lines")
            .iter()
            .map(coupon_line)
            .collect(),
        refunds: list(shown, "refunds")
            .iter()
            .map(
                |short| match refunds.iter().find(|refund| refund["id"] == short["id"]) {
                    Some(whole) => refund(whole),
                    None => amount_only(short, shown),
                },
            )
            .collect(),
        needs_processing: flag(stored, "needs_processing"),
    }
}

pub(super) fn address(value: &Value) -> Address {
    Address {
        first_name: text(value, "first_name"),
        last_name: text(value, "last_name"),
        company: text(value, "company"),
        address_1: text(value, "address_1"),
        address_2: text(value, "address_2"),
        city: text(value, "city"),
        state: text(value, "state"),
        postcode: text(value, "postcode"),
        country: text(value, "country"),
        email: text(value, "email"),
        phone: text(value, "phone"),
    }
}

fn meta(value: &Value) -> Vec<Meta> {
    list(value, "meta_data")
        .iter()
        .map(|entry| Meta {
            id: id(entry, "id"),
            key: text(entry, "key"),
            value: entry["value"].clone(),
            display: entry["display_key"]
                .as_str()
                .map(|key| (key.to_owned(), entry["display_value"].clone())),
        })
        .collect()
}

fn taxes(value: &Value) -> Vec<LineTax> {
    list(value, "taxes")
        .iter()
        .map(|tax| LineTax {
            rate_id: id(tax, "id"),
            total: amount(tax, "total"),
            subtotal: tax["subtotal"].as_str().and_then(|text| text.parse().ok()),
        })
        .collect()
}

fn product_line(line: &Value) -> ProductLine {
    let optional = |name: &str| line[name].as_str().map(str::to_owned);
    let (shown, before) = (amount(line, "total"), amount(line, "subtotal"));
    // The unit price tells what is stored where only two decimals were recorded.
    let quantity = line["quantity"].as_i64().unwrap_or_default();
    let exact = round_half_up(amount(line, "price") * Decimal::from(quantity), STORED);
    let total = if round_half_up(exact, CENTS) == shown {
        exact
    } else {
        shown
    };
    let subtotal = if before == shown { total } else { before };
    ProductLine {
        id: id(line, "id"),
        name: text(line, "name"),
        product_id: id(line, "product_id"),
        variation_id: id(line, "variation_id"),
        quantity: line["quantity"].as_i64().unwrap_or_default(),
        tax_class: text(line, "tax_class"),
        subtotal,
        subtotal_tax: amount(line, "subtotal_tax"),
        total,
        total_tax: amount(line, "total_tax"),
        taxes: taxes(line),
        meta: meta(line),
        sku: optional("sku"),
        global_unique_id: optional("global_unique_id"),
        image_is_zero: line.pointer("/image/id").is_some_and(Value::is_number),
        parent_name: optional("parent_name"),
    }
}

fn tax_line(line: &Value) -> TaxLine {
    TaxLine {
        id: id(line, "id"),
        rate_code: text(line, "rate_code"),
        rate_id: id(line, "rate_id"),
        label: text(line, "label"),
        compound: flag(line, "compound"),
        tax_total: amount(line, "tax_total"),
        shipping_tax_total: amount(line, "shipping_tax_total"),
        rate_percent: amount(line, "rate_percent"),
        meta: meta(line),
    }
}

fn shipping_line(line: &Value) -> ShippingLine {
    ShippingLine {
        id: id(line, "id"),
        method_title: text(line, "method_title"),
        method_id: text(line, "method_id"),
        instance_id: text(line, "instance_id"),
        total: amount(line, "total"),
        total_tax: amount(line, "total_tax"),
        taxes: taxes(line),
        tax_status: text(line, "tax_status"),
        meta: meta(line),
    }
}

fn fee_line(line: &Value) -> FeeLine {
    FeeLine {
        id: id(line, "id"),
        name: text(line, "name"),
        tax_class: text(line, "tax_class"),
        tax_status: text(line, "tax_status"),
        amount: text(line, "amount"),
        total: amount(line, "total"),
        total_tax: amount(line, "total_tax"),
        taxes: taxes(line),
        meta: meta(line),
    }
}

fn coupon_line(line: &Value) -> CouponLine {
    CouponLine {
        id: id(line, "id"),
        code: text(line, "code"),
        discount: amount(line, "discount"),
        discount_tax: amount(line, "discount_tax"),
        meta: meta(line),
        discount_type: text(line, "discount_type"),
        nominal_amount: amount(line, "nominal_amount"),
        free_shipping: flag(line, "free_shipping"),
    }
}

fn refund(value: &Value) -> Refund {
    Refund {
        id: id(value, "id"),
        created: utc(value, "date_created_gmt").unwrap_or(Timestamp::UNIX_EPOCH),
        amount: amount(value, "amount"),
        reason: text(value, "reason"),
        refunded_by: id(value, "refunded_by"),
        refunded_payment: flag(value, "refunded_payment"),
        meta: meta(value),
        lines: list(value, "line_items").iter().map(product_line).collect(),
        shipping_lines: list(value, "shipping_lines")
            .iter()
            .map(shipping_line)
            .collect(),
        tax_lines: list(value, "tax_lines").iter().map(tax_line).collect(),
        fee_lines: list(value, "fee_lines").iter().map(fee_line).collect(),
    }
}

/// A refund of which only the order's own three members were recorded.
fn amount_only(short: &Value, order: &Value) -> Refund {
    Refund {
        id: id(short, "id"),
        created: utc(order, "date_modified_gmt").unwrap_or(Timestamp::UNIX_EPOCH),
        amount: -amount(short, "total"),
        reason: text(short, "reason"),
        refunded_by: 1,
        refunded_payment: false,
        meta: Vec::new(),
        lines: Vec::new(),
        shipping_lines: Vec::new(),
        tax_lines: Vec::new(),
        fee_lines: Vec::new(),
    }
}
