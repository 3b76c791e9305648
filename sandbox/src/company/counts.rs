//! What was asked of the company: counts by class and peaks per window.

use jiff::Timestamp;

use super::limits::Window;

/// Counts since the start or the last reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Every HTTP request that arrived, token requests included.
    pub total: u64,
    /// Creates, updates, deletes and voids in calls of their own.
    pub writes: u64,
    /// Batch calls.
    pub batch_calls: u64,
    /// Items in batch calls.
    pub batch_items: u64,
    /// Reads that cost money: reads by id, queries (also inside batch calls),
    /// change data capture, company info, preferences, exchange rates.
    pub metered_reads: u64,
    /// Calls refused with 429.
    pub throttled: u64,
    /// Uses of the token endpoint with a refresh token, successful or not.
    pub token_refreshes: u64,
    /// Documents and list objects written, batch items included.
    pub objects_written: u64,
    /// Writes answered from the memory of request ids.
    pub replayed: u64,
    /// Most calls to the company in any 60 seconds of its clock, refused ones included.
    pub peak_per_minute: u32,
    /// Most calls to the company in any second of its clock, refused ones included.
    pub peak_per_second: u32,
    /// Most batch calls in any 60 seconds of its clock, refused ones included.
    pub peak_batch_calls_per_minute: u32,
    /// Most calls in progress at the same time.
    pub peak_concurrency: u32,
}

/// Keeps the counts.
#[derive(Debug)]
pub(super) struct Counters {
    counts: RequestCounts,
    minute: Window,
    second: Window,
    batches: Window,
    in_progress: u32,
}

impl Counters {
    pub(super) fn new() -> Self {
        Self {
            counts: RequestCounts::default(),
            minute: Window::seconds(60),
            second: Window::seconds(1),
            batches: Window::seconds(60),
            in_progress: 0,
        }
    }

    pub(super) fn snapshot(&self) -> RequestCounts {
        RequestCounts {
            peak_per_minute: self.minute.peak(),
            peak_per_second: self.second.peak(),
            peak_batch_calls_per_minute: self.batches.peak(),
            ..self.counts
        }
    }

    /// Back to zero; calls in progress stay known.
    pub(super) fn reset(&mut self) {
        *self = Self {
            in_progress: self.in_progress,
            ..Self::new()
        };
    }

    pub(super) fn tally(&mut self, change: impl FnOnce(&mut RequestCounts)) {
        change(&mut self.counts);
    }

    /// An API call arrives.
    pub(super) fn arrive(&mut self, now: Timestamp, batch: bool) {
        self.minute.add(now, 1);
        self.second.add(now, 1);
        self.batches.add(now, u32::from(batch));
        self.in_progress += 1;
        self.counts.peak_concurrency = self.counts.peak_concurrency.max(self.in_progress);
    }

    /// An API call is over.
    pub(super) fn leave(&mut self) {
        self.in_progress = self.in_progress.saturating_sub(1);
    }

    pub(super) fn in_progress(&self) -> u32 {
        self.in_progress
    }
}
