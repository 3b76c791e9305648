//! What waits, by cause: one remedy for all of a cause.

use axum::extract::{Extension, State};
use axum::response::Html;
use maud::{Markup, html};

use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::Shared;
use super::{Tab, may_act, page, parts, words, zone};
use crate::domain::{PostingState, cause};
use crate::store::{CauseGroup, PostingRow};

const NOTHING: &str =
    "Nothing waits for you. What cannot be booked to the cent comes here with its reason.";
const RELEASED: &str = "Released: the next run sends it.";
const BY_ITSELF: &str = "Each run tries this again by itself.";

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Result<Html<String>, ApiProblem> {
    let groups = app.store.held_by_cause(None).await?;
    let (now, zone) = (app.clock.now(), zone(&app));
    let waiting: u64 = groups.iter().map(|group| group.count).sum();
    let body = html! {
        h1 { (words::HELD) }
        div data-refresh="held" {
            @if groups.is_empty() { (parts::empty(NOTHING)) } @else {
                p class="answer" {
                    (words::count(waiting, "entry waits", "entries wait")) " for "
                    (words::count(groups.len() as u64, "reason", "reasons")) "."
                }
                @for group in &groups {
                    section class="cause" aria-label=(group.cause) {
                        h2 { (parts::prose(meaning(group))) }
                        p {
                            a href=(orders(group)) { (words::count(group.count, "entry", "entries")) }
                            @for amount in &group.amounts { ", " (parts::money_of(amount)) }
                            ", since " (parts::time(group.since, now, &zone))
                        }
                        p class="reason" { span class="small" { "The newest: " } (parts::prose(&group.reason)) }
                        p class="remedy" { span aria-hidden="true" { "→ " } (parts::prose(&group.remedy)) }
                        @if cause(&group.cause).is_some_and(|cause| cause.by_itself) { p class="small" { (BY_ITSELF) } }
                        (release_all(group, caller))
                        p class="code" { (group.cause) }
                    }
                }
            }
        }
    };
    Ok(page(&app, caller, Tab::Held, words::HELD, body).await?)
}

/// A cause in one line.
pub(super) fn in_short(group: &CauseGroup) -> Markup {
    html! {
        a href=(orders(group)) { (words::count(group.count, "entry", "entries")) }
        @for amount in &group.amounts { ", " (parts::money_of(amount)) }
        ": " (parts::prose(meaning(group))) " " span class="remedy" { span aria-hidden="true" { "→ " } (parts::prose(&group.remedy)) }
    }
}

fn meaning(group: &CauseGroup) -> &str {
    cause(&group.cause).map_or(group.reason.as_str(), |cause| cause.meaning)
}

fn orders(group: &CauseGroup) -> String {
    parts::link("/orders", &[("state", "unsynced"), ("cause", &group.cause)])
}

/// The button that tries all of a cause again.
fn release_all(group: &CauseGroup, caller: Caller) -> Markup {
    let label = match group.count {
        1 => words::RETRY.to_owned(),
        count => format!("{} with all {}", words::RETRY, words::grouped(count)),
    };
    html! {
        @if may_act(caller) {
            p class="actions" { (parts::button("/do/retry", &label, &[("cause", &group.cause)], "plain")) }
        }
    }
}

/// The button that tries one again.
pub(super) fn try_again(row: &PostingRow, caller: Caller) -> Markup {
    let waits = matches!(row.state, PostingState::Held | PostingState::Failed);
    html! {
        @if waits && row.released_at.is_some() {
            p class="note" { (RELEASED) }
        } @else if waits && may_act(caller) {
            p class="actions" {
                (parts::button("/do/retry", words::RETRY, &[("posting", row.id.as_str()), ("order", &row.number)], "primary"))
            }
        }
    }
}
