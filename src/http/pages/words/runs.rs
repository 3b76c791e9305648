//! The words of runs.

use super::{count, grouped};
use crate::domain::RunOptions;

pub(in super::super) const NONE: &str =
    "No run was made yet. “Sync now” on the overview makes one.";
pub(in super::super) const NONE_OF_STATUS: &str = "No run has this status. “All” shows the others.";
pub(in super::super) const NONE_BEFORE: &str = "No run is older. “All” shows the newest.";
pub(in super::super) const THROUGHPUT: &str =
    "Documents over the run, each at the moment it was last posted";
pub(in super::super) const HISTORY: &str = "How long the runs took";
pub(in super::super) const RUN: &str = "Run";
pub(in super::super) const LAST: &str = "Last run";
pub(in super::super) const ENDED: &str = "Ended ";
pub(in super::super) const HOW_FAR: &str = "How far the run is";
pub(in super::super) const STATUS: &str = "Status";
pub(in super::super) const STREAMS: &str = "Streams";
pub(in super::super) const STREAM: &str = "Stream";
pub(in super::super) const ERRORS: &str = "What waits or failed in it";
pub(in super::super) const RECORD: &str = "Record";
pub(in super::super) const WHY: &str = "Why";
pub(in super::super) const REMEDY: &str = "What to do";
pub(in super::super) const WHEN: &str = "When";
pub(in super::super) const WHAT: &str = "What";
pub(in super::super) const RESULT: &str = "Result";
pub(in super::super) const DID: &str = "Did";
pub(in super::super) const TOOK: &str = "Took";
pub(in super::super) const READ: &str = "Read";
pub(in super::super) const NEW: &str = "New";
pub(in super::super) const CHANGED: &str = "Changed";
pub(in super::super) const UNCHANGED: &str = "Unchanged";
pub(in super::super) const HELD: &str = "Held";
pub(in super::super) const FAILED: &str = "Failed";
pub(in super::super) const PAGES: &str = "Pages";
pub(in super::super) const DOCUMENTS: &str = "Documents";
pub(in super::super) const MOMENT: &str = "Moment";
pub(in super::super) const FOR_PROGRAMS: &str = "For programs: ";
pub(in super::super) const PAUSE_HELP: &str = "Pause stops at the next safe point and waits for “Go on”. Cancel ends the run there; what was read is posted by the next run, and nothing in the books is undone.";

/// The title of a run's page.
pub(in super::super) fn title(at: &str) -> String {
    format!("Run of {at}")
}

/// Who asked for a run, and what for.
pub(in super::super) fn asked_for(pipeline: &str, options: &RunOptions, trigger: &str) -> String {
    let by = match trigger {
        "schedule" => "by the schedule",
        "command" => "by command",
        "webhook" => "told by the store",
        "resume" => "went on by itself",
        _ => "asked for here",
    };
    format!("{pipeline} · {}, {by}", what(options))
}

/// What a run was to look at.
fn what(options: &RunOptions) -> String {
    if options.retry {
        return "what was released or approved, without a look at the store".to_owned();
    }
    let streams: Vec<&str> = options.streams.iter().map(|it| it.as_str()).collect();
    let mut what = if streams.is_empty() {
        "everything".to_owned()
    } else {
        streams.join(", ")
    };
    let mut add = |text: &str| what.push_str(text);
    if options.full {
        add(", from the beginning");
    }
    if options.sweep {
        add(", with all orders of the open period");
    }
    if options.plan.is_some() {
        add(", with the orders of a plan as they are now");
    }
    if let Some(day) = options.since {
        add(&format!(", dated {day} or later"));
    }
    if let Some(day) = options.until {
        add(&format!(", dated {day} or earlier"));
    }
    if let Some(limit) = options.limit {
        add(&format!(", at most {} of each", grouped(limit)));
    }
    what
}

pub(in super::super) const FINISHING: &str = "Finishing";

/// What a stream of a live run is doing.
pub(in super::super) fn doing(phase: &str, stream: &str, page: u64, pages: Option<u64>) -> String {
    match (phase, pages) {
        ("resolving", _) => "Posting what an earlier run left".to_owned(),
        ("lists", _) => "Reading the lists of the company".to_owned(),
        ("waiting", _) => format!("About to read the {stream}"),
        (_, Some(pages)) => format!(
            "Posting {stream}: page {} of {}",
            grouped(page),
            grouped(pages)
        ),
        (_, None) => format!("Reading {stream}"),
    }
}

/// "1,612 a minute".
pub(in super::super) fn a_minute(rate: u64) -> String {
    format!("{} a minute", grouped(rate))
}

pub(in super::super) const WAITS: &str = "waits";

/// "7,100 of 10,000".
pub(in super::super) fn of(done: u64, total: u64) -> String {
    format!("{} of {}", grouped(done), grouped(total))
}

/// What a run did: new, changed, held, not understood.
pub(in super::super) fn did(counts: &[u64; 4]) -> Vec<String> {
    let words = ["new", "changed", "held", "not understood"];
    let parts = counts.iter().zip(words);
    let mut parts: Vec<String> = parts
        .filter(|(count, _)| **count > 0)
        .map(|(count, word)| format!("{} {word}", grouped(*count)))
        .collect();
    if parts.is_empty() {
        parts.push("nothing new".to_owned());
    }
    parts
}

pub(in super::super) const REHEARSED: &str = " (rehearsed, nothing was posted)";

pub(in super::super) fn took(duration: &str) -> String {
    format!(", took {duration}")
}

pub(in super::super) fn documents(number: u64) -> String {
    count(number, "document", "documents")
}

pub(in super::super) fn after(duration: &str) -> String {
    format!("after {duration}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_run_is_told_as_it_was_asked_for() {
        let told = |options: RunOptions| asked_for("shop", &options, "api");
        let all = RunOptions::default;
        assert_eq!(told(all()), "shop · everything, asked for here");
        let retry = RunOptions {
            retry: true,
            ..all()
        };
        assert_eq!(
            told(retry),
            "shop · what was released or approved, without a look at the store, asked for here"
        );
        let part = RunOptions {
            since: Some(date(2026, 11, 1)),
            limit: Some(1500),
            ..all()
        };
        assert_eq!(
            told(part),
            "shop · everything, dated 2026-11-01 or later, at most 1,500 of each, asked for here"
        );
        let sweep = RunOptions {
            sweep: true,
            ..all()
        };
        assert_eq!(
            asked_for("shop", &sweep, "schedule"),
            "shop · everything, with all orders of the open period, by the schedule"
        );
    }
}
