//! When pipelines run by themselves.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::daemon::{Engine, Pipeline, StartError};
use super::sweep;
use crate::config::Schedule;
use crate::domain::{PipelineName, RunOptions, Trigger};

/// The longest nap of the scheduler, so that a clock that was set is noticed.
const NAP: Duration = Duration::from_secs(60);

/// The pipelines whose schedule is kept now.
#[derive(Debug, Default)]
pub(super) struct Schedules(Mutex<HashSet<PipelineName>>);

/// A schedule is kept for as long as this lives, whatever ends its task.
#[derive(Debug)]
pub(super) struct Kept<'s> {
    schedules: &'s Schedules,
    name: PipelineName,
}

impl Schedules {
    pub(super) fn keep(&self, name: &PipelineName) -> Kept<'_> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(name.clone());
        Kept {
            schedules: self,
            name: name.clone(),
        }
    }

    fn has(&self, name: &PipelineName) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.contains(name)
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        let all = &self.schedules.0;
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.name);
    }
}

impl Engine {
    /// When a pipeline runs next by itself.
    pub fn next_run(&self, name: &PipelineName) -> Option<Timestamp> {
        self.next_runs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .copied()
    }

    /// Runs the schedules of all pipelines until [`Engine::shut_down`].
    pub async fn serve(self: &Arc<Self>) {
        for name in self.pipelines.keys().cloned() {
            let engine = self.clone();
            let hinted = name.clone();
            let compared = name.clone();
            self.tasks
                .spawn(async move { engine.keep_schedule(name).await });
            let engine = self.clone();
            self.tasks
                .spawn(async move { engine.follow_hints(hinted).await });
            let engine = self.clone();
            self.tasks
                .spawn(async move { engine.keep_setup(compared).await });
        }
        self.stop.cancelled().await;
    }

    /// The pipelines that should run by themselves and do not: the schedules were not started, or one
    /// has ended.
    pub fn schedules_at_rest(&self) -> Vec<PipelineName> {
        self.pipelines()
            .filter(|pipeline| !matches!(pipeline.schedule, Schedule::Manual))
            .filter(|pipeline| !self.schedules.has(&pipeline.name))
            .map(|pipeline| pipeline.name.clone())
            .collect()
    }

    async fn keep_schedule(self: Arc<Self>, name: PipelineName) {
        let _kept = self.schedules.keep(&name);
        match self.resume_interrupted(&name).await {
            Ok(Some(mut run)) => {
                run.wait().await;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(pipeline = %name, "no run was resumed: {error}"),
        }
        let Some(pipeline) = self.pipelines.get(&name) else {
            return;
        };
        // a daemon that starts looks at once: its store may have changed for hours
        let mut due = match pipeline.schedule {
            Schedule::Manual => return,
            Schedule::Every(_) | Schedule::Cron(..) => self.clock.now(),
        };
        while self.wait_until(&name, due).await {
            if let Ok(Some(paused)) = self.paused(&name).await {
                tracing::info!(pipeline = %name, "run {} is paused, no other is started", paused.id);
                match pipeline.schedule.next_after(self.clock.now()) {
                    Some(next) => due = next,
                    None => return,
                }
                continue;
            }
            match self
                .start(&name, self.due_options(pipeline).await, Trigger::Schedule)
                .await
            {
                Ok(mut run) => {
                    run.wait().await;
                }
                Err(StartError::Active(_) | StartError::ActiveElsewhere) => {
                    tracing::info!(pipeline = %name, "a run is active already, this one is left out");
                }
                Err(error) => tracing::error!(pipeline = %name, "no run was started: {error}"),
            }
            match pipeline.schedule.next_after(self.clock.now()) {
                Some(next) => due = next,
                None => return,
            }
        }
    }

    /// What a run by schedule does: once a night it looks at all orders as well.
    async fn due_options(&self, pipeline: &Pipeline) -> RunOptions {
        let sweep = match self.store.swept_at(&pipeline.route).await {
            Ok(Some(last)) => sweep::is_due(self.clock.now(), last, &pipeline.timezone),
            // the first run reads everything anyway
            Ok(None) => {
                if let Err(error) = self.store.set_swept(&pipeline.route).await {
                    tracing::warn!("the first sweep could not be put off: {error}");
                }
                false
            }
            Err(error) => {
                tracing::warn!("when orders were last looked at could not be read: {error}");
                false
            }
        };
        RunOptions {
            sweep,
            ..RunOptions::default()
        }
    }

    /// Waits until `due`; false when the process is to end.
    async fn wait_until(&self, name: &PipelineName, due: Timestamp) -> bool {
        self.next_runs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone(), due);
        loop {
            let left = Duration::try_from(self.clock.now().duration_until(due)).unwrap_or_default();
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = self.clock.sleep(left.min(NAP)), if !left.is_zero() => {}
                () = std::future::ready(()), if left.is_zero() => return true,
            }
        }
    }
}
