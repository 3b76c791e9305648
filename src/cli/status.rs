//! `daybook status`: runs, streams, counts, durations, errors, and the command that resumes. Reads
//! the database, so it works beside a running daemon and without one.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use kit::Clock;
use serde_json::{Value, json};

use super::output::{Exit, Stopped, clear_screen, data_is_seen, line, paint, table};
use super::{CONFIG, Global, StatusArguments, setup};
use crate::domain::SyncStatus;
use crate::engine::{RunReport, SyncReport, find_batch, history, usually};
use crate::store::{Run, RunFilter, Store};
use crate::wiring;

/// Runs are read in portions of this size.
const PORTION: u32 = 200;
/// How often `--watch` looks.
const LOOK: Duration = Duration::from_secs(1);

pub(super) async fn run(global: &Global, arguments: &StatusArguments) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let world = setup::world()?;
    let store = wiring::open_store(&config, &world).await?;
    let result = if arguments.watch {
        watch(&store, &*world.clock, global, arguments).await
    } else {
        let runs = reports(&store, arguments, world.clock.now()).await;
        runs.map(|runs| print(&runs, global, arguments))
    };
    store.close().await;
    result.map(|()| Exit::Done)
}

/// Shows the run again and again until it is over.
async fn watch(
    store: &Store,
    clock: &dyn Clock,
    global: &Global,
    arguments: &StatusArguments,
) -> Result<(), Stopped> {
    let mut before = String::new();
    loop {
        let runs = reports(store, arguments, clock.now()).await?;
        let text = told(&runs, global, arguments);
        if data_is_seen() && !global.json {
            clear_screen();
            line(&text);
        } else if text != before {
            line(&text);
        }
        before = text;
        if runs.iter().all(|run| run.status.is_at_rest()) {
            return Ok(());
        }
        clock.sleep(LOOK).await;
    }
}

/// What is asked for, newest first.
async fn reports(
    store: &Store,
    arguments: &StatusArguments,
    now: Timestamp,
) -> Result<Vec<RunReport>, Stopped> {
    let mut reports = Vec::new();
    for run in wanted(store, arguments).await? {
        let usual = usually(store, &run.batch).await?;
        reports.push(RunReport::new(run, None, usual, now));
    }
    Ok(reports)
}

async fn wanted(store: &Store, arguments: &StatusArguments) -> Result<Vec<Run>, Stopped> {
    if let Some(id) = &arguments.id {
        let batch = find_batch(store, id)
            .await?
            .ok_or_else(|| Stopped::new(Exit::Failed, format!("Batch ID [{id}] not found.")))?;
        return Ok(vec![history::run(store, batch).await?]);
    }
    let many = arguments.all || (arguments.failed && !arguments.latest);
    let mut runs = if many {
        listed(store, arguments.failed).await?
    } else {
        let current = history::current(store, None).await?;
        current.into_iter().collect()
    };
    if arguments.failed {
        runs.retain(|run| matches!(run.batch.status, SyncStatus::Failed | SyncStatus::Partial));
    }
    Ok(runs)
}

/// All runs, or those that failed or are partial.
async fn listed(store: &Store, troubled: bool) -> Result<Vec<Run>, Stopped> {
    let mut filter = RunFilter {
        limit: PORTION,
        troubled,
        ..RunFilter::default()
    };
    let mut runs = history::runs(store, &filter).await?;
    while runs.len() % PORTION as usize == 0 {
        filter.before = runs.last().map(|last| last.batch.id.clone());
        let more = match filter.before {
            Some(_) => history::runs(store, &filter).await?,
            None => Vec::new(),
        };
        if more.is_empty() {
            break;
        }
        runs.extend(more);
    }
    Ok(runs)
}

fn print(runs: &[RunReport], global: &Global, arguments: &StatusArguments) {
    line(&told(runs, global, arguments));
}

fn told(runs: &[RunReport], global: &Global, arguments: &StatusArguments) -> String {
    if global.json {
        let runs: Vec<Value> = runs.iter().map(|run| as_json(run, global)).collect();
        json!({ "runs": runs }).to_string()
    } else if runs.is_empty() && arguments.failed {
        "no run failed or is partial".to_owned()
    } else if runs.is_empty() {
        "no runs yet: `daybook sync` makes one".to_owned()
    } else {
        let texts: Vec<String> = runs
            .iter()
            .map(|run| as_text(run, global, data_is_seen()))
            .collect();
        texts.join("\n\n")
    }
}

fn as_json(run: &RunReport, global: &Global) -> Value {
    let mut value = serde_json::to_value(run).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.insert("resume".to_owned(), json!(resume_command(run, global)));
    }
    value
}

fn as_text(run: &RunReport, global: &Global, seen: bool) -> String {
    let mut text = format!(
        "run {} of {}: {}, started {} by {}",
        run.batch_id,
        run.pipeline,
        paint(run.status, seen),
        run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        run.trigger,
    );
    // writing to a string cannot fail
    if run.status.is_at_rest() {
        let _ = write!(text, ", took {}", duration(run.duration_ms));
    } else {
        let _ = write!(text, ", {} %", run.percentage);
        if let Some(seconds) = run.estimated_seconds_remaining {
            let _ = write!(text, ", about {} left", duration(seconds * 1000));
        }
        if let Some(usual) = run.usually {
            let (from, until) = (duration(usual.from_ms), duration(usual.until_ms));
            let _ = write!(text, ", usually takes {from} to {until}");
        }
    }
    text.push('\n');
    text.push_str(&streams_table(&run.syncs, seen));
    if let Some(error) = &run.error {
        let _ = write!(text, "\nended by: {error}");
    }
    for sync in &run.syncs {
        for error in &sync.errors {
            let _ = write!(
                text,
                "\n{} {}: {} ({})\n  → {}",
                sync.entity_type, error.record, error.reason, error.cause, error.remedy
            );
        }
    }
    if let Some(command) = resume_command(run, global) {
        let _ = write!(text, "\ngoes on with: {command}");
    }
    text
}

fn resume_command(run: &RunReport, global: &Global) -> Option<String> {
    matches!(
        run.status,
        SyncStatus::Interrupted | SyncStatus::Paused | SyncStatus::Failed
    )
    .then(|| resuming(&run.batch_id, &global.config))
}

/// The command that goes on with a run; where the configuration is not in its usual place, with that.
pub(super) fn resuming(batch: &str, config: &Path) -> String {
    let resume = format!("daybook sync --resume {batch}");
    if config == Path::new(CONFIG) {
        return resume;
    }
    format!("{resume} --config {}", quoted(&config.to_string_lossy()))
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@%:,=".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// One line for each stream of a run.
pub(super) fn streams_table(syncs: &[SyncReport], seen: bool) -> String {
    let header = [
        "stream", "status", "done", "read", "created", "updated", "skipped", "failed", "held",
        "took",
    ];
    let cells: Vec<Vec<String>> = syncs
        .iter()
        .map(|sync| {
            let percentage = sync.percentage.map(|done| format!("{done} %"));
            vec![
                sync.entity_type.clone(),
                paint(sync.status, seen),
                percentage.unwrap_or_default(),
                sync.records_processed.to_string(),
                sync.records_created.to_string(),
                sync.records_updated.to_string(),
                sync.records_skipped.to_string(),
                sync.records_failed.to_string(),
                sync.records_held.to_string(),
                sync.duration_ms.map_or(String::new(), duration),
            ]
        })
        .collect();
    table(&header, &cells, &[2, 3, 4, 5, 6, 7, 8, 9])
}

fn duration(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_with_the_configuration_it_was_begun_with() {
        let resume = |config: &str| resuming("7", Path::new(config));
        assert_eq!(resume("config.toml"), "daybook sync --resume 7");
        assert_eq!(
            resume("/etc/daybook/config.toml"),
            "daybook sync --resume 7 --config /etc/daybook/config.toml"
        );
        assert_eq!(
            resume("Ana's shop.toml"),
            r"daybook sync --resume 7 --config 'Ana'\''s shop.toml'"
        );
    }
}
