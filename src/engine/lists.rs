//! The lists of the books: accounts, codes, customers, items … Reading them is metered, so they are
//! read once, kept, and read again only when they are old *and* there is something to post.

use std::time::Duration;

use jiff::Timestamp;
use kit::{Chance, Clock, ListEntry, ListKind, retry};

use super::daemon::Pipeline;
use super::error::RunError;
use super::post::Books;
use crate::store::Store;

/// How long what was read is relied on. Entries daybook makes itself are added at once.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads the lists if they were never read or are old. Customers and items stay in the database,
/// where mappings look them up; the others, which are few, are returned, and the items the rules name.
pub(super) async fn current(
    store: &Store,
    pipeline: &Pipeline,
    clock: &dyn Clock,
    chance: &Chance,
) -> Result<Vec<ListEntry>, RunError> {
    let books = &pipeline.books;
    let read_at = store.lists_read_at(&books.realm).await?;
    let fresh_from = clock.now().saturating_sub(KEEP).unwrap_or(Timestamp::MIN);
    let is_fresh = |kind| {
        read_at
            .get(&kind)
            .is_some_and(|read_at| *read_at >= fresh_from)
    };
    if !ListKind::ALL.into_iter().all(is_fresh) {
        refresh(store, books, clock, chance).await?;
    }
    kept(store, pipeline).await
}

/// The few lists a mapping is built from, as last read.
pub(super) async fn kept(store: &Store, pipeline: &Pipeline) -> Result<Vec<ListEntry>, RunError> {
    let realm = &pipeline.books.realm;
    let mut entries = Vec::new();
    for kind in ListKind::ALL {
        if !matches!(kind, ListKind::Customer | ListKind::Item) {
            entries.extend(store.list(realm, kind).await?);
        }
    }
    let named = &pipeline.named_items;
    entries.extend(store.list_entries(realm, ListKind::Item, named).await?);
    Ok(entries)
}

/// Reads all lists of the books now.
pub(super) async fn refresh(
    store: &Store,
    books: &Books,
    clock: &dyn Clock,
    chance: &Chance,
) -> Result<(), RunError> {
    for kind in ListKind::ALL {
        let began = clock.now();
        let mut position = Some(0);
        while let Some(from) = position {
            let read = || books.target.list(kind, from);
            let (page, next) = retry(&books.policy, clock, chance, read)
                .await
                .map_err(RunError::target)?;
            store.put_list_page(&books.realm, &page).await?;
            position = next;
        }
        store.end_list(&books.realm, kind, began).await?;
        books.note_reads(store, clock).await?;
    }
    tracing::info!(realm = %books.realm, "read the lists of the books");
    Ok(())
}
