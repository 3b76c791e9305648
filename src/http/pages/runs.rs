//! Runs: live ones on top, then the history; a run opens to its streams, errors and chart.

use axum::extract::{Extension, State};
use axum::response::Html;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::api::runs::reports;
use super::super::extract::{Asked, Named};
use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::{Tab, may_act, page, parts, words, zone, zone_of};
use crate::domain::{BatchId, PipelineName, SyncStatus};
use crate::engine::{RunReport, SyncReport, find_batch, usually};
use crate::store::{Run, RunFilter, StoreError};

const NONE: &str = "No run was made yet. “Sync now” on the overview makes one.";
const PAGE: u32 = 50;
const BARS: u64 = 40;
const THROUGHPUT: &str = "Documents posted over the run";
const HISTORY: &str = "How long the runs took";

/// The report of a run with what is usual.
async fn report(app: &App, run: Run) -> Result<RunReport, StoreError> {
    let usual = usually(&app.store, &run.batch).await?;
    let active = app.engine.active(&run.batch.pipeline);
    Ok(RunReport::new(run, active.as_ref(), usual, app.clock.now()))
}

/// The newest run of a pipeline.
pub(super) async fn latest(
    app: &App,
    name: &PipelineName,
) -> Result<Option<RunReport>, StoreError> {
    let filter = RunFilter {
        limit: 1,
        pipeline: Some(name.clone()),
        ..RunFilter::default()
    };
    match app.store.runs(&filter).await?.pop() {
        Some(run) => Ok(Some(report(app, run).await?)),
        None => Ok(None),
    }
}

async fn one(app: &App, id: &str) -> Result<RunReport, ApiProblem> {
    let batch = find_batch(&app.store, id).await?;
    let batch = batch.ok_or_else(|| ApiProblem::not_found(format!("there is no run {id}")))?;
    let syncs = app.store.syncs(&batch.id).await?;
    Ok(report(app, Run { batch, syncs }).await?)
}

/// A run as a card: live while it runs, else what it did.
pub(super) fn card(
    run: &RunReport,
    caller: Caller,
    now: Timestamp,
    zone: &TimeZone,
    back: &str,
) -> Markup {
    let live = !run.status.is_at_rest();
    html! {
        section class="run" data-run=(run.batch_id) data-live=[live.then_some("")] data-back=(back) aria-label="Run" {
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
                (parts::bar(run.percentage, "How far the run is", false))
                span class="percentage" data-f="percentage" { (run.percentage) " %" }
            }
            @if live { p class="now" data-f="now" { (doing(run)) } }
            ul class="streams" {
                @for sync in &run.syncs {
                    li {
                        span class="name" { (sync.entity_type) }
                        (parts::bar(sync.percentage.unwrap_or(0), &sync.entity_type, true))
                        span class="small" { (how_far(sync)) }
                    }
                }
            }
            @if may_act(caller) {
                p class="actions" {
                    @if live {
                        (steer(run, "pause", words::PAUSE, "plain", back)) " "
                    } @else {
                        (steer(run, "resume", words::RESUME, "primary", back)) " "
                    }
                    (steer(run, "cancel", words::CANCEL, "plain", back))
                }
            }
        } @else {
            p class="did" {
                @if back == "run" { "Ended " } @else { a href={ "/runs/" (run.batch_id) } { "Last run" } " " }
                (parts::time(run.completed_at.unwrap_or(run.started_at), now, zone)) ": " (did(run)) ", took "
                (words::duration(run.duration_ms))
                @if let Some(usual) = run.usually { ", " (words::compared(run.duration_ms, usual)) }
                "."
            }
        }
    }
}

fn steer(run: &RunReport, action: &str, label: &str, class: &str, back: &str) -> Markup {
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
    let mut text = match current {
        None => "Finishing".to_owned(),
        Some(sync) => match sync.phase {
            "resolving" => "Posting what an earlier run left".to_owned(),
            "lists" => "Reading the lists of the company".to_owned(),
            "waiting" => format!("About to read the {}", sync.entity_type),
            _ => match sync.total_batches {
                Some(pages) => format!(
                    "Posting {}: page {} of {pages}",
                    sync.entity_type,
                    (sync.current_batch + 1).min(pages.max(1)),
                ),
                None => format!("Reading {}", sync.entity_type),
            },
        },
    };
    if let Some(rate) = current.and_then(a_minute) {
        text.push_str(" · ");
        text.push_str(&rate);
    }
    if let Some(seconds) = run.estimated_seconds_remaining {
        text.push_str(" · ");
        text.push_str(&words::left(seconds));
    }
    if let Some(usual) = run.usually {
        text.push_str(" · ");
        text.push_str(&words::usually(usual));
    }
    text
}

fn a_minute(sync: &SyncReport) -> Option<String> {
    let (whole, thousandths) = sync.records_per_second.as_deref()?.split_once('.')?;
    let milli = whole.parse::<u64>().ok()? * 1000 + thousandths.parse::<u64>().ok()?;
    let rate = milli * 60 / 1000;
    (rate > 0).then(|| format!("{} a minute", words::grouped(rate)))
}

fn how_far(sync: &SyncReport) -> String {
    let done = words::grouped(sync.records_processed);
    match sync.records_total {
        _ if sync.status == SyncStatus::Queued => "waits".to_owned(),
        Some(total) if !sync.status.is_final() => {
            format!(
                "{done} of {}",
                words::grouped(total.max(sync.records_processed))
            )
        }
        _ => done,
    }
}

/// What a run did, in words.
fn did(run: &RunReport) -> String {
    let sum = |count: fn(&SyncReport) -> u64| run.syncs.iter().map(count).sum::<u64>();
    let counts = [
        (sum(|sync| sync.records_created), "new"),
        (sum(|sync| sync.records_updated), "changed"),
        (sum(|sync| sync.records_held), "held"),
        (sum(|sync| sync.records_failed), "not understood"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", words::grouped(*count)))
        .collect();
    let mut text = if parts.is_empty() {
        "nothing new".to_owned()
    } else {
        parts.join(", ")
    };
    if run.options.dry_run {
        text.push_str(" (rehearsed, nothing was posted)");
    }
    text
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    before: Option<String>,
    status: Option<SyncStatus>,
}

pub(super) async fn list(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<ListQuery>,
) -> Result<Html<String>, ApiProblem> {
    let filter = RunFilter {
        limit: PAGE,
        status: query.status,
        before: query.before.map(BatchId::new),
        ..RunFilter::default()
    };
    let runs = reports(&app, &filter).await?;
    let (now, zone) = (app.clock.now(), zone(&app));
    let more = (runs.len() == 50).then(|| runs.last()).flatten();
    let bars: Vec<(String, u64, String)> = runs
        .iter()
        .rev()
        .filter(|run| run.completed_at.is_some())
        .map(|run| {
            let at = parts::exact(run.started_at, &zone);
            (at, run.duration_ms, words::duration(run.duration_ms))
        })
        .collect();
    let body = html! {
        h1 { (words::RUNS) }
        (filters(query.status))
        div data-refresh="runs" {
            @for run in runs.iter().filter(|run| !run.status.is_at_rest()) {
                (card(run, caller, now, &zone, "runs"))
            }
            @if runs.is_empty() { (parts::empty(NONE)) }
            @if bars.len() > 2 { figure { figcaption class="small" { (HISTORY) } (parts::chart(HISTORY, &bars)) } }
            @if !runs.is_empty() { (table(&runs, now, &zone)) }
            @if let Some(last) = more {
                p { a class="more" href=(parts::link("/runs", &[("before", &last.batch_id)])) { (words::MORE) } }
            }
        }
    };
    Ok(page(&app, caller, Tab::Runs, words::RUNS, body).await?)
}

fn filters(chosen: Option<SyncStatus>) -> Markup {
    let statuses = [
        SyncStatus::Running,
        SyncStatus::Completed,
        SyncStatus::Partial,
        SyncStatus::Failed,
        SyncStatus::Paused,
        SyncStatus::Cancelled,
    ];
    html! {
        nav class="chips" aria-label="Status" {
            a href="/runs" aria-current=[chosen.is_none().then_some("true")] { "all" }
            @for status in statuses {
                a href=(parts::link("/runs", &[("status", status.as_str())])) aria-current=[(chosen == Some(status)).then_some("true")] {
                    (parts::status(status))
                }
            }
        }
    }
}

fn table(runs: &[RunReport], now: Timestamp, zone: &TimeZone) -> Markup {
    html! {
        table class="list" {
            thead { tr {
                th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "Result" }
                th scope="col" { "Did" } th scope="col" class="n" { "Took" }
            } }
            tbody {
                @for run in runs {
                    tr data-id=(run.batch_id) {
                        td data-label="When" { a href={ "/runs/" (run.batch_id) } class="row" { (parts::time(run.started_at, now, zone)) } }
                        td data-label="What" { (asked_for(run)) }
                        td data-label="Result" { (parts::status(run.status)) @if let Some(error) = &run.error { " " span class="small" { (error) } } }
                        td data-label="Did" { (did(run)) }
                        td class="n" data-label="Took" { (words::duration(run.duration_ms)) }
                    }
                }
            }
        }
    }
}

fn asked_for(run: &RunReport) -> String {
    let streams: Vec<&str> = run.options.streams.iter().map(|it| it.as_str()).collect();
    let streams = if streams.is_empty() {
        "everything".to_owned()
    } else {
        streams.join(", ")
    };
    let by = match run.trigger {
        "schedule" => "by the schedule",
        "command" => "by command",
        "webhook" => "told by the store",
        "resume" => "went on by itself",
        _ => "asked for here",
    };
    let full = if run.options.full {
        ", from the beginning"
    } else {
        ""
    };
    format!("{} · {streams}{full}, {by}", run.pipeline)
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
) -> Result<Html<String>, ApiProblem> {
    let run = one(&app, &id).await?;
    let zone = zone_of(&app, &PipelineName::new(run.pipeline.clone()));
    let now = app.clock.now();
    let title = format!("Run of {}", parts::exact(run.started_at, &zone));
    let chart = throughput(&app, &run).await?;
    let body = html! {
        h1 { (title) }
        div data-refresh="run" {
            p class="answer" { (parts::status(run.status)) " " (asked_for(&run)) }
            @if let Some(error) = &run.error { p class="trouble" { (error) } }
            (card(&run, caller, now, &zone, "run"))
            @if may_act(caller) && matches!(run.status, SyncStatus::Failed | SyncStatus::Interrupted | SyncStatus::Cancelled) {
                p class="actions" { (steer(&run, "resume", words::RESUME, "primary", "run")) }
            }
            (streams(&run))
            (errors(&run))
            @if let Some(bars) = &chart { figure { figcaption class="small" { (THROUGHPUT) } (parts::chart(THROUGHPUT, bars)) } }
            p class="small" {
                "Run " code { (run.batch_id) } ". For programs: "
                @for sync in &run.syncs { a href={ "/api/sync/status/" (sync.sync_id) } { (sync.entity_type) } " " }
            }
        }
    };
    Ok(page(&app, caller, Tab::Runs, &title, body).await?)
}

fn streams(run: &RunReport) -> Markup {
    html! {
        table class="list" {
            caption { "Streams" }
            thead { tr {
                th scope="col" { "Stream" } th scope="col" { "Result" } th scope="col" class="n" { "Read" } th scope="col" class="n" { "New" }
                th scope="col" class="n" { "Changed" } th scope="col" class="n" { "Unchanged" } th scope="col" class="n" { "Held" }
                th scope="col" class="n" { "Failed" } th scope="col" class="n" { "Pages" } th scope="col" class="n" { "Took" }
            } }
            tbody { @for sync in &run.syncs { tr {
                th scope="row" { (sync.entity_type) }
                td data-label="Result" { (parts::status(sync.status)) }
                @for (label, count) in [
                    ("Read", sync.records_processed), ("New", sync.records_created), ("Changed", sync.records_updated),
                    ("Unchanged", sync.records_skipped), ("Held", sync.records_held), ("Failed", sync.records_failed),
                    ("Pages", sync.current_batch),
                ] { td class="n" data-label=(label) { (words::grouped(count)) } }
                td class="n" data-label="Took" { @if let Some(took) = sync.duration_ms { (words::duration(took)) } }
            } } }
        }
    }
}

fn errors(run: &RunReport) -> Markup {
    let any = run.syncs.iter().any(|sync| !sync.errors.is_empty());
    html! {
        @if any {
            table class="list" {
                caption { "What waits or failed in it" }
                thead { tr { th scope="col" { "Record" } th scope="col" { "Why" } th scope="col" { "What to do" } } }
                tbody { @for sync in &run.syncs { @for error in &sync.errors { tr {
                    td data-label="Record" {
                        @if sync.entity_type == "orders" { a href=(parts::order_path(&error.record)) { "#" (error.record) } }
                        @else { (sync.entity_type) " " (error.record) }
                    }
                    td data-label="Why" { (parts::prose(&error.reason)) " " span class="code" { (error.cause) } }
                    td data-label="What to do" { (parts::prose(&error.remedy)) }
                } } } }
            }
        }
    }
}

/// Documents posted in each of forty parts of the run.
async fn throughput(
    app: &App,
    run: &RunReport,
) -> Result<Option<Vec<(String, u64, String)>>, StoreError> {
    let step = run.duration_ms.div_ceil(BARS).max(250);
    let pipeline = PipelineName::new(run.pipeline.clone());
    let until = run.completed_at.unwrap_or(app.clock.now());
    let counts = app
        .store
        .posted_over_time(&pipeline, run.started_at, until, step)
        .await?;
    if counts.iter().map(|(_, count)| count).sum::<u64>() < 2 {
        return Ok(None);
    }
    let slots = run.duration_ms / step + 1;
    let bars = (0..slots.min(BARS + 1))
        .map(|slot| {
            let count = counts
                .iter()
                .find(|(known, _)| *known == slot)
                .map_or(0, |(_, count)| *count);
            let from = words::duration(slot * step);
            (
                format!("after {from}"),
                count,
                words::count(count, "document", "documents"),
            )
        })
        .collect();
    Ok(Some(bars))
}

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
    let run = one(&app, &id).await?;
    let zone = zone_of(&app, &PipelineName::new(run.pipeline.clone()));
    let back = match query.back.as_str() {
        "overview" => "overview",
        _ => "run",
    };
    let markup = inside(&run, caller, app.clock.now(), &zone, back);
    Ok(Html(markup.into_string()))
}
