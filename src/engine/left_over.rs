//! What earlier runs left: calls without an outcome, postings that are queued still, and those that
//! waited for something.

use std::sync::Arc;

use kit::{PostingId, StreamName};

use super::desk::Awaited;
use super::error::RunError;
use super::lists;
use super::post::Poster;
use super::progress::Phase;
use super::run::Run;
use crate::domain::{Counts, Mapping, PostingState, SyncError, SyncId};
use crate::store::{OpenCall, ReplanFilter};

/// Left-over postings are picked up in portions of this size.
const PORTION: u32 = 200;

impl Run<'_> {
    /// What somebody released, planned anew against the books' lists as they are now: what was mended
    /// may stand in them.
    pub(super) async fn released(&self, poster: &Poster<'_>) -> Result<(), RunError> {
        let causes = self.store.released_causes(&self.pipeline.route).await?;
        if causes.is_empty() {
            return Ok(());
        }
        self.show(Phase::Resolving, "planning anew what was released");
        let books = &self.pipeline.books;
        lists::refresh(self.store, books, self.clock, self.chance).await?;
        let entries = lists::kept(self.store, self.pipeline).await?;
        let mapping = (self.pipeline.make_mapping)(entries).map_err(RunError::Mapping)?;
        self.plan_released(poster, &mapping).await
    }

    /// The same by a mapping that was made just now.
    pub(super) async fn plan_released(
        &self,
        poster: &Poster<'_>,
        mapping: &Arc<dyn Mapping>,
    ) -> Result<(), RunError> {
        let route = &self.pipeline.route;
        let Some(sync) = self.first_sync() else {
            return Ok(());
        };
        let causes = self.store.released_causes(route).await?;
        if causes.iter().any(|cause| cause == "form_mismatch") {
            poster.forgive_forms().await?;
        }
        self.store.requeue_released(route).await?;
        self.replan_all(poster, &sync, ReplanFilter::Released, mapping)
            .await
    }

    fn first_sync(&self) -> Option<SyncId> {
        let progress = self.progress.borrow();
        progress.streams.first().map(|first| first.sync.clone())
    }

    /// Postings that an earlier run queued, and those that waited for something that may be there now.
    pub(super) async fn left_over(&self, poster: &Poster<'_>) -> Result<(), RunError> {
        let mut before = Vec::new();
        loop {
            let left = self.queued().await?;
            // what stays queued all the same is left to the next run
            if left.is_empty() || left == before {
                break;
            }
            self.show(Phase::Resolving, "posting what an earlier run left");
            self.post(poster, &left).await?;
            before = left;
        }
        self.waiting(poster).await
    }

    /// Waits for what calls of an earlier run come to, and sends what of them did not take effect.
    pub(super) async fn left_open(
        &self,
        poster: &Poster<'_>,
        awaited: Vec<Awaited>,
    ) -> Result<(), RunError> {
        let states = poster.heard(awaited).await?;
        let queued = |state: PostingState| state == PostingState::Queued;
        let again: Vec<PostingId> = states
            .into_iter()
            .filter_map(|(id, state)| queued(state).then_some(id))
            .collect();
        self.post(poster, &again).await?;
        Ok(())
    }

    /// Postings that waited for something that may be there now.
    async fn waiting(&self, poster: &Poster<'_>) -> Result<(), RunError> {
        let route = &self.pipeline.route;
        let Some(sync) = self.first_sync() else {
            return Ok(());
        };
        let waiting = self
            .store
            .held_for_replan(route, ReplanFilter::ByItself, None)
            .await?;
        if waiting.records.is_empty() && waiting.days.is_empty() {
            return Ok(()); // and the lists of the books are not asked for
        }
        let mapping = self.mapping().await?;
        self.replan_all(poster, &sync, ReplanFilter::ByItself, &mapping)
            .await
    }

    async fn queued(&self) -> Result<Vec<PostingId>, RunError> {
        let pipeline = self.pipeline;
        let now = self.clock.now();
        let queued = self
            .store
            .queued(&pipeline.route, PORTION, now, pipeline.review);
        Ok(queued.await?)
    }

    async fn replan_all(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
        filter: ReplanFilter,
        mapping: &Arc<dyn Mapping>,
    ) -> Result<(), RunError> {
        let route = &self.pipeline.route;
        let mut after = None;
        loop {
            let page = self
                .store
                .held_for_replan(route, filter, after.as_ref())
                .await?;
            // a retry tells what is held still; what waits by itself was counted when it began to
            self.replan(poster, sync, page.records, &**mapping).await?;
            let held = self
                .count_days(poster, sync, &page.days, &**mapping)
                .await?;
            self.tell_of_days(sync, held).await?;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// The calls earlier runs of this pipeline left without an outcome. Those of other pipelines of
    /// the same books may be under way just now.
    pub(super) async fn open_calls(&self) -> Result<Vec<OpenCall>, RunError> {
        let mut own = Vec::new();
        for open in self.store.open_calls(&self.pipeline.books.realm).await? {
            let ids: Vec<_> = open
                .sent
                .iter()
                .take(1)
                .map(|sent| sent.posting.clone())
                .collect();
            let first = self.store.load(&ids).await?.into_iter().next();
            if first.is_some_and(|loaded| loaded.posting.route == self.pipeline.route) {
                own.push(open);
            }
        }
        Ok(own)
    }

    /// Plans records again that are in the journal already, and posts what comes of it; how many went
    /// where, and what of them is held.
    pub(super) async fn replan(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
        mut records: Vec<(StreamName, kit::Record)>,
        mapping: &dyn Mapping,
    ) -> Result<(Counts, Vec<SyncError>), RunError> {
        let mut counts = Counts::default();
        let mut errors = Vec::new();
        records.sort_by_key(|(stream, _)| *stream);
        for group in records.chunk_by(|(left, _), (right, _)| left == right) {
            let Some((stream, _)) = group.first() else {
                continue;
            };
            let records = group.iter().map(|(_, record)| record.clone()).collect();
            let planner = self.planner(mapping);
            let mut planned = planner.plan(*stream, records).await?;
            if *stream == StreamName::Orders {
                planned.append(&mut planner.refunds(&planned).await?);
            }
            let route = &self.pipeline.route;
            let mut journaled = self.store.journal_page(route, sync, &planned, None).await?;
            let states = self.post(poster, &journaled.to_post).await?;
            let (changes, of_page) = (&journaled.changes, &mut journaled.counts);
            self.count_held(changes, &states, of_page, &mut journaled.errors)
                .await?;
            counts += journaled.counts;
            errors.append(&mut journaled.errors);
        }
        Ok((counts, errors))
    }
}
