//! The words of what waits.

use super::{count, grouped};

pub(in super::super) const NOTHING: &str =
    "Nothing waits for you. What cannot be booked to the cent comes here with its reason.";
pub(in super::super) const BY_ITSELF: &str = "Each run tries this again by itself.";
pub(in super::super) const LEFT_OUT: &str = "What was left out by hand";
pub(in super::super) const SINCE: &str = ", the first ";

/// The answer, first.
pub(in super::super) fn answer(waiting: u64, causes: u64) -> String {
    format!(
        "{} for {}.",
        count(waiting, "entry waits", "entries wait"),
        count(causes, "reason", "reasons")
    )
}

pub(in super::super) fn entries(number: u64) -> String {
    count(number, "entry", "entries")
}

/// The button that tries all of a cause again, or those that nobody did yet.
pub(in super::super) fn retry_all(number: u64, others: bool) -> String {
    match (number, others) {
        (1, false) => super::RETRY.to_owned(),
        (number, false) => format!("{} with all {}", super::RETRY, grouped(number)),
        (1, true) => format!("{} with the other one", super::RETRY),
        (number, true) => format!("{} with the other {}", super::RETRY, grouped(number)),
    }
}

/// What leaving all of a cause out does, before it is done. Only what has an amount is in the
/// reconciliation; sales need what `objects` are.
pub(in super::super) fn leaving_out(number: u64, sums: &str, objects: bool) -> String {
    let (sums, counted) = if sums.is_empty() {
        (String::new(), String::new())
    } else {
        let counted = format!(" {sums} count as excluded in the reconciliation.");
        (format!(" ({sums})"), counted)
    };
    let needed = if objects {
        " Sales that need a customer or product among them go on waiting."
    } else {
        ""
    };
    format!(
        "{}{sums} of this reason: none is made in QuickBooks, and what is there already stays as it is.{counted}{needed} “Try again” on its own page brings one back.",
        count(number, "entry", "entries")
    )
}

/// The button that does it.
pub(in super::super) fn leave_out(number: u64) -> String {
    match number {
        1 => "Leave this entry out".to_owned(),
        number => format!("Leave these {} entries out", grouped(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::retry_all;

    #[test]
    fn a_button_counts_what_it_tries_again() {
        let says = [(1, false), (12, false), (1, true), (12, true)];
        let says = says.map(|(number, others)| retry_all(number, others));
        let with = [
            "",
            " with all 12",
            " with the other one",
            " with the other 12",
        ];
        assert_eq!(says, with.map(|with| format!("Try again{with}")));
    }
}
