//! Approval before posting: a run that reads and plans, a plan of what it queued, and a run that
//! sends what was approved. The gate itself is `Run::may_send`; what is approved is in the journal.

use std::sync::Arc;

use super::daemon::{Engine, StartError};
use super::progress::Progress;
use crate::domain::{PipelineName, RunOptions, Trigger};
use crate::store::{Approval, Plan, PlanChange};

/// What came of drawing up a plan.
#[derive(Debug)]
pub struct Drawn {
    /// How the run went that read the store.
    pub progress: Progress,
    /// The plan; `None` where nothing is to be posted.
    pub plan: Option<Plan>,
}

/// What came of applying a plan.
#[derive(Debug)]
pub enum Applied {
    /// The run that reads the store before, or the one that sends, did not end well. What was approved
    /// is sent by the next run.
    Stopped(Progress),
    /// Something is no longer as planned: nothing was sent.
    Changed(Vec<PlanChange>),
    /// Every document of the plan has an outcome.
    Done(Progress),
}

impl Engine {
    /// Reads what is new in the store and draws up what a run would post.
    pub async fn draw_up_plan(
        self: &Arc<Self>,
        name: &PipelineName,
        trigger: Trigger,
    ) -> Result<Drawn, StartError> {
        let mut run = self.start(name, RunOptions::default(), trigger).await?;
        let progress = run.wait().await;
        let Some(pipeline) = self.pipeline(name) else {
            return Err(StartError::UnknownPipeline(name.clone()));
        };
        let plan = self.store().draw_up_plan(&pipeline.route).await?;
        Ok(Drawn { progress, plan })
    }

    /// Reads what is new in the store and the plan's orders as they are now, and, where the plan's
    /// documents are still what is wanted, posts just those. Safe to repeat after a crash at any point: what was approved is in the journal, by
    /// intent and hash of the document, and the next run of any process sends it.
    pub async fn apply_plan(
        self: &Arc<Self>,
        plan: &Plan,
        actor: &str,
        trigger: Trigger,
    ) -> Result<Applied, StartError> {
        let name = &plan.route.pipeline;
        let read = RunOptions {
            plan: Some(plan.id.clone()),
            ..RunOptions::default()
        };
        let mut run = self.start(name, read, trigger).await?;
        let read = run.wait().await;
        if !read.ended_well() {
            return Ok(Applied::Stopped(read));
        }
        if let Approval::Changed(changes) = self.store().approve_plan(plan, actor).await? {
            return Ok(Applied::Changed(changes));
        }
        let only_send = RunOptions {
            retry: true,
            ..RunOptions::default()
        };
        let mut run = self.start(name, only_send, trigger).await?;
        let sent = run.wait().await;
        Ok(if sent.ended_well() {
            Applied::Done(sent)
        } else {
            Applied::Stopped(sent)
        })
    }
}
