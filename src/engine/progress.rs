//! How far a run is, for everybody who watches.

use std::time::Duration;

use jiff::Timestamp;
use kit::StreamName;

use super::error::RunError;
use crate::domain::{BatchId, Counts, PipelineName, SyncId, SyncStatus};

/// What a stream is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not started yet.
    #[default]
    Waiting,
    /// Clears up what an earlier run left open.
    Resolving,
    /// Reads the lists of the books.
    Lists,
    /// Reads the store and posts.
    Syncing,
    /// Over.
    Done,
}

impl Phase {
    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Resolving => "resolving",
            Self::Lists => "lists",
            Self::Syncing => "syncing",
            Self::Done => "done",
        }
    }
}

/// How far one stream is.
#[derive(Clone, Debug)]
pub struct StreamProgress {
    /// The sync.
    pub sync: SyncId,
    /// The stream.
    pub stream: StreamName,
    /// Its status.
    pub status: SyncStatus,
    /// What it is doing.
    pub phase: Phase,
    /// The same in words.
    pub operation: String,
    /// How many records there are, as far as the store said.
    pub total: Option<u64>,
    /// How many records went where, of finished pages.
    pub counts: Counts,
    /// Documents and list objects posted so far, those of unfinished pages included.
    pub posted: u64,
    /// Pages finished.
    pub pages: u64,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub completed_at: Option<Timestamp>,
}

impl StreamProgress {
    /// A stream that has not started.
    pub fn new(sync: SyncId, stream: StreamName) -> Self {
        Self {
            sync,
            stream,
            status: SyncStatus::Queued,
            phase: Phase::Waiting,
            operation: String::new(),
            total: None,
            counts: Counts::default(),
            posted: 0,
            pages: 0,
            started_at: None,
            completed_at: None,
        }
    }

    /// Share of the records done, 0 to 100, where the total is known.
    pub fn percentage(&self) -> Option<u64> {
        if self.status.is_final() && self.status != SyncStatus::Failed {
            return Some(100);
        }
        let total = self.total?.max(self.counts.processed);
        (self.counts.processed * 100).checked_div(total)
    }

    /// Records a second since the start, in thousandths.
    pub fn rate_milli(&self, now: Timestamp) -> Option<u64> {
        let elapsed = Duration::try_from(
            self.started_at?
                .duration_until(self.completed_at.unwrap_or(now)),
        )
        .ok()?;
        let millis = u64::try_from(elapsed.as_millis()).ok()?.max(1);
        Some(self.counts.processed * 1_000_000 / millis)
    }

    /// About how long it still takes.
    pub fn remaining(&self, now: Timestamp) -> Option<Duration> {
        let left = self.total?.saturating_sub(self.counts.processed);
        let rate = self.rate_milli(now).filter(|rate| *rate > 0)?;
        Some(Duration::from_millis(left * 1_000_000 / rate))
    }
}

/// How far a run is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The run.
    pub batch: BatchId,
    /// Its pipeline.
    pub pipeline: PipelineName,
    /// Its status.
    pub status: SyncStatus,
    /// Its streams, in the order in which they are walked.
    pub streams: Vec<StreamProgress>,
    /// What ended it before its work was done.
    pub trouble: Option<RunError>,
}

impl Progress {
    /// Whether it did all of its work, though some records may be refused or held.
    pub fn ended_well(&self) -> bool {
        matches!(self.status, SyncStatus::Completed | SyncStatus::Partial)
    }
}
