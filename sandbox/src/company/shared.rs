//! What all requests and the handle share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

use super::counts::Counters;
use super::limits::{Limits, Meter};
use super::oauth::OAuth;
use super::options::Latency;
use super::plan::{Plans, RequestView};
use super::replay::Replays;
use super::state::Company;
use crate::clock::SandboxClock;

/// The company behind its HTTP server. Locks are held for moments, never
/// across an await, and never two at a time unless `company` is the first.
pub(super) struct Shared {
    pub(super) company: Mutex<Company>,
    pub(super) oauth: Mutex<OAuth>,
    pub(super) replays: Mutex<Replays>,
    pub(super) replay_done: Notify,
    /// Told after every request that was served.
    pub(super) served: Notify,
    pub(super) plans: Mutex<Plans>,
    pub(super) counters: Mutex<Counters>,
    pub(super) meter: Mutex<Meter>,
    pub(super) limits: Mutex<Limits>,
    pub(super) latency: Mutex<Latency>,
    pub(super) kept_requests: Mutex<Option<Vec<RequestView>>>,
    pub(super) denies_consent: AtomicBool,
    pub(super) clock: SandboxClock,
    pub(super) realm_id: String,
    pub(super) base_url: String,
    pub(super) sequence: AtomicU64,
}

impl Shared {
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id for the `intuit_tid` header.
    pub(super) fn transaction_id(&self) -> String {
        let number = self.sequence.fetch_add(1, Ordering::Relaxed);
        format!(
            "1-{:08x}-{number:024x}",
            self.now().as_second() & 0xffff_ffff
        )
    }
}

/// Locks; a panic elsewhere does not make the books unreadable.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
