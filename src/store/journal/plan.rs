//! From drafts to rows: applies [`decide`] to every draft of a page. Without I/O.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use kit::{Fingerprint, Money, PostingId, PostingKind, Receipt};
use sha2::{Digest, Sha256};

use super::{Change, ChangeKind, Journaled, PlannedRecord};
use crate::domain::{
    Books, Counts, Decision, Document, Draft, Facets, Hold, Intent, Known, LinkKey, MapError,
    PostingState, SourceKind, Standing, SyncError, Wish, decide, decide_vanished,
};
use crate::store::StoreError;

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
}

/// What is written of the long part.
#[derive(Clone, Debug, Default)]
pub(super) enum Paper {
    /// It stays.
    #[default]
    Leave,
    /// This document.
    Set(Document),
    /// None: there is no document that could be sent.
    Clear,
}

/// What a draft says of a posting beside its document.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) number: String,
    pub(super) date: Option<Date>,
    pub(super) amount: Option<Money>,
    pub(super) facets: Facets,
    pub(super) warning: Option<String>,
}

/// What is written of one posting.
#[derive(Clone, Debug, Default)]
pub(super) struct Write {
    /// `None`: what the row says stays.
    pub(super) facts: Option<Facts>,
    pub(super) paper: Paper,
    /// The record as received and when it changed, in milliseconds since 1970.
    pub(super) record: Option<(String, i64)>,
    pub(super) adopted: Option<Receipt>,
    pub(super) delete: bool,
}

/// A page's postings and what is written of each.
pub(super) struct Plan {
    pub(super) existing: HashMap<LinkKey, Existing>,
    pub(super) writes: BTreeMap<LinkKey, Write>,
    pub(super) journaled: Journaled,
    needs: HashSet<LinkKey>,
    queued: Vec<(u8, PostingId)>,
}

impl Plan {
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
        planned: &PlannedRecord,
        mut new_id: impl FnMut() -> PostingId,
    ) -> Result<(), StoreError> {
        let mut effects = Effects::default();
        let unchanged = self.record_unchanged(planned);
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
                self.drop_vanished(planned, drafts, &mut effects);
            }
            Err(error) => {
                self.refuse(planned, error, &mut new_id);
                effects.failed = true;
            }
        }
        self.journaled.counts += effects.counts();
        Ok(())
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
        planned: &PlannedRecord,
        draft: &Draft,
        (carrier, record_unchanged): (bool, bool),
        new_id: &mut impl FnMut() -> PostingId,
    ) -> ChangeKind {
        let fingerprint = match &draft.wish {
            Wish::Post(document) => fingerprint_of(&document.body),
            Wish::Adopt(_) | Wish::Exclude { .. } | Wish::Hold(_) => Fingerprint::new(""),
        };
        let known = self.existing.get(&draft.key);
        let standing = Standing {
            known: known.map(|existing| existing.known.clone()),
            books: known.map_or(Books::Nothing, |existing| existing.books.clone()),
            record_unchanged,
        };
        let decision = decide(&draft.wish, &fingerprint, &standing);
        let existing = self
            .existing
            .entry(draft.key.clone())
            .or_insert_with(|| fresh(new_id()));
        let write = self.writes.entry(draft.key.clone()).or_default();
        write.facts = Some(facts_of(draft));
        if carrier {
            existing.record_fingerprint = Some(planned.record.fingerprint.clone());
            write.record = Some(record_of(planned));
        } else if is_own(draft, planned) {
            existing.record_fingerprint = None;
        }
        let what = change_of(&decision, existing, &draft.wish);
        enact(decision, draft, fingerprint, existing, write);
        what
    }

    /// A draft of something another record or nobody owns: the first one is taken, later ones only
    /// where the mapping itself had held it and now knows better.
    fn refer(
        &mut self,
        planned: &PlannedRecord,
        draft: &Draft,
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
        if undecided {
            return self.apply(planned, draft, (false, false), new_id);
        }
        ChangeKind::Unchanged
    }

    /// Whether the record is the one that its own posting was planned from.
    fn record_unchanged(&self, planned: &PlannedRecord) -> bool {
        PostingKind::ALL.into_iter().any(|kind| {
            let key = LinkKey::new(planned.source_kind, planned.record.id.clone(), kind);
            self.existing.get(&key).is_some_and(|existing| {
                existing.record_fingerprint.as_ref() == Some(&planned.record.fingerprint)
            })
        })
    }

    fn note(
        &mut self,
        planned: &PlannedRecord,
        draft: &Draft,
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
            what,
            amount: draft.store_amount,
            reason: hold.map(|hold| hold.reason),
        });
    }

    /// Postings of the record whose kind is no longer in its plan.
    fn drop_vanished(&mut self, planned: &PlannedRecord, drafts: &[Draft], effects: &mut Effects) {
        for kind in PostingKind::ALL {
            let key = LinkKey::new(planned.source_kind, planned.record.id.clone(), kind);
            if drafts.iter().any(|draft| draft.key == key) {
                continue;
            }
            let Some(existing) = self.existing.get_mut(&key) else {
                continue;
            };
            let standing = Standing {
                known: Some(existing.known.clone()),
                books: existing.books.clone(),
                record_unchanged: false,
            };
            let decision = decide_vanished(&standing);
            let write = self.writes.entry(key.clone()).or_default();
            existing.record_fingerprint = None;
            match decision {
                Decision::Delete if existing.version.is_none() => {
                    self.writes.remove(&key);
                    self.existing.remove(&key);
                }
                Decision::Delete => write.delete = true,
                Decision::Queue(intent) => {
                    existing.known.state = PostingState::Queued;
                    existing.known.intent = intent;
                    existing.hold = None;
                    existing.due_at = None;
                    self.queued.push((kind.level(), existing.id.clone()));
                    effects.add(ChangeKind::Void);
                }
                Decision::Remember(intent) => {
                    existing.known.intent = intent;
                    effects.add(ChangeKind::Void);
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
        planned: &PlannedRecord,
        error: &MapError,
        new_id: &mut impl FnMut() -> PostingId,
    ) {
        let number = error
            .number
            .clone()
            .unwrap_or_else(|| planned.record.id.clone());
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
            number: number.clone(),
            what: ChangeKind::Fail,
            amount: None,
            reason: Some(error.reason.clone()),
        });
        let existing = self
            .existing
            .entry(key.clone())
            .or_insert_with(|| fresh(new_id()));
        let in_flight = existing.known.state == PostingState::Posting;
        if in_flight || !matches!(existing.books, Books::Nothing | Books::Voided) {
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
            write.facts = Some(Facts {
                number,
                ..Facts::default()
            });
        }
    }

    /// The posting that carries the record already, else the natural one of its kind.
    fn refused_key(&self, planned: &PlannedRecord) -> LinkKey {
        let id = &planned.record.id;
        let own = PostingKind::ALL.into_iter().find(|kind| {
            let key = LinkKey::new(planned.source_kind, id.clone(), *kind);
            self.existing
                .get(&key)
                .is_some_and(|existing| existing.record_fingerprint.is_some())
        });
        let natural = match planned.source_kind {
            SourceKind::Customer | SourceKind::Guest => PostingKind::Customer,
            SourceKind::Product | SourceKind::Role => PostingKind::Item,
            SourceKind::Order => PostingKind::SalesReceipt,
            SourceKind::Refund => PostingKind::RefundReceipt,
        };
        LinkKey::new(planned.source_kind, id.clone(), own.unwrap_or(natural))
    }
}

/// A record's postings together decide as what the record is counted.
#[derive(Default)]
struct Effects {
    failed: bool,
    held: bool,
    created: bool,
    updated: bool,
}

impl Effects {
    fn add(&mut self, what: ChangeKind) {
        match what {
            ChangeKind::Create => self.created = true,
            ChangeKind::Update | ChangeKind::Void => self.updated = true,
            ChangeKind::Hold => self.held = true,
            ChangeKind::Fail => self.failed = true,
            ChangeKind::Adopt | ChangeKind::Exclude | ChangeKind::Unchanged => {}
        }
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts {
            processed: 1,
            ..Counts::default()
        };
        let place = if self.failed {
            &mut counts.failed
        } else if self.held {
            &mut counts.held
        } else if self.created {
            &mut counts.created
        } else if self.updated {
            &mut counts.updated
        } else {
            &mut counts.skipped
        };
        *place = 1;
        counts
    }
}

/// Puts a decision into the row.
fn enact(
    decision: Decision,
    draft: &Draft,
    fingerprint: Fingerprint,
    existing: &mut Existing,
    write: &mut Write,
) {
    match decision {
        Decision::Keep | Decision::Delete => return,
        Decision::Queue(intent) => {
            existing.known.state = PostingState::Queued;
            existing.known.intent = intent;
            existing.hold = None;
        }
        Decision::Settle => {
            existing.known.state = PostingState::Posted;
            existing.known.intent = Intent::Post;
            existing.hold = None;
        }
        Decision::Adopt => {
            existing.known.state = PostingState::Posted;
            existing.known.intent = Intent::Post;
            existing.hold = None;
            existing.books = Books::Adopted;
            if let Wish::Adopt(receipt) = &draft.wish {
                write.adopted = Some(receipt.clone());
            }
        }
        Decision::Hold(hold, intent) => {
            existing.known.state = PostingState::Held;
            existing.known.intent = intent;
            existing.hold = Some(hold);
        }
        Decision::Exclude => {
            existing.known.state = PostingState::Excluded;
            existing.known.intent = Intent::Post;
            existing.hold = excluded_because(draft);
        }
        Decision::Remember(intent) => {
            existing.known.intent = intent;
            existing.hold = None;
        }
        Decision::RememberHold(hold) => existing.hold = Some(hold),
    }
    existing.due_at = None;
    match &draft.wish {
        Wish::Post(document) => {
            existing.known.fingerprint = fingerprint;
            write.paper = Paper::Set(document.clone());
        }
        // what a person releases later must not be an older document
        Wish::Hold(_) if existing.known.state == PostingState::Held => {
            existing.known.fingerprint = fingerprint;
            write.paper = Paper::Clear;
        }
        Wish::Hold(_) | Wish::Adopt(_) | Wish::Exclude { .. } => {}
    }
    existing.known.cause = existing.hold.as_ref().map(|hold| hold.cause.clone());
}

fn excluded_because(draft: &Draft) -> Option<Hold> {
    match &draft.wish {
        Wish::Exclude { reason, .. } => Some(Hold {
            cause: String::new(),
            reason: reason.clone(),
            remedy: String::new(),
        }),
        Wish::Post(_) | Wish::Adopt(_) | Wish::Hold(_) => None,
    }
}

/// What a decision is called, seen from the posting as it was before.
fn change_of(decision: &Decision, before: &Existing, wish: &Wish) -> ChangeKind {
    let in_books = matches!(before.books, Books::Ours(_));
    let posts = if in_books {
        ChangeKind::Update
    } else {
        ChangeKind::Create
    };
    match decision {
        Decision::Queue(Intent::Post) | Decision::Remember(Intent::Post) => posts,
        Decision::Queue(Intent::Void | Intent::Undo)
        | Decision::Remember(Intent::Void | Intent::Undo) => ChangeKind::Void,
        Decision::Adopt => ChangeKind::Adopt,
        Decision::Hold(..) | Decision::RememberHold(_) => ChangeKind::Hold,
        Decision::Exclude => ChangeKind::Exclude,
        Decision::Settle | Decision::Delete => ChangeKind::Unchanged,
        Decision::Keep => match (before.known.state, before.known.intent, wish) {
            (PostingState::Queued | PostingState::Posting, Intent::Post, Wish::Post(_)) => posts,
            (PostingState::Queued | PostingState::Posting, Intent::Void | Intent::Undo, _) => {
                ChangeKind::Void
            }
            _ => ChangeKind::Unchanged,
        },
    }
}

fn is_own(draft: &Draft, planned: &PlannedRecord) -> bool {
    draft.key.source_kind == planned.source_kind && draft.key.source_id == planned.record.id
}

fn fresh(id: PostingId) -> Existing {
    Existing {
        id,
        version: None,
        known: Known {
            state: PostingState::Queued,
            intent: Intent::Post,
            cause: None,
            fingerprint: Fingerprint::new(""),
        },
        hold: None,
        books: Books::Nothing,
        record_fingerprint: None,
        due_at: None,
    }
}

fn facts_of(draft: &Draft) -> Facts {
    Facts {
        number: draft.number.clone(),
        date: draft.date,
        amount: draft.store_amount,
        facets: draft.facets.clone(),
        warning: draft.warning.clone(),
    }
}

fn record_of(planned: &PlannedRecord) -> (String, i64) {
    let record = &planned.record;
    (
        record.body.get().to_owned(),
        record.modified_at.as_millisecond(),
    )
}

/// A document's fingerprint: SHA-256 over its body, in hexadecimal.
fn fingerprint_of(body: &str) -> Fingerprint {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(body.as_bytes()) {
        let _ = write!(text, "{byte:02x}");
    }
    Fingerprint::new(text)
}
