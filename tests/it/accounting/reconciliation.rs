//! Reconciliation: what the store says is what is posted, held and left out, to the cent.
//!
//! | rule | shown by |
//! |---|---|
//! | Σ store = Σ posted + Σ held + Σ excluded, by day, gateway, tax code | `the_store_is_what_is_posted_held_and_left_out_however_it_is_grouped` |
//! | each figure opens to its orders | `each_figure_opens_to_its_orders` |
//! | from the journal, without reading QuickBooks | `the_store_is_what_is_posted_held_and_left_out_however_it_is_grouped` |
//! | for any period | `a_period_has_what_is_dated_in_it` |
//! | what is in the books otherwise is shown as a difference | `an_edit_that_is_ignored_shows_as_a_difference` |

use std::collections::BTreeMap;

use daybook::engine::Tripwire;
use daybook::store::{GroupBy, Reconciled, Term};
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use crate::support::{Setup, Story, World, quiet_store};

const ALL: [GroupBy; 4] = [
    GroupBy::Day,
    GroupBy::Gateway,
    GroupBy::Tax,
    GroupBy::Status,
];

/// A store with sales of every kind, read once.
async fn busy() -> World {
    let world = Setup::new(33, 80).start().await;
    // what is sold before the summer is held
    world.books().close_books(Some(date(2026, 6, 30)));
    world.run().await;
    world
}

/// What the store itself says of each currency: orders less refunds, without baskets and the bin.
fn truth(world: &World) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for order in world.shop().orders() {
        if matches!(
            order.status.as_str(),
            "checkout-draft" | "auto-draft" | "trash"
        ) {
            continue;
        }
        let back: Decimal = order.refunds.iter().map(|refund| refund.amount).sum();
        *sums.entry(order.currency).or_default() += order.total - back;
    }
    sums
}

fn is_even(sum: &Reconciled) -> bool {
    sum.difference.is_zero() && sum.store == sum.posted + sum.held + sum.excluded
}

#[tokio::test]
async fn the_store_is_what_is_posted_held_and_left_out_however_it_is_grouped() {
    let world = busy().await;
    world.books().reset_counts();
    let program = world.open(Tripwire::none()).await;
    for by in ALL {
        let all = program.store.reconcile(Date::MIN, Date::MAX, by, None);
        let all = all.await.unwrap();
        assert!(all.groups.iter().chain(&all.totals).all(is_even), "{all:?}");
        let sums = |parts: &[Reconciled]| {
            let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
            for part in parts {
                *sums.entry(part.currency.to_string()).or_default() += part.store;
            }
            sums
        };
        assert_eq!(sums(&all.groups), truth(&world), "{by:?}");
        assert_eq!(sums(&all.totals), truth(&world), "{by:?}");
        let usd = all.totals.iter().find(|it| it.currency.as_str() == "USD");
        let usd = usd.unwrap();
        let terms = [usd.posted, usd.held, usd.excluded];
        assert!(
            terms.iter().all(|it| !it.is_zero()),
            "there is some of each: {usd:?}"
        );
    }
    program.store.close().await;
    assert_eq!(world.books().counts().total, 0);
}

#[tokio::test]
async fn each_figure_opens_to_its_orders() {
    let world = busy().await;
    let program = world.open(Tripwire::none()).await;
    for by in ALL {
        let (first, last) = (Date::MIN, Date::MAX);
        let sums = program
            .store
            .reconcile(first, last, by, None)
            .await
            .unwrap();
        let documents = program.store.reconciled_documents(first, last, by, None);
        let documents = documents.await.unwrap();
        for sum in &sums.groups {
            let behind = |term: Term| -> Decimal {
                let of = documents.iter().filter(|it| {
                    it.group == sum.group && it.currency == sum.currency && it.term == term
                });
                of.map(|it| it.store).sum()
            };
            let figures = [Term::Posted, Term::Held, Term::Excluded].map(behind);
            assert_eq!(figures, [sum.posted, sum.held, sum.excluded], "{sum:?}");
        }
        let orders = world.shop().orders();
        let known = |number: &String| orders.iter().any(|order| order.number == *number);
        assert!(documents.iter().all(|it| known(&it.number)));
    }
    program.store.close().await;
}

#[tokio::test]
async fn a_period_has_what_is_dated_in_it() {
    let story = Story::posted("").await;
    let program = story.world.open(Tripwire::none()).await;
    let day = date(2026, 11, 22);
    let (before, after) = (day.yesterday().unwrap(), day.tomorrow().unwrap());
    for (from, to, there) in [
        (day, day, true),
        (before, before, false),
        (after, after, false),
    ] {
        let sums = program.store.reconcile(from, to, GroupBy::Day, None);
        let posted: Vec<_> = sums
            .await
            .unwrap()
            .totals
            .into_iter()
            .map(|it| it.posted)
            .collect();
        let expected = if there {
            vec![story.order.total]
        } else {
            Vec::new()
        };
        assert_eq!(posted, expected, "{from} to {to}");
    }
    program.store.close().await;
}

#[tokio::test]
async fn an_edit_that_is_ignored_shows_as_a_difference() {
    let story = Story::sold(quiet_store(
        "[pipelines.mapping.orders]\non_edit = \"ignore\"",
    ))
    .await;
    story.world.run().await;
    story.is_edited().await;
    let program = story.world.open(Tripwire::none()).await;
    let sums = program
        .store
        .reconcile(Date::MIN, Date::MAX, GroupBy::Day, None);
    let total = sums.await.unwrap().totals.remove(0);
    program.store.close().await;
    assert_eq!(
        (total.store, total.posted),
        (story.total(), story.order.total)
    );
    assert_eq!(total.difference, story.total() - story.order.total);
}
