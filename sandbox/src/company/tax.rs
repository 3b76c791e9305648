//! The company's tax arithmetic: pure, its own, and the truth its answers
//! carry. Rates are applied to sums and rounded half up once per rate.
//! FACTS: QuickBooks §8.

use rust_decimal::Decimal;

use super::money::Currency;
use super::quirks::TaxRounding;
use super::tax_tables::{AppliesTo, TaxTables};

/// What one rate came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RateTax {
    /// Id of the rate.
    pub(super) rate: usize,
    /// In percent.
    pub(super) percent: Decimal,
    /// What the percentage was taken of.
    pub(super) base: Decimal,
    /// The tax.
    pub(super) amount: Decimal,
}

/// A line as the arithmetic sees it: its amount, net or gross, and its code.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodedAmount {
    pub(super) amount: Decimal,
    pub(super) code: usize,
}

/// The company's own arithmetic, for those who search for a form by it: the tax of each rate (its id)
/// on top of net amounts under codes (their ids).
pub fn tax_on_top(
    tables: &TaxTables,
    currency: Currency,
    nets: &[(usize, Decimal)],
) -> Vec<(usize, Decimal)> {
    let rates = on_net(&coded(nets), tables, currency, TaxRounding::PerRate);
    rates
        .into_iter()
        .map(|tax| (tax.rate, tax.amount))
        .collect()
}

/// The same within gross amounts.
pub fn tax_within(
    tables: &TaxTables,
    currency: Currency,
    gross: &[(usize, Decimal)],
) -> Vec<(usize, Decimal)> {
    let (rates, _) = within_gross(&coded(gross), tables, currency, TaxRounding::PerRate);
    rates
        .into_iter()
        .map(|tax| (tax.rate, tax.amount))
        .collect()
}

fn coded(amounts: &[(usize, Decimal)]) -> Vec<CodedAmount> {
    amounts
        .iter()
        .map(|(code, amount)| CodedAmount {
            amount: *amount,
            code: *code,
        })
        .collect()
}

/// The sum of all rates.
pub(super) fn total(rates: &[RateTax]) -> Decimal {
    rates.iter().map(|rate| rate.amount).sum()
}

/// Tax on top of net amounts: per rate on the sum of the lines under it, or line by line.
pub(super) fn on_net(
    lines: &[CodedAmount],
    tables: &TaxTables,
    currency: Currency,
    rounding: TaxRounding,
) -> Vec<RateTax> {
    if rounding == TaxRounding::PerLine && lines.len() > 1 {
        let each = lines.iter().map(|line| {
            let line = std::slice::from_ref(line);
            on_net(line, tables, currency, rounding)
        });
        return merge(each);
    }
    let mut sums = RateSums::default();
    for (code, net) in sum_by_code(lines) {
        sums.add_code(code, net, tables, &|tax| currency.round(tax));
    }
    sums.into_taxes(tables, currency)
}

/// Tax contained in gross amounts, and the net amount of each line; the nets
/// and the taxes add up to the gross sum.
pub(super) fn within_gross(
    lines: &[CodedAmount],
    tables: &TaxTables,
    currency: Currency,
    rounding: TaxRounding,
) -> (Vec<RateTax>, Vec<Decimal>) {
    if rounding == TaxRounding::PerLine && lines.len() > 1 {
        let each: Vec<(Vec<RateTax>, Vec<Decimal>)> = lines
            .iter()
            .map(|line| within_gross(std::slice::from_ref(line), tables, currency, rounding))
            .collect();
        let nets = each.iter().flat_map(|(_, nets)| nets.clone()).collect();
        return (merge(each.into_iter().map(|(taxes, _)| taxes)), nets);
    }
    let mut sums = RateSums::default();
    for (code, gross) in sum_by_code(lines) {
        let net = gross / gross_factor(code, tables);
        sums.add_code(code, net, tables, &|tax| tax);
    }
    let taxes = sums.into_taxes(tables, currency);
    let mut nets: Vec<Decimal> = lines
        .iter()
        .map(|line| currency.round(line.amount / gross_factor(line.code, tables)))
        .collect();
    let gross: Decimal = lines.iter().map(|line| line.amount).sum();
    let missing = gross - total(&taxes) - nets.iter().sum::<Decimal>();
    let carrier = lines
        .iter()
        .rposition(|line| gross_factor(line.code, tables) > Decimal::ONE);
    if let Some(net) = carrier.and_then(|at| nets.get_mut(at)) {
        *net += missing;
    }
    (taxes, nets)
}

/// The taxes of one code on one base, as US companies have them.
pub(super) fn of_code(
    code: usize,
    base: Decimal,
    tables: &TaxTables,
    currency: Currency,
) -> Vec<RateTax> {
    let line = CodedAmount { amount: base, code };
    on_net(&[line], tables, currency, TaxRounding::PerRate)
}

/// The taxes of several lines together, rate by rate.
fn merge(lines: impl Iterator<Item = Vec<RateTax>>) -> Vec<RateTax> {
    let mut all: Vec<RateTax> = Vec::new();
    for tax in lines.flatten() {
        match all.iter_mut().find(|known| known.rate == tax.rate) {
            Some(known) => {
                known.base += tax.base;
                known.amount += tax.amount;
            }
            None => all.push(tax),
        }
    }
    all
}

/// Spreads a given tax over the rates of a code in proportion to their
/// percentages; the last one takes what rounding leaves.
pub(super) fn prorate(given: Decimal, rates: &mut [RateTax], currency: Currency) {
    let percents: Decimal = rates.iter().map(|rate| rate.percent).sum();
    let Some((last, others)) = rates.split_last_mut() else {
        return;
    };
    let mut left = given;
    for rate in others {
        let share = if percents.is_zero() {
            Decimal::ZERO
        } else {
            rate.percent / percents
        };
        rate.amount = currency.round(given * share);
        left -= rate.amount;
    }
    last.amount = left;
}

fn sum_by_code(lines: &[CodedAmount]) -> Vec<(usize, Decimal)> {
    let mut sums: Vec<(usize, Decimal)> = Vec::new();
    for line in lines {
        match sums.iter_mut().find(|(code, _)| *code == line.code) {
            Some((_, sum)) => *sum += line.amount,
            None => sums.push((line.code, line.amount)),
        }
    }
    sums
}

/// Gross for one unit of net under a code.
fn gross_factor(code: usize, tables: &TaxTables) -> Decimal {
    let mut factor = Decimal::ONE;
    for (rate, applies) in tables.code(code).map_or(&[][..], |code| &code.rates) {
        let share = tables
            .rate(*rate)
            .map_or(Decimal::ZERO, |rate| rate.percent)
            / Decimal::ONE_HUNDRED;
        factor += match applies {
            AppliesTo::Amount => share,
            AppliesTo::AmountAndTax => share * factor,
        };
    }
    factor
}

#[derive(Default)]
struct RateSums(Vec<(usize, Decimal)>);

impl RateSums {
    fn add_code(
        &mut self,
        code: usize,
        net: Decimal,
        tables: &TaxTables,
        round: &dyn Fn(Decimal) -> Decimal,
    ) {
        let mut taxes_before = Decimal::ZERO;
        for (rate, applies) in tables.code(code).map_or(&[][..], |code| &code.rates) {
            let percent = tables
                .rate(*rate)
                .map_or(Decimal::ZERO, |rate| rate.percent);
            let base = match applies {
                AppliesTo::Amount => net,
                AppliesTo::AmountAndTax => net + taxes_before,
            };
            taxes_before += round(base * percent / Decimal::ONE_HUNDRED);
            match self.0.iter_mut().find(|(known, _)| known == rate) {
                Some((_, sum)) => *sum += base,
                None => self.0.push((*rate, base)),
            }
        }
    }

    fn into_taxes(self, tables: &TaxTables, currency: Currency) -> Vec<RateTax> {
        let tax = |(rate, base): (usize, Decimal)| {
            let percent = tables.rate(rate).map_or(Decimal::ZERO, |rate| rate.percent);
            let amount = currency.round(base * percent / Decimal::ONE_HUNDRED);
            RateTax {
                rate,
                percent,
                base: currency.round(base),
                amount,
            }
        };
        self.0.into_iter().map(tax).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap_or_default()
    }

    fn line(amount: &str, code: usize) -> CodedAmount {
        CodedAmount {
            amount: dec(amount),
            code,
        }
    }

    #[test]
    fn the_recorded_us_refund_has_half_a_cent_rounded_up() {
        let mut tables = TaxTables::default();
        let agency = tables.add_agency("Board of Equalization");
        let rate = tables.add_rate("California", dec("6.5"), agency);
        let code = tables.add_code("California", true, &[(rate, AppliesTo::Amount)]);
        let taxes = of_code(code, dec("345.00"), &tables, Currency::USD);
        assert_eq!(total(&taxes), dec("22.43"));
    }

    #[test]
    fn the_recorded_sample_invoice_has_eight_per_cent() {
        let tables = TaxTables::us_manual();
        assert_eq!(
            total(&of_code(2, dec("131.25"), &tables, Currency::USD)),
            dec("10.50")
        );
        assert_eq!(
            total(&of_code(2, dec("335.25"), &tables, Currency::USD)),
            dec("26.82")
        );
    }

    #[test]
    fn quebec_is_rounded_per_rate_on_the_sum() {
        let tables = TaxTables::canada();
        let code = tables.code_named("GST/QST QC - 9.975").unwrap_or_default();
        let taxes = on_net(
            &[line("4495.16", code)],
            &tables,
            Currency::CAD,
            TaxRounding::PerRate,
        );
        let amounts: Vec<Decimal> = taxes.iter().map(|tax| tax.amount).collect();
        assert_eq!(amounts, [dec("224.76"), dec("448.39")]);
    }

    #[test]
    fn compound_tax_is_taken_of_net_and_tax() {
        let tables = TaxTables::canada();
        let code = tables.code_named("GST/QST QC - 9.5").unwrap_or_default();
        let taxes = on_net(
            &[line("100.00", code)],
            &tables,
            Currency::CAD,
            TaxRounding::PerRate,
        );
        let amounts: Vec<Decimal> = taxes.iter().map(|tax| tax.amount).collect();
        assert_eq!(amounts, [dec("5.00"), dec("9.98")], "9.5 % of 105.00");
    }

    #[test]
    fn lines_of_one_rate_are_summed_before_rounding() {
        let tables = TaxTables::united_kingdom();
        let lines = [line("0.33", 2), line("0.33", 2), line("0.33", 2)];
        assert_eq!(
            total(&on_net(
                &lines,
                &tables,
                Currency::GBP,
                TaxRounding::PerRate
            )),
            dec("0.20")
        );
    }

    #[test]
    fn a_company_that_rounds_each_line_comes_to_another_tax() {
        let tables = TaxTables::united_kingdom();
        let lines = [line("0.33", 2), line("0.33", 2), line("0.33", 2)];
        let taxes = on_net(&lines, &tables, Currency::GBP, TaxRounding::PerLine);
        assert_eq!((taxes.len(), total(&taxes)), (1, dec("0.21")));
    }

    #[test]
    fn inclusive_lines_and_tax_add_up_to_what_was_paid() {
        let tables = TaxTables::united_kingdom();
        let lines = [
            line("9.99", 2),
            line("9.99", 2),
            line("4.50", 3),
            line("1.00", 4),
        ];
        let (taxes, nets) = within_gross(&lines, &tables, Currency::GBP, TaxRounding::PerRate);
        let net: Decimal = nets.iter().sum();
        assert_eq!(net + total(&taxes), dec("25.48"));
        assert_eq!(taxes.first().map(|tax| tax.amount), Some(dec("3.33")));
    }

    #[test]
    fn a_currency_without_decimals_has_whole_taxes() {
        let tables = TaxTables::united_kingdom();
        let taxes = on_net(
            &[line("1234", 2)],
            &tables,
            Currency::JPY,
            TaxRounding::PerRate,
        );
        assert_eq!(total(&taxes), dec("247"));
    }

    #[test]
    fn a_given_tax_is_spread_over_the_rates_without_loss() {
        let tables = TaxTables::us_automated();
        let code = tables.code_named("New York").unwrap_or_default();
        let mut taxes = of_code(code, dec("50.00"), &tables, Currency::USD);
        prorate(dec("4.45"), &mut taxes, Currency::USD);
        let amounts: Vec<Decimal> = taxes.iter().map(|tax| tax.amount).collect();
        assert_eq!(amounts, [dec("2.01"), dec("2.26"), dec("0.18")]);
        assert_eq!(total(&taxes), dec("4.45"));
    }
}
