//! Who comes in, who is refused, and who may only read.

use daybook::http::Access;
use secrecy::SecretString;
use thirtyfour::Key;

use super::driver::Browser;
use super::site::Site;
use crate::support::plain_store;

/// Tokens as they are in nobody's configuration.
pub(super) const OPERATOR: &str = "token-of-the-operator";
pub(super) const VIEWER: &str = "token-of-the-viewer";

pub(super) fn guarded() -> Access {
    let token = |text: &str| Some(SecretString::from(text));
    Access::new(token(OPERATOR), token(VIEWER), None)
}

/// Signs in on the page for it, which puts the cursor into its only field.
pub(super) async fn sign_in(browser: &Browser, token: &str) {
    browser.until("document.activeElement.id === 'token'").await;
    browser.keys(token).await;
    browser.key(Key::Enter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_token_is_refused_and_the_right_one_leads_to_the_page_that_was_asked_for() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::new(plain_store(), 1, guarded()).await;
    site.sync().await;
    browser.open(&site.url("/orders?q=guest")).await;
    assert!(browser.path().await.starts_with("/login?next="));
    sign_in(&browser, "guessed").await;
    browser.sees("This is not the token of this daybook.").await;
    browser.open(&site.url("/held")).await;
    assert!(browser.path().await.starts_with("/login?next="));

    browser.open(&site.url("/orders?q=guest")).await;
    sign_in(&browser, OPERATOR).await;
    browser.sees("Guest Number 0").await;
    assert_eq!(browser.path().await, "/orders?q=guest");
    // no script can take the session away
    assert_eq!(browser.value("document.cookie").await, "");

    browser.press("Sign out").await;
    browser.until("location.pathname === '/login'").await;
    browser.open(&site.url("/")).await;
    assert!(browser.path().await.starts_with("/login"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_only_read_sees_a_run_move_and_has_no_buttons_to_steer_it() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let site = Site::new(plain_store(), 2, guarded()).await;
    browser.open(&site.url("/")).await;
    sign_in(&browser, VIEWER).await;
    browser.sees("No run was made yet.").await;
    browser.mark().await;
    let pause = site.hold_a_write();
    let run = site.begin().await;
    browser.sees("running").await;
    let buttons =
        "[...document.querySelectorAll('main button')].filter((it) => it.checkVisibility()).length";
    assert_eq!(browser.value(buttons).await, 0);
    pause.release();
    browser.sees("All 2 sales and refunds of").await;
    browser.is_still_the_same().await;
    assert_eq!(browser.value(buttons).await, 0);
    drop(run);
}
