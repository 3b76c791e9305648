//! What a page changes of what the journal knows: edits, cancellations, other kinds of document.

use daybook::domain::{IfPosted, Intent, LinkKey, OnEdit, PostingState, SourceKind, Wish};
use daybook::store::{ChangeKind, Release, ReplanFilter, Settlement};
use kit::PostingKind;

use super::{release, settled, state};
use crate::store::world::{
    World, begin, cancelled, document, draft, journal, look, posted, receipt, record, route, sale,
    sale_key, sale_of, send, wished,
};

crate::store::on_both![
    an_edited_order_is_updated,
    an_edit_is_held_where_the_configuration_says_so_and_released_by_hand,
    an_edit_while_the_call_is_under_way_is_sent_afterwards,
    a_cancelled_order_is_voided_and_cannot_be_revived_without_a_person,
    an_order_cancelled_before_it_was_sent_is_never_sent,
    an_order_cancelled_while_it_is_sent_is_voided,
    a_kind_no_longer_wanted_is_voided_or_forgotten,
];

async fn an_edited_order_is_updated(world: World) {
    let store = world.open().await;
    let id = posted(&store, "1043", "a", "771").await;
    let edited = journal(&store, &[sale("1043", "b")]).await;
    assert_eq!(edited.to_post, std::slice::from_ref(&id));
    assert_eq!((edited.counts.updated, edited.counts.created), (1, 0));
    let loaded = store
        .load(std::slice::from_ref(&id))
        .await
        .unwrap()
        .remove(0);
    assert_eq!(loaded.posting.body, document("b", &[]).body);
    assert_eq!(
        loaded.link.unwrap().target_id,
        "771",
        "it is updated, not made again"
    );
    let mut answer = receipt("771");
    answer.sync_token = "1".into();
    send(&store, "update", &[id], &Settlement::Posted(answer)).await;
    let loaded = look(&store, &sale_key("1043")).await;
    assert_eq!(loaded.posting.state, PostingState::Posted);
    assert_eq!(loaded.link.unwrap().sync_token, "1");
}

async fn an_edit_is_held_where_the_configuration_says_so_and_released_by_hand(world: World) {
    let store = world.open().await;
    let id = posted(&store, "1043", "a", "771").await;
    let strict = |content: &str| {
        let mut wanted = document(content, &[]);
        wanted.on_edit = OnEdit::Hold;
        wished("1043", content, Wish::Post(wanted))
    };
    let edited = journal(&store, &[strict("b")]).await;
    assert_eq!((edited.counts.held, edited.to_post.len()), (1, 0));
    assert_eq!(edited.errors[0].cause, "edited_after_posting");
    // another edit is held as well
    assert_eq!(journal(&store, &[strict("c")]).await.counts.held, 1);
    // everything is read again: nobody has decided
    assert!(journal(&store, &[strict("c")]).await.to_post.is_empty());
    assert_eq!(state(&store, "1043").await, PostingState::Held);
    // a person says so: the record is planned again as it is
    assert_eq!(release(&store, &Release::Ids(vec![id.clone()])).await, 1);
    let page = store
        .held_for_replan(&route(), ReplanFilter::Released, None)
        .await
        .unwrap();
    assert_eq!(
        page.records[0].1.fingerprint,
        record("1043", "c").fingerprint
    );
    assert_eq!(journal(&store, &[strict("c")]).await.to_post, [id]);
}

async fn an_edit_while_the_call_is_under_way_is_sent_afterwards(world: World) {
    let store = world.open().await;
    let first = journal(&store, &[sale("1043", "a")]).await;
    let request = begin(&store, "call", &first.to_post).await;
    let edited = journal(&store, &[sale("1043", "b")]).await;
    assert!(edited.to_post.is_empty(), "it is in a call");
    assert_eq!(state(&store, "1043").await, PostingState::Posting);
    let end = [(first.to_post[0].clone(), Settlement::Posted(receipt("771")))];
    store.finish_call(&request, &end).await.unwrap();
    let loaded = look(&store, &sale_key("1043")).await;
    assert_eq!(loaded.posting.state, PostingState::Queued);
    assert_eq!(loaded.posting.body, document("b", &[]).body);
    assert_eq!(loaded.link.unwrap().target_id, "771");
}

async fn a_cancelled_order_is_voided_and_cannot_be_revived_without_a_person(world: World) {
    let store = world.open().await;
    let id = posted(&store, "1043", "a", "771").await;
    let gone = journal(&store, &[wished("1043", "x", cancelled(IfPosted::Void))]).await;
    assert_eq!(gone.to_post, std::slice::from_ref(&id));
    assert_eq!(gone.changes[0].what, ChangeKind::Void);
    let loaded = look(&store, &sale_key("1043")).await;
    assert_eq!(loaded.posting.intent, Intent::Void);
    send(
        &store,
        "void",
        std::slice::from_ref(&id),
        &Settlement::Reversed(receipt("771")),
    )
    .await;
    let loaded = look(&store, &sale_key("1043")).await;
    assert_eq!(loaded.posting.state, PostingState::Reversed);
    assert_eq!(loaded.link, None, "a voided document is no reference");
    // it comes back to life in the store
    let back = journal(&store, &[sale("1043", "b")]).await;
    assert_eq!(back.errors[0].cause, "voided_before");
    assert!(back.to_post.is_empty());
    // the voided one was deleted by hand, and somebody retries
    assert!(
        journal(&store, &[sale("1043", "b")])
            .await
            .to_post
            .is_empty()
    );
    assert_eq!(release(&store, &Release::All).await, 1);
    assert_eq!(
        journal(&store, &[sale("1043", "b")]).await.to_post,
        std::slice::from_ref(&id)
    );
    assert_eq!(journal(&store, &[sale("1043", "b")]).await.to_post, [id]);
}

async fn an_order_cancelled_before_it_was_sent_is_never_sent(world: World) {
    let store = world.open().await;
    journal(&store, &[sale("1043", "a")]).await;
    let gone = journal(&store, &[wished("1043", "x", cancelled(IfPosted::Void))]).await;
    assert!(gone.to_post.is_empty());
    assert_eq!(gone.counts.skipped, 1);
    let posting = look(&store, &sale_key("1043")).await.posting;
    assert_eq!(posting.state, PostingState::Excluded);
    assert_eq!(posting.hold.unwrap().reason, "status cancelled");
    assert_eq!(settled(&store, &[("1043", "x")]).await, ["1043"]);
}

async fn an_order_cancelled_while_it_is_sent_is_voided(world: World) {
    let store = world.open().await;
    for (order, takes_effect) in [("1", true), ("2", false)] {
        let first = journal(&store, &[sale(order, "a")]).await;
        let request = begin(&store, &format!("call-{order}"), &first.to_post).await;
        journal(&store, &[wished(order, "x", cancelled(IfPosted::Void))]).await;
        assert_eq!(state(&store, order).await, PostingState::Posting);
        if takes_effect {
            let end = [(first.to_post[0].clone(), Settlement::Posted(receipt(order)))];
            store.finish_call(&request, &end).await.unwrap();
            let posting = look(&store, &sale_key(order)).await.posting;
            assert_eq!(
                (posting.state, posting.intent),
                (PostingState::Queued, Intent::Void)
            );
        } else {
            store.withdraw_call(&request, None).await.unwrap();
            assert_eq!(state(&store, order).await, PostingState::Excluded);
        }
    }
}

async fn a_kind_no_longer_wanted_is_voided_or_forgotten(world: World) {
    let store = world.open().await;
    let invoice = |id: &str| LinkKey::new(SourceKind::Order, id, PostingKind::Invoice);
    let as_invoice = |id: &str| {
        let wish = Wish::Post(document("invoice", &[]));
        sale_of(id, "invoice", vec![draft(invoice(id), wish)])
    };
    // never sent
    journal(&store, &[sale("1", "a")]).await;
    let changed = journal(&store, &[as_invoice("1")]).await;
    assert_eq!(changed.to_post.len(), 1);
    let states = store
        .states(&route(), &[sale_key("1"), invoice("1")])
        .await
        .unwrap();
    assert!(!states.contains_key(&sale_key("1")) && states.contains_key(&invoice("1")));
    // in the books
    posted(&store, "2", "a", "771").await;
    let changed = journal(&store, &[as_invoice("2")]).await;
    assert_eq!(changed.to_post.len(), 2);
    let old = look(&store, &sale_key("2")).await.posting;
    assert_eq!(
        (old.state, old.intent),
        (PostingState::Queued, Intent::Void)
    );
    assert_eq!(release(&store, &Release::All).await, 0, "nothing is held");
}
