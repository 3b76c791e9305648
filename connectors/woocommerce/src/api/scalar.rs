//! Scalars as WooCommerce writes them: money as text or number, "" or null for "none", times
//! without a zone (FACTS: WooCommerce §4 to §6).

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// A text, number, flag or null; anything nested is refused.
pub(super) enum Scalar<'de> {
    Text(Cow<'de, str>),
    Number(String),
    Flag(bool),
    Null,
}

impl Scalar<'_> {
    /// As PHP would show it: null and false as "", true as "1".
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text.into_owned(),
            Self::Number(digits) => digits,
            Self::Flag(true) => "1".to_owned(),
            Self::Flag(false) | Self::Null => String::new(),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Flag(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Number(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Number(number.to_string()))
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Null)
    }

    // with arbitrary precision a number comes as a map of one marked entry that holds its digits
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scalar<'de>, A::Error> {
        serde_json::Number::deserialize(MapAccessDeserializer::new(map))
            .map(|number| Scalar::Number(number.to_string()))
            .map_err(|_| Error::custom("an object stands where a text or a number is expected"))
    }
}

/// No amount, quantity or percentage is this large: QuickBooks keeps ten digits before the point (FACTS:
/// QuickBooks §8), and what is computed of smaller ones has room.
const LIMIT: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);

/// Digits with an optional exponent (PHP writes small floats so), without loss.
fn number<E: Error>(digits: &str) -> Result<Decimal, E> {
    let plain = digits.trim();
    Decimal::from_str_exact(plain)
        .or_else(|_| Decimal::from_scientific(plain))
        .map_err(|_| E::custom(format!("`{digits}` is not an amount")))
}

/// A number that things are computed of.
fn decimal<E: Error>(digits: &str) -> Result<Decimal, E> {
    let amount = number(digits)?;
    if amount.abs() >= LIMIT {
        let more = "has more than ten digits before the point";
        return Err(E::custom(format!("`{digits}` {more}")));
    }
    Ok(amount)
}

/// An amount that must be there.
pub(super) fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    match Scalar::deserialize(deserializer)? {
        Scalar::Text(digits) => decimal(&digits),
        Scalar::Number(digits) => decimal(&digits),
        Scalar::Flag(flag) => Err(Error::custom(format!("`{flag}` is not an amount"))),
        Scalar::Null => Err(Error::custom("`null` is not an amount")),
    }
}

/// An amount, or "" or null for none.
pub(super) fn amount_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Decimal>, D::Error> {
    let digits = digits_or_none(deserializer)?;
    digits.map(|digits| decimal(&digits)).transpose()
}

/// A count that nothing is computed of, or "" or null for none: shops write any number for "enough".
pub(super) fn stock_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Decimal>, D::Error> {
    let digits = digits_or_none(deserializer)?;
    digits.map(|digits| number(&digits)).transpose()
}

fn digits_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'de, str>>, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::Null => None,
        Scalar::Text(text) if text.trim().is_empty() => None,
        Scalar::Text(text) => Some(text),
        Scalar::Number(digits) => Some(Cow::Owned(digits)),
        Scalar::Flag(flag) => {
            return Err(Error::custom(format!("`{flag}` is not an amount")));
        }
    })
}

/// An amount, where "" and null mean zero.
pub(super) fn amount_or_zero<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Decimal, D::Error> {
    amount_or_none(deserializer).map(Option::unwrap_or_default)
}

/// A text; a number becomes its digits, null "".
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Scalar::deserialize(deserializer).map(Scalar::into_text)
}

/// A text, or "" or null for none.
pub(super) fn text_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    text(deserializer).map(|text| Some(text).filter(|text| !text.is_empty()))
}

/// A text whose HTML entities are resolved once; tags stay as text.
pub(super) fn decoded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer).map(decode)
}

/// [`decoded`], or "" or null for none.
pub(super) fn decoded_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    text_or_none(deserializer).map(|text| text.map(decode))
}

fn decode(text: String) -> String {
    match html_escape::decode_html_entities(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(decoded) => decoded,
    }
}

/// A moment in UTC written without a zone, or "" or null for none.
pub(super) fn moment<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text = text(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    match utc(&text) {
        Some(moment) => Ok(Some(moment)),
        None => Err(Error::custom(format!(
            "`{text}` is not a time like 2026-11-21T20:30:49"
        ))),
    }
}

/// The moment that a `*_gmt` field shows.
pub(crate) fn utc(text: &str) -> Option<Timestamp> {
    let local: DateTime = text.trim_end_matches('Z').parse().ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}
