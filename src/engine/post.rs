//! Sends postings: forms calls in both lanes of the limiter, writes each call before it leaves and
//! its outcome when it is known. What is unknown goes to `resolve`.
//!
//! Several pages hand in their postings at the same time; a posting that two of them want is sent
//! once and reported to both.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, stream};
use jiff::Timestamp;
use kit::{
    Call, Chance, Clock, Failure, Kind, Lane, Limiter, Member, Operation, Outcome, Permit,
    PostingId, RequestId, RetryPolicy, Target,
};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use super::canary::{Admission, Canary};
use super::error::RunError;
use super::outcome::{self, Verdict};
use super::resolve::{Doubt, Span};
use super::tripwire::{Point, Tripwire};
use crate::domain::{Intent, Link, Posting, PostingState, Realm};
use crate::store::{Commit, Loaded, OpenCall, Sent, Settlement, Store};

/// The books postings go to, shared by all pipelines that write to them.
pub struct Books {
    /// What makes postings unique.
    pub realm: Realm,
    /// The connection.
    pub target: Arc<dyn Target>,
    /// The quotas of the realm.
    pub limiter: Arc<Limiter>,
    /// No write takes longer than this, however its answer was lost; before, a document that is not
    /// found may still appear, so nothing is sent again.
    pub longest_write: Duration,
    /// How trouble with a whole call is waited out.
    pub policy: RetryPolicy,
}

/// A posting on its way: the document has all its references.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) posting: Posting,
    /// Its document in the books, where there is one.
    pub(super) link: Option<Link>,
    pub(super) document: String,
    pub(super) due_at: Option<Timestamp>,
    /// Not to be put into a batch call: its batch was refused as a whole.
    pub(super) alone: bool,
}

impl Job {
    pub(super) fn new(loaded: Loaded, document: String) -> Self {
        let Loaded { posting, link, .. } = loaded;
        let due_at = posting.due_at;
        Self {
            posting,
            link,
            document,
            due_at,
            alone: false,
        }
    }

    /// The job of a posting without references.
    pub(super) fn plain(loaded: Loaded) -> Self {
        let document = loaded.posting.body.clone();
        Self::new(loaded, document)
    }
}

/// Posts for one run.
pub(super) struct Poster<'a> {
    pub(super) store: &'a Store,
    pub(super) books: &'a Books,
    pub(super) clock: &'a dyn Clock,
    pub(super) chance: &'a Chance,
    pub(super) trip: &'a Tripwire,
    stop: CancellationToken,
    desk: Mutex<Desk>,
    bell: Notify,
    /// Calls that failed in a row, without an answer between them.
    streak: AtomicU32,
    posted: AtomicU64,
}

#[derive(Default)]
struct Desk {
    ready: VecDeque<Job>,
    waiting: HashMap<PostingId, Vec<oneshot::Sender<PostingState>>>,
    /// In a call that has no outcome yet.
    in_flight: HashSet<PostingId>,
    closed: bool,
    error: Option<RunError>,
    /// When a call last failed as a whole.
    failed_at: Option<Timestamp>,
    canary: Canary,
}

impl<'a> Poster<'a> {
    pub(super) fn new(
        store: &'a Store,
        books: &'a Books,
        clock: &'a dyn Clock,
        chance: &'a Chance,
        trip: &'a Tripwire,
        stop: CancellationToken,
    ) -> Self {
        Self {
            store,
            books,
            clock,
            chance,
            trip,
            stop,
            desk: Mutex::default(),
            bell: Notify::new(),
            streak: AtomicU32::new(0),
            posted: AtomicU64::new(0),
        }
    }

    /// Documents and list objects posted so far.
    pub(super) fn posted(&self) -> u64 {
        self.posted.load(Ordering::Relaxed)
    }

    /// Hands postings in and waits until each has an outcome. [`PostingState::Queued`]: something newer
    /// is wanted than what was sent, and has to be handed in.
    pub(super) async fn post(
        &self,
        jobs: Vec<Job>,
    ) -> Result<HashMap<PostingId, PostingState>, RunError> {
        let mut answers = Vec::with_capacity(jobs.len());
        {
            let mut desk = self.desk();
            if desk.closed {
                return Err(desk.error.clone().unwrap_or(RunError::Stopped));
            }
            for job in jobs {
                let (sender, receiver) = oneshot::channel();
                answers.push((job.posting.id.clone(), receiver));
                let waiting = desk.waiting.entry(job.posting.id.clone()).or_default();
                waiting.push(sender);
                // what another page handed in or an earlier run left open is only waited for
                if waiting.len() == 1 && !desk.in_flight.contains(&job.posting.id) {
                    desk.ready.push_back(job);
                }
            }
        }
        self.bell.notify_one();
        let mut states = HashMap::with_capacity(answers.len());
        for (id, answer) in answers {
            match answer.await {
                Ok(state) => states.insert(id, state),
                Err(_) => return Err(self.desk().error.clone().unwrap_or(RunError::Stopped)),
            };
        }
        Ok(states)
    }

    /// Works until [`Poster::close`] is called or the run is stopped; then what is in flight is
    /// finished. `open` are the calls an earlier run left without an outcome.
    pub(super) async fn run(&self, open: Vec<OpenCall>) {
        let in_flight = open.len() + 64; // the limiter is what limits
        match self.store.forms(&self.books.realm).await {
            Ok(forms) => self.canary(|canary| canary.know(forms)),
            Err(error) => return self.end(Some(error.into())),
        }
        for member in open.iter().flat_map(|open| &open.call.members) {
            let mut desk = self.desk();
            desk.in_flight.insert(member.posting.clone());
            if let Some(form) = &member.expected.form {
                desk.canary.alone(form, &member.posting);
            }
        }
        let resolving = stream::iter(open).map(|call| self.resolve_left_open(call).boxed());
        let sending = stream::unfold((), |()| {
            self.next_call().map(|call| Some((call?, ()))).boxed()
        });
        let calls: BoxStream<'_, BoxFuture<'_, Result<(), RunError>>> =
            stream::select(resolving, sending).boxed();
        let mut work: BoxStream<'_, Result<(), RunError>> =
            calls.buffer_unordered(in_flight).boxed();
        while let Some(result) = work.next().await {
            match result {
                Ok(()) => {}
                Err(crashed @ RunError::Crashed(_)) => {
                    self.end(Some(crashed));
                    return; // what is in flight dies here, as in a real crash
                }
                Err(error) => self.end(Some(error)),
            }
        }
        self.end(None);
    }

    /// What ended the posting before its work was done.
    pub(super) fn take_error(&self) -> Option<RunError> {
        self.desk().error.take()
    }

    /// Takes no more postings and lets [`Poster::run`] return.
    pub(super) fn close(&self) {
        self.end(None);
        self.bell.notify_one();
    }

    /// Completes when the run is asked to stop.
    pub(super) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    fn end(&self, error: Option<RunError>) {
        let mut desk = self.desk();
        desk.closed = true;
        if desk.error.is_none() {
            desk.error = error;
        }
        desk.ready.clear();
        if desk.error.is_some() || self.stop.is_cancelled() {
            desk.waiting.clear();
        }
        drop(desk);
        self.bell.notify_one();
    }

    /// The next call to make, once there is work and the limiter admits it. `None` at the end.
    async fn next_call(&self) -> Option<BoxFuture<'_, Result<(), RunError>>> {
        loop {
            let rung = self.bell.notified();
            let (ready, next_due) = match self.due() {
                Due::Closed => return None,
                Due::Work { ready } => (ready, None),
                Due::Later { at } => (0, at),
            };
            if ready == 0 {
                let wait = next_due.map(|at| {
                    Duration::try_from(self.clock.now().duration_until(at)).unwrap_or_default()
                });
                tokio::select! {
                    () = rung => {}
                    () = self.stop.cancelled() => return None,
                    () = self.clock.sleep(wait.unwrap_or(Duration::MAX)), if wait.is_some() => {}
                }
                continue;
            }
            let batch = self.books.target.batch_size() > 1 && ready > 1;
            let (lane, permit) = tokio::select! {
                admitted = self.books.limiter.admit_any(batch) => admitted,
                () = self.stop.cancelled() => return None,
            };
            let (jobs, refused) = self.take(lane);
            if !refused.is_empty() {
                let call = async move {
                    self.refuse(refused).await?;
                    self.make_call(jobs, permit).await
                };
                return Some(call.boxed());
            }
            if !jobs.is_empty() {
                return Some(self.make_call(jobs, permit).boxed());
            }
        }
    }

    fn due(&self) -> Due {
        let now = self.clock.now();
        let desk = self.desk();
        if desk.closed || self.stop.is_cancelled() {
            return Due::Closed;
        }
        let ready = desk
            .ready
            .iter()
            .filter(|job| job.due_at.is_none_or(|at| at <= now))
            .filter(|job| desk.canary.admission(&job.posting) != Admission::Waits)
            .count();
        if ready > 0 {
            return Due::Work { ready };
        }
        Due::Later {
            at: desk.ready.iter().filter_map(|job| job.due_at).min(),
        }
    }

    /// Takes one job, or as many as a batch call holds; or those that must not be sent at all.
    fn take(&self, lane: Lane) -> (Vec<Job>, Vec<Job>) {
        let most = match lane {
            Lane::Batch => self.books.target.batch_size(),
            Lane::Single => 1,
        };
        let now = self.clock.now();
        let mut desk = self.desk();
        let mut taken = Vec::with_capacity(most);
        let mut refused = Vec::new();
        let mut kept = VecDeque::new();
        while taken.len() < most {
            let Some(job) = desk.ready.pop_front() else {
                break;
            };
            let due = job.due_at.is_none_or(|at| at <= now);
            let admission = desk.canary.admission(&job.posting);
            let fits = match admission {
                Admission::Free => !(job.alone && most > 1),
                Admission::Alone => taken.is_empty(),
                Admission::Waits => false,
                Admission::Refused => true,
            };
            if !due || !fits {
                kept.push_back(job);
            } else if !desk.in_flight.insert(job.posting.id.clone()) {
                // it was handed in twice and is on its way
            } else if admission == Admission::Refused {
                refused.push(job);
            } else {
                desk.canary.under_way(&job.posting);
                taken.push(job);
                if admission == Admission::Alone {
                    break;
                }
            }
        }
        kept.append(&mut desk.ready);
        desk.ready = kept;
        (taken, refused)
    }

    /// Makes one call. Safe to repeat after a crash at any point: request id and body were stored
    /// first, so a second call sends the very same bytes.
    async fn make_call(&self, jobs: Vec<Job>, permit: Permit<'_>) -> Result<(), RunError> {
        if jobs.is_empty() {
            return Ok(()); // all that was taken must not be sent
        }
        let now = self.clock.now();
        let request_id = RequestId::new(self.chance.id(now));
        let members = jobs
            .iter()
            .zip(0..)
            .map(|(job, slot)| member(job, slot))
            .collect();
        let call = match self.books.target.compose(&request_id, members) {
            Ok(call) => call,
            Err(failure) => return self.not_composed(jobs, &failure).await,
        };
        let sent: Vec<Sent> = jobs.iter().map(|job| sent(&job.posting)).collect();
        let begun = self
            .store
            .begin_call(&self.books.realm, &call, &sent)
            .await?;
        if begun == Commit::LostRace {
            drop(permit);
            return self.take_back(jobs).await;
        }
        self.trip.at(Point::Begun)?;
        tokio::select! {
            biased;
            () = permit.departure() => {}
            () = self.stop.cancelled() => {
                drop(permit);
                // nothing of it was sent
                self.store.withdraw_call(&call.request_id, None).await?;
                return Ok(());
            }
        }
        let answer = self.books.target.send(&call).await;
        drop(permit);
        self.trip.at(Point::Answered)?;
        // the write began before this at the latest, whatever the call waited for on its way
        let span = Span {
            begun_at: now,
            ended_at: self.clock.now(),
        };
        self.answered(call, jobs, answer, span).await
    }

    /// A document that cannot even be written down is held; its neighbours go on alone.
    async fn not_composed(&self, jobs: Vec<Job>, failure: &Failure) -> Result<(), RunError> {
        if jobs.len() > 1 {
            self.put_back(jobs, |job| job.alone = true);
            return Ok(());
        }
        for job in jobs {
            let id = std::slice::from_ref(&job.posting.id);
            self.store.hold(id, &outcome::hold(failure)).await?;
            self.tell(&job.posting, PostingState::Held);
        }
        Ok(())
    }

    /// Writes what an answer says and goes on with what it leaves open.
    pub(super) async fn answered(
        &self,
        call: Call,
        jobs: Vec<Job>,
        answer: Result<Vec<Outcome>, Failure>,
        span: Span,
    ) -> Result<(), RunError> {
        let failure = match answer {
            Ok(outcomes) => {
                self.streak.store(0, Ordering::Relaxed);
                return self.settle(call, jobs, outcomes, span).await;
            }
            Err(failure) => failure,
        };
        if failure.outcome_unknown() {
            tracing::warn!(call.id = %call.request_id, "{failure}: the documents are looked up");
            return self.resolve(call, Doubt::all(jobs), span).await;
        }
        match failure.kind() {
            Kind::Stop => {
                self.store.withdraw_call(&call.request_id, None).await?;
                Err(RunError::target(failure))
            }
            Kind::Retry { after } => {
                self.send_later(&call, jobs, failure, after, span.begun_at)
                    .await
            }
            // each posting alone, so that one bad document does not hold the others back
            Kind::Reject if jobs.len() > 1 => {
                self.store.withdraw_call(&call.request_id, None).await?;
                self.put_back(jobs, |job| job.alone = true);
                Ok(())
            }
            Kind::Reject => {
                let outcomes = jobs
                    .iter()
                    .map(|_| Outcome::Failed(failure.clone()))
                    .collect();
                self.settle(call, jobs, outcomes, span).await
            }
        }
    }

    /// How often calls failed in a row. Calls that were in flight together fail together: once.
    fn failed_again(&self, begun_at: Timestamp) -> u32 {
        let mut desk = self.desk();
        if desk.failed_at.is_none_or(|failed_at| begun_at >= failed_at) {
            desk.failed_at = Some(self.clock.now());
            self.streak.fetch_add(1, Ordering::Relaxed) + 1
        } else {
            self.streak.load(Ordering::Relaxed).max(1)
        }
    }

    /// The call did not arrive or was throttled: its postings wait a little.
    async fn send_later(
        &self,
        call: &Call,
        mut jobs: Vec<Job>,
        failure: Failure,
        after: Option<Duration>,
        begun_at: Timestamp,
    ) -> Result<(), RunError> {
        let streak = self.failed_again(begun_at);
        let wait = after.unwrap_or_else(|| self.books.policy.delay(streak, self.chance));
        let now = self.clock.now();
        let due_at = now
            .saturating_add(wait.min(self.books.policy.cap))
            .unwrap_or(now);
        self.store
            .withdraw_call(&call.request_id, Some(due_at))
            .await?;
        if streak > self.books.policy.attempts {
            return Err(RunError::target(failure));
        }
        tracing::warn!(call.id = %call.request_id, wait_ms = wait.as_millis(), "{failure}: sent again later");
        for job in &mut jobs {
            job.due_at = Some(due_at);
        }
        self.put_back(jobs, |_| {});
        Ok(())
    }

    async fn settle(
        &self,
        call: Call,
        jobs: Vec<Job>,
        outcomes: Vec<Outcome>,
        span: Span,
    ) -> Result<(), RunError> {
        let now = self.clock.now();
        let mut settled = Vec::with_capacity(jobs.len());
        let mut doubts = Vec::new();
        let mut stop = None;
        for (job, result) in jobs.into_iter().zip(outcomes) {
            match self.verdict(&job, result, now) {
                Verdict::Settle(settlement) => settled.push((job, settlement)),
                Verdict::LookUp => doubts.push(Doubt::lost(job)),
                Verdict::CheckNumber(failure) => doubts.push(Doubt::number(job, failure)),
                Verdict::CheckVersion(failure) => doubts.push(Doubt::version(job, failure)),
                Verdict::Stop(failure) => {
                    settled.push((
                        job,
                        Settlement::Requeued {
                            due_at: None,
                            why: None,
                        },
                    ));
                    stop = Some(failure);
                }
            }
        }
        self.write(&call, settled).await?;
        if let Some(failure) = stop {
            return Err(RunError::target(failure));
        }
        if doubts.is_empty() {
            return Ok(());
        }
        self.resolve(call, doubts, span).await
    }

    /// What one member's outcome means.
    pub(super) fn verdict(&self, job: &Job, result: Outcome, now: Timestamp) -> Verdict {
        let policy = &self.books.policy;
        let is_change = job.link.is_some();
        outcome::verdict(&job.posting, is_change, result, policy, now, self.chance)
    }

    /// Writes outcomes and tells who waits for them. What has to be sent again is put back.
    pub(super) async fn write(
        &self,
        call: &Call,
        settled: Vec<(Job, Settlement)>,
    ) -> Result<(), RunError> {
        if settled.is_empty() {
            return Ok(());
        }
        let outcomes: Vec<(PostingId, Settlement)> = settled
            .iter()
            .map(|(job, settlement)| (job.posting.id.clone(), settlement.clone()))
            .collect();
        self.learn(&settled).await?;
        let states = self.store.finish_call(&call.request_id, &outcomes).await?;
        self.trip.at(Point::Finished)?;
        let state_of =
            |posting: &Posting, otherwise| states.get(&posting.id).copied().unwrap_or(otherwise);
        let mut again = Vec::new();
        for (mut job, settlement) in settled {
            match settlement {
                Settlement::Posted(_) => {
                    self.posted.fetch_add(1, Ordering::Relaxed);
                    let state = state_of(&job.posting, PostingState::Posted);
                    self.tell(&job.posting, state);
                }
                Settlement::Reversed(_) => {
                    let state = state_of(&job.posting, PostingState::Reversed);
                    self.tell(&job.posting, state);
                }
                Settlement::Held(hold) | Settlement::Gone(hold) => {
                    tracing::warn!(
                        posting.id = %job.posting.id, cause = %hold.cause,
                        "{} {} is held", job.posting.key.kind.in_words(), job.posting.number,
                    );
                    let state = state_of(&job.posting, PostingState::Held);
                    self.tell(&job.posting, state);
                }
                Settlement::Excluded { .. } => {
                    let state = state_of(&job.posting, PostingState::Excluded);
                    self.tell(&job.posting, state);
                }
                Settlement::Requeued { due_at, .. } => {
                    job.due_at = due_at;
                    self.send_again(job);
                }
                Settlement::Refreshed(receipt) => {
                    if let Some(link) = &mut job.link {
                        link.sync_token = receipt.sync_token;
                    }
                    self.send_again(job);
                }
                // the journal has another document for it now
                Settlement::Renamed | Settlement::Mismatch(..) => again.push(job.posting.id),
            }
        }
        for loaded in self.store.load(&again).await? {
            let plain =
                loaded.posting.intent == Intent::Undo || loaded.posting.key.kind.is_list_object();
            if plain && loaded.posting.state == PostingState::Queued {
                self.put_back(vec![Job::plain(loaded)], |_| {});
            } else {
                // something newer is wanted, with references of its own: who waits for it hands it in
                self.tell(&loaded.posting, loaded.posting.state);
            }
        }
        Ok(())
    }

    /// Postings another process or a person changed meanwhile: report how they stand now.
    async fn take_back(&self, jobs: Vec<Job>) -> Result<(), RunError> {
        let ids: Vec<PostingId> = jobs.iter().map(|job| job.posting.id.clone()).collect();
        let now: HashMap<PostingId, Loaded> = self
            .store
            .load(&ids)
            .await?
            .into_iter()
            .map(|loaded| (loaded.posting.id.clone(), loaded))
            .collect();
        for mut job in jobs {
            match now.get(&job.posting.id) {
                Some(loaded)
                    if loaded.posting.state == PostingState::Queued
                        && loaded.posting.intent == job.posting.intent
                        && loaded.posting.fingerprint == job.posting.fingerprint =>
                {
                    job.posting = loaded.posting.clone();
                    job.link.clone_from(&loaded.link);
                    self.put_back(vec![job], |_| {});
                }
                // something else is wanted by now: who waits for it hands it in, with its references
                Some(loaded) => self.tell(&job.posting, loaded.posting.state),
                None => self.tell(&job.posting, PostingState::Excluded),
            }
        }
        Ok(())
    }

    fn send_again(&self, mut job: Job) {
        // a call that an earlier run left open has its documents in its body alone: who waits for it,
        // or the next run, fills them anew
        if job.document.is_empty() && job.posting.intent == Intent::Post {
            self.tell(&job.posting, PostingState::Queued);
            return;
        }
        job.posting.attempts += 1;
        self.put_back(vec![job], |_| {});
    }

    fn put_back(&self, jobs: Vec<Job>, change: impl Fn(&mut Job)) {
        let mut desk = self.desk();
        if desk.closed {
            return;
        }
        for mut job in jobs {
            change(&mut job);
            desk.in_flight.remove(&job.posting.id);
            desk.canary.ended(&job.posting.id);
            desk.ready.push_back(job);
        }
        drop(desk);
        self.bell.notify_one();
    }

    pub(super) fn tell(&self, posting: &Posting, state: PostingState) {
        let waiting = {
            let mut desk = self.desk();
            desk.in_flight.remove(&posting.id);
            if desk.canary.ended(&posting.id) {
                self.bell.notify_one();
            }
            desk.waiting.remove(&posting.id).unwrap_or_default()
        };
        for sender in waiting {
            let _ = sender.send(state); // a page that no longer waits needs no answer
        }
    }

    pub(super) fn canary<T>(&self, look: impl FnOnce(&mut Canary) -> T) -> T {
        look(&mut self.desk().canary)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Due {
    Closed,
    Work { ready: usize },
    Later { at: Option<Timestamp> },
}

fn sent(posting: &Posting) -> Sent {
    Sent {
        posting: posting.id.clone(),
        fingerprint: posting.fingerprint.clone(),
        intent: posting.intent,
    }
}

/// A posting as a member of a call. Whether it is created or changed follows from what the journal
/// knows of it, so a document is never created twice.
pub(super) fn member(job: &Job, slot: u32) -> Member {
    let posting = &job.posting;
    let operation = match (&job.link, posting.intent) {
        (None, _) => Operation::Create,
        (Some(link), Intent::Post) => Operation::Update {
            target_id: link.target_id.clone(),
            sync_token: link.sync_token.clone(),
        },
        (Some(link), Intent::Void | Intent::Undo) => Operation::Void {
            target_id: link.target_id.clone(),
            sync_token: link.sync_token.clone(),
        },
    };
    Member {
        slot,
        posting: posting.id.clone(),
        kind: posting.key.kind,
        operation,
        expected: posting.expected.clone(),
        document: job.document.clone(),
    }
}
