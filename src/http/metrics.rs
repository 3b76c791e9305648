//! What Prometheus scrapes. Labels are few and bounded.

use std::fmt::Write as _;

use super::router::App;
use crate::domain::{PostingState, SyncStatus};
use crate::store::StoreError;

/// All metrics in Prometheus' text form.
pub(super) async fn text(app: &App) -> Result<String, StoreError> {
    let mut text = String::new();
    let counts = app.store.counts_by_state().await?;
    head(&mut text, "daybook_postings", "gauge", "Postings by state.");
    for pipeline in app.engine.pipelines() {
        for state in PostingState::ALL {
            let count: u64 = counts
                .iter()
                .filter(|row| row.pipeline == pipeline.name && row.state == state)
                .map(|row| row.count)
                .sum();
            let labels = format!(
                "pipeline=\"{}\",state=\"{state}\"",
                escape(pipeline.name.as_str())
            );
            line(&mut text, "daybook_postings", &labels, count);
        }
    }
    runs(app, &mut text).await?;
    limiters(app, &mut text);
    reads(app, &mut text).await?;
    Ok(text)
}

async fn runs(app: &App, text: &mut String) -> Result<(), StoreError> {
    let mut active = String::new();
    let mut ended = String::new();
    let mut failed = String::new();
    for pipeline in app.engine.pipelines() {
        let labels = format!("pipeline=\"{}\"", escape(pipeline.name.as_str()));
        let running = app.engine.active(&pipeline.name).is_some();
        line(
            &mut active,
            "daybook_run_active",
            &labels,
            u64::from(running),
        );
        if let Some(at) = app.store.last_good_end(&pipeline.name).await? {
            let at = u64::try_from(at.as_second()).unwrap_or(0);
            line(&mut ended, "daybook_last_good_run_seconds", &labels, at);
        }
        if let Some(run) = app.store.last_ended(&pipeline.name).await? {
            let is_failed = u64::from(run.status == SyncStatus::Failed);
            line(&mut failed, "daybook_last_run_failed", &labels, is_failed);
        }
    }
    head(
        text,
        "daybook_run_active",
        "gauge",
        "Whether a run is active.",
    );
    text.push_str(&active);
    head(
        text,
        "daybook_last_good_run_seconds",
        "gauge",
        "When a run that reads all that is new last ended well, in seconds since 1970.",
    );
    text.push_str(&ended);
    head(
        text,
        "daybook_last_run_failed",
        "gauge",
        "Whether the run that ended last failed.",
    );
    text.push_str(&failed);
    Ok(())
}

fn limiters(app: &App, text: &mut String) {
    let mut used = String::new();
    let mut allowed = String::new();
    let mut refused = String::new();
    let mut seen = Vec::new();
    for pipeline in app.engine.pipelines() {
        if seen.contains(&&pipeline.target_name) {
            continue;
        }
        seen.push(&pipeline.target_name);
        let usage = pipeline.books.limiter.usage();
        let company = escape(pipeline.target_name.as_str());
        let quotas = app.config.company(&pipeline.target_name);
        let quotas = quotas.map(|company| company.quotas);
        for (lane, count, quota) in [
            (
                "all",
                usage.requests_last_minute,
                quotas.map(|quotas| quotas.requests_per_minute),
            ),
            (
                "batch",
                usage.batch_calls_last_minute,
                quotas.map(|quotas| quotas.batch_calls_per_minute),
            ),
        ] {
            let labels = format!("connection=\"{company}\",lane=\"{lane}\"");
            line(
                &mut used,
                "daybook_requests_last_minute",
                &labels,
                count.into(),
            );
            let name = "daybook_requests_allowed_per_minute";
            if let Some(quota) = quota {
                line(&mut allowed, name, &labels, quota.into());
            }
        }
        let labels = format!("connection=\"{company}\"");
        line(
            &mut refused,
            "daybook_requests_refused_total",
            &labels,
            usage.refused,
        );
    }
    head(
        text,
        "daybook_requests_last_minute",
        "gauge",
        "Requests to the company in the last minute.",
    );
    text.push_str(&used);
    head(
        text,
        "daybook_requests_allowed_per_minute",
        "gauge",
        "Requests a minute that are made to the company at most.",
    );
    text.push_str(&allowed);
    head(
        text,
        "daybook_requests_refused_total",
        "counter",
        "Requests the company refused for its limits.",
    );
    text.push_str(&refused);
}

async fn reads(app: &App, text: &mut String) -> Result<(), StoreError> {
    head(
        text,
        "daybook_metered_reads_this_month",
        "gauge",
        "Metered reads of the company in this month (UTC).",
    );
    let mut seen = Vec::new();
    for pipeline in app.engine.pipelines() {
        if seen.contains(&&pipeline.target_name) {
            continue;
        }
        seen.push(&pipeline.target_name);
        let reads = pipeline
            .books
            .reads_this_month(&app.store, &**app.engine.clock());
        let labels = format!("connection=\"{}\"", escape(pipeline.target_name.as_str()));
        line(
            text,
            "daybook_metered_reads_this_month",
            &labels,
            reads.await?,
        );
    }
    Ok(())
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // writing to a string cannot fail
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &str, value: u64) {
    let _ = writeln!(text, "{name}{{{labels}}} {value}");
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
