//! Leases between processes.

use std::sync::Arc;
use std::time::Duration;

use daybook::store::{Commit, Store};
use kit::{Chance, ScaledClock};

use super::world::World;

super::on_both![
    a_right_has_one_holder,
    of_many_who_ask_at_once_one_gets_it,
    an_expired_right_changes_hands_and_its_old_holder_learns_it,
    the_rights_of_a_dead_process_can_be_ended,
];

const MINUTE: Duration = Duration::from_secs(60);

async fn a_right_has_one_holder(world: World) {
    let store = world.open().await;
    let mut lease = store
        .acquire("pipeline/a", "one", MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert!(
        store
            .acquire("pipeline/a", "two", MINUTE)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .acquire("pipeline/a", "one", MINUTE)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .acquire("pipeline/b", "two", MINUTE)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(store.renew(&mut lease, MINUTE).await.unwrap(), Commit::Done);
    assert_eq!(store.release(&lease).await.unwrap(), Commit::Done);
    assert_eq!(
        store.renew(&mut lease, MINUTE).await.unwrap(),
        Commit::LostRace
    );
    let next = store
        .acquire("pipeline/a", "two", MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert!(next.epoch > lease.epoch);
    assert_eq!(
        store.release(&lease).await.unwrap(),
        Commit::LostRace,
        "it is not his any more"
    );
    let owners: Vec<_> = store
        .leases()
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.owner)
        .collect();
    assert_eq!(owners, ["two", "two"]);
}

async fn of_many_who_ask_at_once_one_gets_it(world: World) {
    let one = world.open().await;
    let two = world.open().await;
    let asking = (0..10).map(|number| {
        let store = if number % 2 == 0 {
            one.clone()
        } else {
            two.clone()
        };
        async move {
            store
                .acquire("pipeline/a", &format!("owner {number}"), MINUTE)
                .await
                .unwrap()
        }
    });
    let got = futures_util::future::join_all(asking).await;
    assert_eq!(got.iter().flatten().count(), 1);
}

async fn an_expired_right_changes_hands_and_its_old_holder_learns_it(world: World) {
    let store = world.open().await;
    let mut lease = store
        .acquire("pipeline/a", "one", MINUTE)
        .await
        .unwrap()
        .unwrap();
    // another process, whose clock is two minutes on
    let later = ScaledClock::new("2026-11-02T12:02:00Z".parse().unwrap(), 1);
    let chance = Arc::new(Chance::seeded(2));
    let other = Store::open(&world.url, Arc::new(later), chance)
        .await
        .unwrap();
    let next = other
        .acquire("pipeline/a", "two", MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(next.epoch, lease.epoch + 1);
    assert_eq!(
        store.renew(&mut lease, MINUTE).await.unwrap(),
        Commit::LostRace
    );
}

async fn the_rights_of_a_dead_process_can_be_ended(world: World) {
    let store = world.open().await;
    store
        .acquire("pipeline/a", "dead", MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(store.break_leases("dead").await.unwrap(), 1);
    assert!(
        store
            .acquire("pipeline/a", "me", MINUTE)
            .await
            .unwrap()
            .is_some()
    );
}
