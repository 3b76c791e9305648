//! The sums of the overview. While a run is active they change with each page and are made anew in
//! the background at most each two seconds, so that no reader waits for them; else they are made
//! when they are asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use kit::Money;

use crate::domain::{PipelineName, PostingState};
use crate::store::{DocumentCount, GroupBy, Reconciled, Store, StoreError};

use super::super::period::Period;
use super::super::router::Shared;

const FRESH: Duration = Duration::from_secs(2);

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
#[derive(Default)]
pub(in super::super) struct Figures(Mutex<HashMap<PipelineName, Kept>>);

struct Kept {
    sums: Arc<Sums>,
    renewing: bool,
}

/// The sums of a pipeline.
pub(super) async fn sums(app: &Shared, name: &PipelineName) -> Result<Arc<Sums>, StoreError> {
    let zone = super::zone_of(app, name);
    let now = app.clock.now();
    let today = now.to_zoned(zone.clone()).date();
    let busy = app.engine.active(name).is_some();
    let (kept, renew) = {
        let mut all = app.figures.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all
            .get_mut(name)
            .filter(|kept| busy && kept.sums.today == today)
        {
            Some(kept) => {
                let age = Duration::try_from(kept.sums.as_of.duration_until(now));
                let renew = age.unwrap_or_default() > FRESH && !kept.renewing;
                kept.renewing |= renew;
                (Some(kept.sums.clone()), renew)
            }
            None => (None, false),
        }
    };
    match kept {
        None => {
            let sums = Arc::new(add_up(&app.store, name, &zone, now).await?);
            keep(app, name, sums.clone());
            Ok(sums)
        }
        Some(sums) => {
            if renew {
                let (app, name, zone) = (app.clone(), name.clone(), zone.clone());
                app.engine.clone().keep(async move {
                    let _renewing = Renewing {
                        app: app.clone(),
                        name: name.clone(),
                    };
                    match add_up(&app.store, &name, &zone, app.clock.now()).await {
                        Ok(sums) => keep(&app, &name, Arc::new(sums)),
                        Err(error) => tracing::debug!("the sums were not renewed: {error}"),
                    }
                });
            }
            Ok(sums)
        }
    }
}

/// Sums are being made anew; however that ends, they can be made anew again.
struct Renewing {
    app: Shared,
    name: PipelineName,
}

impl Drop for Renewing {
    fn drop(&mut self) {
        let all = self.app.figures.0.lock();
        let mut all = all.unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = all.get_mut(&self.name) {
            kept.renewing = false;
        }
    }
}

fn keep(app: &Shared, name: &PipelineName, sums: Arc<Sums>) {
    let kept = Kept {
        sums,
        renewing: false,
    };
    let mut all = app.figures.0.lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(name.clone(), kept);
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
