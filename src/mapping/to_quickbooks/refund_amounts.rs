//! What a refund is made of: its lines, and what was paid back without one.

use kit::round_half_up;
use rust_decimal::Decimal;

use super::cents::spread;
use super::former::Former;
use super::hold::{hold, hold_with};
use super::lines::Lines;
use super::order::Sale;
use super::parts::Part;
use super::refund::PaidBack;
use crate::domain::{AmountOnly, Draft, Hold, Parent, References};

/// What a refund is made of.
pub(super) struct Figures {
    /// Its parts.
    pub(super) parts: Vec<Part>,
    /// The tax in it by the store's lines.
    pub(super) tax: Decimal,
    /// Cents of its lines that were not paid back, since rounding had added them.
    pub(super) cut: Decimal,
    /// What a bookkeeper should look at.
    pub(super) warning: Option<String>,
}

impl Figures {
    /// The parts in the order they are tried: as the store has them, then with the largest less by what
    /// was cut off the refund.
    pub(super) fn tries(&self) -> Vec<Vec<Part>> {
        let mut tries = vec![self.parts.clone()];
        let mut less = self.parts.clone();
        let largest = less.iter_mut().max_by_key(|part| part.net);
        if let Some(part) = largest.filter(|_| !self.cut.is_zero()) {
            part.net -= self.cut;
            part.before = part.net;
            tries.push(less);
        }
        tries
    }
}

impl PaidBack<'_> {
    /// Parts and tax that come to the amount.
    pub(super) fn figures(
        &self,
        sale: &Sale<'_>,
        parent: &Parent,
        amount: Decimal,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> Result<Figures, Hold> {
        let decimals = sale.decimals();
        let lines = Lines::of_refund(self.refund, Some(sale.order));
        let former = Former::of_sale(parent);
        let mut parts = lines.parts(self.catalogue(), known, &former, drafts);
        let nets: Vec<Decimal> = parts.iter().map(|part| part.net).collect();
        let (net, told) = self
            .stored_parts()
            .fold((Decimal::ZERO, Decimal::ZERO), |sum, part| {
                (sum.0 + part.0, sum.1 + part.1)
            });
        let tax = round_half_up(told, decimals);
        let met = spread(amount - tax, &nets, decimals).is_some();
        let rest = amount - round_half_up(net, decimals) - tax;
        // cents that the rounding of each line added are not paid back twice
        let cents = Decimal::from(parts.len()) * Decimal::new(1, decimals);
        let cut = rest <= Decimal::ZERO && -rest <= cents;
        if (met || cut) && !parts.is_empty() {
            return Ok(Figures {
                parts,
                tax,
                cut: if cut { -rest } else { Decimal::ZERO },
                warning: None,
            });
        }
        let lines = amount - rest;
        if rest <= Decimal::ZERO {
            return Err(hold(
                "total_mismatch",
                format!("its lines add up to {lines}, more than the {amount} paid back"),
            ));
        }
        if lines < Decimal::ZERO {
            return Err(hold(
                "total_mismatch",
                format!("its lines add up to {lines}, and {amount} was paid back"),
            ));
        }
        match self.rules.refunds.amount_only {
            AmountOnly::Hold => Err(hold_with(
                "unsupported_order",
                format!("{rest} of it was paid back without a line"),
                "Enter the refund by hand, then exclude it; or set `refunds.amount_only`.",
            )),
            AmountOnly::Proportional if !sale.order.total.is_zero() => {
                let (more, more_tax) = self.in_proportion(sale, &former, rest, known)?;
                parts.extend(more);
                let warning = format!(
                    "{rest} {} was paid back without a line in the store: it is booked in proportion \
                     to the order",
                    sale.order.currency
                );
                Ok(Figures {
                    parts,
                    tax: tax + more_tax,
                    cut: Decimal::ZERO,
                    warning: Some(warning),
                })
            }
            AmountOnly::Proportional | AmountOnly::AsStored => {
                parts.push(self.unassigned(sale, rest, known, drafts));
                let warning = format!(
                    "{rest} {} was paid back without a line in the store: it is booked without tax",
                    sale.order.currency
                );
                Ok(Figures {
                    parts,
                    tax,
                    cut: Decimal::ZERO,
                    warning: Some(warning),
                })
            }
        }
    }

    /// What was paid back without a line.
    fn unassigned(
        &self,
        sale: &Sale<'_>,
        rest: Decimal,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> Part {
        let refunds = &self.books.refunds;
        let reason = self.refund.reason.trim();
        Part {
            item: self.catalogue().named("refunds", refunds, known, drafts),
            description: if reason.is_empty() {
                format!("Refund of order {}", sale.order.number)
            } else {
                reason.to_owned()
            },
            quantity: Decimal::ZERO,
            before: rest,
            net: rest,
            tax: Decimal::ZERO,
            exact_tax: Decimal::ZERO,
            rates: String::new(),
            class: None,
            unassigned: true,
        }
    }

    /// The order's parts in proportion to an amount, and the tax in it. Its items are in the books with the
    /// sale.
    fn in_proportion(
        &self,
        sale: &Sale<'_>,
        former: &Former,
        amount: Decimal,
        known: &References,
    ) -> Result<(Vec<Part>, Decimal), Hold> {
        let (total, tax) = sale.figures()?;
        let share = |part: Decimal| part * amount / total;
        let lines = Lines::of_order(sale.order);
        let mut parts = lines.parts(self.catalogue(), known, former, &mut Vec::new());
        for part in &mut parts {
            part.net = share(part.net);
            part.before = part.net;
            part.tax = share(part.tax);
            part.exact_tax = share(part.exact_tax);
            part.quantity = Decimal::ZERO;
        }
        Ok((parts, round_half_up(share(tax), sale.decimals())))
    }
}
