//! Holds mappings against what both systems have, without posting anything.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kit::{ListEntry, retry};

use super::daemon::{Engine, Pipeline};
use super::error::RunError;
use super::lists;
use crate::domain::{Finding, PipelineName};
use crate::store::StoreError;

/// Compares a pipeline's mapping with the lists of its books and with how its store is set up; the text
/// of an error says why they cannot be compared.
pub type Compare =
    dyn Fn(&[ListEntry], Option<&str>, Timestamp) -> Result<Vec<Finding>, String> + Send + Sync;

/// How long what a store said of itself is shown before it is asked again.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);
/// After trouble it is asked sooner.
const AGAIN: Duration = Duration::from_secs(60 * 60);

impl Engine {
    /// Reads the lists of a pipeline's books now and, unless it cannot be reached, how its store is set up;
    /// holds the mapping against both.
    pub async fn check_mapping(
        &self,
        name: &PipelineName,
        ask_store: bool,
    ) -> Result<Vec<Finding>, RunError> {
        let Some(pipeline) = self.pipeline(name) else {
            return Ok(Vec::new());
        };
        lists::refresh(&self.store, &pipeline.books, &*self.clock, &self.chance).await?;
        if ask_store {
            self.read_setup(pipeline).await?;
        }
        self.compare(pipeline).await
    }

    /// The same from what was read last: neither system is asked. An error of the kind
    /// [`RunError::Mapping`] says that the books were not read yet.
    pub async fn findings(&self, name: &PipelineName) -> Result<Vec<Finding>, RunError> {
        match self.pipeline(name) {
            Some(pipeline) => self.compare(pipeline).await,
            None => Ok(Vec::new()),
        }
    }

    async fn compare(&self, pipeline: &Pipeline) -> Result<Vec<Finding>, RunError> {
        let entries = lists::kept(&self.store, pipeline).await?;
        let setup = self.store.setup(&pipeline.route.source).await?;
        let setup = setup.as_ref().map(|(body, _)| body.as_str());
        (pipeline.compare)(&entries, setup, self.clock.now()).map_err(RunError::Mapping)
    }

    async fn read_setup(&self, pipeline: &Pipeline) -> Result<(), RunError> {
        let read = || pipeline.source.setup();
        let setup = retry(&pipeline.books.policy, &*self.clock, &self.chance, read)
            .await
            .map_err(RunError::source)?;
        self.store.put_setup(&pipeline.route.source, &setup).await?;
        Ok(())
    }

    /// Asks a pipeline's store once a day how it is set up, for the page of the mapping.
    pub(super) async fn keep_setup(self: Arc<Self>, name: PipelineName) {
        let Some(pipeline) = self.pipeline(&name).cloned() else {
            return;
        };
        loop {
            let left = match self.setup_age(&pipeline).await {
                Ok(age) if age < KEEP => KEEP.saturating_sub(age),
                Ok(_) => match self.read_setup(&pipeline).await {
                    Ok(()) => KEEP,
                    Err(error) => {
                        tracing::warn!(pipeline = %name, "how the store is set up was not read: {error}");
                        AGAIN
                    }
                },
                Err(error) => {
                    tracing::warn!(pipeline = %name, "how the store is set up was not read: {error}");
                    AGAIN
                }
            };
            tokio::select! {
                () = self.stopping() => return,
                () = self.clock.sleep(left) => {}
            }
        }
    }

    /// How long ago the store was asked; for ever where it never was.
    async fn setup_age(&self, pipeline: &Pipeline) -> Result<Duration, StoreError> {
        let Some((_, at)) = self.store.setup(&pipeline.route.source).await? else {
            return Ok(Duration::MAX);
        };
        let age = at.duration_until(self.clock.now());
        Ok(Duration::try_from(age).unwrap_or_default())
    }
}
