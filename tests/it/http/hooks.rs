//! Webhooks: genuine ones make us look, and nothing else does.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daybook::http::Access;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::task::JoinSet;

use super::api::{Answer, Api, pipeline};
use crate::support::{check_invariants, plain_store};

const PATH: &str = "/hooks/woocommerce/store";
pub(super) const SECRET: &str = "a secret & more";

/// A store whose webhooks are taken, on a clock that runs fast.
async fn api() -> Api {
    let mut setup = plain_store();
    setup.real_time = false;
    setup.store_settings = format!("webhook_secret = \"{SECRET}\"");
    // neither a token nor our own name is what a store has
    let token = secrecy::SecretString::from("the-operators");
    Api::new(setup, 0, Access::new(Some(token), None, None)).await
}

pub(super) fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

async fn deliver(api: &Api, path: &str, signature: Option<&str>, body: &str) -> Answer {
    let mut headers = vec![("host", "books.example.com")];
    headers.extend(signature.map(|it| ("x-wc-webhook-signature", it)));
    api.ask(Method::POST, path, &headers, body).await
}

#[tokio::test]
async fn an_order_that_the_store_tells_of_is_in_the_books_within_seconds_and_doubles_do_no_harm() {
    let api = api().await;
    let mut tasks = JoinSet::new();
    let engine = api.program.engine.clone();
    tasks.spawn(async move { engine.serve().await });
    let mut bell = api.program.engine.bell();
    api.world.sell_mugs(1);
    let body = r#"{"id":71}"#;
    for _ in 0..5 {
        let answer = deliver(&api, PATH, Some(&signature(body)), body).await;
        assert_eq!(answer.status.as_u16(), 202);
    }
    while api.world.books().documents().is_empty() {
        let changed = tokio::time::timeout(std::time::Duration::from_secs(60), bell.changed());
        changed.await.expect("a run begins and ends").unwrap();
        api_is_idle(&api).await;
    }
    let runs = api
        .program
        .store
        .runs(&daybook::store::RunFilter::default())
        .await
        .unwrap();
    assert!(
        runs.len() <= 2,
        "five at once are one look, and one for the latest of them"
    );
    assert_eq!(runs[0].batch.trigger.as_str(), "webhook");
    api.program
        .engine
        .shut_down(std::time::Duration::from_secs(600))
        .await;
    check_invariants(&api.world).await;
}

async fn api_is_idle(api: &Api) {
    if let Some(mut run) = api.program.engine.active(&pipeline()) {
        run.wait().await;
    }
}

#[tokio::test]
async fn only_what_the_store_signed_is_taken() {
    let api = api().await;
    let body = r#"{"id":71}"#;
    let right = signature(body);
    for (wrong, body) in [
        (None, body),
        (Some(""), body),
        (Some("AAAA"), body),
        (Some("not base64 !"), body),
        (Some(right.as_str()), r#"{"id":72}"#),
        (Some(right.as_str()), ""),
        (None, ""),
        (None, "webhook_id="),
        (None, "webhook_id=1&x=2"),
    ] {
        let answer = deliver(&api, PATH, wrong, body).await;
        answer.refuses(401, "signature_wrong");
    }
    let ping = deliver(&api, PATH, None, "webhook_id=1").await;
    assert_eq!(ping.status.as_u16(), 200, "the ping has no signature");
    let large = "x".repeat(1024 * 1024 + 1);
    let answer = deliver(&api, PATH, Some(&signature(&large)), &large).await;
    answer.refuses(413, "body_refused");
    for nobody in ["/hooks/woocommerce/nope", "/hooks/woocommerce/books"] {
        let answer = deliver(&api, nobody, Some(&right), body).await;
        answer.refuses(404, "not_found");
    }
    api.get("/hooks/woocommerce/store")
        .await
        .refuses(405, "method_not_allowed");
    let silent = Api::with_orders(0).await;
    let answer = deliver(&silent, PATH, Some(&right), body).await;
    answer.refuses(403, "webhooks_off");
}
