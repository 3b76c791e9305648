//! Calls: begun, finished, withdrawn, left open by a crash.

use daybook::domain::{Intent, PostingState, Rename, Wish};
use daybook::store::{Commit, Settlement, Store};
use jiff::{SignedDuration, Timestamp};
use kit::{Clock, ListKind};

use super::world::{
    World, begin, call_of, decimal, document, draft, guest_key, hold, journal, look, posted, realm,
    receipt, route, sale, sale_key, sale_of, send,
};

super::on_both![
    a_begun_call_is_found_open_after_a_crash,
    a_call_that_lost_its_postings_writes_nothing,
    a_document_changed_since_it_was_loaded_is_not_sent,
    outcomes_are_kept_with_what_follows_from_them,
    members_without_an_outcome_stay_open,
    finishing_a_call_twice_changes_nothing,
    a_withdrawn_call_costs_no_attempt,
    a_waiting_posting_is_not_queued_before_its_time,
    a_mismatch_is_undone_and_then_held,
    an_undo_is_not_cut_short_by_the_next_look,
    a_document_gone_from_the_books_is_made_anew_on_retry,
    a_taken_name_is_replaced_by_the_other_one,
    a_new_customer_is_found_by_later_matches,
    a_posting_can_be_held_before_it_is_sent,
    bodies_of_old_calls_can_be_forgotten,
];

async fn state(store: &Store, id: &str) -> PostingState {
    look(store, &sale_key(id)).await.posting.state
}

/// To the millisecond, as the tables keep it.
fn later(world: &World, seconds: i64) -> Timestamp {
    let then = world.clock.now() + SignedDuration::from_secs(seconds);
    Timestamp::from_millisecond(then.as_millisecond()).unwrap()
}

async fn a_begun_call_is_found_open_after_a_crash(world: World) {
    let store = world.open().await;
    let journaled = journal(&store, &[sale("1", "a"), sale("2", "a")]).await;
    let (call, sent) = call_of(&store, "call", &journaled.to_post).await;
    assert_eq!(
        store.begin_call(&realm(), &call, &sent).await.unwrap(),
        Commit::Done
    );
    // nothing is closed: the process is gone
    let after = world.open().await;
    let open = after.open_calls(&realm()).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].call, call);
    assert_eq!(open[0].sent, sent);
    assert_eq!(open[0].open, [0, 1]);
    assert!(open[0].begun_at <= world.clock.now());
    assert!(
        after
            .queued(&route(), 10, later(&world, 60), false)
            .await
            .unwrap()
            .is_empty()
    );
    let posting = look(&after, &sale_key("1")).await.posting;
    assert_eq!(
        (posting.state, posting.attempts),
        (PostingState::Posting, 1)
    );
    let other = daybook::domain::Realm::new("other");
    assert!(after.open_calls(&other).await.unwrap().is_empty());
}

async fn a_call_that_lost_its_postings_writes_nothing(world: World) {
    let store = world.open().await;
    let journaled = journal(&store, &[sale("1", "a"), sale("2", "a")]).await;
    begin(&store, "first", &journaled.to_post[..1]).await;
    let (call, sent) = call_of(&store, "second", &journaled.to_post).await;
    assert_eq!(
        store.begin_call(&realm(), &call, &sent).await.unwrap(),
        Commit::LostRace
    );
    assert_eq!(state(&store, "2").await, PostingState::Queued);
    assert_eq!(store.open_calls(&realm()).await.unwrap().len(), 1);
}

async fn a_document_changed_since_it_was_loaded_is_not_sent(world: World) {
    let store = world.open().await;
    let journaled = journal(&store, &[sale("1", "a")]).await;
    let (call, sent) = call_of(&store, "call", &journaled.to_post).await;
    journal(&store, &[sale("1", "b")]).await;
    assert_eq!(
        store.begin_call(&realm(), &call, &sent).await.unwrap(),
        Commit::LostRace
    );
}

async fn outcomes_are_kept_with_what_follows_from_them(world: World) {
    let store = world.open().await;
    let page: Vec<_> = ["1", "2", "3", "4"]
        .iter()
        .map(|id| sale(id, "a"))
        .collect();
    let ids = journal(&store, &page).await.to_post;
    let request = begin(&store, "call", &ids).await;
    let due_at = later(&world, 60);
    let ends = [
        (ids[0].clone(), Settlement::Posted(receipt("771"))),
        (ids[1].clone(), Settlement::Held(hold("closed_period"))),
        (
            ids[2].clone(),
            Settlement::Requeued {
                due_at: Some(due_at),
                why: Some(hold("throttled")),
            },
        ),
        (
            ids[3].clone(),
            Settlement::Excluded {
                reason: "is a test".into(),
            },
        ),
    ];
    store.finish_call(&request, &ends).await.unwrap();
    assert!(store.open_calls(&realm()).await.unwrap().is_empty());
    let first = store.load(&ids[..1]).await.unwrap().remove(0);
    assert_eq!(first.posting.state, PostingState::Posted);
    assert_eq!(first.posting.receipt, Some(receipt("771")));
    assert_eq!(first.link.unwrap().target_id, "771");
    let second = store.load(&ids[1..2]).await.unwrap().remove(0).posting;
    assert_eq!(
        (second.state, second.hold),
        (PostingState::Held, Some(hold("closed_period")))
    );
    let third = store.load(&ids[2..3]).await.unwrap().remove(0).posting;
    assert_eq!(
        (third.state, third.due_at),
        (PostingState::Queued, Some(due_at))
    );
    assert_eq!(third.attempts, 1);
    assert_eq!(third.hold.unwrap().cause, "throttled");
    let fourth = store.load(&ids[3..]).await.unwrap().remove(0).posting;
    assert_eq!(fourth.state, PostingState::Excluded);
}

async fn members_without_an_outcome_stay_open(world: World) {
    let store = world.open().await;
    let ids = journal(&store, &[sale("1", "a"), sale("2", "a")])
        .await
        .to_post;
    let request = begin(&store, "call", &ids).await;
    let end = |id: usize| {
        [(
            ids[id].clone(),
            Settlement::Posted(receipt(&id.to_string())),
        )]
    };
    store.finish_call(&request, &end(1)).await.unwrap();
    let open = store.open_calls(&realm()).await.unwrap().remove(0);
    assert_eq!(open.open, [0]);
    assert_eq!(open.call.members.len(), 2, "the call is as it was begun");
    assert_eq!(state(&store, "2").await, PostingState::Posted);
    store.finish_call(&request, &end(0)).await.unwrap();
    assert!(store.open_calls(&realm()).await.unwrap().is_empty());
    assert_eq!(state(&store, "1").await, PostingState::Posted);
}

async fn finishing_a_call_twice_changes_nothing(world: World) {
    let store = world.open().await;
    let ids = journal(&store, &[sale("1", "a")]).await.to_post;
    let request = begin(&store, "call", &ids).await;
    let good = [(ids[0].clone(), Settlement::Posted(receipt("771")))];
    store.finish_call(&request, &good).await.unwrap();
    let bad = [(ids[0].clone(), Settlement::Held(hold("closed_period")))];
    store.finish_call(&request, &bad).await.unwrap();
    store.withdraw_call(&request, None).await.unwrap();
    assert_eq!(state(&store, "1").await, PostingState::Posted);
}

async fn a_withdrawn_call_costs_no_attempt(world: World) {
    let store = world.open().await;
    let ids = journal(&store, &[sale("1", "a"), sale("2", "a")])
        .await
        .to_post;
    let request = begin(&store, "call", &ids).await;
    store.withdraw_call(&request, None).await.unwrap();
    let posting = look(&store, &sale_key("1")).await.posting;
    assert_eq!((posting.state, posting.attempts), (PostingState::Queued, 0));
    assert!(store.open_calls(&realm()).await.unwrap().is_empty());
    begin(&store, "again", &ids).await;
}

async fn a_waiting_posting_is_not_queued_before_its_time(world: World) {
    let store = world.open().await;
    let ids = journal(&store, &[sale("1", "a")]).await.to_post;
    let request = begin(&store, "call", &ids).await;
    store
        .withdraw_call(&request, Some(later(&world, 600)))
        .await
        .unwrap();
    let queued = async |at| store.queued(&route(), 10, at, false).await.unwrap();
    assert!(queued(world.clock.now()).await.is_empty());
    assert_eq!(queued(later(&world, 600)).await, ids);
    release(&store, &ids).await; // somebody does not want to wait
    assert_eq!(queued(world.clock.now()).await, ids);
}

async fn a_mismatch_is_undone_and_then_held(world: World) {
    let store = world.open().await;
    let ids = journal(&store, &[sale("1", "a")]).await.to_post;
    let mut wrong = receipt("771");
    wrong.total = Some(decimal("58.21"));
    let mismatch = Settlement::Mismatch(wrong, hold("total_mismatch"));
    send(&store, "call", &ids, &mismatch).await;
    let loaded = look(&store, &sale_key("1")).await;
    assert_eq!(
        (loaded.posting.state, loaded.posting.intent),
        (PostingState::Queued, Intent::Undo)
    );
    assert_eq!(loaded.posting.hold, Some(hold("total_mismatch")));
    assert_eq!(loaded.link.unwrap().target_id, "771");
    send(&store, "undo", &ids, &Settlement::Reversed(receipt("771"))).await;
    let loaded = look(&store, &sale_key("1")).await;
    assert_eq!(loaded.posting.state, PostingState::Held);
    assert_eq!(loaded.posting.hold, Some(hold("total_mismatch")));
    assert_eq!(loaded.link, None);
    // the order was corrected in the store
    assert_eq!(journal(&store, &[sale("1", "b")]).await.to_post, ids);
}

async fn an_undo_is_not_cut_short_by_the_next_look(world: World) {
    let store = world.open().await;
    let ids = journal(&store, &[sale("1", "a")]).await.to_post;
    let mismatch = || Settlement::Mismatch(receipt("771"), hold("total_mismatch"));
    send(&store, "call", &ids, &mismatch()).await;
    assert_eq!(journal(&store, &[sale("1", "a")]).await.to_post, ids);
    let posting = look(&store, &sale_key("1")).await.posting;
    assert_eq!(
        (posting.state, posting.intent),
        (PostingState::Queued, Intent::Undo)
    );
    // the undo is refused: nobody may take the wrong document for the right one
    send(&store, "undo", &ids, &Settlement::Held(hold("deposited"))).await;
    assert_eq!(state(&store, "1").await, PostingState::Held);
    release(&store, &ids).await;
    assert_eq!(journal(&store, &[sale("1", "a")]).await.to_post, ids);
    let loaded = look(&store, &sale_key("1")).await;
    assert_eq!(
        (loaded.posting.state, loaded.posting.intent),
        (PostingState::Queued, Intent::Post)
    );
    assert_eq!(
        loaded.link.unwrap().target_id,
        "771",
        "the wrong document is updated"
    );
}

async fn a_document_gone_from_the_books_is_made_anew_on_retry(world: World) {
    let store = world.open().await;
    let id = posted(&store, "1", "a", "771").await;
    let ids = journal(&store, &[sale("1", "b")]).await.to_post;
    send(
        &store,
        "update",
        &ids,
        &Settlement::Gone(hold("deleted_in_books")),
    )
    .await;
    let loaded = look(&store, &sale_key("1")).await;
    assert_eq!(
        (loaded.posting.state, loaded.link),
        (PostingState::Held, None)
    );
    assert!(journal(&store, &[sale("1", "b")]).await.to_post.is_empty());
    release(&store, std::slice::from_ref(&id)).await;
    assert_eq!(journal(&store, &[sale("1", "b")]).await.to_post, [id]);
}

async fn a_taken_name_is_replaced_by_the_other_one(world: World) {
    let store = world.open().await;
    let key = guest_key("ana@example.com");
    let mut customer = document("Ana", &[]);
    customer.expected.name = Some("Ana".into());
    customer.rename = Some(Rename {
        name: "Ana (ana@example.com)".into(),
        body: "{\"DisplayName\":\"Ana (ana@example.com)\"}".into(),
    });
    let order = || {
        sale_of(
            "1",
            "a",
            vec![draft(key.clone(), Wish::Post(customer.clone()))],
        )
    };
    let ids = journal(&store, &[order()]).await.to_post;
    send(&store, "call", &ids, &Settlement::Renamed).await;
    let posting = look(&store, &key).await.posting;
    assert_eq!(posting.state, PostingState::Queued);
    assert_eq!(
        posting.expected.name.as_deref(),
        Some("Ana (ana@example.com)")
    );
    assert_eq!(posting.body, "{\"DisplayName\":\"Ana (ana@example.com)\"}");
    assert_eq!(posting.rename, None);
    send(&store, "again", &ids, &Settlement::Posted(receipt("58"))).await;
    assert!(
        journal(&store, &[order()]).await.to_post.is_empty(),
        "the same wish is met"
    );
}

async fn a_new_customer_is_found_by_later_matches(world: World) {
    use daybook::domain::{Match, MatchField, Needs};
    let store = world.open().await;
    let mut customer = document("Ana", &[]);
    customer.expected.name = Some("Ana Müller".into());
    customer.body =
        "{\"DisplayName\":\"Ana Müller\",\"PrimaryEmailAddr\":{\"Address\":\"ana@example.com\"}}"
            .into();
    let guest = draft(guest_key("ana@example.com"), Wish::Post(customer));
    let ids = journal(&store, &[sale_of("1", "a", vec![guest])])
        .await
        .to_post;
    send(&store, "call", &ids, &Settlement::Posted(receipt("58"))).await;
    let look = Match::new(ListKind::Customer, MatchField::Key, "Ana@example.com");
    let needs = Needs {
        matches: [look.clone()].into(),
        ..Needs::default()
    };
    let known = store.references(&route(), &needs).await.unwrap();
    let found = known.matching(&look);
    assert_eq!(
        (found[0].id.as_str(), found[0].name.as_str()),
        ("58", "Ana Müller")
    );
}

async fn a_posting_can_be_held_before_it_is_sent(world: World) {
    let store = world.open().await;
    let ids = journal(&store, &[sale("1", "a"), sale("2", "a")])
        .await
        .to_post;
    begin(&store, "call", &ids[..1]).await;
    assert_eq!(
        store
            .hold(&ids, &hold("waits_for_reference"))
            .await
            .unwrap(),
        1
    );
    assert_eq!(state(&store, "1").await, PostingState::Posting);
    assert_eq!(state(&store, "2").await, PostingState::Held);
}

async fn bodies_of_old_calls_can_be_forgotten(world: World) {
    let store = world.open().await;
    let id = posted(&store, "1", "a", "771").await;
    let ids = journal(&store, &[sale("2", "a")]).await.to_post;
    begin(&store, "open", &ids).await;
    assert_eq!(store.prune_calls(later(&world, 60)).await.unwrap(), 1);
    let detail = store.posting_detail(&id).await.unwrap().unwrap();
    assert_eq!(detail.request.as_deref(), Some(""));
    assert_eq!(detail.attempts.len(), 1);
    assert!(
        !store.open_calls(&realm()).await.unwrap()[0]
            .call
            .body
            .is_empty()
    );
}

/// Somebody releases these postings.
async fn release(store: &Store, ids: &[kit::PostingId]) {
    let which = daybook::store::Release::Ids(ids.to_vec());
    let released = store.release_held(&which, None, "test").await.unwrap();
    assert_eq!(released, ids);
}
