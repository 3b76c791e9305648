//! The desk of a poster: what is handed in, what is taken for the next call, who waits for what.
//!
//! Several pages hand in their postings at the same time; a posting that two of them want is sent
//! once and reported to both.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;
use kit::{Lane, PostingId};
use tokio::sync::oneshot;

use super::canary::Admission;
use super::error::RunError;
use super::post::Poster;
use crate::domain::{Link, Posting, PostingState};
use crate::store::{Loaded, OpenCall};

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

#[derive(Default)]
pub(super) struct Desk {
    pub(super) ready: VecDeque<Job>,
    pub(super) waiting: HashMap<PostingId, Vec<oneshot::Sender<PostingState>>>,
    /// In a call that has no outcome yet.
    pub(super) in_flight: HashSet<PostingId>,
    pub(super) closed: bool,
    pub(super) error: Option<RunError>,
    /// When a call last failed as a whole.
    pub(super) failed_at: Option<Timestamp>,
}

/// A posting of whose outcome somebody waits to hear.
pub(super) type Awaited = (PostingId, oneshot::Receiver<PostingState>);

impl Poster<'_> {
    /// Hands postings in and waits until each has an outcome. [`PostingState::Queued`]: something newer
    /// is wanted than what was sent, and has to be handed in.
    pub(super) async fn post(
        &self,
        jobs: Vec<Job>,
    ) -> Result<HashMap<PostingId, PostingState>, RunError> {
        let mut awaited = Vec::with_capacity(jobs.len());
        {
            let mut desk = self.desk();
            if desk.closed {
                return Err(desk.error.clone().unwrap_or(RunError::Stopped));
            }
            for job in jobs {
                let (sender, receiver) = oneshot::channel();
                awaited.push((job.posting.id.clone(), receiver));
                let waiting = desk.waiting.entry(job.posting.id.clone()).or_default();
                waiting.push(sender);
                // what another page handed in or an earlier run left open is only waited for
                if waiting.len() == 1 && !desk.in_flight.contains(&job.posting.id) {
                    desk.ready.push_back(job);
                }
            }
        }
        self.bell.notify_one();
        self.heard(awaited).await
    }

    /// Waits until each of these has an outcome.
    pub(super) async fn heard(
        &self,
        awaited: Vec<Awaited>,
    ) -> Result<HashMap<PostingId, PostingState>, RunError> {
        let mut states = HashMap::with_capacity(awaited.len());
        for (id, answer) in awaited {
            match answer.await {
                Ok(state) => states.insert(id, state),
                Err(_) => return Err(self.desk().error.clone().unwrap_or(RunError::Stopped)),
            };
        }
        Ok(states)
    }

    /// Makes known what calls that an earlier run left open hold: it is on its way, and handed in by
    /// somebody it is only waited for. Members with an outcome are free: they may be wanted anew.
    pub(super) fn await_open(&self, open: &[OpenCall]) -> Vec<Awaited> {
        let mut desk = self.desk();
        let mut awaited = Vec::new();
        for member in open.iter().flat_map(OpenCall::members_left) {
            let (sender, receiver) = oneshot::channel();
            awaited.push((member.posting.clone(), receiver));
            desk.in_flight.insert(member.posting.clone());
            let waiting = desk.waiting.entry(member.posting.clone()).or_default();
            waiting.push(sender);
        }
        awaited
    }

    pub(super) fn end(&self, error: Option<RunError>) {
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

    pub(super) fn due(&self) -> Due {
        let now = self.clock.now();
        let desk = self.desk();
        if desk.closed || self.stop.is_cancelled() {
            return Due::Closed;
        }
        let canary = self.books.canary.lock();
        let ready = desk
            .ready
            .iter()
            .filter(|job| job.due_at.is_none_or(|at| at <= now))
            .filter(|job| canary.admission(&job.posting) != Admission::Waits)
            .take(2) // more than one is all that is asked
            .count();
        if ready > 0 {
            return Due::Work { ready };
        }
        let due = desk.ready.iter().filter_map(|job| job.due_at);
        Due::Later {
            at: due.filter(|at| *at > now).min(),
        }
    }

    /// Takes one job, or as many as a batch call holds; or those that must not be sent at all.
    pub(super) fn take(&self, lane: Lane) -> (Vec<Job>, Vec<Job>) {
        let most = match lane {
            Lane::Batch => self.books.target.batch_size(),
            Lane::Single => 1,
        };
        let now = self.clock.now();
        let mut desk = self.desk();
        let mut canary = self.books.canary.lock();
        let mut taken = Vec::with_capacity(most);
        let mut refused = Vec::new();
        let mut kept = Vec::new();
        while taken.len() < most {
            let Some(job) = desk.ready.pop_front() else {
                break;
            };
            let due = job.due_at.is_none_or(|at| at <= now);
            let admission = canary.admission(&job.posting);
            let fits = match admission {
                Admission::Free => !(job.alone && most > 1),
                Admission::Alone => taken.is_empty(),
                Admission::Waits => false,
                Admission::Refused => true,
            };
            if !due || !fits {
                kept.push(job);
            } else if !desk.in_flight.insert(job.posting.id.clone()) {
                // it was handed in twice and is on its way
            } else if admission == Admission::Refused {
                refused.push(job);
            } else {
                canary.under_way(&job.posting);
                taken.push(job);
                if admission == Admission::Alone {
                    break;
                }
            }
        }
        // the few that stay go back to the front; the many behind them are not touched
        for job in kept.into_iter().rev() {
            desk.ready.push_front(job);
        }
        (taken, refused)
    }

    pub(super) fn put_back(&self, jobs: Vec<Job>, change: impl Fn(&mut Job)) {
        let mut desk = self.desk();
        if desk.closed {
            return;
        }
        self.books
            .canary
            .end(jobs.iter().map(|job| &job.posting.id));
        for mut job in jobs {
            change(&mut job);
            desk.in_flight.remove(&job.posting.id);
            desk.ready.push_back(job);
        }
        drop(desk);
        self.bell.notify_one();
    }

    pub(super) fn tell(&self, posting: &Posting, state: PostingState) {
        let waiting = {
            let mut desk = self.desk();
            desk.in_flight.remove(&posting.id);
            self.books.canary.end([&posting.id]);
            desk.waiting.remove(&posting.id).unwrap_or_default()
        };
        for sender in waiting {
            let _ = sender.send(state); // a page that no longer waits needs no answer
        }
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Poster<'_> {
    /// Whatever ended the run: nobody waits for what it leaves open.
    fn drop(&mut self) {
        let desk = self.desk();
        self.books.canary.end(&desk.in_flight);
    }
}

pub(super) enum Due {
    Closed,
    Work { ready: usize },
    Later { at: Option<Timestamp> },
}
