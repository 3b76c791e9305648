//! How many metered reads were made of a company. They are counted as they are made and written down
//! where something is written anyway: no request waits for its count.

use kit::Clock;

use super::post::Books;
use crate::store::{Store, StoreError};

impl Books {
    /// Writes down what was read since it was last written down. After a `kill -9` at most the reads
    /// of one page are missing.
    pub async fn note_reads(&self, store: &Store, clock: &dyn Clock) -> Result<(), StoreError> {
        let count = self.limiter.take_reads();
        if count == 0 {
            return Ok(());
        }
        let noted = store.add_reads(&self.realm, clock.now(), count).await;
        if noted.is_err() {
            self.limiter.count_reads(count);
        }
        noted
    }

    /// The metered reads of this month: those written down, and those of this process since.
    pub async fn reads_this_month(
        &self,
        store: &Store,
        clock: &dyn Clock,
    ) -> Result<u64, StoreError> {
        let noted = store.reads_of_month(&self.realm, clock.now()).await?;
        Ok(noted + self.limiter.reads())
    }
}
