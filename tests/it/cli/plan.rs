//! `daybook plan` and `daybook apply`: seen before it is posted.

use sandbox::store::{Fault, Matcher};

use super::shell::Shell;
use crate::support::{check_invariants, plain_store};

async fn reviewed(orders: usize) -> Shell {
    let mut setup = plain_store();
    "posting = \"review\"".clone_into(&mut setup.mapping);
    let shell = Shell::new(setup).await;
    shell.world.sell_mugs(orders);
    shell
}

#[tokio::test]
async fn a_plan_is_printed_document_by_document_and_posted_as_printed() {
    let shell = reviewed(3).await;
    let said = shell.run(&["sync"]).await;
    said.complains(0, &["waits for approval", "`daybook plan`"]);
    assert_eq!(shell.documents(), 0);
    let said = shell.run(&["plan"]).await;
    let orders = shell.world.shop().orders();
    for order in &orders {
        let row = said.out.lines().find(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.first() == Some(&"make") && words.contains(&order.number.as_str())
        });
        let row = row.unwrap_or_else(|| panic!("{} is missing: {said:#?}", order.number));
        assert!(row.contains(&format!("{:.2}  USD", order.total)), "{row}");
    }
    said.tells(
        0,
        &["in all  what           count  amount", "make    customer "],
    );
    assert!(
        said.out
            .contains("make    sales receipt      3   60.42  USD"),
        "{said:#?}"
    );
    let (_, command) = said.out.split_once("post exactly this: daybook ").unwrap();
    let arguments: Vec<&str> = command.trim().split(' ').collect();
    let said = shell.run(&arguments).await;
    said.tells(0, &["are in the books as planned"]);
    assert_eq!(shell.documents(), 3);
    let said = shell.run(&["plan"]).await;
    said.tells(0, &["`store-to-books` has nothing to post"]);
    check_invariants(&shell.world).await;
}

#[tokio::test]
async fn a_plan_that_is_out_of_date_is_refused_with_1_and_says_what_changed() {
    let shell = reviewed(2).await;
    let report = shell.run(&["plan", "--json"]).await.json();
    let plan = report["plan_id"].as_str().unwrap().to_owned();
    assert_eq!(report["totals"][0]["action"], "make");
    let order = shell.world.shop().orders()[0].clone();
    shell.world.an_hour_ago(|shop| {
        shop.set_quantity(order.id, 0, 2).unwrap();
    });
    let said = shell.run(&["apply", &plan]).await;
    let change = format!(
        "make sales receipt {} over {:.2} USD: amounts to",
        order.number, order.total
    );
    said.complains(
        1,
        &["out of date", &change, "nothing was posted", "daybook plan"],
    );
    assert_eq!(shell.documents(), 0);
    let said = shell.run(&["apply", &plan, "--json"]).await;
    assert_eq!((said.code, &said.json()["status"]), (1, &"changed".into()));
}

#[tokio::test]
async fn without_review_there_is_nothing_to_approve() {
    let shell = Shell::with_plain_orders(1).await;
    let said = shell.run(&["plan"]).await;
    said.complains(2, &["posts by itself", "posting = \"review\""]);
    let said = reviewed(1).await.run(&["apply", "nope"]).await;
    said.complains(1, &["there is no plan nope", "`daybook plan`"]);
}

#[tokio::test]
async fn what_is_held_has_its_total() {
    let shell = reviewed(1).await;
    let order = shell.world.shop().orders()[0].clone();
    shell.world.an_hour_ago(|shop| {
        shop.set_status(order.id, "packed").unwrap();
    });
    let said = shell.run(&["plan"]).await;
    let total = format!("held in all: 1 over {:.2} USD", order.total);
    said.tells(0, &[&total]);
    let report = shell.run(&["plan", "--json"]).await.json();
    let total = serde_json::json!({
        "currency": "USD", "count": 1, "amount": format!("{:.2}", order.total),
    });
    assert_eq!(report["held_totals"], serde_json::json!([total]));
}

#[tokio::test]
async fn a_plan_whose_run_failed_says_so_in_json_too() {
    let shell = reviewed(1).await;
    shell
        .world
        .shop()
        .plan_fault(Matcher::path("/orders").always(), Fault::KeyRevoked);
    let said = shell.run(&["plan", "--json"]).await;
    assert_ne!(said.code, 0, "{said:#?}");
    let report = said.json();
    assert!(report["plan_id"].is_null());
    assert!(!report["error"].as_str().unwrap().is_empty(), "{report}");
}
