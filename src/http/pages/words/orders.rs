//! The words of the list of orders.

use jiff::civil::Date;

use crate::domain::cause;

pub(in super::super) const PLACEHOLDER: &str = "Number, name or amount";
pub(in super::super) const NO_PLACE: &str =
    "`cursor` is none of a list in this order: leave it out to begin at the top";
pub(in super::super) const NOTHING: &str = "No order fits. Take a filter away, or look for a part of the number, of the name or of the amount.";
pub(in super::super) const NOTHING_YET: &str =
    "No order is known yet. The first run brings them: “Sync now” on the overview.";
pub(in super::super) const UNSYNCED: &str = "unsynced";
pub(in super::super) const REFUND: &str = "refund";
pub(in super::super) const UNKNOWN_CURRENCY: &str =
    "`currency` is none: write its three letters, like USD";
pub(in super::super) const ORDER: &str = "Order";
pub(in super::super) const CUSTOMER: &str = "Customer";
pub(in super::super) const IN_BOOKS: &str = "In the books";
pub(in super::super) const CHANGED: &str = "Changed";

/// Why what is listed waits, or does not come into the books.
pub(in super::super) fn because(code: &str, waits: bool) -> String {
    let meaning = cause(code).map_or(code, |cause| cause.meaning);
    let head = if waits { "Waiting because: " } else { "" };
    format!("{head}{meaning} ")
}

pub(in super::super) fn dated(from: Option<Date>, to: Option<Date>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from == to => format!("Dated {from}. "),
        (Some(from), Some(to)) => format!("Dated {from} to {to}. "),
        (Some(from), None) => format!("Dated {from} or later. "),
        (None, Some(to)) => format!("Dated {to} or earlier. "),
        (None, None) => String::new(),
    }
}

pub(in super::super) fn paid_by(gateway: &str) -> String {
    let gateway = if gateway.is_empty() {
        "no gateway"
    } else {
        gateway
    };
    format!("Paid by {gateway}. ")
}

pub(in super::super) fn taxed_by(tax: &str) -> String {
    let tax = if tax.is_empty() { "nothing" } else { tax };
    format!("Taxed by {tax}. ")
}

pub(in super::super) fn with_status(status: &str) -> String {
    format!("With the status {status}. ")
}

pub(in super::super) fn in_currency(currency: &str) -> String {
    format!("In {currency}. ")
}

pub(in super::super) fn posted_on(day: Date) -> String {
    format!("Posted on {day}. ")
}

pub(in super::super) const OF_RUN: &str = "What this run planned last. ";
