//! A fee below zero lessens everything the order has in proportion, taxed or not (WooCommerce spreads
//! it over the tax classes). It is booked as the store taxed it: a line for each way of taxing.

use kit::round_half_up;
use rust_decimal::Decimal;
use woocommerce::{FeeLine, LineTax, Order};

use super::codes::rate_key;
use super::parts::{Part, StoreRates};

/// The decimals the store keeps.
const STORED: u32 = 6;

/// What is taxed by the same rates.
struct Group {
    /// [`rate_key`]; empty for what is not taxed.
    rates: String,
    /// What it costs in the order.
    cost: Decimal,
}

/// `part` of the fee `fee`, in as many parts as it is taxed in ways; itself where the order does not
/// show how.
pub(super) fn split(order: &Order, fee: &FeeLine, part: Part) -> Vec<Part> {
    let rates = StoreRates::new(&order.tax_lines);
    let nets = match nets(order, fee, &rates) {
        Some(nets) if !fee.total.is_zero() => nets,
        _ => return vec![part],
    };
    let share = |net: Decimal| {
        let share = (part.net * net).checked_div(fee.total).unwrap_or_default();
        round_half_up(share, STORED)
    };
    let told: Decimal = nets.iter().skip(1).map(|(_, net)| share(*net)).sum();
    let largest = (part.net - told, part.exact_tax);
    let whole = nets.len() == 1;
    nets.into_iter()
        .enumerate()
        .map(|(place, (key, net))| {
            let net = if place == 0 { largest.0 } else { share(net) };
            let tax = if whole {
                largest.1
            } else {
                round_half_up(net * rates.share(&key).unwrap_or_default(), STORED)
            };
            Part {
                before: net,
                net,
                tax: if whole { part.tax } else { tax },
                exact_tax: tax,
                rates: key,
                class: part.class.clone().filter(|_| whole),
                ..part.clone()
            }
        })
        .collect()
}

/// Ways of taxing, and what of the fee is taxed so; the largest first.
fn nets(order: &Order, fee: &FeeLine, rates: &StoreRates<'_>) -> Option<Vec<(String, Decimal)>> {
    if fee.total >= Decimal::ZERO || fee.taxes.is_empty() {
        return None;
    }
    let half = Decimal::new(5, order.currency.decimals() + 1);
    let groups = groups(order, fee, rates)?;
    let taxing = fee.taxes.iter().filter(|tax| !tax.total.is_zero());
    let charged = rate_key(taxing.map(|tax| tax.rate_id.as_str()));
    let tax: Decimal = fee.taxes.iter().map(|tax| tax.total).sum();
    let one_way = groups
        .iter()
        .find(|group| !charged.is_empty() && rates.charged(&group.rates) == charged);
    if let Some(group) = one_way
        && (fee.total * rates.share(&charged)? - tax).abs() <= precision(order, fee)
    {
        return Some(vec![(group.rates.clone(), fee.total)]);
    }
    let mut nets = taxed(fee, &groups, rates)?;
    let rest = fee.total - nets.iter().map(|(_, net)| *net).sum::<Decimal>();
    if rest >= half {
        return None;
    }
    if rest <= -half {
        nets.extend(untaxed(rest, fee, &groups, rates));
    }
    nets.retain(|(_, net)| net.abs() >= half);
    nets.sort_by_key(|(_, net)| *net);
    (!nets.is_empty()).then_some(nets)
}

/// How exactly the fee's taxes are known: the store keeps six decimals, but what was entered by hand has
/// cents.
fn precision(order: &Order, fee: &FeeLine) -> Decimal {
    let decimals = order.currency.decimals();
    let in_cents = |tax: &LineTax| tax.total.normalize().scale() <= decimals;
    if fee.taxes.iter().all(in_cents) {
        Decimal::new(5, decimals + 1)
    } else {
        Decimal::new(fee.taxes.len().try_into().unwrap_or(i64::MAX), STORED)
    }
}

/// What a tax is taken of; `None` where that is no amount.
fn taken_of(tax: Decimal, share: Decimal) -> Option<Decimal> {
    let of = tax.checked_div(share)?;
    (of.abs() < Decimal::from(1_000_000_000_000_u64)).then_some(of)
}

/// What bears no tax, zero-rated or not taxed at all, by what it costs in the order.
fn untaxed(
    rest: Decimal,
    fee: &FeeLine,
    groups: &[Group],
    rates: &StoreRates<'_>,
) -> Vec<(String, Decimal)> {
    let free = |group: &&Group| rates.charged(&group.rates).is_empty();
    let cost: Decimal = groups.iter().filter(free).map(|group| group.cost).sum();
    if cost.is_zero() {
        let ids = fee.taxes.iter().map(|tax| tax.rate_id.as_str());
        let zero = ids.filter(|id| rates.charged(id).is_empty());
        return vec![(rate_key(zero), rest)];
    }
    let free = groups.iter().filter(free);
    free.map(|group| (group.rates.clone(), rest * group.cost / cost))
        .collect()
}

/// The ways in which an order is taxed.
fn groups(order: &Order, fee: &FeeLine, rates: &StoreRates<'_>) -> Option<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut add = |taxes: &[LineTax], cost: Decimal| {
        let rates = rate_key(taxes.iter().map(|tax| tax.rate_id.as_str()));
        match groups.iter_mut().find(|known| known.rates == rates) {
            Some(known) => known.cost += cost,
            None => groups.push(Group { rates, cost }),
        }
    };
    let products = order.line_items.iter().map(|it| (&it.taxes, it.total));
    let shipping = order.shipping_lines.iter().map(|it| (&it.taxes, it.total));
    let fees = order.fee_lines.iter().map(|it| (&it.taxes, it.total));
    for (taxes, cost) in products.chain(shipping).chain(fees) {
        if cost > Decimal::ZERO {
            add(taxes, cost);
        }
    }
    let unseen = unseen(fee, &groups, rates)?;
    if !unseen.is_empty() {
        groups.push(Group {
            rates: unseen,
            cost: Decimal::ZERO,
        });
    }
    Some(groups)
}

/// The rates of a class that no line has: shipping counts as the class of the first line, also where
/// that is not taxed. They are those taken of the same amount as one that is on no line; mostly none.
fn unseen(fee: &FeeLine, groups: &[Group], rates: &StoreRates<'_>) -> Option<String> {
    let on_a_line = |tax: &LineTax| {
        let mut known = groups.iter().flat_map(|group| group.rates.split('+'));
        known.any(|id| id == tax.rate_id)
    };
    let charged = || fee.taxes.iter().filter(|tax| !tax.total.is_zero());
    let mut found: Vec<&str> = Vec::new();
    for first in charged().filter(|tax| !on_a_line(tax)) {
        for tax in charged() {
            let both = rate_key([first.rate_id.as_str(), tax.rate_id.as_str()]);
            let shares = rates.by_rate(&both)?;
            let share = |id: &str| shares.iter().find(|it| it.0 == id).map(|it| it.1);
            let of = taken_of(first.total, share(&first.rate_id)?)?;
            let same = (of * share(&tax.rate_id)? - tax.total).abs() <= Decimal::new(5, STORED);
            if same {
                found.push(&tax.rate_id);
            }
        }
    }
    Some(rate_key(found))
}

/// What of the fee is taxed in each way, by the tax of rates that only one way has left. `None` where
/// the ways cannot be told apart.
fn taxed(
    fee: &FeeLine,
    groups: &[Group],
    rates: &StoreRates<'_>,
) -> Option<Vec<(String, Decimal)>> {
    let mut left: Vec<(&str, Decimal)> = fee
        .taxes
        .iter()
        .map(|tax| (tax.rate_id.as_str(), tax.total))
        .collect();
    let on_fee = |id: &str| {
        let mut taxes = fee.taxes.iter();
        taxes.any(|tax| tax.rate_id == id && !tax.total.is_zero())
    };
    let mut open: Vec<(&str, Vec<(&str, Decimal)>)> = Vec::new();
    for group in groups {
        let charged = rates.by_rate(&group.rates)?;
        let charged: Vec<(&str, Decimal)> =
            charged.into_iter().filter(|it| !it.1.is_zero()).collect();
        if !charged.is_empty() && charged.iter().all(|(id, _)| on_fee(id)) {
            open.push((&group.rates, charged));
        }
    }
    let mut nets = Vec::new();
    while !open.is_empty() {
        let alone = |id: &str| {
            let with = open
                .iter()
                .filter(|(_, rates)| rates.iter().any(|it| it.0 == id));
            with.count() == 1
        };
        let (place, id, share) = open.iter().enumerate().find_map(|(place, (_, rates))| {
            let (id, share) = rates.iter().find(|(id, _)| alone(id))?;
            Some((place, *id, *share))
        })?;
        let (key, shares) = open.remove(place);
        let tax = left.iter().find(|(known, _)| *known == id)?.1;
        let net = taken_of(tax, share)?;
        for (known, tax) in &mut left {
            let of_group = shares.iter().find(|(id, _)| id == known);
            *tax -= of_group.map_or(Decimal::ZERO, |(_, share)| net * share);
        }
        nets.push((key.to_owned(), net));
    }
    Some(nets)
}
