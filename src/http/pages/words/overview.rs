//! The words of the overview.

use super::count;
use crate::domain::SyncStatus;

pub(in super::super) const NO_RUN: &str =
    "No run was made yet. Press “Sync now”, and what is in the store comes into the books.";
pub(in super::super) const NOTHING_TO_BOOK: &str = "Nothing in the store is to be booked yet. ";
pub(in super::super) const WAITS: &str = "Waits for you";
pub(in super::super) const WEEK: &str = "Sales and refunds of the last seven days";
pub(in super::super) const TODAY: &str = "Dated today";
pub(in super::super) const POSTED_TODAY: &str = "Posted today";
pub(in super::super) const DOCUMENTS: &str = "documents";
pub(in super::super) const ENTRIES: &str = "entries";
pub(in super::super) const DIFFERENCE_TODAY: &str = "Difference today";
pub(in super::super) const OLDEST: &str = "Longest waiting";
pub(in super::super) const NOTHING_WAITS: &str = "nothing waits";
pub(in super::super) const READS: &str = "Metered reads this month";
pub(in super::super) const NEXT: &str = "next look";
pub(in super::super) const BY_HAND: &str = "runs when you say so";
pub(in super::super) const SUMS: &str = "Store and books";
pub(in super::super) const NOTHING_YET: &str = "nothing yet";
pub(in super::super) const IN_BOOKS: &str = "In the books";
pub(in super::super) const NOT_YET: &str = "Not yet";
pub(in super::super) const KNOWN_SINCE: &str = "known";
pub(in super::super) const ALL: &str = "All ";
pub(in super::super) const OF: &str = " of ";
pub(in super::super) const ARE_IN_THE_BOOKS: &str = " are in the books. ";

/// Whether a run has not looked at all of the store: what is in the books may not be all there is.
pub(in super::super) fn looked_at_part(status: SyncStatus) -> bool {
    status.is_at_rest() && !matches!(status, SyncStatus::Completed | SyncStatus::Partial)
}

/// What stands before the time of the last run.
pub(in super::super) fn look(status: SyncStatus) -> &'static str {
    if looked_at_part(status) {
        "Last try"
    } else {
        "Last look"
    }
}

/// "3 sales and refunds".
pub(in super::super) fn papers(number: u64) -> String {
    count(number, "sale or refund", "sales and refunds")
}

/// "3 sales and refunds", "3 sales and refunds and 2 other entries", "2 entries".
pub(in super::super) fn waiting(documents: u64, others: u64) -> String {
    match (documents, others) {
        (0, others) => count(others, "entry", "entries"),
        (documents, 0) => papers(documents),
        (documents, others) => {
            let others = count(others, "other entry", "other entries");
            format!("{} and {others}", papers(documents))
        }
    }
}

/// What stands behind a number of what waits.
pub(in super::super) fn wait_for_you(number: u64) -> &'static str {
    if number == 1 {
        " waits for you. "
    } else {
        " wait for you. "
    }
}

/// What stands behind a number of what waits, where all of it is released.
pub(in super::super) fn are_released(number: u64) -> &'static str {
    if number == 1 {
        " is released. "
    } else {
        " are released. "
    }
}

/// Some of what waits is released: a run sends it.
pub(in super::super) fn some_released(number: u64) -> String {
    let is = if number == 1 { "is" } else { "are" };
    format!("{} of them {is} released. ", super::grouped(number))
}

pub(in super::super) fn wait_for_approval(number: u64) -> &'static str {
    if number == 1 {
        " waits for your approval; "
    } else {
        " wait for your approval; "
    }
}

pub(in super::super) fn on_their_way(number: u64) -> &'static str {
    if number == 1 {
        " is on its way; "
    } else {
        " are on their way; "
    }
}

pub(in super::super) fn failed(why: Option<&str>) -> String {
    format!(
        "The last run failed: {}. ",
        why.unwrap_or("the log says why")
    )
}

pub(in super::super) const PAUSED: &str = "Paused: nothing is posted until you press “Go on”. ";

/// What a bar of the week says.
pub(in super::super) fn day_in_words(posted: u64, other: u64) -> String {
    format!("{posted} in the books, {other} not yet")
}

/// How many a month are free.
pub(in super::super) fn reads_of(most: u64) -> String {
    format!("of {}", super::grouped(most))
}
