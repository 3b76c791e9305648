//! One order as JSON. FACTS: WooCommerce §5, §6.

use serde_json::Value;

use super::super::json::{Object, object};
use super::super::model::order::{
    CouponLine, FeeLine, LineTax, Meta, Order, ProductLine, ShippingLine, TaxLine,
};
use super::super::model::people::Address;
use super::super::money::push_unit_price;
use super::{ALL_VERBS, Scene};

/// Appends the order.
pub(crate) fn push_order(out: &mut String, order: &Order, scene: &Scene<'_>) {
    object(out, scene.fields, |into| {
        head(into, order, scene);
        people(into, order);
        payment(into, order, scene);
        into.list("meta_data", &order.meta, push_meta);
        into.list("line_items", &order.lines, |line, into| {
            product_line(into, line, scene);
        });
        into.list("tax_lines", &order.tax_lines, |line, into| {
            tax_line(into, line, scene);
        });
        into.list("shipping_lines", &order.shipping_lines, |line, into| {
            shipping_line(into, line, scene);
        });
        into.list("fee_lines", &order.fee_lines, |line, into| {
            fee_line(into, line, scene);
        });
        into.list("coupon_lines", &order.coupon_lines, |line, into| {
            coupon_line(into, line);
        });
        into.list("refunds", &order.refunds, |refund, into| {
            into.id("id", refund.id);
            into.text("reason", &refund.reason);
            into.money("total", -refund.amount, scene.places);
        });
        tail(into, order, scene);
    });
}

fn head(into: &mut Object<'_, '_>, order: &Order, scene: &Scene<'_>) {
    into.id("id", order.id);
    into.int("parent_id", 0);
    into.text("status", &order.status);
    into.text("currency", &order.currency);
    into.text("version", &order.version);
    into.flag("prices_include_tax", order.prices_include_tax);
    scene.date(into, "date_created", Some(order.created), false);
    scene.date(into, "date_modified", Some(order.modified), false);
    into.money("discount_total", order.discount_total, scene.places);
    into.money("discount_tax", order.discount_tax, scene.places);
    into.money("shipping_total", order.shipping_total, scene.places);
    into.money("shipping_tax", order.shipping_tax, scene.places);
    into.money("cart_tax", order.cart_tax, scene.places);
    into.money("total", order.total, scene.places);
    into.money("total_tax", order.total_tax, scene.places);
    into.id("customer_id", order.customer_id);
    into.text("order_key", &order.order_key);
}

fn people(into: &mut Object<'_, '_>, order: &Order) {
    into.object("billing", |into| address(into, &order.billing, true));
    into.object("shipping", |into| address(into, &order.shipping, false));
}

fn address(into: &mut Object<'_, '_>, address: &Address, billing: bool) {
    into.text("first_name", &address.first_name);
    into.text("last_name", &address.last_name);
    into.text("company", &address.company);
    into.text("address_1", &address.address_1);
    into.text("address_2", &address.address_2);
    into.text("city", &address.city);
    into.text("state", &address.state);
    into.text("postcode", &address.postcode);
    into.text("country", &address.country);
    if billing {
        into.text("email", &address.email);
    }
    into.text("phone", &address.phone);
}

fn payment(into: &mut Object<'_, '_>, order: &Order, scene: &Scene<'_>) {
    into.text("payment_method", &order.payment_method);
    into.text("payment_method_title", &order.payment_method_title);
    into.text("transaction_id", &order.transaction_id);
    into.text("customer_ip_address", &order.customer_ip_address);
    into.text("customer_user_agent", &order.customer_user_agent);
    into.text("created_via", &order.created_via);
    into.text("customer_note", &order.customer_note);
    scene.date(into, "date_completed", order.completed, false);
    scene.date(into, "date_paid", order.paid, false);
    into.text("cart_hash", &order.cart_hash);
    into.text("number", &order.number);
}

fn tail(into: &mut Object<'_, '_>, order: &Order, scene: &Scene<'_>) {
    into.raw("payment_url", |out| {
        let path = format!(
            "{}/checkout/order-pay/{}/?pay_for_order=true&key={}",
            scene.site, order.id, order.order_key
        );
        super::super::json::push_string(out, &path);
    });
    into.flag("is_editable", order.is_editable());
    into.flag("needs_payment", order.needs_payment());
    into.flag("needs_processing", order.needs_processing);
    scene.date(into, "date_created_gmt", Some(order.created), true);
    scene.date(into, "date_modified_gmt", Some(order.modified), true);
    scene.date(into, "date_completed_gmt", order.completed, true);
    scene.date(into, "date_paid_gmt", order.paid, true);
    into.text("currency_symbol", &order.currency_symbol);
    let own = format!("orders/{}", order.id);
    scene.links(into, &own, ALL_VERBS, "orders", |links| {
        links.list("email_templates", [()], |(), link| {
            link.flag("embeddable", true);
            link.text(
                "href",
                &scene.link(&format!("{own}/actions/email_templates")),
            );
        });
        if order.customer_id != 0 {
            links.list("customer", [order.customer_id], |id, link| {
                link.text("href", &scene.link(&format!("customers/{id}")));
            });
        }
    });
}

/// One entry of `meta_data`.
pub(super) fn push_meta(meta: &Meta, into: &mut Object<'_, '_>) {
    into.id("id", meta.id);
    into.text("key", &meta.key);
    into.value("value", &meta.value);
    if let Some((key, value)) = &meta.display {
        into.text("display_key", key);
        into.value("display_value", value);
    }
}

/// A product line of an order or of a refund.
pub(super) fn product_line(into: &mut Object<'_, '_>, line: &ProductLine, scene: &Scene<'_>) {
    into.id("id", line.id);
    into.text("name", &line.name);
    into.id("product_id", line.product_id);
    into.id("variation_id", line.variation_id);
    into.int("quantity", line.quantity);
    into.text("tax_class", &line.tax_class);
    into.money("subtotal", line.subtotal, scene.places);
    into.money("subtotal_tax", line.subtotal_tax, scene.places);
    into.money("total", line.total, scene.places);
    into.money("total_tax", line.total_tax, scene.places);
    taxes(into, &line.taxes, scene);
    into.list("meta_data", &line.meta, push_meta);
    into.text_or_null("sku", line.sku.as_deref());
    if scene.version.has_global_unique_ids() {
        into.text_or_null("global_unique_id", line.global_unique_id.as_deref());
    }
    into.raw("price", |out| {
        push_unit_price(out, line.total, line.quantity);
    });
    into.object("image", |into| {
        if line.image_is_zero {
            into.int("id", 0);
        } else {
            into.text("id", "");
        }
        into.text("src", "");
    });
    into.text_or_null("parent_name", line.parent_name.as_deref());
}

fn taxes(into: &mut Object<'_, '_>, taxes: &[LineTax], scene: &Scene<'_>) {
    into.list("taxes", taxes, |tax, into| {
        into.id("id", tax.rate_id);
        // Older versions print what is stored, whatever `dp` says.
        let as_stored = !scene.version.formats_line_taxes();
        let mut money = |name, amount| {
            if as_stored {
                into.short_money(name, amount);
            } else {
                into.money(name, amount, scene.places);
            }
        };
        money("total", tax.total);
        match tax.subtotal {
            Some(subtotal) => money("subtotal", subtotal),
            None => into.text("subtotal", ""),
        }
    });
}

/// What one rate takes.
pub(super) fn tax_line(into: &mut Object<'_, '_>, line: &TaxLine, scene: &Scene<'_>) {
    into.id("id", line.id);
    into.text("rate_code", &line.rate_code);
    into.id("rate_id", line.rate_id);
    into.text("label", &line.label);
    into.flag("compound", line.compound);
    into.money("tax_total", line.tax_total, scene.places);
    into.money("shipping_tax_total", line.shipping_tax_total, scene.places);
    into.number("rate_percent", line.rate_percent);
    into.list("meta_data", &line.meta, push_meta);
}

/// A shipping line.
pub(super) fn shipping_line(into: &mut Object<'_, '_>, line: &ShippingLine, scene: &Scene<'_>) {
    into.id("id", line.id);
    into.text("method_title", &line.method_title);
    into.text("method_id", &line.method_id);
    into.text("instance_id", &line.instance_id);
    into.money("total", line.total, scene.places);
    into.money("total_tax", line.total_tax, scene.places);
    taxes(into, &line.taxes, scene);
    into.text("tax_status", &line.tax_status);
    into.list("meta_data", &line.meta, push_meta);
}

/// A fee line.
pub(super) fn fee_line(into: &mut Object<'_, '_>, line: &FeeLine, scene: &Scene<'_>) {
    into.id("id", line.id);
    into.text("name", &line.name);
    into.text("tax_class", &line.tax_class);
    into.text("tax_status", &line.tax_status);
    into.text("amount", &line.amount);
    into.money("total", line.total, scene.places);
    into.money("total_tax", line.total_tax, scene.places);
    taxes(into, &line.taxes, scene);
    into.list("meta_data", &line.meta, push_meta);
}

fn coupon_line(into: &mut Object<'_, '_>, line: &CouponLine) {
    into.id("id", line.id);
    into.text("code", &line.code);
    into.short_money("discount", line.discount);
    into.short_money("discount_tax", line.discount_tax);
    into.list("meta_data", &line.meta, push_meta);
    into.text("discount_type", &line.discount_type);
    into.number("nominal_amount", line.nominal_amount);
    into.flag("free_shipping", line.free_shipping);
}

/// A meta value as stored: numbers and booleans come back as strings, null is not kept.
pub(crate) fn as_stored(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Bool(flag) => Some(Value::from(if *flag { "1" } else { "" })),
        Value::Number(number) => {
            let decimal: Option<rust_decimal::Decimal> = number.to_string().parse().ok();
            Some(Value::from(decimal.map_or_else(
                || number.to_string(),
                |decimal| decimal.normalize().to_string(),
            )))
        }
        Value::String(_) | Value::Array(_) | Value::Object(_) => Some(value.clone()),
    }
}
