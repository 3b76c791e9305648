//! Tax in every mode.
//!
//! | rule | shown by |
//! |---|---|
//! | `tax.mode` | `a_us_company_with_automated_tax_takes_the_stores_tax`, `a_manual_us_company_computes_the_stores_tax_by_the_mapped_code`, `a_british_discount_is_shown_where_all_lines_have_one_code`, `a_company_without_sales_tax_holds_taxed_orders`, `tax_can_be_a_line_of_its_own`, `tax_can_be_switched_off` |
//! | `tax.item` | `the_line_of_tax_goes_to_the_owners_item_and_liability` |
//! | `tax.account` | `the_line_of_tax_goes_to_the_owners_item_and_liability` |
//! | US automated: taxed lines TAX, others NON | `a_us_company_with_automated_tax_takes_the_stores_tax` |
//! | US automated, no tax at all: every line NON | `an_order_without_tax_has_no_taxable_line` |
//! | US manual: one code, computed | `a_manual_us_company_computes_the_stores_tax_by_the_mapped_code`, `a_manual_us_company_taxes_only_the_taxed_lines` |
//! | US manual: a class is no rate | `a_manual_us_company_believes_a_class_only_where_its_rate_was_charged` |
//! | tax as a line: to an item of its account alone | `an_item_of_another_account_is_not_taken_for_tax` |
//! | tax as a line, which `daybook check` says leaves the tax reports empty | `tax_can_be_a_line_of_its_own`, `tax_that_the_books_do_not_know_is_an_error_unless_it_is_a_line` |
//! | no sales tax in the books | `a_company_without_sales_tax_holds_taxed_orders` |

use daybook::domain::{MappingRules, TaxMode};
use kit::StreamName;
use sandbox::company::{CompanyContents, Kind, Regime};
use serde_json::{Value, json};

use super::{held, mug, posted, reason, rules, us};
use crate::mapping::books::{Became, World, body};
use crate::mapping::orders::{OrderBuilder, dec};

/// Rules with codes for sets of rates.
pub(super) fn coded(rates: &[(&str, &str)]) -> MappingRules {
    rules(|rules| {
        let rates = rates
            .iter()
            .map(|(set, code)| ((*set).to_owned(), (*code).to_owned()));
        rules.tax.rates = rates.collect();
    })
}

/// The tax code of each line that sells something.
fn codes(body: &Value) -> Vec<String> {
    let lines = body["Line"].as_array().unwrap();
    let code = |line: &Value| {
        let code = &line["SalesItemLineDetail"]["TaxCodeRef"]["value"];
        code.as_str().map(str::to_owned)
    };
    lines.iter().filter_map(code).collect()
}

#[tokio::test]
async fn a_us_company_with_automated_tax_takes_the_stores_tax() {
    let mut world = us(MappingRules::default()).await;
    // 2.69 and not the 2.68 of 7.25 %: the store's tax is the document's
    let order = OrderBuilder::new(1)
        .rate(1, "CA", "7.25", false)
        .line(10, 2, "37.00", "37.00", &[(1, "2.69")])
        .line(11, 1, "5.00", "5.00", &[])
        .shipping("7.95", &[])
        .done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("52.64", "2.69"));
    let body = body(&sale);
    assert_eq!(codes(&body), ["TAX", "NON", "NON"]);
    assert_eq!(body["TxnTaxDetail"]["TotalTax"].to_string(), "2.69");
}

#[tokio::test]
async fn an_order_without_tax_has_no_taxable_line() {
    let mut world = us(MappingRules::default()).await;
    // the rate of another state, which is zero
    let order = OrderBuilder::new(1)
        .rate(1, "OR", "0", false)
        .line(10, 2, "37.00", "37.00", &[(1, "0.00")])
        .shipping("7.95", &[])
        .done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("44.95", "0"));
    assert_eq!(codes(&body(&sale)), ["NON", "NON"]);
}

#[tokio::test]
async fn a_manual_us_company_computes_the_stores_tax_by_the_mapped_code() {
    let mut world = World::fresh(Regime::UsManual, coded(&[("1", "California")])).await;
    let order = |id: u64, tax: &str| {
        OrderBuilder::new(id)
            .rate(1, "CA", "8", false)
            .line(10, 2, "40.00", "36.00", &[(1, tax)])
            .done()
    };
    let (draft, became) = world.one(StreamName::Orders, &order(1, "2.88"));
    assert_eq!(became, posted("38.88", "2.88"));
    assert_eq!(draft.facets.tax_codes, ["California"]);
    let (sale, became) = world.one(StreamName::Orders, &order(2, "2.89"));
    assert_eq!(became, held("total_mismatch"));
    let remedy = super::remedy(&sale.wish);
    assert!(remedy.contains("enter it by hand"), "{remedy}");
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
    let mut world = World::fresh(Regime::UsManual, coded(&[("1+2", "Tucson")])).await;
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
async fn tax_can_be_switched_off() {
    let mut world = us(rules(|it| it.tax.mode = TaxMode::None)).await;
    let taxed = OrderBuilder::new(1)
        .rate(1, "CA", "8", false)
        .line(10, 1, "10.00", "10.00", &[(1, "0.80")])
        .done();
    assert_eq!(world.one(StreamName::Orders, &taxed).1, held("tax_off"));
    let (sale, became) = world.one(StreamName::Orders, &mug(2).done());
    assert_eq!(became, posted("37.00", "0"));
    assert_eq!(codes(&body(&sale)), [""; 0]);
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

#[tokio::test]
async fn the_line_of_tax_goes_to_the_owners_item_and_liability() {
    let contents = CompanyContents::fresh(Regime::UsNoTax).with_account(
        "State tax owed",
        "Other Current Liability",
        "OtherCurrentLiabilities",
    );
    let mapping = rules(|rules| {
        rules.tax.mode = TaxMode::Line;
        rules.tax.item = "State tax".to_owned();
        rules.tax.account = "State tax owed".to_owned();
    });
    let mut world = World::of(contents, mapping).await;
    let order = OrderBuilder::new(1)
        .rate(1, "CA", "8", false)
        .line(10, 1, "10.00", "10.00", &[(1, "0.80")])
        .done();
    assert_eq!(
        world.one(StreamName::Orders, &order).1,
        posted("10.80", "0")
    );
    let books = world.company.handle();
    let id = books.id_named(Kind::Item, "State tax").unwrap();
    let item = books.object(Kind::Item, &id).unwrap();
    assert_eq!(item["IncomeAccountRef"]["name"], "State tax owed");
}

#[tokio::test]
async fn a_manual_us_company_believes_a_class_only_where_its_rate_was_charged() {
    let mapping = rules(|rules| {
        let classes = [("", "California")];
        let classes = classes.map(|(class, code)| (class.to_owned(), code.to_owned()));
        rules.tax.classes = classes.into();
    });
    let mut world = World::fresh(Regime::UsManual, mapping).await;
    let order = |id: u64, place: &str, percent: &str, tax: &str| {
        OrderBuilder::new(id)
            .rate(9, place, percent, false)
            .line(10, 1, "0.50", "0.50", &[(9, tax)])
            .shipping("1.00", &[(9, "0.08")])
            .done()
    };
    let (sale, became) = world.one(StreamName::Orders, &order(1, "CA", "8", "0.04"));
    assert_eq!(became, posted("1.62", "0.12"));
    assert_eq!(sale.facets.tax_codes, ["California"]);
    // to the cent the same tax, and owed to another state
    let became = world
        .one(StreamName::Orders, &order(2, "NY", "7.9", "0.04"))
        .1;
    assert_eq!(became, held("unmapped_tax_rate"));
}

#[tokio::test]
async fn an_item_of_another_account_is_not_taken_for_tax() {
    let mapping = rules(|rules| {
        rules.tax.mode = TaxMode::Line;
        rules.tax.item = "State tax".to_owned();
    });
    let order = OrderBuilder::new(1)
        .rate(1, "CA", "8", false)
        .line(10, 1, "10.00", "10.00", &[(1, "0.80")])
        .done();
    for (account, taken) in [("Sales", false), ("Sales Tax Payable", true)] {
        let mut world = World::fresh(Regime::UsNoTax, mapping.clone()).await;
        let books = world.company.handle();
        let account = books.id_named(Kind::Account, account).unwrap();
        let item = json!({
            "Name": "State tax", "Type": "Service", "IncomeAccountRef": { "value": account }
        });
        let id = books.add(Kind::Item, item).unwrap();
        world.add_item_of_account(&id, "State tax", &account);
        let drafts = world.plan(StreamName::Orders, &order);
        let tax = drafts.iter().find(|it| it.number == "State tax").unwrap();
        let became = world.settle(tax);
        if taken {
            assert_eq!(became, Became::Adopted);
        } else {
            assert_eq!(became, held("missing_item"));
            assert!(reason(&tax.wish).contains("`tax.account`"));
        }
        // named by its id it is refused before anything is posted
        let by_id = rules(|rules| {
            rules.tax.mode = TaxMode::Line;
            rules.tax.item = format!("id:{id}");
        });
        let problems = world.problems(by_id);
        let keys: Vec<&str> = problems.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys.is_empty(), taken, "{problems:?}");
        assert!(keys.iter().all(|key| *key == "tax.item"));
    }
}
