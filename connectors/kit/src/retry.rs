//! The one place where things are tried again, and the one that uses the `backoff` crate (which is
//! unmaintained: see `deny.toml`). Chance is ours: the crate's own is turned off.

use std::future::Future;
use std::time::Duration;

use backoff::ExponentialBackoffBuilder;
use backoff::backoff::Backoff;

use crate::{Chance, Clock, Failure, Kind};

/// How often and how long to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first wait.
    pub first: Duration,
    /// The longest wait, also where a server asks for more.
    pub cap: Duration,
    /// How many tries in all, at least one.
    pub attempts: u32,
}

impl RetryPolicy {
    /// The growing waits of this policy, each give or take a quarter.
    pub fn delays<'a>(&self, chance: &'a Chance) -> Delays<'a> {
        let growing = ExponentialBackoffBuilder::new()
            .with_initial_interval(self.first)
            .with_max_interval(self.cap)
            .with_multiplier(2.0)
            .with_randomization_factor(0.0)
            .with_max_elapsed_time(None)
            .build();
        Delays {
            growing,
            cap: self.cap,
            chance,
        }
    }

    /// The wait before try number `attempt` + 1, for tries that are counted in the database.
    pub fn delay(&self, attempt: u32, chance: &Chance) -> Duration {
        let mut delays = self.delays(chance);
        for _ in 1..attempt.min(32) {
            delays.advance();
        }
        delays.advance()
    }
}

/// Waits that double up to a cap.
#[derive(Debug)]
pub struct Delays<'a> {
    growing: backoff::ExponentialBackoff,
    cap: Duration,
    chance: &'a Chance,
}

impl Delays<'_> {
    /// The next wait.
    pub fn advance(&mut self) -> Duration {
        self.chance
            .jitter(self.growing.next_backoff().unwrap_or(self.cap))
            .min(self.cap)
    }
}

/// Calls until it succeeds, fails for good, or `policy.attempts` are used up; then the last failure.
/// The server's hint how long to wait goes before our own waits.
///
/// For reads and other calls that may be repeated. A write whose outcome is unknown is returned at
/// once: it is resolved, not repeated.
pub async fn retry<T, F, Fut>(
    policy: &RetryPolicy,
    clock: &dyn Clock,
    chance: &Chance,
    mut call: F,
) -> Result<T, Failure>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, Failure>>,
{
    let mut delays = policy.delays(chance);
    let mut attempt = 1;
    loop {
        let failure = match call().await {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        match failure.kind() {
            Kind::Retry { after } if attempt < policy.attempts && !failure.outcome_unknown() => {
                let wait = after.unwrap_or_else(|| delays.advance()).min(policy.cap);
                tracing::debug!(
                    attempt,
                    wait_ms = wait.as_millis(),
                    "{failure}, trying again"
                );
                clock.sleep(wait).await;
                attempt += 1;
            }
            Kind::Retry { .. } | Kind::Reject | Kind::Stop => return Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use proptest::prelude::*;

    use super::*;
    use crate::ScaledClock;

    const POLICY: RetryPolicy = RetryPolicy {
        first: Duration::from_secs(1),
        cap: Duration::from_secs(60),
        attempts: 4,
    };

    proptest! {
        #[test]
        fn waits_stay_between_three_quarters_of_the_first_and_the_cap(attempt in 1_u32..100, seed: u64) {
            let delay = POLICY.delay(attempt, &Chance::seeded(seed));
            prop_assert!(delay >= POLICY.first * 3 / 4 && delay <= POLICY.cap);
        }
    }

    #[tokio::test]
    async fn passing_trouble_is_tried_again_and_a_refusal_is_not() {
        let clock = ScaledClock::new(jiff::Timestamp::UNIX_EPOCH, 100_000);
        let chance = Chance::seeded(1);
        let calls = AtomicU32::new(0);
        let result = retry(&POLICY, &clock, &chance, || async {
            match calls.fetch_add(1, Ordering::SeqCst) {
                0 | 1 => Err(Failure::retry("busy", "the server is busy")),
                _ => Err(Failure::reject("bad", "bad data", "mend it")),
            }
        })
        .await;
        let failure: Result<(), Failure> = result;
        assert_eq!(
            failure.map_err(|failure| failure.code().to_owned()),
            Err("bad".to_owned())
        );
        assert_eq!(calls.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_write_with_unknown_outcome_is_never_repeated_here() {
        let clock = ScaledClock::new(jiff::Timestamp::UNIX_EPOCH, 100_000);
        let chance = Chance::seeded(1);
        let calls = AtomicU32::new(0);
        let result: Result<(), Failure> = retry(&POLICY, &clock, &chance, || async {
            calls.fetch_add(1, Ordering::SeqCst);
            Err(Failure::retry("cut", "the line was cut").with_unknown_outcome())
        })
        .await;
        assert!(result.is_err());
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}
