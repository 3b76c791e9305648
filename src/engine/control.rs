//! What people do to runs that are active: pause, go on, cancel. Each takes effect at the next safe
//! point; what was read is in the journal, and the checkpoint is kept.

use std::sync::Arc;

use super::daemon::Engine;
use super::start::find_batch;
use crate::domain::{BatchId, PipelineName, SyncStatus};
use crate::store::{BatchRow, Commit, StoreError};

/// Why a run could not be paused or cancelled.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The database has no such run.
    #[error("Batch ID [{0}] not found.")]
    Unknown(String),
    /// Nothing is under way that could be stopped.
    #[error("run {0} is not active: it is {1}")]
    NotActive(BatchId, SyncStatus),
    /// Another process works on it.
    #[error("run {0} is active in another daybook process: stop it there")]
    Elsewhere(BatchId),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Stops a run at its next safe point, to go on when somebody says so: [`Engine::resume`]. Until
    /// then the schedule leaves its pipeline alone. `id` names the run or one of its syncs.
    pub async fn pause(&self, id: &str) -> Result<BatchId, ControlError> {
        let batch = self.existing(id).await?;
        if self.stop_run(&batch, SyncStatus::Paused) {
            return Ok(batch.id);
        }
        Err(not_here(batch))
    }

    /// Ends a run at its next safe point, for good. What it has journalled is posted by the next run.
    /// `id` names the run or one of its syncs.
    pub async fn cancel(&self, id: &str) -> Result<BatchId, ControlError> {
        let batch = self.existing(id).await?;
        if self.stop_run(&batch, SyncStatus::Cancelled) {
            return Ok(batch.id);
        }
        if matches!(batch.status, SyncStatus::Paused | SyncStatus::Interrupted) {
            let cancelled = self
                .store
                .finish_batch(&batch.id, &batch.owner, SyncStatus::Cancelled, None)
                .await?;
            if cancelled == Commit::LostRace {
                return Err(ControlError::Elsewhere(batch.id)); // it goes on since it was looked at
            }
            self.ring();
            return Ok(batch.id);
        }
        Err(not_here(batch))
    }

    /// The run in which a pipeline was paused, where that was its last word.
    pub async fn paused(&self, name: &PipelineName) -> Result<Option<BatchRow>, StoreError> {
        let latest = self.store.latest_batch(Some(name)).await?;
        Ok(latest.filter(|latest| latest.status == SyncStatus::Paused))
    }

    async fn existing(&self, id: &str) -> Result<BatchRow, ControlError> {
        let batch = find_batch(&self.store, id).await?;
        batch.ok_or_else(|| ControlError::Unknown(id.to_owned()))
    }

    /// Asks the run to stop, where it is active here.
    fn stop_run(&self, batch: &BatchRow, status: SyncStatus) -> bool {
        match self.active(&batch.pipeline) {
            Some(run) if run.batch == batch.id => {
                run.stop_as(status);
                true
            }
            Some(_) | None => false,
        }
    }
}

fn not_here(batch: BatchRow) -> ControlError {
    if matches!(batch.status, SyncStatus::Running | SyncStatus::Queued) {
        ControlError::Elsewhere(batch.id)
    } else {
        ControlError::NotActive(batch.id, batch.status)
    }
}

/// As what a run ends that is asked to stop: interrupted, unless a person said otherwise.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish(Arc<std::sync::OnceLock<SyncStatus>>);

impl Wish {
    /// The first wish counts.
    pub(super) fn make(&self, status: SyncStatus) {
        let _ = self.0.set(status);
    }

    pub(super) fn status(&self) -> SyncStatus {
        *self.0.get().unwrap_or(&SyncStatus::Interrupted)
    }
}
