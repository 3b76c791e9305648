//! The words of one order's story.

use std::fmt::Write as _;

use crate::domain::{Facets, Paper, SourceKind};

pub(in super::super) const POSTED_AS: &str = "as ";
pub(in super::super) const QUEUED_HELP: &str = "It is sent by this run or the next one. Hold it back, and it stays here until somebody releases it.";
pub(in super::super) const NOT_IN_BOOKS: &str = "Not in the books";
pub(in super::super) const WAITS: &str = "Not in the books: it waits for you";
pub(in super::super) const CHANGE_WAITS: &str = "A change of it waits for you; in the books is ";
pub(in super::super) const WAS_IN_BOOKS: &str = "It was in the books as ";
pub(in super::super) const VOIDED: &str = ", and was voided there";

/// Both sums, where they are not the same.
pub(in super::super) fn differs(store: &str, books: &str) -> String {
    format!("In the store it comes to {store}, in the books to {books}.")
}

pub(in super::super) const HAPPENED: &str = "What happened";
pub(in super::super) const ENGINEERS: &str = "What was sent and answered (for engineers)";
pub(in super::super) const AS_SENT: &str = "The newest call, as it was sent";
pub(in super::super) const RECORD: &str = "The store's record";
pub(in super::super) const REQUEST: &str = "request id";
pub(in super::super) const PLACE: &str = "place";
pub(in super::super) const LINE: &str = "Line";
pub(in super::super) const PLANNED: &str = " (planned)";
pub(in super::super) const SAME: &str = "✓";

/// "a payment", "an invoice".
fn a(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

pub(in super::super) fn queued(kind: &str) -> String {
    format!("On its way into the books as {}", a(kind))
}

pub(in super::super) fn title(number: &str) -> String {
    format!("Order #{number}")
}

/// The title of a customer or product.
pub(in super::super) fn object_title(name: &str, kind: &str) -> String {
    format!("{name} ({kind})")
}

/// Before the pipelines that have an order of the same number.
pub(in super::super) const ELSEWHERE: &str = "Another store has this number, too: ";

/// The title of a day's fees.
pub(in super::super) fn day_title(number: &str) -> String {
    format!("Fees {number}")
}

pub(in super::super) const FEE: &str = "Fee of the gateway: ";

/// The way from a day's fees to its orders.
pub(in super::super) fn orders_of(gateway: &str, day: &str) -> String {
    format!("The orders of {gateway} dated {day}")
}

pub(in super::super) fn lines_in(currency: &str) -> String {
    format!("Line by line, in {currency}, before tax")
}

/// What leaving something out does, before it is done: sales need what is an `object` of a list.
pub(in super::super) fn leaving_out(
    kind: &str,
    number: &str,
    money: &str,
    in_books: bool,
    object: bool,
) -> String {
    if money.is_empty() && !in_books {
        let needed = if object {
            "; what needs it goes on waiting"
        } else {
            ""
        };
        format!("No {kind} is made in QuickBooks for {number}{needed}. “Try again” brings it back.")
    } else if in_books {
        let money = in_brackets(money);
        format!(
            "The {kind} for {number}{money} stays in QuickBooks as it is, and what the store changed is not brought there. “Try again” takes it up once more."
        )
    } else {
        format!(
            "No {kind} is made in QuickBooks for {number}, and {money} count as excluded in the reconciliation. “Try again” brings it back."
        )
    }
}

/// The button that leaves it out, saying what it does.
pub(in super::super) fn leave_out(kind: &str, number: &str, money: &str) -> String {
    format!("Leave {kind} {number}{} out", in_brackets(money))
}

fn in_brackets(money: &str) -> String {
    if money.is_empty() {
        String::new()
    } else {
        format!(" ({money})")
    }
}

/// The button that voids, saying so.
pub(in super::super) fn void(kind: &str, number: &str, money: &str) -> String {
    format!("Void {kind} {number}{} in QuickBooks", in_brackets(money))
}

pub(in super::super) const REFUND_MADE: &str = "Refund made in the store";
pub(in super::super) const PLACED: &str = "Placed in the store";
pub(in super::super) const COMPLETED: &str = "Completed in the store";
pub(in super::super) const CHANGED: &str = "Last changed in the store";

/// How it was paid, where the store says it.
pub(in super::super) fn paid(paper: Option<&Paper>) -> String {
    match paper.map(|paper| paper.paid_by.as_str()) {
        Some(by) if !by.is_empty() => format!("Paid by {by}"),
        _ => "Paid".to_owned(),
    }
}

/// What was made of a record, and by what of it: its gateway decides the account, its rates the tax codes.
pub(in super::super) fn mapped(
    what: SourceKind,
    kind: &str,
    by: &Facets,
    account: Option<&str>,
) -> String {
    let mut text = match what {
        SourceKind::GatewayDay => return "The day was over, and its fees were counted".to_owned(),
        SourceKind::Refund => format!("Refund read and mapped to {}", a(kind)),
        SourceKind::Customer | SourceKind::Product => {
            format!("First seen in the store, and mapped to {}", a(kind))
        }
        SourceKind::Guest | SourceKind::Role => {
            format!("First needed in the books, as {}", a(kind))
        }
        SourceKind::Order => format!("Order read and mapped to {}", a(kind)),
    };
    let mut rules = Vec::new();
    if !by.gateway.is_empty() {
        let account = account.map_or_else(String::new, |name| format!(" → {name}"));
        rules.push(format!("gateway {}{account}", by.gateway));
    }
    if !by.tax_codes.is_empty() {
        rules.push(format!("tax {}", by.tax_codes.join(" + ")));
    }
    if !rules.is_empty() {
        let _ = write!(text, " ({})", rules.join(", ")); // writing to a string cannot fail
    }
    text
}

/// What somebody did.
pub(in super::super) fn done_by(action: &str, actor: &str, kind: &str) -> String {
    let action = match action {
        "retry" => "Tried again",
        "exclude" => "Left out",
        "hold" => "Held back",
        "approve" => "Approved",
        other => other,
    };
    let actor = match actor {
        "page" => "on these pages",
        "api" => "by the API",
        "command" | "command line" => "by command",
        "daybook" => "by itself",
        other => other,
    };
    format!("{action} {actor}: {kind}")
}

pub(in super::super) fn sent(intent: &str, kind: &str) -> String {
    match intent {
        "void" => format!("Sent to QuickBooks: void of the {kind}"),
        "undo" => {
            format!("Sent to QuickBooks: void of the {kind}, which had come out with other amounts")
        }
        _ => format!("Sent to QuickBooks: {kind}"),
    }
}

/// What the books said, and what the document is called there.
pub(in super::super) fn answered(outcome: &str, id: Option<&str>) -> String {
    let outcome = super::outcome(outcome);
    match id {
        Some(id) => format!("Answered: {outcome} (id {id})"),
        None => format!("Answered: {outcome}"),
    }
}

pub(in super::super) fn unknown(number: &str) -> String {
    format!("no order {number} is known; the next run may bring it")
}

/// A document by its number, once it has one.
pub(in super::super) fn named(kind: &str, number: Option<&str>) -> String {
    number.map_or_else(|| kind.to_owned(), |number| format!("{kind} {number}"))
}

#[cfg(test)]
mod tests {
    use super::queued;

    #[test]
    fn a_kind_has_its_article() {
        assert!(queued("invoice").ends_with(" as an invoice"));
        assert!(queued("expense").ends_with(" as an expense"));
        assert!(queued("sales receipt").ends_with(" as a sales receipt"));
    }
}
