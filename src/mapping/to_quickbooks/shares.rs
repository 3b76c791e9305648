//! What a refund's line is a share of: the store rounds the share to cents, the order's line still has
//! the rest. From it come the cents that make a whole refund the whole order.

use rust_decimal::Decimal;
use woocommerce::{FeeLine, LineItem, LineTax, Order, ShippingLine};

use super::parts::Part;

/// Units of a product: their share of the order's line.
pub(super) fn of_product(order: Option<&Order>, line: &LineItem, part: &mut Part) {
    let id = line.refunded_item_id();
    let Some(order) = order else { return };
    let sold = order.line_items.iter().find(|it| Some(it.id) == id);
    let Some(sold) = sold else { return };
    if line.quantity.is_zero() || sold.quantity.is_zero() {
        return; // an amount that somebody typed
    }
    let share = |amount: Decimal| (amount * line.quantity).checked_div(sold.quantity);
    if let (Some(net), Some(tax)) = (share(sold.total), share(exact(&sold.taxes))) {
        unround(order, part, net, tax);
    }
}

/// Shipping, which is given back whole.
pub(super) fn of_shipping(order: Option<&Order>, line: &ShippingLine, part: &mut Part) {
    let id = line.refunded_item_id();
    let Some(order) = order else { return };
    if let Some(sold) = order.shipping_lines.iter().find(|it| Some(it.id) == id) {
        unround(order, part, sold.total, exact(&sold.taxes));
    }
}

/// A fee, which is given back whole; gives the order's.
pub(super) fn of_fee<'a>(
    order: Option<&'a Order>,
    line: &FeeLine,
    part: &mut Part,
) -> Option<&'a FeeLine> {
    let id = line.refunded_item_id();
    let order = order?;
    let sold = order.fee_lines.iter().find(|it| Some(it.id) == id)?;
    unround(order, part, sold.total, exact(&sold.taxes));
    Some(sold)
}

/// Takes the unrounded amounts, where the part's are those rounded.
fn unround(order: &Order, part: &mut Part, net: Decimal, tax: Decimal) {
    let half_a_cent = Decimal::new(5, order.currency.decimals() + 1);
    if (part.net - net).abs() <= half_a_cent {
        part.net = net;
        part.before = net;
        part.exact_tax = tax;
    }
}

fn exact(taxes: &[LineTax]) -> Decimal {
    taxes.iter().map(|tax| tax.total).sum()
}
