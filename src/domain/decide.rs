//! What becomes of a posting when its record is planned again: the journal's one rule, without I/O.

use kit::Fingerprint;

use super::cause::{
    DELETED_IN_BOOKS, EXCLUDED_BY_HAND, HELD_BY_HAND, OUTCOME_UNKNOWN, UNWANTED_IN_BOOKS,
    WAITS_FOR_INVOICE, WAITS_FOR_PAYMENT,
};
use super::{Document, Hold, IfPosted, Intent, OnEdit, PostingState, Wish, cause};

/// What the books hold of a posting, as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Books {
    /// Nothing that daybook knows of.
    Nothing,
    /// The document that daybook posted, with the hash of what was sent.
    Ours(Fingerprint),
    /// Something that was there before; it is never changed.
    Adopted,
    /// A document that daybook posted and voided.
    Voided,
}

/// A posting as the journal holds it, as far as the decision needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Where it stands.
    pub state: PostingState,
    /// What is to be done with it.
    pub intent: Intent,
    /// Why it is held; while it is in a call: a hold that was wished meanwhile.
    pub cause: Option<String>,
    /// Hash of the document as wanted so far; empty where there is none.
    pub fingerprint: Fingerprint,
}

impl Known {
    /// Somebody left it, or its last change, out for good.
    pub fn is_left_out(&self) -> bool {
        self.cause.as_deref() == Some(EXCLUDED_BY_HAND)
    }
}

/// What a decision is made from beside the wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The posting, if there is one.
    pub known: Option<Known>,
    /// What the books hold.
    pub books: Books,
    /// The record is the one the posting was last planned from: the store did not change anything.
    pub record_unchanged: bool,
    /// Somebody asked to try it again.
    pub released: bool,
}

/// What becomes of the posting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// State and document stay as they are.
    Keep,
    /// To be sent with this intent; for [`Intent::Post`] with the new document.
    Queue(Intent),
    /// The books hold just this, or keep what they have: posted.
    Settle,
    /// Posted, by the reference to what was there before.
    Adopt,
    /// Held; [`Intent::Void`] where a retry has to void it.
    Hold(Hold, Intent),
    /// Not wanted in the books, and not there.
    Exclude,
    /// A call is under way: the new wish is kept, and the end of the call compares.
    Remember(Intent),
    /// Something is under way that must end first: the hold follows it.
    RememberHold(Hold),
    /// No longer wanted and never sent: forgotten.
    Delete,
}

/// What becomes of a posting whose mapping wishes `wish`; `fingerprint` is the hash of the wished
/// document and empty for other wishes.
pub fn decide(wish: &Wish, fingerprint: &Fingerprint, standing: &Standing) -> Decision {
    if is_left_out(standing) {
        return Decision::Keep;
    }
    match wish {
        Wish::Post(document) => post(document, fingerprint, standing),
        Wish::Adopt(_) => adopt(standing),
        Wish::Move(_) => moved(standing),
        Wish::Exclude { reason, if_posted } => exclude(reason, *if_posted, standing),
        Wish::Hold(hold) => match &standing.known {
            Some(known) if waits_for_its_end(known) => Decision::RememberHold(hold.clone()),
            _ if waits_for_somebody(standing) => Decision::Keep,
            _ => Decision::Hold(hold.clone(), Intent::Post),
        },
    }
}

/// What becomes of a posting of a record whose plan no longer has a posting of that kind.
pub fn decide_vanished(standing: &Standing) -> Decision {
    match (&standing.books, &standing.known) {
        (Books::Ours(_), _) => exclude("no longer wanted", IfPosted::Void, standing),
        (Books::Adopted | Books::Voided, _) => Decision::Keep,
        (Books::Nothing, Some(known)) if known.state == PostingState::Posting => {
            exclude("no longer wanted", IfPosted::Void, standing)
        }
        // perhaps it is in the books, and then this is all that is known of it
        (Books::Nothing, Some(known)) if is_unknown(known) && !standing.released => Decision::Keep,
        (Books::Nothing, _) => Decision::Delete,
    }
}

/// It may be in the books, and nobody has looked yet.
fn is_unknown(known: &Known) -> bool {
    known.state == PostingState::Held && known.cause.as_deref() == Some(OUTCOME_UNKNOWN)
}

/// In a call, or about to be undone: neither may be cut short.
fn waits_for_its_end(known: &Known) -> bool {
    known.state == PostingState::Posting
        || (known.state == PostingState::Queued && known.intent == Intent::Undo)
}

/// Somebody left it out for good. What is in the books all the same is asked for again once the store
/// changes its record once more.
fn is_left_out(standing: &Standing) -> bool {
    let by_hand = standing.known.as_ref().is_some_and(|known| {
        matches!(known.state, PostingState::Excluded | PostingState::Posted) && known.is_left_out()
    });
    let in_books = matches!(standing.books, Books::Ours(_));
    by_hand && !standing.released && (standing.record_unchanged || !in_books)
}

/// Held until somebody decides, and nobody has: neither was it released nor did the store change its
/// record. Reading everything again does not count as a decision; what somebody holds back, what
/// somebody deleted in the books, and what may be there already, waits for somebody whatever the store
/// changes.
fn waits_for_somebody(standing: &Standing) -> bool {
    let Some(known) = standing.known.as_ref().filter(|_| !standing.released) else {
        return false;
    };
    let code = known.cause.as_deref();
    let by_itself = code.and_then(cause).is_some_and(|cause| cause.by_itself);
    let is_made_only_if_asked = standing.books == Books::Nothing
        && matches!(code, Some(OUTCOME_UNKNOWN | DELETED_IN_BOOKS));
    let undecided =
        standing.record_unchanged || code == Some(HELD_BY_HAND) || is_made_only_if_asked;
    known.state == PostingState::Held && !by_itself && undecided
}

/// Somebody decided: it was released, or was sent after that and has only waited since for the other of
/// invoice and payment.
fn is_decided(standing: &Standing) -> bool {
    let waits = standing.known.as_ref().is_some_and(|known| {
        let code = known.cause.as_deref();
        known.state == PostingState::Held
            && matches!(code, Some(WAITS_FOR_INVOICE | WAITS_FOR_PAYMENT))
    });
    standing.released || (standing.record_unchanged && waits)
}

fn post(document: &Document, fingerprint: &Fingerprint, standing: &Standing) -> Decision {
    let Some(known) = &standing.known else {
        return match &standing.books {
            Books::Nothing => Decision::Queue(Intent::Post),
            Books::Ours(posted) if posted == fingerprint => Decision::Settle,
            Books::Ours(_) => edited(document.on_edit),
            Books::Adopted => Decision::Settle,
            Books::Voided => voided_before(),
        };
    };
    let same_wish = known.fingerprint == *fingerprint;
    let in_books = matches!(&standing.books, Books::Ours(posted) if posted == fingerprint);
    match known.state {
        // what did not agree is undone first, whatever is asked in between
        PostingState::Posting | PostingState::Queued
            if known.intent == Intent::Undo && same_wish =>
        {
            Decision::Keep
        }
        PostingState::Posting
            if same_wish && known.intent == Intent::Post && known.cause.is_none() =>
        {
            Decision::Keep
        }
        PostingState::Posting => Decision::Remember(Intent::Post),
        PostingState::Queued if same_wish && known.intent == Intent::Post => Decision::Keep,
        PostingState::Queued if in_books || standing.books == Books::Adopted => Decision::Settle,
        PostingState::Queued => match &standing.books {
            Books::Ours(_) if known.intent != Intent::Undo => edited(document.on_edit),
            _ => Decision::Queue(Intent::Post),
        },
        PostingState::Posted => match &standing.books {
            // a change that was left out is none any more
            Books::Ours(posted) if posted == fingerprint && known.is_left_out() => Decision::Settle,
            Books::Ours(posted) if posted == fingerprint => Decision::Keep,
            Books::Ours(posted) if is_no_document(posted) => Decision::Queue(Intent::Post),
            // somebody asked for the change
            Books::Ours(_) if standing.released && document.on_edit == OnEdit::Hold => {
                Decision::Queue(Intent::Post)
            }
            Books::Ours(_) => edited(document.on_edit),
            Books::Adopted | Books::Nothing => Decision::Keep,
            Books::Voided => voided_before(),
        },
        PostingState::Held | PostingState::Failed | PostingState::Excluded => {
            post_again(document.on_edit, in_books, known, standing)
        }
        PostingState::Reversed if standing.released => Decision::Queue(Intent::Post),
        PostingState::Reversed => voided_before(),
    }
}

/// A posting that waited or was not wanted, and now has a document.
fn post_again(on_edit: OnEdit, in_books: bool, known: &Known, standing: &Standing) -> Decision {
    let waits = matches!(standing.books, Books::Ours(_))
        && on_edit == OnEdit::Hold
        && !is_decided(standing);
    match &standing.books {
        Books::Adopted => Decision::Settle,
        Books::Ours(_) if in_books => Decision::Settle,
        _ if waits_for_somebody(standing) => Decision::Keep,
        Books::Ours(posted) if is_no_document(posted) => Decision::Queue(Intent::Post),
        // another change in the store, not a retry by hand: the configuration still asks for a hold
        Books::Ours(_) if waits => edited(OnEdit::Hold),
        // what did not agree with the store must not stay as it is
        Books::Ours(_) if on_edit == OnEdit::Ignore && known.intent != Intent::Undo => {
            Decision::Settle
        }
        Books::Nothing | Books::Ours(_) => Decision::Queue(Intent::Post),
        Books::Voided if standing.released => Decision::Queue(Intent::Post),
        Books::Voided => voided_before(),
    }
}

/// What the books hold was never wanted so: it came out wrong, or lost what it stood on. To put that right
/// is no edit of the store.
fn is_no_document(posted: &Fingerprint) -> bool {
    posted.as_str().is_empty()
}

fn edited(on_edit: OnEdit) -> Decision {
    match on_edit {
        OnEdit::Update => Decision::Queue(Intent::Post),
        OnEdit::Hold => Decision::Hold(
            Hold::of(
                "edited_after_posting",
                "it changed in the store after it was posted, and changes are held by configuration",
            ),
            Intent::Post,
        ),
        OnEdit::Ignore => Decision::Settle,
    }
}

fn voided_before() -> Decision {
    Decision::Hold(
        Hold::of(
            "voided_before",
            "its document was voided in QuickBooks, and a voided document cannot be revived",
        ),
        Intent::Post,
    )
}

fn adopt(standing: &Standing) -> Decision {
    let state = standing.known.as_ref().map(|known| known.state);
    match (&standing.books, state) {
        (_, Some(PostingState::Posting))
        | (Books::Ours(_), Some(_))
        | (Books::Adopted, Some(PostingState::Posted)) => Decision::Keep,
        (_, _) if waits_for_somebody(standing) => Decision::Keep,
        (_, _) => Decision::Adopt,
    }
}

/// It refers to what is no longer in use, so nothing is lost by referring to what took its place.
fn moved(standing: &Standing) -> Decision {
    let by_hand = |known: &Known| known.cause.as_deref() == Some(HELD_BY_HAND);
    match &standing.known {
        Some(known) if waits_for_its_end(known) => Decision::Keep,
        Some(known) if by_hand(known) && !standing.released => Decision::Keep,
        Some(_) | None => Decision::Adopt,
    }
}

fn exclude(reason: &str, if_posted: IfPosted, standing: &Standing) -> Decision {
    let state = standing.known.as_ref().map(|known| known.state);
    let intent = standing.known.as_ref().map(|known| known.intent);
    let unknown = standing.known.as_ref().is_some_and(is_unknown);
    match (&standing.books, state) {
        // it may be there, and then it has to be voided: somebody has to look first
        (Books::Nothing, _) if unknown && !standing.released => Decision::Keep,
        (_, Some(PostingState::Posting)) if intent == Some(Intent::Void) => Decision::Keep,
        (_, Some(PostingState::Posting)) => match if_posted {
            IfPosted::Void => Decision::Remember(Intent::Void),
            IfPosted::Hold => Decision::RememberHold(unwanted(reason)),
            IfPosted::Ignore => Decision::Keep,
        },
        (Books::Ours(_), Some(PostingState::Queued)) if intent == Some(Intent::Void) => {
            Decision::Keep
        }
        (Books::Ours(_), _) if waits_for_somebody(standing) => Decision::Keep,
        (Books::Ours(_), _) => exclude_posted(reason, if_posted, standing),
        (Books::Adopted, Some(PostingState::Posted))
        | (Books::Voided, Some(PostingState::Reversed)) => Decision::Keep,
        (Books::Adopted, _) => Decision::Settle,
        (Books::Voided | Books::Nothing, _) => Decision::Exclude,
    }
}

fn exclude_posted(reason: &str, if_posted: IfPosted, standing: &Standing) -> Decision {
    let known = standing.known.as_ref();
    match if_posted {
        IfPosted::Void => Decision::Queue(Intent::Void),
        // what did not agree with the store does not stay
        IfPosted::Hold | IfPosted::Ignore
            if known.is_some_and(|known| known.intent == Intent::Undo) =>
        {
            Decision::Queue(Intent::Void)
        }
        IfPosted::Hold if is_decided(standing) => Decision::Queue(Intent::Void),
        IfPosted::Hold => Decision::Hold(unwanted(reason), Intent::Void),
        IfPosted::Ignore => match known {
            Some(known) if known.state == PostingState::Posted => Decision::Keep,
            Some(_) | None => Decision::Settle,
        },
    }
}

fn unwanted(reason: &str) -> Hold {
    Hold::of(
        UNWANTED_IN_BOOKS,
        format!("it is in the books and should not be: {reason}"),
    )
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
