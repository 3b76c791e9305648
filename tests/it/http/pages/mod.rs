//! The pages as a browser without scripts meets them: one file a page, and what all of them promise.

mod connections;
mod held;
mod login;
mod mapping;
mod orders;
mod overview;
mod plan;
mod reconcile;
mod runs;
mod several;
mod story;
mod words;

use axum::http::{Method, StatusCode};
use daybook::http::Access;
use sandbox::company::{Effect, Fault, When};

use super::api::{Answer, Api};
use crate::support::plain_store;

pub(super) const HTML: [(&str, &str); 1] = [("accept", "text/html,application/xhtml+xml")];

/// A page, well formed as far as its policy goes: nothing runs or is styled in it.
pub(super) async fn page(api: &Api, path: &str) -> String {
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

pub(super) fn has(page: &str, texts: &[&str]) {
    let plain = without_tags(page);
    for text in texts {
        assert!(plain.contains(text), "`{text}` is missing: {plain}");
    }
}

/// The text of a page, its spaces joined.
pub(super) fn without_tags(page: &str) -> String {
    let mut text = String::new();
    for part in page.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
        text.push(' ');
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace(" .", ".").replace(" ,", ",")
}

pub(super) async fn submit(api: &Api, path: &str, form: &str) -> Answer {
    let headers = [
        HTML[0],
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "http://127.0.0.1:8080"),
    ];
    api.ask(Method::POST, path, &headers, form).await
}

/// The same where it is refused: a program gets a problem.
pub(super) async fn refused(api: &Api, path: &str, form: &str, status: u16, code: &str) {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let answer = api.ask(Method::POST, path, &[kind], form).await;
    answer.refuses(status, code);
}

/// Three orders, of which the second is refused.
pub(super) async fn with_one_held() -> (Api, String) {
    let api = Api::with_orders(3).await;
    let refused = api.world.shop().orders()[1].number.clone();
    let fault = Fault::business("Something is wrong with this one");
    let books = api.world.books();
    books.plan(When::DocNumber(refused.clone()), Effect::Refuse(fault));
    api.start("orders", "").await;
    api.run_is_over().await;
    (api, refused)
}

/// Two orders, planned and not sent: somebody has to approve them.
pub(super) async fn planned() -> (Api, String) {
    let mut setup = plain_store();
    "posting = \"review\"".clone_into(&mut setup.mapping);
    let api = Api::new(setup, 2, Access::default()).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    let number = api.world.shop().orders()[0].number.clone();
    (api, number)
}

/// A table as a file: its lines, each in cells without their quotes.
pub(super) async fn file(api: &Api, path: &str) -> Vec<Vec<String>> {
    let answer = api.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    assert!(answer.header("content-type").starts_with("text/csv"));
    let saved = answer.header("content-disposition");
    assert!(saved.starts_with("attachment; filename=\""), "{saved}");
    let cells = |line: &str| {
        let cells = line.trim_matches('"').split("\",\"");
        cells.map(str::to_owned).collect()
    };
    answer.body.lines().map(cells).collect()
}

/// What stands in an attribute of the first tag that has it.
pub(super) fn attribute<'p>(page: &'p str, before: &str) -> &'p str {
    let rest = page.split(before).nth(1);
    let rest = rest.unwrap_or_else(|| panic!("`{before}` is missing: {page}"));
    rest.split('"').next().unwrap()
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
        &[
            "This is not here",
            "There is no run nope.",
            "Back to the overview",
        ],
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
async fn every_link_of_every_page_leads_to_a_page() {
    let (api, number) = with_one_held().await;
    let run = api.get("/api/sync/runs").await.json()["runs"][0]["batch_id"].clone();
    let mut paths: Vec<String> = super::access::PAGES.map(str::to_owned).to_vec();
    paths.push(format!("/orders/{number}"));
    paths.push(format!("/runs/{}", run.as_str().unwrap()));
    let mut seen = std::collections::BTreeSet::new();
    for path in paths {
        let shown = page(&api, &path).await;
        for link in shown.split("href=\"/").skip(1) {
            let link = link.split('"').next().unwrap().replace("&amp;", "&");
            let link = format!("/{}", link.split('#').next().unwrap());
            if link.starts_with("/assets/") || link.ends_with("/reconnect") {
                continue;
            }
            if seen.insert(link.clone()) {
                let answer = api.ask_plainly(Method::GET, &link, &HTML).await;
                assert_eq!(answer.status, StatusCode::OK, "{path} leads to {link}");
            }
        }
    }
    assert!(seen.len() > 30, "{seen:?}");
}
