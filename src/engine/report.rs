//! Runs and their streams as the API, the pages and the command line tell them: what is stored, or,
//! while one runs, what is happening now. Finished runs answer for good.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::daemon::RunHandle;
use super::progress::{Phase, Progress, StreamProgress};
use crate::domain::{Checkpoint, Counts, RunOptions, SyncError, SyncStatus};
use crate::store::{BatchRow, Run, RunFilter, Store, StoreError, SyncRow};

/// So many runs are looked at to say how long one usually takes …
const REMEMBERED: u32 = 40;
/// … and so many of the same kind are needed.
const ENOUGH: usize = 3;

/// One stream of a run. Its members are a contract.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SyncReport {
    /// Names the stream of this run.
    pub sync_id: String,
    /// Names the run.
    pub batch_id: String,
    /// The pipeline.
    pub pipeline: String,
    /// Whose pipeline it is.
    pub tenant_id: String,
    /// `customers`, `products`, `orders` or `refunds`.
    pub entity_type: String,
    /// `incremental` or `full`.
    pub sync_mode: String,
    /// Whether nothing is written or posted.
    pub dry_run: bool,
    /// Where it stands.
    pub status: SyncStatus,
    /// `waiting`, `resolving`, `lists`, `syncing` or `done`.
    pub phase: &'static str,
    /// What it is doing, in words; what ended it, where that was trouble.
    pub current_operation: String,
    /// Share done, 0 to 100, where the number of records is known.
    pub percentage: Option<u64>,
    /// Records there are, as far as the store said.
    pub records_total: Option<u64>,
    /// Records of finished pages.
    pub records_processed: u64,
    /// Records that made a new document or list object.
    pub records_created: u64,
    /// Records whose documents were changed or voided.
    pub records_updated: u64,
    /// Records that needed nothing.
    pub records_skipped: u64,
    /// Records that cannot be understood.
    pub records_failed: u64,
    /// Records with something held.
    pub records_held: u64,
    /// Pages finished.
    pub current_batch: u64,
    /// Pages in all, guessed while it runs.
    pub total_batches: Option<u64>,
    /// Records a second with three decimals: of the last minute while it runs, then on the whole.
    pub records_per_second: Option<String>,
    /// About how long it still takes.
    pub estimated_seconds_remaining: Option<u64>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was over.
    pub completed_at: Option<Timestamp>,
    /// How long it took, or has taken until now.
    pub duration_ms: Option<u64>,
    /// From where it goes on.
    pub resume_checkpoint: Option<Checkpoint>,
    /// What went wrong with single records: the newest hundred.
    pub errors: Vec<SyncError>,
}

impl SyncReport {
    /// The report of a stored sync, with what its active run says about it.
    pub fn new(row: SyncRow, active: Option<&RunHandle>, now: Timestamp) -> Self {
        let live = active.and_then(|run| {
            let progress = run.progress.borrow();
            progress
                .streams
                .iter()
                .find(|stream| stream.sync == row.id)
                .cloned()
        });
        let progress = live.unwrap_or_else(|| stored(&row));
        let Counts {
            processed,
            created,
            updated,
            skipped,
            failed,
            held,
        } = progress.counts;
        Self {
            sync_id: row.id.to_string(),
            batch_id: row.batch.to_string(),
            pipeline: row.pipeline.to_string(),
            tenant_id: row.tenant.to_string(),
            entity_type: row.stream.to_string(),
            sync_mode: row.mode.as_str().to_owned(),
            dry_run: row.dry_run,
            status: progress.status,
            phase: progress.phase.as_str(),
            current_operation: progress.operation.clone(),
            percentage: progress.percentage(),
            records_total: progress.total,
            records_processed: processed,
            records_created: created,
            records_updated: updated,
            records_skipped: skipped,
            records_failed: failed,
            records_held: held,
            current_batch: progress.pages,
            total_batches: progress.pages_in_all(),
            records_per_second: progress.rate_milli(now).map(thousandths),
            estimated_seconds_remaining: remaining(progress.status, progress.remaining(now)),
            started_at: progress.started_at,
            updated_at: row.updated_at,
            completed_at: progress.completed_at,
            duration_ms: progress
                .started_at
                .map(|from| millis(from, progress.completed_at.unwrap_or(now))),
            resume_checkpoint: row.checkpoint,
            errors: row.errors,
        }
    }
}

/// How long such a run usually takes, from the runs before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Usual {
    /// A quarter of them took less.
    pub from_ms: u64,
    /// A quarter of them took more.
    pub until_ms: u64,
}

/// A run with its streams.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RunReport {
    /// Names the run.
    pub batch_id: String,
    /// The pipeline.
    pub pipeline: String,
    /// Whose pipeline it is.
    pub tenant_id: String,
    /// Who asked for it: `schedule`, `command`, `api`, `webhook` or `resume`.
    pub trigger: &'static str,
    /// What it was asked to do.
    #[schema(value_type = Object)]
    pub options: RunOptions,
    /// Where it stands.
    pub status: SyncStatus,
    /// What ended it, where that was trouble.
    pub error: Option<String>,
    /// Share of its work that is done, 0 to 100. It never goes back.
    pub percentage: u64,
    /// What it is doing, in words.
    pub current_operation: String,
    /// Records a second of the stream at work, with three decimals.
    pub records_per_second: Option<String>,
    /// About how long it still takes.
    pub estimated_seconds_remaining: Option<u64>,
    /// How long such a run usually takes, where there were enough of them.
    pub usually: Option<Usual>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was over.
    pub completed_at: Option<Timestamp>,
    /// How long it took, or has taken until now.
    pub duration_ms: u64,
    /// Its streams, in the order in which they are walked.
    pub syncs: Vec<SyncReport>,
}

impl RunReport {
    /// The report of a stored run, with what it says itself while it is active.
    pub fn new(
        run: Run,
        active: Option<&RunHandle>,
        usually: Option<Usual>,
        now: Timestamp,
    ) -> Self {
        let Run { batch, syncs } = run;
        let active = active.filter(|active| active.batch == batch.id);
        let progress = match active {
            Some(active) => active.progress.borrow().clone(),
            None => Progress {
                batch: batch.id.clone(),
                pipeline: batch.pipeline.clone(),
                status: batch.status,
                streams: syncs.iter().map(stored).collect(),
                trouble: None,
            },
        };
        let current = progress.current();
        let status = progress.status;
        let until = batch.completed_at.unwrap_or(match status {
            SyncStatus::Running | SyncStatus::Queued => now,
            _ => batch.updated_at,
        });
        Self {
            batch_id: batch.id.to_string(),
            pipeline: batch.pipeline.to_string(),
            tenant_id: batch.tenant.to_string(),
            trigger: batch.trigger.as_str(),
            options: batch.options,
            status,
            error: batch.error,
            percentage: progress.percentage(),
            current_operation: current
                .map(|stream| stream.operation.clone())
                .unwrap_or_default(),
            records_per_second: current
                .and_then(|stream| stream.rate_milli(now))
                .map(thousandths),
            estimated_seconds_remaining: remaining(status, progress.remaining(now)),
            usually,
            started_at: batch.started_at,
            completed_at: batch.completed_at,
            duration_ms: millis(batch.started_at, until),
            syncs: syncs
                .into_iter()
                .map(|row| SyncReport::new(row, active, now))
                .collect(),
        }
    }
}

/// How long runs like this one took lately; `None` where there were too few to say.
pub async fn usually(store: &Store, run: &BatchRow) -> Result<Option<Usual>, StoreError> {
    let filter = RunFilter {
        limit: REMEMBERED,
        pipeline: Some(run.pipeline.clone()),
        before: Some(run.id.clone()),
        ..RunFilter::default()
    };
    let mut took: Vec<u64> = store
        .batches(&filter)
        .await?
        .iter()
        .filter(|other| {
            let done = matches!(other.status, SyncStatus::Completed | SyncStatus::Partial);
            done && other.options == run.options
        })
        .filter_map(|other| Some(millis(other.started_at, other.completed_at?)))
        .collect();
    if took.len() < ENOUGH {
        return Ok(None);
    }
    took.sort_unstable();
    let at = |index: usize| took.get(index).copied().unwrap_or_default();
    Ok(Some(Usual {
        from_ms: at(took.len() / 4),
        until_ms: at((took.len() * 3 / 4).min(took.len() - 1)),
    }))
}

/// How far a stream was when it was last written.
fn stored(row: &SyncRow) -> StreamProgress {
    let mut progress = StreamProgress::new(row.id.clone(), row.stream);
    progress.status = row.status;
    progress.phase = match row.status {
        SyncStatus::Queued => Phase::Waiting,
        SyncStatus::Running => Phase::Syncing,
        SyncStatus::Paused
        | SyncStatus::Completed
        | SyncStatus::Partial
        | SyncStatus::Failed
        | SyncStatus::Interrupted
        | SyncStatus::Cancelled => Phase::Done,
    };
    progress.operation = row.error.clone().unwrap_or_default();
    progress.total = row.total;
    progress.counts = row.counts;
    progress.pages = row
        .checkpoint
        .as_ref()
        .map_or(0, |checkpoint| checkpoint.page);
    progress.started_at = row.started_at;
    progress.completed_at = match row.status {
        SyncStatus::Paused | SyncStatus::Interrupted => Some(row.updated_at),
        _ => row.completed_at,
    };
    progress
}

fn remaining(status: SyncStatus, left: Option<Duration>) -> Option<u64> {
    left.filter(|_| status == SyncStatus::Running)
        .map(|left| left.as_secs())
}

/// A number in thousandths as text with three decimals.
fn thousandths(number: u64) -> String {
    format!("{}.{:03}", number / 1000, number % 1000)
}

fn millis(from: Timestamp, until: Timestamp) -> u64 {
    u64::try_from(from.duration_until(until).as_millis()).unwrap_or(0)
}
