//! What waits, by cause: one remedy for all of a cause.

use axum::extract::{Extension, State};
use axum::response::{Html, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::api::journal::known_pipeline;
use super::super::extract::Asked;
use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::words::{Sending, held as said};
use super::{Tab, csv, may_act, page, parts, pipelines, words, zone_asked};
use crate::domain::{EXCLUDED_BY_HAND, PipelineName, PostingState, SyncStatus, cause};
use crate::store::{CauseGroup, StoreError};

/// Whose.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HeldQuery {
    pipeline: String,
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<HeldQuery>,
) -> Result<Html<String>, ApiProblem> {
    let pipeline = known_pipeline(&app, Some(&query.pipeline))?;
    let groups = app.store.held_by_cause(pipeline.as_ref()).await?;
    let (now, zone) = (app.clock.now(), zone_asked(&app, pipeline.as_ref()));
    let waiting: u64 = groups.iter().map(|group| group.count).sum();
    let sending = sending(&app, pipeline.as_ref()).await?;
    let at = |path: &str, name: &str| parts::link(path, &[("pipeline", name)]);
    let left_out = [
        ("state", PostingState::Excluded.as_str()),
        ("cause", EXCLUDED_BY_HAND),
        ("pipeline", query.pipeline.as_str()),
    ];
    let left_out = parts::link("/orders", &left_out);
    let left_out = html! { a href=(left_out) { (said::LEFT_OUT) } };
    let body = html! {
        h1 { (words::HELD) }
        (pipelines(&app, &query.pipeline, |name| at("/held", name)))
        div data-refresh="held" {
            @if groups.is_empty() {
                (parts::empty(said::NOTHING))
                p class="small tools" { (left_out) }
            } @else {
                p class="answer" { (said::answer(waiting, groups.len() as u64)) }
                p class="small tools" { a href=(at("/held.csv", &query.pipeline)) download="" { (words::CSV) } (left_out) }
                @for group in &groups {
                    section class="cause" data-id=(group.cause) aria-label=(meaning(group)) {
                        h2 { (parts::prose(meaning(group))) }
                        p {
                            a href=(orders(group, &query.pipeline)) { (said::entries(group.count)) }
                            @if !group.amounts.is_empty() { ", " (parts::sums(&group.amounts)) }
                            (said::SINCE) (parts::time(group.since, now, &zone))
                        }
                        p class="reason" { span class="small" { (words::NEWEST) " " } (parts::prose(&group.reason)) }
                        p class="remedy" { span aria-hidden="true" { "→ " } (parts::prose(&group.remedy)) }
                        @if cause(&group.cause).is_some_and(|cause| cause.by_itself) { p class="small" { (said::BY_ITSELF) } }
                        @if group.released > 0 { p class="note" { (words::released(Some(group.released), sending)) } }
                        @if may_act(caller) { (actions(group, &query.pipeline)) }
                        p class="code" { (group.cause) }
                    }
                }
            }
        }
    };
    Ok(page(&app, caller, Tab::Held, words::HELD, body).await?)
}

/// When what is released in a pipeline, or in any of them, is sent.
pub(super) async fn sending(
    app: &App,
    pipeline: Option<&PipelineName>,
) -> Result<Sending, StoreError> {
    let of = app.engine.pipelines().map(|it| &it.name);
    let of: Vec<_> = of
        .filter(|name| pipeline.is_none_or(|it| it == *name))
        .collect();
    let open = app.store.open_batches().await?;
    let is_paused = |name: &&PipelineName| {
        let mut runs = open.iter().filter(|run| run.pipeline == **name);
        runs.any(|run| run.status == SyncStatus::Paused)
    };
    let (active, at_rest): (Vec<_>, Vec<_>) = of
        .iter()
        .copied()
        .partition(|name| app.engine.active(name).is_some());
    let (active, paused) = (active.len(), at_rest.into_iter().filter(is_paused).count());
    Ok(match (paused, active) {
        (0, 0) => Sending::Next,
        (0, _) => Sending::Now,
        (paused, _) if paused == of.len() => Sending::Paused,
        _ => Sending::SomePaused,
    })
}

/// A cause in one line.
pub(super) fn in_short(group: &CauseGroup, pipeline: &str) -> Markup {
    html! {
        a href=(orders(group, pipeline)) { (said::entries(group.count)) }
        @if !group.amounts.is_empty() { ", " (parts::sums(&group.amounts)) }
        ": " (parts::prose(meaning(group))) " " span class="remedy" { span aria-hidden="true" { "→ " } (parts::prose(&group.remedy)) }
    }
}

fn meaning(group: &CauseGroup) -> &str {
    cause(&group.cause).map_or(group.reason.as_str(), |cause| cause.meaning)
}

fn orders(group: &CauseGroup, pipeline: &str) -> String {
    let query = [
        ("state", "unsynced"),
        ("cause", group.cause.as_str()),
        ("pipeline", pipeline),
    ];
    parts::link("/orders", &query)
}

/// One remedy for all of a cause; and the way out, which says what it does before and does it to
/// nothing that has come since.
fn actions(group: &CauseGroup, pipeline: &str) -> Markup {
    let mark = group.mark();
    let mut fields = vec![("cause", group.cause.as_str())];
    if !pipeline.is_empty() {
        fields.push(("pipeline", pipeline));
    }
    let again = group.count - group.released;
    let retry = said::retry_all(again, group.released > 0);
    let retry = parts::button("/do/retry", &retry, &fields, "primary");
    fields.push(("seen", mark.as_str()));
    let leave = said::leave_out(group.count);
    let leave = parts::button("/do/exclude", &leave, &fields, "plain");
    let sums = parts::sums_text(&group.amounts);
    let what = said::leaving_out(group.count, &sums, group.objects > 0);
    html! {
        div class="actions" {
            @if again > 0 { (retry) }
            (parts::careful(words::EXCLUDE, &what, &leave))
        }
    }
}

/// The causes as a file.
pub(super) async fn csv(
    State(app): State<Shared>,
    Asked(query): Asked<HeldQuery>,
) -> Result<Response, ApiProblem> {
    let pipeline = known_pipeline(&app, Some(&query.pipeline))?;
    let mut text = String::new();
    let heads = [
        "cause", "meaning", "entries", "amount", "currency", "since", "reason", "remedy",
    ];
    csv::line(&mut text, &heads);
    for group in &app.store.held_by_cause(pipeline.as_ref()).await? {
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
