//! Fees of gateways by the day: which days are to be counted, and the count.

use std::sync::Mutex;

use daybook::domain::{
    Draft, FeeShare, FeesOfDay, GatewayDay, IfPosted, LinkKey, Needs, OnEdit, PostingState,
    References, SourceKind, Wish,
};
use daybook::store::{Journaled, PlannedRecord, Release, ReplanFilter, Settlement, Store};
use kit::PostingKind;
use rust_decimal::Decimal;

use super::world::{
    World, cancelled, decimal, document, draft, hold, journal, look, receipt, route, sale_key,
    sale_of, send, sync,
};

super::on_both![
    a_day_is_open_from_the_posting_of_its_sale_until_it_is_counted,
    the_sum_is_exact_and_of_what_is_in_the_books_alone,
    a_fee_that_moves_to_another_day_is_taken_out_of_the_first,
    a_day_that_is_counted_before_the_one_it_takes_from_is_counted_again,
    a_voided_sale_opens_its_day_and_a_day_without_fees_is_taken_back,
    a_day_that_was_taken_back_is_booked_anew_without_anybody,
    a_sale_that_is_forgotten_is_taken_out_of_its_day,
    an_edit_that_leaves_the_fee_changes_no_document,
    two_daemons_that_count_a_day_make_one_expense,
    an_order_tells_where_its_fee_is,
    a_held_day_is_counted_again_when_it_is_released,
    a_fee_whose_expense_was_left_out_by_hand_is_not_counted,
    a_fee_whose_expense_may_be_in_the_books_is_not_counted_before_somebody_looked,
    a_day_that_is_held_back_by_hand_is_not_booked_anew,
    only_a_fee_that_was_counted_is_bound_to_its_day,
];

const MONDAY: &str = "2026-11-02/stripe/USD";
const TUESDAY: &str = "2026-11-03/stripe/USD";

fn day(text: &str) -> GatewayDay {
    text.parse().unwrap()
}

/// An order whose fee counts in a day.
fn sold(id: &str, content: &str, fee: Option<&str>, on: &str) -> PlannedRecord {
    let share = FeeShare {
        day: day(on),
        fee: fee.map(decimal),
    };
    let sale = Draft {
        fee: Some(share),
        ..draft(sale_key(id), Wish::Post(document(content, &[])))
    };
    sale_of(id, content, vec![sale])
}

/// The same, in the books.
async fn posted(store: &Store, id: &str, content: &str, fee: Option<&str>, on: &str) {
    let ids = journal(store, &[sold(id, content, fee, on)]).await.to_post;
    let end = Settlement::Posted(receipt(&format!("7{id}")));
    send(store, &format!("{id}-{content}"), &ids, &end).await;
}

/// The days that are to be counted on Wednesday.
async fn open(store: &Store) -> Vec<String> {
    open_on(store, "2026-11-04").await
}

async fn open_on(store: &Store, today: &str) -> Vec<String> {
    let (route, today) = (route(), today.parse().unwrap());
    let days = store.open_fee_days(&route, today, 10);
    days.await
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn expense(fees: &FeesOfDay, _: &References) -> Draft {
    let wish = if fees.total.is_zero() {
        cancelled(IfPosted::Void)
    } else {
        Wish::Post(document(&fees.record().replace('"', ""), &[]))
    };
    Draft {
        store_amount: None,
        ..draft(fees.day.key(), wish)
    }
}

/// Counts a day: what came of it, and the sum with the number of orders and of unknown fees.
async fn count(store: &Store, on: &str) -> (Journaled, (Decimal, u64, u64)) {
    let sum = Mutex::new((Decimal::ZERO, 0, 0));
    let plan = |fees: &FeesOfDay, known: &References| {
        *sum.lock().unwrap() = (fees.total, fees.orders, fees.unknown);
        expense(fees, known)
    };
    let journaled = store
        .journal_day(&route(), &sync(), &day(on), &plan)
        .await
        .unwrap();
    let sum = *sum.lock().unwrap();
    (journaled, sum)
}

async fn state(store: &Store, on: &str) -> PostingState {
    look(store, &day(on).key()).await.posting.state
}

async fn a_day_is_open_from_the_posting_of_its_sale_until_it_is_counted(world: World) {
    let store = world.open().await;
    journal(&store, &[sold("1", "a", Some("1.37"), MONDAY)]).await;
    assert!(
        open(&store).await.is_empty(),
        "the sale is not in the books"
    );
    posted(&store, "1", "a", Some("1.37"), MONDAY).await;
    assert_eq!(open(&store).await, [MONDAY]);
    assert!(
        open_on(&store, "2026-11-02").await.is_empty(),
        "the day is not over"
    );
    store.close().await;

    let store = world.open().await;
    let (journaled, _) = count(&store, MONDAY).await;
    assert_eq!(journaled.counts.processed, 0, "a day is no record");
    let loaded = look(&store, &day(MONDAY).key()).await.posting;
    assert_eq!(loaded.state, PostingState::Queued);
    assert_eq!(journaled.to_post, std::slice::from_ref(&loaded.id));
    assert!(open(&store).await.is_empty());
    // repeating it changes nothing
    let (again, _) = count(&store, MONDAY).await;
    assert_eq!(again.to_post, journaled.to_post);
    let end = Settlement::Posted(receipt("900"));
    send(&store, "fees", &journaled.to_post, &end).await;
    assert!(count(&store, MONDAY).await.0.to_post.is_empty());
    assert!(open(&store).await.is_empty());
    assert_eq!(state(&store, MONDAY).await, PostingState::Posted);
}

async fn the_sum_is_exact_and_of_what_is_in_the_books_alone(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("0.10"), MONDAY).await;
    posted(&store, "2", "a", Some("0.20"), MONDAY).await;
    posted(&store, "3", "a", None, MONDAY).await;
    posted(&store, "4", "a", Some("5.00"), TUESDAY).await;
    journal(&store, &[sold("5", "a", Some("7.00"), MONDAY)]).await;
    posted(&store, "6", "a", Some("9.00"), "2026-11-02/paypal/USD").await;
    posted(&store, "7", "a", Some("9.00"), "2026-11-02/stripe/EUR").await;
    assert_eq!(open(&store).await.len(), 4);
    let wednesday = "2026-11-04".parse().unwrap();
    let few = store.open_fee_days(&route(), wednesday, 3).await.unwrap();
    assert_eq!(few.len(), 3);
    assert_eq!(count(&store, MONDAY).await.1, (decimal("0.30"), 3, 1));
    assert_eq!(count(&store, TUESDAY).await.1, (decimal("5.00"), 1, 0));
}

async fn a_fee_that_moves_to_another_day_is_taken_out_of_the_first(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("1.00"), MONDAY).await;
    posted(&store, "2", "a", Some("2.00"), MONDAY).await;
    count(&store, MONDAY).await;
    // the same document: it is paid on another day, and nothing of the sale is to be sent
    let moved = sold("1", "a", Some("1.00"), TUESDAY);
    assert!(journal(&store, &[moved]).await.to_post.is_empty());
    assert_eq!(open(&store).await, [MONDAY]);
    assert_eq!(count(&store, MONDAY).await.1, (decimal("2.00"), 1, 0));
    assert_eq!(open(&store).await, [TUESDAY]);
    assert_eq!(count(&store, TUESDAY).await.1, (decimal("1.00"), 1, 0));
    assert!(open(&store).await.is_empty());
}

async fn a_day_that_is_counted_before_the_one_it_takes_from_is_counted_again(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("1.00"), TUESDAY).await;
    count(&store, TUESDAY).await;
    journal(&store, &[sold("1", "a", Some("1.00"), MONDAY)]).await;
    count(&store, MONDAY).await;
    assert_eq!(open(&store).await, [TUESDAY], "it counts there still");
    assert_eq!(count(&store, TUESDAY).await.1, (decimal("0"), 0, 0));
    assert_eq!(open(&store).await, [MONDAY]);
    assert_eq!(count(&store, MONDAY).await.1, (decimal("1.00"), 1, 0));
    assert!(open(&store).await.is_empty());
}

/// The sale is cancelled and voided.
async fn void(store: &Store, id: &str, on: &str) {
    let mut page = sold(id, "gone", Some("1.00"), on);
    page.plan.as_mut().unwrap()[0].wish = cancelled(IfPosted::Void);
    let ids = journal(store, &[page]).await.to_post;
    let end = Settlement::Reversed(receipt(&format!("7{id}")));
    send(store, &format!("void-{id}"), &ids, &end).await;
}

async fn a_voided_sale_opens_its_day_and_a_day_without_fees_is_taken_back(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("1.00"), MONDAY).await;
    let ids = count(&store, MONDAY).await.0.to_post;
    send(&store, "fees", &ids, &Settlement::Posted(receipt("900"))).await;
    void(&store, "1", MONDAY).await;
    assert_eq!(open(&store).await, [MONDAY]);
    let (journaled, sum) = count(&store, MONDAY).await;
    assert_eq!((journaled.to_post, sum), (ids, (decimal("0"), 0, 0)));
    assert!(open(&store).await.is_empty());
    // one that was never booked leaves nothing
    posted(&store, "2", "a", Some("1.00"), TUESDAY).await;
    void(&store, "2", TUESDAY).await;
    count(&store, TUESDAY).await;
    let states = store.states(&route(), &[day(TUESDAY).key()]).await.unwrap();
    assert!(states.is_empty() && open(&store).await.is_empty());
}

async fn a_day_that_was_taken_back_is_booked_anew_without_anybody(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("1.00"), MONDAY).await;
    let ids = count(&store, MONDAY).await.0.to_post;
    send(&store, "fees", &ids, &Settlement::Posted(receipt("900"))).await;
    void(&store, "1", MONDAY).await;
    count(&store, MONDAY).await;
    send(&store, "back", &ids, &Settlement::Reversed(receipt("900"))).await;
    assert_eq!(state(&store, MONDAY).await, PostingState::Reversed);
    posted(&store, "2", "a", Some("2.00"), MONDAY).await;
    assert_eq!(count(&store, MONDAY).await.0.to_post, ids);
    send(&store, "again", &ids, &Settlement::Posted(receipt("901"))).await;
    let loaded = look(&store, &day(MONDAY).key()).await;
    assert_eq!(loaded.link.unwrap().target_id, "901");
}

async fn a_sale_that_is_forgotten_is_taken_out_of_its_day(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("1.00"), MONDAY).await;
    count(&store, MONDAY).await;
    // somebody deletes it in the books, which an edit finds
    let ids = journal(&store, &[sold("1", "b", Some("1.00"), MONDAY)])
        .await
        .to_post;
    send(
        &store,
        "edit",
        &ids,
        &Settlement::Gone(hold("deleted_in_books")),
    )
    .await;
    // and the order becomes an invoice, which waits
    let key = LinkKey::new(SourceKind::Order, "1", PostingKind::Invoice);
    let invoice = draft(key, Wish::Hold(hold("unpaid_order")));
    journal(&store, &[sale_of("1", "c", vec![invoice])]).await;
    assert_eq!(open(&store).await, [MONDAY]);
    assert_eq!(count(&store, MONDAY).await.1, (decimal("0"), 0, 0));
    assert!(open(&store).await.is_empty());
}

async fn an_edit_that_leaves_the_fee_changes_no_document(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("1.00"), MONDAY).await;
    let ids = count(&store, MONDAY).await.0.to_post;
    send(&store, "fees", &ids, &Settlement::Posted(receipt("900"))).await;
    posted(&store, "1", "b", Some("1.000"), MONDAY).await;
    assert!(count(&store, MONDAY).await.0.to_post.is_empty());
    // one that is held or ignored changes the fee all the same
    for (content, on_edit) in [("c", OnEdit::Hold), ("d", OnEdit::Ignore)] {
        let fee = if content == "c" { "1.50" } else { "2.50" };
        let mut page = sold("1", content, Some(fee), MONDAY);
        if let Wish::Post(document) = &mut page.plan.as_mut().unwrap()[0].wish {
            document.on_edit = on_edit;
        }
        assert!(journal(&store, &[page]).await.to_post.is_empty());
        assert_eq!(count(&store, MONDAY).await.1, (decimal(fee), 1, 0));
    }
}

async fn two_daemons_that_count_a_day_make_one_expense(world: World) {
    let (left, right) = (world.open().await, world.open().await);
    for id in ["1", "2", "3"] {
        posted(&left, id, "a", Some("1.00"), MONDAY).await;
    }
    let (of_left, of_right) = tokio::join!(count(&left, MONDAY), count(&right, MONDAY));
    assert_eq!(of_left.0.to_post, of_right.0.to_post);
    assert_eq!(of_left.1, (decimal("3.00"), 3, 0));
    assert_eq!(of_left.1, of_right.1);
    assert!(open(&left).await.is_empty());
}

async fn an_order_tells_where_its_fee_is(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("1.00"), MONDAY).await;
    journal(&store, &[super::world::sale("2", "a")]).await;
    let fee = store.fee_of_order(&route(), "1").await.unwrap().unwrap();
    assert!(!fee.counted && fee.document.is_none());
    assert_eq!(
        fee.in_words(),
        "1.00 USD; to be counted in the fees of stripe on 2026-11-02, once the day is over and \
         the sale is in the books"
    );
    count(&store, MONDAY).await;
    let fee = store.fee_of_order(&route(), "1").await.unwrap().unwrap();
    assert!(fee.counted);
    assert_eq!(fee.document.as_ref().unwrap().source_id, MONDAY);
    assert!(store.fee_of_order(&route(), "2").await.unwrap().is_none());
    let needs = Needs {
        fees: ["1", "2", "3"].map(str::to_owned).into(),
        ..Needs::default()
    };
    let known = store.references(&route(), &needs).await.unwrap().fees;
    assert_eq!(known.len(), 1);
    assert_eq!(
        (known["1"].day.clone(), known["1"].fee),
        (day(MONDAY), Some(decimal("1.00")))
    );
}

async fn a_held_day_is_counted_again_when_it_is_released(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("1.00"), MONDAY).await;
    let ids = count(&store, MONDAY).await.0.to_post;
    send(
        &store,
        "fees",
        &ids,
        &Settlement::Held(hold("closed_period")),
    )
    .await;
    assert!(
        count(&store, MONDAY).await.0.to_post.is_empty(),
        "it waits for somebody"
    );
    let which = Release::Cause("closed_period".to_owned());
    store.release_held(&which, None, "test").await.unwrap();
    store.requeue_released(&route()).await.unwrap();
    let found = store
        .held_for_replan(&route(), ReplanFilter::Released, None)
        .await
        .unwrap();
    assert_eq!((found.days, found.records.len()), (vec![day(MONDAY)], 0));
    assert_eq!(count(&store, MONDAY).await.0.to_post, ids);
    // and by each run where nothing but time is missing
    send(
        &store,
        "locked",
        &ids,
        &Settlement::Held(hold("company_locked")),
    )
    .await;
    let found = store
        .held_for_replan(&route(), ReplanFilter::ByItself, None)
        .await
        .unwrap();
    assert_eq!(found.days, [day(MONDAY)]);
}

async fn a_fee_whose_expense_was_left_out_by_hand_is_not_counted(world: World) {
    let store = world.open().await;
    let key = LinkKey::new(SourceKind::Order, "1", PostingKind::Expense);
    let sale = draft(sale_key("1"), Wish::Post(document("a", &[])));
    let fee = draft(key.clone(), Wish::Hold(hold("unsupported_order")));
    let ids = journal(&store, &[sale_of("1", "a", vec![sale, fee])])
        .await
        .to_post;
    send(&store, "sale", &ids, &Settlement::Posted(receipt("71"))).await;
    let held = look(&store, &key).await.posting.id;
    store.exclude_held(&[held], "test").await.unwrap();
    // now it could be counted
    journal(&store, &[sold("1", "b", Some("1.00"), MONDAY)]).await;
    let ids = [look(&store, &sale_key("1")).await.posting.id];
    send(&store, "edit", &ids, &Settlement::Posted(receipt("71"))).await;
    assert!(open(&store).await.is_empty());
    assert_eq!(
        look(&store, &key).await.posting.state,
        PostingState::Excluded
    );
}

async fn a_fee_whose_expense_may_be_in_the_books_is_not_counted_before_somebody_looked(
    world: World,
) {
    let store = world.open().await;
    let key = LinkKey::new(SourceKind::Order, "1", PostingKind::Expense);
    let sale = draft(sale_key("1"), Wish::Post(document("a", &[])));
    let fee = draft(key.clone(), Wish::Post(document("fee", &[])));
    journal(&store, &[sale_of("1", "a", vec![sale, fee])]).await;
    let ids = [look(&store, &sale_key("1")).await.posting.id];
    send(&store, "sale", &ids, &Settlement::Posted(receipt("71"))).await;
    let expense = [look(&store, &key).await.posting.id];
    let unknown = Settlement::Held(hold("outcome_unknown"));
    send(&store, "fee", &expense, &unknown).await;
    // fees are counted by the day from now on
    journal(&store, &[sold("1", "a", Some("1.00"), MONDAY)]).await;
    assert!(open(&store).await.is_empty());
    assert_eq!(look(&store, &key).await.posting.state, PostingState::Held);
    // it was not there
    let which = Release::Ids(expense.to_vec());
    store.release_held(&which, None, "test").await.unwrap();
    journal(&store, &[sold("1", "a", Some("1.00"), MONDAY)]).await;
    assert_eq!(open(&store).await, [MONDAY]);
    assert_eq!(count(&store, MONDAY).await.1, (decimal("1.00"), 1, 0));
}

async fn a_day_that_is_held_back_by_hand_is_not_booked_anew(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("1.00"), MONDAY).await;
    let ids = count(&store, MONDAY).await.0.to_post;
    send(&store, "fees", &ids, &Settlement::Posted(receipt("900"))).await;
    void(&store, "1", MONDAY).await;
    count(&store, MONDAY).await;
    send(&store, "back", &ids, &Settlement::Reversed(receipt("900"))).await;
    posted(&store, "2", "a", Some("2.00"), MONDAY).await;
    assert_eq!(count(&store, MONDAY).await.0.to_post, ids);
    assert_eq!(store.hold_back(&ids, "test").await.unwrap(), ids);
    posted(&store, "3", "a", Some("3.00"), MONDAY).await;
    assert!(count(&store, MONDAY).await.0.to_post.is_empty());
    assert_eq!(state(&store, MONDAY).await, PostingState::Held);
    let which = Release::Ids(ids.clone());
    store.release_held(&which, None, "test").await.unwrap();
    let (journaled, sum) = count(&store, MONDAY).await;
    assert_eq!((journaled.to_post, sum), (ids, (decimal("5.00"), 2, 0)));
}

async fn only_a_fee_that_was_counted_is_bound_to_its_day(world: World) {
    let store = world.open().await;
    posted(&store, "1", "a", Some("1.00"), MONDAY).await;
    count(&store, MONDAY).await;
    journal(&store, &[sold("2", "a", Some("1.00"), MONDAY)]).await;
    let needs = Needs {
        fees: ["1", "2"].map(str::to_owned).into(),
        ..Needs::default()
    };
    let known = store.references(&route(), &needs).await.unwrap().fees;
    assert_eq!(known.keys().collect::<Vec<_>>(), ["1"]);
}
