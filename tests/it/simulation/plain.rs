//! Runs without trouble: everything once, then only what changed.

use std::sync::atomic::Ordering;

use daybook::domain::SyncStatus;
use rust_decimal::Decimal;
use sandbox::company::{Kind, When};
use sandbox::store::{Address, Cart};
use serde_json::json;
use tokio::runtime::Handle;

use crate::support::{Setup, ana, check_invariants, quiet_store};

#[tokio::test]
async fn a_store_becomes_books_and_a_second_run_has_nothing_to_do() {
    let world = Setup::new(11, 220).start().await;
    let first = world.run().await;
    assert!(first.trouble.is_none(), "{:?}", first.trouble);
    check_invariants(&world).await;
    let documents = world.books().documents();
    assert!(documents.len() > 150);

    world.books().reset_counts();
    world.shop().clear_requests();
    let second = world.run().await;
    assert!(matches!(
        second.status,
        SyncStatus::Completed | SyncStatus::Partial
    ));
    assert_eq!(
        world.books().counts().total,
        0,
        "nothing new asks nothing of the books"
    );
    let requests: Vec<String> = world
        .shop()
        .requests()
        .iter()
        .map(|request| request.path.clone())
        .collect();
    assert_eq!(
        requests.len(),
        4,
        "one request for each stream: {requests:?}"
    );
    assert_eq!(world.books().documents(), documents);
}

#[tokio::test]
async fn after_twenty_changed_orders_just_those_are_changed_in_the_books() {
    let world = Setup::new(12, 150).start().await;
    world.run().await;
    let posted: Vec<u64> = world
        .shop()
        .orders()
        .into_iter()
        .filter(|order| order.status == "completed" && order.total > Decimal::ZERO)
        .map(|order| order.id)
        .take(20)
        .collect();
    assert_eq!(posted.len(), 20);
    for order in &posted {
        world.an_hour_ago(|shop| shop.set_note(*order, "please ring twice").unwrap());
    }
    world.books().reset_counts();
    let run = world.run().await;
    let updated: u64 = run.streams.iter().map(|stream| stream.counts.updated).sum();
    let created: u64 = run.streams.iter().map(|stream| stream.counts.created).sum();
    assert_eq!((created, updated), (0, 20), "{:?}", run.streams);
    let counts = world.books().counts();
    assert_eq!(counts.writes + counts.batch_items, 20);
    assert_eq!(
        counts.metered_reads, 0,
        "what an answer said is not asked again"
    );
    check_invariants(&world).await;
}

/// The order is among the first that are read; while QuickBooks makes its sales receipt, it is edited
/// and read again with the last page; only then does QuickBooks answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_that_is_edited_while_its_call_is_under_way_is_changed_by_the_same_run() {
    let mut setup = Setup::new(13, 150);
    setup.streams = r#"["orders"]"#;
    let world = setup.start().await;
    let first = world
        .shop()
        .orders()
        .into_iter()
        .find(|order| order.status == "completed" && order.total > Decimal::ZERO)
        .unwrap();
    let number = first.number.clone();
    let answer = world.books().hold_answer(When::matching(move |request| {
        request.has_doc_number(&number)
    }));
    let (held, id, lag) = (answer.clone(), first.id, world.store_lag());
    // a look, two pages in order of their ids, and what changed since
    world.shop().on_request(4, move |shop| {
        // the store answers late
        tokio::task::block_in_place(|| Handle::current().block_on(held.reached()));
        // half an hour ago, so that it has settled
        lag.store(1800, Ordering::SeqCst);
        shop.set_note(id, "please ring twice").unwrap();
        lag.store(0, Ordering::SeqCst);
    });
    let held = answer.clone();
    world.shop().on_request(5, move |_| held.release());

    let run = world.run().await;
    assert!(run.trouble.is_none(), "{:?}", run.trouble);
    check_invariants(&world).await;
    let documents = world.books().documents_numbered(&first.number);
    assert_eq!(documents.len(), 1);
    let receipt = world
        .books()
        .object(Kind::SalesReceipt, &documents[0].id)
        .unwrap();
    assert_eq!(receipt["SyncToken"], "1", "made, then changed: {receipt}");

    world.books().reset_counts();
    world.run().await;
    assert_eq!(
        world.books().counts().total,
        0,
        "nothing was left for later"
    );
}

#[tokio::test]
async fn two_products_of_one_name_stay_two_within_one_page() {
    let world = quiet_store("").start().await;
    let books = world.books();
    let account = books.id_named(Kind::Account, "Sales").unwrap();
    let card =
        json!({ "Name": "Gift card", "Type": "Service", "IncomeAccountRef": { "value": account } });
    books.add(Kind::Item, card).unwrap();
    let mut second = 0;
    world.an_hour_ago(|shop| {
        shop.add_product("Gift card", "", 10.into());
        second = shop.add_product("Gift card", "", 25.into());
    });
    world.run().await;
    let items = books.objects(Kind::Item);
    let names = items.iter().filter_map(|item| item["Name"].as_str());
    let cards: Vec<&str> = names.filter(|name| name.starts_with("Gift card")).collect();
    assert_eq!(cards, ["Gift card", &format!("Gift card (#{second})")]);
    // a third one, read by itself
    let mut third = 0;
    world.an_hour_ago(|shop| third = shop.add_product("Gift card", "", 50.into()));
    world.run().await;
    let name = format!("Gift card (#{third})");
    assert!(
        books.id_named(Kind::Item, &name).is_some(),
        "{name} is not there"
    );
    check_invariants(&world).await;
}

#[tokio::test]
async fn two_of_one_name_stay_two_and_a_guest_is_the_one_with_the_address() {
    let world = quiet_store("").start().await;
    let books = world.books();
    let there = books.add_customer("John Smith", "").unwrap();
    let john = |email: &str| Address {
        first_name: "John".to_owned(),
        last_name: "Smith".to_owned(),
        email: email.to_owned(),
        ..ana()
    };
    world.an_hour_ago(|shop| {
        shop.add_customer("john@example.com", john("john@example.com"));
        shop.add_customer("smith@example.org", john("smith@example.org"));
    });
    world.run().await;
    let other = books.id_named(Kind::Customer, "John Smith (smith@example.org)");
    assert!(other.is_some(), "the second is somebody else");
    // each buys without logging in
    let people = books.count(Kind::Customer);
    for (email, customer) in [
        ("John@example.com", Some(there)),
        ("smith@example.org", other),
    ] {
        let cart = Cart::new().bill_to(john(email)).line("MUG-001", 1);
        let mut order = 0;
        world.an_hour_ago(|shop| order = shop.place_paid_order(&cart).unwrap());
        world.run().await;
        let number = world.shop().order(order).unwrap().number;
        let receipt = books.documents_numbered(&number).remove(0);
        let shown = books.object(receipt.kind, &receipt.id).unwrap();
        assert_eq!(shown["CustomerRef"]["value"].as_str(), customer.as_deref());
    }
    assert_eq!(books.count(Kind::Customer), people);
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_variation_deleted_before_its_sale_was_read_is_sold_as_the_generic_item() {
    let world = quiet_store("").start().await;
    let (books, shop) = (world.books(), world.shop());
    world.run().await;
    let small = shop.product_id("TEE-S-R").unwrap();
    let mut order = 0;
    world.an_hour_ago(|shop| {
        let cart = Cart::new().bill_to(ana()).line("TEE-S-R", 1);
        order = shop.place_paid_order(&cart).unwrap();
        shop.delete_product(small).unwrap();
    });
    world.run().await;
    let number = shop.order(order).unwrap().number;
    let receipt = books.documents_numbered(&number).remove(0);
    let shown = books.object(receipt.kind, &receipt.id).unwrap();
    let line = &shown["Line"][0];
    assert_eq!(
        line["SalesItemLineDetail"]["ItemRef"]["name"],
        "WooCommerce sales"
    );
    assert_eq!(line["Description"], "T-Shirt - S, Red");
    check_invariants(&world).await;
}
