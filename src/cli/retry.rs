//! `daybook retry`: tries held and failed postings again, singly, by cause, or all. The journal keeps
//! what was asked, so it works beside a running daemon and without one.

use std::collections::BTreeSet;

use kit::PostingId;
use serde_json::json;

use super::output::{Exit, Stopped, complain, line};
use super::{Global, RetryArguments, setup, sync};
use crate::config::{Config, PostingMode};
use crate::domain::{PipelineName, PostingState, RunOptions, Trigger, cause};
use crate::engine::{Engine, StartError};
use crate::store::{PostingRow, Release, Store};
use crate::wiring;

/// What became of the runs that send what was released.
#[derive(Default)]
struct Runs {
    /// Pipelines another run of which was active: the next one sends.
    later: Vec<PipelineName>,
    /// The worst end of the others.
    exit: Option<Exit>,
}

pub(super) async fn run(global: &Global, arguments: &RetryArguments) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let only = match arguments.pipeline.as_deref() {
        Some(name) => Some(setup::pipeline(&config, Some(name))?),
        None => None,
    };
    let which = which(arguments)?;
    let program = wiring::build(&config, setup::world()?).await?;
    if let Release::Ids(ids) = &which {
        known(&program.store, ids).await?;
    }
    let released = program
        .store
        .release_held(&which, only.as_ref(), "command line")
        .await?;
    let before = program.store.posting_rows(&released).await?;
    let work = send(&program.engine, &before);
    let (runs, signal) = sync::until_signalled(&program.engine, work).await?;
    let runs = runs?;
    program.engine.shut_down(sync::GRACE).await;
    let after = program.store.posting_rows(&released).await?;
    program.store.close().await;
    if global.json {
        line(&as_json(&before, &after, &runs).to_string());
    } else {
        print(&before, &after, &runs);
        let is_queued = |row: &PostingRow| row.state == PostingState::Queued;
        if after
            .iter()
            .any(|row| is_queued(row) && reviewed(&config, &row.pipeline))
        {
            complain("what is queued waits for approval: `daybook plan` shows it");
        }
    }
    let waits = |row: &PostingRow| {
        matches!(row.state, PostingState::Held | PostingState::Failed) && row.released_at.is_none()
    };
    if let Some(signal) = signal {
        return Ok(signal.exit());
    }
    Ok(match runs.exit {
        Some(exit) if exit != Exit::Done => exit,
        _ if after.iter().any(waits) => Exit::Partial,
        _ => Exit::Done,
    })
}

fn which(arguments: &RetryArguments) -> Result<Release, Stopped> {
    if let Some(code) = &arguments.cause {
        if cause(code).is_none() {
            return Err(
                Stopped::new(Exit::Usage, format!("there is no cause `{code}`"))
                    .with_remedy("docs/causes.md has all causes; `daybook status` those there are"),
            );
        }
        return Ok(Release::Cause(code.clone()));
    }
    Ok(match arguments.ids.as_slice() {
        [] => Release::All,
        ids => Release::Ids(ids.iter().map(PostingId::new).collect()),
    })
}

fn reviewed(config: &Config, name: &PipelineName) -> bool {
    config
        .pipeline(name.as_str())
        .is_some_and(|pipeline| pipeline.posting == PostingMode::Review)
}

/// A mistyped id is said, and nothing is done.
pub(super) async fn known(store: &Store, ids: &[PostingId]) -> Result<(), Stopped> {
    let rows = store.posting_rows(ids).await?;
    let unknown: Vec<&str> = ids
        .iter()
        .filter(|id| !rows.iter().any(|row| row.id == **id))
        .map(PostingId::as_str)
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Stopped::new(
        Exit::Failed,
        format!("there is no posting {}", unknown.join(", ")),
    )
    .with_remedy("`daybook show order NUMBER` names the postings of an order with their ids"))
}

/// One run for each pipeline that has something released.
async fn send(engine: &std::sync::Arc<Engine>, released: &[PostingRow]) -> Result<Runs, Stopped> {
    let mut runs = Runs::default();
    let pipelines: BTreeSet<&PipelineName> = released.iter().map(|row| &row.pipeline).collect();
    for name in pipelines {
        // a run that somebody paused takes it up when it goes on
        let paused = engine.paused(name).await.map_err(StartError::from)?;
        if paused.is_some() {
            runs.later.push(name.clone());
            continue;
        }
        let options = RunOptions {
            retry: true,
            ..RunOptions::default()
        };
        match engine.start(name, options, Trigger::Command).await {
            Ok(mut handle) => {
                let progress = handle.wait().await;
                if let Some(trouble) = &progress.trouble {
                    complain(&trouble.to_string());
                    complain(&format!("→ {}", trouble.remedy()));
                }
                let exit = sync::exit(&progress, None);
                runs.exit = runs
                    .exit
                    .filter(|before| *before != Exit::Done)
                    .or(Some(exit));
            }
            Err(StartError::Active(_) | StartError::ActiveElsewhere) => {
                runs.later.push(name.clone());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(runs)
}

fn as_json(before: &[PostingRow], after: &[PostingRow], runs: &Runs) -> serde_json::Value {
    let postings: Vec<_> = before
        .iter()
        .map(|was| {
            let now = after.iter().find(|row| row.id == was.id);
            json!({
                "id": was.id,
                "pipeline": was.pipeline,
                "source_kind": was.source_kind,
                "source_id": was.source_id,
                "number": was.number,
                "kind": was.kind,
                "before": was.state,
                "state": now.map(|row| row.state),
                "cause": now.and_then(|row| row.cause.as_deref()),
                "reason": now.and_then(|row| row.reason.as_deref()),
                "remedy": now.and_then(|row| row.remedy.as_deref()),
            })
        })
        .collect();
    json!({ "released": before.len(), "postings": postings, "later": runs.later })
}

fn print(before: &[PostingRow], after: &[PostingRow], runs: &Runs) {
    if before.is_empty() {
        line("nothing to release: nothing of that is held or failed");
        return;
    }
    for was in before {
        let name = format!("{} {}", was.kind.in_words(), was.number);
        if runs.later.contains(&was.pipeline) {
            line(&format!("{name}: released"));
            continue;
        }
        match after.iter().find(|row| row.id == was.id) {
            Some(now) if now.state == PostingState::Held || now.state == PostingState::Failed => {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                line(&format!(
                    "{name}: still {}: {} ({})",
                    now.state,
                    text(&now.reason),
                    text(&now.cause)
                ));
                line(&format!("  → {}", text(&now.remedy)));
            }
            Some(now) => line(&format!("{name}: {}", now.state)),
            None => line(&format!(
                "{name}: planned anew with the orders that need it"
            )),
        }
    }
    for pipeline in &runs.later {
        complain(&format!(
            "a run of `{pipeline}` is active or paused: it, or the next one, sends what was released"
        ));
    }
}
