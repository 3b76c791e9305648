//! Cents of lines: what the store keeps with six decimals becomes amounts that add up.

use kit::round_half_up;
use rust_decimal::Decimal;

/// The most decimals of a unit price: QuickBooks keeps seven (recorded: `invoice_with_group_line.json`,
/// 15 times 0.5306667 is 7.96).
const UNIT_PRICE_DECIMALS: u32 = 7;

/// The parts rounded to `decimals` places such that they add up to `total`. `None` where rounding
/// cannot explain the difference: it is more than half a cent a line, and more than the one cent
/// that rounding a total and its tax apart can make.
pub(super) fn spread(total: Decimal, parts: &[Decimal], decimals: u32) -> Option<Vec<Decimal>> {
    let gap = (total - parts.iter().sum::<Decimal>()).abs();
    let half = Decimal::new(5, decimals + 1);
    let allowed = (half * Decimal::from(parts.len())).max(half + half);
    if gap > allowed {
        return None;
    }
    kit::allocate(total, parts, decimals)
}

/// The unit price with which `quantity` comes to `amount`, where there is one: QuickBooks refuses a
/// line whose amount is not the product rounded half up to two places (6070). Nobody says whether a
/// currency of other decimals has its own places there, so the product must fit both. `exact` is the
/// amount before rounding.
pub(super) fn unit_price(
    amount: Decimal,
    quantity: Decimal,
    exact: Decimal,
    decimals: u32,
) -> Option<Decimal> {
    if quantity <= Decimal::ZERO {
        return None;
    }
    let fits = |price: &Decimal| {
        let product = quantity * price;
        let places = [2, decimals];
        product == amount
            || places
                .iter()
                .all(|it| round_half_up(product, *it) == amount)
    };
    let stored = exact.checked_div(quantity)?.normalize();
    let each = amount.checked_div(quantity)?;
    let candidates = (2..=UNIT_PRICE_DECIMALS).map(|places| {
        each.round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
    });
    Some(stored)
        .filter(|price| price.scale() <= UNIT_PRICE_DECIMALS)
        .into_iter()
        .chain(candidates)
        .find(fits)
        .map(|price| price.normalize())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn the_recorded_coupon_order_loses_no_cent() {
        let parts = [dec!(53.5), dec!(0.001), dec!(18.33), dec!(7.95)];
        let cents = [dec!(53.50), dec!(0.00), dec!(18.33), dec!(7.95)];
        assert_eq!(spread(dec!(79.78), &parts, 2), Some(cents.to_vec()));
    }

    #[test]
    fn a_gap_that_rounding_cannot_make_is_not_spread() {
        let parts = [dec!(1.004), dec!(2.004), dec!(3.004)];
        assert!(spread(dec!(6.02), &parts, 2).is_some());
        assert_eq!(spread(dec!(6.03), &parts, 2), None);
        assert_eq!(
            spread(dec!(10.01), &[dec!(10.00)], 2),
            None,
            "nothing to round"
        );
    }

    #[test]
    fn a_unit_price_is_sent_only_where_it_gives_the_amount() {
        assert_eq!(
            unit_price(dec!(55.50), dec!(3), dec!(55.5), 2),
            Some(dec!(18.5))
        );
        assert_eq!(
            unit_price(dec!(2.33), dec!(7), dec!(2.331), 2),
            Some(dec!(0.333))
        );
        assert_eq!(
            unit_price(dec!(10.00), dec!(3), dec!(10), 2),
            Some(dec!(3.333))
        );
        assert_eq!(
            unit_price(dec!(7.96), dec!(15), dec!(7.96), 2),
            Some(dec!(0.5307))
        );
        assert_eq!(
            unit_price(dec!(5000.01), dec!(9999999999), dec!(5000.01), 2),
            None
        );
        assert_eq!(unit_price(dec!(5), dec!(0), dec!(5), 2), None);
        assert_eq!(
            unit_price(dec!(100), dec!(3), dec!(100), 2),
            Some(dec!(33.333))
        );
    }

    #[test]
    fn the_half_cent_that_production_refused_is_rounded_up() {
        let price = |amount| unit_price(amount, dec!(14.50), dec!(1861.075), 2);
        assert_eq!(price(dec!(1861.08)), Some(dec!(128.35)));
        assert_ne!(price(dec!(1861.07)), Some(dec!(128.35)));
    }

    #[test]
    fn a_price_of_three_decimals_fits_by_its_own_places_too() {
        assert_eq!(
            unit_price(dec!(284.290), dec!(7), dec!(284.290123), 3),
            Some(dec!(40.6129)),
            "7 times 40.6129 is 284.2903, 7 times 40.613 is 284.291"
        );
        assert_eq!(
            unit_price(dec!(1148), dec!(3), dec!(1147.83), 0),
            Some(dec!(382.667))
        );
    }

    proptest! {
        #[test]
        fn quantity_times_unit_price_is_the_amount(cents in 0_i64..1_000_000, quantity in 1_i64..500) {
            let (amount, quantity) = (Decimal::new(cents, 2), Decimal::from(quantity));
            if let Some(price) = unit_price(amount, quantity, amount, 2) {
                prop_assert_eq!(round_half_up(price * quantity, 2), amount);
                prop_assert!(price.scale() <= UNIT_PRICE_DECIMALS);
            }
        }
    }
}
