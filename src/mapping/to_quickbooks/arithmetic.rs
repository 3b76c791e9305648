//! The target's own tax arithmetic, predicted: rates are applied to sums, not to lines, and rounded
//! half up once for each rate (FACTS: QuickBooks §8). Pure figures: no references, no configuration.

use kit::round_half_up;
use rust_decimal::Decimal;

/// What a rate of a code is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// The net amount.
    Net,
    /// The net amount and the taxes before it.
    NetAndTax,
    /// The taxes before it alone.
    Tax,
}

/// One rate of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// Its id in the books.
    pub(super) id: String,
    /// In percent.
    pub(super) percent: Decimal,
    /// What it is taken of.
    pub(super) base: Base,
}

/// A tax code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    /// Its id in the books.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// Its rates on sales, in the order of computation; none for a code outside the scope of tax.
    pub(super) rates: Vec<Rate>,
}

impl Code {
    /// All its rates on an amount of 1.
    pub(super) fn share(&self) -> Decimal {
        let mut taxes = Decimal::ZERO;
        for rate in &self.rates {
            let of = match rate.base {
                Base::Net => Decimal::ONE,
                Base::NetAndTax => Decimal::ONE + taxes,
                Base::Tax => taxes,
            };
            taxes += of * rate.percent / Decimal::ONE_HUNDRED;
        }
        taxes
    }
}

/// What one rate comes to in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RateTax<'a> {
    /// The rate.
    pub(super) rate: &'a Rate,
    /// The sum it is taken of.
    pub(super) base: Decimal,
    /// The tax.
    pub(super) tax: Decimal,
}

/// Tax on top of net amounts.
pub(super) fn on_net<'a>(
    amounts: impl IntoIterator<Item = (&'a Code, Decimal)>,
    decimals: u32,
) -> Vec<RateTax<'a>> {
    let mut taxes = Vec::new();
    for (code, net) in by_code(amounts) {
        add(&mut taxes, code, net, Some(decimals));
    }
    rounded(taxes, decimals)
}

/// Tax on top of a net amount that a discount line brings about; `None` where a trace more or less of it
/// is another tax: QuickBooks takes each line's share of the discount, and nobody says to how many places.
pub(super) fn on_discounted(code: &Code, net: Decimal, decimals: u32) -> Option<Decimal> {
    let trace = Decimal::new(1, decimals + 4);
    let tax = |net| total(&on_net([(code, net)], decimals));
    let exact = tax(net);
    let steady = tax(net - trace) == exact && tax(net + trace) == exact;
    steady.then_some(exact)
}

/// Tax within gross amounts, and the net amount of each line: nets and taxes add up to the gross sum,
/// what rounding leaves being carried by the last taxed line.
pub(super) fn within_gross<'a>(
    amounts: &[(&'a Code, Decimal)],
    decimals: u32,
) -> (Vec<RateTax<'a>>, Vec<Decimal>) {
    let mut taxes = Vec::new();
    for (code, gross) in by_code(amounts.iter().copied()) {
        add(&mut taxes, code, without_tax(code, gross), None);
    }
    let taxes = rounded(taxes, decimals);
    let net = |(code, gross): &(&Code, Decimal)| round_half_up(without_tax(code, *gross), decimals);
    let mut nets: Vec<Decimal> = amounts.iter().map(net).collect();
    let gross: Decimal = amounts.iter().map(|(_, amount)| amount).sum();
    let left = gross - total(&taxes) - nets.iter().sum::<Decimal>();
    let carrier = amounts
        .iter()
        .rposition(|(code, _)| !code.share().is_zero());
    if let Some(net) = carrier.and_then(|at| nets.get_mut(at)) {
        *net += left;
    }
    (taxes, nets)
}

/// What is left of a gross amount without its tax; itself where the tax would take all of it.
fn without_tax(code: &Code, gross: Decimal) -> Decimal {
    let whole = Decimal::ONE + code.share();
    gross.checked_div(whole).unwrap_or(gross)
}

/// All taxes together.
pub(super) fn total(taxes: &[RateTax<'_>]) -> Decimal {
    taxes.iter().map(|it| it.tax).sum()
}

fn by_code<'a>(amounts: impl IntoIterator<Item = (&'a Code, Decimal)>) -> Vec<(&'a Code, Decimal)> {
    let mut sums: Vec<(&Code, Decimal)> = Vec::new();
    for (code, amount) in amounts {
        match sums.iter_mut().find(|(known, _)| known.id == code.id) {
            Some((_, sum)) => *sum += amount,
            None => sums.push((code, amount)),
        }
    }
    sums
}

/// Adds the bases of a code's rates. `decimals` rounds the taxes that others are taken of.
fn add<'a>(taxes: &mut Vec<RateTax<'a>>, code: &'a Code, net: Decimal, decimals: Option<u32>) {
    let mut before = Decimal::ZERO;
    for rate in &code.rates {
        let base = match rate.base {
            Base::Net => net,
            Base::NetAndTax => net + before,
            Base::Tax => before,
        };
        let tax = base * rate.percent / Decimal::ONE_HUNDRED;
        before += decimals.map_or(tax, |places| round_half_up(tax, places));
        match taxes.iter_mut().find(|known| known.rate.id == rate.id) {
            Some(known) => known.base += base,
            None => taxes.push(RateTax {
                rate,
                base,
                tax: Decimal::ZERO,
            }),
        }
    }
}

fn rounded(mut taxes: Vec<RateTax<'_>>, decimals: u32) -> Vec<RateTax<'_>> {
    for it in &mut taxes {
        it.tax = round_half_up(it.base * it.rate.percent / Decimal::ONE_HUNDRED, decimals);
        it.base = round_half_up(it.base, decimals);
    }
    taxes
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    fn code(id: &str, rates: &[(&str, Decimal, Base)]) -> Code {
        let rate = |(id, percent, base): &(&str, Decimal, Base)| Rate {
            id: (*id).to_owned(),
            percent: *percent,
            base: *base,
        };
        Code {
            id: id.to_owned(),
            name: id.to_owned(),
            rates: rates.iter().map(rate).collect(),
        }
    }

    #[test]
    fn the_recorded_us_refund_is_rounded_half_up() {
        let california = code("2", &[("3", dec!(6.5), Base::Net)]);
        assert_eq!(
            total(&on_net([(&california, dec!(345.00))], 2)),
            dec!(22.43)
        );
    }

    #[test]
    fn quebec_is_taken_of_the_sum_rate_by_rate() {
        let quebec = code(
            "5",
            &[("1", dec!(5), Base::Net), ("2", dec!(9.975), Base::Net)],
        );
        let taxes = on_net([(&quebec, dec!(4000)), (&quebec, dec!(495.16))], 2);
        let amounts: Vec<Decimal> = taxes.iter().map(|it| it.tax).collect();
        assert_eq!(amounts, [dec!(224.76), dec!(448.39)]);
    }

    #[test]
    fn compound_tax_is_taken_of_net_and_tax() {
        let old = code(
            "9",
            &[("1", dec!(5), Base::Net), ("2", dec!(9.5), Base::NetAndTax)],
        );
        assert_eq!(old.share(), dec!(0.14975));
        assert_eq!(total(&on_net([(&old, dec!(100))], 2)), dec!(14.98));
    }

    #[test]
    fn half_a_cent_of_tax_is_not_left_to_the_shares_of_a_discount() {
        let australia = code("2", &[("1", dec!(10), Base::Net)]);
        assert_eq!(on_discounted(&australia, dec!(103.05), 2), None);
        assert_eq!(
            on_discounted(&australia, dec!(103.04), 2),
            Some(dec!(10.30))
        );
    }

    #[test]
    fn nets_and_taxes_of_gross_amounts_add_up() {
        let standard = code("2", &[("1", dec!(20), Base::Net)]);
        let zero = code("4", &[("3", dec!(0), Base::Net)]);
        let amounts = [
            (&standard, dec!(9.99)),
            (&standard, dec!(9.99)),
            (&zero, dec!(1.00)),
        ];
        let (taxes, nets) = within_gross(&amounts, 2);
        assert_eq!(total(&taxes), dec!(3.33));
        assert_eq!(nets.iter().sum::<Decimal>() + total(&taxes), dec!(20.98));
        assert_eq!(nets.last(), Some(&dec!(1.00)));
    }
}
