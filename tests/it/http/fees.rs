//! What the pages tell of fees: in which day's expense the fee of an order is, and what of them waits.

use axum::http::{Method, StatusCode};
use daybook::http::Access;
use sandbox::company::{Effect, Fault, When};
use sandbox::store::Gateway;

use super::api::Api;
use crate::support::{World, clearing, plain_store};

const HTML: [(&str, &str); 1] = [("accept", "text/html,application/xhtml+xml")];

async fn shop() -> World {
    clearing(plain_store(), |contents| contents).start().await
}

async fn page(api: &Api, path: &str) -> String {
    let answer = api.ask(Method::GET, path, &HTML, "").await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    answer.body
}

async fn synced(world: World) -> Api {
    let api = Api::of(world, Access::default()).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    api
}

#[tokio::test]
async fn an_order_names_the_expense_of_its_day_which_has_a_page_of_its_own() {
    let world = shop().await;
    let order = world.sell(72, 1, Gateway::Stripe);
    let of_today = world.sell(0, 1, Gateway::Stripe);
    world.hours_ago(1, |shop| shop.touch(of_today.id).unwrap());
    let api = synced(world).await;
    let number = api.world.expenses().into_keys().next().unwrap();
    let told = page(&api, &format!("/orders/{}", order.number)).await;
    assert!(
        told.contains(&format!("counted in {number}, the fees of stripe on")),
        "{told}"
    );
    assert!(
        told.contains(&format!("href=\"/orders/{number}\"")),
        "{told}"
    );
    let waits = page(&api, &format!("/orders/{}", of_today.number)).await;
    assert!(
        waits.contains("to be counted in the fees of stripe on"),
        "{waits}"
    );
    let day = page(&api, &format!("/orders/{number}")).await;
    assert!(day.contains(&format!("<h1>Fees {number}")), "{day}");
    assert!(
        day.contains("/orders?gateway=stripe&amp;from="),
        "its orders: {day}"
    );
}

#[tokio::test]
async fn an_expense_that_is_held_is_among_what_waits_with_its_reason_and_a_way_to_it() {
    let world = shop().await;
    world.sell(72, 1, Gateway::Stripe);
    let expense = When::matching(|request| request.body.contains("FEE-stripe-"));
    let refusal = Fault::business("Something is wrong with this one");
    world.books().plan(expense, Effect::Refuse(refusal));
    let api = synced(world).await;
    assert_eq!(api.world.expenses().len(), 0);
    let held = page(&api, "/held").await;
    assert!(held.contains("1 entry"), "{held}");
    let list = "/orders?state=unsynced&cause=refused_by_quickbooks";
    assert!(held.contains(&list.replace('&', "&amp;")), "{held}");
    let listed = page(&api, list).await;
    let number = listed.split("href=\"/orders/FEE-stripe-").nth(1).unwrap();
    let number = number.split('"').next().unwrap();
    let day = page(&api, &format!("/orders/FEE-stripe-{number}")).await;
    assert!(day.contains("Something is wrong with this one"), "{day}");
    assert!(day.contains("No expense is made in QuickBooks"), "{day}");
    assert!(!day.contains("what needs it"), "nothing does: {day}");
}
