//! Time as an argument: production reads the system's clock, simulations run a faster one.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// Where the program's time comes from. Nothing else asks the system for it.
pub trait Clock: Send + Sync + 'static {
    /// The present moment in UTC.
    fn now(&self) -> Timestamp;
    /// Completes once `wait` has passed on this clock.
    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()>;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock that starts at a chosen moment and runs `speed` times as fast as the system's, so that
/// minutes of rate limits and back-off pass in a second of a simulation.
#[derive(Clone, Copy, Debug)]
pub struct ScaledClock {
    epoch: Timestamp,
    started: Timestamp,
    speed: u32,
}

impl ScaledClock {
    /// A clock that shows `epoch` now and then runs `speed` times (at least once) as fast.
    pub fn new(epoch: Timestamp, speed: u32) -> Self {
        Self {
            epoch,
            started: SystemClock.now(),
            speed: speed.max(1),
        }
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Timestamp {
        let real = self.started.duration_until(SystemClock.now());
        self.epoch
            .saturating_add(real.saturating_mul(saturating_i32(self.speed)))
            .unwrap_or(self.epoch)
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(wait / self.speed)
    }
}

fn saturating_i32(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
