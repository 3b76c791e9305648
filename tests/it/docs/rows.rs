//! Each rule of booking and each event after posting has a test: the tables at the top of the files in
//! `tests/it/accounting` and `tests/it/simulation/life` name tests that exist, and leave out none of these
//! tests, no key of the configuration's mapping, and no cause.

use std::collections::{BTreeMap, BTreeSet};

use daybook::domain::CAUSES;

use super::{files, read, root};

/// Where rows are.
const TOLD_IN: [&str; 2] = ["tests/it/accounting", "tests/it/simulation/life"];
/// Where their tests are.
const SHOWN_IN: [&str; 3] = ["tests/it", "connectors", "src"];

/// A row of a table: what it is about, and the tests that show it.
struct Row {
    place: String,
    about: Vec<String>,
    tests: Vec<String>,
}

#[test]
fn every_row_of_booking_names_tests_that_exist() {
    let tests = tests_below(&SHOWN_IN);
    let rows = rows();
    assert!(rows.len() > 100, "the tables were not found");
    for row in &rows {
        assert!(!row.tests.is_empty(), "{}: no test is named", row.place);
        for name in &row.tests {
            assert!(tests.contains_key(name), "{}: no test `{name}`", row.place);
        }
    }
}

#[test]
fn every_test_of_booking_stands_in_a_row() {
    let rows = rows();
    let named: BTreeSet<&String> = rows.iter().flat_map(|row| &row.tests).collect();
    for name in tests_below(&TOLD_IN).keys() {
        assert!(named.contains(name), "`{name}` stands in no table");
    }
}

#[test]
fn every_key_of_the_mapping_stands_in_a_row() {
    let rows = rows();
    let about: BTreeSet<&String> = rows.iter().flat_map(|row| &row.about).collect();
    let keys = keys_of_the_mapping();
    assert!(keys.len() > 40, "the keys were not found: {keys:?}");
    for key in &keys {
        assert!(about.contains(key), "`{key}` stands in no table");
    }
}

#[test]
fn every_cause_is_provoked_by_a_test_that_names_it() {
    let tests = tests_below(&SHOWN_IN);
    let rows = rows();
    let mut causes: Vec<&Row> = rows
        .iter()
        .filter(|row| row.place.contains("accounting/held.rs"))
        .collect();
    causes.retain(|row| !row.about.is_empty());
    let told: Vec<&str> = causes.iter().map(|row| row.about[0].as_str()).collect();
    let known: Vec<&str> = CAUSES.iter().map(|cause| cause.code).collect();
    assert_eq!(told, known, "the table and the catalogue differ");
    for row in causes {
        let quoted = format!("\"{}\"", row.about[0]);
        for name in &row.tests {
            let names_it = tests[name].contains(&quoted);
            assert!(names_it, "{}: `{name}` does not look for it", row.place);
        }
    }
}

/// The rows of all tables.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for folder in TOLD_IN {
        for file in files(&root().join(folder), ".rs") {
            let text = read(&file);
            let lines = text.lines().zip(1..);
            let table = lines.filter_map(|(line, at)| Some((line.strip_prefix("//! | ")?, at)));
            for (line, at) in table.skip(1) {
                let cells = line.trim_end_matches(" |").rsplit_once(" | ");
                let (about, tests) = cells.expect("a row has two cells");
                rows.push(Row {
                    place: format!("{}:{at}", file.display()),
                    about: in_backticks(about),
                    tests: in_backticks(tests),
                });
            }
        }
    }
    rows
}

fn in_backticks(text: &str) -> Vec<String> {
    let inside = text.split('`').skip(1).step_by(2);
    inside.map(str::to_owned).collect()
}

/// The bodies of the tests in all files below these folders.
fn tests_below(folders: &[&str]) -> BTreeMap<String, String> {
    let mut tests = BTreeMap::new();
    for folder in folders {
        for file in files(&root().join(folder), ".rs") {
            let text = read(&file);
            for part in text.split("test]\n").skip(1) {
                let Some((_, behind)) = part.split_once("fn ") else {
                    continue;
                };
                let (name, _) = behind.split_once('(').expect("a function has arguments");
                let end = behind.find("\n}\n").unwrap_or(behind.len());
                tests.insert(name.to_owned(), behind[..end].to_owned());
            }
        }
    }
    tests
}

/// `orders.statuses` and so on, as the page on the configuration lists them.
fn keys_of_the_mapping() -> Vec<String> {
    let mut keys = Vec::new();
    let mut section = None;
    for line in read("docs/configuration.md").lines() {
        if line.starts_with("## ") {
            let name = line.strip_prefix("## `[pipelines.mapping.");
            section = name.and_then(|name| name.strip_suffix("]`"));
        } else if let (Some(section), Some(row)) = (section, line.strip_prefix("| `")) {
            let (key, rest) = row.split_once('`').expect("a key stands in backticks");
            if !rest.starts_with(" | table |") {
                keys.push(format!("{section}.{key}"));
            }
        }
    }
    keys
}
