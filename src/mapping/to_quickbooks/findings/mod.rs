//! Holds the rules against what both systems have, before anything is posted: what would hold orders,
//! what is worth knowing, and the lines of the configuration that settle it. `daybook check` prints it
//! and the page of the mapping shows it, so the two cannot disagree.
//!
//! - `names`: names that do not resolve, accounts of a wrong type.
//! - `tax`: the taxes a line of the store can have (`rate_sets`), and the code for each (`code_choice`).
//! - `money`: gateways and what they keep. `orders`: statuses, numbers, currency, days.
//! - `preferences`: switches of the company.

mod code_choice;
mod money;
mod names;
mod orders;
mod preferences;
mod rate_sets;
mod tax;

use jiff::Timestamp;
use woocommerce::StoreSetup;

use super::books::Books;
use crate::domain::{Finding, MappingRules, Point, Weight};

/// What stands around a pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// The name of the store's connection.
    pub source: String,
    /// Pipelines of other stores into the same company.
    pub neighbours: Vec<Neighbour>,
}

/// A pipeline of another store into the same company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The name of the store's connection.
    pub source: String,
    /// The template of its orders' numbers (`orders.number`).
    pub orders: String,
    /// The template of its refunds' numbers (`refunds.number`).
    pub refunds: String,
}

/// Everything the rules are held against.
#[derive(Clone, Copy)]
struct Seen<'a> {
    rules: &'a MappingRules,
    books: &'a Books,
    /// How the store is set up; `None` where it was not asked.
    store: Option<&'a StoreSetup>,
    around: &'a Around,
    now: Timestamp,
}

/// All findings, errors first.
pub fn findings(
    rules: &MappingRules,
    books: &Books,
    store: Option<&StoreSetup>,
    around: &Around,
    now: Timestamp,
) -> Vec<Finding> {
    let seen = Seen {
        rules,
        books,
        store,
        around,
        now,
    };
    let mut findings = names::findings(seen);
    findings.extend(tax::findings(seen));
    findings.extend(orders::findings(seen));
    findings.extend(money::findings(seen));
    findings.extend(preferences::findings(seen));
    findings.sort_by_key(|finding| finding.weight);
    findings
}

fn error(point: Point, what: String, why: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding {
        point,
        weight: Weight::Error,
        what,
        why: why.into(),
        remedy: remedy.into(),
        lines: Vec::new(),
    }
}

fn remark(
    point: Point,
    what: String,
    why: impl Into<String>,
    remedy: impl Into<String>,
) -> Finding {
    Finding {
        weight: Weight::Remark,
        ..error(point, what, why, remedy)
    }
}

/// `a`, `b` and `c`.
fn listed<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let mut names: Vec<String> = names
        .into_iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    let last = names.pop().unwrap_or_default();
    if names.is_empty() {
        last
    } else {
        format!("{} and {last}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn names_are_listed_as_a_person_would() {
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
