//! The configuration as the program uses it: complete, checked, with every default filled in.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kit::{Quotas, StreamName};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Schedule;
use crate::domain::{ConnectionName, MappingRules, PipelineName, Realm, TenantId};

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[database]`
    pub database: Database,
    /// `[server]`
    pub server: Server,
    /// `[log]`
    pub log: Log,
    /// `[connections.NAME]`
    pub connections: BTreeMap<ConnectionName, Connection>,
    /// `[[pipelines]]`, in the order of the file.
    pub pipelines: Vec<Pipeline>,
}

impl Config {
    /// The pipeline of this name.
    pub fn pipeline(&self, name: &str) -> Option<&Pipeline> {
        self.pipelines
            .iter()
            .find(|pipeline| pipeline.name.as_str() == name)
    }

    /// The store of this name, where it is one.
    pub fn store(&self, name: &ConnectionName) -> Option<&WooCommerceConnection> {
        match self.connections.get(name)? {
            Connection::WooCommerce(store) => Some(store),
            Connection::QuickBooks(_) => None,
        }
    }

    /// The names of all companies.
    pub fn companies(&self) -> impl Iterator<Item = &ConnectionName> {
        self.connections
            .keys()
            .filter(|name| self.company(name).is_some())
    }

    /// The company of this name, where it is one.
    pub fn company(&self, name: &ConnectionName) -> Option<&QuickBooksConnection> {
        match self.connections.get(name)? {
            Connection::QuickBooks(company) => Some(company),
            Connection::WooCommerce(_) => None,
        }
    }
}

/// Where everything durable is.
#[derive(Clone, Debug)]
pub struct Database {
    /// `url`
    pub url: DatabaseUrl,
}

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// One file, one daemon.
    Sqlite,
    /// A server, several daemons.
    Postgres,
}

/// A database's address. Printed without its password.
#[derive(Clone)]
pub struct DatabaseUrl {
    kind: DatabaseKind,
    url: SecretString,
    shown: String,
}

impl DatabaseUrl {
    pub(super) fn new(kind: DatabaseKind, url: String, shown: String) -> Self {
        Self {
            kind,
            url: url.into(),
            shown,
        }
    }

    /// Which database it is.
    pub fn kind(&self) -> DatabaseKind {
        self.kind
    }

    /// The whole address with its password: for connecting only.
    pub fn expose(&self) -> &str {
        self.url.expose_secret()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown)
    }
}

/// API and dashboard.
#[derive(Clone, Debug)]
pub struct Server {
    /// `listen`
    pub listen: SocketAddr,
    /// `auth_token`: reads and acts. Always there where `listen` is not loopback.
    pub auth_token: Option<SecretString>,
    /// `viewer_token`: reads only.
    pub viewer_token: Option<SecretString>,
    /// `public_url`: how people reach the dashboard; its path ends with a slash.
    pub public_url: Url,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// `level`: a filter of the `tracing` crate, known to be readable.
    pub level: String,
    /// `format`
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// One outside system.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are a handful, and they live as long as the program"
)]
pub enum Connection {
    /// A store that is read.
    WooCommerce(WooCommerceConnection),
    /// A company that is written.
    QuickBooks(QuickBooksConnection),
}

/// A WooCommerce store.
#[derive(Clone, Debug)]
pub struct WooCommerceConnection {
    /// `url`: where `WordPress` is; its path ends with a slash.
    pub url: Url,
    /// `consumer_key`
    pub consumer_key: SecretString,
    /// `consumer_secret`
    pub consumer_secret: SecretString,
    /// `page_size`: records a page, at most 100 (FACTS: WooCommerce §2).
    pub page_size: u32,
    /// `timeout`: of one request.
    pub timeout: Duration,
    /// `settle`: orders younger than this, by the store's clock, wait.
    pub settle: Duration,
    /// `webhook_secret`: without it webhooks are refused.
    pub webhook_secret: Option<SecretString>,
}

/// Which of Intuit's worlds a company is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuickBooksEnvironment {
    /// Companies for trying.
    Sandbox,
    /// Real books.
    Production,
}

/// A QuickBooks company.
#[derive(Clone, Debug)]
pub struct QuickBooksConnection {
    /// `environment`
    pub environment: QuickBooksEnvironment,
    /// `client_id`: of the app at Intuit.
    pub client_id: String,
    /// `client_secret`
    pub client_secret: SecretString,
    /// `realm_id`: the company's number.
    pub realm_id: Realm,
    /// `refresh_token`: for the first start; the stored one goes before it.
    pub refresh_token: Option<SecretString>,
    /// `base_url`: its path ends with a slash; `v3/company/…` is below it.
    pub base_url: Url,
    /// `token_url`
    pub token_url: Url,
    /// `authorize_url`
    pub authorize_url: Url,
    /// `revoke_url`
    pub revoke_url: Url,
    /// `timeout`: of one answer; nothing whose answer was lost is sent again before it has passed.
    pub timeout: Duration,
    /// `concurrency`, `requests_per_minute`, `requests_per_second`, `batch_calls_per_minute`; the
    /// last is 0 where batch calls are off.
    pub quotas: Quotas,
    /// `batch_size`: items of a batch call, 1 to 30; 1 where batch calls are off.
    pub batch_size: u32,
}

/// Source → target.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// `name`, unique.
    pub name: PipelineName,
    /// `tenant`
    pub tenant: TenantId,
    /// `source`: a store among the connections.
    pub source: ConnectionName,
    /// `target`: a company among the connections.
    pub target: ConnectionName,
    /// `streams`, in the order in which a run walks them.
    pub streams: Vec<StreamName>,
    /// `schedule`
    pub schedule: Schedule,
    /// `timezone`: the books' calendar.
    pub timezone: TimeZone,
    /// `start_date`: nothing dated earlier is posted.
    pub start_date: Date,
    /// `posting`
    pub posting: PostingMode,
    /// `[pipelines.mapping]`, with time zone and start date of the pipeline.
    pub mapping: MappingRules,
}

/// Whether a run posts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostingMode {
    /// `auto`: at once.
    Auto,
    /// `review`: it plans, and waits for approval.
    Review,
}
