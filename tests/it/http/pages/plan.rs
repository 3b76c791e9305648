//! Plan: what will be made, and exactly that after approval.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use daybook::domain::PipelineName;
use daybook::http::Access;
use secrecy::SecretString;

use super::{HTML, attribute, file, has, page, planned, submit};
use crate::http::api::Api;
use crate::support::{Setup, plain_store};

/// A store whose sales wait for approval.
fn reviewed() -> Setup {
    let mut setup = plain_store();
    "posting = \"review\"".clone_into(&mut setup.mapping);
    setup
}

#[tokio::test]
async fn a_plan_is_approved_by_a_button_that_says_how_much_and_then_posted() {
    let (api, number) = planned().await;
    has(
        &page(&api, "/").await,
        &["2 sales and refunds wait for your approval;"],
    );
    let plan = page(&api, "/plan").await;
    has(
        &plan,
        &[
            "2 documents wait for your approval",
            "Post these 2 documents",
            "Nothing of this is in QuickBooks before you approve it",
            &format!("#{number}"),
        ],
    );
    let lines = file(&api, "/plan.csv").await;
    assert_eq!(lines[0][..4], ["pipeline", "order", "action", "kind"]);
    let receipts = lines.iter().filter(|line| line[3] == "sales_receipt");
    assert_eq!(receipts.count(), 2);

    let id = attribute(&plan, "name=\"plan\" value=\"").to_owned();
    let mut bell = api.program.engine.bell();
    let answer = submit(&api, "/do/approve", &format!("plan={id}")).await;
    assert_eq!(answer.header("location"), "/plan");
    while api.world.books().documents().len() < 2 {
        let rung = tokio::time::timeout(Duration::from_secs(60), bell.changed());
        rung.await.expect("the plan is posted").unwrap();
        api.run_is_over().await;
    }
    let done = page(&api, "/plan").await;
    assert!(!done.contains("documents wait"), "{done}");
    assert_eq!(api.world.books().documents().len(), 2);
}

#[tokio::test]
async fn without_review_nothing_waits_for_approval() {
    let api = Api::with_orders(1).await;
    has(&page(&api, "/plan").await, &["Nothing waits for approval"]);
    assert_eq!(file(&api, "/plan.csv").await.len(), 1);
}

#[tokio::test]
async fn a_long_plan_is_read_in_pages_and_approved_as_a_whole() {
    let api = Api::new(reviewed(), 60, Access::default()).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    let rows = |page: &str| page.matches("class=\"row\"").count();
    let first = page(&api, "/plan").await;
    has(&first, &["1 to 50 of 60", "Post these 60 documents"]);
    assert_eq!(rows(&first), 50);
    let next = attribute(&first, "class=\"more\" href=\"").replace("&amp;", "&");
    let second = page(&api, &next).await;
    has(&second, &["51 to 60 of 60", "Post these 60 documents"]);
    assert_eq!(rows(&second), 10);
    assert!(!second.contains("class=\"more\""));
    assert!(second.contains("<a href=\"/plan?pipeline=store-to-books\">From the first</a>"));
    // a place that the plan does not have any more
    let beyond = page(&api, "/plan?pipeline=store-to-books&after=100").await;
    has(&beyond, &["1 to 50 of 60"]);
    assert_eq!(rows(&beyond), 50);
    let lines = file(&api, "/plan.csv").await;
    let receipts = lines.iter().filter(|line| line[3] == "sales_receipt");
    assert_eq!(receipts.count(), 60, "the file has all of it");
}

#[tokio::test]
async fn a_plan_is_written_down_when_somebody_approves_it_and_not_before() {
    let token = |text: &str| Some(SecretString::from(text));
    let access = Access::new(token("the-operators"), token("the-viewers"), None);
    let api = Api::new(reviewed(), 1, access).await;
    let operator = [("authorization", "Bearer the-operators"), HTML[0]];
    let viewer = [("authorization", "Bearer the-viewers"), HTML[0]];
    let start = "/api/sync/woocommerce/orders";
    let started = api.ask(Method::POST, start, &operator, "").await;
    assert_eq!(started.status, StatusCode::ACCEPTED);
    api.run_is_over().await;
    let name = PipelineName::new("store-to-books");
    let kept = async || api.program.store.latest_plan(&name).await.unwrap();
    for path in ["/plan", "/plan.csv"] {
        let seen = api.ask(Method::GET, path, &viewer, "").await;
        assert_eq!(seen.status, StatusCode::OK);
        let sale = if path == "/plan" {
            "1 document waits"
        } else {
            "sales_receipt"
        };
        assert!(seen.body.contains(sale), "{}", seen.body);
        assert_eq!(kept().await, None, "{path}");
    }
    let seen = api.ask(Method::GET, "/plan", &operator, "").await.body;
    assert_eq!(kept().await, None, "nor does whoever could approve it");
    let id = attribute(&seen, "name=\"plan\" value=\"").to_owned();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let headers = [operator[0], operator[1], form];
    let approval = format!("plan={id}");
    for _ in 0..2 {
        let approved = api
            .ask(Method::POST, "/do/approve", &headers, &approval)
            .await;
        assert_eq!(approved.header("location"), "/plan", "{approved:?}");
    }
    assert_eq!(
        kept().await.expect("what is approved is written down").id,
        id
    );
    api.run_is_over().await;
}

#[tokio::test]
async fn old_trouble_with_an_approval_is_told_until_a_run_ends_well() {
    let (api, _) = planned().await;
    let id = attribute(&page(&api, "/plan").await, "name=\"plan\" value=\"").to_owned();
    api.world.books().set_subscription(false);
    submit(&api, "/do/approve", &format!("plan={id}")).await;
    let told = async { while !page(&api, "/plan").await.contains("The run did not end") {} };
    let told = tokio::time::timeout(Duration::from_secs(60), told);
    told.await.expect("the page says what came of it");
    api.world.books().set_subscription(true);
    api.pass(3);
    api.start("orders", "").await;
    api.run_is_over().await;
    let plan = page(&api, "/plan").await;
    assert!(!plan.contains("The run did not end"), "{plan}");
    // what was approved is sent by whichever run comes next
    assert_eq!(api.world.books().documents().len(), 2);
}

#[tokio::test]
async fn who_waits_for_an_approval_is_told_when_it_comes_to_nothing() {
    let (api, number) = planned().await;
    let id = attribute(&page(&api, "/plan").await, "name=\"plan\" value=\"").to_owned();
    let order = api.world.shop().orders()[0].clone();
    api.world
        .an_hour_ago(|shop| shop.set_quantity(order.id, 0, 3).unwrap());
    let mut watcher = api.watch("/api/sync/progress", &[]).await;
    submit(&api, "/do/approve", &format!("plan={id}")).await;
    // it is known only after the end of the run, which was told before
    let told = watcher.until(|heard| heard.event == "journal");
    let told = tokio::time::timeout(Duration::from_secs(60), told);
    told.await.expect("the end of the approval is told");
    let plan = page(&api, "/plan").await;
    has(
        &plan,
        &[
            "Nothing was posted: this is no longer as planned.",
            &format!("sales receipt {number}"),
        ],
    );
    assert!(api.world.books().documents().is_empty());
}
