//! The example and the documentation tell what the code does.

use std::collections::BTreeMap;
use std::path::Path;

use daybook::config::reference::{Preset, SECTIONS, Section, configuration_page};
use daybook::config::{Config, Warning};
use toml::Value;

const EXAMPLE: &str = include_str!("../../../config.toml");

/// The secrets the example asks for in its first lines, and nothing else.
fn environment(name: &str) -> Option<String> {
    [
        "WOO_CONSUMER_KEY",
        "WOO_CONSUMER_SECRET",
        "QBO_CLIENT_ID",
        "QBO_CLIENT_SECRET",
    ]
    .contains(&name)
    .then(|| format!("secret of {name}"))
}

fn read(text: &str) -> (Config, Vec<Warning>) {
    match Config::from_text(text, "config.toml", Path::new(""), &environment) {
        Ok(read) => read,
        Err(problems) => panic!("{problems}"),
    }
}

/// The example with the keys that are commented out.
fn complete() -> String {
    let shown = |line: &str| {
        let rest = line.strip_prefix('#')?;
        let key =
            rest.starts_with(|letter: char| letter.is_ascii_lowercase() || "\"[".contains(letter));
        key.then(|| rest.to_owned())
    };
    EXAMPLE
        .lines()
        .map(|line| shown(line).unwrap_or_else(|| line.to_owned()) + "\n")
        .collect()
}

/// The example's value of every key, by the header of its section.
fn values() -> BTreeMap<(&'static str, String), Value> {
    let table: toml::Table = complete().parse().expect("TOML");
    let root = Value::Table(table);
    let mut values = BTreeMap::new();
    for section in SECTIONS {
        let found = at(&root, section);
        let Value::Table(found) = found else {
            panic!("{} is no table", section.header)
        };
        for (key, value) in found {
            values.insert((section.header, key.clone()), value.clone());
        }
    }
    values
}

/// The table of a section in the example.
fn at<'a>(root: &'a Value, section: &Section) -> &'a Value {
    let path = match section.header {
        "[connections.NAME] with kind = \"woocommerce\"" => "connections.store".to_owned(),
        "[connections.NAME] with kind = \"quickbooks\"" => "connections.books".to_owned(),
        header => header.replace(['[', ']'], "").replace("GATEWAY", "stripe"),
    };
    let first = |value: &'a Value| match value {
        Value::Array(tables) => tables.first().expect("a pipeline"),
        other => other,
    };
    let step = |table: &'a Value, part: &str| {
        let found = first(table).get(part);
        found.unwrap_or_else(|| panic!("the example has no {path}"))
    };
    first(path.split('.').fold(root, step))
}

#[test]
fn the_example_works_once_its_secrets_are_given() {
    let (config, warnings) = read(EXAMPLE);
    assert_eq!(warnings, []);
    assert_eq!(config.pipelines.len(), 1);
}

#[test]
fn the_example_works_with_everything_it_shows() {
    let (config, warnings) = read(&complete());
    assert_eq!(warnings, []);
    assert_eq!(config.pipelines.len(), 1);
}

#[test]
fn what_the_example_shows_changes_nothing_but_the_examples_of_free_keys() {
    let (mut as_it_stands, _) = read(EXAMPLE);
    let (mut shown, _) = read(&complete());
    for config in [&mut as_it_stands, &mut shown] {
        for pipeline in &mut config.pipelines {
            // examples, not defaults
            pipeline.mapping.tax.classes.clear();
            pipeline.mapping.tax.rates.clear();
            pipeline.mapping.custom_fields.clear();
            pipeline.mapping.payments.gateways.clear();
            pipeline.mapping.payments.default.method = None;
            pipeline.mapping.payments.default.fee_meta = None;
            pipeline.mapping.payments.default.fee_account = None;
            pipeline.mapping.fees.income_account = None;
            pipeline.mapping.refunds.income_account = None;
        }
    }
    assert_eq!(format!("{as_it_stands:#?}"), format!("{shown:#?}"));
}

#[test]
fn the_example_shows_every_key_and_the_right_default() {
    let shown = values();
    for section in SECTIONS {
        for key in section.keys {
            if key.name.chars().all(|letter| letter.is_ascii_uppercase()) {
                continue; // stands for a name that is free
            }
            let value = shown.get(&(section.header, key.name.to_owned()));
            let value = value.unwrap_or_else(|| {
                panic!(
                    "config.toml does not show `{}` of {}",
                    key.name, section.header
                )
            });
            if let Preset::Is(default) = key.preset {
                let line = format!("default = {default}");
                let default: toml::Table = line.parse().expect("TOML");
                assert_eq!(
                    Some(value),
                    default.get("default"),
                    "`{}` of {}",
                    key.name,
                    section.header
                );
            }
        }
    }
}

#[test]
fn every_key_is_explained() {
    for section in SECTIONS {
        assert!(!section.about.is_empty(), "{}", section.header);
        for key in section.keys {
            assert!(
                key.meaning.ends_with('.') || key.kind == "table",
                "`{}` of {}",
                key.name,
                section.header
            );
        }
    }
}

/// `UPDATE_DOCS=1 cargo test --test it configuration` writes it anew.
#[test]
fn the_configuration_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = configuration_page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/configuration.md is not current: UPDATE_DOCS=1 cargo test --test it configuration"
    );
}
