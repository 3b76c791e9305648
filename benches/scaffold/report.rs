//! What is gathered of syncs and those who watch them, and the table of it.

use std::collections::BTreeMap;
use std::time::Duration;

/// Every page answers within this at the 99th percentile.
const PAGE: Duration = Duration::from_millis(50);
/// Adds every document of all times up, which no page does: it is measured, and has no limit.
const WHOLE: &str = "/api/reconcile";
/// An event has reached its readers within this at the 99th percentile.
const EVENT: Duration = Duration::from_millis(100);
/// So much longer may a sync take that is watched.
const SLOWER: f64 = 1.02;

/// What is gathered over all rounds.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) paths: BTreeMap<String, Vec<Duration>>,
    pub(crate) events: Vec<Duration>,
    pub(crate) alone: Vec<Took>,
    pub(crate) watched: Vec<Took>,
}

/// What one sync took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) wall: Duration,
    pub(crate) processor: Duration,
    pub(crate) peak_kib: u64,
}

impl Took {
    pub(crate) fn print(&self, audience: Audience) {
        println!(
            "  {audience:?}: {:.2} s, processor {:.2} s, peak {:.1} MiB",
            self.wall.as_secs_f64(),
            self.processor.as_secs_f64(),
            self.peak_kib as f64 / 1024.0,
        );
    }
}

/// Before whom a sync is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Nobody,
    /// One who asks every page, and readers of the events.
    Watchers,
    /// Nothing is posted before somebody approves it, and that one looks at the plan.
    Approver,
}

/// Prints the table; whether all limits are kept.
pub(crate) fn report(mut gathered: Gathered) -> bool {
    let mut kept = true;
    println!(
        "\n  {:<32} {:>6} {:>9} {:>9} {:>9}",
        "asked", "times", "p50 ms", "p99 ms", "max ms"
    );
    for (path, times) in &mut gathered.paths {
        kept &= row(path, times, (path != WHOLE).then_some(PAGE));
    }
    kept &= row("events, from publishing", &mut gathered.events, Some(EVENT));
    let wall = |took: &[Took]| median(took.iter().map(|took| took.wall.as_secs_f64()).collect());
    let processor = |took: &[Took]| {
        median(
            took.iter()
                .map(|took| took.processor.as_secs_f64())
                .collect(),
        )
    };
    let slower = wall(&gathered.watched) / wall(&gathered.alone);
    kept &= slower <= SLOWER;
    println!(
        "\n  watched : alone = {:.2} s : {:.2} s = {slower:.3} (limit {SLOWER}) {}",
        wall(&gathered.watched),
        wall(&gathered.alone),
        verdict(slower <= SLOWER),
    );
    println!(
        "  processor time of daybook: {:.2} s : {:.2} s",
        processor(&gathered.watched),
        processor(&gathered.alone),
    );
    kept
}

fn row(what: &str, times: &mut [Duration], limit: Option<Duration>) -> bool {
    times.sort_unstable();
    let at = |permille: usize| {
        let index = (times.len() * permille).div_ceil(1000).max(1) - 1;
        times.get(index).copied().unwrap_or_default()
    };
    let kept = !times.is_empty() && limit.is_none_or(|limit| at(990) <= limit);
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "  {what:<32} {:>6} {:>9.1} {:>9.1} {:>9.1}  {}",
        times.len(),
        ms(at(500)),
        ms(at(990)),
        ms(at(1000)),
        limit.map_or("no limit", |_| verdict(kept)),
    );
    kept
}

fn verdict(kept: bool) -> &'static str {
    if kept { "kept" } else { "MISSED" }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
