//! The journal takes a page: drafts against postings and links, in one transaction.

mod enact;
mod plan;
mod read;
mod write;

use kit::{Money, PostingId, Record, StreamName};

use super::sql::ATTEMPTS;
use super::{Store, StoreError};
use crate::domain::{Counts, Draft, LinkKey, MapError, Route, SourceKind, SyncError, SyncId};
use plan::Plan;

/// A record with what its mapping made of it.
#[derive(Debug)]
pub struct PlannedRecord {
    /// The stream it came from.
    pub stream: StreamName,
    /// What it is.
    pub source_kind: SourceKind,
    /// The record as received.
    pub record: Record,
    /// Its postings, or why it cannot have any.
    pub plan: Result<Vec<Draft>, MapError>,
}

/// What a change does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Makes a document or list object.
    Create,
    /// Changes one that is in the books.
    Update,
    /// Voids one that is in the books.
    Void,
    /// Refers to something that is in the books already.
    Adopt,
    /// Waits for somebody.
    Hold,
    /// Cannot be booked: the record is malformed.
    Fail,
    /// Does not belong into the books.
    Exclude,
    /// Is in the books as wanted.
    Unchanged,
}

/// One posting that a record made or changed, for printing.
#[derive(Clone, Debug)]
pub struct Change {
    /// The record's id.
    pub record: String,
    /// The posting's key.
    pub key: LinkKey,
    /// The order's number, or a list object's name.
    pub number: String,
    /// What is done.
    pub what: ChangeKind,
    /// What the store says it amounts to.
    pub amount: Option<Money>,
    /// Why, where it is held, failed or excluded.
    pub reason: Option<String>,
}

/// What became of a page.
#[derive(Clone, Debug, Default)]
pub struct Journaled {
    /// What is to be sent for this page to be done: list objects first. Among them what was planned by
    /// earlier pages and is needed here.
    pub to_post: Vec<PostingId>,
    /// Records by what became of them; each is counted once.
    pub counts: Counts,
    /// Each posting's change.
    pub changes: Vec<Change>,
    /// What is held or malformed.
    pub errors: Vec<SyncError>,
}

impl Store {
    /// Takes a page into the journal, all of it or nothing. Repeating it changes nothing.
    pub async fn journal_page(
        &self,
        route: &Route,
        sync: &SyncId,
        page: &[PlannedRecord],
    ) -> Result<Journaled, StoreError> {
        for _ in 0..ATTEMPTS {
            match self.try_journal_page(route, sync, page).await {
                Ok(Some(journaled)) => return Ok(journaled),
                Ok(None) => {} // a posting changed meanwhile: look again
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Contended)
    }

    /// What [`Self::journal_page`] would do, without doing it. Ids in `to_post` of new postings mean
    /// nothing.
    pub async fn preview_page(
        &self,
        route: &Route,
        page: &[PlannedRecord],
    ) -> Result<Journaled, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let plan = self.plan_page(&mut connection, route, page).await?;
        Ok(plan.journaled)
    }

    async fn try_journal_page(
        &self,
        route: &Route,
        sync: &SyncId,
        page: &[PlannedRecord],
    ) -> Result<Option<Journaled>, StoreError> {
        let mut tx = self.begin().await?;
        let plan = self.plan_page(&mut tx, route, page).await?;
        let stamp = write::Stamp {
            route,
            sync,
            now: self.now(),
        };
        if !write::write(&mut tx, &stamp, &plan).await? {
            return Ok(None); // dropping `tx` rolls back
        }
        let waiting = read::queued_needs(&mut tx, route, &plan).await?;
        tx.commit().await?;
        Ok(Some(plan.finish(waiting)))
    }

    async fn plan_page<'p>(
        &self,
        connection: &mut sqlx::AnyConnection,
        route: &Route,
        page: &'p [PlannedRecord],
    ) -> Result<Plan<'p>, StoreError> {
        let existing = read::existing(connection, route, page).await?;
        let mut plan = Plan::new(existing);
        for record in page {
            plan.add(record, || PostingId::new(self.new_id()));
        }
        Ok(plan)
    }
}
