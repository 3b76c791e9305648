//! Fills references: puts the ids that things have in the books where a document has placeholders,
//! level by level, and holds what refers to something that is not there.

use std::collections::{HashMap, HashSet};

use kit::{PostingId, StreamName};

use super::desk::Job;
use super::error::RunError;
use super::paid::is_lowered_payment;
use super::plan::source_kind;
use super::post::Poster;
use super::run::Run;
use crate::domain::{
    Counts, Hold, Intent, Link, LinkKey, Posting, PostingState, Recount, SyncError, SyncId, cause,
};
use crate::store::{Change, ChangeKind, Loaded};

/// So often in one run is a posting sent anew because something else is wanted meanwhile; what is
/// wanted after that is sent by the next run.
const MOST_ROUNDS: usize = 16;

impl Run<'_> {
    /// Posts these postings and waits for their outcomes. What a later page wants otherwise while it is
    /// on its way is sent once more.
    pub(super) async fn post(
        &self,
        poster: &Poster<'_>,
        ids: &[PostingId],
    ) -> Result<HashMap<PostingId, PostingState>, RunError> {
        let mut states = HashMap::with_capacity(ids.len());
        let mut left = ids.to_vec();
        for _ in 0..MOST_ROUNDS {
            states.extend(self.post_once(poster, &left).await?);
            left.retain(|id| states.get(id) == Some(&PostingState::Queued));
            if left.is_empty() {
                break;
            }
        }
        Ok(states)
    }

    /// Sends what is wanted now, level by level.
    async fn post_once(
        &self,
        poster: &Poster<'_>,
        ids: &[PostingId],
    ) -> Result<HashMap<PostingId, PostingState>, RunError> {
        let mut states = HashMap::with_capacity(ids.len());
        let mut postings = self.store.load(ids).await?;
        postings.retain(|loaded| self.may_send(&loaded.posting));
        postings.sort_by_key(turn);
        for level in postings.chunk_by(|left, right| turn(left) == turn(right)) {
            let jobs = self.fill(poster, level, &mut states).await?;
            states.extend(poster.post(jobs).await?);
        }
        Ok(states)
    }

    /// The jobs for postings whose references are all there; the others are held.
    async fn fill(
        &self,
        poster: &Poster<'_>,
        postings: &[Loaded],
        states: &mut HashMap<PostingId, PostingState>,
    ) -> Result<Vec<Job>, RunError> {
        let route = &self.pipeline.route;
        let mut needed: Vec<LinkKey> = postings
            .iter()
            .map(|loaded| &loaded.posting)
            .filter(|posting| posting.intent == Intent::Post)
            .flat_map(|posting| posting.needs.iter().cloned())
            .collect();
        needed.sort();
        needed.dedup();
        let mut links = self.store.links(route, &needed).await?;
        let missing: Vec<LinkKey> = needed
            .into_iter()
            .filter(|key| !links.contains_key(key))
            .collect();
        if !missing.is_empty() {
            links.extend(self.wait_for(poster, &missing).await?);
        }
        let early = self.too_early(postings).await?;
        let mut jobs = Vec::with_capacity(postings.len());
        for loaded in postings {
            let posting = &loaded.posting;
            let waits = matches!(posting.state, PostingState::Queued | PostingState::Posting);
            if !waits {
                states.insert(posting.id.clone(), posting.state); // another page had it sent meanwhile
                continue;
            }
            let obstacle = early.get(&posting.id).cloned();
            let filled = match obstacle {
                Some(hold) => Err(hold),
                None => document(posting, &links).map_err(|absent| waits_for(posting, &absent)),
            };
            match filled {
                Ok(document) => jobs.push(Job::new(loaded.clone(), document)),
                Err(hold) => {
                    self.store
                        .hold(std::slice::from_ref(&posting.id), &hold)
                        .await?;
                    states.insert(posting.id.clone(), PostingState::Held);
                }
            }
        }
        Ok(jobs)
    }

    /// Waits for things that another page is posting just now.
    async fn wait_for(
        &self,
        poster: &Poster<'_>,
        missing: &[LinkKey],
    ) -> Result<HashMap<LinkKey, Link>, RunError> {
        let route = &self.pipeline.route;
        let under_way: Vec<PostingId> = self
            .store
            .states(route, missing)
            .await?
            .into_values()
            .filter(|found| matches!(found.state, PostingState::Queued | PostingState::Posting))
            .map(|found| found.id)
            .collect();
        if under_way.is_empty() {
            // perhaps it arrived between the two looks
            return Ok(self.store.links(route, missing).await?);
        }
        let (objects, documents): (Vec<Loaded>, Vec<Loaded>) = self
            .store
            .load(&under_way)
            .await?
            .into_iter()
            .filter(|loaded| self.may_send(&loaded.posting))
            .partition(|loaded| loaded.posting.key.kind.is_list_object());
        // customers and products refer to nothing themselves
        poster
            .post(objects.into_iter().map(Job::plain).collect())
            .await?;
        let documents: Vec<PostingId> = documents
            .into_iter()
            .map(|loaded| loaded.posting.id)
            .collect();
        if !documents.is_empty() {
            Box::pin(self.post_once(poster, &documents)).await?;
        }
        Ok(self.store.links(route, missing).await?)
    }

    /// Whether it may be sent. What came out wrong is taken back without being asked.
    fn may_send(&self, posting: &Posting) -> bool {
        !self.pipeline.review || posting.approved || posting.intent == Intent::Undo
    }

    /// Moves records of which something was held while it was posted from created or updated to held,
    /// and counts those that only follow.
    pub(super) async fn count_held(
        &self,
        changes: &[Change],
        states: &HashMap<PostingId, PostingState>,
        counts: &mut Counts,
        errors: &mut Vec<SyncError>,
    ) -> Result<(), RunError> {
        let held: Vec<PostingId> = states
            .iter()
            .filter(|(_, state)| **state == PostingState::Held)
            .map(|(id, _)| id.clone())
            .collect();
        let mut counted = HashSet::new();
        for loaded in self.store.load(&held).await? {
            self.note_closed(&loaded);
            let posting = loaded.posting;
            let change = changes.iter().find(|change| change.key == posting.key);
            let record = change.map(|change| (change.follows, &change.record));
            if let Some(record) = record.filter(|record| counted.insert(*record)) {
                let of_record = |it: &&Change| (it.follows, &it.record) == record;
                let was = changes.iter().filter(of_record).map(|it| it.what);
                now_held(counts, record.0, &was.collect::<Vec<_>>());
            }
            if let Some(hold) = posting.hold {
                errors.push(SyncError {
                    record: posting.number,
                    cause: hold.cause,
                    reason: hold.reason,
                    remedy: hold.remedy,
                });
            }
        }
        Ok(())
    }

    /// Counts records of a sync as held that were counted as posted when they were journalled, and of
    /// which something was held afterwards: the process that saw it ended before it could count it, or
    /// it was left over.
    pub(super) async fn recount_held(
        &self,
        sync: &SyncId,
        stream: StreamName,
    ) -> Result<(), RunError> {
        let held = self.store.held_records(sync, source_kind(stream)).await?;
        let counts = self
            .stream_progress(sync)
            .map(|progress| progress.counts)
            .unwrap_or_default();
        let change = Recount::held(&counts, held.records, held.new);
        if change != Recount::default() {
            self.store.recount(sync, &change).await?;
            self.change(sync, |progress, _| progress.counts.apply(&change));
        }
        Ok(())
    }
}

/// Counts a record as held of which something was held while it was posted; `was` is what was to be
/// done, and so what it is counted as, unless it only follows.
fn now_held(counts: &mut Counts, follows: bool, was: &[ChangeKind]) {
    use ChangeKind::{Create, Fail, Hold, Update, Void};
    let is = |kinds: &[ChangeKind]| was.iter().any(|what| kinds.contains(what));
    if is(&[Hold, Fail]) {
        return; // it is counted as waiting
    }
    if follows {
        counts.processed += 1;
    } else {
        let place = if is(&[Create]) {
            &mut counts.created
        } else if is(&[Update, Void]) {
            &mut counts.updated
        } else {
            &mut counts.skipped
        };
        *place = place.saturating_sub(1);
    }
    counts.held += 1;
}

/// In which turn it is sent: what is voided first, and what links to a document before the document; so
/// is a payment that gets less than it was. The rest the other way round.
fn turn(loaded: &Loaded) -> (u8, u8) {
    let level = loaded.posting.key.kind.level();
    match loaded.posting.intent {
        Intent::Void => (0, u8::MAX - level),
        Intent::Post if is_lowered_payment(loaded) => (1, level),
        Intent::Post | Intent::Undo => (2, level),
    }
}

/// The document with ids for placeholders, or the first thing it refers to that is not there.
fn document(posting: &Posting, links: &HashMap<LinkKey, Link>) -> Result<String, LinkKey> {
    let mut body = posting.body.clone();
    if posting.intent != Intent::Post {
        return Ok(body);
    }
    for key in &posting.needs {
        let Some(link) = links.get(key) else {
            return Err(key.clone());
        };
        body = body.replace(&in_json(&key.placeholder()), &in_json(&link.target_id));
    }
    Ok(body)
}

/// The text as it stands inside a JSON string.
fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(&quoted).to_owned()
}

fn waits_for(posting: &Posting, absent: &LinkKey) -> Hold {
    let code = "waits_for_reference";
    Hold {
        cause: code.to_owned(),
        reason: format!(
            "{} {} refers to {} {} of the store, which is not in the books",
            posting.key.kind.in_words(),
            posting.number,
            absent.source_kind,
            absent.source_id,
        ),
        remedy: cause(code).map_or(String::new(), |cause| cause.remedy.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use kit::PostingKind;

    use super::*;
    use crate::domain::SourceKind;

    #[test]
    fn a_placeholder_is_found_whatever_characters_its_id_has() {
        let key = LinkKey::new(
            SourceKind::Guest,
            "o\"neil\\é@example.com",
            PostingKind::Customer,
        );
        let body = serde_json::json!({ "CustomerRef": { "value": key.placeholder() } }).to_string();
        let filled = body.replace(&in_json(&key.placeholder()), &in_json("57"));
        assert_eq!(filled, r#"{"CustomerRef":{"value":"57"}}"#);
    }
}
