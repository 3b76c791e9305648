//! Plan: what will be made, and exactly that after approval.

use std::time::Duration;

use super::{attribute, file, has, page, planned, submit};
use crate::http::api::Api;

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
