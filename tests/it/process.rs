//! The real binary: killed in the middle of everything, again and again, and stopped politely.

#![allow(
    clippy::disallowed_methods,
    reason = "other processes live in real time"
)]

use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sandbox::company::{Kind, Limits, When};

use crate::support::{Setup, World, check_invariants};

/// The program, to be run in the world's folder.
fn daybook(world: &World) -> Command {
    let path = world.folder.path().join("config.toml");
    if !path.exists() {
        // whole at once: another process of the world may be reading it
        let new = path.with_extension("new");
        std::fs::write(&new, world.configuration()).unwrap();
        std::fs::rename(new, &path).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
    command.env("DAYBOOK_CONFIG", path).stdin(Stdio::null());
    for name in ["STORE_KEY", "STORE_SECRET", "APP_SECRET", "REFRESH_TOKEN"] {
        command.env(name, world.secret(name).unwrap());
    }
    command
}

fn spawn(world: &World) -> Child {
    daybook(world)
        .args(["sync", "--json"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs a command to its end beside the simulated systems.
async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

/// Waits for the end of a process, at most two minutes.
async fn ended(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        assert!(Instant::now() < deadline, "the process did not end");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A company on the system's clock that answers at once and allows much.
fn quick(seed: u64, orders: usize) -> Setup {
    let mut setup = Setup::new(seed, orders);
    setup.real_time = true;
    setup.company.limits = Limits::off();
    "timeout = \"1s\"".clone_into(&mut setup.books_settings);
    setup
}

/// Kills the process once the company has worked on `calls` requests more: the last of them took
/// effect and its answer never arrives.
async fn kill_after(world: &World, calls: u64) -> bool {
    let mut child = spawn(world);
    let seen = Arc::new(AtomicU64::new(0));
    let counted = seen.clone();
    let pause = world.books().hold_answer(When::matching(move |_| {
        counted.fetch_add(1, Ordering::SeqCst) + 1 == calls
    }));
    loop {
        if pause.is_reached() || child.try_wait().unwrap().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let hit = pause.is_reached();
    child.kill().unwrap();
    child.wait().unwrap();
    pause.release();
    world.books().clear_plans();
    hit
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backfill_that_is_killed_at_fifty_moments_ends_in_the_same_books() {
    let world = quick(2_000, 2_000).start().await;
    // moments spread over the whole backfill, drawn from a seed
    let chance = kit::Chance::seeded(50);
    let mut hits = 0;
    for kill in 0..50_u64 {
        if kill % 2 == 0 {
            hits += u32::from(kill_after(&world, 1 + chance.below(12)).await);
        } else {
            // somewhere between reading, journalling and sending
            let mut child = spawn(&world);
            tokio::time::sleep(Duration::from_millis(60 + chance.below(120))).await;
            hits += u32::from(child.try_wait().unwrap().is_none());
            let _ = child.kill(); // it may have ended before
            child.wait().unwrap();
        }
    }
    assert!(hits >= 40, "only {hits} of 50 kills met a process at work");
    let mut last = spawn(&world);
    let code = ended(&mut last).await;
    assert!(
        matches!(code, Some(0 | 3)),
        "the last run ended with {code:?}"
    );
    check_invariants(&world).await;
    assert!(world.books().documents_of(Kind::SalesReceipt).len() > 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_that_was_killed_goes_on_by_itself_when_it_starts_again() {
    let world = quick(91, 300).start().await;
    kill_after(&world, 9).await;
    let mut daemon = daybook(&world)
        .arg("run")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    // asked beside the running daemon
    while !matches!(
        latest_status(&world).await.as_str(),
        "completed" | "partial"
    ) {
        assert!(Instant::now() < deadline, "the daemon did not go on");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    terminate(&daemon);
    assert_eq!(ended(&mut daemon).await, Some(143));
    check_invariants(&world).await;
}

/// What `daybook status` says of the latest run.
async fn latest_status(world: &World) -> String {
    let mut command = daybook(world);
    command.args(["status", "--json"]);
    let output = output(command).await;
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    status["runs"][0]["status"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// Sends SIGTERM, as a service manager does.
fn terminate(child: &Child) {
    let status = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_told_to_stop_saves_its_checkpoint_and_says_how_it_goes_on() {
    let world = quick(92, 300).start().await;
    let pause = world.books().hold_answer(When::Write(3));
    let mut command = daybook(&world);
    command
        .arg("sync")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    pause.reached().await;
    terminate(&child);
    pause.release();
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap())
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(143), "{text}");
    // the command that goes on is one to be pasted
    let resume = text
        .lines()
        .find_map(|line| line.split("daybook sync --resume ").nth(1))
        .expect(&text)
        .to_owned();

    let mut command = daybook(&world);
    command.args(["sync", "--resume"]);
    command.args(resume.split_whitespace());
    let output = output(command).await;
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    check_invariants(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_of_a_pipeline_is_refused_while_one_is_active() {
    let world = quick(93, 100).start().await;
    let pause = world.books().hold_answer(When::Write(2));
    let mut first = spawn(&world);
    pause.reached().await;
    let mut command = daybook(&world);
    command.arg("sync");
    let second = output(command).await;
    assert_eq!(second.status.code(), Some(4), "{second:?}");
    pause.release();
    assert!(matches!(ended(&mut first).await, Some(0 | 3)));
    check_invariants(&world).await;
}
