//! Generated carts: money in is money out. The simulated company is the judge: `World` fails where a
//! document does not come out with the store's total and tax.

use std::cell::RefCell;

use daybook::domain::MappingRules;
use kit::{StreamName, round_half_up};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use rust_decimal::{Decimal, RoundingStrategy};
use sandbox::company::Regime;
use serde_json::{Value, json};

use super::books::{Became, World};
use super::orders::{OrderBuilder, product_line};

/// A line of a generated cart: price in hundredths of a cent, with or without tax as the store has
/// it.
#[derive(Clone, Debug)]
struct CartLine {
    price: i64,
    quantity: u32,
    taxed: bool,
}

/// A cart and how its store computes.
#[derive(Clone, Debug)]
struct Cart {
    lines: Vec<CartLine>,
    /// Percent off, of all lines.
    discount: u32,
    /// In cents, without tax.
    shipping: i64,
    /// In cents, without tax; negative is a discount.
    fee: i64,
    inclusive: bool,
    round_at_subtotal: bool,
}

fn carts(most_lines: usize, whole_cents: bool) -> impl Strategy<Value = Cart> {
    let unit = if whole_cents { 100 } else { 1 };
    let line = (1_i64..500_000 / unit, 1_u32..30, any::<bool>()).prop_map(
        move |(price, quantity, taxed)| CartLine {
            price: price * unit,
            quantity,
            taxed,
        },
    );
    (
        proptest::collection::vec(line, 1..most_lines),
        prop_oneof![Just(0_u32), 1_u32..100],
        prop_oneof![Just(0_i64), 1_i64..3000],
        prop_oneof![Just(0_i64), -5_i64..500],
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(lines, discount, shipping, fee, inclusive, round_at_subtotal)| Cart {
                lines,
                discount,
                shipping,
                fee,
                inclusive,
                round_at_subtotal,
            },
        )
}

impl Cart {
    /// The order as WooCommerce would store it, read with six decimals (FACTS: WooCommerce §6).
    fn order(&self, id: u64, currency: &str, percent: &str) -> String {
        let rate = percent.parse::<Decimal>().expect("a rate") / Decimal::ONE_HUNDRED;
        let mut order = OrderBuilder::new(id)
            .with("/currency", currency)
            .with("/prices_include_tax", self.inclusive)
            .rate(1, "Tax", percent, false);
        for (product, line) in (10_u64..).zip(&self.lines) {
            order = order.raw_line(self.line(product, line, rate));
        }
        let cents = |amount: i64| Decimal::new(amount, 2);
        let tax = |net: Decimal| self.tax(net * rate, false);
        if self.shipping != 0 {
            let net = cents(self.shipping);
            order = order.shipping(&net.to_string(), &[(1, &tax(net))]);
        }
        if self.fee != 0 {
            let net = cents(self.fee);
            order = order.fee(&net.to_string(), &[(1, &tax(net))]);
        }
        order.done()
    }

    fn line(&self, product: u64, line: &CartLine, rate: Decimal) -> Value {
        let off = Decimal::from(100 - self.discount) / Decimal::ONE_HUNDRED;
        let before = Decimal::new(line.price, 4) * Decimal::from(line.quantity);
        let after = round_half_up(before * off, 6);
        let factor = if self.inclusive && line.taxed {
            Decimal::ONE + rate
        } else {
            Decimal::ONE
        };
        let net = |amount: Decimal| round_half_up(amount / factor, 6);
        let exact = if self.inclusive {
            after - after / factor
        } else {
            after * rate
        };
        let tax = self.tax(exact, self.inclusive);
        let (before, after) = (net(before).to_string(), net(after).to_string());
        let taxes: &[(u64, &str)] = if line.taxed { &[(1, &tax)] } else { &[] };
        let mut value = product_line(product, line.quantity, &before, &after, taxes);
        if line.taxed {
            let exact = round_half_up(exact, 6).to_string();
            value["taxes"] = json!([{ "id": 1, "total": exact, "subtotal": exact }]);
        }
        value
    }

    /// Rounded by line, halves down where prices include tax; or kept, where the store rounds the sum.
    fn tax(&self, exact: Decimal, inclusive: bool) -> String {
        if self.round_at_subtotal {
            return round_half_up(exact, 6).to_string();
        }
        let strategy = if inclusive {
            RoundingStrategy::MidpointTowardZero
        } else {
            RoundingStrategy::MidpointAwayFromZero
        };
        exact.round_dp_with_strategy(2, strategy).to_string()
    }
}

/// Takes generated carts into one company.
fn all_go_in(
    regime: Regime,
    rules: MappingRules,
    (currency, percent): (&str, &str),
    carts: impl Strategy<Value = Cart>,
    held_too: bool,
) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let world = RefCell::new(runtime.block_on(World::fresh(regime, rules)));
    let number = RefCell::new(0_u64);
    let mut runner = TestRunner::new(Config {
        cases: 128,
        ..Config::default()
    });
    let outcome = runner.run(&carts, |cart| {
        *number.borrow_mut() += 1;
        let order = cart.order(*number.borrow(), currency, percent);
        let (draft, became) = world.borrow_mut().one(StreamName::Orders, &order);
        match became {
            Became::Posted { .. } => Ok(()),
            Became::Held(cause) if held_too && cause == "total_mismatch" => Ok(()),
            other => Err(TestCaseError::fail(format!(
                "{other:?}: {:?}: {order}",
                draft.wish
            ))),
        }
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn every_cart_goes_into_an_automated_us_company() {
    let money = ("USD", "8.875");
    all_go_in(
        Regime::UsAst,
        MappingRules::default(),
        money,
        carts(12, false),
        false,
    );
}

#[test]
fn small_carts_go_into_a_british_company() {
    // six roundings are at most three cents, less than a given tax may differ
    let mut rules = MappingRules::default();
    rules.tax.exempt_code = "Exempt".to_owned();
    all_go_in(Regime::Uk, rules, ("GBP", "20"), carts(4, true), false);
}

#[test]
fn large_carts_of_other_countries_go_in_to_the_cent_or_are_held() {
    let mut rules = MappingRules::default();
    rules.tax.exempt_code = "Exempt".to_owned();
    rules.tax.rates.insert("1".to_owned(), "HST ON".to_owned());
    all_go_in(Regime::Ca, rules, ("CAD", "13"), carts(20, false), true);
}

#[test]
fn a_manual_us_company_takes_carts_to_the_cent_or_they_are_held() {
    let mut rules = MappingRules::default();
    rules
        .tax
        .rates
        .insert("1".to_owned(), "California".to_owned());
    all_go_in(Regime::UsManual, rules, ("USD", "8"), carts(8, true), true);
}
