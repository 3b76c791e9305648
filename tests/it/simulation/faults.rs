//! What goes wrong on the way: one refused document, lost answers under every setting of the
//! company, throttling, junk from the store. The rest is unharmed, nothing is posted twice.

use daybook::domain::{PostingState, RunOptions, SyncStatus};
use daybook::engine::Tripwire;
use daybook::store::PostingFilter;
use rust_decimal::Decimal;
use sandbox::company::{Effect, Kind, NumberCheck, TaxOverride, When};
use sandbox::store::{Address, Cart, Fault, Gateway, Malformation, Matcher, StoreContents};

use crate::support::{Setup, World, check_invariants};

/// A store with these many paid orders of one mug each.
pub(super) async fn shop_with(orders: usize, setup: impl FnOnce(Setup) -> Setup) -> World {
    let contents = StoreContents::generate(
        sandbox::store::Seed(5),
        &sandbox::store::GenerateOptions {
            orders: 0,
            ..Default::default()
        },
    );
    let world = setup(Setup::of(contents)).start().await;
    for number in 0..orders {
        let guest = Address {
            first_name: "Guest".to_owned(),
            last_name: format!("Number {number}"),
            email: format!("guest{number}@example.com"),
            state: "NY".to_owned(),
            country: "US".to_owned(),
            ..Address::default()
        };
        let cart = Cart::new()
            .gateway(Gateway::Stripe)
            .bill_to(guest)
            .line("MUG-001", 1);
        world.an_hour_ago(|shop| {
            shop.place_paid_order(&cart).unwrap();
        });
    }
    world
}

async fn held(world: &World) -> Vec<(String, String)> {
    let program = world.open(Tripwire::none()).await;
    let filter = PostingFilter {
        state: Some(PostingState::Held),
        ..PostingFilter::default()
    };
    let page = program.store.postings_page(&filter).await.unwrap();
    program.store.close().await;
    page.postings
        .into_iter()
        .map(|posting| (posting.number, posting.cause.unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn one_refused_document_of_a_batch_is_held_and_the_other_29_are_kept() {
    let world = shop_with(30, |setup| setup).await;
    let refused = world.shop().orders()[12].number.clone();
    let fault = sandbox::company::Fault::business("Something is wrong with this one");
    world
        .books()
        .plan(When::DocNumber(refused.clone()), Effect::Refuse(fault));
    let run = world.run().await;
    assert_eq!(run.status, SyncStatus::Partial);
    assert_eq!(world.books().documents_of(Kind::SalesReceipt).len(), 29);
    assert_eq!(
        held(&world).await,
        [(refused, "refused_by_quickbooks".to_owned())]
    );
    check_invariants(&world).await;
}

#[tokio::test]
async fn five_lost_answers_leave_one_document_each_whatever_guards_the_company_has() {
    for replays in [true, false] {
        for number_check in [NumberCheck::PerType, NumberCheck::Off] {
            let world = shop_with(40, |setup| {
                setup.with_quirks(|quirks| {
                    quirks.replays_request_ids = replays;
                    quirks.number_check = number_check;
                    quirks.duplicates_accepted_when_numbered_automatically = false;
                })
            })
            .await;
            for nth in [2, 3, 5] {
                world.books().plan(When::Write(nth), Effect::CutAfter);
            }
            world.books().plan(When::Write(4), Effect::CutBefore);
            world.books().plan(When::Write(6), Effect::HtmlAfter(504));
            let run = world.run().await;
            assert_eq!(
                run.status,
                SyncStatus::Completed,
                "replay {replays}, check {number_check:?}: {run:?}"
            );
            assert_eq!(world.books().documents_of(Kind::SalesReceipt).len(), 40);
            assert_eq!(
                held(&world).await,
                [],
                "what is posted is not called failed"
            );
            check_invariants(&world).await;
        }
    }
}

#[tokio::test]
async fn a_batch_call_that_was_cut_in_its_middle_is_finished_without_doubles() {
    let world = shop_with(30, |setup| {
        setup.with_quirks(|quirks| {
            quirks.replays_request_ids = false;
            quirks.number_check = NumberCheck::Off;
        })
    })
    .await;
    let receipts =
        When::matching(|request| request.is_batch && request.body.contains("SalesReceipt"));
    world.books().plan(receipts, Effect::CutWithinBatch(11));
    let run = world.run().await;
    assert_eq!(run.status, SyncStatus::Completed, "{run:?}");
    assert_eq!(world.books().documents_of(Kind::SalesReceipt).len(), 30);
    check_invariants(&world).await;
}

#[tokio::test]
async fn throttling_pauses_the_realm_and_loses_nothing() {
    let world = shop_with(20, |setup| setup).await;
    world.books().plan(When::Write(2), Effect::Throttle);
    let run = world.run().await;
    assert_eq!(run.status, SyncStatus::Completed, "{run:?}");
    assert_eq!(world.books().documents_of(Kind::SalesReceipt).len(), 20);
    check_invariants(&world).await;
}

#[tokio::test]
async fn an_expired_access_token_is_renewed_in_mid_run() {
    let world = shop_with(10, |setup| setup).await;
    world
        .books()
        .plan(When::Write(2), Effect::ExpireAccessTokens);
    let run = world.run().await;
    assert_eq!(run.status, SyncStatus::Completed, "{run:?}");
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_malformed_order_is_reported_and_the_rest_of_its_page_is_posted() {
    for malformation in [
        Malformation::NullTotal,
        Malformation::TextTotal,
        Malformation::NoId,
        Malformation::WrongTypedLines,
        Malformation::BadDate,
    ] {
        let world = shop_with(9, |setup| setup).await;
        world
            .shop()
            .plan_fault(Matcher::path("/orders"), Fault::Malformed(malformation));
        let run = world.run().await;
        assert_eq!(run.status, SyncStatus::Partial, "{malformation:?}: {run:?}");
        assert_eq!(
            world.books().documents_of(Kind::SalesReceipt).len(),
            8,
            "{malformation:?}: the other eight are posted",
        );
    }
}

#[tokio::test]
async fn junk_and_passing_trouble_of_the_store_are_waited_out() {
    for fault in [
        Fault::HtmlInsteadOfJson,
        Fault::Maintenance,
        Fault::TooManyRequests {
            retry_after: Some(2),
        },
        Fault::PhpFatal,
        Fault::CutBody,
        Fault::CutConnection,
        Fault::TruncatedJson,
    ] {
        let world = shop_with(3, |setup| setup).await;
        world
            .shop()
            .plan_fault(Matcher::path("/orders"), fault.clone());
        let run = world.run().await;
        assert_eq!(run.status, SyncStatus::Completed, "{fault:?}: {run:?}");
        assert_eq!(world.books().documents_of(Kind::SalesReceipt).len(), 3);
    }
}

#[tokio::test]
async fn a_document_somebody_else_made_with_the_same_number_is_not_taken_for_ours() {
    let world = shop_with(3, |setup| {
        setup.with_quirks(|quirks| quirks.duplicates_accepted_when_numbered_automatically = false)
    })
    .await;
    let number = world.shop().orders()[1].number.clone();
    let item = world.books().add(
        Kind::Item,
        serde_json::json!({
            "Name": "By hand", "Type": "Service",
            "IncomeAccountRef": { "value": world.books().id_named(Kind::Account, "Sales of Product Income").unwrap() },
        }),
    );
    let line = serde_json::json!({
        "DetailType": "SalesItemLineDetail", "Amount": 12,
        "SalesItemLineDetail": { "ItemRef": { "value": item.unwrap() } },
    });
    world
        .books()
        .add(
            Kind::SalesReceipt,
            serde_json::json!({ "DocNumber": number, "Line": [line] }),
        )
        .unwrap();
    let run = world.run().await;
    assert_eq!(run.status, SyncStatus::Partial);
    assert_eq!(held(&world).await, [(number, "number_taken".to_owned())]);
    let theirs = world.books().documents_of(Kind::SalesReceipt);
    assert_eq!(
        theirs
            .iter()
            .filter(|document| document.total == Decimal::from(12))
            .count(),
        1
    );
}

#[tokio::test]
async fn a_dry_run_writes_and_sends_nothing() {
    let world = shop_with(5, |setup| setup).await;
    let options = RunOptions {
        dry_run: true,
        ..RunOptions::default()
    };
    let run = world.run_with(options, Tripwire::none()).await;
    assert_eq!(run.status, SyncStatus::Completed, "{run:?}");
    assert!(
        run.streams
            .iter()
            .map(|stream| stream.counts.created)
            .sum::<u64>()
            >= 5
    );
    assert!(world.books().documents().is_empty());
    world.run().await;
    assert_eq!(world.books().documents_of(Kind::SalesReceipt).len(), 5);
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_document_made_with_other_amounts_is_undone_even_if_its_answer_was_lost() {
    // a company that computes the tax itself, whatever it is told
    let setup = || {
        Setup::new(15, 60).with_quirks(|quirks| quirks.automated_override = TaxOverride::Ignored)
    };
    let world = setup().start().await;
    world.run().await;
    let differ = held(&world).await;
    let (number, _) = differ
        .iter()
        .find(|(_, cause)| cause == "total_mismatch")
        .expect("an order whose tax the company computes otherwise");
    let undone = world.books().deleted(Kind::SalesReceipt);
    assert!(undone > 0);

    let world = setup().start().await;
    let made = When::DocNumber(number.clone());
    world.books().plan_times(made, Effect::CutAfter, 1);
    world.run().await;
    assert_eq!(held(&world).await, differ);
    let made = world.books().documents_numbered(number);
    assert!(made.is_empty(), "{made:?}");
    assert_eq!(world.books().deleted(Kind::SalesReceipt), undone);
    check_invariants(&world).await;
}
