//! How a run begins: anew, or where it was interrupted. One run of a pipeline at a time.

use std::collections::HashMap;
use std::sync::Arc;

use kit::StreamName;
use tokio::sync::watch;

use super::control::Wish;
use super::daemon::{Engine, Pipeline, RunHandle, StartError};
use super::drive::came_to;
use super::error::RunError;
use super::lease;
use super::progress::{Progress, StreamProgress};
use super::run::mode;
use crate::domain::{BatchId, Checkpoint, PipelineName, RunOptions, SyncId, SyncStatus, Trigger};
use crate::store::{BatchRow, Lease, NewBatch, NewSync, Store, StoreError};

impl Engine {
    /// Starts a run.
    pub async fn start(
        self: &Arc<Self>,
        name: &PipelineName,
        options: RunOptions,
        trigger: Trigger,
    ) -> Result<RunHandle, StartError> {
        let pipeline = self.known(name)?;
        let lease = self.take_pipeline(&pipeline).await?;
        match self.begin(&pipeline, options, trigger).await {
            Ok(prepared) => Ok(self.launch(pipeline, prepared, lease)),
            Err(error) => {
                self.give_back_after_trouble(&lease).await;
                Err(error.into())
            }
        }
    }

    /// Goes on with a run that was interrupted; `id` names the run or one of its syncs.
    pub async fn resume(self: &Arc<Self>, id: &str) -> Result<RunHandle, StartError> {
        let unknown = || StartError::UnknownBatch(id.to_owned());
        let batch = find_batch(&self.store, id).await?.ok_or_else(unknown)?;
        let pipeline = self.known(&batch.pipeline)?;
        let lease = self.take_pipeline(&pipeline).await?;
        let picked_up = self.pick_up(&pipeline, &batch.id).await;
        self.go_on(pipeline, picked_up, lease)
            .await?
            .ok_or_else(unknown)
    }

    /// Goes on with the run of a pipeline that the end of a process interrupted, if there is one.
    pub async fn resume_interrupted(
        self: &Arc<Self>,
        name: &PipelineName,
    ) -> Result<Option<RunHandle>, StartError> {
        let pipeline = self.known(name)?;
        let lease = self.take_pipeline(&pipeline).await?;
        let picked_up = self.pick_up_interrupted(&pipeline).await;
        self.go_on(pipeline, picked_up, lease).await
    }

    async fn pick_up_interrupted(&self, pipeline: &Pipeline) -> Result<Option<Prepared>, RunError> {
        if self.paused(&pipeline.name).await?.is_some() {
            return Ok(None); // somebody wants nothing to be sent
        }
        // what an older run left, the newer ones have done since
        let latest = self.store.latest_batch(Some(&pipeline.name)).await?;
        let Some(latest) = latest.filter(|latest| latest.status == SyncStatus::Interrupted) else {
            return Ok(None);
        };
        let prepared = self.pick_up(pipeline, &latest.id).await?;
        if prepared.is_some() {
            tracing::info!(batch.id = %latest.id, "going on with the interrupted run {}", latest.id);
        }
        Ok(prepared)
    }

    /// Launches what was picked up; where that is nothing, the pipeline is free again.
    async fn go_on(
        self: &Arc<Self>,
        pipeline: Arc<Pipeline>,
        picked_up: Result<Option<Prepared>, RunError>,
        lease: Lease,
    ) -> Result<Option<RunHandle>, StartError> {
        match picked_up {
            Ok(Some(prepared)) => Ok(Some(self.launch(pipeline, prepared, lease))),
            Ok(None) => {
                self.give_back(&lease).await?;
                Ok(None)
            }
            Err(error) => {
                self.give_back_after_trouble(&lease).await;
                Err(error.into())
            }
        }
    }

    fn known(&self, name: &PipelineName) -> Result<Arc<Pipeline>, StartError> {
        let pipeline = self.pipelines.get(name).cloned();
        pipeline.ok_or_else(|| StartError::UnknownPipeline(name.clone()))
    }

    /// Makes sure that nobody else runs the pipeline. What the database then still calls running was
    /// interrupted.
    async fn take_pipeline(&self, pipeline: &Pipeline) -> Result<Lease, StartError> {
        if let Some(run) = self.active(&pipeline.name) {
            return Err(StartError::Active(run.batch));
        }
        let lease_name = format!("pipeline:{}", pipeline.name);
        let Some(lease) = lease::take(&self.store, &lease_name, &self.owner, self.lease).await?
        else {
            let latest = self.store.latest_batch(Some(&pipeline.name)).await?;
            return Err(
                match latest.filter(|latest| latest.status == SyncStatus::Running) {
                    Some(latest) => StartError::Active(latest.id),
                    None => StartError::ActiveElsewhere,
                },
            );
        };
        match self.store.mark_interrupted(self.owner.as_str()).await {
            Ok(_) => Ok(lease),
            Err(error) => {
                self.give_back_after_trouble(&lease).await;
                Err(error.into())
            }
        }
    }

    async fn begin(
        &self,
        pipeline: &Pipeline,
        options: RunOptions,
        trigger: Trigger,
    ) -> Result<Prepared, RunError> {
        let batch = self
            .store
            .begin_batch(&NewBatch {
                tenant: pipeline.tenant.clone(),
                pipeline: pipeline.name.clone(),
                source: pipeline.route.source.clone(),
                target: pipeline.target_name.clone(),
                trigger,
                options: options.clone(),
                owner: self.owner.as_str().to_owned(),
            })
            .await?;
        let mut streams = Vec::new();
        let begun = self
            .begin_streams(pipeline, &batch, &options, &mut streams)
            .await;
        if let Err(error) = begun {
            self.end_unlaunched(&batch, SyncStatus::Failed, &error)
                .await;
            return Err(error);
        }
        Ok(Prepared {
            batch,
            options,
            streams,
            resumed: false,
            checkpoints: HashMap::new(),
        })
    }

    /// Begins the streams of a run that it does not have yet.
    async fn begin_streams(
        &self,
        pipeline: &Pipeline,
        batch: &BatchId,
        options: &RunOptions,
        streams: &mut Vec<StreamProgress>,
    ) -> Result<(), RunError> {
        for stream in &pipeline.streams {
            let wanted = options.streams.is_empty() || options.streams.contains(stream);
            if !wanted || streams.iter().any(|begun| begun.stream == *stream) {
                continue;
            }
            let sync = self
                .store
                .begin_sync(&NewSync {
                    batch: batch.clone(),
                    stream: *stream,
                    mode: mode(options),
                    dry_run: options.dry_run,
                    checkpoint: None,
                })
                .await?;
            streams.push(StreamProgress::new(sync.id, *stream));
        }
        Ok(())
    }

    /// A run that did not end, as it was, ready to go on. One whose process ended before it could write
    /// the run's end gets that now, and there is nothing to go on with.
    async fn pick_up(
        &self,
        pipeline: &Pipeline,
        batch: &BatchId,
    ) -> Result<Option<Prepared>, RunError> {
        let Some(row) = self.store.batch(batch).await? else {
            return Ok(None);
        };
        let mut streams = Vec::new();
        let mut checkpoints = HashMap::new();
        for sync in self.store.syncs(batch).await? {
            let mut progress = StreamProgress::new(sync.id.clone(), sync.stream);
            progress.counts = sync.counts;
            progress.total = sync.total;
            progress.started_at = sync.started_at;
            progress.completed_at = sync.completed_at;
            if let Some(checkpoint) = sync.checkpoint {
                progress.pages = checkpoint.page;
                checkpoints.insert(sync.stream, checkpoint);
            }
            let over = matches!(sync.status, SyncStatus::Completed | SyncStatus::Partial);
            progress.status = if over {
                sync.status
            } else {
                SyncStatus::Queued
            };
            streams.push(progress);
        }
        if row.status == SyncStatus::Interrupted {
            // its process may have ended before it had begun all of them
            self.begin_streams(pipeline, batch, &row.options, &mut streams)
                .await?;
        }
        if streams.iter().all(|stream| stream.status.is_final()) {
            if row.status == SyncStatus::Interrupted {
                let status = came_to(&streams);
                let owner = &row.owner;
                // who cancelled it meanwhile has the last word
                let _ = self.store.finish_batch(batch, owner, status, None).await?;
            }
            return Ok(None);
        }
        self.store.reopen_batch(batch, self.owner.as_str()).await?;
        for stream in streams.iter().filter(|stream| !stream.status.is_final()) {
            if let Err(error) = self.store.reopen_sync(&stream.sync).await {
                let error = RunError::from(error);
                self.end_unlaunched(batch, SyncStatus::Interrupted, &error)
                    .await;
                return Err(error);
            }
        }
        Ok(Some(Prepared {
            batch: batch.clone(),
            options: row.options,
            streams,
            resumed: true,
            checkpoints,
        }))
    }

    fn launch(
        self: &Arc<Self>,
        pipeline: Arc<Pipeline>,
        prepared: Prepared,
        lease: Lease,
    ) -> RunHandle {
        let progress = Progress {
            batch: prepared.batch.clone(),
            pipeline: pipeline.name.clone(),
            status: SyncStatus::Running,
            streams: prepared.streams.clone(),
            trouble: None,
        };
        let (sender, receiver) = watch::channel(progress);
        let stop = self.stop.child_token();
        let wish = Wish::default();
        let handle = RunHandle {
            batch: prepared.batch.clone(),
            progress: receiver,
            stop: stop.clone(),
            wish: wish.clone(),
        };
        self.runs().insert(pipeline.name.clone(), handle.clone());
        self.ring();
        let engine = self.clone();
        self.tasks.spawn(async move {
            engine
                .drive(&pipeline, prepared, &lease, &sender, stop, wish)
                .await;
            engine.no_longer_active(&pipeline.name, &sender); // those that crashed, too
            engine.ring();
        });
        handle
    }

    /// The run that reports to `progress` is over. Another may be active by now, also of the same batch.
    pub(super) fn no_longer_active(&self, name: &PipelineName, progress: &watch::Sender<Progress>) {
        let mut runs = self.runs();
        if runs
            .get(name)
            .is_some_and(|run| run.progress.same_channel(&progress.subscribe()))
        {
            runs.remove(name);
        }
    }

    /// Writes the end of a run that nobody drives, since the database failed while it was made ready.
    async fn end_unlaunched(&self, batch: &BatchId, status: SyncStatus, error: &RunError) {
        let (owner, text) = (self.owner.as_str(), error.to_string());
        let ended = self.store.finish_batch(batch, owner, status, Some(&text));
        if let Err(error) = ended.await {
            tracing::error!(batch.id = %batch, "the end of run {batch} could not be written: {error}");
        }
    }

    /// Gives a lease back where something else has failed, which is what is to be heard of.
    async fn give_back_after_trouble(&self, lease: &Lease) {
        if let Err(error) = self.give_back(lease).await {
            tracing::warn!(
                "the lease `{}` could not be given back: {error}",
                lease.name
            );
        }
    }

    pub(super) async fn give_back(&self, lease: &Lease) -> Result<(), RunError> {
        // one that was lost meanwhile is nobody's to give back
        let _ = self.store.release(lease).await?;
        Ok(())
    }
}

/// A run as the database has it, ready to work.
pub(super) struct Prepared {
    pub(super) batch: BatchId,
    pub(super) options: RunOptions,
    pub(super) streams: Vec<StreamProgress>,
    pub(super) resumed: bool,
    pub(super) checkpoints: HashMap<StreamName, Checkpoint>,
}

/// The run of this id, or the one that a sync of this id is part of.
pub async fn find_batch(store: &Store, id: &str) -> Result<Option<BatchRow>, StoreError> {
    if let Some(batch) = store.batch(&BatchId::new(id)).await? {
        return Ok(Some(batch));
    }
    match store.sync(&SyncId::new(id)).await? {
        Some(sync) => store.batch(&sync.batch).await,
        None => Ok(None),
    }
}

#[cfg(test)]
#[path = "start_tests.rs"]
mod tests;
