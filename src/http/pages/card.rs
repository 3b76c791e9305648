//! A run as a card: live while it runs, else what it did.

use axum::extract::{Extension, State};
use axum::response::Html;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::extract::{Asked, Named};
use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::Shared;
use super::words::runs as said;
use super::{may_act, parts, runs, words, zone_of};
use crate::domain::{PipelineName, SyncStatus};
use crate::engine::{RunReport, SyncReport};

/// A run as a card.
pub(super) fn card(
    run: &RunReport,
    caller: Caller,
    now: Timestamp,
    zone: &TimeZone,
    back: &str,
) -> Markup {
    let live = !run.status.is_at_rest();
    html! {
        section class="run" data-run=(run.batch_id) data-live=[live.then_some("")] data-back=(back) aria-label=(said::RUN) {
            (inside(run, caller, now, zone, back))
        }
    }
}

/// What a card holds; a live one is renewed by its script.
fn inside(run: &RunReport, caller: Caller, now: Timestamp, zone: &TimeZone, back: &str) -> Markup {
    let live = !run.status.is_at_rest();
    html! {
        @if live || run.status == SyncStatus::Paused {
            div class="progress" {
                (parts::bar(run.percentage, said::HOW_FAR, false))
                a class="percentage" href={ "/runs/" (run.batch_id) } data-f="percentage" { (run.percentage) " %" }
            }
            @if live { p class="now" data-f="now" { (doing(run)) } }
            ul class="streams" {
                @for sync in &run.syncs {
                    li {
                        span class="name" { (sync.entity_type) }
                        (parts::bar(sync.percentage.unwrap_or(0), &sync.entity_type, true))
                        a class="small" href={ "/runs/" (run.batch_id) } { (how_far(sync)) }
                    }
                }
            }
            @if may_act(caller) {
                div class="actions" {
                    @if live { (steer(run, "pause", words::PAUSE, "plain", back)) }
                    @else { (steer(run, "resume", words::RESUME, "primary", back)) }
                    (steer(run, "cancel", words::CANCEL, "plain", back))
                    span class="small" { (said::PAUSE_HELP) }
                }
            }
        } @else {
            p class="did" {
                @if back == "run" { (said::ENDED) } @else { a href={ "/runs/" (run.batch_id) } { (said::LAST) } " " }
                (parts::time(run.completed_at.unwrap_or(run.started_at), now, zone)) ": " (done(run))
                (said::took(&words::duration(run.duration_ms)))
                @if let Some(usual) = run.usually { ", " (words::compared(run.duration_ms, usual)) }
                "."
            }
        }
    }
}

/// A button that steers a run.
pub(super) fn steer(run: &RunReport, action: &str, label: &str, class: &str, back: &str) -> Markup {
    let fields = [
        ("batch", run.batch_id.as_str()),
        ("action", action),
        ("back", back),
    ];
    parts::button("/do/run", label, &fields, class)
}

/// What a live run is doing, in words.
fn doing(run: &RunReport) -> String {
    let current = run.syncs.iter().find(|sync| !sync.status.is_final());
    let mut text = current.map_or_else(
        || said::FINISHING.to_owned(),
        |sync| {
            let pages = sync.total_batches;
            let page = (sync.current_batch + 1).min(pages.unwrap_or(u64::MAX).max(1));
            said::doing(sync.phase, &sync.entity_type, page, pages)
        },
    );
    let beside = [
        current.and_then(a_minute),
        run.estimated_seconds_remaining.map(words::left),
        run.usually.map(words::usually),
    ];
    for part in beside.into_iter().flatten() {
        text.push_str(" · ");
        text.push_str(&part);
    }
    text
}

fn a_minute(sync: &SyncReport) -> Option<String> {
    let (whole, thousandths) = sync.records_per_second.as_deref()?.split_once('.')?;
    let milli = whole.parse::<u64>().ok()? * 1000 + thousandths.parse::<u64>().ok()?;
    let rate = milli * 60 / 1000;
    (rate > 0).then(|| said::a_minute(rate))
}

fn how_far(sync: &SyncReport) -> String {
    let done = sync.records_processed;
    match sync.records_total {
        _ if sync.status == SyncStatus::Queued => said::WAITS.to_owned(),
        Some(total) if !sync.status.is_final() => said::of(done, total.max(done)),
        _ => words::grouped(done),
    }
}

/// What a run did, in words.
pub(super) fn did(run: &RunReport) -> String {
    let mut text = said::did(&counts(run)).join(", ");
    if run.options.dry_run {
        text.push_str(said::REHEARSED);
    }
    text
}

/// The same, each figure with the list it counts.
fn done(run: &RunReport) -> Markup {
    let parts = said::did(&counts(run));
    let page = format!("/runs/{}", run.batch_id);
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index > 0 { ", " }
            a href=(page) { (part) }
        }
        @if run.options.dry_run { (said::REHEARSED) }
    }
}

/// New, changed, held, not understood.
fn counts(run: &RunReport) -> [u64; 4] {
    let sum = |count: fn(&SyncReport) -> u64| run.syncs.iter().map(count).sum::<u64>();
    [
        sum(|sync| sync.records_created),
        sum(|sync| sync.records_updated),
        sum(|sync| sync.records_held),
        sum(|sync| sync.records_failed),
    ]
}

/// Where a card stands.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LiveQuery {
    back: String,
}

/// What a live card holds now, for its script.
pub(super) async fn live(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
    Asked(query): Asked<LiveQuery>,
) -> Result<Html<String>, ApiProblem> {
    let run = runs::one(&app, &id).await?;
    let zone = zone_of(&app, &PipelineName::new(run.pipeline.clone()));
    let back = match query.back.as_str() {
        "overview" => "overview",
        _ => "run",
    };
    let markup = inside(&run, caller, app.clock.now(), &zone, back);
    Ok(Html(markup.into_string()))
}
