//! Reads a stream page by page: plans, journals, posts. Pages overlap, so that the limiter never
//! idles; checkpoints are written in page order.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use kit::{Cursor, Page, StreamName, pages};
use tokio::sync::mpsc;

use super::error::RunError;
use super::plan;
use super::post::Poster;
use super::progress::Phase;
use super::run::Run;
use super::tripwire::Point;
use crate::domain::{Checkpoint, Counts, Recount, SyncError, SyncId, SyncStatus, cause};
use crate::store::{Commit, Journaled, ReadTo};

/// Pages on their way at the same time. A batch call may take 15 seconds (FACTS: QuickBooks §2), in
/// which the limiter admits some 400 postings: enough pages to keep it busy, few enough to be small.
const PAGES_IN_FLIGHT: usize = 8;

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
    /// Reads one stream from where it stands to its end.
    pub(super) async fn stream(
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
                malformed: &rejected,
            };
            self.store
                .journal_page(route, sync, &planned, Some(&read_to))
                .await?
        };
        if self.reads_a_part() {
            journaled.counts += besides;
            journaled.errors.extend(rejected);
        } else {
            journaled.errors.clear(); // they are noted
        }
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
        let books = &self.pipeline.books;
        books.note_reads(self.store, self.clock).await?;
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

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
