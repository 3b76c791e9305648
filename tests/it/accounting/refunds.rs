//! Refunds: as what they are booked, when, and with which order.
//!
//! | rule | shown by |
//! |---|---|
//! | `refunds.post_as` | `a_refund_of_an_invoice_is_a_credit_memo`, `the_owner_says_as_what_refunds_are_booked` |
//! | `refunds.number` | `a_refund_has_a_number_of_the_owners_form` |
//! | dated the day of the refund, out of the account the sale went to | `a_refund_of_lines_goes_out_of_the_account_the_sale_went_to`, `a_refund_leaves_the_account_the_sale_went_to_though_the_gateway_has_another_by_now` |
//! | a receipt of an invoice's refund, out of the account its money went to | `a_refund_receipt_of_an_invoice_leaves_the_account_its_payment_went_to` |
//! | several, up to full | `several_refunds_are_as_many_documents_and_come_to_the_whole`, `several_refunds_up_to_the_whole_are_as_many_documents` |
//! | of an invoice | `a_refund_of_an_invoice_is_a_credit_memo`, `an_invoice_that_was_paid_is_refunded_with_a_credit_memo_too` |
//! | of an order before the start | `a_refund_of_an_order_before_the_start_is_posted_by_its_own_day` |
//! | its reason stands in the note | `the_reason_of_a_refund_stands_in_its_note` |
//! | in a closed period | `a_refund_in_a_closed_period_is_held` |
//! | before its order is posted: waits | `a_refund_waits_for_its_order`, `a_refund_that_is_read_before_its_order_waits_for_it` |
//! | what becomes of the order becomes of it | `a_refund_shares_the_fate_of_its_order` |
//! | a fully refunded order still posts the sale | `a_fully_refunded_order_is_posted_with_its_refund` |

use daybook::domain::{Draft, IfPosted, MappingRules, Parent, PostRefundAs, PostingState, Wish};
use jiff::civil::date;
use kit::{PostingKind, StreamName};
use sandbox::company::{CompanyContents, Kind, Regime};
use serde_json::{Value, json};

use super::refund_shapes::{back, sale, sold};
use super::{held, posted, rules, us};
use crate::mapping::books::{Became, World, body};
use crate::mapping::orders::{OrderBuilder, dec, refund};

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
    let back = world.company.handle().documents_of(Kind::RefundReceipt);
    let customer = back[0].customer_name.as_deref();
    assert_eq!(customer, Some("WooCommerce customer"), "not the buyer");
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
async fn a_refund_receipt_of_an_invoice_leaves_the_account_its_payment_went_to() {
    let contents =
        CompanyContents::fresh(Regime::UsAst).with_account("Stripe Clearing", "Bank", "Checking");
    let mapping = rules(|it| it.refunds.post_as = PostRefundAs::RefundReceipt);
    let mut world = World::of(contents, mapping.clone()).await;
    let order = sale().with("/payment_method", "bacs");
    let open = order.clone().with("/date_paid_gmt", json!(null));
    world.take(StreamName::Orders, &open.done());
    for (draft, _) in paid(&mut world, &order.done()) {
        assert_eq!(draft.key.kind, PostingKind::Payment);
    }
    let moved = |rules: &mut MappingRules| {
        rules.payments.default.deposit_to = Some("Stripe Clearing".to_owned());
    };
    let mut mapping = mapping;
    moved(&mut mapping);
    world.configure(mapping);
    let record = refund(77, 1, "19.84", &[back("18.50", 1, "1.34")]);
    assert_eq!(
        world.one(StreamName::Refunds, &record).1,
        posted("19.84", "1.34")
    );
    let books = world.company.handle();
    let receipts = books.documents_of(Kind::RefundReceipt);
    assert_eq!(receipts[0].deposit_to.as_deref(), Some("Undeposited Funds"));
}

/// The invoice's order is paid: what follows it is posted.
fn paid(world: &mut World, order: &str) -> Vec<(Draft, Became)> {
    let drafts = world.plan(StreamName::Orders, order).into_iter();
    let payments = drafts.filter(|draft| draft.key.kind == PostingKind::Payment);
    let payments: Vec<Draft> = payments.collect();
    assert_eq!(payments.len(), 1);
    let settle = |draft: Draft| {
        let became = world.settle(&draft);
        (draft, became)
    };
    payments.into_iter().map(settle).collect()
}

#[tokio::test]
async fn the_reason_of_a_refund_stands_in_its_note() {
    let mut world = sold(MappingRules::default()).await;
    let mut record: Value = serde_json::from_str(&refund(77, 1, "10.00", &[])).unwrap();
    record["reason"] = json!("Arrived late\nand broken");
    let (draft, became) = world.one(StreamName::Refunds, &record.to_string());
    assert_eq!(became, posted("10.00", "0"));
    assert_eq!(
        body(&draft)["PrivateNote"],
        "Refund 77 of WooCommerce order 1\nArrived late\nand broken"
    );
}
