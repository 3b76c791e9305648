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
        Operation::Void { .. } | Operation::Delete { .. } => match removal(member)? {
            Removal::Void if member.kind == PostingKind::Invoice => {
                format!("{path}?operation=void")
            }
            Removal::Void => format!("{path}?operation=update&include=void"),
            Removal::Deletion => format!("{path}?operation=delete"),
        },
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
        }
        | Operation::Delete {
            target_id,
            sync_token,
        } => {
            let mut whole = head(target_id, sync_token);
            if removal(member)? == Removal::Void {
                whole.insert("sparse".to_owned(), Value::Bool(true));
            }
            text(&Value::Object(whole))
        }
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
        Operation::Void { .. } | Operation::Delete { .. } => match removal(member)? {
            Removal::Void => r#""operation":"update","optionsData":"void""#,
            Removal::Deletion => r#""operation":"delete""#,
        },
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

/// How a document is taken out of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// It stays, with zero amounts.
    Void,
    /// It goes; `QuickBooks`' audit log keeps it.
    Deletion,
}

/// How `member` is taken out of the books: the kinds that the API cannot void are deleted, which
/// takes the same amounts out (FACTS: QuickBooks §6; schema.json: `ops`).
pub(crate) fn removal(member: &Member) -> Result<Removal, Failure> {
    let voids = matches!(member.operation, Operation::Void { .. });
    match member.kind {
        PostingKind::SalesReceipt
        | PostingKind::Invoice
        | PostingKind::Payment
        | PostingKind::RefundReceipt
            if voids =>
        {
            Ok(Removal::Void)
        }
        PostingKind::Customer | PostingKind::Item => Err(Failure::reject(
            "refused_by_quickbooks",
            format!(
                "QuickBooks can neither void nor delete a {}",
                member.kind.in_words()
            ),
            "make it inactive in QuickBooks by hand, then exclude it",
        )),
        PostingKind::SalesReceipt
        | PostingKind::Invoice
        | PostingKind::Payment
        | PostingKind::RefundReceipt
        | PostingKind::CreditMemo
        | PostingKind::Expense => Ok(Removal::Deletion),
    }
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
#[path = "compose_tests.rs"]
mod tests;
