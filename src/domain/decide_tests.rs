//! Every combination of wish, state and books, as one table: a row says what the posting is, the
//! columns what becomes of it. Changing a rule means changing a cell that can be read.

use kit::{Expected, Receipt};

use super::*;

fn document(on_edit: OnEdit) -> Wish {
    Wish::Post(Document {
        body: "{}".into(),
        needs: Vec::new(),
        expected: Expected::default(),
        rename: None,
        on_edit,
    })
}

fn cancelled(if_posted: IfPosted) -> Wish {
    Wish::Exclude {
        reason: "status cancelled".into(),
        if_posted,
    }
}

/// The seven wishes of the table's columns.
fn wishes() -> [Wish; 8] {
    [
        document(OnEdit::Update),
        document(OnEdit::Hold),
        document(OnEdit::Ignore),
        cancelled(IfPosted::Void),
        cancelled(IfPosted::Hold),
        cancelled(IfPosted::Ignore),
        Wish::Hold(Hold::of("tax_off", "there is tax")),
        Wish::Adopt(Receipt::default()),
    ]
}

fn word(decision: &Decision) -> String {
    match decision {
        Decision::Keep => "keep".into(),
        Decision::Queue(intent) => format!("queue:{}", intent.as_str()),
        Decision::Settle => "settle".into(),
        Decision::Adopt => "adopt".into(),
        Decision::Hold(hold, Intent::Post) => format!("hold:{}", hold.cause),
        Decision::Hold(hold, intent) => format!("hold:{}/{}", hold.cause, intent.as_str()),
        Decision::Exclude => "exclude".into(),
        Decision::Remember(intent) => format!("remember:{}", intent.as_str()),
        Decision::RememberHold(hold) => format!("after:{}", hold.cause),
        Decision::Delete => "delete".into(),
    }
}

/// `books` in a word: `-` nothing, `same` and `other` ours with the wished or another document.
fn books(word: &str) -> Books {
    match word {
        "-" => Books::Nothing,
        "same" => Books::Ours(Fingerprint::new("wished")),
        "other" => Books::Ours(Fingerprint::new("posted before")),
        "adopted" => Books::Adopted,
        "voided" => Books::Voided,
        other => panic!("{other}"),
    }
}

/// `state`, `state/intent` or `state/intent/=`, where `=` means that the wished document is the one
/// wanted already; or `none`.
fn known(word: &str) -> Option<Known> {
    let mut parts = word.split('/');
    let state = parts.next().unwrap_or_default();
    if state == "none" {
        return None;
    }
    let intent = parts
        .next()
        .map_or(Intent::Post, |intent| intent.parse().unwrap());
    let same = parts.next() == Some("=");
    Some(Known {
        state: state.parse().unwrap(),
        intent,
        cause: (state == "held").then(|| "tax_off".to_owned()),
        fingerprint: Fingerprint::new(if same { "wished" } else { "wanted before" }),
    })
}

/// `why` it is planned: empty where the store changed its record, `again` everything is read again, `retry`
/// somebody asked for it.
fn row(posting: &str, in_books: &str, why: &str) -> String {
    let standing = Standing {
        known: known(posting),
        books: books(in_books),
        record_unchanged: !why.is_empty(),
        released: why == "retry",
    };
    let mut cells = vec![format!("{posting} {in_books} {why}").trim_end().to_owned()];
    for wish in wishes() {
        let fingerprint = match wish {
            Wish::Post(_) => "wished",
            Wish::Adopt(_) | Wish::Move(_) | Wish::Exclude { .. } | Wish::Hold(_) => "",
        };
        cells.push(word(&decide(
            &wish,
            &Fingerprint::new(fingerprint),
            &standing,
        )));
    }
    cells.push(word(&decide_vanished(&standing)));
    cells.join(" | ")
}

const TABLE: &str = include_str!("decide_table.txt");

#[test]
fn every_combination_is_decided_as_the_table_says() {
    let mut expected = Vec::new();
    let mut decided = Vec::new();
    for line in TABLE
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let name = line.split(" | ").next().unwrap_or_default().trim();
        let mut words = name.split(' ');
        let posting = words.next().unwrap_or_default();
        let in_books = words.next().unwrap_or_default();
        decided.push(row(posting, in_books, words.next().unwrap_or_default()));
        expected.push(
            line.split('|')
                .map(str::trim)
                .collect::<Vec<_>>()
                .join(" | "),
        );
    }
    assert_eq!(decided.join("\n"), expected.join("\n"));
}

#[test]
fn the_table_has_every_state_with_everything_the_books_can_hold() {
    for state in [
        "none", "queued", "posting", "posted", "held", "failed", "excluded", "reversed",
    ] {
        for in_books in ["-", "same", "other", "adopted", "voided"] {
            let row = format!("{state} {in_books} ");
            assert!(
                TABLE.lines().any(|line| line.starts_with(&row)),
                "no row for {row}"
            );
        }
    }
}

#[test]
fn what_is_in_a_call_never_changes_its_state() {
    for intent in ["post", "void", "undo"] {
        for in_books in ["-", "same", "other"] {
            let standing = Standing {
                known: known(&format!("posting/{intent}")),
                books: books(in_books),
                record_unchanged: false,
                released: false,
            };
            for wish in wishes() {
                let decision = decide(&wish, &Fingerprint::new("wished"), &standing);
                let left = matches!(
                    decision,
                    Decision::Keep | Decision::Remember(_) | Decision::RememberHold(_)
                );
                assert!(left, "{wish:?}: {decision:?}");
            }
        }
    }
}

#[test]
fn a_thing_moves_to_what_took_its_place_unless_it_is_under_way_or_held_back() {
    let standing = |posting: &str, in_books: &str| Standing {
        known: known(posting),
        books: books(in_books),
        record_unchanged: true,
        released: false,
    };
    let decided = |standing: &Standing| {
        let wish = Wish::Move(Receipt::default());
        word(&decide(&wish, &Fingerprint::new(""), standing))
    };
    for (posting, in_books) in [
        ("posted", "same"),
        ("posted", "adopted"),
        ("queued/post", "same"),
        ("held", "same"),
        ("none", "-"),
    ] {
        assert_eq!(decided(&standing(posting, in_books)), "adopt", "{posting}");
    }
    assert_eq!(decided(&standing("posting/post", "same")), "keep");
    let mut by_hand = standing("held", "same");
    by_hand.known = by_hand.known.map(|known| Known {
        cause: Some(HELD_BY_HAND.to_owned()),
        ..known
    });
    assert_eq!(decided(&by_hand), "keep");
}

#[test]
fn what_somebody_holds_back_waits_whatever_the_store_changes() {
    let standing = |in_books: &str, why: &str| Standing {
        known: known("held").map(|known| Known {
            cause: Some(HELD_BY_HAND.to_owned()),
            ..known
        }),
        books: books(in_books),
        record_unchanged: why != "edited",
        released: why == "retry",
    };
    let decided = |wish: &Wish, standing: &Standing| {
        let fingerprint = match wish {
            Wish::Post(_) => "wished",
            Wish::Adopt(_) | Wish::Move(_) | Wish::Exclude { .. } | Wish::Hold(_) => "",
        };
        decide(wish, &Fingerprint::new(fingerprint), standing)
    };
    let hold = Wish::Hold(Hold::of("tax_off", "there is tax"));
    for in_books in ["-", "other", "voided"] {
        for wish in [document(OnEdit::Update), hold.clone()] {
            for why in ["again", "edited"] {
                let decision = decided(&wish, &standing(in_books, why));
                assert_eq!(decision, Decision::Keep, "{in_books} {why}");
            }
        }
        let released = decided(&document(OnEdit::Update), &standing(in_books, "retry"));
        assert_eq!(released, Decision::Queue(Intent::Post), "{in_books}");
    }
    // what is wanted no longer is not kept for anybody
    let cancelled = decided(&cancelled(IfPosted::Void), &standing("-", "edited"));
    assert_eq!(cancelled, Decision::Exclude);
}

#[test]
fn what_somebody_deleted_in_the_books_is_made_again_only_on_demand() {
    let decided = |wish: &Wish, unchanged: bool, released: bool| {
        let standing = Standing {
            known: known("held").map(|known| Known {
                cause: Some(DELETED_IN_BOOKS.to_owned()),
                ..known
            }),
            books: Books::Nothing,
            record_unchanged: unchanged,
            released,
        };
        decide(wish, &Fingerprint::new("wished"), &standing)
    };
    let wanted = document(OnEdit::Update);
    for unchanged in [true, false] {
        assert_eq!(decided(&wanted, unchanged, false), Decision::Keep);
        let asked = decided(&wanted, unchanged, true);
        assert_eq!(asked, Decision::Queue(Intent::Post));
        let cancelled = decided(&cancelled(IfPosted::Void), unchanged, false);
        assert_eq!(cancelled, Decision::Exclude);
    }
}

#[test]
fn what_waits_for_invoice_or_payment_was_decided_before() {
    for code in [WAITS_FOR_INVOICE, WAITS_FOR_PAYMENT] {
        let decided = |wish: &Wish, unchanged: bool| {
            let standing = Standing {
                known: known("held").map(|known| Known {
                    cause: Some(code.to_owned()),
                    ..known
                }),
                books: books("other"),
                record_unchanged: unchanged,
                released: false,
            };
            word(&decide(wish, &Fingerprint::new("wished"), &standing))
        };
        let edited = document(OnEdit::Hold);
        assert_eq!(decided(&edited, true), "queue:post", "{code}");
        assert!(decided(&edited, false).starts_with("hold:"), "{code}");
        let cancelled = cancelled(IfPosted::Hold);
        assert_eq!(decided(&cancelled, true), "queue:void", "{code}");
        assert!(decided(&cancelled, false).starts_with("hold:"), "{code}");
    }
}

#[test]
fn what_was_never_wanted_as_it_is_in_the_books_is_put_right_whatever_is_done_with_edits() {
    for state in ["posted", "held"] {
        for on_edit in [OnEdit::Update, OnEdit::Hold, OnEdit::Ignore] {
            let standing = Standing {
                known: known(state),
                books: Books::Ours(Fingerprint::new("")),
                record_unchanged: false,
                released: false,
            };
            let decision = decide(&document(on_edit), &Fingerprint::new("wished"), &standing);
            assert_eq!(decision, Decision::Queue(Intent::Post), "{state}");
        }
    }
}

#[test]
fn what_somebody_left_out_stays_left_out() {
    let standing = |state: &str, in_books: &str, why: &str| Standing {
        known: known(state).map(|known| Known {
            cause: Some(EXCLUDED_BY_HAND.to_owned()),
            ..known
        }),
        books: books(in_books),
        record_unchanged: why != "edited",
        released: why == "retry",
    };
    let wished = |on_edit: OnEdit, standing: &Standing| {
        decide(&document(on_edit), &Fingerprint::new("wished"), standing)
    };
    let decided = |standing: &Standing| wished(OnEdit::Update, standing);
    for why in ["again", "edited"] {
        let never_sent = standing("excluded", "-", why);
        assert_eq!(decided(&never_sent), Decision::Keep, "{why}");
    }
    let left_as_it_is = standing("posted", "other", "again");
    assert_eq!(decided(&left_as_it_is), Decision::Keep);
    for (state, in_books, why) in [
        ("posted", "other", "edited"),
        ("posted", "other", "retry"),
        ("excluded", "-", "retry"),
    ] {
        let decision = decided(&standing(state, in_books, why));
        assert_eq!(decision, Decision::Queue(Intent::Post), "{state} {why}");
    }
    let released = standing("posted", "other", "retry");
    let decision = wished(OnEdit::Hold, &released);
    assert_eq!(decision, Decision::Queue(Intent::Post), "nobody asks twice");
    // what the store wants is in the books: there is nothing left to be left out
    for why in ["edited", "retry"] {
        let same = standing("posted", "same", why);
        assert_eq!(decided(&same), Decision::Settle, "{why}");
    }
}

#[test]
fn what_was_there_before_is_never_changed() {
    for state in ["none", "queued", "posted", "held", "failed", "excluded"] {
        let standing = Standing {
            known: known(state),
            books: Books::Adopted,
            record_unchanged: false,
            released: false,
        };
        for wish in wishes() {
            let decision = decide(&wish, &Fingerprint::new("wished"), &standing);
            assert!(
                !matches!(decision, Decision::Queue(_)),
                "{state}, {wish:?}: {decision:?}"
            );
        }
        assert_eq!(decide_vanished(&standing), Decision::Keep);
    }
}
