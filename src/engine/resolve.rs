//! Turns calls without an outcome into outcomes. Sends nothing new: it looks documents up, adopts
//! what exists, and replays what does not with the same request id and the same bytes, once no write
//! can still be under way. What stays unclear is held, never guessed.

use std::time::Duration;

use jiff::Timestamp;
use kit::{Call, Failure, Found, Kind, Lane, Member, Operation, Receipt};

use super::desk::Job;
use super::error::RunError;
use super::outcome;
use super::post::Poster;
use super::tripwire::Point;
use crate::domain::{DELETED_IN_BOOKS, Hold, Intent, OUTCOME_UNKNOWN, cause};
use crate::store::{OpenCall, Settlement};

/// So many replays without an answer, and a person has to look.
const MOST_REPLAYS: u32 = 5;

/// A member of a call of which the books have to be asked.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    pub(super) job: Job,
    why: Why,
}

/// Why the books are asked.
#[derive(Clone, Debug)]
enum Why {
    /// The answer was lost.
    Lost,
    /// The target says that the number is taken: if the document is not ours, this is why it is held.
    Number(Failure),
    /// The target refused the version: if somebody changed the document, this is why it is held.
    Version(Failure),
}

impl Doubt {
    /// The answer was lost.
    pub(super) fn lost(job: Job) -> Self {
        let why = Why::Lost;
        Self { job, why }
    }

    /// The target says that the number is taken, perhaps by an earlier try of ours.
    pub(super) fn number(job: Job, refusal: Failure) -> Self {
        let why = Why::Number(refusal);
        Self { job, why }
    }

    /// The target refuses the version, or finds nothing of this id.
    pub(super) fn version(job: Job, refusal: Failure) -> Self {
        let why = Why::Version(refusal);
        Self { job, why }
    }

    /// The answer was lost for all of these.
    pub(super) fn all(jobs: Vec<Job>) -> Vec<Self> {
        jobs.into_iter().map(Self::lost).collect()
    }
}

/// When a call was under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// When it was begun; nothing of it can have been made before.
    pub(super) begun_at: Timestamp,
    /// When it was given up, or when it can have been sent at the latest.
    pub(super) ended_at: Timestamp,
}

impl Poster<'_> {
    /// Resolves a call that an earlier run left open.
    pub(super) async fn resolve_left_open(&self, open: OpenCall) -> Result<(), RunError> {
        let ids: Vec<_> = open
            .members_left()
            .map(|member| member.posting.clone())
            .collect();
        // the call's body holds the documents
        let mut jobs: Vec<Job> = self
            .store
            .load(&ids)
            .await?
            .into_iter()
            .map(|loaded| Job::new(loaded, String::new()))
            .collect();
        // judged by what was sent, whatever is wanted by now
        for job in &mut jobs {
            let id = job.posting.id.clone();
            if let Some(sent) = open.sent.iter().find(|sent| sent.posting == id) {
                job.posting.intent = sent.intent;
                job.posting.fingerprint = sent.fingerprint.clone();
            }
            if let Some(member) = open.call.members.iter().find(|member| member.posting == id) {
                job.posting.expected = member.expected.clone();
            }
        }
        tracing::info!(call.id = %open.call.request_id, "resolving a call an earlier run left open");
        let span = Span {
            begun_at: open.begun_at,
            // the process that sent it, perhaps long after it was begun, is gone by now
            ended_at: self.clock.now(),
        };
        self.resolve(open.call, Doubt::all(jobs), span).await
    }

    /// Finds out what became of members of `call`, and finishes what did not happen.
    pub(super) async fn resolve(
        &self,
        call: Call,
        mut doubts: Vec<Doubt>,
        span: Span,
    ) -> Result<(), RunError> {
        let mut looks = 0;
        let mut replays = 0;
        let mut last_sent = span.ended_at;
        while !doubts.is_empty() {
            // a look before the last send can have ended does not show that it came to nothing
            let now = self.clock.now();
            let conclusive_from = last_sent
                .saturating_add(self.books.longest_write)
                .unwrap_or(now);
            let looked = tokio::select! {
                looked = self.look_up(&call, &doubts, span.begun_at) => looked,
                () = self.stopped() => return Err(RunError::Stopped), // the call stays open
            };
            let found = match looked {
                Ok(found) => found,
                // a question it does not understand will not be understood later either
                Err(failure) if failure.kind() == Kind::Reject => {
                    return self
                        .write(&call, doubts.into_iter().map(unknown).collect())
                        .await;
                }
                Err(failure) => {
                    looks += 1;
                    self.wait_after_failed_look(failure, looks).await?;
                    continue;
                }
            };
            let conclusive = now >= conclusive_from;
            let (settled, absent) = self.judge(&call, doubts, found, conclusive).await?;
            self.write(&call, settled).await?;
            doubts = absent;
            if doubts.is_empty() {
                break;
            }
            if !conclusive {
                let wait = Duration::try_from(now.duration_until(conclusive_from));
                self.wait(wait.unwrap_or_default()).await?;
                continue;
            }
            if replays == MOST_REPLAYS {
                return self
                    .write(&call, doubts.into_iter().map(unknown).collect())
                    .await;
            }
            let ended = self.books.canary.ended();
            let (admitted, later) = self.admit_again(&call, doubts).await?;
            doubts = later;
            if admitted.is_empty() {
                if !doubts.is_empty() {
                    tokio::select! {
                        () = ended => {}
                        () = self.stopped() => return Err(RunError::Stopped),
                    }
                }
                continue;
            }
            replays += 1;
            let asked = admitted.len();
            let unanswered = self.replay(&call, admitted).await?;
            if unanswered.len() < asked {
                replays = 0;
            }
            doubts.extend(unanswered);
            // not before: it may have waited long for its place
            last_sent = self.clock.now();
        }
        Ok(())
    }

    /// What the books hold of each doubt.
    async fn look_up(
        &self,
        call: &Call,
        doubts: &[Doubt],
        begun_at: Timestamp,
    ) -> Result<Vec<Found>, Failure> {
        let members: Vec<Member> = doubts
            .iter()
            .filter_map(|doubt| member_of(call, doubt).cloned())
            .collect();
        self.books.target.find(&members, begun_at).await
    }

    /// What was found tells about each doubt: settlements, and those that do not exist. `conclusive` is
    /// whether no write of the call can still be under way.
    async fn judge(
        &self,
        call: &Call,
        doubts: Vec<Doubt>,
        found: Vec<Found>,
        conclusive: bool,
    ) -> Result<(Vec<(Job, Settlement)>, Vec<Doubt>), RunError> {
        let mut settled = Vec::new();
        let mut absent = Vec::new();
        for (doubt, found) in doubts.into_iter().zip(found) {
            let found = self.unless_of_another(&doubt, found).await?;
            match settle(call, &doubt, found, conclusive) {
                Some(settlement) => settled.push((doubt.job, settlement)),
                None => absent.push(doubt),
            }
        }
        Ok((settled, absent))
    }

    /// What was found, unless we made it for something else: of two products of one name, and without SKU,
    /// nothing but our own journal tells which of them it is.
    async fn unless_of_another(&self, doubt: &Doubt, found: Found) -> Result<Found, RunError> {
        let posting = &doubt.job.posting;
        let Found::Ours(receipt) = &found else {
            return Ok(found);
        };
        if !posting.key.kind.is_list_object() {
            return Ok(found);
        }
        let maker = self
            .store
            .maker_of(&posting.route.realm, posting.key.kind, &receipt.target_id);
        Ok(match maker.await? {
            Some(other) if other != posting.id => Found::Namesake(format!(
                "the {} `{}` in QuickBooks is another one of the store",
                posting.key.kind.in_words(),
                posting.number,
            )),
            Some(_) | None => found,
        })
    }

    /// Sends the members that do not exist once more: same request id, same bytes. Returns those
    /// whose outcome is unknown again.
    async fn replay(&self, call: &Call, doubts: Vec<Doubt>) -> Result<Vec<Doubt>, RunError> {
        let slots: Vec<u32> = doubts
            .iter()
            .filter_map(|doubt| member_of(call, doubt))
            .map(|member| member.slot)
            .collect();
        let narrowed = self
            .books
            .target
            .narrow(call, &slots)
            .map_err(RunError::target)?;
        let lane = if call.members.len() > 1 {
            Lane::Batch
        } else {
            Lane::Single
        };
        let permit = tokio::select! {
            permit = self.books.limiter.admit(lane) => permit,
            () = self.stopped() => return Err(RunError::Stopped), // the call stays open
        };
        permit.departure().await;
        let answer = self.books.target.send(&narrowed).await;
        drop(permit);
        self.trip.at(Point::Answered)?;
        let outcomes = match answer {
            Ok(outcomes) => outcomes,
            Err(failure) if failure.outcome_unknown() => return Ok(doubts),
            Err(failure) => match failure.kind() {
                // refused before anything was done: the look-up comes first again
                Kind::Retry { after } => {
                    self.wait(after.unwrap_or(self.books.policy.first)).await?;
                    return Ok(doubts);
                }
                Kind::Reject => doubts
                    .iter()
                    .map(|_| kit::Outcome::Failed(failure.clone()))
                    .collect(),
                Kind::Stop => return Err(RunError::target(failure)),
            },
        };
        let now = self.clock.now();
        let mut settled = Vec::new();
        let mut open = Vec::new();
        for (doubt, result) in doubts.into_iter().zip(outcomes) {
            match self.verdict(&doubt.job, result, now) {
                outcome::Verdict::Settle(settlement) => settled.push((doubt.job, settlement)),
                outcome::Verdict::LookUp => open.push(doubt),
                outcome::Verdict::CheckNumber(failure) => {
                    open.push(Doubt::number(doubt.job, failure));
                }
                outcome::Verdict::CheckVersion(failure) => {
                    open.push(Doubt::version(doubt.job, failure));
                }
                outcome::Verdict::Stop(failure) => {
                    self.write(call, settled).await?;
                    return Err(RunError::target(failure));
                }
            }
        }
        self.write(call, settled).await?;
        Ok(open)
    }

    async fn wait_after_failed_look(&self, failure: Failure, looks: u32) -> Result<(), RunError> {
        match failure.kind() {
            Kind::Retry { after } if looks < self.books.policy.attempts => {
                let wait = after.unwrap_or_else(|| self.books.policy.delay(looks, self.chance));
                self.wait(wait.min(self.books.policy.cap)).await
            }
            // the call stays open: the next run looks again
            Kind::Retry { .. } | Kind::Reject | Kind::Stop => Err(RunError::target(failure)),
        }
    }

    /// Waits, unless the run is stopped: then the call stays open for the next one.
    async fn wait(&self, wait: Duration) -> Result<(), RunError> {
        tokio::select! {
            () = self.clock.sleep(wait) => Ok(()),
            () = self.stopped() => Err(RunError::Stopped),
        }
    }
}

/// What a look-up tells; `None` where the write did not take effect and is to be sent again, or where it is
/// too early to tell.
fn settle(call: &Call, doubt: &Doubt, found: Found, conclusive: bool) -> Option<Settlement> {
    let job = &doubt.job;
    let refused = |failure: &Failure| Settlement::Held(outcome::hold(failure));
    Some(match (found, &doubt.why) {
        // only its version rose: nobody changed what was posted, and nothing was done
        (Found::Ours(now) | Found::Changed(_, now), Why::Lost | Why::Version(_))
            if is_as_posted(job, &now) && job.posting.attempts < outcome::MOST_ATTEMPTS =>
        {
            Settlement::Refreshed(now)
        }
        // refused, and yet as it was wanted: somebody else's hand, unless all that was wanted is
        // that it is void
        (Found::Ours(_), Why::Version(refusal)) if job.posting.intent == Intent::Post => {
            refused(refusal)
        }
        (Found::Ours(receipt), _) => outcome::done(&job.posting, receipt),
        (Found::Gone, _) => Settlement::Gone(gone(job)),
        (Found::Changed(what, now), Why::Version(refusal)) => {
            let hold = outcome::hold(refusal);
            let reason = format!("{}. {what} now", hold.reason);
            let remedy = outcome::of_voided(&job.posting, &now).unwrap_or(hold.remedy);
            let cause = hold.cause;
            Settlement::Held(Hold {
                cause,
                reason,
                remedy,
            })
        }
        (_, Why::Number(refusal) | Why::Version(refusal)) => refused(refusal),
        (Found::Namesake(_), Why::Lost) if job.posting.rename.is_some() => {
            // where names are compared otherwise than here, the write could still take effect beside it
            return conclusive.then_some(Settlement::Renamed);
        }
        (Found::Foreign(what) | Found::Namesake(what) | Found::Changed(what, _), Why::Lost) => {
            Settlement::Held(foreign(call, doubt, what))
        }
        (Found::Nothing, Why::Lost) => return None,
    })
}

/// Whether people see the document as it was last answered to us.
fn is_as_posted(job: &Job, now: &Receipt) -> bool {
    let posted = job.link.as_ref().and_then(|link| link.content.as_ref());
    posted.is_some() && posted == now.content.as_ref()
}

fn gone(job: &Job) -> Hold {
    let kind = job.posting.key.kind.in_words();
    Hold::of(
        DELETED_IN_BOOKS,
        format!("the {kind} was deleted in QuickBooks"),
    )
}

fn member_of<'c>(call: &'c Call, doubt: &Doubt) -> Option<&'c Member> {
    call.members
        .iter()
        .find(|member| member.posting == doubt.job.posting.id)
}

fn unknown(doubt: Doubt) -> (Job, Settlement) {
    let hold = Hold {
        cause: OUTCOME_UNKNOWN.to_owned(),
        reason: format!(
            "QuickBooks was asked to make {} {} and never said whether it did",
            doubt.job.posting.key.kind.in_words(),
            doubt.job.posting.number,
        ),
        remedy: cause(OUTCOME_UNKNOWN).map_or(String::new(), |cause| cause.remedy.to_owned()),
    };
    (doubt.job, Settlement::Held(hold))
}

/// Somebody else's document stands where ours should.
fn foreign(call: &Call, doubt: &Doubt, what: String) -> Hold {
    let code = match member_of(call, doubt).map(|member| &member.operation) {
        Some(Operation::Create) | None if doubt.job.posting.key.kind.is_list_object() => {
            "name_taken"
        }
        Some(Operation::Create) | None => "number_taken",
        Some(Operation::Update { .. } | Operation::Void { .. } | Operation::Delete { .. }) => {
            "changed_in_books"
        }
    };
    let remedy = cause(code).map_or(String::new(), |cause| cause.remedy.to_owned());
    Hold {
        cause: code.to_owned(),
        reason: what,
        remedy,
    }
}
