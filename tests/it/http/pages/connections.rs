//! Connections: how they are, what was used, and consent given anew.

use axum::http::{Method, StatusCode};
use daybook::http::Access;

use super::{HTML, has, page};
use crate::http::api::Api;
use crate::support::{consented, plain_store};

/// A program whose company asks for consent at the simulated page.
async fn api() -> Api {
    let mut world = plain_store().start().await;
    world.sell_mugs(1);
    world.books_settings = format!("authorize_url = \"{}\"", world.company.authorize_url());
    Api::of(world, Access::default()).await
}

#[tokio::test]
async fn a_consent_is_given_anew_from_the_page_and_used_at_once() {
    let api = api().await;
    let shown = page(&api, "/connections").await;
    has(
        &shown,
        &[
            "Reconnect …",
            "/connections/callback",
            "Consent",
            "Metered reads this month",
            "Intuit's limits",
        ],
    );
    let sent = api.get("/connections/books/reconnect").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let back = consented(sent.header("location")).await;
    let back: url::Url = back.parse().unwrap();
    let path = format!("{}?{}", back.path(), back.query().unwrap());
    assert_eq!(back.path(), "/connections/callback");
    let done = api.ask(Method::GET, &path, &HTML, "").await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
    has(
        &done.body,
        &["daybook is connected to company", "Back to the connections"],
    );
    // an answer is taken once, and only to a question of ours
    for path in [
        path.as_str(),
        "/connections/callback?code=1&realmId=1&state=1",
    ] {
        api.get(path).await.refuses(400, "bad_request");
    }
    has(&page(&api, "/connections").await, &["works"]);
    api.start("orders", "").await;
    api.run_is_over().await;
    assert_eq!(api.world.books().documents().len(), 1);
    let trail = api
        .program
        .store
        .audit_trail(Some("books"), 1)
        .await
        .unwrap();
    assert_eq!(
        (trail[0].actor.as_str(), trail[0].action.as_str()),
        ("page", "connect")
    );
}

#[tokio::test]
async fn an_answer_that_is_late_refused_or_for_nobody_changes_nothing() {
    let api = api().await;
    api.get("/connections/store/reconnect")
        .await
        .refuses(404, "not_found");
    let state_of = |answer: &crate::http::api::Answer| {
        let page: url::Url = answer.header("location").parse().unwrap();
        let mut query = page.query_pairs();
        query
            .find(|(name, _)| name == "state")
            .unwrap()
            .1
            .into_owned()
    };
    let asked = api.get("/connections/books/reconnect").await;
    let refused = format!(
        "/connections/callback?error=access_denied&state={}",
        state_of(&asked)
    );
    api.get(&refused).await.refuses(400, "bad_request");
    let asked = api.get("/connections/books/reconnect").await;
    let wrong = format!(
        "/connections/callback?code=wrong&realmId=1&state={}",
        state_of(&asked)
    );
    api.get(&wrong).await.refuses(502, "not_connected");
    let asked = api.get("/connections/books/reconnect").await;
    api.pass(16 * 60);
    let late = format!(
        "/connections/callback?code=1&realmId=1&state={}",
        state_of(&asked)
    );
    api.get(&late).await.refuses(400, "bad_request");
    assert!(
        api.program
            .store
            .audit_trail(Some("books"), 1)
            .await
            .unwrap()
            .is_empty()
    );
}
