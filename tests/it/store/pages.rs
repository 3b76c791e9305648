//! What the pages ask of the store: lists in their orders, what is held back, what was read.

use daybook::domain::{PostingState, Wish};
use daybook::store::{ListOrder, PostingFilter, Release, Settlement};
use kit::Money;

use super::views::numbers;
use super::world::{
    World, document, draft, hold, journal, posted, receipt, route, sale, sale_key, sale_of, send,
    usd, wished,
};

super::on_both![
    what_is_held_back_waits_for_a_release_alone,
    what_is_held_back_after_a_release_is_not_released_by_it,
    lists_keep_each_order_over_their_pages,
    metered_reads_add_up_by_month,
    what_was_posted_is_added_up_exactly_whatever_its_digits,
    a_journal_that_nobody_changed_has_the_same_stamp,
];

async fn what_is_held_back_waits_for_a_release_alone(world: World) {
    let store = world.open().await;
    let queued = journal(&store, &[sale("1", "a")]).await.to_post;
    let done = posted(&store, "2", "a", "772").await;
    let both = [queued[0].clone(), done];
    let held = store.hold_back(&both, "page").await.unwrap();
    assert_eq!(held, queued, "what is posted is not queued");
    let state = async || {
        let row = store.posting_rows(&queued).await.unwrap().remove(0);
        (row.state, row.cause.unwrap_or_default())
    };
    let waits = (PostingState::Held, "held_by_hand".to_owned());
    assert_eq!(state().await, waits);
    // neither another record nor one that cannot be mapped takes it away from who holds it
    for content in ["b", "c"] {
        assert!(
            journal(&store, &[sale("1", content)])
                .await
                .to_post
                .is_empty()
        );
        assert_eq!(state().await, waits);
    }
    journal(&store, &[wished("1", "d", Wish::Hold(hold("tax_off")))]).await;
    assert_eq!(state().await, waits);
    let which = Release::Ids(queued.clone());
    assert_eq!(
        store.release_held(&which, None, "page").await.unwrap(),
        queued
    );
    assert_eq!(journal(&store, &[sale("1", "e")]).await.to_post, queued);
    assert_eq!(state().await.0, PostingState::Queued);
    let actions: Vec<_> = store
        .audit_trail(Some(queued[0].as_str()), 9)
        .await
        .unwrap();
    let actions: Vec<_> = actions.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["retry", "hold"]);
}

async fn what_is_held_back_after_a_release_is_not_released_by_it(world: World) {
    let store = world.open().await;
    let ids = journal(&store, &[sale("1", "a")]).await.to_post;
    let later = Settlement::Requeued {
        due_at: Some("2026-11-03T12:00:00Z".parse().unwrap()),
        why: Some(hold("throttled")),
    };
    send(&store, "busy", &ids, &later).await;
    let which = Release::Ids(ids.clone());
    let released = store.release_held(&which, None, "page").await.unwrap();
    assert_eq!(released, ids);
    assert_eq!(store.hold_back(&ids, "page").await.unwrap(), ids);
    assert!(store.released_causes(&route()).await.unwrap().is_empty());
    store.requeue_released(&route()).await.unwrap();
    for content in ["a", "b"] {
        let planned = journal(&store, &[sale("1", content)]).await;
        assert!(planned.to_post.is_empty(), "{content}");
    }
}

async fn lists_keep_each_order_over_their_pages(world: World) {
    let store = world.open().await;
    let page: Vec<_> = (0..12).map(|order| sale(&order.to_string(), "a")).collect();
    journal(&store, &page).await;
    posted(&store, "99", "a", "799").await;
    for order in [
        ListOrder::Newest,
        ListOrder::LatestDay,
        ListOrder::EarliestDay,
        ListOrder::Largest,
        ListOrder::Smallest,
        ListOrder::LastChanged,
        ListOrder::FirstChanged,
    ] {
        let mut filter = PostingFilter {
            documents: true,
            order,
            limit: 5,
            ..PostingFilter::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = store.postings_page(&filter).await.unwrap();
            seen.extend(page.postings.into_iter().map(|row| row.number));
            filter.cursor = page.next_cursor;
            if filter.cursor.is_none() {
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 13, "{order:?}: each once");
    }
    let now = kit::Clock::now(&*world.clock);
    let hour = jiff::SignedDuration::from_hours(1);
    let around = Some((now - hour, now + hour));
    for (posted, run, found) in [(around, None, 1), (None, Some("other"), 0)] {
        let filter = PostingFilter {
            posted,
            run: run.map(daybook::domain::BatchId::new),
            ..PostingFilter::default()
        };
        assert_eq!(numbers(&store, filter).await.len(), found);
    }
    let (count, sums) = store
        .posted_between(None, now - hour, now + hour)
        .await
        .unwrap();
    assert_eq!((count, sums), (1, vec![usd("58.20")]));
}

async fn metered_reads_add_up_by_month(world: World) {
    let store = world.open().await;
    let (realm, at) = (
        super::world::realm(),
        "2026-11-30T23:59:59Z".parse().unwrap(),
    );
    assert_eq!(store.reads_of_month(&realm, at).await.unwrap(), 0);
    for count in [3, 4] {
        store.add_reads(&realm, at, count).await.unwrap();
    }
    let next = "2026-12-01T00:00:00Z".parse().unwrap();
    store.add_reads(&realm, next, 5).await.unwrap();
    assert_eq!(store.reads_of_month(&realm, at).await.unwrap(), 7);
    assert_eq!(store.reads_of_month(&realm, next).await.unwrap(), 5);
    let facts = store.realm_facts(&realm).await.unwrap();
    assert!(facts.lists_read_at.is_empty(), "and are no list");
}

async fn what_was_posted_is_added_up_exactly_whatever_its_digits(world: World) {
    let store = world.open().await;
    let money = |amount: &str, currency: &str| {
        Money::new(amount.parse().unwrap(), currency.parse().unwrap())
    };
    let amounts = [
        money("58.20", "USD"),
        money("-0.05", "USD"),
        money("-0.05", "USD"),
        money("7", "USD"),
        money("0.1", "USD"),
        money("12345678901234567890.01", "USD"),
        money("12345678901234567890.01", "USD"),
        money("1.005", "KWD"),
        money("0.995", "KWD"),
        money("9999999999999", "JPY"),
    ];
    let mut ids = Vec::new();
    for (order, amount) in amounts.iter().enumerate() {
        let order = order.to_string();
        let mut draft = draft(sale_key(&order), Wish::Post(document("a", &[])));
        draft.store_amount = Some(*amount);
        let page = [sale_of(&order, "a", vec![draft])];
        ids.extend(journal(&store, &page).await.to_post);
    }
    send(&store, "all", &ids, &Settlement::Posted(receipt("771"))).await;
    let now = kit::Clock::now(&*world.clock);
    let hour = jiff::SignedDuration::from_hours(1);
    let (count, sums) = store
        .posted_between(Some(&route().pipeline), now - hour, now + hour)
        .await
        .unwrap();
    assert_eq!(count, 10);
    assert_eq!(
        sums,
        [
            money("9999999999999", "JPY"),
            money("2.000", "KWD"),
            money("24691357802469135845.22", "USD"),
        ]
    );
}

async fn a_journal_that_nobody_changed_has_the_same_stamp(world: World) {
    let store = world.open().await;
    let name = route().pipeline;
    let stamp = async || store.journal_stamp(&name).await.unwrap();
    let first = stamp().await;
    let queued = journal(&store, &[sale("1", "a")]).await.to_post;
    assert_eq!(stamp().await, first, "a page is part of its run");
    store.hold_back(&queued, "command").await.unwrap();
    let decided = stamp().await;
    assert_ne!(decided, first, "somebody decided something");
    assert_eq!(stamp().await, decided);
}
