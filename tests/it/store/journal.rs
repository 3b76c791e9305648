//! Pages taken into the journal.

use daybook::domain::{
    IfPosted, Intent, LinkKey, MapError, Needs, OnEdit, PipelineName, PostingState, SourceKind,
    Wish,
};
use daybook::store::{
    ChangeKind, Commit, PlannedRecord, PostingFilter, Release, ReplanFilter, Settlement, Store,
};
use kit::{Fingerprint, PostingKind, StreamName};

use super::world::{
    World, begin, call_of, cancelled, document, draft, guest_key, hold, journal, look, posted,
    realm, receipt, record, route, sale, sale_key, sale_of, send, wished,
};

super::on_both![
    a_new_order_is_queued_with_its_document,
    the_same_page_again_changes_nothing,
    an_edited_order_is_updated,
    an_edit_is_held_where_the_configuration_says_so_and_released_by_hand,
    an_edit_while_the_call_is_under_way_is_sent_afterwards,
    a_cancelled_order_is_voided_and_cannot_be_revived_without_a_person,
    an_order_cancelled_before_it_was_sent_is_never_sent,
    an_order_cancelled_while_it_is_sent_is_voided,
    an_adopted_customer_is_known_from_then_on,
    a_malformed_record_fails_alone,
    a_malformed_record_does_not_touch_what_is_posted,
    a_guest_is_made_once_and_before_the_order,
    a_guest_left_queued_by_an_earlier_page_is_sent_with_this_one,
    a_held_guest_stays_held_until_the_mapping_knows_better,
    a_guest_whose_names_are_taken_is_planned_afresh_when_released,
    a_kind_no_longer_wanted_is_voided_or_forgotten,
    settled_are_records_that_need_nothing,
    refunds_know_their_order,
    held_records_are_planned_again,
    a_release_is_noted_and_only_of_what_waits,
    attempts_count_from_the_beginning_for_each_thing_that_is_sent,
    two_daemons_that_journal_the_same_page_make_one_posting_each,
    a_preview_writes_nothing,
    a_page_of_many_orders_is_journalled_whole,
];

async fn state(store: &Store, id: &str) -> PostingState {
    look(store, &sale_key(id)).await.posting.state
}

async fn settled(store: &Store, records: &[(&str, &str)]) -> Vec<String> {
    let records: Vec<_> = records
        .iter()
        .map(|(id, content)| ((*id).to_owned(), record(id, content).fingerprint))
        .collect();
    let settled = store
        .settled(&route(), SourceKind::Order, &records)
        .await
        .unwrap();
    let mut settled: Vec<_> = settled.into_iter().collect();
    settled.sort();
    settled
}

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

async fn held_records_are_planned_again(world: World) {
    let store = world.open().await;
    let page: Vec<_> = (0..230)
        .map(|order| {
            let cause = if order % 2 == 0 {
                "unmapped_tax_rate"
            } else {
                "waits_for_reference"
            };
            wished(&order.to_string(), "a", Wish::Hold(hold(cause)))
        })
        .collect();
    let journaled = journal(&store, &page).await;
    assert_eq!(journaled.counts.held, 230);
    let released = Release::Cause("unmapped_tax_rate".into());
    assert_eq!(release(&store, &released).await, 115);
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .held_for_replan(&route(), ReplanFilter::Released, after.as_ref())
            .await
            .unwrap();
        assert!(
            page.records
                .iter()
                .all(|(stream, _)| *stream == StreamName::Orders)
        );
        seen.extend(page.records.into_iter().map(|(_, record)| record.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    seen.sort_by_key(|id| id.parse::<u32>().unwrap());
    let even: Vec<_> = (0..230).step_by(2).map(|order| order.to_string()).collect();
    assert_eq!(seen, even);
    let by_itself = store
        .held_for_replan(&route(), ReplanFilter::ByItself, None)
        .await
        .unwrap();
    assert_eq!(by_itself.records.len(), 100);
    let planned = journal(&store, &[sale("0", "a")]).await;
    assert_eq!(planned.to_post.len(), 1);
    let left = store
        .held_for_replan(&route(), ReplanFilter::Released, None)
        .await
        .unwrap();
    assert!(
        left.records.iter().all(|(_, record)| record.id != "0"),
        "a release is used up by planning"
    );
}

async fn a_release_is_noted_and_only_of_what_waits(world: World) {
    let store = world.open().await;
    let done = posted(&store, "1", "a", "771").await;
    journal(&store, &[wished("2", "a", Wish::Hold(hold("tax_off")))]).await;
    let held = look(&store, &sale_key("2")).await.posting.id;
    let elsewhere = PipelineName::new("other");
    let none = store
        .release_held(&Release::All, Some(&elsewhere), "page")
        .await;
    assert_eq!(none.unwrap(), []);
    let both = Release::Ids(vec![done.clone(), held.clone()]);
    let released = store.release_held(&both, None, "page").await.unwrap();
    assert_eq!(released, std::slice::from_ref(&held));
    assert_eq!(store.released_causes(&route()).await.unwrap(), ["tax_off"]);
    let trail = store.audit_trail(Some(held.as_str()), 10).await.unwrap();
    assert_eq!(
        (trail[0].actor.as_str(), trail[0].action.as_str()),
        ("page", "retry")
    );
    assert!(
        store
            .audit_trail(Some(done.as_str()), 10)
            .await
            .unwrap()
            .is_empty()
    );
    let rows = store.posting_rows(&[held]).await.unwrap();
    assert!(rows[0].released_at.is_some());
}

async fn attempts_count_from_the_beginning_for_each_thing_that_is_sent(world: World) {
    let store = world.open().await;
    let attempts = async || look(&store, &sale_key("1")).await.posting.attempts;
    for edit in ["a", "b", "c", "d"] {
        let ids = journal(&store, &[sale("1", edit)]).await.to_post;
        assert_eq!(attempts().await, 0, "{edit} was never sent");
        let busy = Settlement::Requeued {
            due_at: None,
            why: Some(hold("throttled")),
        };
        send(&store, &format!("{edit}-busy"), &ids, &busy).await;
        send(
            &store,
            &format!("{edit}-done"),
            &ids,
            &Settlement::Posted(receipt("771")),
        )
        .await;
        assert_eq!(attempts().await, 2, "it shows how many {edit} took");
    }
    // a refusal and a release
    let ids = journal(&store, &[sale("1", "e")]).await.to_post;
    let refused = Settlement::Held(hold("closed_period"));
    send(&store, "refused", &ids, &refused).await;
    assert_eq!(attempts().await, 1);
    release(&store, &Release::All).await;
    assert_eq!(attempts().await, 0);
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

/// Somebody releases; how many were held.
async fn release(store: &Store, which: &Release) -> usize {
    let released = store.release_held(which, None, "test").await.unwrap();
    released.len()
}
