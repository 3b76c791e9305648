//! How a company is started.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::contents::{CompanyContents, Regime};
use super::limits::Limits;
use super::quirks::CompanyQuirks;
use crate::clock::SandboxClock;

/// Everything a company is started with.
#[derive(Clone, Debug)]
pub struct CompanyOptions {
    /// What is in its books.
    pub contents: CompanyContents,
    /// How it behaves where the FACTS are unsure.
    pub quirks: CompanyQuirks,
    /// Its quotas.
    pub limits: Limits,
    /// How long its answers take, in real time.
    pub latency: Latency,
    /// The time it lives by: tokens, windows and stamps.
    pub clock: SandboxClock,
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The company's id.
    pub realm_id: String,
    /// The app's id.
    pub client_id: String,
    /// The app's secret; it opens nothing but this simulation.
    pub client_secret: String,
    /// What tokens are drawn from.
    pub seed: u64,
}

impl CompanyOptions {
    /// A fresh company of a country on the machine's clock, Intuit's limits,
    /// no latency, a free port of the loopback interface.
    pub fn fresh(regime: Regime) -> Self {
        Self {
            contents: CompanyContents::fresh(regime),
            quirks: CompanyQuirks::default(),
            limits: Limits::real(),
            latency: Latency::default(),
            clock: SandboxClock::system(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            realm_id: "9130354839475806".to_owned(),
            client_id: "sandbox-client".to_owned(),
            client_secret: "sandbox-secret".to_owned(),
            seed: 1,
        }
    }
}

impl Default for CompanyOptions {
    /// A fresh US company with automated sales tax.
    fn default() -> Self {
        Self::fresh(Regime::UsAst)
    }
}

/// Real time per call, before the work takes effect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latency {
    /// A read, a query, change data capture.
    pub read: Duration,
    /// A single write.
    pub write: Duration,
    /// A batch call, beside its items.
    pub batch_call: Duration,
    /// Each item of a batch call; they run one after another.
    pub batch_item: Duration,
    /// A token request.
    pub token: Duration,
}

impl Latency {
    /// The medians recorded in 2019 (FACTS: QuickBooks §2), network left out.
    pub const fn recorded() -> Self {
        Self {
            read: Duration::from_millis(18),
            write: Duration::from_millis(379),
            batch_call: Duration::ZERO,
            batch_item: Duration::from_millis(379),
            token: Duration::from_millis(100),
        }
    }
}
