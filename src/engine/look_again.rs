//! The orders of a plan, read once more before it is approved. The ordinary look lets a change settle
//! and seldom looks into the bin; what somebody has approved is held against the store of this moment.

use std::collections::{BTreeSet, HashMap, HashSet};

use kit::{Fingerprint, StreamName};

use super::error::RunError;
use super::post::Poster;
use super::progress::Phase;
use super::run::Run;
use crate::domain::{SourceKind, SyncId};
use crate::store::DELETED;

/// So many orders are asked for together.
pub(super) const TOGETHER: usize = 100;

impl Run<'_> {
    /// Reads the orders of a plan, and those its refunds are of, and plans anew what is not as it was.
    pub(super) async fn look_again(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
        plan: &str,
    ) -> Result<(), RunError> {
        let Some(plan) = self.store.plan(plan).await? else {
            return Ok(());
        };
        self.show(Phase::Resolving, "looking at the orders of the plan");
        let of_orders = plan
            .entries
            .iter()
            .filter(|entry| matches!(entry.source_kind, SourceKind::Order | SourceKind::Refund));
        let numbers: BTreeSet<&str> = of_orders.map(|entry| entry.number.as_str()).collect();
        let numbers: Vec<&str> = numbers.into_iter().collect();
        let route = &self.pipeline.route;
        let orders = self.store.orders_numbered(route, &numbers).await?;
        for ids in orders.chunks(TOGETHER) {
            self.stop_here()?;
            self.look_at(poster, sync, ids).await?;
        }
        Ok(())
    }

    async fn look_at(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
        ids: &[String],
    ) -> Result<(), RunError> {
        let asked: Vec<&str> = ids.iter().map(String::as_str).collect();
        let route = &self.pipeline.route;
        let records = self.store.order_records(route, &asked).await?;
        let known: HashMap<&str, &Fingerprint> = records
            .iter()
            .map(|record| (record.id.as_str(), &record.fingerprint))
            .collect();
        let again = self.pipeline.source.orders_again(ids).await;
        let now = again.map_err(RunError::source)?;
        let there: HashSet<String> = now.iter().map(|record| record.id.clone()).collect();
        let changed: Vec<_> = now
            .into_iter()
            .filter(|record| known.get(record.id.as_str()) != Some(&&record.fingerprint))
            .map(|record| (StreamName::Orders, record))
            .collect();
        if !changed.is_empty() {
            let mapping = self.mapping().await?;
            self.replan(poster, sync, changed, &*mapping).await?;
        }
        let is_told = |id: &&str| known.get(id).is_some_and(|it| it.as_str() == DELETED);
        let gone: Vec<&str> = asked
            .into_iter()
            .filter(|id| !there.contains(*id) && !is_told(id))
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        self.deleted(sync, &gone).await
    }
}
