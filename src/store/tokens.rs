//! Refresh tokens, encrypted at rest with a key made from the client secret: who has the database
//! alone cannot read them.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use kit::{Failure, StoredToken, TokenVault};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use tokio::sync::Mutex;

use super::sql::Columns;
use super::{Lease, Store, StoreError};
use crate::domain::Realm;

const LOAD: &str = "SELECT version, sealed, obtained_at, expires_at FROM tokens WHERE realm = $1";
const REPLACE: &str = "UPDATE tokens SET version = $1, sealed = $2, obtained_at = $3, \
     expires_at = $4, updated_at = $5 WHERE realm = $6 AND version = $1 - 1";
const FIRST: &str = "INSERT INTO tokens (realm, version, sealed, obtained_at, expires_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (realm) DO NOTHING";
const REPLACE_LOCKED: &str = "UPDATE tokens SET version = $1, sealed = $2, obtained_at = $3, \
     expires_at = $4, updated_at = $5 WHERE realm = $6 AND sealed = $7";
const FORGET: &str = "DELETE FROM tokens WHERE realm = $1";

const LABEL: &[u8] = b"daybook token vault 1";
const NONCE_BYTES: usize = 12;
/// How long a refresh may take before another process may try.
const CLAIM: Duration = Duration::from_secs(30);

/// Where a QuickBooks connection keeps its refresh token: in the store, shared by all daemons.
pub struct Vault {
    store: Store,
    realm: Realm,
    owner: String,
    cipher: ChaCha20Poly1305,
    claim: Mutex<Option<Lease>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// The vault of a realm. `client_secret` opens it; `owner` names this process.
    pub fn new(
        store: Store,
        realm: Realm,
        owner: impl Into<String>,
        client_secret: &SecretString,
    ) -> Self {
        let key = Sha256::new()
            .chain_update(LABEL)
            .chain_update(client_secret.expose_secret().as_bytes())
            .finalize();
        let key: [u8; 32] = key.into();
        Self {
            store,
            realm,
            owner: owner.into(),
            cipher: ChaCha20Poly1305::new(&Key::from(key)),
            claim: Mutex::new(None),
        }
    }

    /// Forgets the token, as when a company is disconnected.
    pub async fn forget(&self) -> Result<(), StoreError> {
        let query = sqlx::query(FORGET).bind(self.realm.as_str());
        query.execute(&self.store.writer).await?;
        Ok(())
    }

    /// Binds a sealed token to its realm and version, so that none can be put in another's place.
    fn context(&self, version: i64) -> Vec<u8> {
        format!("{}/{version}", self.realm).into_bytes()
    }

    async fn row(&self) -> Result<Option<AnyRow>, Failure> {
        let query = sqlx::query(LOAD).bind(self.realm.as_str());
        let row = query.fetch_optional(&self.store.readers).await;
        row.map_err(|error| unavailable(error.into()))
    }

    /// The stored token as it stands in the table, where this client secret does not open it.
    async fn locked(&self) -> Result<Option<String>, Failure> {
        let Some(row) = self.row().await? else {
            return Ok(None);
        };
        let mut columns = Columns::of(&row);
        let version = columns.number().map_err(unavailable)?;
        let sealed = columns.text().map_err(unavailable)?;
        Ok(Some(sealed).filter(|sealed| self.unseal(sealed, version).is_none()))
    }

    fn seal(&self, token: &StoredToken) -> Result<String, Failure> {
        let mut nonce = [0; NONCE_BYTES];
        self.store.chance.fill(&mut nonce);
        let payload = Payload {
            msg: token.refresh_token.expose_secret().as_bytes(),
            aad: &self.context(token.version),
        };
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| {
                Failure::stop(
                    "connect_again",
                    "the new QuickBooks token could not be encrypted",
                    "connect again: run `daybook connect` for this connection",
                )
            })?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(STANDARD.encode(bytes))
    }

    fn unseal(&self, sealed: &str, version: i64) -> Option<SecretString> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, message) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: message,
            aad: &self.context(version),
        };
        let opened = self.cipher.decrypt(&Nonce::from(*nonce), payload).ok()?;
        Some(String::from_utf8(opened).ok()?.into())
    }
}

impl Store {
    /// When the newest refresh token of a realm came, for monitoring.
    pub async fn token_obtained_at(
        &self,
        realm: &Realm,
    ) -> Result<Option<jiff::Timestamp>, StoreError> {
        let row = sqlx::query(LOAD)
            .bind(realm.as_str())
            .fetch_optional(&self.readers)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::of(&row);
        let _version = columns.number()?;
        let _sealed = columns.str()?;
        Ok(Some(columns.time()?))
    }
}

#[async_trait]
impl TokenVault for Vault {
    async fn load(&self) -> Result<Option<StoredToken>, Failure> {
        let Some(row) = self.row().await? else {
            return Ok(None);
        };
        let mut columns = Columns::of(&row);
        let version = columns.number().map_err(unavailable)?;
        let sealed = columns.str().map_err(unavailable)?;
        let Some(refresh_token) = self.unseal(sealed, version) else {
            // it stays until another takes its place: perhaps the configured secret is the wrong one
            tracing::warn!(
                realm = %self.realm,
                "the stored QuickBooks token cannot be opened with this client secret: one from the \
                 configuration or a new consent takes its place",
            );
            return Ok(None);
        };
        Ok(Some(StoredToken {
            refresh_token,
            obtained_at: columns.time().map_err(unavailable)?,
            expires_at: columns.maybe_time().map_err(unavailable)?,
            version,
        }))
    }

    async fn save(&self, token: &StoredToken) -> Result<bool, Failure> {
        let sealed = self.seal(token)?;
        let obtained_at = token.obtained_at.as_millisecond();
        let expires_at = token.expires_at.map(jiff::Timestamp::as_millisecond);
        let now = self.store.now();
        let replaced = sqlx::query(REPLACE)
            .bind(token.version)
            .bind(&sealed)
            .bind(obtained_at)
            .bind(expires_at)
            .bind(now)
            .bind(self.realm.as_str())
            .execute(&self.store.writer)
            .await;
        let replaced = replaced.map_err(|error| unavailable(error.into()))?;
        if replaced.rows_affected() > 0 {
            return Ok(true);
        }
        if let Some(sealed_otherwise) = self.locked().await?.filter(|_| token.version == 1) {
            let replaced = sqlx::query(REPLACE_LOCKED)
                .bind(token.version)
                .bind(&sealed)
                .bind(obtained_at)
                .bind(expires_at)
                .bind(now)
                .bind(self.realm.as_str())
                .bind(sealed_otherwise)
                .execute(&self.store.writer)
                .await;
            let replaced = replaced.map_err(|error| unavailable(error.into()))?;
            return Ok(replaced.rows_affected() > 0);
        }
        let first = sqlx::query(FIRST)
            .bind(self.realm.as_str())
            .bind(token.version)
            .bind(&sealed)
            .bind(obtained_at)
            .bind(expires_at)
            .bind(now)
            .execute(&self.store.writer)
            .await;
        let first = first.map_err(|error| unavailable(error.into()))?;
        Ok(first.rows_affected() > 0)
    }

    async fn claim(&self) -> Result<bool, Failure> {
        let name = format!("token/{}", self.realm);
        let mut claim = self.claim.lock().await;
        let lease = self
            .store
            .acquire(&name, &self.owner, CLAIM)
            .await
            .map_err(unavailable)?;
        let claimed = lease.is_some();
        if claimed {
            *claim = lease;
        }
        Ok(claimed)
    }

    async fn release(&self) -> Result<(), Failure> {
        if let Some(lease) = self.claim.lock().await.take() {
            // lost or given back: either way it is no longer ours
            let _ = self.store.release(&lease).await.map_err(unavailable)?;
        }
        Ok(())
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function in map_err"
)]
fn unavailable(error: StoreError) -> Failure {
    if error.is_passing() {
        Failure::retry("database_unavailable", error.to_string())
    } else {
        Failure::stop("database", error.to_string(), error.remedy())
    }
}
