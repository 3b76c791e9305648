//! What an answer means for the postings of its call: outcomes are written, what has to be sent again
//! goes back to the desk. What is unknown goes to `resolve`.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use kit::{Call, Failure, Kind, Outcome, PostingId};

use super::desk::Job;
use super::error::RunError;
use super::outcome::{self, Verdict};
use super::post::Poster;
use super::resolve::{Doubt, Span};
use super::tripwire::Point;
use crate::domain::{Intent, Posting, PostingState};
use crate::store::{Loaded, Settlement};

impl Poster<'_> {
    /// A document that cannot even be written down is held; its neighbours go on alone.
    pub(super) async fn not_composed(
        &self,
        jobs: Vec<Job>,
        failure: &Failure,
    ) -> Result<(), RunError> {
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
    pub(super) async fn take_back(&self, jobs: Vec<Job>) -> Result<(), RunError> {
        let ids: Vec<PostingId> = jobs.iter().map(|job| job.posting.id.clone()).collect();
        let now: HashMap<PostingId, Loaded> = self
            .store
            .load(&ids)
            .await?
            .into_iter()
            .map(|loaded| (loaded.posting.id.clone(), loaded))
            .collect();
        let mut unchanged = Vec::with_capacity(jobs.len());
        let all = jobs.len();
        for mut job in jobs {
            match now.get(&job.posting.id) {
                Some(loaded)
                    if loaded.posting.state == PostingState::Queued
                        && loaded.posting.intent == job.posting.intent
                        && loaded.posting.fingerprint == job.posting.fingerprint =>
                {
                    job.posting = loaded.posting.clone();
                    job.link.clone_from(&loaded.link);
                    unchanged.push(job);
                }
                // something else is wanted by now: who waits for it hands it in, with its references
                Some(loaded) => self.tell(&job.posting, loaded.posting.state),
                None => self.tell(&job.posting, PostingState::Excluded),
            }
        }
        // nothing changed: other transactions were in the way, and get time to end
        if unchanged.len() == all {
            let times = self.contended.fetch_add(1, Ordering::Relaxed) + 1;
            let wait = self.books.policy.delay(times, self.chance);
            let now = self.clock.now();
            let due_at = now.saturating_add(wait).unwrap_or(now);
            tracing::warn!(
                wait_ms = wait.as_millis(),
                "a call could not be written down beside other work on the database: it is tried again"
            );
            self.put_back(unchanged, |job| job.due_at = Some(due_at));
        } else {
            self.put_back(unchanged, |_| {});
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
}
