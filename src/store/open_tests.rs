use super::*;

/// SQLite's words for it.
const CONFIRMED: i64 = 2;
const UNCONFIRMED: i64 = 1;

async fn level(transaction: &mut Transaction<'static, Any>) -> i64 {
    let row = sqlx::query("PRAGMA synchronous")
        .fetch_one(&mut **transaction)
        .await
        .unwrap();
    sqlx::Row::get(&row, 0)
}

#[tokio::test]
async fn every_transaction_waits_for_the_disk_but_those_that_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("daybook.db").display());
    let chance = Arc::new(Chance::seeded(1));
    let store = Store::open(&url, Arc::new(kit::SystemClock), chance)
        .await
        .unwrap();

    let mut first = store.begin().await.unwrap();
    assert_eq!(level(&mut first).await, CONFIRMED);
    first.commit().await.unwrap();

    let mut outcome = store.begin_unconfirmed().await.unwrap();
    assert_eq!(level(&mut outcome).await, UNCONFIRMED);
    drop(outcome); // as when the run is stopped in its middle

    let mut call = store.begin().await.unwrap();
    assert_eq!(level(&mut call).await, CONFIRMED);
    drop(call);

    let outcome = store.begin_unconfirmed().await.unwrap();
    outcome.commit().await.unwrap();
    store.confirm_again().await.unwrap();
    let row = sqlx::query("PRAGMA synchronous")
        .fetch_one(&store.writer)
        .await
        .unwrap();
    assert_eq!(sqlx::Row::get::<i64, _>(&row, 0), CONFIRMED);
}
