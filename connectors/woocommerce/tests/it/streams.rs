//! Products, variations, customers and refunds.

use jiff::SignedDuration;
use kit::{Cursor, StreamName};

use crate::shop::{Store, Thing, at, ids, run, sorted};

fn thing(id: u64, status: &str, seconds_ago: i64) -> Thing {
    let mut thing = Thing::new(id, at(-seconds_ago));
    status.clone_into(&mut thing.status);
    thing
}

#[tokio::test]
async fn a_variable_product_is_followed_by_its_variations_which_know_its_name() {
    let store = Store::open().await;
    store.change(|shop| {
        shop.products = (1..=12)
            .map(|id| thing(id, "simple", 9_000 - 60 * i64::try_from(id).unwrap()))
            .collect();
        let mut shirt = thing(30, "variable", 7_000);
        shirt.content = "Salt &amp; \"T-Shirt\"".to_owned();
        shop.products.push(shirt);
        shop.products.push(thing(40, "variable", 6_900));
        for id in 101..=125 {
            let mut variation = thing(id, "variation", 6_950);
            variation.parent = 30;
            shop.variations.push(variation);
        }
    });
    let source = store.connect();
    let mut cursor = Cursor::default();
    let pages = run(&source, StreamName::Products, &mut cursor).await;
    let all: Vec<u64> = (1..=12).chain([30, 40]).chain(101..=125).collect();
    assert_eq!(sorted(ids(&pages)), all);
    let records = pages.iter().flat_map(|page| &page.records);
    let variation = records
        .into_iter()
        .find(|record| record.id == "125")
        .unwrap();
    let product = daybook_woocommerce::parse_product(variation.body.get()).unwrap();
    assert_eq!(product.parent_id, 30);
    assert_eq!(product.parent_name.as_deref(), Some("Salt & \"T-Shirt\""));
    assert_eq!(product.full_name(), "Salt & \"T-Shirt\" - as made 125");
    store.forget_requests();
    let pages = run(&source, StreamName::Products, &mut cursor).await;
    assert_eq!((store.requests().len(), ids(&pages).len()), (1, 0));
}

#[tokio::test]
async fn a_variation_that_only_shows_its_parents_sku_has_none() {
    let store = Store::open().await;
    store.change(|shop| {
        let mut shirt = thing(30, "variable", 9_000);
        shirt.damage = Some(told(30, "variable", "TEE"));
        shop.products = vec![shirt];
        for (id, sku) in [(31, "TEE"), (32, "TEE-M")] {
            let mut variation = thing(id, "variation", 9_000);
            variation.parent = 30;
            variation.damage = Some(told(id, "variation", sku));
            shop.variations.push(variation);
        }
    });
    let pages = run(
        &store.connect(),
        StreamName::Products,
        &mut Cursor::default(),
    )
    .await;
    let skus: Vec<Option<String>> = pages
        .iter()
        .flat_map(|page| &page.records)
        .map(|it| {
            let product = daybook_woocommerce::parse_product(it.body.get());
            product.unwrap().sku
        })
        .collect();
    assert_eq!(skus, [Some("TEE".into()), None, Some("TEE-M".into())]);
}

/// A product as the API tells it.
fn told(id: u64, kind: &str, sku: &str) -> String {
    format!(
        r#"{{"id":{id},"type":"{kind}","name":"Tee","sku":"{sku}","status":"publish","date_modified_gmt":"{}"}}"#,
        jiff::tz::TimeZone::UTC.to_datetime(at(-9_000))
    )
}

#[tokio::test]
async fn a_changed_variation_comes_with_its_parent() {
    let store = Store::open().await;
    store.change(|shop| {
        shop.products = vec![thing(1, "simple", 9_000), thing(30, "variable", 9_000)];
        let mut variation = thing(31, "variation", 9_000);
        variation.parent = 30;
        shop.variations = vec![variation];
    });
    let source = store.connect();
    let mut cursor = Cursor::default();
    let pages = run(&source, StreamName::Products, &mut cursor).await;
    let before = pages
        .iter()
        .flat_map(|page| &page.records)
        .find(|it| it.id == "31")
        .unwrap();
    let before = before.fingerprint.clone();
    store.change(|shop| {
        let now = shop.now;
        shop.products[1].modified = now;
        shop.variations[0].modified = now;
        shop.variations[0].content = "XXL".to_owned();
    });
    store.pass(SignedDuration::from_mins(1));
    let pages = run(&source, StreamName::Products, &mut cursor).await;
    assert_eq!(sorted(ids(&pages)), [30, 31]);
    let after = pages
        .iter()
        .flat_map(|page| &page.records)
        .find(|it| it.id == "31")
        .unwrap();
    assert_ne!(before, after.fingerprint);
}

#[tokio::test]
async fn a_product_deleted_before_its_variations_are_read_stops_nothing() {
    let store = Store::open().await;
    store.shop().products = vec![thing(30, "variable", 9_000), thing(31, "simple", 8_000)];
    store.then(|shop| {
        shop.canned.push_back(crate::shop::Canned {
            status: 404,
            headers: vec![],
            body: r#"{"code":"woocommerce_rest_product_invalid_id","message":"Invalid ID.","data":{"status":404}}"#.to_owned(),
        });
    });
    let source = store.connect();
    let pages = run(&source, StreamName::Products, &mut Cursor::default()).await;
    assert_eq!(ids(&pages), [30, 31]);
}

#[tokio::test]
async fn customers_are_read_by_id_and_a_run_with_nothing_new_is_one_request() {
    let store = Store::open().await;
    store.shop().customers = (1..=35).map(|id| thing(id, "customer", 9_000)).collect();
    store.shop().customers[4].status = "administrator".to_owned();
    let source = store.connect();
    let mut cursor = Cursor::default();
    let pages = run(&source, StreamName::Customers, &mut cursor).await;
    assert_eq!(
        ids(&pages),
        (1..=35).filter(|id| *id != 5).collect::<Vec<_>>()
    );
    store.forget_requests();
    let pages = run(&source, StreamName::Customers, &mut cursor).await;
    assert_eq!((store.requests().len(), ids(&pages).len()), (1, 0));
    store
        .shop()
        .customers
        .extend([thing(50, "customer", 60), thing(51, "customer", 50)]);
    store.forget_requests();
    let pages = run(&source, StreamName::Customers, &mut cursor).await;
    assert_eq!((store.requests().len(), ids(&pages)), (1, vec![50, 51]));
}

#[tokio::test]
async fn customers_deleted_while_they_are_read_make_no_other_be_missed() {
    let store = Store::open().await;
    store.shop().customers = (1..=45).map(|id| thing(id, "customer", 9_000)).collect();
    store.then(|shop| shop.customers.retain(|it| ![1, 2, 3, 10].contains(&it.id)));
    store.then(|shop| shop.customers.retain(|it| it.id > 25));
    let source = store.connect();
    let mut cursor = Cursor::default();
    let found = ids(&run(&source, StreamName::Customers, &mut cursor).await);
    assert!((26..=45).all(|id| found.contains(&id)), "{found:?}");
    let mut once = found.clone();
    once.dedup();
    assert_eq!(once.len(), found.len());
    // the last one known is gone, and a new one has come
    store.shop().customers.retain(|it| it.id != 45);
    store.shop().customers.push(thing(60, "customer", 60));
    assert_eq!(
        ids(&run(&source, StreamName::Customers, &mut cursor).await),
        [60]
    );
}

#[tokio::test]
async fn an_account_made_a_moment_ago_waits_until_it_is_whole() {
    let store = Store::open().await;
    store.shop().customers = vec![thing(1, "customer", 2)];
    let source = store.connect();
    let mut cursor = Cursor::default();
    assert!(ids(&run(&source, StreamName::Customers, &mut cursor).await).is_empty());
    store.shop().customers.push(thing(2, "customer", 1));
    store.pass(SignedDuration::from_mins(1));
    assert_eq!(
        ids(&run(&source, StreamName::Customers, &mut cursor).await),
        [1, 2]
    );
}

#[tokio::test]
async fn changed_customers_are_found_once_a_day_by_reading_all_anew() {
    let store = Store::open().await;
    store.shop().customers = (1..=25).map(|id| thing(id, "customer", 9_000)).collect();
    let source = store.connect();
    let mut cursor = Cursor::default();
    run(&source, StreamName::Customers, &mut cursor).await;
    store.shop().customers[2].content = "moved house".to_owned();
    store.pass(SignedDuration::from_hours(23));
    assert!(ids(&run(&source, StreamName::Customers, &mut cursor).await).is_empty());
    store.pass(SignedDuration::from_hours(1));
    let pages = run(&source, StreamName::Customers, &mut cursor).await;
    assert_eq!(ids(&pages), (1..=25).collect::<Vec<_>>());
    assert!(ids(&run(&source, StreamName::Customers, &mut cursor).await).is_empty());
}

#[tokio::test]
async fn refunds_are_read_by_the_time_they_were_made() {
    let store = Store::open().await;
    store.shop().refunds = (1..=25)
        .map(|id| thing(id, "completed", 9_000 - i64::try_from(id / 3).unwrap()))
        .collect();
    let source = store.connect();
    let mut cursor = Cursor::default();
    let pages = run(&source, StreamName::Refunds, &mut cursor).await;
    assert_eq!(sorted(ids(&pages)), (1..=25).collect::<Vec<_>>());
    let question = store.requests()[0].clone();
    assert!(
        question.starts_with("/wp-json/wc/v3/refunds?"),
        "{question}"
    );
    assert!(
        question.contains("orderby=date") && question.contains("dp=6"),
        "{question}"
    );
    store.forget_requests();
    store.shop().refunds.push(thing(90, "completed", 60));
    let pages = run(&source, StreamName::Refunds, &mut cursor).await;
    assert_eq!((store.requests().len(), ids(&pages)), (1, vec![90]));
}
