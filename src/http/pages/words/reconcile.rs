//! The words of the reconciliation.

use jiff::civil::Date;

use super::count;

pub(in super::super) const NOTHING: &str = "Nothing is dated in this period. Another month may have something, or the first run has not been made.";
/// What a breakdown is by, and its name.
pub(in super::super) const BY: [(&str, &str); 4] = [
    ("day", "by day"),
    ("gateway", "by gateway"),
    ("tax", "by set of tax codes"),
    ("status", "by status"),
];
pub(in super::super) const BREAKDOWN: &str = "Breakdown";
pub(in super::super) const MONTH: &str = "Month";
pub(in super::super) const SHOW: &str = "Show";
pub(in super::super) const STORE_TAX: &str = "Tax, store";
pub(in super::super) const BOOKS_TAX: &str = "Tax, books";
pub(in super::super) const SOURCE: &str = ". From daybook's journal: what the store said when it was read, and what QuickBooks answered when it was posted.";

/// A period that is no month.
pub(in super::super) fn period(from: Option<Date>, to: Option<Date>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from == to => from.to_string(),
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(from), None) => format!("{from} and later"),
        (None, Some(to)) => format!("until {to}"),
        (None, None) => "all days".to_owned(),
    }
}

/// What the file is called.
pub(in super::super) fn file_name(title: &str, by: &str) -> String {
    format!("reconciliation {title} by {by}")
}

/// The answer, first. What could not be read may be of any day.
pub(in super::super) fn answer(title: &str, differs: bool, waits: bool, unread: u64) -> String {
    let answer = match (differs, waits) {
        (true, _) => format!("Store and books differ in {title}"),
        (false, true) => {
            format!("Store and books agree in {title}; some of it is not in the books yet")
        }
        (false, false) if unread > 0 => format!("Store and books agree in {title}"),
        (false, false) => format!("Store and books agree to the cent in {title}"),
    };
    match unread {
        0 => format!("{answer}."),
        unread => format!("{answer}, as far as is known: {}.", unreadable(unread)),
    }
}

/// "2 orders and refunds could not be read".
pub(in super::super) fn unreadable(number: u64) -> String {
    count(
        number,
        "order or refund could not be read",
        "orders and refunds could not be read",
    )
}

pub(in super::super) const UNREADABLE: &str = "Could not be read";
pub(in super::super) const IN_NO_SUM: &str = "Nobody knows their amounts or their days, so they are in no sum. Each opens to its reason and to what to do.";
/// Their line in the file.
pub(in super::super) const UNREADABLE_LINE: &str = "could not be read";

/// A group without a name.
pub(in super::super) fn nameless(by: &str) -> &'static str {
    match by {
        "gateway" => "no gateway",
        "tax" => "no tax",
        _ => "none",
    }
}
