//! Pages, orders and filters of lists.

use std::collections::HashSet;

use daybook_sandbox::store::{
    Cart, GenerateOptions, OrderStorage, RecordedStore, Seed, StoreContents, StoreOptions,
    StoreVersion,
};

use super::support::Shop;

async fn generated(orders: usize) -> Shop {
    let options = GenerateOptions {
        orders,
        ..GenerateOptions::default()
    };
    Shop::open(StoreOptions::new(StoreContents::generate(
        Seed(4),
        &options,
    )))
    .await
}

#[tokio::test]
async fn an_offset_goes_before_a_page_and_does_not_lower_the_pages() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let base = "/orders?orderby=id&order=asc&per_page=3&_fields=id";
    let all = shop.get(&format!("{base}&offset=0")).await;
    let offset = shop.get(&format!("{base}&offset=1&page=2")).await;
    assert_eq!(offset.ids()[..2], all.ids()[1..]);
    assert_eq!(
        offset.header("x-wp-totalpages"),
        all.header("x-wp-totalpages")
    );
}

#[tokio::test]
async fn walking_by_id_and_by_modified_meets_every_order_once() {
    let shop = generated(450).await;
    for by in ["id", "date", "modified"] {
        for order in ["asc", "desc"] {
            let mut seen = HashSet::new();
            for page in 1.. {
                let path = format!(
                    "/orders?per_page=100&orderby={by}&order={order}&page={page}&_fields=id"
                );
                let ids = shop.get(&path).await.ids();
                if ids.is_empty() {
                    break;
                }
                for id in ids {
                    assert!(seen.insert(id), "{by} {order}: order {id} came twice");
                }
            }
            let hidden = shop
                .handle()
                .orders()
                .iter()
                .filter(|order| order.status == "trash")
                .count();
            assert_eq!(seen.len(), 450 - hidden, "{by} {order}");
        }
    }
}

#[tokio::test]
async fn old_versions_repeat_and_lose_orders_of_one_second() {
    let shop = generated(60).await;
    let orders = shop.handle();
    let ids: Vec<u64> = orders
        .orders()
        .iter()
        .map(|order| order.id)
        .take(36)
        .collect();
    orders.touch_all(&ids).unwrap();
    let walk = async || {
        let mut seen = Vec::new();
        for page in 1..=9 {
            let path =
                format!("/orders?per_page=7&orderby=modified&order=asc&page={page}&_fields=id");
            seen.extend(shop.get(&path).await.ids());
        }
        let different: HashSet<u64> = seen.iter().copied().collect();
        (seen.len(), different.len())
    };
    let (all, different) = walk().await;
    assert_eq!(all, different);
    orders.set_quirks(|quirks| quirks.version = StoreVersion::V9_9);
    let (all, different) = walk().await;
    assert!(
        different < all - 5,
        "only {} of {all} came twice",
        all - different
    );
}

#[tokio::test]
async fn bounds_are_exclusive_and_mean_what_the_flag_says() {
    let shop = generated(400).await;
    let first = &shop
        .get("/orders?orderby=modified&order=asc&per_page=1")
        .await
        .json()[0];
    let stamp = first["date_modified_gmt"].as_str().unwrap();
    let local = first["date_modified"].as_str().unwrap();
    let id = first["id"].as_u64().unwrap();
    let at =
        |bound: &str| format!("/orders?orderby=modified&order=asc&per_page=5&_fields=id&{bound}");
    let has = async |bound: String| shop.get(&at(&bound)).await.ids().contains(&id);
    assert!(!has(format!("modified_after={stamp}&dates_are_gmt=true")).await);
    assert!(!has(format!("modified_after={local}")).await);
    assert!(!has(format!("modified_after={stamp}Z")).await);
    assert!(!has(format!("modified_after={stamp}%2B00:00")).await);
    assert!(
        has(format!(
            "modified_before={stamp}&modified_before=2027-01-01T00:00:00"
        ))
        .await
    );
    assert!(
        has(format!("modified_after={stamp}Z&dates_are_gmt=true")).await,
        "shifted west"
    );
    assert!(!has(format!("modified_after={stamp}.999&dates_are_gmt=1")).await);
}

#[tokio::test]
async fn lists_past_the_end_say_zero_under_hpos_and_the_truth_in_posts() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let path = "/orders?page=99&per_page=10&_fields=id";
    assert_eq!(shop.get(path).await.header("x-wp-total"), "0");
    shop.handle()
        .set_quirks(|quirks| quirks.storage = OrderStorage::Posts);
    assert_eq!(shop.get(path).await.header("x-wp-total"), "42");
}

#[tokio::test]
async fn filters_find_what_they_should() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let ids = async |path: &str| shop.get(path).await.ids();
    assert_eq!(
        ids("/orders?include=40,41,999999&orderby=include").await,
        [40, 41]
    );
    assert_eq!(
        ids("/orders?include=40,41").await,
        [41, 40],
        "by date, newest first"
    );
    assert_eq!(ids("/orders?include=&per_page=100").await.len(), 42);
    assert_eq!(ids("/orders?customer=3").await, [40]);
    assert!(!ids("/orders?customer=0&per_page=100").await.contains(&40));
    assert_eq!(ids("/orders?product=14").await, [63]);
    assert_eq!(ids("/orders?product=33").await, [57], "a variation");
    assert_eq!(
        ids("/orders?search=Iris&per_page=1&status=refunded")
            .await
            .len(),
        1
    );
    assert_eq!(ids("/orders?status=any,trash&per_page=100").await.len(), 42);
    assert_eq!(
        ids("/orders?status[]=failed&status[]=cancelled&orderby=id").await,
        [46, 45]
    );
    assert_eq!(ids("/products?sku=TEE-S-R").await, [31]);
    assert_eq!(
        ids("/refunds?orderby=id&order=asc&per_page=3").await,
        [72, 73, 75]
    );
    assert_eq!(ids("/orders/71/refunds").await, [73, 72]);
    assert!(
        ids("/customers?modified_after=2099-01-01T00:00:00")
            .await
            .len()
            > 2,
        "ignored"
    );
    assert_eq!(ids("/variations?orderby=id&order=asc").await, [31, 32, 33]);
}

#[tokio::test]
async fn fields_are_sent_as_asked_for() {
    let shop = Shop::recorded(RecordedStore::Us).await;
    let path = "/orders?include=40&_fields=id,billing.email,line_items.total";
    let email = "grace@example.com";
    let expected = format!(r#"[{{"id":40,"billing":{{"email":"{email}"}},"line_items":[]}}]"#);
    assert_eq!(shop.get(path).await.text, expected);
    let one = shop.get("/orders/40?_fields=id").await.json();
    assert!(one["_links"].is_object(), "a single order keeps its links");
    assert!(one.get("status").is_none());
}

#[tokio::test]
async fn a_page_that_changes_while_it_is_walked_loses_and_repeats_as_recorded() {
    let shop = generated(60).await;
    let orders = shop.handle();
    let page = async |page: usize| {
        let path = format!("/orders?orderby=id&order=asc&per_page=10&page={page}&_fields=id");
        shop.get(&path).await.ids()
    };
    let (first, second) = (page(1).await, page(2).await);
    orders.clear_requests();
    orders.on_request(2, move |orders| orders.trash(first[0]).unwrap());
    page(1).await;
    let after = page(2).await;
    assert_eq!(after[..9], second[1..], "one order was missed");
    orders.place_order(&Cart::new().line("MUG-001", 1)).unwrap();
    assert_eq!(orders.request_count("/orders"), 2);
}
