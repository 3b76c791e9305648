//! Several tabs and several people before the same run.

use daybook::http::Access;
use sandbox::company::{Effect, Fault, When};

use super::driver::Browser;
use super::site::Site;
use crate::support::plain_store;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_see_the_same_run_and_steer_it_together() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(3).await;
    browser.open(&site.url("/")).await;
    let overview = browser.tab().await;
    let runs = browser.new_tab(&site.url("/runs")).await;
    browser.sees("No run was made yet.").await;
    browser.mark().await;

    browser.go_to(&overview).await;
    let pause = site.hold_a_write();
    browser.press("Sync now").await;
    browser.sees("running").await;
    browser.mark().await;

    browser.go_to(&runs).await;
    browser
        .until("document.querySelector('.run[data-live] progress.wide')")
        .await;
    browser.is_still_the_same().await;
    browser.press("Pause").await;
    pause.release();
    // the run's own page tells more of it
    let answer = "document.querySelector('.answer').innerText";
    browser.until(&format!("{answer}.includes('paused')")).await;
    browser.mark().await;

    browser.go_to(&overview).await;
    browser
        .sees("Paused: nothing is posted until you press “Go on”")
        .await;
    browser.is_still_the_same().await;
    browser.press("Go on").await;
    browser.sees("All 3 sales and refunds of").await;

    browser.go_to(&runs).await;
    browser
        .until(&format!("{answer}.includes('completed')"))
        .await;
    browser.misses("Cancel run").await;
    browser.is_still_the_same().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_comes_while_a_list_is_read_announces_itself_and_pushes_nothing_away() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(2).await;
    site.sync().await;
    browser.open(&site.url("/orders")).await;
    browser.mark().await;
    let rows = "[...document.querySelectorAll('tr[data-id]')].map((it) => it.dataset.id)";
    let before = browser.value(rows).await;
    assert_eq!(before.as_array().map(Vec::len), Some(2));

    site.world.sell_mugs(1);
    site.sync().await;
    browser.sees("1 newer").await;
    assert_eq!(browser.value(rows).await, before);
    browser.is_still_the_same().await;
    browser.follow("1 newer: show").await;
    browser.until(&format!("{rows}.length === 3")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_tabs_as_somebody_likes_are_open_and_the_one_looked_at_is_live() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(2).await;
    browser.open(&site.url("/")).await;
    browser.sees("No run was made yet.").await;
    let first = browser.tab().await;
    // a browser opens six lines to an address
    for _ in 0..7 {
        browser.new_tab(&site.url("/")).await;
        browser.sees("No run was made yet.").await;
        browser.mark().await;
    }
    let pause = site.hold_a_write();
    let mut run = site.begin().await;
    browser.sees("Cancel run").await;
    pause.release();
    run.wait().await;
    browser.sees("All 2 sales and refunds of").await;
    browser.is_still_the_same().await;

    browser.go_to(&first).await;
    browser.sees("All 2 sales and refunds of").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_of_runs_stays_as_long_as_somebody_made_it() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(0).await;
    for _ in 0..52 {
        site.sync().await;
    }
    browser.open(&site.url("/runs")).await;
    browser.follow("More").await;
    let rows = "document.querySelectorAll('tr[data-id]').length";
    browser.until(&format!("{rows} === 52")).await;
    browser.mark().await;
    site.sync().await;
    browser.sees("1 newer").await;
    assert_eq!(browser.value(rows).await, 52);
    browser.is_still_the_same().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_else_decides_shows_without_a_run_and_without_a_reload() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let mut setup = plain_store();
    "posting = \"review\"".clone_into(&mut setup.mapping);
    let site = Site::new(setup, 1, Access::default()).await;
    site.sync().await;
    let number = site.world.shop().orders()[0].number.clone();
    browser.open(&site.url(&format!("/orders/{number}"))).await;
    browser.sees("On its way into the books").await;
    browser.mark().await;
    // as by another person: nothing on this page is pressed
    let hold = "fetch(`/api/postings/${document.querySelector('[name=posting]').value}/hold`, { method: 'POST' })";
    browser.run(hold).await;
    browser.sees("Not in the books: it waits for you").await;
    browser.is_still_the_same().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_was_opened_stays_as_it_was_asked_whatever_comes_meanwhile() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(1).await;
    let refuse_the_last = || {
        let number = site.world.shop().orders().last().unwrap().number.clone();
        let fault = Fault::business("Something is wrong with this one");
        let books = site.world.books();
        books.plan(When::DocNumber(number), Effect::Refuse(fault));
    };
    refuse_the_last();
    site.sync().await;
    browser.open(&site.url("/held")).await;
    browser.sees("1 entry waits for 1 reason.").await;
    browser.mark().await;
    let open = "document.querySelector('details.careful > summary').click()";
    browser.run(open).await;
    browser.sees("Leave this entry out").await;

    site.world.sell_mugs(1);
    refuse_the_last();
    site.sync().await;
    // the page knows of it, and the question is still the one that was asked
    let known = "document.querySelector('.rail .badge').textContent.trim() === '2'";
    browser.until(known).await;
    browser.sees("Leave this entry out").await;
    // once it is closed, what came is shown
    browser.run(open).await;
    browser.sees("2 entries wait for 1 reason.").await;
    browser.run(open).await;
    browser.sees("Leave these 2 entries out").await;
    browser.is_still_the_same().await;

    site.world.sell_mugs(1);
    refuse_the_last();
    site.sync().await;
    browser.until(&known.replace('2', "3")).await;
    browser.press("Leave these 2 entries out").await;
    browser.sees("has changed since you looked").await;
    browser.open(&site.url("/held")).await;
    browser.sees("3 entries wait for 1 reason.").await;
}
