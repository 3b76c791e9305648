//! Hints to look sooner than the schedule says. A hint is no order: what it tells of is found by the
//! ordinary look, which waits until the store's record has settled. Any number of hints within that
//! time are one look.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::daemon::{Engine, StartError};
use crate::domain::{PipelineName, RunOptions, Trigger};

/// When a pipeline that is held elsewhere is looked at again for a hint.
const AGAIN: Duration = Duration::from_secs(5);

/// The hints that no look has followed yet.
#[derive(Default)]
pub(super) struct Hints {
    due: Mutex<HashMap<PipelineName, Due>>,
    came: Notify,
}

/// When to look: once for the first hint, and once more for those that came too late for that.
#[derive(Clone, Copy, Debug)]
struct Due {
    first: Timestamp,
    last: Timestamp,
}

impl Hints {
    fn add(&self, name: &PipelineName, at: Timestamp) {
        let mut all = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let due = all.entry(name.clone()).or_insert(Due {
            first: at,
            last: at,
        });
        due.last = due.last.max(at);
        drop(all);
        self.came.notify_waiters();
    }

    fn next(&self, name: &PipelineName) -> Option<Timestamp> {
        let all = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name).map(|due| due.first)
    }

    /// A look begins now: what is due later stays.
    fn followed(&self, name: &PipelineName, now: Timestamp) {
        let mut all = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(name) {
            Some(due) if due.last > now => due.first = due.last,
            Some(_) => {
                all.remove(name);
            }
            None => {}
        }
    }
}

impl Engine {
    /// Looks at a pipeline's store at this moment, though the schedule may say later.
    pub fn hint(&self, name: &PipelineName, at: Timestamp) {
        self.hints.add(name, at);
    }

    /// Follows the hints of a pipeline until the process ends.
    pub(super) async fn follow_hints(self: Arc<Self>, name: PipelineName) {
        loop {
            let came = self.hints.came.notified();
            let Some(due) = self.hints.next(&name) else {
                tokio::select! {
                    () = self.stopping() => return,
                    () = came => continue,
                }
            };
            let now = self.clock().now();
            let left = Duration::try_from(now.duration_until(due)).unwrap_or_default();
            if !left.is_zero() {
                tokio::select! {
                    () = self.stopping() => return,
                    () = self.clock().sleep(left) => continue,
                }
            }
            if let Some(mut run) = self.active(&name) {
                // it may have read past what the hint is about
                tokio::select! {
                    () = self.stopping() => return,
                    _ = run.wait() => {}
                }
                continue;
            }
            self.hints.followed(&name, now);
            self.look_for_hint(&name).await;
        }
    }

    async fn look_for_hint(self: &Arc<Self>, name: &PipelineName) {
        if let Ok(Some(paused)) = self.paused(name).await {
            tracing::info!(pipeline = %name, "run {} is paused, a hint of the store waits for the next look", paused.id);
            return;
        }
        let started = self
            .start(name, RunOptions::default(), Trigger::Webhook)
            .await;
        match started {
            Ok(mut run) => {
                tokio::select! {
                    () = self.stopping() => {}
                    _ = run.wait() => {}
                }
            }
            Err(StartError::Active(_)) => self.hint(name, self.clock().now()),
            // whoever holds the pipeline may have read past it, or only looks whether a run was
            // interrupted, as this process does when it starts: the hint is not lost
            Err(StartError::ActiveElsewhere) => self.hint(name, self.clock().now() + AGAIN),
            Err(error) => tracing::error!(pipeline = %name, "no run was started: {error}"),
        }
    }
}
