//! `daybook plan` and `daybook apply PLAN_ID`: what a run would post, document by document; then
//! exactly that.

use std::collections::BTreeMap;

use kit::{Currency, PostingKind};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::output::{Exit, Stopped, complain, line, table};
use super::{ApplyArguments, Global, PlanArguments, setup, sync};
use crate::config::{Config, PostingMode};
use crate::domain::{PipelineName, PostingState, Trigger};
use crate::engine::{Applied, Drawn, Progress, RunError};
use crate::store::{Plan, PlanAction, PlanChange, PlanEntry, PostingFilter, PostingRow, Store};
use crate::wiring;

/// What of a pipeline is held, page by page.
const PAGE: u32 = 500;

pub(super) async fn draw_up(global: &Global, arguments: &PlanArguments) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let name = setup::pipeline(&config, arguments.pipeline.as_deref())?;
    reviewed(&config, &name)?;
    let program = wiring::build(&config, setup::world()?).await?;
    let work = program.engine.draw_up_plan(&name, Trigger::Command);
    let (drawn, signal) = sync::until_signalled(&program.engine, work).await?;
    let Drawn { progress, plan } = drawn?;
    program.engine.shut_down(sync::GRACE).await;
    let held = held(&program.store, &name).await?;
    program.store.close().await;
    if !progress.ended_well() {
        if global.json {
            line(&unread(&progress).to_string());
        }
        return Ok(stopped(&progress, signal));
    }
    if global.json {
        line(&as_json(plan.as_ref(), &held).to_string());
    } else {
        print(&name, plan.as_ref(), &held);
    }
    Ok(Exit::Done)
}

pub(super) async fn apply(global: &Global, arguments: &ApplyArguments) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let program = wiring::build(&config, setup::world()?).await?;
    let Some(plan) = program.store.plan(&arguments.plan).await? else {
        return Err(
            Stopped::new(Exit::Failed, format!("there is no plan {}", arguments.plan))
                .with_remedy("`daybook plan` draws one up and prints its id"),
        );
    };
    reviewed(&config, &plan.route.pipeline)?;
    let work = program
        .engine
        .apply_plan(&plan, "command line", Trigger::Command);
    let (applied, signal) = sync::until_signalled(&program.engine, work).await?;
    let applied = applied?;
    program.engine.shut_down(sync::GRACE).await;
    let ids: Vec<_> = plan.entries.iter().map(|entry| entry.id.clone()).collect();
    let rows = program.store.posting_rows(&ids).await?;
    program.store.close().await;
    match applied {
        Applied::Stopped(progress) => {
            if global.json {
                line(&unread(&progress).to_string());
            }
            Ok(stopped(&progress, signal))
        }
        Applied::Changed(changes) => {
            refuse(global, &plan, &changes);
            Ok(Exit::Failed)
        }
        Applied::Done(_) => Ok(outcome(global, &plan, &rows)),
    }
}

/// Only where a pipeline waits for approval is there something to approve.
fn reviewed(config: &Config, name: &PipelineName) -> Result<(), Stopped> {
    let pipeline = config.pipeline(name.as_str());
    if pipeline.is_some_and(|pipeline| pipeline.posting == PostingMode::Review) {
        return Ok(());
    }
    Err(Stopped::new(
        Exit::Usage,
        format!("pipeline `{name}` posts by itself: nothing waits for approval"),
    )
    .with_remedy(
        "set `posting = \"review\"` in the configuration, or look with `daybook sync --dry-run`",
    ))
}

/// A run that did not do all of its work.
fn stopped(progress: &Progress, signal: Option<setup::Signal>) -> Exit {
    if let Some(trouble) = &progress.trouble {
        complain(&trouble.to_string());
        complain(&format!("→ {}", trouble.remedy()));
    }
    sync::exit(progress, signal)
}

/// The same for programs: there is no plan then.
fn unread(progress: &Progress) -> Value {
    let trouble = progress.trouble.as_ref();
    json!({
        "plan_id": null,
        "status": progress.status,
        "error": trouble.map(ToString::to_string),
        "remedy": trouble.map(RunError::remedy),
    })
}

/// What is held or could not be read.
async fn held(store: &Store, pipeline: &PipelineName) -> Result<Vec<PostingRow>, Stopped> {
    let mut held = Vec::new();
    for state in [PostingState::Held, PostingState::Failed] {
        let mut cursor = None;
        loop {
            let filter = PostingFilter {
                pipeline: Some(pipeline.clone()),
                state: Some(state),
                cursor,
                limit: PAGE,
                ..PostingFilter::default()
            };
            let page = store.postings_page(&filter).await?;
            held.extend(page.postings);
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
    }
    held.reverse();
    Ok(held)
}

fn as_json(plan: Option<&Plan>, held: &[PostingRow]) -> Value {
    let entries = plan.map_or(&[][..], |plan| &plan.entries);
    let held_rows: Vec<Value> = held
        .iter()
        .map(|row| {
            json!({
                "id": row.id, "source_kind": row.source_kind, "source_id": row.source_id,
                "kind": row.kind, "number": row.number, "state": row.state,
                "amount": row.amount.map(|money| plain(money.amount, Some(money.currency)).to_string()),
                "currency": row.amount.map(|money| money.currency),
                "cause": row.cause, "reason": row.reason, "remedy": row.remedy,
            })
        })
        .collect();
    let totals: Vec<Value> = totals(entries)
        .into_iter()
        .map(|((action, kind, currency), (count, sum))| {
            json!({
                "action": action, "kind": kind, "currency": currency,
                "count": count, "amount": sum.to_string(),
            })
        })
        .collect();
    let held_totals: Vec<Value> = held_totals(held)
        .into_iter()
        .map(|(currency, (count, sum))| {
            json!({ "currency": currency, "count": count, "amount": sum.to_string() })
        })
        .collect();
    json!({
        "plan_id": plan.map(|plan| &plan.id),
        "pipeline": plan.map(|plan| &plan.route.pipeline),
        "created_at": plan.map(|plan| plan.created_at),
        "approved_at": plan.and_then(|plan| plan.approved_at),
        "documents": entries,
        "totals": totals,
        "held": held_rows,
        "held_totals": held_totals,
    })
}

/// Documents by what is done with them, and what they amount to.
type Totals = BTreeMap<(PlanAction, PostingKind, Option<Currency>), (u64, Decimal)>;

fn totals(entries: &[PlanEntry]) -> Totals {
    let mut totals = Totals::new();
    for entry in entries {
        let group = (entry.action, entry.kind, entry.currency);
        let (count, sum) = totals.entry(group).or_default();
        *count += 1;
        *sum += entry.amount.unwrap_or_default();
    }
    for ((_, _, currency), (_, sum)) in &mut totals {
        *sum = plain(*sum, *currency);
    }
    totals
}

/// What waits, by currency.
fn held_totals(held: &[PostingRow]) -> BTreeMap<Currency, (u64, Decimal)> {
    let mut totals = BTreeMap::new();
    for money in held.iter().filter_map(|row| row.amount) {
        let (count, sum): &mut (u64, Decimal) = totals.entry(money.currency).or_default();
        *count += 1;
        *sum = plain(*sum + money.amount, Some(money.currency));
    }
    totals
}

/// With the currency's decimals at least; never rounded.
fn plain(amount: Decimal, currency: Option<Currency>) -> Decimal {
    let mut plain = amount;
    let decimals = currency.map_or(0, Currency::decimals);
    if plain.scale() < decimals {
        plain.rescale(decimals);
    }
    plain
}

fn print(name: &PipelineName, plan: Option<&Plan>, held: &[PostingRow]) {
    match plan {
        Some(plan) => {
            line(&format!("Plan {} of `{name}`", plan.id));
            line("");
            line(&entries_table(&plan.entries));
            line("");
            line(&totals_table(&plan.entries));
        }
        None => line(&format!("`{name}` has nothing to post")),
    }
    if !held.is_empty() {
        line("");
        line(&held_table(held));
        for (currency, (count, sum)) in held_totals(held) {
            line(&format!("held in all: {count} over {sum} {currency}"));
        }
    }
    if let Some(plan) = plan {
        line("");
        line(&format!("post exactly this: daybook apply {}", plan.id));
    }
}

fn entries_table(entries: &[PlanEntry]) -> String {
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| {
            vec![
                entry.action.as_str().to_owned(),
                entry.kind.in_words().to_owned(),
                entry.number.clone(),
                entry.date.map_or_else(String::new, |date| date.to_string()),
                entry
                    .amount
                    .map_or_else(String::new, |it| plain(it, entry.currency).to_string()),
                entry.currency.map_or_else(String::new, |it| it.to_string()),
            ]
        })
        .collect();
    table(
        &["do", "what", "order or name", "day", "amount", ""],
        &rows,
        &[4],
    )
}

fn totals_table(entries: &[PlanEntry]) -> String {
    let rows: Vec<Vec<String>> = totals(entries)
        .into_iter()
        .map(|((action, kind, currency), (count, sum))| {
            let is_document = !kind.is_list_object();
            vec![
                action.as_str().to_owned(),
                kind.in_words().to_owned(),
                count.to_string(),
                if is_document {
                    sum.to_string()
                } else {
                    String::new()
                },
                currency.map_or_else(String::new, |it| it.to_string()),
            ]
        })
        .collect();
    table(&["in all", "what", "count", "amount", ""], &rows, &[2, 3])
}

fn held_table(held: &[PostingRow]) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let rows: Vec<Vec<String>> = held
        .iter()
        .map(|row| {
            vec![
                row.kind.in_words().to_owned(),
                row.number.clone(),
                row.amount.map_or_else(String::new, |it| it.to_string()),
                format!("{} ({})", text(&row.reason), text(&row.cause)),
            ]
        })
        .collect();
    table(&["held", "order or name", "amount", "why"], &rows, &[2])
}

fn refuse(global: &Global, plan: &Plan, changes: &[PlanChange]) {
    if global.json {
        line(&json!({ "plan_id": plan.id, "status": "changed", "changes": changes }).to_string());
        return;
    }
    complain(&format!(
        "plan {} is out of date: {} of its {} documents changed since; nothing was posted",
        plan.id,
        changes.len(),
        plan.entries.len()
    ));
    for change in changes {
        let planned = &change.planned;
        let money = planned.money().map(|money| format!(" over {money}"));
        complain(&format!(
            "  {} {} {}{}: {}",
            planned.action.as_str(),
            planned.kind.in_words(),
            planned.number,
            money.unwrap_or_default(),
            change.now
        ));
    }
    complain("→ draw up a new one with `daybook plan`");
}

/// What became of each document of the plan.
fn outcome(global: &Global, plan: &Plan, rows: &[PostingRow]) -> Exit {
    let row = |entry: &PlanEntry| rows.iter().find(|row| row.id == entry.id);
    let done = |entry: &&PlanEntry| {
        row(entry)
            .is_some_and(|row| matches!(row.state, PostingState::Posted | PostingState::Reversed))
    };
    let posted = plan.entries.iter().filter(done).count();
    if global.json {
        let documents: Vec<Value> = plan
            .entries
            .iter()
            .map(|entry| {
                let now = row(entry);
                json!({
                    "id": entry.id, "action": entry.action, "kind": entry.kind,
                    "number": entry.number,
                    "state": now.map(|row| row.state),
                    "doc_number": now.and_then(|row| row.doc_number.as_deref()),
                    "target_id": now.and_then(|row| row.target_id.as_deref()),
                    "cause": now.and_then(|row| row.cause.as_deref()),
                    "reason": now.and_then(|row| row.reason.as_deref()),
                    "remedy": now.and_then(|row| row.remedy.as_deref()),
                })
            })
            .collect();
        let report = json!({
            "plan_id": plan.id, "status": "applied", "posted": posted, "documents": documents,
        });
        line(&report.to_string());
    } else {
        line(&format!(
            "{posted} of {} documents and list objects of plan {} are in the books as planned",
            plan.entries.len(),
            plan.id
        ));
        for entry in plan.entries.iter().filter(|entry| !done(entry)) {
            let text = |text: Option<&String>| text.cloned().unwrap_or_default();
            let now = row(entry);
            complain(&format!(
                "{} {}: {} {}",
                entry.kind.in_words(),
                entry.number,
                now.map_or("gone", |row| row.state.as_str()),
                text(now.and_then(|row| row.reason.as_ref()))
            ));
            complain(&format!(
                "  → {}",
                text(now.and_then(|row| row.remedy.as_ref()))
            ));
        }
    }
    if posted == plan.entries.len() {
        Exit::Done
    } else {
        Exit::Partial
    }
}
