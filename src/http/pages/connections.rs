//! The stores and companies: how they are, how old the consent is, how much of the limits is used.

use axum::extract::{Extension, State};
use axum::response::Html;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use kit::{ListKind, Usage};
use maud::{Markup, html};

use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::words::connections as said;
use super::{Tab, connect, may_act, page, parts, words, zone, zone_of};
use crate::config::{
    Connection, QuickBooksConnection, QuickBooksEnvironment, WooCommerceConnection,
};
use crate::domain::ConnectionName;
use crate::engine::{Health, Pipeline};
use crate::store::StoreError;

/// Intuit ends a consent that was not used so long; each use begins it anew.
const CONSENT_DAYS: i64 = 100;
pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Result<Html<String>, ApiProblem> {
    let (now, zone) = (app.clock.now(), zone(&app));
    let mut sections = Vec::new();
    for (name, connection) in &app.config.connections {
        sections.push(match connection {
            Connection::WooCommerce(store) => of_store(&app, name, store, now, &zone),
            Connection::QuickBooks(company) => {
                of_company(&app, name, company, caller, now, &zone).await?
            }
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
        || said::company(pipeline.books.realm.as_str()),
        |entry| entry.name.clone(),
    );
    Ok(html! { a href="/connections" { (store) " → " (company) } })
}

/// How the connections of a pipeline are, in a line.
pub(super) async fn in_short(app: &App, pipeline: &Pipeline) -> Result<Markup, StoreError> {
    let obtained = app.store.token_obtained_at(&pipeline.books.realm).await?;
    let until = obtained.map(|at| until(at, &zone_of(app, &pipeline.name)));
    let active = app.engine.active(&pipeline.name).is_some();
    let one = |name: &ConnectionName| {
        let health = app.engine.health(name);
        let (class, sign, word) = match (&health.trouble, health.last_success) {
            (None, None) if active => ("queued", "◔", said::IN_USE),
            (Some(_), _) => ("failed", "!", said::BROKEN),
            (None, Some(_)) => ("posted", "✓", said::WORKS),
            (None, None) => ("queued", "○", said::UNUSED),
        };
        html! {
            a class={ "health " (class) } href={ "/connections#" (name) } title=(health.trouble.as_deref().unwrap_or(word)) {
                span aria-hidden="true" { (sign) } " " (name.as_str()) span class=[(class == "posted").then_some("hidden")] { " " (word) }
            }
        }
    };
    Ok(html! {
        (one(&pipeline.route.source)) " " (one(&pipeline.target_name))
        @if let Some(day) = until { " " span class="small" { (said::consent_until(&day)) } }
    })
}

/// The day until which a consent is good that was last used then.
fn until(used: Timestamp, zone: &TimeZone) -> String {
    let day = used.to_zoned(zone.clone()).date();
    let end = day.checked_add(CONSENT_DAYS.days()).unwrap_or(day);
    end.strftime("%-d %b %Y").to_string()
}

fn state(health: &Health, now: Timestamp, zone: &TimeZone) -> Markup {
    html! {
        p class="answer" {
            @if let Some(trouble) = &health.trouble {
                span class="chip failed" { span aria-hidden="true" { "!" } " " (said::BROKEN) } " " (trouble)
            } @else if let Some(at) = health.last_success {
                span class="chip posted" { span aria-hidden="true" { "✓" } " " (said::WORKS) } " " (said::LAST_USED) (parts::time(at, now, zone))
            } @else {
                span class="chip queued" { span aria-hidden="true" { "○" } " " (said::UNUSED) } " " (said::SINCE_START)
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
        section class="connection" id=(name.as_str()) aria-label=(name.as_str()) {
            h2 { (name.as_str()) " " span class="small" { (said::WOOCOMMERCE) } }
            (state(&app.engine.health(name), now, zone))
            dl class="facts" {
                div { dt { (said::ADDRESS) } dd { a href=(store.url.as_str()) rel="noreferrer" target="_blank" { (store.url.as_str()) } } }
                div { dt { (said::RECORDS_A_PAGE) } dd { (store.page_size) } }
                div { dt { (said::HOOKS) } dd { (if store.webhook_secret.is_some() { said::WEBHOOKS } else { said::NO_WEBHOOKS }) } }
            }
        }
    }
}

async fn of_company(
    app: &App,
    name: &ConnectionName,
    company: &QuickBooksConnection,
    caller: Caller,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Markup, StoreError> {
    let health = app.engine.health(name);
    let obtained = app.store.token_obtained_at(&company.realm_id).await?;
    let lists = app.store.lists_read_at(&company.realm_id).await?;
    let read = lists.values().min().copied();
    let known = app.store.list(&company.realm_id, ListKind::Company).await?;
    let mut pipelines = app.engine.pipelines();
    let books = pipelines
        .find(|pipeline| pipeline.target_name == *name)
        .map(|pipeline| pipeline.books.clone());
    let reads = match &books {
        Some(books) => {
            let clock = app.engine.clock();
            books.reads_this_month(&app.store, &**clock).await?
        }
        None => 0,
    };
    let environment = match company.environment {
        QuickBooksEnvironment::Sandbox => said::SANDBOX,
        QuickBooksEnvironment::Production => said::PRODUCTION,
    };
    Ok(html! {
        section class="connection" id=(name.as_str()) aria-label=(name.as_str()) {
            h2 {
                @if let Some(entry) = known.first() { (entry.name) " " }
                span class="small" { (name.as_str()) ", " (environment) }
            }
            (state(&health, now, zone))
            @if may_act(caller) && connect::can(app, name) { (reconnect(app, name, health.trouble.is_some())) }
            dl class="facts" {
                div { dt { (said::COMPANY) } dd { (company.realm_id.as_str()) } }
                div { dt { (said::CONSENT) } dd { (consent(obtained, now, zone)) } }
                div { dt { (said::LISTS_READ) } dd { @if let Some(at) = read { (parts::time(at, now, zone)) } @else { (said::NOT_YET) } } }
                div { dt { (said::READS) } dd { b { (words::grouped(reads)) } " " span class="small" { (said::READS_HELP) } } }
            }
            @if let Some(books) = &books { (limits(company, &books.limiter.usage(), now, zone)) }
        }
    })
}

/// The way to Intuit's page for consent, and what that means.
fn reconnect(app: &App, name: &ConnectionName, needed: bool) -> Markup {
    let link = html! {
        a class={ "button" @if needed { " primary" } } href={ "/connections/" (name) "/reconnect" } { (said::RECONNECT) }
    };
    let what = said::reconnecting(&connect::redirect(app));
    html! { div class="actions" { (parts::careful(said::RECONNECT, &what, &link)) } }
}

fn consent(obtained: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> Markup {
    let Some(at) = obtained else {
        return html! { (said::UNUSED) };
    };
    let age = at.duration_until(now).as_hours() / 24;
    let left = (CONSENT_DAYS - age).max(0);
    html! {
        (said::good_until(&until(at, zone))) (parts::time(at, now, zone)) " "
        progress class="thin" max=(CONSENT_DAYS) value=(left) aria-label=(said::DAYS_LEFT) { (left) }
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
            said::REQUESTS,
            usage.requests_last_minute,
            quotas.requests_per_minute,
        ),
        (
            said::BATCHES,
            usage.batch_calls_last_minute,
            quotas.batch_calls_per_minute,
        ),
        (said::UNDER_WAY, usage.in_flight, usage.allowed),
    ];
    html! {
        table class="limits" {
            caption { (said::LIMITS) }
            thead { tr { th scope="col" { (said::WHAT) } th scope="col" { (said::USED) } th scope="col" class="n" { (said::OF) } } }
            tbody { @for (name, count, most) in used { tr {
                th scope="row" { (name) }
                td data-label=(said::USED) { progress class="thin" max=(most.max(1)) value=(count.min(most)) aria-label=(name) { (count) } " " (words::grouped(count.into())) }
                td class="n" data-label=(said::OF) { (words::grouped(most.into())) }
            } } }
        }
        p class="small" {
            (said::refused(usage.refused))
            @if usage.rate_permille < 1000 { (said::slowed(usage.rate_permille / 10)) }
            @if let Some(until) = usage.paused_until.filter(|until| *until > now) { (said::paused_until(&parts::exact(until, zone))) }
        }
    }
}
