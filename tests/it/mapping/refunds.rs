//! Money that goes back.

use daybook::domain::{AmountOnly, IfPosted, MappingRules, Parent, PostingState, Wish};
use jiff::civil::date;
use kit::{PostingKind, StreamName};
use sandbox::company::{CompanyContents, Kind, Regime};
use serde_json::{Value, json};

use super::books::{Became, World, body};
use super::orders::{OrderBuilder, dec, product_line, refund};

fn sale() -> OrderBuilder {
    OrderBuilder::new(1)
        .rate(1, "CA", "7.25", false)
        .line(10, 2, "40.00", "37.00", &[(1, "2.68")])
        .shipping("7.95", &[])
}

fn back(amount: &str, quantity: i32, tax: &str) -> Value {
    let mut line = product_line(10, 1, &format!("-{amount}"), &format!("-{amount}"), &[]);
    line["quantity"] = json!(-quantity);
    line["total_tax"] = json!(format!("-{tax}"));
    line["taxes"] = json!([{ "id": 1, "total": format!("-{tax}") }]);
    line
}

fn posted(total: &str, tax: &str) -> Became {
    Became::Posted {
        total: dec(total),
        tax: dec(tax),
    }
}

async fn sold(rules: MappingRules) -> World {
    let mut world = World::fresh(Regime::UsAst, rules).await;
    world.take(StreamName::Orders, &sale().done());
    world
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
async fn an_amount_without_lines_is_booked_untaxed_with_a_warning() {
    let mut world = sold(MappingRules::default()).await;
    let (draft, became) = world.one(StreamName::Refunds, &refund(77, 1, "10.00", &[]));
    assert_eq!(became, posted("10.00", "0"));
    assert!(draft.warning.unwrap().contains("without a line"));
}

#[tokio::test]
async fn what_lines_do_not_explain_is_added_to_them() {
    let mut world = sold(MappingRules::default()).await;
    let record = refund(77, 1, "25.00", &[back("18.50", 1, "1.34")]);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(became, posted("25.00", "1.34"));
    assert_eq!(body(&draft)["Line"][1]["Amount"].to_string(), "5.16");
    let record = refund(78, 1, "15.00", &[back("18.50", 1, "1.34")]);
    let (_, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(
        became,
        Became::Held("total_mismatch".to_owned()),
        "lines exceed the amount"
    );
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
async fn tax_alone_can_go_back() {
    let mut world = sold(MappingRules::default()).await;
    let mut line = back("0.00", 0, "1.34");
    line["quantity"] = json!(0);
    let (_, became) = world.one(StreamName::Refunds, &refund(77, 1, "1.34", &[line]));
    assert_eq!(became, posted("1.34", "1.34"));
}

#[tokio::test]
async fn nothing_paid_back_is_no_refund() {
    let mut world = sold(MappingRules::default()).await;
    let (_, became) = world.one(StreamName::Refunds, &refund(77, 1, "0.00", &[]));
    assert_eq!(became, Became::Excluded("nothing was paid back".to_owned()));
}

#[tokio::test]
async fn a_refund_of_an_invoice_is_a_credit_memo() {
    let mut world = World::fresh(Regime::UsAst, MappingRules::default()).await;
    let open = sale()
        .with("/payment_method", "bacs")
        .with("/date_paid_gmt", json!(null));
    world.take(StreamName::Orders, &open.done());
    let record = refund(77, 1, "19.84", &[back("18.50", 1, "1.34")]);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(
        (draft.key.kind, became),
        (PostingKind::CreditMemo, posted("19.84", "1.34"))
    );
}

#[tokio::test]
async fn a_refund_waits_for_its_order() {
    let mut world = World::fresh(Regime::UsAst, MappingRules::default()).await;
    let record = refund(77, 1, "10.00", &[]);
    let (draft, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(became, Became::Held("waits_for_order".to_owned()));
    assert_eq!(draft.store_amount.unwrap().amount, dec("-10.00"));
    world.take(StreamName::Orders, &sale().done());
    assert_eq!(
        world.one(StreamName::Refunds, &record).1,
        posted("10.00", "0")
    );
}

#[tokio::test]
async fn a_refund_shares_the_fate_of_its_order() {
    let mut world = sold(MappingRules::default()).await;
    let record = refund(77, 1, "10.00", &[]);
    let fate = |world: &mut World, state: PostingState, order: OrderBuilder| {
        let key = world.parents["1"].key.clone();
        let parent = Parent {
            record: order.done(),
            key,
            state,
        };
        world.parents.insert("1".to_owned(), parent);
        let (draft, became) = world.one(StreamName::Refunds, &record);
        let if_posted = match draft.wish {
            Wish::Exclude { if_posted, .. } => Some(if_posted),
            _ => None,
        };
        (became, if_posted)
    };
    let held = || Became::Held("refund_of_unposted_order".to_owned());
    let excluded = |why: &str| Became::Excluded(format!("its order 1 {why}"));
    assert_eq!(fate(&mut world, PostingState::Held, sale()), (held(), None));
    assert_eq!(
        fate(&mut world, PostingState::Failed, sale()),
        (held(), None)
    );
    let cancelled = || sale().with("/status", "cancelled");
    let gone = excluded("is not posted: status cancelled");
    let void = Some(IfPosted::Void);
    assert_eq!(
        fate(&mut world, PostingState::Excluded, cancelled()),
        (gone.clone(), void)
    );
    assert_eq!(
        fate(&mut world, PostingState::Reversed, cancelled()),
        (gone, void)
    );
    let by_hand = (excluded("is excluded"), Some(IfPosted::Hold));
    assert_eq!(fate(&mut world, PostingState::Excluded, sale()), by_hand);
    assert_eq!(
        fate(&mut world, PostingState::Queued, sale()),
        (posted("10.00", "0"), None)
    );
}

#[tokio::test]
async fn a_refund_of_an_order_before_the_start_is_posted_by_its_own_day() {
    let mut rules = MappingRules {
        start_date: Some(date(2026, 11, 8)),
        ..MappingRules::default()
    };
    let mut world = World::fresh(Regime::UsAst, rules.clone()).await;
    world.take(StreamName::Orders, &sale().done());
    let record = refund(77, 1, "19.84", &[back("18.50", 1, "1.34")]);
    assert_eq!(
        world.one(StreamName::Refunds, &record).1,
        posted("19.84", "1.34")
    );
    rules.start_date = Some(date(2026, 11, 11));
    let mut world = World::fresh(Regime::UsAst, rules).await;
    world.take(StreamName::Orders, &sale().done());
    let became = world.one(StreamName::Refunds, &record).1;
    let reason = "dated 2026-11-10, before the start date 2026-11-11";
    assert_eq!(became, Became::Excluded(reason.to_owned()));
}

#[tokio::test]
async fn a_refund_in_a_closed_period_is_held() {
    let contents = CompanyContents::fresh(Regime::UsAst).with_books_closed(date(2026, 11, 4));
    let mut world = World::of(contents, MappingRules::default()).await;
    world.take(StreamName::Orders, &sale().done());
    let mut record: Value = serde_json::from_str(&refund(77, 1, "10.00", &[])).unwrap();
    record["date_created_gmt"] = json!("2026-11-02T12:00:00");
    let became = world.one(StreamName::Refunds, &record.to_string()).1;
    assert_eq!(became, Became::Held("closed_period".to_owned()));
}

#[tokio::test]
async fn a_refund_without_an_order_is_malformed() {
    use daybook::domain::Mapping as _;
    let world = World::fresh(Regime::UsAst, MappingRules::default()).await;
    let mut record: Value = serde_json::from_str(&refund(77, 1, "10.00", &[])).unwrap();
    record["parent_id"] = json!(null);
    let record = super::books::record(&record.to_string());
    let error = world
        .mapping
        .needs(StreamName::Refunds, &record)
        .unwrap_err();
    assert_eq!(error.cause, "malformed_record");
}
