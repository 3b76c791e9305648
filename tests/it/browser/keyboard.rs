//! Everything without a mouse.

use thirtyfour::Key;

use super::driver::Browser;
use super::site::Site;

const FOCUSED: &str = "(document.activeElement?.textContent ?? '').replace(/\\s+/g, ' ').trim()";
/// Whether what has the focus can be told by its outline, inside the window.
const SHOWS_ITS_FOCUS: &str = "(() => {
    const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
        && box.width > 0 && box.left >= 0 && box.right <= innerWidth && box.bottom > 0 && box.top < innerHeight;
})()";

/// Presses Tab until these words have the focus; each stop on the way can be seen.
async fn tab_to(browser: &Browser, words: &str) {
    for _ in 0..60 {
        browser.key(Key::Tab).await;
        assert_eq!(
            browser.value(SHOWS_ITS_FOCUS).await,
            true,
            "{}",
            browser.value(FOCUSED).await
        );
        if browser.value(FOCUSED).await == words {
            return;
        }
    }
    panic!("Tab does not lead to `{words}`");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_started_and_paused_with_tab_and_enter_alone() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(2).await;
    browser.open(&site.url("/")).await;
    // the first stop leads past the menu
    tab_to(&browser, "Skip to content").await;
    browser.key(Key::Enter).await;
    browser.until("document.activeElement.id === 'main'").await;
    let pause = site.hold_a_write();
    tab_to(&browser, "Sync now").await;
    browser.key(Key::Enter).await;
    browser.sees("running").await;
    tab_to(&browser, "Pause").await;
    browser.key(Key::Enter).await;
    pause.release();
    browser
        .sees("Paused: nothing is posted until you press “Go on”")
        .await;
    tab_to(&browser, "Go on").await;
    browser.key(Key::Enter).await;
    browser.sees("All 2 sales and refunds of").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tab_goes_through_a_page_in_the_order_in_which_it_is_read_and_back() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(2).await;
    site.sync().await;
    browser.open(&site.url("/orders")).await;
    let reachable = "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')] \
        .filter((it) => it.checkVisibility() && !it.disabled)";
    let count = browser.value(&format!("{reachable}.length")).await;
    for place in 0..count.as_u64().unwrap() {
        browser.key(Key::Tab).await;
        let at = format!("{reachable}.indexOf(document.activeElement)");
        assert_eq!(browser.value(&at).await, place);
        assert_eq!(
            browser.value(SHOWS_ITS_FOCUS).await,
            true,
            "{}",
            browser.value(FOCUSED).await
        );
    }
    assert!(count.as_u64().unwrap() > 15, "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shortcuts_search_go_to_pages_pick_rows_and_let_go_of_a_field() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(3).await;
    site.sync().await;
    browser.open(&site.url("/")).await;
    for (keys, path) in [("go", "/orders"), ("gh", "/held")] {
        browser.keys(keys).await;
        browser
            .until(&format!("location.pathname === '{path}'"))
            .await;
        browser.until("document.readyState === 'complete'").await;
    }
    browser.keys("go").await;
    browser
        .until("location.pathname === '/orders' && document.readyState === 'complete'")
        .await;
    browser.keys("/").await;
    browser
        .until("document.activeElement.type === 'search'")
        .await;
    assert_eq!(browser.value("document.activeElement.value").await, "");
    browser.key(Key::Escape).await;
    browser
        .until("document.activeElement === document.body")
        .await;

    // rows are picked one after the other, none before the first
    let numbers =
        browser.value("[...document.querySelectorAll('a.row')].map((it) => it.textContent.trim())");
    let numbers = numbers.await;
    for (keys, place) in [("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1), ("kk", 0)] {
        browser.keys(keys).await;
        browser
            .until(&format!("{FOCUSED} === {}", numbers[place]))
            .await;
    }
    browser.key(Key::Enter).await;
    let number = numbers[0].as_str().unwrap();
    browser.sees(&format!("Order {number}")).await;

    // in a field they are letters
    browser.keys("go").await;
    browser
        .until("location.pathname === '/orders' && document.readyState === 'complete'")
        .await;
    browser.keys("/").await;
    browser
        .until("document.activeElement.type === 'search'")
        .await;
    browser.keys("ghj/").await;
    assert_eq!(browser.value("document.activeElement.value").await, "ghj/");
    browser.key(Key::Enter).await;
    browser.sees("No order fits.").await;
}
