//! Overview: is it running, is anything missing, is there something to do.

use rust_decimal::Decimal;
use sandbox::company::When;

use super::{attribute, has, page, submit, with_one_held, without_tags};
use crate::http::api::Api;

#[tokio::test]
async fn the_overview_answers_first_and_its_button_starts_a_run_that_shows_at_once() {
    let api = Api::with_orders(2).await;
    has(
        &page(&api, "/").await,
        &["No run was made yet.", "Sync now"],
    );

    let pause = api.world.books().hold_answer(When::Write(1));
    let started = submit(&api, "/do/sync", "pipeline=store-to-books").await;
    assert_eq!(
        (started.status.as_u16(), started.header("location")),
        (303, "/")
    );
    api.is_held(&pause).await;
    let running = page(&api, "/").await;
    has(&running, &["running", "Pause", "Cancel run"]);
    assert!(!running.contains("not used yet"), "{running}");
    assert!(running.contains("<progress class=\"wide\""), "{running}");
    // pressed twice is pressed once
    let again = submit(&api, "/do/sync", "pipeline=store-to-books").await;
    assert_eq!(again.status.as_u16(), 303);
    pause.release();
    api.run_is_over().await;

    // as soon as the run is over, too: the overview shows what it did
    let at_once = submit(&api, "/do/sync", "pipeline=store-to-books").await;
    assert_eq!(at_once.header("location"), "/");
    assert!(api.program.engine.active_runs().is_empty());
    let done = page(&api, "/").await;
    has(
        &done,
        &[
            "All 2 sales and refunds of",
            "are in the books.",
            "completed",
            "Difference",
        ],
    );
    let total: Decimal = api.world.shop().orders().iter().map(|it| it.total).sum();
    has(&done, &[&total.to_string(), "0.00"]);
    assert!(!without_tags(&done).contains("Waits for you"));
}

#[tokio::test]
async fn the_figures_of_today_lead_to_the_lists_they_count() {
    let (api, number) = with_one_held().await;
    let overview = page(&api, "/").await;
    has(
        &overview,
        &[
            "Posted today 2",
            "Held 1",
            "Difference today",
            &format!("Longest waiting #{number}"),
            "Metered reads this month",
            "store",
            "books",
            "consent good until",
        ],
    );
    let posted = attribute(&overview, "<dt>Posted today</dt><dd><a href=\"");
    let listed = page(&api, &posted.replace("&amp;", "&")).await;
    assert_eq!(listed.matches("<tr data-id=").count(), 2, "{listed}");
    has(&listed, &["Posted on"]);
    let orders = api.world.shop().orders();
    let sold = orders.iter().filter(|order| order.number != number);
    let total: Decimal = sold.map(|order| order.total).sum();
    has(&overview, &[&format!("{total} USD")]);
    assert!(overview.contains("<a href=\"/held\">1</a>"), "{overview}");
    assert!(overview.contains("href=\"/connections#books\""));
}

#[tokio::test]
async fn the_last_seven_days_are_bars_with_a_table_as_their_twin() {
    let (api, _) = with_one_held().await;
    let overview = page(&api, "/").await;
    let week = overview.split("class=\"week\"").nth(1).unwrap();
    assert_eq!(week.matches("<svg class=\"chart\"").count(), 7, "{week}");
    let rows = week.split("<tbody>").nth(1).unwrap();
    assert_eq!(rows.matches("<tr>").count(), 7, "{rows}");
    has(week, &["The same as a table", "In the books", "Not yet"]);
    let sold: u64 = week
        .split("<b>")
        .skip(1)
        .map(|bar| bar.split('<').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(sold, 3);
}

#[tokio::test]
async fn what_another_process_posts_is_in_the_figures_at_the_next_look() {
    let api = Api::with_orders(2).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    has(&page(&api, "/").await, &["Posted today 2"]);
    api.world.sell_mugs(1);
    api.world.run().await;
    has(&page(&api, "/").await, &["Posted today 3"]);
}
