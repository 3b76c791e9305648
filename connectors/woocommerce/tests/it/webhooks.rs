//! Deliveries as a real store signed them.

use daybook_woocommerce::webhook_is_genuine;
use secrecy::SecretString;

use crate::recorded::exchange;

const DELIVERIES: [&str; 6] = [
    "webhook-delivery-order.created-0",
    "webhook-delivery-order.updated-0",
    "webhook-delivery-order-trashed-0",
    "webhook-delivery-customer.created-0",
    "webhook-delivery-product.updated-0",
    "webhook-delivery-refund-causes-order.updated-0",
];

fn delivery(name: &str) -> (Vec<u8>, String) {
    let exchange = exchange(name);
    let mut headers = exchange.request_headers.into_iter();
    let signature = headers
        .find(|(name, _)| name == "X-WC-Webhook-Signature")
        .unwrap()
        .1;
    (exchange.request_body.into_bytes(), signature)
}

#[test]
fn every_recorded_delivery_is_genuine_and_no_changed_one() {
    let secret = SecretString::from("hook-secret-é");
    for name in DELIVERIES {
        let (mut body, signature) = delivery(name);
        assert!(webhook_is_genuine(&secret, &body, &signature), "{name}");
        assert!(
            !webhook_is_genuine(&"another".into(), &body, &signature),
            "{name}"
        );
        assert!(!webhook_is_genuine(&secret, &body, ""), "{name}");
        assert!(!webhook_is_genuine(&secret, &body, "not base64!"), "{name}");
        body[2] ^= 1;
        assert!(!webhook_is_genuine(&secret, &body, &signature), "{name}");
    }
}

#[test]
fn a_secret_with_entities_signs_as_they_read() {
    let (body, signature) = delivery(DELIVERIES[0]);
    assert!(webhook_is_genuine(
        &"hook-secret-&eacute;".into(),
        &body,
        &signature
    ));
}
