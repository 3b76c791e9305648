//! Store = posted + held + excluded, difference 0.00: on the screen, on paper, as CSV.

use std::fmt::Write as _;

use axum::extract::{Extension, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::api::journal::{group_by, known_pipeline};
use super::super::extract::Asked;
use super::super::guard::Caller;
use super::super::period::Period;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::{Tab, page, parts, words, zone};
use crate::store::{Reconciled, Reconciliation};

const NOTHING: &str = "Nothing is dated in this period. Another month may have something, or the first run has not been made.";
const BY: [(&str, &str); 4] = [
    ("day", "by day"),
    ("gateway", "by gateway"),
    ("tax", "by tax code"),
    ("status", "by status"),
];

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
    pipeline: String,
    sums: Reconciliation,
}

async fn ask(app: &App, query: ReconcileQuery) -> Result<Question, ApiProblem> {
    let mut period = Period::of(query.month.as_deref(), query.from, query.to)?;
    if period == Period::default() {
        period = Period::month(app.clock.now().to_zoned(zone(app)).date());
    }
    let by = query.by.unwrap_or_else(|| "day".to_owned());
    let pipeline = known_pipeline(app, query.pipeline.as_deref())?;
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
        pipeline: pipeline.map(|name| name.to_string()).unwrap_or_default(),
        sums,
    })
}

impl Question {
    /// The same question with another breakdown or form.
    fn path(&self, path: &str, by: &str) -> String {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let (from, to) = (day(self.period.from), day(self.period.to));
        let query = [
            ("from", from.as_str()),
            ("to", to.as_str()),
            ("by", by),
            ("pipeline", self.pipeline.as_str()),
        ];
        parts::link(path, &query)
    }

    fn title(&self) -> String {
        match (self.period.from, self.period.to) {
            (Some(from), _) if self.period.neighbours().is_some() => {
                from.strftime("%B %Y").to_string()
            }
            (Some(from), Some(to)) if from == to => from.to_string(),
            (Some(from), Some(to)) => format!("{from} to {to}"),
            (Some(from), None) => format!("{from} and later"),
            (None, Some(to)) => format!("until {to}"),
            (None, None) => "all days".to_owned(),
        }
    }

    /// The orders behind a cell.
    fn orders(&self, group: Option<&str>, state: &str) -> String {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let (mut from, mut to) = (day(self.period.from), day(self.period.to));
        let mut query = vec![("state", state), ("pipeline", self.pipeline.as_str())];
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
    let (now, zone) = (app.clock.now(), zone(&app));
    let title = format!("{}: {}", words::RECONCILE, question.title());
    let body = html! {
        h1 { (title) }
        (pickers(&question))
        div data-refresh="reconcile" {
            @if question.sums.totals.is_empty() { (parts::empty(NOTHING)) } @else {
                @for total in &question.sums.totals { (equation(&question, total)) }
                (breakdown(&question))
                p class="small" {
                    (words::AS_OF) " " (parts::time(now, now, &zone)) ". From daybook's journal: what the store said when it was read, and what QuickBooks answered when it was posted."
                }
            }
        }
    };
    Ok(page(&app, caller, Tab::Reconcile, &title, body).await?)
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
            ("pipeline", question.pipeline.as_str()),
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
                label for="month" { "Month" } " "
                input id="month" name="month" type="month" required pattern="[0-9]{4}-[0-9]{2}" placeholder="2026-11"
                    value=[month.map(|day| day.strftime("%Y-%m").to_string())];
                input type="hidden" name="by" value=(question.by);
                button type="submit" class="plain" { "Show" }
            }
            " " a href=(question.path("/reconcile.csv", &question.by)) { (words::CSV) }
            " " button type="button" class="plain" data-print="" hidden { (words::PRINT) }
        }
        nav class="chips" aria-label="Breakdown" {
            @for (by, name) in BY {
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
                    @if let Some(state) = state { a href=(question.orders(None, state)) { (parts::amount_text(amount, sum.currency)) } }
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
            (figure(words::DIFFERENCE, "", sum.difference, None))
            div class="figure" { dt { (words::CURRENCY) } dd { (sum.currency.as_str()) } }
        }
    }
}

fn breakdown(question: &Question) -> Markup {
    let by = BY.iter().find(|(by, _)| *by == question.by);
    let by = by.map_or("", |(_, name)| name);
    html! {
        table class="list" {
            caption { (by) }
            thead { tr {
                th scope="col" { span class="hidden" { (by.trim_start_matches("by ")) } } th scope="col" class="n" { (words::DOCUMENTS) } th scope="col" class="n" { (words::STORE) }
                th scope="col" class="n" { (words::POSTED) } th scope="col" class="n" { (words::HELD_SUM) } th scope="col" class="n" { (words::EXCLUDED) }
                th scope="col" class="n" { (words::DIFFERENCE) } th scope="col" class="n" { "Tax, store" } th scope="col" class="n" { "Tax, books" }
            } }
            tbody { @for sum in &question.sums.groups { (row(question, sum)) } }
        }
    }
}

fn row(question: &Question, sum: &Reconciled) -> Markup {
    let text = |amount| parts::amount_text(amount, sum.currency);
    let link = |state: &str| question.orders(Some(&sum.group), state);
    let cell = |amount: rust_decimal::Decimal, state: &str| {
        html! { @if amount.is_zero() { (text(amount)) } @else { a href=(link(state)) { (text(amount)) } } }
    };
    let name = match (sum.group.as_str(), question.by.as_str()) {
        ("", "gateway") => "no gateway",
        ("", "tax") => "no tax",
        ("", _) => "none",
        (name, _) => name,
    };
    html! {
        tr {
            th scope="row" { (name) " " span class="currency" { (sum.currency.as_str()) } }
            td class="n" data-label=(words::DOCUMENTS) { a href=(link("")) { (words::grouped(sum.documents)) } }
            td class="n" data-label=(words::STORE) { (text(sum.store)) }
            td class="n" data-label=(words::POSTED) { (cell(sum.posted, "posted")) }
            td class="n" data-label=(words::HELD_SUM) { (cell(sum.held, "unsynced")) }
            td class="n" data-label=(words::EXCLUDED) { (cell(sum.excluded, "excluded")) }
            td class={ "n difference" @if !sum.difference.is_zero() { " off" } } data-label=(words::DIFFERENCE) { (text(sum.difference)) }
            td class="n" data-label="Tax, store" { (text(sum.store_tax)) }
            td class="n" data-label="Tax, books" { (text(sum.posted_tax)) }
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
            csv_cell(name),
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
    let name = question.title().replace(' ', "-").to_lowercase();
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!(
                "attachment; filename=\"reconciliation-{name}-by-{}.csv\"",
                question.by
            ),
        ),
    ];
    Ok((headers, text).into_response())
}

/// A cell in quotes; a spreadsheet takes none for a formula.
fn csv_cell(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t']);
    let guard = if risky { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
