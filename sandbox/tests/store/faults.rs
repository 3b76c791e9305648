//! What goes wrong on purpose.

use std::time::{Duration, Instant};

use daybook_sandbox::store::{Fault, Malformation, Matcher, RecordedStore};
use jiff::SignedDuration;

use super::support::{Exchange, Shop, got};

const PAGE: &str = "/orders?per_page=5&orderby=id&order=asc";

#[tokio::test]
async fn planned_answers_come_once_and_then_the_store_is_well() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let plan = |fault| shop.handle().plan_fault(Matcher::path("/orders"), fault);
    plan(Fault::Maintenance);
    let answer = shop.get(PAGE).await;
    let recorded = Exchange::load("err-503-maintenance-json");
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (503, recorded.body("").as_str())
    );
    assert_eq!(answer.header("retry-after"), "600");
    plan(Fault::Maintenance);
    let page = got(shop.client.get(shop.url(PAGE)).send().await.unwrap())
        .await
        .unwrap();
    let recorded = Exchange::load("err-503-maintenance-html");
    assert_eq!(
        (page.status, page.text.as_str()),
        (503, recorded.body("").as_str())
    );
    assert_eq!(page.header("content-type"), "text/html; charset=UTF-8");
    plan(Fault::PhpFatal);
    let answer = shop.get(PAGE).await;
    let recorded = Exchange::load("err-500-php-fatal");
    assert_eq!((answer.status, answer.text), (500, recorded.body("")));
    plan(Fault::TooManyRequests {
        retry_after: Some(3),
    });
    let answer = shop.get(PAGE).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "3"));
    assert!(answer.text.starts_with("<html>"));
    plan(Fault::HtmlInsteadOfJson);
    let answer = shop.get(PAGE).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "text/html; charset=UTF-8")
    );
    plan(Fault::KeyRevoked);
    assert_eq!(shop.get(PAGE).await.status, 401);
    assert_eq!(shop.get(PAGE).await.ids().len(), 5);
}

#[tokio::test]
async fn connections_are_cut_before_and_within_the_answer() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    shop.handle()
        .plan_fault(Matcher::next(), Fault::CutConnection);
    assert!(shop.try_get("/products").await.is_err());
    shop.handle().plan_fault(Matcher::next(), Fault::CutBody);
    assert!(shop.try_get(PAGE).await.is_err());
    shop.handle()
        .plan_fault(Matcher::next(), Fault::TruncatedJson);
    let broken = shop.get(PAGE).await;
    assert!(serde_json::from_str::<serde_json::Value>(&broken.text).is_err());
    assert_eq!(shop.get(PAGE).await.ids().len(), 5);
}

#[tokio::test]
async fn one_record_of_a_page_is_malformed_and_the_others_are_whole() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let whole = shop.get(PAGE).await.json();
    for how in [
        Malformation::NullTotal,
        Malformation::TextTotal,
        Malformation::NoId,
        Malformation::WrongTypedLines,
        Malformation::BadDate,
    ] {
        shop.handle()
            .plan_fault(Matcher::path("/orders"), Fault::Malformed(how));
        let page = shop.get(PAGE).await.json();
        let differing = (0..5).filter(|at| page[*at] != whole[*at]).count();
        assert_eq!(differing, 1, "{how:?}");
    }
}

#[tokio::test]
async fn faults_strike_the_requests_they_are_meant_for() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let busy = Fault::Unavailable { retry_after: None };
    let trash = Matcher::path("/orders")
        .with_query("status=trash")
        .after(1)
        .times(2);
    shop.handle().plan_fault(trash, busy.clone());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        assert_eq!(shop.get("/orders?per_page=1").await.status, 200);
        statuses.push(shop.get("/orders?status=trash").await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
    shop.handle().clear_requests();
    shop.handle().plan_fault(Matcher::request(2), busy.clone());
    assert_eq!(shop.get("/taxes").await.status, 200);
    assert_eq!(shop.get("/taxes").await.status, 503);
    shop.handle()
        .plan_fault(Matcher::path("/taxes").always(), busy);
    assert_eq!(shop.get("/taxes").await.status, 503);
    assert_eq!(shop.get("/taxes").await.status, 503);
    shop.handle().clear_faults();
    assert_eq!(shop.get("/taxes").await.status, 200);
    assert_eq!(shop.handle().request_count("/taxes"), 5);
}

#[tokio::test]
async fn delays_take_their_time_and_the_dates_clock_may_be_wrong() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let wait = Duration::from_millis(30);
    shop.handle()
        .plan_fault(Matcher::next(), Fault::Delay(wait));
    let begun = Instant::now();
    shop.get("/taxes").await;
    assert!(begun.elapsed() >= wait);
    let right = shop.get("/taxes").await.header("date").to_owned();
    let skew = SignedDuration::from_hours(-30);
    shop.handle()
        .set_quirks(|quirks| quirks.date_header_skew = skew);
    let late = shop.get("/taxes").await.header("date").to_owned();
    let parse = |date: &str| jiff::fmt::rfc2822::parse(date).unwrap().timestamp();
    let difference = parse(&right).duration_since(parse(&late));
    assert!(
        difference > SignedDuration::from_hours(29),
        "{right} {late}"
    );
}

#[tokio::test]
async fn a_php_warning_stands_before_the_json() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    for order in [92, 93] {
        shop.handle().delete_for_good(order).unwrap();
    }
    shop.handle()
        .set_quirks(|quirks| quirks.php_warning_before_json = true);
    let recorded = Exchange::load("bad-200-php-warning-before-json");
    let answer = shop.get(&recorded.path()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text, recorded.body(""));
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=UTF-8"
    );
}
