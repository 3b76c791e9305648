//! `/api`: JSON in, JSON out.

pub(super) mod control;
pub(super) mod decide;
pub(super) mod journal;
pub(super) mod postings;
pub(super) mod progress;
pub(super) mod retry;
pub(super) mod runs;
pub(super) mod sync;
