//! The demo in each country: the books agree with the store, and only what has a good reason is held.

use std::process::Command;

use rust_decimal::Decimal;
use serde_json::Value;

/// Causes of held postings that the simulated stores mean to show.
const SHOWN: [&str; 5] = [
    "unknown_status",
    "unpaid_order",
    // German VAT in a British company
    "unmapped_tax_rate",
    "total_mismatch",
    "refund_of_unposted_order",
];

fn demo(regime: &str) -> Value {
    let run = Command::new(env!("CARGO_BIN_EXE_daybook"))
        .args(["demo", "--once", "--json", "--orders", "80"])
        .args(["--regime", regime, "--listen", "127.0.0.1:0"])
        .output()
        .expect("daybook runs");
    let errors = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "{errors}");
    serde_json::from_slice(&run.stdout).expect("it is JSON")
}

fn agrees(regime: &str, currency: &str) {
    let told = demo(regime);
    let total = &told["totals"][0];
    let figure = |name: &str| -> Decimal { total[name].as_str().unwrap().parse().unwrap() };
    assert_eq!(total["currency"], currency);
    assert_eq!(figure("difference"), Decimal::ZERO, "{told}");
    assert!(figure("posted") > figure("held") * Decimal::TEN, "{told}");
    assert!(told["fees"].as_u64().unwrap() > 5, "days with fees: {told}");
    for group in told["held"].as_array().unwrap() {
        assert!(
            SHOWN.contains(&group["cause"].as_str().unwrap()),
            "{regime}: {group}"
        );
    }
}

#[test]
fn the_american_demo_agrees_to_the_cent() {
    agrees("us", "USD");
}

#[test]
fn the_british_demo_agrees_to_the_cent() {
    agrees("uk", "GBP");
}

#[test]
fn the_canadian_demo_agrees_to_the_cent() {
    agrees("ca", "CAD");
}

#[test]
fn the_australian_demo_agrees_to_the_cent() {
    agrees("au", "AUD");
}
