//! Held: grouped by cause, one remedy for all of a cause, and the way out.

use daybook::http::Access;
use sandbox::company::{Effect, Fault, When};

use super::{attribute, file, has, page, refused, submit, with_one_held, without_tags};
use crate::http::api::Api;
use crate::support::plain_store;

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
            "count as excluded in the reconciliation",
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
    let mark = attribute(&held, "name=\"seen\" value=\"");
    let form = format!("cause=refused_by_quickbooks&seen={mark}");
    let answer = submit(&api, "/do/exclude", &form).await;
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

#[tokio::test]
async fn a_held_customer_is_found_from_its_cause_and_has_a_page_of_its_own() {
    let api = Api::with_orders(2).await;
    let books = api.world.books();
    for name in ["Guest Number 0", "Somebody Else"] {
        books.add_customer(name, "guest0@example.com").unwrap();
    }
    api.start("orders", "").await;
    api.run_is_over().await;
    let waits = api.world.shop().orders()[0].number.clone();
    // the overview says that more waits than a sale
    let overview = page(&api, "/").await;
    has(
        &overview,
        &["1 sale or refund and 1 other entry wait for you."],
    );
    let held = page(&api, "/held").await;
    let link = "href=\"/orders?state=unsynced&amp;cause=ambiguous_customer\"";
    assert!(held.contains(link), "{held}");
    let group = section(&held, "ambiguous_customer");
    has(group, &["1 entry", "go on waiting", "on its own page"]);
    assert!(!group.contains("excluded in the reconciliation"), "{group}");
    has(
        section(&held, "waits_for_reference"),
        &["count as excluded in the reconciliation"],
    );

    let listed = page(&api, "/orders?state=unsynced&cause=ambiguous_customer").await;
    assert_eq!(listed.matches("<tr data-id=").count(), 1, "{listed}");
    let path = attribute(&listed, "class=\"row\" href=\"").to_owned();
    let story = page(&api, &path).await;
    has(
        &story,
        &[
            "(customer)",
            "Not in the books: it waits for you",
            "Try again",
            "No customer is made in QuickBooks",
            "what needs it goes on waiting",
        ],
    );
    // what is left out is found, and comes back by the same page
    let posting = attribute(&story, "name=\"posting\" value=\"").to_owned();
    let name = attribute(&story, "name=\"order\" value=\"").to_owned();
    let form = format!("posting={posting}&order={name}");
    let left = submit(&api, "/do/exclude", &form).await;
    assert_eq!(left.header("location"), path);
    let held = page(&api, "/held").await;
    let list = "/orders?state=excluded&amp;cause=excluded_by_hand";
    assert!(held.contains(&format!("href=\"{list}\"")), "{held}");
    let list = page(&api, &list.replace("&amp;", "&")).await;
    assert_eq!(attribute(&list, "class=\"row\" href=\""), path);
    assert!(!without_tags(&list).contains("Waiting because"));
    has(&page(&api, &path).await, &["excluded", "Try again"]);
    // an order's number is an order's, whoever is called so
    has(
        &page(&api, &format!("/orders/{waits}")).await,
        &[&format!("Order #{waits}")],
    );
}

/// What stands about a cause.
fn section<'p>(held: &'p str, code: &str) -> &'p str {
    let begin = held.split(&format!("data-id=\"{code}\"")).nth(1).unwrap();
    begin.split("</section>").next().unwrap()
}

#[tokio::test]
async fn what_came_since_somebody_looked_is_not_left_out_with_the_rest() {
    let (api, number) = with_one_held().await;
    let seen = page(&api, "/held").await;
    let mark = attribute(&seen, "name=\"seen\" value=\"").to_owned();
    let form = format!("cause=refused_by_quickbooks&seen={mark}");
    // another is refused meanwhile
    let before = api.world.shop().order_count();
    api.world.sell_mugs(1);
    let another = api.world.shop().orders()[before].number.clone();
    let fault = Fault::business("Something is wrong with this one, too");
    let books = api.world.books();
    books.plan(When::DocNumber(another.clone()), Effect::Refuse(fault));
    api.pass(3);
    api.start("orders", "").await;
    api.run_is_over().await;
    refused(&api, "/do/exclude", &form, 409, "changed_meanwhile").await;
    has(
        &page(&api, "/held").await,
        &["2 entries wait for 1 reason."],
    );

    let seen = page(&api, "/held").await;
    let mark = attribute(&seen, "name=\"seen\" value=\"").to_owned();
    let form = format!("cause=refused_by_quickbooks&seen={mark}");
    submit(&api, "/do/exclude", &form).await;
    has(&page(&api, "/held").await, &["Nothing waits for you."]);
    for number in [number, another] {
        has(
            &page(&api, &format!("/orders/{number}")).await,
            &["excluded"],
        );
    }
}

#[tokio::test]
async fn what_is_released_while_a_run_is_paused_says_when_it_is_sent() {
    let mut setup = plain_store();
    setup.books_settings = "batch_size = 1\nconcurrency = 1".to_owned();
    let api = Api::new(setup, 5, Access::default()).await;
    let number = api.world.shop().orders()[0].number.clone();
    let books = api.world.books();
    let fault = Fault::business("Something is wrong with this one");
    books.plan(When::DocNumber(number.clone()), Effect::Refuse(fault));
    let next = api.world.shop().orders()[2].number.clone();
    let pause = books.hold_answer(When::DocNumber(next));
    let run = api.start("orders", "").await;
    let run = run["batch_id"].as_str().unwrap().to_owned();
    api.is_held(&pause).await;
    submit(&api, "/do/run", &format!("batch={run}&action=pause")).await;
    pause.release();
    api.run_is_over().await;
    submit(&api, "/do/retry", "cause=refused_by_quickbooks").await;
    let held = page(&api, "/held").await;
    has(
        &held,
        &["1 is released: the paused run sends it when it goes on."],
    );
    assert!(!held.contains("action=\"/do/retry\""), "{held}");
    let overview = page(&api, "/").await;
    has(&overview, &["1 sale or refund is released."]);
    assert!(!without_tags(&overview).contains("waits for you."));
    has(
        &page(&api, &format!("/orders/{number}")).await,
        &["Released: the paused run sends it when it goes on."],
    );
    let api_says = api.get("/api/held").await.json();
    assert_eq!(api_says["causes"][0]["released"], 1);
}
