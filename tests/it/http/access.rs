//! Who may ask what.

use axum::http::{Method, StatusCode};
use daybook::http::Access;
use secrecy::SecretString;

use super::api::{Answer, Api};
use crate::support::plain_store;

/// Every page.
pub(crate) const PAGES: [&str; 8] = [
    "/",
    "/orders",
    "/held",
    "/runs",
    "/mapping",
    "/reconcile",
    "/plan",
    "/connections",
];

const OPERATOR: &str = "token-of-the-operator";
const VIEWER: &str = "token-of-the-viewer";

/// Every route of the API as it describes itself, with something in place of its parameters.
fn routes() -> Vec<(Method, String)> {
    let document = serde_json::to_value(daybook::http::openapi()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{stream}", "orders");
        let path = ["{sync_id}", "{id}", "{cause}", "{connection}"]
            .iter()
            .fold(path, |path, name| path.replace(name, "1"));
        assert!(
            !path.contains('{'),
            "a parameter this test does not know: {path}"
        );
        for method in item.as_object().unwrap().keys() {
            let method = method.to_uppercase().parse().unwrap();
            routes.push((method, path.clone()));
        }
    }
    assert!(routes.len() > 12);
    routes
}

fn is_hook(path: &str) -> bool {
    path.starts_with("/hooks/")
}

fn access() -> Access {
    let token = |text: &str| Some(SecretString::from(text));
    Access::new(token(OPERATOR), token(VIEWER), None)
}

async fn guarded() -> Api {
    Api::new(plain_store(), 1, access()).await
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
        let open = matches!(path.as_str(), "/healthz" | "/readyz") || is_hook(&path);
        for headers in [&[][..], &basic] {
            let answer = api.ask(method.clone(), &path, headers, "").await;
            if !open {
                answer.refuses(401, "token_needed");
                assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
            }
        }
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(api.get(path).await.status, StatusCode::OK);
    }
    for page in PAGES {
        assert_eq!(
            api.get(page).await.status,
            StatusCode::UNAUTHORIZED,
            "{page}"
        );
    }
    for wrong in [
        "",
        "token",
        "token-of-the-operator2",
        "TOKEN-OF-THE-OPERATOR",
    ] {
        let answer = ask_with(&api, &Method::GET, "/status", wrong).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    assert!(api.program.engine.active_runs().is_empty());
}

#[tokio::test]
async fn the_viewers_token_reads_and_does_not_act() {
    let api = guarded().await;
    for (method, path) in routes() {
        if path.contains("/progress") || is_hook(&path) {
            continue; // watched elsewhere, as is what has a signature instead
        }
        let answer = ask_with(&api, &method, &path, VIEWER).await;
        if method == Method::POST {
            answer.refuses(403, "read_only");
        } else {
            let expected = if path.ends_with("/1") { 404 } else { 200 };
            assert_eq!(answer.status.as_u16(), expected, "{path}");
        }
    }
    assert!(api.program.engine.active_runs().is_empty());
}

#[tokio::test]
async fn the_operators_token_reads_and_acts() {
    let api = guarded().await;
    // the scheme is no matter of case
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {OPERATOR}");
        let headers = [("authorization", value.as_str())];
        let answer = api.ask(Method::GET, "/status", &headers, "").await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let start = "/api/sync/woocommerce/orders";
    let answer = ask_with(&api, &Method::POST, start, OPERATOR).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    api.run_is_over().await;
    assert_eq!(api.world.books().documents().len(), 1);
}

#[tokio::test]
async fn whoever_tries_many_tokens_has_to_wait_and_others_do_not() {
    let api = guarded().await;
    for _ in 0..10 {
        let answer = ask_with(&api, &Method::GET, "/status", "guess").await;
        answer.refuses(401, "token_needed");
    }
    // from now on it is not even told whether the token is right
    for token in ["guess", OPERATOR] {
        let answer = ask_with(&api, &Method::GET, "/status", token).await;
        answer.refuses(429, "too_many_attempts");
    }
    api.pass(61);
    let answer = ask_with(&api, &Method::GET, "/status", OPERATOR).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// Gives ten wrong tokens from an address, and tells how the right one fares from another.
async fn after_ten_guesses(api: &Api, guesser: (&str, &str), other: (&str, &str)) -> StatusCode {
    let right = format!("Bearer {OPERATOR}");
    for _ in 0..10 {
        let headers = [
            ("authorization", "Bearer guess"),
            ("x-forwarded-for", guesser.1),
        ];
        let answer = api.ask_from(guesser.0, "/status", &headers).await;
        answer.refuses(401, "token_needed");
    }
    let headers = [("authorization", &*right), ("x-forwarded-for", guesser.1)];
    let answer = api.ask_from(guesser.0, "/status", &headers).await;
    answer.refuses(429, "too_many_attempts");
    let headers = [("authorization", &*right), ("x-forwarded-for", other.1)];
    api.ask_from(other.0, "/status", &headers).await.status
}

#[tokio::test]
async fn behind_a_proxy_only_whoever_guesses_has_to_wait() {
    let token = Some(SecretString::from(OPERATOR));
    let url = "https://books.example.com/".parse().unwrap();
    let access = Access::new(token, None, Some(url));
    let proxied = Api::new(plain_store(), 0, access).await;
    let proxy = "127.0.0.1:50000";
    // what a client invents stands before what the proxy adds
    for (guesser, other) in [
        ("198.51.100.9, 203.0.113.5", "203.0.113.5, 198.51.100.9"),
        ("[2001:db8::1]:4711", "2001:db8:0:1::1"),
    ] {
        let status = after_ten_guesses(&proxied, (proxy, guesser), (proxy, other)).await;
        assert_eq!(status, StatusCode::OK, "{other}");
        proxied.pass(61);
    }
    // nobody else is believed
    let direct = "192.0.2.7:50000";
    let status =
        after_ten_guesses(&proxied, (direct, "203.0.113.8"), (direct, "203.0.113.9")).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let alone = guarded().await;
    let status = after_ten_guesses(&alone, (proxy, "203.0.113.8"), (proxy, "203.0.113.9")).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "no proxy is known");
}

#[tokio::test]
async fn whoever_has_a_whole_network_of_addresses_has_one_count() {
    let api = guarded().await;
    let right = format!("Bearer {OPERATOR}");
    for host in 1..=10 {
        let from = format!("[2001:db8:7:8::{host}]:50000");
        let headers = [("authorization", "Bearer guess")];
        let answer = api.ask_from(&from, "/status", &headers).await;
        answer.refuses(401, "token_needed");
    }
    let headers = [("authorization", right.as_str())];
    let there = "[2001:db8:7:8:ffff::1]:50000";
    let answer = api.ask_from(there, "/status", &headers).await;
    answer.refuses(429, "too_many_attempts");
    // the neighbours, and the same numbers written as another kind of address
    for elsewhere in ["[2001:db8:7:9::1]:50000", "[::ffff:192.0.2.7]:50000"] {
        let answer = api.ask_from(elsewhere, "/status", &headers).await;
        assert_eq!(answer.status, StatusCode::OK, "{elsewhere}");
    }
}

#[tokio::test]
async fn nobody_guesses_in_the_form_either() {
    let api = guarded().await;
    for _ in 0..10 {
        let answer = api.sign_in("guess", "/").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    for token in ["guess", OPERATOR] {
        let answer = api.sign_in(token, "/").await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.body.contains("Too many wrong tokens"), "{answer:?}");
        assert_eq!(answer.header("set-cookie"), "");
    }
    let answer = ask_with(&api, &Method::GET, "/status", OPERATOR).await;
    answer.refuses(429, "too_many_attempts");
    api.pass(61);
    assert_eq!(
        api.sign_in(OPERATOR, "/").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn what_is_open_to_all_is_refused_under_foreign_names_and_from_foreign_pages_too() {
    let api = guarded().await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = format!("token={OPERATOR}&next=/");
    for (method, path) in [
        (Method::GET, "/login"),
        (Method::POST, "/login"),
        (Method::POST, "/logout"),
        (
            Method::GET,
            "/connections/callback?code=1&state=1&realmId=1",
        ),
    ] {
        let headers = [form, ("host", "evil.example.com")];
        let answer = api.ask(method.clone(), path, &headers, &body).await;
        answer.refuses(421, "foreign_host");
        if method == Method::GET {
            continue;
        }
        for foreign in [
            ("origin", "https://evil.example.com"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let answer = api.ask(method.clone(), path, &[form, foreign], &body).await;
            answer.refuses(403, "foreign_origin");
            assert_eq!(answer.header("set-cookie"), "", "{path} {foreign:?}");
        }
    }
}

#[tokio::test]
async fn the_name_by_which_people_know_us_is_ours() {
    let url = "https://books.example.com/".parse().unwrap();
    let token = Some(SecretString::from(OPERATOR));
    let api = Api::new(plain_store(), 0, Access::new(token, None, Some(url))).await;
    let right = format!("Bearer {OPERATOR}");
    for (host, fine) in [
        ("books.example.com", true),
        ("books.example.com:443", true),
        ("books.example.com.evil.com", false),
    ] {
        let headers = [("host", host), ("authorization", right.as_str())];
        let answer = api.ask(Method::GET, "/status", &headers, "").await;
        if fine {
            assert_eq!(answer.status, StatusCode::OK, "{host}");
        } else {
            answer.refuses(421, "foreign_host");
        }
    }
}

#[tokio::test]
async fn a_name_that_was_made_to_lead_here_is_refused_without_a_token_too() {
    let api = Api::with_orders(1).await;
    for (host, fine) in [
        ("127.0.0.1:8080", true),
        ("127.0.0.1", true),
        ("[::1]:8080", true),
        ("localhost:8080", true),
        ("LOCALHOST", true),
        ("192.168.1.7:8080", true),
        ("evil.example.com:8080", false),
        ("books.example.com.evil.com", false),
        ("localhost.evil.com:8080", false),
        ("127.0.0.1.evil.com", false),
        ("", false),
    ] {
        for (method, path) in [
            (Method::GET, "/status"),
            (Method::GET, "/"),
            (Method::POST, "/api/sync/woocommerce/orders"),
        ] {
            if fine && method == Method::POST {
                continue;
            }
            let answer = api.ask(method, path, &[("host", host)], "").await;
            if fine {
                assert_eq!(answer.status, StatusCode::OK, "{host} {path}");
            } else {
                answer.refuses(421, "foreign_host");
            }
        }
    }
    assert!(api.program.engine.active_runs().is_empty());
}

#[tokio::test]
async fn a_page_of_another_site_cannot_start_anything() {
    const PATH: &str = "/api/sync/woocommerce/orders";
    let api = Api::with_orders(1).await;
    let site = [("sec-fetch-site", "cross-site")];
    let answer = api.ask(Method::POST, PATH, &site, "").await;
    answer.refuses(403, "foreign_origin");
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
            Method::POST => Method::PUT,
            _ => Method::DELETE,
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
