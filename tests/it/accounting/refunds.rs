//! Refunds of every shape.
//!
//! | rule | shown by |
//! |---|---|
//! | `refunds.post_as` | `a_refund_of_an_invoice_is_a_credit_memo`, `the_owner_says_as_what_refunds_are_booked` |
//! | `refunds.number` | `a_refund_has_a_number_of_the_owners_form` |
//! | `refunds.amount_only` | `an_amount_without_lines_is_booked_untaxed_with_a_warning`, `an_amount_without_lines_can_follow_the_order_in_proportion`, `an_amount_without_lines_can_be_held` |
//! | `refunds.item` | `an_amount_without_lines_goes_to_the_owners_item_and_account` |
//! | `refunds.income_account` | `an_amount_without_lines_goes_to_the_owners_item_and_account` |
//! | dated the day of the refund, out of the account the sale went to | `a_refund_of_lines_goes_out_of_the_account_the_sale_went_to`, `a_refund_leaves_the_account_the_sale_went_to_though_the_gateway_has_another_by_now` |
//! | lines | `a_refund_of_lines_goes_out_of_the_account_the_sale_went_to` |
//! | shipping only | `shipping_alone_can_go_back` |
//! | fees | `a_fee_can_go_back` |
//! | tax only | `tax_alone_can_go_back` |
//! | amount only | `an_amount_without_lines_is_booked_untaxed_with_a_warning` |
//! | lines less than the amount | `what_lines_do_not_explain_is_added_to_them`, `what_lines_do_not_explain_can_follow_the_order_in_proportion` |
//! | several, up to full | `several_refunds_are_as_many_documents_and_come_to_the_whole`, `several_refunds_up_to_the_whole_are_as_many_documents` |
//! | of an invoice | `a_refund_of_an_invoice_is_a_credit_memo`, `an_invoice_that_was_paid_is_refunded_with_a_credit_memo_too` |
//! | of nothing | `nothing_paid_back_is_no_refund` |
//! | of an order before the start | `a_refund_of_an_order_before_the_start_is_posted_by_its_own_day` |
//! | in a closed period | `a_refund_in_a_closed_period_is_held` |
//! | before its order is posted: waits | `a_refund_waits_for_its_order`, `a_refund_that_is_read_before_its_order_waits_for_it` |
//! | what becomes of the order becomes of it | `a_refund_shares_the_fate_of_its_order` |
//! | a fully refunded order still posts the sale | `a_fully_refunded_order_is_posted_with_its_refund` |
//! | the store's signs are normalised | `the_stores_minus_signs_do_not_reach_the_books` |

use daybook::domain::{
    AmountOnly, IfPosted, MappingRules, Parent, PostRefundAs, PostingState, Wish,
};
use jiff::civil::date;
use kit::{PostingKind, StreamName};
use rust_decimal::Decimal;
use sandbox::company::{CompanyContents, Kind, Regime};
use serde_json::{Value, json};

use super::{held, posted, rules, us};
use crate::mapping::books::{Became, World, body};
use crate::mapping::orders::{OrderBuilder, dec, product_line, refund};

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

/// A US company in which the order was posted.
async fn sold(rules: MappingRules) -> World {
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
async fn a_refund_leaves_the_account_the_sale_went_to_though_the_gateway_has_another_by_now() {
    let mut before = sold(MappingRules::default()).await;
    let contents =
        CompanyContents::fresh(Regime::UsAst).with_account("Stripe Clearing", "Bank", "Checking");
    let moved = rules(|rules| {
        rules.payments.default.deposit_to = Some("Stripe Clearing".to_owned());
    });
    let mut world = World::of(contents, moved).await;
    world.parents = std::mem::take(&mut before.parents);
    let back = world
        .plan(StreamName::Refunds, &refund(77, 1, "5.00", &[]))
        .pop();
    let funds = world
        .company
        .handle()
        .id_named(Kind::Account, "Undeposited Funds");
    let account = &body(&back.unwrap())["DepositToAccountRef"]["value"];
    assert_eq!(*account, json!(funds.unwrap()));
    // the sale of today goes where the gateway's money is today, and so does its refund
    world.take(StreamName::Orders, &sale().done());
    let back = world
        .plan(StreamName::Refunds, &refund(77, 1, "5.00", &[]))
        .pop();
    let clearing = world
        .company
        .handle()
        .id_named(Kind::Account, "Stripe Clearing");
    let account = &body(&back.unwrap())["DepositToAccountRef"]["value"];
    assert_eq!(*account, json!(clearing.unwrap()));
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
    let (_, became) = world.one(StreamName::Refunds, &record);
    assert_eq!(became, held("total_mismatch"), "lines exceed the amount");
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
async fn the_owner_says_as_what_refunds_are_booked() {
    let record = refund(77, 1, "19.84", &[back("18.50", 1, "1.34")]);
    let open = || {
        let open = sale().with("/payment_method", "bacs");
        open.with("/date_paid_gmt", json!(null)).done()
    };
    for (order, post_as, kind) in [
        (
            sale().done(),
            PostRefundAs::Auto,
            PostingKind::RefundReceipt,
        ),
        (
            sale().done(),
            PostRefundAs::CreditMemo,
            PostingKind::CreditMemo,
        ),
        (open(), PostRefundAs::Auto, PostingKind::CreditMemo),
        (
            open(),
            PostRefundAs::RefundReceipt,
            PostingKind::RefundReceipt,
        ),
    ] {
        let mut world = us(rules(|it| it.refunds.post_as = post_as)).await;
        world.take(StreamName::Orders, &order);
        let (draft, became) = world.one(StreamName::Refunds, &record);
        assert_eq!((draft.key.kind, became), (kind, posted("19.84", "1.34")));
    }
}

#[tokio::test]
async fn a_refund_has_a_number_of_the_owners_form() {
    let mut world = sold(rules(|rules| {
        rules.orders.number = "WEB-{number}".to_owned();
        rules.refunds.number = "BACK-{refund_id}-OF-{number}".to_owned();
    }))
    .await;
    let (draft, _) = world.one(StreamName::Refunds, &refund(77, 1, "10.00", &[]));
    assert_eq!(body(&draft)["DocNumber"], "BACK-77-OF-1");
    let long = refund(1_234_567_890_123, 1, "1.00", &[]);
    let became = world.one(StreamName::Refunds, &long).1;
    assert_eq!(became, held("unsupported_order"), "never cut");
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
            customer: None,
            document: String::new(),
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
async fn a_fully_refunded_order_is_posted_with_its_refund() {
    let mut world = us(MappingRules::default()).await;
    let order = sale().with("/status", "refunded").done();
    let became = world.one(StreamName::Orders, &order).1;
    assert_eq!(became, posted("47.63", "2.68"));
    let became = world
        .one(StreamName::Refunds, &refund(77, 1, "47.63", &[]))
        .1;
    assert_eq!(became, posted("47.63", "0"));
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
