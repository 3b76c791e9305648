//! Wrong command lines and wrong configurations: exit 2, everything that is wrong at once.

use std::collections::BTreeMap;

use super::shell::{Said, Shell, run};

/// Runs the program with this configuration, no world around it and an empty environment.
async fn with(config: Option<&str>, arguments: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    if let Some(config) = config {
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
    }
    run(folder.path(), &BTreeMap::new(), arguments).await
}

#[tokio::test]
async fn a_command_line_that_is_not_understood_is_refused_with_2() {
    for (arguments, says) in [
        (&["frobnicate"][..], "frobnicate"),
        (&["sync", "--frobnicate"][..], "--frobnicate"),
        (&["sync", "payments"][..], "payments"),
        (&["sync", "--limit", "many"][..], "many"),
        (&["sync", "--since", "yesterday"][..], "yesterday"),
        (&["sync", "orders", "--resume", "1"][..], "--resume"),
        (&["status", "--all", "--latest"][..], "--latest"),
    ] {
        let said = with(None, arguments).await;
        said.complains(2, &[says]);
        assert_eq!(said.out, "", "{arguments:?}");
    }
}

#[tokio::test]
async fn help_and_version_are_data_and_no_errors() {
    let help = with(None, &["--help"]).await;
    help.tells(0, &["run", "sync", "status", "demo", "check", "--config"]);
    let version = with(None, &["--version"]).await;
    assert_eq!(
        (version.code, version.out.as_str()),
        (0, concat!("daybook ", env!("CARGO_PKG_VERSION"), "\n"))
    );
}

#[tokio::test]
async fn a_missing_configuration_is_named_with_what_to_do() {
    for command in ["run", "sync", "status", "check"] {
        let said = with(None, &[command]).await;
        said.complains(2, &["config.toml", "no such file", "--config"]);
        assert_eq!(said.out, "");
    }
    let said = with(None, &["check", "--config", "elsewhere.toml"]).await;
    said.complains(2, &["elsewhere.toml"]);
    let said = with(None, &["check", "--json"]).await;
    assert_eq!(said.code, 2);
    let error = said.json()["error"].as_str().unwrap().to_owned();
    assert!(error.contains("no such file"), "{error}");
}

const BAD: &str = r#"
[database]
url = "sqlite://daybook.db"
[server]
listem = "127.0.0.1:0"
[connections.store]
kind = "woocommerce"
url = "https://shop.example.com"
consumer_key = { env = "STORE_KEY" }
consumer_secret = "cs_hush"
page_size = 700
[connections.books]
kind = "quickbooks"
environment = "sandbox"
client_id = "app"
client_secret = { file = "nowhere/secret" }
realm_id = "1"
[[pipelines]]
name = "store-to-books"
source = "shop"
target = "books"
streams = ["customers", "payments"]
schedule = "every now and then"
timezone = "America/New_York"
start_date = 2026-01-01
"#;

#[tokio::test]
async fn all_problems_of_a_configuration_are_named_at_once_each_with_its_place() {
    let said = with(Some(BAD), &["check"]).await;
    let place = |text: &str| {
        let before = &BAD[..BAD.find(text).unwrap()];
        let line = before.lines().count() + usize::from(before.ends_with('\n'));
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        format!("config.toml:{line}:{column}: ")
    };
    let places = [
        place("listem"),
        place("consumer_key"),
        place("700"),
        place("client_secret"),
        place("\"shop\""),
        place("\"payments\""),
        place("\"every now"),
    ];
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    said.complains(2, &places);
    said.complains(2, &["`listen`", "`STORE_KEY`", "nowhere/secret"]);
    said.complains(2, &["7 problems in config.toml"]);
    assert!(!said.err.contains("cs_hush"), "{said:#?}");
    assert_eq!(said.out, "");
}

#[tokio::test]
async fn missing_secrets_are_all_named_by_their_variables() {
    let mut shell = Shell::with_plain_orders(1).await;
    shell.environment.clear();
    for command in ["sync", "check", "run"] {
        let said = shell.run(&[command]).await;
        said.complains(2, &["`STORE_KEY`", "`STORE_SECRET`", "`APP_SECRET`"]);
    }
    assert!(!shell.world.folder.path().join("daybook.db").exists());
}

#[tokio::test]
async fn a_pipeline_or_stream_that_is_not_configured_is_a_usage_error() {
    let shell = Shell::with_plain_orders(1).await;
    let said = shell.run(&["sync", "--pipeline", "nope"]).await;
    said.complains(2, &["`nope`", "store-to-books"]);
    let mut shell = shell;
    shell.config = shell.config.replace(
        r#"["customers", "products", "orders", "refunds"]"#,
        r#"["orders"]"#,
    );
    let said = shell.run(&["sync", "refunds"]).await;
    said.complains(2, &["refunds", "store-to-books"]);
    assert_eq!(shell.documents(), 0);
}
