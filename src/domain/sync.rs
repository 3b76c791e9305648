//! Runs and their streams.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use kit::{Cursor, StreamName};
use serde::{Deserialize, Serialize};

/// Where a run, or one stream of it, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncStatus {
    /// Waits for its turn.
    Queued,
    /// At work.
    Running,
    /// Stopped by a person, to go on later.
    Paused,
    /// Done, everything posted or excluded.
    Completed,
    /// Done, but some records were refused or are held.
    Partial,
    /// Ended by trouble with a connection or the database.
    Failed,
    /// The process ended meanwhile; goes on by itself at the next start.
    Interrupted,
    /// Ended by a person.
    Cancelled,
}

/// A run's status has the same words as its streams'.
pub type BatchStatus = SyncStatus;

impl SyncStatus {
    /// All statuses.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Running,
        Self::Paused,
        Self::Completed,
        Self::Partial,
        Self::Failed,
        Self::Interrupted,
        Self::Cancelled,
    ];

    /// The name used in tables, JSON and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
        }
    }

    /// The sign that stands before the name, so that no colour tells alone.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Queued => "○",
            Self::Running => "◔",
            Self::Paused | Self::Interrupted => "‖",
            Self::Completed => "✓",
            Self::Partial => "▲",
            Self::Failed => "!",
            Self::Cancelled => "–",
        }
    }

    /// Whether it is over for good.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Partial | Self::Failed | Self::Cancelled
        )
    }

    /// Whether nobody works on it: over for good, or stopped to go on later.
    pub fn is_at_rest(self) -> bool {
        self.is_final() || matches!(self, Self::Paused | Self::Interrupted)
    }
}

impl fmt::Display for SyncStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SyncStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| {
                let known: Vec<_> = Self::ALL.iter().map(|status| status.as_str()).collect();
                format!("`{text}` is not a status: use one of {}", known.join(", "))
            })
    }
}

/// Whether a sync reads from its cursor or from the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    /// From the cursor.
    #[default]
    Incremental,
    /// From the beginning; what is unchanged stays untouched.
    Full,
}

impl SyncMode {
    /// The name used in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incremental => "incremental",
            Self::Full => "full",
        }
    }
}

/// Who asked for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The schedule.
    Schedule,
    /// The command line.
    Command,
    /// The HTTP API or a page.
    Api,
    /// A webhook of the store.
    Webhook,
    /// An interrupted run that goes on.
    Resume,
}

impl Trigger {
    /// The name used in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Command => "command",
            Self::Api => "api",
            Self::Webhook => "webhook",
            Self::Resume => "resume",
        }
    }
}

/// What a run was asked to do.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is asked for on its own"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunOptions {
    /// Only these streams; empty: all of the pipeline.
    pub streams: Vec<StreamName>,
    /// From the beginning instead of from the cursor.
    pub full: bool,
    /// Read and map, but journal and send nothing.
    pub dry_run: bool,
    /// At most so many records a stream.
    pub limit: Option<u64>,
    /// Only records whose day of the books is not earlier.
    pub since: Option<Date>,
    /// Only records whose day of the books is not later.
    pub until: Option<Date>,
    /// Plan again and send what somebody released, and read nothing.
    pub retry: bool,
    /// Look at all orders of the open period as well, for what no stamp shows.
    pub sweep: bool,
    /// Look at the orders of this plan as well, as they are at this moment.
    pub plan: Option<String>,
}

impl RunOptions {
    /// Whether such a run leaves records out that a later one has to read.
    pub fn reads_a_part(&self) -> bool {
        self.dry_run
            || self.retry
            || self.limit.is_some()
            || self.since.is_some()
            || self.until.is_some()
    }
}

/// How many records went where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Records seen.
    pub processed: u64,
    /// Records that made at least one new document or list object.
    pub created: u64,
    /// Records whose documents were changed or voided.
    pub updated: u64,
    /// Records that needed nothing: unchanged or excluded.
    pub skipped: u64,
    /// Malformed records.
    pub failed: u64,
    /// Records with a held posting.
    pub held: u64,
}

impl Counts {
    /// Counts records otherwise than before.
    pub fn apply(&mut self, change: &Recount) {
        let Recount { counted, counts } = change;
        let moved = |of: u64, from: u64, to: u64| (of + to).saturating_sub(from);
        self.processed = moved(self.processed, counted.processed, counts.processed);
        self.created = moved(self.created, counted.created, counts.created);
        self.updated = moved(self.updated, counted.updated, counts.updated);
        self.skipped = moved(self.skipped, counted.skipped, counts.skipped);
        self.failed = moved(self.failed, counted.failed, counts.failed);
        self.held = moved(self.held, counted.held, counts.held);
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.processed += other.processed;
        self.created += other.created;
        self.updated += other.updated;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.held += other.held;
    }
}

/// How records are counted that were perhaps counted before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recount {
    /// How they are counted so far: not at all, or as planned.
    pub counted: Counts,
    /// How they count now.
    pub counts: Counts,
}

impl Recount {
    /// Records that were not counted yet.
    pub fn new(counts: Counts) -> Self {
        Self {
            counted: Counts::default(),
            counts,
        }
    }

    /// Where `records` are held, of them `new` ones that are not in the books, and fewer count as held:
    /// the others count as what they were to become.
    pub fn held(counts: &Counts, records: u64, new: u64) -> Self {
        let missing = records.saturating_sub(counts.held);
        let created = missing.min(new).min(counts.created);
        let updated = (missing - created).min(counts.updated);
        // a page that was read once more, since only a part was to be read, found them unchanged
        let skipped = (missing - created - updated).min(counts.skipped);
        Self {
            counted: Counts {
                created,
                updated,
                skipped,
                ..Counts::default()
            },
            counts: Counts {
                held: created + updated + skipped,
                ..Counts::default()
            },
        }
    }
}

/// From where a sync goes on: the JSON in `sync_state.resume_checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Checkpoint {
    /// The stream.
    #[schema(value_type = String)]
    pub entity_type: StreamName,
    /// Pages read so far, for people.
    pub page: u64,
    /// The last record read, for people.
    pub last_entity_id: Option<String>,
    /// When this was written.
    pub timestamp: Timestamp,
    /// From where to read on: what resumes.
    #[schema(value_type = String)]
    pub cursor: Cursor,
}

/// One thing that went wrong in a sync, as `errors[]` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SyncError {
    /// Which record, by number or id; empty where it concerns the whole stream.
    pub record: String,
    /// The stable code.
    pub cause: String,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}
