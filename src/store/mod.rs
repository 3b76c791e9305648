//! Everything durable, in one database: SQLite by default, PostgreSQL for several daemons.
//!
//! One SQL text serves both (ENGINEERING "Store rules"). One invariant, one transaction, one method:
//! no transaction ever leaves this module, and none is open while anything else is waited for.
//! What is long (documents, records, call bodies) stands apart from what changes often.
//!
//! Rules of booking are not here; what becomes of a posting is decided by [`crate::domain::decide`].

mod audit;
mod calls;
mod detail;
mod ends;
mod error;
mod fees;
mod forms;
mod journal;
mod leases;
mod listing;
mod lists;
mod open;
mod pages;
mod papers;
mod plans;
mod postings;
mod reconcile;
mod references;
mod release;
mod replan;
mod runs;
mod settlement;
mod setups;
mod sql;
mod story;
mod sweep;
mod sync_errors;
mod syncs;
mod tokens;
mod views;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use kit::{Chance, Clock};
use sqlx::AnyPool;

pub use audit::AuditEntry;
pub use calls::{OpenCall, Sent};
pub use detail::{Attempt, PostingDetail};
pub use error::StoreError;
pub use fees::OrderFee;
pub use journal::{Change, ChangeKind, Journaled, PlannedRecord, ReadTo};
pub use leases::{Lease, LeaseRow};
pub use listing::{ListOrder, PostingFilter, PostingsPage};
pub use lists::RealmFacts;
pub use pages::{DocumentCount, FacetUse, Facets, JournalStamp};
pub use plans::{Approval, Plan, PlanAction, PlanChange, PlanEntry};
pub use postings::{HeldRecords, Loaded, Whereabouts};
pub use reconcile::{GroupBy, Reconciled, ReconciledDocument, Reconciliation, Term, Unreadable};
pub use release::Release;
pub use replan::{ReplanFilter, ReplanPage};
pub use runs::{BatchRow, NewBatch, Run, RunFilter};
pub use settlement::Settlement;
pub use story::{Chapter, Story};
pub use sweep::DELETED;
pub use syncs::{NewSync, SyncRow};
pub use tokens::Vault;
pub use views::{CauseGroup, PostingRow, StateCount};

/// Whether a compare-and-set took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Commit {
    /// It did, and is on disk.
    Done,
    /// Somebody else was faster; nothing was changed.
    LostRace,
}

/// Which database it is; the SQL is the same, the way to begin a writing transaction is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// One file, one writer.
    Sqlite,
    /// A server, several daemons.
    Postgres,
}

impl Dialect {
    /// How a transaction that writes begins.
    fn begin(self) -> &'static str {
        match self {
            // taken at once, since a reader that becomes a writer later can be refused
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// How a transaction begins of which the disk need not have confirmed the end.
    fn begin_unconfirmed(self) -> &'static str {
        match self {
            Self::Sqlite => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
            // many write at once there, and a flush serves them all
            Self::Postgres => "BEGIN",
        }
    }
}

/// The database. Clones share its connections.
#[derive(Clone)]
pub struct Store {
    writer: AnyPool,
    readers: AnyPool,
    dialect: Dialect,
    clock: Arc<dyn Clock>,
    chance: Arc<Chance>,
    /// The place in time that the newest id took, in milliseconds since 1970.
    last_id_at: Arc<AtomicI64>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}
