//! What the journal adds up to: the reconciliation, and what waits.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::extract::Asked;
use super::super::period::Period;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use crate::domain::PipelineName;
use crate::store::{CauseGroup, GroupBy};

/// Which part of the journal.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ReconcileQuery {
    /// A month of the books, `2026-11`; without a period all of the journal counts.
    month: Option<String>,
    /// The first day.
    from: Option<Date>,
    /// The last day.
    to: Option<Date>,
    /// `day`, `gateway`, `tax` or `status`; `day` where nothing is said.
    by: Option<String>,
    /// Only this pipeline.
    pipeline: Option<String>,
}

/// A period: store = posted + held + excluded, difference 0. Money is text, beside its currency.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct Reconciled {
    /// The first day; `null`: from the beginning.
    from: Option<Date>,
    /// The last day; `null`: until now.
    to: Option<Date>,
    /// One entry for each currency: `store`, `posted`, `held`, `excluded`, `difference` and taxes.
    #[schema(value_type = Vec<Object>)]
    totals: Value,
    /// The same for each day, gateway, tax or status, as `group`.
    #[schema(value_type = Vec<Object>)]
    groups: Value,
    /// How many orders and refunds of whatever day could not be read: in no sum, since nobody knows their
    /// amounts.
    unreadable_count: u64,
    /// The first 50 of them, with `id`, `number`, `source_kind` and `pipeline`. All are among the postings
    /// that failed with the cause `malformed_record`.
    #[schema(value_type = Vec<Object>)]
    unreadable: Value,
}

/// So many of those that could not be read are named.
pub(in super::super) const NAMED: u32 = 50;

/// Store = posted + held + excluded, from the journal alone
#[utoipa::path(
    get, path = "/api/reconcile", tag = "journal", params(ReconcileQuery),
    responses((status = 200, description = "The equation and its parts", body = Reconciled))
)]
pub(in super::super) async fn reconcile(
    State(app): State<Shared>,
    Asked(query): Asked<ReconcileQuery>,
) -> Result<Json<Reconciled>, ApiProblem> {
    let period = Period::of(query.month.as_deref(), query.from, query.to)?;
    let by = group_by(query.by.as_deref().unwrap_or("day"))?;
    let pipeline = known_pipeline(&app, query.pipeline.as_deref())?;
    let sums = app
        .store
        .reconcile(period.first(), period.last(), by, pipeline.as_ref())
        .await?;
    let pipeline = pipeline.as_ref();
    let unreadable = app.store.unreadable(pipeline, NAMED).await?;
    Ok(Json(Reconciled {
        from: period.from,
        to: period.to,
        totals: serde_json::to_value(&sums.totals).unwrap_or_default(),
        groups: serde_json::to_value(&sums.groups).unwrap_or_default(),
        unreadable_count: app.store.count_unreadable(pipeline).await?,
        unreadable: serde_json::to_value(&unreadable).unwrap_or_default(),
    }))
}

/// By what to break down.
pub(in super::super) fn group_by(word: &str) -> Result<GroupBy, ApiProblem> {
    Ok(match word {
        "day" => GroupBy::Day,
        "gateway" => GroupBy::Gateway,
        "tax" => GroupBy::Tax,
        "status" => GroupBy::Status,
        other => {
            return Err(ApiProblem::bad_request(format!(
                "`by={other}` is not understood: use day, gateway, tax or status"
            )));
        }
    })
}

/// The pipeline that was named, which must be there.
pub(in super::super) fn known_pipeline(
    app: &App,
    named: Option<&str>,
) -> Result<Option<PipelineName>, ApiProblem> {
    let Some(name) = named.filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let known = app
        .engine
        .pipelines()
        .find(|pipeline| pipeline.name.as_str() == name);
    known
        .map(|pipeline| Some(pipeline.name.clone()))
        .ok_or_else(|| ApiProblem::not_found(format!("there is no pipeline `{name}`")))
}

/// Whose.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct HeldQuery {
    /// Only this pipeline.
    pipeline: Option<String>,
}

/// What waits, by cause.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct Held {
    /// The causes, largest sum first.
    causes: Vec<HeldCause>,
}

/// What is held or failed for one cause.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct HeldCause {
    /// The stable code.
    cause: String,
    /// What it means.
    meaning: &'static str,
    /// How many postings.
    count: u64,
    /// How many of them somebody released, and no run has taken up yet.
    released: u64,
    /// What the store says they amount to, by currency.
    amounts: Vec<Sum>,
    /// The reason of the newest of them.
    reason: String,
    /// What to do.
    remedy: String,
    /// Whether each run tries again by itself.
    by_itself: bool,
    /// Since when the oldest of them waits.
    since: Timestamp,
}

/// An amount.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in super::super) struct Sum {
    amount: String,
    currency: String,
}

impl From<CauseGroup> for HeldCause {
    fn from(group: CauseGroup) -> Self {
        let known = crate::domain::cause(&group.cause);
        Self {
            meaning: known.map_or("", |known| known.meaning),
            by_itself: known.is_some_and(|known| known.by_itself),
            cause: group.cause,
            count: group.count,
            released: group.released,
            amounts: group
                .amounts
                .into_iter()
                .map(|money| Sum {
                    amount: money.amount.to_string(),
                    currency: money.currency.to_string(),
                })
                .collect(),
            reason: group.reason,
            remedy: group.remedy,
            since: group.since,
        }
    }
}

/// What is held or failed, by cause
#[utoipa::path(
    get, path = "/api/held", tag = "journal", params(HeldQuery),
    responses((status = 200, description = "The causes, largest sum first", body = Held))
)]
pub(in super::super) async fn held(
    State(app): State<Shared>,
    Asked(query): Asked<HeldQuery>,
) -> Result<Json<Held>, ApiProblem> {
    let pipeline = known_pipeline(&app, query.pipeline.as_deref())?;
    let groups = app.store.held_by_cause(pipeline.as_ref()).await?;
    let causes = groups.into_iter().map(HeldCause::from).collect();
    Ok(Json(Held { causes }))
}
