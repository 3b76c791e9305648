//! What a run would post, for approval: made, changed, voided, with totals; then exactly that.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::response::{Html, Redirect, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{Currency, PostingKind};
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::super::api;
use super::super::extract::Asked;
use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::looks::{Looks, look};
use super::words::plan as said;
use super::{
    Tab, card, csv, in_address, may_act, order_path_of, page, parts, runs, words, zone_of,
};
use crate::config::{Pipeline, PostingMode};
use crate::domain::{PipelineName, SyncStatus, Trigger};
use crate::engine::{Applied, RunReport};
use crate::store::{Plan, PlanAction, PlanChange, PlanEntry, StoreError};

/// So many documents stand on a page.
const PAGE: usize = 50;

/// What waits for approval, and what came of the last approval of each pipeline.
#[derive(Default)]
pub(in super::super) struct Approvals {
    came_of: Mutex<HashMap<PipelineName, Approval>>,
    looks: Looks,
}

#[derive(Clone)]
enum Approval {
    Going,
    Changed(Vec<PlanChange>, Timestamp),
    Stopped(String, Timestamp),
}

impl Approval {
    /// Whether a run has ended well since, so that it is no news any more.
    fn is_past(&self, last: Option<&RunReport>) -> bool {
        let (Self::Changed(_, at) | Self::Stopped(_, at)) = self else {
            return false;
        };
        last.is_some_and(|run| {
            matches!(run.status, SyncStatus::Completed | SyncStatus::Partial)
                && run.completed_at.is_some_and(|ended| ended > *at)
        })
    }
}

impl Approvals {
    /// The last looks at what waits.
    pub(super) fn looks(&self) -> &Looks {
        &self.looks
    }

    fn get(&self, name: &PipelineName) -> Option<Approval> {
        let all = self.came_of.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name).cloned()
    }

    fn set(&self, name: &PipelineName, approval: Option<Approval>) {
        let mut all = self.came_of.lock().unwrap_or_else(PoisonError::into_inner);
        match approval {
            Some(approval) => all.insert(name.clone(), approval),
            None => all.remove(name),
        };
    }

    /// Notes that an approval is under way, unless one is.
    fn begin(&self, name: &PipelineName) -> bool {
        let mut all = self.came_of.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(all.get(name), Some(Approval::Going)) {
            return false;
        }
        all.insert(name.clone(), Approval::Going);
        true
    }
}

/// Which part of which plan.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PlanQuery {
    pipeline: Option<PipelineName>,
    after: usize,
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<PlanQuery>,
) -> Result<Html<String>, ApiProblem> {
    let mut sections = Vec::new();
    for pipeline in reviewed(&app) {
        if query
            .pipeline
            .as_ref()
            .is_none_or(|name| *name == pipeline.name)
        {
            sections.push(section(&app, pipeline, caller, query.after).await?);
        }
    }
    let body = html! {
        h1 { (words::PLAN) }
        @if sections.is_empty() { (parts::empty(said::BY_THEMSELVES)) }
        div data-refresh="plan" { @for section in &sections { (section) } }
    };
    Ok(page(&app, caller, Tab::Plan, words::PLAN, body).await?)
}

fn reviewed(app: &App) -> impl Iterator<Item = &Pipeline> {
    let pipelines = app.config.pipelines.iter();
    pipelines.filter(|pipeline| pipeline.posting == PostingMode::Review)
}

async fn section(
    app: &Shared,
    pipeline: &Pipeline,
    caller: Caller,
    after: usize,
) -> Result<Markup, StoreError> {
    let Some(engine) = app.engine.pipeline(&pipeline.name) else {
        return Ok(parts::none());
    };
    let look = look(app, &engine.route).await?;
    let last = runs::latest(app, &pipeline.name).await?;
    let approval = app.approvals.get(&pipeline.name);
    let approval = approval.filter(|it| !it.is_past(last.as_ref()));
    let going = matches!(approval, Some(Approval::Going));
    let held = app.store.held_by_cause(Some(&pipeline.name)).await?;
    let held: u64 = held.iter().map(|group| group.count).sum();
    let live = last.filter(|run| !run.status.is_at_rest());
    let (now, zone) = (app.clock.now(), zone_of(app, &pipeline.name));
    let order = |number: &str| order_path_of(app, number, &pipeline.name);
    let waiting = parts::link("/held", &[("pipeline", in_address(app, &pipeline.name))]);
    Ok(html! {
        section aria-label=(pipeline.name.as_str()) {
            @if app.config.pipelines.len() > 1 { h2 { (pipeline.name.as_str()) } }
            @if let Some(approval) = &approval { (came_of(approval, now, &zone, order)) }
            @if let Some(run) = &live { (card::card(run, caller, now, &zone, "run")) }
            @match &look.plan {
                Some(plan) => {
                    p class="answer" { (sentence(plan)) }
                    p class="small" { (said::PROMISE) (parts::time(plan.created_at, now, &zone)) "." }
                    @if may_act(caller) && !going && live.is_none() { p class="actions" { (approve(plan)) } }
                    (totals(plan))
                    @if held > 0 { p { a href=(waiting) { (said::held(held)) } } }
                    p class="small tools" { a href="/plan.csv" download="" { (words::CSV) } }
                    (rows(plan, after, order))
                }
                None => { (parts::empty(said::NOTHING)) }
            }
        }
    })
}

/// What came of the last approval.
fn came_of(
    approval: &Approval,
    now: Timestamp,
    zone: &TimeZone,
    order: impl Fn(&str) -> String,
) -> Markup {
    match approval {
        Approval::Going => html! { p class="answer" { (said::POSTING) } },
        Approval::Changed(changes, at) => changed(changes, &parts::time(*at, now, zone), order),
        Approval::Stopped(why, at) => html! {
            p class="trouble" { (why) " " span class="small" { (parts::time(*at, now, zone)) } }
        },
    }
}

/// List objects are no documents: they come along.
fn documents(plan: &Plan) -> u64 {
    let documents = plan.entries.iter();
    documents
        .filter(|entry| !entry.kind.is_list_object())
        .count() as u64
}

fn sentence(plan: &Plan) -> Markup {
    let documents = documents(plan);
    let others = plan.entries.len() as u64 - documents;
    html! {
        (said::waits(documents, others))
        @for (currency, sum) in sums(plan) { ", " (parts::money(sum, currency)) }
        @if others > 0 && documents > 0 { (said::and_others(others)) }
        "."
    }
}

fn sums(plan: &Plan) -> BTreeMap<Currency, Decimal> {
    let mut sums = BTreeMap::new();
    for entry in plan.entries.iter().filter(|entry| entry.kind.level() == 1) {
        if let (Some(amount), Some(currency)) = (entry.amount, entry.currency) {
            *sums.entry(currency).or_insert(Decimal::ZERO) += amount;
        }
    }
    sums
}

fn approve(plan: &Plan) -> Markup {
    let label = said::post(documents(plan));
    parts::button("/do/approve", &label, &[("plan", &plan.id)], "primary")
}

type Totals = BTreeMap<(PlanAction, PostingKind, Option<Currency>), (u64, Decimal)>;

fn totals(plan: &Plan) -> Markup {
    let mut totals = Totals::new();
    for entry in &plan.entries {
        let group = (entry.action, entry.kind, entry.currency);
        let (count, sum) = totals.entry(group).or_default();
        *count += 1;
        *sum += entry.amount.unwrap_or_default();
    }
    html! {
        table class="compare" {
            caption { (said::TOTALS) }
            thead { tr { th scope="col" { (said::WHAT) } th scope="col" class="n" { (said::HOW_MANY) } th scope="col" class="n" { (words::AMOUNT) } } }
            tbody { @for ((action, kind, currency), (count, sum)) in &totals { tr {
                th scope="row" { (action.as_str()) " " (kind.in_words()) }
                td class="n" data-label=(said::HOW_MANY) { a href="#documents" { (words::grouped(*count)) } }
                td class="n" data-label=(words::AMOUNT) {
                    @if let Some(currency) = currency { (parts::money(*sum, *currency)) }
                }
            } } }
        }
    }
}

/// One page of the documents; the first, where a place is asked for that is not there any more. `order`
/// is the way to an order's page.
fn rows(plan: &Plan, after: usize, order: impl Fn(&str) -> String) -> Markup {
    let documents: Vec<_> = plan
        .entries
        .iter()
        .filter(|entry| !entry.kind.is_list_object())
        .collect();
    let after = if after < documents.len() { after } else { 0 };
    let shown = documents.iter().skip(after).take(PAGE);
    let until = after.saturating_add(PAGE);
    let page = |after: &str| {
        let of = ("pipeline", plan.route.pipeline.as_str());
        parts::link("/plan", &[of, ("after", after)])
    };
    let next = page(&until.to_string());
    let place = said::part(after, until.min(documents.len()), documents.len());
    html! {
        div id="documents" {
            table class="list" {
                @if documents.len() > PAGE { caption { (place) } }
                thead { tr { th scope="col" { (said::ORDER) } th scope="col" { (said::WHAT) } th scope="col" { (words::DAY) } th scope="col" class="n" { (words::AMOUNT) } } }
                tbody { @for entry in shown { (row(entry, &order(&entry.number))) } }
            }
            @if after > 0 { p { a href=(page("")) { (said::FROM_THE_FIRST) } } }
            @if until < documents.len() { p { a class="more" href=(next) { (words::MORE) } } }
        }
    }
}

fn row(entry: &PlanEntry, order: &str) -> Markup {
    html! {
        tr {
            td data-label=(said::ORDER) { a class="row" href=(order) { "#" (entry.number) } }
            td data-label=(said::WHAT) { (entry.action.as_str()) " " (entry.kind.in_words()) }
            td data-label=(words::DAY) class="day" { @if let Some(date) = entry.date { (date) } }
            td data-label=(words::AMOUNT) class="n" {
                @if let (Some(amount), Some(currency)) = (entry.amount, entry.currency) { (parts::money(amount, currency)) }
            }
        }
    }
}

/// All of a pipeline's plan as a file.
pub(super) async fn csv(State(app): State<Shared>) -> Result<Response, ApiProblem> {
    let mut text = String::new();
    let heads = [
        "pipeline", "order", "action", "kind", "day", "amount", "currency",
    ];
    csv::line(&mut text, &heads);
    for pipeline in reviewed(&app) {
        let Some(engine) = app.engine.pipeline(&pipeline.name) else {
            continue;
        };
        let look = look(&app, &engine.route).await?;
        for entry in look.plan.iter().flat_map(|plan| &plan.entries) {
            csv::line(
                &mut text,
                &[
                    pipeline.name.as_str(),
                    &entry.number,
                    entry.action.as_str(),
                    entry.kind.as_str(),
                    &entry.date.map(|day| day.to_string()).unwrap_or_default(),
                    &entry.amount.map(|sum| sum.to_string()).unwrap_or_default(),
                    entry.currency.as_ref().map_or("", |it| it.as_str()),
                ],
            );
        }
    }
    Ok(csv::file("plan", text))
}

fn changed(changes: &[PlanChange], at: &Markup, order: impl Fn(&str) -> String) -> Markup {
    html! {
        div class="cause" role="status" {
            p { (said::CHANGED) " " span class="small" { (at) } }
            ul { @for change in changes.iter().take(50) {
                li { a href=(order(&change.planned.number)) { (change.planned.kind.in_words()) " " (change.planned.number) } ": " (change.now) }
            } }
        }
    }
}

/// Which plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Approve {
    plan: String,
}

/// Posts a plan. The store is read once more before, so this takes as long as a run: the page tells
/// how it goes.
pub(super) async fn approve_plan(
    State(app): State<Shared>,
    form: Result<Form<Approve>, FormRejection>,
) -> Result<Redirect, ApiProblem> {
    let Form(form) = form.map_err(|error| ApiProblem::bad_request(error.body_text()))?;
    // what was seen here is written down now that somebody approves it
    let seen = app.approvals.looks.with_plan(&form.plan);
    let plan = match seen.and_then(|look| look.plan.clone()) {
        Some(plan) => Some(plan),
        None => app.store.plan(&form.plan).await?,
    };
    let plan = plan.ok_or_else(|| ApiProblem::not_found(said::UNKNOWN))?;
    let name = plan.route.pipeline.clone();
    if !reviewed(&app).any(|pipeline| pipeline.name == name) {
        return Err(ApiProblem::bad_request(said::POSTS_BY_ITSELF));
    }
    api::sync::not_while_paused(&app, &name).await?;
    app.store.keep_plan(&plan).await?;
    if app.approvals.begin(&name) {
        let task = app.clone();
        app.engine.keep(async move {
            let applied = task.engine.apply_plan(&plan, "page", Trigger::Api).await;
            // by the clock of runs: it is compared with their ends
            let now = task.engine.clock().now();
            let outcome = match applied {
                Ok(Applied::Done(_)) => None,
                Ok(Applied::Changed(changes)) => Some(Approval::Changed(changes, now)),
                Ok(Applied::Stopped(progress)) => {
                    let why = match progress.trouble {
                        Some(trouble) => said::did_not_end(&trouble.to_string(), &trouble.remedy()),
                        None => said::run_is(progress.status.as_str()),
                    };
                    Some(Approval::Stopped(why, now))
                }
                Err(error) => Some(Approval::Stopped(said::not_posted(&error.to_string()), now)),
            };
            task.approvals.set(&name, outcome);
            // its last run is over before this is known
            task.feed.decided(&task.engine);
        });
    }
    Ok(Redirect::to("/plan"))
}
