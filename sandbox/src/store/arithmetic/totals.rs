//! The amounts of a whole order, from its lines' net prices on.

use rust_decimal::Decimal;

use super::super::model::catalogue::{Coupon, TaxRate};
use super::super::model::order::{FeeLine, LineTax, Order, TaxLine};
use super::super::model::settings::Settings;
use super::super::money::{STORED, round_half_up, round_tax};
use super::coupon::{Discountable, spread};
use super::tax::{Place, on_top_of, rates_at, within};

/// What the sums of one order depend on.
pub(crate) struct Rules<'a> {
    settings: &'a Settings,
    rates: &'a [TaxRate],
    /// The rates of each tax class where the order is taxed.
    here: Vec<(&'a str, Vec<&'a TaxRate>)>,
    /// The same at the shop's own place.
    base: Vec<(&'a str, Vec<&'a TaxRate>)>,
}

/// Hands out ids for lines and their meta.
pub(crate) struct Ids {
    pub next: u64,
}

impl Ids {
    pub(crate) fn take(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        id
    }
}

fn by_class<'a>(rates: &'a [TaxRate], place: &Place) -> Vec<(&'a str, Vec<&'a TaxRate>)> {
    let mut classes: Vec<(&str, Vec<&TaxRate>)> = Vec::new();
    for rate in rates {
        if !classes.iter().any(|known| known.0 == rate.class) {
            classes.push((&rate.class, rates_at(rates, place, &rate.class)));
        }
    }
    classes
}

fn of_class<'r, 'a>(classes: &'r [(&str, Vec<&'a TaxRate>)], class: &str) -> &'r [&'a TaxRate] {
    let class = if class.is_empty() { "standard" } else { class };
    let found = classes.iter().find(|known| known.0 == class);
    found.map(|known| known.1.as_slice()).unwrap_or_default()
}

impl<'a> Rules<'a> {
    /// The rules for an order that is taxed at `place`.
    pub(crate) fn new(settings: &'a Settings, rates: &'a [TaxRate], place: &Place) -> Self {
        let here = by_class(rates, place);
        let base = by_class(rates, &Place::base(settings));
        Self {
            settings,
            rates,
            here,
            base,
        }
    }

    fn at(&self, class: &str) -> &[&'a TaxRate] {
        of_class(&self.here, class)
    }

    /// The net of a price as shown. Prices that include tax were made for the shop's own place.
    pub(crate) fn net(&self, shown: Decimal, class: &str, taxable: bool) -> Decimal {
        if !self.settings.prices_include_tax || !taxable {
            return round_half_up(shown, STORED);
        }
        round_half_up(shown - within(shown, of_class(&self.base, class)), STORED)
    }

    fn rounded(&self, tax: Decimal) -> Decimal {
        if self.settings.round_at_subtotal {
            tax
        } else {
            round_tax(
                tax,
                self.settings.prices_include_tax,
                self.settings.decimals,
            )
        }
    }

    fn sum_rounded(&self, taxes: impl Iterator<Item = Decimal>) -> Decimal {
        taxes.map(|tax| self.rounded(tax)).sum()
    }

    /// Takes the coupons off the lines and notes them as coupon lines. `shown`
    /// is each line's price of all units as the cart showed it; `taxable` each
    /// line's product's. A checkout sums a coupon's tax before rounding it; an
    /// order made by REST after.
    pub(crate) fn apply_coupons(
        &self,
        order: &mut Order,
        coupons: &[&Coupon],
        shown: &[Decimal],
        taxable: &[bool],
        checkout: bool,
    ) {
        let lines: Vec<Discountable> = order
            .lines
            .iter()
            .zip(shown)
            .map(|(line, price)| Discountable {
                product_id: line.product_id,
                price: *price,
                quantity: line.quantity,
            })
            .collect();
        let by_unit = !self.settings.version.starts_with("9.");
        let rows = spread(coupons, &lines, by_unit, self.settings.decimals);
        for (row, line_of) in rows.iter().zip(order.coupon_lines.iter_mut()) {
            let (mut discount, mut discount_tax) = (Decimal::ZERO, Decimal::ZERO);
            for ((cents, line), taxable) in row.iter().zip(&mut order.lines).zip(taxable) {
                let mut off = Decimal::new(*cents, self.settings.decimals);
                let mut tax = Decimal::ZERO;
                if *taxable {
                    let rates = self.at(&line.tax_class);
                    if self.settings.prices_include_tax {
                        tax = within(off, rates);
                        line.total -= off - tax;
                    } else {
                        tax = on_top_of(off, rates).into_iter().sum();
                        line.total -= off;
                    }
                } else {
                    line.total -= off;
                }
                line.total = line.total.max(Decimal::ZERO);
                if !checkout {
                    tax = self.rounded(tax);
                }
                if self.settings.prices_include_tax {
                    off -= tax;
                }
                discount += off;
                discount_tax += tax;
            }
            line_of.discount = round_half_up(discount, self.settings.decimals);
            line_of.discount_tax = round_half_up(discount_tax, self.settings.decimals);
        }
    }

    /// Sums taxes and totals from the lines' `subtotal` and `total`. `taxable`
    /// says it of each product line.
    pub(crate) fn sum(&self, order: &mut Order, taxable: &[bool], ids: &mut Ids) {
        self.cap_negative_fees(order);
        self.tax_lines_of_goods(order, taxable);
        self.tax_shipping(order);
        self.tax_fees(order, taxable);
        self.gather_tax_lines(order, ids);
        self.total(order);
    }

    fn tax_lines_of_goods(&self, order: &mut Order, taxable: &[bool]) {
        for (line, taxable) in order.lines.iter_mut().zip(taxable) {
            let rates = if *taxable {
                self.at(&line.tax_class)
            } else {
                &[]
            };
            let totals = on_top_of(line.total, rates);
            let subtotals = on_top_of(line.subtotal, rates);
            line.taxes = rates
                .iter()
                .zip(totals.into_iter().zip(subtotals))
                .map(|(rate, (total, subtotal))| LineTax {
                    rate_id: rate.id,
                    total,
                    subtotal: Some(subtotal),
                })
                .collect();
            line.total_tax = self.sum_rounded(line.taxes.iter().map(|tax| tax.total));
            line.subtotal_tax = self.sum_rounded(line.taxes.iter().filter_map(|tax| tax.subtotal));
        }
    }

    /// Shipping takes the class of the goods: the standard one if any line has it.
    fn shipping_class(order: &Order) -> Option<String> {
        let mut classes: Vec<&str> = vec!["", "reduced-rate", "zero-rate"];
        classes.retain(|class| order.lines.iter().any(|line| line.tax_class == *class));
        if order.lines.is_empty() {
            return Some(String::new());
        }
        classes.first().map(|class| (*class).to_owned())
    }

    fn tax_shipping(&self, order: &mut Order) {
        let class = Self::shipping_class(order);
        let mut rates = class
            .map(|class| self.at(&class).to_vec())
            .unwrap_or_default();
        rates.retain(|rate| rate.shipping);
        for line in &mut order.shipping_lines {
            let rates: &[&TaxRate] = if line.tax_status == "taxable" {
                &rates
            } else {
                &[]
            };
            line.taxes = taxes(line.total, rates);
            line.total_tax = self.sum_rounded(line.taxes.iter().map(|tax| tax.total));
        }
    }

    fn tax_fees(&self, order: &mut Order, taxable: &[bool]) {
        let costs = costs_by_class(order, taxable);
        for fee in &mut order.fee_lines {
            fee.taxes = if fee.tax_status != "taxable" {
                Vec::new()
            } else if fee.total < Decimal::ZERO {
                self.spread_negative_fee(fee, &costs)
            } else {
                taxes(fee.total, self.at(&fee.tax_class))
            };
            fee.total_tax = self.sum_rounded(fee.taxes.iter().map(|tax| tax.total));
        }
    }

    /// A negative fee takes tax off in proportion to what is taxed how.
    fn spread_negative_fee(
        &self,
        fee: &FeeLine,
        costs: &[(Option<String>, Decimal)],
    ) -> Vec<LineTax> {
        let all: Decimal = costs.iter().map(|(_, cost)| *cost).sum();
        let mut sums: Vec<LineTax> = Vec::new();
        if all.is_zero() {
            return sums;
        }
        for (class, cost) in costs {
            let Some(class) = class else { continue };
            for tax in taxes(fee.total * *cost / all, self.at(class)) {
                match sums.iter_mut().find(|sum| sum.rate_id == tax.rate_id) {
                    Some(sum) => sum.total += tax.total,
                    None => sums.push(tax),
                }
            }
        }
        sums
    }

    /// A negative fee never takes more than the order is worth.
    fn cap_negative_fees(&self, order: &mut Order) {
        let shipping: Decimal = order
            .shipping_lines
            .iter()
            .map(|line| round_half_up(line.total, self.settings.decimals))
            .sum();
        let mut worth = self.goods(order, |line| line.total) + shipping;
        for fee in &mut order.fee_lines {
            let most = -round_half_up(worth, self.settings.decimals);
            if fee.total < most && most < Decimal::ZERO {
                fee.total = most;
            }
            worth += fee.total;
        }
    }

    fn goods(
        &self,
        order: &Order,
        of: impl Fn(&super::super::model::order::ProductLine) -> Decimal,
    ) -> Decimal {
        let round = |value| {
            if self.settings.round_at_subtotal {
                value
            } else {
                round_half_up(value, self.settings.decimals)
            }
        };
        order.lines.iter().map(|line| round(of(line))).sum()
    }

    fn gather_tax_lines(&self, order: &mut Order, ids: &mut Ids) {
        let mut sums: Vec<(u64, Decimal, Decimal)> = Vec::new();
        let goods = order.lines.iter().flat_map(|line| &line.taxes);
        let fees = order.fee_lines.iter().flat_map(|fee| &fee.taxes);
        for tax in goods.chain(fees) {
            let amount = self.rounded(tax.total);
            match sums.iter_mut().find(|sum| sum.0 == tax.rate_id) {
                Some(sum) => sum.1 += amount,
                None => sums.push((tax.rate_id, amount, Decimal::ZERO)),
            }
        }
        for tax in order.shipping_lines.iter().flat_map(|line| &line.taxes) {
            let amount = self.rounded(tax.total);
            match sums.iter_mut().find(|sum| sum.0 == tax.rate_id) {
                Some(sum) => sum.2 += amount,
                None => sums.push((tax.rate_id, Decimal::ZERO, amount)),
            }
        }
        order.cart_tax = sums.iter().map(|sum| sum.1).sum();
        order.shipping_tax = sums.iter().map(|sum| sum.2).sum();
        let old = std::mem::take(&mut order.tax_lines);
        for (rate_id, tax_total, shipping_tax_total) in sums {
            let known = old.iter().find(|line| line.rate_id == rate_id).cloned();
            let line = known.or_else(|| self.new_tax_line(rate_id, ids));
            if let Some(line) = line {
                order.tax_lines.push(TaxLine {
                    tax_total,
                    shipping_tax_total,
                    ..line
                });
            }
        }
    }

    fn new_tax_line(&self, rate_id: u64, ids: &mut Ids) -> Option<TaxLine> {
        let rate = self.rates.iter().find(|rate| rate.id == rate_id)?;
        Some(TaxLine {
            id: ids.take(),
            rate_code: rate.code(),
            rate_id,
            label: rate.name.clone(),
            compound: rate.compound,
            tax_total: Decimal::ZERO,
            shipping_tax_total: Decimal::ZERO,
            rate_percent: rate.percent,
            meta: Vec::new(),
        })
    }

    fn total(&self, order: &mut Order) {
        let goods = self.goods(order, |line| line.total);
        let undiscounted = self.goods(order, |line| line.subtotal);
        let fees: Decimal = order.fee_lines.iter().map(|fee| fee.total).sum();
        order.shipping_total = order
            .shipping_lines
            .iter()
            .map(|line| round_half_up(line.total, self.settings.decimals))
            .sum();
        order.discount_total = round_half_up(undiscounted - goods, self.settings.decimals);
        let taxed = order.lines.iter().flat_map(|line| &line.taxes);
        let untaken: Decimal = taxed
            .map(|tax| tax.subtotal.unwrap_or_default() - tax.total)
            .sum();
        order.discount_tax = round_tax(
            untaken,
            self.settings.prices_include_tax,
            self.settings.decimals,
        );
        order.total_tax =
            round_half_up(order.cart_tax + order.shipping_tax, self.settings.decimals);
        let all = goods + fees + order.shipping_total + order.cart_tax + order.shipping_tax;
        order.total = round_half_up(all, self.settings.decimals);
    }
}

fn taxes(net: Decimal, rates: &[&TaxRate]) -> Vec<LineTax> {
    let amounts = on_top_of(net, rates);
    rates
        .iter()
        .zip(amounts)
        .map(|(rate, total)| LineTax {
            rate_id: rate.id,
            total,
            subtotal: None,
        })
        .collect()
}

/// What of an order is taxed in which class; `None` is what is not taxed.
fn costs_by_class(order: &Order, taxable: &[bool]) -> Vec<(Option<String>, Decimal)> {
    let mut costs: Vec<(Option<String>, Decimal)> = Vec::new();
    let mut add = |class: Option<String>, cost: Decimal| {
        if cost < Decimal::ZERO {
            return;
        }
        match costs.iter_mut().find(|known| known.0 == class) {
            Some(known) => known.1 += cost,
            None => costs.push((class, cost)),
        }
    };
    for (line, taxable) in order.lines.iter().zip(taxable) {
        add(taxable.then(|| line.tax_class.clone()), line.total);
    }
    for fee in &order.fee_lines {
        add(
            (fee.tax_status == "taxable").then(|| fee.tax_class.clone()),
            fee.total,
        );
    }
    let class = order
        .lines
        .first()
        .map(|line| line.tax_class.clone())
        .unwrap_or_default();
    for line in &order.shipping_lines {
        add(
            (line.tax_status == "taxable").then(|| class.clone()),
            line.total,
        );
    }
    costs
}
