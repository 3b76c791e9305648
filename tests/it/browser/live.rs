//! A run under somebody's eyes.

use super::driver::Browser;
use super::site::Site;

/// Notes each value the bar of the run has from now on, and each percentage beside it.
const WATCH_THE_BAR: &str = "
    window.bar = [];
    const note = () => {
        const bar = document.querySelector('progress.wide'), text = document.querySelector('[data-f=percentage]');
        if (!bar || !text) return;
        const now = [bar.value, text.textContent.trim()];
        if (String(window.bar.at(-1)) !== String(now)) window.bar.push(now);
    };
    note();
    new MutationObserver(note).observe(document.body,
        { subtree: true, childList: true, attributes: true, characterData: true });";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_is_started_and_its_bar_moves_to_100_percent_without_a_reload() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(6).await;
    browser.open(&site.url("/")).await;
    browser.sees("No run was made yet.").await;
    let pause = site.hold_a_write();
    site.slow_down();
    browser.press("Sync now").await;
    // it shows at once, before anything came back
    browser.sees("running").await;
    browser
        .until("document.querySelector('progress.wide').value < 100")
        .await;
    browser.mark().await;
    browser.run(WATCH_THE_BAR).await;
    pause.release();

    browser.sees("All 6 sales and refunds of").await;
    browser
        .until("/Last run .*: [0-9]+ new, took [0-9]+ second/.test(document.body.innerText)")
        .await;
    browser.misses("Cancel run").await;
    browser.is_still_the_same().await;
    let bar = browser.value("window.bar").await;
    let steps = bar.as_array().unwrap();
    let values: Vec<u64> = steps.iter().map(|it| it[0].as_u64().unwrap()).collect();
    assert!(values.is_sorted(), "it never goes back: {bar}");
    assert_eq!(values.last(), Some(&100), "{bar}");
    let between = values.iter().filter(|value| (1..100).contains(*value));
    assert!(between.count() >= 3, "it is seen to move: {bar}");
    for step in steps {
        let text = format!("{} %", step[0]);
        assert_eq!(step[1], text, "bar and words agree: {bar}");
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    assert_eq!(site.world.books().documents().len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_paused_goes_on_and_is_cancelled_by_buttons() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(3).await;
    let pause = site.hold_a_write();
    browser.open(&site.url("/")).await;
    browser.press("Sync now").await;
    browser.press("Pause").await;
    pause.release();
    browser
        .sees("Paused: nothing is posted until you press “Go on”")
        .await;

    let pause = site.hold_a_write();
    browser.press("Go on").await;
    browser.sees("running").await;
    browser.press("Cancel run").await;
    pause.release();
    browser.sees("cancelled").await;
    browser.misses("Cancel run").await;
    assert!(site.world.books().documents().len() < 3);

    // a cancelled run loses nothing: the next one brings the rest
    site.sync().await;
    browser.sees("All 3 sales and refunds of").await;
    assert_eq!(site.world.books().documents().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_loaded_again_in_the_middle_of_a_run_goes_on_where_it_was() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(4).await;
    let pause = site.hold_a_write();
    browser.open(&site.url("/")).await;
    browser.press("Sync now").await;
    let batch = browser
        .value("document.querySelector('.run').dataset.run")
        .await;
    browser.reload().await;
    browser.sees("running").await;
    let again = browser
        .value("document.querySelector('.run').dataset.run")
        .await;
    assert_eq!(again, batch);
    browser.mark().await;
    browser.run(WATCH_THE_BAR).await;
    site.slow_down();
    pause.release();
    browser.sees("All 4 sales and refunds of").await;
    browser.is_still_the_same().await;
    let last = browser.value("window.bar.at(-1)[0]").await;
    assert_eq!(last, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_line_is_told_and_what_was_missed_is_there_when_it_is_back() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(2).await;
    let pause = site.hold_a_write();
    browser.open(&site.url("/")).await;
    browser.press("Sync now").await;
    browser.sees("running").await;
    browser.mark().await;
    site.cut_the_line();
    browser.sees("The live line to daybook is cut").await;
    // what was true last is still there to be read
    browser.sees("running").await;
    pause.release();
    site.run_is_over().await;
    site.mend_the_line();
    browser.misses("The live line to daybook is cut").await;
    browser.sees("All 2 sales and refunds of").await;
    browser.is_still_the_same().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_ends_before_a_page_listens_is_seen_to_have_ended() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::with_orders(2).await;
    for page in ["/", "/runs"] {
        let pause = site.hold_a_write();
        site.world.sell_mugs(1);
        let run = site.begin().await;
        pause.reached().await;
        site.hold_events();
        browser.open(&site.url(page)).await;
        let live = "document.querySelector('.run[data-live]')";
        browser.until(live).await;
        browser.mark().await;
        pause.release();
        run.clone().wait().await;
        site.let_events_through();
        browser.until(&format!("!{live}")).await;
        browser.misses("Cancel run").await;
        browser.is_still_the_same().await;
    }
}
