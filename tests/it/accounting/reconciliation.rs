//! Reconciliation: what the store says is what is posted, held and left out, to the cent.
//!
//! | rule | shown by |
//! |---|---|
//! | Σ store = Σ posted + Σ held + Σ excluded, by day, gateway, tax code | `the_store_is_what_is_posted_held_and_left_out_however_it_is_grouped` |
//! | a document is in the group of its day, gateway, status, and set of tax codes | `a_document_is_in_the_group_of_its_day_gateway_status_and_taxes`, `documents_of_the_same_rates_are_one_group_in_whatever_order_the_store_names_them` |
//! | each figure opens to its orders | `each_figure_opens_to_its_orders` |
//! | from the journal, without reading QuickBooks | `the_store_is_what_is_posted_held_and_left_out_however_it_is_grouped` |
//! | for any period | `a_period_has_what_is_dated_in_it` |
//! | what is in the books otherwise is shown as a difference | `an_edit_that_is_ignored_shows_as_a_difference` |
//! | differences that cancel are named, each with its order | `differences_that_cancel_are_named_document_by_document` |
//! | what is in the books counts as posted while its change waits | `what_waits_to_be_changed_counts_as_posted_as_far_as_the_books_hold_it` |
//! | the day is that of the books | `what_was_moved_to_the_first_open_day_counts_on_that_day` |

use std::collections::BTreeMap;

use daybook::domain::MappingRules;
use daybook::engine::Tripwire;
use daybook::store::{GroupBy, Reconciled, ReconciledDocument, Reconciliation, Term};
use jiff::civil::{Date, date};
use kit::StreamName;
use rust_decimal::Decimal;
use sandbox::store::{Cart, RefundRequest};
use serde_json::{Value, json};

use super::{posted, us};
use crate::mapping::orders::{OrderBuilder, refund};
use crate::support::{Setup, Story, World, ana, quiet_store};

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

#[tokio::test]
async fn a_document_is_in_the_group_of_its_day_gateway_status_and_taxes() {
    let story = Story::posted("").await;
    story.gets_status("completed").await;
    let program = story.world.open(Tripwire::none()).await;
    for (by, group) in [
        (GroupBy::Day, "2026-11-22"),
        (GroupBy::Gateway, story.order.payment_method.as_str()),
        (GroupBy::Status, "completed"),
        (GroupBy::Tax, "US-NY-NY SALES TAX-1"),
    ] {
        let documents = program
            .store
            .reconciled_documents(Date::MIN, Date::MAX, by, None);
        let groups: Vec<String> = documents
            .await
            .unwrap()
            .into_iter()
            .map(|it| it.group)
            .collect();
        assert_eq!(groups, [group], "{by:?}");
    }
    program.store.close().await;
    // all of a busy store by status: what the store says of the orders of each
    let world = busy().await;
    let program = world.open(Tripwire::none()).await;
    let sums = program
        .store
        .reconcile(Date::MIN, Date::MAX, GroupBy::Status, None);
    let mut found: BTreeMap<String, Decimal> = BTreeMap::new();
    for sum in sums.await.unwrap().groups {
        *found.entry(sum.group).or_default() += sum.store;
    }
    program.store.close().await;
    let mut wanted: BTreeMap<String, Decimal> = BTreeMap::new();
    for order in world.shop().orders() {
        let back: Decimal = order.refunds.iter().map(|refund| refund.amount).sum();
        *wanted.entry(order.status).or_default() += order.total - back;
    }
    wanted.retain(|status, _| !["checkout-draft", "auto-draft", "trash"].contains(&&**status));
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn documents_of_the_same_rates_are_one_group_in_whatever_order_the_store_names_them() {
    let mut world = us(MappingRules::default()).await;
    let city = |order: OrderBuilder| order.rate(1, "US-NY-CITY", "4.5", false);
    let state = |order: OrderBuilder| order.rate(2, "US-NY-STATE", "4", false);
    let mug =
        |order: OrderBuilder| order.line(10, 1, "10.00", "10.00", &[(1, "0.45"), (2, "0.40")]);
    let set = ["US-NY-CITY", "US-NY-STATE"];
    let orders = [
        mug(state(city(OrderBuilder::new(1)))),
        mug(city(state(OrderBuilder::new(2)))),
    ];
    for (id, order) in (1..).zip(orders) {
        let (sale, became) = world.one(StreamName::Orders, &order.done());
        assert_eq!(became, posted("10.85", "0.85"));
        assert_eq!(sale.facets.tax_codes, set, "order {id}");
        // its refund names them the other way round, one of them twice
        let line = |rate: &str| {
            json!({
                "rate_id": 1, "rate_code": rate, "label": rate, "rate_percent": 4, "compound": false,
                "tax_total": "0", "shipping_tax_total": "0"
            })
        };
        let mut back: Value = serde_json::from_str(&refund(70 + id, id, "1.00", &[])).unwrap();
        back["tax_lines"] = json!([line(set[1]), line(set[0]), line(set[1])]);
        let (back, _) = world.one(StreamName::Refunds, &back.to_string());
        assert_eq!(back.facets.tax_codes, set, "refund of order {id}");
    }
}

/// All days, by day.
async fn all(world: &World) -> (Reconciliation, Vec<ReconciledDocument>) {
    let program = world.open(Tripwire::none()).await;
    let (first, last) = (Date::MIN, Date::MAX);
    let sums = program
        .store
        .reconcile(first, last, GroupBy::Day, None)
        .await;
    let documents = program
        .store
        .reconciled_documents(first, last, GroupBy::Day, None)
        .await;
    program.store.close().await;
    (sums.unwrap(), documents.unwrap())
}

const IGNORE: &str = "[pipelines.mapping.orders]\non_edit = \"ignore\"";

#[tokio::test]
async fn differences_that_cancel_are_named_document_by_document() {
    let world = quiet_store(IGNORE).start().await;
    world.an_hour_ago(|shop| {
        for mugs in [1, 3] {
            let cart = Cart::new().bill_to(ana()).line("MUG-001", mugs);
            shop.place_paid_order(&cart).unwrap();
        }
    });
    world.run().await;
    let sold = world.shop().orders();
    world.an_hour_ago(|shop| {
        shop.set_quantity(sold[0].id, 0, 3).unwrap();
        shop.set_quantity(sold[1].id, 0, 1).unwrap();
    });
    world.run().await;
    let (sums, _) = all(&world).await;
    assert!(sums.totals.iter().chain(&sums.groups).all(is_even));
    let named: Vec<_> = sums
        .differing
        .iter()
        .map(|it| (it.number.clone(), it.difference))
        .collect();
    let by = sold[1].total - sold[0].total;
    assert_eq!(
        named,
        [(sold[0].number.clone(), by), (sold[1].number.clone(), -by)]
    );
}

#[tokio::test]
async fn what_waits_to_be_changed_counts_as_posted_as_far_as_the_books_hold_it() {
    let story = Story::posted("").await;
    story.world.books().close_books(Some(date(2026, 12, 31)));
    story.is_edited().await;
    assert_eq!(story.held().await, ["closed_period"]);
    let (mut sums, documents) = all(&story.world).await;
    let total = sums.totals.remove(0);
    let (was, is) = (story.order.total, story.total());
    assert_eq!(
        (total.store, total.posted, total.held, total.excluded),
        (is, was, is - was, Decimal::ZERO)
    );
    assert!(is_even(&total));
    assert_eq!(sums.differing, []);
    let it = &documents[0];
    assert_eq!((it.term, it.posted, it.held), (Term::Held, was, is - was));
}

#[tokio::test]
async fn what_was_moved_to_the_first_open_day_counts_on_that_day() {
    let rule = "[pipelines.mapping.orders]\nclosed_period = \"first_open_day\"";
    let story = Story::sold(quiet_store(rule)).await;
    story.world.books().close_books(Some(date(2026, 12, 31)));
    story.world.run().await;
    story
        .happens(|shop, id| {
            shop.refund(id, &RefundRequest::everything()).unwrap();
        })
        .await;
    let (sums, documents) = all(&story.world).await;
    let days: Vec<_> = documents.iter().map(|it| it.date).collect();
    assert_eq!(days, [Some(date(2027, 1, 1)); 2]);
    let groups: Vec<_> = sums.groups.iter().map(|it| it.group.as_str()).collect();
    assert_eq!(groups, ["2027-01-01"]);
}
