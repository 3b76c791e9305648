//! What gateways keep: the part of each sale in the fees of its day, and the expense of a day.

use std::collections::HashMap;

use daybook::domain::{
    ClosedPeriod, ConnectionName, Draft, FeeShare, FeesOfDay, GatewayDay, GatewayFees,
    GatewayRules, IfPosted, Link, LinkKey, Mapping, MappingRules, OnEdit, References, SourceKind,
    Wish,
};
use jiff::civil::date;
use jiff::tz::TimeZone;
use kit::{PostingKind, StreamName};
use rust_decimal::Decimal;
use sandbox::company::{CompanyContents, Currency, Kind, Regime};

use super::books::{Became, World, body, record};
use super::orders::{OrderBuilder, dec};
use crate::accounting::held;

const DAY: &str = "2026-11-05/stripe/USD";

fn rules(fees: GatewayFees) -> MappingRules {
    let mut rules = MappingRules::default();
    let stripe = GatewayRules {
        deposit_to: Some("Stripe Clearing".to_owned()),
        fee_meta: Some("_stripe_fee".to_owned()),
        fee_account: Some("Merchant Fees".to_owned()),
        fees: Some(fees),
        ..GatewayRules::default()
    };
    rules.payments.gateways.insert("stripe".to_owned(), stripe);
    rules
}

fn clearing(regime: Regime) -> CompanyContents {
    CompanyContents::fresh(regime).with_account("Stripe Clearing", "Bank", "Checking")
}

async fn us(fees: GatewayFees) -> World {
    World::of(clearing(Regime::UsAst), rules(fees)).await
}

fn mug(fee: &str) -> OrderBuilder {
    OrderBuilder::new(1)
        .line(10, 2, "37.00", "37.00", &[])
        .meta("_stripe_fee", fee)
}

fn day(text: &str) -> GatewayDay {
    text.parse().unwrap()
}

/// The sale's part, and whether there is an expense of its own.
fn part(world: &World, order: &str, known: &References) -> (Option<FeeShare>, bool) {
    let drafts = world
        .mapping
        .plan(StreamName::Orders, &record(order), known)
        .unwrap();
    let sale = drafts.iter().find(|it| it.store_amount.is_some()).unwrap();
    let own = drafts.iter().any(|it| it.key.kind == PostingKind::Expense);
    (sale.fee.clone(), own)
}

fn share(day_of: &str, fee: Option<&str>) -> FeeShare {
    FeeShare {
        day: day(day_of),
        fee: fee.map(dec),
    }
}

/// What is known where the order's expense is in the books by itself.
fn alone() -> References {
    let key = LinkKey::new(SourceKind::Order, "1", PostingKind::Expense);
    References {
        links: HashMap::from([(key, Link::default())]),
        ..References::default()
    }
}

/// What is known where its fee counts in a day.
fn counted() -> References {
    References {
        fees: HashMap::from([("1".to_owned(), share(DAY, Some("1.37")))]),
        ..References::default()
    }
}

#[tokio::test]
async fn a_sale_counts_in_the_day_of_its_payment_by_the_books_calendar() {
    let mut rules = rules(GatewayFees::Daily);
    rules.timezone = TimeZone::get("America/Los_Angeles").unwrap();
    let world = World::of(clearing(Regime::UsAst), rules).await;
    let none = References::default();
    let paid = |at: &str| mug("1.375").with("/date_paid_gmt", at).done();
    let evening = part(&world, &paid("2026-11-06T07:59:00"), &none);
    assert_eq!(evening, (Some(share(DAY, Some("1.38"))), false));
    let midnight = part(&world, &paid("2026-11-06T08:00:00"), &none);
    assert_eq!(
        midnight.0,
        Some(share("2026-11-06/stripe/USD", Some("1.38")))
    );
    let unpaid = mug("1.37")
        .with("/date_paid_gmt", serde_json::Value::Null)
        .done();
    assert_eq!(part(&world, &unpaid, &none), (None, false));
    for unknown in ["", "n/a"] {
        assert_eq!(
            part(&world, &mug(unknown).done(), &none),
            (Some(share(DAY, None)), false),
            "not zero: unknown"
        );
    }
    let zero = part(&world, &mug("0").done(), &none).0;
    assert_eq!(zero, Some(share(DAY, Some("0"))));
    let other = mug("1.37").with("/payment_method", "cod").done();
    assert_eq!(part(&world, &other, &none), (None, false));
}

#[tokio::test]
async fn a_fee_of_a_closed_day_counts_in_the_first_open_one_if_that_is_the_rule() {
    let closed = || clearing(Regime::UsAst).with_books_closed(date(2026, 11, 30));
    let mut rules = rules(GatewayFees::Daily);
    let world = World::of(closed(), rules.clone()).await;
    let (order, none) = (mug("1.37").done(), References::default());
    let stays = (Some(share(DAY, Some("1.37"))), false);
    assert_eq!(
        part(&world, &order, &none),
        stays,
        "its expense will be held"
    );
    rules.orders.closed_period = ClosedPeriod::FirstOpenDay;
    let world = World::of(closed(), rules).await;
    let moved = (Some(share("2026-12-01/stripe/USD", Some("1.37"))), false);
    assert_eq!(part(&world, &order, &none), moved);
    assert_eq!(
        part(&world, &order, &counted()),
        stays,
        "it counts there already"
    );
    let needs = world.mapping.needs(StreamName::Orders, &record(&order));
    assert!(needs.unwrap().fees.contains("1"));
}

#[tokio::test]
async fn an_order_that_is_cancelled_or_held_keeps_its_part_which_counts_while_the_sale_stands() {
    let world = us(GatewayFees::Daily).await;
    for status in ["cancelled", "a-plugin-of-ours"] {
        let order = mug("1.37").with("/status", status).done();
        let found = part(&world, &order, &References::default());
        assert_eq!(found, (Some(share(DAY, Some("1.37"))), false), "{status}");
    }
}

#[tokio::test]
async fn a_fee_that_cannot_be_counted_waits_by_itself() {
    let mut world = us(GatewayFees::Daily).await;
    for order in [mug("1.37").meta("_stripe_currency", "EUR"), mug("-1.37")] {
        let order = order.done();
        let none = References::default();
        assert_eq!(part(&world, &order, &none), (None, true));
        let done = world.take(StreamName::Orders, &order);
        assert_eq!(done.last().unwrap().1, held("unsupported_order"));
    }
}

#[tokio::test]
async fn what_was_begun_one_way_is_not_begun_the_other_way_as_well() {
    let none = References::default();
    let by_day = (Some(share(DAY, Some("1.37"))), false);
    let (order, daily) = (mug("1.37").done(), us(GatewayFees::Daily).await);
    assert_eq!(part(&daily, &order, &none), by_day);
    assert_eq!(part(&daily, &order, &alone()), (None, true));
    let single = us(GatewayFees::PerOrder).await;
    assert_eq!(part(&single, &order, &none), (None, true));
    assert_eq!(part(&single, &order, &counted()), by_day);
    let needs = single.mapping.needs(StreamName::Orders, &record(&order));
    assert!(needs.unwrap().fees.contains("1"), "so it is asked for");
    let needs = daily.mapping.needs(StreamName::Orders, &record(&order));
    assert!(needs.unwrap().fees.is_empty());
    let off = us(GatewayFees::Off).await;
    assert_eq!(part(&off, &order, &none), (None, false));
    assert_eq!(part(&off, &order, &counted()), by_day);
}

/// The expense of a day with these fees.
fn expense(world: &World, of: &str, fees: &[Option<&str>], known: &References) -> Draft {
    let fees = fees.iter().map(|fee| fee.map(dec));
    let sum = FeesOfDay::of(day(of), fees);
    world
        .mapping
        .fees_of_day(&ConnectionName::new("store"), &sum, known)
}

#[tokio::test]
async fn a_days_fees_are_one_expense_out_of_the_clearing_account_in_every_country() {
    use Regime::{Au, Ca, Uk, UsAst, UsManual, UsNoTax};
    for regime in [UsAst, UsManual, UsNoTax, Uk, Ca, Au] {
        let mut world = World::of(clearing(regime), rules(GatewayFees::Daily)).await;
        let home = match regime {
            Uk => "GBP",
            Ca => "CAD",
            Au => "AUD",
            UsAst | UsManual | UsNoTax => "USD",
        };
        let of = format!("2026-11-05/stripe/{home}");
        let fees = [Some("1.37"), None, Some("0.63"), None];
        let draft = expense(&world, &of, &fees, &References::default());
        assert_eq!(
            (draft.key.source_id.as_str(), draft.store_amount),
            (of.as_str(), None)
        );
        assert_eq!(
            (draft.number.as_str(), draft.date),
            ("FEE-stripe-20261105", Some(date(2026, 11, 5)))
        );
        let said = "4 orders; the fee of 2 is unknown and not in the sum";
        assert_eq!(draft.warning.as_deref(), Some(said));
        let total = dec("2.00");
        assert_eq!(
            world.settle(&draft),
            Became::Posted {
                total,
                tax: Decimal::ZERO
            }
        );
        let found = world
            .company
            .handle()
            .documents_of(Kind::Purchase)
            .remove(0);
        assert_eq!(found.lines[0].name.as_deref(), Some("Merchant Fees"));
        let account = world
            .company
            .handle()
            .id_named(Kind::Account, "Stripe Clearing");
        assert_eq!(
            body(&draft)["AccountRef"]["value"].as_str(),
            account.as_deref()
        );
        let marker =
            format!("Fees of stripe on 2026-11-05 in {home}, FEE-stripe-20261105 of `store`");
        assert_eq!(found.private_note, Some(format!("{marker}\n{said}")));
    }
}

#[tokio::test]
async fn an_expense_follows_its_day_whatever_is_said_of_edits_of_orders() {
    let mut rules = rules(GatewayFees::Daily);
    rules.orders.on_edit = OnEdit::Hold;
    let world = World::of(clearing(Regime::UsAst), rules).await;
    let draft = expense(&world, DAY, &[Some("1.37")], &References::default());
    let Wish::Post(document) = draft.wish else {
        panic!("{draft:?}")
    };
    assert_eq!(document.on_edit, OnEdit::Update);
    assert_eq!(draft.warning, None);
}

#[tokio::test]
async fn no_known_fee_is_no_expense_and_fees_that_are_off_leave_the_books_alone() {
    let none = References::default();
    let world = us(GatewayFees::Daily).await;
    for (fees, why) in [
        (
            &[None, None][..],
            "2 orders; the fee of 2 is unknown and not in the sum",
        ),
        (&[Some("0.00")][..], "no fees: 1 order"),
        (&[][..], "no order of the day is in the books"),
    ] {
        let wish = expense(&world, DAY, fees, &none).wish;
        let (reason, if_posted) = (why.to_owned(), IfPosted::Void);
        assert_eq!(wish, Wish::Exclude { reason, if_posted });
    }
    let off = us(GatewayFees::Off).await;
    let Wish::Exclude { if_posted, .. } = expense(&off, DAY, &[Some("1.37")], &none).wish else {
        panic!("nothing is booked")
    };
    assert_eq!(if_posted, IfPosted::Ignore);
}

#[tokio::test]
async fn a_closed_day_is_held_with_its_sum_or_moved_to_the_first_open_one() {
    let none = References::default();
    let closed = || clearing(Regime::UsAst).with_books_closed(date(2026, 11, 30));
    let world = World::of(closed(), rules(GatewayFees::Daily)).await;
    let Wish::Hold(hold) = expense(&world, DAY, &[Some("1.37")], &none).wish else {
        panic!("the books are closed")
    };
    assert_eq!(hold.cause, "closed_period");
    assert_eq!(
        hold.reason,
        "the fees of stripe on 2026-11-05 are 1.37 USD: it is dated 2026-11-05, and the books are \
         closed until 2026-11-30"
    );
    // what is posted stands where it stands
    let link = Link {
        date: Some(date(2026, 11, 5)),
        ..Link::default()
    };
    let posted = References {
        links: HashMap::from([(day(DAY).key(), link)]),
        ..References::default()
    };
    let wish = expense(&world, DAY, &[Some("1.37")], &posted).wish;
    assert!(matches!(wish, Wish::Post(_)), "{wish:?}");

    let mut rules = rules(GatewayFees::Daily);
    rules.orders.closed_period = ClosedPeriod::FirstOpenDay;
    let mut world = World::of(closed(), rules).await;
    let draft = expense(&world, DAY, &[Some("1.37")], &none);
    assert_eq!(body(&draft)["TxnDate"], "2026-12-01");
    let note = body(&draft)["PrivateNote"].to_string();
    assert!(note.contains("True date 2026-11-05"), "{note}");
    world.settle(&draft);
}

#[tokio::test]
async fn another_currency_stands_in_the_number_and_is_held_where_the_books_have_one() {
    let none = References::default();
    let euros = "2026-11-05/stripe/EUR";
    let world = us(GatewayFees::Daily).await;
    let Wish::Hold(hold) = expense(&world, euros, &[Some("1.37")], &none).wish else {
        panic!("the books have dollars alone")
    };
    assert_eq!(hold.cause, "currency_off");
    let several = clearing(Regime::UsAst).with_multi_currency(&[Currency::EUR]);
    let mut world = World::of(several, rules(GatewayFees::Daily)).await;
    for of in [DAY, euros] {
        let draft = expense(&world, of, &[Some("1.37")], &none);
        world.settle(&draft);
    }
    let expenses = world.company.handle().documents_of(Kind::Purchase);
    assert_ne!(expenses[0].doc_number, expenses[1].doc_number);
    assert_eq!(expenses[1].currency, "EUR");
}

#[tokio::test]
async fn a_prefix_that_leaves_no_room_for_the_number_is_held_and_says_what_to_shorten() {
    let mut rules = rules(GatewayFees::Daily);
    rules.orders.number = "LONGSHOP-{number}".to_owned();
    let world = World::of(clearing(Regime::UsAst), rules).await;
    let draft = expense(&world, DAY, &[Some("1.37")], &References::default());
    assert_eq!(draft.number, DAY);
    let Wish::Hold(hold) = draft.wish else {
        panic!("it has no number")
    };
    assert!(hold.remedy.contains("`orders.number`"), "{hold:?}");
}
