//! The ways to bring amounts to whole cents: each down or up, all together the total. For tax only the
//! sum under each tax code matters, so ways differ by those sums; the nearest to plain rounding come
//! first.

use std::collections::{HashSet, VecDeque};

use rust_decimal::{Decimal, RoundingStrategy};

use super::cents::spread;

/// More ways than this are not tried: an order has few codes, and cents moved far from where rounding
/// put them change tax no further than those moved near.
const MOST: usize = 2_000;

/// Amounts that share tax codes.
pub(super) struct Ways<'a> {
    parts: &'a [Decimal],
    /// The code of each, as a number.
    codes: &'a [usize],
    decimals: u32,
    plain: Option<Vec<Decimal>>,
}

impl<'a> Ways<'a> {
    /// The ways of `parts`, each under one of `codes`, to `total`.
    pub(super) fn new(
        total: Decimal,
        parts: &'a [Decimal],
        codes: &'a [usize],
        decimals: u32,
    ) -> Self {
        Self {
            parts,
            codes,
            decimals,
            plain: spread(total, parts, decimals),
        }
    }

    /// Plain rounding; `None` where it cannot explain the total.
    pub(super) fn plain(&self) -> Option<&[Decimal]> {
        self.plain.as_deref()
    }

    /// The first of the other ways that fits, cents having been moved from code to code.
    pub(super) fn moved<T>(&self, fits: impl Fn(&[Decimal]) -> Option<T>) -> Option<T> {
        let plain = self.plain.as_deref()?;
        let limits = self.limits();
        let start = vec![0_i64; limits.len()];
        let mut seen = HashSet::from([start.clone()]);
        let mut open = VecDeque::from([start]);
        let sums = self.sums(plain, limits.len());
        while let Some(shift) = open.pop_front() {
            for next in neighbours(&shift) {
                if seen.len() > MOST {
                    return None;
                }
                let target = self.shifted(&sums, &next);
                let within = target
                    .iter()
                    .zip(&limits)
                    .all(|(sum, (low, high))| low <= sum && sum <= high);
                if !within || !seen.insert(next.clone()) {
                    continue;
                }
                if let Some(found) = self.amounts(&target).and_then(|it| fits(&it)) {
                    return Some(found);
                }
                open.push_back(next);
            }
        }
        None
    }

    /// The lowest and highest sum under each code.
    fn limits(&self) -> Vec<(Decimal, Decimal)> {
        let count = self.codes.iter().max().map_or(0, |last| last + 1);
        let mut limits = vec![(Decimal::ZERO, Decimal::ZERO); count];
        let to = |part: &Decimal, strategy| part.round_dp_with_strategy(self.decimals, strategy);
        for (part, code) in self.parts.iter().zip(self.codes) {
            if let Some((low, high)) = limits.get_mut(*code) {
                *low += to(part, RoundingStrategy::ToNegativeInfinity);
                *high += to(part, RoundingStrategy::ToPositiveInfinity);
            }
        }
        limits
    }

    fn sums(&self, amounts: &[Decimal], count: usize) -> Vec<Decimal> {
        let mut sums = vec![Decimal::ZERO; count];
        for (amount, code) in amounts.iter().zip(self.codes) {
            if let Some(sum) = sums.get_mut(*code) {
                *sum += amount;
            }
        }
        sums
    }

    fn shifted(&self, sums: &[Decimal], shift: &[i64]) -> Vec<Decimal> {
        let cents = |by: &i64| Decimal::new(*by, self.decimals);
        sums.iter()
            .zip(shift)
            .map(|(sum, by)| sum + cents(by))
            .collect()
    }

    /// Amounts with these sums under the codes.
    fn amounts(&self, sums: &[Decimal]) -> Option<Vec<Decimal>> {
        let mut amounts = vec![Decimal::ZERO; self.parts.len()];
        for (code, sum) in sums.iter().enumerate() {
            let places = || {
                let of_code = self.codes.iter().enumerate();
                of_code.filter_map(|(place, it)| (*it == code).then_some(place))
            };
            let parts: Option<Vec<Decimal>> = places()
                .map(|place| self.parts.get(place).copied())
                .collect();
            let cents = kit::allocate(*sum, &parts?, self.decimals)?;
            for (place, amount) in places().zip(cents) {
                *amounts.get_mut(place)? = amount;
            }
        }
        Some(amounts)
    }
}

/// One more cent moved from one code to another.
fn neighbours(shift: &[i64]) -> impl Iterator<Item = Vec<i64>> + '_ {
    let pairs = (0..shift.len()).flat_map(|from| (0..shift.len()).map(move |to| (from, to)));
    pairs.filter(|(from, to)| from != to).map(|(from, to)| {
        let mut next = shift.to_vec();
        for (place, by) in next.iter_mut().enumerate() {
            *by += i64::from(place == to) - i64::from(place == from);
        }
        next
    })
}

/// The codes of parts as numbers from 0, in the order they come.
pub(super) fn numbered<T: PartialEq>(codes: &[T]) -> Vec<usize> {
    let first = |code: &T| codes.iter().position(|other| other == code);
    let firsts: Vec<usize> = codes.iter().filter_map(first).collect();
    let mut distinct = firsts.clone();
    distinct.sort_unstable();
    distinct.dedup();
    firsts
        .iter()
        .filter_map(|place| distinct.binary_search(place).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn cents_move_between_codes_and_no_part_moves_by_a_whole_one() {
        let parts = [dec!(1.004), dec!(2.006), dec!(5.00)];
        let codes = [0, 1, 2];
        let ways = Ways::new(dec!(8.01), &parts, &codes, 2);
        assert_eq!(
            ways.plain(),
            Some(&[dec!(1.00), dec!(2.01), dec!(5.00)][..])
        );
        let tried = std::cell::RefCell::new(Vec::new());
        let none: Option<()> = ways.moved(|amounts| {
            tried.borrow_mut().push(amounts.to_vec());
            None
        });
        assert_eq!(none, None);
        assert_eq!(*tried.borrow(), [[dec!(1.01), dec!(2.00), dec!(5.00)]]);
    }

    #[test]
    fn what_rounding_cannot_explain_has_no_way() {
        let parts = [dec!(1.004), dec!(7.003)];
        let ways = Ways::new(dec!(8.05), &parts, &[0, 1], 2);
        assert_eq!(ways.plain(), None);
        assert_eq!(ways.moved(|_| Some(())), None);
    }

    #[test]
    fn codes_are_numbered_in_their_order() {
        assert_eq!(numbered(&["b", "a", "b", "c"]), [0, 1, 0, 2]);
        assert_eq!(numbered::<&str>(&[]), [0; 0]);
    }
}
