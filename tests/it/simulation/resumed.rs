//! What a process that was killed leaves half done, and how the next one makes it whole: calls without
//! an outcome, runs without an end, counts that were not written.

use std::time::Duration;

use daybook::domain::{Counts, PipelineName, PostingState, RunOptions, SyncStatus, Trigger};
use daybook::engine::{Point, Progress, Tripwire};
use daybook::store::{NewBatch, NewSync, OpenCall, PostingFilter, Run, RunFilter};
use kit::{PostingKind, StreamName};
use sandbox::company::{CompanyQuirks, Effect, Fault, Kind, NumberCheck, When};
use sandbox::store::{Malformation, Matcher};

use super::faults::shop_with;
use crate::support::{World, check_invariants};

const PIPELINE: &str = "store-to-books";

/// A store with these many paid orders, of which nothing else is read: there are few calls.
async fn only_orders(orders: usize, quirks: impl FnOnce(&mut CompanyQuirks)) -> World {
    shop_with(orders, |mut setup| {
        setup.streams = r#"["orders"]"#;
        setup.with_quirks(quirks)
    })
    .await
}

/// A world whose only process was killed at that passing of `point` after which `wanted` holds.
async fn killed(
    setup: impl AsyncFn() -> World,
    point: Point,
    wanted: impl AsyncFn(&World) -> bool,
) -> World {
    for nth in 1..=12 {
        let world = setup().await;
        let wire = Tripwire::at_passing(point, nth);
        world.run_with(RunOptions::default(), wire).await;
        if wanted(&world).await {
            return world;
        }
    }
    panic!("no passing of {point:?} leaves what is wanted");
}

/// Lets a fresh process go on with the run; its last word, where there was something to do.
async fn go_on(world: &World) -> Option<Progress> {
    let program = world.open(Tripwire::none()).await;
    for lease in program.store.leases().await.unwrap() {
        program.store.break_leases(&lease.owner).await.unwrap();
    }
    let pipeline = PipelineName::new(PIPELINE);
    let resumed = program.engine.resume_interrupted(&pipeline).await.unwrap();
    let last = match resumed {
        Some(mut run) => Some(run.wait().await),
        None => None,
    };
    program.engine.shut_down(Duration::from_secs(600)).await;
    program.store.close().await;
    last
}

async fn open_calls(world: &World) -> Vec<OpenCall> {
    let program = world.open(Tripwire::none()).await;
    let pipeline = program.engine.pipeline(&PipelineName::new(PIPELINE));
    let realm = pipeline.unwrap().books.realm.clone();
    let open = program.store.open_calls(&realm).await.unwrap();
    program.store.close().await;
    open
}

/// How many sales receipts are in calls without an outcome.
async fn receipts_open(world: &World) -> usize {
    let open = open_calls(world).await;
    let members = open.iter().flat_map(OpenCall::members_left);
    members
        .filter(|member| member.kind == PostingKind::SalesReceipt)
        .count()
}

async fn held(world: &World) -> usize {
    let program = world.open(Tripwire::none()).await;
    let filter = PostingFilter {
        state: Some(PostingState::Held),
        ..PostingFilter::default()
    };
    let page = program.store.postings_page(&filter).await.unwrap();
    program.store.close().await;
    page.postings.len()
}

/// The only run.
async fn the_run(world: &World) -> Run {
    let program = world.open(Tripwire::none()).await;
    let mut runs = program.store.runs(&RunFilter::default()).await.unwrap();
    program.store.close().await;
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

async fn counts_of_orders(world: &World) -> Counts {
    let run = the_run(world).await;
    let orders = run
        .syncs
        .iter()
        .find(|sync| sync.stream == StreamName::Orders);
    orders.unwrap().counts
}

fn refuse(world: &World, order: usize) {
    let number = world.shop().orders()[order].number.clone();
    let fault = Fault::business("Something is wrong with this one");
    world
        .books()
        .plan(When::DocNumber(number), Effect::Refuse(fault));
}

#[tokio::test]
async fn what_a_call_left_open_held_counts_in_the_run_that_goes_on() {
    let setup = async || only_orders(1, |_| {}).await;
    let world = killed(setup, Point::Begun, async |world| {
        receipts_open(world).await == 1
    })
    .await;
    refuse(&world, 0);
    let run = go_on(&world).await.unwrap();
    assert_eq!(held(&world).await, 1);
    assert_eq!(run.status, SyncStatus::Partial, "{run:?}");
    let counts = counts_of_orders(&world).await;
    assert_eq!((counts.created, counts.held), (0, 1));
}

#[tokio::test]
async fn what_was_held_just_before_the_end_of_the_process_counts_in_the_run_that_goes_on() {
    let setup = async || {
        let world = only_orders(1, |_| {}).await;
        refuse(&world, 0);
        world
    };
    let world = killed(setup, Point::Finished, async |world| held(world).await == 1).await;
    let run = go_on(&world).await.unwrap();
    assert_eq!(run.status, SyncStatus::Partial, "{run:?}");
    let counts = counts_of_orders(&world).await;
    assert_eq!((counts.created, counts.held), (0, 1));
}

#[tokio::test]
async fn what_a_call_left_open_did_not_do_is_sent_by_the_run_that_goes_on() {
    let setup = async || only_orders(4, |_| {}).await;
    let world = killed(setup, Point::Begun, async |world| {
        receipts_open(world).await >= 2
    })
    .await;
    let open = open_calls(&world).await;
    let receipt = open.iter().flat_map(OpenCall::members_left).next().unwrap();
    let number = receipt.expected.doc_number.clone().unwrap();
    // passes by itself, and nothing was done
    let locked = Fault::validation(
        140,
        "Company locked",
        "The company is locked for a while",
        "",
    );
    let once = When::DocNumber(number);
    world.books().plan_times(once, Effect::Refuse(locked), 1);
    go_on(&world).await.unwrap();
    assert_eq!(world.books().documents_of(Kind::SalesReceipt).len(), 4);
    check_invariants(&world).await;
}

#[tokio::test]
async fn an_order_whose_call_has_other_members_open_is_changed_all_the_same() {
    let setup = async || {
        let world = only_orders(4, |quirks| {
            quirks.number_check = NumberCheck::PerType;
            quirks.duplicates_accepted_when_numbered_automatically = false;
        })
        .await;
        let number = world.shop().orders()[3].number.clone();
        somebody_elses_receipt(&world, &number);
        world
    };
    let half_open = async |world: &World| {
        let open = open_calls(world).await;
        open.iter()
            .any(|open| !open.open.is_empty() && open.open.len() < open.call.members.len())
    };
    let world = killed(setup, Point::Finished, half_open).await;
    let open = open_calls(&world).await;
    let call = &open[0];
    let done = call
        .call
        .members
        .iter()
        .find(|member| !call.open.contains(&member.slot))
        .unwrap();
    let number = done.expected.doc_number.clone().unwrap();
    let orders = world.shop().orders();
    let order = orders.iter().find(|order| order.number == number).unwrap();
    world.an_hour_ago(|shop| shop.set_note(order.id, "please ring twice").unwrap());

    let going_on = tokio::time::timeout(Duration::from_secs(100), go_on(&world)).await;
    going_on.expect("nothing waits for what has its outcome");
    world.run().await;
    let documents = world.books().documents_numbered(&number);
    let receipt = world
        .books()
        .object(Kind::SalesReceipt, &documents[0].id)
        .unwrap();
    assert_eq!(receipt["SyncToken"], "1", "made, then changed: {receipt}");
}

fn somebody_elses_receipt(world: &World, number: &str) {
    let books = world.books();
    let income = books.id_named(Kind::Account, "Sales of Product Income");
    let item = serde_json::json!({
        "Name": "By hand", "Type": "Service", "IncomeAccountRef": { "value": income.unwrap() },
    });
    let item = books.add(Kind::Item, item).unwrap();
    let line = serde_json::json!({
        "DetailType": "SalesItemLineDetail", "Amount": 12,
        "SalesItemLineDetail": { "ItemRef": { "value": item } },
    });
    let receipt = serde_json::json!({ "DocNumber": number, "Line": [line] });
    books.add(Kind::SalesReceipt, receipt).unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_a_malformed_order_is_not_forgotten_with_its_process() {
    let setup = async || {
        let world = only_orders(3, |_| {}).await;
        let malformed = sandbox::store::Fault::Malformed(Malformation::NullTotal);
        world.shop().plan_fault(Matcher::path("/orders"), malformed);
        world
    };
    let world = killed(setup, Point::Journaled, async |world| {
        counts_of_orders(world).await.failed == 1
    })
    .await;
    let run = go_on(&world).await.unwrap();
    assert_eq!(run.status, SyncStatus::Partial, "{run:?}");
    let run = the_run(&world).await;
    let causes: Vec<&str> = run.syncs[0]
        .errors
        .iter()
        .map(|error| error.cause.as_str())
        .collect();
    assert_eq!(causes, ["malformed_record"]);
}

#[tokio::test]
async fn a_run_whose_process_ended_before_it_could_say_so_is_called_what_it_came_to() {
    let world = shop_with(2, |setup| setup).await;
    world.run().await;
    let run = the_run(&world).await;
    let program = world.open(Tripwire::none()).await;
    // as it was just before the run's end was written
    let reopened = program.store.reopen_batch(&run.batch.id, "a dead process");
    assert!(reopened.await.unwrap());
    program.store.close().await;

    assert!(go_on(&world).await.is_none(), "there is nothing left to do");
    let run = the_run(&world).await.batch;
    assert_eq!(run.status, SyncStatus::Completed);
    assert!(run.completed_at.is_some());
}

#[tokio::test]
async fn a_run_whose_process_ended_while_it_began_reads_all_its_streams() {
    let world = shop_with(2, |setup| setup).await;
    let program = world.open(Tripwire::none()).await;
    let pipeline = program.engine.pipeline(&PipelineName::new(PIPELINE));
    let pipeline = pipeline.unwrap().clone();
    let new = NewBatch {
        tenant: pipeline.tenant.clone(),
        pipeline: pipeline.name.clone(),
        trigger: Trigger::Command,
        options: RunOptions::default(),
        source: pipeline.route.source.clone(),
        target: pipeline.target_name.clone(),
        owner: "a dead process".to_owned(),
    };
    let batch = program.store.begin_batch(&new).await.unwrap();
    let first = NewSync {
        batch,
        stream: StreamName::Customers,
        mode: daybook::domain::SyncMode::Incremental,
        dry_run: false,
        checkpoint: None,
    };
    program.store.begin_sync(&first).await.unwrap();
    program.store.close().await;

    let run = go_on(&world).await.unwrap();
    assert_eq!(run.status, SyncStatus::Completed, "{run:?}");
    assert_eq!(the_run(&world).await.syncs.len(), 4);
    assert_eq!(world.books().documents_of(Kind::SalesReceipt).len(), 2);
    check_invariants(&world).await;
}
