//! Currencies and rounding. QuickBooks rounds half up, away from zero
//! (FACTS: QuickBooks §8: 1861.075 is 1861.08).

use rust_decimal::{Decimal, RoundingStrategy};

/// An ISO 4217 currency code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// US dollar.
    pub const USD: Self = Self(*b"USD");
    /// Pound sterling.
    pub const GBP: Self = Self(*b"GBP");
    /// Canadian dollar.
    pub const CAD: Self = Self(*b"CAD");
    /// Australian dollar.
    pub const AUD: Self = Self(*b"AUD");
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");
    /// Japanese yen, a currency without decimals.
    pub const JPY: Self = Self(*b"JPY");

    /// Reads a code of three letters.
    pub fn from_code(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(bytes.map(|b| b.to_ascii_uppercase())))
    }

    /// The code, `USD`.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// The name in references, `United States Dollar`.
    pub fn name(&self) -> &str {
        match &self.0 {
            b"USD" => "United States Dollar",
            b"GBP" => "British Pound Sterling",
            b"CAD" => "Canadian Dollar",
            b"AUD" => "Australian Dollar",
            b"NZD" => "New Zealand Dollar",
            b"EUR" => "Euro",
            b"JPY" => "Japanese Yen",
            b"CHF" => "Swiss Franc",
            b"BHD" => "Bahraini Dinar",
            _ => self.code(),
        }
    }

    /// How many decimals its amounts have.
    pub fn decimals(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// Rounds an amount half up to the decimals of the currency.
    pub(super) fn round(self, amount: Decimal) -> Decimal {
        round_half_up(amount, self.decimals())
    }
}

/// Rounds half away from zero.
pub(super) fn round_half_up(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_half_cent_is_rounded_up() {
        let product = Decimal::new(12835, 2) * Decimal::new(1450, 2);
        assert_eq!(Currency::USD.round(product), Decimal::new(186_108, 2));
    }

    #[test]
    fn a_currency_knows_its_decimals() {
        assert_eq!(Currency::JPY.decimals(), 0);
        assert_eq!(
            Currency::from_code("bhd").map(|currency| currency.decimals()),
            Some(3)
        );
        assert_eq!(Currency::from_code("dollar"), None);
    }
}
