//! One order's whole story: what the store says and what the books say, line by line; what was sent
//! and answered; when what happened.

use std::collections::HashSet;

use axum::extract::{Extension, State};
use axum::response::Html;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{Currency, ListKind};
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::super::api::journal::known_pipeline;
use super::super::extract::{Asked, Named};
use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::compare::{self, Row};
use super::words::Sending;
use super::words::story as said;
use super::{
    Tab, held, in_address, may_act, order_path, orders, page, parts, same_number, words, zone_of,
};
use crate::domain::{EXCLUDED_BY_HAND, Intent, Paper, PaperMoment, PostingState, SourceKind};
use crate::store::{Attempt, AuditEntry, PostingDetail, PostingRow, StoreError};

/// So much of what was sent is shown; the API has all of it.
const SHOWN: usize = 20_000;

/// Whose order.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StoryQuery {
    pipeline: String,
}

/// One posting of the order with all that is known of it.
struct Part {
    row: PostingRow,
    detail: PostingDetail,
    trail: Vec<AuditEntry>,
    record: Option<Paper>,
    document: Option<Paper>,
    /// The name of the account it goes to.
    account: Option<String>,
}

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Named(number): Named<String>,
    Asked(query): Asked<StoryQuery>,
) -> Result<Html<String>, ApiProblem> {
    let asked = known_pipeline(&app, Some(&query.pipeline))?;
    let rows = app.store.postings_of_number(&number).await?;
    let (rows, elsewhere) = same_number::of_one_store(&app, rows, asked.as_ref());
    let parts = load(&app, rows).await?;
    let Some(first) = parts.first() else {
        return Err(ApiProblem::not_found(said::unknown(&number)));
    };
    let now = app.clock.now();
    let zone = zone_of(&app, &first.row.pipeline);
    let title = match first.row.source_kind {
        SourceKind::GatewayDay => said::day_title(&number),
        kind if kind.is_told() => said::title(&number),
        _ => said::object_title(&number, first.row.kind.in_words()),
    };
    let sending = held::sending(&app, Some(&first.row.pipeline)).await?;
    let posting = &first.detail.loaded.posting;
    let fee = super::fee::section(&app, posting).await?;
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
            @for row in &elsewhere { p class="small" { (said::ELSEWHERE) a href=(order_path(&app, row)) { (row.pipeline) } } }
            @for part in &parts { (document(&app, part, caller, sending)) }
            (fee)
            h2 { (said::HAPPENED) }
            (timeline(&parts, now, &zone))
            (engineers(&parts))
        }
    };
    Ok(page(&app, caller, Tab::Orders, &title, body).await?)
}

async fn load(app: &App, rows: Vec<PostingRow>) -> Result<Vec<Part>, StoreError> {
    let mut parts = Vec::new();
    for row in rows {
        let Some(detail) = app.store.posting_detail(&row.id).await? else {
            continue;
        };
        let own = detail.record.as_deref();
        let record = own.and_then(|record| (app.outside.record)(row.source_kind, record));
        let posting = &detail.loaded.posting;
        let document = (app.outside.document)(row.kind, &posting.body);
        let account = document.as_ref().and_then(|it| it.deposit_to.clone());
        let ids: Vec<String> = account.into_iter().collect();
        let realm = &posting.route.realm;
        let accounts = app.store.list_entries(realm, ListKind::Account, &ids);
        let account = accounts.await?.pop().map(|entry| entry.name);
        parts.push(Part {
            trail: app.store.audit_trail(Some(row.id.as_str()), 50).await?,
            row,
            detail,
            record,
            document,
            account,
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

fn document(app: &App, part: &Part, caller: Caller, sending: Sending) -> Markup {
    let row = &part.row;
    let kind = row.kind.in_words();
    let warned = row.warning.is_some() && row.state == PostingState::Posted;
    html! {
        section class="paper-pair" aria-label=(kind) {
            p class="answer" {
                (parts::state(row.state, warned)) " "
                (standing(app, part))
            }
            @if let Some(differs) = differs(part) { p class="note" { "▲ " (differs) } }
            @if let Some(warning) = &row.warning { p class="note" { "▲ " (parts::prose(warning)) } }
            @if row.state != PostingState::Posted { (why(row)) }
            (actions(app, part, caller, sending))
            @if let (Some(record), Some(money)) = (&part.record, &row.amount) {
                (side_by_side(part, record, money.currency))
            }
        }
    }
}

/// Where it stands, as a sentence.
fn standing(app: &App, part: &Part) -> Markup {
    let row = &part.row;
    let in_books = part.detail.loaded.link.is_some();
    html! {
        @match row.state {
            PostingState::Posted => { (said::POSTED_AS) (orders::in_books(app, row)) }
            PostingState::Reversed => { (said::WAS_IN_BOOKS) (orders::in_books(app, row)) (said::VOIDED) }
            PostingState::Excluded => { (said::NOT_IN_BOOKS) }
            PostingState::Queued | PostingState::Posting => { (said::queued(row.kind.in_words())) }
            PostingState::Held | PostingState::Failed if in_books => {
                (said::CHANGE_WAITS) (orders::in_books(app, row))
            }
            PostingState::Held | PostingState::Failed => { (said::WAITS) }
        }
    }
}

/// What it comes to in the books, where the store says another sum.
fn differs(part: &Part) -> Option<String> {
    let posting = &part.detail.loaded.posting;
    let total = part.detail.other_total()?;
    let currency = posting.store_amount?.currency;
    let books = parts::amount_text(total, currency);
    Some(said::differs(&money_of(&part.row), &books))
}

/// What can be done about it; each says what it does.
fn actions(app: &App, part: &Part, caller: Caller, sending: Sending) -> Markup {
    let row = &part.row;
    let mut fields = vec![("posting", row.id.as_str()), ("order", row.number.as_str())];
    let pipeline = in_address(app, &row.pipeline);
    if !pipeline.is_empty() {
        fields.push(("pipeline", pipeline));
    }
    let left_out = row.cause.as_deref() == Some(EXCLUDED_BY_HAND);
    let waits = match row.state {
        PostingState::Queued | PostingState::Posting => false,
        PostingState::Posted => left_out,
        PostingState::Held
        | PostingState::Failed
        | PostingState::Excluded
        | PostingState::Reversed => true,
    };
    html! {
        @if waits && row.released_at.is_some() {
            p class="note" { (words::released(None, sending)) }
        } @else if may_act(caller) {
            @match row.state {
                PostingState::Held | PostingState::Failed => {
                    div class="actions" {
                        (parts::button("/do/retry", &again(part), &fields, "primary"))
                        (leave_out(part, &fields))
                    }
                }
                PostingState::Queued => {
                    div class="actions" {
                        (parts::button("/do/hold", words::HOLD, &fields, "plain"))
                        span class="small" { (said::QUEUED_HELP) }
                    }
                }
                PostingState::Excluded | PostingState::Reversed | PostingState::Posted if waits => {
                    div class="actions" { (parts::button("/do/retry", words::RETRY, &fields, "plain")) }
                }
                _ => {}
            }
        }
    }
}

fn money_of(row: &PostingRow) -> String {
    row.amount
        .as_ref()
        .map(parts::money_text)
        .unwrap_or_default()
}

/// What trying again does: where it voids a document it says so.
fn again(part: &Part) -> String {
    let row = &part.row;
    let loaded = &part.detail.loaded;
    if loaded.posting.intent == Intent::Post || loaded.link.is_none() {
        return words::RETRY.to_owned();
    }
    let number = row.doc_number.as_ref().unwrap_or(&row.number);
    said::void(row.kind.in_words(), number, &money_of(row))
}

fn leave_out(part: &Part, fields: &[(&str, &str)]) -> Markup {
    let row = &part.row;
    let sign = if row.source_kind.is_told() { "#" } else { "" };
    let (kind, number, money) = (
        row.kind.in_words(),
        format!("{sign}{}", row.number),
        money_of(row),
    );
    let in_books = part.detail.loaded.link.is_some(); // a voided one is none
    let label = said::leave_out(kind, &number, &money);
    let button = parts::button("/do/exclude", &label, fields, "plain");
    let what = said::leaving_out(kind, &number, &money, in_books, row.kind.is_list_object());
    parts::careful(words::EXCLUDE, &what, &button)
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
    let loaded = &part.detail.loaded;
    // a document that was voided, or is gone, is none of the books'
    let counts = loaded.link.is_some() || part.row.state == PostingState::Reversed;
    let receipt = loaded.posting.receipt.as_ref().filter(|_| counts);
    let store_total = part.row.amount.as_ref().map(|amount| amount.amount.abs());
    let expected = loaded.posting.expected.clone();
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
            caption { (said::lines_in(currency.as_str())) }
            thead { tr {
                th scope="col" { (said::LINE) } th scope="col" class="n" { (words::STORE) }
                th scope="col" class="n" { (words::BOOKS) @if planned { (said::PLANNED) } }
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
                Some(difference) if difference.is_zero() => { td class="n equal" data-label=(words::DIFFERENCE) { (parts::amount_text(difference, currency)) " " span aria-hidden="true" { (said::SAME) } } }
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
        let name = said::named(kind, part.row.doc_number.as_deref());
        let refund = part.row.source_kind == SourceKind::Refund;
        for (moment, at) in part.record.iter().flat_map(|paper| &paper.moments) {
            let text = match moment {
                PaperMoment::Placed if refund => said::REFUND_MADE.to_owned(),
                PaperMoment::Placed => said::PLACED.to_owned(),
                PaperMoment::Paid => said::paid(part.record.as_ref()),
                PaperMoment::Completed => said::COMPLETED.to_owned(),
                PaperMoment::Changed => said::CHANGED.to_owned(),
            };
            events.push((*at, text));
        }
        events.push((
            part.row.created_at,
            said::mapped(
                part.row.source_kind,
                kind,
                &part.detail.loaded.posting.facets,
                part.account.as_deref(),
            ),
        ));
        events.extend(
            part.detail
                .attempts
                .iter()
                .flat_map(|it| attempt(it, &name)),
        );
        for entry in &part.trail {
            let text = said::done_by(&entry.action, &entry.actor, &name);
            events.push((entry.created_at, text));
        }
    }
    // what happened in one moment stays in the order in which it can happen
    events.sort_by_key(|(at, _)| *at);
    let mut told = HashSet::new();
    events.retain(|event| told.insert(event.clone()));
    html! {
        ol class="timeline" {
            @for (at, text) in &events { li { (parts::time(*at, now, zone)) " " (text) } }
        }
    }
}

fn attempt(attempt: &Attempt, kind: &str) -> Vec<(Timestamp, String)> {
    let mut events = vec![(attempt.begun_at, said::sent(attempt.intent.as_str(), kind))];
    if let (Some(at), Some(outcome)) = (attempt.answered_at, &attempt.outcome) {
        let answer = attempt.answer.as_deref().unwrap_or_default();
        let answer = serde_json::from_str::<serde_json::Value>(answer).unwrap_or_default();
        let id = answer.get("target_id").and_then(|id| id.as_str());
        events.push((at, said::answered(outcome, id)));
    }
    events
}

/// What was sent and answered, for engineers.
fn engineers(of: &[Part]) -> Markup {
    html! {
        details class="engineers" {
            summary { (said::ENGINEERS) }
            @for part in of {
                h3 { (part.row.kind.in_words()) " · " a href={ "/api/postings/" (part.row.id.as_str()) } { (part.row.id.as_str()) } }
                @for attempt in part.detail.attempts.iter().take(5) {
                    p class="small" { "POST " code { (attempt.path) } ", " (said::REQUEST) " " code { (attempt.call) } ", " (said::PLACE) " " (attempt.slot) }
                    @if let Some(answer) = &attempt.answer { pre tabindex="0" { (pretty(answer)) } }
                }
                @if let Some(request) = &part.detail.request {
                    p class="small" { (said::AS_SENT) }
                    pre tabindex="0" { (pretty(request)) }
                }
                @if let Some(record) = &part.detail.record {
                    p class="small" { (said::RECORD) }
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
