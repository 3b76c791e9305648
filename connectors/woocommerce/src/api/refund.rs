//! Refunds.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::parse::parse;
use super::{FeeLine, LineItem, LineTax, Meta, ParseError, ShippingLine, TaxLine, scalar};

/// A refund. Its currency is its order's.
///
/// The API writes `amount` positive and the lines negative (FACTS: WooCommerce §7). Here everything
/// is turned at the edge: **what goes back to the customer is positive**, quantities included. A
/// negative line is then one that lessens the refund, such as a discount fee that is taken back.
///
/// `amount` is the truth: the lines can be missing, add up to less, or hold nothing but tax.
#[derive(Clone, Debug, Deserialize)]
pub struct Refund {
    /// The id, shared with orders.
    pub id: u64,
    /// The order; `None` when read below its order (`/orders/<id>/refunds`).
    #[serde(default)]
    pub parent_id: Option<u64>,
    /// When it was made.
    #[serde(default, deserialize_with = "scalar::moment")]
    pub date_created_gmt: Option<Timestamp>,
    /// What goes back to the customer in all, tax included, positive.
    #[serde(deserialize_with = "scalar::amount")]
    pub amount: Decimal,
    /// Why.
    #[serde(default, deserialize_with = "scalar::text")]
    pub reason: String,
    /// Whether the gateway was asked to pay it back; false where the shop does it by hand.
    #[serde(default)]
    pub refunded_payment: bool,
    /// Products taken back; see [`LineItem::refunded_item_id`].
    #[serde(default)]
    pub line_items: Vec<LineItem>,
    /// Shipping paid back.
    #[serde(default)]
    pub shipping_lines: Vec<ShippingLine>,
    /// Fees paid back.
    #[serde(default)]
    pub fee_lines: Vec<FeeLine>,
    /// Tax by rate.
    #[serde(default)]
    pub tax_lines: Vec<TaxLine>,
    /// Meta data.
    #[serde(default)]
    pub meta_data: Meta,
}

/// Parses one refund as received from `/refunds` or `/orders/<id>/refunds`, and turns its signs.
pub fn parse_refund(body: &str) -> Result<Refund, ParseError> {
    let mut refund: Refund = parse("refund", body)?;
    if refund.amount.is_sign_negative() && !refund.amount.is_zero() {
        return Err(ParseError {
            entity: "refund",
            id: Some(refund.id),
            path: "amount".to_owned(),
            reason: format!("`{}` is negative", refund.amount),
        });
    }
    for line in &mut refund.line_items {
        line.quantity = turned(line.quantity);
        line.subtotal = turned(line.subtotal);
        line.subtotal_tax = turned(line.subtotal_tax);
        line.total = turned(line.total);
        line.total_tax = turned(line.total_tax);
        turn_taxes(&mut line.taxes);
    }
    for line in &mut refund.shipping_lines {
        line.total = turned(line.total);
        line.total_tax = turned(line.total_tax);
        turn_taxes(&mut line.taxes);
    }
    for line in &mut refund.fee_lines {
        line.total = turned(line.total);
        line.total_tax = turned(line.total_tax);
        turn_taxes(&mut line.taxes);
    }
    for line in &mut refund.tax_lines {
        line.tax_total = turned(line.tax_total);
        line.shipping_tax_total = turned(line.shipping_tax_total);
    }
    Ok(refund)
}

fn turn_taxes(taxes: &mut [LineTax]) {
    for tax in taxes {
        tax.total = turned(tax.total);
        tax.subtotal = tax.subtotal.map(turned);
    }
}

/// The amount with its sign turned; zero stays without one.
pub(super) fn turned(amount: Decimal) -> Decimal {
    let mut turned = -amount;
    if turned.is_zero() {
        turned.set_sign_positive(true);
    }
    turned
}
