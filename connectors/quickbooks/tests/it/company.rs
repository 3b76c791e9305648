//! The connector against the sandbox's company: every exchange the engine relies on.

use daybook_quickbooks::{Account, Customer, CustomerEntry, Preferences};
use kit::{Found, Kind, ListKind, Member, Operation, PostingKind, Target};
use sandbox::company::{BatchOrder, Effect, Kind as Entity, When};
use serde_json::json;

use crate::world::{SHORT, World, cause, done, request};

/// How many of `found` are ours, not there, somebody else's.
fn tally(found: &[Found]) -> (usize, usize, usize) {
    let count = |test: fn(&Found) -> bool| found.iter().filter(|found| test(found)).count();
    (
        count(|found| matches!(found, Found::Ours(_))),
        count(|found| matches!(found, Found::Nothing)),
        count(|found| matches!(found, Found::Foreign(_) | Found::Changed(..))),
    )
}

#[tokio::test]
async fn a_receipt_is_made_and_its_answer_kept() {
    let world = World::new().await;
    let call = world
        .books
        .compose(&request(1), vec![world.receipt(0, "1043")])
        .unwrap();
    let outcomes = world.books.send(&call).await.unwrap();
    let receipt = done(&outcomes[0]);
    assert_eq!(receipt.doc_number.as_deref(), Some("1043"));
    assert_eq!(receipt.total, Some("58.20".parse().unwrap()));
    assert_eq!(world.company.documents().len(), 1);
    assert_eq!(world.company.counts().metered_reads, 0);
}

#[tokio::test]
async fn one_refused_receipt_leaves_the_other_29_posted() {
    let world = World::new().await;
    world
        .company
        .set_quirks(|quirks| quirks.batch_order = BatchOrder::Reversed);
    let mut members = world.receipts(30);
    members[16].document = members[16]
        .document
        .replace(r#""DetailType":"SalesItemLineDetail","#, "");
    let call = world.books.compose(&request(1), members).unwrap();
    let outcomes = world.books.send(&call).await.unwrap();
    for (place, outcome) in outcomes.iter().enumerate() {
        if place == 16 {
            assert_eq!(cause(outcome), "refused_by_quickbooks");
        } else {
            assert_eq!(done(outcome).doc_number, Some((place + 1).to_string()));
        }
    }
    assert_eq!(world.company.documents().len(), 29);
}

#[tokio::test]
async fn the_same_call_again_brings_the_first_answers() {
    let world = World::new().await;
    let call = world.books.compose(&request(1), world.receipts(5)).unwrap();
    let first = world.books.send(&call).await.unwrap();
    let again = world.books.send(&call).await.unwrap();
    let part = world.books.narrow(&call, &[1, 3]).unwrap();
    let narrowed = world.books.send(&part).await.unwrap();
    let ids = |outcomes: &[kit::Outcome]| -> Vec<String> {
        outcomes
            .iter()
            .map(|outcome| done(outcome).target_id.clone())
            .collect()
    };
    let first = ids(&first);
    assert_eq!(ids(&again), first);
    assert_eq!(ids(&narrowed), [first[1].clone(), first[3].clone()]);
    assert_eq!(world.company.documents().len(), 5);
}

#[tokio::test]
async fn after_a_cut_line_the_books_tell_what_took_effect_and_the_rest_is_sent_again() {
    let world = World::new().await;
    let call = world
        .books
        .compose(&request(1), world.receipts(30))
        .unwrap();
    world
        .company
        .plan(When::write(), Effect::CutWithinBatch(12));
    let failure = world.books.send(&call).await.unwrap_err();
    assert!(failure.outcome_unknown());
    let found = world
        .books
        .find(&call.members, jiff::Timestamp::MAX)
        .await
        .unwrap();
    assert_eq!(tally(&found), (12, 18, 0));
    let rest: Vec<u32> = call
        .members
        .iter()
        .zip(&found)
        .filter(|(_, found)| matches!(found, Found::Nothing))
        .map(|(member, _)| member.slot)
        .collect();
    let part = world.books.narrow(&call, &rest).unwrap();
    for outcome in world.books.send(&part).await.unwrap() {
        done(&outcome);
    }
    assert_eq!(world.company.documents().len(), 30);
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MAX)
                .await
                .unwrap()
        ),
        (30, 0, 0)
    );
}

#[tokio::test]
async fn every_unclear_answer_to_a_write_is_in_doubt_and_can_be_looked_up() {
    let effects = [
        (Effect::CutAfter, 1),
        (Effect::CutBefore, 0),
        (Effect::HtmlAfter(502), 1),
        (Effect::HtmlBefore(503), 0),
        (Effect::HtmlAfter(200), 1),
        (Effect::EmptyAfter, 1),
        (Effect::EmptyBefore, 0),
    ];
    for (effect, made) in effects {
        let world = World::new().await;
        let call = world
            .books
            .compose(&request(1), vec![world.receipt(0, "1043")])
            .unwrap();
        world.company.plan(When::write(), effect.clone());
        let failure = world.books.send(&call).await.unwrap_err();
        assert!(failure.outcome_unknown(), "{effect:?}: {failure}");
        assert_eq!(failure.kind(), Kind::Retry { after: None });
        let found = world
            .books
            .find(&call.members, jiff::Timestamp::MAX)
            .await
            .unwrap();
        assert_eq!(tally(&found), (made, 1 - made, 0), "{effect:?}");
        done(&world.books.send(&call).await.unwrap()[0]);
        assert_eq!(world.company.documents().len(), 1, "{effect:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_in_doubt_and_lowers_the_calls_in_flight() {
    let world = World::with(|settings| settings.timeout = SHORT).await;
    let call = world
        .books
        .compose(&request(1), vec![world.receipt(0, "1043")])
        .unwrap();
    let pause = world.company.hold_answer(When::write());
    let failure = world.books.send(&call).await.unwrap_err();
    assert_eq!(failure.code(), "timeout");
    assert!(failure.outcome_unknown());
    assert_eq!(world.limiter.usage().allowed, 5);
    pause.release();
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MAX)
                .await
                .unwrap()
        ),
        (1, 0, 0)
    );
}

#[tokio::test]
async fn a_number_that_somebody_else_used_is_told_apart_from_ours() {
    let world = World::new().await;
    let mut foreign = world.receipt(0, "1043");
    foreign.document = foreign
        .document
        .replace("WooCommerce order 1043", "typed by hand");
    let body = serde_json::from_str(&foreign.document).unwrap();
    world.company.add(Entity::SalesReceipt, body).unwrap();
    let call = world
        .books
        .compose(&request(1), vec![world.receipt(0, "1043")])
        .unwrap();
    let outcomes = world.books.send(&call).await.unwrap_err();
    assert_eq!(
        (outcomes.kind(), outcomes.code()),
        (Kind::Reject, "number_taken")
    );
    let found = world
        .books
        .find(&call.members, jiff::Timestamp::MAX)
        .await
        .unwrap();
    let Found::Foreign(what) = &found[0] else {
        panic!("{found:?}")
    };
    assert!(
        what.contains("sales receipt 1043 of 2026-11-02 with a total of 58.20"),
        "{what}"
    );
}

async fn posted(world: &World, number: &str) -> kit::Receipt {
    let call = world
        .books
        .compose(&request(900), vec![world.receipt(0, number)])
        .unwrap();
    done(&world.books.send(&call).await.unwrap()[0]).clone()
}

fn update(receipt: &kit::Receipt) -> Operation {
    Operation::Update {
        target_id: receipt.target_id.clone(),
        sync_token: receipt.sync_token.clone(),
    }
}

fn void(receipt: &kit::Receipt) -> Operation {
    Operation::Void {
        target_id: receipt.target_id.clone(),
        sync_token: receipt.sync_token.clone(),
    }
}

#[tokio::test]
async fn a_document_changed_in_the_books_is_not_overwritten() {
    let world = World::new().await;
    let receipt = posted(&world, "1043").await;
    let note = json!({ "PrivateNote": "looked at by Eve" });
    world
        .company
        .edit(Entity::SalesReceipt, &receipt.target_id, note)
        .unwrap();
    let change = world.sale(0, "1043", "60.00", update(&receipt));
    let call = world.books.compose(&request(1), vec![change]).unwrap();
    let failure = world.books.send(&call).await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Reject, "changed_in_books")
    );
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MAX)
                .await
                .unwrap()
        ),
        (0, 0, 1)
    );
}

#[tokio::test]
async fn updates_and_voids_whose_answer_was_lost_are_found_by_their_version() {
    let world = World::new().await;
    let receipt = posted(&world, "1043").await;
    let change = world.sale(0, "1043", "60.00", update(&receipt));
    let call = world.books.compose(&request(1), vec![change]).unwrap();
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MAX)
                .await
                .unwrap()
        ),
        (0, 1, 0)
    );
    world.company.plan(When::write(), Effect::CutAfter);
    world.books.send(&call).await.unwrap_err();
    let found = world
        .books
        .find(&call.members, jiff::Timestamp::MAX)
        .await
        .unwrap();
    let Found::Ours(changed) = &found[0] else {
        panic!("{found:?}")
    };
    assert_eq!(changed.total, Some("60".parse().unwrap()));

    let undo = world.sale(0, "1043", "60.00", void(changed));
    let call = world.books.compose(&request(2), vec![undo]).unwrap();
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MAX)
                .await
                .unwrap()
        ),
        (0, 1, 0)
    );
    let outcomes = world.books.send(&call).await.unwrap();
    assert_eq!(done(&outcomes[0]).total, Some("0".parse().unwrap()));
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MAX)
                .await
                .unwrap()
        ),
        (1, 0, 0)
    );
    assert!(world.company.documents()[0].voided);
}

#[tokio::test]
async fn voids_and_deletions_go_into_batch_calls_too() {
    let world = World::new().await;
    let call = world.books.compose(&request(1), world.receipts(2)).unwrap();
    let made = world.books.send(&call).await.unwrap();
    let second = done(&made[1]).clone();
    let delete = Operation::Delete {
        target_id: second.target_id,
        sync_token: second.sync_token,
    };
    let members = vec![
        world.sale(0, "1", "58.20", void(done(&made[0]))),
        world.sale(1, "2", "58.20", delete),
    ];
    let call = world.books.compose(&request(2), members).unwrap();
    for outcome in world.books.send(&call).await.unwrap() {
        done(&outcome);
    }
    assert_eq!(world.company.documents().len(), 1);
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MAX)
                .await
                .unwrap()
        ),
        (2, 0, 0)
    );
}

#[tokio::test]
async fn a_throttled_call_did_not_take_effect_and_everything_pauses() {
    let world = World::new().await;
    world
        .company
        .set_quirks(|quirks| quirks.retry_after = Some(17));
    world.company.plan(When::write(), Effect::Throttle);
    let call = world
        .books
        .compose(&request(1), vec![world.receipt(0, "1043")])
        .unwrap();
    let failure = world.books.send(&call).await.unwrap_err();
    assert!(!failure.outcome_unknown());
    let wait = std::time::Duration::from_secs(17);
    assert_eq!(failure.kind(), Kind::Retry { after: Some(wait) });
    let usage = world.limiter.usage();
    assert_eq!(usage.refused, 1);
    assert!(usage.paused_until.is_some());
    assert!(world.company.documents().is_empty());
}

#[tokio::test]
async fn expired_access_is_renewed_and_the_call_made_once() {
    let world = World::new().await;
    posted(&world, "1").await;
    world
        .company
        .plan(When::write(), Effect::ExpireAccessTokens);
    let call = world
        .books
        .compose(&request(1), vec![world.receipt(0, "2")])
        .unwrap();
    done(&world.books.send(&call).await.unwrap()[0]);
    assert_eq!(world.company.documents().len(), 2);
    assert_eq!(world.company.counts().token_refreshes, 2);
}

#[tokio::test]
async fn a_withdrawn_consent_and_a_wrong_company_stop_with_a_remedy() {
    let world = World::new().await;
    assert!(
        world
            .books
            .check()
            .await
            .unwrap()
            .contains("in US, home currency USD")
    );
    world.company.revoke_consent();
    let failure = world.books.check().await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Stop, "consent_expired")
    );
    let elsewhere = World::with(|settings| settings.realm_id = "1".to_owned()).await;
    let failure = elsewhere.books.check().await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Stop, "wrong_realm")
    );
    assert!(failure.remedy().contains("realm_id"));
}

#[tokio::test]
async fn an_ended_subscription_and_closed_books_are_told_apart() {
    let world = World::new().await;
    let call = world.books.compose(&request(1), world.receipts(2)).unwrap();
    world
        .company
        .close_books(Some(jiff::civil::date(2026, 12, 31)));
    let outcomes = world.books.send(&call).await.unwrap();
    assert_eq!(cause(&outcomes[0]), "closed_period");
    world.company.close_books(None);
    world.company.set_subscription(false);
    let call = world
        .books
        .compose(&request(2), vec![world.receipt(0, "9")])
        .unwrap();
    let failure = world.books.send(&call).await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Stop, "subscription_ended")
    );
}

fn customer(name: &str) -> Member {
    let document = Customer {
        display_name: name.to_owned(),
        ..Customer::default()
    };
    Member {
        slot: 0,
        posting: kit::PostingId::new(name),
        kind: PostingKind::Customer,
        operation: Operation::Create,
        expected: kit::Expected {
            name: Some(name.to_owned()),
            ..kit::Expected::default()
        },
        document: serde_json::to_string(&document).unwrap(),
    }
}

#[tokio::test]
async fn customers_are_found_by_name_whatever_is_in_it() {
    let world = World::new().await;
    let name = "Zoë O'Hara \\ Sons & Co";
    let call = world
        .books
        .compose(&request(1), vec![customer(name)])
        .unwrap();
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MAX)
                .await
                .unwrap()
        ),
        (0, 1, 0)
    );
    world.company.plan(When::write(), Effect::CutAfter);
    world.books.send(&call).await.unwrap_err();
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MIN)
                .await
                .unwrap()
        ),
        (1, 0, 0)
    );
    // somebody else's, where nothing was sent before it was made
    let found = world.books.find(&call.members, jiff::Timestamp::MAX).await;
    assert!(matches!(found.unwrap()[0], Found::Namesake(_)));
    world.company.add_vendor("Acme").unwrap();
    let call = world
        .books
        .compose(&request(2), vec![customer("Acme")])
        .unwrap();
    let failure = world.books.send(&call).await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Reject, "name_taken")
    );
}

#[tokio::test]
async fn many_long_names_are_asked_for_in_several_questions() {
    let world = World::new().await;
    let members: Vec<Member> = (0..30)
        .map(|number| customer(&format!("{number} {}", "long name ".repeat(40).trim())))
        .collect();
    world
        .company
        .add_customer(&members[29].expected.name.clone().unwrap(), "")
        .unwrap();
    world
        .company
        .add_customer(&members[3].expected.name.clone().unwrap(), "")
        .unwrap();
    let found = world
        .books
        .find(&members, jiff::Timestamp::MIN)
        .await
        .unwrap();
    assert_eq!(tally(&found), (2, 28, 0));
    assert!(matches!(found[3], Found::Ours(_)) && matches!(found[29], Found::Ours(_)));
}

#[tokio::test]
async fn a_payment_whose_answer_was_lost_is_found_by_day_and_note() {
    let world = World::new().await;
    let call = world
        .books
        .compose(&request(1), vec![world.payment("104")])
        .unwrap();
    done(&world.books.send(&call).await.unwrap()[0]);
    let call = world
        .books
        .compose(&request(2), vec![world.payment("1043")])
        .unwrap();
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MAX)
                .await
                .unwrap()
        ),
        (0, 1, 0)
    );
    world.company.plan(When::write(), Effect::CutAfter);
    world.books.send(&call).await.unwrap_err();
    assert_eq!(
        tally(
            &world
                .books
                .find(&call.members, jiff::Timestamp::MAX)
                .await
                .unwrap()
        ),
        (1, 0, 0)
    );
}

#[tokio::test]
async fn all_lists_are_read_to_their_end() {
    let world = World::new().await;
    for number in 0..1200 {
        world
            .company
            .add_customer(&format!("Customer {number}"), "")
            .unwrap();
    }
    let mut names = std::collections::BTreeSet::new();
    let mut position = Some(0);
    while let Some(from) = position {
        let (entries, next) = world.books.list(ListKind::Customer, from).await.unwrap();
        for entry in entries {
            let customer: CustomerEntry = serde_json::from_str(&entry.body).unwrap();
            assert_eq!(customer.display_name, entry.name);
            names.insert(entry.name);
        }
        position = next;
    }
    assert_eq!(names.len(), 1201);
    for kind in ListKind::ALL {
        world.books.list(kind, 0).await.unwrap();
    }
    let (accounts, _) = world.books.list(ListKind::Account, 0).await.unwrap();
    let funds = accounts
        .iter()
        .find(|entry| entry.name == "Undeposited Funds")
        .unwrap();
    let funds: Account = serde_json::from_str(&funds.body).unwrap();
    assert_eq!(funds.kind, "Other Current Asset");
    let (preferences, _) = world.books.list(ListKind::Preferences, 0).await.unwrap();
    let preferences: Preferences = serde_json::from_str(&preferences[0].body).unwrap();
    assert!(preferences.automated_sales_tax() && preferences.custom_txn_numbers);
}

#[tokio::test]
async fn refusals_with_a_good_status_are_refusals() {
    let world = World::new().await;
    world
        .company
        .set_quirks(|quirks| quirks.faults_in_http_200 = true);
    posted(&world, "1043").await;
    let mut other = world.receipt(0, "1043");
    other.posting = kit::PostingId::new("another");
    let call = world.books.compose(&request(1), vec![other]).unwrap();
    let failure = world.books.send(&call).await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.code()),
        (Kind::Reject, "number_taken")
    );
}
