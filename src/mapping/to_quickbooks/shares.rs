//! What a refund's line is a share of: the store rounds the share to cents, the order's line still has
//! the rest. From it come the cents that make a whole refund the whole order.

use rust_decimal::Decimal;
use woocommerce::{FeeLine, LineItem, LineTax, Order, ShippingLine};

use super::parts::Part;

/// What rounding to cents can hide.
const HALF_A_CENT: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// Units of a product: their share of the order's line.
pub(super) fn of_product(order: Option<&Order>, line: &LineItem, part: &mut Part) {
    let id = line.refunded_item_id();
    let sold = order.and_then(|order| order.line_items.iter().find(|it| Some(it.id) == id));
    let Some(sold) = sold else { return };
    if line.quantity.is_zero() || sold.quantity.is_zero() {
        return; // an amount that somebody typed
    }
    let share = |amount: Decimal| amount * line.quantity / sold.quantity;
    unround(part, share(sold.total), share(exact(&sold.taxes)));
}

/// Shipping, which is given back whole.
pub(super) fn of_shipping(order: Option<&Order>, line: &ShippingLine, part: &mut Part) {
    let id = line.refunded_item_id();
    let sold = order.and_then(|order| order.shipping_lines.iter().find(|it| Some(it.id) == id));
    if let Some(sold) = sold {
        unround(part, sold.total, exact(&sold.taxes));
    }
}

/// A fee, which is given back whole; gives the order's.
pub(super) fn of_fee<'a>(
    order: Option<&'a Order>,
    line: &FeeLine,
    part: &mut Part,
) -> Option<&'a FeeLine> {
    let id = line.refunded_item_id();
    let sold = order.and_then(|order| order.fee_lines.iter().find(|it| Some(it.id) == id))?;
    unround(part, sold.total, exact(&sold.taxes));
    Some(sold)
}

/// Takes the unrounded amounts, where the part's are those rounded.
fn unround(part: &mut Part, net: Decimal, tax: Decimal) {
    if (part.net - net).abs() <= HALF_A_CENT {
        part.net = net;
        part.before = net;
        part.exact_tax = tax;
    }
}

fn exact(taxes: &[LineTax]) -> Decimal {
    taxes.iter().map(|tax| tax.total).sum()
}
