//! Figures of a backfill: operations a minute against the ceiling, processor seconds, peak memory,
//! metered reads, and how soon a killed process posts again. The simulated store and company run in this process, the release binary beside it,
//! so that the figures are daybook's alone.
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

use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use sandbox::company::{
    CompanyContents, CompanyOptions, CompanyServer, Latency, Limits, Regime, RequestCounts,
};
use sandbox::store::{GenerateOptions, Seed, StoreContents, StoreOptions, StoreServer};

struct Arguments {
    orders: usize,
    rate: u32,
    latency: bool,
}

fn arguments() -> Arguments {
    let mut given = Arguments {
        orders: 10_000,
        rate: 1,
        latency: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|word| word.parse().ok());
        match word.as_str() {
            "--orders" => given.orders = number().unwrap_or(given.orders),
            "--rate" => {
                given.rate = number()
                    .and_then(|n| u32::try_from(n).ok())
                    .unwrap_or(given.rate);
            }
            "--latency" => given.latency = true,
            _ => {} // cargo's own `--bench`
        }
    }
    given
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match bench(&arguments()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

type Failed = Box<dyn std::error::Error>;

async fn bench(given: &Arguments) -> Result<(), Failed> {
    let options = GenerateOptions {
        orders: given.orders,
        ..GenerateOptions::default()
    };
    let contents = StoreContents::generate(Seed(1), &options);
    let store = StoreServer::start(StoreOptions::new(contents)).await?;
    let company = CompanyServer::start(CompanyOptions {
        contents: CompanyContents::fresh(Regime::UsAst),
        limits: Limits::real().scaled(given.rate),
        latency: if given.latency {
            Latency::recorded()
        } else {
            Latency::default()
        },
        ..CompanyOptions::fresh(Regime::UsAst)
    })
    .await?;
    let folder = tempfile::tempdir()?;
    configure(folder.path(), &store, &company, given.rate)?;
    let handle = company.handle();

    println!("{} orders, rates × {}", given.orders, given.rate);
    let lists = run(folder.path(), &["customers", "products"]).await?;
    row(
        "customers and products",
        &lists,
        &handle.counts(),
        given.rate,
    );
    handle.reset_counts();
    let orders = run(folder.path(), &["orders"]).await?;
    row("orders", &orders, &handle.counts(), given.rate);
    handle.reset_counts();
    store.handle().clear_requests();
    let nothing = run(folder.path(), &["customers", "products", "orders"]).await?;
    row("nothing new", &nothing, &handle.counts(), given.rate);
    println!(
        "  store requests of that last run: {}",
        store.handle().requests().len()
    );
    restart().await
}

/// How soon a process that was killed in the middle of a backfill posts again once it is started.
async fn restart() -> Result<(), Failed> {
    let options = GenerateOptions {
        orders: 2_000,
        ..GenerateOptions::default()
    };
    let contents = StoreContents::generate(Seed(2), &options);
    let store = StoreServer::start(StoreOptions::new(contents)).await?;
    let company = CompanyServer::start(CompanyOptions::fresh(Regime::UsAst)).await?;
    let folder = tempfile::tempdir()?;
    configure(folder.path(), &store, &company, 1)?;
    let handle = company.handle();
    let writes = || handle.counts().writes + handle.counts().batch_calls;
    let mut first = sync(folder.path(), &[])?;
    while writes() < 200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    first.kill()?;
    first.wait()?;
    // what was on its way has arrived
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = writes();
    let started = Instant::now();
    let mut second = sync(folder.path(), &[])?;
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

fn sync(folder: &Path, streams: &[&str]) -> std::io::Result<Child> {
    Command::new(env!("CARGO_BIN_EXE_daybook"))
        .args(["sync", "--config"])
        .arg(folder.join("config.toml"))
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

async fn run(folder: &Path, streams: &[&str]) -> Result<Measured, Failed> {
    let started = Instant::now();
    let mut child = sync(folder, streams)?;
    let mut measured = Measured {
        wall: Duration::ZERO,
        processor: Duration::ZERO,
        peak_kib: 0,
        exit: None,
    };
    loop {
        // looked at before it is reaped, since its figures go with it
        look(&child, &mut measured);
        if let Some(status) = child.try_wait()? {
            measured.exit = status.code();
            measured.wall = started.elapsed();
            return Ok(measured);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn look(child: &Child, measured: &mut Measured) {
    let of = |file: &str| {
        std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap_or_default()
    };
    let peak = of("status")
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    measured.peak_kib = measured.peak_kib.max(peak.unwrap_or(0));
    let stat = of("stat");
    let fields: Vec<u64> = stat
        .rsplit_once(')')
        .map(|(_, rest)| {
            rest.split_whitespace()
                .map(|field| field.parse().unwrap_or(0))
                .collect()
        })
        .unwrap_or_default();
    let ticks = fields.get(11).unwrap_or(&0) + fields.get(12).unwrap_or(&0);
    measured.processor = measured.processor.max(Duration::from_millis(ticks * 10));
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

fn configure(
    folder: &Path,
    store: &StoreServer,
    company: &CompanyServer,
    rate: u32,
) -> Result<(), Failed> {
    let text = format!(
        r#"
[database]
url = "sqlite://{}"
[log]
level = "warn"
[connections.store]
kind = "woocommerce"
url = "{}"
consumer_key = "{}"
consumer_secret = "{}"
[connections.books]
kind = "quickbooks"
environment = "sandbox"
client_id = "{}"
client_secret = "{}"
realm_id = "{}"
refresh_token = "{}"
base_url = "{}"
token_url = "{}"
requests_per_minute = {}
requests_per_second = {}
batch_calls_per_minute = {}
[[pipelines]]
name = "store-to-books"
source = "store"
target = "books"
streams = ["customers", "products", "orders"]
schedule = "manual"
timezone = "America/New_York"
start_date = 2020-01-01
[pipelines.mapping.customers]
guests = "one"
"#,
        folder.join("daybook.db").display(),
        store.url(),
        store.consumer_key(),
        store.consumer_secret(),
        company.client_id(),
        company.client_secret(),
        company.realm_id(),
        company.refresh_token(),
        company.base_url(),
        company.token_url(),
        500 * rate,
        10 * rate,
        40 * rate,
    );
    std::fs::write(folder.join("config.toml"), text)?;
    Ok(())
}
