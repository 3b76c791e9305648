//! What a sync costs those who watch it, and what they cost the sync: while orders are posted, one
//! client asks every page and the main paths of the API in turn, and 200 readers listen to the events.
//! The same sync without anybody is measured beside it, in turns, since only ratios say something on a
//! machine that does other things too. Once more the orders are planned for approval, before somebody
//! who looks at the plan.
//!
//! ```text
//! cargo bench --bench watchers -- [--orders 10000] [--rate 10] [--rounds 3] [--readers 200]
//! ```
//!
//! Ends with 1 where a limit is not kept.

#![allow(
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a bench measures real time and prints ratios; no money is computed"
)]

#[path = "scaffold/report.rs"]
mod report;
mod scaffold;
#[path = "scaffold/wire.rs"]
mod wire;

use std::process::{Child, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;

use report::{Audience, Gathered, Took, report};
use scaffold::{Failed, Options, World, peak_kib, processor};
use wire::{Order, first_order, json, listen, request, text};

/// Where all orders wait for approval.
const PLAN: &str = "/plan with all of them";
/// Between two questions of the client: a person does not ask faster.
const PAUSE: Duration = Duration::from_millis(20);

/// Measures what a sync and those who watch it cost each other.
#[derive(Parser)]
struct Arguments {
    /// How many orders the store has
    #[arg(long, default_value_t = 10_000)]
    orders: usize,
    /// How many times Intuit's limits, on both sides
    #[arg(long, default_value_t = 10)]
    rate: u32,
    /// How often it is done with and without watchers
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many listen to the events
    #[arg(long, default_value_t = 200)]
    readers: usize,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match bench(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn bench(given: &Arguments) -> Result<bool, Failed> {
    println!(
        "{} orders, limits × {}, {} readers, {} rounds",
        given.orders, given.rate, given.readers, given.rounds
    );
    let mut gathered = Gathered::default();
    for round in 0..given.rounds {
        // whoever comes first finds a colder machine
        let mut turns = [Audience::Nobody, Audience::Watchers];
        turns.rotate_left(usize::from(round % 2 == 1));
        for audience in turns {
            let took = one_sync(given, audience, &mut gathered).await?;
            took.print(audience);
            match audience {
                Audience::Watchers => gathered.watched.push(took),
                _ => gathered.alone.push(took),
            }
        }
    }
    let took = one_sync(given, Audience::Approver, &mut gathered).await?;
    took.print(Audience::Approver);
    Ok(report(gathered))
}

/// A daemon of a fresh world posts all orders once.
async fn one_sync(
    given: &Arguments,
    audience: Audience,
    gathered: &mut Gathered,
) -> Result<Took, Failed> {
    // free a moment ago; the daemon says so where it no longer is
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let listen = format!("listen = \"127.0.0.1:{port}\"");
    let options = Options {
        orders: given.orders,
        rate: given.rate,
        server: &listen,
        pipeline: match audience {
            Audience::Approver => "posting = \"review\"",
            Audience::Nobody | Audience::Watchers => "",
        },
        ..Options::default()
    };
    let world = World::start(1, &options).await?;
    let lists = daybook(&world, "sync", &["customers", "products"])?.wait()?;
    if lists.code() != Some(0) {
        return Err(format!("the lists were not read: {lists}").into());
    }
    let daemon = Daemon(daybook(&world, "run", &[])?);
    let ended = tokio::time::timeout(
        Duration::from_secs(1800),
        measure(given, audience, gathered, &daemon.0, port),
    );
    ended.await.map_err(|_| "the sync does not end")?
}

/// Ended with whoever measures it, whatever comes of that.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn daybook(world: &World, command: &str, words: &[&str]) -> std::io::Result<Child> {
    world
        .daybook(command)
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

async fn measure(
    given: &Arguments,
    audience: Audience,
    gathered: &mut Gathered,
    daemon: &Child,
    port: u16,
) -> Result<Took, Failed> {
    while request(port, "GET", "/readyz").await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let before = processor(daemon);
    let started = Instant::now();
    let begun = json(&begin(port).await?)?;
    let id = |name: &str| text(&begun, name).unwrap_or_default();
    let (sync, batch) = (id("sync_id"), id("batch_id"));
    let over = Arc::new(AtomicBool::new(false));
    let delays = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    let watched = audience == Audience::Watchers;
    if watched {
        for reader in 0..given.readers {
            let path = match reader % 2 {
                0 => "/api/sync/progress".to_owned(),
                _ => format!("/api/sync/progress/{sync}"),
            };
            let (delays, events) = (delays.clone(), events.clone());
            tasks.push(tokio::spawn(async move {
                // the line is cut when the daemon ends, which is no error here
                let _ = listen(port, &path, &delays, &events).await;
            }));
        }
    }
    let asking = async {
        match audience {
            Audience::Nobody => Ok(()),
            Audience::Watchers => ask(port, &sync, &batch, &over, gathered).await,
            Audience::Approver => look_at_plan(port, &over, gathered).await,
        }
    };
    let ending = async {
        let ended = end_of(port, &sync).await;
        let took = Took {
            wall: started.elapsed(),
            processor: processor(daemon).saturating_sub(before),
            peak_kib: peak_kib(daemon),
        };
        over.store(true, Relaxed);
        ended.map(|()| took)
    };
    let (took, asked) = tokio::join!(ending, asking);
    for task in tasks {
        task.abort();
    }
    asked?;
    if watched {
        println!("  {} events were read", events.load(Relaxed));
        let mut read = delays.lock().map_err(|_| "a reader failed")?;
        gathered.events.append(&mut read);
    }
    took
}

/// Starts the sync, once the daemon has looked whether there is something to go on with.
async fn begin(port: u16) -> Result<Vec<u8>, Failed> {
    for _ in 0..100 {
        if let Ok(begun) = request(port, "POST", "/api/sync/woocommerce/orders").await {
            return Ok(begun);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    request(port, "POST", "/api/sync/woocommerce/orders").await
}

/// Waits for the end of the sync.
async fn end_of(port: u16, sync: &str) -> Result<(), Failed> {
    loop {
        let path = format!("/api/sync/status/{sync}");
        let report = json(&request(port, "GET", &path).await?)?;
        match text(&report, "status").unwrap_or_default().as_str() {
            "completed" | "partial" => return Ok(()),
            "queued" | "running" => tokio::time::sleep(Duration::from_millis(100)).await,
            _ => return Err(format!("the sync did not end well: {report}").into()),
        }
    }
}

/// Asks one path after the other until the sync is over.
async fn ask(
    port: u16,
    sync: &str,
    batch: &str,
    over: &AtomicBool,
    gathered: &mut Gathered,
) -> Result<(), Failed> {
    let mut order = None;
    while !over.load(Relaxed) {
        for path in paths(sync, batch, order.as_ref()) {
            let shown = shown(&path, sync, batch, order.as_ref());
            let asked = Instant::now();
            let body = request(port, "GET", &path).await?;
            let took = asked.elapsed();
            gathered.paths.entry(shown).or_default().push(took);
            if order.is_none() && path == "/api/postings?q=" {
                order = first_order(&body);
            }
            if over.load(Relaxed) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Looks at the plan while it grows, and some more once it is whole.
async fn look_at_plan(port: u16, over: &AtomicBool, gathered: &mut Gathered) -> Result<(), Failed> {
    let mut more = 100;
    while more > 0 {
        if over.load(Relaxed) {
            more -= 1;
        }
        let asked = Instant::now();
        request(port, "GET", "/plan").await?;
        let times = gathered.paths.entry(PLAN.to_owned());
        times.or_default().push(asked.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// The path without what is of one round.
fn shown(path: &str, sync: &str, batch: &str, order: Option<&Order>) -> String {
    let path = path.replace(sync, "{sync}").replace(batch, "{batch}");
    let Some(order) = order else {
        return path;
    };
    path.replace(&order.id, "{id}")
        .replace(&format!("/orders/{}", order.number), "/orders/{number}")
        .replace(&order.month, "{month}")
}

/// Every page, and what programs ask most.
fn paths(sync: &str, batch: &str, order: Option<&Order>) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/",
        "/orders",
        "/orders?state=posted",
        "/orders?state=unsynced",
        "/orders?q=104",
        "/held",
        "/runs",
        "/mapping",
        "/reconcile",
        "/plan",
        "/connections",
        "/healthz",
        "/readyz",
        "/status",
        "/metrics",
        "/api/sync/runs",
        "/api/postings?q=",
        "/api/postings?state=posted",
        "/api/held",
        "/api/reconcile",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.push(format!("/runs/{batch}"));
    paths.push(format!("/runs/{batch}/live"));
    paths.push(format!("/api/sync/status/{sync}"));
    if let Some(Order { id, number, month }) = order {
        paths.push(format!("/orders/{number}"));
        paths.push(format!("/reconcile?month={month}"));
        paths.push(format!("/reconcile?month={month}&by=tax"));
        paths.push(format!("/reconcile.csv?month={month}"));
        paths.push(format!("/api/postings/{id}"));
        paths.push(format!("/api/reconcile?month={month}"));
    }
    paths
}
