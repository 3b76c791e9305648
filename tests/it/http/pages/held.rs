//! Held: grouped by cause, one remedy for all of a cause, and the way out.

use super::{file, has, page, refused, submit, with_one_held};

#[tokio::test]
async fn what_is_held_is_told_with_its_remedy_and_tried_again_by_a_button() {
    let (api, number) = with_one_held().await;
    let cause = daybook::domain::cause("refused_by_quickbooks").unwrap();
    has(
        &page(&api, "/").await,
        &[
            "1 sale or refund waits for you.",
            "Waits for you",
            cause.meaning,
        ],
    );
    let held = page(&api, "/held").await;
    has(
        &held,
        &[
            "1 entry waits for 1 reason.",
            cause.meaning,
            "Something is wrong with this one",
        ],
    );
    assert!(held.contains("href=\"/orders?state=unsynced&amp;cause=refused_by_quickbooks\""));
    let listed = page(&api, "/orders?state=unsynced&cause=refused_by_quickbooks").await;
    has(&listed, &[&format!("#{number}"), "held"]);

    let story = page(&api, &format!("/orders/{number}")).await;
    has(
        &story,
        &[
            "Not in the books: it waits for you",
            "Try again",
            "Sent to QuickBooks",
        ],
    );
    api.world.books().clear_plans();
    let posting = story.split("name=\"posting\" value=\"").nth(1).unwrap();
    let posting = posting.split('"').next().unwrap();
    let answer = submit(
        &api,
        "/do/retry",
        &format!("posting={posting}&order={number}"),
    )
    .await;
    assert_eq!(answer.header("location"), format!("/orders/{number}"));
    api.run_is_over().await;
    let story = page(&api, &format!("/orders/{number}")).await;
    has(
        &story,
        &[&format!("sales receipt {number}"), "0.00", "What happened"],
    );
    has(&page(&api, "/held").await, &["Nothing waits for you."]);
    assert_eq!(api.world.books().documents().len(), 3);
}

#[tokio::test]
async fn all_of_a_cause_is_left_out_by_a_button_that_says_what_that_means() {
    let (api, number) = with_one_held().await;
    let held = page(&api, "/held").await;
    has(
        &held,
        &[
            "Leave out …",
            "none is made in QuickBooks",
            "They count as excluded in the reconciliation",
            "Leave this entry out",
        ],
    );
    let rows = file(&api, "/held.csv").await;
    assert_eq!(
        rows[1][..3],
        [
            "refused_by_quickbooks".to_owned(),
            rows[1][1].clone(),
            "1".to_owned()
        ]
    );
    let answer = submit(&api, "/do/exclude", "cause=refused_by_quickbooks").await;
    assert_eq!(answer.header("location"), "/held");
    has(&page(&api, "/held").await, &["Nothing waits for you."]);
    let story = page(&api, &format!("/orders/{number}")).await;
    has(
        &story,
        &["excluded", "Left out on these pages", "Try again"],
    );
    // nothing is left to be left out
    for (form, status, code) in [
        ("cause=refused_by_quickbooks", 409, "not_waiting"),
        ("", 400, "bad_request"),
        ("cause=nonsense", 404, "not_found"),
        ("cause=tax_off&posting=1", 400, "bad_request"),
        ("posting=1", 404, "not_found"),
    ] {
        refused(&api, "/do/exclude", form, status, code).await;
    }
    refused(&api, "/do/hold", "cause=tax_off", 400, "bad_request").await;
}
