//! What a refund is made of: its lines, and what was paid back without one.

use kit::round_half_up;
use rust_decimal::Decimal;
use woocommerce::Order;

use super::cents::spread;
use super::former::Former;
use super::hold::{hold, hold_with};
use super::lines::Lines;
use super::order::Sale;
use super::parts::Part;
use super::refund::PaidBack;
use crate::domain::{AmountOnly, Draft, Hold, Parent, References};

/// What to do about a refund that does not add up: `WooCommerce` lets nobody edit one.
const IN_THE_STORE: &str =
    "Delete the refund in WooCommerce and make it again, or enter it by hand, then exclude it.";

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
    /// What was paid back. Some versions of WooCommerce report 0 of a refund that its order names with
    /// the true amount (FACTS: WooCommerce §11).
    pub(super) fn amount(&self, sale: &Sale<'_>) -> Decimal {
        let told = self.told_by(sale.order);
        told.filter(|_| self.refund.amount.is_zero())
            .unwrap_or(self.refund.amount)
    }

    /// What the order says of it.
    fn told_by(&self, order: &Order) -> Option<Decimal> {
        let mut named = order.refunds.iter().flatten();
        let own = named.find(|it| it.id == self.refund.id)?;
        Some(own.total.abs())
    }

    /// The amount as the books can have it, on which refund and order agree.
    pub(super) fn agreed_amount(&self, sale: &Sale<'_>) -> Result<Decimal, Hold> {
        let (stored, decimals) = (self.amount(sale), sale.decimals());
        let amount = round_half_up(stored, decimals);
        if let Some(told) = self.told_by(sale.order)
            && round_half_up(told, decimals) != amount
        {
            return Err(hold(
                "malformed_record",
                format!(
                    "the refund says that {} was paid back, and its order {} says {}",
                    stored.normalize(),
                    sale.order.number,
                    told.normalize()
                ),
            ));
        }
        if amount != stored {
            return Err(hold(
                "total_mismatch",
                format!(
                    "its amount {} has more decimals than {} has",
                    stored.normalize(),
                    sale.order.currency
                ),
            ));
        }
        Ok(amount)
    }

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
            return Err(hold_with(
                "total_mismatch",
                format!("its lines add up to {lines}, more than the {amount} paid back"),
                IN_THE_STORE,
            ));
        }
        if lines < Decimal::ZERO {
            return Err(hold_with(
                "total_mismatch",
                format!("its lines add up to {lines}, and {amount} was paid back"),
                IN_THE_STORE,
            ));
        }
        match self.rules.refunds.amount_only {
            AmountOnly::Hold => Err(hold_with(
                "unsupported_order",
                format!("{rest} of it was paid back without a line"),
                "Enter the refund by hand, then exclude it; or set `refunds.amount_only`.",
            )),
            AmountOnly::Proportional if !sale.order.total.is_zero() => {
                let (more, more_tax) = self.in_proportion(sale, &former, rest, known, drafts)?;
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

    /// The order's parts in proportion to an amount, and the tax in it. The items of a sale that is in the
    /// books from elsewhere may be new.
    fn in_proportion(
        &self,
        sale: &Sale<'_>,
        former: &Former,
        amount: Decimal,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> Result<(Vec<Part>, Decimal), Hold> {
        let (total, tax) = sale.figures()?;
        let share = |part: Decimal| part * amount / total;
        let lines = Lines::of_order(sale.order);
        let mut parts = lines.parts(self.catalogue(), known, former, drafts);
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
