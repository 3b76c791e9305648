//! Streams of runs (`sync_state`) and how far streams have been read (`cursors`).

use jiff::Timestamp;
use kit::{Cursor, StreamName};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::sql::{Columns, to_json, to_number};
use super::{Commit, Store, StoreError};
use crate::domain::{
    BatchId, Checkpoint, ConnectionName, Counts, PipelineName, Recount, Route, SyncError, SyncId,
    SyncMode, SyncStatus, TenantId,
};

macro_rules! sync_columns {
    () => {
        "id, batch_id, tenant_id, connector_id, pipeline, entity_type, sync_mode, status, dry_run, \
         records_total, records_processed, records_created, records_updated, records_skipped, \
         records_failed, records_held, retry_count, resume_checkpoint, checkpoint_version, error, \
         errors, started_at, updated_at, completed_at"
    };
}

const INSERT: &str = "INSERT INTO sync_state (id, batch_id, tenant_id, connector_id, pipeline, \
     entity_type, sync_mode, status, dry_run, records_processed, records_created, records_updated, \
     records_skipped, records_failed, records_held, retry_count, resume_checkpoint, \
     checkpoint_version, errors, updated_at) \
     SELECT $1, id, tenant_id, source, pipeline, $2, $3, 'queued', $4, 0, 0, 0, 0, 0, 0, 0, $5, 0, \
     '[]', $6 FROM sync_batches WHERE id = $7";
const COUNT_STREAM: &str =
    "UPDATE sync_batches SET streams_total = streams_total + 1, updated_at = $1 WHERE id = $2";
const BY_ID: &str = concat!("SELECT ", sync_columns!(), " FROM sync_state WHERE id = $1");
const OF_BATCH: &str = concat!(
    "SELECT ",
    sync_columns!(),
    " FROM sync_state WHERE batch_id = $1 ORDER BY id"
);
pub(super) const OF_BATCHES: &str = concat!(
    "SELECT ",
    sync_columns!(),
    " FROM sync_state WHERE batch_id IN "
);
const SET_STATUS: &str = "UPDATE sync_state SET status = $1, error = $2, updated_at = $3, \
     started_at = COALESCE(started_at, $4), completed_at = $5 WHERE id = $6";
const REOPEN: &str = "UPDATE sync_state SET status = 'queued', error = NULL, completed_at = NULL, \
     retry_count = retry_count + 1, updated_at = $1 WHERE id = $2 AND status <> 'running'";
const COUNT_STREAMS: &str = "UPDATE sync_batches SET updated_at = $1, \
     streams_completed = (SELECT COUNT(*) FROM sync_state WHERE batch_id = sync_batches.id \
        AND status IN ('completed', 'partial')), \
     streams_failed = (SELECT COUNT(*) FROM sync_state WHERE batch_id = sync_batches.id \
        AND status = 'failed') \
     WHERE id = (SELECT batch_id FROM sync_state WHERE id = $2)";
const MOVE_CHECKPOINT: &str = "UPDATE sync_state SET resume_checkpoint = $1, \
     checkpoint_version = checkpoint_version + 1, records_total = COALESCE($2, records_total), \
     updated_at = $3 WHERE id = $4 AND checkpoint_version = $5";
const ADD_COUNTS: &str = "UPDATE sync_state SET records_processed = records_processed + $1, \
     records_created = records_created + $2, records_updated = records_updated + $3, \
     records_skipped = records_skipped + $4, records_failed = records_failed + $5, \
     records_held = records_held + $6, updated_at = $7 WHERE id = $8";
const MOVE_CURSOR: &str = "INSERT INTO cursors (pipeline, source, realm, stream, position, sync_id, \
     updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (pipeline, source, realm, stream) DO UPDATE SET position = excluded.position, \
     sync_id = excluded.sync_id, updated_at = excluded.updated_at";
const CURSOR: &str = "SELECT position FROM cursors \
     WHERE pipeline = $1 AND source = $2 AND realm = $3 AND stream = $4";

/// What a new stream of a run is.
#[derive(Clone, Debug)]
pub struct NewSync {
    /// The run.
    pub batch: BatchId,
    /// The stream.
    pub stream: StreamName,
    /// From the cursor or from the beginning.
    pub mode: SyncMode,
    /// Nothing is journalled or sent.
    pub dry_run: bool,
    /// From where it goes on, where it does not begin.
    pub checkpoint: Option<Checkpoint>,
}

/// A stream of a run as the table holds it.
#[derive(Clone, Debug)]
pub struct SyncRow {
    /// Its id.
    pub id: SyncId,
    /// The run.
    pub batch: BatchId,
    /// Whose pipeline it is.
    pub tenant: TenantId,
    /// The connection that is read.
    pub connector: ConnectionName,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The stream.
    pub stream: StreamName,
    /// From the cursor or from the beginning.
    pub mode: SyncMode,
    /// Where it stands.
    pub status: SyncStatus,
    /// Nothing is journalled or sent.
    pub dry_run: bool,
    /// How many records there are, where the source said so.
    pub total: Option<u64>,
    /// How many went where.
    pub counts: Counts,
    /// How often it was taken up again.
    pub retry_count: u64,
    /// From where it goes on.
    pub checkpoint: Option<Checkpoint>,
    /// To be named when the checkpoint is moved.
    pub checkpoint_version: i64,
    /// What ended it, where that was trouble.
    pub error: Option<String>,
    /// What went wrong with single records: the newest hundred.
    pub errors: Vec<SyncError>,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended for good.
    pub completed_at: Option<Timestamp>,
}

impl Store {
    /// Adds a stream to a run; it is queued.
    pub async fn begin_sync(&self, new: &NewSync) -> Result<SyncRow, StoreError> {
        let id = self.new_id();
        let now = self.now();
        let checkpoint = new.checkpoint.as_ref().map(to_json).transpose()?;
        let mut tx = self.begin().await?;
        sqlx::query(INSERT)
            .bind(&id)
            .bind(new.stream.as_str())
            .bind(new.mode.as_str())
            .bind(i64::from(new.dry_run))
            .bind(checkpoint)
            .bind(now)
            .bind(new.batch.as_str())
            .execute(&mut *tx)
            .await?;
        sqlx::query(COUNT_STREAM)
            .bind(now)
            .bind(new.batch.as_str())
            .execute(&mut *tx)
            .await?;
        let row = sqlx::query(BY_ID).bind(&id).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        sync_row(&row)
    }

    /// Sets a sync's status; with a final one it is over. `error` is what ended it.
    pub async fn set_sync_status(
        &self,
        sync: &SyncId,
        status: SyncStatus,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        sqlx::query(SET_STATUS)
            .bind(status.as_str())
            .bind(error)
            .bind(now)
            .bind((status != SyncStatus::Queued).then_some(now))
            .bind(status.is_final().then_some(now))
            .bind(sync.as_str())
            .execute(&mut *tx)
            .await?;
        sqlx::query(COUNT_STREAMS)
            .bind(now)
            .bind(sync.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes a sync up again: queued, counted as one more try; false where it is running.
    pub async fn reopen_sync(&self, sync: &SyncId) -> Result<bool, StoreError> {
        let query = sqlx::query(REOPEN).bind(self.now()).bind(sync.as_str());
        Ok(query.execute(&self.writer).await?.rows_affected() > 0)
    }

    /// Counts records of a sync otherwise than before, without moving its checkpoint.
    pub async fn recount(&self, sync: &SyncId, change: &Recount) -> Result<(), StoreError> {
        let now = self.now();
        let mut connection = self.writer.acquire().await?;
        recount(&mut connection, sync, change, now).await
    }

    /// Counts a finished page and moves the checkpoint past it, both or neither. `seen` is the version
    /// the checkpoint had.
    pub async fn save_checkpoint(
        &self,
        sync: &SyncId,
        seen: i64,
        checkpoint: &Checkpoint,
        change: &Recount,
        total: Option<u64>,
    ) -> Result<Commit, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let moved = sqlx::query(MOVE_CHECKPOINT)
            .bind(to_json(checkpoint)?)
            .bind(total.map(to_number))
            .bind(now)
            .bind(sync.as_str())
            .bind(seen)
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() == 0 {
            return Ok(Commit::LostRace); // dropping `tx` rolls back
        }
        recount(&mut tx, sync, change, now).await?;
        tx.commit().await?;
        Ok(Commit::Done)
    }

    /// How far a stream has been read for good; the beginning where it never was.
    pub async fn cursor(&self, route: &Route, stream: StreamName) -> Result<Cursor, StoreError> {
        let row = sqlx::query(CURSOR)
            .bind(route.pipeline.as_str())
            .bind(route.source.as_str())
            .bind(route.realm.as_str())
            .bind(stream.as_str())
            .fetch_optional(&self.readers)
            .await?;
        match row {
            Some(row) => Ok(Cursor(Columns::of(&row).text()?)),
            None => Ok(Cursor::default()),
        }
    }

    /// One sync.
    pub async fn sync(&self, id: &SyncId) -> Result<Option<SyncRow>, StoreError> {
        let row = sqlx::query(BY_ID)
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(sync_row).transpose()
    }

    /// The streams of a run, in the order they were begun.
    pub async fn syncs(&self, batch: &BatchId) -> Result<Vec<SyncRow>, StoreError> {
        let rows = sqlx::query(OF_BATCH)
            .bind(batch.as_str())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(sync_row).collect()
    }
}

/// Moves a stream's cursor behind a page that is in the journal.
pub(super) async fn move_cursor(
    connection: &mut AnyConnection,
    route: &Route,
    stream: StreamName,
    sync: &SyncId,
    to: &Cursor,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(MOVE_CURSOR)
        .bind(route.pipeline.as_str())
        .bind(route.source.as_str())
        .bind(route.realm.as_str())
        .bind(stream.as_str())
        .bind(&to.0)
        .bind(sync.as_str())
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn recount(
    connection: &mut AnyConnection,
    sync: &SyncId,
    change: &Recount,
    now: i64,
) -> Result<(), StoreError> {
    let Recount { counted, counts } = change;
    let by = |from: u64, to: u64| to_number(to) - to_number(from);
    sqlx::query(ADD_COUNTS)
        .bind(by(counted.processed, counts.processed))
        .bind(by(counted.created, counts.created))
        .bind(by(counted.updated, counts.updated))
        .bind(by(counted.skipped, counts.skipped))
        .bind(by(counted.failed, counts.failed))
        .bind(by(counted.held, counts.held))
        .bind(now)
        .bind(sync.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) fn sync_row(row: &AnyRow) -> Result<SyncRow, StoreError> {
    let mut columns = Columns::of(row);
    Ok(SyncRow {
        id: SyncId::new(columns.text()?),
        batch: BatchId::new(columns.text()?),
        tenant: TenantId::new(columns.text()?),
        connector: ConnectionName::new(columns.text()?),
        pipeline: PipelineName::new(columns.text()?),
        stream: columns.parsed()?,
        mode: columns.word()?,
        status: columns.parsed()?,
        dry_run: columns.flag()?,
        total: columns
            .maybe_number()?
            .and_then(|total| u64::try_from(total).ok()),
        counts: Counts {
            processed: columns.count()?,
            created: columns.count()?,
            updated: columns.count()?,
            skipped: columns.count()?,
            failed: columns.count()?,
            held: columns.count()?,
        },
        retry_count: columns.count()?,
        checkpoint: columns.maybe_json()?,
        checkpoint_version: columns.number()?,
        error: columns.maybe_text()?,
        errors: columns.json()?,
        started_at: columns.maybe_time()?,
        updated_at: columns.time()?,
        completed_at: columns.maybe_time()?,
    })
}
