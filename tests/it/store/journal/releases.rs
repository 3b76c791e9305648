//! What was held and is tried again.

use daybook::domain::{PipelineName, Wish};
use daybook::store::{Release, ReplanFilter, Settlement};
use kit::StreamName;

use super::release;
use crate::store::world::{
    World, hold, journal, look, posted, receipt, route, sale, sale_key, send, wished,
};

crate::store::on_both![
    held_records_are_planned_again,
    a_release_is_noted_and_only_of_what_waits,
    attempts_count_from_the_beginning_for_each_thing_that_is_sent,
];

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
