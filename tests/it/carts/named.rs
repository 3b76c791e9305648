//! Carts that once came out wrong or were held for nothing, each as small as it goes.

use rust_decimal::{Decimal, dec};
use sandbox::store::DiscountKind;

use super::judge::{Became, Judge};
use super::recipe::{Back, Coupon, Fee, Goods, Line, Recipe};
use super::regimes::{self, Regime};

fn product(price: Decimal, class: &'static str, quantity: i64) -> Line {
    let goods = Goods::Product {
        price,
        class,
        taxable: true,
    };
    Line { goods, quantity }
}

fn untaxed(price: Decimal) -> Line {
    let goods = Goods::Product {
        price,
        class: "",
        taxable: false,
    };
    Line { goods, quantity: 1 }
}

fn cart(lines: Vec<Line>) -> Recipe {
    Recipe {
        shop: 0,
        round_at_subtotal: false,
        lines,
        coupons: Vec::new(),
        shipping: Vec::new(),
        fees: Vec::new(),
        refunds: Vec::new(),
    }
}

fn percent(amount: Decimal) -> Coupon {
    Coupon {
        kind: DiscountKind::Percent,
        amount,
        first_only: false,
    }
}

fn lessened_by(amount: Decimal) -> Vec<Fee> {
    vec![Fee {
        net: -amount,
        taxable: true,
    }]
}

/// Everything of the cart goes into the books, whatever the company's switches and the store's rounding.
fn goes_in(regime: &'static Regime, recipe: &Recipe) {
    for (discounts, shipping) in [(true, true), (false, false)] {
        let mut judge = Judge::open(regime, discounts, shipping);
        for round_at_subtotal in [false, true] {
            let recipe = Recipe {
                round_at_subtotal,
                ..recipe.clone()
            };
            let became = judge.take(&recipe).unwrap_or_else(|why| panic!("{why}"));
            let posted = |it: &Became| matches!(it, Became::Posted | Became::LeftOut);
            assert!(became.iter().all(posted), "{became:?}: {recipe:?}");
        }
    }
}

#[test]
fn a_fee_below_zero_lessens_two_tax_classes() {
    let lines = vec![
        product(dec!(136.48), "reduced-rate", 1),
        product(dec!(190.97), "", 1),
    ];
    let recipe = Recipe {
        fees: lessened_by(dec!(8.11)),
        refunds: vec![Back::Rest],
        ..cart(lines)
    };
    goes_in(&regimes::UK_INCLUSIVE, &recipe);
    goes_in(&regimes::UK_EXCLUSIVE, &recipe);
}

#[test]
fn a_fee_below_zero_lessens_what_is_zero_rated_without_tax() {
    let lines = vec![
        product(dec!(93.91), "zero-rate", 1),
        product(dec!(88.47), "", 1),
    ];
    let recipe = Recipe {
        fees: lessened_by(dec!(5.89)),
        refunds: vec![Back::Rest],
        ..cart(lines)
    };
    goes_in(&regimes::CANADA_PST, &recipe);
    goes_in(&regimes::CANADA_QST, &recipe);
}

#[test]
fn a_small_share_of_a_fee_below_zero_makes_no_line_of_nothing() {
    let lines = vec![
        product(dec!(134.33), "", 39),
        product(dec!(8.58), "zero-rate", 1),
    ];
    let recipe = Recipe {
        shipping: vec![dec!(7.29)],
        fees: lessened_by(dec!(6.11)),
        ..cart(lines)
    };
    goes_in(&regimes::CANADA_PST, &recipe);
    goes_in(&regimes::CANADA_COMPOUND, &recipe);
}

#[test]
fn a_fee_below_zero_on_free_goods_lessens_the_shipping() {
    let lines = vec![
        product(dec!(64.62), "", 1),
        product(dec!(138.11), "reduced-rate", 1),
    ];
    let recipe = Recipe {
        coupons: vec![percent(dec!(100))],
        shipping: vec![dec!(11.54)],
        fees: lessened_by(dec!(7.66)),
        ..cart(lines)
    };
    goes_in(&regimes::UK_EXCLUSIVE, &recipe);
}

#[test]
fn a_fee_below_zero_is_untaxed_where_shipping_counts_as_untaxed_goods() {
    let mut first = product(dec!(114.42), "zero-rate", 1);
    if let Goods::Product { taxable, .. } = &mut first.goods {
        *taxable = false;
    }
    let recipe = Recipe {
        coupons: vec![percent(dec!(100))],
        shipping: vec![dec!(28.92)],
        fees: lessened_by(dec!(8.94)),
        ..cart(vec![first, product(dec!(139.19), "", 1)])
    };
    goes_in(&regimes::CANADA_QST, &recipe);
}

#[test]
fn a_fee_below_zero_is_taxed_as_a_class_that_no_line_has() {
    let recipe = Recipe {
        shipping: vec![dec!(24.69)],
        fees: lessened_by(dec!(14.56)),
        ..cart(vec![untaxed(dec!(58.43))])
    };
    goes_in(&regimes::CANADA_PST, &recipe);
}

#[test]
fn a_fee_below_zero_and_its_refund_go_into_a_us_company_with_its_own_rate() {
    let recipe = Recipe {
        fees: lessened_by(dec!(14.28)),
        refunds: vec![Back::Rest],
        ..cart(vec![untaxed(dec!(146.59)), product(dec!(45.30), "", 1)])
    };
    goes_in(&regimes::US_MANUAL, &recipe);
}

#[test]
fn a_cent_is_moved_between_taxed_and_untaxed_parts() {
    let recipe = Recipe {
        fees: lessened_by(dec!(1.59)),
        ..cart(vec![product(dec!(139.65), "", 1), untaxed(dec!(4.63))])
    };
    let mut judge = Judge::open(&regimes::US_MANUAL, false, false);
    let recipe = Recipe {
        round_at_subtotal: true,
        ..recipe
    };
    assert_eq!(judge.take(&recipe), Ok(vec![Became::Posted]));
}

#[test]
fn a_whole_refund_is_not_a_cent_more_than_the_order() {
    let recipe = Recipe {
        refunds: vec![Back::Rest],
        ..cart(vec![product(dec!(154.89), "", 1)])
    };
    goes_in(&regimes::UK_INCLUSIVE, &recipe);
    let two = vec![
        product(dec!(106.62), "reduced-rate", 5),
        product(dec!(14.11), "", 9),
    ];
    let recipe = Recipe {
        refunds: vec![Back::Rest],
        ..cart(two)
    };
    goes_in(&regimes::TAX_AS_LINE, &recipe);
    goes_in(&regimes::UK_INCLUSIVE, &recipe);
}

#[test]
fn the_last_refund_takes_what_is_left_of_the_tax() {
    let units = |line| Back::Units {
        lines: vec![(line, 1)],
        shipping: false,
        fees: false,
        more: None,
    };
    let recipe = Recipe {
        shipping: vec![dec!(2.73)],
        refunds: vec![units(0), Back::Rest],
        ..cart(vec![product(dec!(156.96), "", 1)])
    };
    goes_in(&regimes::CANADA_COMPOUND, &recipe);
    goes_in(&regimes::US_AUTOMATED, &recipe);
}

#[test]
fn a_last_refund_a_yen_below_its_lines_goes_in() {
    let units = |lines: &[(usize, i64)]| Back::Units {
        lines: lines.to_vec(),
        shipping: false,
        fees: false,
        more: None,
    };
    let lines = vec![
        untaxed(dec!(7934)),
        product(dec!(6632), "reduced-rate", 6),
        product(dec!(6045), "reduced-rate", 1),
    ];
    let recipe = Recipe {
        shop: 1,
        refunds: vec![
            units(&[(1, 2)]),
            units(&[(1, 1), (2, 1)]),
            units(&[(0, 1), (1, 5)]),
        ],
        ..cart(lines)
    };
    goes_in(&regimes::YEN_US, &recipe);
}

#[test]
fn yen_taxes_that_were_rounded_line_by_line_are_given() {
    goes_in(&regimes::YEN, &cart(vec![product(dec!(17319), "", 1)]));
}

#[test]
fn a_unit_price_in_dinar_fits_three_decimals() {
    let recipe = Recipe {
        coupons: vec![percent(dec!(56))],
        ..cart(vec![product(dec!(31.343), "", 43)])
    };
    goes_in(&regimes::DINAR, &recipe);
}

#[test]
fn half_a_cent_of_tax_after_a_discount_is_not_left_to_chance() {
    let recipe = Recipe {
        coupons: vec![percent(dec!(33))],
        ..cart(vec![product(dec!(169.19), "", 1)])
    };
    goes_in(&regimes::AUSTRALIA, &recipe);
}

#[test]
fn tax_alone_given_back_is_held_since_no_form_has_tax_on_nothing() {
    let recipe = Recipe {
        refunds: vec![Back::Tax(0, 40)],
        ..cart(vec![product(dec!(20), "", 1)])
    };
    let held = Became::Held {
        what: "refund of tax alone",
        cause: "total_mismatch".to_owned(),
    };
    let mut judge = Judge::open(&regimes::UK_EXCLUSIVE, true, true);
    assert_eq!(judge.take(&recipe), Ok(vec![Became::Posted, held]));
    let mut judge = Judge::open(&regimes::US_AUTOMATED, true, true);
    let taken = judge.take(&recipe);
    assert_eq!(taken, Ok(vec![Became::Posted, Became::Posted]));
}

#[test]
fn what_is_a_cent_off_by_any_form_is_held_by_a_us_company_that_computes_itself() {
    // 8 % of 0.56 is 0.04 on each line, of 1.12 together 0.09
    let recipe = cart(vec![product(dec!(0.56), "", 1), product(dec!(0.56), "", 1)]);
    let mut judge = Judge::open(&regimes::US_MANUAL, true, true);
    let held = Became::Held {
        what: "order",
        cause: "total_mismatch".to_owned(),
    };
    assert_eq!(judge.take(&recipe), Ok(vec![held]));
}
