//! The access token of one company, kept fresh.
//!
//! Refresh tokens work once. So there is one refresher at a time (in this process by a mutex, among
//! processes by the vault's claim), the newest token is always read from the vault first, and a new
//! one is on disk before anything that came with it is used.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kit::{Chance, Clock, Failure, StoredToken, TokenVault};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::connection::Settings;
use crate::oauth::{Endpoints, Grant, Refusal};

/// An access token is renewed this long before it ends.
const MARGIN: Duration = Duration::from_secs(300);
/// After a failed renewal the next one is tried this much later, while the access token still lives.
const RENEW_AGAIN: Duration = Duration::from_secs(30);
/// How often another process' refresh is waited for, and how long in all.
const CLAIM_WAIT: Duration = Duration::from_secs(1);
const CLAIM_TRIES: u32 = 45;
/// How often a refresh starts over because another process was faster.
const ROUNDS: u32 = 4;

/// An access token in memory.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) token: SecretString,
    until: Timestamp,
}

#[derive(Default)]
struct State {
    access: Option<Access>,
    /// Received, but the vault could not keep it yet: its access token must not be used before.
    unsaved: Option<(StoredToken, Access)>,
    /// The configured token was tried and is not good.
    configured_refused: bool,
    /// A renewal failed; the access token that is still good serves until the next try.
    renew_from: Option<Timestamp>,
}

impl State {
    /// The access token, if it is good at `now` and no longer renewal is due.
    fn good(&self, now: Timestamp) -> Option<&Access> {
        let soon = now.saturating_add(MARGIN).unwrap_or(Timestamp::MAX);
        let not_yet = self.renew_from.is_some_and(|from| now < from);
        self.access
            .as_ref()
            .filter(|access| access.until > if not_yet { now } else { soon })
    }
}

/// The tokens of one company.
pub(crate) struct Tokens {
    endpoints: Endpoints,
    configured: Option<SecretString>,
    vault: Arc<dyn TokenVault>,
    clock: Arc<dyn Clock>,
    chance: Arc<Chance>,
    state: Mutex<State>,
}

impl Tokens {
    pub(crate) fn new(
        settings: &Settings,
        vault: Arc<dyn TokenVault>,
        clock: Arc<dyn Clock>,
        chance: Arc<Chance>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            endpoints: Endpoints::new(settings)?,
            configured: settings.refresh_token.clone(),
            vault,
            clock,
            chance,
            state: Mutex::new(State::default()),
        })
    }

    /// A token that is good for some minutes more.
    pub(crate) async fn access(&self) -> Result<Access, Failure> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        if let Some(access) = state.good(now) {
            return Ok(access.clone());
        }
        let failure = match self.renew(&mut state).await {
            Ok(access) => return Ok(access),
            Err(failure) => failure,
        };
        if matches!(failure.kind(), kit::Kind::Retry { .. }) {
            let now = self.clock.now();
            state.renew_from = now.saturating_add(RENEW_AGAIN).ok();
            if let Some(access) = state.good(now) {
                tracing::warn!("the consent could not be renewed yet: {failure}");
                return Ok(access.clone());
            }
        }
        Err(failure)
    }

    /// Another token than `refused`, which was answered with 401.
    pub(crate) async fn another(&self, refused: &Access) -> Result<Access, Failure> {
        let mut state = self.state.lock().await;
        match &state.access {
            // calls that were in flight together are refused together: one renewal serves all
            Some(access) if access.token.expose_secret() != refused.token.expose_secret() => {
                Ok(access.clone())
            }
            Some(_) | None => self.renew(&mut state).await,
        }
    }

    /// The page for consent.
    pub(crate) fn consent_page(&self, redirect: &Url, state: &str) -> Url {
        self.endpoints.consent_page(redirect, state)
    }

    /// Exchanges the code of a consent and keeps what it brought as the newest token.
    pub(crate) async fn accept_code(
        &self,
        code: &SecretString,
        redirect: &Url,
    ) -> Result<(), Failure> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        let grant = match self.endpoints.exchange_code(code, redirect, now).await {
            Ok(grant) => grant,
            Err(Refusal::InvalidGrant) => {
                return Err(Failure::stop(
                    "consent_refused",
                    "Intuit does not accept the code: it is old, was used before, or belongs to \
                     another redirect address",
                    "start `daybook connect` again and finish within five minutes",
                ));
            }
            Err(Refusal::Lost(failure) | Refusal::Other(failure)) => return Err(failure),
        };
        let Some(refresh_token) = grant.refresh_token.clone() else {
            return Err(Failure::stop(
                "consent_refused",
                "Intuit gave no token that lasts",
                "check on the app's page at developer.intuit.com that it has the accounting scope",
            ));
        };
        for _ in 0..ROUNDS {
            let version = self.vault.load().await?.map_or(0, |stored| stored.version);
            let (token, access) = split(&grant, &refresh_token, version);
            if self.vault.save(&token).await? {
                *state = State {
                    access: Some(access),
                    ..State::default()
                };
                return Ok(());
            }
        }
        Err(busy())
    }

    /// Gives the newest refresh token back to Intuit.
    pub(crate) async fn revoke(&self) -> Result<(), Failure> {
        let mut state = self.state.lock().await;
        let stored = self.vault.load().await?.map(|stored| stored.refresh_token);
        if let Some(token) = stored.or_else(|| self.configured.clone()) {
            self.endpoints.revoke(&token).await?;
        }
        state.access = None;
        Ok(())
    }

    async fn renew(&self, state: &mut State) -> Result<Access, Failure> {
        self.claim().await?;
        let renewed = self.renew_claimed(state).await;
        if let Err(failure) = self.vault.release().await {
            // the claim ends by itself after half a minute
            tracing::warn!("the right to refresh could not be given back: {failure}");
        }
        let access = renewed?;
        state.access = Some(access.clone());
        state.renew_from = None;
        Ok(access)
    }

    /// Waits for the right to refresh.
    async fn claim(&self) -> Result<(), Failure> {
        for _ in 0..CLAIM_TRIES {
            if self.vault.claim().await? {
                return Ok(());
            }
            self.clock.sleep(self.chance.jitter(CLAIM_WAIT)).await;
        }
        Err(busy())
    }

    async fn renew_claimed(&self, state: &mut State) -> Result<Access, Failure> {
        if let Some((token, access)) = state.unsaved.clone() {
            let kept = self.vault.save(&token).await?;
            state.unsaved = None;
            if kept && access.until > self.clock.now() {
                return Ok(access);
            }
        }
        let mut refused_version = None;
        for _ in 0..ROUNDS {
            let stored = self.vault.load().await?;
            let version = stored.as_ref().map_or(0, |stored| stored.version);
            let known_bad = refused_version == Some(version);
            let token = match stored {
                Some(stored) if !known_bad => stored.refresh_token,
                stored => self.configured(state, stored.as_ref())?,
            };
            match self.refresh_twice(&token).await {
                Ok(grant) => {
                    let (kept, access) = split(&grant, &token, version);
                    state.unsaved = Some((kept.clone(), access.clone()));
                    let saved = self.vault.save(&kept).await?;
                    state.unsaved = None;
                    if saved {
                        return Ok(access);
                    }
                    // another process was faster: its token rules
                }
                Err(Refusal::InvalidGrant) if known_bad || version == 0 => {
                    state.configured_refused = true;
                    refused_version = Some(version);
                }
                Err(Refusal::InvalidGrant) => refused_version = Some(version),
                Err(Refusal::Lost(failure) | Refusal::Other(failure)) => {
                    return Err(plain(&failure));
                }
            }
        }
        Err(busy())
    }

    /// The token from the configuration, where there is none in the vault or that one is not good.
    fn configured(
        &self,
        state: &State,
        stored: Option<&StoredToken>,
    ) -> Result<SecretString, Failure> {
        let fresh = self.configured.as_ref().filter(|configured| {
            let same = stored.is_some_and(|stored| {
                stored.refresh_token.expose_secret() == configured.expose_secret()
            });
            !same && !state.configured_refused
        });
        match (fresh, stored) {
            (Some(token), _) => Ok(token.clone()),
            (None, None) if self.configured.is_none() => Err(Failure::stop(
                "not_connected",
                "daybook has no consent for this company yet",
                "run `daybook connect NAME` with the name of this connection",
            )),
            (None, _) => Err(Failure::stop(
                "consent_expired",
                "Intuit no longer accepts daybook's consent: it expired, was withdrawn, was given \
                 anew elsewhere, or the answer to its last renewal was lost",
                "run `daybook connect NAME` with the name of this connection",
            )),
        }
    }

    /// A lost answer may have rotated the token; the old one still works for a moment, so the second
    /// try comes at once.
    async fn refresh_twice(&self, token: &SecretString) -> Result<Grant, Refusal> {
        match self.endpoints.refresh(token, self.clock.now()).await {
            Err(Refusal::Lost(failure)) => {
                tracing::warn!("the answer to a refresh of the consent was lost: {failure}");
                self.endpoints.refresh(token, self.clock.now()).await
            }
            answer => answer,
        }
    }
}

/// What to keep on disk, as the successor of `version`, and what to keep in memory. Where no new
/// refresh token came, `previous` stays.
fn split(grant: &Grant, previous: &SecretString, version: i64) -> (StoredToken, Access) {
    let token = StoredToken {
        refresh_token: grant.refresh_token.as_ref().unwrap_or(previous).clone(),
        obtained_at: grant.obtained_at,
        expires_at: grant.refresh_until,
        version: version + 1,
    };
    let access = Access {
        token: grant.access_token.clone(),
        until: grant.access_until,
    };
    (token, access)
}

/// The same failure about a token, not about the write that waited for it: that one was never sent.
fn plain(failure: &Failure) -> Failure {
    match failure.kind() {
        kit::Kind::Retry { after } => {
            Failure::retry(failure.code().to_owned(), failure.to_string()).after(after)
        }
        kit::Kind::Reject | kit::Kind::Stop => failure.clone(),
    }
}

fn busy() -> Failure {
    Failure::retry(
        "refresh_busy",
        "another process is renewing the consent and does not finish",
    )
}
