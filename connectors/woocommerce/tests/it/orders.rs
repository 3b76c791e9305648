//! Orders are read whole while the store changes: nothing lost, nothing twice.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, ToSpan};
use kit::{Chance, Cursor, StreamName};

use crate::shop::{Store, Thing, at, ids, noon, run, sorted};

const ORDERS: StreamName = StreamName::Orders;

/// A store with `count` orders, one a minute, the last an hour before noon.
async fn store_with(count: u64) -> Store {
    let store = Store::open().await;
    for id in 1..=count {
        let minutes = i64::try_from(count - id).unwrap() + 60;
        store.shop().orders.push(Thing::new(id, at(-60 * minutes)));
    }
    store
}

#[tokio::test]
async fn a_backfill_reads_every_order_once_oldest_change_first() {
    let store = store_with(47).await;
    let source = store.connect();
    let mut cursor = Cursor::default();
    let pages = run(&source, ORDERS, &mut cursor).await;
    assert_eq!(ids(&pages), (1..=47).collect::<Vec<_>>());
    assert_eq!(pages[0].remaining, Some(47));
    let stamps: Vec<_> = pages
        .iter()
        .flat_map(|it| &it.records)
        .map(|it| it.modified_at)
        .collect();
    assert!(stamps.is_sorted());
    let question = &store.requests()[0];
    for part in [
        "orderby=modified",
        "order=asc",
        "per_page=10",
        "dates_are_gmt=true",
        "dp=6",
        "status=any",
    ] {
        assert!(question.contains(part), "{question} lacks {part}");
    }
    assert!(
        !question.contains("ck_") && !question.contains("cs_"),
        "{question}"
    );
}

#[tokio::test]
async fn a_run_with_nothing_new_is_one_request_and_no_record() {
    let store = store_with(23).await;
    // the last nine changed within the overlap
    for id in 15..=23 {
        store.shop().order(id).modified = at(i64::try_from(id).unwrap() * 10 - 300);
    }
    let source = store.connect();
    let mut cursor = Cursor::default();
    run(&source, ORDERS, &mut cursor).await;
    for _ in 0..3 {
        store.forget_requests();
        store.pass(SignedDuration::from_secs(60));
        let pages = run(&source, ORDERS, &mut cursor).await;
        assert_eq!((store.requests().len(), ids(&pages)), (1, vec![]));
    }
}

#[tokio::test]
async fn after_a_burst_of_changes_a_run_with_nothing_new_is_one_request_all_the_same() {
    let store = store_with(0).await;
    for id in 1..=25_u64 {
        let ago = 60 + 10 * i64::try_from(id).unwrap();
        store.shop().orders.push(Thing::new(id, at(-ago)));
    }
    let source = store.connect();
    let mut cursor = Cursor::default();
    assert_eq!(ids(&run(&source, ORDERS, &mut cursor).await).len(), 25);
    store.forget_requests();
    assert!(ids(&run(&source, ORDERS, &mut cursor).await).is_empty());
    assert_eq!(store.requests().len(), 1);
}

#[tokio::test]
async fn the_cursor_stays_small_while_a_burst_of_changes_is_read() {
    let store = store_with(0).await;
    for id in 1..=500_u64 {
        store
            .shop()
            .orders
            .push(Thing::new(id, at(i64::try_from(id).unwrap() - 560)));
    }
    let source = store.connect();
    let pages = run(&source, ORDERS, &mut Cursor::default()).await;
    assert_eq!(ids(&pages), (1..=500).collect::<Vec<_>>());
    let longest = pages.iter().map(|page| page.next.0.len()).max();
    assert!(longest < Some(1_000), "{longest:?}");
}

#[tokio::test]
async fn what_was_young_when_a_slow_page_was_put_together_waits_too() {
    let store = store_with(3).await;
    store.shop().orders.push(Thing::new(50, at(-2)));
    store.shop().slowness = 40;
    let source = store.connect();
    let mut cursor = Cursor::default();
    let page = kit::Source::page(&source, ORDERS, &cursor).await.unwrap();
    cursor = page.next.clone();
    assert_eq!(ids(&[page]), [1, 2, 3]);
    store.shop().slowness = 0;
    assert!(ids(&run(&source, ORDERS, &mut cursor).await).is_empty());
    store.pass(SignedDuration::from_secs(60));
    assert_eq!(ids(&run(&source, ORDERS, &mut cursor).await), [50]);
}

#[tokio::test]
async fn a_run_broken_off_in_the_bin_does_not_hide_new_orders_from_the_next() {
    let store = store_with(3).await;
    let source = store.connect();
    let page = kit::Source::page(&source, ORDERS, &Cursor::default())
        .await
        .unwrap();
    assert!(page.more, "the bin is next");
    let mut cursor = page.next;
    store.pass(SignedDuration::from_mins(5));
    store.shop().edit(2);
    store.pass(SignedDuration::from_mins(5));
    assert_eq!(ids(&run(&source, ORDERS, &mut cursor).await), [2]);
}

#[tokio::test]
async fn hundreds_of_orders_of_one_second_are_all_read_once_also_without_a_tie_break() {
    let cases = [
        (15, true, 86_400),
        (15, false, 86_400),
        (15, false, 60),
        (0, false, 60),
    ];
    for (others, breaks_ties, seconds_ago) in cases {
        let store = store_with(others).await;
        for id in 100..450 {
            store.shop().orders.push(Thing::new(id, at(-seconds_ago)));
        }
        for id in 500..515 {
            store.shop().orders.push(Thing::new(id, at(-30)));
        }
        store.shop().breaks_ties = breaks_ties;
        let mut settings = store.settings();
        settings.page_size = 100;
        let source = store.connect_with(settings);
        let mut cursor = Cursor::default();
        let pages = run(&source, ORDERS, &mut cursor).await;
        let all: Vec<u64> = (1..=others).chain(100..450).chain(500..515).collect();
        assert_eq!(sorted(ids(&pages)), all);
        store.forget_requests();
        store.pass(SignedDuration::from_secs(5));
        let pages = run(&source, ORDERS, &mut cursor).await;
        assert_eq!((store.requests().len(), ids(&pages)), (1, vec![]));
        assert!(
            cursor.0.len() < 8_000,
            "the cursor has {} bytes",
            cursor.0.len()
        );
    }
}

#[tokio::test]
async fn orders_that_leave_a_full_second_while_it_is_read_make_no_other_be_missed() {
    let store = Store::open().await;
    for id in 1..=55 {
        store.shop().orders.push(Thing::new(id, at(-86_400)));
    }
    // after each of the first pages some of the orders already read are changed or deleted
    for step in 0..5_u64 {
        store.then(move |shop| {
            shop.edit(step * 9 + 1);
            shop.edit(step * 9 + 2);
            shop.orders.retain(|it| it.id != step * 9 + 3);
        });
    }
    let source = store.connect();
    let mut cursor = Cursor::default();
    let mut seen = ids(&run(&source, ORDERS, &mut cursor).await);
    store.pass(SignedDuration::from_secs(60));
    seen.extend(ids(&run(&source, ORDERS, &mut cursor).await));
    let seen: HashSet<u64> = seen.into_iter().collect();
    let left: Vec<u64> = store.shop().orders.iter().map(|it| it.id).collect();
    assert!(left.iter().all(|id| seen.contains(id)), "{left:?} {seen:?}");
}

#[tokio::test]
async fn orders_inserted_changed_and_deleted_between_pages_lose_and_double_nothing() {
    let store = store_with(40).await;
    store.then(|shop| shop.orders.push(Thing::new(100, shop.now)));
    store.then(|shop| shop.edit(3)); // already read
    store.then(|shop| shop.edit(38)); // not yet read
    store.then(|shop| shop.orders.retain(|it| it.id != 5));
    let source = store.connect();
    let mut cursor = Cursor::default();
    let first = ids(&run(&source, ORDERS, &mut cursor).await);
    assert_eq!(first, (1..=40).filter(|id| *id != 38).collect::<Vec<_>>());
    store.pass(SignedDuration::from_secs(60));
    let second = ids(&run(&source, ORDERS, &mut cursor).await);
    assert_eq!(sorted(second), [3, 38, 100]);
}

#[tokio::test]
async fn an_order_still_being_written_waits_until_it_has_settled() {
    let store = store_with(3).await;
    let mut torn = Thing::new(50, at(-2));
    torn.content = "5 of 60 lines".to_owned();
    store.shop().orders.push(torn);
    let source = store.connect();
    let mut cursor = Cursor::default();
    let pages = run(&source, ORDERS, &mut cursor).await;
    assert_eq!(ids(&pages), [1, 2, 3]);
    // finished within the same second
    store.shop().order(50).content = "60 of 60 lines".to_owned();
    store.pass(SignedDuration::from_secs(14));
    let pages = run(&source, ORDERS, &mut cursor).await;
    let records: Vec<_> = pages.iter().flat_map(|page| &page.records).collect();
    assert_eq!(records.len(), 1);
    assert!(records[0].body.get().contains("60 of 60"));
}

#[tokio::test]
async fn an_order_that_became_visible_late_is_found_by_the_overlap() {
    let store = store_with(3).await;
    store.shop().orders.push(Thing::new(50, at(-40)));
    let source = store.connect();
    let mut cursor = Cursor::default();
    run(&source, ORDERS, &mut cursor).await;
    // stamped before the newest one read, committed after it
    store.shop().orders.push(Thing::new(49, at(-90)));
    store.pass(SignedDuration::from_secs(300));
    let pages = run(&source, ORDERS, &mut cursor).await;
    assert_eq!(ids(&pages), [49]);
}

#[tokio::test]
async fn a_changed_order_comes_again_and_one_saved_within_its_second_too() {
    let store = store_with(12).await;
    store.shop().orders.push(Thing::new(50, at(-60)));
    let source = store.connect();
    let mut cursor = Cursor::default();
    run(&source, ORDERS, &mut cursor).await;
    store.shop().order(50).content = "changed, stamp unmoved".to_owned();
    store.shop().edit(4);
    store.pass(SignedDuration::from_secs(60));
    let pages = run(&source, ORDERS, &mut cursor).await;
    assert_eq!(sorted(ids(&pages)), [4, 50]);
}

#[tokio::test]
async fn the_bin_is_looked_into_every_quarter_of_an_hour() {
    let store = store_with(5).await;
    let source = store.connect();
    let mut cursor = Cursor::default();
    run(&source, ORDERS, &mut cursor).await;
    let now = store.shop().now;
    store.change(|shop| {
        let order = shop.order(2);
        order.status = "trash".to_owned();
        order.modified = now;
    });
    store.pass(SignedDuration::from_mins(10));
    assert!(ids(&run(&source, ORDERS, &mut cursor).await).is_empty());
    store.pass(SignedDuration::from_mins(5));
    store.forget_requests();
    let pages = run(&source, ORDERS, &mut cursor).await;
    let record = &pages[1].records[0];
    assert_eq!((record.id.as_str(), store.requests().len()), ("2", 2));
    assert!(record.body.get().contains(r#""status":"trash""#));
    store.forget_requests();
    assert!(ids(&run(&source, ORDERS, &mut cursor).await).is_empty());
    assert_eq!(store.requests().len(), 1);
}

#[tokio::test]
async fn baskets_not_yet_bought_are_left_out() {
    let store = store_with(3).await;
    store.shop().order(2).status = "checkout-draft".to_owned();
    let source = store.connect();
    let pages = run(&source, ORDERS, &mut Cursor::default()).await;
    assert_eq!(ids(&pages), [1, 3]);
}

#[tokio::test]
async fn nothing_is_lost_in_the_hour_that_comes_twice_in_posts_storage() {
    let store = Store::open().await;
    // New York falls back on 2026-11-01 at 06:00 UTC: local 01:00 to 02:00 comes twice
    let start: jiff::Timestamp = "2026-11-01T04:30:00Z".parse().unwrap();
    for id in 1..=180_u64 {
        let minute = i64::try_from(id).unwrap();
        let moment = start.checked_add(minute.minutes()).unwrap();
        store.shop().orders.push(Thing::new(id, moment));
    }
    store.shop().now = "2026-12-01T00:00:00Z".parse().unwrap();
    store.shop().sorts_by_local_time = true;
    let source = store.connect();
    let pages = run(&source, ORDERS, &mut Cursor::default()).await;
    assert_eq!(sorted(ids(&pages)), (1..=180).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_that_looks_in_order_hides_nothing_of_the_hour_that_comes_twice() {
    for known_before in [false, true] {
        let store = Store::open().await;
        store.shop().sorts_by_local_time = true;
        let utc = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let before = utc("2026-11-01T04:50:00Z");
        store.shop().orders.push(Thing::new(1, before));
        store.shop().now = utc("2026-11-01T05:30:00Z");
        let source = store.connect();
        let mut cursor = Cursor::default();
        let mut found = Vec::new();
        if known_before {
            found.extend(ids(&run(&source, ORDERS, &mut cursor).await));
        }
        // 01:50 before the change sorts behind 01:00 to 01:19 after it
        for id in 2..=4 {
            store
                .shop()
                .orders
                .push(Thing::new(id, utc("2026-11-01T05:50:00Z")));
        }
        for id in 5..=24_u64 {
            let minute = i64::try_from(id - 5).unwrap();
            let moment = utc("2026-11-01T06:00:00Z")
                .checked_add(minute.minutes())
                .unwrap();
            store.shop().orders.push(Thing::new(id, moment));
        }
        store.shop().now = utc("2026-11-01T09:00:00Z");
        found.extend(ids(&run(&source, ORDERS, &mut cursor).await));
        assert_eq!(sorted(found), (1..=24).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn nothing_before_the_start_date_is_asked_for() {
    let store = store_with(30).await;
    let mut settings = store.settings();
    settings.start = Some(store.shop().order(21).modified);
    let source = store.connect_with(settings);
    let mut cursor = Cursor::default();
    assert_eq!(
        ids(&run(&source, ORDERS, &mut cursor).await),
        (21..=30).collect::<Vec<_>>()
    );
    assert!(ids(&run(&source, ORDERS, &mut cursor).await).is_empty());
    // a start in the future reads nothing, however the overlap reaches back
    store.shop().orders.push(Thing::new(31, at(-60)));
    let mut settings = store.settings();
    settings.start = Some(at(86_400));
    let source = store.connect_with(settings);
    let mut cursor = Cursor::default();
    for _ in 0..2 {
        assert!(ids(&run(&source, ORDERS, &mut cursor).await).is_empty());
    }
}

#[tokio::test]
async fn a_store_that_ignores_the_bounds_is_refused_instead_of_read_forever() {
    let store = store_with(30).await;
    let source = store.connect();
    let mut cursor = Cursor::default();
    run(&source, ORDERS, &mut cursor).await;
    let shop = r#"[{"id":1,"date_modified_gmt":"2020-01-01T00:00:00"}]"#;
    store.shop().canned.push_back(crate::shop::Canned {
        status: 200,
        headers: vec![],
        body: shop.to_owned(),
    });
    let failure = kit::Source::page(&source, ORDERS, &cursor)
        .await
        .unwrap_err();
    assert_eq!(
        (failure.code(), failure.kind()),
        ("store_filter_ignored", kit::Kind::Stop)
    );
}

#[tokio::test]
async fn damaged_records_leave_the_rest_of_their_page_whole() {
    let store = store_with(6).await;
    store.shop().order(2).damage = Some("null".to_owned());
    store.shop().order(4).damage = Some(r#"{"id":4,"total":{}}"#.to_owned());
    let source = store.connect();
    let mut cursor = Cursor::default();
    let pages = run(&source, ORDERS, &mut cursor).await;
    assert_eq!(ids(&pages), [1, 3, 4, 5, 6]);
    assert_eq!(pages[0].rejected.len(), 1);
    assert_eq!(pages[0].rejected[0].place, "2");
}

#[tokio::test]
async fn whatever_happens_meanwhile_in_the_end_everything_was_delivered_as_it_is() {
    for seed in 0..40 {
        let store = Store::open().await;
        let chance = Chance::seeded(seed);
        let pick = |bound: u64| chance.below(bound);
        {
            let mut shop = store.shop();
            shop.breaks_ties = pick(2) == 0;
            shop.chance = Chance::seeded(seed + 1_000);
            for id in 1..=80 {
                // few seconds, so that many share one
                let ago = i64::try_from(pick(12)).unwrap()
                    * [1, 60, 900][usize::try_from(pick(3)).unwrap()];
                shop.orders.push(Thing::new(id, at(-ago)));
            }
        }
        let source = store.connect();
        let mut cursor = Cursor::default();
        let mut delivered: BTreeMap<String, String> = BTreeMap::new();
        let mut every = HashSet::new();
        for round in 0..12 {
            for _ in 0..6 {
                let (what, id, pause) = (pick(6), pick(80) + 1, i64::try_from(pick(20)).unwrap());
                store.then(move |shop| {
                    shop.now = shop.now.checked_add(pause.seconds()).unwrap();
                    let now = shop.now;
                    match what {
                        0 => shop.orders.push(Thing::new(1_000 * (round + 1) + id, now)),
                        1 | 2 => shop.edit(id),
                        3 => {
                            let order = shop.order(id);
                            order.status = "trash".to_owned();
                            order.modified = now;
                        }
                        4 => {
                            let order = shop.order(id);
                            order.status = "completed".to_owned();
                            order.modified = now;
                        }
                        _ => {}
                    }
                });
            }
            store.pass(SignedDuration::from_mins(i64::try_from(pick(8)).unwrap()));
            for page in run(&source, ORDERS, &mut cursor).await {
                for record in page.records {
                    let delivery = (
                        record.id.clone(),
                        record.modified_at,
                        record.fingerprint.clone(),
                    );
                    assert!(
                        every.insert(delivery),
                        "seed {seed}: {} came twice",
                        record.id
                    );
                    delivered.insert(record.id, record.body.get().to_owned());
                }
            }
        }
        store.shop().events.clear();
        store.pass(SignedDuration::from_mins(20));
        for page in run(&source, ORDERS, &mut cursor).await {
            for record in page.records {
                delivered.insert(record.id, record.body.get().to_owned());
            }
        }
        let shop = store.shop();
        assert!(shop.orders.len() >= 80 && shop.now > noon());
        for order in &shop.orders {
            let body = delivered.get(&order.id.to_string());
            let body = body.unwrap_or_else(|| panic!("seed {seed}: order {} was lost", order.id));
            let content = format!(r#""name":"{}""#, order.content);
            let status = format!(r#""status":"{}""#, order.status);
            assert!(
                body.contains(&content) && body.contains(&status),
                "seed {seed}: {body}"
            );
        }
    }
}
