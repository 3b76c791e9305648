//! The world and what a test does with it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use daybook::config::Config;
use daybook::domain::{PipelineName, RunOptions, Trigger};
use daybook::engine::{Progress, RunHandle, StartError, Tripwire};
use daybook::wiring::{self, Program};
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use kit::{Chance, Clock, ScaledClock};
use sandbox::clock::SandboxClock;
use sandbox::company::{
    CompanyContents, CompanyHandle, CompanyOptions, CompanyQuirks, CompanyServer, Limits, Regime,
};
use sandbox::store::{
    GenerateOptions, Seed, StoreContents, StoreHandle, StoreOptions, StoreQuirks, StoreServer,
};

/// How many times as fast as the system's the clock of a world runs, unless a test says otherwise.
const SPEED: u32 = 300;

/// A clock that a test can set ahead.
struct SetAhead {
    clock: Arc<dyn Clock>,
    seconds: Arc<AtomicI64>,
}

impl Clock for SetAhead {
    fn now(&self) -> Timestamp {
        self.clock.now() + SignedDuration::from_secs(self.seconds.load(Ordering::SeqCst))
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        self.clock.sleep(wait)
    }
}

/// What a world is made of. Change the members before [`Setup::start`].
pub(crate) struct Setup {
    pub(crate) contents: StoreContents,
    pub(crate) store_quirks: StoreQuirks,
    pub(crate) company: CompanyOptions,
    pub(crate) streams: &'static str,
    /// Further lines of `[connections.store]`.
    pub(crate) store_settings: String,
    /// Further lines of `[connections.books]`.
    pub(crate) books_settings: String,
    /// The mapping's sections.
    pub(crate) mapping: String,
    /// On the system's clock instead of a fast one.
    pub(crate) real_time: bool,
    /// How many times as fast as the system's the clock runs.
    pub(crate) speed: u32,
    /// When the pipeline runs by itself.
    pub(crate) schedule: &'static str,
    /// The calendar of the books.
    pub(crate) timezone: &'static str,
}

impl Setup {
    /// A US store with `orders` generated orders, and a fresh US company without limits.
    pub(crate) fn new(seed: u64, orders: usize) -> Self {
        let options = GenerateOptions {
            orders,
            customers: u64::try_from(orders / 4).unwrap().max(3),
            products: 12,
            ..GenerateOptions::default()
        };
        Self::of(StoreContents::generate(Seed(seed), &options))
    }

    /// A store with these contents, and a fresh US company without limits.
    pub(crate) fn of(contents: StoreContents) -> Self {
        Self {
            contents,
            store_quirks: StoreQuirks::default(),
            company: CompanyOptions {
                limits: Limits::off(),
                contents: CompanyContents::fresh(Regime::UsAst),
                ..CompanyOptions::fresh(Regime::UsAst)
            },
            streams: r#"["customers", "products", "orders", "refunds"]"#,
            store_settings: String::new(),
            books_settings: String::new(),
            mapping: String::new(),
            real_time: false,
            speed: SPEED,
            schedule: "manual",
            timezone: "America/New_York",
        }
    }

    pub(crate) fn with_quirks(mut self, change: impl FnOnce(&mut CompanyQuirks)) -> Self {
        change(&mut self.company.quirks);
        self
    }

    pub(crate) async fn start(self) -> World {
        let epoch: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let clock: Arc<dyn Clock> = if self.real_time {
            Arc::new(kit::SystemClock)
        } else {
            Arc::new(ScaledClock::new(epoch, self.speed))
        };
        let ahead = Arc::new(AtomicI64::new(0));
        let clock: Arc<dyn Clock> = Arc::new(SetAhead {
            clock,
            seconds: ahead.clone(),
        });
        let shared = clock.clone();
        let their_clock = SandboxClock::new(move || shared.now());
        let store_lag = Arc::new(AtomicI64::new(0));
        let (theirs, lag) = (clock.clone(), store_lag.clone());
        let store = StoreServer::start(StoreOptions {
            quirks: self.store_quirks,
            clock: SandboxClock::new(move || {
                theirs.now() - SignedDuration::from_secs(lag.load(Ordering::SeqCst))
            }),
            ..StoreOptions::new(self.contents)
        })
        .await
        .unwrap();
        let company = CompanyServer::start(CompanyOptions {
            clock: their_clock,
            ..self.company
        })
        .await
        .unwrap();
        World {
            store,
            company,
            folder: tempfile::tempdir().unwrap(),
            clock,
            chance: Chance::seeded(7),
            streams: self.streams,
            store_lag,
            last_change: AtomicI64::new(0),
            ahead,
            store_settings: self.store_settings,
            books_settings: self.books_settings,
            mapping: self.mapping,
            schedule: self.schedule,
            timezone: self.timezone,
        }
    }
}

/// Both systems and a database; the program comes and goes.
pub(crate) struct World {
    pub(crate) store: StoreServer,
    pub(crate) company: CompanyServer,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<dyn Clock>,
    chance: Chance,
    streams: &'static str,
    store_lag: Arc<AtomicI64>,
    /// The store's second in which something was last done an hour ago.
    last_change: AtomicI64,
    ahead: Arc<AtomicI64>,
    store_settings: String,
    /// Further lines of `[connections.books]`.
    pub(crate) books_settings: String,
    mapping: String,
    schedule: &'static str,
    timezone: &'static str,
}

impl World {
    /// The store's handle.
    pub(crate) fn shop(&self) -> StoreHandle {
        self.store.handle()
    }

    /// The company's handle.
    pub(crate) fn books(&self) -> CompanyHandle {
        self.company.handle()
    }

    /// Does something to the store as if it was an hour ago: it has settled, and is read at once. Each
    /// time it is a later second, as it is for whatever comes after a second has been read.
    pub(crate) fn an_hour_ago(&self, change: impl FnOnce(&StoreHandle)) {
        let now = || self.clock.now().as_second();
        let last = self.last_change.load(Ordering::SeqCst);
        let lag = (now() - last - 1).min(3600);
        self.store_lag.store(lag, Ordering::SeqCst);
        change(&self.shop());
        self.store_lag.store(0, Ordering::SeqCst);
        self.last_change.store(now() - lag, Ordering::SeqCst);
    }

    /// Does something to the store as if it was so many hours ago.
    pub(crate) fn hours_ago<T>(&self, hours: i64, change: impl FnOnce(&StoreHandle) -> T) -> T {
        self.store_lag.store(hours * 3600, Ordering::SeqCst);
        let changed = change(&self.shop());
        self.store_lag.store(0, Ordering::SeqCst);
        changed
    }

    /// So many hours pass in a moment.
    pub(crate) fn let_pass(&self, hours: i64) {
        self.ahead.fetch_add(hours * 3600, Ordering::SeqCst);
    }

    /// The mapping's lines are others from the next process on.
    pub(crate) fn configure(&mut self, mapping: &str) {
        mapping.clone_into(&mut self.mapping);
    }

    /// How many seconds the store's clock is behind, to be changed in the middle of something.
    pub(crate) fn store_lag(&self) -> Arc<AtomicI64> {
        self.store_lag.clone()
    }

    /// The configuration as text; its secrets are in the environment of [`World::secret`].
    pub(crate) fn configuration(&self) -> String {
        format!(
            r#"
[database]
url = "sqlite://{database}"
[server]
listen = "127.0.0.1:0"
[log]
level = "warn"
[connections.store]
kind = "woocommerce"
url = "{store}"
consumer_key = {{ env = "STORE_KEY" }}
consumer_secret = {{ env = "STORE_SECRET" }}
{shop}
[connections.books]
kind = "quickbooks"
environment = "sandbox"
client_id = "{client}"
client_secret = {{ env = "APP_SECRET" }}
realm_id = "{realm}"
refresh_token = {{ env = "REFRESH_TOKEN" }}
base_url = "{base}"
token_url = "{token}"
requests_per_minute = 500000
requests_per_second = 10000
batch_calls_per_minute = 40000
{books}
[[pipelines]]
name = "store-to-books"
source = "store"
target = "books"
streams = {streams}
schedule = "{schedule}"
timezone = "{timezone}"
start_date = 2020-01-01
{mapping}
"#,
            database = self.folder.path().join("daybook.db").display(),
            store = self.store.url(),
            client = self.company.client_id(),
            realm = self.company.realm_id(),
            base = self.company.base_url(),
            token = self.company.token_url(),
            shop = self.store_settings,
            books = self.books_settings,
            streams = self.streams,
            mapping = self.mapping,
            schedule = self.schedule,
            timezone = self.timezone,
        )
    }

    /// What the configuration takes from the environment.
    pub(crate) fn secret(&self, name: &str) -> Option<String> {
        match name {
            "STORE_KEY" => Some(self.store.consumer_key().to_owned()),
            "STORE_SECRET" => Some(self.store.consumer_secret().to_owned()),
            "APP_SECRET" => Some(self.company.client_secret()),
            "REFRESH_TOKEN" => Some(self.company.refresh_token()),
            _ => None,
        }
    }

    /// Opens the program on the world's database.
    pub(crate) async fn open(&self, trip: Tripwire) -> Program {
        let text = self.configuration();
        let (config, _) =
            Config::from_text(&text, "test", Path::new("."), &|name| self.secret(name)).unwrap();
        let world = wiring::World {
            clock: self.clock.clone(),
            // each process draws its own
            chance: Arc::new(Chance::seeded(self.chance.below(u64::MAX))),
            trip,
            // on a clock this fast a busy machine would miss the usual one
            lease: Duration::from_secs(24 * 60 * 60),
        };
        wiring::build(&config, world).await.unwrap()
    }

    /// One run of all streams by a fresh process, to its end.
    pub(crate) async fn run(&self) -> Progress {
        self.run_with(RunOptions::default(), Tripwire::none()).await
    }

    /// One run by a fresh process, to its end, whatever that is.
    pub(crate) async fn run_with(&self, options: RunOptions, trip: Tripwire) -> Progress {
        let program = self.open(trip).await;
        let mut handle = self.begin(&program, options).await;
        let progress = handle.wait().await;
        program.engine.shut_down(Duration::from_secs(600)).await;
        program.store.close().await;
        progress
    }

    /// Starts a run; a crashed process holds nothing back.
    pub(crate) async fn begin(&self, program: &Program, options: RunOptions) -> RunHandle {
        loop {
            let name = PipelineName::new("store-to-books");
            match program
                .engine
                .start(&name, options.clone(), Trigger::Command)
                .await
            {
                Ok(handle) => return handle,
                // the process that held it has crashed, as far as the simulation goes
                Err(StartError::Active(_) | StartError::ActiveElsewhere) => {
                    for lease in program.store.leases().await.unwrap() {
                        program.store.break_leases(&lease.owner).await.unwrap();
                    }
                }
                Err(error) => panic!("the run did not start: {error}"),
            }
        }
    }
}
