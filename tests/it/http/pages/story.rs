//! The order's story: what can be done about it, and that it says what it does.

use axum::http::StatusCode;
use daybook::domain::PostingState;
use daybook::http::Access;
use daybook::store::PostingFilter;
use sandbox::company::When;

use super::{attribute, has, page, planned, submit};
use crate::http::api::Api;
use crate::support::plain_store;

async fn state_of(api: &Api, number: &str) -> (PostingState, Option<String>) {
    let filter = PostingFilter {
        q: Some(number.to_owned()),
        documents: true,
        ..PostingFilter::default()
    };
    let found = api.program.store.postings_page(&filter).await.unwrap();
    let row = found.postings.into_iter().find(|row| row.number == number);
    let row = row.unwrap();
    (row.state, row.cause)
}

#[tokio::test]
async fn a_queued_order_is_held_back_whatever_the_store_changes_until_somebody_releases_it() {
    let (api, number) = planned().await;
    let story = page(&api, &format!("/orders/{number}")).await;
    has(
        &story,
        &["On its way into the books as a sales receipt", "Hold back"],
    );
    let posting = attribute(&story, "name=\"posting\" value=\"").to_owned();
    let form = format!("posting={posting}&order={number}");
    let mut watcher = api.watch("/api/sync/progress", &[]).await;
    let held = submit(&api, "/do/hold", &form).await;
    // whoever looks at it hears of it, though no run has begun
    watcher.until(|heard| heard.event == "journal").await;
    assert_eq!(held.header("location"), format!("/orders/{number}"));
    let story = page(&api, &format!("/orders/{number}")).await;
    has(
        &story,
        &[
            "Not in the books: it waits for you",
            "held_by_hand",
            "Held back on these pages",
            "Try again",
            "Leave out …",
        ],
    );
    // held already: there is nothing to hold back
    let answer = api.post(&format!("/api/postings/{posting}/hold"), "").await;
    answer.refuses(409, "not_queued");

    let order = api.world.shop().orders()[0].clone();
    api.world
        .an_hour_ago(|shop| shop.set_note(order.id, "another note").unwrap());
    api.pass(3);
    api.start("orders", "{\"full_sync\":true}").await;
    api.run_is_over().await;
    let held = (PostingState::Held, Some("held_by_hand".to_owned()));
    assert_eq!(state_of(&api, &number).await, held);

    api.pass(3);
    let released = submit(&api, "/do/retry", &form).await;
    assert_eq!(released.status, StatusCode::SEE_OTHER);
    api.run_is_over().await;
    assert_eq!(state_of(&api, &number).await, (PostingState::Queued, None));
    assert!(
        api.world.books().documents().is_empty(),
        "nobody approved it"
    );
}

#[tokio::test]
async fn what_is_held_back_while_a_run_posts_is_not_sent_and_its_neighbours_are() {
    let mut setup = plain_store();
    setup.books_settings = "batch_size = 1\nconcurrency = 1".to_owned();
    let api = Api::new(setup, 3, Access::default()).await;
    let pause = api.world.books().hold_answer(When::Write(1));
    api.start("orders", "").await;
    api.is_held(&pause).await;
    let number = api.world.shop().orders()[2].number.clone();
    let list = format!("/api/postings?q={number}&state=queued");
    let list = api.get(&list).await.json();
    let documents = list["postings"].as_array().unwrap().iter();
    let mut documents = documents.filter(|it| it["kind"] == "sales_receipt");
    let id = documents.next().unwrap()["id"].as_str().unwrap().to_owned();
    let held = api.post(&format!("/api/postings/{id}/hold"), "").await;
    assert_eq!(held.status, StatusCode::OK, "{held:?}");
    pause.release();
    api.run_is_over().await;
    assert_eq!(api.world.books().documents().len(), 2);
    let waits = (PostingState::Held, Some("held_by_hand".to_owned()));
    assert_eq!(state_of(&api, &number).await, waits);
    // nor does a later run send it
    api.pass(3);
    api.start("orders", "{\"full_sync\":true}").await;
    api.run_is_over().await;
    assert_eq!(api.world.books().documents().len(), 2);
    assert_eq!(state_of(&api, &number).await, waits);
}

#[tokio::test]
async fn what_is_held_back_is_left_out_by_the_api_and_comes_back() {
    let (api, number) = planned().await;
    let list = api
        .get(&format!("/api/postings?q={number}&state=queued"))
        .await
        .json();
    let documents = list["postings"].as_array().unwrap().iter();
    let mut documents = documents.filter(|it| it["kind"] == "sales_receipt");
    let id = documents.next().unwrap()["id"].as_str().unwrap().to_owned();
    let path = |act: &str| format!("/api/postings/{id}/{act}");
    // what is to be sent is held back first
    api.post(&path("exclude"), "")
        .await
        .refuses(409, "not_waiting");
    let held = api.post(&path("hold"), "").await;
    assert_eq!(
        (held.status, held.json()["postings"].as_u64()),
        (StatusCode::OK, Some(1))
    );
    let mut watcher = api.watch("/api/sync/progress", &[]).await;
    let out = api.post(&path("exclude"), "").await;
    watcher.until(|heard| heard.event == "journal").await;
    assert_eq!(
        (out.status, out.json()["postings"].as_u64()),
        (StatusCode::OK, Some(1))
    );
    let excluded = (PostingState::Excluded, Some("excluded_by_hand".to_owned()));
    assert_eq!(state_of(&api, &number).await, excluded);
    for act in ["hold", "exclude"] {
        let missing = api.post(&format!("/api/postings/nope/{act}"), "").await;
        missing.refuses(404, "not_found");
    }
    api.pass(3);
    assert_eq!(
        api.post(&path("retry"), "").await.status,
        StatusCode::ACCEPTED
    );
    api.run_is_over().await;
    assert_eq!(state_of(&api, &number).await, (PostingState::Queued, None));
}

#[tokio::test]
async fn a_retry_that_voids_says_so_before_it_is_pressed() {
    let mut setup = plain_store();
    "[pipelines.mapping.orders]\non_cancel = \"hold\"".clone_into(&mut setup.mapping);
    let api = Api::new(setup, 1, Access::default()).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    let order = api.world.shop().orders()[0].clone();
    let number = order.number.clone();
    api.world
        .an_hour_ago(|shop| shop.set_status(order.id, "cancelled").unwrap());
    api.pass(3);
    api.start("orders", "{\"full_sync\":true}").await;
    api.run_is_over().await;
    let story = page(&api, &format!("/orders/{number}")).await;
    let void = format!(
        "Void sales receipt {number} ({} USD) in QuickBooks",
        order.total
    );
    has(&story, &["A change of it waits for you", &void]);
    has(&story, &["stays in QuickBooks as it is"]);
}

#[tokio::test]
async fn a_story_tells_by_what_an_order_was_mapped_and_to_what() {
    let api = Api::with_orders(1).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    let order = api.world.shop().orders()[0].clone();
    has(
        &page(&api, &format!("/orders/{}", order.number)).await,
        &[&format!(
            "Order read and mapped to a sales receipt (gateway {} → Undeposited Funds",
            order.payment_method
        )],
    );
}
