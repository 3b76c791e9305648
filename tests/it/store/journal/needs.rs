//! What an order needs before it can be sent: its customer, made once; and the order of a refund.

use daybook::domain::{IfPosted, Needs, PostingState, Wish};
use daybook::store::{ChangeKind, PlannedRecord, Release, Settlement};

use super::release;
use crate::store::world::{
    World, cancelled, document, draft, guest_key, hold, journal, look, posted, receipt, record,
    route, sale, sale_key, sale_of, send, wished,
};

crate::store::on_both![
    an_adopted_customer_is_known_from_then_on,
    a_guest_is_made_once_and_before_the_order,
    a_guest_left_queued_by_an_earlier_page_is_sent_with_this_one,
    a_held_guest_stays_held_until_the_mapping_knows_better,
    a_guest_whose_names_are_taken_is_planned_afresh_when_released,
    refunds_know_their_order,
    what_was_in_the_books_once_is_known_when_it_is_voided_or_deleted,
];

async fn an_adopted_customer_is_known_from_then_on(world: World) {
    let store = world.open().await;
    let key = guest_key("ana@example.com");
    let drafts = || {
        let sale = Wish::Post(document("a", std::slice::from_ref(&key)));
        vec![
            draft(key.clone(), Wish::Adopt(receipt("58"))),
            draft(sale_key("1043"), sale),
        ]
    };
    let journaled = journal(&store, &[sale_of("1043", "a", drafts())]).await;
    assert_eq!(journaled.to_post.len(), 1, "the customer is there already");
    assert_eq!(journaled.changes[0].what, ChangeKind::Adopt);
    let links = store
        .links(&route(), std::slice::from_ref(&key))
        .await
        .unwrap();
    assert_eq!(links[&key].target_id, "58");
    assert!(links[&key].adopted);
    let needs = Needs {
        links: [key.clone()].into(),
        ..Needs::default()
    };
    assert_eq!(
        store.references(&route(), &needs).await.unwrap().links,
        links
    );
    let again = journal(&store, &[sale_of("1043", "a", drafts())]).await;
    assert_eq!(again.changes[0].what, ChangeKind::Unchanged);
}

fn order_of(order: &str, content: &str, guest: Wish) -> PlannedRecord {
    let key = guest_key("ana@example.com");
    let sale = Wish::Post(document(content, std::slice::from_ref(&key)));
    sale_of(
        order,
        content,
        vec![draft(key, guest), draft(sale_key(order), sale)],
    )
}

async fn a_guest_is_made_once_and_before_the_order(world: World) {
    let store = world.open().await;
    let guest = || Wish::Post(document("guest", &[]));
    let page = [order_of("1", "a", guest()), order_of("2", "b", guest())];
    let journaled = journal(&store, &page).await;
    assert_eq!(journaled.to_post.len(), 3);
    assert_eq!(journaled.counts.created, 2);
    let customer = look(&store, &guest_key("ana@example.com")).await.posting.id;
    assert_eq!(journaled.to_post[0], customer);
    let other = Wish::Post(document("guest with another address", &[]));
    let later = journal(&store, &[order_of("3", "c", other)]).await;
    assert_eq!(later.to_post[0], customer);
    let body = look(&store, &guest_key("ana@example.com"))
        .await
        .posting
        .body;
    assert_eq!(
        body,
        document("guest", &[]).body,
        "the first order's words stay"
    );
}

async fn a_guest_left_queued_by_an_earlier_page_is_sent_with_this_one(world: World) {
    let store = world.open().await;
    journal(
        &store,
        &[order_of("1", "a", Wish::Post(document("guest", &[])))],
    )
    .await;
    let key = guest_key("ana@example.com");
    let customer = look(&store, &key).await.posting.id;
    // this mapping knew the guest was planned and only refers to it
    let next = sale_of(
        "2",
        "b",
        vec![draft(sale_key("2"), Wish::Post(document("b", &[key])))],
    );
    let journaled = journal(&store, &[next]).await;
    assert_eq!(journaled.to_post.len(), 2);
    assert_eq!(journaled.to_post[0], customer);
}

async fn a_held_guest_stays_held_until_the_mapping_knows_better(world: World) {
    let store = world.open().await;
    let key = guest_key("ana@example.com");
    let doubtful = || Wish::Hold(hold("ambiguous_customer"));
    journal(&store, &[order_of("1", "a", doubtful())]).await;
    assert_eq!(look(&store, &key).await.posting.state, PostingState::Held);
    journal(&store, &[order_of("2", "b", doubtful())]).await;
    assert_eq!(look(&store, &key).await.posting.state, PostingState::Held);
    journal(&store, &[order_of("3", "c", Wish::Adopt(receipt("58")))]).await;
    assert_eq!(look(&store, &key).await.posting.state, PostingState::Posted);
    // one that QuickBooks refused stays held, whatever the next order says
    let refused = guest_key("ben@example.com");
    let of_ben = |order: &str| {
        let guest = draft(refused.clone(), Wish::Post(document("ben", &[])));
        sale_of(order, order, vec![guest])
    };
    let journaled = journal(&store, &[of_ben("4")]).await;
    send(
        &store,
        "ben",
        &journaled.to_post,
        &Settlement::Held(hold("refused_by_quickbooks")),
    )
    .await;
    assert!(journal(&store, &[of_ben("5")]).await.to_post.is_empty());
    assert_eq!(
        look(&store, &refused).await.posting.state,
        PostingState::Held
    );
    let id = look(&store, &refused).await.posting.id;
    assert_eq!(release(&store, &Release::Ids(vec![id])).await, 1);
    store.requeue_released(&route()).await.unwrap();
    assert!(store.released_causes(&route()).await.unwrap().is_empty());
    assert_eq!(
        look(&store, &refused).await.posting.state,
        PostingState::Queued
    );
}

async fn a_guest_whose_names_are_taken_is_planned_afresh_when_released(world: World) {
    let store = world.open().await;
    let ben = guest_key("ben@example.com");
    let of_ben = |order: &str| {
        let guest = draft(ben.clone(), Wish::Post(document("ben", &[])));
        sale_of(order, order, vec![guest])
    };
    let journaled = journal(&store, &[of_ben("4")]).await;
    let taken = Settlement::Held(hold("name_taken"));
    send(&store, "ben", &journaled.to_post, &taken).await;
    let first = look(&store, &ben).await.posting.id;
    let named = Release::Ids(vec![first.clone()]);
    assert_eq!(release(&store, &named).await, 1);
    store.requeue_released(&route()).await.unwrap();
    // its other name is not all that can be tried: the next order that needs it says both again
    let states = store.states(&route(), std::slice::from_ref(&ben)).await;
    assert!(states.unwrap().is_empty());
    journal(&store, &[of_ben("5")]).await;
    let again = look(&store, &ben).await.posting;
    assert_eq!(again.state, PostingState::Queued);
    assert_ne!(again.id, first);
}

async fn refunds_know_their_order(world: World) {
    let store = world.open().await;
    posted(&store, "1043", "a", "771").await;
    let needs = Needs {
        parents: ["1043".into(), "9".into()].into(),
        ..Needs::default()
    };
    let known = store.references(&route(), &needs).await.unwrap();
    assert_eq!(known.parents.len(), 1);
    let parent = &known.parents["1043"];
    assert_eq!(parent.record, record("1043", "a").body.get());
    assert_eq!(
        (&parent.key, parent.state),
        (&sale_key("1043"), PostingState::Posted)
    );
}

async fn what_was_in_the_books_once_is_known_when_it_is_voided_or_deleted(world: World) {
    let store = world.open().await;
    let deleted = Settlement::Gone(hold("deleted_in_books"));
    let voided = Settlement::Reversed(receipt("772"));
    let edit = |id: &str| sale(id, "b");
    let cancel = |id: &str| wished(id, "b", cancelled(IfPosted::Void));
    for (order, change, end) in [("1", edit("1"), deleted), ("2", cancel("2"), voided)] {
        posted(&store, order, "a", &format!("77{order}")).await;
        let ids = journal(&store, &[change]).await.to_post;
        send(&store, &format!("change of {order}"), &ids, &end).await;
    }
    // of this one nothing was ever there
    let ids = journal(&store, &[sale("3", "a")]).await.to_post;
    let refused = Settlement::Held(hold("refused_by_quickbooks"));
    send(&store, "refused", &ids, &refused).await;
    let needs = Needs {
        once: ["1", "2", "3", "4"].map(sale_key).into(),
        ..Needs::default()
    };
    let known = store.references(&route(), &needs).await.unwrap();
    assert_eq!(known.once, ["1", "2"].map(sale_key).into());
}
