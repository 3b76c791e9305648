//! Which schedules are being kept: a pipeline that runs by itself has a task that starts its runs, and
//! readiness means that each is there.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::daemon::Engine;
use crate::config::Schedule;
use crate::domain::PipelineName;

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
    /// The pipelines that should run by themselves and do not: the schedules were not started, or one
    /// has ended.
    pub fn schedules_at_rest(&self) -> Vec<PipelineName> {
        self.pipelines()
            .filter(|pipeline| !matches!(pipeline.schedule, Schedule::Manual))
            .filter(|pipeline| !self.schedules.has(&pipeline.name))
            .map(|pipeline| pipeline.name.clone())
            .collect()
    }
}
