//! The journal takes a page: drafts against postings and links, in one transaction.

mod enact;
mod plan;
mod read;
mod write;

use kit::{Cursor, Money, PostingId, Record, StreamName};

use super::sql::ATTEMPTS;
use super::syncs::{move_cursor, recount};
use super::{Store, StoreError};
use crate::domain::{
    Counts, Draft, LinkKey, MapError, Recount, Route, SourceKind, SyncError, SyncId,
};
pub(in crate::store) use enact::fingerprint_of;
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
    /// Planned because a record it belongs to was: the refund of an order. It is counted only where it
    /// waits for somebody by that.
    pub follows: bool,
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
    /// The record is planned because one it belongs to was, and is counted only where it waits.
    pub follows: bool,
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

/// How far a stream is read for good once a page is in the journal.
#[derive(Clone, Copy, Debug)]
pub struct ReadTo<'c> {
    /// The stream.
    pub stream: StreamName,
    /// Behind the page.
    pub cursor: &'c Cursor,
    /// Records of the page that are not planned: unchanged or malformed ones.
    pub besides: Counts,
    /// What is wrong with the malformed ones.
    pub malformed: &'c [SyncError],
}

impl Store {
    /// Takes a page into the journal, all of it or nothing. With `read_to` its records are counted, what
    /// is wrong with them is noted, and the cursor is moved behind it: it need never be read again, since what it brought is posted
    /// from the journal. Repeating it changes no posting.
    pub async fn journal_page(
        &self,
        route: &Route,
        sync: &SyncId,
        page: &[PlannedRecord],
        read_to: Option<&ReadTo<'_>>,
    ) -> Result<Journaled, StoreError> {
        for _ in 0..ATTEMPTS {
            match self.try_journal_page(route, sync, page, read_to).await {
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
        read_to: Option<&ReadTo<'_>>,
    ) -> Result<Option<Journaled>, StoreError> {
        let mut tx = self.begin().await?;
        let Some(journaled) = self
            .journal_into(&mut tx, route, sync, page, read_to)
            .await?
        else {
            return Ok(None); // dropping `tx` rolls back
        };
        tx.commit().await?;
        Ok(Some(journaled))
    }

    /// The same inside a transaction; `None`: a posting changed meanwhile, and all of it must be taken
    /// back.
    pub(super) async fn journal_into(
        &self,
        connection: &mut sqlx::AnyConnection,
        route: &Route,
        sync: &SyncId,
        page: &[PlannedRecord],
        read_to: Option<&ReadTo<'_>>,
    ) -> Result<Option<Journaled>, StoreError> {
        let plan = self.plan_page(connection, route, page).await?;
        let stamp = write::Stamp {
            route,
            sync,
            now: self.now(),
        };
        if !write::write(connection, &stamp, &plan).await? {
            return Ok(None);
        }
        let waiting = read::queued_needs(connection, route, &plan).await?;
        let mut journaled = plan.finish(waiting);
        if let Some(read_to) = read_to {
            journaled.counts += read_to.besides;
            journaled.errors.extend_from_slice(read_to.malformed);
            // with the cursor, since nobody reads the page again to find them
            let errors = &journaled.errors;
            if !super::sync_errors::add(connection, sync, errors, stamp.now).await? {
                return Ok(None);
            }
            let (stream, cursor) = (read_to.stream, read_to.cursor);
            move_cursor(connection, route, stream, sync, cursor, stamp.now).await?;
            recount(connection, sync, &Recount::new(journaled.counts), stamp.now).await?;
        }
        Ok(Some(journaled))
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
