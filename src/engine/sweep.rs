//! The nightly sweep: a look at all orders of the open period, whatever their stamps say. It finds
//! orders that were deleted for good, refunds that were deleted, and edits that moved no stamp. What
//! it finds is read again and planned as any change is.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kit::{Cursor, Fingerprint, Outline, Record, StreamName};

use super::error::RunError;
use super::lists;
use super::look_again::TOGETHER;
use super::plan::source_kind;
use super::post::Poster;
use super::progress::Phase;
use super::run::Run;
use crate::domain::{SourceKind, SyncError, SyncId, cause};
use crate::store::{DELETED, PlannedRecord};

/// What changed so recently is the ordinary look's to find, once it has settled.
const RECENT: Duration = Duration::from_secs(3600);
/// The hours of the night, by the pipeline's clock.
const NIGHT: std::ops::Range<i8> = 1..5;
/// A sweep that could not be made at night is made by day after this long.
const AT_LATEST: SignedDuration = SignedDuration::from_hours(36);
/// There is one a night.
const AT_MOST: SignedDuration = SignedDuration::from_hours(20);

/// Whether a sweep is due: once a night, or by day when nights were missed.
pub(super) fn is_due(now: Timestamp, last: Timestamp, zone: &TimeZone) -> bool {
    let since = last.duration_until(now);
    let is_night = NIGHT.contains(&now.to_zoned(zone.clone()).hour());
    since >= AT_LATEST || (since >= AT_MOST && is_night)
}

impl Run<'_> {
    /// Looks at all orders and plans anew what no stamp showed.
    pub(super) async fn sweep(&self, poster: &Poster<'_>, sync: &SyncId) -> Result<(), RunError> {
        self.show(Phase::Resolving, "looking at all orders");
        let since = self.open_since().await?;
        let mut seen: HashSet<Box<str>> = HashSet::new();
        let mut cursor = Cursor::default();
        loop {
            self.stop_here()?;
            let page = self
                .pipeline
                .source
                .outlines(since.map(|(_, moment)| moment), &cursor)
                .await
                .map_err(RunError::source)?;
            let changed = self.changed(&page.outlines).await?;
            seen.extend(page.outlines.into_iter().map(|it| it.id.into_boxed_str()));
            self.read_again(poster, sync, &changed).await?;
            if !page.more {
                break;
            }
            cursor = page.next;
        }
        let first = since.map_or(Date::MIN, |(day, _)| day);
        let mut after = None;
        loop {
            self.stop_here()?;
            let route = &self.pipeline.route;
            let (ids, last) = self
                .store
                .orders_since(route, first, after.as_ref())
                .await?;
            let unseen: Vec<String> = ids
                .into_iter()
                .filter(|id| !seen.contains(id.as_str()))
                .collect();
            self.read_again(poster, sync, &unseen).await?;
            match last {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        Ok(self.store.set_swept(&self.pipeline.route).await?)
    }

    pub(super) fn stop_here(&self) -> Result<(), RunError> {
        if self.stop.is_cancelled() {
            return Err(RunError::Stopped);
        }
        Ok(())
    }

    /// The first open day and its first moment, as the books' lists were last read; nothing is asked
    /// for it.
    async fn open_since(&self) -> Result<Option<(Date, Timestamp)>, RunError> {
        let pipeline = self.pipeline;
        let entries = lists::kept(self.store, pipeline).await?;
        let mapping = (pipeline.make_mapping)(entries).ok();
        let Some(day) = mapping.and_then(|mapping| mapping.open_from()) else {
            return Ok(None);
        };
        let first = day.to_zoned(pipeline.timezone.clone()).ok();
        Ok(first.map(|first| (day, first.timestamp())))
    }

    /// The orders whose outlines are not those of the records in the journal, or are not in it.
    async fn changed(&self, outlines: &[Outline]) -> Result<Vec<String>, RunError> {
        let route = &self.pipeline.route;
        let ids: Vec<&str> = outlines.iter().map(|outline| outline.id.as_str()).collect();
        let records = self.store.order_records(route, &ids).await?;
        let known: HashMap<&str, Option<Fingerprint>> = records
            .iter()
            .map(|record| (record.id.as_str(), self.pipeline.source.outline(record)))
            .collect();
        let settled = self.clock.now().saturating_sub(RECENT);
        let is_recent = |outline: &Outline| {
            let settled = settled.as_ref().ok();
            outline
                .modified_at
                .zip(settled)
                .is_some_and(|(at, settled)| at > *settled)
        };
        let differs = |outline: &&Outline| {
            let same = known.get(outline.id.as_str()) == Some(&Some(outline.outline.clone()));
            !same && !is_recent(outline)
        };
        let changed = outlines.iter().filter(differs);
        Ok(changed.map(|outline| outline.id.clone()).collect())
    }

    /// Reads orders again and plans them; those that are gone are told of.
    async fn read_again(
        &self,
        poster: &Poster<'_>,
        sync: &SyncId,
        ids: &[String],
    ) -> Result<(), RunError> {
        let mut there = Vec::new();
        let mut gone = Vec::new();
        for asked in ids.chunks(TOGETHER) {
            self.stop_here()?;
            let again = self.pipeline.source.orders_again(asked).await;
            let found = again.map_err(RunError::source)?;
            let is_gone = |id: &&String| found.iter().all(|record| record.id != **id);
            gone.extend(asked.iter().filter(is_gone).map(String::as_str));
            there.extend(found.into_iter().map(|record| (StreamName::Orders, record)));
        }
        if !there.is_empty() {
            let mapping = self.mapping().await?;
            let (counts, errors) = self.replan(poster, sync, there, &*mapping).await?;
            self.tell(sync, "order", counts, &errors).await?;
        }
        if gone.is_empty() {
            return Ok(());
        }
        self.deleted(sync, &gone).await
    }

    /// Orders that the store has deleted for good: what is in the books stays, and people are told.
    pub(super) async fn deleted(&self, sync: &SyncId, ids: &[&str]) -> Result<(), RunError> {
        let route = &self.pipeline.route;
        let mapping = self.mapping().await?;
        let mut page = Vec::new();
        for record in self.store.order_records(route, ids).await? {
            let plan = match mapping.needs(StreamName::Orders, &record) {
                Ok(needs) => {
                    let known = self.store.references(route, &needs).await?;
                    mapping.deleted(&record, &known)
                }
                Err(error) => Err(error),
            };
            // one that could not be read before is not read now
            let Ok(plan) = plan else { continue };
            page.push(PlannedRecord {
                stream: StreamName::Orders,
                source_kind: source_kind(StreamName::Orders),
                record: Record {
                    fingerprint: Fingerprint::new(DELETED),
                    ..record
                },
                plan: Ok(plan),
                follows: true,
            });
        }
        self.store.journal_page(route, sync, &page, None).await?;
        let errors: Vec<SyncError> = page.iter().filter_map(told).collect();
        for error in &errors {
            tracing::warn!(cause = %error.cause, "order {}: {}", error.record, error.reason);
        }
        Ok(self.store.add_sync_errors(sync, &errors).await?)
    }
}

/// What people are told of a deleted order whose document is in the books.
fn told(planned: &PlannedRecord) -> Option<SyncError> {
    let drafts = planned.plan.as_ref().ok()?;
    let in_books = drafts
        .iter()
        .find(|draft| draft.key.source_kind == SourceKind::Order && draft.warning.is_some())?;
    let known = cause("deleted_in_store")?;
    Some(SyncError {
        record: in_books.number.clone(),
        cause: known.code.to_owned(),
        reason: in_books.warning.clone().unwrap_or_default(),
        remedy: known.remedy.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_is_made_once_a_night_and_by_day_only_when_nights_were_missed() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let last = at("2026-11-02T07:00:00Z"); // two in the morning
        for (now, due) in [
            ("2026-11-02T07:05:00Z", false),
            ("2026-11-02T23:00:00Z", false), // by day
            ("2026-11-03T02:59:00Z", false), // not a day ago, late in the evening
            ("2026-11-03T06:00:00Z", true),  // one in the morning
            ("2026-11-03T10:00:00Z", false), // five: the night is over
            ("2026-11-03T19:00:00Z", true),  // a night was missed
        ] {
            assert_eq!(is_due(at(now), last, &zone), due, "{now}");
        }
    }
}
