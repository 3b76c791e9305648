//! The page at `/`.

use axum::http::StatusCode;
use daybook::http::Access;
use rust_decimal::Decimal;
use sandbox::company::{Effect, Fault, When};

use super::api::Api;
use crate::support::plain_store;

async fn page(api: &Api) -> String {
    let answer = api.get("/").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.body.starts_with("<!doctype html>"));
    assert!(!answer.body.contains("<script"), "its policy allows none");
    answer.body
}

fn has(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "`{text}` is missing: {page}");
    }
}

#[tokio::test]
async fn it_says_that_no_run_was_made_that_one_is_active_and_that_nothing_waits() {
    let api = Api::with_orders(2).await;
    has(
        &page(&api).await,
        &["store-to-books", "No run was made yet."],
    );

    let pause = api.world.books().hold_answer(When::Write(1));
    api.start("orders", "").await;
    api.is_held(&pause).await;
    has(&page(&api).await, &["A run is active.", "content=\"2\""]);
    pause.release();
    api.run_is_over().await;

    let page = page(&api).await;
    has(
        &page,
        &[
            "nothing waits for you",
            "No run is active.",
            "content=\"30\"",
        ],
    );
    let total: Decimal = api.world.shop().orders().iter().map(|it| it.total).sum();
    let row = format!("<td>USD<td class=\"n\">{total}<td class=\"n\">{total}<td class=\"n\">0.00");
    has(&page, &[&row]);
    assert!(!page.contains("Waits for you"));
}

#[tokio::test]
async fn it_shows_what_is_held_why_and_what_to_do() {
    let api = Api::with_orders(3).await;
    let refused = api.world.shop().orders()[1].number.clone();
    let fault = Fault::business("Something is wrong with this one");
    let books = api.world.books();
    books.plan(When::DocNumber(refused), Effect::Refuse(fault));
    api.start("orders", "").await;
    api.run_is_over().await;
    let page = page(&api).await;
    let cause = daybook::domain::cause("refused_by_quickbooks").unwrap();
    has(
        &page,
        &[
            "1 entry waits for you",
            "Waits for you",
            "refused_by_quickbooks",
        ],
    );
    has(&page, &[cause.meaning, cause.remedy]);
    let one = api.world.shop().orders()[1].total;
    let row = format!(
        "<td>USD<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{one}",
        one * Decimal::from(3),
        one * Decimal::from(2),
    );
    has(&page, &[&row]);
}

#[tokio::test]
async fn names_are_shown_as_text_whatever_is_in_them() {
    let mut setup = plain_store();
    setup.mapping = "[pipelines.mapping.payments.default]\n\
                     deposit_to = '<script>alert(\"1\")</script> & Sons'"
        .to_owned();
    let api = Api::new(setup, 1, Access::default()).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    let page = page(&api).await;
    has(
        &page,
        &[
            "The last run failed: ",
            "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; Sons",
        ],
    );
}
