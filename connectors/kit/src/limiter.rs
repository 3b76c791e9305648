//! The quotas of one realm, shared by everything that talks to it.
//!
//! Two lanes, batch calls and single calls, each paced by its own quota so that neither starves the
//! other; together they stay inside the requests a minute. Pacing is even (no bursts), so the limits
//! hold in every window, however the server counts. A call is written to disk between its admission and
//! its departure; should the disk stall, the calls it held up leave one after the other
//! ([`Permit::departure`]), not all in one second. On top: a pause after a refusal, a factor that finds
//! the rate that holds when refusals come although the known limits are kept, and a number of calls in
//! flight that shrinks when answers are lost.

use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::Clock;

/// How long everything pauses after a refusal that does not say (FACTS: QuickBooks §2).
const PAUSE: Duration = Duration::from_secs(60);
/// The longest pause, whatever a server (or a proxy before it) asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// After this long without a refusal a lowered rate is raised again.
const RAISE_AFTER: Duration = Duration::from_secs(600);
/// Even pacing leaves this much room for calls that bunch up on their way, in permille.
const MARGIN_PERMILLE: u32 = 4;

/// The limits of one realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Requests a minute, batch calls included.
    pub requests_per_minute: u32,
    /// Requests a second.
    pub requests_per_second: u32,
    /// Batch calls a minute; 0 where batch calls are off.
    pub batch_calls_per_minute: u32,
    /// Calls in flight.
    pub concurrency: u32,
}

/// Which quota a call counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// A call with one posting, or a read.
    Single,
    /// A batch call.
    Batch,
}

/// What a limiter has learned about a realm; worth remembering between starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learned {
    /// The share of the configured rates that holds, in permille.
    pub rate_permille: u32,
}

impl Default for Learned {
    fn default() -> Self {
        Self {
            rate_permille: 1000,
        }
    }
}

/// What was used of the quotas, for the status page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls in flight now.
    pub in_flight: u32,
    /// Calls allowed in flight now.
    pub allowed: u32,
    /// Requests in the last minute.
    pub requests_last_minute: u32,
    /// Batch calls in the last minute.
    pub batch_calls_last_minute: u32,
    /// Refusals (429) since the start.
    pub refused: u64,
    /// The share of the configured rates in use, in permille.
    pub rate_permille: u32,
    /// Until when everything pauses, where it does.
    pub paused_until: Option<Timestamp>,
}

/// Our clock in the terms of the rate limiting library.
#[derive(Clone)]
struct Pace {
    clock: Arc<dyn Clock>,
    epoch: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(Nanos);

impl Add<Nanos> for Moment {
    type Output = Self;

    fn add(self, wait: Nanos) -> Self {
        Self(self.0 + wait)
    }
}

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0)
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration))
    }
}

impl GovernorClock for Pace {
    type Instant = Moment;

    fn now(&self) -> Moment {
        let elapsed = Duration::try_from(self.epoch.duration_until(self.clock.now()));
        Moment(elapsed.unwrap_or_default().into())
    }
}

type Paced = RateLimiter<NotKeyed, InMemoryState, Pace, NoOpMiddleware<Moment>>;

struct State {
    single: Paced,
    batch: Option<Paced>,
    /// Whatever the lane.
    departures: Paced,
    in_flight: u32,
    allowed: u32,
    successes: u32,
    rate_permille: u32,
    refused: u64,
    /// Reads that nobody has written down yet.
    reads: u64,
    /// The last refusal.
    refused_at: Option<Timestamp>,
    /// The last refusal or raise, or the start.
    raised_at: Timestamp,
    paused_until: Option<Timestamp>,
    recent: std::collections::VecDeque<(Timestamp, Lane)>,
}

/// The limiter of one realm.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    quotas: Quotas,
    pace: Pace,
    state: Mutex<State>,
    freed: Notify,
}

/// The right to one call in flight; given back when dropped.
#[must_use = "the call is in flight as long as its permit lives"]
pub struct Permit<'a> {
    limiter: &'a Limiter,
}

impl Permit<'_> {
    /// Waits until the call may leave; to be awaited right before it is sent.
    pub async fn departure(&self) {
        while let Some(wait) = self.limiter.try_departure() {
            self.limiter.clock.sleep(wait).await;
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limiter.state().in_flight -= 1;
        self.limiter.freed.notify_one();
    }
}

impl Limiter {
    /// A limiter for `quotas` that starts with what was learned before.
    pub fn new(quotas: Quotas, learned: Learned, clock: Arc<dyn Clock>) -> Self {
        let now = clock.now();
        let pace = Pace {
            clock: clock.clone(),
            epoch: now,
        };
        let rate_permille = learned.rate_permille.clamp(50, 1000);
        let (single, batch) = lanes(quotas, rate_permille, &pace);
        let state = State {
            single,
            batch,
            departures: departures(quotas, &pace),
            in_flight: 0,
            allowed: quotas.concurrency.max(1),
            successes: 0,
            rate_permille,
            refused: 0,
            reads: 0,
            refused_at: None,
            raised_at: now,
            paused_until: None,
            recent: std::collections::VecDeque::new(),
        };
        Self {
            clock,
            quotas,
            pace,
            state: Mutex::new(state),
            freed: Notify::new(),
        }
    }

    /// Waits until a call may be made in `lane`; [`Permit::departure`] comes before it is sent. Cancel-safe: dropping the wait loses at most one
    /// place in the pace.
    pub async fn admit(&self, lane: Lane) -> Permit<'_> {
        let permit = self.slot().await;
        loop {
            let wait = self.try_pace(lane);
            match wait {
                None => return permit,
                Some(wait) => self.clock.sleep(wait).await,
            }
        }
    }

    /// Waits until a call may be made in either lane, batch preferred, and says which;
    /// [`Permit::departure`] comes before it is sent. `batch_ready` tells whether there is enough work for a batch call to be worth it.
    pub async fn admit_any(&self, batch_ready: bool) -> (Lane, Permit<'_>) {
        let permit = self.slot().await;
        loop {
            let batch_wait = if batch_ready {
                self.try_pace(Lane::Batch)
            } else {
                None
            };
            let batch_possible = batch_ready && self.quotas.batch_calls_per_minute > 0;
            if batch_possible && batch_wait.is_none() {
                return (Lane::Batch, permit);
            }
            let Some(single_wait) = self.try_pace(Lane::Single) else {
                return (Lane::Single, permit);
            };
            let wait = batch_wait
                .filter(|_| batch_possible)
                .map_or(single_wait, |wait| wait.min(single_wait));
            self.clock.sleep(wait).await;
        }
    }

    /// A call was answered well.
    pub fn succeeded(&self) {
        let mut state = self.state();
        state.successes += 1;
        // slow recovery: one more call in flight after as many good answers as would fill it ten times
        if state.allowed < self.quotas.concurrency && state.successes >= state.allowed * 10 {
            state.allowed += 1;
            state.successes = 0;
            self.freed.notify_one();
        }
        let now = self.clock.now();
        let calm = Duration::try_from(state.raised_at.duration_until(now)).unwrap_or_default();
        if state.rate_permille < 1000 && calm >= RAISE_AFTER {
            state.rate_permille = (state.rate_permille * 11 / 10).min(1000);
            state.raised_at = now;
            (state.single, state.batch) = lanes(self.quotas, state.rate_permille, &self.pace);
        }
    }

    /// A call was refused for its rate (429): everything pauses. Once can be chance, such as calls that
    /// bunched up on their way; where it happens again soon although the known limits are kept, the
    /// realm's true ones must be lower, and the rate falls by a third.
    pub fn refused(&self, retry_after: Option<Duration>) {
        let now = self.clock.now();
        let mut state = self.state();
        let already_paused = state.paused_until.is_some_and(|until| until > now);
        let until = now
            .saturating_add(retry_after.unwrap_or(PAUSE).min(LONGEST_PAUSE))
            .unwrap_or(now);
        state.refused += 1;
        state.paused_until = state.paused_until.max(Some(until));
        // calls in flight together are refused together: that is one refusal
        if already_paused {
            return;
        }
        state.raised_at = now;
        let before = state.refused_at.replace(now);
        let again = before.is_some_and(|before| {
            Duration::try_from(before.duration_until(now)).unwrap_or_default() < RAISE_AFTER
        });
        if again {
            state.rate_permille = (state.rate_permille * 2 / 3).max(50);
            (state.single, state.batch) = lanes(self.quotas, state.rate_permille, &self.pace);
        }
    }

    /// An answer was lost or very slow: fewer calls in flight.
    pub fn struggled(&self) {
        let mut state = self.state();
        state.allowed = (state.allowed / 2).max(1);
        state.successes = 0;
    }

    /// So many reads were made: what a company's owner may have to pay for.
    pub fn count_reads(&self, count: u64) {
        self.state().reads += count;
    }

    /// The reads since [`Limiter::take_reads`] was last called.
    pub fn reads(&self) -> u64 {
        self.state().reads
    }

    /// The same, to be written down: they are counted from zero again.
    pub fn take_reads(&self) -> u64 {
        std::mem::take(&mut self.state().reads)
    }

    /// What was learned about the realm.
    pub fn learned(&self) -> Learned {
        Learned {
            rate_permille: self.state().rate_permille,
        }
    }

    /// What is used of the quotas now.
    pub fn usage(&self) -> Usage {
        let now = self.clock.now();
        let mut state = self.state();
        forget_old(&mut state, now);
        let count = |lane: Option<Lane>| {
            state
                .recent
                .iter()
                .filter(|(_, used)| lane == Some(*used) || lane.is_none())
                .count()
        };
        Usage {
            in_flight: state.in_flight,
            allowed: state.allowed,
            requests_last_minute: u32::try_from(count(None)).unwrap_or(u32::MAX),
            batch_calls_last_minute: u32::try_from(count(Some(Lane::Batch))).unwrap_or(u32::MAX),
            refused: state.refused,
            rate_permille: state.rate_permille,
            paused_until: state.paused_until.filter(|until| *until > now),
        }
    }

    /// Waits for one of the calls in flight to be free.
    async fn slot(&self) -> Permit<'_> {
        loop {
            let freed = self.freed.notified();
            {
                let mut state = self.state();
                if state.in_flight < state.allowed {
                    state.in_flight += 1;
                    let more = state.in_flight < state.allowed;
                    drop(state);
                    if more {
                        self.freed.notify_one();
                    }
                    return Permit { limiter: self };
                }
            }
            freed.await;
        }
    }

    /// Takes a place in the lane's pace, or says how long to wait for one.
    fn try_pace(&self, lane: Lane) -> Option<Duration> {
        let now = self.clock.now();
        let mut state = self.state();
        if let Some(until) = state.paused_until.filter(|until| *until > now) {
            return Some(Duration::try_from(now.duration_until(until)).unwrap_or_default());
        }
        let paced = match (lane, &state.batch) {
            (Lane::Batch, Some(batch)) => batch,
            (Lane::Batch, None) | (Lane::Single, _) => &state.single,
        };
        let moment = self.pace.now();
        if let Err(refused) = paced.check() {
            return Some(refused.wait_time_from(moment).max(Duration::from_millis(1)));
        }
        forget_old(&mut state, now);
        state.recent.push_back((now, lane));
        None
    }

    /// Takes the next moment at which a call may leave, or says how long to wait for it. What was held
    /// up while another call was refused waits for the end of the pause, too.
    fn try_departure(&self) -> Option<Duration> {
        let now = self.clock.now();
        let state = self.state();
        if let Some(until) = state.paused_until.filter(|until| *until > now) {
            return Some(Duration::try_from(now.duration_until(until)).unwrap_or_default());
        }
        let moment = self.pace.now();
        let refused = state.departures.check().err()?;
        Some(refused.wait_time_from(moment).max(Duration::from_millis(1)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_old(state: &mut State, now: Timestamp) {
    let minute_ago = now.saturating_sub(Duration::from_secs(60)).unwrap_or(now);
    while state
        .recent
        .front()
        .is_some_and(|(used_at, _)| *used_at < minute_ago)
    {
        state.recent.pop_front();
    }
}

/// The two lanes at `rate_permille` of the quotas. The single lane gets what the batch lane leaves.
fn lanes(quotas: Quotas, rate_permille: u32, pace: &Pace) -> (Paced, Option<Paced>) {
    let singles = quotas
        .requests_per_minute
        .saturating_sub(quotas.batch_calls_per_minute)
        .max(1);
    let batch = (quotas.batch_calls_per_minute > 0)
        .then(|| evenly(quotas.batch_calls_per_minute, rate_permille, pace));
    (evenly(singles, rate_permille, pace), batch)
}

/// `per_minute` calls a minute at `rate_permille`, evenly spaced, a little wider than exact.
fn evenly(per_minute: u32, rate_permille: u32, pace: &Pace) -> Paced {
    let minute = Duration::from_secs(60) * (1000 + MARGIN_PERMILLE) / 1000;
    let paced = every(
        minute * 1000 / rate_permille.max(1) / per_minute.max(1),
        pace,
    );
    // the first one waits for its place, too: what an earlier process sent just now counts as well
    let _ = paced.check();
    paced
}

/// Calls leave at least a tenth of a second apart where ten are allowed a second: so no second sees more.
fn departures(quotas: Quotas, pace: &Pace) -> Paced {
    let second = Duration::from_secs(1) * (1000 + MARGIN_PERMILLE) / 1000;
    every(second / quotas.requests_per_second.max(1), pace)
}

/// One each `period`, none saved up.
fn every(period: Duration, pace: &Pace) -> Paced {
    let quota = Quota::with_period(period.max(Duration::from_nanos(1)))
        .unwrap_or_else(|| Quota::per_minute(NonZeroU32::MIN));
    RateLimiter::direct_with_clock(quota, pace.clone())
}

#[cfg(test)]
#[path = "limiter_tests.rs"]
mod tests;
