//! Tax where every line has a code: everywhere but in the US.
//!
//! | rule | shown by |
//! |---|---|
//! | `tax.exempt_code` | `a_class_is_believed_only_where_its_rate_was_charged`, `no_code_is_chosen_because_a_tax_is_zero` |
//! | `tax.classes.CLASS` | `a_class_picks_the_code_the_owner_names` |
//! | `tax.rates.RATES` | `rates_win_over_classes`, `a_set_of_canadian_rates_picks_one_combined_code` |
//! | elsewhere: a code on each line, tax on top | `a_british_discount_is_shown_where_all_lines_have_one_code`, `several_rates_and_zero_rates_stand_side_by_side` |
//! | the usual classes of a British or Australian company, each unless it is named | `several_rates_and_zero_rates_stand_side_by_side`, `an_australian_store_needs_no_tax_rules`, `a_class_picks_the_code_the_owner_names` |
//! | elsewhere: prices with tax | `prices_with_tax_are_sent_with_tax_where_that_meets_the_total`, `an_australian_store_needs_no_tax_rules` |
//! | elsewhere: prices with tax, sent without where only that meets the tax | `prices_with_tax_are_sent_without_where_only_that_meets_the_tax` |
//! | a discount that leaves half a cent of tax is taken off the lines | `a_discount_that_leaves_half_a_cent_of_tax_is_taken_off_the_lines`, `half_a_cent_of_tax_after_a_discount_is_not_left_to_chance` |
//! | elsewhere: else the tax of each rate given, else held | `tax_a_cent_off_is_given_rate_by_rate` |
//! | compound taxes: the set of rates picks one code | `a_set_of_canadian_rates_picks_one_combined_code`, `compound_tax_goes_by_a_compound_code` |
//! | zero-rated, exempt and out of scope are not the same | `no_code_is_chosen_because_a_tax_is_zero`, `untaxed_shipping_takes_no_code_from_its_neighbours` |

use daybook::domain::MappingRules;
use kit::StreamName;
use sandbox::company::{AppliesTo, CompanyContents, Regime};

use super::tax::coded;
use super::{held, posted, reason, rules};
use crate::mapping::books::{World, body};
use crate::mapping::orders::{OrderBuilder, dec, refund};
use crate::mapping::recorded::recorded;

fn pounds(id: u64) -> OrderBuilder {
    OrderBuilder::new(id)
        .with("/currency", "GBP")
        .rate(1, "VAT", "20", false)
        .rate(2, "Reduced", "5", false)
}

/// A British order of one line for 100.00 in a tax class.
fn in_class(id: u64, class: &str, taxes: &[(u64, &str)]) -> String {
    pounds(id)
        .rate(3, "Zero", "0", false)
        .line(10, 1, "100.00", "100.00", taxes)
        .with("/line_items/0/tax_class", class)
        .done()
}

#[tokio::test]
async fn a_class_picks_the_code_the_owner_names() {
    let mapping = rules(|rules| {
        let classes = [("books", "0.0% Z"), ("", "20.0% S")];
        let classes = classes.map(|(class, code)| (class.to_owned(), code.to_owned()));
        rules.tax.classes = classes.into();
    });
    let mut world = World::fresh(Regime::Uk, mapping).await;
    let (sale, became) = world.one(StreamName::Orders, &in_class(1, "books", &[(3, "0.00")]));
    assert_eq!(became, posted("100.00", "0"));
    assert_eq!(sale.facets.tax_codes, ["0.0% Z"]);
    let (sale, became) = world.one(StreamName::Orders, &in_class(2, "", &[(1, "20.00")]));
    assert_eq!(became, posted("120.00", "20.00"));
    assert_eq!(sale.facets.tax_codes, ["20.0% S"]);
    // the other classes mean what they usually do in this country
    let reduced = in_class(3, "reduced-rate", &[(2, "5.00")]);
    let (sale, became) = world.one(StreamName::Orders, &reduced);
    assert_eq!(became, posted("105.00", "5.00"));
    assert_eq!(sale.facets.tax_codes, ["5.0% R"]);
    // one that is named means that alone
    let other = rules(|it| {
        let named = ("reduced-rate".to_owned(), "0.0% Z".to_owned());
        it.tax.classes = [named].into();
    });
    let mut world = World::fresh(Regime::Uk, other).await;
    let became = world.one(StreamName::Orders, &reduced).1;
    assert_eq!(became, held("unmapped_tax_rate"));
}

#[tokio::test]
async fn rates_win_over_classes() {
    let mut world = World::fresh(Regime::Uk, coded(&[("3", "0.0% ECG")])).await;
    // the class alone would say `0.0% Z`
    let order = in_class(1, "zero-rate", &[(3, "0.00")]);
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("100.00", "0"));
    assert_eq!(sale.facets.tax_codes, ["0.0% ECG"]);
}

#[tokio::test]
async fn no_code_is_chosen_because_a_tax_is_zero() {
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    // zero-rated: the store charges a rate of 0 % in a class that says so
    let zero_rated = in_class(1, "zero-rate", &[(3, "0.00")]);
    let (sale, became) = world.one(StreamName::Orders, &zero_rated);
    assert_eq!(became, posted("100.00", "0"));
    assert_eq!(sale.facets.tax_codes, ["0.0% Z"]);
    // exempt or out of scope: no rate at all, and it is not for daybook to say which
    for (id, class) in [(2, ""), (3, "reduced-rate")] {
        let (sale, became) = world.one(StreamName::Orders, &in_class(id, class, &[]));
        assert_eq!(became, held("unmapped_tax_rate"), "{class}");
        assert!(reason(&sale.wish).contains("sold without tax"));
    }
    for code in ["Exempt", "No VAT"] {
        let told = rules(|rules| rules.tax.exempt_code = code.to_owned());
        let mut world = World::fresh(Regime::Uk, told).await;
        let (sale, became) = world.one(StreamName::Orders, &in_class(4, "", &[]));
        assert_eq!(became, posted("100.00", "0"));
        assert_eq!(sale.facets.tax_codes, [code]);
    }
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
    let (sale, became) = world.one(StreamName::Orders, &far);
    assert_eq!(became, held("total_mismatch"));
    assert_eq!(
        reason(&sale.wish),
        "the store's tax is 4.30 and QuickBooks would compute 4.17 by `20.0% S`"
    );
    let remedy = super::remedy(&sale.wish);
    assert!(remedy.contains("enter it by hand"), "{remedy}");
    assert!(remedy.contains("`tax.rates`"), "{remedy}");
}

#[tokio::test]
async fn prices_with_tax_are_sent_without_where_only_that_meets_the_tax() {
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    // with tax in the amounts it would be 0.41 of 2.43 at 20 % and 0.03 of 0.60 at 5 %
    let order = pounds(1)
        .with("/prices_include_tax", true)
        .line(10, 1, "0.83", "0.83", &[(1, "0.17")])
        .line(11, 1, "0.83", "0.83", &[(1, "0.17")])
        .line(12, 1, "0.36", "0.36", &[(1, "0.07")])
        .line(13, 1, "0.29", "0.29", &[(2, "0.01")])
        .line(14, 1, "0.29", "0.29", &[(2, "0.01")])
        .with("/line_items/3/tax_class", "reduced-rate")
        .with("/line_items/4/tax_class", "reduced-rate")
        .done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("3.03", "0.43"));
    let body = body(&sale);
    assert_eq!(body["GlobalTaxCalculation"], "TaxExcluded");
    assert_eq!(body["TxnTaxDetail"]["TaxLine"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_discount_that_leaves_half_a_cent_of_tax_is_taken_off_the_lines() {
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    let order = |id: u64, after: &str, tax: &str| {
        pounds(id)
            .line(10, 1, "10.10", after, &[(2, tax)])
            .with("/line_items/0/tax_class", "reduced-rate")
            .done()
    };
    for (id, after, tax, total, lines) in [
        (1, "9.00", "0.45", "9.45", &["10.10", "1.10"][..]),
        // 5 % of it are 0.455
        (2, "9.10", "0.46", "9.56", &["9.10"][..]),
    ] {
        let (sale, became) = world.one(StreamName::Orders, &order(id, after, tax));
        assert_eq!(became, posted(total, tax));
        let body = body(&sale);
        let amounts = body["Line"].as_array().unwrap().iter();
        let amounts: Vec<String> = amounts.map(|line| line["Amount"].to_string()).collect();
        assert_eq!(amounts, lines);
    }
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
    let rules = coded(&[
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
    let mut world = World::of(contents, coded(&[("1+2", "Compound QC")])).await;
    for order in recorded("ca-order-compound_gst_qst-dp6") {
        assert_eq!(
            world.one(StreamName::Orders, &order).1,
            posted("111.29", "14.91")
        );
    }
    for order in recorded("ca-order-compound_coupon-dp6") {
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

#[tokio::test]
async fn untaxed_shipping_takes_no_code_from_its_neighbours() {
    let order = |id: u64| {
        pounds(id)
            .line(11, 1, "10.00", "10.00", &[])
            .with("/line_items/0/tax_class", "zero-rate")
            .shipping("5.00", &[])
            .done()
    };
    let mut world = World::fresh(Regime::Uk, MappingRules::default()).await;
    let (sale, became) = world.one(StreamName::Orders, &order(1));
    assert_eq!(became, held("unmapped_tax_rate"));
    assert!(reason(&sale.wish).starts_with("`Flat & fast` is sold without tax"));
    let told = rules(|rules| rules.tax.exempt_code = "No VAT".to_owned());
    let mut world = World::fresh(Regime::Uk, told).await;
    let (sale, became) = world.one(StreamName::Orders, &order(2));
    assert_eq!(became, posted("15.00", "0"));
    assert_eq!(sale.facets.tax_codes, ["0.0% Z", "No VAT"]);
}
