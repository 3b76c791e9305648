//! Runs (`sync_batches`).

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::any::AnyRow;

use super::sql::{Columns, Statement, to_json};
use super::{Commit, Store, StoreError, SyncRow};
use crate::domain::{
    BatchId, BatchStatus, ConnectionName, PipelineName, RunOptions, TenantId, Trigger,
};

macro_rules! batch_columns {
    () => {
        "id, tenant_id, pipeline, source, target, trigger, options, status, streams_total, \
         streams_completed, streams_failed, error, owner, started_at, updated_at, completed_at"
    };
}

const INSERT: &str = "INSERT INTO sync_batches (id, tenant_id, pipeline, source, target, trigger, \
     options, status, streams_total, streams_completed, streams_failed, owner, started_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'running', 0, 0, 0, $8, $9, $9)";
const FINISH: &str = "UPDATE sync_batches SET status = $1, error = $2, updated_at = $3, \
     completed_at = $4 WHERE id = $5 AND owner = $6";
const END_OPEN: &str = "UPDATE sync_state SET status = $1, updated_at = $2, \
     completed_at = $3 WHERE batch_id = $4 \
     AND status NOT IN ('completed', 'partial', 'failed', 'cancelled')";
const REOPEN: &str = "UPDATE sync_batches SET status = 'running', owner = $1, error = NULL, \
     completed_at = NULL, updated_at = $2 \
     WHERE id = $3 AND status NOT IN ('queued', 'running')";
const BY_ID: &str = concat!(
    "SELECT ",
    batch_columns!(),
    " FROM sync_batches WHERE id = $1"
);
const LATEST: &str = concat!(
    "SELECT ",
    batch_columns!(),
    " FROM sync_batches WHERE pipeline = $1 ORDER BY id DESC LIMIT 1"
);
const LATEST_OF_ALL: &str = concat!(
    "SELECT ",
    batch_columns!(),
    " FROM sync_batches ORDER BY id DESC LIMIT 1"
);
const LISTED: &str = concat!(
    "SELECT ",
    batch_columns!(),
    " FROM sync_batches WHERE ($1 = '' OR pipeline = $1) AND ($2 = '' OR status = $2) \
      AND ($3 = '' OR id < $3) AND ($4 = 0 OR status IN ('failed', 'partial')) \
      ORDER BY id DESC LIMIT $5"
);
const OPEN: &str = concat!(
    "SELECT ",
    batch_columns!(),
    " FROM sync_batches WHERE status IN ('queued', 'running', 'paused') ORDER BY id DESC"
);
const LAST_ENDED: &str = concat!(
    "SELECT ",
    batch_columns!(),
    " FROM sync_batches WHERE pipeline = $1 AND completed_at IS NOT NULL \
      ORDER BY completed_at DESC, id DESC LIMIT 1"
);
const GOOD_ENDS: &str = "SELECT options, completed_at FROM sync_batches \
     WHERE pipeline = $1 AND completed_at IS NOT NULL AND status IN ('completed', 'partial') \
     ORDER BY completed_at DESC LIMIT 100";
const STARTS: &str = "SELECT options, started_at FROM sync_batches WHERE pipeline = $1 ORDER BY id";
// whose owner neither is at work nor holds a lease
const INTERRUPT: &str = "UPDATE sync_batches SET status = 'interrupted', updated_at = $1 \
     WHERE status IN ('queued', 'running') AND owner <> $2 \
     AND owner NOT IN (SELECT owner FROM leases WHERE expires_at > $1)";
const INTERRUPT_SYNCS: &str = "UPDATE sync_state SET status = 'interrupted', updated_at = $1 \
     WHERE status IN ('queued', 'running') \
     AND batch_id IN (SELECT id FROM sync_batches WHERE status = 'interrupted')";
const INTERRUPTED: &str = concat!(
    "SELECT ",
    batch_columns!(),
    " FROM sync_batches WHERE status = 'interrupted' ORDER BY id"
);

/// What a new run is.
#[derive(Clone, Debug)]
pub struct NewBatch {
    /// Whose pipeline it is.
    pub tenant: TenantId,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// Who asked for it.
    pub trigger: Trigger,
    /// What it was asked to do.
    pub options: RunOptions,
    /// The connection that is read.
    pub source: ConnectionName,
    /// The connection that is written.
    pub target: ConnectionName,
    /// Which process works on it: the owner of its leases.
    pub owner: String,
}

/// A run as the table holds it.
#[derive(Clone, Debug)]
pub struct BatchRow {
    /// Its id.
    pub id: BatchId,
    /// Whose pipeline it is.
    pub tenant: TenantId,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The connection that is read.
    pub source: ConnectionName,
    /// The connection that is written.
    pub target: ConnectionName,
    /// Who asked for it.
    pub trigger: Trigger,
    /// What it was asked to do.
    pub options: RunOptions,
    /// Where it stands.
    pub status: BatchStatus,
    /// How many streams it has.
    pub streams_total: u64,
    /// How many of them ended completed or partial.
    pub streams_completed: u64,
    /// How many of them failed.
    pub streams_failed: u64,
    /// What ended it, where that was trouble.
    pub error: Option<String>,
    /// Which process works, or worked, on it.
    pub owner: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended for good.
    pub completed_at: Option<Timestamp>,
}

/// A run and its streams.
#[derive(Clone, Debug)]
pub struct Run {
    /// The run.
    pub batch: BatchRow,
    /// Its streams, in the order they were begun.
    pub syncs: Vec<SyncRow>,
}

/// Which runs.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// At most so many; 0 is 50.
    pub limit: u32,
    /// Only those of this status.
    pub status: Option<BatchStatus>,
    /// Only those of this pipeline.
    pub pipeline: Option<PipelineName>,
    /// Only those that failed or are partial.
    pub troubled: bool,
    /// Only those before this one: the last one of the page before.
    pub before: Option<BatchId>,
}

impl RunFilter {
    /// How many at most.
    pub(crate) fn limit(&self) -> u32 {
        if self.limit == 0 { 50 } else { self.limit }
    }
}

impl Store {
    /// Opens a run, which is running from now on.
    pub async fn begin_batch(&self, new: &NewBatch) -> Result<BatchId, StoreError> {
        let id = self.new_id();
        sqlx::query(INSERT)
            .bind(&id)
            .bind(new.tenant.as_str())
            .bind(new.pipeline.as_str())
            .bind(new.source.as_str())
            .bind(new.target.as_str())
            .bind(new.trigger.as_str())
            .bind(to_json(&new.options)?)
            .bind(&new.owner)
            .bind(self.now())
            .execute(&self.writer)
            .await?;
        Ok(BatchId::new(id))
    }

    /// Sets the status of a run that is `owner`'s; with a final one it is over. `error` is what ended it.
    /// One that is paused or cancelled takes its open streams along. [`Commit::LostRace`]: another
    /// process works on it by now.
    pub async fn finish_batch(
        &self,
        batch: &BatchId,
        owner: &str,
        status: BatchStatus,
        error: Option<&str>,
    ) -> Result<Commit, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let finished = sqlx::query(FINISH)
            .bind(status.as_str())
            .bind(error)
            .bind(now)
            .bind(status.is_final().then_some(now))
            .bind(batch.as_str())
            .bind(owner)
            .execute(&mut *tx)
            .await?;
        if finished.rows_affected() == 0 {
            return Ok(Commit::LostRace); // dropping `tx` rolls back
        }
        if matches!(status, BatchStatus::Paused | BatchStatus::Cancelled) {
            sqlx::query(END_OPEN)
                .bind(status.as_str())
                .bind(now)
                .bind(status.is_final().then_some(now))
                .bind(batch.as_str())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Commit::Done)
    }

    /// Takes a run up again that was interrupted, paused or ended; false where it is running.
    pub async fn reopen_batch(&self, batch: &BatchId, owner: &str) -> Result<bool, StoreError> {
        let reopened = sqlx::query(REOPEN)
            .bind(owner)
            .bind(self.now())
            .bind(batch.as_str())
            .execute(&self.writer)
            .await?;
        Ok(reopened.rows_affected() > 0)
    }

    /// One run.
    pub async fn batch(&self, id: &BatchId) -> Result<Option<BatchRow>, StoreError> {
        let row = sqlx::query(BY_ID)
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(batch_row).transpose()
    }

    /// The newest run of a pipeline, or of all.
    pub async fn latest_batch(
        &self,
        pipeline: Option<&PipelineName>,
    ) -> Result<Option<BatchRow>, StoreError> {
        let query = match pipeline {
            Some(pipeline) => sqlx::query(LATEST).bind(pipeline.as_str()),
            None => sqlx::query(LATEST_OF_ALL),
        };
        let row = query.fetch_optional(&self.readers).await?;
        row.as_ref().map(batch_row).transpose()
    }

    /// The runs that are at work or paused, of all pipelines, newest first.
    pub async fn open_batches(&self) -> Result<Vec<BatchRow>, StoreError> {
        let rows = sqlx::query(OPEN).fetch_all(&self.readers).await?;
        rows.iter().map(batch_row).collect()
    }

    /// The run of a pipeline that ended last, which an older one may be that somebody went on with.
    pub async fn last_ended(
        &self,
        pipeline: &PipelineName,
    ) -> Result<Option<BatchRow>, StoreError> {
        let row = sqlx::query(LAST_ENDED)
            .bind(pipeline.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(batch_row).transpose()
    }

    /// When a run of a pipeline last read all that was new and did its work, though some records may be
    /// refused or held. One that only sends what was released, or reads a part, brings nothing up to date;
    /// behind a hundred of those none is looked for.
    pub async fn last_good_end(
        &self,
        pipeline: &PipelineName,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.first_that_reads_all(GOOD_ENDS, pipeline).await
    }

    /// When the first run of a pipeline began that was to read all.
    pub async fn first_start(
        &self,
        pipeline: &PipelineName,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.first_that_reads_all(STARTS, pipeline).await
    }

    async fn first_that_reads_all(
        &self,
        query: &'static str,
        pipeline: &PipelineName,
    ) -> Result<Option<Timestamp>, StoreError> {
        // one after the other: there may be many runs, and mostly the first is it
        let mut rows = sqlx::query(query)
            .bind(pipeline.as_str())
            .fetch(&self.readers);
        while let Some(row) = rows.try_next().await? {
            let mut columns = Columns::of(&row);
            let options: RunOptions = columns.json()?;
            if !options.reads_a_part() {
                return Ok(Some(columns.time()?));
            }
        }
        Ok(None)
    }

    /// The history without its streams, newest first.
    pub async fn batches(&self, filter: &RunFilter) -> Result<Vec<BatchRow>, StoreError> {
        let rows = sqlx::query(LISTED)
            .bind(filter.pipeline.as_ref().map_or("", |name| name.as_str()))
            .bind(filter.status.map_or("", BatchStatus::as_str))
            .bind(filter.before.as_ref().map_or("", |id| id.as_str()))
            .bind(i64::from(filter.troubled))
            .bind(i64::from(filter.limit()))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(batch_row).collect()
    }

    /// The history, newest first, each run with its streams.
    pub async fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, StoreError> {
        let batches = self.batches(filter).await?;
        let mut runs = Vec::with_capacity(batches.len());
        for batch in batches {
            runs.push(Run {
                batch,
                syncs: Vec::new(),
            });
        }
        self.add_syncs(&mut runs).await?;
        Ok(runs)
    }

    async fn add_syncs(&self, runs: &mut [Run]) -> Result<(), StoreError> {
        if runs.is_empty() {
            return Ok(());
        }
        let mut connection = self.readers.acquire().await?;
        let rows = Statement::new(super::syncs::OF_BATCHES)
            .list(runs.iter().map(|run| run.batch.id.as_str()))
            .push(" ORDER BY id")
            .fetch(&mut connection)
            .await?;
        for row in &rows {
            let sync = super::syncs::sync_row(row)?;
            if let Some(run) = runs.iter_mut().find(|run| run.batch.id == sync.batch) {
                run.syncs.push(sync);
            }
        }
        Ok(())
    }

    /// Marks what an ended process left running as interrupted, and returns all interrupted runs,
    /// oldest first. Spared are runs of `owner` and of those who hold a lease that has not expired.
    pub async fn mark_interrupted(&self, owner: &str) -> Result<Vec<BatchRow>, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        sqlx::query(INTERRUPT)
            .bind(now)
            .bind(owner)
            .execute(&mut *tx)
            .await?;
        sqlx::query(INTERRUPT_SYNCS)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        let rows = sqlx::query(INTERRUPTED).fetch_all(&mut *tx).await?;
        tx.commit().await?;
        rows.iter().map(batch_row).collect()
    }
}

fn batch_row(row: &AnyRow) -> Result<BatchRow, StoreError> {
    let mut columns = Columns::of(row);
    Ok(BatchRow {
        id: BatchId::new(columns.text()?),
        tenant: TenantId::new(columns.text()?),
        pipeline: PipelineName::new(columns.text()?),
        source: ConnectionName::new(columns.text()?),
        target: ConnectionName::new(columns.text()?),
        trigger: columns.word()?,
        options: columns.json()?,
        status: columns.parsed()?,
        streams_total: columns.count()?,
        streams_completed: columns.count()?,
        streams_failed: columns.count()?,
        error: columns.maybe_text()?,
        owner: columns.text()?,
        started_at: columns.time()?,
        updated_at: columns.time()?,
        completed_at: columns.maybe_time()?,
    })
}
