//! Pages taken into the journal: what is new is queued, what is known stays, and nothing is written in part.

use daybook::domain::{IfPosted, Intent, MapError, PostingState, SourceKind, Wish};
use daybook::store::{ChangeKind, Commit, PlannedRecord, PostingFilter};
use kit::{Fingerprint, PostingKind, StreamName};

use super::{settled, state};
use crate::store::world::{
    World, call_of, cancelled, document, draft, guest_key, hold, journal, look, posted, realm,
    receipt, record, route, sale, sale_key, sale_of, wished,
};

crate::store::on_both![
    a_new_order_is_queued_with_its_document,
    the_same_page_again_changes_nothing,
    a_malformed_record_fails_alone,
    a_malformed_record_does_not_touch_what_is_posted,
    settled_are_records_that_need_nothing,
    two_daemons_that_journal_the_same_page_make_one_posting_each,
    a_preview_writes_nothing,
    a_page_of_many_orders_is_journalled_whole,
];

async fn a_new_order_is_queued_with_its_document(world: World) {
    let store = world.open().await;
    let page = [sale("1043", "a")];
    let journaled = journal(&store, &page).await;
    assert_eq!(
        (journaled.counts.processed, journaled.counts.created),
        (1, 1)
    );
    assert_eq!(journaled.changes[0].what, ChangeKind::Create);
    let loaded = look(&store, &sale_key("1043")).await;
    assert_eq!(journaled.to_post, std::slice::from_ref(&loaded.posting.id));
    let posting = loaded.posting;
    let wanted = &page[0].plan.as_ref().unwrap()[0];
    assert_eq!(posting.state, PostingState::Queued);
    assert_eq!(posting.intent, Intent::Post);
    assert_eq!(posting.route, route());
    assert_eq!(posting.body, document("a", &[]).body);
    assert_eq!(posting.expected, document("a", &[]).expected);
    assert_eq!(
        (posting.date, posting.store_amount),
        (wanted.date, wanted.store_amount)
    );
    assert_eq!(posting.facets, wanted.facets);
    assert_eq!(posting.fingerprint.as_str().len(), 64);
    assert_eq!(
        (posting.attempts, posting.hold, posting.receipt),
        (0, None, None)
    );
    assert_eq!(loaded.link, None);
    let queued = store
        .queued(&route(), 10, posting.created_at, false)
        .await
        .unwrap();
    assert_eq!(queued, [posting.id]);
}

async fn the_same_page_again_changes_nothing(world: World) {
    let store = world.open().await;
    let id = posted(&store, "1043", "a", "771").await;
    let before = store
        .load(std::slice::from_ref(&id))
        .await
        .unwrap()
        .remove(0);
    let again = journal(&store, &[sale("1043", "a")]).await;
    assert!(again.to_post.is_empty());
    assert_eq!((again.counts.processed, again.counts.skipped), (1, 1));
    assert_eq!(again.changes[0].what, ChangeKind::Unchanged);
    let after = store.load(&[id]).await.unwrap().remove(0);
    assert_eq!(after.posting.state, PostingState::Posted);
    assert_eq!(after.posting.body, before.posting.body);
    assert_eq!(after.link, before.link);
    assert_eq!(after.posting.receipt, Some(receipt("771")));
}

fn malformed(id: &str) -> PlannedRecord {
    PlannedRecord {
        stream: StreamName::Orders,
        source_kind: SourceKind::Order,
        record: record(id, "malformed"),
        plan: Err(MapError {
            cause: "malformed_record".into(),
            reason: "`total` is no number".into(),
            remedy: "save the order again".into(),
            number: Some(format!("#{id}")),
        }),
        follows: false,
    }
}

async fn a_malformed_record_fails_alone(world: World) {
    let store = world.open().await;
    let journaled = journal(&store, &[sale("1", "a"), malformed("2"), sale("3", "c")]).await;
    assert_eq!((journaled.counts.created, journaled.counts.failed), (2, 1));
    assert_eq!(journaled.to_post.len(), 2);
    assert_eq!(journaled.errors[0].record, "#2");
    let posting = look(&store, &sale_key("2")).await.posting;
    assert_eq!(posting.state, PostingState::Failed);
    assert_eq!(posting.number, "#2");
    assert_eq!(posting.hold.unwrap().reason, "`total` is no number");
    assert_eq!(settled(&store, &[("2", "malformed")]).await, ["2"]);
    // it was mended in the store
    let mended = journal(&store, &[sale("2", "b")]).await;
    assert_eq!(mended.to_post.len(), 1);
    assert_eq!(state(&store, "2").await, PostingState::Queued);
}

async fn a_malformed_record_does_not_touch_what_is_posted(world: World) {
    let store = world.open().await;
    posted(&store, "1043", "a", "771").await;
    let journaled = journal(&store, &[malformed("1043")]).await;
    assert_eq!(journaled.counts.failed, 1);
    assert_eq!(state(&store, "1043").await, PostingState::Posted);
    let all = store
        .postings_page(&PostingFilter::default())
        .await
        .unwrap();
    assert_eq!(all.postings.len(), 1);
}

async fn settled_are_records_that_need_nothing(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", "771").await;
    journal(&store, &[sale("2", "a")]).await;
    journal(
        &store,
        &[wished("3", "a", Wish::Hold(hold("unmapped_tax_rate")))],
    )
    .await;
    journal(
        &store,
        &[wished("4", "a", Wish::Hold(hold("waits_for_order")))],
    )
    .await;
    journal(&store, &[wished("5", "a", cancelled(IfPosted::Void))]).await;
    let all = [
        ("1", "a"),
        ("2", "a"),
        ("3", "a"),
        ("4", "a"),
        ("5", "a"),
        ("6", "a"),
    ];
    assert_eq!(settled(&store, &all).await, ["1", "3", "5"]);
    assert!(
        settled(&store, &[("1", "b"), ("3", "b"), ("5", "b")])
            .await
            .is_empty()
    );
    assert!(settled(&store, &[]).await.is_empty());
    let customer = [("1".to_owned(), Fingerprint::new("print of a"))];
    let other = store
        .settled(&route(), SourceKind::Customer, &customer)
        .await;
    assert!(other.unwrap().is_empty());
}

async fn two_daemons_that_journal_the_same_page_make_one_posting_each(world: World) {
    let one = world.open().await;
    let two = world.open().await;
    let page: Vec<_> = (0..60).map(|order| sale(&order.to_string(), "a")).collect();
    let (first, second) = tokio::join!(journal(&one, &page), journal(&two, &page));
    assert_eq!(first.to_post, second.to_post);
    assert_eq!(first.to_post.len(), 60);
    // only one of them can send it
    let (call, sent) = call_of(&one, "one", &first.to_post[..30]).await;
    let (other, _) = call_of(&two, "two", &first.to_post[..30]).await;
    let realm = realm();
    let (left, right) = tokio::join!(
        one.begin_call(&realm, &call, &sent),
        two.begin_call(&realm, &other, &sent)
    );
    let mut ends = [left.unwrap(), right.unwrap()];
    ends.sort_by_key(|end| *end == Commit::LostRace);
    assert_eq!(ends, [Commit::Done, Commit::LostRace]);
    assert_eq!(one.open_calls(&realm).await.unwrap().len(), 1);
}

async fn a_preview_writes_nothing(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", "771").await;
    let page = [
        sale("1", "b"),
        sale("2", "a"),
        wished("3", "a", Wish::Hold(hold("closed_period"))),
    ];
    let preview = store.preview_page(&route(), &page).await.unwrap();
    let what: Vec<_> = preview.changes.iter().map(|change| change.what).collect();
    assert_eq!(
        what,
        [ChangeKind::Update, ChangeKind::Create, ChangeKind::Hold]
    );
    assert_eq!(state(&store, "1").await, PostingState::Posted);
    let states = store
        .states(&route(), &[sale_key("2"), sale_key("3")])
        .await
        .unwrap();
    assert!(states.is_empty());
}

async fn a_page_of_many_orders_is_journalled_whole(world: World) {
    let store = world.open().await;
    let page: Vec<_> = (0..137)
        .map(|order| {
            let key = guest_key(&format!("{order}@example.com"));
            let order = order.to_string();
            let guest = draft(key.clone(), Wish::Post(document(&order, &[])));
            let sale = draft(sale_key(&order), Wish::Post(document(&order, &[key])));
            sale_of(&order, "a", vec![guest, sale])
        })
        .collect();
    let journaled = journal(&store, &page).await;
    assert_eq!(journaled.to_post.len(), 274);
    let loaded = store.load(&journaled.to_post).await.unwrap();
    let kinds: Vec<_> = loaded
        .iter()
        .map(|loaded| loaded.posting.key.kind)
        .collect();
    assert!(
        kinds[..137]
            .iter()
            .all(|kind| *kind == PostingKind::Customer)
    );
    assert!(
        kinds[137..]
            .iter()
            .all(|kind| *kind == PostingKind::SalesReceipt)
    );
    assert_eq!(journal(&store, &page).await.to_post, journaled.to_post);
}
