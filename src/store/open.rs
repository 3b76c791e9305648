//! Opening: the file or server, its settings, its tables.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use jiff::Timestamp;
use kit::{Chance, Clock};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Any, AnyConnection, ConnectOptions, Connection, Transaction};
use url::Url;

use super::{Dialect, Store, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long a statement waits for a connection or for another process's write.
const PATIENCE: Duration = Duration::from_secs(30);

// the caches of all connections together stay under 16 MiB, a part of the 64 MiB of the process
const WRITER_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 30000; PRAGMA cache_size = -8192; \
     PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864";
const READER_SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 30000; \
     PRAGMA cache_size = -2048; PRAGMA query_only = ON";
const SERVER_SETTINGS: &str = "SET synchronous_commit = on";
const READERS: u32 = 3;
const SERVER_CONNECTIONS: u32 = 8;

impl Store {
    /// Opens the database of `url` (`sqlite://path` or `postgres://…`), makes the file if it is
    /// missing, and brings its tables up to date. `clock` stamps rows, `chance` gives ids.
    pub async fn open(
        url: &str,
        clock: Arc<dyn Clock>,
        chance: Arc<Chance>,
    ) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let place = Place::parse(url)?;
        place.prepare()?;
        let options = place.options()?;
        let mut first = connect(&options, &place).await?;
        migrate(&mut first, &place).await?;
        drop(first.close().await);
        let pools = match place {
            Place::File { .. } => {
                let writer = waiting_for_the_disk(pool(1, WRITER_SETTINGS));
                let readers = pool(READERS, READER_SETTINGS);
                (
                    writer.connect_lazy_with(options.clone()),
                    readers.connect_lazy_with(options),
                )
            }
            Place::Server { .. } => {
                let all = pool(SERVER_CONNECTIONS, SERVER_SETTINGS).connect_lazy_with(options);
                (all.clone(), all)
            }
        };
        Ok(Self {
            writer: pools.0,
            readers: pools.1,
            dialect: place.dialect(),
            clock,
            chance,
            last_id_at: Arc::default(),
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Waits for what is under way and closes all connections.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// A transaction that is on disk when its commit returns, as is a single statement.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.writer.begin_with(self.dialect.begin()).await?)
    }

    /// A transaction that outlives the process at once, and a loss of power as soon as the next one is
    /// confirmed: for what can be found out again, as the outcome of a call can. It is never kept
    /// without what was written before it. Whoever takes the connection next waits for the disk again
    /// ([`waiting_for_the_disk`]), however this one ends.
    pub(super) async fn begin_unconfirmed(&self) -> Result<Transaction<'static, Any>, StoreError> {
        let begin = self.dialect.begin_unconfirmed();
        Ok(self.writer.begin_with(begin).await?)
    }

    /// The present moment as the columns hold it: milliseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// A new id. Ids of this process sort in the order in which they were made: of several in one
    /// millisecond, each takes the next millisecond's place.
    pub(super) fn new_id(&self) -> String {
        let now = self.now();
        let follow = |last: i64| last.saturating_add(1).max(now);
        let place = match self
            .last_id_at
            .fetch_update(Relaxed, Relaxed, |last| Some(follow(last)))
        {
            Ok(last) | Err(last) => follow(last),
        };
        let place = Timestamp::from_millisecond(place).unwrap_or_else(|_| self.clock.now());
        self.chance.id(place)
    }
}

fn pool(size: u32, settings: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(settings).execute(connection).await?;
                Ok(())
            })
        })
}

/// Whatever the last user of a connection left set, what the next one writes is on disk when its commit
/// returns. A connection on which that cannot be set, as in a transaction left open, is thrown away, and
/// a new one begins with it.
fn waiting_for_the_disk(pool: AnyPoolOptions) -> AnyPoolOptions {
    pool.before_acquire(|connection, _| {
        Box::pin(async move {
            let full = sqlx::raw_sql("PRAGMA synchronous = FULL");
            full.execute(connection).await?;
            Ok(true)
        })
    })
}

/// One connection without the pool's patience, so that a wrong address says so at once.
async fn connect(options: &AnyConnectOptions, place: &Place) -> Result<AnyConnection, StoreError> {
    let opened = async {
        let mut connection = options.connect().await?;
        let settings = match place {
            Place::File { .. } => WRITER_SETTINGS,
            Place::Server { .. } => SERVER_SETTINGS,
        };
        sqlx::raw_sql(settings).execute(&mut connection).await?;
        Ok::<_, sqlx::Error>(connection)
    };
    opened.await.map_err(|error| place.refusal(error))
}

async fn migrate(connection: &mut AnyConnection, place: &Place) -> Result<(), StoreError> {
    let mut outcome = MIGRATIONS.run(&mut *connection).await;
    // SQLite's migrations take no lock: at each step another process may have been first
    for _ in MIGRATIONS.iter() {
        let beaten = matches!(
            (place, &outcome),
            (
                Place::File { .. },
                Err(MigrateError::ExecuteMigration(..) | MigrateError::Execute(_)),
            )
        );
        if !beaten {
            break;
        }
        outcome = MIGRATIONS.run(&mut *connection).await;
    }
    outcome.map_err(|error| match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => StoreError::unusable(
            format!("{place} was written by a newer daybook"),
            "install that version or a newer one; a database is never turned back",
        ),
        MigrateError::VersionMismatch(version) => StoreError::unusable(
            format!("{place} has tables of an unreleased daybook (step {version} differs)"),
            "use the daybook that made it, or begin with a new database",
        ),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            place.refusal(error)
        }
        other => StoreError::unusable(
            format!("{place} cannot be brought up to date: {other}"),
            "report this with the log; nothing was changed",
        ),
    })
}

/// Where the database is.
enum Place {
    File { path: PathBuf },
    Server { url: Url },
}

impl std::fmt::Display for Place {
    /// Without a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { path } => write!(f, "the database `{}`", path.display()),
            Self::Server { url } => write!(
                f,
                "the database `{}` on {}",
                url.path().trim_start_matches('/'),
                url.host_str().unwrap_or("this machine"),
            ),
        }
    }
}

impl Place {
    fn parse(text: &str) -> Result<Self, StoreError> {
        if let Some(path) = text
            .strip_prefix("sqlite://")
            .or_else(|| text.strip_prefix("sqlite:"))
        {
            let path = path.split('?').next().unwrap_or_default();
            if path.is_empty() || path == ":memory:" {
                return Err(StoreError::unusable(
                    "`database.url` names no file, and the journal must outlive the process",
                    "give a path, as in \"sqlite://daybook.db\"",
                ));
            }
            let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
            return Ok(Self::File { path });
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => {
                Ok(Self::Server { url })
            }
            // the text is not repeated: it may hold a password
            Ok(_) | Err(_) => Err(StoreError::unusable(
                "`database.url` is neither a `sqlite://` nor a `postgres://` address",
                "write \"sqlite://daybook.db\" or \"postgres://user:password@host/database\"",
            )),
        }
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::File { .. } => Dialect::Sqlite,
            Self::Server { .. } => Dialect::Postgres,
        }
    }

    /// Makes a missing file, readable by its owner alone; SQLite gives its side files the same mode.
    fn prepare(&self) -> Result<(), StoreError> {
        let Self::File { path } = self else {
            return Ok(());
        };
        let mut create = std::fs::OpenOptions::new();
        create.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut create, 0o600);
        match create.open(path) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => self.writable(path),
            Err(error) => Err(self.closed(&error)),
        }
    }

    fn writable(&self, path: &Path) -> Result<(), StoreError> {
        let opened = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(path);
        opened.map(drop).map_err(|error| self.closed(&error))
    }

    fn closed(&self, error: &std::io::Error) -> StoreError {
        StoreError::unusable(
            format!("{self} cannot be opened for writing: {error}"),
            "make the directory and let the user daybook runs as write in it, or correct `database.url`",
        )
    }

    fn options(&self) -> Result<AnyConnectOptions, StoreError> {
        let url = match self {
            Self::File { path } => {
                let mut url = Url::parse("sqlite:///").map_err(StoreError::unreadable)?;
                url.set_path(&path.to_string_lossy());
                url.set_query(Some("mode=rw"));
                url
            }
            Self::Server { url } => url.clone(),
        };
        let options = AnyConnectOptions::from_url(&url)
            .or_else(|_| AnyConnectOptions::from_str(url.as_str()))?;
        Ok(options.disable_statement_logging())
    }

    /// Why a first connection did not come about.
    fn refusal(&self, error: sqlx::Error) -> StoreError {
        match (self, StoreError::from(error)) {
            (Self::File { .. }, StoreError::Damaged(what)) => StoreError::unusable(
                format!("{self} is damaged or is no database: {what}"),
                "restore it from a backup, or move it away to begin with a new one",
            ),
            (Self::File { .. }, StoreError::Refused(error)) => StoreError::unusable(
                format!("{self} cannot be used: {error}"),
                "let the user daybook runs as write to the file and its directory",
            ),
            (Self::Server { .. }, StoreError::Unavailable(error)) => StoreError::unusable(
                format!("{self} cannot be reached: {error}"),
                "see that PostgreSQL runs and that host and port in `database.url` are right",
            ),
            (Self::Server { .. }, StoreError::Refused(error)) => StoreError::unusable(
                format!("{self} refused daybook: {error}"),
                "see that the database exists, that user and password in `database.url` are right, \
                 and that the user may make tables in it",
            ),
            (_, other) => other,
        }
    }
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
