//! The dashboard: pages made on the server that work without scripts. They hold no rules: each asks
//! the store and the engine, and writes HTML.

mod act;
mod assets;
mod card;
mod compare;
mod compared;
mod connect;
mod connections;
mod csv;
mod fee;
mod figures;
mod held;
mod kept;
mod login;
mod looks;
mod mapping;
mod order;
mod orders;
mod overview;
mod parts;
mod plan;
mod reconcile;
mod runs;
mod same_number;
mod words;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};

use super::access::Role;
use super::feed;
use super::guard::{Caller, wants_page};
use super::problem::ApiProblem;
use super::router::{App, Shared};
use crate::domain::{PipelineName, PostingState};
use crate::store::{PostingRow, StoreError};

pub(super) use connect::Questions;
pub(super) use figures::Figures;
pub(super) use plan::Approvals;

/// The pages that need a token, where there is one.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(overview::show))
        .route("/orders", get(orders::show))
        .route("/orders.csv", get(orders::csv))
        .route("/orders/{number}", get(order::show))
        .route("/held", get(held::show))
        .route("/held.csv", get(held::csv))
        .route("/runs", get(runs::list))
        .route("/runs.csv", get(runs::csv))
        .route("/runs/{batch}", get(runs::show))
        .route("/runs/{batch}/live", get(card::live))
        .route("/mapping", get(mapping::show))
        .route("/reconcile", get(reconcile::show))
        .route("/reconcile.csv", get(reconcile::csv))
        .route("/plan", get(plan::show))
        .route("/plan.csv", get(plan::csv))
        .route("/connections", get(connections::show))
        .route("/do/sync", post(act::sync))
        .route("/do/run", post(act::run))
        .route("/do/retry", post(act::retry))
        .route("/do/hold", post(act::hold))
        .route("/do/exclude", post(act::exclude))
        .route("/connections/{name}/reconnect", get(connect::begin))
        .route("/do/approve", post(plan::approve_plan))
}

/// What everybody may have: style, script and icon, the page to sign in, and the way back from Intuit,
/// which is believed by the question it answers.
pub(super) fn open_routes() -> Router<Shared> {
    Router::new()
        .route("/login", get(login::show).post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/connections/callback", get(connect::end))
        .route("/assets/{name}", get(assets::show))
}

/// A page of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Overview,
    Orders,
    Held,
    Runs,
    Mapping,
    Reconcile,
    Plan,
    Connections,
}

const TABS: [(Tab, &str, &str); 8] = [
    (Tab::Overview, "/", words::OVERVIEW),
    (Tab::Orders, "/orders", words::ORDERS),
    (Tab::Held, "/held", words::HELD),
    (Tab::Runs, "/runs", words::RUNS),
    (Tab::Mapping, "/mapping", words::MAPPING),
    (Tab::Reconcile, "/reconcile", words::RECONCILE),
    (Tab::Plan, "/plan", words::PLAN),
    (Tab::Connections, "/connections", words::CONNECTIONS),
];

/// A whole page. Its title says what it is.
async fn page(
    app: &App,
    caller: Caller,
    tab: Tab,
    title: &str,
    body: Markup,
) -> Result<Html<String>, StoreError> {
    let waiting: u64 = app
        .store
        .counts_by_state()
        .await?
        .iter()
        .filter(|count| matches!(count.state, PostingState::Held | PostingState::Failed))
        .map(|count| count.count)
        .sum();
    let markup = html! {
        (head(title))
        body data-since=(feed::just_before(caller.asked_at)) data-words=(words::SCRIPT) {
            a class="skip" href="#main" { (words::SKIP) }
            nav class="rail" aria-label=(words::MENU) {
                a class="brand" href="/" { (words::PRODUCT) }
                ul {
                    @for (of, path, name) in TABS {
                        li {
                            a href=(path) aria-current=[(of == tab).then_some("page")] {
                                (name)
                                @if of == Tab::Held && waiting > 0 {
                                    " " span class="badge" { (words::grouped(waiting)) }
                                }
                            }
                        }
                    }
                }
                details class="keys" {
                    summary { (words::KEYS) }
                    dl { @for (key, what) in words::KEY_LIST { div { dt { kbd { (key) } } dd { (what) } } } }
                }
                @if caller.signed_in {
                    form method="post" action="/logout" { button class="plain" { (words::SIGN_OUT) } }
                }
            }
            main id="main" tabindex="-1" { (body) }
            p id="lost" class="lost" role="status" hidden { (words::LINE_LOST) " " time data-cut="" { span data-ago="" {} } "." }
            p id="voice" class="hidden" aria-live="polite" {}
        }
    };
    Ok(Html(markup.into_string()))
}

fn head(title: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en";
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) " · " (words::PRODUCT) }
            link rel="icon" href=(assets::path("icon.svg")) type="image/svg+xml";
            link rel="stylesheet" href=(assets::path("daybook.css"));
            script src=(assets::path("live.js")) defer {}
        }
    }
}

/// Whether the caller may press buttons.
fn may_act(caller: Caller) -> bool {
    caller.role == Role::Operator
}

/// The calendar of a pipeline's books.
fn zone_of(app: &App, name: &PipelineName) -> TimeZone {
    let pipeline = app.config.pipeline(name.as_str());
    pipeline.map_or(TimeZone::UTC, |pipeline| pipeline.timezone.clone())
}

/// The calendar that times are shown in where several pipelines are: that of the first.
fn zone(app: &App) -> TimeZone {
    let first = app.config.pipelines.first();
    first.map_or(TimeZone::UTC, |pipeline| pipeline.timezone.clone())
}

/// The calendar of the pipeline that is asked for, else [`zone`].
fn zone_asked(app: &App, name: Option<&PipelineName>) -> TimeZone {
    name.map_or_else(|| zone(app), |name| zone_of(app, name))
}

/// A pipeline's name in an address: nothing where there is no other.
fn in_address<'n>(app: &App, name: &'n PipelineName) -> &'n str {
    let several = app.engine.pipelines().nth(1).is_some();
    if several { name.as_str() } else { "" }
}

/// The page of an order; where several pipelines are it says whose.
fn order_path(app: &App, row: &PostingRow) -> String {
    order_path_of(app, &row.number, &row.pipeline)
}

/// The same by its number and pipeline.
fn order_path_of(app: &App, number: &str, pipeline: &PipelineName) -> String {
    let pipeline = in_address(app, pipeline);
    parts::link(&parts::order_path(number), &[("pipeline", pipeline)])
}

/// Which pipeline is looked at, where there are several.
fn pipelines(app: &App, current: &str, link: impl Fn(&str) -> String) -> Markup {
    let names: Vec<&str> = app.engine.pipelines().map(|it| it.name.as_str()).collect();
    let chip = |name: &str, text: &str| {
        html! { a href=(link(name)) aria-current=[(current == name).then_some("true")] { (text) } }
    };
    html! {
        @if names.len() > 1 {
            nav class="chips" aria-label=(words::PIPELINES) {
                (chip("", words::ALL))
                @for name in names { (chip(name, name)) }
            }
        }
    }
}

/// A person gets a problem as a page.
pub(super) async fn problems_as_pages(
    State(_app): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let person = wants_page(request.headers());
    let response = next.run(request).await;
    let problem = response.extensions().get::<ApiProblem>().cloned();
    let Some(problem) = problem.filter(|_| person) else {
        return response;
    };
    let title = words::problem(problem.status);
    let markup = html! {
        (head(title))
        body class="alone" {
            main id="main" {
                h1 { (title) }
                p class="answer" { (sentence(&problem.detail)) }
                p { a href="/" { (words::BACK) } }
            }
        }
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_TYPE);
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    let mut page = (parts.status, Html(markup.into_string())).into_response();
    page.headers_mut().extend(parts.headers);
    page
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let rest = letters.as_str();
    let stop = if rest.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{}{rest}{stop}", first.unwrap_or_default())
}
