//! What waits for approval, as it was last looked at. While a run is active the queue grows with each
//! page, and it is looked at anew in the background at most each two seconds, so that no reader waits
//! for it; else whenever it has changed. Nothing is written down before somebody approves it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::super::router::{App, Shared};
use crate::domain::{PipelineName, Route};
use crate::store::{Plan, StoreError};

/// While a run is active a look is good for so long, before it is made anew.
const FRESH: Duration = Duration::from_secs(2);
/// After so long it is too old to be shown meanwhile.
const STALE: Duration = Duration::from_secs(10);
/// So many looks of a pipeline are kept: pages that show one may be open still.
const KEPT: usize = 5;

/// A look at what is queued.
pub(super) struct Look {
    /// The plan; `None` where nothing is queued.
    pub(super) plan: Option<Plan>,
    at: Timestamp,
    stamp: [u64; 3],
}

/// The last looks of each pipeline, the newest last.
#[derive(Default)]
pub(super) struct Looks(Mutex<HashMap<PipelineName, Kept>>);

#[derive(Default)]
struct Kept {
    looks: VecDeque<Arc<Look>>,
    renewing: bool,
}

impl Looks {
    fn all(&self) -> MutexGuard<'_, HashMap<PipelineName, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self, name: &PipelineName) -> Option<Arc<Look>> {
        self.all().get(name)?.looks.back().cloned()
    }

    /// The look that showed this plan.
    pub(super) fn with_plan(&self, id: &str) -> Option<Arc<Look>> {
        let has = |look: &&Arc<Look>| look.plan.as_ref().is_some_and(|plan| plan.id == id);
        let all = self.all();
        all.values().flat_map(|kept| &kept.looks).find(has).cloned()
    }

    fn keep(&self, name: &PipelineName, look: Arc<Look>) {
        let mut all = self.all();
        let looks = &mut all.entry(name.clone()).or_default().looks;
        looks.push_back(look);
        if looks.len() > KEPT {
            looks.pop_front();
        }
    }

    /// Whether nobody looks anew yet; then the caller does.
    fn begin(&self, name: &PipelineName) -> bool {
        let mut all = self.all();
        let kept = all.entry(name.clone()).or_default();
        !std::mem::replace(&mut kept.renewing, true)
    }

    fn end(&self, name: &PipelineName) {
        if let Some(kept) = self.all().get_mut(name) {
            kept.renewing = false;
        }
    }
}

/// What is queued.
pub(super) async fn look(app: &Shared, route: &Route) -> Result<Arc<Look>, StoreError> {
    let name = &route.pipeline;
    let looks = app.approvals.looks();
    let Some(known) = looks.newest(name) else {
        return anew(app, route).await;
    };
    if app.engine.active(name).is_none() {
        let same = app.store.plan_stamp(route).await? == known.stamp;
        return if same {
            Ok(known)
        } else {
            anew(app, route).await
        };
    }
    let age = Duration::try_from(known.at.duration_until(app.clock.now())).unwrap_or_default();
    if age > STALE {
        return anew(app, route).await;
    }
    if age > FRESH && looks.begin(name) {
        let (app, route) = (app.clone(), route.clone());
        app.engine.clone().keep(async move {
            let _renewing = Renewing(&app, &route.pipeline);
            if let Err(error) = anew(&app, &route).await {
                tracing::debug!("the plan was not looked at anew: {error}");
            }
        });
    }
    Ok(known)
}

async fn anew(app: &App, route: &Route) -> Result<Arc<Look>, StoreError> {
    let at = app.clock.now();
    // before the rest: what changes in between is seen by the next look
    let stamp = app.store.plan_stamp(route).await?;
    let plan = app.store.look_at_plan(route).await?;
    let look = Arc::new(Look { plan, at, stamp });
    app.approvals.looks().keep(&route.pipeline, look.clone());
    Ok(look)
}

/// A look is being made anew; however that ends, it can be made anew again.
struct Renewing<'a>(&'a App, &'a PipelineName);

impl Drop for Renewing<'_> {
    fn drop(&mut self) {
        self.0.approvals.looks().end(self.1);
    }
}
