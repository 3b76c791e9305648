//! Reading and writing members of JSON objects without ever passing through a
//! binary float.

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

/// Amounts have at most 15 digits (FACTS: QuickBooks §8), some after the point.
const LARGEST: i64 = 10_000_000_000_000;

/// A JSON object whose members keep their order.
pub(super) type Object = Map<String, Value>;

/// The text of a member, if it is a text.
pub(super) fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// Whether the member is absent, null or an empty text.
pub(super) fn is_blank(object: &Object, key: &str) -> bool {
    match object.get(key) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    }
}

/// The id inside a reference member, `{"value": "12"}`; an empty one is none.
pub(super) fn reference<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    let value = object.get(key)?.get("value")?.as_str()?;
    (!value.is_empty()).then_some(value)
}

/// The inner object of a member.
pub(super) fn inner<'a>(object: &'a Object, key: &str) -> Option<&'a Object> {
    object.get(key).and_then(Value::as_object)
}

/// The elements of an array member; none when it is absent.
pub(super) fn elements<'a>(object: &'a Object, key: &str) -> &'a [Value] {
    object
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Whether a member is `true`, as a boolean or as text.
pub(super) fn is_true(object: &Object, key: &str) -> bool {
    boolean(object, key) == Some(true)
}

/// The boolean of a member, written as a boolean or as text.
pub(super) fn boolean(object: &Object, key: &str) -> Option<bool> {
    match object.get(key)? {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The exact decimal of a number or of a text that holds one.
pub(super) fn decimal_of(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => parse_decimal(number.as_str()),
        Value::String(text) => parse_decimal(text.trim()),
        _ => None,
    }
}

/// The exact decimal of a member.
pub(super) fn decimal(object: &Object, key: &str) -> Option<Decimal> {
    object.get(key).and_then(decimal_of)
}

/// Plain or scientific notation to a decimal. Beyond 15 digits before the point
/// it is not taken for a number, so that products of two always fit.
pub(super) fn parse_decimal(text: &str) -> Option<Decimal> {
    let parsed: Option<Decimal> = text
        .parse()
        .ok()
        .or_else(|| Decimal::from_scientific(text).ok());
    parsed.filter(|number| number.abs() < Decimal::from(LARGEST))
}

/// A JSON number with exactly the digits of the decimal.
pub(super) fn number(value: Decimal) -> Value {
    value
        .to_string()
        .parse::<Number>()
        .map_or(Value::Null, Value::Number)
}

/// A quantity or rate as it is shown: without trailing zeros.
pub(super) fn plain(value: Decimal) -> Value {
    number(value.normalize())
}

/// Money as it is shown: the decimals of its currency, a bare 0 for nothing
/// (recorded: `"TotalAmt": 0` beside `"TotalTax": 22.43`).
pub(super) fn money(value: Decimal, decimals: u32) -> Value {
    if value.is_zero() {
        return Value::from(0);
    }
    let mut scaled = value;
    scaled.rescale(decimals);
    number(scaled)
}

/// `{"value": id}` or `{"value": id, "name": name}`.
pub(super) fn make_reference(id: &str, name: Option<&str>) -> Value {
    let mut object = Object::new();
    object.insert("value".into(), Value::from(id));
    if let Some(name) = name {
        object.insert("name".into(), Value::from(name));
    }
    Value::Object(object)
}

/// Puts a member into an object under construction, in the order of calls.
pub(super) fn set(object: &mut Object, key: &str, value: impl Into<Value>) {
    object.insert(key.to_owned(), value.into());
}

/// The compact text of an object.
pub(super) fn to_text(object: &Object) -> String {
    serde_json::to_string(object).unwrap_or_default()
}

/// A quoted and escaped JSON text.
pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
