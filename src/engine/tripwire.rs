//! Chosen points at which a simulation ends a run as `kill -9` would: nothing after the point is
//! written. In production there is no wire.

use std::sync::atomic::{AtomicU64, Ordering};

/// Where a run can be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// A page was read from the source, nothing is written yet.
    PageRead,
    /// Its postings are in the journal.
    Journaled,
    /// A call is in the journal, nothing is sent yet.
    Begun,
    /// The target answered, the outcome is not written yet.
    Answered,
    /// The outcome is written.
    Finished,
    /// The checkpoint is written.
    Checkpointed,
}

impl Point {
    /// All points, in the order in which a page passes them.
    pub const ALL: [Self; 6] = [
        Self::PageRead,
        Self::Journaled,
        Self::Begun,
        Self::Answered,
        Self::Finished,
        Self::Checkpointed,
    ];
}

/// The run was ended by its tripwire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ended by the simulation at {0:?}")]
pub struct Crashed(pub Point);

/// Ends a run at the n-th passing of a point, or never.
#[derive(Debug, Default)]
pub struct Tripwire {
    armed: Option<(Point, AtomicU64)>,
}

impl Tripwire {
    /// The wire of production: never trips.
    pub fn none() -> Self {
        Self::default()
    }

    /// Trips when `point` is passed for the `nth` time, from 1, and at every later point: what is dead
    /// does nothing more.
    pub fn at_passing(point: Point, nth: u64) -> Self {
        Self {
            armed: Some((point, AtomicU64::new(nth))),
        }
    }

    /// Fails if the run ends here.
    pub fn at(&self, point: Point) -> Result<(), Crashed> {
        let Some((armed, left)) = &self.armed else {
            return Ok(());
        };
        let remaining = left.load(Ordering::SeqCst);
        if remaining == 0 {
            return Err(Crashed(point));
        }
        if point == *armed && left.fetch_sub(1, Ordering::SeqCst) == 1 {
            return Err(Crashed(point));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tripped_wire_stays_tripped() {
        let wire = Tripwire::at_passing(Point::Begun, 2);
        assert!(wire.at(Point::Begun).is_ok());
        assert!(wire.at(Point::Journaled).is_ok());
        assert!(wire.at(Point::Begun).is_err());
        assert!(wire.at(Point::Journaled).is_err());
    }
}
