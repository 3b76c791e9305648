//! Every word of the pages, in one place: those of several pages here, those of one in its file below.
//! Plain words of the trade; what happened, what it means for the money, what to do.

pub(super) mod connections;
pub(super) mod held;
pub(super) mod login;
pub(super) mod mapping;
pub(super) mod orders;
pub(super) mod overview;
pub(super) mod plan;
pub(super) mod reconcile;
pub(super) mod runs;
pub(super) mod story;

use axum::http::StatusCode;

use crate::domain::{PostingState, SyncStatus};
use crate::engine::Usual;

pub(super) const PRODUCT: &str = "daybook";
pub(super) const SKIP: &str = "Skip to content";
pub(super) const MENU: &str = "Pages";
pub(super) const SIGN_OUT: &str = "Sign out";
pub(super) const LINE_LOST: &str =
    "The live line to daybook is cut. What you see is from before; it is being tried again. Cut";
pub(super) const KEYS: &str = "Keys";
/// A key and what it does.
pub(super) const KEY_LIST: [(&str, &str); 10] = [
    ("/", "search"),
    ("g v", "overview"),
    ("g o", "orders"),
    ("g h", "held"),
    ("g r", "runs"),
    ("g c", "reconcile"),
    ("j", "next row"),
    ("k", "row before"),
    ("Enter", "open"),
    ("Esc", "leave the field"),
];

/// What the script says, by the name it knows it by.
pub(super) const SCRIPT: &str = r#"{"newer":"newer: show","percent":"percent","run":"Run","now":"just now","ago":"ago","in":"in",
"units":["second","minute","hour","day"]}"#;

pub(super) const OVERVIEW: &str = "Overview";
pub(super) const ORDERS: &str = "Orders";
pub(super) const HELD: &str = "Held";
pub(super) const RUNS: &str = "Runs";
pub(super) const MAPPING: &str = "Mapping";
pub(super) const RECONCILE: &str = "Reconcile";
pub(super) const PLAN: &str = "Plan";
pub(super) const CONNECTIONS: &str = "Connections";

pub(super) const SYNC_NOW: &str = "Sync now";
pub(super) const STARTING: &str = "Starting …";
pub(super) const RESUME: &str = "Go on";
pub(super) const PAUSE: &str = "Pause";
pub(super) const CANCEL: &str = "Cancel run";
pub(super) const RETRY: &str = "Try again";
pub(super) const HOLD: &str = "Hold back";
pub(super) const EXCLUDE: &str = "Leave out";
pub(super) const SEARCH: &str = "Search";
pub(super) const MORE: &str = "More";
pub(super) const BACK: &str = "Back to the overview";
pub(super) const PIPELINES: &str = "Stores and their books";
pub(super) const PRINT: &str = "Print";
pub(super) const CSV: &str = "CSV";
pub(super) const ALL: &str = "all";
pub(super) const SHOW_ALL: &str = "Show all";
pub(super) const AS_TABLE: &str = "The same as a table";
pub(super) const AS_OF: &str = "As of";
pub(super) const NEWEST: &str = "The newest:";

pub(super) const STORE: &str = "Store";
pub(super) const BOOKS: &str = "Books";
pub(super) const POSTED: &str = "Posted";
pub(super) const HELD_SUM: &str = "Held";
pub(super) const EXCLUDED: &str = "Excluded";
pub(super) const DIFFERENCE: &str = "Difference";
pub(super) const CURRENCY: &str = "Currency";
pub(super) const DOCUMENTS: &str = "Documents";
pub(super) const AMOUNT: &str = "Amount";
pub(super) const TOTAL: &str = "Total";
pub(super) const TAX: &str = "Tax";
pub(super) const PERIOD: &str = "Period";
pub(super) const DAY: &str = "Day";
pub(super) const STATE: &str = "State";
pub(super) const WARNING: &str = "warning";

/// The heading of a page that says why something was not done.
pub(super) fn problem(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => "This was not understood",
        StatusCode::UNAUTHORIZED => "Sign in first",
        StatusCode::FORBIDDEN => "This is not for you to do",
        StatusCode::NOT_FOUND => "This is not here",
        StatusCode::CONFLICT => "This is not possible just now",
        StatusCode::MISDIRECTED_REQUEST => "This is not daybook's address",
        StatusCode::TOO_MANY_REQUESTS => "One moment",
        status if status.is_server_error() => "daybook cannot answer just now",
        _ => "This is not possible",
    }
}

/// When what somebody released is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// By the next run.
    Next,
    /// By the run under way, or the next one.
    Now,
    /// When the paused run goes on.
    Paused,
    /// By the next run of each pipeline; of some the run is paused.
    SomePaused,
}

/// What becomes of one thing, or of so many, that somebody released.
pub(super) fn released(number: Option<u64>, sending: Sending) -> String {
    let (head, it) = match number {
        None => ("Released".to_owned(), "it"),
        Some(1) => ("1 is released".to_owned(), "it"),
        Some(number) => (format!("{} are released", grouped(number)), "them"),
    };
    match sending {
        Sending::Next => format!("{head}: the next run sends {it}."),
        Sending::Now => format!("{head}: this run or the next one sends {it}."),
        Sending::Paused => format!("{head}: the paused run sends {it} when it goes on."),
        Sending::SomePaused => {
            format!("{head}: the next runs send {it}, and a paused one when it goes on.")
        }
    }
}

/// Beside a chart: its highest bar.
pub(super) fn at_most(words: &str) -> String {
    format!(" at most {words}")
}

/// A state's sign; it never stands without its word.
pub(super) fn sign(state: PostingState) -> &'static str {
    match state {
        PostingState::Queued => "○",
        PostingState::Posting => "◔",
        PostingState::Posted => "✓",
        PostingState::Held => "‖",
        PostingState::Failed => "!",
        PostingState::Excluded => "–",
        PostingState::Reversed => "↶",
    }
}

/// A run's status: sign and word.
pub(super) fn run_status(status: SyncStatus) -> (&'static str, &'static str) {
    (status.sign(), status.as_str())
}

/// The colour of a run's status: that of the state it is closest to.
pub(super) fn run_colour(status: SyncStatus) -> &'static str {
    match status {
        SyncStatus::Queued => "queued",
        SyncStatus::Running => "posting",
        SyncStatus::Completed => "posted",
        SyncStatus::Partial => "warning",
        SyncStatus::Failed => "failed",
        SyncStatus::Paused | SyncStatus::Interrupted => "held",
        SyncStatus::Cancelled => "excluded",
    }
}

/// "1 order", "1,284 orders".
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", grouped(number)),
    }
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "4 seconds", "2 minutes", "1 h 5 min".
pub(super) fn duration(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0 => "less than a second".to_owned(),
        1..100 => count(seconds, "second", "seconds"),
        100..5400 => count((seconds + 30) / 60, "minute", "minutes"),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// "about 4 minutes left".
pub(super) fn left(seconds: u64) -> String {
    match seconds {
        0..5 => "a few seconds left".to_owned(),
        5..60 => format!("about {} seconds left", seconds.div_ceil(5) * 5),
        60..90 => "about a minute left".to_owned(),
        90..5400 => format!("about {} minutes left", (seconds + 30) / 60),
        _ => format!("about {} hours left", (seconds + 1800) / 3600),
    }
}

/// "usually takes 2–3 minutes".
pub(super) fn usually(usual: Usual) -> String {
    let (from, until) = (usual.from_ms / 1000, usual.until_ms / 1000);
    let range = |from: u64, until: u64, one: &str, many: &str| {
        if from == until {
            count(from, one, many)
        } else {
            format!("{from}–{until} {many}")
        }
    };
    let text = match until {
        0..2 => "a second or two".to_owned(),
        2..100 => range(from.max(1), until, "second", "seconds"),
        100..5400 => range((from / 60).max(1), until.div_ceil(60), "minute", "minutes"),
        _ => range((from / 3600).max(1), until.div_ceil(3600), "hour", "hours"),
    };
    format!("usually takes {text}")
}

/// How a run's duration compares: "as usual", "twice as long as usual".
pub(super) fn compared(took_ms: u64, usual: Usual) -> &'static str {
    let (low, high) = (usual.from_ms, usual.until_ms.max(2000));
    if took_ms > high * 2 {
        "more than twice as long as usual"
    } else if took_ms > high + high / 2 {
        "longer than usual"
    } else if took_ms < low / 2 {
        "faster than usual"
    } else {
        "as usual"
    }
}

/// "2 minutes ago".
pub(super) fn ago(seconds: i64) -> String {
    let (past, seconds) = (seconds >= 0, seconds.unsigned_abs());
    let amount = match seconds {
        0..5 if past => return "just now".to_owned(),
        0..60 => count(seconds, "second", "seconds"),
        60..3600 => count(seconds / 60, "minute", "minutes"),
        3600..86_400 => count(seconds / 3600, "hour", "hours"),
        _ => count(seconds / 86_400, "day", "days"),
    };
    if past {
        format!("{amount} ago")
    } else {
        format!("in {amount}")
    }
}

/// What an outcome of a call means.
pub(super) fn outcome(word: &str) -> String {
    match word {
        "posted" => "QuickBooks took it".to_owned(),
        "held" => "not accepted, so it is held".to_owned(),
        "requeued" => "put off, to be sent again".to_owned(),
        "withdrawn" => "did not arrive, to be sent again".to_owned(),
        other => other.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::{Usual, ago, compared, count, duration, grouped, left, usually};

    #[test]
    fn numbers_and_times_read_as_people_say_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_284), "1,284");
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(count(1, "order", "orders"), "1 order");
        assert_eq!(duration(4_200), "4 seconds");
        assert_eq!(duration(150_000), "3 minutes");
        assert_eq!(left(3), "a few seconds left");
        assert_eq!(left(41), "about 45 seconds left");
        assert_eq!(left(240), "about 4 minutes left");
        assert_eq!(ago(2), "just now");
        assert_eq!(ago(125), "2 minutes ago");
        assert_eq!(ago(-65), "in 1 minute");
    }

    #[test]
    fn a_duration_is_told_by_what_is_usual() {
        let usual = Usual {
            from_ms: 120_000,
            until_ms: 170_000,
        };
        assert_eq!(usually(usual), "usually takes 2–3 minutes");
        assert_eq!(compared(150_000, usual), "as usual");
        assert_eq!(compared(400_000, usual), "more than twice as long as usual");
        assert_eq!(compared(10_000, usual), "faster than usual");
    }
}
