//! Runs a regime's carts, counts, and prints the shares.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::generate::recipe;
use super::judge::{Became, Judge};
use super::recipe::{Back, Recipe};
use super::regimes::{self, Regime};

/// Carts of each regime; `DAYBOOK_CARTS` asks for others.
const CARTS: u64 = 5_600;

#[derive(Default)]
struct Tally {
    orders: u64,
    refunds: u64,
    left_out: u64,
    held: BTreeMap<(&'static str, String), u64>,
}

impl Tally {
    fn add(&mut self, all: &[Became]) {
        self.orders += 1;
        self.refunds += all.len() as u64 - 1;
        for became in all {
            match became {
                Became::Posted => {}
                Became::LeftOut => self.left_out += 1,
                Became::Held { what, cause } => {
                    *self.held.entry((*what, cause.clone())).or_default() += 1;
                }
            }
        }
    }

    fn held(&self) -> u64 {
        self.held.values().sum()
    }

    fn documents(&self) -> u64 {
        self.orders + self.refunds - self.left_out
    }

    /// Held of a million.
    fn share(&self) -> u64 {
        self.held() * 1_000_000 / self.documents().max(1)
    }

    fn print(&self, name: &str) {
        println!(
            "{name}: {} carts, {} refunds; posted {}, held {} ({} of a million)",
            self.orders,
            self.refunds,
            self.documents() - self.held(),
            self.held(),
            self.share()
        );
        for ((what, cause), count) in &self.held {
            println!("    {cause}, {what}: {count}");
        }
    }
}

/// How many carts are asked for.
#[expect(
    clippy::disallowed_methods,
    reason = "a longer run is asked for from outside, there is no configuration here"
)]
fn carts() -> u64 {
    let asked = std::env::var("DAYBOOK_CARTS").ok();
    asked.map_or(CARTS, |text| {
        text.parse().expect("DAYBOOK_CARTS is a number")
    })
}

fn all_of(regime: &'static Regime) {
    let switches = [(true, false), (false, true), (true, true), (false, false)];
    let mut judges: Vec<Judge> = switches
        .iter()
        .map(|(discounts, shipping)| Judge::open(regime, *discounts, *shipping))
        .collect();
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for cart in 0..carts() {
        let recipe = recipe(&mut Dice::of(regime.name, cart), regime);
        let judge = &mut judges[usize::try_from(cart % 4).expect("it is below four")];
        judge.search_the_posted(cart % 16 < 4);
        match judge.take(&recipe) {
            Ok(all) => tally.add(&all),
            Err(error) => {
                if wrong.len() < 3 {
                    let smallest = shrink(judge, recipe);
                    let why = judge.take(&smallest).err();
                    wrong.push(format!(
                        "cart {cart}: {error}\nsmallest: {smallest:?}\n{why:?}"
                    ));
                } else {
                    wrong.push(String::new());
                }
            }
        }
    }
    tally.print(regime.name);
    assert!(
        wrong.is_empty(),
        "{}: {} wrong:\n{}",
        regime.name,
        wrong.len(),
        wrong
            .iter()
            .filter(|it| !it.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join("\n\n")
    );
    if let Some(most) = regime.held {
        assert!(tally.share() <= most, "{}: too many are held", regime.name);
        // said in `docs/accounting.md`
        let mut shapes = tally.held.keys().map(|(what, _)| *what);
        let other = shapes.find(|what| *what != Back::Tax(0, 0).shape());
        assert_eq!(other, None, "{}: {other:?} is held", regime.name);
    }
}

/// The smallest cart that still fails.
fn shrink(judge: &mut Judge, mut recipe: Recipe) -> Recipe {
    loop {
        let mut less = recipe.smaller().into_iter();
        match less.find(|less| judge.take(less).is_err()) {
            Some(less) => recipe = less,
            None => return recipe,
        }
    }
}

#[test]
fn they_are_a_hundred_thousand_carts_as_the_documentation_says() {
    let source = include_str!("run.rs").lines().map(str::trim_start);
    let regimes = source
        .filter(|line| line.starts_with("all_of(&regimes::"))
        .count();
    assert!(regimes as u64 * CARTS >= 100_000, "{regimes} regimes");
}

#[test]
fn an_automated_us_company_takes_every_cart() {
    all_of(&regimes::US_AUTOMATED);
}

#[test]
fn an_automated_us_company_takes_every_cart_of_a_store_whose_prices_include_tax() {
    all_of(&regimes::US_AUTOMATED_INCLUSIVE);
}

#[test]
fn a_us_company_with_its_own_rate_takes_carts_to_the_cent_or_no_form_would() {
    all_of(&regimes::US_MANUAL);
}

#[test]
fn a_us_company_with_its_own_rate_takes_carts_of_prices_with_tax_or_no_form_would() {
    all_of(&regimes::US_MANUAL_INCLUSIVE);
}

#[test]
fn a_us_company_with_two_rates_of_its_own_takes_carts_to_the_cent_or_no_form_would() {
    all_of(&regimes::US_MANUAL_TWO_RATES);
}

#[test]
fn a_british_company_takes_carts_of_prices_without_tax() {
    all_of(&regimes::UK_EXCLUSIVE);
}

#[test]
fn a_british_company_takes_carts_of_prices_with_tax() {
    all_of(&regimes::UK_INCLUSIVE);
}

#[test]
fn an_ontarian_company_takes_carts_under_harmonised_tax() {
    all_of(&regimes::CANADA_HST);
}

#[test]
fn a_columbian_company_takes_carts_under_two_taxes() {
    all_of(&regimes::CANADA_PST);
}

#[test]
fn a_quebecan_company_takes_carts_of_prices_with_two_taxes() {
    all_of(&regimes::CANADA_QST);
}

#[test]
fn a_quebecan_company_takes_carts_under_tax_on_tax() {
    all_of(&regimes::CANADA_COMPOUND);
}

#[test]
fn a_quebecan_company_takes_carts_of_prices_under_tax_on_tax() {
    all_of(&regimes::CANADA_COMPOUND_INCLUSIVE);
}

#[test]
fn an_australian_company_takes_carts_of_prices_with_tax() {
    all_of(&regimes::AUSTRALIA);
}

#[test]
fn a_company_that_books_tax_as_a_line_takes_every_cart() {
    all_of(&regimes::TAX_AS_LINE);
}

#[test]
fn a_company_without_tax_takes_every_untaxed_cart() {
    all_of(&regimes::UNTAXED);
}

#[test]
fn a_british_company_takes_carts_in_yen() {
    all_of(&regimes::YEN);
}

#[test]
fn a_british_company_takes_carts_in_dinar() {
    all_of(&regimes::DINAR);
}

#[test]
fn an_automated_us_company_takes_every_cart_in_yen() {
    all_of(&regimes::YEN_US);
}
