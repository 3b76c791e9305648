//! What people do to runs that are active: pause, go on, cancel. Each takes effect at the next safe
//! point; what was read is in the journal, and the checkpoint is kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::daemon::{Engine, RunHandle};
use super::history;
use super::start::find_batch;
use crate::domain::{BatchId, SyncStatus};
use crate::store::{BatchRow, Commit, StoreError};

/// What will become of a run at its next safe point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopping {
    /// The run.
    pub batch: BatchId,
    /// What it then is: what somebody else asked for before may count.
    pub status: SyncStatus,
}

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
    /// then the schedule leaves its pipeline alone. One that somebody cancelled stays cancelled. `id`
    /// names the run or one of its syncs.
    pub async fn pause(&self, id: &str) -> Result<Stopping, ControlError> {
        let batch = self.existing(id).await?;
        match self.stop_run(batch, SyncStatus::Paused).await? {
            Ok(stopping) => Ok(stopping),
            Err(batch) => Err(not_here(batch)),
        }
    }

    /// Ends a run at its next safe point, for good. What it has journalled is posted by the next run.
    /// That somebody paused it a moment ago counts no more. `id` names the run or one of its syncs.
    pub async fn cancel(&self, id: &str) -> Result<Stopping, ControlError> {
        let batch = self.existing(id).await?;
        let batch = match self.stop_run(batch, SyncStatus::Cancelled).await? {
            Ok(stopping) => return Ok(stopping),
            Err(batch) => batch,
        };
        if matches!(batch.status, SyncStatus::Paused | SyncStatus::Interrupted) {
            let cancelled = self
                .store
                .finish_batch(&batch.id, &batch.owner, SyncStatus::Cancelled, None)
                .await?;
            if cancelled == Commit::LostRace {
                return Err(ControlError::Elsewhere(batch.id)); // it goes on since it was looked at
            }
            self.ring();
            return Ok(Stopping {
                batch: batch.id,
                status: SyncStatus::Cancelled,
            });
        }
        Err(not_here(batch))
    }

    async fn existing(&self, id: &str) -> Result<BatchRow, ControlError> {
        let batch = find_batch(&self.store, id).await?;
        let batch = batch.ok_or_else(|| ControlError::Unknown(id.to_owned()))?;
        Ok(history::run(&self.store, batch).await?.batch)
    }

    /// Asks the run to stop; the run as it is where it is not active here.
    async fn stop_run(
        &self,
        batch: BatchRow,
        status: SyncStatus,
    ) -> Result<Result<Stopping, BatchRow>, ControlError> {
        let Some(mut run) = self.active_run(&batch) else {
            return Ok(Err(batch));
        };
        if let Some(status) = run.stop_as(status) {
            let batch = batch.id;
            return Ok(Ok(Stopping { batch, status }));
        }
        // it has come to its end, which is being written
        run.wait().await;
        Ok(Err(self.existing(batch.id.as_str()).await?))
    }

    fn active_run(&self, batch: &BatchRow) -> Option<RunHandle> {
        let active = self.active(&batch.pipeline);
        active.filter(|run| run.batch == batch.id)
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
pub(super) struct Wish(Arc<Mutex<Wished>>);

#[derive(Debug, Default)]
struct Wished {
    status: Option<SyncStatus>,
    /// The run has come to its end: no wish changes it any more.
    is_over: bool,
}

impl Wish {
    /// The wish that counts from now on: the last one, but what was cancelled stays so. `None`: it
    /// comes too late.
    pub(super) fn make(&self, status: SyncStatus) -> Option<SyncStatus> {
        let mut wished = self.wished();
        if wished.is_over {
            return None;
        }
        if wished.status != Some(SyncStatus::Cancelled) {
            wished.status = Some(status);
        }
        wished.status
    }

    pub(super) fn status(&self) -> SyncStatus {
        self.wished().status.unwrap_or(SyncStatus::Interrupted)
    }

    /// The last word; later wishes come too late.
    pub(super) fn close(&self) -> SyncStatus {
        let mut wished = self.wished();
        wished.is_over = true;
        wished.status.unwrap_or(SyncStatus::Interrupted)
    }

    fn wished(&self) -> MutexGuard<'_, Wished> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cancelled_stays_so_and_a_wish_after_the_end_is_none() {
        let wish = Wish::default();
        assert_eq!(wish.status(), SyncStatus::Interrupted);
        for (wished, counts) in [
            (SyncStatus::Paused, SyncStatus::Paused),
            (SyncStatus::Cancelled, SyncStatus::Cancelled),
            (SyncStatus::Paused, SyncStatus::Cancelled),
        ] {
            assert_eq!(wish.make(wished), Some(counts));
            assert_eq!(wish.status(), counts);
        }
        let paused = Wish::default();
        assert!(paused.make(SyncStatus::Paused).is_some());
        assert_eq!(paused.close(), SyncStatus::Paused);
        assert_eq!(paused.make(SyncStatus::Cancelled), None);
        assert_eq!(paused.status(), SyncStatus::Paused);
    }
}
