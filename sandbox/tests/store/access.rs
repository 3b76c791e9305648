//! Who is let in, and what goes over the wire besides the body.

use daybook_sandbox::store::{RecordedStore, StoreContents, StoreOptions};

use super::support::{Exchange, Got, Shop, got};

async fn ask(shop: &Shop, method: reqwest::Method, key: Option<(&str, &str)>) -> Got {
    let url = format!("{}/wp-json/wc/v3/orders", shop.store.url());
    let mut request = shop.client.request(method, url);
    if let Some((key, secret)) = key {
        request = request.basic_auth(key, Some(secret));
    }
    got(request.send().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn strangers_are_turned_away_as_the_real_store_does() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let (key, secret) = (shop.store.consumer_key(), shop.store.consumer_secret());
    let cases = [
        ("err-401-no-auth", reqwest::Method::GET, None),
        (
            "err-401-wrong-key",
            reqwest::Method::GET,
            Some(("ck_nobody", secret)),
        ),
        (
            "err-401-wrong-secret",
            reqwest::Method::GET,
            Some((key, "cs_wrong")),
        ),
        (
            "err-401-writeonly-key-read",
            reqwest::Method::GET,
            Some((shop.store.write_only_key(), secret)),
        ),
        (
            "err-401-readonly-key-write",
            reqwest::Method::PUT,
            Some((shop.store.read_only_key(), secret)),
        ),
    ];
    for (name, method, keys) in cases {
        let recorded = Exchange::load(name);
        let got = ask(&shop, method, keys).await;
        assert_eq!(got.status, recorded.status(), "{name}");
        assert_eq!(got.text, recorded.body(""), "{name}");
        for header in ["vary", "cache-control", "content-type"] {
            assert_eq!(
                got.header(header),
                recorded.header(header, ""),
                "{name}: {header}"
            );
        }
    }
}

#[tokio::test]
async fn keys_in_the_query_open_the_store_where_basic_auth_is_ignored() {
    let mut options = StoreOptions::new(StoreContents::recorded(RecordedStore::Us));
    options.quirks.basic_auth_ignored = true;
    let shop = Shop::open(options).await;
    let (key, secret) = (shop.store.consumer_key(), shop.store.consumer_secret());
    assert_eq!(
        ask(&shop, reqwest::Method::GET, Some((key, secret)))
            .await
            .status,
        401
    );
    let query = format!("/orders?consumer_key={key}&consumer_secret={secret}&per_page=1");
    let answer = shop.get(&query).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.header("link").contains(secret));
    assert!(
        shop.handle()
            .requests()
            .iter()
            .all(|request| !request.query.contains("secret"))
    );
}

#[tokio::test]
async fn the_sites_index_is_open_to_all() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let url = format!("{}/wp-json/", shop.store.url());
    let index = got(shop.client.get(url).send().await.unwrap())
        .await
        .unwrap()
        .json();
    assert_eq!(index["timezone_string"], "America/New_York");
    assert_eq!(index["name"], "Thistle &amp; Thyme (us)");
    assert!(index["gmt_offset"].is_i64());
}

#[tokio::test]
async fn head_says_how_many_there_are_without_sending_them() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let url = format!("{}/wp-json/wc/v3/orders?per_page=2", shop.store.url());
    let request = shop.client.head(url);
    let keys = (shop.store.consumer_key(), shop.store.consumer_secret());
    let answer = got(request
        .basic_auth(keys.0, Some(keys.1))
        .send()
        .await
        .unwrap())
    .await
    .unwrap();
    assert_eq!(
        (answer.status, answer.header("x-wp-totalpages")),
        (200, "21")
    );
    assert_eq!(answer.text, "");
}

#[tokio::test]
async fn answers_are_chunked_and_compressed_when_asked_for() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let path = "/orders?per_page=40&orderby=id&order=asc";
    let zipped = shop.get(path).await;
    shop.handle().set_quirks(|quirks| quirks.gzip = false);
    let plain = shop.get(path).await;
    assert_eq!(zipped.text, plain.text);
    assert_eq!(plain.header("transfer-encoding"), "chunked");
    assert_eq!(plain.header("content-length"), "");
}

#[tokio::test]
async fn a_store_stops_when_it_is_dropped() {
    let shop = Shop::recorded(RecordedStore::Ca).await;
    let url = shop.store.url();
    assert_eq!(shop.get("/orders?per_page=1").await.status, 200);
    let client = reqwest::Client::builder().build().unwrap();
    drop(shop);
    let mut tries = 0;
    while client.get(&url).send().await.is_ok() {
        tries += 1;
        assert!(tries < 1000, "the store still answers");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_does_not_manage_the_shop_sees_orders_and_no_settings() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let secret = shop.store.consumer_secret();
    for (path, status) in [
        ("orders", 200),
        ("orders/statuses", 200),
        ("settings/general", 403),
        ("taxes", 403),
        ("payment_gateways", 403),
    ] {
        let url = format!("{}/wp-json/wc/v3/{path}", shop.store.url());
        let request = shop.client.get(url);
        let request = request.basic_auth(shop.store.clerk_key(), Some(secret));
        let answer = got(request.send().await.unwrap()).await.unwrap();
        assert_eq!(answer.status, status, "{path}");
        if status == 403 {
            assert_eq!(answer.json()["code"], "woocommerce_rest_cannot_view");
        }
    }
}

#[tokio::test]
async fn a_gateway_of_a_plugin_is_listed_in_the_form_of_the_others() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let before = shop.get("/payment_gateways").await.json();
    shop.handle().add_gateway("stripe", "Credit card");
    let after = shop.get("/payment_gateways").await.json();
    assert_eq!(
        after.as_array().unwrap().len(),
        before.as_array().unwrap().len() + 1
    );
    let stripe = after.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&stripe["id"], &stripe["enabled"]),
        (&"stripe".into(), &true.into())
    );
    let members = |gateway: &serde_json::Value| {
        let members = gateway.as_object().unwrap().keys();
        members.cloned().collect::<Vec<_>>()
    };
    assert_eq!(members(stripe), members(&before[0]));
}
