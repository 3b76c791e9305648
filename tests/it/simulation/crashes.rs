//! A run that ends at any point goes on by itself: nothing twice, nothing lost.

use daybook::domain::RunOptions;
use daybook::engine::{Point, Tripwire};

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
async fn a_crash_after_the_checkpoint_reads_at_most_one_page_again() {
    for nth in 1..=4 {
        crash_and_go_on(70 + nth, Point::Checkpointed, nth).await;
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
