//! Members into the exact bytes of a call, and a call into a smaller one. Pure: nothing here knows
//! the time or the network.

use kit::{Call, Failure, Member, Operation, PostingKind, RequestId};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::entity::names;
use crate::fault::Asked;

/// The path of a batch call.
const BATCH: &str = "batch";
/// The request id and a member's key count together (FACTS: QuickBooks §3).
const LONGEST_KEY: usize = 50;

/// A batch call's body, item by item as it is.
#[derive(Deserialize)]
struct BatchBody<'b> {
    #[serde(rename = "BatchItemRequest", borrow)]
    items: Vec<&'b RawValue>,
}

/// The call that sends `members`.
pub(crate) fn compose(
    request_id: &RequestId,
    members: Vec<Member>,
    batch_size: usize,
) -> Result<Call, Failure> {
    let (path, body) = match members.as_slice() {
        [] => return Err(bug("a call without members")),
        [member] => (single_path(member)?, single_body(member)?),
        several if several.len() > batch_size => {
            return Err(bug(&format!("a call with {} members", several.len())));
        }
        several => {
            let items: Vec<String> = several.iter().map(batch_item).collect::<Result<_, _>>()?;
            (BATCH.to_owned(), batch_body(&items))
        }
    };
    let longest = members
        .iter()
        .map(|member| key(member).len())
        .max()
        .unwrap_or(0);
    if request_id.as_str().len() + longest > LONGEST_KEY {
        return Err(bug("a request id that is too long"));
    }
    let mut slots: Vec<u32> = members.iter().map(|member| member.slot).collect();
    slots.sort_unstable();
    if slots
        .windows(2)
        .any(|pair| matches!(pair, [left, right] if left == right))
    {
        return Err(bug("two members in one slot"));
    }
    Ok(Call {
        request_id: request_id.clone(),
        path,
        body,
        members,
    })
}

/// `call` with only the members of `slots`, each with the bytes and the key it had. A batch call
/// stays one even with one member: elsewhere its key would be another.
pub(crate) fn narrow(call: &Call, slots: &[u32]) -> Result<Call, Failure> {
    let wanted = |member: &Member| slots.contains(&member.slot);
    let members: Vec<Member> = call
        .members
        .iter()
        .filter(|member| wanted(member))
        .cloned()
        .collect();
    if members.len() != slots.len() || members.is_empty() {
        return Err(bug("a narrowed call with members the call does not have"));
    }
    let body = if is_batch(call) {
        let whole: BatchBody<'_> = serde_json::from_str(&call.body)
            .map_err(|_| bug("a batch call whose body cannot be read"))?;
        if whole.items.len() != call.members.len() {
            return Err(bug("a batch call whose body has other members"));
        }
        let items: Vec<&str> = whole
            .items
            .iter()
            .zip(&call.members)
            .filter(|(_, member)| wanted(member))
            .map(|(item, _)| item.get())
            .collect();
        batch_body(&items)
    } else {
        call.body.clone()
    };
    Ok(Call {
        request_id: call.request_id.clone(),
        path: call.path.clone(),
        body,
        members,
    })
}

/// Whether a call goes to the batch address.
pub(crate) fn is_batch(call: &Call) -> bool {
    call.path == BATCH
}

/// The key under which a member of a batch call is answered and remembered.
pub(crate) fn key(member: &Member) -> String {
    member.slot.to_string()
}

/// What kind of write a member is.
pub(crate) fn asked(member: &Member) -> Asked {
    match member.operation {
        Operation::Create | Operation::Update { .. } => Asked::Write,
        Operation::Void { .. } | Operation::Delete { .. } => Asked::Removal,
    }
}

/// Path and query of a single call (FACTS: QuickBooks §1, §6).
fn single_path(member: &Member) -> Result<String, Failure> {
    let (path, _) = names(member.kind);
    Ok(match member.operation {
        Operation::Create | Operation::Update { .. } => path.to_owned(),
        Operation::Void { .. } => {
            voidable(member.kind)?;
            match member.kind {
                PostingKind::Invoice => format!("{path}?operation=void"),
                _ => format!("{path}?operation=update&include=void"),
            }
        }
        Operation::Delete { .. } => {
            deletable(member.kind)?;
            format!("{path}?operation=delete")
        }
    })
}

/// The document as it is sent.
fn single_body(member: &Member) -> Result<String, Failure> {
    match &member.operation {
        Operation::Create => {
            let document: &RawValue = serde_json::from_str(&member.document)
                .map_err(|_| bug("a document that is not JSON"))?;
            if !document.get().starts_with('{') {
                return Err(bug("a document that is not an object"));
            }
            Ok(document.get().to_owned())
        }
        Operation::Update {
            target_id,
            sync_token,
        } => {
            let document: Map<String, Value> = serde_json::from_str(&member.document)
                .map_err(|_| bug("a document that is not a JSON object"))?;
            let mut whole = head(target_id, sync_token);
            whole.insert("sparse".to_owned(), Value::Bool(false));
            whole.extend(document);
            text(&Value::Object(whole))
        }
        Operation::Void {
            target_id,
            sync_token,
        } => {
            let mut whole = head(target_id, sync_token);
            whole.insert("sparse".to_owned(), Value::Bool(true));
            text(&Value::Object(whole))
        }
        Operation::Delete {
            target_id,
            sync_token,
        } => text(&Value::Object(head(target_id, sync_token))),
    }
}

fn head(target_id: &str, sync_token: &str) -> Map<String, Value> {
    let mut head = Map::new();
    head.insert("Id".to_owned(), Value::from(target_id));
    head.insert("SyncToken".to_owned(), Value::from(sync_token));
    head
}

/// A member as an item of a batch call. Its order of members and its blanks are fixed, since the
/// same item must always be the same bytes.
fn batch_item(member: &Member) -> Result<String, Failure> {
    let (_, entity) = names(member.kind);
    let operation = match member.operation {
        Operation::Create => r#""operation":"create""#,
        Operation::Update { .. } => r#""operation":"update""#,
        Operation::Void { .. } => {
            voidable(member.kind)?;
            r#""operation":"update","optionsData":"void""#
        }
        Operation::Delete { .. } => {
            deletable(member.kind)?;
            r#""operation":"delete""#
        }
    };
    let document = single_body(member)?;
    Ok(format!(
        r#"{{"bId":"{}",{operation},"{entity}":{document}}}"#,
        key(member)
    ))
}

fn batch_body<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    format!(r#"{{"BatchItemRequest":[{}]}}"#, items.join(","))
}

/// Which kinds can be voided (FACTS: QuickBooks §6; schema.json: `ops`).
fn voidable(kind: PostingKind) -> Result<(), Failure> {
    match kind {
        PostingKind::SalesReceipt
        | PostingKind::Invoice
        | PostingKind::Payment
        | PostingKind::RefundReceipt => Ok(()),
        PostingKind::CreditMemo
        | PostingKind::Expense
        | PostingKind::Customer
        | PostingKind::Item => Err(Failure::reject(
            "refused_by_quickbooks",
            format!("QuickBooks cannot void a {}", kind.in_words()),
            "delete it in QuickBooks by hand, then exclude it",
        )),
    }
}

fn deletable(kind: PostingKind) -> Result<(), Failure> {
    if kind.is_list_object() {
        return Err(Failure::reject(
            "refused_by_quickbooks",
            format!("QuickBooks cannot delete a {}", kind.in_words()),
            "make it inactive in QuickBooks by hand, then exclude it",
        ));
    }
    Ok(())
}

fn text(value: &Value) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|_| bug("a document that cannot be written"))
}

/// Something only a mistake in daybook can cause.
fn bug(what: &str) -> Failure {
    Failure::reject(
        "malformed_document",
        format!("daybook made {what}"),
        "report this to the makers of daybook with this text",
    )
}

#[cfg(test)]
mod tests {
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
        let refused = compose(
            &id(),
            vec![member(0, PostingKind::Expense, existing(void), "")],
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
            assert!(compose(&id(), vec![member], 30).is_err(), "{document}");
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
}
