//! A day's work: an order is found, what waits is mended and tried again, a plan is approved.

use daybook::http::Access;
use jiff::civil::date;

use super::driver::Browser;
use super::site::Site;
use crate::support::plain_store;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_found_by_its_customer_and_opened_to_its_story() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(4).await;
    site.sync().await;
    let order = site.world.shop().orders()[2].clone();
    browser.open(&site.url("/")).await;
    browser.follow("Orders").await;
    browser
        .run("document.querySelector('input[type=search]').focus()")
        .await;
    browser.keys("number 2").await;
    browser.press("Search").await;
    browser
        .until("document.querySelectorAll('tr[data-id]').length === 1")
        .await;
    assert_eq!(browser.path().await, "/orders?q=number+2");
    // the whole row is a target, not its link alone
    browser
        .run("document.querySelector('td[data-label=Customer]').click()")
        .await;
    browser.sees(&format!("Order #{}", order.number)).await;
    browser.sees("Guest Number 2").await;
    browser
        .sees(&format!("as sales receipt {}", order.number))
        .await;
    browser.sees("What happened").await;
    browser.sees("Answered:").await;
    let differences = browser.value(
        "[...document.querySelectorAll('td[data-label=Difference]')].map((it) => it.innerText.trim())",
    );
    for difference in differences.await.as_array().unwrap() {
        assert_eq!(difference, "0.00 ✓");
    }
    browser.misses("\"DocNumber\"").await;
    browser
        .run("document.querySelector('details.engineers summary').click()")
        .await;
    browser.sees("\"DocNumber\"").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_order_is_tried_again_once_its_cause_is_mended() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(2).await;
    site.world.books().close_books(Some(date(2099, 12, 31)));
    site.sync().await;
    let number = site.world.shop().orders()[0].number.clone();
    browser.open(&site.url("/")).await;
    browser.sees("2 sales and refunds wait for you").await;
    browser.follow("2 sales and refunds").await;
    browser.sees("2 entries wait for 1 reason.").await;
    browser.sees("Move the closing date").await;
    browser.follow("2 entries").await;
    browser.follow(&format!("#{number}")).await;
    browser.sees("Not in the books: it waits for you").await;

    // as long as the cause is there it is held again
    for times in 1..=2 {
        browser.press("Try again").await;
        let tried = format!("document.body.innerText.split('Tried again').length > {times}");
        browser.until(&tried).await;
        site.run_is_over().await;
        browser.sees("Not in the books: it waits for you").await;
    }
    assert_eq!(site.world.books().documents().len(), 0);

    site.world.books().close_books(None);
    browser.reload().await;
    browser.press("Try again").await;
    browser.sees(&format!("as sales receipt {number}")).await;
    assert_eq!(site.world.books().documents().len(), 1);

    browser.follow("Held 1").await;
    browser.press("Try again").await;
    browser.sees("Nothing waits for you.").await;
    browser
        .until("!document.querySelector('.rail .badge')")
        .await;
    assert_eq!(site.world.books().documents().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_read_and_approved_and_just_that_is_posted() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let mut setup = plain_store();
    "posting = \"review\"".clone_into(&mut setup.mapping);
    let site = Site::new(setup, 3, Access::default()).await;
    browser.open(&site.url("/plan")).await;
    browser.sees("Nothing is planned.").await;
    site.sync().await;
    assert_eq!(site.world.books().documents().len(), 0);
    browser.open(&site.url("/")).await;
    browser
        .sees("3 sales and refunds wait for your approval")
        .await;
    browser.follow("3 sales and refunds").await;
    browser
        .sees("3 documents wait for your approval, 60.42 USD")
        .await;
    for order in site.world.shop().orders() {
        browser.sees(&format!("#{}", order.number)).await;
    }
    let pause = site.hold_a_write();
    browser.press("Post these 3 documents").await;
    browser.sees("The store is being looked at once more").await;
    browser.mark().await;
    pause.release();
    browser.sees("Nothing is planned.").await;
    browser
        .misses("The store is being looked at once more")
        .await;
    browser.is_still_the_same().await;
    assert_eq!(site.world.books().documents().len(), 3);
}
