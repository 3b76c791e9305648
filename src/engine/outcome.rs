//! What an outcome means for its posting. Pure.

use jiff::Timestamp;
use kit::{Chance, Failure, Kind, Outcome, Receipt, RetryPolicy};
use rust_decimal::Decimal;

use crate::domain::{Hold, Intent, Posting, cause};
use crate::store::Settlement;

/// After so many refusals that promised to pass, a posting waits for a person.
pub(super) const MOST_ATTEMPTS: i64 = 6;

/// What to do about a document that came out otherwise than the store says: the order itself adds up.
const OTHER_FIGURES: &str = "Compare the tax settings in QuickBooks with these figures; mend what differs or report \
     it, then retry. Or enter it by hand, then exclude it.";
/// What is in the books stays on its day, whatever `orders.closed_period` says of new documents.
const OF_CLOSED: &str = "Open the period in QuickBooks and retry; or book the difference in an open \
     period by hand, and exclude this change.";
/// A voided document can neither be changed nor revived.
const OF_VOIDED: &str = "It was voided. Leave it so and exclude this change; or delete it in QuickBooks \
     and retry, and once it is held as deleted there, retry to make it again.";

/// What to do about one member of a call.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// Its outcome is known: write this.
    Settle(Settlement),
    /// Its outcome is unknown: look it up.
    LookUp,
    /// The target says the number is taken: look whether the document is ours.
    CheckNumber(Failure),
    /// The target refuses the version, or finds nothing of this id: look what it holds.
    CheckVersion(Failure),
    /// Nothing can be sent on this connection: end the run.
    Stop(Failure),
}

/// What one member's outcome means; `is_change` is whether the document was in the books before.
pub(super) fn verdict(
    posting: &Posting,
    is_change: bool,
    outcome: Outcome,
    policy: &RetryPolicy,
    now: Timestamp,
    chance: &Chance,
) -> Verdict {
    let failure = match outcome {
        Outcome::Done(receipt) => return Verdict::Settle(done(posting, receipt)),
        Outcome::Failed(failure) => failure,
    };
    if failure.outcome_unknown() {
        return Verdict::LookUp;
    }
    match failure.kind() {
        Kind::Retry { after } if posting.attempts < MOST_ATTEMPTS => {
            let attempts = u32::try_from(posting.attempts).unwrap_or(1).max(1);
            let wait = after.unwrap_or_else(|| policy.delay(attempts, chance));
            let due_at = now.saturating_add(wait).unwrap_or(now);
            let why = Some(hold(&failure));
            Verdict::Settle(Settlement::Requeued {
                due_at: Some(due_at),
                why,
            })
        }
        Kind::Retry { .. } => Verdict::Settle(Settlement::Held(hold(&failure))),
        Kind::Reject => match failure.code() {
            "name_taken" if posting.rename.is_some() => Verdict::Settle(Settlement::Renamed),
            "number_taken" if posting.intent == Intent::Post => Verdict::CheckNumber(failure),
            "changed_in_books" | "missing_reference" if is_change => Verdict::CheckVersion(failure),
            "deleted_in_books" => Verdict::Settle(Settlement::Gone(hold(&failure))),
            "closed_period" if is_change => Verdict::Settle(Settlement::Held(Hold {
                remedy: OF_CLOSED.to_owned(),
                ..hold(&failure)
            })),
            _ => Verdict::Settle(Settlement::Held(hold(&failure))),
        },
        Kind::Stop => Verdict::Stop(failure),
    }
}

/// A document that is in the books now: as wanted, or not.
pub(super) fn done(posting: &Posting, receipt: Receipt) -> Settlement {
    match posting.intent {
        Intent::Post => match mismatch(posting, &receipt) {
            Some(hold) => Settlement::Mismatch(receipt, hold),
            None => Settlement::Posted(receipt),
        },
        Intent::Void | Intent::Undo => Settlement::Reversed(receipt),
    }
}

/// What to do about a change of a document that somebody voided meanwhile; `None` where nobody did.
pub(super) fn of_voided(posting: &Posting, now: &Receipt) -> Option<String> {
    let is_zero = |total: Option<Decimal>| total.is_some_and(|total| total.is_zero());
    let voided = is_zero(now.total) && !is_zero(posting.expected.total);
    voided.then(|| OF_VOIDED.to_owned())
}

/// The difference between what the books say and what the store says, if there is one.
fn mismatch(posting: &Posting, receipt: &Receipt) -> Option<Hold> {
    let wanted = &posting.expected;
    let differs = |wanted: Option<Decimal>, said: Option<Decimal>| {
        wanted.is_some_and(|wanted| said.unwrap_or_default() != wanted)
    };
    let total_differs = differs(wanted.total, receipt.total);
    // an answer without tax is one of 0.00
    let tax_differs = differs(wanted.tax, receipt.tax);
    if !total_differs && !tax_differs {
        return None;
    }
    // as exactly as the finer of them: in some currencies what differs is a thousandth
    let wanted_scales = [wanted.total, wanted.tax].into_iter().flatten();
    let wanted_scales = wanted_scales.map(|value| value.scale());
    let said = [receipt.total, receipt.tax].into_iter().flatten();
    let said_scales = said.map(|value| value.normalize().scale());
    let decimals = wanted_scales.chain(said_scales).max().unwrap_or(2) as usize;
    let figure = |value: Option<Decimal>| {
        value.map_or_else(
            || "nothing".to_owned(),
            |value| format!("{value:.decimals$}"),
        )
    };
    Some(Hold {
        cause: "total_mismatch".to_owned(),
        reason: format!(
            "QuickBooks made it {} with {} tax; the store says {} with {} tax. It was deleted again",
            figure(receipt.total),
            figure(receipt.tax.or(Some(Decimal::ZERO))),
            figure(wanted.total),
            figure(wanted.tax),
        ),
        remedy: OTHER_FIGURES.to_owned(),
    })
}

/// A failure as the reason of a held posting. One that promised to pass has no remedy of its own.
pub(super) fn hold(failure: &Failure) -> Hold {
    let catalogued = cause(failure.code()).map_or("", |cause| cause.remedy);
    // what could be put off no longer has another remedy than what is only put off
    let remedies = match failure.kind() {
        Kind::Retry { .. } => [catalogued, failure.remedy()],
        Kind::Reject | Kind::Stop => [failure.remedy(), catalogued],
    };
    let remedy = remedies.into_iter().find(|remedy| !remedy.is_empty());
    Hold {
        cause: failure.code().to_owned(),
        reason: failure.to_string(),
        remedy: remedy.map_or_else(String::new, as_sentence),
    }
}

/// A remedy as the catalogue writes it; connectors write theirs to stand inside a sentence.
fn as_sentence(remedy: &str) -> String {
    let mut letters = remedy.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let stop = if remedy.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{first}{}{stop}", letters.as_str())
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
