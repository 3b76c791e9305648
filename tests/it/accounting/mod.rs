//! How each thing is booked: each rule of `docs/accounting.md`, and each key of the configuration's mapping,
//! with the test that shows it. Each file begins with its table; `tests/it/docs/rows.rs` checks that no
//! key, no rule's test and no cause is missing there. Tests of the parts behind the rules are in
//! `tests/it/mapping`, what happens later in `tests/it/simulation/life`.

mod currency;
mod customers;
mod held;
mod names;
mod orders;
mod payments;
mod products;
mod reconciliation;
mod refund_shapes;
mod refunds;
mod sales;
mod shipping_fees_discounts;
mod tax;
mod tax_codes;
mod tracking;
mod variations;

use daybook::domain::{MappingRules, Wish};
use sandbox::company::{CompanyContents, Regime};

use crate::mapping::books::{Became, World};
use crate::mapping::orders::{OrderBuilder, dec};

/// A fresh US company with automated sales tax.
async fn us(rules: MappingRules) -> World {
    World::fresh(Regime::UsAst, rules).await
}

/// The same, changed before it was opened.
async fn us_with(
    rules: MappingRules,
    change: impl FnOnce(CompanyContents) -> CompanyContents,
) -> World {
    World::of(change(CompanyContents::fresh(Regime::UsAst)), rules).await
}

/// The rules with one thing changed.
fn rules(change: impl FnOnce(&mut MappingRules)) -> MappingRules {
    let mut rules = MappingRules::default();
    change(&mut rules);
    rules
}

/// An order of two mugs for 37.00, paid by card on 5 November 2026.
fn mug(id: u64) -> OrderBuilder {
    OrderBuilder::new(id).line(10, 2, "37.00", "37.00", &[])
}

fn posted(total: &str, tax: &str) -> Became {
    Became::Posted {
        total: dec(total),
        tax: dec(tax),
    }
}

pub(crate) fn held(cause: &str) -> Became {
    Became::Held(cause.to_owned())
}

/// What to do about a hold.
fn remedy(wish: &Wish) -> &str {
    match wish {
        Wish::Hold(hold) => &hold.remedy,
        other => panic!("{other:?} is no hold"),
    }
}

/// The reason of a hold.
fn reason(wish: &Wish) -> &str {
    match wish {
        Wish::Hold(hold) => &hold.reason,
        other => panic!("{other:?} is no hold"),
    }
}
