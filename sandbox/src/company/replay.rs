//! Request ids: which were used, with what, and what the answer was.
//! FACTS: QuickBooks §3.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::fault::Fault;
use super::quirks::{CallInProgress, ChangedBody, CompanyQuirks};
use super::state::Answer;

/// The longest request id, or request id and bId together.
pub(super) const LONGEST: usize = 50;

#[derive(Debug)]
struct Remembered {
    body: u64,
    at: Timestamp,
    outcome: Outcome,
}

#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Done(Answer),
    Refused(Arc<Fault>),
}

/// What becomes of a write with a request id.
pub(super) enum Admission {
    /// It is done, and `remember` is called.
    Run,
    /// The answer is known already.
    Known(Outcome),
    /// The first call is still being worked on: ask again later.
    Wait,
}

/// The memory of request ids.
#[derive(Debug, Default)]
pub(super) struct Replays {
    known: HashMap<Box<str>, Remembered>,
    running: HashSet<Box<str>>,
}

/// A fingerprint of what a request id was used with.
pub(super) fn fingerprint(what: &str, body: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    body.hash(&mut hasher);
    hasher.finish()
}

impl Replays {
    /// Marks a request id as being worked on. `Err` is fault 600.
    pub(super) fn begin(
        &mut self,
        id: &str,
        body: u64,
        quirks: &CompanyQuirks,
        now: Timestamp,
    ) -> Result<Admission, Fault> {
        if !quirks.replays_request_ids {
            return Ok(Admission::Run);
        }
        if self.running.contains(id) {
            return match quirks.call_in_progress {
                CallInProgress::Waits => Ok(Admission::Wait),
                CallInProgress::Refused => Err(Fault::duplicate_request_id()),
                CallInProgress::RunsAgain => Ok(Admission::Run),
            };
        }
        if let Some(known) = self.known.get(id) {
            if expired(known.at, quirks.request_id_lifetime, now) {
                self.known.remove(id);
            } else if known.body == body {
                return Ok(Admission::Known(known.outcome.clone()));
            } else {
                match quirks.changed_body {
                    ChangedBody::FirstAnswer => {
                        return Ok(Admission::Known(known.outcome.clone()));
                    }
                    ChangedBody::Refused => return Err(Fault::duplicate_request_id()),
                    ChangedBody::TreatedAsNew => {}
                }
            }
        }
        self.running.insert(id.into());
        Ok(Admission::Run)
    }

    /// Keeps the outcome of a call that was run.
    pub(super) fn finish(
        &mut self,
        id: &str,
        body: u64,
        outcome: &Result<Answer, Fault>,
        quirks: &CompanyQuirks,
        now: Timestamp,
    ) {
        self.running.remove(id);
        let outcome = match outcome {
            Ok(answer) => Outcome::Done(answer.clone()),
            Err(fault) if quirks.replays_refusals => Outcome::Refused(Arc::new(fault.clone())),
            Err(_) => return,
        };
        if quirks.replays_request_ids {
            self.known.insert(
                id.into(),
                Remembered {
                    body,
                    at: now,
                    outcome,
                },
            );
        }
    }

    /// Forgets that a call was running that never came to its end.
    pub(super) fn abandon(&mut self, id: &str) {
        self.running.remove(id);
    }
}

fn expired(at: Timestamp, lifetime: Option<Duration>, now: Timestamp) -> bool {
    let Some(lifetime) = lifetime else {
        return false;
    };
    now.duration_since(at).unsigned_abs() >= lifetime
}
