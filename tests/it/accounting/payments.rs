//! Payments and gateways: where the money is, and what a gateway keeps.
//!
//! | rule | shown by |
//! |---|---|
//! | `payments.default.method` | `a_gateway_without_rules_has_those_of_the_default` |
//! | `payments.default.deposit_to` | `a_gateway_without_rules_has_those_of_the_default` |
//! | `payments.default.fee_meta` | `a_gateway_takes_from_the_default_what_it_does_not_say` |
//! | `payments.default.fee_account` | `a_gateway_takes_from_the_default_what_it_does_not_say` |
//! | `payments.default.fees` | `a_gateway_takes_from_the_default_what_it_does_not_say` |
//! | `payments.GATEWAY.method` | `money_goes_to_the_gateways_clearing_account_and_its_fee_out_of_it` |
//! | `payments.GATEWAY.deposit_to` | `money_goes_to_the_gateways_clearing_account_and_its_fee_out_of_it` |
//! | `payments.GATEWAY.fee_meta` | `money_goes_to_the_gateways_clearing_account_and_its_fee_out_of_it`, `a_fee_can_come_as_an_object` |
//! | `payments.GATEWAY.fee_account` | `money_goes_to_the_gateways_clearing_account_and_its_fee_out_of_it` |
//! | `payments.GATEWAY.fees` | `money_goes_to_the_gateways_clearing_account_and_its_fee_out_of_it`, `fees_that_are_off_are_not_booked` |
//! | `fees = "daily"`, the default: one expense for each gateway, day and currency | `a_backfill_books_each_past_day_once_and_todays_once_it_is_over`, `a_days_fees_are_one_expense_out_of_the_clearing_account_in_every_country`, `a_sale_counts_in_the_day_of_its_payment_by_the_books_calendar`, `two_currencies_of_a_gateway_are_two_expenses` |
//! | a day's expense follows the sales in the books | `a_late_order_changes_the_expense_of_its_day`, `a_voided_order_leaves_its_day_and_a_day_without_fees_is_taken_back`, `an_expense_follows_its_day_whatever_is_said_of_edits_of_orders` |
//! | a day's expense in a closed period | `the_expense_of_a_closed_day_is_held_and_booked_once_the_books_are_open`, `a_late_fee_of_a_closed_day_counts_in_the_first_open_one_if_that_is_the_rule` |
//! | a fee that cannot be counted waits by itself | `a_fee_that_cannot_be_counted_waits_by_itself` |
//! | from one way to the other: no fee twice | `a_fee_that_is_in_the_books_by_itself_stays_so_when_days_are_asked_for`, `a_fee_that_counts_in_a_day_goes_on_counting_there_when_single_ones_are_asked_for`, `switched_off_no_fee_is_booked_and_the_days_in_the_books_stay` |
//! | a fee is an expense, never a line of the sale | `money_goes_to_the_gateways_clearing_account_and_its_fee_out_of_it` |
//! | an order that does not say its fee: unknown, not zero | `a_fee_the_order_does_not_say_is_unknown_and_nothing_is_booked` |
//! | expenses only out of a bank account | `fees_are_paid_out_of_a_bank_account_alone` |
//! | fees only to an account of expenses | `fees_are_booked_to_an_account_of_expenses_alone` |
//! | the transaction number, cut to 21 and whole in the memo | `a_transaction_number_is_cut_for_its_field_and_whole_in_the_memo` |
//! | an invoice's money | `the_payment_of_an_invoice_goes_to_the_gateways_account` |
//! | a payment that is not wanted any more | `a_payment_that_is_not_wanted_any_more_is_taken_back_as_a_cancelled_sale_is` |

use daybook::domain::{GatewayFees, GatewayRules, IfPosted, MappingRules, Wish};
use kit::{PostingKind, StreamName};
use sandbox::company::{
    CompanyContents, CompanyOptions, CompanyServer, Document, Kind, Limits, Regime,
};
use serde_json::json;

use super::{mug, posted, rules, us};
use crate::mapping::books::{Became, World, body};
use crate::mapping::lists::lists;
use crate::mapping::orders::dec;
use daybook::mapping::to_quickbooks::{Books, ToQuickBooks};

/// Stripe with a clearing account of its own.
fn clearing(fees: GatewayFees) -> GatewayRules {
    GatewayRules {
        method: Some("credit card".to_owned()),
        deposit_to: Some("Stripe Clearing".to_owned()),
        fee_meta: Some("_stripe_fee".to_owned()),
        fee_account: Some("Merchant Fees".to_owned()),
        fees: Some(fees),
    }
}

/// A company with a clearing account, and these rules.
async fn with_clearing(mapping: MappingRules) -> World {
    let contents =
        CompanyContents::fresh(Regime::UsAst).with_account("Stripe Clearing", "Bank", "Checking");
    World::of(contents, mapping).await
}

/// The only document of a kind.
fn only(world: &World, kind: Kind) -> Document {
    let mut found = world.company.handle().documents_of(kind);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// The kinds of all documents in the books.
fn kinds(world: &World) -> Vec<Kind> {
    let documents = world.company.handle().documents();
    documents.into_iter().map(|it| it.kind).collect()
}

#[tokio::test]
async fn money_goes_to_the_gateways_clearing_account_and_its_fee_out_of_it() {
    let mapping = rules(|rules| {
        let stripe = clearing(GatewayFees::PerOrder);
        rules.payments.gateways.insert("stripe".to_owned(), stripe);
    });
    let mut world = with_clearing(mapping).await;
    let order = mug(1).meta("_stripe_fee", "1.37").done();
    let done = world.take(StreamName::Orders, &order);
    let sale = only(&world, Kind::SalesReceipt);
    assert_eq!(sale.deposit_to.as_deref(), Some("Stripe Clearing"));
    assert_eq!(sale.total, dec("37.00"), "the fee is no line of the sale");
    assert_eq!(sale.lines.len(), 1);
    let fee = only(&world, Kind::Purchase);
    assert_eq!(
        (fee.total, fee.doc_number.as_deref()),
        (dec("1.37"), Some("1-FEE"))
    );
    let expense = body(&done.last().unwrap().0);
    let books = world.company.handle();
    let account = |name: &str| json!(books.id_named(Kind::Account, name).unwrap());
    assert_eq!(expense["AccountRef"]["value"], account("Stripe Clearing"));
    let line = &expense["Line"][0]["AccountBasedExpenseLineDetail"];
    assert_eq!(line["AccountRef"]["value"], account("Merchant Fees"));

    let foreign = mug(3)
        .meta("_stripe_fee", "1.37")
        .meta("_stripe_currency", "EUR")
        .done();
    let done = world.take(StreamName::Orders, &foreign);
    let (fee, became) = done.last().unwrap();
    assert_eq!(fee.key.kind, PostingKind::Expense);
    assert_eq!(*became, Became::Held("unsupported_order".to_owned()));
}

#[tokio::test]
async fn a_fee_the_order_does_not_say_is_unknown_and_nothing_is_booked() {
    let mapping = rules(|rules| {
        let stripe = clearing(GatewayFees::PerOrder);
        rules.payments.gateways.insert("stripe".to_owned(), stripe);
    });
    let mut world = with_clearing(mapping).await;
    let (sale, became) = world.one(StreamName::Orders, &mug(1).done());
    assert_eq!(became, posted("37.00", "0"));
    assert_eq!(sale.warning, None);
    let nonsense = mug(2).meta("_stripe_fee", "n/a").done();
    world.take(StreamName::Orders, &nonsense);
    assert_eq!(kinds(&world), [Kind::SalesReceipt, Kind::SalesReceipt]);
}

#[tokio::test]
async fn fees_that_are_off_are_not_booked() {
    let mapping = rules(|rules| {
        let stripe = clearing(GatewayFees::Off);
        rules.payments.gateways.insert("stripe".to_owned(), stripe);
    });
    let mut world = with_clearing(mapping).await;
    let order = mug(1).meta("_stripe_fee", "1.37").done();
    world.take(StreamName::Orders, &order);
    assert_eq!(kinds(&world), [Kind::SalesReceipt]);
}

#[tokio::test]
async fn a_gateway_without_rules_has_those_of_the_default() {
    let mut world = us(MappingRules::default()).await;
    let (sale, _) = world.one(StreamName::Orders, &mug(1).done());
    assert_eq!(body(&sale)["PaymentMethodRef"], json!(null));
    let funds = only(&world, Kind::SalesReceipt).deposit_to;
    assert_eq!(funds.as_deref(), Some("Undeposited Funds"));
    let mapping = rules(|rules| {
        rules.payments.default.method = Some("Cash".to_owned());
        rules.payments.default.deposit_to = Some("Stripe Clearing".to_owned());
    });
    let mut world = with_clearing(mapping).await;
    let order = mug(1).with("/payment_method", "ppcp").done();
    let (sale, _) = world.one(StreamName::Orders, &order);
    let cash = world.company.handle().id_named(Kind::PaymentMethod, "Cash");
    assert_eq!(
        body(&sale)["PaymentMethodRef"]["value"],
        json!(cash.unwrap())
    );
    let account = only(&world, Kind::SalesReceipt).deposit_to;
    assert_eq!(account.as_deref(), Some("Stripe Clearing"));
}

#[tokio::test]
async fn a_gateway_takes_from_the_default_what_it_does_not_say() {
    let mapping = rules(|rules| {
        rules.payments.default = clearing(GatewayFees::PerOrder);
        let paypal = GatewayRules {
            fee_meta: Some("_paypal_transaction_fee".to_owned()),
            ..GatewayRules::default()
        };
        rules.payments.gateways.insert("ppcp".to_owned(), paypal);
        let cash = GatewayRules {
            fees: Some(GatewayFees::Off),
            ..GatewayRules::default()
        };
        rules.payments.gateways.insert("cod".to_owned(), cash);
    });
    let mut world = with_clearing(mapping).await;
    let order = |id: u64, gateway: &str| {
        mug(id)
            .with("/payment_method", gateway)
            .meta("_stripe_fee", "1.37")
            .meta("_paypal_transaction_fee", "1.59")
            .done()
    };
    for (id, gateway) in [(1, "stripe"), (2, "ppcp"), (3, "cod")] {
        world.take(StreamName::Orders, &order(id, gateway));
    }
    let fees = world.company.handle().documents_of(Kind::Purchase);
    let fees: Vec<_> = fees.iter().map(|fee| fee.total).collect();
    assert_eq!(fees, [dec("1.37"), dec("1.59")]);
    let sales = world.company.handle().documents_of(Kind::SalesReceipt);
    let cleared = |sale: &Document| sale.deposit_to.as_deref() == Some("Stripe Clearing");
    assert!(sales.iter().all(cleared), "{sales:?}");
}

#[tokio::test]
async fn fees_are_paid_out_of_a_bank_account_alone() {
    let mut rules = MappingRules::default();
    let stripe = GatewayRules {
        fee_meta: Some("_stripe_fee".to_owned()),
        ..GatewayRules::default()
    };
    rules.payments.gateways.insert("stripe".to_owned(), stripe);
    let options = CompanyOptions {
        limits: Limits::off(),
        ..CompanyOptions::fresh(Regime::UsAst)
    };
    let company = CompanyServer::start(options).await.unwrap();
    let books = Books::new(&lists(&company).await).unwrap();
    let problems = ToQuickBooks::new(rules.clone(), books.clone()).unwrap_err();
    assert_eq!(problems[0].key, "payments.stripe.deposit_to");
    let stripe = rules.payments.gateways.get_mut("stripe").unwrap();
    stripe.deposit_to = Some("Checking".to_owned());
    ToQuickBooks::new(rules, books).unwrap();
}

#[tokio::test]
async fn a_fee_can_come_as_an_object() {
    let mut rules = MappingRules::default();
    let paypal = GatewayRules {
        deposit_to: Some("Checking".to_owned()),
        fee_meta: Some("_ppcp_paypal_fees".to_owned()),
        fees: Some(GatewayFees::PerOrder),
        ..GatewayRules::default()
    };
    rules.payments.gateways.insert("stripe".to_owned(), paypal);
    let mut world = World::fresh(Regime::UsAst, rules).await;
    let fees = json!({
        "gross_amount": { "currency_code": "USD", "value": "37.00" },
        "paypal_fee": { "currency_code": "USD", "value": "1.59" }
    });
    let done = world.take(
        StreamName::Orders,
        &mug(1).meta("_ppcp_paypal_fees", fees).done(),
    );
    let became = &done.last().unwrap().1;
    assert_eq!(
        *became,
        Became::Posted {
            total: dec("1.59"),
            tax: dec("0")
        }
    );
}

#[tokio::test]
async fn a_transaction_number_is_cut_for_its_field_and_whole_in_the_memo() {
    let mut world = us(MappingRules::default()).await;
    let long = mug(1).with("/transaction_id", "pi_3PqRsTuVwXyZ0123456789");
    let sale = body(&world.one(StreamName::Orders, &long.done()).0);
    assert_eq!(sale["PaymentRefNum"], "pi_3PqRsTuVwXyZ012345");
    let note = sale["PrivateNote"].as_str().unwrap();
    assert!(
        note.ends_with("\nTransaction pi_3PqRsTuVwXyZ0123456789"),
        "{note}"
    );
    let short = mug(2).with("/transaction_id", "8AB0000000001201E");
    let sale = body(&world.one(StreamName::Orders, &short.done()).0);
    assert_eq!(sale["PaymentRefNum"], "8AB0000000001201E");
    assert_eq!(sale["PrivateNote"], "WooCommerce order 2");
}

#[tokio::test]
async fn the_payment_of_an_invoice_goes_to_the_gateways_account() {
    let mapping = rules(|rules| {
        let transfer = GatewayRules {
            method: Some("Check".to_owned()),
            deposit_to: Some("Stripe Clearing".to_owned()),
            ..GatewayRules::default()
        };
        rules.payments.gateways.insert("bacs".to_owned(), transfer);
    });
    let mut world = with_clearing(mapping).await;
    let order = |paid: serde_json::Value| {
        let order = mug(1).with("/payment_method", "bacs");
        order.with("/date_paid_gmt", paid).done()
    };
    world.take(StreamName::Orders, &order(json!(null)));
    let done = world.take(StreamName::Orders, &order(json!("2026-11-20T12:00:00")));
    let payment = body(&done.last().unwrap().0);
    let books = world.company.handle();
    let check = books.id_named(Kind::PaymentMethod, "Check").unwrap();
    let account = books.id_named(Kind::Account, "Stripe Clearing").unwrap();
    assert_eq!(payment["PaymentMethodRef"]["value"], json!(check));
    assert_eq!(payment["DepositToAccountRef"]["value"], json!(account));
    assert_eq!(payment["PrivateNote"], "Payment of WooCommerce order 1");
    assert_eq!(payment["TxnDate"], "2026-11-20");
}

#[tokio::test]
async fn fees_are_booked_to_an_account_of_expenses_alone() {
    let world = with_clearing(MappingRules::default()).await;
    let problems = |account: &str, fees| {
        let mapping = rules(|rules| {
            let stripe = GatewayRules {
                fee_account: Some(account.to_owned()),
                ..clearing(fees)
            };
            rules.payments.gateways.insert("stripe".to_owned(), stripe);
        });
        world.problems(mapping)
    };
    for account in ["Merchant Fees", "Cost of Goods Sold"] {
        assert_eq!(problems(account, GatewayFees::Daily), []);
    }
    for account in ["Checking", "Sales", "Sales Tax Payable"] {
        let found = problems(account, GatewayFees::PerOrder);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].key, "payments.stripe.fee_account");
        assert!(found[0].reason.contains("`Expense`"), "{found:?}");
        assert_eq!(problems(account, GatewayFees::Off), [], "it is not used");
    }
}

#[tokio::test]
async fn a_payment_that_is_not_wanted_any_more_is_taken_back_as_a_cancelled_sale_is() {
    for on_cancel in [IfPosted::Void, IfPosted::Hold, IfPosted::Ignore] {
        let mut world = us(rules(|rules| rules.orders.on_cancel = on_cancel)).await;
        let order = |paid: serde_json::Value| {
            let order = mug(1).with("/payment_method", "bacs");
            order.with("/date_paid_gmt", paid).done()
        };
        world.take(StreamName::Orders, &order(json!(null)));
        world.take(StreamName::Orders, &order(json!("2026-11-20T12:00:00")));
        let drafts = world.plan(StreamName::Orders, &order(json!(null)));
        let payment = drafts
            .iter()
            .find(|draft| draft.key.kind == PostingKind::Payment);
        let Wish::Exclude { if_posted, .. } = &payment.unwrap().wish else {
            panic!("{payment:?}");
        };
        assert_eq!(*if_posted, on_cancel);
    }
}
