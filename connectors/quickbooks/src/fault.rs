//! The one place that decides what an answer means. Decided by code and status, never by text: texts
//! come in the company's language. The shapes of faults: `fault_shape.rs`.

use std::time::Duration;

use jiff::Timestamp;
use kit::{Answer, Failure};

use crate::fault_shape::{FaultError, errors_in};

/// The access token was refused: worth one renewal.
pub(crate) const TOKEN_REFUSED: &str = "token_refused";
/// The rate limit was met.
pub(crate) const THROTTLED: &str = "throttled";

/// What was asked, since the same code means different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A read: it changes nothing.
    Read,
    /// A write that makes or replaces.
    Write,
    /// A write that voids or deletes: its body refers to nothing but the document itself.
    Removal,
}

/// The one place that looks at an answer's status and at a fault in its body, whatever the status.
pub(crate) fn decide(answer: &Answer, asked: Asked, now: Timestamp) -> Result<(), Failure> {
    let good = (200..=299).contains(&answer.status);
    // long good answers are not read twice for a fault they do not hold
    if !good || answer.body.contains("Fault\"") || answer.body.contains("fault\"") {
        let errors = errors_in(&answer.body);
        if !errors.is_empty() {
            return Err(failure_of(
                &errors,
                answer.status,
                asked,
                answer.retry_after(now),
            ));
        }
    }
    if good {
        return Ok(());
    }
    Err(failure_of_status(
        answer.status,
        &answer.excerpt(),
        asked,
        answer.retry_after(now),
    ))
}

/// What a fault means. Of several errors the one that weighs most decides; the text tells all.
pub(crate) fn failure_of(
    errors: &[FaultError],
    status: u16,
    asked: Asked,
    retry_after: Option<Duration>,
) -> Failure {
    let words: Vec<String> = errors.iter().map(in_words).collect();
    let words = words.join("; ");
    // of equals the first decides, and `max_by_key` keeps the last it sees
    errors
        .iter()
        .rev()
        .map(|error| match error.code {
            Some(code) if code > 0 => of_code(code, &error.element, status, asked, &words),
            Some(_) | None => of_status(status, asked, &words),
        })
        .max_by_key(weight)
        .unwrap_or_else(|| of_status(status, asked, &words))
        .after(retry_after)
}

/// What a status without a readable fault means: an answer of a proxy, HTML, or nothing.
fn failure_of_status(
    status: u16,
    excerpt: &str,
    asked: Asked,
    retry_after: Option<Duration>,
) -> Failure {
    let words = if excerpt.is_empty() {
        format!("an empty answer with status {status}")
    } else {
        format!("status {status}: {excerpt}")
    };
    of_status(status, asked, &words).after(retry_after)
}

/// An answer with a good status that does not hold what was asked for. A write may have taken effect.
pub(crate) fn nothing_in_answer(asked: Asked, what: &str) -> Failure {
    doubtful(
        asked,
        "unreadable_answer",
        format!("QuickBooks' answer {what}"),
    )
}

fn weight(failure: &Failure) -> u8 {
    match failure.kind() {
        kit::Kind::Stop => 3,
        kit::Kind::Retry { .. } if failure.outcome_unknown() => 2,
        kit::Kind::Retry { .. } => 1,
        kit::Kind::Reject => 0,
    }
}

fn in_words(error: &FaultError) -> String {
    // the detail mostly repeats the message before a colon
    let text = if error.detail.is_empty() {
        &error.message
    } else {
        &error.detail
    };
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        words.push_str("no reason given");
    }
    let code = error.code.map(|code| format!("code {code}"));
    let element = (!error.element.is_empty()).then(|| format!("element {}", error.element));
    let place: Vec<String> = [element, code].into_iter().flatten().collect();
    if place.is_empty() {
        words
    } else {
        format!("{words} ({})", place.join(", "))
    }
}

/// Trouble of a call whose effect is not known.
fn doubtful(asked: Asked, code: &'static str, message: String) -> Failure {
    let failure = Failure::retry(code, message);
    match asked {
        Asked::Read => failure,
        Asked::Write | Asked::Removal => failure.with_unknown_outcome(),
    }
}

fn of_status(status: u16, asked: Asked, words: &str) -> Failure {
    match status {
        401 => token_refused(status),
        403 => Failure::stop(
            "no_permission",
            format!("QuickBooks does not let daybook in: {words}"),
            "sign in to QuickBooks as an administrator of the company and connect again with \
             `daybook connect`",
        ),
        404 => Failure::stop(
            "wrong_address",
            format!("there is no QuickBooks at this address: {words}"),
            "check `base_url` and `realm_id` of the connection, or leave `base_url` out",
        ),
        408 | 500..=599 => doubtful(
            asked,
            "quickbooks_trouble",
            format!("QuickBooks has trouble: {words}"),
        ),
        429 => throttled(words),
        300..=399 => Failure::retry(
            "redirected",
            format!("something between here and QuickBooks answered: {words}"),
        ),
        200..=299 => doubtful(
            asked,
            "unreadable_answer",
            format!("QuickBooks' answer is {words}"),
        ),
        _ => refused(words),
    }
}

fn of_code(code: u32, element: &str, status: u16, asked: Asked, words: &str) -> Failure {
    match code {
        100 | 110 | 3200 => token_refused(status),
        120 => Failure::stop(
            "no_permission",
            format!("QuickBooks does not let daybook in: {words}"),
            "the person who connected daybook is no longer an administrator of the company, or its \
             plan has no access for apps; connect again with `daybook connect`",
        ),
        3100 => Failure::stop(
            "wrong_realm",
            format!("the app is not connected to this company: {words}"),
            "check `realm_id` and `environment` (sandbox keys open only sandbox companies), then \
             connect with `daybook connect`",
        ),
        6190 => Failure::stop(
            "subscription_ended",
            format!("the QuickBooks subscription does not allow changes: {words}"),
            "renew the subscription or settle its bill in QuickBooks: gear, Account and settings, \
             Billing & subscription",
        ),
        3001 => throttled(words),
        130 | 140 | 150 => Failure::retry(
            "company_locked",
            format!("QuickBooks has locked the company for a while: {words}"),
        ),
        600 => doubtful(
            asked,
            "request_seen_before",
            format!("QuickBooks had this request before: {words}"),
        ),
        10_000.. => doubtful(
            asked,
            "quickbooks_trouble",
            format!("QuickBooks has trouble: {words}"),
        ),
        4000 | 4001 => Failure::reject(
            "query_refused",
            format!("QuickBooks did not understand a question: {words}"),
            "report this to the makers of daybook with this text",
        ),
        _ if status >= 500 => of_status(status, asked, words),
        2500 => missing(element, words),
        _ => of_record(code, asked, words),
    }
}

/// Something a document refers to does not exist. What it is, the member says that refers to it, where
/// QuickBooks names that.
fn missing(element: &str, words: &str) -> Failure {
    if element.ends_with("AccountRef") {
        return Failure::reject(
            "missing_account",
            format!("an account it is booked to is not in QuickBooks: {words}"),
            "make the account in QuickBooks or correct its name in the configuration, then retry",
        );
    }
    if element.ends_with("TaxCodeRef") {
        return Failure::reject(
            "missing_tax_code",
            format!("its tax code is not in QuickBooks: {words}"),
            "make the tax code in QuickBooks or correct its name in the configuration, then retry",
        );
    }
    gone(words)
}

/// Something a document refers to cannot be used.
fn gone(words: &str) -> Failure {
    Failure::reject(
        "missing_reference",
        format!("something it refers to is gone or inactive in QuickBooks: {words}"),
        "make the customer, product, account, tax code or class active again in QuickBooks; or, where a \
         customer or product was merged into another one or replaced, see that exactly one active one has \
         its e-mail address, SKU or name. Then retry",
    )
}

/// The codes that are about one record.
fn of_record(code: u32, asked: Asked, words: &str) -> Failure {
    match code {
        610 if asked == Asked::Removal => Failure::reject(
            "deleted_in_books",
            format!("the document is no longer in QuickBooks: {words}"),
            "nothing to take back; exclude it, or retry to make it again",
        ),
        610 => gone(words),
        5010 => Failure::reject(
            "changed_in_books",
            format!("somebody changed it in QuickBooks since it was posted: {words}"),
            "compare the two in QuickBooks; undo the change there and retry, or leave the document \
             as it is and exclude this change",
        ),
        6140 => Failure::reject(
            "number_taken",
            format!("QuickBooks has another document with this number: {words}"),
            "give that document another number in QuickBooks, or prefix the numbers with \
             `orders.number`, then retry",
        ),
        6200 | 6210 => Failure::reject(
            "closed_period",
            format!("the books are closed for its date: {words}"),
            "move the closing date in QuickBooks, or set `orders.closed_period` to \
             \"first_open_day\", then retry",
        ),
        6240 => Failure::reject(
            "name_taken",
            format!("a customer, vendor, employee or product in QuickBooks has this name: {words}"),
            "rename one of the two in QuickBooks, then retry",
        ),
        6270 => Failure::reject(
            "refused_by_quickbooks",
            format!("it is dated before the stock of one of its products begins: {words}"),
            "set the product's inventory start date in QuickBooks to the day of its oldest sale, \
             then retry",
        ),
        6540 => Failure::reject(
            "deposited",
            format!("it was deposited in QuickBooks and can no longer be changed: {words}"),
            "take it out of the deposit in QuickBooks, then retry",
        ),
        5020 | 5030 => Failure::reject(
            "refused_by_quickbooks",
            format!("the company's plan or the connected person's role does not allow it: {words}"),
            "give the person who connected daybook the right to it, or upgrade the plan, then retry",
        ),
        _ => refused(words),
    }
}

/// Without `QuickBooks`' words: they can hold the token.
fn token_refused(status: u16) -> Failure {
    Failure::stop(
        TOKEN_REFUSED,
        format!("QuickBooks refuses daybook's access token (status {status})"),
        "connect again with `daybook connect`",
    )
}

fn throttled(words: &str) -> Failure {
    Failure::retry(THROTTLED, format!("QuickBooks asks to slow down: {words}"))
}

fn refused(words: &str) -> Failure {
    Failure::reject(
        "refused_by_quickbooks",
        format!("QuickBooks refused it: {words}"),
        "read QuickBooks' own words, mend the cause, then retry",
    )
}

#[cfg(test)]
#[path = "fault_tests.rs"]
mod tests;
