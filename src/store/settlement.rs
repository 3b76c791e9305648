//! What becomes of a posting when its call has an outcome: pure, so that every combination of what was
//! sent, what is wanted by now and what was answered can be tested.

use jiff::Timestamp;
use kit::{Fingerprint, Receipt};

use crate::domain::{Books, Hold, Intent, Known, PostingState};

/// How a member of a call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    /// It is in the books as sent.
    Posted(Receipt),
    /// It is in the books, but not with the store's amounts: it is undone, then held for this.
    Mismatch(Receipt, Hold),
    /// It was voided or deleted, as was wanted.
    Reversed(Receipt),
    /// It was refused, for good until somebody acts.
    Held(Hold),
    /// What was to be changed is no longer in the books: held, and a retry makes it anew.
    Gone(Hold),
    /// It did not take effect and is sent again, not before `due_at`.
    Requeued {
        /// When.
        due_at: Option<Timestamp>,
        /// Why it waits, for people.
        why: Option<Hold>,
    },
    /// It did not take effect, since only the version of its document in the books rose: it is sent
    /// again with that.
    Refreshed(Receipt),
    /// Its name is taken: it is sent again under its other name.
    Renamed,
    /// It does not belong into the books after all.
    Excluded {
        /// Why.
        reason: String,
    },
}

impl Settlement {
    /// The word in `call_members.outcome`.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Posted(_) => "posted",
            Self::Mismatch(..) => "mismatch",
            Self::Reversed(_) => "reversed",
            Self::Held(_) => "held",
            Self::Gone(_) => "gone",
            Self::Requeued { .. } => "requeued",
            Self::Refreshed(_) => "refreshed",
            Self::Renamed => "renamed",
            Self::Excluded { .. } => "excluded",
        }
    }

    /// What the target said of the document.
    pub(super) fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Posted(receipt)
            | Self::Mismatch(receipt, _)
            | Self::Reversed(receipt)
            | Self::Refreshed(receipt) => Some(receipt),
            Self::Held(_)
            | Self::Gone(_)
            | Self::Requeued { .. }
            | Self::Renamed
            | Self::Excluded { .. } => None,
        }
    }

    /// Why, in words.
    pub(super) fn hold(&self) -> Option<&Hold> {
        match self {
            Self::Mismatch(_, hold) | Self::Held(hold) | Self::Gone(hold) => Some(hold),
            Self::Requeued { why, .. } => why.as_ref(),
            Self::Posted(_)
            | Self::Reversed(_)
            | Self::Refreshed(_)
            | Self::Renamed
            | Self::Excluded { .. } => None,
        }
    }
}

/// A member of an open call: what was sent, and what is wanted by now.
#[derive(Clone, Debug)]
pub(super) struct InCall {
    /// What was sent.
    pub(super) sent_fingerprint: Fingerprint,
    /// What it was sent for.
    pub(super) sent_intent: Intent,
    /// The posting as the journal holds it now.
    pub(super) wanted: Known,
    /// A hold wished meanwhile, or, with [`Intent::Undo`], the hold to come.
    pub(super) hold: Option<Hold>,
    /// What the books held before the call.
    pub(super) books: Books,
}

/// What becomes of the reference to the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LinkChange {
    /// It stays as it is.
    Keep,
    /// The books hold what was sent; empty where they hold something else.
    Put(Fingerprint),
    /// What it refers to is voided.
    Void,
    /// There is nothing to refer to.
    Remove,
}

/// A posting after its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct After {
    pub(super) state: PostingState,
    pub(super) intent: Intent,
    pub(super) hold: Option<Hold>,
    pub(super) due_at: Option<Timestamp>,
    pub(super) link: LinkChange,
    pub(super) rename: bool,
}

impl After {
    fn new(state: PostingState, intent: Intent, hold: Option<Hold>) -> Self {
        Self {
            state,
            intent,
            hold,
            due_at: None,
            link: LinkChange::Keep,
            rename: false,
        }
    }

    fn with(self, link: LinkChange) -> Self {
        Self { link, ..self }
    }
}

/// What becomes of a member that ended so.
pub(super) fn settle(member: &InCall, settlement: &Settlement) -> After {
    match settlement {
        Settlement::Posted(_) => posted(member),
        Settlement::Mismatch(_, hold) => mismatch(member, hold),
        Settlement::Reversed(_) => reversed(member),
        Settlement::Held(hold) => not_done(
            member,
            After::new(PostingState::Held, member.sent_intent, Some(hold.clone())),
        ),
        // it is out of the books, whoever took it out
        Settlement::Gone(_) if member.sent_intent == Intent::Undo => reversed(member),
        Settlement::Gone(hold) => {
            let after = if member.wanted.intent == Intent::Void {
                After::new(
                    PostingState::Excluded,
                    Intent::Post,
                    Some(unwanted(Some(hold))),
                )
            } else {
                // whatever the store changed meanwhile: it is made anew only if somebody asks for it
                After::new(PostingState::Held, Intent::Post, Some(hold.clone()))
            };
            after.with(LinkChange::Remove)
        }
        Settlement::Requeued { due_at, why } => {
            let hold = if member.sent_intent == Intent::Undo {
                member.hold.clone()
            } else {
                why.clone()
            };
            let mut again = After::new(PostingState::Queued, member.sent_intent, hold);
            again.due_at = *due_at;
            not_done(member, again)
        }
        Settlement::Refreshed(_) => {
            let hold = member
                .hold
                .clone()
                .filter(|_| member.sent_intent == Intent::Undo);
            let again = After::new(PostingState::Queued, member.sent_intent, hold);
            let link = match &member.books {
                Books::Ours(posted) => LinkChange::Put(posted.clone()),
                Books::Nothing | Books::Adopted | Books::Voided => LinkChange::Keep,
            };
            not_done(member, again).with(link)
        }
        Settlement::Renamed => {
            let mut again = After::new(PostingState::Queued, Intent::Post, None);
            again.rename = true;
            not_done(member, again)
        }
        Settlement::Excluded { reason } => {
            let why = Hold {
                cause: String::new(),
                reason: reason.clone(),
                remedy: String::new(),
            };
            not_done(
                member,
                After::new(PostingState::Excluded, Intent::Post, Some(why)),
            )
        }
    }
}

fn same_wish(member: &InCall) -> bool {
    member.wanted.fingerprint == member.sent_fingerprint
        && member.wanted.intent == member.sent_intent
}

/// A hold that was wished while the call was under way.
fn wished_hold(member: &InCall) -> Option<Hold> {
    let undoes = member.sent_intent == Intent::Undo;
    member
        .hold
        .clone()
        .filter(|_| !undoes && member.wanted.intent == Intent::Post)
}

fn posted(member: &InCall) -> After {
    let after = match (member.wanted.intent, wished_hold(member)) {
        (Intent::Void, _) => After::new(PostingState::Queued, Intent::Void, None),
        (_, Some(hold)) => After::new(PostingState::Held, Intent::Post, Some(hold)),
        (_, None) if member.wanted.fingerprint == member.sent_fingerprint => {
            After::new(PostingState::Posted, Intent::Post, None)
        }
        (_, None) => After::new(PostingState::Queued, Intent::Post, None),
    };
    after.with(LinkChange::Put(member.sent_fingerprint.clone()))
}

fn mismatch(member: &InCall, hold: &Hold) -> After {
    let after = match member.wanted.intent {
        Intent::Void => After::new(PostingState::Queued, Intent::Void, None),
        // a newer document is wanted by now: it replaces the wrong one
        Intent::Post | Intent::Undo if !same_wish(member) => {
            After::new(PostingState::Queued, Intent::Post, None)
        }
        Intent::Post | Intent::Undo => {
            After::new(PostingState::Queued, Intent::Undo, Some(hold.clone()))
        }
    };
    // equal to no document, so that asking for the same one again is a change
    after.with(LinkChange::Put(Fingerprint::new("")))
}

fn reversed(member: &InCall) -> After {
    if member.sent_intent == Intent::Undo {
        let after = match member.wanted.intent {
            Intent::Undo => After::new(PostingState::Held, Intent::Post, member.hold.clone()),
            Intent::Void => After::new(PostingState::Reversed, Intent::Post, None),
            Intent::Post => After::new(PostingState::Queued, Intent::Post, None),
        };
        return after.with(LinkChange::Remove);
    }
    let after = if member.wanted.intent == Intent::Post {
        let hold = wished_hold(member).unwrap_or_else(|| {
            Hold::of(
                "voided_before",
                "it was voided in QuickBooks while it was wanted again in the store",
            )
        });
        After::new(PostingState::Held, Intent::Post, Some(hold))
    } else {
        After::new(PostingState::Reversed, Intent::Post, None)
    };
    after.with(LinkChange::Void)
}

/// It took no effect: `otherwise`, unless something else is wanted by now.
fn not_done(member: &InCall, otherwise: After) -> After {
    let in_books = matches!(member.books, Books::Ours(_));
    if member.wanted.intent == Intent::Void && !in_books {
        let why = unwanted(otherwise.hold.as_ref());
        return After::new(PostingState::Excluded, Intent::Post, Some(why));
    }
    if let Some(hold) = wished_hold(member) {
        return After::new(PostingState::Held, Intent::Post, Some(hold));
    }
    if same_wish(member) {
        return otherwise;
    }
    After::new(PostingState::Queued, member.wanted.intent, None)
}

/// Why it is left out, though it was on its way.
fn unwanted(refused: Option<&Hold>) -> Hold {
    let gone = refused.is_some_and(|hold| hold.cause == "deleted_in_books");
    let reason = if gone {
        "the document is no longer in QuickBooks, and it is not wanted any more"
    } else {
        "it is not wanted any more"
    };
    Hold {
        cause: String::new(),
        reason: reason.to_owned(),
        remedy: String::new(),
    }
}

#[cfg(test)]
#[path = "settlement_tests.rs"]
mod tests;
