//! Days of the books.

use jiff::Timestamp;
use jiff::civil::Date;
use kit::PostingKind;
use woocommerce::Order;

use super::hold::hold;
use super::resolved::Resolved;
use crate::domain::{ClosedPeriod, Hold, Link, MappingRules, OrderDate};

/// The local day of a moment in the books' calendar.
pub(super) fn day(rules: &MappingRules, moment: Timestamp) -> Date {
    moment.to_zoned(rules.timezone.clone()).date()
}

/// The day an order belongs to; where the moment asked for is missing, the one it was made. An
/// invoice is older than its payment and its delivery, and keeps its day when they come.
pub(super) fn day_of_order(rules: &MappingRules, order: &Order, kind: PostingKind) -> Option<Date> {
    let wanted = match rules.orders.date {
        _ if kind == PostingKind::Invoice => None,
        OrderDate::Paid => order.date_paid_gmt,
        OrderDate::Created => None,
        OrderDate::Completed => order.date_completed_gmt,
    };
    wanted
        .or(order.date_created_gmt)
        .map(|moment| day(rules, moment))
}

/// Why a day is not posted, where it is too early.
pub(super) fn too_early(rules: &MappingRules, day: Date) -> Option<String> {
    let start = rules.start_date.filter(|start| day < *start)?;
    Some(format!("dated {day}, before the start date {start}"))
}

/// Where a document of a day stands in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// On its day.
    On(Date),
    /// On the first open day instead of its true one.
    Moved { to: Date, from: Date },
    /// Its day is closed.
    Closed { until: Date },
}

/// Where a document of `day` can stand. What is posted already stays where it stands: its day was
/// open.
pub(super) fn place(
    rules: &MappingRules,
    books: &Resolved,
    day: Date,
    posted: Option<&Link>,
) -> Placed {
    let Some(until) = books.closed_until.filter(|until| day <= *until) else {
        return Placed::On(day);
    };
    if let Some(link) = posted {
        return match link.date.filter(|stands| *stands != day) {
            Some(to) => Placed::Moved { to, from: day },
            None => Placed::On(day),
        };
    }
    match (rules.orders.closed_period, until.tomorrow()) {
        (ClosedPeriod::FirstOpenDay, Ok(to)) => Placed::Moved { to, from: day },
        (ClosedPeriod::FirstOpenDay | ClosedPeriod::Hold, _) => Placed::Closed { until },
    }
}

/// The day of a document, and the true one in words where that is closed.
pub(super) fn placed(
    rules: &MappingRules,
    books: &Resolved,
    day: Date,
    posted: Option<&Link>,
) -> Result<(Date, Option<String>), Hold> {
    match place(rules, books, day, posted) {
        Placed::On(day) => Ok((day, None)),
        Placed::Moved { to, from } => Ok((to, Some(format!("True date {from}")))),
        Placed::Closed { until } => Err(hold(
            "closed_period",
            format!("it is dated {day}, and the books are closed until {until}"),
        )),
    }
}
