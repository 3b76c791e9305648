//! `daybook sync`: one run in the foreground, with a progress bar per stream.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use kit::StreamName;
use tokio_util::sync::CancellationToken;

use super::output::{Exit, Stopped, complain, data_is_seen, exit_of, is_terminal, line};
use super::setup::{self, Signal};
use super::{Global, SyncArguments};
use crate::config::{Config, PostingMode};
use crate::domain::{PipelineName, RunOptions, SyncStatus, Trigger};
use crate::engine::{Engine, Progress, RunHandle, StreamProgress, SyncReport};
use crate::store::Store;
use crate::wiring;

pub(super) const GRACE: Duration = Duration::from_secs(30);

pub(super) async fn run(global: &Global, arguments: SyncArguments) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let world = setup::world()?;
    let clock = world.clock.clone();
    let program = wiring::build(&config, world).await?;
    let mut handle = if let Some(id) = &arguments.resume {
        program.engine.resume(id).await?
    } else {
        let name = setup::pipeline(&config, arguments.pipeline.as_deref())?;
        let options = options(&config, &name, arguments)?;
        program
            .engine
            .start(&name, options, Trigger::Command)
            .await?
    };
    let watching = async {
        show_bars(handle.clone(), global.json).await;
        handle.wait().await
    };
    let (progress, signal) = until_signalled(&program.engine, watching).await?;
    program.engine.shut_down(GRACE).await;
    print(&program.store, &progress, global, clock.now()).await?;
    let reviewed = config
        .pipeline(progress.pipeline.as_str())
        .is_some_and(|pipeline| pipeline.posting == PostingMode::Review);
    if reviewed && !global.json && progress.ended_well() {
        complain("what is new waits for approval: `daybook plan` shows it");
    }
    program.store.close().await;
    Ok(exit(&progress, signal))
}

/// Waits for work in the foreground. At a signal runs stop at their next safe point, and the work ends
/// with them.
pub(super) async fn until_signalled<T>(
    engine: &Engine,
    work: impl Future<Output = T>,
) -> Result<(T, Option<Signal>), Stopped> {
    let stop = CancellationToken::new();
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => Ok((done, None)),
        signal = setup::signalled(&stop) => {
            let signal = signal?;
            let stopping = async {
                if engine.shut_down(GRACE).await {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                done = work => Ok((done, Some(signal))),
                () = stopping => Err(Stopped::new(
                    signal.exit(),
                    "the run did not stop in time; the next one goes on from its checkpoint",
                )),
            }
        }
    }
}

/// The exit code of a run.
pub(super) fn exit(progress: &Progress, signal: Option<Signal>) -> Exit {
    match (progress.status, &progress.trouble, signal) {
        (SyncStatus::Interrupted, _, Some(signal)) => signal.exit(),
        (_, Some(trouble), _) => exit_of(trouble),
        (SyncStatus::Partial, None, _) => Exit::Partial,
        (SyncStatus::Completed, None, _) => Exit::Done,
        (_, None, _) => Exit::Failed,
    }
}

fn options(
    config: &Config,
    name: &PipelineName,
    arguments: SyncArguments,
) -> Result<RunOptions, Stopped> {
    let known: &[StreamName] = config
        .pipeline(name.as_str())
        .map_or(&[], |pipeline| &pipeline.streams);
    if let Some(unknown) = arguments
        .streams
        .iter()
        .find(|stream| !known.contains(stream))
    {
        return Err(Stopped::new(
            Exit::Usage,
            format!("pipeline `{name}` does not have the stream {unknown}"),
        ));
    }
    Ok(RunOptions {
        streams: arguments.streams,
        full: arguments.full,
        dry_run: arguments.dry_run,
        limit: arguments.limit,
        since: arguments.since,
        until: arguments.until,
        ..RunOptions::default()
    })
}

/// Shows a bar for each stream until the run is over.
pub(super) async fn show_bars(mut handle: RunHandle, json: bool) {
    if json || !is_terminal() {
        handle.wait().await;
        return;
    }
    let bars = MultiProgress::new();
    let mut shown: HashMap<StreamName, ProgressBar> = HashMap::new();
    loop {
        let progress = handle.progress.borrow_and_update().clone();
        for stream in &progress.streams {
            let bar = shown
                .entry(stream.stream)
                .or_insert_with(|| bars.add(new_bar(stream.stream)));
            update(bar, stream);
        }
        if progress.status.is_at_rest() || handle.progress.changed().await.is_err() {
            break;
        }
    }
    for bar in shown.values() {
        bar.abandon();
    }
}

fn new_bar(stream: StreamName) -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{prefix:>10} {bar:32} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(stream.as_str());
    bar
}

fn update(bar: &ProgressBar, stream: &StreamProgress) {
    bar.set_length(stream.total.unwrap_or(0).max(stream.counts.processed));
    bar.set_position(stream.counts.processed);
    bar.set_message(stream.operation.clone());
}

/// Prints what a run did.
async fn print(
    store: &Store,
    progress: &Progress,
    global: &Global,
    now: jiff::Timestamp,
) -> Result<(), Stopped> {
    let rows = store.syncs(&progress.batch).await?.into_iter();
    let syncs: Vec<SyncReport> = rows.map(|row| SyncReport::new(row, None, now)).collect();
    if global.json {
        let report = serde_json::json!({
            "batch_id": progress.batch,
            "pipeline": progress.pipeline,
            "status": progress.status,
            "error": progress.trouble.as_ref().map(ToString::to_string),
            "remedy": progress.trouble.as_ref().map(crate::engine::RunError::remedy),
            "syncs": syncs,
        });
        line(&report.to_string());
        return Ok(());
    }
    line(&super::status::streams_table(&syncs, data_is_seen()));
    for sync in &syncs {
        for error in &sync.errors {
            complain(&format!(
                "{} {}: {} ({})",
                sync.entity_type, error.record, error.reason, error.cause
            ));
            complain(&format!("  → {}", error.remedy));
        }
    }
    if let Some(trouble) = &progress.trouble {
        complain(&trouble.to_string());
        complain(&format!("→ {}", trouble.remedy()));
    }
    if matches!(
        progress.status,
        SyncStatus::Interrupted | SyncStatus::Failed
    ) {
        let command = super::status::resuming(progress.batch.as_str(), &global.config);
        complain(&format!("goes on with: {command}"));
    }
    Ok(())
}
