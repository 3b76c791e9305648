//! What waits for approval, as it was last looked at. Nothing is written down before somebody approves it.

use std::sync::Arc;

use super::super::router::Shared;
use super::kept::{Kept, Make};
use crate::domain::Route;
use crate::store::{Plan, Store, StoreError};

/// So many looks of a pipeline are kept: pages that show one may be open still.
const KEPT: usize = 5;

/// A look at what is queued.
pub(super) struct Look {
    /// The plan; `None` where nothing is queued.
    pub(super) plan: Option<Plan>,
}

/// Who looks.
#[derive(Clone)]
pub(super) struct Looking {
    store: Store,
    route: Route,
}

impl Make for Looking {
    type Value = Look;
    type Stamp = [u64; 3];

    async fn stamp(&self) -> Result<[u64; 3], StoreError> {
        self.store.plan_stamp(&self.route).await
    }

    async fn make(&self) -> Result<Look, StoreError> {
        let plan = self.store.look_at_plan(&self.route).await?;
        Ok(Look { plan })
    }
}

/// The last looks of each pipeline.
pub(super) struct Looks(Kept<Looking>);

impl Default for Looks {
    fn default() -> Self {
        Self(Kept::with_room(KEPT))
    }
}

impl Looks {
    /// The look that showed this plan.
    pub(super) fn with_plan(&self, id: &str) -> Option<Arc<Look>> {
        self.0
            .find(|look| look.plan.as_ref().is_some_and(|plan| plan.id == id))
    }
}

/// What is queued.
pub(super) async fn look(app: &Shared, route: &Route) -> Result<Arc<Look>, StoreError> {
    let looking = Looking {
        store: app.store.clone(),
        route: route.clone(),
    };
    let looks = &app.approvals.looks().0;
    looks.get(app, &route.pipeline, looking).await
}
