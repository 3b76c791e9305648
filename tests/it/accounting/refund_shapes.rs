//! The shapes of refunds: lines, shipping, fees, tax, amounts without a line.
//!
//! | rule | shown by |
//! |---|---|
//! | `refunds.amount_only` | `an_amount_without_lines_is_booked_untaxed_with_a_warning`, `an_amount_without_lines_can_follow_the_order_in_proportion`, `an_amount_without_lines_can_be_held` |
//! | `refunds.item` | `an_amount_without_lines_goes_to_the_owners_item_and_account` |
//! | `refunds.income_account` | `an_amount_without_lines_goes_to_the_owners_item_and_account` |
//! | lines | `a_refund_of_lines_goes_out_of_the_account_the_sale_went_to` |
//! | shipping only | `shipping_alone_can_go_back` |
//! | fees | `a_fee_can_go_back` |
//! | tax only, with automated tax | `tax_alone_can_go_back` |
//! | tax only, where QuickBooks computes: held | `tax_alone_is_held_where_quickbooks_computes_it`, `tax_alone_given_back_is_held_since_no_form_has_tax_on_nothing` |
//! | a tax that no document of its lines meets: held | `a_refund_whose_tax_no_document_meets_is_held` |
//! | amount only | `an_amount_without_lines_is_booked_untaxed_with_a_warning` |
//! | lines less than the amount | `what_lines_do_not_explain_is_added_to_them`, `what_lines_do_not_explain_can_follow_the_order_in_proportion` |
//! | lines a cent more than the amount | `a_cent_that_was_not_paid_back_is_not_taken_from_the_tax` |
//! | of nothing | `nothing_paid_back_is_no_refund` |
//! | of nothing, and the order says how much | `a_refund_that_the_store_reports_as_zero_is_of_the_amount_its_order_names` |
//! | of another amount than the order says | `a_refund_of_which_store_and_order_disagree_is_held` |
//! | the store's signs are normalised | `the_stores_minus_signs_do_not_reach_the_books` |

use daybook::domain::{AmountOnly, MappingRules};
use jiff::civil::date;
use kit::StreamName;
use rust_decimal::Decimal;
use sandbox::company::{Kind, Regime};
use serde_json::{Value, json};

use super::{held, posted, rules, us};
use crate::mapping::books::{Became, World, body};
use crate::mapping::orders::{OrderBuilder, dec, product_line, refund};

/// An order of two mugs, a discount and shipping: 47.63 with 2.68 tax.
pub(super) fn sale() -> OrderBuilder {
    OrderBuilder::new(1)
        .rate(1, "CA", "7.25", false)
        .line(10, 2, "40.00", "37.00", &[(1, "2.68")])
        .shipping("7.95", &[])
}

/// A line that goes back.
pub(super) fn back(amount: &str, quantity: i32, tax: &str) -> Value {
    let mut line = product_line(10, 1, &format!("-{amount}"), &format!("-{amount}"), &[]);
    line["quantity"] = json!(-quantity);
    line["total_tax"] = json!(format!("-{tax}"));
    line["taxes"] = json!([{ "id": 1, "total": format!("-{tax}") }]);
    line
}

/// A US company in which the order was posted.
pub(super) async fn sold(rules: MappingRules) -> World {
    let mut world = us(rules).await;
    world.take(StreamName::Orders, &sale().done());
    world
}

/// A refund with a member set.
fn with(record: &str, member: &str, value: Value) -> String {
    let mut record: Value = serde_json::from_str(record).unwrap();
    record[member] = value;
    record.to_string()
}

#[tokio::test]
async fn a_refund_of_lines_goes_out_of_the_account_the_sale_went_to() {
    let mut world = sold(MappingRules::default()).await;
    let record = refund(77, 1, "19.84", &[back("18.50", 1, "1.34")]);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(became, posted("19.84", "1.34"));
    assert_eq!(draft.store_amount.unwrap().to_string(), "-19.84 USD");
    assert_eq!(
        (draft.date, draft.facets.tax),
        (Some(date(2026, 11, 10)), Some(dec("-1.34")))
    );
    let body = body(&draft);
    assert_eq!(body["DocNumber"], "1-R77");
    assert_eq!(body["PrivateNote"], "Refund 77 of WooCommerce order 1");
    assert_eq!(body["Line"][0]["Amount"].to_string(), "18.50");
    assert_eq!(
        body["Line"][0]["SalesItemLineDetail"]["Qty"].to_string(),
        "1"
    );
    let documents = world.company.handle().documents_of(Kind::RefundReceipt);
    assert_eq!(
        documents[0].deposit_to.as_deref(),
        Some("Undeposited Funds")
    );
}

#[tokio::test]
async fn shipping_alone_can_go_back() {
    let mut world = sold(MappingRules::default()).await;
    let shipping = json!([{
        "id": 9, "method_title": "Flat rate", "method_id": "flat_rate", "total": "-7.95",
        "total_tax": "0.00", "taxes": []
    }]);
    let record = with(&refund(77, 1, "7.95", &[]), "shipping_lines", shipping);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!((became, draft.warning.clone()), (posted("7.95", "0"), None));
    let back = world.company.handle().documents_of(Kind::RefundReceipt);
    let sale = world.company.handle().documents_of(Kind::SalesReceipt);
    let item = |line: &sandbox::company::DocumentLine| line.name.clone();
    assert_eq!(back[0].lines.len(), 1);
    assert_eq!(
        item(&back[0].lines[0]),
        item(&sale[0].lines[1]),
        "to the item it was sold as"
    );
}

#[tokio::test]
async fn a_fee_can_go_back() {
    let mut world = us(MappingRules::default()).await;
    let order = sale().fee("5.00", &[(1, "0.36")]).done();
    world.take(StreamName::Orders, &order);
    let fee = json!([{
        "id": 9, "name": "Gift wrap", "tax_class": "", "tax_status": "taxable", "total": "-5.00",
        "total_tax": "-0.36", "taxes": [{ "id": 1, "total": "-0.36" }]
    }]);
    let record = with(&refund(77, 1, "5.36", &[]), "fee_lines", fee);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!((became, draft.warning), (posted("5.36", "0.36"), None));
}

#[tokio::test]
async fn tax_alone_can_go_back() {
    let mut world = sold(MappingRules::default()).await;
    let mut line = back("0.00", 0, "1.34");
    line["quantity"] = json!(0);
    let (_, became) = world.one(StreamName::Refunds, &refund(77, 1, "1.34", &[line]));
    assert_eq!(became, posted("1.34", "1.34"));
}

/// An order of two mugs in a company where QuickBooks computes 8 %, or 20 %.
async fn computed(regime: Regime) -> World {
    let (home, code, percent, tax) = match regime {
        Regime::UsManual => ("USD", "California", "8", "3.20"),
        _ => ("GBP", "20.0% S", "20", "8.00"),
    };
    let mut world = World::fresh(regime, super::tax::coded(&[("1", code)])).await;
    let order = OrderBuilder::new(1)
        .with("/currency", home)
        .rate(1, "Tax", percent, false)
        .line(10, 2, "40.00", "40.00", &[(1, tax)]);
    let became = world.one(StreamName::Orders, &order.done()).1;
    assert!(matches!(became, Became::Posted { .. }), "{became:?}");
    world
}

#[tokio::test]
async fn tax_alone_is_held_where_quickbooks_computes_it() {
    for regime in [Regime::UsManual, Regime::Uk] {
        let mut world = computed(regime).await;
        let line = back("0.00", 0, "3.20");
        let (draft, became) = world.one(StreamName::Refunds, &refund(77, 1, "3.20", &[line]));
        assert_eq!(became, held("total_mismatch"), "{regime:?}");
        assert_eq!(
            super::reason(&draft.wish),
            "it is 3.20 of tax alone, and QuickBooks takes no tax without an amount that bears it"
        );
        assert_eq!(
            super::remedy(&draft.wish),
            "It adds up: enter it by hand, then exclude it."
        );
    }
}

#[tokio::test]
async fn a_refund_whose_tax_no_document_meets_is_held() {
    // the store rounded each of its lines up; what QuickBooks computes of them all is not near
    for (regime, net, tax) in [
        (Regime::UsManual, "10.00", "0.81"),
        (Regime::Uk, "10.00", "2.07"),
    ] {
        let mut world = computed(regime).await;
        let amount = (dec(net) + dec(tax)).to_string();
        let record = refund(77, 1, &amount, &[back(net, 1, tax)]);
        let (draft, became) = world.one(StreamName::Refunds, &record);
        assert_eq!(became, held("total_mismatch"), "{regime:?}");
        let why = super::reason(&draft.wish);
        assert!(
            why.starts_with(&format!("the store's tax is {tax} and")),
            "{why}"
        );
        let remedy = super::remedy(&draft.wish);
        assert!(remedy.contains("enter it by hand"), "{remedy}");
    }
}

#[tokio::test]
async fn an_amount_without_lines_is_booked_untaxed_with_a_warning() {
    let mut world = sold(MappingRules::default()).await;
    let (draft, became) = world.one(StreamName::Refunds, &refund(77, 1, "10.00", &[]));
    assert_eq!(became, posted("10.00", "0"));
    assert!(draft.warning.unwrap().contains("without a line"));
}

#[tokio::test]
async fn an_amount_without_lines_goes_to_the_owners_item_and_account() {
    let mut world = sold(rules(|rules| {
        rules.refunds.item = "Money back".to_owned();
        rules.refunds.income_account = Some("Services".to_owned());
    }))
    .await;
    let record = with(
        &refund(77, 1, "10.00", &[]),
        "reason",
        json!("Arrived late"),
    );
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(became, posted("10.00", "0"));
    let body = body(&draft);
    assert_eq!(body["Line"][0]["Description"], "Arrived late");
    let code = &body["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"]["value"];
    assert_eq!(code, "NON");
    let books = world.company.handle();
    let id = books.id_named(Kind::Item, "Money back").unwrap();
    let item = books.object(Kind::Item, &id).unwrap();
    assert_eq!(item["IncomeAccountRef"]["name"], "Services");
}

#[tokio::test]
async fn an_amount_without_lines_can_follow_the_order_in_proportion() {
    let mut rules = MappingRules::default();
    rules.refunds.amount_only = AmountOnly::Proportional;
    let mut world = sold(rules).await;
    let (draft, became) = world.one(StreamName::Refunds, &refund(77, 1, "10.00", &[]));
    assert_eq!(became, posted("10.00", "0.56"));
    let body = body(&draft);
    assert_eq!(body["Line"][0]["Amount"].to_string(), "7.77");
    assert_eq!(body["Line"][1]["Amount"].to_string(), "1.67");
}

#[tokio::test]
async fn an_amount_without_lines_can_be_held() {
    let mut rules = MappingRules::default();
    rules.refunds.amount_only = AmountOnly::Hold;
    let mut world = sold(rules).await;
    let (_, became) = world.one(StreamName::Refunds, &refund(77, 1, "10.00", &[]));
    assert_eq!(became, Became::Held("unsupported_order".to_owned()));
}

#[tokio::test]
async fn what_lines_do_not_explain_is_added_to_them() {
    let mut world = sold(MappingRules::default()).await;
    let record = refund(77, 1, "25.00", &[back("18.50", 1, "1.34")]);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(became, posted("25.00", "1.34"));
    assert_eq!(body(&draft)["Line"][1]["Amount"].to_string(), "5.16");
    let record = refund(78, 1, "15.00", &[back("18.50", 1, "1.34")]);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(became, held("total_mismatch"), "lines exceed the amount");
    let remedy = super::remedy(&draft.wish);
    assert!(remedy.contains("make it again"), "{remedy}");
}

#[tokio::test]
async fn a_cent_that_was_not_paid_back_is_not_taken_from_the_tax() {
    let mut world = sold(MappingRules::default()).await;
    let record = refund(77, 1, "19.83", &[back("18.50", 1, "1.34")]);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(became, posted("19.83", "1.34"));
    assert_eq!(body(&draft)["Line"][0]["Amount"].to_string(), "18.49");
    assert_eq!(draft.warning, None);
}

#[tokio::test]
async fn what_lines_do_not_explain_can_follow_the_order_in_proportion() {
    let in_proportion = rules(|it| it.refunds.amount_only = AmountOnly::Proportional);
    let mut world = sold(in_proportion).await;
    // 19.84 are lines; the other 10.00 are 0.56 tax, as in the order, 7.77 mugs and 1.67 shipping
    let record = refund(77, 1, "29.84", &[back("18.50", 1, "1.34")]);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(became, posted("29.84", "1.90"));
    let lines = body(&draft)["Line"].clone();
    let amounts = [0, 1, 2].map(|place| lines[place]["Amount"].to_string());
    assert_eq!(amounts, ["18.50", "7.77", "1.67"]);
    assert!(draft.warning.unwrap().starts_with("10.00 USD "));
}

#[tokio::test]
async fn nothing_paid_back_is_no_refund() {
    let mut world = sold(MappingRules::default()).await;
    let (_, became) = world.one(StreamName::Refunds, &refund(77, 1, "0.00", &[]));
    assert_eq!(became, Became::Excluded("nothing was paid back".to_owned()));
}

#[tokio::test]
async fn several_refunds_are_as_many_documents_and_come_to_the_whole() {
    let mut world = sold(MappingRules::default()).await;
    let shipping = json!([{
        "id": 9, "method_title": "Flat rate", "method_id": "flat_rate", "total": "-7.95",
        "total_tax": "0.00", "taxes": []
    }]);
    let shipping = with(&refund(79, 1, "7.95", &[]), "shipping_lines", shipping);
    for (record, total, tax) in [
        (
            refund(77, 1, "19.84", &[back("18.50", 1, "1.34")]),
            "19.84",
            "1.34",
        ),
        (
            refund(78, 1, "19.84", &[back("18.50", 1, "1.34")]),
            "19.84",
            "1.34",
        ),
        (shipping, "7.95", "0"),
    ] {
        let became = world.one(StreamName::Refunds, &record).1;
        assert_eq!(became, posted(total, tax));
    }
    let back = world.company.handle().documents_of(Kind::RefundReceipt);
    let sale = world.company.handle().documents_of(Kind::SalesReceipt);
    let sum: Decimal = back.iter().map(|it| it.total).sum();
    let tax: Decimal = back.iter().map(|it| it.tax).sum();
    assert_eq!((sum, tax), (sale[0].total, sale[0].tax));
}

#[tokio::test]
async fn the_stores_minus_signs_do_not_reach_the_books() {
    let mut world = sold(MappingRules::default()).await;
    let record = refund(77, 1, "19.84", &[back("18.50", 1, "1.34")]);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(became, posted("19.84", "1.34"));
    assert_eq!(draft.store_amount.unwrap().amount, dec("-19.84"));
    let sent = body(&draft).to_string();
    assert!(!sent.contains(":-"), "{sent}");
    // a line without the minus is none that goes back: nothing is made up to meet the amount
    let odd = product_line(10, 1, "18.50", "18.50", &[(1, "1.34")]);
    let (draft, became) = world.one(StreamName::Refunds, &refund(78, 1, "19.84", &[odd]));
    assert_eq!(became, held("total_mismatch"));
    let why = super::reason(&draft.wish);
    assert_eq!(why, "its lines add up to -19.84, and 19.84 was paid back");
}

/// The order, which names a refund with a total as the store writes it.
fn naming(refund: u64, total: &str) -> String {
    let named = json!([{ "id": refund, "reason": "", "total": total }]);
    sale().with("/refunds", named).done()
}

#[tokio::test]
async fn a_refund_that_the_store_reports_as_zero_is_of_the_amount_its_order_names() {
    for lines in [vec![back("18.50", 1, "1.34")], Vec::new()] {
        for total in ["-19.84", "19.84"] {
            let mut world = us(MappingRules::default()).await;
            world.take(StreamName::Orders, &naming(77, total));
            let record = refund(77, 1, "0.00", &lines);
            let (draft, became) = world.one(StreamName::Refunds, &record);
            let tax = if lines.is_empty() { "0" } else { "1.34" };
            assert_eq!(became, posted("19.84", tax));
            assert_eq!(draft.store_amount.unwrap().to_string(), "-19.84 USD");
        }
    }
}

#[tokio::test]
async fn a_refund_of_which_store_and_order_disagree_is_held() {
    let mut world = us(MappingRules::default()).await;
    world.take(StreamName::Orders, &naming(77, "-19.840000"));
    let (draft, became) = world.one(StreamName::Refunds, &refund(77, 1, "5.00", &[]));
    assert_eq!(became, held("malformed_record"));
    assert_eq!(
        super::reason(&draft.wish),
        "the refund says that 5 was paid back, and its order 1 says 19.84"
    );
    let agreed = refund(77, 1, "19.84", &[]);
    assert_eq!(
        world.one(StreamName::Refunds, &agreed).1,
        posted("19.84", "0")
    );
}
