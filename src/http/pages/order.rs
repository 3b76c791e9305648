//! One order's whole story: what the store says and what the books say, line by line; what was sent
//! and answered; when what happened.

use axum::extract::{Extension, State};
use axum::response::Html;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kit::Currency;
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::super::extract::Named;
use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::compare::{self, Row};
use super::{Tab, orders, page, parts, words, zone_of};
use crate::domain::{Paper, PaperMoment, PostingState, SourceKind};
use crate::store::{Attempt, AuditEntry, PostingDetail, PostingRow, StoreError};

/// So much of what was sent is shown; the API has all of it.
const SHOWN: usize = 20_000;

/// One posting of the order with all that is known of it.
struct Part {
    row: PostingRow,
    detail: PostingDetail,
    trail: Vec<AuditEntry>,
    record: Option<Paper>,
    document: Option<Paper>,
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Named(number): Named<String>,
) -> Result<Html<String>, ApiProblem> {
    let parts = load(&app, &number).await?;
    let Some(first) = parts.first() else {
        return Err(ApiProblem::not_found(format!(
            "no order {number} is known; the next run may bring it"
        )));
    };
    let now = app.clock.now();
    let zone = zone_of(&app, &first.row.pipeline);
    let title = match first.row.source_kind {
        SourceKind::GatewayDay => format!("Fees {number}"),
        _ => format!("Order #{number}"),
    };
    let fee = fee(&app, first).await?;
    let who = parts.iter().find_map(|part| {
        let paper = part.record.as_ref()?;
        (!paper.who.is_empty()).then_some(paper)
    });
    let body = html! {
        h1 {
            (title)
            @if let Some(paper) = who { " · " (paper.who) }
            @if let Some(amount) = &first.row.amount { " · " (parts::money_of(amount)) }
        }
        div data-refresh="order" {
            @for part in &parts { (document(&app, part, caller)) }
            (fee)
            h2 { "What happened" }
            (timeline(&parts, now, &zone))
            (engineers(&parts))
        }
    };
    Ok(page(&app, caller, Tab::Orders, &title, body).await?)
}

/// Where the order's fee is, where that counts in the fees of a day.
async fn fee(app: &App, first: &Part) -> Result<Markup, StoreError> {
    let posting = &first.detail.loaded.posting;
    if first.row.source_kind == SourceKind::GatewayDay {
        return Ok(orders_of(&posting.facets.gateway, posting.date));
    }
    let found = match first.row.source_kind {
        SourceKind::Order => {
            app.store
                .fee_of_order(&posting.route, &first.row.source_id)
                .await?
        }
        _ => None,
    };
    let Some(fee) = found else {
        return Ok(parts::none());
    };
    let document = fee.document.as_ref().filter(|_| fee.counted);
    Ok(html! {
        p class="fee" {
            "Fee of the gateway: " (fee.in_words()) "."
            @if let Some(row) = document {
                " " a href=(parts::order_path(&row.number)) { (row.number) } " " (parts::state(row.state, false))
            }
        }
    })
}

/// The way to the orders whose fees are in a day's expense.
fn orders_of(gateway: &str, day: Option<Date>) -> Markup {
    let day = day.map_or_else(String::new, |day| day.to_string());
    let query = [("gateway", gateway), ("from", &day), ("to", &day)];
    html! {
        p { a href=(parts::link("/orders", &query)) { "The orders of " (gateway) " dated " (day) } }
    }
}

async fn load(app: &App, number: &str) -> Result<Vec<Part>, StoreError> {
    let mut parts = Vec::new();
    for row in app.store.postings_of_number(number).await? {
        if !row.source_kind.is_told() {
            continue;
        }
        let Some(detail) = app.store.posting_detail(&row.id).await? else {
            continue;
        };
        let own = detail.record.as_deref();
        let record = own.and_then(|record| (app.outside.record)(row.source_kind, record));
        let document = (app.outside.document)(row.kind, &detail.loaded.posting.body);
        parts.push(Part {
            trail: app.store.audit_trail(Some(row.id.as_str()), 50).await?,
            row,
            detail,
            record,
            document,
        });
    }
    // sales before what follows them
    parts.sort_by_key(|part| {
        (
            part.row.source_kind != SourceKind::Order,
            part.row.kind.level(),
        )
    });
    Ok(parts)
}

fn document(app: &App, part: &Part, caller: Caller) -> Markup {
    let row = &part.row;
    let kind = row.kind.in_words();
    let warned = row.warning.is_some() && row.state == PostingState::Posted;
    html! {
        section class="paper-pair" aria-label=(kind) {
            p class="answer" {
                (parts::state(row.state, warned)) " "
                @match row.state {
                    PostingState::Posted => { "as " (orders::in_books(app, row)) }
                    PostingState::Reversed => { "It was in the books as " (orders::in_books(app, row)) ", and was voided there" }
                    PostingState::Excluded => { "Not in the books" }
                    PostingState::Queued | PostingState::Posting => { "On its way into the books as a " (kind) }
                    PostingState::Held | PostingState::Failed => { "Not in the books: it waits for you" }
                }
            }
            @if let Some(warning) = &row.warning { p class="note" { "▲ " (parts::prose(warning)) } }
            @if row.state != PostingState::Posted { (why(row)) }
            (super::held::try_again(row, caller))
            @if let (Some(record), Some(money)) = (&part.record, &row.amount) {
                (side_by_side(part, record, money.currency))
            }
        }
    }
}

fn why(row: &PostingRow) -> Markup {
    html! {
        @if let Some(reason) = &row.reason { p class="reason" { (parts::prose(reason)) } }
        @if let Some(remedy) = &row.remedy { p class="remedy" { span aria-hidden="true" { "→ " } (parts::prose(remedy)) } }
        @if let Some(cause) = &row.cause { p class="code" { (cause) } }
    }
}

fn side_by_side(part: &Part, record: &Paper, currency: Currency) -> Markup {
    let empty = Paper::default();
    let document = part.document.as_ref();
    let rows = compare::lines(record, document.unwrap_or(&empty));
    let receipt = part.detail.loaded.posting.receipt.as_ref();
    let store_total = part.row.amount.as_ref().map(|amount| amount.amount.abs());
    let expected = part.detail.loaded.posting.expected.clone();
    let books_total = receipt.and_then(|receipt| receipt.total).or(expected.total);
    let books_tax = receipt
        .and_then(|receipt| receipt.tax)
        .or(expected.tax)
        .or(document.and_then(|document| document.tax));
    let tax = Row::of(
        words::TAX,
        record.tax,
        books_tax.filter(|_| document.is_some()),
    );
    let total = Row::of(
        words::TOTAL,
        store_total,
        books_total.filter(|_| document.is_some()),
    );
    let planned = receipt.is_none() && document.is_some();
    html! {
        table class="compare" {
            caption { "Line by line, in " (currency.as_str()) ", before tax" }
            thead { tr {
                th scope="col" { "Line" } th scope="col" class="n" { (words::STORE) }
                th scope="col" class="n" { (words::BOOKS) @if planned { " (planned)" } }
                th scope="col" class="n" { (words::DIFFERENCE) }
            } }
            tbody { @for row in &rows { (line(row, currency)) } }
            tfoot { (line(&tax, currency)) (line(&total, currency)) }
        }
    }
}

fn line(row: &Row, currency: Currency) -> Markup {
    let side = |amount: Option<Decimal>| amount.map(|amount| parts::amount_text(amount, currency));
    html! {
        tr {
            th scope="row" {
                (row.text)
                @if let Some(quantity) = row.quantity { " " span class="small" { "× " (quantity.normalize()) } }
            }
            td class="n" data-label=(words::STORE) { (side(row.store).unwrap_or_else(|| "–".to_owned())) }
            td class="n" data-label=(words::BOOKS) { (side(row.books).unwrap_or_else(|| "–".to_owned())) }
            @match row.difference() {
                Some(difference) if difference.is_zero() => { td class="n equal" data-label=(words::DIFFERENCE) { "0.00 " span aria-hidden="true" { "✓" } } }
                Some(difference) => { td class="n off" data-label=(words::DIFFERENCE) { (parts::amount_text(difference, currency)) } }
                None => { td class="n" data-label=(words::DIFFERENCE) { "–" } }
            }
        }
    }
}

/// Everything that happened, in order.
fn timeline(of: &[Part], now: Timestamp, zone: &TimeZone) -> Markup {
    let mut events: Vec<(Timestamp, String)> = Vec::new();
    for part in of {
        let kind = part.row.kind.in_words();
        let what = match part.row.source_kind {
            SourceKind::Refund => "Refund",
            SourceKind::GatewayDay => "Day's fees",
            _ => "Order",
        };
        for (moment, at) in part.record.iter().flat_map(|paper| &paper.moments) {
            let text = match moment {
                PaperMoment::Placed if what == "Refund" => "Refund made in the store".to_owned(),
                PaperMoment::Placed => "Placed in the store".to_owned(),
                PaperMoment::Paid => paid(part.record.as_ref()),
                PaperMoment::Completed => "Completed in the store".to_owned(),
                PaperMoment::Changed => "Last changed in the store".to_owned(),
            };
            events.push((*at, text));
        }
        events.push((
            part.row.created_at,
            format!("{what} read and mapped to a {kind}"),
        ));
        events.extend(part.detail.attempts.iter().flat_map(|it| attempt(it, kind)));
        for entry in &part.trail {
            events.push((
                entry.created_at,
                format!("{} by {}: {kind}", entry.action, entry.actor),
            ));
        }
    }
    events.sort();
    events.dedup();
    html! {
        ol class="timeline" {
            @for (at, text) in &events { li { (parts::time(*at, now, zone)) " " (text) } }
        }
    }
}

fn paid(paper: Option<&Paper>) -> String {
    match paper.map(|paper| paper.paid_by.as_str()) {
        Some(by) if !by.is_empty() => format!("Paid by {by}"),
        _ => "Paid".to_owned(),
    }
}

fn attempt(attempt: &Attempt, kind: &str) -> Vec<(Timestamp, String)> {
    let what = match attempt.intent.as_str() {
        "void" => format!("Void of the {kind}"),
        "undo" => format!("{kind} with other amounts: its void"),
        _ => kind.to_owned(),
    };
    let mut events = vec![(attempt.begun_at, format!("Sent to QuickBooks: {what}"))];
    if let (Some(at), Some(outcome)) = (attempt.answered_at, &attempt.outcome) {
        events.push((at, format!("Answered: {}", words::outcome(outcome))));
    }
    events
}

/// What was sent and answered, for engineers.
fn engineers(of: &[Part]) -> Markup {
    html! {
        details class="engineers" {
            summary { "What was sent and answered (for engineers)" }
            @for part in of {
                h3 { (part.row.kind.in_words()) " · " a href={ "/api/postings/" (part.row.id.as_str()) } { (part.row.id.as_str()) } }
                @for attempt in part.detail.attempts.iter().take(5) {
                    p class="small" { "POST " code { (attempt.path) } ", request id " code { (attempt.call) } ", place " (attempt.slot) }
                    @if let Some(answer) = &attempt.answer { pre tabindex="0" { (pretty(answer)) } }
                }
                @if let Some(request) = &part.detail.request {
                    p class="small" { "The newest call, as it was sent" }
                    pre tabindex="0" { (pretty(request)) }
                }
                @if let Some(record) = &part.detail.record {
                    p class="small" { "The store's record" }
                    pre tabindex="0" { (pretty(record)) }
                }
            }
        }
    }
}

/// JSON on several lines, cut where it is endless.
fn pretty(text: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(text);
    let mut text = value
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| text.to_owned());
    if let Some((end, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(end);
        text.push_str("\n…");
    }
    text
}
