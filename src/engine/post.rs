//! Sends postings: forms calls of what lies on the desk, in both lanes of the limiter, and writes each
//! call before it leaves. What the answers mean is said in `answer`.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt, stream};
use kit::{Chance, Clock, Limiter, Member, Operation, Permit, RequestId, RetryPolicy, Target};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::canary::SharedCanary;
use super::desk::{Desk, Due, Job};
use super::error::RunError;
use super::resolve::Span;
use super::tripwire::{Point, Tripwire};
use crate::domain::{Intent, Posting, Realm};
use crate::store::{Commit, OpenCall, Sent, Store};

/// The books postings go to, shared by all pipelines that write to them.
pub struct Books {
    /// What makes postings unique.
    pub realm: Realm,
    /// The connection.
    pub target: Arc<dyn Target>,
    /// The quotas of the realm.
    pub limiter: Arc<Limiter>,
    /// How its forms come out, and what is under way alone.
    pub canary: SharedCanary,
    /// No write takes longer than this, however its answer was lost; before, a document that is not
    /// found may still appear, so nothing is sent again.
    pub longest_write: Duration,
    /// How trouble with a whole call is waited out.
    pub policy: RetryPolicy,
}

/// Posts for one run.
pub(super) struct Poster<'a> {
    pub(super) store: &'a Store,
    pub(super) books: &'a Books,
    pub(super) clock: &'a dyn Clock,
    pub(super) chance: &'a Chance,
    pub(super) trip: &'a Tripwire,
    pub(super) stop: CancellationToken,
    pub(super) desk: Mutex<Desk>,
    pub(super) bell: Notify,
    /// Calls that failed in a row, without an answer between them.
    pub(super) streak: AtomicU32,
    /// Calls in a row that could not be begun, since other transactions were in the way.
    pub(super) contended: AtomicU32,
    pub(super) posted: AtomicU64,
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
            contended: AtomicU32::new(0),
            posted: AtomicU64::new(0),
        }
    }

    /// Documents and list objects posted so far.
    pub(super) fn posted(&self) -> u64 {
        self.posted.load(Ordering::Relaxed)
    }

    /// Works until [`Poster::close`] is called or the run is stopped; then what is in flight is
    /// finished. `open` are the calls an earlier run left without an outcome, of which the desk was told
    /// by [`Poster::await_open`].
    pub(super) async fn run(&self, open: Vec<OpenCall>) {
        let in_flight = open.len() + 64; // the limiter is what limits
        if let Err(error) = self.know_forms().await {
            return self.end(Some(error));
        }
        for member in open.iter().flat_map(OpenCall::members_left) {
            if let Some(form) = &member.expected.form {
                self.books.canary.lock().alone(form, &member.posting);
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

    /// The next call to make, once there is work and the limiter admits it. `None` at the end.
    async fn next_call(&self) -> Option<BoxFuture<'_, Result<(), RunError>>> {
        loop {
            let rung = self.bell.notified();
            let ended = self.books.canary.ended();
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
                    () = ended => {}
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

    /// Makes one call. Safe to repeat after a crash at any point: request id and body were stored
    /// first, so a second call sends the very same bytes.
    async fn make_call(&self, jobs: Vec<Job>, permit: Permit<'_>) -> Result<(), RunError> {
        let jobs = self.still_admitted(jobs).await?;
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
        self.contended.store(0, Ordering::Relaxed);
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
        (Some(link), Intent::Void) => Operation::Void {
            target_id: link.target_id.clone(),
            sync_token: link.sync_token.clone(),
        },
        // a voided one would keep its number, and could never be made anew
        (Some(link), Intent::Undo) => Operation::Delete {
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
