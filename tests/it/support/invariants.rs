//! What must hold after every simulation and process test, whatever went wrong on the way.

use std::collections::{HashMap, HashSet};

use daybook::domain::PostingState;
use daybook::engine::Tripwire;
use daybook::store::{GroupBy, PostingFilter, PostingRow, Store};
use jiff::civil::Date;
use rust_decimal::Decimal;
use sandbox::company::Kind;

use super::World;

/// Every order is in the journal exactly once: in the books, held with a reason, or excluded with
/// one. Every document in the books is one of the journal's, and once there. Totals agree to the
/// cent. Nothing is left half done.
pub(crate) async fn check_invariants(world: &World) {
    let program = world.open(Tripwire::none()).await;
    let postings = all(&program.store).await;
    each_order_once(world, &postings);
    each_document_once(world, &postings);
    nothing_half_done(&program.store, &postings).await;
    reconciled(&program.store).await;
    program.store.close().await;
}

/// All postings of the journal.
async fn all(store: &Store) -> Vec<PostingRow> {
    let mut postings = Vec::new();
    let mut cursor = None;
    loop {
        let filter = PostingFilter {
            cursor,
            limit: 500,
            ..PostingFilter::default()
        };
        let page = store.postings_page(&filter).await.unwrap();
        postings.extend(page.postings);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return postings,
        }
    }
}

fn each_order_once(world: &World, postings: &[PostingRow]) {
    let mut journalled: HashMap<&str, Vec<&PostingRow>> = HashMap::new();
    for posting in postings
        .iter()
        .filter(|posting| posting.source_kind.as_str() == "order")
    {
        if posting.amount.is_some() || posting.state == PostingState::Failed {
            journalled
                .entry(&posting.source_id)
                .or_default()
                .push(posting);
        }
    }
    for order in world.shop().orders() {
        // baskets that were never bought, and what is in the trash, are not read
        if matches!(
            order.status.as_str(),
            "checkout-draft" | "auto-draft" | "trash"
        ) {
            continue;
        }
        let id = order.id.to_string();
        let found = journalled.get(id.as_str()).map_or(0, Vec::len);
        assert_eq!(
            found, 1,
            "order {} ({}) is {found} times in the journal",
            order.number, order.status
        );
    }
}

fn each_document_once(world: &World, postings: &[PostingRow]) {
    let documents = world.books().documents();
    let mut numbers = HashSet::new();
    for document in documents.iter().filter(|document| !document.voided) {
        let number = document.doc_number.clone().unwrap_or_default();
        assert!(
            document.kind == Kind::Payment || numbers.insert((document.kind, number.clone())),
            "{:?} {number} is in the books twice",
            document.kind,
        );
    }
    let by_id: HashMap<&str, Decimal> = documents
        .iter()
        .map(|document| (document.id.as_str(), document.total))
        .collect();
    let mut owned = HashSet::new();
    for posting in postings {
        let Some(target) = posting.target_id.as_deref() else {
            continue;
        };
        if posting.kind.is_list_object() {
            continue;
        }
        owned.insert(target);
        if posting.state == PostingState::Posted {
            let total = by_id.get(target).unwrap_or_else(|| {
                panic!(
                    "{} {} says it is posted as {target}, which is not in the books",
                    posting.kind, posting.number
                )
            });
            if let Some(amount) = &posting.amount {
                assert_eq!(
                    *total,
                    amount.amount.abs(),
                    "{} {}",
                    posting.kind,
                    posting.number
                );
            }
        }
    }
    // what was voided again may have a successor, to which its posting refers
    for document in documents.iter().filter(|document| !document.voided) {
        assert!(
            owned.contains(document.id.as_str()),
            "{:?} {:?} is in the books and not in the journal",
            document.kind,
            document.doc_number,
        );
    }
}

async fn nothing_half_done(store: &Store, postings: &[PostingRow]) {
    for posting in postings {
        assert!(
            !matches!(posting.state, PostingState::Queued | PostingState::Posting),
            "{} {} is still {}",
            posting.kind,
            posting.number,
            posting.state,
        );
        if posting.state == PostingState::Held {
            let reasoned =
                posting.cause.is_some() && posting.reason.is_some() && posting.remedy.is_some();
            assert!(
                reasoned,
                "{} {} is held without a reason",
                posting.kind, posting.number
            );
        }
    }
    for lease in store.leases().await.unwrap() {
        assert!(!lease.owner.is_empty());
    }
}

async fn reconciled(store: &Store) {
    let sums = store
        .reconcile(Date::MIN, Date::MAX, GroupBy::Status, None)
        .await
        .unwrap();
    for total in &sums.totals {
        assert_eq!(
            total.difference,
            Decimal::ZERO,
            "{}: store and books differ",
            total.currency
        );
        assert_eq!(
            total.store_tax, total.posted_tax,
            "{}: tax differs",
            total.currency
        );
    }
}
