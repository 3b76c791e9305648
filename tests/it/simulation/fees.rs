//! Fees of gateways by the day: one expense a day, once the day is over; and what changes it later.

use daybook::domain::{PostingState, RunOptions, SyncStatus};
use daybook::engine::{Point, Tripwire};
use daybook::store::{OrderFee, PostingRow};
use kit::Currency;
use rust_decimal::Decimal;
use sandbox::company::{Effect, Kind, NumberCheck, When};
use sandbox::store::{Cart, Gateway, OrderTruth};

use crate::support::{DAILY, Setup, World, check_fees, check_invariants, clearing, shop_with_fees};

fn fee(order: &OrderTruth) -> Decimal {
    order.gateway_fee.unwrap()
}

fn totals(world: &World) -> Vec<(String, Decimal)> {
    let expenses = world.expenses().into_iter();
    expenses
        .map(|(number, (_, total, _))| (number, total))
        .collect()
}

async fn told(world: &World, order: &OrderTruth) -> OrderFee {
    let program = world.open(Tripwire::none()).await;
    let stories = program.store.order_stories(&order.number).await.unwrap();
    program.store.close().await;
    stories.into_iter().next().unwrap().fee.unwrap()
}

async fn day(world: &World, number: &str) -> PostingRow {
    let program = world.open(Tripwire::none()).await;
    let rows = program.store.postings_of_number(number).await.unwrap();
    program.store.close().await;
    assert_eq!(rows.len(), 1, "{number}");
    rows.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_backfill_books_each_past_day_once_and_todays_once_it_is_over() {
    let world = shop_with_fees().await;
    let first = [
        world.sell(72, 1, Gateway::Stripe),
        world.sell(71, 2, Gateway::Stripe),
    ];
    let second = world.sell(48, 3, Gateway::Stripe);
    let paypal = world.sell(47, 1, Gateway::PayPal);
    let of_today = world.sell(1, 5, Gateway::Stripe);
    let run = world.run().await;
    assert_eq!(run.status, SyncStatus::Completed, "{run:?}");

    let past = [
        ("FEE-ppcp72f2-20261120".to_owned(), fee(&paypal)),
        (
            "FEE-stripe-20261119".to_owned(),
            fee(&first[0]) + fee(&first[1]),
        ),
        ("FEE-stripe-20261120".to_owned(), fee(&second)),
    ];
    assert_eq!(totals(&world), past);
    let expense = &world.books().documents_numbered("FEE-stripe-20261119")[0];
    assert_eq!(expense.txn_date, "2026-11-19");
    assert_eq!(
        expense.private_note.as_deref(),
        Some("Fees of stripe on 2026-11-19 in USD, FEE-stripe-20261119 of `store`\n2 orders")
    );
    let waits = told(&world, &of_today).await;
    assert!(!waits.counted && waits.document.is_none(), "{waits:?}");
    let counted = told(&world, &second).await;
    assert_eq!(counted.document.unwrap().number, "FEE-stripe-20261120");

    world.books().reset_counts();
    world.run().await;
    assert_eq!(world.books().counts().total, 0, "nothing new asks nothing");
    assert_eq!(totals(&world), past);

    // past midnight in New York
    world.let_pass(18);
    world.run().await;
    let mut all = past.to_vec();
    all.push(("FEE-stripe-20261122".to_owned(), fee(&of_today)));
    assert_eq!(totals(&world), all);
    assert!(
        world
            .expenses()
            .values()
            .all(|(_, _, version)| *version == 0),
        "each was made once"
    );
    check_fees(&world);
    check_invariants(&world).await;
}

#[tokio::test]
async fn an_order_without_a_fee_is_unknown_and_said_so() {
    let world = shop_with_fees().await;
    let known = world.sell(48, 1, Gateway::Stripe);
    let unknown = world.sell(47, 1, Gateway::Stripe);
    world.hours_ago(46, |shop| {
        shop.set_meta(unknown.id, "_stripe_fee", "").unwrap();
    });
    world.run().await;
    let expense = &world.books().documents_numbered("FEE-stripe-20261120")[0];
    assert_eq!(expense.total, fee(&known));
    let said = "2 orders; the fee of 1 is unknown and not in the sum";
    assert!(
        expense.private_note.as_deref().unwrap().ends_with(said),
        "{expense:?}"
    );
    let row = day(&world, "FEE-stripe-20261120").await;
    assert_eq!(row.warning.as_deref(), Some(said));
    assert_eq!(told(&world, &unknown).await.share.fee, None);

    // the gateway's plugin notes it in the end
    world.an_hour_ago(|shop| shop.set_meta(unknown.id, "_stripe_fee", "0.77").unwrap());
    world.run().await;
    let (_, total, version) = &world.expenses()["FEE-stripe-20261120"];
    assert_eq!((*total, *version), (fee(&known) + Decimal::new(77, 2), 1));
    assert_eq!(day(&world, "FEE-stripe-20261120").await.warning, None);
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_day_without_any_known_fee_makes_no_expense_and_tells_why() {
    let world = shop_with_fees().await;
    let order = world.sell(48, 1, Gateway::Stripe);
    world.hours_ago(47, |shop| {
        shop.set_meta(order.id, "_stripe_fee", "").unwrap();
    });
    world.run().await;
    assert_eq!(totals(&world), []);
    let row = day(&world, "FEE-stripe-20261120").await;
    assert_eq!(row.state, PostingState::Excluded);
    assert_eq!(
        row.reason.as_deref(),
        Some("1 order; the fee of 1 is unknown and not in the sum")
    );
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_late_order_changes_the_expense_of_its_day() {
    let world = shop_with_fees().await;
    let first = world.sell(48, 1, Gateway::Stripe);
    world.run().await;
    let late = world.sell(47, 2, Gateway::Stripe);
    world.an_hour_ago(|shop| shop.touch(late.id).unwrap());
    world.run().await;
    let (_, total, version) = &world.expenses()["FEE-stripe-20261120"];
    assert_eq!((*total, *version), (fee(&first) + fee(&late), 1));
    check_fees(&world);
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_voided_order_leaves_its_day_and_a_day_without_fees_is_taken_back() {
    let world = shop_with_fees().await;
    let orders = [
        world.sell(48, 1, Gateway::Stripe),
        world.sell(47, 2, Gateway::Stripe),
    ];
    world.run().await;
    world.an_hour_ago(|shop| shop.set_status(orders[0].id, "cancelled").unwrap());
    world.run().await;
    assert_eq!(
        totals(&world),
        [("FEE-stripe-20261120".to_owned(), fee(&orders[1]))]
    );
    check_fees(&world);
    assert!(!told(&world, &orders[0]).await.counted);

    world.an_hour_ago(|shop| shop.set_status(orders[1].id, "cancelled").unwrap());
    world.run().await;
    assert_eq!(totals(&world), []);
    let row = day(&world, "FEE-stripe-20261120").await;
    assert_eq!(row.state, PostingState::Reversed);
    check_invariants(&world).await;

    // a late order of that day: nobody has to be asked
    let late = world.sell(46, 3, Gateway::Stripe);
    world.an_hour_ago(|shop| shop.touch(late.id).unwrap());
    world.run().await;
    assert_eq!(
        totals(&world),
        [("FEE-stripe-20261120".to_owned(), fee(&late))]
    );
    check_fees(&world);
    check_invariants(&world).await;
}

#[tokio::test]
async fn an_order_that_is_taken_back_before_its_day_is_over_makes_no_expense() {
    let world = shop_with_fees().await;
    let order = world.sell(1, 1, Gateway::Stripe);
    world.run().await;
    world.an_hour_ago(|shop| shop.set_status(order.id, "cancelled").unwrap());
    world.run().await;
    world.let_pass(24);
    world.run().await;
    assert_eq!(world.books().count(Kind::Purchase), 0);
    let program = world.open(Tripwire::none()).await;
    let rows = program
        .store
        .postings_of_number("FEE-stripe-20261122")
        .await;
    assert!(rows.unwrap().is_empty());
    program.store.close().await;
    check_invariants(&world).await;
}

#[tokio::test]
async fn two_currencies_of_a_gateway_are_two_expenses() {
    let setup = Setup::new(3, 0);
    let world = clearing(setup, |contents| {
        contents.with_multi_currency(&[sandbox::company::Currency::EUR])
    });
    let world = world.start().await;
    let dollars = world.sell(48, 1, Gateway::Stripe);
    let cart = Cart::new().gateway(Gateway::Stripe).currency("EUR", "€");
    let euros = world.sell_cart(47, cart.line("MUG-001", 2));
    world.run().await;
    check_fees(&world);
    let eur: Currency = "EUR".parse().unwrap();
    let counted = told(&world, &euros).await;
    assert_eq!(counted.share.day.currency, eur);
    let number = counted.document.unwrap().number;
    let expense = &world.books().documents_numbered(&number)[0];
    assert_eq!(
        (expense.currency.as_str(), expense.total),
        ("EUR", fee(&euros))
    );
    assert_eq!(world.expenses()["FEE-stripe-20261120"].1, fee(&dollars));
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_expense_whatever_guards_the_company_has() {
    for effect in [Effect::CutAfter, Effect::CutBefore] {
        let world = clearing(Setup::new(3, 0), |contents| contents)
            .with_quirks(|quirks| {
                quirks.number_check = NumberCheck::Off;
                quirks.replays_request_ids = false;
            })
            .start()
            .await;
        world.sell(72, 1, Gateway::Stripe);
        let order = world.sell(48, 1, Gateway::Stripe);
        let day =
            |request: &sandbox::company::RequestView| request.has_doc_number("FEE-stripe-20261120");
        world.books().plan(When::matching(day), effect);
        world.run().await;
        assert_eq!(world.books().plans_left(), 0, "it went wrong");
        world.run().await;
        check_fees(&world);
        // and a change of it, whose answer is lost
        world.an_hour_ago(|shop| shop.set_meta(order.id, "_stripe_fee", "9.99").unwrap());
        world.books().plan(When::matching(day), Effect::CutAfter);
        world.run().await;
        assert_eq!(
            world.expenses()["FEE-stripe-20261120"].1,
            Decimal::new(999, 2)
        );
        check_fees(&world);
        check_invariants(&world).await;
    }
}

#[tokio::test]
async fn a_crash_at_any_point_counts_each_fee_once() {
    for point in Point::ALL {
        for nth in [1, 4, 7] {
            let world = shop_with_fees().await;
            world.sell(72, 1, Gateway::Stripe);
            world.sell(71, 1, Gateway::PayPal);
            world.sell(48, 2, Gateway::Stripe);
            let cancelled = world.sell(47, 1, Gateway::Stripe);
            let trip = Tripwire::at_passing(point, nth);
            world.run_with(RunOptions::default(), trip).await;
            world.run().await;
            check_fees(&world);
            world.an_hour_ago(|shop| {
                shop.set_status(cancelled.id, "cancelled").unwrap();
            });
            let trip = Tripwire::at_passing(point, nth);
            world.run_with(RunOptions::default(), trip).await;
            world.run().await;
            check_fees(&world);
            check_invariants(&world).await;
        }
    }
}

#[tokio::test]
async fn a_crash_in_every_process_of_a_busy_store_ends_with_the_fees_of_its_days() {
    for seed in [91, 92] {
        let mut setup = clearing(Setup::new(seed, 60), |contents| contents);
        setup.mapping = DAILY.to_owned();
        let world = setup.start().await;
        for (nth, point) in (1..).zip(Point::ALL) {
            let trip = Tripwire::at_passing(point, nth * 2);
            world.run_with(RunOptions::default(), trip).await;
        }
        world.run().await;
        check_fees(&world);
        check_invariants(&world).await;
    }
}
