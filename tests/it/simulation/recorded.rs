//! The recorded real US store, served over HTTP as it was recorded, becomes books: no cent off.

use std::collections::HashMap;
use std::fmt::Write as _;

use daybook::domain::PostingState;
use daybook::engine::Tripwire;
use daybook::store::PostingFilter;
use rust_decimal::Decimal;
use sandbox::store::{RecordedStore, StoreContents};

use crate::support::{Setup, check_invariants};

#[tokio::test]
async fn the_recorded_us_store_is_posted_without_a_cent_of_difference() {
    let world = Setup::of(StoreContents::recorded(RecordedStore::Us))
        .start()
        .await;
    let run = world.run().await;
    assert!(run.trouble.is_none(), "{:?}", run.trouble);
    check_invariants(&world).await;

    let program = world.open(Tripwire::none()).await;
    let filter = PostingFilter {
        limit: 500,
        ..PostingFilter::default()
    };
    let page = program.store.postings_page(&filter).await.unwrap();
    program.store.close().await;
    let documents: HashMap<String, _> = world
        .books()
        .documents()
        .into_iter()
        .map(|document| (document.id.clone(), document))
        .collect();
    let mut table = String::from(
        "| order | store total | store tax | posted total | posted tax | document, or why not |\n|---|---|---|---|---|---|\n",
    );
    let mut rows: Vec<_> = page
        .postings
        .iter()
        .filter(|posting| posting.amount.is_some())
        .collect();
    rows.sort_by_key(|posting| {
        (
            posting.number.parse::<u64>().unwrap_or(0),
            posting.source_id.clone(),
        )
    });
    for posting in rows {
        let amount = posting.amount.unwrap();
        let truth = world
            .shop()
            .orders()
            .into_iter()
            .find(|order| order.number == posting.number);
        let tax = truth
            .filter(|_| posting.source_kind.as_str() == "order")
            .map(|order| order.total_tax);
        let document = posting.target_id.as_ref().and_then(|id| documents.get(id));
        let name = format!(
            "{} {}",
            posting.number,
            if posting.source_kind.as_str() == "refund" {
                "refund"
            } else {
                ""
            }
        );
        let tax = tax.map_or("–".to_owned(), |tax| format!("{tax:.2}"));
        let _ = match (posting.state, document) {
            (PostingState::Posted, Some(document)) => {
                assert_eq!(document.total, amount.amount.abs(), "{name}");
                if posting.source_kind.as_str() == "order" {
                    assert_eq!(format!("{:.2}", document.tax), tax, "tax of {name}");
                }
                writeln!(
                    table,
                    "| {name} | {:.2} | {tax} | {:.2} | {:.2} | {} {} |",
                    amount.amount,
                    document.total,
                    document.tax,
                    posting.kind.in_words(),
                    document.doc_number.as_deref().unwrap_or("–"),
                )
            }
            (state, _) => {
                assert_ne!(state, PostingState::Posted, "{name} is posted as nothing");
                writeln!(
                    table,
                    "| {name} | {:.2} {} | {tax} | – | – | {state}: {} |",
                    amount.amount,
                    amount.currency,
                    posting.reason.as_deref().unwrap_or("no reason"),
                )
            }
        };
    }
    println!("{table}");
    let posted: Decimal = documents.values().map(|document| document.total).sum();
    assert!(posted > Decimal::ZERO);
}
