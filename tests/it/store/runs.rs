//! Runs, streams, checkpoints, cursors.

use std::time::Duration;

use daybook::domain::{
    BatchId, Checkpoint, ConnectionName, Counts, PipelineName, Recount, RunOptions, SyncError,
    SyncId, SyncMode, SyncStatus, TenantId, Trigger,
};
use daybook::store::{Commit, NewBatch, NewSync, ReadTo, RunFilter, Store};
use kit::{Clock, Cursor, StreamName};

use super::world::{World, route};

super::on_both![
    a_run_is_found_with_its_streams,
    a_checkpoint_moves_once,
    a_checkpoint_lost_to_another_changes_nothing,
    the_history_is_newest_first,
    the_run_that_ended_last_may_be_an_older_one,
    only_the_newest_errors_are_kept,
    what_an_ended_process_left_is_interrupted,
    an_interrupted_run_goes_on,
    who_lost_a_run_no_longer_says_how_it_ended,
    a_final_status_ends_a_stream,
];

async fn begin(store: &Store, owner: &str, pipeline: &str) -> (BatchId, SyncId) {
    let options = RunOptions {
        limit: Some(7),
        ..RunOptions::default()
    };
    begin_with(store, owner, pipeline, options).await
}

async fn begin_with(
    store: &Store,
    owner: &str,
    pipeline: &str,
    options: RunOptions,
) -> (BatchId, SyncId) {
    let batch = store
        .begin_batch(&NewBatch {
            tenant: TenantId::new("default"),
            pipeline: PipelineName::new(pipeline),
            trigger: Trigger::Schedule,
            options,
            source: ConnectionName::new("store"),
            target: ConnectionName::new("books"),
            owner: owner.into(),
        })
        .await
        .unwrap();
    let sync = store
        .begin_sync(&NewSync {
            batch: batch.clone(),
            stream: StreamName::Orders,
            mode: SyncMode::Incremental,
            dry_run: false,
            checkpoint: None,
        })
        .await
        .unwrap();
    store
        .set_sync_status(&sync.id, SyncStatus::Running, None)
        .await
        .unwrap();
    (batch, sync.id)
}

fn checkpoint(page: u64) -> Checkpoint {
    Checkpoint {
        entity_type: StreamName::Orders,
        page,
        last_entity_id: Some("1043".into()),
        timestamp: "2026-11-02T12:00:00Z".parse().unwrap(),
        cursor: Cursor(format!("behind page {page}")),
    }
}

async fn a_run_is_found_with_its_streams(world: World) {
    let store = world.open().await;
    let (batch, sync) = begin(&store, "me", "store-to-books").await;
    let row = store.batch(&batch).await.unwrap().unwrap();
    assert_eq!(row.status, SyncStatus::Running);
    assert_eq!(row.trigger, Trigger::Schedule);
    assert_eq!(row.options.limit, Some(7));
    assert_eq!((row.streams_total, row.streams_completed), (1, 0));
    let syncs = store.syncs(&batch).await.unwrap();
    assert_eq!(syncs.len(), 1);
    assert_eq!(syncs[0].id, sync);
    assert_eq!(syncs[0].connector, ConnectionName::new("store"));
    assert_eq!(syncs[0].tenant, TenantId::new("default"));
    assert_eq!(syncs[0].status, SyncStatus::Running);
    assert!(syncs[0].started_at.is_some());
    let latest = store.latest_batch(Some(&row.pipeline)).await.unwrap();
    assert_eq!(latest.unwrap().id, batch);
    assert!(
        store
            .latest_batch(Some(&PipelineName::new("other")))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .batch(&BatchId::new("unknown"))
            .await
            .unwrap()
            .is_none()
    );
    assert!(store.sync(&SyncId::new("unknown")).await.unwrap().is_none());
}

async fn a_checkpoint_moves_once(world: World) {
    let store = world.open().await;
    let (_, sync) = begin(&store, "me", "store-to-books").await;
    let delta = Counts {
        processed: 100,
        created: 90,
        held: 10,
        ..Counts::default()
    };
    let delta = Recount::new(delta);
    let route = route();
    assert_eq!(
        store.cursor(&route, StreamName::Orders).await.unwrap(),
        Cursor::default()
    );
    let commit = store
        .save_checkpoint(&sync, 0, &checkpoint(1), &delta, Some(250))
        .await;
    assert_eq!(commit.unwrap(), Commit::Done);
    let commit = store
        .save_checkpoint(&sync, 1, &checkpoint(2), &delta, None)
        .await;
    assert_eq!(commit.unwrap(), Commit::Done);
    let row = store.sync(&sync).await.unwrap().unwrap();
    assert_eq!(row.checkpoint_version, 2);
    assert_eq!(row.checkpoint.unwrap(), checkpoint(2));
    assert_eq!(row.total, Some(250));
    assert_eq!(
        (row.counts.processed, row.counts.created, row.counts.held),
        (200, 180, 20)
    );
    let read_to = checkpoint(2).cursor;
    let read_to_there = ReadTo {
        stream: StreamName::Orders,
        cursor: &read_to,
        besides: Counts {
            processed: 10,
            skipped: 10,
            ..Counts::default()
        },
        malformed: &[],
    };
    store
        .journal_page(&route, &sync, &[], Some(&read_to_there))
        .await
        .unwrap();
    let cursor = store.cursor(&route, StreamName::Orders).await.unwrap();
    assert_eq!(cursor, read_to);
    assert_eq!(
        store.cursor(&route, StreamName::Refunds).await.unwrap(),
        Cursor::default()
    );
    let counts = store.sync(&sync).await.unwrap().unwrap().counts;
    let one_is_held = Recount::held(&counts, 21, 21);
    store.recount(&sync, &one_is_held).await.unwrap();
    let counts = store.sync(&sync).await.unwrap().unwrap().counts;
    assert_eq!(
        (counts.processed, counts.created, counts.held),
        (210, 179, 21)
    );
}

async fn a_checkpoint_lost_to_another_changes_nothing(world: World) {
    let store = world.open().await;
    let (_, sync) = begin(&store, "me", "store-to-books").await;
    let delta = Counts {
        processed: 100,
        ..Counts::default()
    };
    let delta = Recount::new(delta);
    let first = checkpoint(1);
    let second = checkpoint(9);
    let (one, other) = tokio::join!(
        store.save_checkpoint(&sync, 0, &first, &delta, None),
        store.save_checkpoint(&sync, 0, &second, &delta, None),
    );
    let mut ends = [one.unwrap(), other.unwrap()];
    ends.sort_by_key(|end| *end == Commit::LostRace);
    assert_eq!(ends, [Commit::Done, Commit::LostRace]);
    let row = store.sync(&sync).await.unwrap().unwrap();
    assert_eq!(row.counts.processed, 100);
    assert!(row.checkpoint.is_some());
}

async fn the_history_is_newest_first(world: World) {
    let store = world.open().await;
    let mut batches = Vec::new();
    for pipeline in ["a", "b", "a"] {
        batches.push(begin(&store, "me", pipeline).await.0);
    }
    let failed = store
        .finish_batch(&batches[0], "me", SyncStatus::Failed, Some("no connection"))
        .await;
    assert_eq!(failed.unwrap(), Commit::Done);
    let ids = |runs: Vec<daybook::store::Run>| -> Vec<BatchId> {
        runs.into_iter().map(|run| run.batch.id).collect()
    };
    let all = store.runs(&RunFilter::default()).await.unwrap();
    assert!(
        all.iter()
            .all(|run| run.syncs.len() == 1 && run.syncs[0].batch == run.batch.id)
    );
    let newest_first: Vec<_> = batches.iter().rev().cloned().collect();
    assert_eq!(ids(all), newest_first);
    let of_a = RunFilter {
        pipeline: Some(PipelineName::new("a")),
        ..RunFilter::default()
    };
    assert_eq!(
        ids(store.runs(&of_a).await.unwrap()),
        [batches[2].clone(), batches[0].clone()]
    );
    let failed = RunFilter {
        status: Some(SyncStatus::Failed),
        ..RunFilter::default()
    };
    assert_eq!(
        ids(store.runs(&failed).await.unwrap()),
        [batches[0].clone()]
    );
    let page = RunFilter {
        limit: 1,
        before: Some(batches[2].clone()),
        ..RunFilter::default()
    };
    assert_eq!(ids(store.runs(&page).await.unwrap()), [batches[1].clone()]);
    let failed = store.batch(&batches[0]).await.unwrap().unwrap();
    assert_eq!(failed.error.as_deref(), Some("no connection"));
    assert!(failed.completed_at.is_some());
    let newest = store.latest_batch(None).await.unwrap().unwrap();
    assert_eq!(newest.id, batches[2]);
}

async fn the_run_that_ended_last_may_be_an_older_one(world: World) {
    let store = world.open().await;
    let name = PipelineName::new("a");
    assert!(store.last_ended(&name).await.unwrap().is_none());
    assert_eq!(store.last_good_end(&name).await.unwrap(), None);
    assert_eq!(store.first_start(&name).await.unwrap(), None);
    let part = begin(&store, "me", "a").await.0;
    assert_eq!(store.first_start(&name).await.unwrap(), None);
    let mut runs = Vec::new();
    for pipeline in ["a", "a", "a", "b"] {
        let all = RunOptions::default();
        runs.push(begin_with(&store, "me", pipeline, all).await.0);
    }
    let began = store.batch(&runs[0]).await.unwrap().unwrap().started_at;
    assert_eq!(store.first_start(&name).await.unwrap(), Some(began));
    let finish = async |run: &BatchId, status| {
        world.clock.sleep(Duration::from_millis(5)).await; // ends are kept to the millisecond
        let finished = store.finish_batch(run, "me", status, None).await;
        assert_eq!(finished.unwrap(), Commit::Done);
        store.batch(run).await.unwrap().unwrap().completed_at
    };
    finish(&part, SyncStatus::Completed).await;
    assert_eq!(store.last_good_end(&name).await.unwrap(), None);
    let first = finish(&runs[1], SyncStatus::Partial).await;
    finish(&runs[2], SyncStatus::Paused).await;
    assert_eq!(store.last_good_end(&name).await.unwrap(), first);
    let open = store.open_batches().await.unwrap();
    let open: Vec<BatchId> = open.into_iter().map(|run| run.id).collect();
    assert_eq!(
        open,
        [runs[3].clone(), runs[2].clone(), runs[0].clone()],
        "at work or paused"
    );
    finish(&runs[2], SyncStatus::Failed).await;
    assert_eq!(store.last_good_end(&name).await.unwrap(), first);
    assert_eq!(store.last_ended(&name).await.unwrap().unwrap().id, runs[2]);
    let last = finish(&runs[0], SyncStatus::Completed).await;
    assert_eq!(store.last_good_end(&name).await.unwrap(), last);
    assert_eq!(store.last_ended(&name).await.unwrap().unwrap().id, runs[0]);
    let retry = RunOptions {
        retry: true,
        ..RunOptions::default()
    };
    let (retry, _) = begin_with(&store, "me", "a", retry).await;
    finish(&retry, SyncStatus::Completed).await;
    assert_eq!(store.last_good_end(&name).await.unwrap(), last);
}

async fn only_the_newest_errors_are_kept(world: World) {
    let store = world.open().await;
    let (_, sync) = begin(&store, "me", "store-to-books").await;
    let error = |number: u32| SyncError {
        record: number.to_string(),
        cause: "malformed_record".into(),
        reason: "`total` is missing".into(),
        remedy: "save the order again".into(),
    };
    let many: Vec<_> = (0..150).map(error).collect();
    store.add_sync_errors(&sync, &many).await.unwrap();
    store.add_sync_error(&sync, &error(150)).await.unwrap();
    let errors = store.sync(&sync).await.unwrap().unwrap().errors;
    assert_eq!(errors.len(), 100);
    assert_eq!(
        (errors[0].record.as_str(), errors[99].record.as_str()),
        ("51", "150")
    );
}

async fn what_an_ended_process_left_is_interrupted(world: World) {
    let store = world.open().await;
    let (dead, dead_sync) = begin(&store, "dead", "a").await;
    let (mine, _) = begin(&store, "me", "b").await;
    let (alive, alive_sync) = begin(&store, "other", "c").await;
    let (done, done_sync) = begin(&store, "dead", "d").await;
    store
        .set_sync_status(&done_sync, SyncStatus::Completed, None)
        .await
        .unwrap();
    let finished = store
        .finish_batch(&done, "dead", SyncStatus::Completed, None)
        .await;
    assert_eq!(finished.unwrap(), Commit::Done);
    store
        .acquire("pipeline/c", "other", Duration::from_secs(60))
        .await
        .unwrap()
        .unwrap();
    let interrupted = store.mark_interrupted("me").await.unwrap();
    let ids: Vec<_> = interrupted.into_iter().map(|batch| batch.id).collect();
    assert_eq!(ids, std::slice::from_ref(&dead));
    let status = async |sync: &SyncId| store.sync(sync).await.unwrap().unwrap().status;
    assert_eq!(status(&dead_sync).await, SyncStatus::Interrupted);
    assert_eq!(status(&alive_sync).await, SyncStatus::Running);
    assert_eq!(status(&done_sync).await, SyncStatus::Completed);
    for batch in [mine, alive] {
        let row = store.batch(&batch).await.unwrap().unwrap();
        assert_eq!(row.status, SyncStatus::Running);
    }
}

async fn who_lost_a_run_no_longer_says_how_it_ended(world: World) {
    let store = world.open().await;
    let (batch, sync) = begin(&store, "slow", "a").await;
    store.mark_interrupted("me").await.unwrap();
    assert!(store.reopen_batch(&batch, "me").await.unwrap());
    store
        .set_sync_status(&sync, SyncStatus::Running, None)
        .await
        .unwrap();
    for status in [SyncStatus::Interrupted, SyncStatus::Cancelled] {
        let late = store.finish_batch(&batch, "slow", status, None).await;
        assert_eq!(late.unwrap(), Commit::LostRace);
        let row = store.batch(&batch).await.unwrap().unwrap();
        assert_eq!(row.status, SyncStatus::Running);
        let row = store.sync(&sync).await.unwrap().unwrap();
        assert_eq!(row.status, SyncStatus::Running);
    }
    let ended = store
        .finish_batch(&batch, "me", SyncStatus::Completed, None)
        .await;
    assert_eq!(ended.unwrap(), Commit::Done);
}

async fn an_interrupted_run_goes_on(world: World) {
    let store = world.open().await;
    let (batch, sync) = begin(&store, "dead", "a").await;
    assert!(
        !store.reopen_batch(&batch, "me").await.unwrap(),
        "it is running"
    );
    let delta = Recount::default();
    let _ = store
        .save_checkpoint(&sync, 0, &checkpoint(3), &delta, None)
        .await
        .unwrap();
    store.mark_interrupted("me").await.unwrap();
    assert!(store.reopen_batch(&batch, "me").await.unwrap());
    assert!(store.reopen_sync(&sync).await.unwrap());
    let row = store.sync(&sync).await.unwrap().unwrap();
    assert_eq!(row.retry_count, 1);
    assert_eq!(row.status, SyncStatus::Queued);
    assert_eq!(row.checkpoint.unwrap().page, 3);
    assert_eq!(store.batch(&batch).await.unwrap().unwrap().owner, "me");
}

async fn a_final_status_ends_a_stream(world: World) {
    let store = world.open().await;
    let (batch, sync) = begin(&store, "me", "a").await;
    store
        .set_sync_status(&sync, SyncStatus::Failed, Some("no network"))
        .await
        .unwrap();
    let row = store.sync(&sync).await.unwrap().unwrap();
    assert_eq!(row.error.as_deref(), Some("no network"));
    assert!(row.completed_at.is_some());
    assert_eq!(
        store.batch(&batch).await.unwrap().unwrap().streams_failed,
        1
    );
    store
        .set_sync_status(&sync, SyncStatus::Partial, None)
        .await
        .unwrap();
    let batch = store.batch(&batch).await.unwrap().unwrap();
    assert_eq!((batch.streams_completed, batch.streams_failed), (1, 0));
}
