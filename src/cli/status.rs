//! `daybook status`: runs, streams, counts, durations, errors, and the command that resumes. Reads
//! the database, so it works beside a running daemon and without one.

use std::fmt::Write as _;

use serde_json::json;

use super::output::{Exit, Stopped, line, table};
use super::{Global, StatusArguments, setup};
use crate::domain::{BatchId, SyncStatus};
use crate::engine::{SyncReport, find_batch};
use crate::store::{Run, RunFilter, SyncRow};
use crate::wiring;

/// How many runs `--all` shows.
const MOST_RUNS: u32 = 500;

pub(super) async fn run(global: &Global, arguments: &StatusArguments) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let world = setup::world()?;
    let store = wiring::open_store(&config, &world).await?;
    let runs = if let Some(id) = &arguments.id {
        let batch = find_batch(&store, id)
            .await?
            .ok_or_else(|| Stopped::new(Exit::Failed, format!("Batch ID [{id}] not found.")))?;
        let syncs = store.syncs(&batch.id).await?;
        vec![Run { batch, syncs }]
    } else {
        let many = arguments.all || (arguments.failed && !arguments.latest);
        let filter = RunFilter {
            limit: if many { MOST_RUNS } else { 1 },
            ..RunFilter::default()
        };
        store.runs(&filter).await?
    };
    let failed_only = |run: &Run| {
        !arguments.failed || matches!(run.batch.status, SyncStatus::Failed | SyncStatus::Partial)
    };
    let runs: Vec<Run> = runs.into_iter().filter(failed_only).collect();
    if global.json {
        let now = world.clock.now();
        let runs: Vec<_> = runs.into_iter().map(|run| as_json(run, now)).collect();
        line(&json!({ "runs": runs }).to_string());
    } else if runs.is_empty() && arguments.failed {
        line("no run failed or is partial");
    } else if runs.is_empty() {
        line("no runs yet: `daybook sync` makes one");
    } else {
        let texts: Vec<String> = runs.iter().map(as_text).collect();
        line(&texts.join("\n\n"));
    }
    store.close().await;
    Ok(Exit::Done)
}

fn as_json(run: Run, now: jiff::Timestamp) -> serde_json::Value {
    let resume = resume_command(run.batch.status, &run.batch.id);
    let syncs: Vec<SyncReport> = run
        .syncs
        .into_iter()
        .map(|row| SyncReport::new(row, None, now))
        .collect();
    json!({
        "batch_id": run.batch.id,
        "pipeline": run.batch.pipeline,
        "trigger": run.batch.trigger,
        "status": run.batch.status,
        "started_at": run.batch.started_at,
        "completed_at": run.batch.completed_at,
        "error": run.batch.error,
        "resume": resume,
        "syncs": syncs,
    })
}

fn as_text(run: &Run) -> String {
    let batch = &run.batch;
    let mut text = format!(
        "run {} of {}: {}, started {} by {}{}\n{}",
        batch.id,
        batch.pipeline,
        batch.status,
        batch.started_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        batch.trigger.as_str(),
        batch.completed_at.map_or(String::new(), |at| {
            format!(", took {}", duration(batch.started_at.duration_until(at)))
        }),
        streams_table(&run.syncs),
    );
    if let Some(error) = &batch.error {
        let _ = write!(text, "\nended by: {error}");
    }
    for row in &run.syncs {
        for error in &row.errors {
            let _ = write!(
                text,
                "\n{} {}: {} ({})\n  → {}",
                row.stream, error.record, error.reason, error.cause, error.remedy
            );
        }
    }
    if let Some(command) = resume_command(batch.status, &batch.id) {
        let _ = write!(text, "\ngoes on with: {command}");
    }
    text
}

fn resume_command(status: SyncStatus, batch: &BatchId) -> Option<String> {
    matches!(
        status,
        SyncStatus::Interrupted | SyncStatus::Paused | SyncStatus::Failed
    )
    .then(|| format!("daybook sync --resume {batch}"))
}

/// One line for each stream of a run.
pub(super) fn streams_table(rows: &[SyncRow]) -> String {
    let header = [
        "stream", "status", "read", "created", "updated", "skipped", "failed", "held", "took",
    ];
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let took = row
                .started_at
                .zip(row.completed_at)
                .map(|(from, to)| from.duration_until(to));
            vec![
                row.stream.to_string(),
                row.status.to_string(),
                row.counts.processed.to_string(),
                row.counts.created.to_string(),
                row.counts.updated.to_string(),
                row.counts.skipped.to_string(),
                row.counts.failed.to_string(),
                row.counts.held.to_string(),
                took.map_or(String::new(), duration),
            ]
        })
        .collect();
    table(&header, &cells, &[2, 3, 4, 5, 6, 7, 8])
}

fn duration(span: jiff::SignedDuration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 => format!("{} ms", span.as_millis()),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}
