use std::time::Duration;

use kit::{Expected, Fingerprint, PostingId, PostingKind};

use super::*;
use crate::domain::{
    ConnectionName, Facets, LinkKey, PipelineName, PostingState, Realm, Route, SourceKind,
};

const POLICY: RetryPolicy = RetryPolicy {
    first: Duration::from_secs(1),
    cap: Duration::from_secs(60),
    attempts: 8,
};

/// A sale that was sent so often.
fn sent(attempts: i64) -> Posting {
    Posting {
        id: PostingId::new("p"),
        route: Route {
            pipeline: PipelineName::new("p"),
            source: ConnectionName::new("s"),
            realm: Realm::new("r"),
        },
        key: LinkKey::new(SourceKind::Order, "1", PostingKind::SalesReceipt),
        number: "1".to_owned(),
        date: None,
        store_amount: None,
        facets: Facets::default(),
        warning: None,
        state: PostingState::Posting,
        hold: None,
        intent: Intent::Post,
        body: String::new(),
        needs: Vec::new(),
        expected: Expected::default(),
        rename: None,
        fingerprint: Fingerprint::new(""),
        receipt: None,
        attempts,
        due_at: None,
        approved: false,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn meaning(posting: &Posting, failure: Failure) -> Verdict {
    let (now, chance) = (Timestamp::UNIX_EPOCH, Chance::seeded(1));
    verdict(
        posting,
        false,
        Outcome::Failed(failure),
        &POLICY,
        now,
        &chance,
    )
}

#[test]
fn what_is_put_off_again_and_again_is_held_and_says_that_it_passes_by_itself() {
    for code in ["throttled", "company_locked"] {
        let put_off = || Failure::retry(code, "later");
        let again = meaning(&sent(MOST_ATTEMPTS - 1), put_off());
        let Verdict::Settle(Settlement::Requeued { due_at, .. }) = again else {
            panic!("{again:?}")
        };
        assert!(due_at > Some(Timestamp::UNIX_EPOCH), "it waits a little");
        let at_last = meaning(&sent(MOST_ATTEMPTS), put_off());
        let Verdict::Settle(Settlement::Held(hold)) = at_last else {
            panic!("{at_last:?}")
        };
        assert_eq!(hold.cause, code);
        assert!(hold.remedy.contains("tried again by each run"), "{hold:?}");
        assert!(cause(code).unwrap().by_itself);
    }
}

#[test]
fn what_may_have_taken_effect_is_looked_up_however_often_it_was_sent() {
    for attempts in [1, MOST_ATTEMPTS, 100] {
        let doubtful = Failure::retry("quickbooks_trouble", "500").with_unknown_outcome();
        let meaning = meaning(&sent(attempts), doubtful);
        assert!(matches!(meaning, Verdict::LookUp), "{meaning:?}");
    }
}

#[test]
fn a_remedy_is_a_sentence_whoever_wrote_it() {
    let remedy = |text: &str| hold(&Failure::reject("odd", "odd", text)).remedy;
    assert_eq!(remedy("read it, then retry"), "Read it, then retry.");
    assert_eq!(remedy("Read it."), "Read it.");
}

#[test]
fn a_document_with_other_amounts_says_to_look_at_the_tax_settings_of_the_books() {
    let mut sale = sent(1);
    sale.expected.total = Some("10.80".parse().unwrap());
    let made = Receipt {
        total: Some("10.85".parse().unwrap()),
        ..Receipt::default()
    };
    let Settlement::Mismatch(_, hold) = done(&sale, made) else {
        panic!("it is not what was wanted")
    };
    assert_eq!(hold.cause, "total_mismatch");
    assert!(
        hold.remedy.contains("tax settings in QuickBooks"),
        "{hold:?}"
    );
    assert!(!hold.remedy.contains("correct the order"), "{hold:?}");
}
