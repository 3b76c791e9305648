//! One run of a pipeline: what an earlier run left open first, then stream by stream.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use kit::{Chance, Clock, ListEntry, PostingId, StreamName};
use tokio::sync::{OnceCell, watch};
use tokio_util::sync::CancellationToken;

use super::control::Wish;
use super::daemon::Pipeline;
use super::desk::Awaited;
use super::error::RunError;
use super::lists;
use super::plan::Planner;
use super::post::Poster;
use super::progress::{Phase, Progress, StreamProgress};
use super::tripwire::Tripwire;
use crate::domain::{Checkpoint, Mapping, RunOptions, SyncId, SyncMode, SyncStatus};
use crate::store::Store;

/// Makes a pipeline's mapping from the lists of its books; the text says what does not fit.
pub type MakeMapping = dyn Fn(Vec<ListEntry>) -> Result<Arc<dyn Mapping>, String> + Send + Sync;

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
    /// Whether it goes on after it was interrupted.
    pub(super) resumed: bool,
    /// Where each stream then goes on.
    pub(super) checkpoints: HashMap<StreamName, Checkpoint>,
    pub(super) mapping: OnceCell<Arc<dyn Mapping>>,
    /// New documents whose day turned out to be closed (see `closed`).
    pub(super) closed: Mutex<Vec<PostingId>>,
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
        let awaited = poster.await_open(&open);
        let reading = async {
            let result = self.streams(&poster, awaited).await;
            poster.close();
            result
        };
        let ((), result) = tokio::join!(poster.run(open), reading);
        poster.take_error().map_or(result, Err)
    }

    async fn streams(
        &self,
        poster: &Poster<'_>,
        mut awaited: Vec<Awaited>,
    ) -> Result<(), RunError> {
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
            let reading = async {
                if self.options.retry {
                    return Ok(());
                }
                self.stream(poster, &sync, stream).await
            };
            // what was left open may be of this very stream, and counts before its end
            let open = self.left_open(poster, std::mem::take(&mut awaited));
            let mut result = tokio::try_join!(open, reading).map(|_| ());
            if result.is_ok() && stream == StreamName::Orders && self.sweeps() {
                result = self.sweep(poster, &sync).await;
            }
            if result.is_ok()
                && stream == StreamName::Orders
                && let Some(plan) = &self.options.plan
            {
                result = self.look_again(poster, &sync, plan).await;
            }
            if result.is_ok() && stream == StreamName::Orders {
                result = self.fees(poster, &sync).await;
            }
            if result.is_ok() {
                result = self.move_closed(poster, &sync).await;
            }
            if let Err(RunError::Crashed(_)) = &result {
                return result; // the dead write nothing
            }
            if result.is_ok() && self.resumed {
                self.recount_held(&sync, stream).await?;
            }
            self.end_stream(&sync, result.as_ref().err()).await?;
            result?;
        }
        if self.options.dry_run {
            return Ok(());
        }
        self.left_open(poster, awaited).await?;
        // what was released while the run was active
        self.released(poster).await
    }

    /// Whether all orders are looked at as well: once a night, and when everything is read anew.
    fn sweeps(&self) -> bool {
        !self.reads_a_part() && (self.options.sweep || self.options.full)
    }

    /// Whether the run leaves records out that a later one has to read.
    pub(super) fn reads_a_part(&self) -> bool {
        self.options.reads_a_part()
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
            let pipeline = self.pipeline;
            let entries = lists::current(self.store, pipeline, self.clock, self.chance).await?;
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

    pub(super) fn stream_progress(&self, sync: &SyncId) -> Option<StreamProgress> {
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

/// Whether a sync reads everything or only what is new.
pub(super) fn mode(options: &RunOptions) -> SyncMode {
    if options.full {
        SyncMode::Full
    } else {
        SyncMode::Incremental
    }
}
