//! A run that ends at any point goes on by itself: nothing twice, nothing lost.

use std::collections::HashSet;
use std::time::Duration;

use daybook::domain::{Counts, PipelineName, RunOptions, SyncStatus};
use daybook::engine::{Point, Tripwire};
use daybook::store::RunFilter;

use crate::support::{Setup, World, check_invariants};

/// Ends runs at the `nth` passing of `point`, then lets a fresh process finish.
async fn crash_and_go_on(seed: u64, point: Point, nth: u64) -> World {
    let world = Setup::new(seed, 60).start().await;
    world
        .run_with(RunOptions::default(), Tripwire::at_passing(point, nth))
        .await;
    world.run().await;
    check_invariants(&world).await;
    world
}

#[tokio::test]
async fn a_crash_after_a_page_was_read_loses_nothing() {
    for nth in 1..=4 {
        crash_and_go_on(20 + nth, Point::PageRead, nth).await;
    }
}

#[tokio::test]
async fn a_crash_after_a_page_was_journalled_loses_nothing() {
    for nth in 1..=4 {
        crash_and_go_on(30 + nth, Point::Journaled, nth).await;
    }
}

#[tokio::test]
async fn a_crash_before_a_call_is_sent_posts_it_once() {
    for nth in [1, 2, 5, 9] {
        crash_and_go_on(40 + nth, Point::Begun, nth).await;
    }
}

#[tokio::test]
async fn a_crash_after_the_answer_and_before_it_is_written_posts_it_once() {
    for nth in [1, 2, 5, 9] {
        crash_and_go_on(50 + nth, Point::Answered, nth).await;
    }
}

#[tokio::test]
async fn a_crash_after_the_outcome_was_written_posts_it_once() {
    for nth in [1, 2, 5, 9] {
        crash_and_go_on(60 + nth, Point::Finished, nth).await;
    }
}

#[tokio::test]
async fn a_crash_after_the_checkpoint_loses_nothing() {
    for nth in 1..=4 {
        crash_and_go_on(70 + nth, Point::Checkpointed, nth).await;
    }
}

/// What the only run counted.
async fn counted(world: &World) -> Vec<Counts> {
    let program = world.open(Tripwire::none()).await;
    let runs = program.store.runs(&RunFilter::default()).await.unwrap();
    assert_eq!(runs.len(), 1, "it went on, instead of beginning anew");
    let counts = runs[0].syncs.iter().map(|sync| sync.counts).collect();
    program.store.close().await;
    counts
}

/// How many pages the store was asked for more than once.
fn read_again(world: &World) -> usize {
    let requests = world.shop().requests();
    let pages: HashSet<_> = requests
        .iter()
        .map(|request| (&request.path, &request.query))
        .collect();
    requests.len() - pages.len()
}

/// Lets a fresh process go on with what was interrupted.
async fn go_on(world: &World) {
    let program = world.open(Tripwire::none()).await;
    for lease in program.store.leases().await.unwrap() {
        program.store.break_leases(&lease.owner).await.unwrap();
    }
    let pipeline = PipelineName::new("store-to-books");
    let resumed = program.engine.resume_interrupted(&pipeline).await.unwrap();
    if let Some(mut run) = resumed {
        run.wait().await;
    }
    program.engine.shut_down(Duration::from_secs(600)).await;
    program.store.close().await;
}

#[tokio::test]
async fn a_run_that_goes_on_counts_each_record_once_and_reads_at_most_one_page_again() {
    let setup = || Setup::new(81, 220);
    let undisturbed = setup().start().await;
    undisturbed.run().await;
    let counts = counted(&undisturbed).await;
    assert_eq!(read_again(&undisturbed), 0);
    for (point, nth) in [
        (Point::PageRead, 4),
        (Point::Journaled, 4),
        (Point::Begun, 9),
        (Point::Answered, 12),
        (Point::Finished, 15),
        (Point::Checkpointed, 4),
    ] {
        let world = setup().start().await;
        let crashed = world
            .run_with(RunOptions::default(), Tripwire::at_passing(point, nth))
            .await;
        assert_eq!(
            crashed.status,
            SyncStatus::Running,
            "it crashed at {point:?}"
        );
        go_on(&world).await;
        check_invariants(&world).await;
        assert_eq!(counted(&world).await, counts, "after a crash at {point:?}");
        assert!(read_again(&world) <= 1, "after a crash at {point:?}");
    }
}

#[tokio::test]
async fn a_crash_in_every_process_one_after_the_other_ends_in_the_same_books() {
    let world = Setup::new(80, 60).start().await;
    for (nth, point) in Point::ALL.into_iter().enumerate() {
        let nth = u64::try_from(nth).unwrap() + 1;
        world
            .run_with(RunOptions::default(), Tripwire::at_passing(point, nth))
            .await;
    }
    world.run().await;
    check_invariants(&world).await;
}
