//! Money as WooCommerce stores, rounds and prints it: six decimals stored, two
//! shown (or `dp` of them), half cents away from zero, and the unit price as
//! PHP prints a float. FACTS: WooCommerce §6.

use rust_decimal::{Decimal, RoundingStrategy};

/// The decimals of stores that did not choose others.
pub(crate) const CENTS: u32 = 2;
/// The decimals kept in the database.
pub(crate) const STORED: u32 = 6;

/// PHP's `round`: half away from zero.
pub(crate) fn round_half_up(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// A tax amount to the store's decimals. Where prices include tax, half a cent is rounded down.
pub(crate) fn round_tax(value: Decimal, prices_include_tax: bool, decimals: u32) -> Decimal {
    let strategy = if prices_include_tax {
        RoundingStrategy::MidpointTowardZero
    } else {
        RoundingStrategy::MidpointAwayFromZero
    };
    value.round_dp_with_strategy(decimals, strategy)
}

/// Appends `value` with exactly `places` decimals, as `wc_format_decimal` does.
/// Zero never has a sign.
pub(crate) fn push_fixed(out: &mut String, value: Decimal, places: u32) {
    let rounded = round_half_up(value, places);
    let scale = rounded.scale();
    let mut mantissa = rounded.mantissa();
    for _ in scale..places {
        mantissa *= 10;
    }
    push_scaled(out, mantissa, places);
}

/// Appends `value` without trailing zeros: `10`, `4.58`. Coupon lines are printed so.
pub(crate) fn push_short(out: &mut String, value: Decimal) {
    let value = value.normalize();
    push_scaled(out, value.mantissa(), value.scale());
}

fn push_scaled(out: &mut String, mantissa: i128, places: u32) {
    if mantissa < 0 {
        out.push('-');
    }
    let scale = 10_u64.pow(places.min(18));
    // Division of 128 bits is slow, and no amount of money needs them.
    let digits = u64::try_from(mantissa.unsigned_abs()).unwrap_or(u64::MAX);
    let mut buffer = Digits::new();
    out.push_str(buffer.write(digits / scale, 1));
    if places > 0 {
        out.push('.');
        out.push_str(buffer.write(digits % scale, places as usize));
    }
}

/// Appends a whole number.
pub(crate) fn push_whole(out: &mut String, number: u64) {
    out.push_str(Digits::new().write(number, 1));
}

/// Appends a whole number with at least `width` digits.
pub(crate) fn push_padded(out: &mut String, number: u64, width: usize) {
    out.push_str(Digits::new().write(number, width));
}

/// Room for the digits of any number.
struct Digits([u8; 20]);

impl Digits {
    fn new() -> Self {
        Self([b'0'; 20])
    }

    /// The digits of `number`, with zeros before them up to `width`.
    fn write(&mut self, mut number: u64, width: usize) -> &str {
        let mut written = 0;
        for slot in self.0.iter_mut().rev() {
            if number == 0 && written >= width {
                break;
            }
            *slot = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
            written += 1;
        }
        let start = self.0.len() - written;
        self.0
            .get(start..)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or("0")
    }
}

/// Appends the unit price of a line: a float division, printed as PHP prints
/// floats. It is the one number of an order that is not exact.
pub(crate) fn push_unit_price(out: &mut String, total: Decimal, quantity: i64) {
    let mut text = String::with_capacity(16);
    push_short(&mut text, total);
    let total: f64 = text.parse().unwrap_or(0.0);
    if quantity == 0 {
        out.push('0');
        return;
    }
    #[expect(
        clippy::float_arithmetic,
        clippy::cast_precision_loss,
        reason = "PHP divides floats here, and clients see the result: 49.95 / 3 = 16.650000000000002"
    )]
    let price = total / quantity as f64;
    push_php_float(out, price);
}

/// Appends a float as `json_encode` prints it: shortest digits that read back
/// the same, exponent below 0.0001, no `.0` on whole numbers.
pub(crate) fn push_php_float(out: &mut String, value: f64) {
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        out.push('0');
        return;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && exponent < -4 {
        out.push_str(digits);
        if !digits.contains('.') {
            out.push_str(".0");
        }
        out.push('e');
        out.push_str(&exponent.to_string());
    } else if value == 0.0 {
        out.push('0');
    } else {
        out.push_str(&value.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str, places: u32) -> String {
        let mut out = String::new();
        push_fixed(&mut out, text.parse().unwrap_or_default(), places);
        out
    }

    fn unit_price(total: &str, quantity: i64) -> String {
        let mut out = String::new();
        push_unit_price(&mut out, total.parse().unwrap_or_default(), quantity);
        out
    }

    #[test]
    fn money_is_printed_with_the_decimals_asked_for() {
        assert_eq!(fixed("4.165", 2), "4.17");
        assert_eq!(fixed("-4.165", 2), "-4.17");
        assert_eq!(fixed("5", 2), "5.00");
        assert_eq!(fixed("0.058333", 6), "0.058333");
        assert_eq!(fixed("-0.001", 2), "0.00");
        assert_eq!(fixed("21300", 2), "21300.00");
        assert_eq!(fixed("12.5", 0), "13");
    }

    #[test]
    fn unit_prices_are_php_floats() {
        assert_eq!(unit_price("49.95", 3), "16.650000000000002");
        assert_eq!(unit_price("53.5", 3), "17.833333333333332");
        assert_eq!(unit_price("0.001", 7), "0.00014285714285714287");
        assert_eq!(unit_price("0.000001", 7), "1.4285714285714285e-7");
        assert_eq!(unit_price("20.825", 1), "20.825");
        assert_eq!(unit_price("75", 1), "75");
        assert_eq!(unit_price("0", 3), "0");
        assert_eq!(unit_price("-18.5", -1), "18.5");
    }

    #[test]
    fn half_a_cent_of_included_tax_is_rounded_down() {
        let half: Decimal = "4.165".parse().unwrap_or_default();
        assert_eq!(round_tax(half, true, CENTS), Decimal::new(416, 2));
        assert_eq!(round_tax(half, false, CENTS), Decimal::new(417, 2));
    }
}
