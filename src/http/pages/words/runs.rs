//! The words of runs.

use super::{count, grouped};

pub(in super::super) const NONE: &str =
    "No run was made yet. “Sync now” on the overview makes one.";
pub(in super::super) const THROUGHPUT: &str = "Documents posted over the run";
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
pub(in super::super) fn asked_for(
    pipeline: &str,
    streams: &str,
    full: bool,
    trigger: &str,
) -> String {
    let streams = if streams.is_empty() {
        "everything"
    } else {
        streams
    };
    let by = match trigger {
        "schedule" => "by the schedule",
        "command" => "by command",
        "webhook" => "told by the store",
        "resume" => "went on by itself",
        _ => "asked for here",
    };
    let full = if full { ", from the beginning" } else { "" };
    format!("{pipeline} · {streams}{full}, {by}")
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
