//! Chance as an argument: production seeds it from the system, tests from a number.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::{StdRng, SysError, SysRng};
use rand::{Rng, SeedableRng};

/// A source of random numbers that can be shared between tasks and, given a seed, repeats itself.
#[derive(Debug)]
pub struct Chance {
    generator: Mutex<StdRng>,
}

impl Chance {
    /// The same sequence for the same seed: for tests and simulations.
    pub fn seeded(seed: u64) -> Self {
        Self {
            generator: Mutex::new(StdRng::seed_from_u64(seed)),
        }
    }

    /// Seeded by the operating system: for production.
    pub fn from_system() -> Result<Self, SysError> {
        Ok(Self {
            generator: Mutex::new(StdRng::try_from_rng(&mut SysRng)?),
        })
    }

    /// Fills `bytes` with random bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.generator
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }

    /// A number below `bound`; 0 where `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes).checked_rem(bound).unwrap_or(0)
    }

    /// `wait` give or take a quarter, so that many waiting parties do not return at once.
    pub fn jitter(&self, wait: Duration) -> Duration {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let quarter = millis / 4;
        Duration::from_millis(millis - quarter + self.below(quarter * 2 + 1))
    }

    /// A new id, 32 hexadecimal digits, that sorts by the time it was made (UUID version 7).
    pub fn id(&self, now: Timestamp) -> String {
        let mut random = [0; 10];
        self.fill(&mut random);
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random)
            .into_uuid()
            .simple()
            .to_string()
    }
}
