//! The pages as a browser without scripts meets them.

use axum::http::{Method, StatusCode};
use daybook::http::Access;
use rust_decimal::Decimal;
use sandbox::company::{Effect, Fault, When};
use secrecy::SecretString;

use super::api::{Answer, Api};
use crate::support::plain_store;

const HTML: [(&str, &str); 1] = [("accept", "text/html,application/xhtml+xml")];

/// A page, well formed as far as its policy goes: nothing runs or is styled in it.
async fn page(api: &Api, path: &str) -> String {
    let answer = api.ask(Method::GET, path, &HTML, "").await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    assert!(
        answer.header("content-type").starts_with("text/html"),
        "{path}"
    );
    let body = answer.body;
    for never in ["<style", " style=", "<script>", " onclick=", "javascript:"] {
        assert!(!body.contains(never), "{path} has {never}");
    }
    let title = body.split("<title>").nth(1).unwrap();
    assert!(title.contains(" · daybook</title>"), "{path}");
    body
}

fn has(page: &str, texts: &[&str]) {
    let plain = without_tags(page);
    for text in texts {
        assert!(plain.contains(text), "`{text}` is missing: {plain}");
    }
}

/// The text of a page, its spaces joined.
fn without_tags(page: &str) -> String {
    let mut text = String::new();
    for part in page.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
        text.push(' ');
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace(" .", ".").replace(" ,", ",")
}

async fn submit(api: &Api, path: &str, form: &str) -> Answer {
    let headers = [
        HTML[0],
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "http://127.0.0.1:8080"),
    ];
    api.ask(Method::POST, path, &headers, form).await
}

/// Three orders, of which the second is refused.
async fn with_one_held() -> (Api, String) {
    let api = Api::with_orders(3).await;
    let refused = api.world.shop().orders()[1].number.clone();
    let fault = Fault::business("Something is wrong with this one");
    let books = api.world.books();
    books.plan(When::DocNumber(refused.clone()), Effect::Refuse(fault));
    api.start("orders", "").await;
    api.run_is_over().await;
    (api, refused)
}

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
    assert!(running.contains("<progress class=\"wide\""), "{running}");
    // pressed twice is pressed once
    let again = submit(&api, "/do/sync", "pipeline=store-to-books").await;
    assert_eq!(again.status.as_u16(), 303);
    pause.release();
    api.run_is_over().await;

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
async fn a_run_is_paused_and_goes_on_by_buttons_alone() {
    let api = Api::with_orders(2).await;
    let pause = api.world.books().hold_answer(When::Write(1));
    submit(&api, "/do/sync", "pipeline=store-to-books").await;
    api.is_held(&pause).await;
    let batch = api.program.engine.active_runs()[0].batch.to_string();
    let form = format!("batch={batch}&action=pause&back=overview");
    assert_eq!(submit(&api, "/do/run", &form).await.header("location"), "/");
    pause.release();
    api.run_is_over().await;
    has(
        &page(&api, "/").await,
        &["Paused: nothing is posted until you press", "Go on"],
    );
    let form = format!("batch={batch}&action=resume");
    let resumed = submit(&api, "/do/run", &form).await;
    assert_eq!(resumed.header("location"), format!("/runs/{batch}"));
    api.run_is_over().await;
    has(
        &page(&api, &format!("/runs/{batch}")).await,
        &["completed", "Streams", "orders"],
    );
    assert_eq!(api.world.books().documents().len(), 2);
}

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
async fn orders_are_found_by_number_name_and_amount_page_by_page() {
    let api = Api::with_orders(60).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    let first = page(&api, "/orders").await;
    assert_eq!(first.matches("<tr data-id=").count(), 50);
    let next = first.split("class=\"more\" href=\"").nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    assert_eq!(page(&api, &next).await.matches("<tr data-id=").count(), 10);
    let order = &api.world.shop().orders()[7];
    let name = "/orders?q=guest+NUMBER+7";
    for path in [format!("/orders?q={}", order.number), name.to_owned()] {
        let found = page(&api, &path).await;
        assert_eq!(found.matches("<tr data-id=").count(), 1, "{path}");
        has(&found, &[&format!("#{}", order.number), "Guest Number 7"]);
    }
    let found = page(&api, &format!("/orders?q={}", order.total)).await;
    assert_eq!(found.matches("<tr data-id=").count(), 50);
    has(&page(&api, "/orders?q=nobody").await, &["No order fits."]);
    has(
        &page(&api, "/orders?state=excluded").await,
        &["No order fits."],
    );
    for wrong in [
        "/orders?state=lost",
        "/orders?nonsense=1",
        "/orders?from=yesterday",
        "/orders/nope",
    ] {
        let answer = api.get(wrong).await;
        assert!(answer.status.is_client_error(), "{wrong}");
    }
}

#[tokio::test]
async fn the_reconciliation_opens_to_its_orders_and_is_a_file_too() {
    let (api, _) = with_one_held().await;
    let sold = api.world.shop().orders();
    let by_day = page(&api, "/reconcile").await;
    has(
        &by_day,
        &["Store", "= Posted", "+ Held", "Difference", "0.00"],
    );
    for by in ["gateway", "tax", "status"] {
        let page = page(&api, &format!("/reconcile?by={by}")).await;
        let total: Decimal = sold.iter().map(|it| it.total).sum();
        has(&page, &[&total.to_string()]);
        for link in page.split("href=\"/orders?").skip(1) {
            let query = link.split('"').next().unwrap().replace("&amp;", "&");
            self::page(&api, &format!("/orders?{query}")).await;
        }
    }
    let csv = api.get("/reconcile.csv?by=status").await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    assert!(
        csv.header("content-disposition")
            .contains("reconciliation-")
    );
    let lines: Vec<&str> = csv.body.lines().collect();
    assert_eq!(
        lines[0],
        "status,currency,documents,store,posted,held,excluded,difference,store_tax,posted_tax"
    );
    assert!(
        lines.last().unwrap().starts_with("\"total\",USD,3,"),
        "{lines:?}"
    );
    has(
        &page(&api, "/reconcile?month=2020-01").await,
        &["Nothing is dated in this period."],
    );
    for wrong in [
        "?month=soon",
        "?by=moon",
        "?month=2026-11&from=2026-11-01",
        "?pipeline=nope",
    ] {
        let answer = api.get(&format!("/reconcile{wrong}")).await;
        assert!(answer.status.is_client_error(), "{wrong}");
    }
}

#[tokio::test]
async fn every_page_is_there_and_names_are_shown_as_text_whatever_is_in_them() {
    let mut setup = plain_store();
    setup.mapping = "[pipelines.mapping.payments.default]\n\
                     deposit_to = '<script>alert(\"1\")</script> & Sons'"
        .to_owned();
    let api = Api::new(setup, 1, Access::default()).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    for path in super::access::PAGES {
        page(&api, path).await;
    }
    let overview = page(&api, "/").await;
    assert!(overview.contains("&lt;script&gt;alert("), "{overview}");
    let run = api.get("/api/sync/runs").await.json()["runs"][0]["batch_id"].clone();
    has(
        &page(&api, &format!("/runs/{}", run.as_str().unwrap())).await,
        &["failed", "Go on"],
    );
}

#[tokio::test]
async fn a_person_gets_a_problem_as_a_page_and_a_program_as_json() {
    let api = Api::with_orders(0).await;
    let answer = api.ask_plainly(Method::GET, "/runs/nope", &HTML).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.header("content-type").starts_with("text/html"));
    has(
        &answer.body,
        &["Not Found", "There is no run nope.", "Back to the overview"],
    );
    api.get("/runs/nope").await.refuses(404, "not_found");
}

#[tokio::test]
async fn assets_are_kept_by_browsers_until_they_change() {
    let api = Api::with_orders(0).await;
    let overview = page(&api, "/").await;
    for name in ["daybook.css", "live.js", "icon.svg"] {
        let link = overview.split(&format!("\"/assets/{name}")).nth(1).unwrap();
        let link = format!("/assets/{name}{}", link.split('"').next().unwrap());
        let asset = api.ask_plainly(Method::GET, &link, &[]).await;
        assert_eq!(asset.status, StatusCode::OK);
        assert!(
            asset.header("cache-control").contains("immutable"),
            "{asset:?}"
        );
    }
    api.get("/assets/nothing.css")
        .await
        .refuses(404, "not_found");
}

#[tokio::test]
async fn people_sign_in_with_a_token_and_see_what_it_allows() {
    let token = |text: &str| Some(SecretString::from(text));
    let url = "https://books.example.com/".parse().unwrap();
    let access = Access::new(token("the-operators"), token("the-viewers"), Some(url));
    let api = Api::new(plain_store(), 1, access).await;
    let sent = api.ask_plainly(Method::GET, "/orders?q=1", &HTML).await;
    assert_eq!(
        (sent.status.as_u16(), sent.header("location")),
        (303, "/login?next=%2Forders%3Fq%3D1")
    );
    let form = api
        .ask_plainly(Method::GET, sent.header("location"), &HTML)
        .await;
    assert!(
        form.body.contains("name=\"next\" value=\"/orders?q=1\""),
        "{}",
        form.body
    );

    let wrong = api.sign_in("nobodys", "/").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    has(&wrong.body, &["This is not the token of this daybook."]);
    assert_eq!(wrong.header("set-cookie"), "");

    let mut sessions = Vec::new();
    for given in ["the-operators", "the-viewers"] {
        let signed = api.sign_in(given, "/orders?q=1").await;
        assert_eq!(
            (signed.status.as_u16(), signed.header("location")),
            (303, "/orders?q=1")
        );
        let cookie = signed.header("set-cookie");
        for part in [
            "HttpOnly",
            "SameSite=Strict",
            "Secure",
            "Path=/",
            "Max-Age=2592000",
        ] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains(given), "the token is not in it");
        sessions.push(cookie.split(';').next().unwrap().to_owned());
    }
    let [operator, viewer] = sessions.try_into().unwrap();
    let origin = ("origin", "https://books.example.com");
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (session, may) in [(&viewer, false), (&operator, true)] {
        let cookie = ("cookie", session.as_str());
        let seen = api.ask(Method::GET, "/", &[HTML[0], cookie], "").await;
        assert_eq!(seen.status, StatusCode::OK);
        assert_eq!(seen.body.contains("Sync now</button>"), may);
        assert!(seen.body.contains("Sign out"));
        let acts = api
            .ask(
                Method::POST,
                "/do/sync",
                &[cookie, form, origin],
                "pipeline=store-to-books",
            )
            .await;
        assert_eq!(acts.status.as_u16(), if may { 303 } else { 403 });
    }
    api.run_is_over().await;
    // a request that does not say from which page it comes is none of ours
    let cookie = ("cookie", operator.as_str());
    let silent = api
        .ask(
            Method::POST,
            "/do/sync",
            &[cookie, form],
            "pipeline=store-to-books",
        )
        .await;
    silent.refuses(403, "foreign_origin");
    // nor does a session live for ever, or with another seal
    let forged = viewer.replace("viewer", "operator");
    for cookie in [
        forged.as_str(),
        "daybook_session=operator.99999999999.AAAA",
        "daybook_session=",
    ] {
        let answer = api
            .ask(Method::GET, "/status", &[("cookie", cookie)], "")
            .await;
        answer.refuses(401, "token_needed");
    }
    api.pass(31 * 24 * 60 * 60);
    let answer = api.ask(Method::GET, "/status", &[cookie], "").await;
    answer.refuses(401, "token_needed");
}
