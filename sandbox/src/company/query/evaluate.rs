//! Running a statement: look into the index where a condition allows it,
//! compare, order, cut the page.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde_json::Value;

use super::super::books::{Field, Stored, id_text};
use super::super::fault::Fault;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::members;
use super::super::quirks::TooManyResults;
use super::super::state::Company;
use super::parse::{Columns, Condition, Operator, Select};

/// Rows of a page when nothing is said, and at most. FACTS: QuickBooks §2.
const PAGE: usize = 100;
const LARGEST_PAGE: i64 = 1000;

/// Answers with the inner object of `QueryResponse`.
pub(super) fn evaluate(company: &Company, select: &Select) -> Result<String, Fault> {
    if let Some(single) = singleton(company, select) {
        return Ok(single);
    }
    let Some(kind) = Kind::from_name(&select.entity) else {
        let detail = format!("Entity {} is not supported", select.entity);
        return Err(Fault::query_invalid(&detail));
    };
    let conditions = select
        .conditions
        .iter()
        .map(|condition| Test::new(company, kind, condition))
        .collect::<Result<Vec<_>, Fault>>()?;
    let order = select
        .order
        .iter()
        .map(|(property, descending)| Ok((Property::find(kind, property)?, *descending)))
        .collect::<Result<Vec<_>, Fault>>()?;
    let columns = columns(kind, &select.columns)?;
    let (start, limit) = page(company, select)?;

    let mut rows = matching(company, kind, &conditions);
    if select.columns == Columns::Count {
        return Ok(format!("{{\"totalCount\":{}}}", rows.len()));
    }
    sort(company, kind, &mut rows, &order);
    let total = rows.len();
    let page: Vec<String> = rows
        .into_iter()
        .skip(start - 1)
        .take(limit)
        .map(|stored| match &columns {
            None => company.show(kind, &stored.version),
            Some(columns) => project(company, kind, stored, columns),
        })
        .collect();
    if page.is_empty() {
        return Ok("{}".to_owned());
    }
    let counted = matches!(kind, Kind::Invoice | Kind::TaxCode | Kind::TaxRate);
    let total = if counted {
        format!(",\"totalCount\":{total}")
    } else {
        String::new()
    };
    let rows = page.len();
    Ok(format!(
        "{{\"{}\":[{}],\"startPosition\":{start},\"maxResults\":{rows}{total}}}",
        kind.name(),
        page.join(",")
    ))
}

/// `CompanyInfo` and `Preferences` have one row each.
fn singleton(company: &Company, select: &Select) -> Option<String> {
    let (name, shown) = if select.entity.eq_ignore_ascii_case("CompanyInfo") {
        ("CompanyInfo", company.show_single(&company.info, 0))
    } else if select.entity.eq_ignore_ascii_case("Preferences") {
        let preferences = company.preferences.to_object();
        (
            "Preferences",
            company.show_single(&preferences, company.preferences_changes),
        )
    } else {
        return None;
    };
    if select.columns == Columns::Count {
        return Some("{\"totalCount\":1}".to_owned());
    }
    Some(format!(
        "{{\"{name}\":[{shown}],\"startPosition\":1,\"maxResults\":1}}"
    ))
}

fn page(company: &Company, select: &Select) -> Result<(usize, usize), Fault> {
    let too_small = |value: i64| {
        Fault::query_invalid(&format!(
            "value {value} is too small. Min allowed value is 1"
        ))
    };
    let start = select.start.unwrap_or(1);
    if start < 1 {
        return Err(too_small(start));
    }
    let limit = match select.limit {
        None => return Ok((usize::try_from(start).unwrap_or(1), PAGE)),
        Some(limit) if limit < 1 => return Err(too_small(limit)),
        Some(limit) if limit > LARGEST_PAGE => match company.quirks.too_many_results {
            TooManyResults::Clamped => LARGEST_PAGE,
            TooManyResults::Refused => {
                let detail = format!("value {limit} is too large. Max allowed value is 1000");
                return Err(Fault::query_invalid(&detail));
            }
        },
        Some(limit) => limit,
    };
    Ok((
        usize::try_from(start).unwrap_or(1),
        usize::try_from(limit).unwrap_or(PAGE),
    ))
}

/// A property of a kind, in its canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Property {
    Id,
    Active,
    Created,
    Updated,
    Member(&'static str),
}

impl Property {
    fn find(kind: Kind, text: &str) -> Result<Self, Fault> {
        let unknown = || {
            Fault::query_invalid(&format!(
                "Property {text} not found for Entity {}",
                kind.name()
            ))
        };
        let (head, tail) = text
            .split_once('.')
            .map_or((text, None), |(h, t)| (h, Some(t)));
        let member = members::canonical(kind.name(), head).ok_or_else(unknown)?;
        match (member, tail) {
            ("Id", None) => Ok(Self::Id),
            ("Active", None) => Ok(Self::Active),
            ("MetaData", Some(tail)) if tail.eq_ignore_ascii_case("CreateTime") => {
                Ok(Self::Created)
            }
            ("MetaData", Some(tail)) if tail.eq_ignore_ascii_case("LastUpdatedTime") => {
                Ok(Self::Updated)
            }
            ("MetaData", _) => Err(unknown()),
            (member, _) => Ok(Self::Member(member)),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Id => "Id",
            Self::Active => "Active",
            Self::Created | Self::Updated => "MetaData",
            Self::Member(member) => member,
        }
    }

    /// FACTS: QuickBooks §9: what may stand in WHERE.
    fn is_queryable(&self, kind: Kind) -> bool {
        let Self::Member(member) = self else {
            return true;
        };
        let transaction = [
            "DocNumber",
            "TxnDate",
            "CustomerRef",
            "TotalAmt",
            "Balance",
            "DueDate",
        ];
        let party = [
            "DisplayName",
            "GivenName",
            "MiddleName",
            "FamilyName",
            "CompanyName",
        ];
        match kind {
            Kind::Customer => {
                party.contains(member)
                    || matches!(
                        *member,
                        "FullyQualifiedName" | "PrimaryEmailAddr" | "Balance"
                    )
            }
            Kind::Vendor | Kind::Employee => party.contains(member) || *member == "Balance",
            Kind::Item => {
                matches!(
                    *member,
                    "Name" | "FullyQualifiedName" | "Sku" | "Type" | "Description"
                )
            }
            Kind::Account => matches!(
                *member,
                "Name" | "FullyQualifiedName" | "AccountType" | "AccountSubType" | "Classification"
            ),
            Kind::CompanyCurrency => matches!(*member, "Code" | "Name"),
            Kind::TaxAgency => *member == "DisplayName",
            Kind::Payment => transaction.contains(member) || *member == "PaymentRefNum",
            _ if kind.is_transaction() => transaction.contains(member),
            _ => matches!(
                *member,
                "Name" | "FullyQualifiedName" | "Type" | "Description"
            ),
        }
    }

    fn index(&self) -> Option<Field> {
        match self {
            Self::Member("DisplayName" | "Name") => Some(Field::Name),
            Self::Member("FullyQualifiedName") => Some(Field::FullName),
            Self::Member("PrimaryEmailAddr") => Some(Field::Email),
            Self::Member("Sku") => Some(Field::Sku),
            Self::Member("DocNumber") => Some(Field::DocNumber),
            Self::Member("CustomerRef") => Some(Field::Customer),
            _ => None,
        }
    }
}

/// A condition made ready.
struct Test {
    property: Property,
    operator: Operator,
    values: Vec<String>,
    ignore_case: bool,
}

impl Test {
    fn new(company: &Company, kind: Kind, condition: &Condition) -> Result<Self, Fault> {
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

    fn holds(&self, company: &Company, kind: Kind, stored: &Stored, body: &mut Lazy) -> bool {
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
struct Lazy(Option<Object>);

impl Lazy {
    fn get(&mut self, stored: &Stored) -> &Object {
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
fn text_of(value: &Value) -> Option<String> {
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

fn matching<'a>(company: &'a Company, kind: Kind, tests: &[Test]) -> Vec<&'a Stored> {
    let asks_active = tests.iter().any(|test| test.property == Property::Active);
    let visible = |stored: &&Stored| asks_active || kind.is_transaction() || stored.version.active;
    let holds = |stored: &&Stored| {
        let mut body = Lazy::default();
        tests
            .iter()
            .all(|test| test.holds(company, kind, stored, &mut body))
    };
    let by_id = tests.iter().find(|test| {
        test.property == Property::Id && matches!(test.operator, Operator::Equal | Operator::In)
    });
    let indexed = tests.iter().find_map(|test| {
        let field = test.property.index()?;
        matches!(test.operator, Operator::Equal | Operator::In).then_some((field, test))
    });
    let narrowed: Option<Vec<u64>> = match (by_id, indexed) {
        (Some(test), _) if kind != Kind::TaxCode => Some(
            test.values
                .iter()
                .filter_map(|value| value.parse().ok())
                .collect(),
        ),
        (_, Some((field, test))) => Some(
            test.values
                .iter()
                .flat_map(|value| company.books.candidates(kind, field, value))
                .collect(),
        ),
        _ => None,
    };
    match narrowed {
        Some(mut ids) => {
            ids.sort_unstable();
            ids.dedup();
            let found = ids.into_iter().filter_map(|id| company.books.get(kind, id));
            found.filter(visible).filter(holds).collect()
        }
        None => company
            .books
            .all(kind)
            .filter(visible)
            .filter(holds)
            .collect(),
    }
}

/// Without ORDERBY lists come by rising id, transactions newest first.
fn sort(company: &Company, kind: Kind, rows: &mut Vec<&Stored>, order: &[(Property, bool)]) {
    if order.is_empty() {
        if kind.is_transaction() {
            rows.reverse();
        }
        return;
    }
    let mut keyed: Vec<(Vec<SortKey>, &Stored)> = rows
        .drain(..)
        .map(|stored| {
            let mut body = Lazy::default();
            let keys = order
                .iter()
                .map(|(property, _)| sort_key(company, stored, property, &mut body));
            (keys.collect(), stored)
        })
        .collect();
    keyed.sort_by(|(left, _), (right, _)| {
        let pairs = left.iter().zip(right).zip(order);
        let orderings = pairs.map(|((left, right), (_, descending))| {
            let ordering = left.cmp(right);
            if *descending {
                ordering.reverse()
            } else {
                ordering
            }
        });
        orderings.fold(Ordering::Equal, Ordering::then)
    });
    rows.extend(keyed.into_iter().map(|(_, stored)| stored));
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Nothing,
    Number(Decimal),
    Text(String),
}

fn sort_key(company: &Company, stored: &Stored, property: &Property, body: &mut Lazy) -> SortKey {
    let version = &stored.version;
    match property {
        Property::Id if company.quirks.ids_sort_as_text => SortKey::Text(version.id.to_string()),
        Property::Id => SortKey::Number(version.id.into()),
        Property::Active => SortKey::Number(u64::from(version.active).into()),
        Property::Created => SortKey::Number(version.created.as_second().into()),
        Property::Updated => SortKey::Number(version.updated.as_second().into()),
        Property::Member(member) => match body.get(stored).get(*member) {
            Some(number @ Value::Number(_)) => {
                json::decimal_of(number).map_or(SortKey::Nothing, SortKey::Number)
            }
            Some(value) => text_of(value).map_or(SortKey::Nothing, SortKey::Text),
            None => SortKey::Nothing,
        },
    }
}

fn columns(kind: Kind, columns: &Columns) -> Result<Option<Vec<Property>>, Fault> {
    match columns {
        Columns::All | Columns::Count => Ok(None),
        Columns::Listed(listed) => {
            let found = listed.iter().map(|property| Property::find(kind, property));
            Ok(Some(found.collect::<Result<_, _>>()?))
        }
    }
}

/// FACTS: QuickBooks §9: a column list gives sparse objects with only those
/// members; Id is always among them.
fn project(company: &Company, kind: Kind, stored: &Stored, columns: &[Property]) -> String {
    let whole: Object =
        serde_json::from_str(&company.show(kind, &stored.version)).unwrap_or_default();
    let mut row = Object::new();
    json::set(&mut row, "domain", "QBO");
    json::set(&mut row, "sparse", true);
    for key in std::iter::once("Id").chain(columns.iter().map(Property::name)) {
        if let Some(value) = whole.get(key) {
            json::set(&mut row, key, value.clone());
        }
    }
    json::to_text(&row)
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
