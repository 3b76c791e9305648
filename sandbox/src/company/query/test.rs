//! Conditions against rows.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde_json::Value;

use super::super::books::{Stored, id_text};
use super::super::fault::Fault;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::state::Company;
use super::parse::{Condition, Operator};
use super::property::Property;

/// A condition made ready.
pub(super) struct Test {
    pub(super) property: Property,
    pub(super) operator: Operator,
    pub(super) values: Vec<String>,
    ignore_case: bool,
}

impl Test {
    pub(super) fn new(company: &Company, kind: Kind, condition: &Condition) -> Result<Self, Fault> {
        let property = Property::find(kind, &condition.property)?;
        if !property.is_queryable(kind) {
            let detail = format!("property '{}' is not queryable", property.name());
            return Err(Fault::query_invalid(&detail));
        }
        for value in &condition.values {
            if property == Property::Id && kind != Kind::TaxCode && value.parse::<u64>().is_err() {
                return Err(Fault::invalid_id(value));
            }
            let time = matches!(property, Property::Created | Property::Updated);
            if time && company.stamps.parse(value).is_none() {
                let detail = format!("Invalid value for property MetaData: {value}");
                return Err(Fault::query_invalid(&detail));
            }
        }
        Ok(Self {
            property,
            operator: condition.operator,
            values: condition.values.clone(),
            ignore_case: company.quirks.queries_ignore_case,
        })
    }

    pub(super) fn holds(
        &self,
        company: &Company,
        kind: Kind,
        stored: &Stored,
        body: &mut Lazy,
    ) -> bool {
        let mut compare = |value: &str| -> Option<Ordering> {
            let version = &stored.version;
            match &self.property {
                Property::Id => match value.parse::<u64>() {
                    Ok(id) => Some(version.id.cmp(&id)),
                    Err(_) => Some(id_text(kind, version.id).as_str().cmp(value)),
                },
                Property::Active => Some(version.active.cmp(&value.eq_ignore_ascii_case("true"))),
                Property::Created => Some(version.created.cmp(&company.stamps.parse(value)?)),
                Property::Updated => Some(version.updated.cmp(&company.stamps.parse(value)?)),
                Property::Member(member) => {
                    let object = body.get(stored);
                    self.compare_member(object.get(*member)?, value)
                }
            }
        };
        match self.operator {
            Operator::In => self
                .values
                .iter()
                .any(|value| compare(value) == Some(Ordering::Equal)),
            Operator::Like => self
                .values
                .iter()
                .any(|pattern| self.is_like(stored, body, pattern)),
            operator => self.values.iter().all(|value| {
                compare(value).is_some_and(|ordering| match operator {
                    Operator::Less => ordering.is_lt(),
                    Operator::Greater => ordering.is_gt(),
                    Operator::AtMost => ordering.is_le(),
                    Operator::AtLeast => ordering.is_ge(),
                    _ => ordering.is_eq(),
                })
            }),
        }
    }

    fn compare_member(&self, held: &Value, value: &str) -> Option<Ordering> {
        if let Value::Number(_) = held {
            let wanted: Decimal = json::parse_decimal(value)?;
            return Some(json::decimal_of(held)?.cmp(&wanted));
        }
        let held = text_of(held)?;
        if self.ignore_case {
            return Some(held.to_lowercase().cmp(&value.to_lowercase()));
        }
        Some(held.as_str().cmp(value))
    }

    fn is_like(&self, stored: &Stored, body: &mut Lazy, pattern: &str) -> bool {
        let Property::Member(member) = &self.property else {
            return false;
        };
        let Some(held) = body.get(stored).get(*member).and_then(text_of) else {
            return false;
        };
        if self.ignore_case {
            like(&held.to_lowercase(), &pattern.to_lowercase())
        } else {
            like(&held, pattern)
        }
    }
}

/// The body of a row, read at most once.
#[derive(Default)]
pub(super) struct Lazy(Option<Object>);

impl Lazy {
    pub(super) fn get(&mut self, stored: &Stored) -> &Object {
        self.0.get_or_insert_with(|| stored.version.object())
    }
}

/// `%` stands for any text.
fn like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('%');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    false
}

/// What a member is compared by: references by id, addresses by their text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(object) => ["value", "Address", "FreeFormNumber", "URI"]
            .iter()
            .find_map(|key| json::text(object, key))
            .map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn a_percent_sign_stands_for_any_text() {
        assert!(like("Ann Lee", "Ann%"));
        assert!(like("Ann Lee", "%Lee"));
        assert!(like("Ann Lee", "%n L%"));
        assert!(like("Ann Lee", "Ann Lee"));
        assert!(!like("Ann Lee", "Ann"));
        assert!(!like("Ann Lee", "%Ann"));
    }
}
