//! The consent: rotated, shared, lost, expired.

use std::time::Duration;

use futures_util::future::join_all;
use kit::{Kind, Target};
use secrecy::SecretString;

use crate::fake::{Fake, Mood};

#[tokio::test]
async fn the_next_refresh_token_is_on_disk_before_what_came_with_it_is_used() {
    let fake = Fake::start(Mood::default()).await;
    let found = fake.process(Some("refresh-1")).check().await.unwrap();
    assert_eq!(found, "company \"Acme\" in US, home currency USD");
    assert_eq!(
        fake.events.all(),
        [
            "refresh with refresh-1",
            "saved refresh-2",
            "read with access-1",
            "read with access-1"
        ]
    );
    assert_eq!(fake.vault.newest(), Some(("refresh-2".to_owned(), 1)));
}

#[tokio::test]
async fn calls_that_start_together_share_one_refresh() {
    let fake = Fake::start(Mood::default()).await;
    let books = fake.process(Some("refresh-1"));
    for result in join_all((0..10).map(|_| books.check())).await {
        result.unwrap();
    }
    assert_eq!(fake.events.count("refresh with"), 1);
}

#[tokio::test]
async fn an_access_token_is_renewed_before_it_ends() {
    let fake = Fake::start(Mood::default()).await;
    let books = fake.process(Some("refresh-1"));
    books.check().await.unwrap();
    fake.clock.advance(Duration::from_secs(54 * 60));
    books.check().await.unwrap();
    assert_eq!(fake.events.count("refresh with"), 1);
    fake.clock.advance(Duration::from_secs(2 * 60));
    books.check().await.unwrap();
    assert_eq!(fake.events.count("refresh with refresh-2"), 1);
    assert_eq!(fake.events.count("read with access-2"), 2);
}

#[tokio::test]
async fn two_processes_take_turns_and_neither_is_left_with_a_dead_token() {
    let fake = Fake::start(Mood::default()).await;
    let processes = [
        fake.process(Some("refresh-1")),
        fake.process(Some("refresh-1")),
    ];
    for _ in 0..3 {
        for result in join_all(processes.iter().map(Target::check)).await {
            result.unwrap();
        }
        fake.clock.advance(Duration::from_secs(3600));
    }
    assert_eq!(fake.vault.newest(), Some(("refresh-7".to_owned(), 6)));
}

#[tokio::test]
async fn the_stored_token_rules_over_the_configured_one() {
    let fake = Fake::start(Mood::default())
        .await
        .with_vault(|vault| vault.holding("refresh-1", 8));
    fake.process(Some("refresh-0")).check().await.unwrap();
    assert_eq!(fake.events.count("refresh with refresh-0"), 0);
    assert_eq!(fake.vault.newest(), Some(("refresh-2".to_owned(), 9)));
}

#[tokio::test]
async fn a_newly_configured_token_helps_when_the_stored_one_is_dead() {
    let fake = Fake::start(Mood::default())
        .await
        .with_vault(|vault| vault.holding("dead", 8));
    fake.process(Some("refresh-1")).check().await.unwrap();
    assert_eq!(fake.vault.newest(), Some(("refresh-2".to_owned(), 9)));
}

#[tokio::test]
async fn an_expired_consent_stops_and_says_what_to_do() {
    let fake = Fake::start(Mood::default())
        .await
        .with_vault(|vault| vault.holding("dead", 8));
    let books = fake.process(Some("also-dead"));
    let failure = books.check().await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Stop, "consent_expired")
    );
    assert!(failure.remedy().contains("daybook connect"));
    // the configured one is not tried again and again
    books.check().await.unwrap_err();
    assert_eq!(fake.events.count("refresh with also-dead"), 1);
}

#[tokio::test]
async fn without_any_token_the_remedy_is_to_connect() {
    let fake = Fake::start(Mood::default()).await;
    let failure = fake.process(None).check().await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Stop, "not_connected")
    );
}

#[tokio::test]
async fn wrong_keys_of_the_app_are_told_apart() {
    let fake = Fake::start(Mood {
        unknown_app: true,
        ..Mood::default()
    })
    .await;
    let failure = fake.process(Some("refresh-1")).check().await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Stop, "wrong_app_keys")
    );
}

#[tokio::test]
async fn a_lost_answer_is_made_good_while_the_old_token_still_works() {
    let mood = Mood {
        grace: true,
        lose_answers: 1,
        ..Mood::default()
    };
    let fake = Fake::start(mood).await;
    fake.process(Some("refresh-1")).check().await.unwrap();
    assert_eq!(fake.events.count("refresh with refresh-1"), 2);
    assert_eq!(fake.vault.newest(), Some(("refresh-3".to_owned(), 1)));
}

#[tokio::test]
async fn a_lost_answer_without_grace_stops_and_says_what_happened() {
    let fake = Fake::start(Mood {
        lose_answers: 1,
        ..Mood::default()
    })
    .await;
    let failure = fake.process(Some("refresh-1")).check().await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Stop, "consent_expired")
    );
    assert!(
        failure
            .to_string()
            .contains("the answer to its last renewal was lost")
    );
}

#[tokio::test]
async fn an_outage_of_the_token_service_passes_and_does_not_cost_the_consent() {
    let fake = Fake::start(Mood {
        outages: 2,
        ..Mood::default()
    })
    .await;
    let books = fake.process(Some("refresh-1"));
    let failure = books.check().await.unwrap_err();
    assert_eq!(failure.kind(), Kind::Retry { after: None });
    assert!(!failure.outcome_unknown(), "nothing was written");
    books.check().await.unwrap();
}

#[tokio::test]
async fn an_outage_does_not_matter_while_the_access_token_is_good() {
    let fake = Fake::start(Mood::default()).await;
    let books = fake.process(Some("refresh-1"));
    books.check().await.unwrap();
    fake.clock.advance(Duration::from_secs(56 * 60));
    fake.set_mood(Mood {
        outages: 2,
        ..Mood::default()
    });
    books.check().await.unwrap();
    assert_eq!(fake.events.count("outage"), 2);
    fake.clock.advance(Duration::from_secs(31));
    books.check().await.unwrap();
    assert_eq!(fake.events.count("read with access-2"), 2);
}

#[tokio::test]
async fn a_refused_access_token_is_renewed_once_and_the_call_made_again() {
    let fake = Fake::start(Mood {
        oldest_access: 2,
        ..Mood::default()
    })
    .await;
    let books = fake.process(Some("refresh-1"));
    books.check().await.unwrap();
    assert_eq!(
        fake.events.all(),
        [
            "refresh with refresh-1",
            "saved refresh-2",
            "read with access-1",
            "refresh with refresh-2",
            "saved refresh-3",
            "read with access-2",
            "read with access-2",
        ]
    );
}

#[tokio::test]
async fn calls_refused_together_share_one_renewal() {
    let fake = Fake::start(Mood::default()).await;
    let books = fake.process(Some("refresh-1"));
    books.check().await.unwrap();
    fake.set_mood(Mood {
        oldest_access: 2,
        ..Mood::default()
    });
    for result in join_all((0..8).map(|_| books.check())).await {
        result.unwrap();
    }
    assert_eq!(fake.events.count("refresh with"), 2);
}

#[tokio::test]
async fn a_company_that_refuses_every_token_stops() {
    let fake = Fake::start(Mood {
        refuse_access: true,
        ..Mood::default()
    })
    .await;
    let failure = fake.process(Some("refresh-1")).check().await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Stop, "token_refused")
    );
    assert_eq!(fake.events.count("read with"), 2);
}

#[tokio::test]
async fn a_token_that_cannot_be_kept_is_not_used_and_not_lost() {
    let fake = Fake::start(Mood::default()).await;
    let books = fake.process(Some("refresh-1"));
    fake.vault.set_full(true);
    let failure = books.check().await.unwrap_err();
    assert_eq!(failure.code(), "disk_full");
    assert_eq!(fake.events.all(), ["refresh with refresh-1"]);
    fake.vault.set_full(false);
    books.check().await.unwrap();
    assert_eq!(
        fake.events.all(),
        [
            "refresh with refresh-1",
            "saved refresh-2",
            "read with access-1",
            "read with access-1"
        ]
    );
}

#[tokio::test]
async fn the_right_to_refresh_is_waited_for() {
    let fake = Fake::start(Mood::default()).await;
    fake.vault.set_claimed(true);
    let failure = fake.process(Some("refresh-1")).check().await.unwrap_err();
    assert_eq!(failure.code(), "refresh_busy");
    assert!(fake.events.all().is_empty());
    fake.vault.set_claimed(false);
    fake.process(Some("refresh-1")).check().await.unwrap();
}

#[tokio::test]
async fn a_consent_is_asked_for_and_kept() {
    let fake = Fake::start(Mood::default())
        .await
        .with_vault(|vault| vault.holding("dead", 3));
    let books = fake.process(None);
    let redirect = "http://localhost:8080/callback".parse().unwrap();
    let page = books.consent_page(&redirect, "the-state");
    let asked: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    for (key, value) in [
        ("client_id", "app"),
        ("response_type", "code"),
        ("scope", "com.intuit.quickbooks.accounting"),
        ("redirect_uri", "http://localhost:8080/callback"),
        ("state", "the-state"),
    ] {
        assert!(
            asked.contains(&(key.to_owned(), value.to_owned())),
            "{key} in {page}"
        );
    }
    let code = SecretString::from("the-code");
    let other = books
        .accept_consent(&code, "999", &redirect)
        .await
        .unwrap_err();
    assert_eq!(other.code(), "wrong_realm");
    let old = SecretString::from("an-old-code");
    let failure = books
        .accept_consent(&old, "123", &redirect)
        .await
        .unwrap_err();
    assert_eq!(failure.code(), "consent_refused");
    books.accept_consent(&code, "123", &redirect).await.unwrap();
    assert_eq!(fake.vault.newest(), Some(("refresh-2".to_owned(), 4)));
    books.check().await.unwrap();
    books.revoke_consent().await.unwrap();
    assert_eq!(fake.events.count(r#"revoke {"token":"refresh-2"}"#), 1);
}
