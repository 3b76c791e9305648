//! How stores were set up when they were last asked (`store_setups`).

use jiff::Timestamp;

use super::sql::Columns;
use super::{Store, StoreError};
use crate::domain::ConnectionName;

const PUT: &str = "INSERT INTO store_setups (source, body, updated_at) VALUES ($1, $2, $3) \
     ON CONFLICT (source) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at";
const GET: &str = "SELECT body, updated_at FROM store_setups WHERE source = $1";

impl Store {
    /// Keeps how a store is set up, as text that its mapping reads.
    pub async fn put_setup(&self, source: &ConnectionName, body: &str) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await?;
        sqlx::query(PUT)
            .bind(source.as_str())
            .bind(body)
            .bind(self.now())
            .execute(&mut *connection)
            .await?;
        Ok(())
    }

    /// How a store was set up when it was last asked, and when that was.
    pub async fn setup(
        &self,
        source: &ConnectionName,
    ) -> Result<Option<(String, Timestamp)>, StoreError> {
        let query = sqlx::query(GET).bind(source.as_str());
        let Some(row) = query.fetch_optional(&self.readers).await? else {
            return Ok(None);
        };
        let mut columns = Columns::of(&row);
        let body = columns.text()?;
        let at = Timestamp::from_millisecond(columns.number()?).map_err(StoreError::unreadable)?;
        Ok(Some((body, at)))
    }
}
