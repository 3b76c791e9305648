//! Carts of every shape a shop sees, drawn from dice.

use rust_decimal::Decimal;
use sandbox::store::DiscountKind;

use super::dice::Dice;
use super::recipe::{Back, Coupon, Fee, Goods, Line, Recipe};
use super::regimes::Regime;

/// A cart of a regime.
pub(super) fn recipe(dice: &mut Dice, regime: &Regime) -> Recipe {
    let most = if dice.chance(80) { 12 } else { 5 };
    let count = dice.between(1, most);
    let lines: Vec<Line> = (0..count).map(|_| line(dice, regime)).collect();
    let mut coupons = Vec::new();
    while dice.chance(300) && coupons.len() < 3 {
        coupons.push(coupon(dice, regime));
    }
    let mut shipping = Vec::new();
    while dice.chance(450) && shipping.len() < 3 {
        shipping.push(money(dice, regime, 0, 3000));
    }
    let mut fees = Vec::new();
    while dice.chance(200) && fees.len() < 3 {
        let net = if dice.chance(500) {
            money(dice, regime, 1, 2000)
        } else {
            -money(dice, regime, 1, 1500)
        };
        let taxable = dice.chance(700);
        fees.push(Fee { net, taxable });
    }
    let mut refunds = Vec::new();
    while dice.chance(350) && refunds.len() < 4 {
        let lessened = fees.iter().any(|fee: &Fee| fee.net < Decimal::ZERO);
        refunds.push(back(dice, &lines, lessened));
    }
    let mut recipe = Recipe {
        shop: dice.place(regime.shops.len()),
        round_at_subtotal: dice.chance(500),
        lines,
        coupons,
        shipping,
        fees,
        refunds,
    };
    // fees below zero on nothing: the store lets it be, no customer buys it
    if recipe.sell(regime).1.total() < Decimal::ZERO {
        recipe.fees.clear();
    }
    recipe
}

/// An amount in the store's decimals, so many hundredths of a usual price's unit.
fn money(dice: &mut Dice, regime: &Regime, low: i64, high: i64) -> Decimal {
    let drawn = dice.between(low, high);
    match regime.decimals {
        0 => Decimal::from(drawn),
        3 => Decimal::new(drawn * 10 + dice.between(0, 9), 3),
        _ => Decimal::new(drawn, 2),
    }
}

fn line(dice: &mut Dice, regime: &Regime) -> Line {
    let quantity = match dice.between(0, 99) {
        0..=49 => 1,
        50..=89 => dice.between(2, 9),
        90..=97 => dice.between(10, 99),
        _ => dice.between(100, 1000),
    };
    let class = regime.classes[dice.place(regime.classes.len())].0;
    let taxable = !dice.chance(regime.untaxed_goods);
    let goods = match dice.between(0, 99) {
        0..=5 => {
            let before = money(dice, regime, 100, 20_000);
            let after = before * Decimal::new(dice.between(0, 100), 2);
            Goods::Override {
                class,
                taxable,
                before,
                after: after.round_dp(if dice.chance(500) { 6 } else { regime.decimals }),
            }
        }
        6..=9 if !regime.untaxed => Goods::Custom {
            net: money(dice, regime, 1, 9000),
        },
        _ => {
            let mut price = money(dice, regime, 1, 20_000);
            if dice.chance(60) && regime.decimals == 2 {
                price += Decimal::new(dice.between(1, 99), 4); // a third of a cent and its like
            }
            Goods::Product {
                price,
                class,
                taxable,
            }
        }
    };
    Line { goods, quantity }
}

fn coupon(dice: &mut Dice, regime: &Regime) -> Coupon {
    let (kind, amount) = match dice.between(0, 9) {
        0..=4 => (DiscountKind::Percent, Decimal::from(dice.between(1, 60))),
        5 => (DiscountKind::Percent, Decimal::new(dice.between(1, 999), 1)),
        6 => (DiscountKind::Percent, Decimal::ONE_HUNDRED),
        7 => (DiscountKind::FixedProduct, money(dice, regime, 1, 2000)),
        _ => (DiscountKind::FixedCart, money(dice, regime, 1, 5000)),
    };
    Coupon {
        kind,
        amount: amount.min(Decimal::from(5000)),
        first_only: dice.chance(250),
    }
}

/// Money back; a fee below zero goes back with what it lessened.
fn back(dice: &mut Dice, lines: &[Line], lessened: bool) -> Back {
    let at = dice.place(lines.len());
    match dice.between(0, 99) {
        0..=44 => Back::Units {
            lines: units(dice, lines),
            shipping: dice.chance(300),
            fees: lessened || dice.chance(200),
            more: None,
        },
        45..=49 => Back::Units {
            lines: units(dice, lines),
            shipping: false,
            fees: lessened,
            more: Some(dice.between(1, 1000)),
        },
        50..=54 => Back::Units {
            lines: Vec::new(),
            shipping: true,
            fees: lessened || dice.chance(200),
            more: None,
        },
        55..=69 => Back::Rest,
        70..=79 => Back::Amount(dice.between(1, 1000)),
        80..=84 => Back::Amount(1000),
        85..=98 => Back::Part(at, dice.between(1, 1000)),
        _ => Back::Tax(at, dice.between(1, 50)),
    }
}

fn units(dice: &mut Dice, lines: &[Line]) -> Vec<(usize, i64)> {
    let mut units = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if dice.chance(600) {
            units.push((at, dice.between(1, line.quantity)));
        }
    }
    units
}
