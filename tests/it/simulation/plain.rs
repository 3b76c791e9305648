//! Runs without trouble: everything once, then only what changed.

use daybook::domain::SyncStatus;
use rust_decimal::Decimal;

use crate::support::{Setup, check_invariants};

#[tokio::test]
async fn a_store_becomes_books_and_a_second_run_has_nothing_to_do() {
    let world = Setup::new(11, 220).start().await;
    let first = world.run().await;
    assert!(first.trouble.is_none(), "{:?}", first.trouble);
    check_invariants(&world).await;
    let documents = world.books().documents();
    assert!(documents.len() > 150);

    world.books().reset_counts();
    world.shop().clear_requests();
    let second = world.run().await;
    assert!(matches!(
        second.status,
        SyncStatus::Completed | SyncStatus::Partial
    ));
    assert_eq!(
        world.books().counts().total,
        0,
        "nothing new asks nothing of the books"
    );
    let requests: Vec<String> = world
        .shop()
        .requests()
        .iter()
        .map(|request| request.path.clone())
        .collect();
    assert_eq!(
        requests.len(),
        4,
        "one request for each stream: {requests:?}"
    );
    assert_eq!(world.books().documents(), documents);
}

#[tokio::test]
async fn after_twenty_changed_orders_just_those_are_changed_in_the_books() {
    let world = Setup::new(12, 150).start().await;
    world.run().await;
    let posted: Vec<u64> = world
        .shop()
        .orders()
        .into_iter()
        .filter(|order| order.status == "completed" && order.total > Decimal::ZERO)
        .map(|order| order.id)
        .take(20)
        .collect();
    assert_eq!(posted.len(), 20);
    for order in &posted {
        world.shop().set_note(*order, "please ring twice").unwrap();
    }
    world.books().reset_counts();
    let run = world.run().await;
    let updated: u64 = run.streams.iter().map(|stream| stream.counts.updated).sum();
    let created: u64 = run.streams.iter().map(|stream| stream.counts.created).sum();
    assert_eq!((created, updated), (0, 20), "{:?}", run.streams);
    let counts = world.books().counts();
    assert_eq!(counts.writes + counts.batch_items, 20);
    assert_eq!(
        counts.metered_reads, 0,
        "what an answer said is not asked again"
    );
    check_invariants(&world).await;
}
