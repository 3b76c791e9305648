//! What gateways keep, added up by the day: in which day's sum an order's fee counts, and the sum.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use kit::{Currency, PostingKind};
use rust_decimal::Decimal;

use super::{LinkKey, SourceKind};

/// A day of a gateway in one currency: its fees are one expense. As text `2026-10-01/stripe/USD`: the
/// day comes first, so that texts sort by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GatewayDay {
    /// The day of the payments, in the pipeline's calendar.
    pub date: Date,
    /// The gateway (`payment_method`).
    pub gateway: String,
    /// The currency of the orders.
    pub currency: Currency,
}

impl GatewayDay {
    /// Names the day's expense.
    pub fn key(&self) -> LinkKey {
        LinkKey::new(
            SourceKind::GatewayDay,
            self.to_string(),
            PostingKind::Expense,
        )
    }
}

impl fmt::Display for GatewayDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.date, self.gateway, self.currency)
    }
}

impl FromStr for GatewayDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // a plugin can put a slash into a gateway's name
        let parts = text.split_once('/').and_then(|(date, rest)| {
            let (gateway, currency) = rest.rsplit_once('/')?;
            Some(Self {
                date: date.parse().ok()?,
                gateway: gateway.to_owned(),
                currency: currency.parse().ok()?,
            })
        });
        parts.ok_or_else(|| format!("`{text}` is not a day of a gateway"))
    }
}

/// The part an order has in the fees of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeShare {
    /// The day.
    pub day: GatewayDay,
    /// What the gateway kept; `None` where the order does not say it: then it is unknown, not zero.
    pub fee: Option<Decimal>,
}

/// The fees of a day, of the orders whose sales are in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeesOfDay {
    /// The day.
    pub day: GatewayDay,
    /// The sum of the fees that are known.
    pub total: Decimal,
    /// How many orders are counted.
    pub orders: u64,
    /// Of how many of them the fee is unknown.
    pub unknown: u64,
}

impl FeesOfDay {
    /// Adds up; each item is the fee of one order, as in [`FeeShare::fee`].
    pub fn of(day: GatewayDay, fees: impl IntoIterator<Item = Option<Decimal>>) -> Self {
        let mut sum = Self {
            day,
            total: Decimal::ZERO,
            orders: 0,
            unknown: 0,
        };
        for fee in fees {
            sum.orders += 1;
            match fee {
                Some(fee) => sum.total += fee,
                None => sum.unknown += 1,
            }
        }
        sum
    }

    /// The sum as a record of its own: equal sums are equal texts.
    pub fn record(&self) -> String {
        serde_json::json!({
            "date": self.day.date,
            "gateway": self.day.gateway,
            "currency": self.day.currency,
            "fees": self.total.normalize().to_string(),
            "orders": self.orders,
            "unknown": self.unknown,
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> GatewayDay {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_its_text_and_back_whatever_the_gateway_is_called() {
        for text in ["2026-10-01/stripe/USD", "2026-10-01/odd/name/EUR"] {
            assert_eq!(day(text).to_string(), text);
        }
        assert_eq!(day("2026-10-01/odd/name/EUR").gateway, "odd/name");
        for text in [
            "2026-10-01",
            "2026-10-01/USD",
            "1.10.2026/stripe/USD",
            "2026-10-01/stripe/usd",
        ] {
            assert!(text.parse::<GatewayDay>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_texts_of_days_that_are_over_sort_before_today() {
        let today = "2026-10-02";
        assert!(day("2026-10-01/stripe/USD").to_string().as_str() < today);
        assert!(day("2026-10-02/adyen/USD").to_string().as_str() > today);
    }

    #[test]
    fn an_unknown_fee_is_counted_and_adds_nothing() {
        let fees = [Some(Decimal::new(137, 2)), None, Some(Decimal::new(50, 2))];
        let sum = FeesOfDay::of(day("2026-10-01/stripe/USD"), fees);
        assert_eq!(
            (sum.total, sum.orders, sum.unknown),
            (Decimal::new(187, 2), 3, 1)
        );
        let same = FeesOfDay {
            total: Decimal::new(1870, 3),
            ..sum.clone()
        };
        assert_eq!(sum.record(), same.record());
    }
}
