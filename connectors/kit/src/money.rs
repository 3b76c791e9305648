//! Money: decimals with a currency, rounded half up, allocated so that no cent is lost.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// An ISO 4217 currency code: three upper-case letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The text is not a currency code.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a currency code of three letters")]
pub struct InvalidCurrency(String);

impl Currency {
    /// How many decimals amounts of this currency have in the books: 0 for JPY, 3 for BHD, mostly 2.
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// The code's letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(InvalidCurrency(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidCurrency;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount of a currency. JSON: `{"amount":"58.20","currency":"USD"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The amount in whole units of the currency (dollars, not cents).
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
}

impl Money {
    /// `amount` of `currency`, as it is.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut amount = self.amount;
        if amount.scale() < self.currency.decimals() {
            amount.rescale(self.currency.decimals());
        }
        write!(f, "{amount} {}", self.currency)
    }
}

/// `amount` rounded to `decimals` places, halves away from zero, as QuickBooks does (FACTS:
/// QuickBooks §8).
pub fn round_half_up(amount: Decimal, decimals: u32) -> Decimal {
    let mut rounded =
        amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(decimals);
    rounded
}

/// Rounds every part to `decimals` places such that they add up to `total`, by largest remainder:
/// each part is moved by less than one unit of the last place. `None` where `total` is further from
/// the parts' sum than that allows, or has more decimals than asked for.
///
/// ```
/// use rust_decimal::Decimal;
/// let thousandths = |units: i64| Decimal::new(units, 3);
/// let parts = [thousandths(333), thousandths(333), thousandths(334)];
/// let cents = [33, 33, 34].map(|units| Decimal::new(units, 2)).to_vec();
/// assert_eq!(daybook_kit::allocate(Decimal::ONE, &parts, 2), Some(cents));
/// ```
pub fn allocate(total: Decimal, parts: &[Decimal], decimals: u32) -> Option<Vec<Decimal>> {
    if total.round_dp(decimals) != total {
        return None;
    }
    let unit = Decimal::new(1, decimals);
    let mut rounded: Vec<Decimal> = parts
        .iter()
        .map(|part| part.round_dp_with_strategy(decimals, RoundingStrategy::ToNegativeInfinity))
        .collect();
    let missing = (total - rounded.iter().sum::<Decimal>()) / unit;
    let raisable = parts
        .iter()
        .zip(&rounded)
        .filter(|(part, low)| part != low)
        .count();
    let missing = usize::try_from(missing)
        .ok()
        .filter(|missing| *missing <= raisable)?;
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let remainder = |index: &usize| match (parts.get(*index), rounded.get(*index)) {
        (Some(part), Some(low)) => part - low,
        _ => Decimal::ZERO,
    };
    order.sort_by(|left, right| remainder(right).cmp(&remainder(left)).then(left.cmp(right)));
    for index in order.into_iter().take(missing) {
        if let Some(amount) = rounded.get_mut(index) {
            *amount += unit;
        }
    }
    for amount in &mut rounded {
        amount.rescale(decimals);
    }
    Some(rounded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn allocation_loses_no_cent_and_moves_no_part_by_a_whole_one(
            parts in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..20),
        ) {
            let parts: Vec<Decimal> = parts.into_iter().map(|part| Decimal::new(part, 4)).collect();
            let total = round_half_up(parts.iter().sum(), 2);
            if let Some(cents) = allocate(total, &parts, 2) {
                prop_assert_eq!(cents.iter().sum::<Decimal>(), total);
                for (part, cent) in parts.iter().zip(&cents) {
                    prop_assert!((part - cent).abs() < Decimal::new(1, 2));
                }
            } else {
                prop_assert!(parts.iter().all(|part| part.round_dp(2) == *part) || total != parts.iter().sum());
            }
        }
    }

    #[test]
    fn a_total_that_the_parts_cannot_reach_is_refused() {
        let parts = [Decimal::new(100, 2), Decimal::new(200, 2)];
        assert_eq!(allocate(Decimal::new(301, 2), &parts, 2), None);
        assert_eq!(allocate(Decimal::new(3001, 3), &parts, 2), None);
    }

    #[test]
    fn currencies_know_their_decimals() {
        let decimals = |code: &str| code.parse::<Currency>().map(Currency::decimals).ok();
        assert_eq!(
            [
                decimals("USD"),
                decimals("JPY"),
                decimals("BHD"),
                decimals("usd")
            ],
            [Some(2), Some(0), Some(3), None]
        );
    }
}
