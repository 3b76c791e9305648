//! What a run would post, for approval: made, changed, voided, with totals; then exactly that.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::response::{Html, Redirect, Response};
use kit::{Currency, PostingKind};
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::super::api;
use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::words::plan as said;
use super::{Tab, card, csv, may_act, page, parts, runs, words, zone_of};
use crate::config::{Pipeline, PostingMode};
use crate::domain::{PipelineName, Trigger};
use crate::engine::Applied;
use crate::store::{Plan, PlanAction, PlanChange, PlanEntry, StoreError};

/// So many documents stand open on the page.
const SAMPLES: usize = 10;

/// What came of the last approval of each pipeline.
#[derive(Default)]
pub(in super::super) struct Approvals(Mutex<HashMap<PipelineName, Approval>>);

#[derive(Clone)]
enum Approval {
    Going,
    Changed(Vec<PlanChange>),
    Stopped(String),
}

impl Approvals {
    fn get(&self, name: &PipelineName) -> Option<Approval> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name).cloned()
    }

    fn set(&self, name: &PipelineName, approval: Option<Approval>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match approval {
            Some(approval) => all.insert(name.clone(), approval),
            None => all.remove(name),
        };
    }

    /// Notes that an approval is under way, unless one is.
    fn begin(&self, name: &PipelineName) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(all.get(name), Some(Approval::Going)) {
            return false;
        }
        all.insert(name.clone(), Approval::Going);
        true
    }
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Result<Html<String>, ApiProblem> {
    let mut sections = Vec::new();
    for pipeline in reviewed(&app) {
        sections.push(section(&app, pipeline, caller).await?);
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

async fn section(app: &App, pipeline: &Pipeline, caller: Caller) -> Result<Markup, StoreError> {
    let Some(engine) = app.engine.pipeline(&pipeline.name) else {
        return Ok(parts::none());
    };
    let plan = app.store.draw_up_plan(&engine.route).await?;
    let approval = app.approvals.get(&pipeline.name);
    let going = matches!(approval, Some(Approval::Going));
    let last = runs::latest(app, &pipeline.name).await?;
    let held = app.store.held_by_cause(Some(&pipeline.name)).await?;
    let held: u64 = held.iter().map(|group| group.count).sum();
    let live = last.filter(|run| !run.status.is_at_rest());
    let (now, zone) = (app.clock.now(), zone_of(app, &pipeline.name));
    Ok(html! {
        section aria-label=(pipeline.name.as_str()) {
            @if app.config.pipelines.len() > 1 { h2 { (pipeline.name.as_str()) } }
            @match &approval {
                Some(Approval::Going) => { p class="answer" { (said::POSTING) } }
                Some(Approval::Changed(changes)) => { (changed(changes)) }
                Some(Approval::Stopped(why)) => { p class="trouble" { (why) } }
                None => {}
            }
            @if let Some(run) = &live { (card::card(run, caller, now, &zone, "run")) }
            @match &plan {
                Some(plan) => {
                    p class="answer" { (sentence(plan)) }
                    p class="small" { (said::PROMISE) (parts::time(plan.created_at, now, &zone)) "." }
                    @if may_act(caller) && !going && live.is_none() { p class="actions" { (approve(plan)) } }
                    (totals(plan))
                    @if held > 0 { p { a href="/held" { (said::held(held)) } } }
                    p class="small tools" { a href="/plan.csv" download="" { (words::CSV) } }
                    (samples(plan))
                }
                None => { (parts::empty(said::NOTHING)) }
            }
        }
    })
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

fn samples(plan: &Plan) -> Markup {
    let documents = plan
        .entries
        .iter()
        .filter(|entry| !entry.kind.is_list_object());
    let (open, rest): (Vec<_>, Vec<_>) = documents
        .enumerate()
        .partition(|(index, _)| *index < SAMPLES);
    html! {
        div id="documents" { (entries(&open)) }
        @if !rest.is_empty() {
            details {
                summary { (said::the_other(rest.len() as u64)) }
                (entries(&rest))
            }
        }
    }
}

fn entries(entries: &[(usize, &PlanEntry)]) -> Markup {
    html! {
        table class="list" {
            thead { tr { th scope="col" { (said::ORDER) } th scope="col" { (said::WHAT) } th scope="col" { (words::DAY) } th scope="col" class="n" { (words::AMOUNT) } } }
            tbody { @for (_, entry) in entries { tr {
                td data-label=(said::ORDER) { a class="row" href=(parts::order_path(&entry.number)) { "#" (entry.number) } }
                td data-label=(said::WHAT) { (entry.action.as_str()) " " (entry.kind.in_words()) }
                td data-label=(words::DAY) class="day" { @if let Some(date) = entry.date { (date) } }
                td data-label=(words::AMOUNT) class="n" {
                    @if let (Some(amount), Some(currency)) = (entry.amount, entry.currency) { (parts::money(amount, currency)) }
                }
            } } }
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
        let plan = app.store.draw_up_plan(&engine.route).await?;
        for entry in plan.iter().flat_map(|plan| &plan.entries) {
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

fn changed(changes: &[PlanChange]) -> Markup {
    html! {
        div class="cause" role="status" {
            p { (said::CHANGED) }
            ul { @for change in changes.iter().take(50) {
                li { a href=(parts::order_path(&change.planned.number)) { (change.planned.kind.in_words()) " " (change.planned.number) } ": " (change.now) }
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
    let plan = app.store.plan(&form.plan).await?;
    let plan = plan.ok_or_else(|| ApiProblem::not_found(said::UNKNOWN))?;
    let name = plan.route.pipeline.clone();
    if !reviewed(&app).any(|pipeline| pipeline.name == name) {
        return Err(ApiProblem::bad_request(said::POSTS_BY_ITSELF));
    }
    api::sync::not_while_paused(&app, &name).await?;
    if app.approvals.begin(&name) {
        let task = app.clone();
        app.engine.keep(async move {
            let applied = task.engine.apply_plan(&plan, "page", Trigger::Api).await;
            let outcome = match applied {
                Ok(Applied::Done(_)) => None,
                Ok(Applied::Changed(changes)) => Some(Approval::Changed(changes)),
                Ok(Applied::Stopped(progress)) => Some(Approval::Stopped(match progress.trouble {
                    Some(trouble) => said::did_not_end(&trouble.to_string(), &trouble.remedy()),
                    None => said::run_is(progress.status.as_str()),
                })),
                Err(error) => Some(Approval::Stopped(said::not_posted(&error.to_string()))),
            };
            task.approvals.set(&name, outcome);
        });
    }
    Ok(Redirect::to("/plan"))
}
