//! `daybook status`: which runs, in which form.

use std::time::Duration;

use daybook::domain::{ConnectionName, PipelineName, RunOptions, SyncStatus, TenantId, Trigger};
use daybook::engine::Tripwire;
use daybook::store::{Commit, NewBatch};
use sandbox::company::When;
use serde_json::{Value, json};

use super::shell::Shell;

async fn runs(shell: &Shell, arguments: &[&str]) -> Vec<Value> {
    let said = shell
        .run(&[&["status", "--json"], arguments].concat())
        .await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    let mut answer = said.json();
    let Value::Array(runs) = answer["runs"].take() else {
        panic!("{said:#?}")
    };
    runs
}

fn ids(runs: &[Value]) -> Vec<&str> {
    runs.iter()
        .map(|run| run["batch_id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn without_runs_it_says_how_to_make_one() {
    let shell = Shell::with_plain_orders(1).await;
    let said = shell.run(&["status"]).await;
    said.tells(0, &["no runs yet", "daybook sync"]);
    assert_eq!(runs(&shell, &[]).await, Vec::<Value>::new());
    let said = shell.run(&["status", "nope"]).await;
    said.complains(1, &["Batch ID [nope] not found."]);
}

#[tokio::test]
async fn it_shows_the_latest_all_the_failed_or_the_one_that_is_asked_for() {
    let shell = Shell::with_plain_orders(3).await;
    shell.world.books().set_subscription(false);
    assert_eq!(shell.run(&["sync"]).await.code, 5);
    shell.world.books().set_subscription(true);
    assert_eq!(shell.run(&["sync", "orders"]).await.code, 0);

    let all = runs(&shell, &["--all"]).await;
    let [latest, failed] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!(runs(&shell, &[]).await, std::slice::from_ref(latest));
    assert_eq!(ids(&runs(&shell, &["--latest"]).await), ids(&all)[..1]);
    assert_eq!(ids(&runs(&shell, &["--failed"]).await), ids(&all)[1..]);
    assert_eq!(
        ids(&runs(&shell, &["--all", "--failed"]).await),
        ids(&all)[1..]
    );
    let none = runs(&shell, &["--latest", "--failed"]).await;
    assert!(none.is_empty(), "the latest did not fail: {none:?}");
    let said = shell.run(&["status", "--latest", "--failed"]).await;
    said.tells(0, &["no run failed"]);
    for pointer in ["/batch_id", "/syncs/0/sync_id"] {
        let id = failed.pointer(pointer).unwrap().as_str().unwrap();
        assert_eq!(ids(&runs(&shell, &[id]).await), ids(&all)[1..]);
    }
}

#[tokio::test]
async fn its_json_has_what_a_script_needs_and_its_text_what_a_person_needs() {
    let shell = Shell::with_plain_orders(3).await;
    shell.world.books().set_subscription(false);
    assert_eq!(shell.run(&["sync"]).await.code, 5);
    let run = runs(&shell, &[]).await.remove(0);
    let batch = run["batch_id"].as_str().unwrap();
    assert_eq!(
        (&run["pipeline"], &run["trigger"], &run["status"]),
        (
            &json!("store-to-books"),
            &json!("command"),
            &json!("failed")
        )
    );
    let resume = format!("daybook sync --resume {batch}");
    assert_eq!(run["resume"], resume);
    assert!(run["error"].as_str().unwrap().contains("subscription"));
    for member in ["started_at", "completed_at"] {
        let at = run[member].as_str().unwrap();
        assert!(
            at.parse::<jiff::Timestamp>().is_ok() && at.ends_with('Z'),
            "{at}"
        );
    }
    assert!(!run["syncs"].as_array().unwrap().is_empty());

    let folder = shell.world.folder.path();
    std::fs::copy(folder.join("config.toml"), folder.join("other.toml")).unwrap();
    let elsewhere = runs(&shell, &["--config", "other.toml"]).await.remove(0);
    assert_eq!(elsewhere["resume"], format!("{resume} --config other.toml"));

    let said = shell.run(&["status"]).await;
    let texts = [
        &format!("run {batch} of store-to-books: failed, started "),
        " UTC by command, took ",
        "stream ",
        "ended by: ",
        &format!("goes on with: {resume}"),
    ];
    said.tells(0, &texts);
}

#[tokio::test]
async fn it_watches_a_run_of_another_process_to_its_end() {
    let shell = Shell::with_plain_orders(2).await;
    let pause = shell.world.books().hold_answer(When::Write(1));
    let watching = async {
        pause.reached().await;
        let (said, ()) = tokio::join!(shell.run(&["status", "--watch"]), async {
            // it has looked once, at a run that is not over
            while runs(&shell, &[]).await[0]["status"] != "running" {}
            pause.release();
        });
        said
    };
    let (synced, watched) = tokio::join!(shell.run(&["sync"]), watching);
    assert_eq!(synced.code, 0);
    watched.tells(0, &[": completed, started "]);
}

fn begun_by(owner: &str) -> NewBatch {
    NewBatch {
        tenant: TenantId::new("default"),
        pipeline: PipelineName::new("store-to-books"),
        source: ConnectionName::new("store"),
        target: ConnectionName::new("books"),
        trigger: Trigger::Command,
        options: RunOptions::default(),
        owner: owner.to_owned(),
    }
}

#[tokio::test]
async fn an_older_run_that_is_at_work_or_paused_comes_before_newer_ones_that_ended() {
    let shell = Shell::with_plain_orders(1).await;
    let program = shell.world.open(Tripwire::none()).await;
    let (store, owner) = (&program.store, "another process");
    let older = store.begin_batch(&begun_by(owner)).await.unwrap();
    let newer = store.begin_batch(&begun_by(owner)).await.unwrap();
    let lasts = Duration::from_secs(24 * 60 * 60);
    let lease = store.acquire("pipeline:store-to-books", owner, lasts).await;
    assert!(lease.unwrap().is_some());
    let end = async |batch, status| {
        let ended = store.finish_batch(batch, owner, status, None).await;
        assert_eq!(ended.unwrap(), Commit::Done);
    };
    end(&newer, SyncStatus::Completed).await;
    assert_eq!(ids(&runs(&shell, &[]).await), [older.as_str()]);
    end(&older, SyncStatus::Paused).await;
    assert_eq!(ids(&runs(&shell, &["--latest"]).await), [older.as_str()]);
    end(&older, SyncStatus::Cancelled).await;
    assert_eq!(ids(&runs(&shell, &[]).await), [newer.as_str()]);
    program.store.close().await;
}

#[tokio::test]
async fn a_run_whose_process_is_gone_is_called_interrupted() {
    let shell = Shell::with_plain_orders(1).await;
    assert_eq!(shell.run(&["sync"]).await.code, 0);
    let program = shell.world.open(Tripwire::none()).await;
    let new = begun_by("a process that is gone");
    let batch = program.store.begin_batch(&new).await.unwrap();
    program.store.close().await;
    let run = runs(&shell, &[]).await.remove(0);
    assert_eq!(
        (&run["batch_id"], &run["status"]),
        (&json!(batch), &json!("interrupted"))
    );
    assert_eq!(run["resume"], format!("daybook sync --resume {batch}"));
}
