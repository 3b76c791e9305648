//! Which rates apply at a place, and what they take of a price.

use rust_decimal::Decimal;

use super::super::model::catalogue::TaxRate;
use super::super::model::people::Address;
use super::super::model::settings::Settings;
use super::super::money::{STORED, round_half_up};

/// Where an order is taxed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub country: String,
    pub state: String,
    pub postcode: String,
    pub city: String,
}

impl Place {
    /// The delivery address; without a country the billing one; without any, the shop's state.
    pub(crate) fn of(shipping: &Address, billing: &Address, settings: &Settings) -> Self {
        let Some(address) = [shipping, billing]
            .into_iter()
            .find(|at| !at.country.is_empty())
        else {
            return Self::base(settings);
        };
        Self {
            country: address.country.clone(),
            state: address.state.clone(),
            postcode: address.postcode.clone(),
            city: address.city.clone(),
        }
    }

    /// The shop's country and state, which prices that include tax were made for.
    pub(crate) fn base(settings: &Settings) -> Self {
        Self {
            country: settings.country.clone(),
            state: settings.state.clone(),
            ..Self::default()
        }
    }

    /// The shop's own address: local pickup is taxed there.
    pub(crate) fn shop(settings: &Settings) -> Self {
        Self {
            postcode: settings.postcode.clone(),
            city: settings.city.clone(),
            ..Self::base(settings)
        }
    }
}

/// The rates of a tax class at a place: of each priority the most specific one.
/// `class` is a product's: "" is the standard class.
pub(crate) fn rates_at<'r>(rates: &'r [TaxRate], place: &Place, class: &str) -> Vec<&'r TaxRate> {
    let class = if class.is_empty() { "standard" } else { class };
    let mut found: Vec<&TaxRate> = rates
        .iter()
        .filter(|rate| rate.class == class && applies(rate, place))
        .collect();
    found.sort_by_key(|rate| {
        (
            rate.priority,
            rate.country.is_empty(),
            rate.state.is_empty(),
            rate.postcode.is_empty(),
            rate.city.is_empty(),
            rate.id,
        )
    });
    found.dedup_by_key(|rate| rate.priority);
    found
}

fn applies(rate: &TaxRate, place: &Place) -> bool {
    let city = rate.city.is_empty() || rate.city == place.city.to_uppercase();
    let country = rate.country.is_empty() || rate.country == place.country;
    let state = rate.state.is_empty() || rate.state == place.state;
    country && state && city && postcode_matches(&rate.postcode, &place.postcode)
}

fn postcode_matches(pattern: &str, postcode: &str) -> bool {
    if let Some((first, last)) = pattern.split_once("...") {
        let within = |low: u64, high: u64, code: u64| (low..=high).contains(&code);
        return match (first.parse(), last.parse(), postcode.parse()) {
            (Ok(low), Ok(high), Ok(code)) => within(low, high, code),
            _ => false,
        };
    }
    match pattern.strip_suffix('*') {
        Some(start) => postcode.starts_with(start),
        None => pattern.is_empty() || pattern == postcode,
    }
}

/// A rate as a part of one.
fn share(rate: &TaxRate) -> Decimal {
    rate.percent * Decimal::new(1, 2)
}

/// What each rate takes of a net price, in the rates' order, with six decimals.
pub(crate) fn on_top_of(net: Decimal, rates: &[&TaxRate]) -> Vec<Decimal> {
    let plain: Decimal = rates
        .iter()
        .filter(|rate| !rate.compound)
        .map(|rate| net * share(rate))
        .sum();
    let mut before = plain;
    rates
        .iter()
        .map(|rate| {
            let mut tax = net * share(rate);
            if rate.compound {
                tax = (net + before) * share(rate);
                before += tax;
            }
            round_half_up(tax, STORED)
        })
        .collect()
}

/// The tax that a gross price holds, all rates together, with six decimals each.
pub(crate) fn within(gross: Decimal, rates: &[&TaxRate]) -> Decimal {
    let mut taxes = Decimal::ZERO;
    let mut without_compound = gross;
    for rate in rates.iter().rev().filter(|rate| rate.compound) {
        let tax = without_compound - without_compound / (Decimal::ONE + share(rate));
        taxes += round_half_up(tax, STORED);
        without_compound -= tax;
    }
    let plain: Vec<Decimal> = rates
        .iter()
        .filter(|rate| !rate.compound)
        .map(|rate| rate.percent)
        .collect();
    let all = Decimal::ONE_HUNDRED + plain.iter().sum::<Decimal>();
    for percent in plain {
        taxes += round_half_up(without_compound * percent / all, STORED);
    }
    taxes
}
