//! What an end of a call changes beside state and references: other names, and the lists in which
//! later matches look.

use kit::{ListEntry, ListKind, PostingKind};
use sqlx::AnyConnection;

use super::StoreError;
use super::ends::Ended;
use super::settlement::LinkChange;
use super::sql::{CHUNK, Columns, Statement, from_json, to_json};
use crate::domain::Rename;

const PAPER: &str =
    "SELECT posting_id, body, expected, other_name FROM documents WHERE posting_id IN ";
const RENAME: &str = "UPDATE documents SET body = $1, expected = $2, other_name = NULL \
     WHERE posting_id = $3";

/// Gives renamed postings their other name, and tells later matches of new customers and items.
pub(super) async fn update_papers(
    connection: &mut AnyConnection,
    ends: &[Ended<'_>],
    now: i64,
) -> Result<(), StoreError> {
    let concerned: Vec<&Ended<'_>> = ends
        .iter()
        .filter(|ended| {
            let listed = list_of(ended.member.key.kind).is_some()
                && matches!(ended.after.link, LinkChange::Put(_));
            ended.after.rename || listed
        })
        .collect();
    let Some(first) = concerned.first() else {
        return Ok(());
    };
    let realm = first.member.realm.clone();
    let mut entries = Vec::new();
    for chunk in concerned.chunks(CHUNK) {
        let rows = Statement::new(PAPER)
            .list(chunk.iter().map(|ended| ended.member.posting.as_str()))
            .fetch(connection)
            .await?;
        for row in &rows {
            let mut columns = Columns::of(row);
            let id = columns.str()?;
            let Some(ended) = chunk
                .iter()
                .find(|ended| ended.member.posting.as_str() == id)
            else {
                continue;
            };
            let body = columns.str()?;
            let mut expected: kit::Expected = columns.json()?;
            let other_name: Option<Rename> = columns.maybe_json()?;
            if ended.after.rename {
                let Some(other) = other_name else {
                    continue;
                };
                expected.name = Some(other.name);
                sqlx::query(RENAME)
                    .bind(&other.body)
                    .bind(to_json(&expected)?)
                    .bind(id)
                    .execute(&mut *connection)
                    .await?;
            } else {
                entries.extend(new_entry(ended, expected.name, body));
            }
        }
    }
    super::lists::add_entries(connection, &realm, &entries, now).await
}

fn list_of(kind: PostingKind) -> Option<ListKind> {
    match kind {
        PostingKind::Customer => Some(ListKind::Customer),
        PostingKind::Item => Some(ListKind::Item),
        PostingKind::SalesReceipt
        | PostingKind::Invoice
        | PostingKind::RefundReceipt
        | PostingKind::CreditMemo
        | PostingKind::Payment
        | PostingKind::Expense => None,
    }
}

/// The list's entry for what was just made, with the document as its body.
fn new_entry(ended: &Ended<'_>, name: Option<String>, body: &str) -> Option<ListEntry> {
    let kind = list_of(ended.member.key.kind)?;
    let receipt = ended.settlement.receipt()?;
    let document: serde_json::Value = from_json(body).ok()?;
    let key = match kind {
        ListKind::Item => document.pointer("/Sku"),
        _ => document.pointer("/PrimaryEmailAddr/Address"),
    };
    Some(ListEntry {
        kind,
        id: receipt.target_id.clone(),
        name: name?,
        key: key
            .and_then(|key| key.as_str())
            .unwrap_or_default()
            .to_owned(),
        sync_token: receipt.sync_token.clone(),
        body: body.to_owned(),
    })
}
