//! Every recorded order and refund, mapped into the books of its country and taken by them.

use std::fmt::Write as _;
use std::path::Path;

use daybook::domain::{Draft, MappingRules};
use kit::StreamName;
use sandbox::company::Regime;
use serde_json::Value;

use super::books::{Became, World};

/// The bodies of a recording: one record, or a list of them.
pub(crate) fn recorded(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sandbox/recorded/woocommerce");
    let file = folder.join(format!("{name}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    let exchange: Value = serde_json::from_str(&text).expect("a recording is JSON");
    let body = exchange["response"]["body"]
        .as_str()
        .expect("a recording has a body");
    match serde_json::from_str::<Value>(body).expect("the body is JSON") {
        Value::Array(records) => records.iter().map(ToString::to_string).collect(),
        record => vec![record.to_string()],
    }
}

/// All recordings, oldest record first.
fn all(names: &[&str]) -> Vec<String> {
    let mut records: Vec<String> = names.iter().flat_map(|name| recorded(name)).collect();
    records
        .sort_by_key(|record| serde_json::from_str::<Value>(record).expect("JSON")["id"].as_u64());
    records
}

fn told(draft: &Draft, became: &Became) -> String {
    let id = &draft.key.source_id;
    let kind = draft.key.kind;
    match became {
        Became::Posted { total, tax } => format!("{id} {kind} {total} tax {tax}"),
        Became::Adopted => format!("{id} adopted"),
        Became::Excluded(reason) => format!("{id} not posted: {reason}"),
        Became::Held(cause) => format!("{id} held: {cause}"),
    }
}

/// What becomes of all these, one line each.
fn table(world: &mut World, stream: StreamName, records: &[String]) -> String {
    let mut table = String::new();
    for record in records {
        let (draft, became) = world.one(stream, record);
        writeln!(table, "{}", told(&draft, &became)).expect("text can be written");
    }
    table
}

#[tokio::test]
async fn orders_of_the_us_store_go_into_a_fresh_us_company() {
    let mut world = World::fresh(Regime::UsAst, MappingRules::default()).await;
    let orders = all(&[
        "us-orders-list-id-asc-per_page25-page1",
        "us-orders-list-id-asc-per_page25-page2",
    ]);
    println!("{}", table(&mut world, StreamName::Orders, &orders));
    let refunds = all(&["us-refunds-all"]);
    println!("{}", table(&mut world, StreamName::Refunds, &refunds));
}

#[tokio::test]
async fn orders_with_six_decimals_lose_no_cent() {
    let mut world = World::fresh(Regime::UsAst, MappingRules::default()).await;
    let orders = all(&[
        "us-order-coupon_fixed_cart_spread-dp6",
        "us-order-fractional_rounding_many_lines-dp6",
        "us-order-round_at_subtotal-dp6",
        "us-order-round_at_subtotal_cent_gap-dp6",
        "us-order-storeapi_ny_coupon-dp6",
        "us-orders-list-dp6",
    ]);
    println!("{}", table(&mut world, StreamName::Orders, &orders));
}

#[tokio::test]
async fn orders_of_older_stores_go_in_too() {
    let mut world = World::fresh(Regime::UsAst, MappingRules::default()).await;
    println!(
        "{}",
        table(
            &mut world,
            StreamName::Orders,
            &all(&["legacy-orders-list"])
        )
    );
    let mut world = World::fresh(Regime::UsAst, MappingRules::default()).await;
    let orders = all(&[
        "old-order-completed_paypal_NY_shiptax",
        "old-order-refund_partial_lines",
        "old-order-two_coupons",
    ]);
    println!("{}", table(&mut world, StreamName::Orders, &orders));
    println!(
        "{}",
        table(&mut world, StreamName::Refunds, &all(&["old-refunds-all"]))
    );
}

#[tokio::test]
async fn orders_of_the_british_store_go_into_a_british_company() {
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    println!(
        "{}",
        table(&mut world, StreamName::Orders, &all(&["uk-orders-list"]))
    );
    println!(
        "{}",
        table(&mut world, StreamName::Refunds, &all(&["uk-refunds-all"]))
    );
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    let orders = all(&[
        "uk-order-incl_vat_coupon_percent-dp6",
        "uk-order-incl_vat_mixed_rates-dp6",
        "uk-order-incl_vat_penny_rounding-dp6",
        "uk-order-round_at_subtotal-dp6",
        "uk-order-round_at_subtotal_cent_gap-dp6",
        "uk-order-storeapi_incl-dp6",
    ]);
    println!("{}", table(&mut world, StreamName::Orders, &orders));
}

#[tokio::test]
async fn orders_of_the_canadian_store_go_into_a_canadian_company() {
    let mut rules = MappingRules::default();
    for (rates, code) in [
        ("1", "GST"),
        ("1+2", "GST/QST QC - 9.975"),
        ("1+3", "HST ON"),
    ] {
        rules.tax.rates.insert(rates.to_owned(), code.to_owned());
    }
    let mut world = World::fresh(Regime::Ca, rules).await;
    println!(
        "{}",
        table(&mut world, StreamName::Orders, &all(&["ca-orders-list"]))
    );
    println!(
        "{}",
        table(&mut world, StreamName::Refunds, &all(&["ca-refunds-all"]))
    );
}
