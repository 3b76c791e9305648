//! The configuration: what is wrong with a file is said all at once, with its place; what is right is
//! filled in; example and documentation are true.

mod documents;
mod meaning;
mod problems;
mod secrets;

use std::path::Path;

use daybook::config::{Config, Problems, Warning};

/// A small configuration in which everything required is said. Tests add to it or replace in it.
pub(crate) const SMALL: &str = r#"[server]
listen = "127.0.0.1:8080"
[connections.store]
kind = "woocommerce"
url = "https://shop.example.com"
consumer_key = { env = "WOO_KEY" }
consumer_secret = { env = "WOO_SECRET" }
[connections.books]
kind = "quickbooks"
environment = "sandbox"
client_id = "ABc1"
client_secret = { env = "QBO_SECRET" }
realm_id = "1234567890"
[[pipelines]]
name = "shop"
source = "store"
target = "books"
timezone = "America/New_York"
start_date = 2026-01-01
"#;

fn environment(name: &str) -> Option<String> {
    let value = match name {
        "WOO_KEY" => "ck_hush",
        "WOO_SECRET" => "cs_hush",
        "QBO_SECRET" => "qs_hush",
        "EMPTY" => "",
        _ => return None,
    };
    Some(value.to_owned())
}

fn read(text: &str) -> Result<(Config, Vec<Warning>), Problems> {
    Config::from_text(text, "config.toml", Path::new(""), &environment)
}

/// The configuration, where nothing is wrong.
fn config(text: &str) -> Config {
    match read(text) {
        Ok((config, _)) => config,
        Err(problems) => panic!("{problems}"),
    }
}

/// The warnings as they are printed, where nothing is wrong.
fn warnings(text: &str) -> String {
    let (_, warnings) = read(text).unwrap_or_else(|problems| panic!("{problems}"));
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    warnings.join("\n")
}

/// All problems as they are printed.
fn problems(text: &str) -> String {
    match read(text) {
        Ok(_) => panic!("nothing is wrong with\n{text}"),
        Err(problems) => problems.to_string(),
    }
}

/// The messages of all problems, without place and source.
fn messages(text: &str) -> Vec<String> {
    match read(text) {
        Ok(_) => panic!("nothing is wrong with\n{text}"),
        Err(problems) => problems
            .iter()
            .map(|problem| format!("{}: {}", problem.key, problem.message))
            .collect(),
    }
}

/// [`SMALL`] with one text replaced.
fn with(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    SMALL.replace(from, to)
}

/// [`SMALL`] with lines added below the header of a table, or at the end where it has no such table.
fn added(header: &str, lines: &str) -> String {
    let start = format!("{header}\n");
    if SMALL.contains(&start) {
        SMALL.replace(&start, &format!("{start}{lines}\n"))
    } else {
        format!("{SMALL}{start}{lines}\n")
    }
}
