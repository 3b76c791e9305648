//! From drafts to rows: applies [`decide`] to every draft of a page. Without I/O.

use std::collections::{BTreeMap, HashMap, HashSet};

use kit::{Fingerprint, PostingId, PostingKind, Receipt};

use super::enact::{
    Effects, beside, change_of, enact, fingerprint_of, fresh, is_fee_theirs, is_held_by_hand,
    is_left_out, is_own, is_released, other_kind, record_of, refused_number,
};
use super::{Change, ChangeKind, Journaled, PlannedRecord};
use crate::domain::{
    Books, Decision, Document, Draft, FeeShare, Hold, Intent, Known, LinkKey, MapError,
    PostingState, SourceKind, Standing, SyncError, Wish, decide, decide_vanished,
};

/// A posting as it stands, and as it will once the page is written.
#[derive(Clone, Debug)]
pub(super) struct Existing {
    pub(super) id: PostingId,
    /// The version of its row; `None` where there is none yet.
    pub(super) version: Option<i64>,
    pub(super) known: Known,
    pub(super) hold: Option<Hold>,
    pub(super) books: Books,
    /// That of its record, where it is the record's own posting.
    pub(super) record_fingerprint: Option<Fingerprint>,
    pub(super) due_at: Option<i64>,
    /// Somebody asked to try it again.
    pub(super) released: bool,
    /// The part of the sale in the fees of a day.
    pub(super) fee: Option<FeeShare>,
    /// It is counted in a day.
    pub(super) fee_counted: bool,
    /// What is to be sent is another thing than before, so its attempts count from the beginning.
    pub(super) queued_anew: bool,
}

/// What is written of the long part.
#[derive(Clone, Debug, Default)]
pub(super) enum Paper<'p> {
    /// It stays.
    #[default]
    Leave,
    /// This document.
    Set(&'p Document),
    /// None: there is no document that could be sent.
    Clear,
}

/// What a draft says of a posting beside its document.
#[derive(Clone, Copy, Debug)]
pub(super) enum Facts<'p> {
    /// What stands in the draft.
    Of(&'p Draft),
    /// The number alone: the record could not be read.
    Number(&'p str),
}

/// What is written of one posting.
#[derive(Clone, Debug, Default)]
pub(super) struct Write<'p> {
    /// `None`: what the row says stays.
    pub(super) facts: Option<Facts<'p>>,
    pub(super) paper: Paper<'p>,
    /// The record as received and when it changed, in milliseconds since 1970.
    pub(super) record: Option<(&'p str, i64)>,
    pub(super) adopted: Option<&'p Receipt>,
    /// A day's fees are to be counted anew, since the sale's part in them changed.
    pub(super) recount: bool,
    pub(super) delete: bool,
}

/// A page's postings and what is written of each.
pub(super) struct Plan<'p> {
    pub(super) existing: HashMap<LinkKey, Existing>,
    pub(super) writes: BTreeMap<LinkKey, Write<'p>>,
    pub(super) journaled: Journaled,
    needs: HashSet<LinkKey>,
    queued: Vec<(u8, PostingId)>,
}

impl<'p> Plan<'p> {
    pub(super) fn new(existing: HashMap<LinkKey, Existing>) -> Self {
        Self {
            existing,
            writes: BTreeMap::new(),
            journaled: Journaled::default(),
            needs: HashSet::new(),
            queued: Vec::new(),
        }
    }

    /// Adds one record; `new_id` gives ids to new postings.
    pub(super) fn add(
        &mut self,
        planned: &'p PlannedRecord,
        mut new_id: impl FnMut() -> PostingId,
    ) {
        let mut effects = Effects::default();
        let unchanged = self.record_unchanged(planned);
        let waited = self.waits(planned);
        match &planned.plan {
            Ok(drafts) => {
                let own = drafts.iter().position(|draft| is_own(draft, planned));
                for (index, draft) in drafts.iter().enumerate() {
                    let carrier = Some(index) == own;
                    let what = if is_own(draft, planned) {
                        self.apply(planned, draft, (carrier, unchanged), &mut new_id)
                    } else {
                        self.refer(planned, draft, &mut new_id)
                    };
                    self.note(planned, draft, what, &mut effects);
                }
                self.drop_vanished(planned, drafts, unchanged, &mut effects);
            }
            Err(error) => {
                self.refuse(planned, error, &mut new_id);
                effects.add(ChangeKind::Fail);
            }
        }
        // what waited before was counted when it began to
        if !planned.follows || effects.waits() && !waited {
            self.journaled.counts += effects.counts();
        }
    }

    /// Documents' needs that the page itself does not name.
    pub(super) fn outside_needs(&self) -> impl Iterator<Item = &LinkKey> {
        self.needs
            .iter()
            .filter(|key| !self.existing.contains_key(*key))
    }

    /// The outcome, with what earlier pages left to be sent.
    pub(super) fn finish(mut self, waiting: Vec<(u8, PostingId)>) -> Journaled {
        self.queued.extend(waiting);
        self.queued.sort();
        self.queued.dedup();
        self.journaled.to_post = self.queued.into_iter().map(|(_, id)| id).collect();
        self.journaled
    }

    /// A draft of the record itself, or of something nobody planned before.
    fn apply(
        &mut self,
        planned: &'p PlannedRecord,
        draft: &'p Draft,
        (carrier, record_unchanged): (bool, bool),
        new_id: &mut impl FnMut() -> PostingId,
    ) -> ChangeKind {
        let fingerprint = match &draft.wish {
            Wish::Post(document) => fingerprint_of(&document.body),
            Wish::Adopt(_) | Wish::Move(_) | Wish::Exclude { .. } | Wish::Hold(_) => {
                Fingerprint::new("")
            }
        };
        let known = self.existing.get(&draft.key);
        let standing = Standing {
            known: known.map(|existing| existing.known.clone()),
            books: known.map_or(Books::Nothing, |existing| existing.books.clone()),
            record_unchanged,
            released: known.is_some_and(|existing| is_released(existing, draft.key.source_kind)),
        };
        let decision = decide(&draft.wish, &fingerprint, &standing);
        let (decision, why) = match beside(&self.existing, draft, &decision) {
            Some((decision, hold)) => (decision, Some(hold)),
            None => (decision, None),
        };
        let by_hand = standing.known.as_ref().is_some_and(Known::is_left_out);
        let left_out = decision == Decision::Keep && by_hand;
        let is_theirs = is_fee_theirs(&self.existing, planned);
        let fee = draft.fee.clone().filter(|_| !is_theirs);
        let existing = self
            .existing
            .entry(draft.key.clone())
            .or_insert_with(|| fresh(new_id()));
        let write = self.writes.entry(draft.key.clone()).or_default();
        // what was left out by hand goes on saying so
        write.facts = (!left_out).then_some(Facts::Of(draft));
        if !left_out && existing.fee != fee {
            let in_books = matches!(existing.books, Books::Ours(_));
            write.recount = in_books || existing.fee_counted;
            existing.fee = fee;
        }
        if carrier {
            existing.record_fingerprint = Some(planned.record.fingerprint.clone());
            write.record = Some(record_of(planned));
        } else if is_own(draft, planned) {
            existing.record_fingerprint = None;
        }
        let what = change_of(&decision, existing, &draft.wish);
        enact(decision, draft, fingerprint, existing, write);
        if let Some(hold) = why {
            existing.known.cause = Some(hold.cause.clone());
            existing.hold = Some(hold);
        }
        what
    }

    /// A draft of something another record or nobody owns: the first one is taken, later ones only
    /// where the mapping itself had held it and now knows better, or where it is something else in the
    /// books by now.
    fn refer(
        &mut self,
        planned: &'p PlannedRecord,
        draft: &'p Draft,
        new_id: &mut impl FnMut() -> PostingId,
    ) -> ChangeKind {
        let Some(existing) = self.existing.get(&draft.key) else {
            return self.apply(planned, draft, (false, false), new_id);
        };
        let undecided = matches!(
            existing.known.state,
            PostingState::Held | PostingState::Failed
        ) && existing.known.fingerprint.as_str().is_empty()
            && existing.record_fingerprint.is_none()
            && !matches!(draft.wish, Wish::Hold(_));
        if undecided || matches!(draft.wish, Wish::Move(_)) {
            return self.apply(planned, draft, (false, false), new_id);
        }
        ChangeKind::Unchanged
    }

    /// Whether the record is the one that its own posting was planned from.
    fn record_unchanged(&self, planned: &PlannedRecord) -> bool {
        let fingerprint = Some(&planned.record.fingerprint);
        self.postings(planned)
            .any(|existing| existing.record_fingerprint.as_ref() == fingerprint)
    }

    /// Whether something of the record waits for somebody.
    fn waits(&self, planned: &PlannedRecord) -> bool {
        use PostingState::{Failed, Held};
        self.postings(planned)
            .any(|existing| matches!(existing.known.state, Held | Failed))
    }

    /// The record's own postings so far.
    fn postings<'s>(&'s self, planned: &PlannedRecord) -> impl Iterator<Item = &'s Existing> {
        let keys = PostingKind::ALL.map(|kind| own_key(planned, kind));
        keys.into_iter()
            .filter_map(move |key| self.existing.get(&key))
    }

    fn note(
        &mut self,
        planned: &'p PlannedRecord,
        draft: &'p Draft,
        what: ChangeKind,
        effects: &mut Effects,
    ) {
        let Some(existing) = self.existing.get(&draft.key) else {
            return;
        };
        if existing.known.state == PostingState::Queued {
            self.queued
                .push((draft.key.kind.level(), existing.id.clone()));
        }
        if let Wish::Post(document) = &draft.wish {
            self.needs.extend(document.needs.iter().cloned());
        }
        effects.add(what);
        let hold = existing.hold.clone();
        if what == ChangeKind::Hold
            && let Some(hold) = &hold
        {
            self.journaled.errors.push(SyncError {
                record: draft.number.clone(),
                cause: hold.cause.clone(),
                reason: hold.reason.clone(),
                remedy: hold.remedy.clone(),
            });
        }
        self.journaled.changes.push(Change {
            record: planned.record.id.clone(),
            key: draft.key.clone(),
            number: draft.number.clone(),
            follows: planned.follows,
            what,
            amount: draft.store_amount,
            reason: hold.map(|hold| hold.reason),
        });
    }

    /// Postings of the record whose kind is no longer in its plan.
    fn drop_vanished(
        &mut self,
        planned: &'p PlannedRecord,
        drafts: &[Draft],
        record_unchanged: bool,
        effects: &mut Effects,
    ) {
        let fee_is_theirs = is_fee_theirs(&self.existing, planned);
        for kind in PostingKind::ALL {
            let key = own_key(planned, kind);
            if drafts.iter().any(|draft| draft.key == key)
                || (fee_is_theirs && kind == PostingKind::Expense)
            {
                continue;
            }
            let Some(existing) = self.existing.get_mut(&key) else {
                continue;
            };
            let standing = Standing {
                known: Some(existing.known.clone()),
                books: existing.books.clone(),
                record_unchanged,
                released: existing.released,
            };
            let replaced = drafts
                .iter()
                .any(|draft| is_own(draft, planned) && other_kind(draft.key.kind) == Some(kind));
            let decision = match decide_vanished(&standing) {
                // what takes its place says that it was left out
                Decision::Delete if is_left_out(existing) && !replaced => Decision::Keep,
                decision => decision,
            };
            let write = self.writes.entry(key.clone()).or_default();
            existing.record_fingerprint = None;
            match decision {
                Decision::Delete if existing.version.is_none() => {
                    self.writes.remove(&key);
                    self.existing.remove(&key);
                }
                // the day its fee is counted in has to be counted without it
                Decision::Delete if existing.fee_counted => {
                    existing.known.state = PostingState::Excluded;
                    existing.known.intent = Intent::Post;
                    existing.hold = None;
                }
                Decision::Delete => write.delete = true,
                Decision::Queue(intent) => {
                    existing.known.state = PostingState::Queued;
                    existing.known.intent = intent;
                    existing.hold = None;
                    existing.due_at = None;
                    existing.queued_anew = true;
                    self.queued.push((kind.level(), existing.id.clone()));
                    effects.add(ChangeKind::Void);
                    self.journaled.changes.push(withdrawn(planned, drafts, key));
                }
                Decision::Remember(intent) => {
                    existing.known.intent = intent;
                    effects.add(ChangeKind::Void);
                    self.journaled.changes.push(withdrawn(planned, drafts, key));
                }
                Decision::Keep
                | Decision::Settle
                | Decision::Adopt
                | Decision::Hold(..)
                | Decision::Exclude
                | Decision::RememberHold(_) => {}
            }
        }
    }

    /// A record that cannot be mapped: its posting fails, unless the books hold something of it.
    fn refuse(
        &mut self,
        planned: &'p PlannedRecord,
        error: &'p MapError,
        new_id: &mut impl FnMut() -> PostingId,
    ) {
        let number = refused_number(planned, error).to_owned();
        self.journaled.errors.push(SyncError {
            record: number.clone(),
            cause: error.cause.clone(),
            reason: error.reason.clone(),
            remedy: error.remedy.clone(),
        });
        let key = self.refused_key(planned);
        self.journaled.changes.push(Change {
            record: planned.record.id.clone(),
            key: key.clone(),
            number,
            follows: planned.follows,
            what: ChangeKind::Fail,
            amount: None,
            reason: Some(error.reason.clone()),
        });
        let existing = self
            .existing
            .entry(key.clone())
            .or_insert_with(|| fresh(new_id()));
        let in_flight = existing.known.state == PostingState::Posting;
        let by_hand = is_left_out(existing) || is_held_by_hand(existing);
        if in_flight || by_hand || !matches!(existing.books, Books::Nothing | Books::Voided) {
            return;
        }
        existing.known.state = PostingState::Failed;
        existing.known.intent = Intent::Post;
        existing.known.fingerprint = Fingerprint::new("");
        existing.hold = Some(Hold {
            cause: error.cause.clone(),
            reason: error.reason.clone(),
            remedy: error.remedy.clone(),
        });
        existing.due_at = None;
        existing.record_fingerprint = Some(planned.record.fingerprint.clone());
        let write = self.writes.entry(key).or_default();
        write.paper = Paper::Clear;
        write.record = Some(record_of(planned));
        if existing.version.is_none() {
            write.facts = Some(Facts::Number(refused_number(planned, error)));
        }
    }

    /// The posting that carries the record already, else the natural one of its kind.
    fn refused_key(&self, planned: &PlannedRecord) -> LinkKey {
        let own = PostingKind::ALL.into_iter().find(|kind| {
            self.existing
                .get(&own_key(planned, *kind))
                .is_some_and(|existing| existing.record_fingerprint.is_some())
        });
        let natural = match planned.source_kind {
            SourceKind::Customer | SourceKind::Guest => PostingKind::Customer,
            SourceKind::Product | SourceKind::Role => PostingKind::Item,
            SourceKind::Order => PostingKind::SalesReceipt,
            SourceKind::Refund => PostingKind::RefundReceipt,
            SourceKind::GatewayDay => PostingKind::Expense,
        };
        own_key(planned, own.unwrap_or(natural))
    }
}

fn own_key(planned: &PlannedRecord, kind: PostingKind) -> LinkKey {
    LinkKey::new(planned.source_kind, planned.record.id.clone(), kind)
}

/// The change of what is in the books and is in no draft of its record any more.
fn withdrawn(planned: &PlannedRecord, drafts: &[Draft], key: LinkKey) -> Change {
    let number = drafts.iter().find(|draft| is_own(draft, planned));
    Change {
        record: planned.record.id.clone(),
        key,
        number: number.map_or_else(|| planned.record.id.clone(), |draft| draft.number.clone()),
        follows: planned.follows,
        what: ChangeKind::Void,
        amount: None,
        reason: None,
    }
}
