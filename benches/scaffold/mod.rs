//! What the benches share: a simulated store and company, the release binary beside them, and what one
//! of its processes takes. The systems run in the process of the bench, so that the figures of the
//! binary are daybook's alone.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use sandbox::company::{CompanyContents, CompanyOptions, CompanyServer, Latency, Limits, Regime};
use sandbox::store::{GenerateOptions, Seed, StoreContents, StoreOptions, StoreServer};

pub(crate) type Failed = Box<dyn std::error::Error>;

/// What a world is like. `server` and `pipeline` are lines of these sections.
#[derive(Clone, Copy, Default)]
pub(crate) struct Options<'o> {
    pub(crate) orders: usize,
    /// How many times Intuit's limits, on both sides.
    pub(crate) rate: u32,
    pub(crate) latency: Latency,
    pub(crate) server: &'o str,
    pub(crate) pipeline: &'o str,
}

/// A store, a company, and a folder with a configuration for them.
pub(crate) struct World {
    pub(crate) store: StoreServer,
    pub(crate) company: CompanyServer,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    /// A store with so many generated orders, a fresh company with its limits.
    pub(crate) async fn start(seed: u64, options: &Options<'_>) -> Result<Self, Failed> {
        let generate = GenerateOptions {
            orders: options.orders,
            ..GenerateOptions::default()
        };
        let contents = StoreContents::generate(Seed(seed), &generate);
        let world = Self {
            store: StoreServer::start(StoreOptions::new(contents)).await?,
            company: CompanyServer::start(CompanyOptions {
                contents: CompanyContents::fresh(Regime::UsAst),
                limits: Limits::real().scaled(options.rate),
                latency: options.latency,
                ..CompanyOptions::fresh(Regime::UsAst)
            })
            .await?,
            folder: tempfile::tempdir()?,
        };
        world.configure(options)?;
        Ok(world)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command of the release binary, or of that which `DAYBOOK_BINARY` names, so that two builds can
    /// be measured in turns.
    pub(crate) fn daybook(&self, command: &str) -> Command {
        let binary = std::env::var_os("DAYBOOK_BINARY")
            .unwrap_or_else(|| OsString::from(env!("CARGO_BIN_EXE_daybook")));
        let mut daybook = Command::new(binary);
        daybook
            .args([command, "--config"])
            .arg(self.folder().join("config.toml"));
        daybook
    }

    fn configure(&self, options: &Options<'_>) -> Result<(), Failed> {
        let (store, company) = (&self.store, &self.company);
        let Options {
            rate,
            server,
            pipeline,
            ..
        } = options;
        let text = format!(
            r#"
[database]
url = "sqlite://{}"
[server]
{server}
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
{pipeline}
[pipelines.mapping.customers]
guests = "one"
"#,
            self.folder().join("daybook.db").display(),
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
        std::fs::write(self.folder().join("config.toml"), text)?;
        Ok(())
    }
}

/// Time on processors that a process has taken so far.
pub(crate) fn processor(child: &Child) -> Duration {
    let stat = of_process(child, "stat");
    let fields: Vec<u64> = stat
        .rsplit_once(')')
        .map(|(_, rest)| {
            rest.split_whitespace()
                .map(|field| field.parse().unwrap_or(0))
                .collect()
        })
        .unwrap_or_default();
    // Linux counts user and system time in ticks of 10 ms
    let ticks = fields.get(11).unwrap_or(&0) + fields.get(12).unwrap_or(&0);
    Duration::from_millis(ticks * 10)
}

/// The most memory a process has held so far.
pub(crate) fn peak_kib(child: &Child) -> u64 {
    of_process(child, "status")
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn of_process(child: &Child, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap_or_default()
}
