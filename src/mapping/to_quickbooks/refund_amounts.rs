//! What a refund is made of: its lines, and what was paid back without one.

use kit::round_half_up;
use rust_decimal::Decimal;

use super::cents::spread;
use super::hold::{hold, hold_with};
use super::lines::Lines;
use super::order::Sale;
use super::parts::Part;
use super::refund::PaidBack;
use crate::domain::{AmountOnly, Draft, Hold, References};

/// What a refund is made of.
pub(super) struct Figures {
    /// Its parts.
    pub(super) parts: Vec<Part>,
    /// The tax in it.
    pub(super) tax: Decimal,
    /// What a bookkeeper should look at.
    pub(super) warning: Option<String>,
}

impl PaidBack<'_> {
    /// Parts and tax that come to the amount.
    pub(super) fn figures(
        &self,
        sale: &Sale<'_>,
        amount: Decimal,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> Result<Figures, Hold> {
        let decimals = sale.decimals();
        let lines = Lines::of_refund(self.refund);
        let mut parts = lines.parts(self.catalogue(), known, drafts);
        let nets: Vec<Decimal> = parts.iter().map(|part| part.net).collect();
        let tax: Decimal = parts.iter().map(|part| part.tax).sum();
        let exact: Decimal = parts.iter().map(|part| part.exact_tax).sum();
        let taxes = [round_half_up(tax, decimals), round_half_up(exact, decimals)];
        let met = taxes
            .iter()
            .find(|tax| spread(amount - **tax, &nets, decimals).is_some());
        if let Some(tax) = met.filter(|_| !parts.is_empty()) {
            return Ok(Figures {
                parts,
                tax: *tax,
                warning: None,
            });
        }
        let tax = round_half_up(tax, decimals);
        let lines = round_half_up(nets.iter().sum::<Decimal>(), decimals) + tax;
        let rest = amount - lines;
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
                let (more, more_tax) = self.in_proportion(sale, rest, known)?;
                parts.extend(more);
                let warning = format!(
                    "{rest} {} was paid back without a line in the store: it is booked in proportion \
                     to the order",
                    sale.order.currency
                );
                Ok(Figures {
                    parts,
                    tax: tax + more_tax,
                    warning: Some(warning),
                })
            }
            AmountOnly::Proportional | AmountOnly::AsStored => {
                let item = self
                    .catalogue()
                    .named("refunds", &self.books.refunds, known, drafts);
                let reason = self.refund.reason.trim();
                parts.push(Part {
                    item,
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
                });
                let warning = format!(
                    "{rest} {} was paid back without a line in the store: it is booked without tax",
                    sale.order.currency
                );
                Ok(Figures {
                    parts,
                    tax,
                    warning: Some(warning),
                })
            }
        }
    }

    /// The order's parts in proportion to an amount, and the tax in it. Its items are in the books with the
    /// sale.
    fn in_proportion(
        &self,
        sale: &Sale<'_>,
        amount: Decimal,
        known: &References,
    ) -> Result<(Vec<Part>, Decimal), Hold> {
        let (total, tax) = sale.figures()?;
        let share = |part: Decimal| part * amount / total;
        let lines = Lines::of_order(sale.order);
        let mut parts = lines.parts(self.catalogue(), known, &mut Vec::new());
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
