//! The time both simulated systems live by. A simulation hands in its own
//! clock; `daybook demo` uses the machine's. Nothing else in this crate asks
//! what time it is.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// Tells the simulated systems what time it is; clones tell the same time.
#[derive(Clone)]
pub struct SandboxClock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl SandboxClock {
    /// The machine's own clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is where the machine's time comes in"
        )]
        Self::new(Timestamp::now)
    }

    /// A clock that asks `now` each time; a simulation moves it as it likes.
    #[must_use]
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present moment by this clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for SandboxClock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("SandboxClock")
            .field(&self.now())
            .finish()
    }
}
