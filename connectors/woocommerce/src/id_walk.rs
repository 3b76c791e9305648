//! A walk by ascending id with overlapping pages.
//!
//! The API has no "ids above this one", only offsets, and an entity that leaves the list moves all
//! behind it forward (FACTS: WooCommerce §3). So each page begins with the last entity already
//! read: while the page's first id is not above the last one read, nothing can lie between. Where
//! it is above, the walk steps back.

use kit::Failure;
use serde::{Deserialize, Serialize};

/// How far the walk is; part of cursors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IdWalk {
    /// Everything up to this id has been read.
    pub(crate) last_id: u64,
    /// Where the next page begins.
    pub(crate) offset: u64,
}

/// What a page of the walk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdPage {
    /// The list has moved: nothing of this page may be taken, the walk has stepped back.
    Moved,
    /// What is above this id is new.
    Above(u64),
}

impl IdWalk {
    /// Takes in a page's ids (`None` for damaged entities). `asked` is the page size.
    pub(crate) fn step(&mut self, ids: &[Option<u64>], asked: u32) -> Result<IdPage, Failure> {
        let known: Vec<u64> = ids.iter().flatten().copied().collect();
        if !known.is_sorted() {
            return Err(Failure::stop(
                "store_order_ignored",
                "the store does not sort by id when asked to",
                "find the plugin that changes the REST API's lists, and turn that off",
            ));
        }
        let all_damaged = known.is_empty() && !ids.is_empty();
        let gap_possible = known.first().is_none_or(|first| *first > self.last_id);
        if self.offset > 0 && gap_possible && !all_damaged {
            self.offset = self.offset.saturating_sub(u64::from(asked));
            return Ok(IdPage::Moved);
        }
        let above = self.last_id;
        // the next page begins with this one's last entity
        let passed = if ids.len() > 1 { ids.len() - 1 } else { 0 };
        self.offset += u64::try_from(passed).unwrap_or(0);
        self.last_id = known.last().copied().unwrap_or(0).max(above);
        Ok(IdPage::Above(above))
    }
}
