//! Fees of gateways by the day: what people decide about them, and what the configuration says anew.

use daybook::domain::{PipelineName, PostingState, SyncStatus, Trigger};
use daybook::engine::{Applied, Tripwire};
use daybook::store::{Plan, PlanAction, PostingRow, Release};
use jiff::civil::date;
use kit::PostingKind;
use rust_decimal::Decimal;
use sandbox::company::Kind;
use sandbox::store::{Gateway, OrderTruth};
use serde_json::json;

use crate::support::{DAILY, World, check_fees, check_invariants, shop_with_fees};

const NUMBER: &str = "FEE-stripe-20261120";

fn per_order() -> String {
    DAILY.replace("fee_account", "fees = \"per_order\"\nfee_account")
}

fn off() -> String {
    DAILY.replace("fee_account", "fees = \"off\"\nfee_account")
}

async fn rows(world: &World, number: &str) -> Vec<PostingRow> {
    let program = world.open(Tripwire::none()).await;
    let rows = program.store.postings_of_number(number).await.unwrap();
    program.store.close().await;
    rows
}

/// Where the expense of that number stands, and why.
async fn expense(world: &World, number: &str) -> (PostingState, String) {
    let rows = rows(world, number).await;
    let row = rows
        .iter()
        .find(|row| row.kind == PostingKind::Expense)
        .unwrap();
    (row.state, row.cause.clone().unwrap_or_default())
}

async fn decide(world: &World, number: &str, leave_out: bool) {
    let rows = rows(world, number).await;
    let held = rows
        .iter()
        .find(|row| row.kind == PostingKind::Expense)
        .unwrap();
    let ids = vec![held.id.clone()];
    let program = world.open(Tripwire::none()).await;
    let done = if leave_out {
        program.store.exclude_held(&ids, "test").await
    } else {
        program
            .store
            .release_held(&Release::Ids(ids.clone()), None, "test")
            .await
    };
    assert_eq!(done.unwrap(), ids);
    program.store.close().await;
}

/// What the books hold of fees, all of it together.
fn booked(world: &World) -> Decimal {
    world.expenses().values().map(|(_, total, _)| *total).sum()
}

fn fees(orders: &[&OrderTruth]) -> Decimal {
    orders.iter().filter_map(|order| order.gateway_fee).sum()
}

#[tokio::test]
async fn a_fee_that_is_in_the_books_by_itself_stays_so_when_days_are_asked_for() {
    let mut world = shop_with_fees().await;
    world.configure(&per_order());
    let alone = world.sell(50, 1, Gateway::Stripe);
    world.run().await;
    assert_eq!(
        world.expenses()[&format!("{}-FEE", alone.number)].1,
        fees(&[&alone])
    );

    world.configure(DAILY);
    let counted = world.sell(49, 2, Gateway::Stripe);
    world.an_hour_ago(|shop| {
        shop.touch(counted.id).unwrap();
        shop.set_note(alone.id, "please ring twice").unwrap();
    });
    world.run().await;
    assert_eq!(world.expenses()[NUMBER].1, fees(&[&counted]));
    assert_eq!(booked(&world), fees(&[&alone, &counted]), "no fee twice");
    // what is changed by itself changes by itself
    world.an_hour_ago(|shop| shop.set_meta(alone.id, "_stripe_fee", "3.33").unwrap());
    world.run().await;
    assert_eq!(
        world.expenses()[&format!("{}-FEE", alone.number)].1,
        Decimal::new(333, 2)
    );
    assert_eq!(world.expenses()[NUMBER].1, fees(&[&counted]));
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_fee_that_counts_in_a_day_goes_on_counting_there_when_single_ones_are_asked_for() {
    let mut world = shop_with_fees().await;
    let counted = world.sell(50, 1, Gateway::Stripe);
    let of_today = world.sell(2, 1, Gateway::Stripe);
    world.run().await;
    world.configure(&per_order());
    let alone = world.sell(49, 2, Gateway::Stripe);
    world.an_hour_ago(|shop| {
        shop.touch(alone.id).unwrap();
        shop.set_note(counted.id, "please ring twice").unwrap();
    });
    world.run().await;
    assert_eq!(world.expenses()[NUMBER].1, fees(&[&counted]));
    assert_eq!(
        world.expenses()[&format!("{}-FEE", alone.number)].1,
        fees(&[&alone])
    );
    assert_eq!(booked(&world), fees(&[&counted, &alone]), "no fee twice");
    // what was to be counted at the end of the day still is
    world.let_pass(24);
    world.an_hour_ago(|shop| shop.set_meta(counted.id, "_stripe_fee", "3.33").unwrap());
    world.run().await;
    assert_eq!(world.expenses()[NUMBER].1, Decimal::new(333, 2));
    assert_eq!(
        booked(&world),
        Decimal::new(333, 2) + fees(&[&alone, &of_today])
    );
    check_invariants(&world).await;
}

#[tokio::test]
async fn switched_off_no_fee_is_booked_and_the_days_in_the_books_stay() {
    let mut world = shop_with_fees().await;
    let order = world.sell(50, 1, Gateway::Stripe);
    world.sell(2, 1, Gateway::Stripe);
    world.run().await;
    world.configure(&off());
    world.an_hour_ago(|shop| shop.set_note(order.id, "please ring twice").unwrap());
    world.let_pass(24);
    world.run().await;
    assert_eq!(world.expenses().len(), 1);
    assert_eq!(world.expenses()[NUMBER].1, fees(&[&order]));
    // and on again
    world.configure(DAILY);
    let late = world.sell(49 + 24, 2, Gateway::Stripe);
    world.an_hour_ago(|shop| shop.touch(late.id).unwrap());
    world.run().await;
    assert_eq!(world.expenses()[NUMBER].1, fees(&[&order, &late]));
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_fee_that_somebody_left_out_is_not_counted_in_a_day_either() {
    let mut world = shop_with_fees().await;
    let other = world.sell(50, 1, Gateway::Stripe);
    let order = world.sell(49, 1, Gateway::Stripe);
    world.hours_ago(48, |shop| {
        shop.set_meta(order.id, "_stripe_currency", "EUR").unwrap();
    });
    assert_eq!(world.run().await.status, SyncStatus::Partial);
    // it cannot be counted, so it waits by itself
    let (state, cause) = expense(&world, &order.number).await;
    assert_eq!(
        (state, cause.as_str()),
        (PostingState::Held, "unsupported_order")
    );
    assert_eq!(booked(&world), fees(&[&other]));
    decide(&world, &order.number, true).await;
    world.an_hour_ago(|shop| shop.set_meta(order.id, "_stripe_currency", "USD").unwrap());
    world.run().await;
    assert_eq!(booked(&world), fees(&[&other]), "it was entered by hand");
    assert_eq!(
        expense(&world, &order.number).await.0,
        PostingState::Excluded
    );
    world.configure(&per_order());
    world.run().await;
    check_invariants(&world).await;
}

#[tokio::test]
async fn the_expense_of_a_closed_day_is_held_and_booked_once_the_books_are_open() {
    let world = shop_with_fees().await;
    let order = world.sell(50, 1, Gateway::Stripe);
    world.run().await;
    let late = world.sell(49, 1, Gateway::Stripe);
    let created = "[pipelines.mapping.orders]\ndate = \"created\"\n";
    let mut world = world;
    world.configure(&format!("{created}{DAILY}"));
    world.books().close_books(Some(date(2026, 11, 20)));
    // a sale of an open day that was paid on a closed one
    let old = world.sell(47, 1, Gateway::PayPal);
    world.an_hour_ago(|shop| {
        shop.touch(late.id).unwrap();
        shop.touch(old.id).unwrap();
    });
    world.run().await;
    let stands = expense(&world, NUMBER).await;
    assert_eq!(
        stands,
        (PostingState::Posted, String::new()),
        "the late sale is held itself"
    );
    world.an_hour_ago(|shop| shop.set_meta(order.id, "_stripe_fee", "2.22").unwrap());
    assert_eq!(world.run().await.status, SyncStatus::Partial);
    let (state, cause) = expense(&world, NUMBER).await;
    assert_eq!(
        (state, cause.as_str()),
        (PostingState::Held, "closed_period")
    );
    assert_eq!(
        booked(&world),
        fees(&[&order]),
        "nothing changed in closed books"
    );
    world.books().close_books(None);
    decide(&world, NUMBER, false).await;
    world.run().await;
    assert_eq!(world.expenses()[NUMBER].1, Decimal::new(222, 2));
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_late_fee_of_a_closed_day_counts_in_the_first_open_one_if_that_is_the_rule() {
    let mut world = shop_with_fees().await;
    let moved = "[pipelines.mapping.orders]\nclosed_period = \"first_open_day\"\n";
    world.configure(&format!("{moved}{DAILY}"));
    let first = world.sell(50, 1, Gateway::Stripe);
    world.run().await;
    world.books().close_books(Some(date(2026, 11, 20)));
    // the closing date is read again with the other lists of the books
    world.let_pass(25);
    let late = world.sell(49 + 25, 2, Gateway::Stripe);
    world.an_hour_ago(|shop| {
        shop.touch(late.id).unwrap();
        shop.touch(first.id).unwrap();
    });
    assert_eq!(world.run().await.status, SyncStatus::Completed);
    assert_eq!(
        world.expenses()[NUMBER].1,
        fees(&[&first]),
        "closed books stay"
    );
    assert_eq!(world.expenses()["FEE-stripe-20261121"].1, fees(&[&late]));
    check_invariants(&world).await;
}

#[tokio::test]
async fn an_expense_that_somebody_changed_in_the_books_is_never_overwritten() {
    let world = shop_with_fees().await;
    let order = world.sell(50, 1, Gateway::Stripe);
    world.run().await;
    let found = &world.books().documents_numbered(NUMBER)[0];
    let change = json!({ "PaymentType": "Cash", "PrivateNote": "see the gateway's statement" });
    world
        .books()
        .edit(Kind::Purchase, &found.id, change)
        .unwrap();
    world.an_hour_ago(|shop| shop.set_meta(order.id, "_stripe_fee", "2.22").unwrap());
    world.run().await;
    let (state, cause) = expense(&world, NUMBER).await;
    assert_eq!(
        (state, cause.as_str()),
        (PostingState::Held, "changed_in_books")
    );
    assert_eq!(booked(&world), fees(&[&order]));
    decide(&world, NUMBER, true).await;
    world.run().await;
    assert_eq!(expense(&world, NUMBER).await.0, PostingState::Posted);
    assert_eq!(booked(&world), fees(&[&order]), "left as it is");
    check_invariants(&world).await;
}

async fn draw_up(world: &World) -> Option<Plan> {
    let program = world.open(Tripwire::none()).await;
    let name = PipelineName::new("store-to-books");
    let drawn = program.engine.draw_up_plan(&name, Trigger::Command).await;
    program.store.close().await;
    drawn.unwrap().plan
}

async fn apply(world: &World, plan: &Plan) {
    let program = world.open(Tripwire::none()).await;
    let applied = program
        .engine
        .apply_plan(plan, "test", Trigger::Command)
        .await;
    program.store.close().await;
    assert!(matches!(applied.unwrap(), Applied::Done(_)));
}

/// What a plan does with expenses.
fn planned(plan: &Plan) -> Vec<(PlanAction, String, Option<Decimal>)> {
    let entries = plan.entries.iter();
    let expenses = entries.filter(|entry| entry.kind == PostingKind::Expense);
    expenses
        .map(|it| (it.action, it.number.clone(), it.amount))
        .collect()
}

#[tokio::test]
async fn where_somebody_approves_a_days_fees_are_in_the_plan_after_that_of_its_sales() {
    let mut world = shop_with_fees().await;
    world.configure(&format!("posting = \"review\"\n{DAILY}"));
    let order = world.sell(50, 1, Gateway::Stripe);
    let sales = draw_up(&world).await.unwrap();
    assert_eq!(planned(&sales), [], "no sale is in the books yet");
    apply(&world, &sales).await;
    assert_eq!(
        world.books().count(Kind::Purchase),
        0,
        "exactly the plan was posted"
    );
    let day = draw_up(&world).await.unwrap();
    let wanted = (PlanAction::Make, NUMBER.to_owned(), order.gateway_fee);
    assert_eq!(planned(&day), [wanted]);
    apply(&world, &day).await;
    check_fees(&world);
    assert_eq!(draw_up(&world).await, None);

    // a change waits for approval as well
    world.an_hour_ago(|shop| shop.set_meta(order.id, "_stripe_fee", "2.22").unwrap());
    let change = draw_up(&world).await.unwrap();
    let amount = Some(Decimal::new(222, 2));
    assert_eq!(
        planned(&change),
        [(PlanAction::Change, NUMBER.to_owned(), amount)]
    );
    apply(&world, &change).await;
    check_fees(&world);
    check_invariants(&world).await;
}

#[tokio::test]
async fn switched_off_the_expense_of_an_order_stays_in_the_books_while_its_sale_does() {
    let mut world = shop_with_fees().await;
    world.configure(&per_order());
    let order = world.sell(50, 1, Gateway::Stripe);
    world.run().await;
    let number = format!("{}-FEE", order.number);
    world.configure(&off());
    world.an_hour_ago(|shop| shop.set_note(order.id, "please ring twice").unwrap());
    world.run().await;
    assert_eq!(world.expenses()[&number].1, fees(&[&order]));
    assert_eq!(expense(&world, &order.number).await.0, PostingState::Posted);
    world.an_hour_ago(|shop| shop.set_status(order.id, "cancelled").unwrap());
    world.run().await;
    assert_eq!(booked(&world), Decimal::ZERO);
    check_invariants(&world).await;
}

/// The accounts that sales are in and expenses are paid out of, by number.
fn accounts(world: &World) -> Vec<(String, String)> {
    let name = |id: &str| world.books().object(Kind::Account, id).unwrap()["Name"].clone();
    let account = |kind, id: &str, member: &str| {
        let object = world.books().object(kind, id).unwrap();
        let account = name(object[member]["value"].as_str().unwrap());
        account.as_str().unwrap().to_owned()
    };
    let members = [
        (Kind::SalesReceipt, "DepositToAccountRef"),
        (Kind::Purchase, "AccountRef"),
    ];
    let mut found: Vec<(String, String)> = members
        .into_iter()
        .flat_map(|(kind, member)| {
            let documents = world.books().documents_of(kind).into_iter();
            documents.map(move |it| (kind, member, it))
        })
        .map(|(kind, member, it)| (it.doc_number.unwrap(), account(kind, &it.id, member)))
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn what_is_in_the_books_keeps_its_account_when_the_gateway_gets_another() {
    for fees in [DAILY.to_owned(), per_order()] {
        let mut world = shop_with_fees().await;
        world.configure(&fees);
        let sold = world.sell(50, 1, Gateway::Stripe);
        world.run().await;
        let before = accounts(&world);
        assert!(before.len() == 2 && before.iter().all(|it| it.1 == "Stripe Clearing"));
        world.configure(&fees.replace("\"Stripe Clearing\"", "\"Checking\""));
        let late = world.sell(49, 2, Gateway::Stripe);
        world.an_hour_ago(|shop| {
            shop.touch(late.id).unwrap();
            shop.set_note(sold.id, "please ring twice").unwrap();
            shop.set_meta(sold.id, "_stripe_fee", "2.22").unwrap();
        });
        world.run().await;
        let after = accounts(&world);
        for it in &before {
            assert!(after.contains(it), "{it:?} is not in {after:?}");
        }
        let new = (late.number.clone(), "Checking".to_owned());
        assert!(after.contains(&new), "{after:?}");
        assert_eq!(
            booked(&world),
            Decimal::new(222, 2) + late.gateway_fee.unwrap()
        );
        check_invariants(&world).await;
    }
}
