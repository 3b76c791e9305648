//! What `daybook check` finds in the mapping: printed, as JSON, and gone once its lines are pasted.

use daybook::engine::Tripwire;
use rust_decimal::{Decimal, dec};
use sandbox::company::{AppliesTo, CompanyContents, CompanyOptions, Limits, Regime};
use sandbox::store::{
    Address, Cart, GenerateOptions, RecordedStore, Regime as StoreRegime, Seed, StoreContents,
};
use serde_json::Value;

use super::shell::Shell;
use crate::support::{Setup, check_invariants};

fn posted_to(store: StoreContents, contents: CompanyContents) -> Setup {
    let regime = contents.regime;
    let mut setup = Setup::of(store);
    setup.company = CompanyOptions {
        limits: Limits::off(),
        contents,
        ..CompanyOptions::fresh(regime)
    };
    setup
}

fn generated(regime: StoreRegime, orders: usize) -> StoreContents {
    let options = GenerateOptions {
        orders,
        regime,
        customers: 6,
        products: 8,
        ..GenerateOptions::default()
    };
    StoreContents::generate(Seed(21), &options)
}

/// A company with these codes beside its own: the name, and each rate with what it is taken of.
fn company(regime: Regime, codes: &[(&str, &[(Decimal, AppliesTo)])]) -> CompanyContents {
    let mut contents = CompanyContents::fresh(regime);
    let agency = contents.tax.add_agency("Further taxes");
    for (name, parts) in codes {
        let mut rates = Vec::new();
        for (percent, applies) in *parts {
            let rate = contents
                .tax
                .add_rate(&format!("{name} {percent}"), *percent, agency);
            rates.push((rate, *applies));
        }
        contents.tax.add_code(name, true, &rates);
    }
    contents
}

/// The part of the report on the mapping.
fn of_mapping(report: &Value) -> &Value {
    let checks = report["checks"].as_array().unwrap();
    let found = checks
        .iter()
        .find(|check| check["what"] == "mapping of `store-to-books`");
    found.unwrap_or_else(|| panic!("no mapping in {report}"))
}

fn codes(mapping: &Value) -> Vec<&str> {
    let findings = mapping["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect()
}

/// Puts lines into the configuration as a person would: what has a section goes into it.
fn paste(shell: &mut Shell, lines: &str) {
    let mut config: toml::Table = shell.config.parse().unwrap();
    let lines: toml::Table = lines
        .parse()
        .unwrap_or_else(|error| panic!("{error}: {lines}"));
    let pipeline = config["pipelines"][0].as_table_mut().unwrap();
    merge(pipeline, lines["pipelines"].as_table().unwrap().clone());
    shell.config = config.to_string();
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(known)), toml::Value::Table(new)) => merge(known, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Checks, pastes what is printed, checks again and posts: nothing about tax is left, and nothing is held
/// for a tax that no code is named for.
async fn round_trip(shell: &mut Shell, expected: &[&str]) {
    let said = shell.run(&["check", "--json"]).await;
    assert_eq!(said.code, 2, "{said:#?}");
    let report = said.json();
    let mapping = of_mapping(&report);
    let errors: Vec<&str> = mapping["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["weight"] == "error")
        .map(|it| it["code"].as_str().unwrap())
        .collect();
    assert_eq!(errors, expected, "{mapping:#}");
    paste(shell, mapping["toml"].as_str().unwrap());

    let said = shell.run(&["check", "--json"]).await;
    assert_eq!(said.code, 0, "{said:#?}");
    let report = said.json();
    let left = codes(of_mapping(&report));
    for code in expected {
        assert!(!left.contains(code), "{code} is still there: {report:#}");
    }

    let said = shell.run(&["sync"]).await;
    assert!([0, 3].contains(&said.code), "{said:#?}");
    check_invariants(&shell.world).await;
    let program = shell.world.open(Tripwire::none()).await;
    let held = program.store.held_by_cause(None).await.unwrap();
    program.store.close().await;
    let causes: Vec<&str> = held.iter().map(|group| group.cause.as_str()).collect();
    assert!(!causes.contains(&"unmapped_tax_rate"), "{held:#?}");
    assert!(shell.documents() > 3, "{held:#?}");
}

#[tokio::test]
async fn the_lines_for_a_british_store_settle_all_its_taxes() {
    let codes: [(&str, &[(Decimal, AppliesTo)]); 1] =
        [("19.0% DE OSS", &[(dec!(19), AppliesTo::Amount)])];
    let contents = company(Regime::Uk, &codes);
    let setup = posted_to(generated(StoreRegime::Uk, 60), contents);
    let mut shell = Shell::new(setup).await;
    round_trip(&mut shell, &["unmapped_tax_rate", "untaxed_goods"]).await;
}

#[tokio::test]
async fn the_lines_for_a_canadian_store_settle_all_its_taxes() {
    let compound: [(&str, &[(Decimal, AppliesTo)]); 1] = [(
        "GST/QST QC compound",
        &[
            (dec!(5), AppliesTo::Amount),
            (dec!(9.975), AppliesTo::AmountAndTax),
        ],
    )];
    let contents = company(Regime::Ca, &compound);
    let setup = posted_to(generated(StoreRegime::Ca, 60), contents);
    let mut shell = Shell::new(setup).await;
    let expected = [
        "unmapped_tax_rate", // GST
        "unmapped_tax_rate", // with QST
        "unmapped_tax_rate", // HST
        "unmapped_tax_rate", // with PST
        "unmapped_tax_rate", // with a rate of nothing
        "tax_class_without_rates",
        "untaxed_goods",
    ];
    round_trip(&mut shell, &expected).await;
}

#[tokio::test]
async fn the_lines_for_an_australian_store_settle_all_its_taxes() {
    let contents = CompanyContents::fresh(Regime::Au);
    let setup = posted_to(generated(StoreRegime::Au, 60), contents);
    let mut shell = Shell::new(setup).await;
    round_trip(&mut shell, &["tax_class_without_rates", "untaxed_goods"]).await;
}

#[tokio::test]
async fn the_lines_for_a_us_company_with_codes_of_its_own_settle_all_its_taxes() {
    let on = AppliesTo::Amount;
    let codes: [(&str, &[(Decimal, AppliesTo)]); 6] = [
        ("CA", &[(dec!(7.25), on)]),
        ("CA Los Angeles", &[(dec!(7.25), on), (dec!(2.25), on)]),
        ("NY", &[(dec!(8.875), on)]),
        ("TX", &[(dec!(8.25), on)]),
        ("FL", &[(dec!(7), on)]),
        ("NY reduced", &[(dec!(4), on)]),
    ];
    let contents = company(Regime::UsManual, &codes);
    let setup = posted_to(generated(StoreRegime::Us, 0), contents);
    let mut shell = Shell::new(setup).await;
    for (state, city, postcode) in [
        ("NY", "New York", "10001"),
        ("CA", "San Diego", "92101"),
        ("CA", "Los Angeles", "90001"),
        ("TX", "Austin", "73301"),
        ("FL", "Miami", "33101"),
    ] {
        let guest = Address {
            first_name: "Guest".to_owned(),
            last_name: format!("of {city}"),
            email: format!("{state}{postcode}@example.com"),
            city: city.to_owned(),
            postcode: postcode.to_owned(),
            state: state.to_owned(),
            country: "US".to_owned(),
            ..Address::default()
        };
        let cart = Cart::new().bill_to(guest).line("MUG-001", 2);
        shell.world.an_hour_ago(|shop| {
            shop.place_paid_order(&cart).unwrap();
        });
    }
    round_trip(&mut shell, &["unmapped_tax_rate"; 6]).await;
    assert_eq!(shell.documents(), 5, "each tax came out by its code");
}

#[tokio::test]
async fn what_is_found_is_printed_with_what_to_do_and_the_lines_to_paste() {
    let store = StoreContents::recorded(RecordedStore::Uk);
    let setup = posted_to(store, CompanyContents::fresh(Regime::Uk));
    let mut shell = Shell::new(setup).await;
    let said = shell.run(&["check"]).await;
    said.tells(
        2,
        &[
            "✓ store `store`: ",
            "✓ company `books`: ",
            "! mapping of `store-to-books`: 2 points would hold orders or end runs, and 3 remarks\n",
            "  ! no tax code is named for MwSt. (rate 4, 19 %) in DE (unmapped_tax_rate)\n",
            "    Orders with it are held (`unmapped_tax_rate`).\n",
            "    → No code of the books is 19 %; the nearest is `20.0% S` with 20 %",
            "  · the store is in Europe/London, and the pipeline counts days in America/New_York (time_zone)\n",
            "  Lines for the mapping of `store-to-books`, below its [[pipelines]]",
            "\n[pipelines.mapping.tax]\nexempt_code = \"0.0% Z\"   # or `Exempt`",
        ],
    );
    assert_eq!(said.err, "");
    assert_eq!(shell.documents(), 0);

    // a name that does not resolve is one of them
    let lines = "[pipelines.mapping.products]\nincome_account = \"Sale of Product Income\"\n";
    paste(&mut shell, lines);
    let said = shell.run(&["check"]).await;
    said.tells(
        2,
        &[
            "there is no account `Sale of Product Income` in QuickBooks: the nearest are `Sales of Product",
            "# income_account = \"Sales of Product Income\"   # the nearest that fits, if it is meant\n",
        ],
    );
}

#[tokio::test]
async fn a_key_that_does_not_show_the_settings_is_remarked_and_all_else_is_checked() {
    let mut shell = Shell::with_plain_orders(1).await;
    let key = shell.world.store.clerk_key().to_owned();
    shell.environment.insert("STORE_KEY", key);
    let said = shell.run(&["check"]).await;
    said.tells(
        0,
        &[
            "✓ store `store`: ",
            "settings not to be seen with this key",
            "✓ mapping of `store-to-books`: every name is in the books; 3 remarks",
            "the store's key does not show its settings, tax rates, tax classes, gateways (not_seen)",
        ],
    );
}

#[tokio::test]
async fn two_stores_in_one_company_are_told_to_number_their_documents_apart() {
    let mut shell = Shell::with_plain_orders(1).await;
    let url = shell.world.store.url();
    let outlet = format!(
        r#"
[connections.outlet]
kind = "woocommerce"
url = "{url}"
consumer_key = {{ env = "STORE_KEY" }}
consumer_secret = {{ env = "STORE_SECRET" }}
[[pipelines]]
name = "outlet-to-books"
source = "outlet"
target = "books"
schedule = "manual"
timezone = "America/New_York"
start_date = 2020-01-01
"#
    );
    shell.config.push_str(&outlet);
    let said = shell.run(&["check"]).await;
    said.tells(
        2,
        &[
            "  ! `outlet` posts to the same company with the same document numbers",
            "number = \"STORE-{number}\"",
            "number = \"STORE-{number}-R{refund_id}\"",
            "  ! `store` posts to the same company",
            "number = \"OUTLET-{number}\"",
        ],
    );
    // one prefix is enough to tell them apart
    let lines = "[pipelines.mapping.orders]\nnumber = \"STORE-{number}\"\n\
                 [pipelines.mapping.refunds]\nnumber = \"STORE-{number}-R{refund_id}\"\n";
    paste(&mut shell, lines);
    let said = shell.run(&["check"]).await;
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(!said.out.contains("shared_numbers"), "{said:#?}");
}
