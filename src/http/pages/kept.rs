//! Values that take a while to make are kept, by pipeline. While a run is active they change with each
//! page, and are made anew in the background at most each two seconds, so that no reader waits for them;
//! at rest they are good until something changes.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::super::router::Shared;
use crate::domain::PipelineName;
use crate::store::StoreError;

/// While a run is active a value is good for so long, before it is made anew.
const FRESH: Duration = Duration::from_secs(2);
/// After so long it is too old to be shown meanwhile.
const STALE: Duration = Duration::from_secs(10);

/// How a value is made.
pub(super) trait Make: Clone + Send + Sync + 'static {
    type Value: Send + Sync + 'static;
    /// Two of them are the same only if nothing has changed between them.
    type Stamp: PartialEq + Clone + Send + Sync + 'static;

    fn stamp(&self) -> impl Future<Output = Result<Self::Stamp, StoreError>> + Send;
    fn make(&self) -> impl Future<Output = Result<Self::Value, StoreError>> + Send;
}

/// The values.
pub(super) struct Kept<M: Make> {
    shelves: Arc<Mutex<HashMap<PipelineName, Shelf<M>>>>,
    room: usize,
}

/// Those of one pipeline, the newest last.
struct Shelf<M: Make> {
    values: VecDeque<Made<M>>,
    renewing: bool,
}

struct Made<M: Make> {
    value: Arc<M::Value>,
    at: Timestamp,
    stamp: M::Stamp,
}

impl<M: Make> Clone for Made<M> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            at: self.at,
            stamp: self.stamp.clone(),
        }
    }
}

impl<M: Make> Clone for Kept<M> {
    fn clone(&self) -> Self {
        Self {
            shelves: self.shelves.clone(),
            room: self.room,
        }
    }
}

impl<M: Make> Kept<M> {
    /// Of each pipeline the last `room` values.
    pub(super) fn with_room(room: usize) -> Self {
        Self {
            shelves: Arc::default(),
            room,
        }
    }

    /// The value of a pipeline.
    pub(super) async fn get(
        &self,
        app: &Shared,
        name: &PipelineName,
        maker: M,
    ) -> Result<Arc<M::Value>, StoreError> {
        let Some(newest) = self.newest(name) else {
            return self.anew(app, name, &maker).await;
        };
        if app.engine.active(name).is_none() {
            let same = maker.stamp().await? == newest.stamp;
            return if same {
                Ok(newest.value)
            } else {
                self.anew(app, name, &maker).await
            };
        }
        let age = Duration::try_from(newest.at.duration_until(app.clock.now()));
        let age = age.unwrap_or_default();
        if age > STALE {
            return self.anew(app, name, &maker).await;
        }
        if age > FRESH && self.begin(name) {
            let (kept, app, name) = (self.clone(), app.clone(), name.clone());
            app.engine.clone().keep(async move {
                let _renewing = Renewing(&kept, &name);
                if let Err(error) = kept.anew(&app, &name, &maker).await {
                    tracing::debug!("what pages show of `{name}` was not made anew: {error}");
                }
            });
        }
        Ok(newest.value)
    }

    /// A kept value that is as wanted, of whatever pipeline.
    pub(super) fn find(&self, wanted: impl Fn(&M::Value) -> bool) -> Option<Arc<M::Value>> {
        let all = self.all();
        let mut values = all.values().flat_map(|shelf| &shelf.values);
        let found = values.find(|made| wanted(&made.value));
        found.map(|made| made.value.clone())
    }

    async fn anew(
        &self,
        app: &Shared,
        name: &PipelineName,
        maker: &M,
    ) -> Result<Arc<M::Value>, StoreError> {
        let at = app.clock.now();
        // before the rest: what changes in between is seen by the next one
        let stamp = maker.stamp().await?;
        let value = Arc::new(maker.make().await?);
        let mut all = self.all();
        let values = &mut all.entry(name.clone()).or_default().values;
        values.push_back(Made {
            value: value.clone(),
            at,
            stamp,
        });
        if values.len() > self.room {
            values.pop_front();
        }
        Ok(value)
    }

    fn newest(&self, name: &PipelineName) -> Option<Made<M>> {
        self.all().get(name)?.values.back().cloned()
    }

    /// Whether nobody makes it anew yet; then the caller does.
    fn begin(&self, name: &PipelineName) -> bool {
        let mut all = self.all();
        let shelf = all.entry(name.clone()).or_default();
        !std::mem::replace(&mut shelf.renewing, true)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<PipelineName, Shelf<M>>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Make> Default for Shelf<M> {
    fn default() -> Self {
        Self {
            values: VecDeque::new(),
            renewing: false,
        }
    }
}

/// A value is being made anew; however that ends, it can be made anew again.
struct Renewing<'a, M: Make>(&'a Kept<M>, &'a PipelineName);

impl<M: Make> Drop for Renewing<'_, M> {
    fn drop(&mut self) {
        if let Some(shelf) = self.0.all().get_mut(self.1) {
            shelf.renewing = false;
        }
    }
}
