//! The lists of a simulated company, read through the real connector.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{
    Chance, Failure, Learned, Limiter, ListEntry, ListKind, Quotas, StoredToken, SystemClock,
    Target, TokenVault,
};
use quickbooks::{Environment, QuickBooks, Settings};
use sandbox::company::CompanyServer;
use secrecy::SecretString;

/// The company's lists, read as the program reads them.
pub(crate) async fn lists(company: &CompanyServer) -> Vec<ListEntry> {
    let secret = SecretString::from(company.client_secret());
    let settings = Settings::new(
        Environment::Sandbox,
        company.realm_id(),
        company.client_id(),
        secret,
    );
    let mut settings = settings.expect("the addresses are right");
    let url = |text: String| text.parse().expect("it is an address");
    settings.base_url = url(company.base_url());
    settings.token_url = url(company.token_url());
    settings.refresh_token = Some(SecretString::from(company.refresh_token()));
    let clock = Arc::new(SystemClock);
    let quotas = Quotas {
        requests_per_minute: 600_000,
        requests_per_second: 10_000,
        batch_calls_per_minute: 40,
        concurrency: 10,
    };
    let limiter = Limiter::new(
        quotas,
        Learned {
            rate_permille: 1000,
        },
        clock.clone(),
    );
    let target = QuickBooks::new(
        settings,
        Arc::new(NoVault),
        Arc::new(limiter),
        clock,
        Arc::new(Chance::seeded(1)),
    )
    .expect("the connection is right");
    let mut entries = Vec::new();
    for kind in ListKind::ALL {
        let mut position = Some(0);
        while let Some(from) = position {
            let (page, next) = target.list(kind, from).await.expect("the list is readable");
            entries.extend(page);
            position = next;
        }
    }
    entries
}

/// Keeps nothing: one token is enough for reading the lists once.
struct NoVault;

#[async_trait]
impl TokenVault for NoVault {
    async fn load(&self) -> Result<Option<StoredToken>, Failure> {
        Ok(None)
    }

    async fn save(&self, _: &StoredToken) -> Result<bool, Failure> {
        Ok(true)
    }

    async fn claim(&self) -> Result<bool, Failure> {
        Ok(true)
    }

    async fn release(&self) -> Result<(), Failure> {
        Ok(())
    }
}
