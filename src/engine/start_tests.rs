use std::time::Duration;

use kit::{Chance, SystemClock};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::engine::lease::Owner;
use crate::engine::tripwire::Tripwire;

async fn engine(folder: &std::path::Path) -> Arc<Engine> {
    let url = format!("sqlite://{}", folder.join("daybook.db").display());
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(Chance::seeded(1)));
    let store = Store::open(&url, clock.clone(), chance.clone())
        .await
        .unwrap();
    let owner = Owner::this_process(&*clock, &chance);
    let (trip, lease) = (Tripwire::none(), Duration::from_secs(30));
    Engine::new(store, owner, Vec::new(), clock, chance, trip, lease)
}

/// The run, active from now on.
fn launched(engine: &Engine, name: &PipelineName) -> watch::Sender<Progress> {
    let (sender, progress) = watch::channel(Progress {
        batch: BatchId::new("the run"),
        pipeline: name.clone(),
        status: SyncStatus::Running,
        streams: Vec::new(),
        trouble: None,
    });
    let handle = RunHandle {
        batch: BatchId::new("the run"),
        progress,
        stop: CancellationToken::new(),
        wish: Wish::default(),
    };
    engine.runs().insert(name.clone(), handle);
    sender
}

#[tokio::test]
async fn a_run_that_goes_on_stays_active_when_the_task_that_had_paused_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let name = PipelineName::new("store-to-books");
    let paused = launched(&engine, &name);
    let gone_on_with = launched(&engine, &name);
    engine.no_longer_active(&name, &paused);
    assert!(engine.active(&name).is_some());
    engine.no_longer_active(&name, &gone_on_with);
    assert!(engine.active(&name).is_none());
}
