//! What a sound file means: defaults, values, warnings.

use std::time::Duration;

use daybook::config::{
    Config, Connection, DatabaseKind, LogFormat, PostingMode, QuickBooksConnection,
    QuickBooksEnvironment, WooCommerceConnection,
};
use daybook::domain::{
    ConnectionName, CustomerMatch, GatewayFees, GatewayRules, MappingRules, PaymentRules,
    ShippingItem, TaxMode,
};
use jiff::civil::date;
use jiff::tz::TimeZone;
use kit::{Quotas, StreamName};

use super::{SMALL, added, config, warnings, with};

fn store(config: &Config) -> &WooCommerceConnection {
    config
        .store(&ConnectionName::new("store"))
        .expect("a store")
}

fn books(config: &Config) -> &QuickBooksConnection {
    config
        .company(&ConnectionName::new("books"))
        .expect("a company")
}

fn rules(lines: &str) -> MappingRules {
    let config = config(&format!("{SMALL}{lines}"));
    config
        .pipelines
        .into_iter()
        .next()
        .expect("a pipeline")
        .mapping
}

#[test]
fn what_a_small_file_does_not_say_has_its_default() {
    let config = config(SMALL);
    assert_eq!(warnings(SMALL), "");
    assert_eq!(config.database.url.to_string(), "sqlite://daybook.db");
    assert_eq!(config.database.url.kind(), DatabaseKind::Sqlite);
    assert_eq!(config.server.public_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.log.level, "info");
    assert_eq!(config.log.format, LogFormat::Text);
    let store = store(&config);
    assert_eq!(store.url.as_str(), "https://shop.example.com/");
    assert_eq!(store.page_size, 100);
    assert_eq!(store.timeout, Duration::from_secs(60));
    assert_eq!(store.settle, Duration::from_secs(15));
    let books = books(&config);
    assert_eq!(books.batch_size, 30);
    assert_eq!(
        books.quotas,
        Quotas {
            requests_per_minute: 500,
            requests_per_second: 10,
            batch_calls_per_minute: 40,
            concurrency: 10,
        }
    );
    let pipeline = config.pipeline("shop").expect("there");
    assert_eq!(pipeline.tenant.as_str(), "default");
    assert_eq!(pipeline.streams, StreamName::ALL);
    assert_eq!(pipeline.schedule.to_string(), "*/5 * * * *");
    assert_eq!(pipeline.start_date, date(2026, 1, 1));
    assert_eq!(pipeline.posting, PostingMode::Auto);
}

#[test]
fn the_documented_defaults_of_the_mapping_are_those_of_the_code() {
    let of_code = MappingRules {
        timezone: TimeZone::get("America/New_York").expect("known"),
        start_date: Some(date(2026, 1, 1)),
        payments: PaymentRules {
            default: GatewayRules {
                fees: Some(GatewayFees::default()),
                ..PaymentRules::default().default
            },
            ..PaymentRules::default()
        },
        ..MappingRules::default()
    };
    assert_eq!(rules(""), of_code);
}

#[test]
fn the_environment_decides_where_intuit_is_and_addresses_go_before_it() {
    let sandbox = config(SMALL);
    let books_of_sandbox = books(&sandbox);
    assert_eq!(books_of_sandbox.environment, QuickBooksEnvironment::Sandbox);
    assert_eq!(
        books_of_sandbox.base_url.as_str(),
        "https://sandbox-quickbooks.api.intuit.com/"
    );
    let production = config(&with("\"sandbox\"", "\"production\""));
    assert_eq!(
        books(&production).base_url.as_str(),
        "https://quickbooks.api.intuit.com/"
    );
    let simulated = config(&added(
        "[connections.books]",
        "base_url = \"http://127.0.0.1:9001\"\ntoken_url = \"http://127.0.0.1:9001/token\"",
    ));
    let simulated = books(&simulated);
    assert_eq!(simulated.base_url.as_str(), "http://127.0.0.1:9001/");
    assert_eq!(simulated.token_url.as_str(), "http://127.0.0.1:9001/token");
    assert_eq!(
        simulated.authorize_url.as_str(),
        "https://appcenter.intuit.com/connect/oauth2"
    );
}

#[test]
fn addresses_and_time_limit_are_those_the_connector_knows() {
    let url = |text: &str| url::Url::parse(text).expect("an address");
    for (word, world) in [
        ("\"sandbox\"", quickbooks::Environment::Sandbox),
        ("\"production\"", quickbooks::Environment::Production),
    ] {
        let config = config(&with("\"sandbox\"", word));
        let books = books(&config);
        assert_eq!(books.base_url, url(world.base_url()));
        assert_eq!(books.token_url, url(quickbooks::TOKEN_URL));
        assert_eq!(books.authorize_url, url(quickbooks::AUTHORIZE_URL));
        assert_eq!(books.revoke_url, url(quickbooks::REVOKE_URL));
        assert_eq!(books.timeout, quickbooks::DEFAULT_TIMEOUT);
    }
}

#[test]
fn a_batch_size_of_one_or_no_batch_calls_turns_them_off() {
    for line in ["batch_size = 1", "batch_calls_per_minute = 0"] {
        let config = config(&added("[connections.books]", line));
        let books = books(&config);
        assert_eq!(books.batch_size, 1, "{line}");
        assert_eq!(books.quotas.batch_calls_per_minute, 0, "{line}");
    }
}

#[test]
fn limits_above_intuits_are_taken_with_a_warning() {
    let text = added(
        "[connections.books]",
        "requests_per_minute = 100000\nconcurrency = 11",
    );
    assert_eq!(books(&config(&text)).quotas.requests_per_minute, 100_000);
    assert_eq!(
        warnings(&text),
        r"config.toml:9:23: `connections.books.requests_per_minute`: is above Intuit's limit of 500: right only for a raised quota or a simulator
  |
9 | requests_per_minute = 100000
  |                       ^^^^^^
config.toml:10:15: `connections.books.concurrency`: is above Intuit's limit of 10: right only for a raised quota or a simulator
   |
10 | concurrency = 11
   |               ^^"
    );
}

#[test]
fn streams_run_in_their_order_however_they_are_listed() {
    let config = config(&added(
        "[[pipelines]]",
        "streams = [\"refunds\", \"orders\"]",
    ));
    let pipeline = config.pipeline("shop").expect("there");
    assert_eq!(pipeline.streams, [StreamName::Orders, StreamName::Refunds]);
}

#[test]
fn a_server_for_other_machines_has_a_token_and_should_have_an_address() {
    let text = with(
        "listen = \"127.0.0.1:8080\"",
        "listen = \"0.0.0.0:8080\"\nauth_token = { env = \"WOO_KEY\" }",
    );
    assert!(config(&text).server.auth_token.is_some());
    assert!(warnings(&text).contains("`server.public_url`: is missing"));
    let text = added("[server]", "viewer_token = { env = \"WOO_KEY\" }");
    assert!(warnings(&text).contains("nobody may act"));
}

#[test]
fn two_pipelines_on_the_same_stream_give_a_warning() {
    let text = format!(
        "{SMALL}[[pipelines]]\nname = \"again\"\nsource = \"store\"\ntarget = \"books\"\ntimezone = \"UTC\"\nstart_date = 2026-01-01\nstreams = [\"refunds\"]\n"
    );
    assert_eq!(
        warnings(&text),
        r"config.toml:20:1: `pipelines.again`: reads `refunds` of `store` into `books` as `shop` does: give each stream to one of them
   |
20 | [[pipelines]]
   | ^^^^^^^^^^^^^"
    );
}

#[test]
fn without_pipelines_nothing_is_wrong_but_nothing_happens() {
    assert_eq!(
        warnings(""),
        "config.toml:1:1: `pipelines`: is missing: nothing will be read or posted\n  |\n1 | \n  | ^"
    );
}

#[test]
fn tax_and_gateways_are_read_as_they_are_written() {
    let rules = rules(
        r#"[pipelines.mapping.customers]
match = ["name"]
[pipelines.mapping.shipping]
item = "id:12"
[pipelines.mapping.tax]
mode = "codes"
[pipelines.mapping.tax.classes]
"" = "20.0% S"
"zero-rate" = "0.0% Z"
[pipelines.mapping.tax.rates]
"2 + 1" = "GST/QST QC - 9.975"
[pipelines.mapping.payments.default]
fee_account = "Fees"
[pipelines.mapping.payments.stripe]
method = "Credit Card"
deposit_to = "Stripe Clearing"
fee_meta = "_stripe_fee"
fees = "per_order"
[pipelines.mapping.custom_fields]
"PO number" = "_po_number"
"#,
    );
    assert_eq!(rules.customers.matching, [CustomerMatch::Name]);
    assert_eq!(rules.shipping.item, ShippingItem::Named("id:12".to_owned()));
    assert_eq!(rules.tax.mode, TaxMode::Codes);
    assert_eq!(
        rules.tax.classes.get("").map(String::as_str),
        Some("20.0% S")
    );
    assert_eq!(
        rules.tax.rates.get("1+2").map(String::as_str),
        Some("GST/QST QC - 9.975")
    );
    let default = &rules.payments.default;
    assert_eq!(default.deposit_to.as_deref(), Some("Undeposited Funds"));
    assert_eq!(default.fees, Some(GatewayFees::Daily));
    assert_eq!(
        rules.payments.gateways.get("stripe"),
        Some(&GatewayRules {
            method: Some("Credit Card".to_owned()),
            deposit_to: Some("Stripe Clearing".to_owned()),
            fee_meta: Some("_stripe_fee".to_owned()),
            fee_account: None,
            fees: Some(GatewayFees::PerOrder),
        })
    );
    assert_eq!(
        rules.custom_fields.get("PO number").map(String::as_str),
        Some("_po_number")
    );
}

#[test]
fn connections_know_what_they_are() {
    let config = config(SMALL);
    let kinds: Vec<_> = config
        .connections
        .iter()
        .map(|(name, connection)| match connection {
            Connection::WooCommerce(_) => format!("{name}: store"),
            Connection::QuickBooks(_) => format!("{name}: company"),
        })
        .collect();
    assert_eq!(kinds, ["books: company", "store: store"]);
}
