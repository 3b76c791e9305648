//! How a run is done to its end, whatever that is, and how the end is written.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{OnceCell, watch};
use tokio_util::sync::CancellationToken;

use super::control::Wish;
use super::daemon::{Engine, Health, Pipeline};
use super::error::{RunError, Side};
use super::lease;
use super::progress::{Phase, Progress, StreamProgress};
use super::run::Run;
use super::start::Prepared;
use crate::domain::{BatchId, RunOptions, SyncStatus};
use crate::store::{Commit, Lease};

impl Engine {
    /// Does a run to its end, whatever that is, and writes how it ended.
    pub(super) async fn drive(
        &self,
        pipeline: &Pipeline,
        prepared: Prepared,
        lease: &Lease,
        progress: &watch::Sender<Progress>,
        stop: CancellationToken,
        wish: Wish,
    ) {
        let over = CancellationToken::new();
        let run = Run {
            store: &self.store,
            clock: &*self.clock,
            chance: &self.chance,
            trip: &self.trip,
            pipeline,
            options: &prepared.options,
            stop: stop.clone(),
            wish: &wish,
            progress,
            resumed: prepared.resumed,
            checkpoints: prepared.checkpoints,
            mapping: OnceCell::new(),
            closed: Mutex::default(),
        };
        let working = async {
            let result = run.work().await;
            over.cancel();
            result
        };
        let keeping = async {
            let kept =
                lease::keep(&self.store, lease.clone(), self.lease, &*self.clock, &over).await;
            if kept.is_err() {
                stop.cancel();
            }
            kept
        };
        let (worked, kept) = tokio::join!(working, keeping);
        let result = kept.and(worked);
        if let Err(RunError::Crashed(_)) = result {
            return; // the dead write nothing
        }
        let mut trouble = result.err();
        let status = ended_as(trouble.as_ref(), &progress.borrow(), wish.close());
        // a run that was stopped says nothing about the connections
        self.note_health(pipeline, &prepared.options, trouble.as_ref());
        if matches!(status, SyncStatus::Paused | SyncStatus::Cancelled) {
            trouble = None; // somebody wanted it so
        }
        let written = self
            .write_end(pipeline, &prepared.batch, status, trouble.as_ref(), lease)
            .await;
        if let Err(error) = written {
            tracing::error!(batch.id = %prepared.batch, "the end of run {} could not be written: {error}", prepared.batch);
        }
        // no longer active before anybody who waits for the end can see it
        self.no_longer_active(&pipeline.name, progress);
        progress.send_modify(|progress| {
            progress.status = status;
            progress.trouble = trouble;
            if matches!(status, SyncStatus::Paused | SyncStatus::Cancelled) {
                let open = progress.streams.iter_mut();
                for stream in open.filter(|stream| !stream.status.is_final()) {
                    stream.status = status;
                    stream.phase = Phase::Done;
                }
            }
        });
    }

    async fn write_end(
        &self,
        pipeline: &Pipeline,
        batch: &BatchId,
        status: SyncStatus,
        trouble: Option<&RunError>,
        lease: &Lease,
    ) -> Result<(), RunError> {
        match trouble {
            None => {
                tracing::info!(batch.id = %batch, "run {batch} is {status}");
            }
            Some(RunError::Stopped) => {
                tracing::info!(batch.id = %batch, "run {batch} was stopped and will go on");
            }
            Some(error) => {
                let remedy = error.remedy();
                tracing::error!(batch.id = %batch, "run {batch} is {status}: {error}; {remedy}");
            }
        }
        let text = trouble.map(ToString::to_string);
        let owner = self.owner.as_str();
        let finished = self
            .store
            .finish_batch(batch, owner, status, text.as_deref())
            .await;
        match finished {
            Ok(Commit::Done) => self.note_learned(pipeline).await,
            Ok(Commit::LostRace) => {
                tracing::info!(batch.id = %batch, "another process goes on with run {batch}");
            }
            Err(_) => {} // said by the caller, who may look for the run once the lease is back
        }
        self.give_back(lease).await?;
        finished.map(drop).map_err(RunError::from)
    }

    /// Writes what the run found out about its books' limits. The next run does without it, too.
    async fn note_learned(&self, pipeline: &Pipeline) {
        let books = &pipeline.books;
        let rate = i64::from(books.limiter.learned().rate_permille);
        if let Err(error) = self.store.set_rate_permille(&books.realm, rate).await {
            tracing::warn!("the rate that the books take could not be written: {error}");
        }
        if let Err(error) = books.note_reads(&self.store, &*self.clock).await {
            tracing::warn!("the count of metered reads could not be written: {error}");
        }
    }

    /// Remembers how both connections fared.
    fn note_health(&self, pipeline: &Pipeline, options: &RunOptions, trouble: Option<&RunError>) {
        let now = self.clock.now();
        let mut all = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, side) in [
            (&pipeline.route.source, Side::Source),
            (&pipeline.target_name, Side::Target),
        ] {
            let health = all.entry(name.clone()).or_default();
            match trouble {
                Some(RunError::Connection {
                    side: failed,
                    failure,
                }) if *failed == side => {
                    health.trouble = Some(failure.to_string());
                }
                // it asked the store nothing
                None if options.retry && side == Side::Source => {}
                None => {
                    *health = Health {
                        last_success: Some(now),
                        trouble: None,
                    };
                }
                Some(_) => {}
            }
        }
    }
}

fn ended_as(trouble: Option<&RunError>, progress: &Progress, wished: SyncStatus) -> SyncStatus {
    match trouble {
        Some(RunError::Stopped) => wished,
        Some(RunError::LeaseLost) => SyncStatus::Interrupted,
        Some(_) => SyncStatus::Failed,
        None => came_to(&progress.streams),
    }
}

/// What a run whose streams are all over came to.
pub(super) fn came_to(streams: &[StreamProgress]) -> SyncStatus {
    let partial = |stream: &StreamProgress| stream.status == SyncStatus::Partial;
    if streams.iter().any(partial) {
        SyncStatus::Partial
    } else {
        SyncStatus::Completed
    }
}
