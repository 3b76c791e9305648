use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{Clock, ScaledClock};

const INTUIT: Quotas = Quotas {
    requests_per_minute: 500,
    requests_per_second: 10,
    batch_calls_per_minute: 40,
    concurrency: 100,
};

fn limiter() -> (Limiter, Arc<dyn Clock>) {
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::new(Timestamp::UNIX_EPOCH, 50));
    (
        Limiter::new(INTUIT, Learned::default(), clock.clone()),
        clock,
    )
}

/// The most of these moments that lie in one span of this length.
fn most_within(moments: &[Timestamp], span: SignedDuration) -> usize {
    let after = |first: &Timestamp| {
        let inside = |moment: &&Timestamp| **moment >= *first && **moment < *first + span;
        moments.iter().filter(inside).count()
    };
    moments.iter().map(after).max().unwrap_or(0)
}

#[tokio::test]
async fn calls_that_were_held_up_together_do_not_leave_in_one_second() {
    let (limiter, clock) = limiter();
    let mut permits = Vec::new();
    for _ in 0..30 {
        permits.push(limiter.admit_any(true).await.1);
    }
    let mut left = Vec::new();
    for permit in permits {
        permit.departure().await;
        left.push(clock.now());
    }
    assert!(most_within(&left, SignedDuration::from_secs(1)) <= 10);
}

#[tokio::test]
async fn a_minute_sees_both_quotas_used_and_neither_exceeded() {
    let (limiter, clock) = limiter();
    let mut calls = Vec::new();
    let end = clock.now() + SignedDuration::from_secs(90);
    while clock.now() < end {
        let (lane, permit) = limiter.admit_any(true).await;
        permit.departure().await;
        calls.push((clock.now(), lane));
    }
    let minute = SignedDuration::from_secs(60);
    let all: Vec<Timestamp> = calls.iter().map(|(at, _)| *at).collect();
    let batches: Vec<Timestamp> = calls
        .iter()
        .filter(|(_, lane)| *lane == Lane::Batch)
        .map(|(at, _)| *at)
        .collect();
    assert!(most_within(&all, minute) <= 500);
    assert!(most_within(&batches, minute) <= 40);
    assert!(
        batches.len() > 40,
        "the batch lane is used: {}",
        batches.len()
    );
}

#[test]
fn one_refusal_pauses_and_a_second_one_soon_after_lowers_the_rate() {
    let (limiter, _) = limiter();
    limiter.refused(Some(Duration::ZERO));
    assert_eq!(limiter.learned().rate_permille, 1000);
    limiter.refused(Some(Duration::from_secs(3600)));
    assert_eq!(limiter.learned().rate_permille, 666);
    limiter.refused(None);
    assert_eq!(
        limiter.learned().rate_permille,
        666,
        "what was under way in the pause is refused together"
    );
    let usage = limiter.usage();
    assert_eq!(usage.refused, 3);
    let until = usage.paused_until.unwrap();
    let longest = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(700);
    assert!(until < longest, "no server pauses us for an hour: {until}");
}
