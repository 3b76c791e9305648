//! Asks what was asked of the real store and compares the bytes.

use daybook_sandbox::store::{
    OrderStorage, RecordedStore, StoreContents, StoreOptions, StoreVersion,
};

use super::support::{Exchange, Shop};

/// The us store as it was when its lists were recorded: two orders came later.
async fn us_when_listed() -> Shop {
    let shop = Shop::recorded(RecordedStore::Us).await;
    for order in [92, 93] {
        shop.handle().delete_for_good(order).unwrap();
    }
    shop
}

async fn assert_same(shop: &Shop, name: &str) {
    let recorded = Exchange::load(name);
    let got = shop.get(&recorded.path()).await;
    let site = shop.store.url();
    assert_eq!(got.status, recorded.status(), "{name}: status");
    let expected = recorded.body(&site);
    if got.text != expected {
        let at = got
            .text
            .bytes()
            .zip(expected.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let start = at.saturating_sub(120);
        let part = |text: &str| {
            String::from_utf8_lossy(
                &text.as_bytes()[start.min(text.len())..(at + 160).min(text.len())],
            )
            .into_owned()
        };
        panic!(
            "{name}: differs at byte {at}\n got      …{}\n recorded …{}",
            part(&got.text),
            part(&expected)
        );
    }
    for header in [
        "content-type",
        "x-wp-total",
        "x-wp-totalpages",
        "link",
        "allow",
        "cache-control",
        "vary",
    ] {
        assert_eq!(
            got.header(header),
            recorded.header(header, &site),
            "{name}: {header}"
        );
    }
}

#[tokio::test]
async fn order_lists_of_the_us_store_are_served_byte_for_byte() {
    let shop = us_when_listed().await;
    for name in [
        "us-orders-list-id-asc-per_page25-page1",
        "us-orders-list-id-asc-per_page25-page2",
        "us-orders-list-default-per_page10-page1",
        "us-orders-list-default-per_page10-page2",
        "us-orders-list-default-per_page10-page6",
        "us-orders-list-modified-asc-page1",
        "us-order-trashed",
        "us-order-coupon_fixed_cart_spread-dp6",
        "us-order-fractional_rounding_many_lines-dp6",
        "us-refunds-all",
        "us-refunds-orderby-modified",
        "ok-200-page-beyond-end",
    ] {
        assert_same(&shop, name).await;
    }
}

/// The order of an order's meta is the storage's own affair.
#[tokio::test]
async fn lists_with_odd_meta_are_served_as_recorded() {
    let shop = us_when_listed().await;
    for name in [
        "us-orders-list-default-per_page10-page3",
        "us-orders-list-dp6",
        "us-order-storeapi_ny_coupon-dp6",
    ] {
        let recorded = Exchange::load(name);
        let got = shop.get(&recorded.path()).await;
        let sorted = |text: &str| {
            let mut orders = match serde_json::from_str(text).unwrap() {
                serde_json::Value::Array(orders) => orders,
                one => vec![one],
            };
            for order in &mut orders {
                let meta = order["meta_data"].as_array_mut().unwrap();
                meta.sort_by_key(|entry| entry["id"].as_u64());
            }
            orders
        };
        assert_eq!(
            sorted(&got.text),
            sorted(&recorded.body(&shop.store.url())),
            "{name}"
        );
    }
}

#[tokio::test]
async fn filters_pick_what_the_real_store_picked() {
    let shop = us_when_listed().await;
    for name in [
        "us-orders-status-all",
        "us-orders-status-any",
        "us-orders-status-auto-draft",
        "us-orders-status-checkout-draft",
        "us-orders-status-completed",
        "us-orders-status-pending",
        "us-orders-status-processing+completed",
        "us-orders-status-processing",
        "us-orders-status-refunded",
        "us-orders-status-trash",
        "us-orders-modified-Z-plus-gmt-flag-shifts",
        "us-orders-modified-after-exact-excludes",
        "us-orders-modified-window-gmt",
        "us-orders-dst-same-local-time",
    ] {
        assert_same(&shop, name).await;
    }
}

#[tokio::test]
async fn errors_are_the_real_stores_errors() {
    let shop = us_when_listed().await;
    for name in [
        "date-only",
        "err-400-bad-date",
        "err-400-bad-date2",
        "err-400-bad-orderby",
        "err-400-bad-status",
        "err-400-page-0",
        "err-400-per_page-0",
        "err-400-per_page-101",
        "err-400-per_page-minus1",
        "err-404-customer-unknown",
        "err-404-order-id-is-refund",
        "err-404-order-unknown",
        "err-404-product-unknown",
        "err-404-refund-wrong-order",
        "err-404-route",
        "err-404-variation-wrong-parent",
    ] {
        assert_same(&shop, name).await;
    }
}

#[tokio::test]
async fn products_and_accounts_are_served_as_recorded() {
    let shop = us_when_listed().await;
    for name in [
        "us-products-list",
        "us-product-variations",
        "us-product-variation-single",
        "us-product-get-variation-id-directly",
        "us-product-by-sku",
        "ok-200-products-page-beyond-end",
        "customers-page-beyond-end",
        "us-customers-list",
        "us-customers-list-default",
        "us-customer-bare",
        "us-customer-single",
        "us-customers-by-email",
        "us-customers-search-name",
    ] {
        assert_same(&shop, name).await;
    }
    // The real store writes a product's members in the order asked for.
    let by_sku = Exchange::load("us-product-variation-by-sku");
    let recorded: serde_json::Value = serde_json::from_str(&by_sku.body("")).unwrap();
    assert_eq!(shop.get(&by_sku.path()).await.json(), recorded);
}

#[tokio::test]
async fn settings_and_reports_are_served_as_recorded() {
    let shop = us_when_listed().await;
    for name in [
        "us-taxes",
        "us-tax-classes",
        "us-settings-general",
        "us-settings-tax",
        "us-setting-calc-taxes",
        "us-reports-orders-totals",
        "us-order-statuses",
        "us-data-currency-current",
        "us-payment-gateways",
    ] {
        assert_same(&shop, name).await;
    }
}

#[tokio::test]
async fn the_other_stores_are_served_byte_for_byte() {
    let uk = Shop::recorded(RecordedStore::Uk).await;
    for order in [30, 31] {
        assert_same(
            &uk,
            &format!(
                "uk-order-round_at_subtotal{}",
                if order == 31 { "_cent_gap" } else { "" }
            ),
        )
        .await;
        uk.handle().delete_for_good(order).unwrap();
    }
    for name in [
        "uk-orders-list",
        "uk-refunds-all",
        "uk-products-list",
        "uk-taxes",
    ] {
        assert_same(&uk, name).await;
    }
    let ca = Shop::recorded(RecordedStore::Ca).await;
    assert_same(&ca, "ca-order-torn-read-while-being-created-2-whole").await;
    ca.handle().delete_for_good(26).unwrap();
    for name in [
        "ca-orders-list",
        "ca-refunds-all",
        "ca-products-list",
        "ca-settings-tax",
    ] {
        assert_same(&ca, name).await;
    }
}

#[tokio::test]
async fn the_posts_storage_and_the_old_version_are_served_byte_for_byte() {
    let mut options = StoreOptions::new(StoreContents::recorded(RecordedStore::Legacy));
    options.quirks.storage = OrderStorage::Posts;
    let legacy = Shop::open(options).await;
    for name in [
        "legacy-order-custom-status",
        "legacy-order-qty_weird_meta",
        "legacy-order-refund_amount_only",
        "legacy-order-statuses-with-custom",
    ] {
        assert_same(&legacy, name).await;
    }
    let mut options = StoreOptions::new(StoreContents::recorded(RecordedStore::Old));
    options.quirks.version = StoreVersion::V9_9;
    let old = Shop::open(options).await;
    for name in [
        "old-order-completed_paypal_NY_shiptax",
        "old-order-two_coupons",
        "old-order-refund_partial_lines",
    ] {
        assert_same(&old, name).await;
    }
    assert_eq!(old.get("/variations").await.status, 404);
}
