//! The journal, by subject.

mod changes;
mod needs;
mod pages;
mod releases;

use daybook::domain::{PostingState, SourceKind};
use daybook::store::{Release, Store};

use crate::store::world::{look, record, route, sale_key};

async fn state(store: &Store, id: &str) -> PostingState {
    look(store, &sale_key(id)).await.posting.state
}

async fn settled(store: &Store, records: &[(&str, &str)]) -> Vec<String> {
    let records: Vec<_> = records
        .iter()
        .map(|(id, content)| ((*id).to_owned(), record(id, content).fingerprint))
        .collect();
    let settled = store
        .settled(&route(), SourceKind::Order, &records)
        .await
        .unwrap();
    let mut settled: Vec<_> = settled.into_iter().collect();
    settled.sort();
    settled
}

/// Somebody releases; how many were held.
async fn release(store: &Store, which: &Release) -> usize {
    let released = store.release_held(which, None, "test").await.unwrap();
    released.len()
}
