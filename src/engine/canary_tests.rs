use std::collections::HashMap;

use jiff::Timestamp;
use kit::{Expected, Fingerprint, PostingKind};

use super::*;
use crate::domain::{
    ConnectionName, Facets, LinkKey, MOST_MISMATCHES, PipelineName, Realm, Route, SourceKind,
};

const FORM: &str = "sales receipt with automated tax in USD";

fn posting(id: &str, form: Option<&str>, intent: Intent) -> Posting {
    Posting {
        id: PostingId::new(id),
        route: Route {
            pipeline: PipelineName::new("p"),
            source: ConnectionName::new("s"),
            realm: Realm::new("r"),
        },
        key: LinkKey::new(SourceKind::Order, id, PostingKind::SalesReceipt),
        number: id.to_owned(),
        date: None,
        store_amount: None,
        facets: Facets::default(),
        warning: None,
        state: PostingState::Queued,
        hold: None,
        intent,
        body: String::new(),
        needs: Vec::new(),
        expected: Expected {
            form: form.map(str::to_owned),
            ..Expected::default()
        },
        rename: None,
        fingerprint: Fingerprint::new(""),
        receipt: None,
        attempts: 0,
        due_at: None,
        approved: false,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn sale(id: &str) -> Posting {
    posting(id, Some(FORM), Intent::Post)
}

fn canary(right: i64, wrong: i64) -> Canary {
    let trust = FormTrust {
        right,
        wrong,
        example: None,
    };
    let mut canary = Canary::default();
    canary.know(HashMap::from([(FORM.to_owned(), trust)]));
    canary
}

#[test]
fn the_first_of_a_form_goes_alone_and_others_wait_for_it() {
    let mut canary = Canary::default();
    assert_eq!(canary.admission(&sale("1")), Admission::Alone);
    canary.under_way(&sale("1"));
    assert_eq!(canary.admission(&sale("2")), Admission::Waits);
    let other = posting("3", Some("invoice without tax in USD"), Intent::Post);
    assert_eq!(canary.admission(&other), Admission::Alone);
    assert!(
        !canary.ended(&PostingId::new("2")),
        "it was not the one under way"
    );
    assert!(canary.ended(&PostingId::new("1")));
    assert_eq!(
        canary.admission(&sale("2")),
        Admission::Alone,
        "refused for another reason, the first proved nothing"
    );
}

#[test]
fn a_proven_form_is_free_and_a_refused_one_is_not_sent() {
    let mut proven = canary(1, MOST_MISMATCHES - 1);
    assert_eq!(proven.admission(&sale("1")), Admission::Free);
    proven.under_way(&sale("1"));
    assert_eq!(proven.admission(&sale("2")), Admission::Free);
    let refused = canary(0, MOST_MISMATCHES);
    assert_eq!(refused.admission(&sale("1")), Admission::Refused);
}

#[test]
fn list_objects_and_what_is_taken_back_are_always_free() {
    let refused = canary(0, MOST_MISMATCHES);
    let undone = posting("1", Some(FORM), Intent::Undo);
    assert_eq!(refused.admission(&undone), Admission::Free);
    let voided = posting("1", Some(FORM), Intent::Void);
    assert_eq!(refused.admission(&voided), Admission::Free);
    let item = posting("1", None, Intent::Post);
    assert_eq!(refused.admission(&item), Admission::Free);
}
