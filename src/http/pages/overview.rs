//! Is it running, is anything missing, is there something to do.

use axum::extract::{Extension, State};
use axum::response::Html;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::super::guard::Caller;
use super::super::period::Period;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::figures::{self, Sums};
use super::{Tab, connections, held, may_act, page, parts, runs, words, zone_of};
use crate::config::PostingMode;
use crate::domain::{PostingState, SyncStatus};
use crate::engine::{Pipeline, RunReport};
use crate::store::{CauseGroup, PostingRow, Reconciled, StoreError};

const NO_RUN: &str =
    "No run was made yet. Press “Sync now”, and what is in the store comes into the books.";
const WAITS: &str = "Waits for you";
const WEEK: &str = "Sales and refunds of the last seven days";
const TODAY: &str = "Dated today";
const OLDEST: &str = "Longest waiting";
const NEXT: &str = "next look";
const LAST: &str = "last look";
const BY_HAND: &str = "runs when you say so";

/// What stands about one pipeline.
struct View<'a> {
    pipeline: &'a Pipeline,
    last: Option<RunReport>,
    sums: &'a Sums,
    held: &'a [CauseGroup],
    oldest: Option<PostingRow>,
    zone: TimeZone,
    now: Timestamp,
    caller: Caller,
    /// Whether what it plans waits for approval.
    review: bool,
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
        };
        sections.push(section(&app, &view).await?);
    }
    let body = html! {
        h1 class="quiet" { (words::OVERVIEW) }
        @for section in &sections { (section) }
    };
    Ok(page(&app, caller, Tab::Overview, words::OVERVIEW, body).await?)
}

async fn section(app: &App, view: &View<'_>) -> Result<Markup, StoreError> {
    let name = view.pipeline.name.as_str();
    let next = app.engine.next_run(&view.pipeline.name);
    let active = view.last.as_ref().filter(|run| !run.status.is_at_rest());
    let route = connections::route(app, view.pipeline).await?;
    Ok(html! {
        section class="pipeline" data-refresh={ "pipeline-" (name) } aria-label=(name) {
            div class="lead" {
                p class="answer" { (sentence(view)) }
                @if may_act(view.caller) { (start(view)) }
            }
            p class="flow" {
                (route) " · " (standing(view))
                @if let Some(next) = next.filter(|_| active.is_none()) {
                    " · " (NEXT) " " (parts::time(next, view.now, &view.zone))
                } @else if active.is_none() {
                    " · " (BY_HAND)
                }
            }
            @if let Some(run) = &view.last { (runs::card(run, view.caller, view.now, &view.zone, "overview")) }
            (equations(view))
            (waiting(view))
            (week(view))
        }
    })
}

/// The answer first.
fn sentence(view: &View<'_>) -> Markup {
    let Some(last) = &view.last else {
        return html! { (NO_RUN) };
    };
    let month = Period::month(view.sums.month_of);
    let month_name = view.sums.month_of.strftime("%B").to_string();
    let days = |state: &str| {
        let from = month.first().to_string();
        let to = month.last().to_string();
        parts::link("/orders", &[("state", state), ("from", &from), ("to", &to)])
    };
    let waiting = figures::of(
        &view.sums.counts,
        &[PostingState::Held, PostingState::Failed],
    );
    let moving = figures::of(
        &view.sums.counts,
        &[PostingState::Queued, PostingState::Posting],
    );
    let posted = figures::of(&view.sums.counts_month, &[PostingState::Posted]);
    let papers = |count| words::count(count, "sale or refund", "sales and refunds");
    html! {
        @if last.status == SyncStatus::Failed {
            strong { "The last run failed: " (last.error.as_deref().unwrap_or("the log says why")) ". " }
        }
        @if last.status == SyncStatus::Paused {
            strong { "Paused: nothing is posted until you press “" (words::RESUME) "”. " }
        }
        @if waiting > 0 {
            a href="/held" {
                (papers(waiting)) " " @if waiting == 1 { "waits" } @else { "wait" } " for you"
            } ". "
            a href=(days("posted")) { (words::grouped(posted)) } " of " (month_name) " are in the books. "
        } @else if moving > 0 && view.review {
            a href="/plan" { (papers(moving)) " " @if moving == 1 { "waits" } @else { "wait" } " for your approval" } "; "
            a href=(days("posted")) { (words::grouped(posted)) } " of " (month_name) " are in the books. "
        } @else if moving > 0 {
            a href="/orders?state=unsynced" { (papers(moving)) } " are on their way; "
            a href=(days("posted")) { (words::grouped(posted)) } " of " (month_name) " are in the books. "
        } @else if posted == 0 {
            "Nothing in the store is to be booked yet. "
        } @else {
            "All " a href=(days("posted")) { (papers(posted)) } " of " (month_name) " are in the books. "
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

fn standing(view: &View<'_>) -> Markup {
    match &view.last {
        Some(run) => {
            let at = run.completed_at.unwrap_or(run.started_at);
            html! {
                (parts::status(run.status)) " · " (LAST) " " (parts::time(at, view.now, &view.zone))
            }
        }
        None => parts::none(),
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
                "Store and books "
                span class="small" { (words::AS_OF) " " (parts::time(view.sums.as_of, view.now, &view.zone)) }
            }
            thead { tr {
                th scope="col" { span class="hidden" { (words::PERIOD) } } th scope="col" class="n" { (words::STORE) }
                th scope="col" class="n" { "= " (words::POSTED) } th scope="col" class="n" { "+ " (words::HELD_SUM) }
                th scope="col" class="n" { "+ " (words::EXCLUDED) } th scope="col" class="n" { (words::DIFFERENCE) }
            } }
            tbody {
                (sum_rows(TODAY, &view.sums.day, &today, &today))
                (sum_rows(&month_name, &view.sums.month, &month.first().to_string(), &month.last().to_string()))
            }
        }
    }
}

fn sum_rows(title: &str, sums: &[Reconciled], from: &str, to: &str) -> Markup {
    let link =
        |state: &str| parts::link("/orders", &[("state", state), ("from", from), ("to", to)]);
    let period = parts::link("/reconcile", &[("from", from), ("to", to)]);
    html! {
        @if sums.is_empty() {
            tr { th scope="row" { a href=(period) { (title) } } td colspan="5" class="small" { "nothing yet" } }
        }
        @for sum in sums {
            tr {
                th scope="row" { a href=(period) { (title) } " " span class="currency" { (sum.currency.as_str()) } }
                td class="n" data-label=(words::STORE) { a href=(link("")) { (parts::amount_text(sum.store, sum.currency)) } }
                td class="n" data-label=(words::POSTED) { a href=(link("posted")) { (parts::amount_text(sum.posted, sum.currency)) } }
                td class="n" data-label=(words::HELD_SUM) { a href=(link("unsynced")) { (parts::amount_text(sum.held, sum.currency)) } }
                td class="n" data-label=(words::EXCLUDED) { a href=(link("excluded")) { (parts::amount_text(sum.excluded, sum.currency)) } }
                td class={ "n difference" @if !sum.difference.is_zero() { " off" } } data-label=(words::DIFFERENCE) {
                    (parts::amount_text(sum.difference, sum.currency))
                }
            }
        }
    }
}

/// The causes with the most money, and what waits longest.
fn waiting(view: &View<'_>) -> Markup {
    html! {
        @if !view.held.is_empty() {
            section class="waiting" {
                h2 { (WAITS) }
                ul class="causes" {
                    @for group in view.held.iter().take(3) {
                        li { (held::in_short(group)) }
                    }
                }
                @if view.held.len() > 3 { p { a href="/held" { (words::SHOW_ALL) " (" (view.held.len()) ")" } } }
            }
        }
        @if let Some(oldest) = &view.oldest {
            p class="small" {
                (OLDEST) ": " a href=(parts::order_path(&oldest.number)) { "#" (oldest.number) } ", "
                (parts::state(oldest.state, false)) ", known since " (parts::time(oldest.created_at, view.now, &view.zone))
            }
        }
    }
}

fn week(view: &View<'_>) -> Markup {
    let bars: Vec<(String, u64, String)> = view
        .sums
        .week
        .iter()
        .map(|(day, posted, other)| {
            let label = day.strftime("%a %-d %b").to_string();
            (
                label,
                posted + other,
                format!("{posted} in the books, {other} not yet"),
            )
        })
        .collect();
    html! {
        @if bars.iter().any(|(_, count, _)| *count > 0) {
            section class="week" {
                h2 { (WEEK) }
                (parts::chart(WEEK, &bars))
                details {
                    summary { (words::AS_TABLE) }
                    table {
                        thead { tr { th scope="col" { "Day" } th scope="col" class="n" { "In the books" } th scope="col" class="n" { "Not yet" } } }
                        tbody {
                            @for (day, posted, other) in &view.sums.week {
                                @let text = day.to_string();
                                tr {
                                    th scope="row" {
                                        a href=(parts::link("/orders", &[("from", &text), ("to", &text)])) { (day.strftime("%a %-d %b").to_string()) }
                                    }
                                    td class="n" { (posted) } td class="n" { (other) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
