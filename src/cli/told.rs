//! What the store says of an order or refund, in lines.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::Told;

/// Where it stands, when it was placed and paid, and its lines.
pub(super) fn tell_order(text: &mut String, told: &Told, zone: &TimeZone) {
    if let Some(total) = &told.total {
        let _ = write!(text, ": {total}, tax {:.2}", told.tax);
    }
    let _ = write!(text, ", status {}", told.status);
    if !told.method.is_empty() {
        let _ = write!(text, ", {}", told.method);
    }
    if let Some(made_at) = told.made_at {
        let _ = write!(text, "\n  {} placed", at(made_at, zone));
    }
    match told.paid_at {
        Some(paid_at) => {
            let _ = write!(text, "\n  {} paid", at(paid_at, zone));
        }
        None => text.push_str("\n  not paid"),
    }
    tell_lines(text, told);
}

/// Its lines.
pub(super) fn tell_lines(text: &mut String, told: &Told) {
    for it in &told.lines {
        let quantity = it.quantity.map(|quantity| format!("{quantity} × "));
        let _ = write!(
            text,
            "\n  {}{}: {:.2}, tax {:.2}",
            quantity.unwrap_or_default(),
            it.what,
            it.net,
            it.tax
        );
    }
}

/// A moment by the store's calendar.
pub(super) fn at(moment: Timestamp, zone: &TimeZone) -> String {
    let local = moment.to_zoned(zone.clone());
    local.strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}
