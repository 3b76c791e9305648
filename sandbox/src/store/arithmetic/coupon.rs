//! How coupons are spread over lines: in whole cents (the store's smallest unit) of the price as shown,
//! dearest unit first (10.5), what is left a cent at a time.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::super::model::catalogue::{Coupon, DiscountKind};
use super::super::money::round_half_up;

/// A line as coupons see it.
#[derive(Debug, Clone)]
pub(crate) struct Discountable {
    pub product_id: u64,
    /// Of all units, as shown: with tax where prices include it.
    pub price: Decimal,
    pub quantity: i64,
}

/// What each coupon takes off each line, in cents: one row per coupon, one column per line.
pub(crate) fn spread(
    coupons: &[&Coupon],
    lines: &[Discountable],
    dearest_unit_first: bool,
    decimals: u32,
) -> Vec<Vec<i64>> {
    let mut spreading = Spreading {
        lines,
        dearest_unit_first,
        decimals,
        off: vec![0; lines.len()],
    };
    coupons
        .iter()
        .map(|coupon| {
            let before = spreading.off.clone();
            spreading.apply(coupon);
            spreading
                .off
                .iter()
                .zip(before)
                .map(|(after, before)| after - before)
                .collect()
        })
        .collect()
}

struct Spreading<'l> {
    lines: &'l [Discountable],
    dearest_unit_first: bool,
    decimals: u32,
    /// Cents taken off each line so far.
    off: Vec<i64>,
}

impl Spreading<'_> {
    fn apply(&mut self, coupon: &Coupon) {
        let chosen = self.chosen(coupon);
        match coupon.kind {
            DiscountKind::Percent => self.percent(coupon.amount, &chosen),
            DiscountKind::FixedProduct => {
                self.per_unit(self.cents(coupon.amount), &chosen);
            }
            DiscountKind::FixedCart => {
                self.over_cart(self.cents(coupon.amount), &chosen);
            }
        }
    }

    /// The lines a coupon is for, dearest unit first; in old versions the one
    /// with the largest price times quantity.
    fn chosen(&self, coupon: &Coupon) -> Vec<usize> {
        let unit = |at: &usize| {
            self.lines.get(*at).map_or(Decimal::ZERO, |line| {
                let quantity = Decimal::from(line.quantity);
                if self.dearest_unit_first {
                    line.price.checked_div(quantity).unwrap_or_default()
                } else {
                    line.price * quantity
                }
            })
        };
        let mut chosen: Vec<usize> = (0..self.lines.len())
            .filter(|at| {
                self.lines.get(*at).is_some_and(|line| {
                    coupon.products.is_empty() || coupon.products.contains(&line.product_id)
                })
            })
            .collect();
        chosen.sort_by_key(|at| std::cmp::Reverse(unit(at)));
        chosen
    }

    fn quantity(&self, at: usize) -> i64 {
        self.lines.get(at).map_or(0, |line| line.quantity)
    }

    /// What of a line is left to take, in whole cents.
    fn left(&self, at: usize) -> i64 {
        let price = self.lines.get(at).map_or(Decimal::ZERO, |line| line.price);
        let off = self.off.get(at).copied().unwrap_or_default();
        self.cents(price - Decimal::new(off, self.decimals)).max(0)
    }

    fn take(&mut self, at: usize, amount: i64) -> i64 {
        let amount = amount.min(self.left(at)).max(0);
        if let Some(off) = self.off.get_mut(at) {
            *off += amount;
        }
        amount
    }

    fn percent(&mut self, percent: Decimal, chosen: &[usize]) {
        let mut base = 0;
        let mut taken = 0;
        for &at in chosen {
            let price = self.cents(self.lines.get(at).map_or(Decimal::ZERO, |line| line.price));
            let share = Decimal::from(price) * percent / Decimal::ONE_HUNDRED;
            base += price;
            taken += self.take(at, share.floor().to_i64().unwrap_or_default());
        }
        let whole = Decimal::from(base) * percent / Decimal::ONE_HUNDRED;
        let whole = whole
            .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointTowardZero)
            .to_i64()
            .unwrap_or_default();
        if taken < whole {
            self.cent_by_cent(whole - taken, chosen);
        }
    }

    fn per_unit(&mut self, amount: i64, chosen: &[usize]) -> i64 {
        chosen
            .iter()
            .map(|&at| self.take(at, amount * self.quantity(at)))
            .sum()
    }

    fn over_cart(&mut self, mut amount: i64, chosen: &[usize]) {
        while amount > 0 {
            let open: Vec<usize> = chosen
                .iter()
                .copied()
                .filter(|&at| self.left(at) > 0)
                .collect();
            let units: i64 = open.iter().map(|&at| self.quantity(at)).sum();
            if units == 0 {
                return;
            }
            let each = amount / units;
            if each == 0 {
                self.cent_by_cent(amount, &open);
                return;
            }
            let taken = self.per_unit(each, &open);
            if taken == 0 {
                return;
            }
            amount -= taken;
        }
    }

    fn cent_by_cent(&mut self, amount: i64, chosen: &[usize]) {
        let mut taken = 0;
        for &at in chosen {
            for _ in 0..self.quantity(at) {
                taken += self.take(at, 1);
                if taken >= amount {
                    return;
                }
            }
        }
    }

    fn cents(&self, amount: Decimal) -> i64 {
        round_half_up(amount / Decimal::new(1, self.decimals), 0)
            .to_i64()
            .unwrap_or_default()
    }
}
