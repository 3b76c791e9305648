//! How runs end where something else fails beside them: none is called running for ever, and no
//! pipeline stays with a run that is none.

use std::time::Duration;

use daybook::domain::{ConnectionName, PipelineName, RunOptions, SyncStatus, Trigger};
use daybook::engine::{StartError, Tripwire};
use daybook::store::Store;
use daybook::wiring::Program;
use jiff::Timestamp;
use sandbox::store::{Fault, Matcher};
use sqlx::{AnyConnection, Connection};

use super::faults::shop_with;
use crate::support::World;

/// The database takes no streams of a run.
const NO_STREAMS: &str = "CREATE TRIGGER trouble BEFORE INSERT ON sync_state \
     BEGIN SELECT RAISE(ABORT, 'no room'); END";
/// It takes no changes to them.
const NO_CHANGES: &str = "CREATE TRIGGER trouble BEFORE UPDATE ON sync_state \
     WHEN NEW.status <> 'interrupted' BEGIN SELECT RAISE(ABORT, 'no room'); END";
/// It does not take what was learned about the books' limits.
const NO_RATE: &str = "CREATE TRIGGER trouble BEFORE INSERT ON realms \
     WHEN NEW.fact = 'rate_permille' BEGIN SELECT RAISE(ABORT, 'no room'); END";
const WELL_AGAIN: &str = "DROP TRIGGER trouble";

fn pipeline() -> PipelineName {
    PipelineName::new("store-to-books")
}

async fn database(world: &World, statement: &'static str) {
    let path = world.folder.path().join("daybook.db");
    let url = format!("sqlite://{}", path.display());
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    sqlx::query(statement)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// Where the newest run stands.
async fn latest(store: &Store) -> SyncStatus {
    let latest = store.latest_batch(Some(&pipeline())).await.unwrap();
    latest.unwrap().status
}

async fn pipeline_is_free(store: &Store) -> bool {
    let leases = store.leases().await.unwrap();
    let mut of_pipelines = leases
        .iter()
        .filter(|lease| lease.name.starts_with("pipeline:"));
    of_pipelines.all(|lease| lease.expires_at == Timestamp::UNIX_EPOCH)
}

async fn close(program: Program) {
    program.engine.shut_down(Duration::from_secs(600)).await;
    program.store.close().await;
}

#[tokio::test]
async fn a_run_has_its_end_though_what_it_learned_about_the_limits_cannot_be_written() {
    let world = shop_with(1, |setup| setup).await;
    let program = world.open(Tripwire::none()).await;
    database(&world, NO_RATE).await;
    let mut run = world.begin(&program, RunOptions::default()).await;
    assert_eq!(run.wait().await.status, SyncStatus::Completed);
    assert_eq!(latest(&program.store).await, SyncStatus::Completed);
    assert!(pipeline_is_free(&program.store).await);
    close(program).await;
}

#[tokio::test]
async fn a_run_that_cannot_begin_its_streams_has_failed_and_the_next_one_can_begin() {
    let world = shop_with(1, |setup| setup).await;
    let program = world.open(Tripwire::none()).await;
    database(&world, NO_STREAMS).await;
    let (name, options) = (pipeline(), RunOptions::default());
    let start = program
        .engine
        .start(&name, options.clone(), Trigger::Command);
    assert!(matches!(start.await, Err(StartError::Run(_))));
    assert_eq!(latest(&program.store).await, SyncStatus::Failed);

    database(&world, WELL_AGAIN).await;
    let start = program.engine.start(&name, options, Trigger::Command);
    let mut run = start.await.expect("nobody holds the pipeline");
    assert_eq!(run.wait().await.status, SyncStatus::Completed);
    close(program).await;
}

#[tokio::test]
async fn an_interrupted_run_that_cannot_be_gone_on_with_waits_and_the_pipeline_is_free() {
    let world = shop_with(1, |setup| setup).await;
    let program = world.open(Tripwire::none()).await;
    let mut run = world.begin(&program, RunOptions::default()).await;
    run.stop();
    assert_eq!(run.wait().await.status, SyncStatus::Interrupted);
    assert!(pipeline_is_free(&program.store).await);

    database(&world, NO_CHANGES).await;
    let resumed = program.engine.resume_interrupted(&pipeline()).await;
    assert!(matches!(resumed, Err(StartError::Run(_))));
    assert_eq!(latest(&program.store).await, SyncStatus::Interrupted);
    assert!(pipeline_is_free(&program.store).await);

    database(&world, WELL_AGAIN).await;
    let resumed = program.engine.resume_interrupted(&pipeline()).await;
    let mut run = resumed.unwrap().expect("there is a run to go on with");
    assert_eq!(run.wait().await.status, SyncStatus::Completed);
    close(program).await;
}

#[tokio::test]
async fn a_connection_in_trouble_is_not_well_because_a_run_was_cancelled() {
    let world = shop_with(1, |setup| setup).await;
    let program = world.open(Tripwire::none()).await;
    let orders = || Matcher::path("/orders");
    world.shop().plan_fault(orders(), Fault::KeyRevoked);
    let mut run = world.begin(&program, RunOptions::default()).await;
    assert_eq!(run.wait().await.status, SyncStatus::Failed);
    let store = ConnectionName::new("store");
    let health = program.engine.health(&store);
    assert!(health.trouble.is_some(), "{health:?}");

    // under way as long as the store takes to answer
    let slow = Fault::Delay(Duration::from_millis(500));
    world.shop().plan_fault(orders(), slow);
    let mut run = world.begin(&program, RunOptions::default()).await;
    program.engine.cancel(run.batch.as_str()).await.unwrap();
    assert_eq!(run.wait().await.status, SyncStatus::Cancelled);
    let after = program.engine.health(&store);
    assert_eq!(after.trouble, health.trouble);
    assert!(after.last_success.is_none(), "{after:?}");
    close(program).await;
}
