//! How far a run is, for everybody who watches.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use kit::StreamName;

use super::error::RunError;
use crate::domain::{BatchId, Counts, PipelineName, SyncId, SyncStatus};

/// The rate of a stream is that of its last minute: older pages say little about the next.
const WINDOW: Duration = Duration::from_secs(60);

/// What a stream is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not started yet.
    #[default]
    Waiting,
    /// Clears up what an earlier run left open.
    Resolving,
    /// Reads the lists of the books.
    Lists,
    /// Reads the store and posts.
    Syncing,
    /// Over.
    Done,
}

impl Phase {
    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Resolving => "resolving",
            Self::Lists => "lists",
            Self::Syncing => "syncing",
            Self::Done => "done",
        }
    }
}

/// How fast a stream went lately. Pages end in bursts, so single pages say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// When how many records were done, oldest first.
    seen: VecDeque<(Timestamp, u64)>,
}

impl Pace {
    /// Notes how many records are done by now.
    pub fn note(&mut self, now: Timestamp, processed: u64) {
        self.seen.push_back((now, processed));
        // what is left spans the window, or two pages where those took longer
        while self.seen.len() > 2
            && self
                .seen
                .get(1)
                .is_some_and(|(at, _)| between(*at, now) >= WINDOW)
        {
            self.seen.pop_front();
        }
    }

    /// Records a second in thousandths. It falls while no page ends, so that a stream that hangs does
    /// not look as if it ran.
    pub fn rate_milli(&self, now: Timestamp) -> Option<u64> {
        let (from, before) = self.seen.front()?;
        let (until, done) = self.seen.back()?;
        if from == until {
            return None;
        }
        let millis = u64::try_from(between(*from, now.max(*until)).as_millis()).ok()?;
        (done.saturating_sub(*before) * 1_000_000).checked_div(millis)
    }
}

/// How far one stream is.
#[derive(Clone, Debug)]
pub struct StreamProgress {
    /// The sync.
    pub sync: SyncId,
    /// The stream.
    pub stream: StreamName,
    /// Its status.
    pub status: SyncStatus,
    /// What it is doing.
    pub phase: Phase,
    /// The same in words.
    pub operation: String,
    /// How many records there are, as far as the store said.
    pub total: Option<u64>,
    /// How many records went where, of finished pages.
    pub counts: Counts,
    /// Documents and list objects posted so far, those of unfinished pages included.
    pub posted: u64,
    /// Pages finished.
    pub pages: u64,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub completed_at: Option<Timestamp>,
    /// How fast it goes.
    pub pace: Pace,
}

impl StreamProgress {
    /// A stream that has not started.
    pub fn new(sync: SyncId, stream: StreamName) -> Self {
        Self {
            sync,
            stream,
            status: SyncStatus::Queued,
            phase: Phase::Waiting,
            operation: String::new(),
            total: None,
            counts: Counts::default(),
            posted: 0,
            pages: 0,
            started_at: None,
            completed_at: None,
            pace: Pace::default(),
        }
    }

    /// Share of the records done, 0 to 100, where the total is known. 100 is for what is over.
    pub fn percentage(&self) -> Option<u64> {
        if matches!(self.status, SyncStatus::Completed | SyncStatus::Partial) {
            return Some(100);
        }
        let total = self.total?.max(self.counts.processed);
        let share = (self.counts.processed * 100).checked_div(total);
        share.map(|share| share.min(99))
    }

    /// Records a second, in thousandths: lately while it runs, on the whole once it is over.
    pub fn rate_milli(&self, now: Timestamp) -> Option<u64> {
        if self.status == SyncStatus::Running
            && let Some(rate) = self.pace.rate_milli(now)
        {
            return Some(rate);
        }
        let millis = u64::try_from(self.elapsed(now)?.as_millis()).ok()?.max(1);
        Some(self.counts.processed * 1_000_000 / millis)
    }

    /// About how long it still takes.
    pub fn remaining(&self, now: Timestamp) -> Option<Duration> {
        let left = self.total?.saturating_sub(self.counts.processed);
        let rate = self.rate_milli(now).filter(|rate| *rate > 0)?;
        Some(Duration::from_millis(left * 1_000_000 / rate))
    }

    /// Pages in all, guessed from how many records the pages so far had.
    pub fn pages_in_all(&self) -> Option<u64> {
        if self.status.is_final() {
            return Some(self.pages);
        }
        let a_page = self.counts.processed.checked_div(self.pages)?.max(1);
        let left = self.total?.saturating_sub(self.counts.processed);
        Some(self.pages + left.div_ceil(a_page))
    }

    fn elapsed(&self, now: Timestamp) -> Option<Duration> {
        let until = self.completed_at.unwrap_or(now);
        Some(between(self.started_at?, until))
    }

    /// What share of a run's work the stream is taken for, as long as nothing else is known: how many
    /// records there are is only said when a stream begins. Fixed, so that no bar goes back.
    fn weight(&self) -> u64 {
        match self.stream {
            StreamName::Customers => 2,
            StreamName::Orders => 6,
            StreamName::Products | StreamName::Refunds => 1,
        }
    }
}

/// How far a run is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The run.
    pub batch: BatchId,
    /// Its pipeline.
    pub pipeline: PipelineName,
    /// Its status.
    pub status: SyncStatus,
    /// Its streams, in the order in which they are walked.
    pub streams: Vec<StreamProgress>,
    /// What ended it before its work was done.
    pub trouble: Option<RunError>,
}

impl Progress {
    /// Whether it did all of its work, though some records may be refused or held.
    pub fn ended_well(&self) -> bool {
        matches!(self.status, SyncStatus::Completed | SyncStatus::Partial)
    }

    /// Share of the run's work that is done, 0 to 100; 100 is for what is over.
    pub fn percentage(&self) -> u64 {
        if matches!(self.status, SyncStatus::Completed | SyncStatus::Partial) {
            return 100;
        }
        let all: u64 = self.streams.iter().map(StreamProgress::weight).sum();
        let done: u64 = self
            .streams
            .iter()
            .map(|stream| stream.weight() * stream.percentage().unwrap_or(0))
            .sum();
        done.checked_div(all).unwrap_or(0).min(99)
    }

    /// The stream that is worked on, or the next one.
    pub fn current(&self) -> Option<&StreamProgress> {
        let over = |stream: &&StreamProgress| !stream.status.is_final();
        self.streams.iter().find(over)
    }

    /// About how long the run still takes: what its current stream says, and the later ones by their
    /// share of the work.
    pub fn remaining(&self, now: Timestamp) -> Option<Duration> {
        let current = self.current()?;
        let left = current.remaining(now)?;
        let whole = current.elapsed(now)? + left;
        let later: u64 = self
            .streams
            .iter()
            .filter(|stream| stream.sync != current.sync && !stream.status.is_final())
            .map(StreamProgress::weight)
            .sum();
        let millis = u64::try_from(whole.as_millis()).ok()?;
        let later = (millis * later).checked_div(current.weight())?;
        Some(left + Duration::from_millis(later))
    }
}

fn between(from: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(from.duration_until(until)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use kit::StreamName;

    use super::{Pace, Progress, StreamProgress};
    use crate::domain::{BatchId, PipelineName, SyncId, SyncStatus};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn stream(name: StreamName, total: u64, processed: u64) -> StreamProgress {
        let mut stream = StreamProgress::new(SyncId::new(name.as_str()), name);
        stream.status = SyncStatus::Running;
        stream.total = Some(total);
        stream.counts.processed = processed;
        stream.started_at = Some(at(0));
        stream.pace.note(at(0), 0);
        stream.pace.note(at(10), processed);
        stream
    }

    fn run(streams: Vec<StreamProgress>) -> Progress {
        Progress {
            batch: BatchId::new("1"),
            pipeline: PipelineName::new("p"),
            status: SyncStatus::Running,
            streams,
            trouble: None,
        }
    }

    #[test]
    fn the_rate_is_that_of_the_last_minute_and_falls_while_nothing_ends() {
        let mut pace = Pace::default();
        assert_eq!(pace.rate_milli(at(0)), None);
        // 100 a second for a minute, then 10 a second
        for second in 0..=60_u32 {
            pace.note(at(second.into()), u64::from(second) * 100);
        }
        assert_eq!(pace.rate_milli(at(60)), Some(100_000));
        for second in 1..=60_u32 {
            pace.note(at((60 + second).into()), 6000 + u64::from(second) * 10);
        }
        assert_eq!(pace.rate_milli(at(120)), Some(10_000));
        assert_eq!(pace.rate_milli(at(180)), Some(5_000), "a minute of silence");
    }

    #[test]
    fn pages_that_take_longer_than_the_window_still_have_a_rate() {
        let mut pace = Pace::default();
        for minute in 0..5_u32 {
            pace.note(at(i64::from(minute) * 300), u64::from(minute) * 300);
        }
        assert_eq!(pace.rate_milli(at(1200)), Some(1000));
    }

    #[test]
    fn a_stream_says_how_long_it_takes_and_is_at_a_hundred_only_when_it_is_over() {
        let mut orders = stream(StreamName::Orders, 1000, 400);
        assert_eq!(orders.percentage(), Some(40));
        assert_eq!(orders.remaining(at(10)).map(|it| it.as_secs()), Some(15));
        orders.counts.processed = 1200;
        assert_eq!(orders.percentage(), Some(99));
        orders.status = SyncStatus::Completed;
        assert_eq!(orders.percentage(), Some(100));
    }

    #[test]
    fn the_bar_of_a_run_never_goes_back_when_its_next_stream_begins() {
        let mut customers = stream(StreamName::Customers, 50, 50);
        customers.status = SyncStatus::Completed;
        let orders = StreamProgress::new(SyncId::new("orders"), StreamName::Orders);
        let mut run = run(vec![customers, orders]);
        let before = run.percentage();
        assert_eq!(before, 25, "2 of 8 shares");
        run.streams[1] = stream(StreamName::Orders, 10_000, 100);
        assert!(run.percentage() >= before);
    }

    #[test]
    fn the_time_of_a_run_counts_the_streams_to_come() {
        let orders = stream(StreamName::Orders, 600, 300); // 10 s done, 10 s left
        let refunds = StreamProgress::new(SyncId::new("refunds"), StreamName::Refunds);
        let run = run(vec![orders, refunds]);
        let left = run.remaining(at(10)).unwrap();
        assert_eq!(left.as_millis(), 10_000 + 20_000 / 6);
    }
}
