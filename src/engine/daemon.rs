//! The engine of a process: its pipelines, the runs that are active, and the way out.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{Chance, Clock, Source, StreamName};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::control::Wish;
use super::error::RunError;
use super::examine::Compare;
use super::hints::Hints;
use super::lease::Owner;
use super::post::Books;
use super::progress::Progress;
use super::run::MakeMapping;
use super::schedule::Schedules;
use super::tripwire::Tripwire;
use crate::config::Schedule;
use crate::domain::{BatchId, ConnectionName, PipelineName, Route, SyncStatus, TenantId};
use crate::store::Store;

/// One source, one target, and how they go together.
pub struct Pipeline {
    /// Its name in the configuration.
    pub name: PipelineName,
    /// Whose it is.
    pub tenant: TenantId,
    /// Which postings are its own.
    pub route: Route,
    /// The source's connection name is the route's; this is the target's.
    pub target_name: ConnectionName,
    /// Where records come from.
    pub source: Arc<dyn Source>,
    /// Where postings go.
    pub books: Arc<Books>,
    /// Makes the mapping once the lists of the books are known.
    pub make_mapping: Arc<MakeMapping>,
    /// Ids of the items that the mapping's rules name by id: it is told whether they are there.
    pub named_items: Vec<String>,
    /// Holds the mapping against both systems.
    pub compare: Arc<Compare>,
    /// What is read, in this order.
    pub streams: Vec<StreamName>,
    /// When it runs by itself.
    pub schedule: Schedule,
    /// Nothing is sent that nobody approved.
    pub review: bool,
    /// The books' calendar.
    pub timezone: TimeZone,
}

/// How a connection fared when it was last used.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// When a run that used it last ended well.
    pub last_success: Option<Timestamp>,
    /// What was wrong with it, unless a later run ended well.
    pub trouble: Option<String>,
}

/// A run that was started.
#[derive(Clone, Debug)]
pub struct RunHandle {
    /// The run.
    pub batch: BatchId,
    /// How far it is, always the latest.
    pub progress: watch::Receiver<Progress>,
    pub(super) stop: CancellationToken,
    pub(super) wish: Wish,
}

impl RunHandle {
    /// Asks the run to stop at the next safe point, with its checkpoint saved.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// The same, and says as what it is to count: paused or cancelled. Returns as what it does; `None`
    /// where it has come to its end already.
    pub(super) fn stop_as(&self, status: SyncStatus) -> Option<SyncStatus> {
        let counts = self.wish.make(status)?;
        self.stop.cancel();
        Some(counts)
    }

    /// Waits for the run's end and returns its last progress.
    pub async fn wait(&mut self) -> Progress {
        if let Ok(progress) = self
            .progress
            .wait_for(|progress| progress.status.is_at_rest())
            .await
        {
            return progress.clone();
        }
        // the run's task is gone without a word: a crash, whose last state is the truth
        self.progress.borrow().clone()
    }
}

/// Why a run could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// One run of a pipeline at a time.
    #[error("run {0} of this pipeline is active")]
    Active(BatchId),
    /// Another process holds the pipeline, between or in runs.
    #[error("another daybook process runs this pipeline")]
    ActiveElsewhere,
    /// The configuration has no such pipeline.
    #[error("there is no pipeline `{0}`")]
    UnknownPipeline(PipelineName),
    /// The database has no such run, or nothing of it is left to do.
    #[error("Batch ID [{0}] not found.")]
    UnknownBatch(String),
    /// The database or a connection.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl From<crate::store::StoreError> for StartError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Run(error.into())
    }
}

/// All pipelines of a process.
pub struct Engine {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) chance: Arc<Chance>,
    pub(super) trip: Arc<Tripwire>,
    pub(super) owner: Owner,
    pub(super) lease: Duration,
    pub(super) pipelines: BTreeMap<PipelineName, Arc<Pipeline>>,
    active: Mutex<HashMap<PipelineName, RunHandle>>,
    pub(super) next_runs: Mutex<HashMap<PipelineName, Timestamp>>,
    pub(super) health: Mutex<HashMap<ConnectionName, Health>>,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    pub(super) hints: Hints,
    pub(super) schedules: Schedules,
    /// Counts the runs that began or ended.
    bell: watch::Sender<u64>,
}

impl Engine {
    /// An engine for these pipelines; nothing runs yet. `lease` is how long a pipeline stays with a
    /// process that gives no sign of life: [`super::LEASE`].
    pub fn new(
        store: Store,
        owner: Owner,
        pipelines: Vec<Pipeline>,
        clock: Arc<dyn Clock>,
        chance: Arc<Chance>,
        trip: Tripwire,
        lease: Duration,
    ) -> Arc<Self> {
        let pipelines = pipelines
            .into_iter()
            .map(|pipeline| (pipeline.name.clone(), Arc::new(pipeline)));
        Arc::new(Self {
            store,
            clock,
            chance,
            trip: Arc::new(trip),
            owner,
            lease,
            pipelines: pipelines.collect(),
            active: Mutex::default(),
            next_runs: Mutex::default(),
            health: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            hints: Hints::default(),
            schedules: Schedules::default(),
            bell: watch::Sender::new(0),
        })
    }

    /// Changes whenever a run begins or ends, or somebody decides something.
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// The clock of everything the engine does.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    /// Completes when the process is to end.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// Runs a task until its end or that of the process, whichever comes first.
    pub(crate) fn keep(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// The pipelines by name.
    pub fn pipelines(&self) -> impl Iterator<Item = &Arc<Pipeline>> {
        self.pipelines.values()
    }

    /// A pipeline.
    pub fn pipeline(&self, name: &PipelineName) -> Option<&Arc<Pipeline>> {
        self.pipelines.get(name)
    }

    /// The run of a pipeline that is active in this process.
    pub fn active(&self, name: &PipelineName) -> Option<RunHandle> {
        self.runs().get(name).cloned()
    }

    /// A new id, which nobody can guess.
    pub fn new_id(&self) -> String {
        self.chance.id(self.clock.now())
    }

    /// The database.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// All runs that are active in this process.
    pub fn active_runs(&self) -> Vec<RunHandle> {
        self.runs().values().cloned().collect()
    }

    /// How a connection fared in the last run that used it.
    pub fn health(&self, name: &ConnectionName) -> Health {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.get(name).cloned().unwrap_or_default()
    }

    /// A connection works again: somebody gave consent anew, and it was tried.
    pub fn note_works(&self, name: &ConnectionName) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let works = Health {
            last_success: Some(self.clock.now()),
            trouble: None,
        };
        health.insert(name.clone(), works);
    }

    /// Lets every run stop at its next safe point. False where some had not after `grace`; they may
    /// be killed: see `Poster::make_call`.
    pub async fn shut_down(&self, grace: Duration) -> bool {
        self.stop.cancel();
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => true,
            () = self.clock.sleep(grace) => false,
        }
    }

    pub(super) fn runs(&self) -> MutexGuard<'_, HashMap<PipelineName, RunHandle>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
