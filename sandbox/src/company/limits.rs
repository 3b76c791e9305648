//! The quotas of one realm on the company's clock. FACTS: QuickBooks §2.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// What one app may ask of one realm; `None` is no limit.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests in any 60 seconds.
    pub requests_per_minute: Option<u32>,
    /// Requests in any second.
    pub requests_per_second: Option<u32>,
    /// Batch calls in any 60 seconds.
    pub batch_calls_per_minute: Option<u32>,
    /// Calls in progress at the same time.
    pub concurrency: Option<u32>,
    /// Items in one batch call.
    pub batch_items: usize,
}

impl Limits {
    /// Intuit's: 500 a minute, 10 a second, 40 batch calls a minute of 30 items.
    pub fn real() -> Self {
        Self {
            requests_per_minute: Some(500),
            requests_per_second: Some(10),
            batch_calls_per_minute: Some(40),
            concurrency: None,
            batch_items: 30,
        }
    }

    /// No quotas; a batch call still holds at most 30 items.
    pub fn off() -> Self {
        Self {
            requests_per_minute: None,
            requests_per_second: None,
            batch_calls_per_minute: None,
            concurrency: None,
            batch_items: 30,
        }
    }

    /// The same shape, `factor` times as many calls: a day's work in minutes.
    #[must_use]
    pub fn scaled(self, factor: u32) -> Self {
        let times = |limit: Option<u32>| limit.map(|limit| limit.saturating_mul(factor));
        Self {
            requests_per_minute: times(self.requests_per_minute),
            requests_per_second: times(self.requests_per_second),
            batch_calls_per_minute: times(self.batch_calls_per_minute),
            ..self
        }
    }

    /// With a limit of calls in progress at the same time (the rule of 2016).
    #[must_use]
    pub fn with_concurrency(self, calls: u32) -> Self {
        Self {
            concurrency: Some(calls),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::real()
    }
}

/// Counts what happened in the last stretch of time.
#[derive(Debug)]
pub(super) struct Window {
    length: SignedDuration,
    events: VecDeque<(Timestamp, u32)>,
    sum: u32,
    peak: u32,
}

impl Window {
    pub(super) fn seconds(seconds: i64) -> Self {
        Self {
            length: SignedDuration::from_secs(seconds),
            events: VecDeque::new(),
            sum: 0,
            peak: 0,
        }
    }

    /// How much weight lies within the window that ends now.
    pub(super) fn sum(&mut self, now: Timestamp) -> u32 {
        while let Some((at, weight)) = self.events.front().copied() {
            if now.duration_since(at) < self.length {
                break;
            }
            self.events.pop_front();
            self.sum -= weight;
        }
        self.sum
    }

    /// Adds an event of some weight.
    pub(super) fn add(&mut self, now: Timestamp, weight: u32) {
        self.sum(now);
        if weight > 0 {
            self.events.push_back((now, weight));
            self.sum += weight;
            self.peak = self.peak.max(self.sum);
        }
    }

    /// The most that ever lay within one window.
    pub(super) fn peak(&self) -> u32 {
        self.peak
    }
}

/// Admits or refuses calls.
#[derive(Debug)]
pub(super) struct Meter {
    minute: Window,
    second: Window,
    batches: Window,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self {
            minute: Window::seconds(60),
            second: Window::seconds(1),
            batches: Window::seconds(60),
        }
    }

    /// Counts a call in if the limits allow it. `weight` is what it counts
    /// against the requests a minute.
    pub(super) fn admit(
        &mut self,
        limits: &Limits,
        now: Timestamp,
        weight: u32,
        batch: bool,
    ) -> bool {
        let fits =
            |limit: Option<u32>, used: u32, more: u32| limit.is_none_or(|l| used + more <= l);
        let allowed = fits(limits.requests_per_minute, self.minute.sum(now), weight)
            && fits(limits.requests_per_second, self.second.sum(now), 1)
            && (!batch || fits(limits.batch_calls_per_minute, self.batches.sum(now), 1));
        if allowed {
            self.minute.add(now, weight);
            self.second.add(now, 1);
            self.batches.add(now, u32::from(batch));
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_with_the_clock() {
        let mut meter = Meter::new();
        let limits = Limits {
            requests_per_second: None,
            ..Limits::real()
        };
        let start = Timestamp::UNIX_EPOCH;
        for _ in 0..500 {
            assert!(meter.admit(&limits, start, 1, false));
        }
        assert!(!meter.admit(&limits, start, 1, false));
        assert!(!meter.admit(&limits, start + SignedDuration::from_secs(59), 1, false));
        assert!(meter.admit(&limits, start + SignedDuration::from_secs(60), 1, false));
    }

    #[test]
    fn batch_calls_have_a_limit_of_their_own() {
        let mut meter = Meter::new();
        let limits = Limits {
            requests_per_second: None,
            ..Limits::real()
        };
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..40 {
            assert!(meter.admit(&limits, now, 1, true));
        }
        assert!(!meter.admit(&limits, now, 1, true));
        assert!(
            meter.admit(&limits, now, 1, false),
            "a single call is still allowed"
        );
    }
}
