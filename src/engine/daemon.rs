//! The engine of a process: its pipelines, the runs that are active, the schedule, and the way out.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{Chance, Clock, Source, StreamName};
use tokio::sync::{OnceCell, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::control::Wish;
use super::error::{RunError, Side};
use super::examine::Compare;
use super::hints::Hints;
use super::lease::{self, Owner};
use super::lists;
use super::post::Books;
use super::progress::{Phase, Progress, StreamProgress};
use super::run::{MakeMapping, Run, mode};
use super::sweep;
use super::tripwire::Tripwire;
use crate::config::Schedule;
use crate::domain::{
    BatchId, Checkpoint, ConnectionName, PipelineName, Route, RunOptions, SyncId, SyncStatus,
    TenantId, Trigger,
};
use crate::store::{BatchRow, Lease, NewBatch, NewSync, Store, StoreError};

/// The longest nap of the scheduler, so that a clock that was set is noticed.
const NAP: Duration = Duration::from_secs(60);

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
    stop: CancellationToken,
    wish: Wish,
}

impl RunHandle {
    /// Asks the run to stop at the next safe point, with its checkpoint saved.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// The same, and says as what it then counts: paused or cancelled.
    pub(super) fn stop_as(&self, status: SyncStatus) {
        self.wish.make(status);
        self.stop.cancel();
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
    clock: Arc<dyn Clock>,
    chance: Arc<Chance>,
    trip: Arc<Tripwire>,
    owner: Owner,
    lease: Duration,
    pipelines: BTreeMap<PipelineName, Arc<Pipeline>>,
    active: Mutex<HashMap<PipelineName, RunHandle>>,
    next_runs: Mutex<HashMap<PipelineName, Timestamp>>,
    health: Mutex<HashMap<ConnectionName, Health>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    pub(super) hints: Hints,
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
            bell: watch::Sender::new(0),
        })
    }

    /// Changes whenever a run begins or ends.
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// The clock of everything the engine does.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The chance of everything the engine does.
    pub(super) fn chance(&self) -> &Chance {
        &self.chance
    }

    pub(super) fn ring(&self) {
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

    /// The database.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// All runs that are active in this process.
    pub fn active_runs(&self) -> Vec<RunHandle> {
        self.runs().values().cloned().collect()
    }

    /// When a pipeline runs next by itself.
    pub fn next_run(&self, name: &PipelineName) -> Option<Timestamp> {
        self.next_runs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .copied()
    }

    /// How a connection fared in the last run that used it.
    pub fn health(&self, name: &ConnectionName) -> Health {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.get(name).cloned().unwrap_or_default()
    }

    /// Starts a run.
    pub async fn start(
        self: &Arc<Self>,
        name: &PipelineName,
        options: RunOptions,
        trigger: Trigger,
    ) -> Result<RunHandle, StartError> {
        let pipeline = self.known(name)?;
        let lease = self.take_pipeline(&pipeline).await?;
        match self.begin(&pipeline, options, trigger).await {
            Ok(prepared) => Ok(self.launch(pipeline, prepared, lease)),
            Err(error) => {
                self.give_back(&lease).await?;
                Err(error.into())
            }
        }
    }

    /// Goes on with a run that was interrupted; `id` names the run or one of its syncs.
    pub async fn resume(self: &Arc<Self>, id: &str) -> Result<RunHandle, StartError> {
        let unknown = || StartError::UnknownBatch(id.to_owned());
        let batch = find_batch(&self.store, id).await?.ok_or_else(unknown)?;
        let pipeline = self.known(&batch.pipeline)?;
        let lease = self.take_pipeline(&pipeline).await?;
        match self.pick_up(&batch.id).await {
            Ok(Some(prepared)) => Ok(self.launch(pipeline, prepared, lease)),
            Ok(None) => {
                self.give_back(&lease).await?;
                Err(unknown())
            }
            Err(error) => {
                self.give_back(&lease).await?;
                Err(error.into())
            }
        }
    }

    /// Goes on with the run of a pipeline that the end of a process interrupted, if there is one.
    pub async fn resume_interrupted(
        self: &Arc<Self>,
        name: &PipelineName,
    ) -> Result<Option<RunHandle>, StartError> {
        let pipeline = self.known(name)?;
        let lease = self.take_pipeline(&pipeline).await?;
        // what an older run left, the newer ones have done since
        if let Some(latest) = self.store.latest_batch(Some(name)).await?
            && latest.status == SyncStatus::Interrupted
            && let Some(prepared) = self.pick_up(&latest.id).await?
        {
            tracing::info!(batch.id = %latest.id, "going on with the interrupted run {}", latest.id);
            return Ok(Some(self.launch(pipeline, prepared, lease)));
        }
        self.give_back(&lease).await?;
        Ok(None)
    }

    /// Runs the schedules of all pipelines until [`Engine::shut_down`].
    pub async fn serve(self: &Arc<Self>) {
        for name in self.pipelines.keys().cloned() {
            let engine = self.clone();
            let hinted = name.clone();
            let compared = name.clone();
            self.tasks
                .spawn(async move { engine.keep_schedule(name).await });
            let engine = self.clone();
            self.tasks
                .spawn(async move { engine.follow_hints(hinted).await });
            let engine = self.clone();
            self.tasks
                .spawn(async move { engine.keep_setup(compared).await });
        }
        self.stop.cancelled().await;
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

    async fn keep_schedule(self: Arc<Self>, name: PipelineName) {
        match self.resume_interrupted(&name).await {
            Ok(Some(mut run)) => {
                run.wait().await;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(pipeline = %name, "no run was resumed: {error}"),
        }
        let Some(pipeline) = self.pipelines.get(&name) else {
            return;
        };
        // a daemon that starts looks at once: its store may have changed for hours
        let mut due = match pipeline.schedule {
            Schedule::Manual => return,
            Schedule::Every(_) | Schedule::Cron(..) => self.clock.now(),
        };
        while self.wait_until(&name, due).await {
            if let Ok(Some(paused)) = self.paused(&name).await {
                tracing::info!(pipeline = %name, "run {} is paused, no other is started", paused.id);
                match pipeline.schedule.next_after(self.clock.now()) {
                    Some(next) => due = next,
                    None => return,
                }
                continue;
            }
            match self
                .start(&name, self.due_options(pipeline).await, Trigger::Schedule)
                .await
            {
                Ok(mut run) => {
                    run.wait().await;
                }
                Err(StartError::Active(_) | StartError::ActiveElsewhere) => {
                    tracing::info!(pipeline = %name, "a run is active already, this one is left out");
                }
                Err(error) => tracing::error!(pipeline = %name, "no run was started: {error}"),
            }
            match pipeline.schedule.next_after(self.clock.now()) {
                Some(next) => due = next,
                None => return,
            }
        }
    }

    /// What a run by schedule does: once a night it looks at all orders as well.
    async fn due_options(&self, pipeline: &Pipeline) -> RunOptions {
        let sweep = match self.store.swept_at(&pipeline.route).await {
            Ok(Some(last)) => sweep::is_due(self.clock.now(), last, &pipeline.timezone),
            // the first run reads everything anyway
            Ok(None) => {
                if let Err(error) = self.store.set_swept(&pipeline.route).await {
                    tracing::warn!("the first sweep could not be put off: {error}");
                }
                false
            }
            Err(error) => {
                tracing::warn!("when orders were last looked at could not be read: {error}");
                false
            }
        };
        RunOptions {
            sweep,
            ..RunOptions::default()
        }
    }

    /// Waits until `due`; false when the process is to end.
    async fn wait_until(&self, name: &PipelineName, due: Timestamp) -> bool {
        self.next_runs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone(), due);
        loop {
            let left = Duration::try_from(self.clock.now().duration_until(due)).unwrap_or_default();
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = self.clock.sleep(left.min(NAP)), if !left.is_zero() => {}
                () = std::future::ready(()), if left.is_zero() => return true,
            }
        }
    }

    fn known(&self, name: &PipelineName) -> Result<Arc<Pipeline>, StartError> {
        let pipeline = self.pipelines.get(name).cloned();
        pipeline.ok_or_else(|| StartError::UnknownPipeline(name.clone()))
    }

    /// Makes sure that nobody else runs the pipeline. What the database then still calls running was
    /// interrupted.
    async fn take_pipeline(&self, pipeline: &Pipeline) -> Result<Lease, StartError> {
        if let Some(run) = self.active(&pipeline.name) {
            return Err(StartError::Active(run.batch));
        }
        let lease_name = format!("pipeline:{}", pipeline.name);
        let Some(lease) = lease::take(&self.store, &lease_name, &self.owner, self.lease).await?
        else {
            let latest = self.store.latest_batch(Some(&pipeline.name)).await?;
            return Err(
                match latest.filter(|latest| latest.status == SyncStatus::Running) {
                    Some(latest) => StartError::Active(latest.id),
                    None => StartError::ActiveElsewhere,
                },
            );
        };
        self.store.mark_interrupted(self.owner.as_str()).await?;
        Ok(lease)
    }

    async fn begin(
        &self,
        pipeline: &Pipeline,
        options: RunOptions,
        trigger: Trigger,
    ) -> Result<Prepared, RunError> {
        let batch = self
            .store
            .begin_batch(&NewBatch {
                tenant: pipeline.tenant.clone(),
                pipeline: pipeline.name.clone(),
                source: pipeline.route.source.clone(),
                target: pipeline.target_name.clone(),
                trigger,
                options: options.clone(),
                owner: self.owner.as_str().to_owned(),
            })
            .await?;
        let wanted =
            |stream: &&StreamName| options.streams.is_empty() || options.streams.contains(stream);
        let mut streams = Vec::new();
        for stream in pipeline.streams.iter().filter(wanted) {
            let sync = self
                .store
                .begin_sync(&NewSync {
                    batch: batch.clone(),
                    stream: *stream,
                    mode: mode(&options),
                    dry_run: options.dry_run,
                    checkpoint: None,
                })
                .await?;
            streams.push(StreamProgress::new(sync.id, *stream));
        }
        Ok(Prepared {
            batch,
            options,
            streams,
            checkpoints: HashMap::new(),
        })
    }

    /// An interrupted run as it was, ready to go on.
    async fn pick_up(&self, batch: &BatchId) -> Result<Option<Prepared>, RunError> {
        let Some(row) = self.store.batch(batch).await? else {
            return Ok(None);
        };
        let mut streams = Vec::new();
        let mut checkpoints = HashMap::new();
        for sync in self.store.syncs(batch).await? {
            let mut progress = StreamProgress::new(sync.id.clone(), sync.stream);
            progress.counts = sync.counts;
            progress.total = sync.total;
            progress.started_at = sync.started_at;
            progress.completed_at = sync.completed_at;
            if let Some(checkpoint) = sync.checkpoint {
                progress.pages = checkpoint.page;
                checkpoints.insert(sync.stream, checkpoint);
            }
            let over = matches!(sync.status, SyncStatus::Completed | SyncStatus::Partial);
            progress.status = if over {
                sync.status
            } else {
                SyncStatus::Queued
            };
            streams.push(progress);
        }
        if streams.iter().all(|stream| stream.status.is_final()) {
            return Ok(None);
        }
        self.store.reopen_batch(batch, self.owner.as_str()).await?;
        for stream in streams.iter().filter(|stream| !stream.status.is_final()) {
            self.store.reopen_sync(&stream.sync).await?;
        }
        Ok(Some(Prepared {
            batch: batch.clone(),
            options: row.options,
            streams,
            checkpoints,
        }))
    }

    fn launch(
        self: &Arc<Self>,
        pipeline: Arc<Pipeline>,
        prepared: Prepared,
        lease: Lease,
    ) -> RunHandle {
        let progress = Progress {
            batch: prepared.batch.clone(),
            pipeline: pipeline.name.clone(),
            status: SyncStatus::Running,
            streams: prepared.streams.clone(),
            trouble: None,
        };
        let (sender, receiver) = watch::channel(progress);
        let stop = self.stop.child_token();
        let wish = Wish::default();
        let handle = RunHandle {
            batch: prepared.batch.clone(),
            progress: receiver,
            stop: stop.clone(),
            wish: wish.clone(),
        };
        self.runs().insert(pipeline.name.clone(), handle.clone());
        self.ring();
        let engine = self.clone();
        self.tasks.spawn(async move {
            let (name, batch) = (pipeline.name.clone(), prepared.batch.clone());
            engine
                .drive(&pipeline, prepared, &lease, &sender, stop, wish)
                .await;
            let mut runs = engine.runs();
            if runs.get(&name).is_some_and(|run| run.batch == batch) {
                runs.remove(&name);
            }
            drop(runs);
            engine.ring();
        });
        handle
    }

    /// Does a run to its end, whatever that is, and writes how it ended.
    async fn drive(
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
            checkpoints: prepared.checkpoints,
            mapping: OnceCell::new(),
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
        let status = ended_as(trouble.as_ref(), &progress.borrow(), &wish);
        if matches!(status, SyncStatus::Paused | SyncStatus::Cancelled) {
            trouble = None; // somebody wanted it so
        }
        self.note_health(pipeline, trouble.as_ref());
        let written = self
            .write_end(pipeline, &prepared.batch, status, trouble.as_ref(), lease)
            .await;
        if let Err(error) = written {
            tracing::error!(batch.id = %prepared.batch, "the end of run {} could not be written: {error}", prepared.batch);
        }
        // no longer active before anybody who waits for the end can see it
        self.runs().remove(&pipeline.name);
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
        let learned = pipeline.books.limiter.learned();
        let rate = i64::from(learned.rate_permille);
        self.store
            .set_rate_permille(&pipeline.books.realm, rate)
            .await?;
        let text = trouble.map(ToString::to_string);
        if matches!(status, SyncStatus::Paused | SyncStatus::Cancelled) {
            self.store.end_open_syncs(batch, status).await?;
        }
        self.store
            .finish_batch(batch, status, text.as_deref())
            .await?;
        self.give_back(lease).await
    }

    async fn give_back(&self, lease: &Lease) -> Result<(), RunError> {
        // one that was lost meanwhile is nobody's to give back
        let _ = self.store.release(lease).await?;
        Ok(())
    }

    /// Remembers how both connections fared.
    fn note_health(&self, pipeline: &Pipeline, trouble: Option<&RunError>) {
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

    fn runs(&self) -> MutexGuard<'_, HashMap<PipelineName, RunHandle>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run as the database has it, ready to work.
struct Prepared {
    batch: BatchId,
    options: RunOptions,
    streams: Vec<StreamProgress>,
    checkpoints: HashMap<StreamName, Checkpoint>,
}

/// The run of this id, or the one that a sync of this id is part of.
pub async fn find_batch(store: &Store, id: &str) -> Result<Option<BatchRow>, StoreError> {
    if let Some(batch) = store.batch(&BatchId::new(id)).await? {
        return Ok(Some(batch));
    }
    match store.sync(&SyncId::new(id)).await? {
        Some(sync) => store.batch(&sync.batch).await,
        None => Ok(None),
    }
}

fn ended_as(trouble: Option<&RunError>, progress: &Progress, wish: &Wish) -> SyncStatus {
    match trouble {
        Some(RunError::Stopped) => wish.status(),
        Some(RunError::LeaseLost) => SyncStatus::Interrupted,
        Some(_) => SyncStatus::Failed,
        None if progress
            .streams
            .iter()
            .any(|stream| stream.status == SyncStatus::Partial) =>
        {
            SyncStatus::Partial
        }
        None => SyncStatus::Completed,
    }
}
