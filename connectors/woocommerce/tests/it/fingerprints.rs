//! What counts as a change of a record, by what the store shows.

use kit::Fingerprint;
use serde_json::{Value, json};

use crate::recorded::body;
use crate::shop::{Canned, Store};

/// The fingerprint of an order as the store shows it.
async fn fingerprint(order: &Value) -> Fingerprint {
    let store = Store::open().await;
    store.shop().canned.push_back(Canned {
        status: 200,
        headers: vec![],
        body: order.to_string(),
    });
    store.connect().order(1).await.unwrap().fingerprint
}

fn order() -> Value {
    serde_json::from_str(&body("us-order-processing_stripe_LA_two_rates")).unwrap()
}

#[tokio::test]
async fn stamps_links_and_the_order_of_meta_data_change_nothing() {
    let whole = fingerprint(&order()).await;
    let mut same = order();
    same["date_modified_gmt"] = json!("2026-12-24T00:00:00");
    same["date_modified"] = json!("2026-12-23T19:00:00");
    same["payment_url"] = json!("https://elsewhere.example/");
    same["_links"] = json!({});
    let meta = same["meta_data"].as_array_mut().unwrap();
    meta.reverse();
    meta[0]["id"] = json!(4711);
    meta.push(json!({"id": 9, "key": "_edit_lock", "value": "1795293539:1"}));
    same["line_items"][0]["image"] = json!({"id": 5, "src": "mug.jpg"});
    assert_eq!(fingerprint(&same).await, whole);
}

#[tokio::test]
async fn money_lines_status_refunds_and_fees_in_meta_data_do() {
    let whole = fingerprint(&order()).await;
    let changes: [(&str, Value); 8] = [
        ("/total", json!("93.36")),
        ("/status", json!("completed")),
        ("/line_items/1/total", json!("22.50")),
        ("/line_items/0/meta_data/0/value", json!("4")),
        (
            "/refunds",
            json!([{"id": 7, "reason": "", "total": "-1.00"}]),
        ),
        ("/meta_data/2/value", json!("2.70")),
        ("/billing/email", json!("other@example.com")),
        ("/date_paid_gmt", json!("2026-09-18T08:59:03")),
    ];
    for (path, value) in changes {
        let mut other = order();
        *other.pointer_mut(path).unwrap() = value;
        assert_ne!(fingerprint(&other).await, whole, "{path}");
    }
    let mut moved = order();
    // the same texts in other places are another order
    moved["discount_total"] = order()["total"].clone();
    moved["total"] = order()["discount_total"].clone();
    assert_ne!(fingerprint(&moved).await, whole);
}
