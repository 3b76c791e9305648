//! What a shop does to its orders, and what of it shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use daybook_sandbox::clock::SandboxClock;
use daybook_sandbox::store::{
    Address, Cart, ChangeRefused, Gateway, OrderStorage, RecordedStore, RefundRequest,
    StoreContents, StoreHandle, StoreOptions,
};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::support::Shop;

/// A store whose clock a test moves by hand.
struct Timed {
    shop: Shop,
    seconds: Arc<AtomicI64>,
}

/// 2026-11-22 00:00:00 UTC, after the last recorded order.
const START: i64 = 1_795_305_600;

impl Timed {
    async fn open(storage: OrderStorage) -> Self {
        let seconds = Arc::new(AtomicI64::new(START));
        let now = Arc::clone(&seconds);
        let clock =
            SandboxClock::new(move || Timestamp::from_second(now.load(Ordering::Relaxed)).unwrap());
        let mut options = StoreOptions::new(StoreContents::recorded(RecordedStore::Us));
        options.clock = clock;
        options.quirks.storage = storage;
        Self {
            shop: Shop::open(options).await,
            seconds,
        }
    }

    /// A minute passes; whether `change` then moves the order's `date_modified`.
    fn moves(&self, order: u64, change: impl FnOnce(&StoreHandle)) -> bool {
        let orders = self.shop.handle();
        self.seconds.fetch_add(60, Ordering::Relaxed);
        let before = orders.order(order).unwrap().modified;
        change(&orders);
        let after = orders.order(order).unwrap().modified;
        assert!(after == before || after.as_second() == self.seconds.load(Ordering::Relaxed));
        after != before
    }
}

fn dollars(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

#[tokio::test]
async fn what_moves_date_modified_depends_on_the_storage() {
    for storage in [OrderStorage::Hpos, OrderStorage::Posts] {
        let store = Timed::open(storage).await;
        let hpos = storage == OrderStorage::Hpos;
        let one = RefundRequest::lines(&[(0, 1)]);
        assert!(store.moves(43, |shop| {
            shop.refund(43, &one).unwrap();
        }));
        let refund = store.shop.handle().order(43).unwrap().refunds[0].id;
        assert!(!store.moves(43, |shop| shop.delete_refund(43, refund).unwrap()));
        assert!(store.moves(43, |shop| shop.set_status(43, "on-hold").unwrap()));
        assert!(store.moves(43, |shop| shop.trash(43).unwrap()));
        assert!(store.moves(43, |shop| shop.untrash(43, "processing").unwrap()));
        assert!(store.moves(43, |shop| shop.set_note(43, "ring twice").unwrap()));
        assert_eq!(
            store.moves(43, |shop| shop.set_meta(43, "_invoice", 7).unwrap()),
            hpos
        );
        assert_eq!(store.moves(43, |shop| shop.touch(43).unwrap()), hpos);
        assert_eq!(
            store.moves(43, |shop| shop.set_quantity(43, 0, 3).unwrap()),
            hpos
        );
        let total = dollars(100);
        assert!(!store.moves(43, |shop| {
            shop.plugin_sets_line_total(43, 0, total).unwrap();
        }));
        assert!(!store.moves(43, |shop| shop.rename_product(18, "Tea & Co").unwrap()));
        assert_eq!(
            store.moves(40, |shop| shop.delete_customer(3).unwrap()),
            hpos
        );
        assert_eq!(store.shop.handle().order(40).unwrap().customer_id, 0);
    }
}

#[tokio::test]
async fn an_order_lives_from_basket_to_refund() {
    let store = Timed::open(OrderStorage::Hpos).await;
    let shop = store.shop.handle();
    let buyer = Address {
        first_name: "Zoë".to_owned(),
        state: "NY".to_owned(),
        country: "US".to_owned(),
        ..Address::default()
    };
    let cart = Cart::new()
        .line("MUG-001", 2)
        .shipping("Standard & Tracked", dollars(795))
        .bill_to(buyer)
        .gateway(Gateway::Stripe);
    let order = shop.place_order(&cart).unwrap();
    let unpaid = store.shop.get(&format!("/orders/{order}")).await.json();
    assert_eq!(
        (&unpaid["status"], &unpaid["date_paid"]),
        (&"pending".into(), &().into())
    );
    // 37.00 + 7.95, both taxed at 8.875 %.
    assert_eq!(
        (&unpaid["total"], &unpaid["total_tax"]),
        (&"48.94".into(), &"3.99".into())
    );
    shop.pay(order).unwrap();
    let paid = store.shop.get(&format!("/orders/{order}")).await.json();
    assert_eq!(paid["status"], "processing");
    assert_eq!(paid["meta_data"][0]["key"], "_stripe_fee");
    assert_eq!(paid["meta_data"][0]["value"], "1.72");
    let refund = shop
        .refund(order, &RefundRequest::lines(&[(0, 1)]).because("chipped"))
        .unwrap();
    let given = store
        .shop
        .get(&format!("/orders/{order}/refunds/{refund}"))
        .await
        .json();
    assert_eq!(given["amount"], "20.14");
    assert_eq!(given["line_items"][0]["total"], "-18.50");
    let rest = shop.order(order).unwrap();
    let too_much = shop
        .refund(order, &RefundRequest::amount_only(rest.total))
        .unwrap_err();
    assert!(matches!(too_much, ChangeRefused::RefundTooLarge { .. }));
    shop.set_status(order, "refunded").unwrap();
    let last = shop.order(order).unwrap();
    assert_eq!(
        last.refunds
            .iter()
            .map(|refund| refund.amount)
            .sum::<Decimal>(),
        last.total
    );
    shop.delete_for_good(order).unwrap();
    assert_eq!(
        store.shop.get(&format!("/orders/{order}")).await.status,
        404
    );
    assert!(
        !store
            .shop
            .get("/refunds?per_page=100")
            .await
            .ids()
            .contains(&refund)
    );
}

#[tokio::test]
async fn an_order_is_seen_half_written_until_it_is_whole() {
    let store = Timed::open(OrderStorage::Hpos).await;
    let shop = store.shop.handle();
    let cart = (0..40).fold(Cart::new(), |cart, _| cart.line("MUG-001", 1));
    let order = shop.place_half_written(&cart, 16).unwrap();
    let path = format!("/orders/{order}");
    let half = store.shop.get(&path).await.json();
    assert_eq!(
        (&half["status"], &half["total"]),
        (&"pending".into(), &"0.00".into())
    );
    assert_eq!(half["line_items"].as_array().unwrap().len(), 16);
    assert_eq!(half["tax_lines"].as_array().unwrap().len(), 0);
    assert_eq!(
        shop.order(order).unwrap().total,
        dollars(79_360),
        "as it really is"
    );
    store.seconds.fetch_add(1, Ordering::Relaxed);
    shop.finish_writing(order).unwrap();
    let whole = store.shop.get(&path).await.json();
    assert_eq!(whole["total"], "793.60");
    assert_eq!(whole["line_items"].as_array().unwrap().len(), 40);
    assert_ne!(whole["date_modified_gmt"], half["date_modified_gmt"]);
}

#[tokio::test]
async fn lines_of_deleted_products_point_at_nothing_and_keep_their_names() {
    let store = Timed::open(OrderStorage::Hpos).await;
    let shop = store.shop.handle();
    assert!(!store.moves(41, |shop| shop.delete_product(31).unwrap()));
    let line = store.shop.get("/orders/41").await.json()["line_items"][2].clone();
    assert_eq!(
        (&line["product_id"], &line["variation_id"]),
        (&30.into(), &0.into())
    );
    assert_eq!(
        (&line["name"], &line["sku"]),
        (&"T-Shirt - S, Red".into(), &"TEE".into())
    );
    shop.delete_product(30).unwrap();
    let line = store.shop.get("/orders/41").await.json()["line_items"][2].clone();
    assert_eq!((&line["product_id"], &line["sku"]), (&0.into(), &().into()));
    assert_eq!(store.shop.get("/products/30").await.status, 404);
    shop.set_sku(10, "MUG-002").unwrap();
    let line = store.shop.get("/orders/41").await.json()["line_items"][0].clone();
    assert_eq!(line["sku"], "MUG-002", "the present one");
}

#[tokio::test]
async fn trash_is_seen_only_when_asked_for() {
    let store = Timed::open(OrderStorage::Hpos).await;
    let shop = store.shop.handle();
    shop.trash(71).unwrap();
    let listed = store
        .shop
        .get("/orders?per_page=100&_fields=id")
        .await
        .ids();
    assert!(!listed.contains(&71));
    assert_eq!(store.shop.get("/orders/71").await.json()["status"], "trash");
    assert_eq!(
        store
            .shop
            .get("/orders?status=trash&orderby=id")
            .await
            .ids(),
        [71, 68]
    );
    assert!(
        store
            .shop
            .get("/refunds?per_page=100")
            .await
            .ids()
            .contains(&72)
    );
    shop.set_quirks(|quirks| quirks.storage = OrderStorage::Posts);
    assert!(
        !store
            .shop
            .get("/refunds?per_page=100")
            .await
            .ids()
            .contains(&72)
    );
}

#[tokio::test]
async fn free_orders_are_paid_at_once_and_cash_is_paid_when_completed() {
    let store = Timed::open(OrderStorage::Hpos).await;
    let shop = store.shop.handle();
    let free = shop
        .place_order(&Cart::new().line("CLASS-TEA", 1).coupon("allfree"))
        .unwrap();
    let free = shop.order(free).unwrap();
    assert_eq!(
        (free.total, free.status.as_str()),
        (Decimal::ZERO, "processing")
    );
    assert!(free.paid.is_some() && free.payment_method.is_empty());
    let cash = Cart::new()
        .line("MUG-001", 1)
        .gateway(Gateway::CashOnDelivery);
    let cash = shop.place_order(&cash).unwrap();
    assert_eq!(shop.order(cash).unwrap().status, "processing");
    assert_eq!(shop.order(cash).unwrap().paid, None);
    shop.set_status(cash, "completed").unwrap();
    assert!(shop.order(cash).unwrap().paid.is_some());
    let file = shop
        .place_paid_order(&Cart::new().line("PDF-7", 1))
        .unwrap();
    assert_eq!(
        shop.order(file).unwrap().status,
        "completed",
        "nothing to send"
    );
}
