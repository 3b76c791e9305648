//! Tax as the company computes it, country by country.

use daybook_sandbox::company::{CompanyContents, Currency, Kind, Regime, TaxOverride};
use serde_json::{Value, json};

use crate::support::{World, dec, decimal};

async fn sell(world: &World, body: Value) -> Value {
    let answer = world.post("salesreceipt", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["SalesReceipt"].clone()
}

fn code(world: &World, name: &str) -> String {
    world.id(Kind::TaxCode, name)
}

#[tokio::test]
async fn automated_tax_goes_by_the_address_and_the_lines() {
    let world = World::new(Regime::UsAst).await;
    let lines = json!([world.line("100.00", "TAX"), world.line("50.00", "NON")]);
    let local = sell(&world, json!({ "Line": lines })).await;
    assert_eq!(
        decimal(&local["TxnTaxDetail"]["TotalTax"]),
        dec("7.25"),
        "the company's own state"
    );
    let to =
        |state: &str| json!({ "Line": lines, "ShipAddr": { "CountrySubDivisionCode": state } });
    let new_york = sell(&world, to("NY")).await;
    let rates = new_york["TxnTaxDetail"]["TaxLine"].as_array().unwrap();
    assert_eq!(rates.len(), 3);
    assert_eq!(
        decimal(&new_york["TotalAmt"]),
        dec("158.88"),
        "4 %, 4.5 % and 0.375 % of 100.00"
    );
    let oregon = sell(&world, to("OR")).await;
    assert_eq!(
        decimal(&oregon["TotalAmt"]),
        dec("150"),
        "no tax where it is not registered"
    );
}

#[tokio::test]
async fn a_sent_tax_is_honoured_and_prorated_under_automated_tax() {
    let world = World::new(Regime::UsAst).await;
    let receipt = |tax: &str| {
        json!({
            "Line": [world.line("50.00", "TAX")],
            "ShipAddr": { "CountrySubDivisionCode": "New York" },
            "TxnTaxDetail": { "TotalTax": serde_json::from_str::<Value>(tax).unwrap() }
        })
    };
    let sold = sell(&world, receipt("4.45")).await;
    assert_eq!(decimal(&sold["TotalAmt"]), dec("54.45"));
    let parts = sold["TxnTaxDetail"]["TaxLine"].as_array().unwrap();
    let sum: rust_decimal::Decimal = parts.iter().map(|part| decimal(&part["Amount"])).sum();
    assert_eq!(sum, dec("4.45"));
    let zero = sell(&world, receipt("0")).await;
    assert_eq!(
        decimal(&zero["TxnTaxDetail"]["TotalTax"]),
        dec("4.44"),
        "0 is no override"
    );
    world
        .books
        .set_quirks(|quirks| quirks.zero_tax_is_an_override = true);
    assert_eq!(
        decimal(&sell(&world, receipt("0")).await["TotalAmt"]),
        dec("50")
    );
    world
        .books
        .set_quirks(|quirks| quirks.automated_override = TaxOverride::OnlyWithTaxCode);
    assert_eq!(
        decimal(&sell(&world, receipt("4.45")).await["TotalAmt"]),
        dec("54.44")
    );
    let untaxed = json!({
        "Line": [world.line("50.00", "NON")], "TxnTaxDetail": { "TotalTax": 5 }
    });
    assert_eq!(
        decimal(&sell(&world, untaxed).await["TotalAmt"]),
        dec("50"),
        "nothing is taxable"
    );
}

#[tokio::test]
async fn a_sparse_update_keeps_the_sent_tax_until_lines_change() {
    let world = World::new(Regime::UsAst).await;
    let receipt = json!({
        "Line": [world.line("100.00", "TAX")], "TxnTaxDetail": { "TotalTax": 7.27 }
    });
    let sold = sell(&world, receipt).await;
    let update = |token: &str| json!({ "Id": sold["Id"], "SyncToken": token, "sparse": true });
    let mut note = update("0");
    note["PrivateNote"] = json!("seen");
    assert_eq!(
        decimal(&sell(&world, note).await["TotalAmt"]),
        dec("107.27")
    );
    let mut lines = update("1");
    lines["Line"] = json!([world.line("200.00", "TAX")]);
    assert_eq!(
        decimal(&sell(&world, lines).await["TotalAmt"]),
        dec("214.5")
    );
}

#[tokio::test]
async fn manual_tax_is_a_percentage_of_the_taxable_lines() {
    let world = World::new(Regime::UsManual).await;
    let receipt = |code: &str, amount: &str| {
        json!({
            "Line": [world.line(amount, "TAX"), world.line("10.00", "NON")],
            "TxnTaxDetail": { "TxnTaxCodeRef": { "value": code }, "TotalTax": 99 }
        })
    };
    let sold = sell(&world, receipt("2", "131.25")).await;
    assert_eq!(
        decimal(&sold["TxnTaxDetail"]["TotalTax"]),
        dec("10.5"),
        "what was sent is ignored"
    );
    assert_eq!(
        decimal(&sold["TxnTaxDetail"]["TaxLine"][0]["TaxLineDetail"]["NetAmountTaxable"]),
        dec("131.25")
    );
    let tucson = sell(&world, receipt("3", "99.99")).await;
    assert_eq!(
        decimal(&tucson["TxnTaxDetail"]["TotalTax"]),
        dec("9.1"),
        "7.10 and 2.00"
    );
    let refused = world.post("salesreceipt", receipt("77", "1.00")).await;
    assert_eq!(refused.code(), "2500");
    let mut line = world.receipt("1", "1.00", "2");
    line["TxnTaxDetail"] = json!({ "TxnTaxCodeRef": { "value": "2" } });
    assert_eq!(
        world.post("salesreceipt", line).await.code(),
        "6100",
        "lines say TAX or NON"
    );
}

#[tokio::test]
async fn a_company_without_sales_tax_keeps_no_tax() {
    let world = World::new(Regime::UsNoTax).await;
    let receipt = json!({
        "Line": [world.line("100.00", "TAX")], "TxnTaxDetail": { "TotalTax": 8 }
    });
    let sold = sell(&world, receipt).await;
    assert_eq!(decimal(&sold["TotalAmt"]), dec("100"));
    assert!(sold.get("TxnTaxDetail").is_none());
}

#[tokio::test]
async fn a_us_discount_comes_after_tax_unless_told_otherwise() {
    let world = World::with(Regime::UsManual, |options| {
        let agency = options.contents.tax.add_agency("State");
        let rate = options.contents.tax.add_rate("State", dec("15"), agency);
        let on = daybook_sandbox::company::AppliesTo::Amount;
        options.contents.tax.add_code("State", true, &[(rate, on)]);
    })
    .await;
    let discount = json!({
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": { "PercentBased": true, "DiscountPercent": 10 }
    });
    let mut receipt = json!({
        "Line": [world.line("5.00", "TAX"), discount],
        "TxnTaxDetail": { "TxnTaxCodeRef": { "value": "4" } }
    });
    let after = sell(&world, receipt.clone()).await;
    assert_eq!(decimal(&after["TxnTaxDetail"]["TotalTax"]), dec("0.75"));
    assert_eq!(
        decimal(&after["TotalAmt"]),
        dec("5.25"),
        "the sample of Intuit's reference"
    );
    receipt["ApplyTaxAfterDiscount"] = json!(true);
    let before = sell(&world, receipt).await;
    assert_eq!(
        decimal(&before["TotalAmt"]),
        dec("5.18"),
        "15 % of 4.50 is 0.675"
    );
}

#[tokio::test]
async fn elsewhere_the_calculation_and_a_code_on_each_line_are_required() {
    let world = World::new(Regime::Uk).await;
    let mut receipt = world.receipt("1", "10.00", "");
    let missing = world.post("salesreceipt", receipt.clone()).await;
    assert_eq!(missing.code(), "2020");
    assert!(missing.detail().contains("GlobalTaxCalculation"));
    receipt["GlobalTaxCalculation"] = json!("TaxExcluded");
    assert_eq!(
        world.post("salesreceipt", receipt.clone()).await.code(),
        "6000"
    );
    receipt["GlobalTaxCalculation"] = json!("NotApplicable");
    assert_eq!(decimal(&sell(&world, receipt).await["TotalAmt"]), dec("10"));
}

#[tokio::test]
async fn vat_on_top_is_rounded_once_per_rate() {
    let world = World::new(Regime::Uk).await;
    let standard = code(&world, "20.0% S");
    let zero = code(&world, "0.0% Z");
    let lines = json!([
        world.line("0.33", &standard),
        world.line("0.33", &standard),
        world.line("0.33", &standard),
        world.line("9.00", &zero),
    ]);
    let sold = sell(
        &world,
        json!({ "GlobalTaxCalculation": "TaxExcluded", "Line": lines }),
    )
    .await;
    assert_eq!(
        decimal(&sold["TxnTaxDetail"]["TotalTax"]),
        dec("0.2"),
        "0.198, not 3 times 0.07"
    );
    assert_eq!(decimal(&sold["TotalAmt"]), dec("10.19"));
}

#[tokio::test]
async fn vat_within_the_price_leaves_the_total_alone() {
    let world = World::new(Regime::Uk).await;
    let standard = code(&world, "20.0% S");
    let mut line = world.line("19.98", &standard);
    line["SalesItemLineDetail"]["Qty"] = json!(2);
    line["SalesItemLineDetail"]["UnitPrice"] = json!(9.99);
    let receipt = json!({ "GlobalTaxCalculation": "TaxInclusive", "Line": [line] });
    let sold = sell(&world, receipt).await;
    assert_eq!(decimal(&sold["TotalAmt"]), dec("19.98"));
    assert_eq!(decimal(&sold["TxnTaxDetail"]["TotalTax"]), dec("3.33"));
    let line = &sold["Line"][0];
    assert_eq!(decimal(&line["Amount"]), dec("16.65"));
    assert_eq!(
        decimal(&line["SalesItemLineDetail"]["TaxInclusiveAmt"]),
        dec("19.98")
    );
    let note = json!({
        "Id": sold["Id"], "SyncToken": "0", "sparse": true, "PrivateNote": "seen"
    });
    let noted = sell(&world, note).await;
    assert_eq!(decimal(&noted["TotalAmt"]), dec("19.98"));
    assert_eq!(noted["Line"], sold["Line"]);
}

#[tokio::test]
async fn a_combined_code_gives_a_tax_line_per_rate() {
    let world = World::new(Regime::Ca).await;
    let both = code(&world, "GST/QST QC - 9.975");
    let receipt = json!({
        "GlobalTaxCalculation": "TaxExcluded", "Line": [world.line("4495.16", &both)]
    });
    let sold = sell(&world, receipt).await;
    let taxes: Vec<_> = sold["TxnTaxDetail"]["TaxLine"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| decimal(&line["Amount"]))
        .collect();
    assert_eq!(taxes, [dec("224.76"), dec("448.39")]);
    let compound = code(&world, "GST/QST QC - 9.5");
    let receipt = json!({
        "GlobalTaxCalculation": "TaxExcluded", "Line": [world.line("100.00", &compound)]
    });
    assert_eq!(
        decimal(&sell(&world, receipt).await["TotalAmt"]),
        dec("114.98")
    );
}

#[tokio::test]
async fn a_tax_line_may_be_overridden_within_the_tolerance() {
    let world = World::new(Regime::Au).await;
    let gst = code(&world, "GST");
    let receipt = |amount: &str| {
        json!({
            "GlobalTaxCalculation": "TaxExcluded", "Line": [world.line("100.00", &gst)],
            "TxnTaxDetail": { "TaxLine": [{
                "Amount": serde_json::from_str::<Value>(amount).unwrap(),
                "DetailType": "TaxLineDetail",
                "TaxLineDetail": { "TaxRateRef": { "value": "1" } }
            }] }
        })
    };
    let sold = sell(&world, receipt("10.01")).await;
    assert_eq!(decimal(&sold["TotalAmt"]), dec("110.01"));
    assert_eq!(
        world.post("salesreceipt", receipt("10.50")).await.code(),
        "6000"
    );
}

#[tokio::test]
async fn a_discount_before_tax_lowers_the_tax_within_the_price() {
    let world = World::new(Regime::Uk).await;
    let standard = code(&world, "20.0% S");
    let discount = json!({
        "Amount": 12, "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": { "PercentBased": false }
    });
    let mut receipt = json!({
        "GlobalTaxCalculation": "TaxInclusive", "Line": [world.line("120.00", &standard), discount]
    });
    let after = sell(&world, receipt.clone()).await;
    assert_eq!(decimal(&after["TotalAmt"]), dec("108"));
    assert_eq!(decimal(&after["TxnTaxDetail"]["TotalTax"]), dec("20"));
    receipt["ApplyTaxAfterDiscount"] = json!(true);
    let before = sell(&world, receipt).await;
    assert_eq!(decimal(&before["TotalAmt"]), dec("108"));
    assert_eq!(decimal(&before["TxnTaxDetail"]["TotalTax"]), dec("18"));
}

#[tokio::test]
async fn amounts_have_the_decimals_of_their_currency() {
    let world = World::with(Regime::Uk, |options| {
        options.limits = daybook_sandbox::company::Limits::off();
        options.contents = CompanyContents::fresh(Regime::Uk).with_multi_currency(&[Currency::JPY]);
    })
    .await;
    let body = json!({ "DisplayName": "Yuki (JPY)", "CurrencyRef": { "value": "JPY" } });
    let customer = world.books.add(Kind::Customer, body).unwrap();
    let standard = code(&world, "20.0% S");
    let receipt = json!({
        "CustomerRef": { "value": customer }, "CurrencyRef": { "value": "JPY" },
        "ExchangeRate": 0.0052, "GlobalTaxCalculation": "TaxExcluded",
        "Line": [world.line("1234", &standard)]
    });
    let sold = sell(&world, receipt.clone()).await;
    assert_eq!(sold["TotalAmt"].to_string(), "1481", "247 of 246.8");
    assert_eq!(sold["HomeTotalAmt"].to_string(), "7.70");
    let with_tax = |yen: i64| {
        let mut receipt = receipt.clone();
        receipt["TxnTaxDetail"] = json!({ "TaxLine": [{
            "Amount": yen, "DetailType": "TaxLineDetail",
            "TaxLineDetail": { "TaxRateRef": { "value": "1" } }
        }] });
        receipt
    };
    let near = sell(&world, with_tax(252)).await;
    assert_eq!(near["TotalAmt"].to_string(), "1486", "five yen apart");
    let far = world.post("salesreceipt", with_tax(253)).await;
    assert_eq!(far.code(), "6000");
}

#[tokio::test]
async fn a_preview_is_what_a_sale_would_be_and_keeps_nothing() {
    let world = World::new(Regime::Uk).await;
    let standard = code(&world, "20.0% S");
    let receipt = json!({
        "GlobalTaxCalculation": "TaxExcluded", "Line": [world.line("0.33", &standard)]
    });
    let preview = world.books.preview(Kind::SalesReceipt, receipt.clone());
    let preview = preview.unwrap();
    assert_eq!(preview["TotalAmt"].to_string(), "0.40");
    assert_eq!(world.books.count(Kind::SalesReceipt), 0);
    let sold = sell(&world, receipt).await;
    assert_eq!(sold["TxnTaxDetail"], preview["TxnTaxDetail"]);
    let nothing = world.books.preview(Kind::SalesReceipt, json!({}));
    assert!(nothing.is_err(), "it is checked like a sale");
}

#[tokio::test]
async fn an_amount_of_too_many_digits_is_no_amount() {
    let world = World::new(Regime::UsAst).await;
    let receipt = world.receipt("1", "12345678901234567890", "NON");
    assert_eq!(world.post("salesreceipt", receipt).await.status, 400);
    assert!(world.books.documents().is_empty());
}
