//! `/api`: JSON in, JSON out.

pub(super) mod runs;
pub(super) mod sync;
