//! Figures of a backfill: operations a minute against the ceiling, processor seconds, peak memory,
//! metered reads, and how soon a killed process posts again.
//!
//! ```text
//! cargo bench --bench backfill -- [--orders 10000] [--rate 1] [--latency]
//! ```
//!
//! `--rate 1` keeps Intuit's limits (10,000 orders take some six minutes), `--rate 20` takes twenty
//! times those on both sides. `--latency` answers as slowly as a real company was recorded to.

#![allow(
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a bench measures real time and prints ratios; no money is computed"
)]

mod scaffold;

use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use sandbox::company::{Latency, RequestCounts};

use scaffold::{Failed, Options, World, peak_kib, processor};

/// Measures a backfill of the release binary against the sandbox.
#[derive(Parser)]
struct Arguments {
    /// How many orders the store has
    #[arg(long, default_value_t = 10_000)]
    orders: usize,
    /// How many times Intuit's limits, on both sides
    #[arg(long, default_value_t = 1)]
    rate: u32,
    /// Answer as slowly as a real company was recorded to
    #[arg(long)]
    latency: bool,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match bench(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn bench(given: &Arguments) -> Result<(), Failed> {
    let latency = if given.latency {
        Latency::recorded()
    } else {
        Latency::default()
    };
    let options = Options {
        orders: given.orders,
        rate: given.rate,
        latency,
        ..Options::default()
    };
    let world = World::start(1, &options).await?;
    let handle = world.company.handle();

    println!("{} orders, rates × {}", given.orders, given.rate);
    let lists = run(&world, &["customers", "products"]).await?;
    row(
        "customers and products",
        &lists,
        &handle.counts(),
        given.rate,
    );
    handle.reset_counts();
    let orders = run(&world, &["orders"]).await?;
    row("orders", &orders, &handle.counts(), given.rate);
    handle.reset_counts();
    world.store.handle().clear_requests();
    let nothing = run(&world, &["customers", "products", "orders"]).await?;
    row("nothing new", &nothing, &handle.counts(), given.rate);
    println!(
        "  store requests of that last run: {}",
        world.store.handle().requests().len()
    );
    restart().await
}

/// How soon a process that was killed in the middle of a backfill posts again once it is started.
async fn restart() -> Result<(), Failed> {
    let options = Options {
        orders: 2_000,
        rate: 1,
        ..Options::default()
    };
    let world = World::start(2, &options).await?;
    let handle = world.company.handle();
    let writes = || handle.counts().writes + handle.counts().batch_calls;
    let mut first = sync(&world, &[])?;
    while writes() < 200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    first.kill()?;
    first.wait()?;
    // what was on its way has arrived
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = writes();
    let started = Instant::now();
    let mut second = sync(&world, &[])?;
    while writes() == before {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!(
        "  started again after kill -9: first posting after {} ms",
        started.elapsed().as_millis()
    );
    second.kill()?;
    second.wait()?;
    Ok(())
}

fn sync(world: &World, streams: &[&str]) -> std::io::Result<Child> {
    world
        .daybook("sync")
        .args(streams)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// What one process took.
struct Measured {
    wall: Duration,
    processor: Duration,
    peak_kib: u64,
    exit: Option<i32>,
}

async fn run(world: &World, streams: &[&str]) -> Result<Measured, Failed> {
    let started = Instant::now();
    let mut child = sync(world, streams)?;
    let mut measured = Measured {
        wall: Duration::ZERO,
        processor: Duration::ZERO,
        peak_kib: 0,
        exit: None,
    };
    loop {
        // looked at before it is reaped, since its figures go with it
        measured.peak_kib = measured.peak_kib.max(peak_kib(&child));
        measured.processor = measured.processor.max(processor(&child));
        if let Some(status) = child.try_wait()? {
            measured.exit = status.code();
            measured.wall = started.elapsed();
            return Ok(measured);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn row(what: &str, measured: &Measured, counts: &RequestCounts, rate: u32) {
    let operations = counts.writes + counts.batch_items;
    let seconds = measured.wall.as_secs_f64();
    let per_minute = operations as f64 / seconds * 60.0;
    let ceiling = 1660.0 * f64::from(rate);
    println!(
        "  {what}: exit {:?}, {seconds:.1} s, {operations} operations, {per_minute:.0} a minute = \
         {:.3} of the ceiling, processor {:.2} s, peak {:.1} MiB, {} requests, {} batch calls, \
         {} metered reads, {} refused",
        measured.exit,
        per_minute / ceiling,
        measured.processor.as_secs_f64(),
        measured.peak_kib as f64 / 1024.0,
        counts.total,
        counts.batch_calls,
        counts.metered_reads,
        counts.throttled,
    );
}
