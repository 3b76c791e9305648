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

/// What holds for a statement without a transaction of its own, such as the one that keeps a new
/// refresh token.
async fn level_of_a_single_statement(store: &Store) -> i64 {
    let row = sqlx::query("PRAGMA synchronous")
        .fetch_one(&store.writer)
        .await
        .unwrap();
    sqlx::Row::get(&row, 0)
}

async fn opened() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("daybook.db").display());
    let chance = Arc::new(Chance::seeded(1));
    let store = Store::open(&url, Arc::new(kit::SystemClock), chance)
        .await
        .unwrap();
    (folder, store)
}

#[tokio::test]
async fn every_transaction_waits_for_the_disk_but_those_that_say_so() {
    let (_folder, store) = opened().await;
    let mut first = store.begin().await.unwrap();
    assert_eq!(level(&mut first).await, CONFIRMED);
    first.commit().await.unwrap();

    let mut outcome = store.begin_unconfirmed().await.unwrap();
    assert_eq!(level(&mut outcome).await, UNCONFIRMED);
    outcome.commit().await.unwrap();

    let mut call = store.begin().await.unwrap();
    assert_eq!(level(&mut call).await, CONFIRMED);
}

#[tokio::test]
async fn a_single_statement_waits_for_the_disk_however_an_outcome_before_it_ended() {
    let (_folder, store) = opened().await;
    assert_eq!(level_of_a_single_statement(&store).await, CONFIRMED);

    let outcome = store.begin_unconfirmed().await.unwrap();
    outcome.commit().await.unwrap();
    assert_eq!(level_of_a_single_statement(&store).await, CONFIRMED);

    let outcome = store.begin_unconfirmed().await.unwrap();
    drop(outcome); // as when the run is stopped in its middle
    assert_eq!(level_of_a_single_statement(&store).await, CONFIRMED);

    let mut outcome = store.begin_unconfirmed().await.unwrap();
    let nonsense = sqlx::raw_sql("nonsense").execute(&mut *outcome).await;
    nonsense.unwrap_err();
    drop(outcome);
    assert_eq!(level_of_a_single_statement(&store).await, CONFIRMED);
}
