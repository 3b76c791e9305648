//! Request ids and document numbers under each switch.

use std::time::Duration;

use daybook_sandbox::company::{
    BeyondLatin1, CallInProgress, ChangedBody, Effect, Fault, Kind, NameComparison, NumberCheck,
    Regime, When,
};
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn a_repeated_request_id_gets_the_first_answer_and_does_nothing() {
    let world = World::new(Regime::UsAst).await;
    let first = world
        .post(
            "salesreceipt?requestid=r1",
            world.receipt("7", "1.00", "NON"),
        )
        .await;
    let id = first.json()["SalesReceipt"]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    world
        .books
        .edit(Kind::SalesReceipt, &id, json!({ "PrivateNote": "edited" }))
        .unwrap();
    let again = world
        .post(
            "salesreceipt?requestid=r1",
            world.receipt("7", "1.00", "NON"),
        )
        .await;
    assert_eq!(
        again.json()["SalesReceipt"],
        first.json()["SalesReceipt"],
        "as it was answered first"
    );
    assert_eq!(world.books.documents().len(), 1);
    assert_eq!(world.books.counts().replayed, 1);
    world
        .books
        .set_quirks(|quirks| quirks.replays_request_ids = false);
    world
        .post(
            "salesreceipt?requestid=r1",
            world.receipt("7", "1.00", "NON"),
        )
        .await;
    assert_eq!(world.books.documents().len(), 2);
}

#[tokio::test]
async fn the_same_id_with_another_body_is_answered_as_the_switch_says() {
    let world = World::new(Regime::UsAst).await;
    world
        .post(
            "salesreceipt?requestid=r1",
            world.receipt("7", "1.00", "NON"),
        )
        .await;
    let other = world.receipt("8", "2.00", "NON");
    let answer = world
        .post("salesreceipt?requestid=r1", other.clone())
        .await
        .json();
    assert_eq!(answer["SalesReceipt"]["DocNumber"], "7");
    world
        .books
        .set_quirks(|quirks| quirks.changed_body = ChangedBody::Refused);
    assert_eq!(
        world
            .post("salesreceipt?requestid=r1", other.clone())
            .await
            .code(),
        "600"
    );
    world
        .books
        .set_quirks(|quirks| quirks.changed_body = ChangedBody::TreatedAsNew);
    let answer = world.post("salesreceipt?requestid=r1", other).await.json();
    assert_eq!(answer["SalesReceipt"]["DocNumber"], "8");
}

#[tokio::test]
async fn a_refused_first_attempt_is_tried_anew_or_refused_again() {
    for (replays, second) in [(false, 200), (true, 400)] {
        let world = World::with(Regime::UsAst, |options| {
            options.quirks.replays_refusals = replays;
        })
        .await;
        world.books.plan(
            When::DocNumber("7".into()),
            Effect::Refuse(Fault::business("not now")),
        );
        let path = "salesreceipt?requestid=r1";
        assert_eq!(
            world
                .post(path, world.receipt("7", "1.00", "NON"))
                .await
                .code(),
            "6000"
        );
        assert_eq!(
            world
                .post(path, world.receipt("7", "1.00", "NON"))
                .await
                .status,
            second
        );
    }
}

#[tokio::test]
async fn a_request_id_is_forgotten_after_its_lifetime() {
    let mut world = World::new(Regime::UsAst).await;
    world
        .books
        .set_quirks(|quirks| quirks.request_id_lifetime = Some(Duration::from_hours(24)));
    let path = "salesreceipt?requestid=r1";
    world.post(path, world.receipt("7", "1.00", "NON")).await;
    world.time.advance(24 * 3600 - 1);
    world.token = world.books.access_token();
    world.post(path, world.receipt("7", "1.00", "NON")).await;
    assert_eq!(world.books.documents().len(), 1);
    world.time.advance(1);
    world.post(path, world.receipt("7", "1.00", "NON")).await;
    assert_eq!(world.books.documents().len(), 2);
}

#[tokio::test]
async fn a_call_still_in_progress_is_waited_for_refused_or_done_twice() {
    for (switch, status, documents) in [
        (CallInProgress::Waits, 200, 1),
        (CallInProgress::Refused, 400, 1),
        (CallInProgress::RunsAgain, 200, 2),
    ] {
        let world = World::new(Regime::UsAst).await;
        world
            .books
            .set_quirks(|quirks| quirks.call_in_progress = switch);
        let pause = world.books.hold_work(When::write());
        let path = "salesreceipt?requestid=r1";
        let body = world.receipt("7", "1.00", "NON");
        let first = world.try_post(path, &body);
        let second = async {
            pause.reached().await;
            let releasing = async {
                while world.books.counts().total < 2 {
                    tokio::task::yield_now().await;
                }
                pause.release();
            };
            tokio::join!(world.try_post(path, &body), releasing).0
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!(first.unwrap().status, 200);
        assert_eq!(second.unwrap().status, status, "{switch:?}");
        assert_eq!(world.books.documents().len(), documents, "{switch:?}");
    }
}

#[tokio::test]
async fn work_goes_on_when_the_caller_hangs_up() {
    let world = World::new(Regime::UsAst).await;
    let pause = world.books.hold_work(When::write());
    let body = world.receipt("7", "1.00", "NON");
    {
        let call = world.try_post("salesreceipt?requestid=r1", &body);
        tokio::select! {
            _ = call => panic!("the call is held"),
            () = pause.reached() => {}
        }
    }
    assert!(world.books.documents().is_empty());
    pause.release();
    let again = world.post("salesreceipt?requestid=r1", body).await;
    assert_eq!(again.status, 200);
    assert_eq!(
        world.books.documents().len(),
        1,
        "the first call came to its end"
    );
}

#[tokio::test]
async fn items_of_a_batch_are_replayed_by_request_id_and_bid() {
    let world = World::new(Regime::UsAst).await;
    let item = |bid: &str, number: &str| json!({ "bId": bid, "operation": "create", "SalesReceipt": world.receipt(number, "1.00", "NON") });
    world
        .batch("r", json!([item("1", "7"), item("2", "8")]))
        .await;
    let again = world
        .batch("r", json!([item("1", "7"), item("2", "8")]))
        .await
        .json();
    assert_eq!(
        again["BatchItemResponse"][1]["SalesReceipt"]["DocNumber"],
        "8"
    );
    assert_eq!(world.books.documents().len(), 2);
    world.batch("r", json!([item("3", "8")])).await;
    assert_eq!(
        world.books.documents().len(),
        3,
        "another bId is another request"
    );
}

#[tokio::test]
async fn a_document_number_is_checked_where_the_switches_say() {
    let world = World::new(Regime::UsAst).await;
    let receipt = || world.receipt("7", "1.00", "NON");
    let mut refund = receipt();
    refund["DepositToAccountRef"] = json!({ "value": world.id(Kind::Account, "Checking") });
    world.post("salesreceipt", receipt()).await;
    let again = world.post("salesreceipt", receipt()).await;
    assert_eq!(
        again.status, 200,
        "the company numbers by itself: duplicates are accepted"
    );
    world
        .books
        .set_preferences(|preferences| preferences.custom_txn_numbers = true);
    let refused = world.post("salesreceipt", receipt()).await;
    assert_eq!(refused.code(), "6140");
    let holder = world.books.documents()[0].id.clone();
    let wanted = format!("DocNumber=7 is assigned to TxnType=Sales Receipt with TxnId={holder}");
    assert!(refused.detail().ends_with(&wanted), "{}", refused.detail());
    let path = "salesreceipt?include=allowduplicatedocnum";
    assert_eq!(world.post(path, receipt()).await.status, 200);
    assert_eq!(
        world.post("refundreceipt", refund.clone()).await.status,
        200
    );
    assert_eq!(
        world.post("refundreceipt", refund.clone()).await.status,
        200,
        "exempt by default"
    );
    world.books.set_quirks(|quirks| {
        quirks.number_check = NumberCheck::AcrossTypes;
        quirks.refund_receipts_exempt_from_number_check = false;
    });
    assert_eq!(world.post("refundreceipt", refund).await.code(), "6140");
    world
        .books
        .set_quirks(|quirks| quirks.number_check = NumberCheck::Off);
    assert_eq!(world.post("salesreceipt", receipt()).await.status, 200);
}

#[tokio::test]
async fn names_are_compared_as_the_switch_says() {
    let world = World::new(Regime::UsAst).await;
    world.books.add_customer("Ann Lee", "").unwrap();
    let full_width = json!({ "DisplayName": "\u{FF21}nn  Lee" });
    world
        .books
        .set_quirks(|q| q.names = NameComparison::IgnoresCaseSpacesAndWidth);
    assert_eq!(
        world.post("customer", full_width.clone()).await.code(),
        "6240"
    );
    world
        .books
        .set_quirks(|q| q.names = NameComparison::IgnoresCaseAndOuterSpaces);
    assert_eq!(world.post("customer", full_width).await.status, 200);
    world.books.set_quirks(|q| q.names = NameComparison::Exact);
    assert_eq!(
        world
            .post("customer", json!({ "DisplayName": "ann lee" }))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn text_beyond_latin1_is_kept_refused_or_lost_in_us_companies() {
    let world = World::new(Regime::UsAst).await;
    let name = |number: u32| json!({ "DisplayName": format!("Jürgen 😀 {number}") });
    let kept = world.post("customer", name(1)).await.json();
    assert_eq!(kept["Customer"]["DisplayName"], "Jürgen 😀 1");
    world
        .books
        .set_quirks(|quirks| quirks.beyond_latin1 = BeyondLatin1::Refused);
    assert_eq!(world.post("customer", name(2)).await.code(), "2040");
    world
        .books
        .set_quirks(|quirks| quirks.beyond_latin1 = BeyondLatin1::QuestionMark);
    let lost = world.post("customer", name(3)).await.json();
    assert_eq!(lost["Customer"]["DisplayName"], "Jürgen ? 3");
}
