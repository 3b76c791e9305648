//! The account that money is in: what is in the books stays where it went, whatever account its gateway
//! has by now.

use kit::PostingKind;
use quickbooks::Ref;
use serde::Deserialize;

use super::order::Sale;
use crate::domain::References;

/// Where a document has its account: an expense as the one it is paid out of.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Accounts {
    deposit_to_account_ref: Option<Ref>,
    account_ref: Option<Ref>,
}

/// The account of a document; `None` where it has none, such as an invoice.
pub(super) fn account_of(document: &str) -> Option<String> {
    let accounts: Accounts = serde_json::from_str(document).ok()?;
    let account = accounts.deposit_to_account_ref.or(accounts.account_ref)?;
    Some(account.value)
}

/// The account of a sale, of its payment or of its own expense: the gateway's, unless it is in the books
/// and was paid by the same gateway then.
pub(super) fn of_posting(sale: &Sale<'_>, kind: PostingKind, known: &References) -> String {
    kept(sale, kind, known).unwrap_or_else(|| {
        let gateway = sale.books.gateway(&sale.order.payment_method);
        gateway.deposit_to.clone()
    })
}

fn kept(sale: &Sale<'_>, kind: PostingKind, known: &References) -> Option<String> {
    let key = sale.key(kind);
    known.links.get(&key)?;
    let before = known.parents.get(&key.source_id)?;
    let document = if before.key == key {
        &before.document
    } else {
        known.documents.get(&key)?
    };
    let account = account_of(document)?;
    let order = woocommerce::parse_order(&before.record).ok()?;
    (order.payment_method == sale.order.payment_method).then_some(account)
}
