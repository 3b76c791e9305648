//! Orders and refunds: looked for by number, name or amount, and by where they stand.

use axum::extract::{Extension, State};
use axum::response::Html;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::extract::Asked;
use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::{Tab, page, parts, words, zone};
use crate::domain::{PostingState, SourceKind};
use crate::store::{DocumentFilter, DocumentState, PostingRow};

const PLACEHOLDER: &str = "Number, name or amount";
const NOTHING: &str = "No order fits. Take a filter away, or look for a part of the number, of the name or of the amount.";
const NOTHING_YET: &str =
    "No order is known yet. The first run brings them: “Sync now” on the overview.";
const UNSYNCED: &str = "not in the books";

/// What is asked for; all of it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OrdersQuery {
    q: String,
    state: String,
    cause: String,
    from: Option<Date>,
    to: Option<Date>,
    gateway: Option<String>,
    tax: Option<String>,
    order_status: Option<String>,
    pipeline: String,
    cursor: String,
}

impl OrdersQuery {
    fn filter(&self, app: &App) -> Result<DocumentFilter, ApiProblem> {
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let state = match self.state.as_str() {
            "" => None,
            "unsynced" => Some(DocumentState::Unsynced),
            "warning" => Some(DocumentState::Warned),
            state => {
                let state = state.parse::<PostingState>();
                Some(DocumentState::In(state.map_err(ApiProblem::bad_request)?))
            }
        };
        Ok(DocumentFilter {
            pipeline: super::super::api::journal::known_pipeline(app, Some(&self.pipeline))?,
            state,
            cause: text(&self.cause),
            q: text(&self.q),
            from: self.from,
            to: self.to,
            gateway: self.gateway.clone(),
            tax: self.tax.clone(),
            order_status: self.order_status.clone(),
            cursor: text(&self.cursor),
            limit: 50,
        })
    }

    /// The address of the same question with other words.
    fn with(&self, state: &str, cursor: &str) -> String {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let (from, to) = (day(self.from), day(self.to));
        let mut query = vec![
            ("q", self.q.as_str()),
            ("state", state),
            ("cause", self.cause.as_str()),
            ("from", from.as_str()),
            ("to", to.as_str()),
            ("pipeline", self.pipeline.as_str()),
            ("cursor", cursor),
        ];
        for (name, value) in [
            ("gateway", &self.gateway),
            ("tax", &self.tax),
            ("order_status", &self.order_status),
        ] {
            query.push((name, value.as_deref().unwrap_or_default()));
        }
        parts::link("/orders", &query)
    }

    fn is_narrow(&self) -> bool {
        self.with("", "") != "/orders" || !self.state.is_empty()
    }
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<OrdersQuery>,
) -> Result<Html<String>, ApiProblem> {
    let found = app.store.documents(&query.filter(&app)?).await?;
    let (now, zone) = (app.clock.now(), zone(&app));
    let body = html! {
        h1 { (words::ORDERS) }
        form method="get" action="/orders" role="search" class="search" {
            label for="q" class="hidden" { (words::SEARCH) }
            input id="q" name="q" type="search" value=(query.q) placeholder=(PLACEHOLDER) autocomplete="off";
            @if !query.state.is_empty() { input type="hidden" name="state" value=(query.state); }
            button type="submit" class="plain" { (words::SEARCH) }
        }
        (chips(&query))
        @if query.is_narrow() { p class="small" { (narrowed(&query)) a href="/orders" { (words::SHOW_ALL) } } }
        div data-refresh="orders" data-list="" {
            @if found.postings.is_empty() {
                (parts::empty(if query.is_narrow() { NOTHING } else { NOTHING_YET }))
            } @else {
                (table(&app, &found.postings, now, &zone))
            }
            @if let Some(next) = &found.next_cursor {
                p { a class="more" href=(query.with(&query.state, next)) { (words::MORE) } }
            }
        }
    };
    Ok(page(&app, caller, Tab::Orders, words::ORDERS, body).await?)
}

fn chips(query: &OrdersQuery) -> Markup {
    let current = |state: &str| (query.state == state).then_some("true");
    html! {
        nav class="chips" aria-label="State" {
            a href=(query.with("", "")) aria-current=[current("")] { "all" }
            a href=(query.with("unsynced", "")) aria-current=[current("unsynced")] {
                span class="chip queued" { (UNSYNCED) }
            }
            @for state in [PostingState::Queued, PostingState::Posting, PostingState::Posted] {
                a href=(query.with(state.as_str(), "")) aria-current=[current(state.as_str())] { (parts::state(state, false)) }
            }
            a href=(query.with("warning", "")) aria-current=[current("warning")] {
                span class="chip warning" { span aria-hidden="true" { "▲" } " posted, to look at" }
            }
            @for state in [PostingState::Held, PostingState::Failed, PostingState::Excluded, PostingState::Reversed] {
                a href=(query.with(state.as_str(), "")) aria-current=[current(state.as_str())] { (parts::state(state, false)) }
            }
        }
    }
}

/// What beside the state narrows the list.
fn narrowed(query: &OrdersQuery) -> Markup {
    html! {
        @if !query.cause.is_empty() {
            "Waiting because: " (crate::domain::cause(&query.cause).map_or(query.cause.as_str(), |cause| cause.meaning)) " "
        }
        @if let (Some(from), Some(to)) = (query.from, query.to) {
            @if from == to { "Dated " (from) ". " } @else { "Dated " (from) " to " (to) ". " }
        } @else {
            @if let Some(from) = query.from { "Dated " (from) " or later. " }
            @if let Some(to) = query.to { "Dated " (to) " or earlier. " }
        }
        @if let Some(gateway) = &query.gateway { "Paid by " (if gateway.is_empty() { "no gateway" } else { gateway }) ". " }
        @if let Some(tax) = &query.tax { "Taxed by " (if tax.is_empty() { "nothing" } else { tax }) ". " }
        @if let Some(status) = &query.order_status { "With the status " (status) ". " }
    }
}

/// The documents as a table.
pub(super) fn table(app: &App, rows: &[PostingRow], now: Timestamp, zone: &TimeZone) -> Markup {
    html! {
        table class="list" {
            thead { tr {
                th scope="col" { "Order" } th scope="col" { "Day" } th scope="col" { "Customer" } th scope="col" class="n" { "Amount" }
                th scope="col" { "State" } th scope="col" { "In the books" } th scope="col" { "Changed" }
            } }
            tbody { @for row in rows { tr data-id=(row.id.as_str()) {
                td data-label="Order" class="day" {
                    a class="row" href=(parts::order_path(&row.number)) { "#" (row.number) }
                    @if row.source_kind == SourceKind::Refund { " " span class="small" { "refund" } }
                }
                td data-label="Day" class="day" { @if let Some(date) = row.date { (date) } }
                td data-label="Customer" { (row.who) }
                td data-label="Amount" class="n" { @if let Some(amount) = &row.amount { (parts::money_of(amount)) } }
                td data-label="State" {
                    (parts::state(row.state, row.warning.is_some() && row.state == PostingState::Posted))
                    @if row.state != PostingState::Posted {
                        @if let Some(reason) = &row.reason { " " span class="small reason" { (parts::prose(reason)) } }
                    }
                }
                td data-label="In the books" { (in_books(app, row)) }
                td data-label="Changed" class="day" { (parts::time(row.updated_at, now, zone)) }
            } } }
        }
    }
}

/// The document's name in the books, with a way to it.
pub(super) fn in_books(app: &App, row: &PostingRow) -> Markup {
    let Some(id) = &row.target_id else {
        return parts::none();
    };
    let number = row.doc_number.as_deref().unwrap_or(id);
    let name = format!("{} {number}", row.kind.in_words());
    let pipeline = app.config.pipeline(row.pipeline.as_str());
    let company = pipeline.and_then(|pipeline| app.config.company(&pipeline.target));
    let page = company.and_then(|company| (app.outside.page)(company, row.kind, id));
    html! {
        @if let Some(page) = page { a href=(page) rel="noreferrer" target="_blank" { (name) " ↗" } }
        @else { (name) }
    }
}
