//! What was sent × what is wanted by now × what was answered.

use super::*;

fn hold(cause: &str) -> Hold {
    Hold::of(cause, "why")
}

/// Sent as `sent`, wanted by now as `wanted`, with the same document or a newer one.
fn member(sent: Intent, wanted: Intent, newer: bool) -> InCall {
    InCall {
        sent_fingerprint: Fingerprint::new("sent"),
        sent_intent: sent,
        wanted: Known {
            state: PostingState::Posting,
            intent: wanted,
            cause: None,
            fingerprint: Fingerprint::new(if newer { "newer" } else { "sent" }),
        },
        hold: None,
        books: Books::Nothing,
    }
}

fn in_books(member: InCall) -> InCall {
    InCall {
        books: Books::Ours(Fingerprint::new("before")),
        ..member
    }
}

fn with_hold(member: InCall, cause: &str) -> InCall {
    InCall {
        hold: Some(hold(cause)),
        ..member
    }
}

fn settlements() -> Vec<Settlement> {
    vec![
        Settlement::Posted(Receipt::default()),
        Settlement::Mismatch(Receipt::default(), hold("total_mismatch")),
        Settlement::Reversed(Receipt::default()),
        Settlement::Held(hold("closed_period")),
        Settlement::Gone(hold("deleted_in_books")),
        Settlement::Requeued {
            due_at: None,
            why: None,
        },
        Settlement::Renamed,
        Settlement::Excluded {
            reason: "why".into(),
        },
    ]
}

/// State, intent and cause, in short.
fn brief(after: &After) -> (PostingState, Intent, Option<&str>) {
    let cause = after.hold.as_ref().map(|hold| hold.cause.as_str());
    (after.state, after.intent, cause)
}

use Intent::{Post, Undo, Void};
use PostingState::{Excluded, Held, Posted, Queued, Reversed};

#[test]
fn what_was_wanted_all_along_ends_as_it_was_answered() {
    let expected = [
        (Posted, Post, None),
        (Queued, Undo, Some("total_mismatch")),
        (Held, Post, Some("voided_before")),
        (Held, Post, Some("closed_period")),
        (Held, Post, Some("deleted_in_books")),
        (Queued, Post, None),
        (Queued, Post, None),
        (Excluded, Post, Some("")),
    ];
    for (settlement, expected) in settlements().iter().zip(expected) {
        let after = settle(&member(Post, Post, false), settlement);
        assert_eq!(brief(&after), expected, "{settlement:?}");
    }
}

#[test]
fn a_newer_document_is_sent_whatever_became_of_the_older_one() {
    for settlement in settlements() {
        // nothing of ours is reversed unasked, and what somebody deleted is not made anew unasked
        if matches!(settlement, Settlement::Reversed(_) | Settlement::Gone(_)) {
            continue;
        }
        let after = settle(&member(Post, Post, true), &settlement);
        assert_eq!(brief(&after), (Queued, Post, None), "{settlement:?}");
        assert!(
            !after.rename,
            "the other name is that of the older document"
        );
    }
}

#[test]
fn what_somebody_deleted_is_held_whatever_is_wanted_of_it_meanwhile() {
    let newer = in_books(member(Post, Post, true));
    let holds = with_hold(in_books(member(Post, Post, false)), "tax_off");
    for member in [newer, holds, in_books(member(Void, Post, true))] {
        let after = settle(&member, &Settlement::Gone(hold("deleted_in_books")));
        assert_eq!(brief(&after), (Held, Post, Some("deleted_in_books")));
        assert_eq!(after.link, LinkChange::Remove);
    }
}

#[test]
fn what_was_cancelled_meanwhile_is_voided_where_it_took_effect_and_else_forgotten() {
    let cancelled = member(Post, Void, false);
    for settlement in settlements() {
        let after = settle(&cancelled, &settlement);
        let expected = match settlement {
            Settlement::Posted(_) | Settlement::Mismatch(..) => (Queued, Void, None),
            Settlement::Reversed(_) => (Reversed, Post, None),
            _ => (Excluded, Post, Some("")),
        };
        assert_eq!(brief(&after), expected, "{settlement:?}");
    }
    // an update that was refused leaves the document there, to be voided
    let after = settle(
        &in_books(cancelled),
        &Settlement::Held(hold("closed_period")),
    );
    assert_eq!(brief(&after), (Queued, Void, None));
}

#[test]
fn a_hold_wished_meanwhile_follows_the_call() {
    for settlement in settlements() {
        // undone first, and what somebody deleted says so
        if matches!(settlement, Settlement::Mismatch(..) | Settlement::Gone(_)) {
            continue;
        }
        let after = settle(
            &with_hold(member(Post, Post, false), "tax_off"),
            &settlement,
        );
        assert_eq!(
            brief(&after),
            (Held, Post, Some("tax_off")),
            "{settlement:?}"
        );
    }
}

#[test]
fn a_void_ends_reversed_or_held_and_a_refused_one_can_be_tried_again() {
    let void = in_books(member(Void, Void, false));
    let after = settle(&void, &Settlement::Reversed(Receipt::default()));
    assert_eq!(
        (brief(&after), after.link.clone()),
        ((Reversed, Post, None), LinkChange::Void)
    );
    let after = settle(&void, &Settlement::Held(hold("deposited")));
    assert_eq!(brief(&after), (Held, Void, Some("deposited")));
    let after = settle(
        &void,
        &Settlement::Requeued {
            due_at: None,
            why: None,
        },
    );
    assert_eq!(brief(&after), (Queued, Void, None));
}

#[test]
fn an_undone_document_leaves_nothing_but_the_hold() {
    let undo = in_books(with_hold(member(Undo, Undo, false), "total_mismatch"));
    let gone = settle(&undo, &Settlement::Gone(hold("deleted_in_books")));
    assert_eq!(brief(&gone), (Held, Post, Some("total_mismatch")));
    let after = settle(&undo, &Settlement::Reversed(Receipt::default()));
    assert_eq!(brief(&after), (Held, Post, Some("total_mismatch")));
    assert_eq!(after.link, LinkChange::Remove);
    let after = settle(
        &undo,
        &Settlement::Requeued {
            due_at: None,
            why: Some(hold("busy")),
        },
    );
    assert_eq!(brief(&after), (Queued, Undo, Some("total_mismatch")));
    let newer = in_books(with_hold(member(Undo, Post, true), "total_mismatch"));
    let after = settle(&newer, &Settlement::Reversed(Receipt::default()));
    assert_eq!(brief(&after), (Queued, Post, None));
}

#[test]
fn a_wrong_document_is_never_taken_for_the_wanted_one() {
    let after = settle(
        &member(Post, Post, false),
        &Settlement::Mismatch(Receipt::default(), hold("total_mismatch")),
    );
    assert_eq!(after.link, LinkChange::Put(Fingerprint::new("")));
}

#[test]
fn no_end_leaves_a_posting_in_a_call_or_held_without_a_reason() {
    for sent in [Post, Void, Undo] {
        for wanted in [Post, Void, Undo] {
            for newer in [false, true] {
                for settlement in settlements() {
                    let plain = member(sent, wanted, newer);
                    for member in [plain.clone(), with_hold(in_books(plain), "tax_off")] {
                        let after = settle(&member, &settlement);
                        assert_ne!(after.state, PostingState::Posting);
                        let words = format!("{member:?} {settlement:?} {after:?}");
                        let undone_unasked = sent == Undo && member.hold.is_none();
                        assert!(
                            after.state != Held || after.hold.is_some() || undone_unasked,
                            "{words}"
                        );
                        assert!(after.state != Posted || after.intent == Post, "{words}");
                    }
                }
            }
        }
    }
}
