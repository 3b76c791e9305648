//! What people look at.

use daybook::domain::{Hold, IfPosted, PipelineName, PostingState, SourceKind, Wish};
use daybook::store::{GroupBy, PostingFilter, Settlement, Store};
use jiff::civil::{Date, date};
use kit::PostingKind;

use super::world::{
    World, cancelled, decimal, document, draft, guest_key, hold, journal, posted, receipt, route,
    sale, sale_key, sale_of, send, usd, wished,
};

super::on_both![
    a_long_list_is_paged_without_loss,
    postings_are_found_by_what_people_know,
    a_posting_tells_its_story,
    what_waits_is_grouped_by_cause,
    counts_and_the_oldest_say_what_is_missing,
    store_and_books_are_reconciled_to_the_cent,
    a_tax_that_is_otherwise_in_the_books_is_named_though_the_total_agrees,
    what_people_did_is_noted,
];

async fn a_long_list_is_paged_without_loss(world: World) {
    let store = world.open().await;
    let page: Vec<_> = (0..120)
        .map(|order| sale(&order.to_string(), "a"))
        .collect();
    journal(&store, &page).await;
    let mut filter = PostingFilter {
        limit: 50,
        ..PostingFilter::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = store.postings_page(&filter).await.unwrap();
        seen.extend(page.postings.into_iter().map(|posting| posting.id));
        filter.cursor = page.next_cursor;
        if filter.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 120);
    assert!(
        seen.is_sorted_by(|left, right| left > right),
        "newest first"
    );
}

pub(super) async fn numbers(store: &Store, filter: PostingFilter) -> Vec<String> {
    let page = store.postings_page(&filter).await.unwrap();
    let mut numbers: Vec<_> = page
        .postings
        .into_iter()
        .map(|posting| posting.number)
        .collect();
    numbers.sort();
    numbers
}

async fn postings_are_found_by_what_people_know(world: World) {
    let store = world.open().await;
    posted(&store, "1043", "a", "771").await;
    let guest = draft(
        guest_key("ana_m@example.com"),
        Wish::Post(document("guest", &[])),
    );
    journal(&store, &[sale_of("7", "a", vec![guest])]).await;
    journal(
        &store,
        &[wished("8", "a", Wish::Hold(hold("closed_period")))],
    )
    .await;
    journal(&store, &[wished("9", "a", Wish::Hold(hold("tax_off")))]).await;
    let q = |q: &str| PostingFilter {
        q: Some(q.into()),
        ..PostingFilter::default()
    };
    assert_eq!(numbers(&store, q("1043")).await, ["1043"]);
    assert_eq!(numbers(&store, q("ANA_M")).await, ["ana_m@example.com"]);
    assert!(
        numbers(&store, q("ana%m")).await.is_empty(),
        "a percent sign is a letter here"
    );
    assert_eq!(numbers(&store, q("58.20")).await, ["1043", "8", "9"]);
    let held = PostingFilter {
        state: Some(PostingState::Held),
        ..PostingFilter::default()
    };
    assert_eq!(numbers(&store, held.clone()).await, ["8", "9"]);
    let off = PostingFilter {
        cause: Some("tax_off".into()),
        ..held
    };
    assert_eq!(numbers(&store, off).await, ["9"]);
    let pipeline = Some(PipelineName::new("other"));
    assert!(
        numbers(
            &store,
            PostingFilter {
                pipeline,
                ..PostingFilter::default()
            }
        )
        .await
        .is_empty()
    );
    let of_number = store.postings_of_number("1043").await.unwrap();
    assert_eq!(of_number[0].doc_number.as_deref(), Some("1043"));
    let of_source = store
        .postings_of_source(&route(), SourceKind::Order, "1043")
        .await
        .unwrap();
    assert_eq!(of_source[0].kind, PostingKind::SalesReceipt);
    assert_eq!(of_source[0].amount, Some(usd("58.20")));
    let rows = store
        .posting_rows(&[of_source[0].id.clone()])
        .await
        .unwrap();
    assert_eq!(rows[0].target_id.as_deref(), Some("771"));
}

async fn a_posting_tells_its_story(world: World) {
    let store = world.open().await;
    let id = posted(&store, "1043", "a", "771").await;
    let ids = journal(&store, &[sale("1043", "b")]).await.to_post;
    send(
        &store,
        "refused",
        &ids,
        &Settlement::Held(hold("closed_period")),
    )
    .await;
    let detail = store.posting_detail(&id).await.unwrap().unwrap();
    assert_eq!(
        detail.record.as_deref(),
        Some("{\"id\":1043,\"content\":\"b\"}")
    );
    assert_eq!(detail.request.as_deref(), Some("{\"request\":\"refused\"}"));
    let outcomes: Vec<_> = detail
        .attempts
        .iter()
        .map(|attempt| attempt.outcome.as_deref().unwrap())
        .collect();
    assert_eq!(outcomes, ["held", "posted"]);
    assert!(
        detail.attempts[0]
            .answer
            .as_ref()
            .unwrap()
            .contains("closed_period")
    );
    assert!(
        detail.attempts[1]
            .answer
            .as_ref()
            .unwrap()
            .contains("58.20")
    );
    assert!(detail.posted_at.is_some());
    let unknown = kit::PostingId::new("unknown");
    assert!(store.posting_detail(&unknown).await.unwrap().is_none());
}

async fn what_waits_is_grouped_by_cause(world: World) {
    let store = world.open().await;
    for (order, cause) in [
        ("1", "tax_off"),
        ("2", "closed_period"),
        ("3", "closed_period"),
    ] {
        journal(&store, &[wished(order, "a", Wish::Hold(hold(cause)))]).await;
    }
    let groups = store.held_by_cause(None).await.unwrap();
    assert_eq!(groups.len(), 2);
    assert_eq!(
        (groups[0].cause.as_str(), groups[0].count),
        ("closed_period", 2)
    );
    assert_eq!(groups[0].amounts, [usd("116.40")]);
    assert!(!groups[0].remedy.is_empty());
    // one that needs something else: the group says what holds for all of them
    let other = Hold {
        remedy: "Something else.".to_owned(),
        ..hold("closed_period")
    };
    journal(&store, &[wished("4", "a", Wish::Hold(other))]).await;
    let groups = store.held_by_cause(None).await.unwrap();
    let catalogued = daybook::domain::cause("closed_period").unwrap().remedy;
    assert_eq!((groups[0].count, &*groups[0].remedy), (3, catalogued));
    assert!(
        store
            .held_by_cause(Some(&PipelineName::new("other")))
            .await
            .unwrap()
            .is_empty()
    );
}

async fn counts_and_the_oldest_say_what_is_missing(world: World) {
    let store = world.open().await;
    assert!(store.oldest_unposted(None).await.unwrap().is_none());
    posted(&store, "1", "a", "771").await;
    journal(&store, &[wished("2", "a", Wish::Hold(hold("tax_off")))]).await;
    journal(&store, &[sale("3", "a")]).await;
    let counts = store.counts_by_state().await.unwrap();
    let count = |state| {
        counts
            .iter()
            .find(|row| row.state == state)
            .map_or(0, |row| row.count)
    };
    assert_eq!(count(PostingState::Posted), 1);
    assert_eq!(count(PostingState::Held), 1);
    assert_eq!(count(PostingState::Queued), 1);
    assert_eq!(
        store.oldest_unposted(None).await.unwrap().unwrap().number,
        "2"
    );
}

async fn store_and_books_are_reconciled_to_the_cent(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", "771").await;
    journal(&store, &[wished("2", "a", Wish::Hold(hold("tax_off")))]).await;
    journal(&store, &[wished("3", "a", cancelled(IfPosted::Void))]).await;
    // a refund is negative in the store and positive in the books
    let key = daybook::domain::LinkKey::new(SourceKind::Refund, "9", PostingKind::RefundReceipt);
    let mut refund = draft(key, Wish::Post(document("refund", &[])));
    refund.store_amount = Some(usd("-8.20"));
    refund.facets.tax = Some(decimal("-0.60"));
    refund.facets.gateway = "paypal".into();
    let planned = daybook::store::PlannedRecord {
        stream: kit::StreamName::Refunds,
        source_kind: SourceKind::Refund,
        record: super::world::record("9", "a"),
        plan: Ok(vec![refund]),
        follows: false,
    };
    let ids = journal(&store, &[planned]).await.to_post;
    let mut given_back = receipt("800");
    given_back.total = Some(decimal("8.20"));
    given_back.tax = Some(decimal("0.60"));
    send(&store, "refund", &ids, &Settlement::Posted(given_back)).await;

    let (from, to) = (date(2026, 11, 1), date(2026, 11, 30));
    let month = store
        .reconcile(from, to, GroupBy::Gateway, None)
        .await
        .unwrap();
    let total = &month.totals[0];
    assert_eq!(total.store, decimal("166.40"));
    assert_eq!(total.posted, decimal("50.00"));
    assert_eq!(
        (total.held, total.excluded),
        (decimal("58.20"), decimal("58.20"))
    );
    assert_eq!(total.difference, decimal("0.00"));
    assert_eq!(
        (total.store_tax, total.posted_tax),
        (decimal("3.60"), decimal("3.60"))
    );
    assert_eq!(total.documents, 4);
    let groups: Vec<_> = month
        .groups
        .iter()
        .map(|group| (group.group.as_str(), group.store))
        .collect();
    assert_eq!(
        groups,
        [("paypal", decimal("-8.20")), ("stripe", decimal("174.60"))]
    );
    for by in [GroupBy::Day, GroupBy::Tax, GroupBy::Status] {
        let month = store.reconcile(from, to, by, None).await.unwrap();
        assert_eq!(month.groups.len(), 1);
        assert_eq!(month.totals[0].difference, decimal("0"));
    }
    let empty = store.reconcile(date(2026, 10, 1), date(2026, 10, 31), GroupBy::Day, None);
    assert!(empty.await.unwrap().totals.is_empty());
}

async fn a_tax_that_is_otherwise_in_the_books_is_named_though_the_total_agrees(world: World) {
    let store = world.open().await;
    // a tax that is a line is none for the books, and some old records do not say their tax
    for (id, of_store, of_books) in [
        ("1", Some("4.20"), Some("4.21")),
        ("2", Some("4.20"), Some("4.20")),
        ("3", Some("4.2049"), Some("4.20")),
        ("4", Some("4.20"), Some("0")),
        ("5", None, Some("4.20")),
        ("6", Some("4.20"), None),
    ] {
        let mut draft = draft(sale_key(id), Wish::Post(document(id, &[])));
        draft.facets.tax = of_store.map(decimal);
        let ids = journal(&store, &[sale_of(id, "a", vec![draft])])
            .await
            .to_post;
        let mut receipt = receipt(id);
        receipt.tax = of_books.map(decimal);
        send(&store, id, &ids, &Settlement::Posted(receipt)).await;
    }
    let all = store.reconcile(Date::MIN, Date::MAX, GroupBy::Tax, None);
    let all = all.await.unwrap();
    assert!(all.totals.iter().all(|it| it.difference.is_zero()));
    let named: Vec<_> = all
        .differing
        .iter()
        .map(|it| (it.source_id.as_str(), it.store_tax, it.posted_tax))
        .collect();
    assert_eq!(named, [("1", decimal("4.20"), decimal("4.21"))]);
}

async fn what_people_did_is_noted(world: World) {
    let store = world.open().await;
    store
        .audit("page", "retry", "posting 1", "cause tax_off")
        .await
        .unwrap();
    store
        .audit("command line", "connect", "books", "")
        .await
        .unwrap();
    let all = store.audit_trail(None, 10).await.unwrap();
    assert_eq!(all.len(), 2);
    let of_books = store.audit_trail(Some("books"), 10).await.unwrap();
    assert_eq!(
        (of_books.len(), of_books[0].actor.as_str()),
        (1, "command line")
    );
}
