//! The only place that turns a configuration into a store, connectors, mappings and an engine.

mod compare;
mod people;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kit::{Chance, Clock, Failure, Learned, Limiter, ListEntry, RetryPolicy, Source};
pub use people::{app, told, web_page, webhook_url};
use quickbooks::QuickBooks;
use secrecy::ExposeSecret;
pub use woocommerce::Hooked;
use woocommerce::WooCommerce;

use crate::config::{
    Config, Pipeline as PipelineConfig, PostingMode, QuickBooksConnection, WooCommerceConnection,
};
use crate::domain::{ConnectionName, Mapping, MappingRules, Route};
use crate::engine::{
    Books, Engine, MakeMapping, Owner, Pipeline, RunError, SharedCanary, Tripwire,
};
use crate::http::{Consent, Consents};
use crate::mapping::to_quickbooks::{Books as BooksLists, ToQuickBooks, named_items};
use crate::store::{Store, StoreError, Vault};

/// How trouble with either system is waited out before a run gives up.
const PATIENCE: RetryPolicy = RetryPolicy {
    first: Duration::from_secs(1),
    cap: Duration::from_secs(120),
    attempts: 8,
};

/// Time and chance of the process, and what a simulation does to it.
pub struct World {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<Chance>,
    /// Where a simulation ends runs.
    pub trip: Tripwire,
    /// How long a pipeline stays with a process that gives no sign of life.
    pub lease: Duration,
}

/// Everything that was built from a configuration.
pub struct Program {
    /// The configuration it was built from.
    pub config: Arc<Config>,
    /// The database.
    pub store: Store,
    /// The engine with its pipelines.
    pub engine: Arc<Engine>,
    /// The stores by connection name.
    pub stores: BTreeMap<ConnectionName, Arc<WooCommerce>>,
    /// The companies by connection name.
    pub companies: BTreeMap<ConnectionName, Arc<Books>>,
    /// How consent is given for each of them.
    pub consents: Consents,
}

/// Why a program could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A connection's settings.
    #[error("connection `{name}`: {failure}")]
    Connection {
        /// Which.
        name: ConnectionName,
        /// What is wrong with it.
        failure: Failure,
    },
}

/// Opens the database.
pub async fn open_store(config: &Config, world: &World) -> Result<Store, StoreError> {
    Store::open(
        config.database.url.expose(),
        world.clock.clone(),
        world.chance.clone(),
    )
    .await
}

/// Builds everything; nothing is sent yet.
pub async fn build(config: &Config, world: World) -> Result<Program, BuildError> {
    let store = open_store(config, &world).await?;
    // one name for all this process holds: when it dies, all of it is given up together
    let owner = Owner::this_process(&*world.clock, &world.chance);
    let mut stores = BTreeMap::new();
    let mut companies = BTreeMap::new();
    let mut consents = Consents::new();
    for pipeline in &config.pipelines {
        if let (false, Some(settings)) = (
            stores.contains_key(&pipeline.source),
            config.store(&pipeline.source),
        ) {
            let source =
                source(settings, pipeline, &world).map_err(|failure| BuildError::Connection {
                    name: pipeline.source.clone(),
                    failure,
                })?;
            stores.insert(pipeline.source.clone(), Arc::new(source));
        }
        if let (false, Some(settings)) = (
            companies.contains_key(&pipeline.target),
            config.company(&pipeline.target),
        ) {
            let (books, consent) =
                books(settings, &store, &world, &owner)
                    .await?
                    .map_err(|failure| BuildError::Connection {
                        name: pipeline.target.clone(),
                        failure,
                    })?;
            companies.insert(pipeline.target.clone(), Arc::new(books));
            consents.insert(pipeline.target.clone(), consent);
        }
    }
    let pipelines = config.pipelines.iter().filter_map(|pipeline| {
        let source: Arc<dyn Source> = stores.get(&pipeline.source)?.clone();
        let books = companies.get(&pipeline.target)?.clone();
        Some(Pipeline {
            name: pipeline.name.clone(),
            tenant: pipeline.tenant.clone(),
            route: Route {
                pipeline: pipeline.name.clone(),
                source: pipeline.source.clone(),
                realm: books.realm.clone(),
            },
            target_name: pipeline.target.clone(),
            source,
            books,
            make_mapping: make_mapping(pipeline.mapping.clone()),
            named_items: named_items(&pipeline.mapping),
            compare: compare::of(config, pipeline),
            streams: pipeline.streams.clone(),
            schedule: pipeline.schedule.clone(),
            review: pipeline.posting == PostingMode::Review,
            timezone: pipeline.timezone.clone(),
        })
    });
    let pipelines = pipelines.collect();
    let engine = Engine::new(
        store.clone(),
        owner,
        pipelines,
        world.clock,
        world.chance,
        world.trip,
        world.lease,
    );
    Ok(Program {
        config: Arc::new(config.clone()),
        store,
        engine,
        stores,
        companies,
        consents,
    })
}

/// Makes the mapping of a pipeline once the lists of its books are known.
pub fn make_mapping(rules: MappingRules) -> Arc<MakeMapping> {
    Arc::new(move |entries: Vec<ListEntry>| {
        let lists = BooksLists::new(&entries).map_err(|problem| problem.to_string())?;
        let mapping = ToQuickBooks::new(rules.clone(), lists).map_err(|problems| {
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            texts.join("\n")
        })?;
        Ok(Arc::new(mapping) as Arc<dyn Mapping>)
    })
}

fn source(
    settings: &WooCommerceConnection,
    pipeline: &PipelineConfig,
    world: &World,
) -> Result<WooCommerce, Failure> {
    let start = pipeline.start_date.to_zoned(pipeline.timezone.clone()).ok();
    WooCommerce::new(
        woocommerce::Settings {
            url: settings.url.clone(),
            consumer_key: settings.consumer_key.expose_secret().to_owned(),
            consumer_secret: settings.consumer_secret.clone(),
            page_size: settings.page_size,
            timeout: settings.timeout,
            settle: settings.settle,
            start: start.map(|start| start.timestamp()),
        },
        world.clock.clone(),
        world.chance.clone(),
    )
}

async fn books(
    settings: &QuickBooksConnection,
    store: &Store,
    world: &World,
    owner: &Owner,
) -> Result<Result<(Books, Consent), Failure>, StoreError> {
    let realm = settings.realm_id.clone();
    let learned = store.realm_facts(&realm).await?.rate_permille;
    let learned = learned.and_then(|rate| u32::try_from(rate).ok());
    let learned = learned.map_or_else(Learned::default, |rate_permille| Learned { rate_permille });
    let limiter = Arc::new(Limiter::new(settings.quotas, learned, world.clock.clone()));
    let target = quickbooks(settings, store, world, owner, limiter.clone());
    Ok(target.map(|target| {
        let target = Arc::new(target);
        let consent = people::consent(target.clone());
        let books = Books {
            realm,
            target,
            limiter,
            canary: SharedCanary::default(),
            longest_write: longest_write(settings),
            policy: PATIENCE,
        };
        (books, consent)
    }))
}

/// The company of this name, to be connected; none where the configuration has none of this name.
pub fn company(
    config: &Config,
    name: &ConnectionName,
    store: &Store,
    world: &World,
) -> Result<Option<QuickBooks>, BuildError> {
    let Some(settings) = config.company(name) else {
        return Ok(None);
    };
    let owner = Owner::this_process(&*world.clock, &world.chance);
    let limiter = Limiter::new(settings.quotas, Learned::default(), world.clock.clone());
    quickbooks(settings, store, world, &owner, Arc::new(limiter))
        .map(Some)
        .map_err(|failure| BuildError::Connection {
            name: name.clone(),
            failure,
        })
}

fn quickbooks(
    settings: &QuickBooksConnection,
    store: &Store,
    world: &World,
    owner: &Owner,
    limiter: Arc<Limiter>,
) -> Result<QuickBooks, Failure> {
    let vault = Vault::new(
        store.clone(),
        settings.realm_id.clone(),
        owner.as_str(),
        &settings.client_secret,
    );
    QuickBooks::new(
        quickbooks::Settings {
            base_url: settings.base_url.clone(),
            token_url: settings.token_url.clone(),
            authorize_url: settings.authorize_url.clone(),
            revoke_url: settings.revoke_url.clone(),
            realm_id: settings.realm_id.as_str().to_owned(),
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            refresh_token: settings.refresh_token.clone(),
            batch_size: usize::try_from(settings.batch_size).unwrap_or(1),
            timeout: settings.timeout,
        },
        Arc::new(vault),
        limiter,
        world.clock.clone(),
        world.chance.clone(),
    )
}

/// How long a write can be under way: QuickBooks gives up after 120 seconds (FACTS: QuickBooks §1),
/// however short we wait ourselves. A simulator on this machine keeps our own limit.
fn longest_write(settings: &QuickBooksConnection) -> Duration {
    let simulated = settings
        .base_url
        .host_str()
        .is_some_and(|host| host == "127.0.0.1" || host == "localhost");
    if simulated {
        settings.timeout
    } else {
        settings.timeout.max(quickbooks::DEFAULT_TIMEOUT)
    }
}

impl From<BuildError> for RunError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Store(error) => error.into(),
            BuildError::Connection { failure, .. } => Self::target(failure),
        }
    }
}
