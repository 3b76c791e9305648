//! Orders and refunds: looked for by number, name or amount, and by where they stand. What is asked for
//! stands in the address: filter, order and place.

use axum::extract::{Extension, State};
use axum::response::{Html, Response};
use jiff::civil::Date;
use kit::Currency;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::api::journal::known_pipeline;
use super::super::extract::Asked;
use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::words::orders as said;
use super::{Tab, csv, figures, order_path, page, parts, pipelines, words, zone_asked};
use crate::domain::{BatchId, PipelineName, PostingState, SourceKind};
use crate::store::{ListOrder, PostingFilter, PostingRow};

/// So many rows are asked for at once where all are wanted.
const PORTION: u32 = 5000;

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OrdersQuery {
    q: String,
    state: String,
    cause: String,
    from: Option<Date>,
    to: Option<Date>,
    posted: Option<Date>,
    run: String,
    gateway: Option<String>,
    tax: Option<String>,
    order_status: Option<String>,
    currency: String,
    pipeline: String,
    sort: Sort,
    cursor: String,
}

/// The order of the list, as it stands in the address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sort {
    #[default]
    LatestDay,
    EarliestDay,
    Largest,
    Smallest,
    LastChanged,
    FirstChanged,
}

impl Sort {
    fn as_str(self) -> &'static str {
        match self {
            Self::LatestDay => "",
            Self::EarliestDay => "earliest-day",
            Self::Largest => "largest",
            Self::Smallest => "smallest",
            Self::LastChanged => "last-changed",
            Self::FirstChanged => "first-changed",
        }
    }

    fn order(self) -> ListOrder {
        match self {
            Self::LatestDay => ListOrder::LatestDay,
            Self::EarliestDay => ListOrder::EarliestDay,
            Self::Largest => ListOrder::Largest,
            Self::Smallest => ListOrder::Smallest,
            Self::LastChanged => ListOrder::LastChanged,
            Self::FirstChanged => ListOrder::FirstChanged,
        }
    }
}

impl OrdersQuery {
    fn filter(&self, app: &App) -> Result<PostingFilter, ApiProblem> {
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let state = match self.state.as_str() {
            "" | "unsynced" => None,
            "warning" => Some(PostingState::Posted),
            state => Some(state.parse().map_err(ApiProblem::bad_request)?),
        };
        let cursor = text(&self.cursor);
        if cursor
            .as_deref()
            .is_some_and(|cursor| !self.sort.order().knows(cursor))
        {
            return Err(ApiProblem::bad_request(said::NO_PLACE));
        }
        let currency = text(&self.currency).map(|text| text.parse::<Currency>());
        let currency = currency.transpose();
        let currency = currency.map_err(|_| ApiProblem::bad_request(said::UNKNOWN_CURRENCY))?;
        let pipeline = self.pipeline(app)?;
        let zone = zone_asked(app, pipeline.as_ref());
        Ok(PostingFilter {
            pipeline,
            currency,
            documents: true,
            state,
            unsynced: self.state == "unsynced",
            warned: self.state == "warning",
            cause: text(&self.cause),
            q: text(&self.q),
            from: self.from,
            to: self.to,
            gateway: self.gateway.clone(),
            tax: self.tax.clone(),
            order_status: self.order_status.clone(),
            posted: self.posted.map(|day| figures::day_of(day, &zone)),
            run: text(&self.run).map(BatchId::new),
            order: self.sort.order(),
            cursor,
            limit: 50,
        })
    }

    fn pipeline(&self, app: &App) -> Result<Option<PipelineName>, ApiProblem> {
        known_pipeline(app, Some(&self.pipeline))
    }

    /// The address of the same question at another path, with other words.
    fn at(&self, path: &str, state: &str, sort: Sort, cursor: &str) -> String {
        parts::link_of_all(path, &self.query(state, sort, cursor))
    }

    /// All that is asked for, by name.
    fn query(&self, state: &str, sort: Sort, cursor: &str) -> Vec<(&'static str, String)> {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let (from, to, posted) = (day(self.from), day(self.to), day(self.posted));
        let mut query = vec![
            ("q", self.q.as_str()),
            ("state", state),
            ("cause", self.cause.as_str()),
            ("from", from.as_str()),
            ("to", to.as_str()),
            ("posted", posted.as_str()),
            ("run", self.run.as_str()),
            ("currency", self.currency.as_str()),
            ("pipeline", self.pipeline.as_str()),
            ("sort", sort.as_str()),
            ("cursor", cursor),
        ];
        query.retain(|(_, value)| !value.is_empty());
        // an empty gateway or tax is asked for as such
        for (name, value) in [
            ("gateway", &self.gateway),
            ("tax", &self.tax),
            ("order_status", &self.order_status),
        ] {
            query.extend(value.as_deref().map(|value| (name, value)));
        }
        let owned = |(name, value): (&'static str, &str)| (name, value.to_owned());
        query.into_iter().map(owned).collect()
    }

    fn with(&self, state: &str) -> String {
        self.at("/orders", state, self.sort, "")
    }

    fn is_narrow(&self) -> bool {
        !self.query(&self.state, Sort::default(), "").is_empty()
    }

    /// What else is asked for than the words of the search, which keeps it.
    fn beside_the_search(&self) -> Vec<(&'static str, String)> {
        let mut query = self.query(&self.state, self.sort, "");
        query.retain(|(name, _)| *name != "q");
        query
    }
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<OrdersQuery>,
) -> Result<Html<String>, ApiProblem> {
    let found = app.store.postings_page(&query.filter(&app)?).await?;
    let file = query.at("/orders.csv", &query.state, query.sort, "");
    let body = html! {
        h1 { (words::ORDERS) }
        form method="get" action="/orders" role="search" class="search" {
            label for="q" class="hidden" { (words::SEARCH) }
            input id="q" name="q" type="search" value=(query.q) placeholder=(said::PLACEHOLDER) autocomplete="off";
            @for (name, value) in query.beside_the_search() { input type="hidden" name=(name) value=(value); }
            button type="submit" class="plain" { (words::SEARCH) }
        }
        (pipelines(&app, &query.pipeline, |name| OrdersQuery { pipeline: name.to_owned(), ..query.clone() }.with(&query.state)))
        (chips(&query))
        p class="small tools" {
            @if query.is_narrow() { span { (narrowed(&query)) a href="/orders" { (words::SHOW_ALL) } } }
            a href=(file) download="" { (words::CSV) }
        }
        div data-refresh="orders" data-list="" {
            @if found.postings.is_empty() {
                (parts::empty(if query.is_narrow() { said::NOTHING } else { said::NOTHING_YET }))
            } @else {
                (table(&app, &query, &found.postings)?)
            }
            @if let Some(next) = &found.next_cursor {
                p { a class="more" data-more="" href=(query.at("/orders", &query.state, query.sort, next)) { (words::MORE) } }
            }
        }
    };
    Ok(page(&app, caller, Tab::Orders, words::ORDERS, body).await?)
}

fn chips(query: &OrdersQuery) -> Markup {
    let current = |state: &str| (query.state == state).then_some("true");
    let chip = |state: PostingState| {
        html! {
            a href=(query.with(state.as_str())) aria-current=[current(state.as_str())] { (parts::state(state, false)) }
        }
    };
    html! {
        nav class="chips" aria-label=(words::STATE) {
            a href=(query.with("")) aria-current=[current("")] { (words::ALL) }
            a href=(query.with("unsynced")) aria-current=[current("unsynced")] {
                span class="chip queued" { span aria-hidden="true" { "○" } " " (said::UNSYNCED) }
            }
            @for state in [PostingState::Queued, PostingState::Posting, PostingState::Posted] { (chip(state)) }
            a href=(query.with("warning")) aria-current=[current("warning")] { (parts::warning()) }
            @for state in [PostingState::Held, PostingState::Failed, PostingState::Excluded, PostingState::Reversed] { (chip(state)) }
        }
    }
}

/// What beside the state narrows the list.
fn narrowed(query: &OrdersQuery) -> Markup {
    html! {
        @if !query.cause.is_empty() { (said::because(&query.cause, query.state != PostingState::Excluded.as_str())) }
        (said::dated(query.from, query.to))
        @if !query.currency.is_empty() { (said::in_currency(&query.currency)) }
        @if let Some(day) = query.posted { (said::posted_on(day)) }
        @if !query.run.is_empty() { a href={ "/runs/" (query.run) } { (words::runs::RUN) } ": " (said::OF_RUN) }
        @if let Some(gateway) = &query.gateway { (said::paid_by(gateway)) }
        @if let Some(tax) = &query.tax { (said::taxed_by(tax)) }
        @if let Some(status) = &query.order_status { (said::with_status(status)) }
    }
}

/// The head of a column by which the list can be ordered: pressed again it turns round.
fn sortable(query: &OrdersQuery, name: &str, down: Sort, up: Sort) -> Markup {
    let (next, order, sign) = match query.sort {
        sort if sort == down => (up, Some("descending"), " ↓"),
        sort if sort == up => (down, Some("ascending"), " ↑"),
        _ => (down, None, ""),
    };
    html! {
        th scope="col" class=[(down == Sort::Largest).then_some("n")] aria-sort=[order] {
            a href=(query.at("/orders", &query.state, next, "")) { (name) span aria-hidden="true" { (sign) } }
        }
    }
}

/// The documents as a table.
fn table(app: &App, query: &OrdersQuery, rows: &[PostingRow]) -> Result<Markup, ApiProblem> {
    let zone = zone_asked(app, query.pipeline(app)?.as_ref());
    let now = app.clock.now();
    Ok(html! {
        table class="list orders" {
            thead { tr {
                th scope="col" { (said::ORDER) }
                (sortable(query, words::DAY, Sort::LatestDay, Sort::EarliestDay))
                th scope="col" { (said::CUSTOMER) }
                (sortable(query, words::AMOUNT, Sort::Largest, Sort::Smallest))
                th scope="col" { (words::STATE) } th scope="col" { (said::IN_BOOKS) }
                (sortable(query, said::CHANGED, Sort::LastChanged, Sort::FirstChanged))
            } }
            tbody { @for row in rows { tr data-id=(row.id.as_str()) {
                td data-label=(said::ORDER) class="order day" {
                    a class="row" href=(order_path(app, row)) { @if row.source_kind.is_told() { "#" } (row.number) }
                    @if let Some(what) = beside(row) { " " span class="small" { (what) } }
                }
                td data-label=(words::DAY) class="date day" { @if let Some(date) = row.date { (date) } }
                td data-label=(said::CUSTOMER) class="who" { (row.who) }
                td data-label=(words::AMOUNT) class="n" { @if let Some(amount) = &row.amount { (parts::money_of(amount)) } }
                td data-label=(words::STATE) class="stands" {
                    (parts::state(row.state, row.warning.is_some() && row.state == PostingState::Posted))
                    @if row.state != PostingState::Posted {
                        @if let Some(reason) = &row.reason { " " span class="small reason" { (parts::prose(reason)) } }
                    }
                }
                td data-label=(said::IN_BOOKS) class="doc" { (in_books(app, row)) }
                td data-label=(said::CHANGED) class="when day" { (parts::time(row.updated_at, now, &zone)) }
            } } }
        }
    })
}

/// What it is, where it is no order.
fn beside(row: &PostingRow) -> Option<&'static str> {
    match row.source_kind {
        _ if row.kind.level() != 1 => Some(row.kind.in_words()),
        SourceKind::Refund => Some(said::REFUND),
        _ => None,
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

/// All that the list has, as a file.
pub(super) async fn csv(
    State(app): State<Shared>,
    Asked(query): Asked<OrdersQuery>,
) -> Result<Response, ApiProblem> {
    let mut filter = query.filter(&app)?;
    filter.limit = PORTION;
    let mut text = String::new();
    let heads = [
        "order",
        "kind",
        "day",
        "customer",
        "amount",
        "currency",
        "state",
        "cause",
        "reason",
        "books_kind",
        "books_number",
        "books_total",
        "warning",
        "changed",
    ];
    csv::line(&mut text, &heads);
    loop {
        let page = app.store.postings_page(&filter).await?;
        for row in &page.postings {
            let optional = |text: &Option<String>| text.clone().unwrap_or_default();
            let money = row.amount.as_ref();
            csv::line(
                &mut text,
                &[
                    &row.number,
                    row.source_kind.as_str(),
                    &row.date.map(|day| day.to_string()).unwrap_or_default(),
                    &row.who,
                    &money
                        .map(|money| money.amount.to_string())
                        .unwrap_or_default(),
                    money.map_or("", |money| money.currency.as_str()),
                    row.state.as_str(),
                    &optional(&row.cause),
                    &optional(&row.reason),
                    row.kind.as_str(),
                    &optional(&row.doc_number),
                    &row.books_total
                        .map(|total| total.to_string())
                        .unwrap_or_default(),
                    &optional(&row.warning),
                    &row.updated_at.to_string(),
                ],
            );
        }
        match page.next_cursor {
            Some(next) => filter.cursor = Some(next),
            None => break,
        }
    }
    Ok(csv::file("orders", text))
}
