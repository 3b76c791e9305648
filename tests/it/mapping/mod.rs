//! Mapped documents in simulated books: what the mapping predicts is what the company computes. The rules
//! one by one are in `tests/it/accounting`.

pub(crate) mod books;
mod edges;
mod fees;
mod findings;
pub(crate) mod lists;
pub(crate) mod orders;
mod properties;
pub(crate) mod recorded;
