//! Against the simulated store of the sandbox, which was written from the FACTS by other hands.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use daybook_woocommerce::{
    Order, Refund, Settings, WooCommerce, parse_customer, parse_order, parse_product, parse_refund,
};
use jiff::SignedDuration;
use kit::{Chance, Clock, Cursor, Kind, Source, StreamName};
use sandbox::clock::SandboxClock;
use sandbox::store::{
    Cart, Fault, GenerateOptions, Malformation, Matcher, OrderStorage, RecordedStore,
    RefundRequest, Regime, Seed, StoreContents, StoreHandle, StoreOptions, StoreQuirks,
    StoreServer, StoreVersion,
};

use crate::shop::{JumpingClock, ids, noon, run};

/// A simulated store, the connector to it, and the clock both live by.
pub(super) struct World {
    pub(super) clock: Arc<JumpingClock>,
    pub(super) store: StoreServer,
    pub(super) source: WooCommerce,
}

impl World {
    pub(super) async fn new(contents: StoreContents, quirks: StoreQuirks, page_size: u32) -> Self {
        let clock = Arc::new(JumpingClock(Mutex::new(noon())));
        let mut options = StoreOptions::new(contents);
        options.quirks = quirks;
        let shown = clock.clone();
        options.clock = SandboxClock::new(move || shown.now());
        let store = StoreServer::start(options).await.unwrap();
        let source = connect(&store, store.consumer_key(), clock.clone(), page_size);
        Self {
            clock,
            store,
            source,
        }
    }

    fn hands(&self) -> StoreHandle {
        self.store.handle()
    }
}

pub(super) fn connect(
    store: &StoreServer,
    key: &str,
    clock: Arc<JumpingClock>,
    page_size: u32,
) -> WooCommerce {
    let url = store.url().parse().unwrap();
    let secret = store.consumer_secret().into();
    let mut settings = Settings::new(url, key.to_owned(), secret);
    settings.page_size = page_size;
    WooCommerce::new(settings, clock, Arc::new(Chance::seeded(1))).unwrap()
}

/// A store with `orders` orders made in the two months before noon.
fn generated(orders: usize, regime: Regime) -> StoreContents {
    let options = GenerateOptions {
        orders,
        regime,
        first_day: jiff::civil::date(2026, 4, 1),
        last_day: jiff::civil::date(2026, 5, 31),
        ..GenerateOptions::default()
    };
    StoreContents::generate(Seed(7), &options)
}

fn old(storage: OrderStorage) -> StoreQuirks {
    StoreQuirks {
        version: StoreVersion::V9_9,
        storage,
        ..StoreQuirks::default()
    }
}

/// What was delivered of the orders, the last state of each, and that nothing came twice.
#[derive(Default)]
struct Delivered {
    orders: BTreeMap<u64, Order>,
    changes: HashSet<String>,
}

impl Delivered {
    async fn run(&mut self, world: &World, cursor: &mut Cursor) -> usize {
        let mut count = 0;
        for page in run(&world.source, StreamName::Orders, cursor).await {
            for record in page.records {
                let change = format!(
                    "{} {} {}",
                    record.id, record.modified_at, record.fingerprint
                );
                assert!(
                    self.changes.insert(change),
                    "order {} came twice",
                    record.id
                );
                let order = parse_order(record.body.get()).unwrap();
                self.orders.insert(order.id, order);
                count += 1;
            }
        }
        count
    }

    /// Compares with what the store really holds.
    fn check(&self, store: &StoreHandle) {
        for truth in store.orders() {
            if ["checkout-draft", "auto-draft"].contains(&truth.status.as_str()) {
                continue;
            }
            let order = self.orders.get(&truth.id);
            let order = order.unwrap_or_else(|| panic!("order {} was lost", truth.id));
            assert_eq!(order.status.as_str(), truth.status, "order {}", truth.id);
            assert_eq!(order.total, truth.total, "order {}", truth.id);
            assert_eq!(order.total_tax, truth.total_tax, "order {}", truth.id);
            assert_eq!(order.date_paid_gmt, truth.paid, "order {}", truth.id);
            let refunds: Vec<_> = order
                .refunds
                .iter()
                .flatten()
                .map(|it| (it.id, it.total))
                .collect();
            let mut expected: Vec<_> = truth.refunds.iter().map(|it| (it.id, it.amount)).collect();
            expected.reverse();
            assert!(
                refunds == expected || refunds.iter().rev().eq(&expected),
                "order {}: {refunds:?} {expected:?}",
                truth.id
            );
        }
    }
}

#[tokio::test]
async fn every_store_is_read_whole_and_every_entity_of_it_parses() {
    let stores = [
        (
            StoreContents::recorded(RecordedStore::Us),
            StoreQuirks::default(),
        ),
        (
            StoreContents::recorded(RecordedStore::Uk),
            old(OrderStorage::Posts),
        ),
        (generated(230, Regime::Ca), old(OrderStorage::Hpos)),
        (generated(230, Regime::Au), StoreQuirks::default()),
    ];
    for (contents, quirks) in stores {
        let in_posts = quirks.storage == OrderStorage::Posts;
        let world = World::new(contents, quirks, 20).await;
        // the recorded stores were recorded in November
        world.clock.pass(220 * 86_400);
        let mut delivered = Delivered::default();
        let mut cursor = Cursor::default();
        delivered.run(&world, &mut cursor).await;
        delivered.check(&world.hands());

        let mut refunds: BTreeMap<u64, Refund> = BTreeMap::new();
        let pages = run(&world.source, StreamName::Refunds, &mut Cursor::default()).await;
        for record in pages.iter().flat_map(|page| &page.records) {
            let refund = parse_refund(record.body.get()).unwrap();
            assert!(
                refunds.insert(refund.id, refund).is_none(),
                "refund {} came twice",
                record.id
            );
        }
        for truth in world.hands().orders() {
            for refund in truth.refunds {
                let hidden = in_posts && truth.status == "trash";
                let read = refunds.get(&refund.id);
                assert!(
                    read.is_some_and(|it| it.amount == refund.amount) || hidden,
                    "{refund:?}"
                );
            }
        }
        for record in run(&world.source, StreamName::Products, &mut Cursor::default()).await {
            for record in record.records {
                parse_product(record.body.get()).unwrap();
            }
        }
        let pages = run(&world.source, StreamName::Customers, &mut Cursor::default()).await;
        for record in pages.iter().flat_map(|page| &page.records) {
            parse_customer(record.body.get()).unwrap();
        }
        let mut customers = ids(&pages);
        customers.dedup();
        assert!(
            world
                .hands()
                .customer_ids()
                .iter()
                .all(|id| customers.contains(id))
        );
    }
}

#[tokio::test]
async fn a_run_with_nothing_new_is_one_request_a_stream() {
    let world = World::new(generated(120, Regime::Us), StoreQuirks::default(), 100).await;
    let mut cursors = StreamName::ALL.map(|stream| (stream, Cursor::default()));
    for (stream, cursor) in &mut cursors {
        run(&world.source, *stream, cursor).await;
    }
    world.clock.pass(300);
    for (stream, cursor) in &mut cursors {
        world.hands().clear_requests();
        let pages = run(&world.source, *stream, cursor).await;
        assert_eq!(
            (world.hands().requests().len(), ids(&pages).len()),
            (1, 0),
            "{stream}"
        );
    }
}

#[tokio::test]
async fn a_busy_store_loses_and_doubles_nothing_while_it_is_read() {
    for quirks in [
        StoreQuirks::default(),
        old(OrderStorage::Hpos),
        old(OrderStorage::Posts),
    ] {
        let world = World::new(generated(240, Regime::Us), quirks, 20).await;
        let hands = world.hands();
        let all: Vec<u64> = hands.orders().iter().map(|order| order.id).collect();
        let plain: Vec<u64> = hands
            .orders()
            .iter()
            .filter(|order| order.status == "completed" && order.refunds.is_empty())
            .map(|order| order.id)
            .collect();
        let sku = "MUG-001";
        let clock = world.clock.clone();
        for step in 0..10 {
            let (plain, clock) = (plain.clone(), clock.clone());
            let number = 2 + u64::try_from(step).unwrap();
            hands.on_request(number, move |hands| {
                clock.pass(7);
                if hands.product_id(sku).is_some() {
                    hands.place_paid_order(&Cart::new().line(sku, 2)).unwrap();
                }
                hands.set_note(plain[step], "call before delivery").unwrap();
                hands.trash(plain[step + 10]).unwrap();
                hands.delete_for_good(plain[step + 20]).unwrap();
                hands
                    .refund(plain[step + 30], &RefundRequest::everything())
                    .unwrap();
                hands
                    .set_status(plain[plain.len() - 1 - step], "cancelled")
                    .unwrap();
            });
        }
        let mut delivered = Delivered::default();
        let mut cursor = Cursor::default();
        delivered.run(&world, &mut cursor).await;
        assert!(all.len() > 200 && hands.requests().len() > 11);
        world.clock.pass(20 * 60);
        delivered.run(&world, &mut cursor).await;
        delivered.check(&hands);
    }
}

#[tokio::test]
async fn a_bulk_edit_of_350_orders_in_one_second_is_read_whole() {
    for quirks in [
        StoreQuirks::default(),
        old(OrderStorage::Hpos),
        old(OrderStorage::Posts),
    ] {
        let world = World::new(generated(400, Regime::Us), quirks, 100).await;
        let mut delivered = Delivered::default();
        let mut cursor = Cursor::default();
        delivered.run(&world, &mut cursor).await;
        let hands = world.hands();
        let orders = hands.orders();
        let shown = orders
            .iter()
            .filter(|it| !it.status.contains("draft") && it.status != "trash");
        let edited: Vec<u64> = shown.map(|order| order.id).take(350).collect();
        hands.touch_all(&edited).unwrap();
        world.clock.pass(60);
        assert_eq!(delivered.run(&world, &mut cursor).await, 350);
        hands.clear_requests();
        assert_eq!(delivered.run(&world, &mut cursor).await, 0);
        assert_eq!(hands.requests().len(), 1);
        delivered.check(&hands);
    }
}

#[tokio::test]
async fn a_half_written_order_is_delivered_only_whole() {
    for skew in [0, -40] {
        let quirks = StoreQuirks {
            date_header_skew: SignedDuration::from_secs(skew),
            ..StoreQuirks::default()
        };
        let world = World::new(StoreContents::recorded(RecordedStore::Us), quirks, 100).await;
        world.clock.pass(220 * 86_400);
        let mut cursor = Cursor::default();
        run(&world.source, StreamName::Orders, &mut cursor).await;
        let cart = Cart::new().line("MUG-001", 1).line("OOL-100", 2);
        let order = world.hands().place_half_written(&cart, 1).unwrap();
        world.clock.pass(3);
        let pages = run(&world.source, StreamName::Orders, &mut cursor).await;
        assert!(!ids(&pages).contains(&order));
        world.hands().finish_writing(order).unwrap();
        world.clock.pass(60);
        let pages = run(&world.source, StreamName::Orders, &mut cursor).await;
        assert_eq!(ids(&pages), [order]);
        let whole = parse_order(pages[0].records[0].body.get()).unwrap();
        assert_eq!(whole.line_items.len(), 2);
        assert_eq!(
            Some(whole.total),
            world.hands().order(order).map(|truth| truth.total)
        );
    }
}

#[tokio::test]
async fn with_a_date_header_that_is_ahead_a_torn_order_is_made_good_by_the_overlap() {
    let quirks = StoreQuirks {
        date_header_skew: SignedDuration::from_hours(2),
        ..StoreQuirks::default()
    };
    let world = World::new(StoreContents::recorded(RecordedStore::Us), quirks, 100).await;
    world.clock.pass(220 * 86_400);
    let mut delivered = Delivered::default();
    let mut cursor = Cursor::default();
    delivered.run(&world, &mut cursor).await;
    let cart = Cart::new().line("MUG-001", 1).line("OOL-100", 2);
    let order = world.hands().place_half_written(&cart, 1).unwrap();
    delivered.run(&world, &mut cursor).await;
    // finished within the same second
    world.hands().finish_writing(order).unwrap();
    delivered.run(&world, &mut cursor).await;
    delivered.check(&world.hands());
}

#[tokio::test]
async fn whatever_goes_wrong_once_the_walk_is_whole() {
    let faults = [
        Fault::Maintenance,
        Fault::PhpFatal,
        Fault::HtmlInsteadOfJson,
        Fault::CutBody,
        Fault::CutConnection,
        Fault::TruncatedJson,
    ];
    for fault in faults {
        let world = World::new(generated(90, Regime::Us), StoreQuirks::default(), 20).await;
        let matcher = Matcher::path("/orders").after(1).times(2);
        world.hands().plan_fault(matcher, fault.clone());
        let mut delivered = Delivered::default();
        delivered.run(&world, &mut Cursor::default()).await;
        delivered.check(&world.hands());
    }
    let quirks = StoreQuirks {
        php_warning_before_json: true,
        gzip: true,
        ..StoreQuirks::default()
    };
    let world = World::new(generated(50, Regime::Us), quirks, 20).await;
    let mut delivered = Delivered::default();
    delivered.run(&world, &mut Cursor::default()).await;
    delivered.check(&world.hands());
}

#[tokio::test]
async fn one_malformed_record_costs_no_other() {
    for (malformation, has_id, parses) in [
        (Malformation::NullTotal, true, false),
        (Malformation::TextTotal, true, false),
        (Malformation::WrongTypedLines, true, false),
        (Malformation::BadDate, true, false),
        (Malformation::NoId, false, false),
    ] {
        let world = World::new(generated(20, Regime::Us), StoreQuirks::default(), 100).await;
        let fault = Fault::Malformed(malformation);
        world
            .hands()
            .plan_fault(Matcher::path("/orders").times(1), fault);
        let from = Cursor::default();
        let page = world.source.page(StreamName::Orders, &from).await.unwrap();
        let drafts = world.hands().orders();
        let shown = |status: &str| !status.contains("draft") && status != "trash";
        let expected = drafts.iter().filter(|order| shown(&order.status)).count();
        let rejected = usize::from(!has_id);
        assert_eq!(page.records.len() + rejected, expected, "{malformation:?}");
        assert_eq!(page.rejected.len(), rejected);
        let bad = page
            .records
            .iter()
            .filter(|it| parse_order(it.body.get()).is_err());
        assert_eq!(
            bad.count(),
            usize::from(has_id && !parses),
            "{malformation:?}"
        );
    }
}

#[tokio::test]
async fn the_check_says_what_it_found_or_what_to_do() {
    let contents = StoreContents::recorded(RecordedStore::Us);
    let world = World::new(contents, StoreQuirks::default(), 100).await;
    let found = world.source.check().await.unwrap();
    for part in [
        "10.5.0",
        "Thistle & Thyme",
        "USD",
        "America/New_York",
        "prices without tax",
        "tables of their own",
    ] {
        assert!(found.contains(part), "`{part}` is not in: {found}");
    }

    let key = world.store.write_only_key();
    let failure = connect(&world.store, key, world.clock.clone(), 100)
        .check()
        .await
        .unwrap_err();
    assert_eq!((failure.kind(), failure.code()), (Kind::Stop, "permission"));
    let failure = connect(&world.store, "ck_unknown", world.clock.clone(), 100)
        .check()
        .await;
    assert_eq!(failure.unwrap_err().code(), "credentials");
    let key = world.store.read_only_key();
    connect(&world.store, key, world.clock.clone(), 100)
        .check()
        .await
        .unwrap();
}
