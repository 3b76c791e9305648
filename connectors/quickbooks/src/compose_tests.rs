use kit::{Expected, PostingId};
use proptest::prelude::*;

use super::*;

fn member(slot: u32, kind: PostingKind, operation: Operation, document: &str) -> Member {
    Member {
        slot,
        posting: PostingId::new(format!("p{slot}")),
        kind,
        operation,
        expected: Expected::default(),
        document: document.to_owned(),
    }
}

fn existing(make: fn(String, String) -> Operation) -> Operation {
    make("129".to_owned(), "3".to_owned())
}

fn update(target_id: String, sync_token: String) -> Operation {
    Operation::Update {
        target_id,
        sync_token,
    }
}

fn void(target_id: String, sync_token: String) -> Operation {
    Operation::Void {
        target_id,
        sync_token,
    }
}

fn id() -> RequestId {
    RequestId::new("0123456789abcdef0123456789abcdef")
}

fn composed(member: Member) -> (String, String) {
    let call = compose(&id(), vec![member], 30).unwrap();
    (call.path, call.body)
}

#[test]
fn one_member_is_a_single_call_with_the_very_document() {
    let document = r#"{"DocNumber":"1043","Line":[{"Amount":58.20}]}"#;
    assert_eq!(
        composed(member(
            0,
            PostingKind::SalesReceipt,
            Operation::Create,
            document
        )),
        ("salesreceipt".to_owned(), document.to_owned())
    );
}

#[test]
fn an_update_replaces_all_and_keeps_every_digit() {
    let (path, body) = composed(member(
        0,
        PostingKind::Invoice,
        existing(update),
        r#"{"DocNumber":"1043","Line":[{"Amount":58.20}]}"#,
    ));
    assert_eq!(path, "invoice");
    assert_eq!(
        body,
        r#"{"Id":"129","SyncToken":"3","sparse":false,"DocNumber":"1043","Line":[{"Amount":58.20}]}"#
    );
}

#[test]
fn each_kind_is_voided_its_own_way() {
    let body = r#"{"Id":"129","SyncToken":"3","sparse":true}"#.to_owned();
    assert_eq!(
        composed(member(0, PostingKind::Invoice, existing(void), "")),
        ("invoice?operation=void".to_owned(), body.clone())
    );
    assert_eq!(
        composed(member(0, PostingKind::SalesReceipt, existing(void), "")),
        (
            "salesreceipt?operation=update&include=void".to_owned(),
            body
        )
    );
    assert_eq!(
        composed(member(0, PostingKind::CreditMemo, existing(void), "")),
        (
            "creditmemo?operation=delete".to_owned(),
            r#"{"Id":"129","SyncToken":"3"}"#.to_owned()
        )
    );
    let refused = compose(
        &id(),
        vec![member(0, PostingKind::Item, existing(void), "")],
        30,
    );
    assert_eq!(refused.unwrap_err().kind(), kit::Kind::Reject);
}

#[test]
fn several_members_are_a_batch_call_keyed_by_slot() {
    let members = vec![
        member(
            0,
            PostingKind::SalesReceipt,
            Operation::Create,
            r#"{"DocNumber":"1"}"#,
        ),
        member(7, PostingKind::Payment, existing(void), ""),
    ];
    let call = compose(&id(), members, 30).unwrap();
    assert_eq!(call.path, "batch");
    assert_eq!(
        call.body,
        r#"{"BatchItemRequest":[{"bId":"0","operation":"create","SalesReceipt":{"DocNumber":"1"}},{"bId":"7","operation":"update","optionsData":"void","Payment":{"Id":"129","SyncToken":"3","sparse":true}}]}"#
    );
}

#[test]
fn a_document_that_is_no_object_is_not_sent() {
    for document in ["", "[]", "1", r#"{"a":}"#] {
        let member = member(0, PostingKind::Item, Operation::Create, document);
        let refused = compose(&id(), vec![member], 30).unwrap_err();
        assert_eq!(refused.code(), "malformed_document", "{document}");
    }
}

proptest! {
    #[test]
    fn a_narrowed_call_has_the_same_bytes_for_each_member_it_keeps(
        numbers in proptest::collection::vec("[ -~äöü\"\\\\]{0,21}", 2..30),
        kept in proptest::collection::vec(any::<bool>(), 30),
    ) {
        let members: Vec<Member> = numbers
            .iter()
            .zip(0_u32..)
            .map(|(number, slot)| {
                let document = serde_json::json!({ "DocNumber": number }).to_string();
                member(slot, PostingKind::SalesReceipt, Operation::Create, &document)
            })
            .collect();
        let whole = compose(&id(), members.clone(), 30).unwrap();
        prop_assert_eq!(&compose(&id(), members, 30).unwrap(), &whole);
        let slots: Vec<u32> = (0..).zip(&kept).take(numbers.len())
            .filter(|(_, kept)| **kept).map(|(slot, _)| slot).collect();
        prop_assume!(!slots.is_empty());
        let part = narrow(&whole, &slots).unwrap();
        prop_assert_eq!(part.path, "batch");
        prop_assert_eq!(part.request_id, whole.request_id.clone());
        let items = |body: &str| -> Vec<String> {
            serde_json::from_str::<BatchBody<'_>>(body).unwrap()
                .items.iter().map(|item| item.get().to_owned()).collect()
        };
        let all = items(&whole.body);
        let expected: Vec<String> =
            slots.iter().map(|slot| all[usize::try_from(*slot).unwrap()].clone()).collect();
        prop_assert_eq!(items(&part.body), expected);
        prop_assert_eq!(part.members.len(), slots.len());
    }
}
