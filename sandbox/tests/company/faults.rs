//! Planned misfortune.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use daybook_sandbox::company::{Effect, Fault, Kind, Regime, When};
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn a_line_cut_before_the_write_leaves_nothing() {
    let world = World::new(Regime::UsAst).await;
    world.books.plan(When::Write(2), Effect::CutBefore);
    assert!(
        world
            .try_post("salesreceipt", &world.receipt("1", "1.00", "NON"))
            .await
            .is_ok()
    );
    assert!(
        world
            .try_post("salesreceipt", &world.receipt("2", "1.00", "NON"))
            .await
            .is_err()
    );
    assert_eq!(world.books.documents().len(), 1);
    assert!(
        world
            .try_post("salesreceipt", &world.receipt("3", "1.00", "NON"))
            .await
            .is_ok()
    );
    assert_eq!(world.books.plans_left(), 0);
}

#[tokio::test]
async fn a_line_cut_after_the_write_leaves_the_document() {
    let world = World::new(Regime::UsAst).await;
    world
        .books
        .plan(When::DocNumber("2".into()), Effect::CutAfter);
    let path = "salesreceipt?requestid=r2";
    assert!(
        world
            .try_post(path, &world.receipt("2", "1.00", "NON"))
            .await
            .is_err()
    );
    assert_eq!(world.books.documents_numbered("2").len(), 1);
    let again = world.post(path, world.receipt("2", "1.00", "NON")).await;
    assert_eq!(again.status, 200);
    assert_eq!(world.books.documents().len(), 1);
}

#[tokio::test]
async fn proxies_answer_in_html_or_not_at_all() {
    let world = World::new(Regime::UsAst).await;
    for (effect, status, documents) in [
        (Effect::HtmlBefore(502), 502, 0),
        (Effect::HtmlAfter(504), 504, 1),
        (Effect::EmptyBefore, 200, 1),
        (Effect::EmptyAfter, 200, 2),
    ] {
        world.books.plan(When::write(), effect);
        let answer = world
            .post("salesreceipt", world.receipt("1", "1.00", "NON"))
            .await;
        assert_eq!(answer.status, status);
        assert!(answer.text.is_empty() || answer.text.starts_with("<html>"));
        assert_eq!(world.books.documents().len(), documents);
    }
}

#[tokio::test]
async fn one_document_of_a_batch_can_be_refused() {
    let world = World::new(Regime::UsAst).await;
    world
        .books
        .plan(When::DocNumber("2".into()), Effect::Refuse(Fault::system()));
    let items: Vec<_> = ["1", "2", "3"]
        .into_iter()
        .map(|n| json!({ "bId": n, "operation": "create", "SalesReceipt": world.receipt(n, "1.00", "NON") }))
        .collect();
    let answer = world.batch("r", json!(items)).await.json();
    assert_eq!(
        answer["BatchItemResponse"][1]["Fault"]["Error"][0]["code"],
        "10000"
    );
    assert_eq!(world.books.documents().len(), 2);
}

#[tokio::test]
async fn a_batch_can_be_cut_in_its_middle() {
    let world = World::new(Regime::UsAst).await;
    world
        .books
        .plan(When::path("/batch"), Effect::CutWithinBatch(2));
    let items: Vec<_> = ["1", "2", "3"]
        .into_iter()
        .map(|n| json!({ "bId": n, "operation": "create", "SalesReceipt": world.receipt(n, "1.00", "NON") }))
        .collect();
    let body = json!({ "BatchItemRequest": items });
    assert!(world.try_post("batch?requestid=r", &body).await.is_err());
    assert_eq!(world.books.documents().len(), 2);
    let again = world.post("batch?requestid=r", body).await.json();
    assert_eq!(again["BatchItemResponse"].as_array().unwrap().len(), 3);
    assert_eq!(
        world.books.documents().len(),
        3,
        "two were known, one was missing"
    );
}

#[tokio::test]
async fn a_test_can_act_between_the_write_and_its_answer() {
    let world = World::new(Regime::UsAst).await;
    let seen = Arc::new(AtomicUsize::new(0));
    let (books, counter) = (world.books.clone(), Arc::clone(&seen));
    world.books.before_answer(When::write(), 2, move |view| {
        assert!(view.is_write);
        counter.fetch_add(books.documents().len(), Ordering::SeqCst);
    });
    for number in ["1", "2", "3"] {
        world
            .post("salesreceipt", world.receipt(number, "1.00", "NON"))
            .await;
    }
    assert_eq!(
        seen.load(Ordering::SeqCst),
        1 + 2,
        "the write had taken effect each time"
    );
    let pause = world.books.hold_answer(When::write());
    let body = world.receipt("4", "1.00", "NON");
    let (answer, ()) = tokio::join!(world.try_post("salesreceipt", &body), async {
        pause.reached().await;
        assert_eq!(world.books.documents().len(), 4);
        pause.release();
    });
    assert_eq!(answer.unwrap().status, 200);
}

#[tokio::test]
async fn throttles_and_expired_tokens_can_be_planned() {
    let world = World::new(Regime::UsAst).await;
    world.books.plan_times(When::Next, Effect::Throttle, 2);
    assert_eq!(world.get("preferences").await.status, 429);
    assert_eq!(world.get("preferences").await.status, 429);
    assert_eq!(world.get("preferences").await.status, 200);
    world.books.plan(
        When::matching(|view| view.path.ends_with("/item")),
        Effect::ExpireAccessTokens,
    );
    assert_eq!(world.get("preferences").await.status, 200);
    assert_eq!(world.post("item", json!({})).await.status, 401);
}

#[tokio::test]
async fn faults_may_hide_in_http_200() {
    let world = World::new(Regime::UsAst).await;
    world
        .books
        .set_quirks(|quirks| quirks.faults_in_http_200 = true);
    let answer = world.get("item/999").await;
    assert_eq!((answer.status, answer.code().as_str()), (200, "610"));
}

#[tokio::test]
async fn a_stopped_company_cuts_its_lines_and_frees_its_port() {
    let world = World::new(Regime::UsAst).await;
    assert_eq!(world.get("preferences").await.status, 200);
    let (base, client) = (world.server.base_url(), world.client.clone());
    let books = world.books.clone();
    drop(world);
    assert!(
        client
            .get(format!("{base}/v3/company/1/preferences"))
            .send()
            .await
            .is_err()
    );
    assert_eq!(
        books.count(Kind::SalesReceipt),
        0,
        "the books can still be read"
    );
}
