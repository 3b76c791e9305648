//! What waits, by cause: one remedy for all of a cause.

use axum::extract::{Extension, State};
use axum::response::{Html, Response};
use maud::{Markup, html};

use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::Shared;
use super::words::held as said;
use super::{Tab, csv, may_act, page, parts, words, zone};
use crate::domain::cause;
use crate::store::CauseGroup;

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
            @if groups.is_empty() { (parts::empty(said::NOTHING)) } @else {
                p class="answer" { (said::answer(waiting, groups.len() as u64)) }
                p class="small tools" { a href="/held.csv" download="" { (words::CSV) } }
                @for group in &groups {
                    section class="cause" data-id=(group.cause) aria-label=(meaning(group)) {
                        h2 { (parts::prose(meaning(group))) }
                        p {
                            a href=(orders(group)) { (said::entries(group.count)) }
                            @if !group.amounts.is_empty() { ", " (parts::sums(&group.amounts)) }
                            (said::SINCE) (parts::time(group.since, now, &zone))
                        }
                        p class="reason" { span class="small" { (words::NEWEST) " " } (parts::prose(&group.reason)) }
                        p class="remedy" { span aria-hidden="true" { "→ " } (parts::prose(&group.remedy)) }
                        @if cause(&group.cause).is_some_and(|cause| cause.by_itself) { p class="small" { (said::BY_ITSELF) } }
                        @if may_act(caller) { (actions(group)) }
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
        a href=(orders(group)) { (said::entries(group.count)) }
        @if !group.amounts.is_empty() { ", " (parts::sums(&group.amounts)) }
        ": " (parts::prose(meaning(group))) " " span class="remedy" { span aria-hidden="true" { "→ " } (parts::prose(&group.remedy)) }
    }
}

fn meaning(group: &CauseGroup) -> &str {
    cause(&group.cause).map_or(group.reason.as_str(), |cause| cause.meaning)
}

fn orders(group: &CauseGroup) -> String {
    parts::link("/orders", &[("state", "unsynced"), ("cause", &group.cause)])
}

/// One remedy for all of a cause; and the way out, which says what it does before.
fn actions(group: &CauseGroup) -> Markup {
    let fields = [("cause", group.cause.as_str())];
    let leave = said::leave_out(group.count);
    let leave = parts::button("/do/exclude", &leave, &fields, "plain");
    let what = said::leaving_out(group.count, &parts::sums_text(&group.amounts));
    html! {
        div class="actions" {
            (parts::button("/do/retry", &said::retry_all(group.count), &fields, "primary"))
            (parts::careful(words::EXCLUDE, &what, &leave))
        }
    }
}

/// The causes as a file.
pub(super) async fn csv(State(app): State<Shared>) -> Result<Response, ApiProblem> {
    let mut text = String::new();
    let heads = [
        "cause", "meaning", "entries", "amount", "currency", "since", "reason", "remedy",
    ];
    csv::line(&mut text, &heads);
    for group in &app.store.held_by_cause(None).await? {
        let sums = group.amounts.iter().map(|money| {
            let amount = money.amount.to_string();
            (amount, money.currency.as_str().to_owned())
        });
        let mut sums: Vec<(String, String)> = sums.collect();
        if sums.is_empty() {
            sums.push(Default::default());
        }
        for (amount, currency) in &sums {
            csv::line(
                &mut text,
                &[
                    &group.cause,
                    meaning(group),
                    &group.count.to_string(),
                    amount,
                    currency,
                    &group.since.to_string(),
                    &group.reason,
                    &group.remedy,
                ],
            );
        }
    }
    Ok(csv::file("held", text))
}
