//! Runs as they are to be told. A process that is gone cannot write that its run was interrupted; the
//! next run of the pipeline does, and until then it is seen by the lease that nobody holds.

use super::daemon::Engine;
use crate::domain::{PipelineName, SyncId, SyncStatus};
use crate::store::{BatchRow, Run, RunFilter, Store, StoreError, SyncRow};

/// The history, newest first, each run with its streams.
pub async fn runs(store: &Store, filter: &RunFilter) -> Result<Vec<Run>, StoreError> {
    let mut runs = store.runs(filter).await?;
    if filter.status == Some(SyncStatus::Interrupted) {
        runs.extend(open_runs(store, filter).await?);
    }
    without_the_dead(store, &mut runs).await?;
    if let Some(status) = filter.status {
        runs.retain(|run| run.batch.status == status);
    }
    if filter.status == Some(SyncStatus::Interrupted) {
        runs.sort_by(|left, right| right.batch.id.cmp(&left.batch.id));
        runs.truncate(filter.limit() as usize);
    }
    Ok(runs)
}

/// The runs that are at work, of all pipelines, newest first.
pub async fn at_work(store: &Store) -> Result<Vec<Run>, StoreError> {
    let mut runs = open_runs(store, &RunFilter::default()).await?;
    without_the_dead(store, &mut runs).await?;
    runs.retain(|run| !run.batch.status.is_at_rest());
    Ok(runs)
}

/// The run that says how a pipeline, or all of them, stand: one at work, else one that is paused, else
/// the newest. An older run that somebody went on with comes before newer ones that ended.
pub async fn current(
    store: &Store,
    pipeline: Option<&PipelineName>,
) -> Result<Option<Run>, StoreError> {
    let mut paused = None;
    for batch in store.open_batches().await? {
        if pipeline.is_some_and(|name| batch.pipeline != *name) {
            continue;
        }
        let open = run(store, batch).await?;
        if !open.batch.status.is_at_rest() {
            return Ok(Some(open));
        }
        if open.batch.status == SyncStatus::Paused {
            paused = paused.or(Some(open));
        }
    }
    if paused.is_some() {
        return Ok(paused);
    }
    match store.latest_batch(pipeline).await? {
        Some(latest) => Ok(Some(run(store, latest).await?)),
        None => Ok(None),
    }
}

/// The runs of a filter that are at work as far as the table says.
async fn open_runs(store: &Store, filter: &RunFilter) -> Result<Vec<Run>, StoreError> {
    let mut runs = Vec::new();
    for batch in store.open_batches().await? {
        let of_pipeline = filter.pipeline.as_ref();
        let wanted = of_pipeline.is_none_or(|name| batch.pipeline == *name)
            && filter.before.as_ref().is_none_or(|id| batch.id < *id);
        if wanted && !batch.status.is_at_rest() {
            let syncs = store.syncs(&batch.id).await?;
            runs.push(Run { batch, syncs });
        }
    }
    Ok(runs)
}

/// A run with its streams.
pub async fn run(store: &Store, batch: BatchRow) -> Result<Run, StoreError> {
    let syncs = store.syncs(&batch.id).await?;
    let mut run = Run { batch, syncs };
    without_the_dead(store, std::slice::from_mut(&mut run)).await?;
    Ok(run)
}

/// One stream of a run.
pub async fn sync(store: &Store, id: &SyncId) -> Result<Option<SyncRow>, StoreError> {
    let Some(row) = store.sync(id).await? else {
        return Ok(None);
    };
    if row.status.is_at_rest() {
        return Ok(Some(row));
    }
    let Some(batch) = store.batch(&row.batch).await? else {
        return Ok(Some(row));
    };
    let mut of_run = run(store, batch).await?.syncs.into_iter();
    Ok(of_run.find(|sync| sync.id == row.id).or(Some(row)))
}

impl Engine {
    /// The run that says how a pipeline stands: the one at work here, else as [`current`] says.
    pub async fn current_run(&self, name: &PipelineName) -> Result<Option<Run>, StoreError> {
        if let Some(active) = self.active(name)
            && let Some(batch) = self.store.batch(&active.batch).await?
        {
            return Ok(Some(run(&self.store, batch).await?));
        }
        current(&self.store, Some(name)).await
    }

    /// The run in which a pipeline is paused, until somebody goes on with it or cancels it.
    pub async fn paused(&self, name: &PipelineName) -> Result<Option<BatchRow>, StoreError> {
        let open = self.store.open_batches().await?;
        Ok(open
            .into_iter()
            .find(|run| run.pipeline == *name && run.status == SyncStatus::Paused))
    }
}

/// Calls interrupted what is at work for a process that gives no sign of life any more.
pub(crate) async fn without_the_dead(store: &Store, runs: &mut [Run]) -> Result<(), StoreError> {
    let at_work = |run: &Run| !run.batch.status.is_at_rest();
    if !runs.iter().any(at_work) {
        return Ok(());
    }
    let holders = store.holders().await?;
    let alone = |run: &&mut Run| at_work(run) && !holders.contains(&run.batch.owner);
    for run in runs.iter_mut().filter(alone) {
        // a process writes the end of its run before it gives the lease back: what was read before
        // that is out of date, and what still is at work now was left so
        let Some(batch) = store.batch(&run.batch.id).await? else {
            continue;
        };
        let is_left = !batch.status.is_at_rest() && batch.owner == run.batch.owner;
        run.batch = batch;
        run.syncs = store.syncs(&run.batch.id).await?;
        if is_left {
            interrupt(run);
        }
    }
    Ok(())
}

fn interrupt(run: &mut Run) {
    run.batch.status = SyncStatus::Interrupted;
    for sync in &mut run.syncs {
        if !sync.status.is_at_rest() {
            sync.status = SyncStatus::Interrupted;
        }
    }
}
