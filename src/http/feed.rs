//! What watchers of runs are told. One task looks at the runs and writes each message once, however
//! many watch; each watcher takes from the latest state what is news to it, so a slow one skips what
//! is out of date and never holds anybody up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::select_all;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{OnceCell, watch};

use crate::domain::{BatchId, SyncId, SyncStatus};
use crate::engine::{Engine, RunHandle, RunReport, SyncReport, Usual, history, usually};
use crate::store::{Run, RunFilter, Store, StoreError};

/// Messages are at least so far apart: what changes faster is told together.
const BREATH: Duration = Duration::from_millis(40);
/// So often runs are looked at that do not say when they change: those of other processes, and the
/// time left of our own.
const LOOK: Duration = Duration::from_secs(2);
/// So many of the newest runs are known to watchers that come back, and so many of those that ended
/// last while somebody watched.
const KNOWN: u32 = 8;

/// One message, of which only the newest about a subject is kept.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Grows from message to message, over restarts too: microseconds since 1970.
    pub(super) version: u64,
    /// `progress`, `complete`, `error`, `run` or `journal`.
    pub(super) event: &'static str,
    /// The stream it is about; `None` where it is about the whole run, or about none.
    pub(super) sync: Option<SyncId>,
    /// Whether something is still going on.
    pub(super) live: bool,
    /// As it goes over the line, written once for all watchers.
    pub(super) frame: Bytes,
    /// JSON.
    data: String,
}

impl Message {
    fn new(
        version: u64,
        event: &'static str,
        sync: Option<SyncId>,
        live: bool,
        data: String,
    ) -> Self {
        // JSON has its line breaks escaped, so it is one line of the frame
        let frame = format!("id: {version}\nevent: {event}\ndata: {data}\n\n");
        Self {
            version,
            event,
            sync,
            live,
            frame: Bytes::from(frame),
            data,
        }
    }
}

/// All that watchers may be told, oldest first.
pub(super) type State = Arc<Vec<Message>>;

/// The messages about all runs.
#[derive(Default)]
pub(super) struct Feed {
    state: OnceCell<watch::Receiver<State>>,
    decisions: Arc<AtomicU64>,
}

impl Feed {
    /// Somebody decided something about what waits: whoever looks at it is told.
    pub(super) fn decided(&self, engine: &Engine) {
        self.decisions.fetch_add(1, Ordering::SeqCst);
        engine.ring();
    }

    /// The state from now on. The first watcher starts the task that keeps it.
    pub(super) async fn watch(
        &self,
        store: &Store,
        engine: &Arc<Engine>,
    ) -> Result<watch::Receiver<State>, StoreError> {
        let begin = || async {
            let mut writer = Writer {
                store: store.clone(),
                engine: engine.clone(),
                known: HashMap::new(),
                usual: HashMap::new(),
                version: 0,
                begun: false,
                decisions: self.decisions.clone(),
                decided: (0, None),
            };
            let state = writer.look(true).await?;
            writer.begun = true;
            let (sender, receiver) = watch::channel(state);
            engine.keep(writer.work(sender));
            Ok::<_, StoreError>(receiver)
        };
        Ok(self.state.get_or_try_init(begin).await?.clone())
    }
}

struct Writer {
    store: Store,
    engine: Arc<Engine>,
    known: HashMap<BatchId, Known>,
    usual: HashMap<BatchId, Option<Usual>>,
    version: u64,
    /// Whether somebody watches already.
    begun: bool,
    decisions: Arc<AtomicU64>,
    /// How many decisions were told, and the message about the last of them.
    decided: (u64, Option<Message>),
}

/// What was told of a run.
struct Known {
    status: SyncStatus,
    updated_at: Timestamp,
    messages: Vec<Message>,
}

impl Writer {
    async fn work(mut self, sender: watch::Sender<State>) {
        let mut bell = self.engine.bell();
        let clock = self.engine.clock().clone();
        let mut all = true;
        let mut due = clock.sleep(LOOK);
        loop {
            // marked before they are looked at: what changes meanwhile is seen the next time
            all |= bell.has_changed().unwrap_or(false);
            bell.mark_unchanged();
            let mut runs = self.engine.active_runs();
            for run in &mut runs {
                run.progress.mark_unchanged();
            }
            let looked = self.look(all).await;
            if all {
                // however often runs of our own change in between
                due = clock.sleep(LOOK);
            }
            // what was not seen now is to be seen the next time
            all = looked.is_err();
            match looked {
                Ok(state) => publish(&sender, state),
                Err(error) => tracing::debug!("the runs cannot be looked at: {error}"),
            }
            clock.sleep(BREATH).await;
            all |= tokio::select! {
                biased;
                _ = bell.changed() => true,
                () = &mut due => true,
                () = any_changed(&mut runs) => false,
            };
        }
    }

    /// Brings the messages up to date: those of active runs, and with `all` of all others.
    async fn look(&mut self, all: bool) -> Result<State, StoreError> {
        let active = self.engine.active_runs();
        let mut runs = Vec::new();
        if all {
            let filter = RunFilter {
                limit: KNOWN,
                ..RunFilter::default()
            };
            runs = self.store.runs(&filter).await?;
        }
        let mut wanted: Vec<BatchId> = active.iter().map(|handle| handle.batch.clone()).collect();
        if all {
            wanted.extend(self.at_work().await?);
        }
        for id in wanted {
            if !runs.iter().any(|run| run.batch.id == id)
                && let Some(batch) = self.store.batch(&id).await?
            {
                let syncs = self.store.syncs(&batch.id).await?;
                runs.push(Run { batch, syncs });
            }
        }
        let is_ours = |run: &Run| active.iter().any(|handle| handle.batch == run.batch.id);
        // our own say themselves how they stand, and need no sign of life
        let (ours, mut runs): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(is_ours);
        history::without_the_dead(&self.store, &mut runs).await?;
        runs.extend(ours);
        runs.sort_by(|left, right| left.batch.id.cmp(&right.batch.id));
        let present: HashSet<BatchId> = runs.iter().map(|run| run.batch.id.clone()).collect();
        for run in runs {
            let handle = active.iter().find(|handle| handle.batch == run.batch.id);
            self.tell(run, handle).await?;
        }
        if all {
            self.forget(&present);
        }
        let mut messages: Vec<Message> = self
            .known
            .values()
            .flat_map(|known| known.messages.iter().cloned())
            .collect();
        messages.extend(self.about_decisions());
        messages.sort_by_key(|message| message.version);
        Ok(Arc::new(messages))
    }

    /// That people decided something; a new message whenever they did.
    fn about_decisions(&mut self) -> Option<Message> {
        let made = self.decisions.load(Ordering::SeqCst);
        if made != self.decided.0 {
            let version = self.next_version(true, Timestamp::MIN);
            let message = Message::new(version, "journal", None, false, "{}".to_owned());
            self.decided = (made, Some(message));
        }
        self.decided.1.clone()
    }

    /// The runs that are at work, and those that were when they were last told of: an older one that
    /// somebody went on with has an end, too.
    async fn at_work(&self) -> Result<Vec<BatchId>, StoreError> {
        let told = self.known.iter();
        let told = told.filter(|(_, known)| !known.status.is_at_rest());
        let mut at_work: Vec<BatchId> = told.map(|(batch, _)| batch.clone()).collect();
        for batch in self.store.open_batches().await? {
            if !batch.status.is_at_rest() {
                at_work.push(batch.id);
            }
        }
        Ok(at_work)
    }

    /// Keeps what was told of runs that are `present`, and of some others: those that changed last.
    fn forget(&mut self, present: &HashSet<BatchId>) {
        let others = self.known.iter();
        let others = others.filter(|(batch, _)| !present.contains(*batch));
        let mut others: Vec<(Timestamp, BatchId)> = others
            .map(|(batch, known)| (known.updated_at, batch.clone()))
            .collect();
        others.sort_unstable_by(|left, right| right.cmp(left));
        for (_, batch) in others.iter().skip(KNOWN as usize) {
            self.known.remove(batch);
            self.usual.remove(batch);
        }
    }

    /// Writes the messages about a run anew, unless nothing can have changed.
    async fn tell(&mut self, run: Run, active: Option<&RunHandle>) -> Result<(), StoreError> {
        let (status, updated_at) = (run.batch.status, run.batch.updated_at);
        let id = run.batch.id.clone();
        let before = self.known.get(&id);
        let same =
            before.is_some_and(|before| before.status == status && before.updated_at == updated_at);
        if active.is_none() && status.is_at_rest() && same {
            return Ok(());
        }
        // what was over before anybody watched has the time at which it was
        let fresh = self.begun || !status.is_at_rest();
        let usual = if let Some(usual) = self.usual.get(&id) {
            *usual
        } else {
            let usual = usually(&self.store, &run.batch).await?;
            self.usual.insert(id.clone(), usual);
            usual
        };
        let report = RunReport::new(run, active, usual, self.engine.clock().now());
        let mut messages = Vec::with_capacity(report.syncs.len() + 1);
        for sync in &report.syncs {
            let version = self.next_version(fresh, sync.updated_at);
            messages.push(about_sync(sync, version));
        }
        let version = self.next_version(fresh, updated_at);
        let live = !report.status.is_at_rest();
        messages.push(Message::new(version, "run", None, live, json(&report)));
        if let Some(before) = self.known.get(&id) {
            keep_what_was_said(&before.messages, &mut messages);
        }
        let known = Known {
            // as it was told: at its end a run is over in the store a moment before it says so itself
            status: report.status,
            updated_at,
            messages,
        };
        self.known.insert(id, known);
        Ok(())
    }

    fn next_version(&mut self, fresh: bool, updated_at: Timestamp) -> u64 {
        let at = if fresh {
            self.engine.clock().now()
        } else {
            updated_at
        };
        let version = version_of(at).max(self.version + 1);
        self.version = version;
        version
    }
}

fn publish(sender: &watch::Sender<State>, state: State) {
    sender.send_if_modified(|old| {
        let newest = |state: &State| state.last().map(|last| last.version);
        let news = newest(old) != newest(&state);
        *old = state;
        news
    });
}

/// Completes when one of these runs says something new; never without runs.
async fn any_changed(runs: &mut [RunHandle]) {
    if runs.is_empty() {
        std::future::pending::<()>().await;
    }
    let changes = runs.iter_mut().map(|run| run.progress.changed().boxed());
    let _ = select_all(changes).await;
}

/// The message about a stream of a run.
pub(super) fn about_sync(report: &SyncReport, version: u64) -> Message {
    let event = match report.status {
        SyncStatus::Completed | SyncStatus::Partial | SyncStatus::Cancelled => "complete",
        SyncStatus::Failed => "error",
        SyncStatus::Queued | SyncStatus::Running | SyncStatus::Paused | SyncStatus::Interrupted => {
            "progress"
        }
    };
    let sync = SyncId::new(report.sync_id.clone());
    let live = !report.status.is_at_rest();
    Message::new(version, event, Some(sync), live, json(report))
}

/// A message that says what the last one about its subject said is no news: the last one stays.
fn keep_what_was_said(before: &[Message], now: &mut [Message]) {
    for message in now {
        let same = |said: &&Message| said.sync == message.sync && said.data == message.data;
        if let Some(said) = before.iter().find(same) {
            *message = said.clone();
        }
    }
}

/// The version of a message about something that changed then.
pub(super) fn version_of(at: Timestamp) -> u64 {
    u64::try_from(at.as_microsecond()).unwrap_or(0)
}

/// A version below that of whatever changes from then on; what changes is stamped in milliseconds.
pub(super) fn just_before(at: Timestamp) -> u64 {
    let micros = u64::try_from(at.as_millisecond()).unwrap_or(0) * 1000;
    micros.saturating_sub(1)
}

fn json<T: Serialize>(report: &T) -> String {
    // our own reports have nothing that could not be written
    serde_json::to_string(report).unwrap_or_default()
}
