//! What monitoring asks.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::problem::ApiProblem;
use super::router::{App, Shared};
use crate::domain::{PostingState, SyncStatus};
use crate::engine::Pipeline;
use crate::store::{StateCount, StoreError};

/// The process works
#[utoipa::path(get, path = "/healthz", tag = "monitoring",
    responses((status = 200, description = "`ok`", body = String)))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers and every schedule is kept
///
/// 503 `not_ready` with `reasons` where one of both is not so.
#[utoipa::path(get, path = "/readyz", tag = "monitoring",
    responses((status = 200, description = "`{\"ready\": true, \"reasons\": []}`", body = Object)))]
pub(super) async fn readyz(State(app): State<Shared>) -> Result<Json<Value>, ApiProblem> {
    let mut reasons = Vec::new();
    // without its words: anybody may ask
    if let Err(error) = app.store.ping().await {
        tracing::error!("not ready: {error}");
        reasons.push("the database does not answer; the log says why".to_owned());
    }
    for name in app.engine.schedules_at_rest() {
        reasons.push(format!("the schedule of pipeline `{name}` is not running"));
    }
    if reasons.is_empty() {
        return Ok(Json(json!({ "ready": true, "reasons": reasons })));
    }
    let problem = ApiProblem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not_ready",
        reasons.join("; "),
    );
    Err(problem.with(json!({ "ready": false, "reasons": reasons })))
}

/// One object for monitoring
///
/// `ok` is false when a last run failed, a connection cannot be used, or postings are held.
#[utoipa::path(get, path = "/status", tag = "monitoring",
    responses((status = 200, description = "Connections, pipelines, limiter", body = Object)))]
pub(super) async fn show(State(app): State<Shared>) -> Result<Json<Value>, ApiProblem> {
    Ok(Json(status(&app).await?))
}

/// The same for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "monitoring",
    responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(app): State<Shared>) -> Result<Response, ApiProblem> {
    let text = super::metrics::text(&app).await?;
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// Everything monitoring wants to know. `ok` is false when a last run failed, a connection cannot be
/// used, or postings are held.
pub(super) async fn status(app: &App) -> Result<Value, StoreError> {
    let now = app.clock.now();
    let mut ok = true;
    let mut pipelines = Vec::new();
    let mut connections = Map::new();
    let mut limiters = Map::new();
    let counts = app.store.counts_by_state().await?;
    for pipeline in app.engine.pipelines() {
        let (view, fine) = pipeline_status(app, pipeline, &counts).await?;
        ok &= fine;
        pipelines.push(view);
        let usage = pipeline.books.limiter.usage();
        let quotas = app
            .config
            .company(&pipeline.target_name)
            .map(|it| it.quotas);
        limiters.insert(
            pipeline.target_name.to_string(),
            json!({
                "requests_last_minute": usage.requests_last_minute,
                "requests_per_minute": quotas.map(|it| it.requests_per_minute),
                "batch_calls_last_minute": usage.batch_calls_last_minute,
                "batch_calls_per_minute": quotas.map(|it| it.batch_calls_per_minute),
                "requests_per_second": quotas.map(|it| it.requests_per_second),
                "in_flight": usage.in_flight,
                "concurrency": usage.allowed,
                "rate_permille": usage.rate_permille,
                "refused": usage.refused,
                "paused_until": usage.paused_until,
            }),
        );
        for (name, side) in [
            (&pipeline.route.source, "source"),
            (&pipeline.target_name, "target"),
        ] {
            let health = app.engine.health(name);
            ok &= health.trouble.is_none();
            let (mut token_age, mut reads) = (None, None);
            if side == "target" {
                let books = &pipeline.books;
                let obtained = app.store.token_obtained_at(&books.realm).await?;
                token_age = obtained.map(|at| at.duration_until(now).as_secs());
                reads = Some(
                    books
                        .reads_this_month(&app.store, &**app.engine.clock())
                        .await?,
                );
            }
            let view = json!({
                "state": if health.trouble.is_some() { "failed" } else { "ok" },
                "trouble": health.trouble,
                "last_success": health.last_success,
                "token_age_seconds": token_age,
                "metered_reads_this_month": reads,
            });
            connections.insert(name.to_string(), view);
        }
    }
    Ok(json!({
        "ok": ok,
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": app.started_at.duration_until(now).as_secs(),
        "connections": connections,
        "pipelines": pipelines,
        "limiter": limiters,
    }))
}

async fn pipeline_status(
    app: &App,
    pipeline: &Pipeline,
    counts: &[StateCount],
) -> Result<(Value, bool), StoreError> {
    let now = app.clock.now();
    let last = app.engine.current_run(&pipeline.name).await?;
    let count = |state: PostingState| {
        counts
            .iter()
            .filter(|row| row.pipeline == pipeline.name && row.state == state)
            .map(|row| row.count)
            .sum::<u64>()
    };
    let (held, failed) = (count(PostingState::Held), count(PostingState::Failed));
    // a run that hangs, is paused or failed brings nothing up to date
    let up_to_date = match app.store.last_good_end(&pipeline.name).await? {
        Some(at) => Some(at),
        None => app.store.first_start(&pipeline.name).await?,
    };
    let lag = up_to_date.map(|at| at.duration_until(now).as_secs());
    let failed_run = last
        .as_ref()
        .is_some_and(|run| run.batch.status == SyncStatus::Failed);
    let oldest = app.store.oldest_unposted(Some(&pipeline.name)).await?;
    let state = match last.as_ref().map(|run| run.batch.status) {
        _ if app.engine.active(&pipeline.name).is_some() => "running",
        Some(SyncStatus::Running | SyncStatus::Queued) => "running",
        Some(SyncStatus::Paused) => "paused",
        Some(_) | None => "idle",
    };
    let view = json!({
        "name": pipeline.name,
        "state": state,
        "last_run": last.map(|run| json!({
            "batch_id": run.batch.id,
            "status": run.batch.status,
            "started_at": run.batch.started_at,
            "completed_at": run.batch.completed_at,
            "error": run.batch.error,
        })),
        "next_run": app.engine.next_run(&pipeline.name),
        "lag_seconds": lag,
        "oldest_unposted_order": oldest.map(|oldest| json!({
            "number": oldest.number,
            "state": oldest.state,
            "since": oldest.created_at,
        })),
        "held": held,
        "failed": failed,
        "posted": count(PostingState::Posted),
    });
    Ok((view, !failed_run && held == 0 && failed == 0))
}
