//! Refunds in every shape a shop makes them: by lines, shipping, fees, tax
//! only, an amount without lines, lines that add up to less than the amount.
//! FACTS: WooCommerce §7.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::arithmetic::totals::Ids;
use super::handle::ChangeRefused;
use super::model::order::{
    FeeLine, LineTax, Meta, Order, ProductLine, Refund, ShippingLine, TaxLine,
};
use super::money::round_half_up;
use super::quirks::StoreVersion;

/// What is given back. Without an amount it is the sum of the parts.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a part that is given back or not"
)]
pub struct RefundRequest {
    lines: Vec<(usize, i64)>,
    tax_only: Option<(usize, Decimal)>,
    part_of: Option<(usize, Decimal)>,
    shipping: bool,
    fees: bool,
    everything: bool,
    amount: Option<Decimal>,
    reason: String,
    through_gateway: bool,
}

impl RefundRequest {
    /// An amount without any line: it says nothing about tax.
    #[must_use]
    pub fn amount_only(amount: Decimal) -> Self {
        Self {
            amount: Some(amount),
            ..Self::default()
        }
    }

    /// Units of product lines: (line, counted from 0; quantity).
    #[must_use]
    pub fn lines(lines: &[(usize, i64)]) -> Self {
        Self {
            lines: lines.to_vec(),
            ..Self::default()
        }
    }

    /// All lines, shipping and fees.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            everything: true,
            shipping: true,
            fees: true,
            ..Self::default()
        }
    }

    /// Only the tax of a line, positive: quantity and total of it stay 0.
    #[must_use]
    pub fn tax_of_line(line: usize, tax: Decimal) -> Self {
        Self {
            tax_only: Some((line, tax)),
            ..Self::default()
        }
    }

    /// Money off a line, net and positive, with its share of the line's tax: its quantity stays 0.
    #[must_use]
    pub fn part_of_line(line: usize, net: Decimal) -> Self {
        Self {
            part_of: Some((line, net)),
            ..Self::default()
        }
    }

    /// Shipping and its tax, alone or besides lines.
    #[must_use]
    pub fn with_shipping(mut self) -> Self {
        self.shipping = true;
        self
    }

    /// Fees and their tax, alone or besides lines.
    #[must_use]
    pub fn with_fees(mut self) -> Self {
        self.fees = true;
        self
    }

    /// An amount that differs from the sum of the parts.
    #[must_use]
    pub fn of_amount(mut self, amount: Decimal) -> Self {
        self.amount = Some(amount);
        self
    }

    /// The reason.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        reason.clone_into(&mut self.reason);
        self
    }

    /// The gateway sent the money back: `refunded_payment` is true.
    #[must_use]
    pub fn through_gateway(mut self) -> Self {
        self.through_gateway = true;
        self
    }
}

/// Makes the refund; the order is not changed yet. Refused when it is more
/// than what is left of the order.
pub(crate) fn make(
    order: &Order,
    request: &RefundRequest,
    id: u64,
    ids: &mut Ids,
    now: Timestamp,
    version: StoreVersion,
    decimals: u32,
) -> Result<Refund, ChangeRefused> {
    let mut refund = Refund {
        id,
        created: now,
        amount: Decimal::ZERO,
        reason: request.reason.clone(),
        refunded_by: 1,
        refunded_payment: request.through_gateway,
        meta: Vec::new(),
        lines: refunded_lines(order, request, ids, decimals)?,
        shipping_lines: Vec::new(),
        tax_lines: Vec::new(),
        fee_lines: Vec::new(),
    };
    if request.shipping {
        refund.shipping_lines = order
            .shipping_lines
            .iter()
            .map(|line| give_back_shipping(line, ids, decimals))
            .collect();
    }
    if request.fees {
        refund.fee_lines = order
            .fee_lines
            .iter()
            .map(|fee| give_back_fee(fee, ids, decimals))
            .collect();
    }
    refund.tax_lines = tax_lines(order, &refund, ids);
    let left = order.total - order.refunded();
    // Cents that rounding added are not given back twice.
    let count = refund.lines.len() + refund.shipping_lines.len() + refund.fee_lines.len();
    let cents = Decimal::from(count) * Decimal::new(1, decimals);
    refund.amount = request.amount.unwrap_or_else(|| match parts(&refund) {
        all if all <= left + cents => all.min(left),
        all => all,
    });
    if refund.amount > left || refund.amount < Decimal::ZERO {
        return Err(ChangeRefused::RefundTooLarge {
            order: order.id,
            left,
        });
    }
    if version.has_refund_types() {
        let kind = if refund.amount == left {
            "full"
        } else {
            "partial"
        };
        refund.meta.push(Meta {
            id: id * 8,
            key: "_refund_type".to_owned(),
            value: Value::from(kind),
            display: None,
        });
    }
    Ok(refund)
}

/// What the lines of a refund add up to; positive.
fn parts(refund: &Refund) -> Decimal {
    let lines = refund.lines.iter().map(|line| line.total + line.total_tax);
    let shipping = refund
        .shipping_lines
        .iter()
        .map(|line| line.total + line.total_tax);
    let fees = refund
        .fee_lines
        .iter()
        .map(|line| line.total + line.total_tax);
    -lines.chain(shipping).chain(fees).sum::<Decimal>()
}

fn refunded_lines(
    order: &Order,
    request: &RefundRequest,
    ids: &mut Ids,
    decimals: u32,
) -> Result<Vec<ProductLine>, ChangeRefused> {
    if request.everything {
        return Ok(order
            .lines
            .iter()
            .map(|line| give_back(line, line.quantity, None, ids, decimals))
            .collect());
    }
    let line_at = |at: usize| {
        order.lines.get(at).ok_or(ChangeRefused::UnknownLine {
            order: order.id,
            line: at,
        })
    };
    let mut lines = Vec::new();
    for (at, quantity) in &request.lines {
        lines.push(give_back(line_at(*at)?, *quantity, None, ids, decimals));
    }
    if let Some((at, tax)) = request.tax_only {
        lines.push(give_back(line_at(at)?, 0, Some(tax), ids, decimals));
    }
    if let Some((at, net)) = request.part_of {
        lines.push(give_back_part(line_at(at)?, net, ids, decimals));
    }
    Ok(lines)
}

/// `quantity` of a line's units, negative; or only `tax` of it.
fn give_back(
    line: &ProductLine,
    quantity: i64,
    tax: Option<Decimal>,
    ids: &mut Ids,
    decimals: u32,
) -> ProductLine {
    let id = ids.take();
    let share = |value: Decimal| {
        let units = Decimal::from(line.quantity.max(1));
        -round_half_up(value * Decimal::from(quantity) / units, decimals)
    };
    let total = share(line.total);
    let taxes: Vec<LineTax> = line
        .taxes
        .iter()
        .enumerate()
        .map(|(at, of)| {
            let amount = match tax {
                Some(tax) if at == 0 => -tax,
                Some(_) => Decimal::ZERO,
                None => share(of.total),
            };
            LineTax {
                rate_id: of.rate_id,
                total: amount,
                subtotal: Some(amount),
            }
        })
        .collect();
    let total_tax = taxes.iter().map(|tax| tax.total).sum();
    ProductLine {
        id,
        quantity: -quantity,
        subtotal: total,
        subtotal_tax: total_tax,
        total,
        total_tax,
        taxes,
        meta: vec![refunded_item(line.id, id)],
        ..line.clone()
    }
}

/// Money off a line without any unit of it, with its share of the tax.
fn give_back_part(line: &ProductLine, net: Decimal, ids: &mut Ids, decimals: u32) -> ProductLine {
    let mut part = give_back(line, 0, None, ids, decimals);
    let share = net.checked_div(line.total).unwrap_or_default();
    for (given, of) in part.taxes.iter_mut().zip(&line.taxes) {
        given.total = -round_half_up(of.total * share, decimals);
        given.subtotal = Some(given.total);
    }
    part.total = -net;
    part.subtotal = -net;
    part.total_tax = part.taxes.iter().map(|tax| tax.total).sum();
    part.subtotal_tax = part.total_tax;
    part
}

fn given_back(taxes: &[LineTax], decimals: u32) -> (Vec<LineTax>, Decimal) {
    let taxes: Vec<LineTax> = taxes
        .iter()
        .map(|tax| LineTax {
            total: -round_half_up(tax.total, decimals),
            ..tax.clone()
        })
        .collect();
    let sum = taxes.iter().map(|tax| tax.total).sum();
    (taxes, sum)
}

fn give_back_shipping(line: &ShippingLine, ids: &mut Ids, decimals: u32) -> ShippingLine {
    let id = ids.take();
    let (taxes, total_tax) = given_back(&line.taxes, decimals);
    ShippingLine {
        id,
        total: -line.total,
        total_tax,
        taxes,
        meta: vec![refunded_item(line.id, id)],
        ..line.clone()
    }
}

fn give_back_fee(fee: &FeeLine, ids: &mut Ids, decimals: u32) -> FeeLine {
    let id = ids.take();
    let (taxes, total_tax) = given_back(&fee.taxes, decimals);
    FeeLine {
        id,
        total: -fee.total,
        total_tax,
        taxes,
        meta: vec![refunded_item(fee.id, id)],
        ..fee.clone()
    }
}

fn refunded_item(of: u64, id: u64) -> Meta {
    let value = Value::from(of.to_string());
    Meta {
        id: id * 8,
        key: "_refunded_item_id".to_owned(),
        display: Some(("_refunded_item_id".to_owned(), value.clone())),
        value,
    }
}

/// The order's rates with what this refund takes of each.
fn tax_lines(order: &Order, refund: &Refund, ids: &mut Ids) -> Vec<TaxLine> {
    let of_rate = |taxes: &[LineTax], rate: u64| -> Option<Decimal> {
        let mut found = taxes.iter().filter(|tax| tax.rate_id == rate).peekable();
        found.peek()?;
        Some(found.map(|tax| tax.total).sum())
    };
    order
        .tax_lines
        .iter()
        .filter_map(|line| {
            let goods = refund.lines.iter().map(|line| &line.taxes);
            let fees = refund.fee_lines.iter().map(|fee| &fee.taxes);
            let shipping = refund.shipping_lines.iter().map(|line| &line.taxes);
            let cart: Vec<Decimal> = goods
                .chain(fees)
                .filter_map(|taxes| of_rate(taxes, line.rate_id))
                .collect();
            let sent: Vec<Decimal> = shipping
                .filter_map(|taxes| of_rate(taxes, line.rate_id))
                .collect();
            if cart.is_empty() && sent.is_empty() {
                return None;
            }
            Some(TaxLine {
                id: ids.take(),
                tax_total: cart.into_iter().sum(),
                shipping_tax_total: sent.into_iter().sum(),
                meta: Vec::new(),
                ..line.clone()
            })
        })
        .collect()
}
