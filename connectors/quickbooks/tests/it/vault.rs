//! A token vault in memory, shared by connectors that stand for processes.

use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{Failure, StoredToken, TokenVault};
use secrecy::{ExposeSecret, SecretString};

use crate::fake::Events;

#[derive(Default)]
struct State {
    token: Option<StoredToken>,
    claimed: bool,
    full: bool,
}

/// Keeps tokens and writes down when.
pub(crate) struct MemoryVault {
    state: Mutex<State>,
    events: Events,
}

impl MemoryVault {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            state: Mutex::new(State::default()),
            events,
        }
    }

    /// A vault that already has a token.
    pub(crate) fn holding(self, refresh_token: &str, version: i64) -> Self {
        self.state.lock().unwrap().token = Some(StoredToken {
            refresh_token: SecretString::from(refresh_token),
            obtained_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
            version,
        });
        self
    }

    /// Makes the disk full, or not.
    pub(crate) fn set_full(&self, full: bool) {
        self.state.lock().unwrap().full = full;
    }

    /// Makes another process hold the right to refresh, or not.
    pub(crate) fn set_claimed(&self, claimed: bool) {
        self.state.lock().unwrap().claimed = claimed;
    }

    /// The newest token and its version.
    pub(crate) fn newest(&self) -> Option<(String, i64)> {
        let state = self.state.lock().unwrap();
        let token = state.token.as_ref()?;
        Some((
            token.refresh_token.expose_secret().to_owned(),
            token.version,
        ))
    }
}

#[async_trait]
impl TokenVault for MemoryVault {
    async fn load(&self) -> Result<Option<StoredToken>, Failure> {
        Ok(self.state.lock().unwrap().token.clone())
    }

    async fn save(&self, token: &StoredToken) -> Result<bool, Failure> {
        let mut state = self.state.lock().unwrap();
        if state.full {
            return Err(Failure::retry("disk_full", "the disk is full"));
        }
        let newest = state.token.as_ref().map_or(0, |token| token.version);
        if newest != token.version - 1 {
            return Ok(false);
        }
        self.events
            .push(format!("saved {}", token.refresh_token.expose_secret()));
        state.token = Some(token.clone());
        Ok(true)
    }

    async fn claim(&self) -> Result<bool, Failure> {
        let mut state = self.state.lock().unwrap();
        Ok(!std::mem::replace(&mut state.claimed, true))
    }

    async fn release(&self) -> Result<(), Failure> {
        self.state.lock().unwrap().claimed = false;
        Ok(())
    }
}
