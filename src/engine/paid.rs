//! Invoices and their payments: none is sent while the books hold the other one in a way it would not fit.
//! An invoice is never less than its payment, and goes only after it.

use std::collections::HashMap;

use kit::{PostingId, PostingKind};
use rust_decimal::Decimal;

use super::error::RunError;
use super::run::Run;
use crate::domain::{
    EXCLUDED_BY_HAND, Hold, Intent, LinkKey, PostingState, WAITS_FOR_INVOICE, WAITS_FOR_PAYMENT,
};
use crate::store::Loaded;

impl Run<'_> {
    /// Those of these postings that have to wait for their payment or invoice, and why.
    pub(super) async fn too_early(
        &self,
        postings: &[Loaded],
    ) -> Result<HashMap<PostingId, Hold>, RunError> {
        let keys: Vec<LinkKey> = postings.iter().filter_map(other).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let states = self.store.states(&self.pipeline.route, &keys).await?;
        let ids: Vec<PostingId> = states.into_values().map(|found| found.id).collect();
        let others = self.store.load(&ids).await?.into_iter();
        let others: HashMap<LinkKey, Loaded> = others
            .map(|loaded| (loaded.posting.key.clone(), loaded))
            .collect();
        let early = postings.iter().filter_map(|loaded| {
            let other = others.get(&other(loaded)?)?;
            let queued = loaded.posting.state == PostingState::Queued;
            let hold = obstacle(loaded, other).filter(|_| queued)?;
            Some((loaded.posting.id.clone(), hold))
        });
        Ok(early.collect())
    }
}

/// Whether it is a payment in the books that gets less than it is.
pub(super) fn is_lowered_payment(loaded: &Loaded) -> bool {
    loaded.posting.key.kind == PostingKind::Payment && wanted(loaded) < in_books(loaded)
}

/// The payment of an invoice that is in the books, or the invoice of a payment.
fn other(loaded: &Loaded) -> Option<LinkKey> {
    let key = &loaded.posting.key;
    let kind = match key.kind {
        PostingKind::Invoice if loaded.link.is_some() => PostingKind::Payment,
        PostingKind::Payment => PostingKind::Invoice,
        _ => return None,
    };
    Some(LinkKey::new(key.source_kind, key.source_id.clone(), kind))
}

fn obstacle(loaded: &Loaded, other: &Loaded) -> Option<Hold> {
    other.link.as_ref()?;
    match (loaded.posting.key.kind, loaded.posting.intent) {
        (PostingKind::Payment, Intent::Post) if in_books(other) < wanted(loaded) => Some(Hold::of(
            WAITS_FOR_INVOICE,
            "the order was paid with more than its invoice in QuickBooks says",
        )),
        (PostingKind::Invoice, Intent::Void) if stands(other) => Some(Hold::of(
            WAITS_FOR_PAYMENT,
            "it is voided after its payment, and that stands in QuickBooks still",
        )),
        (PostingKind::Invoice, Intent::Post)
            if stands(other) && wanted(loaded) < in_books(other) =>
        {
            Some(Hold::of(
                WAITS_FOR_PAYMENT,
                "it is lowered after its payment, and that is more in QuickBooks still",
            ))
        }
        _ => None,
    }
}

/// Whether it is in the way: nobody decided that it is left in the books as it is.
fn stands(payment: &Loaded) -> bool {
    let hold = payment.posting.hold.as_ref();
    hold.is_none_or(|hold| hold.cause != EXCLUDED_BY_HAND)
}

/// What it is to be.
fn wanted(loaded: &Loaded) -> Decimal {
    loaded.posting.expected.total.unwrap_or_default()
}

/// What the books say of it, where it is there.
fn in_books(loaded: &Loaded) -> Decimal {
    let receipt = loaded.posting.receipt.as_ref();
    let said = receipt.filter(|_| loaded.link.is_some());
    said.and_then(|receipt| receipt.total).unwrap_or_default()
}
