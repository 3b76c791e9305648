//! Books the fees of gateways by the day: one expense for each gateway, day and currency, once the day
//! is over in the pipeline's calendar, and again whenever what counts in it has changed. Everything is
//! made from the journal; where nothing is new that is one look, and the books are asked for nothing.

use super::error::RunError;
use super::post::Poster;
use super::run::Run;
use super::tripwire::Point;
use crate::domain::{
    Counts, FeesOfDay, GatewayDay, Mapping, Recount, References, SyncError, SyncId,
};

/// Days that are counted before their expenses are sent together.
const PORTION: usize = 200;

impl Run<'_> {
    /// Counts the days that are over and have changed, and posts what comes of it.
    pub(super) async fn fees(&self, poster: &Poster<'_>, sync: &SyncId) -> Result<(), RunError> {
        if self.options.dry_run {
            return Ok(());
        }
        let pipeline = self.pipeline;
        let mut before = Vec::new();
        loop {
            let now = self.clock.now();
            let today = now.to_zoned(pipeline.timezone.clone()).date();
            let days = self.store.open_fee_days(&pipeline.route, today, PORTION);
            let days = days.await?;
            // what stays open all the same is left to the next run
            if days.is_empty() || days == before {
                return Ok(());
            }
            let mapping = self.mapping().await?;
            let held = self.count_days(poster, sync, &days, &*mapping).await?;
            self.tell_of_days(sync, held).await?;
            before = days;
        }
    }

    /// Counts these days and posts what comes of it; what of it is held.
    pub(super) async fn count_days(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
        days: &[GatewayDay],
        mapping: &dyn Mapping,
    ) -> Result<Vec<SyncError>, RunError> {
        let route = &self.pipeline.route;
        let mut to_post = Vec::new();
        let mut changes = Vec::new();
        let mut errors = Vec::new();
        for day in days {
            if self.stop.is_cancelled() {
                return Err(RunError::Stopped);
            }
            let plan = |fees: &FeesOfDay, known: &References| {
                mapping.fees_of_day(&route.source, fees, known)
            };
            let mut journaled = self.store.journal_day(route, sync, day, &plan).await?;
            to_post.append(&mut journaled.to_post);
            changes.append(&mut journaled.changes);
            errors.append(&mut journaled.errors);
            self.trip.at(Point::Journaled)?;
        }
        let states = self.post(poster, &to_post).await?;
        self.count_held(&changes, &states, &mut Counts::default(), &mut errors)
            .await?;
        Ok(errors)
    }

    /// Tells what of the days is held, so that the run does not end as if all was well.
    pub(super) async fn tell_of_days(
        &self,
        sync: &SyncId,
        errors: Vec<SyncError>,
    ) -> Result<(), RunError> {
        if errors.is_empty() {
            return Ok(());
        }
        let held = u64::try_from(errors.len()).unwrap_or(u64::MAX);
        let counts = Counts {
            processed: held,
            held,
            ..Counts::default()
        };
        self.tell(sync, "fees", counts, &errors).await
    }

    /// Adds records to a sync that no page of its stream brought, and tells what of them is held.
    pub(super) async fn tell(
        &self,
        sync: &SyncId,
        what: &str,
        counts: Counts,
        errors: &[SyncError],
    ) -> Result<(), RunError> {
        for error in errors {
            tracing::warn!(cause = %error.cause, "{what} {}: {}", error.record, error.reason);
        }
        self.store.add_sync_errors(sync, errors).await?;
        let change = Recount::new(counts);
        self.store.recount(sync, &change).await?;
        self.change(sync, |progress, _| progress.counts.apply(&change));
        Ok(())
    }
}
