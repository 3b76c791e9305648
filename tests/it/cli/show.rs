//! `daybook show order NUMBER`: the whole story in plain words, and for machines.

use sandbox::company::{Effect, Fault, When};
use sandbox::store::{Gateway, RefundRequest};

use super::shell::Shell;
use crate::support::{clearing, plain_store};

#[tokio::test]
async fn an_order_tells_what_the_store_said_what_was_sent_and_what_the_books_answered() {
    let shell = Shell::with_plain_orders(2).await;
    assert_eq!(shell.run(&["sync"]).await.code, 0);
    let order = shell.world.shop().orders()[0].clone();
    let document = shell.world.books().documents()[0].clone();
    let said = shell.run(&["show", "order", &order.number]).await;
    let total = format!("{:.2}", order.total);
    said.tells(
        0,
        &[
            &format!("Order {} of `store`: {total} USD", order.number),
            "status processing",
            " paid",
            "1 × ",
            &format!("✓ sales receipt, {total} USD, in the books"),
            &format!("planned: sales receipt {} dated ", order.number),
            "customer Guest Number 0: posted (id ",
            " sent, request ",
            &format!(": in the books, id {}, total {total}", document.id),
            &format!(
                "https://app.sandbox.qbo.intuit.com/app/salesreceipt?txnId={}",
                document.id
            ),
        ],
    );
    assert!(!said.out.contains("retry"), "{said:#?}");

    let number = format!("#{}", order.number);
    let said = shell.run(&["show", "order", &number, "--json"]).await;
    let story = said.json()["orders"][0].clone();
    assert_eq!(
        (&story["number"], &story["source"], &story["pipeline"]),
        (
            &order.number.into(),
            &"store".into(),
            &"store-to-books".into()
        )
    );
    assert_eq!(story["record"]["id"], order.id);
    let receipt = &story["postings"][0];
    assert_eq!(
        (&receipt["kind"], &receipt["state"]),
        (&"sales_receipt".into(), &"posted".into())
    );
    assert_eq!(receipt["books"]["target_id"], document.id);
    assert!(receipt["document"]["Line"].is_array());
    let call = &receipt["calls"][0];
    assert_eq!(call["outcome"], "posted");
    assert!(call["request_id"].is_string() && call["answered_at"].is_string());
}

#[tokio::test]
async fn a_held_order_says_why_what_to_do_and_what_people_did() {
    let shell = Shell::with_plain_orders(2).await;
    let order = shell.world.shop().orders()[1].clone();
    let fault = Fault::business("Something is wrong with this one");
    let when = When::DocNumber(order.number.clone());
    shell.world.books().plan(when, Effect::Refuse(fault));
    assert_eq!(shell.run(&["sync"]).await.code, 3);
    let said = shell.run(&["show", "order", &order.number]).await;
    said.tells(
        0,
        &[
            "‖ sales receipt",
            ", held: QuickBooks refused it: ",
            "Something is wrong with this one",
            "(refused_by_quickbooks)",
            "→ read QuickBooks' own words",
            ": refused: ",
            "try again: daybook retry ",
        ],
    );
    let command = said
        .out
        .lines()
        .find_map(|line| line.split_once("daybook "));
    let arguments: Vec<&str> = command.unwrap().1.split(' ').collect();
    assert_eq!(shell.run(&arguments).await.code, 0);
    let said = shell.run(&["show", "order", &order.number]).await;
    said.tells(
        0,
        &["✓ sales receipt", "command line: retry", ": refused: "],
    );
}

#[tokio::test]
async fn refunds_are_part_of_the_story_of_their_order() {
    let shell = Shell::with_plain_orders(1).await;
    let order = shell.world.shop().orders()[0].clone();
    let mut refund = 0;
    shell.world.an_hour_ago(|shop| {
        let all = RefundRequest::amount_only(order.total).because("broken");
        refund = shop.refund(order.id, &all).unwrap();
    });
    assert_eq!(shell.run(&["sync"]).await.code, 0);
    let said = shell.run(&["show", "order", &order.number]).await;
    let headline = format!(
        "refund receipt of refund {refund}, -{:.2} USD, in the books",
        order.total
    );
    said.tells(
        0,
        &["sales receipt", &headline, "the store's reason: broken"],
    );
}

#[tokio::test]
async fn an_order_that_is_not_in_the_journal_is_said() {
    let shell = Shell::with_plain_orders(1).await;
    let said = shell.run(&["show", "order", "4711"]).await;
    said.complains(1, &["the journal has no order 4711", "daybook sync"]);
    let said = shell.run(&["show", "customer", "4711"]).await;
    said.complains(2, &["customer"]);
}

#[tokio::test]
async fn an_order_tells_in_which_days_expense_its_fee_is_and_that_has_a_story_of_its_own() {
    let shell = Shell::new(clearing(plain_store(), |contents| contents)).await;
    let order = shell.world.sell(72, 1, Gateway::Stripe);
    assert_eq!(shell.run(&["sync"]).await.code, 0);
    let (number, (day, total, _)) = shell.world.expenses().into_iter().next().unwrap();
    let said = shell.run(&["show", "order", &order.number]).await;
    said.tells(
        0,
        &[
            &format!(
                "fee of the gateway: {total} USD; counted in {number}, the fees of stripe on {day}, posted"
            ),
            &format!("daybook show order {number}"),
        ],
    );
    let json = shell
        .run(&["show", "order", &order.number, "--json"])
        .await
        .json();
    let fee = &json["orders"][0]["fee"];
    assert_eq!(
        (&fee["number"], &fee["counted"]),
        (&number.clone().into(), &true.into())
    );
    let said = shell.run(&["show", "order", &number]).await;
    said.tells(
        0,
        &[
            &format!("Fees {number} of `store`"),
            "✓ expense, in the books",
            &format!("planned: expense {number} dated {day} over {total}"),
        ],
    );
}
