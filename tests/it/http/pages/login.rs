//! Signing in: what each token allows.

use axum::http::{Method, StatusCode};
use daybook::http::Access;
use secrecy::SecretString;

use super::{HTML, has};
use crate::http::api::Api;
use crate::support::plain_store;

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

#[tokio::test]
async fn a_viewer_sees_no_button_and_presses_none() {
    let token = |text: &str| Some(SecretString::from(text));
    let access = Access::new(token("the-operators"), token("the-viewers"), None);
    let api = Api::new(plain_store(), 1, access).await;
    let viewer = [("authorization", "Bearer the-viewers"), HTML[0]];
    for path in crate::http::access::PAGES {
        let shown = api.ask(Method::GET, path, &viewer, "").await;
        assert_eq!(shown.status, StatusCode::OK, "{path}");
        assert!(!shown.body.contains("method=\"post\""), "{path}");
    }
    let form = ("content-type", "application/x-www-form-urlencoded");
    for path in [
        "/do/sync",
        "/do/run",
        "/do/retry",
        "/do/hold",
        "/do/exclude",
        "/do/approve",
    ] {
        let headers = [("authorization", "Bearer the-viewers"), form];
        let answer = api.ask(Method::POST, path, &headers, "posting=1").await;
        answer.refuses(403, "read_only");
    }
    let viewer = [("authorization", "Bearer the-viewers")];
    let answer = api.ask(Method::GET, "/connections/books/reconnect", &viewer, "");
    answer.await.refuses(403, "read_only");
}
