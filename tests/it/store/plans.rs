//! Plans for approval.

use daybook::domain::{IfPosted, PostingState, Wish};
use daybook::store::{Approval, PlanAction, Settlement};

use super::world::{
    World, cancelled, document, draft, hold, journal, look, posted, receipt, route, sale, sale_key,
    sale_of, send, usd, wished,
};

super::on_both![
    a_plan_names_what_is_queued_and_what_is_done_with_it,
    what_only_follows_a_sale_has_the_currency_of_its_document,
    a_plan_that_was_approved_is_not_drawn_up_again,
    an_approval_is_of_just_what_was_planned,
    an_approval_of_something_else_approves_nothing,
    what_was_sent_as_planned_is_as_planned,
    of_the_plans_that_nobody_approved_the_newest_are_kept,
];

async fn a_plan_names_what_is_queued_and_what_is_done_with_it(world: World) {
    let store = world.open().await;
    assert_eq!(store.draw_up_plan(&route()).await.unwrap(), None);
    posted(&store, "1", "a", "771").await;
    posted(&store, "2", "a", "772").await;
    journal(&store, &[sale("1", "b"), sale("3", "a")]).await;
    journal(&store, &[wished("2", "x", cancelled(IfPosted::Void))]).await;
    journal(&store, &[wished("4", "a", Wish::Hold(hold("tax_off")))]).await;
    let plan = store.draw_up_plan(&route()).await.unwrap().unwrap();
    let mut does: Vec<_> = plan
        .entries
        .iter()
        .map(|entry| (entry.source_id.as_str(), entry.action))
        .collect();
    does.sort_unstable();
    assert_eq!(
        does,
        [
            ("1", PlanAction::Change),
            ("2", PlanAction::Void),
            ("3", PlanAction::Make)
        ]
    );
    assert_eq!(plan.entries[0].money(), Some(usd("58.20")));
    let kept = store.plan(&plan.id).await.unwrap().unwrap();
    assert_eq!(kept, plan);
    let again = store.draw_up_plan(&route()).await.unwrap().unwrap();
    assert_eq!(again.id, plan.id);
    let latest = store.latest_plan(&route().pipeline).await.unwrap().unwrap();
    assert_eq!(latest.id, plan.id);
    assert_eq!(store.plan("nope").await.unwrap(), None);
}

async fn what_only_follows_a_sale_has_the_currency_of_its_document(world: World) {
    let store = world.open().await;
    let mut wanted = document("payment", &[]);
    wanted.expected.currency = Some("EUR".parse().unwrap());
    let mut payment = draft(sale_key("1"), Wish::Post(wanted));
    payment.store_amount = None;
    journal(&store, &[sale_of("1", "a", vec![payment])]).await;
    let plan = store.draw_up_plan(&route()).await.unwrap().unwrap();
    let money = plan.entries[0].money().map(|money| money.to_string());
    assert_eq!(money.as_deref(), Some("58.20 EUR"));
}

async fn a_plan_that_was_approved_is_not_drawn_up_again(world: World) {
    let store = world.open().await;
    let ids = journal(&store, &[sale("1", "a")]).await.to_post;
    let first = store.draw_up_plan(&route()).await.unwrap().unwrap();
    let _ = store.approve_plan(&first, "page").await.unwrap();
    send(&store, "one", &ids, &Settlement::Posted(receipt("771"))).await;
    journal(&store, &[sale("1", "b")]).await;
    let second = store.draw_up_plan(&route()).await.unwrap().unwrap();
    assert_eq!(second.entries[0].action, PlanAction::Change);
    let again = store.draw_up_plan(&route()).await.unwrap().unwrap();
    assert_eq!(again.id, second.id);
    // the very document that was once made, now a change of the one in the books
    let _ = store.approve_plan(&second, "page").await.unwrap();
    send(&store, "two", &ids, &Settlement::Posted(receipt("771"))).await;
    journal(&store, &[sale("1", "a")]).await;
    let third = store.draw_up_plan(&route()).await.unwrap().unwrap();
    assert_ne!(third.id, first.id);
    assert_eq!(third.entries[0].action, PlanAction::Change);
}

async fn an_approval_is_of_just_what_was_planned(world: World) {
    let store = world.open().await;
    let first = journal(&store, &[sale("1", "a")]).await.to_post;
    let now = || kit::Clock::now(&*world.clock);
    let may_go = async || store.queued(&route(), 10, now(), true).await.unwrap();
    assert!(may_go().await.is_empty(), "nothing was approved");
    let plan = store.draw_up_plan(&route()).await.unwrap().unwrap();
    journal(&store, &[sale("2", "a")]).await;
    let approval = store.approve_plan(&plan, "page").await.unwrap();
    assert_eq!(approval, Approval::Done);
    assert_eq!(may_go().await, first, "what came later is not part of it");
    assert!(look(&store, &sale_key("1")).await.posting.approved);
    let trail = store.audit_trail(Some(&plan.id), 10).await.unwrap();
    assert_eq!(
        (trail[0].actor.as_str(), trail[0].action.as_str()),
        ("page", "approve")
    );
    let approved = store.plan(&plan.id).await.unwrap().unwrap();
    assert!(approved.approved_at.is_some());
    // another wish is not what was approved
    journal(&store, &[sale("1", "b")]).await;
    assert!(may_go().await.is_empty());
    assert_eq!(
        store
            .queued(&route(), 10, now(), false)
            .await
            .unwrap()
            .len(),
        2
    );
}

async fn an_approval_of_something_else_approves_nothing(world: World) {
    let store = world.open().await;
    journal(&store, &[sale("1", "a"), sale("2", "a")]).await;
    let plan = store.draw_up_plan(&route()).await.unwrap().unwrap();
    journal(&store, &[wished("2", "b", Wish::Hold(hold("tax_off")))]).await;
    let approval = store.approve_plan(&plan, "page").await.unwrap();
    let Approval::Changed(changes) = approval else {
        panic!("{approval:?}")
    };
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].planned.source_id, "2");
    assert!(changes[0].now.contains("held for tax_off"), "{changes:?}");
    assert!(!look(&store, &sale_key("1")).await.posting.approved);
    assert!(store.audit_trail(None, 10).await.unwrap().is_empty());
}

async fn what_was_sent_as_planned_is_as_planned(world: World) {
    let store = world.open().await;
    let ids = journal(&store, &[sale("1", "a"), sale("2", "a")])
        .await
        .to_post;
    let plan = store.draw_up_plan(&route()).await.unwrap().unwrap();
    let _ = store.approve_plan(&plan, "page").await.unwrap();
    send(
        &store,
        "one",
        &ids[..1],
        &Settlement::Posted(receipt("771")),
    )
    .await;
    let approval = store.approve_plan(&plan, "page").await.unwrap();
    assert_eq!(approval, Approval::Done);
    assert_eq!(
        look(&store, &sale_key("1")).await.posting.state,
        PostingState::Posted
    );
    send(
        &store,
        "two",
        &ids[1..],
        &Settlement::Posted(receipt("772")),
    )
    .await;
    assert_eq!(store.draw_up_plan(&route()).await.unwrap(), None);
}

async fn of_the_plans_that_nobody_approved_the_newest_are_kept(world: World) {
    let store = world.open().await;
    journal(&store, &[sale("1", "a")]).await;
    let looked = store.look_at_plan(&route()).await.unwrap().unwrap();
    let latest = store.latest_plan(&route().pipeline).await.unwrap();
    assert_eq!(latest, None, "a look writes nothing down");
    let stamp = store.plan_stamp(&route()).await.unwrap();
    assert_eq!(store.plan_stamp(&route()).await.unwrap(), stamp);
    journal(&store, &[sale("1", "b")]).await;
    assert_ne!(store.plan_stamp(&route()).await.unwrap(), stamp);
    journal(&store, &[sale("1", "a")]).await;
    let approved = store.draw_up_plan(&route()).await.unwrap().unwrap();
    assert_eq!(approved.entries, looked.entries);
    let _ = store.approve_plan(&approved, "page").await.unwrap();
    let mut drawn = Vec::new();
    for number in 2..27 {
        journal(&store, &[sale(&number.to_string(), "a")]).await;
        drawn.push(store.draw_up_plan(&route()).await.unwrap().unwrap().id);
    }
    let mut kept = Vec::new();
    for id in &drawn {
        if store.plan(id).await.unwrap().is_some() {
            kept.push(id.clone());
        }
    }
    assert_eq!(kept, drawn[5..]);
    let again = store.look_at_plan(&route()).await.unwrap().unwrap();
    assert_eq!(Some(&again.id), drawn.last());
    assert!(store.plan(&approved.id).await.unwrap().is_some());
}
