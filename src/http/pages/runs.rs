//! Runs: live ones on top, then the history; a run opens to its streams, errors and chart.

use axum::extract::{Extension, State};
use axum::response::{Html, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::api::runs::reports;
use super::super::extract::{Asked, Named};
use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::card::{card, did, steer};
use super::parts::Bar;
use super::words::runs as said;
use super::{Tab, csv, may_act, order_path_of, page, parts, words, zone, zone_of};
use crate::domain::{BatchId, PipelineName, SyncStatus};
use crate::engine::{RunReport, SyncReport, find_batch, history, usually};
use crate::store::{Run, RunFilter, StoreError};

const PAGE: u32 = 50;
const BARS: u64 = 40;

/// The report of a run with what is usual.
async fn report(app: &App, run: Run) -> Result<RunReport, StoreError> {
    let usual = usually(&app.store, &run.batch).await?;
    let active = app.engine.active(&run.batch.pipeline);
    Ok(RunReport::new(run, active.as_ref(), usual, app.clock.now()))
}

/// The run that says how a pipeline stands.
pub(super) async fn latest(
    app: &App,
    name: &PipelineName,
) -> Result<Option<RunReport>, StoreError> {
    match app.engine.current_run(name).await? {
        Some(run) => Ok(Some(report(app, run).await?)),
        None => Ok(None),
    }
}

pub(super) async fn one(app: &App, id: &str) -> Result<RunReport, ApiProblem> {
    let batch = find_batch(&app.store, id).await?;
    let batch = batch.ok_or_else(|| ApiProblem::not_found(format!("there is no run {id}")))?;
    let run = history::run(&app.store, batch).await?;
    Ok(report(app, run).await?)
}

/// Which runs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    before: Option<String>,
    status: Option<SyncStatus>,
}

impl ListQuery {
    fn filter(&self) -> RunFilter {
        RunFilter {
            limit: PAGE,
            status: self.status,
            before: self.before.clone().map(BatchId::new),
            ..RunFilter::default()
        }
    }

    fn why_empty(&self) -> &'static str {
        match (self.status, &self.before) {
            (None, None) => said::NONE,
            (Some(_), _) => said::NONE_OF_STATUS,
            (None, Some(_)) => said::NONE_BEFORE,
        }
    }

    fn at(&self, path: &str, before: &str) -> String {
        let status = self.status.map_or("", SyncStatus::as_str);
        parts::link(path, &[("status", status), ("before", before)])
    }
}

pub(super) async fn list(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<ListQuery>,
) -> Result<Html<String>, ApiProblem> {
    let runs = reports(&app, &query.filter()).await?;
    let older = older_at_work(&app, &query, &runs).await?;
    let (now, zone) = (app.clock.now(), zone(&app));
    let more = (runs.len() == 50).then(|| runs.last()).flatten();
    let bars = durations(&runs, &zone);
    let before = query.before.clone().unwrap_or_default();
    let body = html! {
        h1 { (words::RUNS) }
        (filters(query.status))
        div data-refresh="runs" {
            @for run in runs.iter().chain(&older).filter(|run| !run.status.is_at_rest()) {
                (card(run, caller, now, &zone, "runs"))
            }
            @if runs.is_empty() { (parts::empty(query.why_empty())) }
            @if bars.len() > 2 { (parts::chart(said::HISTORY, (said::WHEN, said::TOOK), &bars)) }
        }
        // new runs announce themselves; an empty list is replaced as a whole
        div data-refresh="runs-list" data-list=[(!runs.is_empty()).then_some("")] {
            @if !runs.is_empty() {
                p class="small tools" { a href=(query.at("/runs.csv", &before)) download="" { (words::CSV) } }
                (table(&runs, now, &zone))
            }
            @if let Some(last) = more {
                p { a class="more" data-more="" href=(query.at("/runs", &last.batch_id)) { (words::MORE) } }
            }
        }
    };
    Ok(page(&app, caller, Tab::Runs, words::RUNS, body).await?)
}

/// The runs at work that the first page does not reach: older ones that somebody went on with.
async fn older_at_work(
    app: &App,
    query: &ListQuery,
    listed: &[RunReport],
) -> Result<Vec<RunReport>, StoreError> {
    let mut older = Vec::new();
    if query.before.is_some() {
        return Ok(older);
    }
    for run in history::at_work(&app.store).await? {
        let is_listed = listed
            .iter()
            .any(|listed| listed.batch_id == run.batch.id.as_str());
        let wanted = query.status.is_none_or(|status| status == run.batch.status);
        if wanted && !is_listed {
            older.push(report(app, run).await?);
        }
    }
    Ok(older)
}

/// How long the runs took, the oldest first.
fn durations(runs: &[RunReport], zone: &TimeZone) -> Vec<Bar> {
    let ended = runs.iter().rev().filter(|run| run.completed_at.is_some());
    ended
        .map(|run| Bar {
            label: parts::exact(run.started_at, zone),
            value: run.duration_ms,
            rest: 0,
            words: words::duration(run.duration_ms),
            link: Some(format!("/runs/{}", run.batch_id)),
        })
        .collect()
}

/// The same list as a file.
pub(super) async fn csv(
    State(app): State<Shared>,
    Asked(query): Asked<ListQuery>,
) -> Result<Response, ApiProblem> {
    let mut text = String::new();
    let heads = [
        "run",
        "pipeline",
        "trigger",
        "status",
        "started",
        "ended",
        "duration_ms",
        "read",
        "new",
        "changed",
        "unchanged",
        "held",
        "failed",
        "error",
    ];
    csv::line(&mut text, &heads);
    for run in &reports(&app, &query.filter()).await? {
        let sum = |count: fn(&SyncReport) -> u64| {
            let sum: u64 = run.syncs.iter().map(count).sum();
            sum.to_string()
        };
        let ended = run.completed_at.map(|at| at.to_string());
        csv::line(
            &mut text,
            &[
                &run.batch_id,
                &run.pipeline,
                run.trigger,
                run.status.as_str(),
                &run.started_at.to_string(),
                &ended.unwrap_or_default(),
                &run.duration_ms.to_string(),
                &sum(|sync| sync.records_processed),
                &sum(|sync| sync.records_created),
                &sum(|sync| sync.records_updated),
                &sum(|sync| sync.records_skipped),
                &sum(|sync| sync.records_held),
                &sum(|sync| sync.records_failed),
                run.error.as_deref().unwrap_or_default(),
            ],
        );
    }
    Ok(csv::file("runs", text))
}

fn filters(chosen: Option<SyncStatus>) -> Markup {
    let statuses = [
        SyncStatus::Running,
        SyncStatus::Completed,
        SyncStatus::Partial,
        SyncStatus::Failed,
        SyncStatus::Paused,
        SyncStatus::Interrupted,
        SyncStatus::Cancelled,
    ];
    html! {
        nav class="chips" aria-label=(said::STATUS) {
            a href="/runs" aria-current=[chosen.is_none().then_some("true")] { (words::ALL) }
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
                th scope="col" { (said::WHEN) } th scope="col" { (said::WHAT) } th scope="col" { (said::RESULT) }
                th scope="col" { (said::DID) } th scope="col" class="n" { (said::TOOK) }
            } }
            tbody {
                @for run in runs {
                    tr data-id=(run.batch_id) {
                        td data-label=(said::WHEN) class="day" { a href={ "/runs/" (run.batch_id) } class="row" { (parts::time(run.started_at, now, zone)) } }
                        td data-label=(said::WHAT) { (asked_for(run)) }
                        td data-label=(said::RESULT) { (parts::status(run.status)) @if let Some(error) = &run.error { " " span class="small" { (error) } } }
                        td data-label=(said::DID) { (did(run)) }
                        td class="n" data-label=(said::TOOK) { (words::duration(run.duration_ms)) }
                    }
                }
            }
        }
    }
}

fn asked_for(run: &RunReport) -> String {
    said::asked_for(&run.pipeline, &run.options, run.trigger)
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
) -> Result<Html<String>, ApiProblem> {
    let run = one(&app, &id).await?;
    let zone = zone_of(&app, &PipelineName::new(run.pipeline.clone()));
    let now = app.clock.now();
    let title = said::title(&parts::exact(run.started_at, &zone));
    let chart = throughput(&app, &run).await?;
    let body = html! {
        h1 { (title) }
        div data-refresh="run" {
            p class="answer" { (parts::status(run.status)) " " (asked_for(&run)) }
            @if let Some(error) = &run.error { p class="trouble" { (error) } }
            (card(&run, caller, now, &zone, "run"))
            @if may_act(caller) && matches!(run.status, SyncStatus::Failed | SyncStatus::Interrupted | SyncStatus::Cancelled) {
                div class="actions" { (steer(&run, "resume", words::RESUME, "primary", "run")) }
            }
            (streams(&run))
            (errors(&app, &run))
            @if let Some(bars) = &chart { (parts::chart(said::THROUGHPUT, (said::MOMENT, said::DOCUMENTS), bars)) }
            p class="small" {
                (said::RUN) " " code { (run.batch_id) } ". " (said::FOR_PROGRAMS)
                @for sync in &run.syncs { a href={ "/api/sync/status/" (sync.sync_id) } { (sync.entity_type) } " " }
            }
        }
    };
    Ok(page(&app, caller, Tab::Runs, &title, body).await?)
}

fn streams(run: &RunReport) -> Markup {
    html! {
        table class="list" {
            caption { (said::STREAMS) }
            thead { tr {
                th scope="col" { (said::STREAM) } th scope="col" { (said::RESULT) }
                @for name in COUNTS { th scope="col" class="n" { (name) } }
                th scope="col" class="n" { (said::TOOK) }
            } }
            tbody { @for sync in &run.syncs { tr {
                th scope="row" { (sync.entity_type) }
                td data-label=(said::RESULT) { (parts::status(sync.status)) }
                @for (name, count) in COUNTS.into_iter().zip(counts(sync)) {
                    td class="n" data-label=(name) { (counted(run, sync, name, count)) }
                }
                td class="n" data-label=(said::TOOK) { @if let Some(took) = sync.duration_ms { (words::duration(took)) } }
            } } }
        }
    }
}

const COUNTS: [&str; 7] = [
    said::READ,
    said::NEW,
    said::CHANGED,
    said::UNCHANGED,
    said::HELD,
    said::FAILED,
    said::PAGES,
];

fn counts(sync: &SyncReport) -> [u64; 7] {
    [
        sync.records_processed,
        sync.records_created,
        sync.records_updated,
        sync.records_skipped,
        sync.records_held,
        sync.records_failed,
        sync.current_batch,
    ]
}

/// A count with the list it counts: the run's documents, or what went wrong in it.
fn counted(run: &RunReport, sync: &SyncReport, name: &str, count: u64) -> Markup {
    let documents = matches!(sync.entity_type.as_str(), "orders" | "refunds");
    let link = match name {
        said::HELD | said::FAILED if !sync.errors.is_empty() => Some("#errors".to_owned()),
        said::NEW | said::CHANGED if documents => {
            Some(parts::link("/orders", &[("run", &run.batch_id)]))
        }
        _ => None,
    };
    let text = words::grouped(count);
    html! {
        @if let Some(link) = link.filter(|_| count > 0) { a href=(link) { (text) } } @else { (text) }
    }
}

fn errors(app: &App, run: &RunReport) -> Markup {
    let pipeline = PipelineName::new(run.pipeline.clone());
    let any = run.syncs.iter().any(|sync| !sync.errors.is_empty());
    html! {
        @if any {
            table class="list" id="errors" {
                caption { (said::ERRORS) }
                thead { tr { th scope="col" { (said::RECORD) } th scope="col" { (said::WHY) } th scope="col" { (said::REMEDY) } } }
                tbody { @for sync in &run.syncs { @for error in &sync.errors { tr {
                    td data-label=(said::RECORD) {
                        @if sync.entity_type == "orders" { a href=(order_path_of(app, &error.record, &pipeline)) { "#" (error.record) } }
                        @else { (sync.entity_type) " " (error.record) }
                    }
                    td data-label=(said::WHY) { (parts::prose(&error.reason)) " " span class="code" { (error.cause) } }
                    td data-label=(said::REMEDY) { (parts::prose(&error.remedy)) }
                } } } }
            }
        }
    }
}

/// Documents in each of forty parts of the run, at the moment of which they were last posted.
async fn throughput(app: &App, run: &RunReport) -> Result<Option<Vec<Bar>>, StoreError> {
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
            Bar {
                label: said::after(&words::duration(slot * step)),
                value: count,
                rest: 0,
                words: said::documents(count),
                link: None,
            }
        })
        .collect();
    Ok(Some(bars))
}
