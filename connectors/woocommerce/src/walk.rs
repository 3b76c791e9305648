//! A walk by time of change, as pure steps: what to ask next, what of an answer is new, and how
//! far it is read afterwards. No network here.
//!
//! It is a keyset: always the first page behind a second, oldest change first, so that nothing
//! shifts when the store changes meanwhile. The reasons are in FACTS (WooCommerce §1, §3, §12):
//!
//! - Bounds are exclusive and whole seconds, and old versions do not break ties, so the last second
//!   of a full page is asked for again, and what was seen of it is skipped.
//! - A full page of one second, or one that is not in order (old storage sorts by local time, which
//!   runs twice through an hour in autumn), is read by id instead, within those bounds.
//! - What changed only seconds ago may be half written and waits.
//! - A change can be committed later than its stamp says, so the last minutes are asked for again in
//!   the next run, as far as what was seen of them fits one page. Thus a run with nothing new is one
//!   request.

use std::time::Duration;

use jiff::Timestamp;
use kit::{Failure, Fingerprint};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::id_walk::{IdPage, IdWalk};

/// How late a change may become visible after its stamp.
const OVERLAP: Duration = Duration::from_secs(600);
/// How much of a fingerprint is kept to know a change again.
const SEEN_DIGITS: usize = 12;

/// How far a list has been read; part of cursors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Walk {
    /// Everything up to this second has been read, but for what `seen` leaves open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<Timestamp>,
    /// Later than this, all that was read is in `seen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<Timestamp>,
    /// The store's offset from UTC at the last change read, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<i64>,
    /// What was read later than `after`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seen: Vec<Seen>,
    /// A stretch that is read by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stretch: Option<Stretch>,
}

/// Id (0 for none), second since 1970 and the fingerprint's beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen(u64, i64, String);

/// The changes later than the walk's `after` up to a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stretch {
    /// The last second of it.
    pub(crate) until: Timestamp,
    /// How far it is read.
    pub(crate) walk: IdWalk,
}

/// One entity of a page.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) id: Option<u64>,
    /// Its stamp; `None` where it has no readable one.
    pub(crate) stamp: Option<Timestamp>,
    /// The store's offset from UTC at its stamp, in seconds.
    pub(crate) zone: Option<i64>,
    pub(crate) fingerprint: Fingerprint,
    /// Whether it counts for nobody, such as an unfinished basket.
    pub(crate) dropped: bool,
    pub(crate) body: Box<RawValue>,
}

/// What the walk must know about an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// The store's clock when it was asked.
    pub(crate) asked_at: Timestamp,
    /// Our clock then.
    pub(crate) sent_at: Timestamp,
    pub(crate) settle: Duration,
    pub(crate) page_size: u32,
}

/// What came of a step.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// Which heads are new, by their place, in order.
    pub(crate) new: Vec<usize>,
    /// Whether there is more to read now.
    pub(crate) more: bool,
}

impl Walk {
    /// A walk that begins with the changes of `start`.
    pub(crate) fn from(start: Option<Timestamp>) -> Self {
        let before = start.map(second_before);
        Self {
            after: before,
            floor: before,
            ..Self::default()
        }
    }

    /// Takes in the answer to what this walk asks for.
    pub(crate) fn step(&mut self, heads: &[Head], look: &Look) -> Result<Step, Failure> {
        let stamps = self.stamps(heads)?;
        if let Some(stretch) = self.stretch.clone() {
            return self.step_by_id(stretch, heads, &stamps, look);
        }
        let horizon = earlier(look.asked_at, look.settle);
        let full = heads.len() >= usize::try_from(look.page_size).unwrap_or(usize::MAX);
        let newest = stamps.iter().copied().max();
        let zones_agree = heads
            .iter()
            .filter_map(|head| head.zone)
            .chain(self.zone)
            .is_sorted_by(|left, right| left == right);
        let in_order = stamps.is_sorted() && zones_agree;
        let settled = newest.is_none_or(|newest| newest <= horizon);

        if full && !in_order {
            let until = newest.map_or(horizon, |newest| newest.min(horizon));
            if self.after.is_none_or(|after| after < until) {
                self.zone = None;
                self.read_by_id(until);
                return Ok(Step::more());
            }
        }
        if full && in_order && settled {
            let last = newest.unwrap_or(horizon);
            if stamps.first() == Some(&last) {
                self.read_by_id(last);
                return Ok(Step::more());
            }
            let new = self.take(heads, &stamps, horizon);
            self.after = Some(second_before(last));
            self.forget(look.overlap().min(second_before(last)));
            self.forget_most(look.page_size, second_before(last));
            self.zone = heads.iter().rev().find_map(|head| head.zone);
            return Ok(Step { new, more: true });
        }
        let new = self.take(heads, &stamps, horizon);
        let read = stamps.iter().filter(|stamp| **stamp <= horizon).max();
        if read.is_some() {
            self.zone = heads.iter().rev().find_map(|head| head.zone);
        }
        self.rest(read.copied(), look);
        Ok(Step { new, more: false })
    }

    fn step_by_id(
        &mut self,
        mut stretch: Stretch,
        heads: &[Head],
        stamps: &[Timestamp],
        look: &Look,
    ) -> Result<Step, Failure> {
        let ids: Vec<Option<u64>> = heads.iter().map(|head| head.id).collect();
        let asked = stretch_page_size(look.page_size);
        let page = stretch.walk.step(&ids, asked)?;
        let IdPage::Above(above) = page else {
            self.stretch = Some(stretch);
            return Ok(Step::more());
        };
        let new = (0..heads.len())
            .filter(|place| {
                let (Some(head), Some(stamp)) = (heads.get(*place), stamps.get(*place)) else {
                    return false;
                };
                head.id.is_none_or(|id| id > above)
                    && *stamp <= stretch.until
                    && !head.dropped
                    && !self.has_seen(head, *stamp)
            })
            .collect();
        if heads.len() < usize::try_from(asked).unwrap_or(usize::MAX) {
            // what was read by id is not in `seen`, so the next run may not go back behind it
            self.after = Some(stretch.until);
            self.floor = self.floor.max(Some(stretch.until));
            self.forget(stretch.until);
            self.stretch = None;
        } else {
            self.stretch = Some(stretch);
        }
        Ok(Step { new, more: true })
    }

    /// The heads' stamps; one without takes its neighbour's, so that it has a place.
    fn stamps(&self, heads: &[Head]) -> Result<Vec<Timestamp>, Failure> {
        let mut last = self.after.map_or(Timestamp::UNIX_EPOCH, |after| {
            later(after, Duration::from_secs(1))
        });
        let mut stamps = Vec::with_capacity(heads.len());
        for head in heads {
            let stamp = head.stamp.unwrap_or(last);
            if let Some(after) = self.after.filter(|after| stamp <= *after) {
                return Err(Failure::stop(
                    "store_filter_ignored",
                    format!("the store was asked for changes after {after} and sent older ones"),
                    "update WooCommerce to 9.0 or newer, and exempt /wp-json/ from caches and from \
                     plugins that change the REST API",
                ));
            }
            last = stamp;
            stamps.push(stamp);
        }
        Ok(stamps)
    }

    fn read_by_id(&mut self, until: Timestamp) {
        self.stretch = Some(Stretch {
            until,
            walk: IdWalk::default(),
        });
    }

    /// The settled heads that were not seen before, which are seen from now on.
    fn take(&mut self, heads: &[Head], stamps: &[Timestamp], horizon: Timestamp) -> Vec<usize> {
        let mut new = Vec::new();
        for (place, (head, stamp)) in heads.iter().zip(stamps).enumerate() {
            if *stamp > horizon || self.has_seen(head, *stamp) {
                continue;
            }
            self.seen.push(Seen::of(head, *stamp));
            if !head.dropped {
                new.push(place);
            }
        }
        new
    }

    fn has_seen(&self, head: &Head, stamp: Timestamp) -> bool {
        let id = head.id.unwrap_or(0);
        let second = stamp.as_second();
        self.seen.iter().any(|seen| {
            seen.0 == id && seen.1 == second && head.fingerprint.as_str().starts_with(&seen.2)
        })
    }

    /// Ends a run: the next one begins where the overlap does.
    fn rest(&mut self, read: Option<Timestamp>, look: &Look) {
        let newest = self.after.max(read);
        let after = newest
            .map(|newest| newest.min(look.overlap()))
            .max(self.floor);
        if let Some(after) = after {
            self.forget(after);
        }
        self.forget_most(look.page_size, Timestamp::MAX);
        self.after = after.max(self.floor);
    }

    /// Forgets the oldest of what was seen, up to `limit`, until the rest leaves room in a page.
    fn forget_most(&mut self, page_size: u32, limit: Timestamp) {
        let room = usize::try_from(page_size).unwrap_or(1).saturating_sub(1);
        self.seen.sort_unstable_by_key(|seen| seen.1);
        while self.seen.len() > room {
            // whole seconds, so that what is left is all there is later than the bound
            match self.seen.first().and_then(Seen::second) {
                Some(oldest) if oldest <= limit => self.forget(oldest),
                Some(_) | None => break,
            }
        }
    }

    /// Forgets what was seen up to `second`.
    fn forget(&mut self, second: Timestamp) {
        let (gone, kept): (Vec<Seen>, Vec<Seen>) = std::mem::take(&mut self.seen)
            .into_iter()
            .partition(|seen| seen.1 <= second.as_second());
        self.seen = kept;
        let newest = gone.iter().filter_map(Seen::second).max();
        self.floor = self.floor.max(newest);
    }
}

impl Look {
    /// From when on changes are asked for again. By the earlier of the two clocks: should the
    /// store's `Date` be ahead of its stamps, a half written order was perhaps taken for a settled
    /// one, and its completion must not be missed.
    fn overlap(&self) -> Timestamp {
        earlier(self.asked_at.min(self.sent_at), OVERLAP)
    }
}

impl Seen {
    fn of(head: &Head, stamp: Timestamp) -> Self {
        let digits = head.fingerprint.as_str().get(..SEEN_DIGITS);
        Self(
            head.id.unwrap_or(0),
            stamp.as_second(),
            digits.unwrap_or_default().to_owned(),
        )
    }

    fn second(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.1).ok()
    }
}

impl Step {
    fn more() -> Self {
        Self {
            new: Vec::new(),
            more: true,
        }
    }
}

/// The page size of a stretch: its pages overlap by one, so one alone would not get on.
pub(crate) fn stretch_page_size(page_size: u32) -> u32 {
    page_size.max(2)
}

fn earlier(moment: Timestamp, by: Duration) -> Timestamp {
    moment.saturating_sub(by).unwrap_or(moment)
}

pub(crate) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(moment)
}

pub(crate) fn second_before(moment: Timestamp) -> Timestamp {
    earlier(moment, Duration::from_secs(1))
}
