//! What a record says, in plain figures for people: nothing is decided by it.

use kit::Money;
use rust_decimal::Decimal;
use woocommerce::{FeeLine, LineItem, Order, Refund, ShippingLine};

use crate::domain::{SourceKind, Told, ToldLine};

/// What the record of an order or refund says; `None` where it cannot be read or is something else.
pub fn told(kind: SourceKind, record: &str) -> Option<Told> {
    match kind {
        SourceKind::Order => woocommerce::parse_order(record).ok().map(of_order),
        SourceKind::Refund => woocommerce::parse_refund(record).ok().map(of_refund),
        SourceKind::Customer
        | SourceKind::Guest
        | SourceKind::Product
        | SourceKind::Role
        | SourceKind::GatewayDay => None,
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "what was parsed for this is used up"
)]
fn of_order(order: Order) -> Told {
    let method = if order.payment_method_title.is_empty() {
        order.payment_method.clone()
    } else {
        order.payment_method_title.clone()
    };
    Told {
        status: order.status.to_string(),
        made_at: order.date_created_gmt,
        paid_at: order.date_paid_gmt,
        method,
        total: Some(Money::new(order.total.normalize(), order.currency)),
        tax: order.total_tax.normalize(),
        lines: lines(&order.line_items, &order.shipping_lines, &order.fee_lines),
        reason: String::new(),
    }
}

fn of_refund(refund: Refund) -> Told {
    let lines = lines(
        &refund.line_items,
        &refund.shipping_lines,
        &refund.fee_lines,
    );
    Told {
        status: String::new(),
        made_at: refund.date_created_gmt,
        paid_at: None,
        method: String::new(),
        total: None,
        tax: lines.iter().map(|line| line.tax).sum(),
        lines,
        reason: refund.reason,
    }
}

fn lines(products: &[LineItem], shipping: &[ShippingLine], fees: &[FeeLine]) -> Vec<ToldLine> {
    let line = |what: &str, quantity, net: Decimal, tax: Decimal| ToldLine {
        what: what.to_owned(),
        quantity,
        net: net.normalize(),
        tax: tax.normalize(),
    };
    let products = products.iter().map(|it| {
        let quantity = Some(it.quantity.normalize());
        line(&it.name, quantity, it.total, it.total_tax)
    });
    let shipping = shipping
        .iter()
        .map(|it| line(&it.method_title, None, it.total, it.total_tax));
    let fees = fees
        .iter()
        .map(|it| line(&it.name, None, it.total, it.total_tax));
    products.chain(shipping).chain(fees).collect()
}
