//! Quotas on the company's clock, and what is counted.

use std::time::Duration;

use daybook_sandbox::company::{Kind, Latency, Limits, Regime, ThrottleForm, When};
use serde_json::json;

use crate::support::{World, recording};

#[tokio::test]
async fn ten_a_second_pass_and_the_eleventh_is_throttled() {
    let world = World::with(Regime::UsAst, |_| {}).await;
    for _ in 0..10 {
        assert_eq!(world.get("preferences").await.status, 200);
    }
    let throttled = world.get("preferences").await;
    assert_eq!(throttled.status, 429);
    let recorded = recording("fault_3001_throttle_429")["response"]["body"]["Fault"].clone();
    assert_eq!(throttled.json()["Fault"], recorded);
    assert!(!throttled.headers.contains_key("retry-after"));
    world.time.advance(1);
    assert_eq!(world.get("preferences").await.status, 200);
    let counts = world.books.counts();
    assert_eq!(
        (counts.total, counts.metered_reads, counts.throttled),
        (12, 11, 1)
    );
    assert_eq!(counts.peak_per_second, 11);
}

#[tokio::test]
async fn forty_batch_calls_a_minute_pass_beside_single_calls() {
    let world = World::with(Regime::UsAst, |options| {
        options.limits = Limits {
            requests_per_second: None,
            ..Limits::real()
        };
        options.quirks.throttle_form = ThrottleForm::Validation;
        options.quirks.retry_after = Some(60);
    })
    .await;
    let query = json!([{ "bId": "1", "Query": "select count(*) from Item" }]);
    for call in 0..40 {
        assert_eq!(
            world.batch(&format!("r{call}"), query.clone()).await.status,
            200
        );
    }
    let throttled = world.batch("r40", query.clone()).await;
    assert_eq!(
        (throttled.status, throttled.code().as_str()),
        (429, "003001")
    );
    assert_eq!(throttled.headers["retry-after"], "60");
    assert_eq!(world.get("preferences").await.status, 200);
    world.time.advance(60);
    assert_eq!(world.batch("r41", query).await.status, 200);
}

#[tokio::test]
async fn items_of_batch_calls_may_count_singly() {
    let world = World::with(Regime::UsAst, |options| {
        options.limits = Limits {
            requests_per_second: None,
            ..Limits::real()
        };
        options.quirks.batch_items_count_singly = true;
    })
    .await;
    let items: Vec<_> = (0..30)
        .map(|n| json!({ "bId": format!("b{n}"), "operation": "create", "Customer": { "DisplayName": format!("C{n}") } }))
        .collect();
    let mut admitted = 0;
    for call in 0..40 {
        let answer = world.batch(&format!("r{call}"), json!(items)).await;
        admitted += u32::from(answer.status == 200);
    }
    assert_eq!(admitted, 16, "16 times 30 is 480, one more would be 510");
    assert_eq!(
        world.books.count(Kind::Customer),
        30,
        "the same names again are refused"
    );
}

#[tokio::test]
async fn a_batch_holds_thirty_items_and_its_ids_fifty_letters() {
    let world = World::new(Regime::UsAst).await;
    let items: Vec<_> = (0..31)
        .map(|n| json!({ "bId": n.to_string(), "Query": "select * from Item" }))
        .collect();
    assert_eq!(world.batch("r", json!(items)).await.status, 400);
    let items = json!([
        { "bId": "short", "operation": "create", "Customer": { "DisplayName": "Ann" } },
        { "bId": "b".repeat(20), "operation": "create", "Customer": { "DisplayName": "Bea" } },
        { "bId": "q", "Query": "select * from Customer" },
    ]);
    let answer = world.batch(&"r".repeat(36), items).await.json();
    let items = &answer["BatchItemResponse"];
    assert_eq!(items[0]["bId"], "short");
    assert_eq!(items[0]["Customer"]["DisplayName"], "Ann");
    assert_eq!(items[1]["Fault"]["Error"][0]["code"], "6000");
    let detail = items[1]["Fault"]["Error"][0]["Detail"].as_str().unwrap();
    assert!(detail.contains("You cannot enter more than 50 characters in the request_id field"));
    assert_eq!(items[2]["QueryResponse"]["maxResults"], 1);
    let counts = world.books.counts();
    assert_eq!(
        (counts.batch_calls, counts.batch_items, counts.metered_reads),
        (1, 3, 1)
    );
}

#[tokio::test]
async fn calls_at_the_same_time_may_be_limited() {
    let world = World::with(Regime::UsAst, |options| {
        options.limits = Limits::off().with_concurrency(1);
        options.quirks.throttle_form = ThrottleForm::Forbidden;
    })
    .await;
    let pause = world.books.hold_work(When::write());
    let body = world.receipt("1", "1.00", "NON");
    let (first, second) = tokio::join!(world.try_post("salesreceipt", &body), async {
        pause.reached().await;
        let second = world.get("preferences").await;
        pause.release();
        second
    });
    assert_eq!(first.unwrap().status, 200);
    assert_eq!(
        (second.status, second.code().as_str()),
        (403, "3001"),
        "the form of 2016"
    );
    assert_eq!(world.books.counts().peak_concurrency, 2);
}

#[tokio::test]
async fn a_batch_takes_its_time_for_each_item() {
    let world = World::new(Regime::UsAst).await;
    let each = Duration::from_millis(5);
    world.books.set_latency(Latency {
        batch_item: each,
        ..Latency::default()
    });
    let items: Vec<_> = (0..10)
        .map(|n| json!({ "bId": n.to_string(), "Query": "select * from Item" }))
        .collect();
    let start = std::time::Instant::now();
    world.batch("r", json!(items)).await;
    assert!(start.elapsed() >= each * 10);
}

#[tokio::test]
async fn a_test_waits_for_a_state_of_the_books() {
    let world = World::new(Regime::UsAst).await;
    let waiting = world
        .books
        .wait_until(|books| books.count(Kind::SalesReceipt) == 2);
    let working = async {
        for number in ["1", "2"] {
            world
                .post("salesreceipt", world.receipt(number, "1.00", "NON"))
                .await;
        }
    };
    tokio::join!(waiting, working);
    assert_eq!(world.books.counts().objects_written, 2);
}
