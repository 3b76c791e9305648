//! What QuickBooks refused since its day was closed after the lists were last read. Where the
//! configuration says that the first open day takes it, nobody has to be asked: the lists are read
//! again and it is planned once more, in the same run.

use std::collections::HashSet;
use std::sync::PoisonError;

use kit::PostingId;

use super::error::RunError;
use super::lists;
use super::post::Poster;
use super::progress::Phase;
use super::run::Run;
use crate::domain::{Counts, Posting, PostingState, Recount, SyncId};
use crate::store::{Loaded, PostingRow, Release};

/// Who releases it, in the audit trail.
const ACTOR: &str = "daybook";

impl Run<'_> {
    /// Notes what was refused so. What is in the books already keeps its day.
    pub(super) fn note_closed(&self, refused: &Loaded) {
        let Loaded { posting, link, .. } = refused;
        if link.is_none() && is_closed(posting) {
            let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
            closed.push(posting.id.clone());
        }
    }

    /// Plans it once more, if there is a closing date that the run did not know.
    pub(super) async fn move_closed(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
    ) -> Result<(), RunError> {
        let refused = {
            let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *closed)
        };
        if refused.is_empty() {
            return Ok(());
        }
        let known = self.mapping().await?;
        if !known.moves_closed() {
            return Ok(());
        }
        self.show(Phase::Lists, "reading the closing date of the books");
        let books = &self.pipeline.books;
        lists::refresh(self.store, books, self.clock, self.chance).await?;
        let entries = lists::kept(self.store, self.pipeline).await?;
        let mapping = (self.pipeline.make_mapping)(entries).map_err(RunError::Mapping)?;
        if mapping.open_from() == known.open_from() {
            return Ok(());
        }
        let pipeline = &self.pipeline.route.pipeline;
        let which = Release::Ids(refused.clone());
        self.store
            .release_held(&which, Some(pipeline), ACTOR)
            .await?;
        self.plan_released(poster, &mapping).await?;
        self.count_moved(sync, &refused).await
    }

    /// Counts as created what was counted as held until it had another day.
    async fn count_moved(&self, sync: &SyncId, ids: &[PostingId]) -> Result<(), RunError> {
        let rows = self.store.posting_rows(ids).await?;
        let posted = |row: &&PostingRow| row.state == PostingState::Posted;
        let records: HashSet<_> = rows
            .iter()
            .filter(posted)
            .map(|row| (row.source_kind, &row.source_id))
            .collect();
        let counted = self
            .stream_progress(sync)
            .map_or(0, |progress| progress.counts.held);
        let moved = u64::try_from(records.len()).unwrap_or(u64::MAX);
        let moved = moved.min(counted);
        let change = Recount {
            counted: Counts {
                held: moved,
                ..Counts::default()
            },
            counts: Counts {
                created: moved,
                ..Counts::default()
            },
        };
        self.store.recount(sync, &change).await?;
        self.change(sync, |progress, _| progress.counts.apply(&change));
        Ok(())
    }
}

fn is_closed(posting: &Posting) -> bool {
    let hold = posting.hold.as_ref();
    hold.is_some_and(|hold| hold.cause == "closed_period")
}
