//! What is, or should be, in the books.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use kit::PostingId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::extract::{Asked, Named};
use super::super::problem::ApiProblem;
use super::super::router::Shared;
use crate::domain::{PipelineName, PostingState};
use crate::store::{Attempt, PostingFilter, PostingRow};

/// Which postings.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct PostingsQuery {
    /// Only those in this state.
    #[param(inline)]
    state: Option<PostingState>,
    /// Only those held or failed for this cause.
    cause: Option<String>,
    /// Only those whose number, name, id in the store or amount has this in it.
    q: Option<String>,
    /// Only those of this pipeline.
    pipeline: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many, up to 500; 50 where nothing is said.
    limit: Option<u32>,
}

/// A page of postings.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct Postings {
    /// The postings, newest first.
    postings: Vec<Posting>,
    /// Where the next page begins; `null` at the end.
    next_cursor: Option<String>,
}

/// One document or list object that is, or should be, in the books.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct Posting {
    id: String,
    pipeline: String,
    /// `customer`, `guest`, `product`, `order`, `refund`, `role` or `gateway_day`.
    source_kind: &'static str,
    /// Its id in the store.
    source_id: String,
    /// The order's number, or the name of a list object.
    number: String,
    /// `customer`, `item`, `sales_receipt`, `invoice`, `refund_receipt`, `credit_memo`, `payment` or `expense`.
    kind: &'static str,
    state: PostingState,
    /// Why it is held or failed: a stable code.
    cause: Option<String>,
    /// The same in words; also why it is excluded.
    reason: Option<String>,
    /// What to do about it.
    remedy: Option<String>,
    /// Something to look at, though it is posted.
    warning: Option<String>,
    /// The day of the books.
    date: Option<Date>,
    /// What the store says it amounts to; a refund is negative.
    amount: Option<String>,
    /// The currency of `amount` and `books_total`.
    currency: Option<String>,
    /// Its total in the books as last answered, without sign.
    books_total: Option<String>,
    /// Its number in the books.
    doc_number: Option<String>,
    /// Its id in the books.
    target_id: Option<String>,
    /// How often it was sent.
    attempts: u64,
    /// When it was first wanted.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<PostingRow> for Posting {
    fn from(row: PostingRow) -> Self {
        Self {
            id: row.id.as_str().to_owned(),
            pipeline: row.pipeline.to_string(),
            source_kind: row.source_kind.as_str(),
            source_id: row.source_id,
            number: row.number,
            kind: row.kind.as_str(),
            state: row.state,
            cause: row.cause,
            reason: row.reason,
            remedy: row.remedy,
            warning: row.warning,
            date: row.date,
            amount: row.amount.as_ref().map(|money| money.amount.to_string()),
            currency: row.amount.map(|money| money.currency.to_string()),
            books_total: row.books_total.map(|total| total.to_string()),
            doc_number: row.doc_number,
            target_id: row.target_id,
            attempts: u64::try_from(row.attempts).unwrap_or(0),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// One call that a posting was in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct PostingAttempt {
    /// The request id.
    request_id: String,
    /// Its place in the call; a batch call has several.
    slot: u32,
    /// Path and query below the company's address.
    path: String,
    /// `post`, `void` or `undo`.
    intent: &'static str,
    /// `posted`, `held`, `requeued`, `withdrawn` …; `null` while there is no answer.
    outcome: Option<String>,
    /// What was answered, or why it was not accepted.
    #[schema(value_type = Object)]
    answer: Value,
    /// When it was written down, just before it left.
    begun_at: Timestamp,
    /// When the outcome was known.
    answered_at: Option<Timestamp>,
}

impl From<Attempt> for PostingAttempt {
    fn from(attempt: Attempt) -> Self {
        Self {
            request_id: attempt.call,
            slot: attempt.slot,
            path: attempt.path,
            intent: attempt.intent.as_str(),
            outcome: attempt.outcome,
            answer: attempt.answer.map_or(Value::Null, readable),
            begun_at: attempt.begun_at,
            answered_at: attempt.answered_at,
        }
    }
}

/// All that is known of a posting.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct PostingStory {
    posting: Posting,
    /// The document as it should be in the books. What stands between control characters are references that are
    /// filled in when it is sent.
    #[schema(value_type = Object)]
    document: Value,
    /// The record of the store it was made from, as received.
    #[schema(value_type = Object)]
    record: Option<Box<RawValue>>,
    /// The body of the newest call it was in; of a batch call all of it.
    #[schema(value_type = Object)]
    request: Value,
    /// What was answered to it.
    #[schema(value_type = Object)]
    answer: Value,
    /// The calls it was in, newest first.
    attempts: Vec<PostingAttempt>,
    /// When it was posted last.
    posted_at: Option<Timestamp>,
}

/// What is, or should be, in the books
#[utoipa::path(
    get, path = "/api/postings", tag = "journal", params(PostingsQuery),
    responses((status = 200, description = "A page, newest first", body = Postings))
)]
pub(in super::super) async fn list(
    State(app): State<Shared>,
    Asked(query): Asked<PostingsQuery>,
) -> Result<Json<Postings>, ApiProblem> {
    let filter = PostingFilter {
        pipeline: query.pipeline.map(PipelineName::new),
        state: query.state,
        cause: query.cause,
        q: query.q,
        cursor: query.cursor,
        limit: query.limit.unwrap_or(50).clamp(1, 500),
        ..PostingFilter::default()
    };
    let page = app.store.postings_page(&filter).await?;
    Ok(Json(Postings {
        postings: page.postings.into_iter().map(Posting::from).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// One posting with its record, request, answer and attempts
#[utoipa::path(
    get, path = "/api/postings/{id}", tag = "journal",
    params(("id" = String, Path, description = "The posting")),
    responses((status = 200, description = "All that is known of it", body = PostingStory))
)]
pub(in super::super) async fn show(
    State(app): State<Shared>,
    Named(id): Named<String>,
) -> Result<Json<PostingStory>, ApiProblem> {
    let id = PostingId::new(id);
    let unknown = || ApiProblem::not_found(format!("there is no posting `{}`", id.as_str()));
    let detail = app.store.posting_detail(&id).await?.ok_or_else(unknown)?;
    let row = app.store.posting_rows(std::slice::from_ref(&id)).await?;
    let row = row.into_iter().next().ok_or_else(unknown)?;
    let attempts: Vec<PostingAttempt> = detail.attempts.into_iter().map(Into::into).collect();
    let answer = attempts.first().map(|newest| newest.answer.clone());
    Ok(Json(PostingStory {
        posting: row.into(),
        document: readable(detail.loaded.posting.body),
        record: detail
            .record
            .and_then(|record| RawValue::from_string(record).ok()),
        request: detail.request.map_or(Value::Null, readable),
        answer: answer.unwrap_or(Value::Null),
        attempts,
        posted_at: detail.posted_at,
    }))
}

/// JSON as such, and anything else as text.
fn readable(text: String) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
