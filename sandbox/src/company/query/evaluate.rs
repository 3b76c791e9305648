//! Running a statement: look into the index where a condition allows it,
//! compare, order, cut the page.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde_json::Value;

use super::super::books::Stored;
use super::super::fault::Fault;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::quirks::TooManyResults;
use super::super::state::Company;
use super::parse::{Columns, Operator, Select};
use super::property::Property;
use super::test::{Lazy, Test, text_of};

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
        ("CompanyInfo", company.show_info())
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
