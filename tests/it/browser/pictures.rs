//! How the pages look: nothing sticks out on a desk or a phone, the browser complains of nothing. With
//! `DAYBOOK_TEST_PICTURES` set to a folder each of them is a picture there (`scripts/screenshots`).

#![expect(
    clippy::disallowed_methods,
    reason = "the script that wants pictures says so by the environment"
)]

use std::path::PathBuf;

use super::driver::Browser;
use super::walk::walk;

/// Name, width and height of a window, and its theme.
const LOOKS: [(&str, u32, u32, &str); 4] = [
    ("light", 1280, 900, "light"),
    ("dark", 1280, 900, "dark"),
    ("narrow", 390, 844, "light"),
    ("narrow-dark", 390, 844, "dark"),
];
/// What the README shows: where on the walk, in which window and theme, and the picture's name.
const README: [(&str, u32, u32, &str, &str); 4] = [
    ("overview-running", 1200, 700, "light", "overview"),
    ("order", 1200, 700, "dark", "order"),
    ("reconcile", 1200, 700, "light", "reconcile"),
    ("held", 390, 700, "dark", "held-on-a-phone"),
];
/// Whether the menu shows where one is.
const SHOWS_ITS_PLACE: &str =
    "[...document.querySelectorAll('.rail a[aria-current]')].every((it) => {
    const box = it.getBoundingClientRect();
    return box.left >= 0 && box.right <= innerWidth;
})";
/// A picture is no taller.
const TALLEST: u64 = 2400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_sticks_out_of_a_page_and_the_browser_complains_of_none() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = std::env::var("DAYBOOK_TEST_PICTURES")
        .ok()
        .map(PathBuf::from);
    // pictures show a store as a shop has it, a test is done with less
    let orders = if folder.is_some() { 400 } else { 40 };
    let mut faults = Vec::new();
    walk(&browser, orders, async |name| {
        for (look, width, height, theme) in LOOKS {
            browser.prefers(theme).await;
            browser.size(width, height, false).await;
            let wide = browser.value("document.documentElement.scrollWidth").await;
            if wide.as_u64() > Some(width.into()) {
                faults.push(format!("{name}, {look}: {wide} pixels wide"));
            }
            browser.until(SHOWS_ITS_PLACE).await;
            if let Some(folder) = &folder {
                let tall = browser.value("document.documentElement.scrollHeight").await;
                let tall = u32::try_from(tall.as_u64().unwrap().min(TALLEST)).unwrap();
                browser.size(width, tall.max(height), false).await;
                browser
                    .picture(&folder.join(format!("{name}-{look}.png")))
                    .await;
            }
        }
        let pictures = README.iter().filter(|(at, ..)| *at == name);
        for ((_, width, height, theme, file), folder) in pictures.zip(&folder) {
            browser.prefers(theme).await;
            browser.size(*width, *height, false).await;
            browser
                .picture(&folder.join(format!("readme-{file}.png")))
                .await;
        }
        browser.size(1280, 900, false).await;
        // what is refused or not there is refused aloud by browsers
        let complaints = browser.complaints().await;
        let own = complaints
            .iter()
            .filter(|it| !it.contains("Failed to load resource"));
        faults.extend(own.map(|it| format!("{name}: {it}")));
    })
    .await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
