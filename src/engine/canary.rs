//! The canary: the first document of a form in a company goes alone and is checked before others of
//! it follow; after three that came out with other amounts no more of the form is sent. All runs of
//! the process that post to the company share it; other processes are heard of through the journal.
//!
//! Not here: what makes two documents one form (the mapping says it) and when an answer disagrees
//! (`outcome`).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kit::{Call, PostingId};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::desk::Job;
use super::error::RunError;
use super::post::Poster;
use super::resolve::Doubt;
use crate::domain::{FORGIVEN_AFTER, FormTrust, Hold, Intent, Posting, PostingState};
use crate::store::Settlement;

/// Whether a posting may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// With others.
    Free,
    /// Alone: nothing of its form has come out right yet.
    Alone,
    /// Later: another of its form is under way alone.
    Waits,
    /// Not at all: its form keeps coming out wrong.
    Refused,
}

/// The canary of a company: one for all that post to it.
#[derive(Default)]
pub struct SharedCanary {
    canary: Mutex<Canary>,
    /// Held while the journal is asked or told, so that nobody takes over what was true before.
    journal: tokio::sync::Mutex<()>,
    /// Rung when a document that went alone has its outcome.
    ended: Notify,
}

impl SharedCanary {
    pub(super) fn lock(&self) -> MutexGuard<'_, Canary> {
        self.canary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Completes when a document that went alone has its outcome; nothing is missed from this call on.
    pub(super) fn ended(&self) -> Notified<'_> {
        self.ended.notified()
    }

    /// Postings are no longer under way: what waited for one of them may go.
    pub(super) fn end<'i>(&self, ids: impl IntoIterator<Item = &'i PostingId>) {
        let mut canary = self.lock();
        let ended = ids.into_iter().filter(|id| canary.ended(id)).count();
        drop(canary);
        if ended > 0 {
            self.ended.notify_waiters();
        }
    }
}

/// What is known of the forms of a company, and which documents are under way alone.
#[derive(Default)]
pub(super) struct Canary {
    trust: HashMap<String, FormTrust>,
    alone: HashMap<String, PostingId>,
}

impl Canary {
    /// With what the journal knows.
    pub(super) fn know(&mut self, trust: HashMap<String, FormTrust>) {
        self.trust = trust;
    }

    /// Whether a posting may be sent now.
    pub(super) fn admission(&self, posting: &Posting) -> Admission {
        let Some(form) = form(posting) else {
            return Admission::Free;
        };
        match self.trust.get(form) {
            Some(trust) if trust.is_refused() => Admission::Refused,
            Some(trust) if trust.is_proven() => Admission::Free,
            Some(_) | None if self.alone.contains_key(form) => Admission::Waits,
            Some(_) | None => Admission::Alone,
        }
    }

    /// A posting is under way; where its form is not proven, others of it wait for it.
    pub(super) fn under_way(&mut self, posting: &Posting) {
        if let Some(form) = form(posting) {
            self.alone(form, &posting.id);
        }
    }

    /// The same for what an earlier run sent.
    pub(super) fn alone(&mut self, form: &str, id: &PostingId) {
        if !self.trust.get(form).is_some_and(FormTrust::is_proven) {
            let alone = self.alone.entry(form.to_owned());
            alone.or_insert_with(|| id.clone());
        }
    }

    /// Whether a posting is the one of its form that is under way alone.
    pub(super) fn is_alone(&self, posting: &Posting) -> bool {
        let alone = form(posting).and_then(|form| self.alone.get(form));
        alone == Some(&posting.id)
    }

    /// A posting is no longer under way, whatever is wanted of it by now; whether others waited for it.
    pub(super) fn ended(&mut self, id: &PostingId) -> bool {
        let before = self.alone.len();
        self.alone.retain(|_, alone| alone != id);
        self.alone.len() < before
    }

    fn trust(&self, form: &str) -> FormTrust {
        self.trust.get(form).cloned().unwrap_or_default()
    }

    /// Why nothing of a form is sent any more.
    fn refusal(&self, form: &str) -> Hold {
        let trust = self.trust(form);
        let reason = format!(
            "{} documents of the form \"{form}\" came out of QuickBooks with other amounts than the \
             store's, so no more of it are sent; the last was {}",
            trust.wrong,
            trust.example.unwrap_or_default(),
        );
        Hold::of("form_mismatch", reason)
    }
}

/// The form of what a posting would send; taking something back has none.
fn form(posting: &Posting) -> Option<&str> {
    let form = posting.expected.form.as_deref();
    form.filter(|_| posting.intent == Intent::Post)
}

/// How the documents of one form in an answer came out.
#[derive(Default)]
struct Seen {
    right: i64,
    wrong: Vec<String>,
}

impl Poster<'_> {
    /// Asks the journal how forms come out, since another process may have learned it.
    pub(super) async fn know_forms(&self) -> Result<(), RunError> {
        let _journal = self.books.canary.journal.lock().await;
        let forms = self.store.forms(&self.books.realm).await?;
        self.books.canary.lock().know(forms);
        Ok(())
    }

    /// Somebody has mended what made forms come out wrong: the next document of each goes alone again.
    pub(super) async fn forgive_forms(&self) -> Result<(), RunError> {
        self.store.forgive_forms(&self.books.realm).await?;
        self.know_forms().await
    }

    /// Of jobs about to be sent those that still may be, after a last look where one goes alone.
    pub(super) async fn still_admitted(&self, jobs: Vec<Job>) -> Result<Vec<Job>, RunError> {
        let alone = |job: &Job| self.books.canary.lock().is_alone(&job.posting);
        if !jobs.iter().any(alone) {
            return Ok(jobs);
        }
        self.know_forms().await?;
        let refused = |job: &Job| self.is_refused(&job.posting);
        let (refused, admitted): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(refused);
        self.refuse(refused).await?;
        Ok(admitted)
    }

    fn is_refused(&self, posting: &Posting) -> bool {
        self.books.canary.lock().admission(posting) == Admission::Refused
    }

    /// Of documents that did not reach the books those that may be sent again now, and those that wait for
    /// others of their form. What must no more be sent is held.
    pub(super) async fn admit_again(
        &self,
        call: &Call,
        doubts: Vec<Doubt>,
    ) -> Result<(Vec<Doubt>, Vec<Doubt>), RunError> {
        self.know_forms().await?;
        let (mut admitted, mut later, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for doubt in doubts {
            let mut canary = self.books.canary.lock();
            let posting = &doubt.job.posting;
            match canary.admission(posting) {
                Admission::Free => admitted.push(doubt),
                Admission::Alone => {
                    canary.under_way(posting);
                    admitted.push(doubt);
                }
                Admission::Waits if canary.is_alone(posting) => admitted.push(doubt),
                Admission::Waits => later.push(doubt),
                Admission::Refused => {
                    let hold = canary.refusal(form(posting).unwrap_or_default());
                    refused.push((doubt.job, Settlement::Held(hold)));
                }
            }
        }
        self.write(call, refused).await?;
        Ok((admitted, later))
    }

    /// Learns from outcomes, before they are written: after a crash between the two the call is
    /// resolved again, and a mismatch counted twice rather than never.
    pub(super) async fn learn(&self, settled: &[(Job, Settlement)]) -> Result<(), RunError> {
        let mut seen: HashMap<&str, Seen> = HashMap::new();
        for (job, settlement) in settled {
            let Some(form) = form(&job.posting) else {
                continue;
            };
            match settlement {
                Settlement::Posted(_) => seen.entry(form).or_default().right += 1,
                Settlement::Mismatch(_, hold) => {
                    let Posting { key, number, .. } = &job.posting;
                    let example = format!("{} {number}: {}", key.kind.in_words(), hold.reason);
                    seen.entry(form).or_default().wrong.push(example);
                }
                Settlement::Reversed(_)
                | Settlement::Held(_)
                | Settlement::Gone(_)
                | Settlement::Requeued { .. }
                | Settlement::Refreshed(_)
                | Settlement::Renamed
                | Settlement::Excluded { .. } => {}
            }
        }
        let realm = &self.books.realm;
        let _journal = self.books.canary.journal.lock().await;
        for (form, seen) in seen {
            let mut trust = self.books.canary.lock().trust(form);
            if seen.right > 0 && trust.right < FORGIVEN_AFTER {
                trust = self
                    .store
                    .form_came_out_right(realm, form, seen.right)
                    .await?;
            }
            for example in &seen.wrong {
                trust = self.store.form_came_out_wrong(realm, form, example).await?;
                tracing::warn!(
                    form,
                    wrong = trust.wrong,
                    "a document came out with other amounts: {example}"
                );
            }
            let mut canary = self.books.canary.lock();
            canary.trust.insert(form.to_owned(), trust);
        }
        Ok(())
    }

    /// Holds what is not sent because its form keeps coming out wrong.
    pub(super) async fn refuse(&self, jobs: Vec<Job>) -> Result<(), RunError> {
        let mut by_form: HashMap<&str, Vec<PostingId>> = HashMap::new();
        for job in &jobs {
            let form = form(&job.posting).unwrap_or_default();
            by_form
                .entry(form)
                .or_default()
                .push(job.posting.id.clone());
        }
        for (form, ids) in by_form {
            let hold = self.books.canary.lock().refusal(form);
            tracing::warn!(form, held = ids.len(), "{}", hold.reason);
            self.store.hold(&ids, &hold).await?;
        }
        for job in &jobs {
            self.tell(&job.posting, PostingState::Held);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "canary_tests.rs"]
mod tests;
