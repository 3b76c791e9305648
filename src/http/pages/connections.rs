//! The stores and companies: how they are, how old the consent is, how much of the limits is used.

use axum::extract::{Extension, State};
use axum::response::Html;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{ListKind, Usage};
use maud::{Markup, html};

use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::{Tab, page, parts, words, zone};
use crate::config::{
    Connection, QuickBooksConnection, QuickBooksEnvironment, WooCommerceConnection,
};
use crate::domain::ConnectionName;
use crate::engine::{Health, Pipeline};
use crate::store::StoreError;

/// Intuit ends a consent that was not used so long; each use begins it anew.
const CONSENT_DAYS: i64 = 100;
const NO_WEBHOOKS: &str = "Without webhooks: changes are found at the next look.";
const WEBHOOKS: &str = "Webhooks are taken: an order placed is looked at within seconds.";

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Result<Html<String>, ApiProblem> {
    let (now, zone) = (app.clock.now(), zone(&app));
    let mut sections = Vec::new();
    for (name, connection) in &app.config.connections {
        sections.push(match connection {
            Connection::WooCommerce(store) => of_store(&app, name, store, now, &zone),
            Connection::QuickBooks(company) => of_company(&app, name, company, now, &zone).await?,
        });
    }
    let body = html! {
        h1 { (words::CONNECTIONS) }
        div data-refresh="connections" { @for section in &sections { (section) } }
    };
    Ok(page(&app, caller, Tab::Connections, words::CONNECTIONS, body).await?)
}

/// "shop.example.com → Wild Rye LLC".
pub(super) async fn route(app: &App, pipeline: &Pipeline) -> Result<Markup, StoreError> {
    let store = app.config.store(&pipeline.route.source);
    let store = store
        .and_then(|store| store.url.host_str())
        .unwrap_or_default();
    let company = app
        .store
        .list(&pipeline.books.realm, ListKind::Company)
        .await?;
    let company = company.first().map_or_else(
        || format!("company {}", pipeline.books.realm),
        |entry| entry.name.clone(),
    );
    Ok(html! { a href="/connections" { (store) " → " (company) } })
}

fn state(health: &Health, now: Timestamp, zone: &TimeZone) -> Markup {
    html! {
        p class="answer" {
            @if let Some(trouble) = &health.trouble {
                span class="chip failed" { span aria-hidden="true" { "!" } " cannot be used" } " " (trouble)
            } @else if let Some(at) = health.last_success {
                span class="chip posted" { span aria-hidden="true" { "✓" } " works" } " last used " (parts::time(at, now, zone))
            } @else {
                span class="chip queued" { span aria-hidden="true" { "○" } " not used yet" } " since daybook was started"
            }
        }
    }
}

fn of_store(
    app: &App,
    name: &ConnectionName,
    store: &WooCommerceConnection,
    now: Timestamp,
    zone: &TimeZone,
) -> Markup {
    html! {
        section class="connection" aria-label=(name.as_str()) {
            h2 { (name.as_str()) " " span class="small" { "WooCommerce" } }
            (state(&app.engine.health(name), now, zone))
            dl class="facts" {
                div { dt { "Address" } dd { a href=(store.url.as_str()) rel="noreferrer" target="_blank" { (store.url.as_str()) } } }
                div { dt { "Records a page" } dd { (store.page_size) } }
                div { dt { "Webhooks" } dd { (if store.webhook_secret.is_some() { WEBHOOKS } else { NO_WEBHOOKS }) } }
            }
        }
    }
}

async fn of_company(
    app: &App,
    name: &ConnectionName,
    company: &QuickBooksConnection,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Markup, StoreError> {
    let health = app.engine.health(name);
    let obtained = app.store.token_obtained_at(&company.realm_id).await?;
    let lists = app.store.lists_read_at(&company.realm_id).await?;
    let read = lists.values().min().copied();
    let known = app.store.list(&company.realm_id, ListKind::Company).await?;
    let usage = app
        .engine
        .pipelines()
        .find(|pipeline| pipeline.target_name == *name)
        .map(|pipeline| pipeline.books.limiter.usage());
    let environment = match company.environment {
        QuickBooksEnvironment::Sandbox => "QuickBooks Online, a company for trying",
        QuickBooksEnvironment::Production => "QuickBooks Online",
    };
    Ok(html! {
        section class="connection" aria-label=(name.as_str()) {
            h2 {
                @if let Some(entry) = known.first() { (entry.name) " " }
                span class="small" { (name.as_str()) ", " (environment) }
            }
            (state(&health, now, zone))
            @if health.trouble.is_some() {
                p class="remedy" { span aria-hidden="true" { "→ " } "If consent was withdrawn or has ended, run " code { "daybook connect " (name.as_str()) } " on the server." }
            }
            dl class="facts" {
                div { dt { "Company" } dd { (company.realm_id.as_str()) } }
                div { dt { "Consent" } dd { (consent(obtained, now, zone)) } }
                div { dt { "Lists of the company read" } dd { @if let Some(at) = read { (parts::time(at, now, zone)) } @else { "not yet" } } }
            }
            @if let Some(usage) = usage { (limits(company, &usage, now, zone)) }
        }
    })
}

fn consent(obtained: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> Markup {
    let Some(at) = obtained else {
        return html! { "not used yet" };
    };
    let age = at.duration_until(now).as_hours() / 24;
    let left = (CONSENT_DAYS - age).max(0);
    html! {
        "good for " (left) " more days without use; renewed " (parts::time(at, now, zone)) " "
        progress class="thin" max=(CONSENT_DAYS) value=(left) aria-label="Days of consent left" { (left) }
    }
}

fn limits(
    company: &QuickBooksConnection,
    usage: &Usage,
    now: Timestamp,
    zone: &TimeZone,
) -> Markup {
    let quotas = &company.quotas;
    let used = [
        (
            "Requests in the last minute",
            usage.requests_last_minute,
            quotas.requests_per_minute,
        ),
        (
            "Batch calls in the last minute",
            usage.batch_calls_last_minute,
            quotas.batch_calls_per_minute,
        ),
        ("Calls under way", usage.in_flight, usage.allowed),
    ];
    html! {
        table class="limits" {
            caption { "Intuit's limits" }
            thead { tr { th scope="col" { "What" } th scope="col" { "Used" } th scope="col" class="n" { "Of" } } }
            tbody { @for (name, count, most) in used { tr {
                th scope="row" { (name) }
                td { progress class="thin" max=(most.max(1)) value=(count.min(most)) aria-label=(name) { (count) } " " (words::grouped(count.into())) }
                td class="n" { (words::grouped(most.into())) }
            } } }
        }
        p class="small" {
            @if usage.refused > 0 { (words::count(usage.refused, "request was", "requests were")) " refused for its limits since the start. " }
            @else { "No request was refused for its limits since the start. " }
            @if usage.rate_permille < 1000 { "Going at " (usage.rate_permille / 10) " % of the allowed rate, which is what holds. " }
            @if let Some(until) = usage.paused_until.filter(|until| *until > now) { "Paused until " (parts::exact(until, zone)) "." }
        }
    }
}
