//! Puts decisions into rows, and counts what they do.

use std::collections::HashMap;

use kit::{Fingerprint, PostingId, PostingKind};
use sha2::{Digest, Sha256};

use super::plan::{Existing, Paper, Write};
use super::{ChangeKind, PlannedRecord};
use crate::domain::{
    Books, Counts, Decision, Draft, HELD_BY_HAND, Hold, Intent, Known, LinkKey, MapError,
    OUTCOME_UNKNOWN, PostingState, SourceKind, Wish,
};

/// What a record is counted as: of what its postings do, what concerns people most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effects {
    #[default]
    Skipped,
    Updated,
    Created,
    Held,
    Failed,
}

impl Effects {
    pub(super) fn add(&mut self, what: ChangeKind) {
        let effect = match what {
            ChangeKind::Create => Self::Created,
            ChangeKind::Update | ChangeKind::Void => Self::Updated,
            ChangeKind::Hold => Self::Held,
            ChangeKind::Fail => Self::Failed,
            ChangeKind::Adopt | ChangeKind::Exclude | ChangeKind::Unchanged => Self::Skipped,
        };
        *self = effect.max(*self);
    }

    /// It waits for somebody.
    pub(super) fn waits(self) -> bool {
        self >= Self::Held
    }

    pub(super) fn counts(self) -> Counts {
        let mut counts = Counts {
            processed: 1,
            ..Counts::default()
        };
        let place = match self {
            Self::Skipped => &mut counts.skipped,
            Self::Updated => &mut counts.updated,
            Self::Created => &mut counts.created,
            Self::Held => &mut counts.held,
            Self::Failed => &mut counts.failed,
        };
        *place = 1;
        counts
    }
}

/// Puts a decision into the row.
pub(super) fn enact<'p>(
    decision: Decision,
    draft: &'p Draft,
    fingerprint: Fingerprint,
    existing: &mut Existing,
    write: &mut Write<'p>,
) {
    // an edit that is ignored: the journal goes on showing what is in the books
    let ignored = decision == Decision::Settle
        && matches!(&existing.books, Books::Ours(posted) if *posted != fingerprint);
    match decision {
        Decision::Keep | Decision::Delete => return,
        Decision::Queue(intent) => {
            existing.known.state = PostingState::Queued;
            existing.known.intent = intent;
            existing.hold = None;
            existing.queued_anew = true;
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
            if let Wish::Adopt(receipt) | Wish::Move(receipt) = &draft.wish {
                write.adopted = Some(receipt);
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
        Decision::RememberHold(hold) => {
            // wanted again, if not at once; only an undo goes on
            if existing.known.intent == Intent::Void {
                existing.known.intent = Intent::Post;
            }
            existing.hold = Some(hold);
        }
    }
    existing.due_at = None;
    match &draft.wish {
        Wish::Post(_) if ignored => {}
        Wish::Post(document) => {
            existing.known.fingerprint = fingerprint;
            write.paper = Paper::Set(document);
        }
        // what a person releases later must not be an older document
        Wish::Hold(_) if existing.known.state == PostingState::Held => {
            existing.known.fingerprint = fingerprint;
            write.paper = Paper::Clear;
        }
        Wish::Hold(_) | Wish::Adopt(_) | Wish::Move(_) | Wish::Exclude { .. } => {}
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
        Wish::Post(_) | Wish::Adopt(_) | Wish::Move(_) | Wish::Hold(_) => None,
    }
}

/// What a decision is called, seen from the posting as it was before.
pub(super) fn change_of(decision: &Decision, before: &Existing, wish: &Wish) -> ChangeKind {
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

pub(super) fn is_own(draft: &Draft, planned: &PlannedRecord) -> bool {
    draft.key.source_kind == planned.source_kind && draft.key.source_id == planned.record.id
}

/// Whether somebody asked to try it again. The expense of a day needs nobody for that: its withdrawal
/// deletes it, so that nothing is left which could be revived wrongly.
pub(super) fn is_released(existing: &Existing, kind: SourceKind) -> bool {
    let day_again = kind == SourceKind::GatewayDay
        && existing.books == Books::Voided
        && !existing.known.is_left_out()
        && !is_held_by_hand(existing);
    existing.released || day_again
}

/// Whether the fee of the sale counts in no day, since something became of the sale's own expense: left
/// out by hand, it is theirs to enter; held by hand, it waits for them; and of unknown outcome, it may be
/// in the books.
pub(super) fn is_fee_theirs(
    existing: &HashMap<LinkKey, Existing>,
    planned: &PlannedRecord,
) -> bool {
    let id = planned.record.id.clone();
    let key = LinkKey::new(planned.source_kind, id, PostingKind::Expense);
    planned.source_kind == SourceKind::Order
        && existing
            .get(&key)
            .is_some_and(|expense| is_left_out(expense) || waits_by_hand(expense))
}

/// Somebody left it out for good and it is not in the books, and nobody has released it.
pub(super) fn is_left_out(existing: &Existing) -> bool {
    existing.known.state == PostingState::Excluded
        && existing.known.is_left_out()
        && !existing.released
}

/// Held until somebody decides, whatever becomes of its record: held back by hand, or perhaps in the
/// books.
fn waits_by_hand(existing: &Existing) -> bool {
    let unknown = existing.known.state == PostingState::Held
        && existing.known.cause.as_deref() == Some(OUTCOME_UNKNOWN)
        && !existing.released;
    unknown || is_held_by_hand(existing)
}

/// Somebody holds it back, and nobody has released it.
pub(super) fn is_held_by_hand(existing: &Existing) -> bool {
    existing.known.state == PostingState::Held
        && existing.known.cause.as_deref() == Some(HELD_BY_HAND)
        && !existing.released
}

pub(super) fn fresh(id: PostingId) -> Existing {
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
        released: false,
        fee: None,
        fee_counted: false,
        queued_anew: false,
    }
}

pub(super) fn record_of(planned: &PlannedRecord) -> (&str, i64) {
    let record = &planned.record;
    (record.body.get(), record.modified_at.as_millisecond())
}

/// A document's fingerprint: SHA-256 over its body, in hexadecimal.
pub(in crate::store) fn fingerprint_of(body: &str) -> Fingerprint {
    Fingerprint::new(hex::encode(Sha256::digest(body.as_bytes())))
}

/// What is decided of a document by what somebody decided, or has to decide, of the same thing as a
/// document of the other kind. What was left out by hand is so in its new kind too, whatever is wished of
/// that; what waits for somebody waits in its place. Both go on until somebody releases them.
pub(super) fn beside(
    existing: &HashMap<LinkKey, Existing>,
    draft: &Draft,
    decision: &Decision,
) -> Option<(Decision, Hold)> {
    let key = &draft.key;
    let kind = other_kind(key.kind)?;
    let other = LinkKey::new(key.source_kind, key.source_id.clone(), kind);
    let other = existing.get(&other)?;
    let hold = other.hold.clone()?;
    let sends = *decision == Decision::Queue(Intent::Post);
    let holds = matches!(decision, Decision::Hold(..));
    match existing.get(key) {
        Some(known) if known.released || known.books != Books::Nothing => None,
        known if is_left_out(other) && (known.is_none() || sends) => {
            Some((Decision::Exclude, hold))
        }
        known if waits_by_hand(other) && (sends || known.is_none() && holds) => {
            Some((Decision::Hold(hold.clone(), Intent::Post), hold))
        }
        Some(_) | None => None,
    }
}

/// As what else an order or a refund is booked.
pub(super) fn other_kind(kind: PostingKind) -> Option<PostingKind> {
    match kind {
        PostingKind::SalesReceipt => Some(PostingKind::Invoice),
        PostingKind::Invoice => Some(PostingKind::SalesReceipt),
        PostingKind::RefundReceipt => Some(PostingKind::CreditMemo),
        PostingKind::CreditMemo => Some(PostingKind::RefundReceipt),
        PostingKind::Customer | PostingKind::Item | PostingKind::Payment | PostingKind::Expense => {
            None
        }
    }
}

/// The number of a record that cannot be mapped, or its id.
pub(super) fn refused_number<'p>(planned: &'p PlannedRecord, error: &'p MapError) -> &'p str {
    error.number.as_deref().unwrap_or(&planned.record.id)
}
