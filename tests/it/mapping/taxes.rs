//! Tax outside automated US sales tax.

use daybook::domain::{MappingRules, TaxMode};
use kit::StreamName;
use sandbox::company::{AppliesTo, CompanyContents, Regime};
use serde_json::json;

use super::books::{Became, World, body};
use super::orders::{OrderBuilder, dec, refund};

fn posted(total: &str, tax: &str) -> Became {
    Became::Posted {
        total: dec(total),
        tax: dec(tax),
    }
}

fn held(cause: &str) -> Became {
    Became::Held(cause.to_owned())
}

fn rules(rates: &[(&str, &str)]) -> MappingRules {
    let mut rules = MappingRules::default();
    let rates = rates
        .iter()
        .map(|(set, code)| ((*set).to_owned(), (*code).to_owned()));
    rules.tax.rates = rates.collect();
    rules
}

#[tokio::test]
async fn a_manual_us_company_computes_the_stores_tax_by_the_mapped_code() {
    let mut world = World::fresh(Regime::UsManual, rules(&[("1", "California")])).await;
    let order = |id: u64, tax: &str| {
        OrderBuilder::new(id)
            .rate(1, "CA", "8", false)
            .line(10, 2, "40.00", "36.00", &[(1, tax)])
            .done()
    };
    let (draft, became) = world.one(StreamName::Orders, &order(1, "2.88"));
    assert_eq!(became, posted("38.88", "2.88"));
    assert_eq!(draft.facets.tax_codes, ["California"]);
    assert_eq!(
        world.one(StreamName::Orders, &order(2, "2.89")).1,
        held("total_mismatch")
    );
    let mut unmapped = World::fresh(Regime::UsManual, MappingRules::default()).await;
    let became = unmapped.one(StreamName::Orders, &order(1, "2.88")).1;
    assert_eq!(became, held("unmapped_tax_rate"));
    let untaxed = OrderBuilder::new(3)
        .line(10, 2, "40.00", "36.00", &[])
        .done();
    assert_eq!(
        unmapped.one(StreamName::Orders, &untaxed).1,
        posted("36.00", "0")
    );
}

#[tokio::test]
async fn a_manual_us_company_taxes_only_the_taxed_lines() {
    let mut world = World::fresh(Regime::UsManual, rules(&[("1+2", "Tucson")])).await;
    let order = OrderBuilder::new(1)
        .rate(1, "AZ", "7.1", false)
        .rate(2, "Tucson", "2", false)
        .line(10, 1, "100.00", "90.00", &[(1, "6.39"), (2, "1.80")])
        .shipping("7.95", &[])
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &order).1,
        posted("106.14", "8.19")
    );
    let mixed = OrderBuilder::new(2)
        .rate(1, "AZ", "7.1", false)
        .rate(2, "Tucson", "2", false)
        .line(10, 1, "100.00", "100.00", &[(1, "7.10"), (2, "2.00")])
        .line(11, 1, "10.00", "10.00", &[(1, "0.71")])
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &mixed).1,
        held("unmapped_tax_rate")
    );
}

#[tokio::test]
async fn a_company_without_sales_tax_holds_taxed_orders() {
    let mut world = World::fresh(Regime::UsNoTax, MappingRules::default()).await;
    let taxed = OrderBuilder::new(1)
        .rate(1, "CA", "8", false)
        .line(10, 1, "10.00", "10.00", &[(1, "0.80")])
        .done();
    assert_eq!(world.one(StreamName::Orders, &taxed).1, held("tax_off"));
    let untaxed = OrderBuilder::new(2)
        .line(10, 1, "10.00", "10.00", &[])
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &untaxed).1,
        posted("10.00", "0")
    );
}

#[tokio::test]
async fn tax_can_be_a_line_of_its_own() {
    let mut rules = MappingRules::default();
    rules.tax.mode = TaxMode::Line;
    let order = OrderBuilder::new(1)
        .rate(1, "CA", "8", false)
        .line(10, 1, "10.00", "8.00", &[(1, "0.64")])
        .done();
    for regime in [Regime::UsAst, Regime::UsNoTax, Regime::Uk] {
        let mut rules = rules.clone();
        if regime == Regime::Uk {
            rules.orders.memo = "UK {number}".to_owned();
        }
        let contents = CompanyContents::fresh(regime);
        let home = if regime == Regime::Uk { "GBP" } else { "USD" };
        let mut world = World::of(contents, rules).await;
        let mut order: serde_json::Value = serde_json::from_str(&order).unwrap();
        order["currency"] = json!(home);
        let (draft, became) = world.one(StreamName::Orders, &order.to_string());
        assert_eq!(became, posted("8.64", "0"), "{regime:?}");
        assert_eq!(
            draft.facets.tax,
            Some(dec("0.64")),
            "the store's tax is known all the same"
        );
        assert_eq!(body(&draft)["Line"][1]["Description"], "Tax");
    }
}

fn pounds(id: u64) -> OrderBuilder {
    OrderBuilder::new(id)
        .with("/currency", "GBP")
        .rate(1, "VAT", "20", false)
        .rate(2, "Reduced", "5", false)
}

#[tokio::test]
async fn a_british_discount_is_shown_where_all_lines_have_one_code() {
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    let order = pounds(1)
        .line(10, 2, "50.00", "45.00", &[(1, "9.00")])
        .done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("54.00", "9.00"));
    let body = body(&draft);
    assert_eq!(body["Line"][0]["Amount"].to_string(), "50.00");
    assert_eq!(body["Line"][1]["Amount"].to_string(), "5.00");
    assert_eq!(body["GlobalTaxCalculation"], "TaxExcluded");
}

#[tokio::test]
async fn prices_with_tax_are_sent_with_tax_where_that_meets_the_total() {
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    let order = pounds(1)
        .with("/prices_include_tax", true)
        .line(10, 1, "20.83", "20.83", &[(1, "4.16")])
        .shipping("2.74", &[(1, "0.55")])
        .done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("28.28", "4.71"));
    let body = body(&draft);
    assert_eq!(body["GlobalTaxCalculation"], "TaxInclusive");
    assert_eq!(
        body["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"].to_string(),
        "24.99"
    );
}

#[tokio::test]
async fn tax_a_cent_off_is_given_rate_by_rate() {
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    let order = pounds(1)
        .with("/prices_include_tax", true)
        .line(10, 1, "20.83", "20.83", &[(1, "4.16")])
        .done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(
        became,
        posted("24.99", "4.16"),
        "QuickBooks itself would compute 4.17"
    );
    let lines = body(&draft)["TxnTaxDetail"]["TaxLine"].clone();
    assert_eq!(lines[0]["Amount"].to_string(), "4.16");
    let far = pounds(2)
        .line(10, 1, "20.83", "20.83", &[(1, "4.30")])
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &far).1,
        held("total_mismatch")
    );
}

#[tokio::test]
async fn a_class_is_believed_only_where_its_rate_was_charged() {
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    let german = OrderBuilder::new(1)
        .with("/currency", "GBP")
        .rate(4, "MwSt.", "19", false)
        .line(10, 1, "100.00", "100.00", &[(4, "19.00")])
        .done();
    let (draft, became) = world.one(StreamName::Orders, &german);
    assert_eq!(became, held("unmapped_tax_rate"));
    let daybook::domain::Wish::Hold(hold) = draft.wish else {
        panic!("it is held")
    };
    assert_eq!(
        hold.reason,
        "no tax code is given for MwSt. (rate 4, 19 %) on `Product 10`; its class means `20.0% S`, \
         which is 20 %"
    );
    let export = OrderBuilder::new(2)
        .with("/currency", "GBP")
        .line(10, 1, "100.00", "100.00", &[])
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &export).1,
        held("unmapped_tax_rate")
    );
    let mut rules = MappingRules::default();
    rules.tax.exempt_code = "no vat".to_owned();
    let mut world = World::fresh(Regime::Uk, rules).await;
    assert_eq!(
        world.one(StreamName::Orders, &export).1,
        posted("100.00", "0")
    );
}

#[tokio::test]
async fn several_rates_and_zero_rates_stand_side_by_side() {
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    let order = pounds(1)
        .rate(3, "Zero", "0", false)
        .line(10, 2, "41.65", "41.65", &[(1, "8.33")])
        .line(11, 1, "10.00", "9.00", &[(2, "0.45")])
        .line(12, 1, "14.99", "14.99", &[(3, "0.00")])
        .with("/line_items/1/tax_class", "reduced-rate")
        .with("/line_items/2/tax_class", "zero-rate")
        .shipping("2.74", &[(1, "0.55")])
        .done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("77.71", "9.33"));
    assert_eq!(draft.facets.tax_codes, ["0.0% Z", "20.0% S", "5.0% R"]);
}

#[tokio::test]
async fn a_set_of_canadian_rates_picks_one_combined_code() {
    let rules = rules(&[
        ("2+1", "GST/QST QC - 9.975"),
        ("1+3", "HST ON"),
        ("1", "GST"),
    ]);
    let mut world = World::fresh(Regime::Ca, rules).await;
    let order = |id: u64| {
        OrderBuilder::new(id)
            .with("/currency", "CAD")
            .rate(1, "GST", "5", false)
    };
    let quebec = order(1)
        .rate(2, "QST", "9.975", false)
        .line(10, 1, "4495.16", "4495.16", &[(1, "224.76"), (2, "448.39")])
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &quebec).1,
        posted("5168.31", "673.15")
    );
    let ontario = order(2)
        .rate(3, "PST", "8", false)
        .line(10, 1, "52.47", "52.47", &[(1, "2.62"), (3, "4.20")])
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &ontario).1,
        posted("59.29", "6.82")
    );
    let alberta = order(3)
        .rate(4, "no PST", "0", false)
        .line(10, 1, "32.95", "32.95", &[(1, "1.65"), (4, "0.00")])
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &alberta).1,
        posted("34.60", "1.65")
    );
}

#[tokio::test]
async fn compound_tax_goes_by_a_compound_code() {
    let mut contents = CompanyContents::fresh(Regime::Ca);
    let agency = contents.tax.add_agency("Agency");
    let gst = contents.tax.add_rate("GST again", dec("5"), agency);
    let qst = contents.tax.add_rate("QST on GST", dec("9.975"), agency);
    let parts = [(gst, AppliesTo::Amount), (qst, AppliesTo::AmountAndTax)];
    contents.tax.add_code("Compound QC", true, &parts);
    let mut world = World::of(contents, rules(&[("1+2", "Compound QC")])).await;
    for order in super::recorded::recorded("ca-order-compound_gst_qst-dp6") {
        assert_eq!(
            world.one(StreamName::Orders, &order).1,
            posted("111.29", "14.91")
        );
    }
    for order in super::recorded::recorded("ca-order-compound_coupon-dp6") {
        assert_eq!(
            world.one(StreamName::Orders, &order).1,
            posted("54.53", "7.31")
        );
    }
}

#[tokio::test]
async fn an_australian_store_needs_no_tax_rules() {
    let mut world = World::fresh(Regime::Au, MappingRules::default()).await;
    let order = OrderBuilder::new(1)
        .with("/currency", "AUD")
        .with("/prices_include_tax", true)
        .rate(1, "GST", "10", false)
        .line(10, 3, "81.818182", "81.818182", &[(1, "8.181818")])
        .shipping("9.090909", &[(1, "0.909091")])
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &order).1,
        posted("100.00", "9.09")
    );
    let back = refund(77, 1, "10.00", &[]);
    let (draft, became) = world.one(StreamName::Refunds, &back);
    assert_eq!(became, posted("10.00", "0"));
    assert_eq!(body(&draft)["GlobalTaxCalculation"], "NotApplicable");
}
