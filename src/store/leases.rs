//! Leases: who does what, until when. They hold between processes, on both databases.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::sql::Columns;
use super::{Commit, Store, StoreError};

const ACQUIRE: &str = "INSERT INTO leases (name, owner, epoch, expires_at, updated_at) \
     VALUES ($1, $2, 1, $3, $4) \
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, epoch = leases.epoch + 1, \
     expires_at = excluded.expires_at, updated_at = excluded.updated_at \
     WHERE leases.expires_at <= excluded.updated_at RETURNING epoch";
const RENEW: &str = "UPDATE leases SET expires_at = $1, updated_at = $2 \
     WHERE name = $3 AND owner = $4 AND epoch = $5 AND expires_at > $2";
// the row stays, so that epochs only ever grow
const RELEASE: &str = "UPDATE leases SET expires_at = 0, updated_at = $1 \
     WHERE name = $2 AND owner = $3 AND epoch = $4";
const BREAK: &str = "UPDATE leases SET expires_at = 0, updated_at = $1 WHERE owner = $2";
const ALL: &str = "SELECT name, owner, epoch, expires_at FROM leases ORDER BY name";
const HOLDERS: &str = "SELECT DISTINCT owner FROM leases WHERE expires_at > $1";

/// A right that is held until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is the right to.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// Grows each time the right changes hands: a holder of an older epoch has lost it.
    pub epoch: i64,
    /// When it ends unless it is renewed.
    pub expires_at: Timestamp,
}

/// A lease as the table holds it; it may have expired.
pub type LeaseRow = Lease;

impl Store {
    /// Takes the right `name` for `ttl`, unless somebody holds it, `owner` himself included.
    pub async fn acquire(
        &self,
        name: &str,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let (now, expires_at) = self.until(ttl);
        let row = sqlx::query(ACQUIRE)
            .bind(name)
            .bind(owner)
            .bind(expires_at.as_millisecond())
            .bind(now)
            .fetch_optional(&self.writer)
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        Ok(Some(Lease {
            name: name.to_owned(),
            owner: owner.to_owned(),
            epoch: Columns::of(&row).number()?,
            expires_at,
        }))
    }

    /// Holds the right for `ttl` from now on. [`Commit::LostRace`]: it expired or changed hands, and
    /// whoever held it must stop.
    pub async fn renew(&self, lease: &mut Lease, ttl: Duration) -> Result<Commit, StoreError> {
        let (now, expires_at) = self.until(ttl);
        let renewed = sqlx::query(RENEW)
            .bind(expires_at.as_millisecond())
            .bind(now)
            .bind(&lease.name)
            .bind(&lease.owner)
            .bind(lease.epoch)
            .execute(&self.writer)
            .await?;
        if renewed.rows_affected() == 0 {
            return Ok(Commit::LostRace);
        }
        lease.expires_at = expires_at;
        Ok(Commit::Done)
    }

    /// Gives the right back.
    pub async fn release(&self, lease: &Lease) -> Result<Commit, StoreError> {
        let released = sqlx::query(RELEASE)
            .bind(self.now())
            .bind(&lease.name)
            .bind(&lease.owner)
            .bind(lease.epoch)
            .execute(&self.writer)
            .await?;
        Ok(if released.rows_affected() == 0 {
            Commit::LostRace
        } else {
            Commit::Done
        })
    }

    /// Ends all rights of an owner that is known to have died: a process of this machine that is
    /// gone. Nothing waits for their expiry then.
    pub async fn break_leases(&self, owner: &str) -> Result<u64, StoreError> {
        let broken = sqlx::query(BREAK)
            .bind(self.now())
            .bind(owner)
            .execute(&self.writer)
            .await?;
        Ok(broken.rows_affected())
    }

    /// All rights that were ever taken, by name.
    pub async fn leases(&self) -> Result<Vec<LeaseRow>, StoreError> {
        let rows = sqlx::query(ALL).fetch_all(&self.readers).await?;
        let mut leases = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut columns = Columns::of(row);
            leases.push(Lease {
                name: columns.text()?,
                owner: columns.text()?,
                epoch: columns.number()?,
                expires_at: columns.time()?,
            });
        }
        Ok(leases)
    }

    /// Who holds a right now: the processes that give signs of life.
    pub async fn holders(&self) -> Result<HashSet<String>, StoreError> {
        let rows = sqlx::query(HOLDERS)
            .bind(self.now())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Columns::of(row).text()).collect()
    }

    fn until(&self, ttl: Duration) -> (i64, Timestamp) {
        let now = self.clock.now();
        let end = now.saturating_add(ttl).unwrap_or(Timestamp::MAX);
        (now.as_millisecond(), end)
    }
}
