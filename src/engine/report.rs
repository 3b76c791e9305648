//! One stream of a run as the API and the command line tell it: what is stored, or, while it runs,
//! what is happening now. Finished runs answer for good.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::daemon::RunHandle;
use super::progress::{Phase, StreamProgress};
use crate::domain::{Checkpoint, Counts, SyncError, SyncStatus};
use crate::store::SyncRow;

/// The answer of `GET /api/sync/status/{sync_id}`; its members are a contract (DESIGN §7).
#[derive(Clone, Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the names are the API's own and documented there"
)]
pub struct SyncReport {
    pub sync_id: String,
    pub batch_id: String,
    pub pipeline: String,
    pub tenant_id: String,
    pub entity_type: String,
    pub sync_mode: String,
    pub dry_run: bool,
    pub status: SyncStatus,
    pub phase: &'static str,
    pub current_operation: String,
    pub percentage: Option<u64>,
    pub records_total: Option<u64>,
    pub records_processed: u64,
    pub records_created: u64,
    pub records_updated: u64,
    pub records_skipped: u64,
    pub records_failed: u64,
    pub records_held: u64,
    pub current_batch: u64,
    pub total_batches: Option<u64>,
    pub records_per_second: Option<String>,
    pub estimated_seconds_remaining: Option<u64>,
    pub started_at: Option<Timestamp>,
    pub updated_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub duration_ms: Option<u64>,
    pub resume_checkpoint: Option<Checkpoint>,
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
        let pages = progress.pages;
        let until = progress.completed_at.unwrap_or(now);
        let duration = progress
            .started_at
            .map(|from| millis(from.duration_until(until)));
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
            current_batch: pages,
            total_batches: pages_in_all(&progress),
            records_per_second: progress
                .rate_milli(now)
                .map(|rate| format!("{}.{:03}", rate / 1000, rate % 1000)),
            estimated_seconds_remaining: (progress.status == SyncStatus::Running)
                .then(|| progress.remaining(now).as_ref().map(Duration::as_secs))
                .flatten(),
            started_at: progress.started_at,
            updated_at: row.updated_at,
            completed_at: progress.completed_at,
            duration_ms: duration,
            resume_checkpoint: row.checkpoint,
            errors: row.errors,
        }
    }
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
    progress.completed_at = row.completed_at;
    progress
}

/// Pages in all, guessed from how many records the pages so far had.
fn pages_in_all(progress: &StreamProgress) -> Option<u64> {
    if progress.status.is_final() {
        return Some(progress.pages);
    }
    let a_page = progress
        .counts
        .processed
        .checked_div(progress.pages)?
        .max(1);
    let left = progress.total?.saturating_sub(progress.counts.processed);
    Some(progress.pages + left.div_ceil(a_page))
}

fn millis(span: jiff::SignedDuration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(0)
}
