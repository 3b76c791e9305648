//! The sums of the overview.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use kit::{Clock, Money};

use crate::domain::{PipelineName, PostingState};
use crate::engine::Engine;
use crate::store::{DocumentCount, GroupBy, JournalStamp, Reconciled, Store, StoreError};

use super::super::period::Period;
use super::super::router::Shared;
use super::kept::{Kept, Make};

/// What the overview says of one pipeline.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub(super) as_of: Timestamp,
    pub(super) today: Date,
    /// A day of the month that is shown: this one, or the last one that has something.
    pub(super) month_of: Date,
    /// Sums of what is dated today, by currency.
    pub(super) day: Vec<Reconciled>,
    /// Sums of that month, by currency.
    pub(super) month: Vec<Reconciled>,
    pub(super) counts_month: Vec<DocumentCount>,
    /// Of all times.
    pub(super) counts: Vec<DocumentCount>,
    /// What was posted today, whatever its day: how many documents, and their sums.
    pub(super) posted_today: (u64, Vec<Money>),
    /// The last seven days: in the books, and not.
    pub(super) week: Vec<(Date, u64, u64)>,
}

/// How many of these documents are in one of these states.
pub(super) fn of(counts: &[DocumentCount], states: &[PostingState]) -> u64 {
    counts
        .iter()
        .filter(|count| states.contains(&count.state))
        .map(|count| count.count)
        .sum()
}

/// What was last added up, by pipeline.
pub(in super::super) struct Figures(Kept<Adding>);

impl Default for Figures {
    fn default() -> Self {
        Self(Kept::with_room(1))
    }
}

/// Who adds up.
#[derive(Clone)]
struct Adding {
    store: Store,
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    name: PipelineName,
    zone: TimeZone,
}

impl Make for Adding {
    type Value = Sums;
    /// The bell of this process, what other processes left in the journal, and the day.
    type Stamp = (u64, JournalStamp, Date);

    async fn stamp(&self) -> Result<Self::Stamp, StoreError> {
        let rung = *self.engine.bell().borrow();
        let today = self.clock.now().to_zoned(self.zone.clone()).date();
        Ok((rung, self.store.journal_stamp(&self.name).await?, today))
    }

    async fn make(&self) -> Result<Sums, StoreError> {
        add_up(&self.store, &self.name, &self.zone, self.clock.now()).await
    }
}

/// The sums of a pipeline.
pub(super) async fn sums(app: &Shared, name: &PipelineName) -> Result<Arc<Sums>, StoreError> {
    let adding = Adding {
        store: app.store.clone(),
        engine: app.engine.clone(),
        clock: app.clock.clone(),
        name: name.clone(),
        zone: super::zone_of(app, name),
    };
    app.figures.0.get(app, name, adding).await
}

async fn add_up(
    store: &Store,
    name: &PipelineName,
    zone: &TimeZone,
    as_of: Timestamp,
) -> Result<Sums, StoreError> {
    let name = Some(name);
    let today = as_of.to_zoned(zone.clone()).date();
    let (begins, ends) = day_of(today, zone);
    let newest = store.newest_document_day(name, today).await?;
    let month_of = newest.unwrap_or(today);
    let month = Period::month(month_of);
    let first = today.checked_sub(6.days()).unwrap_or(today);
    let mut week: Vec<(Date, u64, u64)> = Vec::new();
    let mut day = first;
    while day <= today {
        week.push((day, 0, 0));
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    for (date, state, count) in store.document_days(name, first).await? {
        if let Some(day) = week.iter_mut().find(|day| day.0 == date) {
            match state {
                PostingState::Posted => day.1 += count,
                PostingState::Excluded | PostingState::Reversed => {}
                PostingState::Queued
                | PostingState::Posting
                | PostingState::Held
                | PostingState::Failed => day.2 += count,
            }
        }
    }
    let sums = |from, to| store.reconcile(from, to, GroupBy::Status, name);
    Ok(Sums {
        as_of,
        today,
        month_of,
        day: sums(today, today).await?.totals,
        month: sums(month.first(), month.last()).await?.totals,
        counts_month: store.document_counts(name, month.from, month.to).await?,
        counts: store.document_counts(name, None, None).await?,
        posted_today: store.posted_between(name, begins, ends).await?,
        week,
    })
}

/// From when until when a calendar day lasts.
pub(super) fn day_of(day: Date, zone: &TimeZone) -> (Timestamp, Timestamp) {
    let begins = |day: Date| {
        let begins = day.to_zoned(zone.clone()).map(|begins| begins.timestamp());
        begins.unwrap_or(Timestamp::MAX)
    };
    (begins(day), day.tomorrow().map_or(Timestamp::MAX, begins))
}
