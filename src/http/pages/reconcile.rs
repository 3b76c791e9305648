//! Store = posted + held + excluded, difference 0.00: on the screen, on paper, as CSV.

use std::fmt::Write as _;

use axum::extract::{Extension, State};
use axum::response::{Html, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::api::journal::{NAMED, group_by, known_pipeline};
use super::super::extract::Asked;
use super::super::guard::Caller;
use super::super::period::Period;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::words::reconcile as said;
use super::{Tab, csv, order_path_of, page, parts, pipelines, words, zone_asked};
use crate::domain::{PipelineName, PostingState};
use crate::store::{Reconciled, Reconciliation, Unreadable};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReconcileQuery {
    month: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
    by: Option<String>,
    pipeline: Option<String>,
}

/// What is asked for, understood.
struct Question {
    period: Period,
    by: String,
    pipeline: Option<PipelineName>,
    sums: Reconciliation,
    /// How many are in no sum, and the first of them.
    unread: u64,
    unreadable: Vec<Unreadable>,
}

async fn ask(app: &App, query: ReconcileQuery) -> Result<Question, ApiProblem> {
    let mut period = Period::of(query.month.as_deref(), query.from, query.to)?;
    let pipeline = known_pipeline(app, query.pipeline.as_deref())?;
    if period == Period::default() {
        let zone = zone_asked(app, pipeline.as_ref());
        period = Period::month(app.clock.now().to_zoned(zone).date());
    }
    let by = query.by.unwrap_or_else(|| "day".to_owned());
    let sums = app
        .store
        .reconcile(
            period.first(),
            period.last(),
            group_by(&by)?,
            pipeline.as_ref(),
        )
        .await?;
    Ok(Question {
        period,
        by,
        unread: app.store.count_unreadable(pipeline.as_ref()).await?,
        unreadable: app.store.unreadable(pipeline.as_ref(), NAMED).await?,
        pipeline,
        sums,
    })
}

impl Question {
    fn pipeline(&self) -> &str {
        self.pipeline.as_ref().map_or("", |name| name.as_str())
    }

    /// The same question with another breakdown or form.
    fn path(&self, path: &str, by: &str) -> String {
        self.of(path, by, self.pipeline())
    }

    /// The same question about another pipeline, too.
    fn of(&self, path: &str, by: &str, pipeline: &str) -> String {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let (from, to) = (day(self.period.from), day(self.period.to));
        let query = [
            ("from", from.as_str()),
            ("to", to.as_str()),
            ("by", by),
            ("pipeline", pipeline),
        ];
        parts::link(path, &query)
    }

    fn title(&self) -> String {
        match (self.period.from, self.period.to) {
            (Some(from), _) if self.period.neighbours().is_some() => {
                from.strftime("%B %Y").to_string()
            }
            (from, to) => said::period(from, to),
        }
    }

    /// Whether it agrees.
    fn answer(&self) -> String {
        let totals = &self.sums.totals;
        let differs = !self.sums.differing.is_empty();
        let waits = totals.iter().any(|sum| !sum.held.is_zero());
        said::answer(&self.title(), differs, waits, self.unread)
    }

    /// The orders behind a cell: of its currency, where there are several.
    fn orders(&self, sum: &Reconciled, group: Option<&str>, state: &str) -> String {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let (mut from, mut to) = (day(self.period.from), day(self.period.to));
        let mut query = vec![("state", state), ("pipeline", self.pipeline())];
        if self.sums.totals.len() > 1 {
            query.push(("currency", sum.currency.as_str()));
        }
        // an empty gateway or tax is asked for as such
        let mut facet = None;
        match (group, self.by.as_str()) {
            (Some(group), "day") => {
                group.clone_into(&mut from);
                group.clone_into(&mut to);
            }
            (Some(group), "gateway") => facet = Some(("gateway", group)),
            (Some(group), "tax") => facet = Some(("tax", group)),
            (Some(group), _) => facet = Some(("order_status", group)),
            (None, _) => {}
        }
        query.push(("from", from.as_str()));
        query.push(("to", to.as_str()));
        let mut link = parts::link("/orders", &query);
        if let Some((name, value)) = facet {
            let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let separator = if link.contains('?') { '&' } else { '?' };
            let _ = write!(link, "{separator}{name}={value}");
        }
        link
    }
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<ReconcileQuery>,
) -> Result<Html<String>, ApiProblem> {
    let question = ask(&app, query).await?;
    let (now, zone) = (
        app.clock.now(),
        zone_asked(&app, question.pipeline.as_ref()),
    );
    let title = format!("{}: {}", words::RECONCILE, question.title());
    let body = html! {
        h1 { (title) }
        (pickers(&question))
        (pipelines(&app, question.pipeline(), |name| question.of("/reconcile", &question.by, name)))
        div data-refresh="reconcile" {
            @if question.sums.totals.is_empty() {
                (parts::empty(said::NOTHING))
                (unreadable(&app, &question))
            } @else {
                p class="answer" { (question.answer()) }
                @for total in &question.sums.totals { (equation(&question, total)) }
                (unreadable(&app, &question))
                (breakdown(&question))
                p class="small" {
                    (words::AS_OF) " " (parts::time(now, now, &zone)) (said::SOURCE)
                }
            }
        }
    };
    Ok(page(&app, caller, Tab::Reconcile, &title, body).await?)
}

/// What could not be read, each opening to its reason.
fn unreadable(app: &App, question: &Question) -> Markup {
    let all = [
        ("state", PostingState::Failed.as_str()),
        ("cause", "malformed_record"),
        ("pipeline", question.pipeline()),
    ];
    html! {
        @if question.unread > 0 {
            section class="unreadable" aria-label=(said::UNREADABLE) {
                p class="note" { "▲ " (said::unreadable(question.unread)) ". " (said::IN_NO_SUM) }
                ul {
                    @for unread in &question.unreadable {
                        li { a href=(order_path_of(app, &unread.number, &unread.pipeline)) { (unread.source_kind) " " (unread.number) } }
                    }
                }
                @if question.unread > u64::from(NAMED) {
                    p { a href=(parts::link("/orders", &all)) { (words::SHOW_ALL) " (" (words::grouped(question.unread)) ")" } }
                }
            }
        }
    }
}

fn pickers(question: &Question) -> Markup {
    let month = question
        .period
        .from
        .filter(|_| question.period.neighbours().is_some());
    let link = |day: Date| {
        let month = day.strftime("%Y-%m").to_string();
        let query = [
            ("month", month.as_str()),
            ("by", question.by.as_str()),
            ("pipeline", question.pipeline()),
        ];
        parts::link("/reconcile", &query)
    };
    html! {
        div class="pickers" {
            @if let Some((before, after)) = question.period.neighbours() {
                a href=(link(before)) rel="prev" { "← " (before.strftime("%B").to_string()) }
                " " a href=(link(after)) rel="next" { (after.strftime("%B").to_string()) " →" } " "
            }
            form method="get" action="/reconcile" class="inline" {
                label for="month" { (said::MONTH) } " "
                input id="month" name="month" type="month" required pattern="[0-9]{4}-[0-9]{2}" placeholder="2026-11"
                    value=[month.map(|day| day.strftime("%Y-%m").to_string())];
                input type="hidden" name="by" value=(question.by);
                @if let Some(name) = &question.pipeline { input type="hidden" name="pipeline" value=(name); }
                button type="submit" class="plain" { (said::SHOW) }
            }
            " " a href=(question.path("/reconcile.csv", &question.by)) { (words::CSV) }
            " " button type="button" class="plain" data-print="" hidden { (words::PRINT) }
        }
        nav class="chips" aria-label=(said::BREAKDOWN) {
            @for (by, name) in said::BY {
                a href=(question.path("/reconcile", by)) aria-current=[(by == question.by).then_some("true")] { (name) }
            }
        }
    }
}

/// The equation in large.
fn equation(question: &Question, sum: &Reconciled) -> Markup {
    let figure = |name: &str, sign: &str, amount, state: Option<&str>| {
        html! {
            div class="figure" {
                dt { (sign) (name) }
                dd {
                    @if let Some(state) = state { a href=(question.orders(sum, None, state)) { (parts::amount_text(amount, sum.currency)) } }
                    @else { (parts::amount_text(amount, sum.currency)) }
                }
            }
        }
    };
    html! {
        dl class={ "figures" @if !sum.difference.is_zero() { " off" } } aria-label=(sum.currency.as_str()) {
            (figure(words::STORE, "", sum.store, Some("")))
            (figure(words::POSTED, "= ", sum.posted, Some("posted")))
            (figure(words::HELD_SUM, "+ ", sum.held, Some("unsynced")))
            (figure(words::EXCLUDED, "+ ", sum.excluded, Some("excluded")))
            (figure(words::DIFFERENCE, "", sum.difference, Some("")))
            div class="figure" { dt { (words::CURRENCY) } dd { (sum.currency.as_str()) } }
        }
    }
}

fn breakdown(question: &Question) -> Markup {
    let by = said::BY.iter().find(|(by, _)| *by == question.by);
    let by = by.map_or("", |(_, name)| name);
    html! {
        table class="list" {
            caption { (by) }
            thead { tr {
                th scope="col" { span class="hidden" { (by.trim_start_matches("by ")) } } th scope="col" class="n" { (words::DOCUMENTS) } th scope="col" class="n" { (words::STORE) }
                th scope="col" class="n" { (words::POSTED) } th scope="col" class="n" { (words::HELD_SUM) } th scope="col" class="n" { (words::EXCLUDED) }
                th scope="col" class="n" { (words::DIFFERENCE) } th scope="col" class="n" { (said::STORE_TAX) } th scope="col" class="n" { (said::BOOKS_TAX) }
            } }
            tbody { @for sum in &question.sums.groups { (row(question, sum, Some(&sum.group))) } }
            tfoot { @for sum in &question.sums.totals { (row(question, sum, None)) } }
        }
    }
}

/// A group's sums; without a group those of the whole period.
fn row(question: &Question, sum: &Reconciled, group: Option<&str>) -> Markup {
    let text = |amount| parts::amount_text(amount, sum.currency);
    let link = |state: &str| question.orders(sum, group, state);
    let cell = |amount: rust_decimal::Decimal, state: &str| {
        html! { @if amount.is_zero() { (text(amount)) } @else { a href=(link(state)) { (text(amount)) } } }
    };
    let name = match group {
        None => words::TOTAL,
        Some("") => said::nameless(&question.by),
        Some(name) => name,
    };
    html! {
        tr {
            th scope="row" { span class=[(question.by == "day").then_some("day")] { (name) } " " span class="currency" { (sum.currency.as_str()) } }
            td class="n" data-label=(words::DOCUMENTS) { a href=(link("")) { (words::grouped(sum.documents)) } }
            td class="n" data-label=(words::STORE) { (cell(sum.store, "")) }
            td class="n" data-label=(words::POSTED) { (cell(sum.posted, "posted")) }
            td class="n" data-label=(words::HELD_SUM) { (cell(sum.held, "unsynced")) }
            td class="n" data-label=(words::EXCLUDED) { (cell(sum.excluded, "excluded")) }
            td class={ "n difference" @if !sum.difference.is_zero() { " off" } } data-label=(words::DIFFERENCE) { (cell(sum.difference, "")) }
            td class="n" data-label=(said::STORE_TAX) { (cell(sum.store_tax, "posted")) }
            td class="n" data-label=(said::BOOKS_TAX) { (cell(sum.posted_tax, "posted")) }
        }
    }
}

/// The same as CSV: amounts plain, with a point.
pub(super) async fn csv(
    State(app): State<Shared>,
    Asked(query): Asked<ReconcileQuery>,
) -> Result<Response, ApiProblem> {
    let question = ask(&app, query).await?;
    let mut text = format!(
        "{},currency,documents,store,posted,held,excluded,difference,store_tax,posted_tax\r\n",
        question.by
    );
    let rows = question
        .sums
        .groups
        .iter()
        .map(|sum| (sum.group.as_str(), sum));
    let totals = question.sums.totals.iter().map(|sum| ("total", sum));
    for (name, sum) in rows.chain(totals) {
        // writing to a string cannot fail
        let _ = write!(
            text,
            "{},{},{},{},{},{},{},{},{},{}\r\n",
            csv::quoted(name),
            sum.currency,
            sum.documents,
            sum.store,
            sum.posted,
            sum.held,
            sum.excluded,
            sum.difference,
            sum.store_tax,
            sum.posted_tax,
        );
    }
    if question.unread > 0 {
        let (name, number) = (said::UNREADABLE_LINE, question.unread);
        let _ = write!(text, "{},,{number},,,,,,,\r\n", csv::quoted(name));
    }
    let name = said::file_name(&question.title(), &question.by);
    Ok(csv::file(&name, text))
}
