//! Is it running, is anything missing, is there something to do.

use axum::extract::{Extension, State};
use axum::response::Html;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::Money;
use maud::{Markup, html};

use super::super::guard::Caller;
use super::super::period::Period;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::figures::{self, Sums};
use super::words::overview as said;
use super::{
    Tab, card, connections, held, in_address, may_act, order_path, page, parts, runs, words,
    zone_of,
};
use crate::config::PostingMode;
use crate::domain::{PostingState, SyncStatus};
use crate::engine::{Pipeline, RunReport};
use crate::store::{CauseGroup, PostingRow, Reconciled, StoreError};

/// The metered reads a month that Intuit's free plan has, for all companies of an app.
const FREE_READS: u64 = 500_000;

/// What stands about one pipeline.
struct View<'a> {
    pipeline: &'a Pipeline,
    /// Its name in addresses.
    address: &'a str,
    last: Option<RunReport>,
    sums: &'a Sums,
    held: &'a [CauseGroup],
    oldest: Option<PostingRow>,
    zone: TimeZone,
    now: Timestamp,
    caller: Caller,
    /// Whether what it plans waits for approval.
    review: bool,
    /// Metered reads of the company this month.
    reads: u64,
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Result<Html<String>, ApiProblem> {
    let now = app.clock.now();
    let mut sections = Vec::new();
    for pipeline in app.engine.pipelines() {
        let name = &pipeline.name;
        let sums = figures::sums(&app, name).await?;
        let held = app.store.held_by_cause(Some(name)).await?;
        let view = View {
            pipeline,
            address: in_address(&app, name),
            last: runs::latest(&app, name).await?,
            sums: &sums,
            held: &held,
            oldest: app.store.oldest_unposted(Some(name)).await?,
            zone: zone_of(&app, name),
            now,
            caller,
            review: app
                .config
                .pipeline(name.as_str())
                .is_some_and(|pipeline| pipeline.posting == PostingMode::Review),
            reads: pipeline
                .books
                .reads_this_month(&app.store, &**app.engine.clock())
                .await?,
        };
        sections.push(section(&app, &view).await?);
    }
    let body = html! {
        h1 class="quiet" { (words::OVERVIEW) }
        @for section in &sections { (section) }
    };
    Ok(page(&app, caller, Tab::Overview, words::OVERVIEW, body).await?)
}

impl View<'_> {
    /// A list of this pipeline.
    fn link(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut query = query.to_vec();
        query.push(("pipeline", self.address));
        parts::link(path, &query)
    }
}

async fn section(app: &App, view: &View<'_>) -> Result<Markup, StoreError> {
    let name = view.pipeline.name.as_str();
    let next = app.engine.next_run(&view.pipeline.name);
    let active = view.last.as_ref().filter(|run| !run.status.is_at_rest());
    let route = connections::route(app, view.pipeline).await?;
    let healths = connections::in_short(app, view.pipeline).await?;
    Ok(html! {
        section class="pipeline" data-refresh={ "pipeline-" (name) } aria-label=(name) {
            div class="lead" {
                p class="answer" {
                    (sentence(view))
                    @if let Some(run) = view.last.as_ref().filter(|_| active.is_none()) {
                        span class="soft" {
                            (said::look(run.status)) " " (parts::time(run.completed_at.unwrap_or(run.started_at), view.now, &view.zone)) "."
                        }
                    }
                }
                @if may_act(view.caller) { (start(view)) }
            }
            p class="flow" {
                (route)
                @if let Some(run) = &view.last { " · " (parts::status(run.status)) }
                @if view.last.as_ref().is_some_and(|run| run.status == SyncStatus::Paused) {
                } @else if let Some(next) = next.filter(|_| active.is_none()) {
                    " · " (said::NEXT) " " (parts::time(next, view.now, &view.zone))
                } @else if active.is_none() {
                    " · " (said::BY_HAND)
                }
                " · " (healths)
            }
            @if let Some(run) = &view.last { (card::card(run, view.caller, view.now, &view.zone, "overview")) }
            (strip(app, view))
            (equations(view))
            (waiting(view))
            (week(view))
        }
    })
}

/// The answer first.
fn sentence(view: &View<'_>) -> Markup {
    let Some(last) = &view.last else {
        return html! { (said::NO_RUN) };
    };
    let month = Period::month(view.sums.month_of);
    let month_name = view.sums.month_of.strftime("%B").to_string();
    let days = |state: &str| {
        let from = month.first().to_string();
        let to = month.last().to_string();
        view.link("/orders", &[("state", state), ("from", &from), ("to", &to)])
    };
    let waiting: u64 = view.held.iter().map(|group| group.documents).sum();
    let entries: u64 = view.held.iter().map(|group| group.count).sum();
    let released: u64 = view.held.iter().map(|group| group.released).sum();
    let moving = figures::of(
        &view.sums.counts,
        &[PostingState::Queued, PostingState::Posting],
    );
    let posted = figures::of(&view.sums.counts_month, &[PostingState::Posted]);
    let in_books = html! {
        a href=(days("posted")) { (words::grouped(posted)) } (said::OF) (month_name) (said::ARE_IN_THE_BOOKS)
    };
    html! {
        @if last.status == SyncStatus::Failed { strong { (said::failed(last.error.as_deref())) } }
        @if last.status == SyncStatus::Paused { strong { (said::PAUSED) } }
        @if entries > 0 {
            a href=(view.link("/held", &[])) { (said::waiting(waiting, entries - waiting)) }
            @if released >= entries { (said::are_released(entries)) } @else { (said::wait_for_you(entries)) }
            @if released > 0 && released < entries { (said::some_released(released)) }
            (in_books)
        } @else if moving > 0 && view.review {
            a href=(view.link("/plan", &[])) { (said::papers(moving)) } (said::wait_for_approval(moving)) (in_books)
        } @else if moving > 0 {
            a href=(view.link("/orders", &[("state", "unsynced")])) { (said::papers(moving)) } (said::on_their_way(moving)) (in_books)
        } @else if said::looked_at_part(last.status) {
            (in_books)
        } @else if posted == 0 {
            (said::NOTHING_TO_BOOK)
        } @else {
            (said::ALL) a href=(days("posted")) { (said::papers(posted)) } (said::OF) (month_name) (said::ARE_IN_THE_BOOKS)
        }
    }
}

/// The figures of today, each with the list it counts.
fn strip(app: &App, view: &View<'_>) -> Markup {
    let today = view.sums.today.to_string();
    let (posted, sums) = &view.sums.posted_today;
    let posted_today = view.link("/orders", &[("posted", &today)]);
    let period = view.link("/reconcile", &[("from", &today), ("to", &today)]);
    let held: u64 = view.held.iter().map(|group| group.count).sum();
    let held_sums = added_up(view.held);
    let figure = |name: &str, figure: &Markup| html! { div class="figure" { dt { (name) } dd { (figure) } } };
    html! {
        dl class="figures strip" {
            (figure(said::POSTED_TODAY, &html! {
                a href=(posted_today) { (words::grouped(*posted)) }
                span class="beside" { (said::DOCUMENTS) @if !sums.is_empty() { " · " (parts::sums(sums)) } }
            }))
            (figure(words::HELD, &html! {
                a href=(view.link("/held", &[])) { (words::grouped(held)) }
                span class="beside" { (said::ENTRIES) @if !held_sums.is_empty() { " · " (parts::sums(&held_sums)) } }
            }))
            (figure(said::DIFFERENCE_TODAY, &html! {
                @if view.sums.day.is_empty() { a class="difference" href=(period) { "0.00" } }
                @for sum in &view.sums.day {
                    a class={ "difference" @if !sum.difference.is_zero() { " off" } } href=(period) { (parts::money(sum.difference, sum.currency)) } " "
                }
            }))
            (figure(said::OLDEST, &html! {
                @if let Some(oldest) = &view.oldest {
                    a href=(order_path(app, oldest)) { "#" (oldest.number) }
                    span class="beside" { (parts::state(oldest.state, false)) " " (said::KNOWN_SINCE) " " (parts::time(oldest.created_at, view.now, &view.zone)) }
                } @else { span class="soft" { (said::NOTHING_WAITS) } }
            }))
            (figure(said::READS, &html! {
                a href={ "/connections#" (view.pipeline.target_name.as_str()) } { (words::grouped(view.reads)) }
                span class="beside" { (said::reads_of(FREE_READS)) }
            }))
        }
    }
}

fn start(view: &View<'_>) -> Markup {
    let name = view.pipeline.name.as_str();
    match &view.last {
        Some(run) if run.status == SyncStatus::Paused => parts::button(
            "/do/run",
            words::RESUME,
            &[
                ("batch", &run.batch_id),
                ("action", "resume"),
                ("back", "overview"),
            ],
            "primary",
        ),
        Some(run) if !run.status.is_at_rest() => parts::none(),
        Some(_) | None => parts::button(
            "/do/sync",
            words::SYNC_NOW,
            &[("pipeline", name)],
            "primary",
        ),
    }
}

/// Store = books + held + excluded, for today and for the month.
fn equations(view: &View<'_>) -> Markup {
    let month = Period::month(view.sums.month_of);
    let month_name = view.sums.month_of.strftime("%B %Y").to_string();
    let today = view.sums.today.to_string();
    html! {
        table class="equation" {
            caption {
                (said::SUMS) " "
                span class="small" { (words::AS_OF) " " (parts::time(view.sums.as_of, view.now, &view.zone)) }
            }
            thead { tr {
                th scope="col" { span class="hidden" { (words::PERIOD) } } th scope="col" class="n" { (words::STORE) }
                th scope="col" class="n" { "= " (words::POSTED) } th scope="col" class="n" { "+ " (words::HELD_SUM) }
                th scope="col" class="n" { "+ " (words::EXCLUDED) } th scope="col" class="n" { (words::DIFFERENCE) }
            } }
            tbody {
                (sum_rows(view, said::TODAY, &view.sums.day, &today, &today))
                (sum_rows(view, &month_name, &view.sums.month, &month.first().to_string(), &month.last().to_string()))
            }
        }
    }
}

fn sum_rows(view: &View<'_>, title: &str, sums: &[Reconciled], from: &str, to: &str) -> Markup {
    // of a currency, where there are several
    let link = |state: &str, sum: &Reconciled| {
        let mut query = vec![("state", state), ("from", from), ("to", to)];
        if sums.len() > 1 {
            query.push(("currency", sum.currency.as_str()));
        }
        view.link("/orders", &query)
    };
    let period = view.link("/reconcile", &[("from", from), ("to", to)]);
    html! {
        @if sums.is_empty() {
            tr { th scope="row" { a href=(period) { (title) } } td colspan="5" class="small" { (said::NOTHING_YET) } }
        }
        @for sum in sums {
            tr {
                th scope="row" { a href=(period) { (title) } " " span class="currency" { (sum.currency.as_str()) } }
                td class="n" data-label=(words::STORE) { a href=(link("", sum)) { (parts::amount_text(sum.store, sum.currency)) } }
                td class="n" data-label=(words::POSTED) { a href=(link("posted", sum)) { (parts::amount_text(sum.posted, sum.currency)) } }
                td class="n" data-label=(words::HELD_SUM) { a href=(link("unsynced", sum)) { (parts::amount_text(sum.held, sum.currency)) } }
                td class="n" data-label=(words::EXCLUDED) { a href=(link("excluded", sum)) { (parts::amount_text(sum.excluded, sum.currency)) } }
                td class={ "n difference" @if !sum.difference.is_zero() { " off" } } data-label=(words::DIFFERENCE) {
                    a href=(period) { (parts::amount_text(sum.difference, sum.currency)) }
                }
            }
        }
    }
}

/// What waits for all causes together, by currency.
fn added_up(groups: &[CauseGroup]) -> Vec<Money> {
    let mut sums: Vec<Money> = Vec::new();
    for money in groups.iter().flat_map(|group| &group.amounts) {
        match sums.iter_mut().find(|sum| sum.currency == money.currency) {
            Some(sum) => sum.amount += money.amount,
            None => sums.push(*money),
        }
    }
    sums
}

/// The causes with the most money.
fn waiting(view: &View<'_>) -> Markup {
    html! {
        @if !view.held.is_empty() {
            section class="waiting" {
                h2 { (said::WAITS) }
                ul class="causes" {
                    @for group in view.held.iter().take(3) {
                        li { (held::in_short(group, view.address)) }
                    }
                }
                @if view.held.len() > 3 { p { a href=(view.link("/held", &[])) { (words::SHOW_ALL) " (" (view.held.len()) ")" } } }
            }
        }
    }
}

/// The last seven days, each a bar that opens to its orders.
fn week(view: &View<'_>) -> Markup {
    let days = &view.sums.week;
    let highest = days.iter().map(|(_, posted, other)| posted + other).max();
    let highest = highest.unwrap_or(0).max(1);
    html! {
        @if days.iter().any(|(_, posted, other)| posted + other > 0) {
            section class="week" {
                h2 { (said::WEEK) }
                ol class="days" {
                    @for (day, posted, other) in days {
                        @let text = day.to_string();
                        @let high = |count: u64| (count * 96).div_ceil(highest);
                        li {
                            a href=(view.link("/orders", &[("from", &text), ("to", &text)])) title=(said::day_in_words(*posted, *other)) {
                                svg class="chart" viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true" {
                                    rect class="back" x="1" y="0" width="8" height="100" {}
                                    rect class="rest" x="1" y=(100 - high(posted + other)) width="8" height=(high(posted + other)) {}
                                    rect x="1" y=(100 - high(*posted)) width="8" height=(high(*posted)) {}
                                }
                                b { (words::grouped(posted + other)) }
                                span { (day.strftime("%a %-d").to_string()) }
                            }
                        }
                    }
                }
                details {
                    summary { (words::AS_TABLE) }
                    table {
                        thead { tr { th scope="col" { (words::DAY) } th scope="col" class="n" { (said::IN_BOOKS) } th scope="col" class="n" { (said::NOT_YET) } } }
                        tbody {
                            @for (day, posted, other) in days {
                                @let text = day.to_string();
                                tr {
                                    th scope="row" {
                                        a href=(view.link("/orders", &[("from", &text), ("to", &text)])) { (day.strftime("%a %-d %b").to_string()) }
                                    }
                                    td class="n" data-label=(said::IN_BOOKS) { (posted) } td class="n" data-label=(said::NOT_YET) { (other) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
