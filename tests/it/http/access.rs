//! Who may ask what.

use axum::http::{Method, StatusCode};
use daybook::http::Access;
use secrecy::SecretString;

use super::api::{Answer, Api};
use crate::support::plain_store;

const ROUTES: &str = include_str!("../../../src/http/router.rs");
const OPERATOR: &str = "token-of-the-operator";
const VIEWER: &str = "token-of-the-viewer";

/// Every route of the router, with something in place of its parameters.
fn routes() -> Vec<(Method, String)> {
    let found: Vec<_> = ROUTES
        .lines()
        .filter_map(|line| line.trim().strip_prefix(".route(\""))
        .map(|rest| {
            let (path, handlers) = rest.split_once('"').unwrap();
            let method = if handlers.contains("post(") {
                Method::POST
            } else {
                Method::GET
            };
            let path = path.replace("{stream}", "orders").replace("{sync_id}", "1");
            assert!(
                !path.contains('{'),
                "a parameter this test does not know: {path}"
            );
            (method, path)
        })
        .collect();
    assert_eq!(found.len(), ROUTES.matches(".route(").count());
    found
}

async fn guarded() -> Api {
    let access = Access {
        operator: Some(SecretString::from(OPERATOR)),
        viewer: Some(SecretString::from(VIEWER)),
    };
    Api::new(plain_store(), 1, access).await
}

async fn ask_with(api: &Api, method: &Method, path: &str, token: &str) -> Answer {
    let value = format!("Bearer {token}");
    let headers = [("authorization", value.as_str())];
    api.ask(method.clone(), path, &headers, "").await
}

#[tokio::test]
async fn every_route_but_the_two_probes_needs_a_token() {
    let api = guarded().await;
    let basic = [("authorization", "Basic dG9rZW4=")];
    for (method, path) in routes() {
        let probe = matches!(path.as_str(), "/healthz" | "/readyz");
        for headers in [&[][..], &basic] {
            let answer = api.ask(method.clone(), &path, headers, "").await;
            if probe {
                assert_eq!(answer.status, StatusCode::OK, "{path}");
            } else {
                answer.refuses(401, "token_needed");
                assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
            }
        }
        for wrong in [
            "",
            "token",
            "token-of-the-operator2",
            "TOKEN-OF-THE-OPERATOR",
        ] {
            let answer = ask_with(&api, &method, &path, wrong).await;
            assert_eq!(answer.status == StatusCode::UNAUTHORIZED, !probe, "{path}");
        }
    }
    assert_eq!(api.get("/").await.status, StatusCode::UNAUTHORIZED);
    assert!(api.program.engine.active_runs().is_empty());
}

#[tokio::test]
async fn the_viewers_token_reads_and_does_not_act() {
    let api = guarded().await;
    for (method, path) in routes() {
        let answer = ask_with(&api, &method, &path, VIEWER).await;
        if method == Method::POST {
            answer.refuses(403, "read_only");
        } else {
            let expected = if path.contains("/status/") { 404 } else { 200 };
            assert_eq!(answer.status.as_u16(), expected, "{path}");
        }
    }
    assert!(api.program.engine.active_runs().is_empty());
}

#[tokio::test]
async fn the_operators_token_reads_and_acts() {
    let api = guarded().await;
    for (method, path) in routes() {
        let answer = ask_with(&api, &method, &path, OPERATOR).await;
        let expected = match (method, path.contains("/status/")) {
            (Method::POST, _) => 202,
            (_, true) => 404,
            (_, false) => 200,
        };
        assert_eq!(answer.status.as_u16(), expected, "{path}");
    }
    api.run_is_over().await;
    assert_eq!(api.world.books().documents().len(), 1);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_start_anything() {
    const PATH: &str = "/api/sync/woocommerce/orders";
    let api = Api::with_orders(1).await;
    for origin in [
        "https://shop.example.com",
        "http://127.0.0.1:9090",
        "http://127.0.0.1",
        "null",
    ] {
        let headers = [("host", "127.0.0.1:8080"), ("origin", origin)];
        let answer = api.ask(Method::POST, PATH, &headers, "").await;
        answer.refuses(403, "foreign_origin");
    }
    assert!(api.program.engine.active_runs().is_empty());
    let headers = [
        ("host", "127.0.0.1:8080"),
        ("origin", "http://127.0.0.1:8080"),
    ];
    let answer = api.ask(Method::POST, PATH, &headers, "").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "its own page may");
    api.run_is_over().await;
}

#[tokio::test]
async fn what_is_not_there_and_what_is_asked_wrongly_are_problems_too() {
    let api = Api::with_orders(0).await;
    for path in [
        "/nothing",
        "/api",
        "/api/sync",
        "/api/sync/status/",
        "/%2e%2e/status",
    ] {
        api.get(path).await.refuses(404, "not_found");
    }
    for (method, path) in routes() {
        let wrong = match method {
            Method::POST => Method::GET,
            _ => Method::POST,
        };
        let answer = api.ask(wrong, &path, &[], "").await;
        answer.refuses(405, "method_not_allowed");
        assert!(
            answer.header("allow").contains(method.as_str()),
            "{answer:?}"
        );
    }
    // not UTF-8
    let answer = api.get("/api/sync/status/%ff").await;
    answer.refuses(400, "bad_request");
    let answer = api.post("/api/sync/woocommerce/%ff", "").await;
    answer.refuses(400, "bad_request");
}
