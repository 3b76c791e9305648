//! One run of a pipeline: what an earlier run left open first, then stream by stream, page by page.
//! Pages overlap, so that the limiter never idles; checkpoints are written in page order.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use kit::{Chance, Clock, Cursor, ListEntry, Page, PostingId, StreamName, pages};
use tokio::sync::{OnceCell, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::control::Wish;
use super::daemon::Pipeline;
use super::error::RunError;
use super::lists;
use super::plan::{self, Planner};
use super::post::Poster;
use super::progress::{Phase, Progress, StreamProgress};
use super::tripwire::{Point, Tripwire};
use crate::domain::{
    Checkpoint, Counts, Mapping, Recount, RunOptions, SyncError, SyncId, SyncMode, SyncStatus,
    cause,
};
use crate::store::{Commit, Journaled, OpenCall, ReadTo, ReplanFilter, Store};

/// Makes a pipeline's mapping from the lists of its books; the text says what does not fit.
pub type MakeMapping = dyn Fn(Vec<ListEntry>) -> Result<Arc<dyn Mapping>, String> + Send + Sync;

/// Pages on their way at the same time. A batch call may take 15 seconds (FACTS: QuickBooks §2), in
/// which the limiter admits some 400 postings: enough pages to keep it busy, few enough to be small.
const PAGES_IN_FLIGHT: usize = 8;
/// Left-over postings are picked up in portions of this size.
const PORTION: u32 = 200;

/// What a run needs to know.
pub(super) struct Run<'a> {
    pub(super) store: &'a Store,
    pub(super) clock: &'a dyn Clock,
    pub(super) chance: &'a Chance,
    pub(super) trip: &'a Tripwire,
    pub(super) pipeline: &'a Pipeline,
    pub(super) options: &'a RunOptions,
    pub(super) stop: CancellationToken,
    pub(super) wish: &'a Wish,
    pub(super) progress: &'a watch::Sender<Progress>,
    /// Where each stream goes on, where the run was interrupted.
    pub(super) checkpoints: HashMap<StreamName, Checkpoint>,
    pub(super) mapping: OnceCell<Arc<dyn Mapping>>,
}

/// How far the reading of a stream is.
struct Reading {
    /// Records read.
    read: AtomicU64,
    /// Records that may still be read.
    left: AtomicU64,
}

/// A page as it was read.
struct PageRead<'p> {
    stream: StreamName,
    records: Vec<kit::Record>,
    rejected: Vec<SyncError>,
    /// Behind it.
    next: &'p Cursor,
}

/// A page whose postings are in the journal.
struct JournaledPage {
    next: Cursor,
    last_id: Option<String>,
    total: Option<u64>,
    journaled: Journaled,
}

/// A page whose postings all have an outcome.
struct FinishedPage {
    next: Cursor,
    last_id: Option<String>,
    total: Option<u64>,
    counts: Recount,
    errors: Vec<SyncError>,
}

impl Run<'_> {
    /// Does the whole run. Whatever ends it early, the checkpoints written so far are right.
    pub(super) async fn work(&self) -> Result<(), RunError> {
        let books = &self.pipeline.books;
        let poster = Poster::new(
            self.store,
            books,
            self.clock,
            self.chance,
            self.trip,
            self.stop.clone(),
        );
        let open = if self.options.dry_run {
            Vec::new()
        } else {
            self.open_calls().await?
        };
        let reading = async {
            let result = self.streams(&poster).await;
            poster.close();
            result
        };
        let ((), result) = tokio::join!(poster.run(open), reading);
        poster.take_error().map_or(result, Err)
    }

    async fn streams(&self, poster: &Poster<'_>) -> Result<(), RunError> {
        if !self.options.dry_run {
            self.released(poster).await?;
            self.left_over(poster).await?;
        }
        let streams: Vec<StreamProgress> = self.progress.borrow().streams.clone();
        for StreamProgress {
            sync,
            stream,
            status,
            ..
        } in streams
        {
            if status.is_final() {
                continue;
            }
            let mut result = if self.options.retry {
                Ok(())
            } else {
                self.stream(poster, &sync, stream).await
            };
            if result.is_ok() && stream == StreamName::Orders && self.sweeps() {
                result = self.sweep(poster, &sync).await;
            }
            if result.is_ok() && stream == StreamName::Orders {
                result = self.fees(poster, &sync).await;
            }
            if let Err(RunError::Crashed(_)) = &result {
                return result; // the dead write nothing
            }
            self.end_stream(&sync, result.as_ref().err()).await?;
            result?;
        }
        if self.options.dry_run {
            return Ok(());
        }
        // what was released while the run was active
        self.released(poster).await
    }

    /// What somebody released, planned anew against the books' lists as they are now: what was mended
    /// may stand in them.
    async fn released(&self, poster: &Poster<'_>) -> Result<(), RunError> {
        let route = &self.pipeline.route;
        let Some(sync) = self.first_sync() else {
            return Ok(());
        };
        let causes = self.store.released_causes(route).await?;
        if causes.is_empty() {
            return Ok(());
        }
        self.show(Phase::Resolving, "planning anew what was released");
        let books = &self.pipeline.books;
        lists::refresh(self.store, books, self.clock, self.chance).await?;
        let entries = lists::kept(self.store, books).await?;
        let mapping = (self.pipeline.make_mapping)(entries).map_err(RunError::Mapping)?;
        if causes.iter().any(|cause| cause == "form_mismatch") {
            poster.forgive_forms().await?;
        }
        self.store.requeue_released(route).await?;
        self.replan_all(poster, &sync, ReplanFilter::Released, &mapping)
            .await
    }

    fn first_sync(&self) -> Option<SyncId> {
        let progress = self.progress.borrow();
        progress.streams.first().map(|first| first.sync.clone())
    }

    /// Postings that an earlier run queued, and those that waited for something that may be there now.
    async fn left_over(&self, poster: &Poster<'_>) -> Result<(), RunError> {
        let mut before = Vec::new();
        let mut states = HashMap::new();
        loop {
            let left = self.queued().await?;
            // what stays queued all the same is left to the next run
            if left.is_empty() || left == before {
                break;
            }
            self.show(Phase::Resolving, "posting what an earlier run left");
            states.extend(self.post(poster, &left).await?);
            before = left;
        }
        self.waiting(poster).await?;
        // what only waited for its neighbours has been posted by now
        self.recount_held(&states).await
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
            self.replan(poster, sync, page.records, &**mapping).await?;
            self.count_days(poster, sync, &page.days, &**mapping)
                .await?;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// The calls earlier runs of this pipeline left without an outcome. Those of other pipelines of
    /// the same books may be under way just now.
    async fn open_calls(&self) -> Result<Vec<OpenCall>, RunError> {
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

    /// Plans records again that are in the journal already, and posts what comes of it.
    pub(super) async fn replan(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
        mut records: Vec<(StreamName, kit::Record)>,
        mapping: &dyn Mapping,
    ) -> Result<(), RunError> {
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
            let journaled = self.store.journal_page(route, sync, &planned, None).await?;
            self.post(poster, &journaled.to_post).await?;
        }
        Ok(())
    }

    /// Reads one stream from where it stands to its end.
    async fn stream(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
        stream: StreamName,
    ) -> Result<(), RunError> {
        let resumed = self.checkpoints.get(&stream);
        let from = match resumed {
            Some(checkpoint) if self.reads_a_part() => checkpoint.cursor.clone(),
            None if self.options.full => Cursor::default(),
            Some(_) | None => self.store.cursor(&self.pipeline.route, stream).await?,
        };
        self.store
            .set_sync_status(sync, SyncStatus::Running, None)
            .await?;
        self.change(sync, |progress, now| {
            progress.status = SyncStatus::Running;
            progress.phase = Phase::Syncing;
            progress.started_at = progress.started_at.or(Some(now));
            progress.completed_at = None;
            progress.pace.note(now, progress.counts.processed);
            progress.operation = format!("reading {stream}");
        });
        let reading = Reading {
            read: AtomicU64::new(0),
            left: AtomicU64::new(self.options.limit.unwrap_or(u64::MAX)),
        };
        let mut pages: BoxStream<'_, _> = pages(&*self.pipeline.source, stream, from)
            .take_while(|_| std::future::ready(reading.left.load(Relaxed) > 0))
            .map_err(RunError::source)
            .and_then(|page| self.journal_page(sync, stream, page, &reading).boxed())
            .map(|page| self.finish_page(poster, page).boxed())
            .buffered(PAGES_IN_FLIGHT)
            .boxed();
        let (sender, finished) = mpsc::unbounded_channel();
        // beside each other: a page that is not polled while a checkpoint waits for the database may
        // be the one that holds its connection
        let working = async move {
            while let Some(page) = pages.next().await {
                let _ = sender.send(page?); // nobody listens only once the other side has failed
            }
            Ok(())
        };
        let number = resumed.map_or(0, |checkpoint| checkpoint.page);
        let saving = self.save_checkpoints(poster, sync, stream, number, finished);
        tokio::try_join!(working, saving).map(|_| ())
    }

    async fn save_checkpoints(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
        stream: StreamName,
        mut number: u64,
        mut finished: mpsc::UnboundedReceiver<FinishedPage>,
    ) -> Result<(), RunError> {
        let row = self.store.sync(sync).await?;
        let (mut version, saved) =
            row.map_or((0, None), |row| (row.checkpoint_version, row.checkpoint));
        let mut last_id = saved.and_then(|checkpoint| checkpoint.last_entity_id);
        while let Some(mut page) = finished.recv().await {
            number += 1;
            // an empty page comes after the last record, and does not undo it
            last_id = page.last_id.take().or(last_id);
            page.last_id.clone_from(&last_id);
            version = self
                .checkpoint(poster, sync, stream, version, number, page)
                .await?;
            self.trip.at(Point::Checkpointed)?;
        }
        Ok(())
    }

    /// Plans a page and writes it to the journal; called in page order.
    async fn journal_page(
        &self,
        sync: &SyncId,
        stream: StreamName,
        mut page: Page,
        reading: &Reading,
    ) -> Result<JournaledPage, RunError> {
        if self.stop.is_cancelled() {
            return Err(RunError::Stopped);
        }
        self.trip.at(Point::PageRead)?;
        let left = reading.left.load(Relaxed);
        page.records
            .truncate(usize::try_from(left).unwrap_or(usize::MAX));
        reading.left.fetch_sub(count(page.records.len()), Relaxed);
        let seen = count(page.records.len() + page.rejected.len());
        let before = reading.read.fetch_add(seen, Relaxed);
        let total = page.remaining.map(|remaining| before + remaining);
        let last_id = page.records.last().map(|record| record.id.clone());
        let rejected = page.rejected.into_iter().map(malformed).collect();
        let read = PageRead {
            stream,
            records: page.records,
            rejected,
            next: &page.next,
        };
        let journaled = self.journal_records(sync, read).await?;
        self.trip.at(Point::Journaled)?;
        Ok(JournaledPage {
            next: page.next,
            last_id,
            total,
            journaled,
        })
    }

    /// Whether all orders are looked at as well: once a night, and when everything is read anew.
    fn sweeps(&self) -> bool {
        !self.reads_a_part() && (self.options.sweep || self.options.full)
    }

    /// Whether the run leaves records out that a later one has to read.
    fn reads_a_part(&self) -> bool {
        let options = self.options;
        options.dry_run
            || options.retry
            || options.limit.is_some()
            || options.since.is_some()
            || options.until.is_some()
    }

    async fn journal_records(
        &self,
        sync: &SyncId,
        page: PageRead<'_>,
    ) -> Result<Journaled, RunError> {
        let PageRead {
            stream,
            mut records,
            rejected,
            next,
        } = page;
        let route = &self.pipeline.route;
        let known: Vec<_> = records
            .iter()
            .map(|record| (record.id.clone(), record.fingerprint.clone()))
            .collect();
        let settled = self
            .store
            .settled(route, plan::source_kind(stream), &known)
            .await?;
        if !self.options.full {
            records.retain(|record| !settled.contains(&record.id));
        }
        let mut planned = Vec::new();
        let mut refunds = Vec::new();
        if !records.is_empty() {
            let mapping = self.mapping().await?;
            let planner = self.planner(&*mapping);
            planned = planner.plan(stream, records).await?;
            if stream == StreamName::Orders {
                refunds = planner.refunds(&planned).await?;
            }
        }
        let skipped = known.len() - planned.len(); // unchanged, or outside the span that was asked for
        planned.append(&mut refunds);
        let besides = Counts {
            processed: count(skipped + rejected.len()),
            skipped: count(skipped),
            failed: count(rejected.len()),
            ..Counts::default()
        };
        let mut journaled = if self.options.dry_run {
            self.store.preview_page(route, &planned).await?
        } else if self.reads_a_part() {
            self.store.journal_page(route, sync, &planned, None).await?
        } else {
            let read_to = ReadTo {
                stream,
                cursor: next,
                besides,
            };
            self.store
                .journal_page(route, sync, &planned, Some(&read_to))
                .await?
        };
        if self.reads_a_part() {
            journaled.counts += besides;
        }
        journaled.errors.extend(rejected);
        Ok(journaled)
    }

    /// Posts what a page brought and counts what became of it.
    async fn finish_page(
        &self,
        poster: &Poster<'_>,
        page: Result<JournaledPage, RunError>,
    ) -> Result<FinishedPage, RunError> {
        let JournaledPage {
            next,
            last_id,
            total,
            journaled,
        } = page?;
        let Journaled {
            to_post,
            mut counts,
            mut errors,
            changes,
        } = journaled;
        let counted = if self.reads_a_part() {
            Counts::default()
        } else {
            counts // with the cursor
        };
        if !self.options.dry_run {
            let states = self.post(poster, &to_post).await?;
            self.count_held(&changes, &states, &mut counts, &mut errors)
                .await?;
        }
        Ok(FinishedPage {
            next,
            last_id,
            total,
            counts: Recount { counted, counts },
            errors,
        })
    }

    /// Counts a finished page and moves the checkpoint past it.
    async fn checkpoint(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
        stream: StreamName,
        version: i64,
        number: u64,
        page: FinishedPage,
    ) -> Result<i64, RunError> {
        let checkpoint = Checkpoint {
            entity_type: stream,
            page: number,
            last_entity_id: page.last_id,
            timestamp: self.clock.now(),
            cursor: page.next,
        };
        if !page.errors.is_empty() {
            self.store.add_sync_errors(sync, &page.errors).await?;
        }
        let saved = self
            .store
            .save_checkpoint(sync, version, &checkpoint, &page.counts, page.total)
            .await?;
        if saved == Commit::LostRace {
            return Err(RunError::LeaseLost);
        }
        self.change(sync, |progress, now| {
            progress.counts += page.counts.counts;
            progress.pace.note(now, progress.counts.processed);
            progress.total = page.total.max(progress.total);
            progress.pages = number;
            progress.posted = poster.posted();
            progress.operation = format!("page {number} of {stream} is done");
        });
        Ok(version + 1)
    }

    async fn end_stream(&self, sync: &SyncId, error: Option<&RunError>) -> Result<(), RunError> {
        let counts = self
            .stream_progress(sync)
            .map(|progress| progress.counts)
            .unwrap_or_default();
        let status = match error {
            None if counts.failed + counts.held > 0 => SyncStatus::Partial,
            None => SyncStatus::Completed,
            Some(RunError::Stopped) => self.wish.status(),
            Some(RunError::LeaseLost) => SyncStatus::Interrupted,
            Some(_) => SyncStatus::Failed,
        };
        let wanted = matches!(status, SyncStatus::Paused | SyncStatus::Cancelled);
        let error = error.filter(|_| !wanted);
        let text = error.map(ToString::to_string);
        self.store
            .set_sync_status(sync, status, text.as_deref())
            .await?;
        self.change(sync, |progress, now| {
            progress.status = status;
            progress.phase = Phase::Done;
            progress.completed_at = Some(now);
            progress.operation = match error {
                Some(error) => error.to_string(),
                None if wanted => status.to_string(),
                None => "done".to_owned(),
            };
        });
        Ok(())
    }

    /// The mapping, made from the lists of the books when it is first needed: a run that finds
    /// nothing new asks the books for nothing.
    pub(super) async fn mapping(&self) -> Result<Arc<dyn Mapping>, RunError> {
        let make = || async {
            self.show(Phase::Lists, "reading the lists of the books");
            let books = &self.pipeline.books;
            let entries = lists::current(self.store, books, self.clock, self.chance).await?;
            let mapping = (self.pipeline.make_mapping)(entries).map_err(RunError::Mapping)?;
            self.show(Phase::Syncing, "mapping");
            Ok::<_, RunError>(mapping)
        };
        tokio::select! {
            biased;
            mapping = self.mapping.get_or_try_init(make) => mapping.cloned(),
            // nothing is lost by it: lists are read again
            () = self.stop.cancelled() => Err(RunError::Stopped),
        }
    }

    pub(super) fn planner<'p>(&'p self, mapping: &'p dyn Mapping) -> Planner<'p> {
        Planner {
            store: self.store,
            mapping,
            route: &self.pipeline.route,
            options: self.options,
        }
    }

    fn stream_progress(&self, sync: &SyncId) -> Option<StreamProgress> {
        self.progress
            .borrow()
            .streams
            .iter()
            .find(|stream| stream.sync == *sync)
            .cloned()
    }

    pub(super) fn change(
        &self,
        sync: &SyncId,
        change: impl FnOnce(&mut StreamProgress, jiff::Timestamp),
    ) {
        let now = self.clock.now();
        self.progress.send_modify(|progress| {
            if let Some(stream) = progress
                .streams
                .iter_mut()
                .find(|stream| stream.sync == *sync)
            {
                change(stream, now);
            }
        });
    }

    /// Shows what the run does before or between streams, on the first that is not over.
    pub(super) fn show(&self, phase: Phase, operation: &str) {
        self.progress.send_modify(|progress| {
            let open = progress
                .streams
                .iter_mut()
                .find(|stream| !stream.status.is_final());
            if let Some(stream) = open {
                stream.phase = phase;
                operation.clone_into(&mut stream.operation);
            }
        });
    }
}

/// A record that could not even be read.
fn malformed(rejected: kit::RejectedRecord) -> SyncError {
    let code = "malformed_record";
    SyncError {
        record: rejected.place,
        cause: code.to_owned(),
        reason: rejected.reason,
        remedy: cause(code).map_or(String::new(), |cause| cause.remedy.to_owned()),
    }
}

/// Whether a sync reads everything or only what is new.
pub(super) fn mode(options: &RunOptions) -> SyncMode {
    if options.full {
        SyncMode::Full
    } else {
        SyncMode::Incremental
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
