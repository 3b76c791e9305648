//! What went wrong with single records of a sync.

use sqlx::AnyConnection;

use super::sql::{ATTEMPTS, Columns, from_json, to_json};
use super::{Store, StoreError};
use crate::domain::{SyncError, SyncId};

const ERRORS: &str = "SELECT errors FROM sync_state WHERE id = $1";
const SET_ERRORS: &str =
    "UPDATE sync_state SET errors = $1, updated_at = $2 WHERE id = $3 AND errors = $4";

/// How many errors a sync keeps: the newest.
const ERRORS_KEPT: usize = 100;

impl Store {
    /// Adds to what went wrong; the newest hundred are kept.
    pub async fn add_sync_errors(
        &self,
        sync: &SyncId,
        errors: &[SyncError],
    ) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let mut tx = self.begin().await?;
            if add(&mut tx, sync, errors, self.now()).await? {
                tx.commit().await?;
                return Ok(());
            }
        }
        Err(StoreError::Contended)
    }

    /// Adds one to what went wrong (see [`Self::add_sync_errors`]).
    pub async fn add_sync_error(&self, sync: &SyncId, error: &SyncError) -> Result<(), StoreError> {
        self.add_sync_errors(sync, std::slice::from_ref(error))
            .await
    }
}

/// Adds to what went wrong; false where somebody else did meanwhile.
pub(super) async fn add(
    connection: &mut AnyConnection,
    sync: &SyncId,
    errors: &[SyncError],
    now: i64,
) -> Result<bool, StoreError> {
    if errors.is_empty() {
        return Ok(true);
    }
    let row = sqlx::query(ERRORS)
        .bind(sync.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        return Ok(true);
    };
    let old = Columns::of(&row).text()?;
    let mut all: Vec<SyncError> = from_json(&old)?;
    all.extend_from_slice(errors);
    all.drain(..all.len().saturating_sub(ERRORS_KEPT));
    let changed = sqlx::query(SET_ERRORS)
        .bind(to_json(&all)?)
        .bind(now)
        .bind(sync.as_str())
        .bind(&old)
        .execute(connection)
        .await?;
    Ok(changed.rows_affected() > 0)
}
