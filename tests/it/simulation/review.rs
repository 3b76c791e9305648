//! `posting = "review"`: runs plan and post nothing; what is approved is posted, and just that.

use daybook::domain::{PipelineName, Trigger};
use daybook::engine::{Applied, Point, Tripwire};
use daybook::store::{Plan, PlanAction, Release};
use kit::PostingKind;
use rust_decimal::Decimal;
use sandbox::company::{Effect, Fault, Kind, When};
use sandbox::store::{RefundRequest, StoreHandle};

use crate::support::{World, check_invariants, plain_store};

/// A store with paid orders of one mug each, whose pipeline waits for approval.
async fn reviewed(orders: usize) -> World {
    reviewed_in(false, orders).await
}

async fn reviewed_in(real_time: bool, orders: usize) -> World {
    let mut setup = plain_store();
    setup.real_time = real_time;
    "posting = \"review\"".clone_into(&mut setup.mapping);
    let world = setup.start().await;
    world.sell_mugs(orders);
    world
}

async fn draw_up(world: &World) -> Option<Plan> {
    let program = world.open(Tripwire::none()).await;
    let name = PipelineName::new("store-to-books");
    let drawn = program
        .engine
        .draw_up_plan(&name, Trigger::Command)
        .await
        .unwrap();
    program.store.close().await;
    assert!(drawn.progress.trouble.is_none(), "{drawn:?}");
    drawn.plan
}

async fn apply(world: &World, plan: &Plan, trip: Tripwire) -> Applied {
    let program = world.open(trip).await;
    let applied = program
        .engine
        .apply_plan(plan, "test", Trigger::Command)
        .await
        .unwrap();
    program.store.close().await;
    applied
}

/// What a plan does with documents: action, number, amount.
fn documents(plan: &Plan) -> Vec<(PlanAction, String, Decimal)> {
    let entries = plan.entries.iter();
    let documents = entries.filter(|entry| !entry.kind.is_list_object());
    documents
        .map(|it| (it.action, it.number.clone(), it.amount.unwrap()))
        .collect()
}

fn receipts(world: &World) -> usize {
    world.books().documents_of(Kind::SalesReceipt).len()
}

fn written(world: &World) -> u64 {
    let counts = world.books().counts();
    counts.writes + counts.batch_items
}

#[tokio::test]
async fn a_run_plans_and_posts_nothing_and_an_approved_plan_is_posted_as_it_is() {
    let world = reviewed(4).await;
    world.run().await;
    world.run().await;
    assert_eq!(written(&world), 0, "nothing was approved");
    let plan = draw_up(&world).await.unwrap();
    let orders = world.shop().orders();
    let wanted: Vec<_> = orders
        .iter()
        .map(|order| (PlanAction::Make, order.number.clone(), order.total))
        .collect();
    assert_eq!(documents(&plan), wanted);
    let guests = |entry: &&daybook::store::PlanEntry| entry.kind == PostingKind::Customer;
    assert!(plan.entries.iter().filter(guests).count() >= 4);
    let again = draw_up(&world).await.unwrap();
    assert_eq!(again.id, plan.id, "the same content is the same plan");
    assert_eq!(written(&world), 0);

    let applied = apply(&world, &plan, Tripwire::none()).await;
    assert!(matches!(applied, Applied::Done(_)), "{applied:?}");
    assert_eq!(receipts(&world), 4);
    check_invariants(&world).await;
    let before = written(&world);
    let applied = apply(&world, &plan, Tripwire::none()).await;
    assert!(matches!(applied, Applied::Done(_)), "{applied:?}");
    assert_eq!(written(&world), before, "applied twice, posted once");
    assert_eq!(draw_up(&world).await, None);
}

#[tokio::test]
async fn a_plan_whose_order_changed_in_the_store_is_refused_and_says_what_changed() {
    let world = reviewed(4).await;
    let plan = draw_up(&world).await.unwrap();
    let orders = world.shop().orders();
    world.an_hour_ago(|shop| {
        shop.set_quantity(orders[1].id, 0, 3).unwrap();
        shop.set_status(orders[2].id, "cancelled").unwrap();
    });
    let Applied::Changed(changes) = apply(&world, &plan, Tripwire::none()).await else {
        panic!("it was applied")
    };
    let said: Vec<(String, String)> = changes
        .into_iter()
        .map(|change| (change.planned.number, change.now))
        .collect();
    let total = world.shop().order(orders[1].id).unwrap().total;
    assert_eq!(
        said,
        [
            (
                orders[1].number.clone(),
                format!("amounts to {total:.2} USD now")
            ),
            (
                orders[2].number.clone(),
                "is left out now: status cancelled".to_owned()
            ),
        ]
    );
    assert_eq!(written(&world), 0);
    world.run().await;
    assert_eq!(written(&world), 0, "a refused plan approves nothing");
    let plan = draw_up(&world).await.unwrap();
    assert_eq!(documents(&plan).len(), 3);
    apply(&world, &plan, Tripwire::none()).await;
    assert_eq!(receipts(&world), 3);
    check_invariants(&world).await;
}

/// On a clock on which nothing settles by itself and the bin is not looked into again.
#[tokio::test]
async fn a_plan_is_held_against_the_store_of_this_moment() {
    type Change = fn(&StoreHandle, u64);
    let moments: [(Change, &str); 3] = [
        (
            |shop, id| shop.trash(id).unwrap(),
            "is left out now: status trash",
        ),
        (
            |shop, id| shop.delete_for_good(id).unwrap(),
            "is left out now: deleted for good in the store",
        ),
        (
            |shop, id| shop.set_quantity(id, 0, 3).unwrap(),
            "amounts to 60.43 USD now",
        ),
    ];
    for (change, says) in moments {
        let world = reviewed_in(true, 2).await;
        let plan = draw_up(&world).await.unwrap();
        let order = world.shop().orders()[0].clone();
        change(&world.shop(), order.id);
        let applied = apply(&world, &plan, Tripwire::none()).await;
        let Applied::Changed(changes) = applied else {
            panic!("{says}: {applied:?}")
        };
        let said: Vec<_> = changes
            .iter()
            .map(|it| (it.planned.number.as_str(), it.now.as_str()))
            .collect();
        assert_eq!(said, [(order.number.as_str(), says)]);
        assert_eq!(written(&world), 0, "{says}");
        let next = draw_up(&world).await.unwrap();
        let applied = apply(&world, &next, Tripwire::none()).await;
        assert!(matches!(applied, Applied::Done(_)), "{says}: {applied:?}");
    }
}

#[tokio::test]
async fn a_refund_of_a_plan_that_was_deleted_meanwhile_is_refused() {
    let world = reviewed_in(true, 2).await;
    let order = world.shop().orders()[0].clone();
    let mut refund = 0;
    world.an_hour_ago(|shop| {
        refund = shop
            .refund(order.id, &RefundRequest::amount_only(order.total))
            .unwrap();
    });
    let plan = draw_up(&world).await.unwrap();
    world.shop().delete_refund(order.id, refund).unwrap();
    let applied = apply(&world, &plan, Tripwire::none()).await;
    let Applied::Changed(changes) = applied else {
        panic!("{applied:?}")
    };
    let of_refund = changes
        .iter()
        .find(|it| it.planned.kind == PostingKind::RefundReceipt);
    assert_eq!(
        of_refund.map(|it| it.now.as_str()),
        Some("is left out now: it was deleted in the store")
    );
    assert_eq!(written(&world), 0);
}

#[tokio::test]
async fn a_change_that_comes_to_what_was_once_made_is_a_change() {
    let world = reviewed(1).await;
    let first = draw_up(&world).await.unwrap();
    apply(&world, &first, Tripwire::none()).await;
    let order = world.shop().orders()[0].clone();
    world.an_hour_ago(|shop| shop.set_quantity(order.id, 0, 2).unwrap());
    let second = draw_up(&world).await.unwrap();
    apply(&world, &second, Tripwire::none()).await;
    world.an_hour_ago(|shop| shop.set_quantity(order.id, 0, 1).unwrap());
    let third = draw_up(&world).await.unwrap();
    assert_ne!(third.id, first.id);
    assert_eq!(
        documents(&third),
        [(PlanAction::Change, order.number, order.total)]
    );
}

#[tokio::test]
async fn what_came_after_a_plan_waits_for_the_next_one() {
    let world = reviewed(2).await;
    let plan = draw_up(&world).await.unwrap();
    world.sell_mugs(1);
    let applied = apply(&world, &plan, Tripwire::none()).await;
    assert!(matches!(applied, Applied::Done(_)), "{applied:?}");
    assert_eq!(receipts(&world), 2);
    world.run().await;
    assert_eq!(receipts(&world), 2);
    let next = draw_up(&world).await.unwrap();
    assert_eq!(documents(&next).len(), 1);
    apply(&world, &next, Tripwire::none()).await;
    assert_eq!(receipts(&world), 3);
    check_invariants(&world).await;
}

#[tokio::test]
async fn changes_voids_and_refunds_wait_for_approval_too() {
    let world = reviewed(4).await;
    let plan = draw_up(&world).await.unwrap();
    apply(&world, &plan, Tripwire::none()).await;
    let orders = world.shop().orders();
    let before = world.books().documents();
    world.an_hour_ago(|shop| {
        shop.set_quantity(orders[0].id, 0, 2).unwrap();
        shop.set_status(orders[1].id, "cancelled").unwrap();
        let all = RefundRequest::amount_only(orders[2].total);
        shop.refund(orders[2].id, &all).unwrap();
    });
    world.run().await;
    assert_eq!(world.books().documents(), before);
    let plan = draw_up(&world).await.unwrap();
    let edited = world.shop().order(orders[0].id).unwrap().total;
    let does = |entry: &(PlanAction, String, Decimal)| (entry.0, entry.2);
    let mut actions: Vec<_> = documents(&plan).iter().map(does).collect();
    actions.sort();
    assert_eq!(
        actions,
        [
            (PlanAction::Make, -orders[2].total),
            // the refunded order's note changed with its status
            (PlanAction::Change, edited),
            (PlanAction::Void, orders[1].total),
        ]
    );
    apply(&world, &plan, Tripwire::none()).await;
    check_invariants(&world).await;
    assert_eq!(world.books().documents_of(Kind::RefundReceipt).len(), 1);
    let voided = world
        .books()
        .documents()
        .iter()
        .filter(|it| it.voided)
        .count();
    assert_eq!(voided, 1);
}

#[tokio::test]
async fn an_order_and_its_refund_of_one_plan_are_posted_in_their_order() {
    let world = reviewed(3).await;
    let orders = world.shop().orders();
    world.an_hour_ago(|shop| {
        let all = RefundRequest::amount_only(orders[0].total);
        shop.refund(orders[0].id, &all).unwrap();
    });
    let plan = draw_up(&world).await.unwrap();
    assert_eq!(documents(&plan).len(), 4);
    let applied = apply(&world, &plan, Tripwire::none()).await;
    assert!(matches!(applied, Applied::Done(_)), "{applied:?}");
    assert_eq!(world.books().documents().len(), 4);
    check_invariants(&world).await;
}

#[tokio::test]
async fn a_crash_at_any_point_of_applying_ends_in_exactly_the_plan() {
    for point in Point::ALL {
        for nth in [1, 3] {
            let world = reviewed(3).await;
            let plan = draw_up(&world).await.unwrap();
            world.sell_mugs(1);
            apply(&world, &plan, Tripwire::at_passing(point, nth)).await;
            world.run().await;
            let at = receipts(&world);
            assert!(at == 0 || at == 3, "{point:?} {nth}: {at} of 3");
            if at == 0 {
                // it ended before anything was approved
                apply(&world, &plan, Tripwire::none()).await;
                assert_eq!(receipts(&world), 3, "{point:?} {nth}");
            }
            let rest = draw_up(&world).await.unwrap();
            assert_eq!(documents(&rest).len(), 1, "{point:?} {nth}");
            apply(&world, &rest, Tripwire::none()).await;
            check_invariants(&world).await;
        }
    }
}

#[tokio::test]
async fn what_is_released_is_sent_as_approved_and_what_is_edited_waits_again() {
    let world = reviewed(2).await;
    let plan = draw_up(&world).await.unwrap();
    let refused = plan.entries.last().unwrap().clone();
    let fault = Fault::business("Something is wrong with this one");
    let when = When::DocNumber(refused.number.clone());
    world.books().plan(when, Effect::Refuse(fault));
    apply(&world, &plan, Tripwire::none()).await;
    assert_eq!(receipts(&world), 1);
    let program = world.open(Tripwire::none()).await;
    let which = Release::Ids(vec![refused.id.clone()]);
    let released = program.store.release_held(&which, None, "test").await;
    assert_eq!(released.unwrap(), [refused.id]);
    program.store.close().await;
    world.an_hour_ago(|shop| {
        let order = refused.source_id.parse().unwrap();
        shop.set_quantity(order, 0, 2).unwrap();
    });
    world.run().await;
    let sent = world.books().documents_numbered(&refused.number);
    assert_eq!(sent[0].total, refused.amount.unwrap(), "as approved");
    let next = draw_up(&world).await.unwrap();
    let edited = refused.amount.unwrap() * Decimal::TWO;
    assert_eq!(
        documents(&next),
        [(PlanAction::Change, refused.number, edited)]
    );
}
