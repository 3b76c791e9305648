use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;

/// The first entry of the recorded `body`, kept and read back as the mapping reads it.
fn first<T: DeserializeOwned>(kind: ListKind, text: &str) -> (ListEntry, T) {
    let exchange: Value = serde_json::from_str(text).unwrap();
    let body = exchange.get("response").unwrap_or(&exchange)["body"].to_string();
    let answer: Answered<Entry> = serde_json::from_str(&body).unwrap();
    let row = answer.response.rows.into_iter().next_back().unwrap();
    let entry = entry(kind, row).unwrap();
    let content = serde_json::from_str(&entry.body).unwrap();
    (entry, content)
}

#[test]
fn recorded_tax_codes_and_rates_are_kept() {
    let (entry, code): (_, TaxCode) = first(
        ListKind::TaxCode,
        include_str!("../tests/recorded/query_taxcode.json"),
    );
    assert_eq!(
        (entry.id.as_str(), entry.name.as_str()),
        ("7", "Alameda County Tax")
    );
    assert!(code.taxable && code.group && code.active);
    let rates: Vec<&str> = code
        .sales_rates
        .iter()
        .map(|rate| rate.rate.as_str())
        .collect();
    assert_eq!(rates, ["16", "7"]);
    assert_eq!(code.sales_rates[0].applies, "TaxOnAmount");
    let (_, rate): (_, TaxRate) = first(
        ListKind::TaxRate,
        include_str!("../tests/recorded/query_taxrate.json"),
    );
    assert_eq!(rate.percent, Decimal::from(10));
    assert_eq!(rate.agency, "1");
}

#[test]
fn recorded_items_and_customers_carry_their_second_key() {
    let (entry, item): (_, ItemEntry) = first(
        ListKind::Item,
        include_str!("../tests/recorded/query_item_by_sku.json"),
    );
    assert_eq!(entry.key, item.sku);
    assert!(!item.sku.is_empty() && !item.kind.is_empty());
    assert!(!item.income_account.is_empty());
    let (entry, customer): (_, CustomerEntry) = first(
        ListKind::Customer,
        include_str!("../tests/recorded/query_customer_by_email.json"),
    );
    assert_eq!(entry.key, "user@example.com");
    assert_eq!(
        (customer.email.as_str(), customer.currency.as_str()),
        ("user@example.com", "USD")
    );
}

#[test]
fn what_daybook_made_itself_reads_like_what_the_list_says() {
    let made = crate::api::Customer {
        display_name: "Ann Lee (EUR)".to_owned(),
        primary_email_addr: Some(EmailAddress {
            address: "ann@example.com".to_owned(),
        }),
        currency_ref: Some(Ref::to("EUR")),
        ..crate::api::Customer::default()
    };
    let listed = CustomerEntry {
        display_name: "Ann Lee (EUR)".to_owned(),
        email: "ann@example.com".to_owned(),
        currency: "EUR".to_owned(),
        active: true,
        ..CustomerEntry::default()
    };
    let read = |text: &str| serde_json::from_str::<CustomerEntry>(text).unwrap();
    assert_eq!(read(&serde_json::to_string(&made).unwrap()), listed);
    assert_eq!(read(&serde_json::to_string(&listed).unwrap()), listed);
    let made = crate::api::Item {
        name: "Mug".to_owned(),
        sku: Some("MUG".to_owned()),
        kind: crate::api::ItemType::Inventory,
        inv_start_date: Some(jiff::civil::date(2026, 1, 1)),
        ..crate::api::Item::default()
    };
    let listed = ItemEntry {
        name: "Mug".to_owned(),
        sku: "MUG".to_owned(),
        kind: "Inventory".to_owned(),
        inv_start_date: Some(jiff::civil::date(2026, 1, 1)),
        active: true,
        ..ItemEntry::default()
    };
    let read = |text: &str| serde_json::from_str::<ItemEntry>(text).unwrap();
    assert_eq!(read(&serde_json::to_string(&made).unwrap()), listed);
    assert_eq!(read(&serde_json::to_string(&listed).unwrap()), listed);
}

#[test]
fn recorded_accounts_and_methods_are_kept() {
    let (entry, account): (_, Account) = first(
        ListKind::Account,
        include_str!("../tests/recorded/query_account_by_name.json"),
    );
    assert_eq!(entry.name, account.name);
    assert!(!account.kind.is_empty() && account.active);
    let (_, method): (_, PaymentMethod) = first(
        ListKind::PaymentMethod,
        include_str!("../tests/recorded/query_paymentmethod_by_name.json"),
    );
    assert_eq!(
        (method.id.as_str(), method.name.as_str()),
        ("5", "Discover")
    );
}

#[test]
fn no_rows_are_an_empty_list() {
    let text = include_str!("../tests/recorded/query_empty_result.json");
    let exchange: Value = serde_json::from_str(text).unwrap();
    let body = exchange["response"]["body"].to_string();
    let answer: Answered<Entry> = serde_json::from_str(&body).unwrap();
    assert!(answer.response.rows.is_empty());
}

#[test]
fn a_tax_rate_that_nothing_can_be_computed_with_is_not_kept() {
    let rate = |percent: &str| {
        let row = format!(r#"{{"Id":"3","SyncToken":"0","Name":"VAT","RateValue":{percent}}}"#);
        entry(ListKind::TaxRate, serde_json::from_str(&row).unwrap())
    };
    assert!(rate("1000").is_ok() && rate("-20").is_ok());
    assert!(rate("7000000000000000000000000000").is_err());
}
