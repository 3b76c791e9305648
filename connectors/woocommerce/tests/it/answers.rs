//! What the store's answers mean: recorded ones, and broken ones.

use std::time::Duration;

use kit::{Cursor, Failure, Kind, Source, StreamName};

use crate::recorded::{body, exchange};
use crate::shop::{Canned, Store, Thing, at, ids};

fn recorded(name: &str) -> Canned {
    let exchange = exchange(name);
    let kept = ["content-type", "retry-after", "x-wp-total"];
    Canned {
        status: exchange.status,
        headers: exchange
            .headers
            .into_iter()
            .filter(|(name, _)| kept.contains(&name.to_lowercase().as_str()))
            .collect(),
        body: exchange.body,
    }
}

fn canned(status: u16, body: &str) -> Canned {
    Canned {
        status,
        headers: vec![],
        body: body.to_owned(),
    }
}

/// The failure of a look at the orders that is answered so each time.
async fn failure_of(answer: impl Fn() -> Canned) -> (Failure, usize) {
    let store = Store::open().await;
    store.shop().canned.extend((0..9).map(|_| answer()));
    let source = store.connect();
    let page = source.page(StreamName::Orders, &Cursor::default()).await;
    (page.unwrap_err(), store.requests().len())
}

#[tokio::test]
async fn refusals_that_a_person_must_lift_stop_at_once_with_a_remedy() {
    for (name, code, remedy) in [
        ("err-401-wrong-key", "credentials", "consumer_key"),
        ("err-401-wrong-secret", "credentials", "consumer_secret"),
        ("err-401-writeonly-key-read", "permission", "\"Read\""),
        ("err-404-route", "no_such_route", "WooCommerce"),
        ("err-400-per_page-101", "request_refused", "WooCommerce"),
        ("err-400-bad-orderby", "request_refused", "WooCommerce"),
    ] {
        let (failure, requests) = failure_of(|| recorded(name)).await;
        assert_eq!(
            (failure.kind(), failure.code()),
            (Kind::Stop, code),
            "{name}: {failure}"
        );
        assert!(
            failure.remedy().contains(remedy),
            "{name}: {}",
            failure.remedy()
        );
        assert_eq!(requests, 1, "{name}");
    }
    let (failure, _) = failure_of(|| recorded("err-400-per_page-101")).await;
    assert!(
        failure
            .to_string()
            .contains("between 1 (inclusive) and 100"),
        "{failure}"
    );
    for (answer, code) in [
        (canned(404, "<h1>Not Found</h1>"), "no_rest_api"),
        (
            canned(401, "<h1>Staging, keep out</h1>"),
            "web_server_password",
        ),
        (
            Canned {
                headers: vec![(
                    "location".into(),
                    "https://www.shop.example/wp-json/?k=1".into(),
                )],
                ..canned(301, "")
            },
            "store_moved",
        ),
    ] {
        let store = Store::open().await;
        store.shop().canned.push_back(answer);
        let page = store
            .connect()
            .page(StreamName::Orders, &Cursor::default())
            .await;
        let failure = page.unwrap_err();
        assert_eq!(
            (failure.kind(), failure.code()),
            (Kind::Stop, code),
            "{failure}"
        );
        assert!(!failure.to_string().contains("k=1"), "{failure}");
    }
}

#[tokio::test]
async fn passing_trouble_is_tried_again_a_few_times() {
    let cut = body("us-order-processing_stripe_LA_two_rates");
    let cut = format!("[{}", &cut[..cut.len() / 2]);
    for (answer, code) in [
        (recorded("err-500-php-fatal"), "store_error"),
        (recorded("err-503-maintenance-html"), "store_unavailable"),
        (recorded("err-503-maintenance-json"), "store_unavailable"),
        (canned(429, "<h1>slow down</h1>"), "store_throttles"),
        (canned(403, "<h1>blocked</h1>"), "store_blocks"),
        (canned(200, &cut), "answer_cut_short"),
        (canned(200, ""), "answer_not_json"),
        (
            canned(200, "<html><title>Just a moment...</title></html>"),
            "answer_not_json",
        ),
        (canned(200, "{}"), "answer_unexpected"),
        (canned(502, "bad gateway"), "store_error"),
    ] {
        let answer = || Canned {
            status: answer.status,
            headers: answer.headers.clone(),
            body: answer.body.clone(),
        };
        let (failure, requests) = failure_of(answer).await;
        assert!(matches!(failure.kind(), Kind::Retry { .. }), "{failure}");
        assert_eq!((failure.code(), requests), (code, 4), "{failure}");
        assert!(!failure.outcome_unknown());
    }
    let (failure, _) = failure_of(|| recorded("err-503-maintenance-html")).await;
    let after = Some(Duration::from_secs(600));
    assert_eq!(failure.kind(), Kind::Retry { after });
    let (failure, _) = failure_of(|| canned(200, "<title>Just a moment...</title>")).await;
    assert!(failure.to_string().contains("Just a moment"), "{failure}");
}

#[tokio::test]
async fn a_customers_data_is_in_no_error() {
    let order = body("us-order-processing_stripe_LA_two_rates");
    let cut = format!("[{}", &order[..order.len() / 2]);
    let (failure, _) = failure_of(|| canned(200, &cut)).await;
    assert!(
        !format!("{failure:?}").contains("grace@example.com"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn after_passing_trouble_the_page_is_read() {
    let store = Store::open().await;
    store.shop().orders.push(Thing::new(1, at(-600)));
    store.change(|shop| {
        shop.canned.push_back(recorded("err-500-php-fatal"));
        shop.canned.push_back(canned(200, "[{\"id\":1"));
    });
    let page = store
        .connect()
        .page(StreamName::Orders, &Cursor::default())
        .await;
    assert_eq!(ids(&[page.unwrap()]), [1]);
    assert_eq!(store.requests().len(), 3);
}

#[tokio::test]
async fn a_warning_of_php_before_the_json_is_overlooked() {
    let store = Store::open().await;
    store
        .shop()
        .canned
        .push_back(recorded("bad-200-php-warning-before-json"));
    let page = store
        .connect()
        .page(StreamName::Orders, &Cursor::default())
        .await
        .unwrap();
    assert_eq!(ids(&[page]), [87]);
    // brackets in the warning mislead nobody
    let store = Store::open().await;
    let warning = "<br />Warning: Undefined array key [0] in [x.php] {7}<br />\n[{\"id\":5}]";
    store.shop().canned.push_back(canned(200, warning));
    let page = store
        .connect()
        .page(StreamName::Orders, &Cursor::default())
        .await
        .unwrap();
    assert_eq!(ids(&[page]), [5]);
}

#[tokio::test]
async fn an_order_that_is_not_there_is_rejected_also_where_the_404_hides_in_a_500() {
    for name in ["err-404-order-unknown", "err-404-refund-wrong-order"] {
        let store = Store::open().await;
        store.shop().canned.push_back(recorded(name));
        let failure = store.connect().order(5).await.unwrap_err();
        assert_eq!(
            (failure.kind(), failure.code()),
            (Kind::Reject, "not_found"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn one_order_is_read_by_its_id_with_six_decimals() {
    let store = Store::open().await;
    let answer = recorded("us-order-processing_stripe_LA_two_rates");
    store.shop().canned.push_back(answer);
    let record = store.connect().order(40).await.unwrap();
    assert_eq!(record.id, "40");
    assert_eq!(record.modified_at.to_string(), "2026-09-17T08:59:03Z");
    assert_eq!(store.requests(), ["/wp-json/wc/v3/orders/40?dp=6"]);
}

#[tokio::test]
async fn the_keys_are_in_the_header_and_nowhere_else() {
    let store = Store::open().await;
    let source = store.connect();
    source
        .page(StreamName::Orders, &Cursor::default())
        .await
        .unwrap();
    assert_eq!(store.shop().authorizations, ["Basic Y2tfMTpjc19zZWNyZXQ="]);
    let shown = format!("{source:?} {:?}", store.settings());
    assert!(
        !shown.contains("cs_secret") && !shown.contains("ck_1"),
        "{shown}"
    );
    // nor in the error of a store that cannot be reached
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut settings = store.settings();
    settings.url = format!("http://{free}/").parse().unwrap();
    let source = store.connect_with(settings);
    let failure = source
        .page(StreamName::Orders, &Cursor::default())
        .await
        .unwrap_err();
    assert_eq!(failure.code(), "unreachable");
    assert!(!format!("{failure:?}").contains("ck_1"), "{failure:?}");
}
