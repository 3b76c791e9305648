//! One refund as JSON: its lines negative, its `amount` positive. FACTS: WooCommerce §7.

use super::super::json::object;
use super::super::model::order::Refund;
use super::Scene;
use super::order::{fee_line, product_line, push_meta, shipping_line, tax_line};

/// Appends a refund of the order `parent`. The store-wide list also says the parent.
pub(crate) fn push_refund(
    out: &mut String,
    refund: &Refund,
    parent: u64,
    store_wide: bool,
    scene: &Scene<'_>,
) {
    object(out, scene.fields, |into| {
        into.id("id", refund.id);
        if store_wide {
            into.id("parent_id", parent);
        }
        scene.dates(
            into,
            "date_created",
            "date_created_gmt",
            Some(refund.created),
        );
        into.money("amount", refund.amount, scene.places);
        into.text("reason", &refund.reason);
        into.id("refunded_by", refund.refunded_by);
        into.flag("refunded_payment", refund.refunded_payment);
        into.list("meta_data", &refund.meta, push_meta);
        into.list("line_items", &refund.lines, |line, into| {
            product_line(into, line, scene);
        });
        into.list("shipping_lines", &refund.shipping_lines, |line, into| {
            shipping_line(into, line, scene);
        });
        into.list("tax_lines", &refund.tax_lines, |line, into| {
            tax_line(into, line, scene);
        });
        into.list("fee_lines", &refund.fee_lines, |line, into| {
            fee_line(into, line, scene);
        });
        let order = format!("orders/{parent}");
        let collection = format!("{order}/refunds");
        let own = format!("{collection}/{}", refund.id);
        scene.links(into, &own, &["GET", "DELETE"], &collection, |links| {
            links.list("up", [&order], |path, link| {
                link.text("href", &scene.link(path));
            });
        });
    });
}
