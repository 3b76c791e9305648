//! The parts an order or refund is made of, alike for products, shipping, fees and what is left: what
//! is booked where, how much of it, and how the store taxed it.

use std::collections::HashMap;

use rust_decimal::Decimal;
use woocommerce::{LineTax, TaxLine};

use super::codes::rate_key;
use super::product::ItemTarget;

/// No tax is so many times what it is taken of.
const HIGHEST: Decimal = Decimal::ONE_THOUSAND;

/// One part. Amounts are in the order's currency with up to six decimals, as the store keeps them.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The item it is booked to.
    pub(super) item: ItemTarget,
    /// What it is, in the store's words.
    pub(super) description: String,
    /// How many; 0 where that means nothing.
    pub(super) quantity: Decimal,
    /// Before discounts, without tax.
    pub(super) before: Decimal,
    /// After discounts, without tax; of a refund's line what the store rounded, where that is known.
    pub(super) net: Decimal,
    /// Its tax as the store rounded it.
    pub(super) tax: Decimal,
    /// Its tax before rounding: the sum over its rates.
    pub(super) exact_tax: Decimal,
    /// The store's rates on it ([`rate_key`]); empty where it is not taxed.
    pub(super) rates: String,
    /// Its tax class; `None` for shipping, which has none of its own.
    pub(super) class: Option<String>,
    /// An amount that belongs to no line of the store.
    pub(super) unassigned: bool,
}

impl Part {
    /// With tax, as the store rounded it.
    pub(super) fn gross(&self) -> Decimal {
        self.net + self.tax
    }

    /// With tax, before rounding.
    pub(super) fn exact_gross(&self) -> Decimal {
        self.net + self.exact_tax
    }
}

/// The ids of the rates on a line, and their tax before rounding.
pub(super) fn taxes_of(taxes: &[LineTax]) -> (String, Decimal) {
    let rates = rate_key(taxes.iter().map(|tax| tax.rate_id.as_str()));
    (rates, taxes.iter().map(|tax| tax.total).sum())
}

/// The store's rates in one order.
#[derive(Clone, Debug, Default)]
pub(super) struct StoreRates<'a>(HashMap<&'a str, &'a TaxLine>);

impl<'a> StoreRates<'a> {
    /// The rates of these tax lines.
    pub(super) fn new(lines: impl IntoIterator<Item = &'a TaxLine>) -> Self {
        Self(
            lines
                .into_iter()
                .map(|line| (line.rate_id.as_str(), line))
                .collect(),
        )
    }

    /// The tax line of a rate.
    pub(super) fn line(&self, id: &str) -> Option<&'a TaxLine> {
        self.0.get(id).copied()
    }

    /// The rates of a set that are not zero; one whose percentage is unknown counts.
    pub(super) fn charged(&self, rates: &str) -> String {
        let charged = |id: &&str| {
            let percent = self.0.get(id).and_then(|line| line.rate_percent);
            percent.is_none_or(|percent| !percent.is_zero())
        };
        rate_key(rates.split('+').filter(charged))
    }

    /// All rates of a set on an amount of 1, compound ones on top of the others; `None` where a
    /// percentage is unknown, or no tax is that high.
    pub(super) fn share(&self, rates: &str) -> Option<Decimal> {
        let each = self.by_rate(rates)?;
        Some(each.into_iter().map(|(_, share)| share).sum())
    }

    /// The same, rate by rate.
    pub(super) fn by_rate<'r>(&self, rates: &'r str) -> Option<Vec<(&'r str, Decimal)>> {
        let (mut shares, mut compound) = (Vec::new(), Vec::new());
        for id in rates.split('+').filter(|id| !id.is_empty()) {
            let line = self.0.get(id)?;
            let share = line.rate_percent? / Decimal::ONE_HUNDRED;
            if line.compound {
                compound.push((id, share));
            } else {
                shares.push((id, share));
            }
        }
        let mut taxes: Decimal = shares.iter().map(|(_, share)| *share).sum();
        for (id, percent) in compound {
            let share = (Decimal::ONE + taxes) * percent;
            taxes += share;
            shares.push((id, share));
            if taxes.abs() > HIGHEST {
                return None;
            }
        }
        Some(shares).filter(|_| taxes.abs() <= HIGHEST)
    }

    /// A set of rates in words: "GST (5 %) and QST (9.975 %)".
    pub(super) fn in_words(&self, rates: &str) -> String {
        let words: Vec<String> = rates
            .split('+')
            .map(|id| match self.0.get(id) {
                Some(line) => {
                    let percent = line
                        .rate_percent
                        .map(|it| format!(", {} %", it.normalize()));
                    format!("{} (rate {id}{})", line.label, percent.unwrap_or_default())
                }
                None => format!("rate {id}"),
            })
            .collect();
        words.join(" and ")
    }
}
