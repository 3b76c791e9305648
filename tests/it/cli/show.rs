//! `daybook show order NUMBER`: the whole story in plain words, and for machines.

use jiff::civil::date;
use sandbox::company::{Document, Effect, Fault, Kind, When};
use sandbox::store::{Cart, Gateway, OrderTruth, RefundRequest, StoreHandle};

use super::shell::Shell;
use crate::support::{ana, clearing, plain_store};

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
                "https://app.sandbox.qbo.intuit.com/app/login?pagereq=salesreceipt%3FtxnId%3D{}",
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
            "→ Read QuickBooks' own words",
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

/// Something happens in the store so many hours ago, and is read; how the run ended.
async fn read(shell: &Shell, hours: i64, change: impl FnOnce(&StoreHandle)) -> i32 {
    shell.world.hours_ago(hours, change);
    shell.run(&["sync"]).await.code
}

/// The same, and all is well.
async fn happens(shell: &Shell, hours: i64, change: impl FnOnce(&StoreHandle)) {
    assert_eq!(read(shell, hours, change).await, 0);
}

/// A shell with one order in the books, and what that is.
async fn with_one(mapping: &str) -> (Shell, OrderTruth, Document) {
    let mut setup = plain_store();
    mapping.clone_into(&mut setup.mapping);
    let shell = Shell::new(setup).await;
    let cart = Cart::new().bill_to(ana()).line("MUG-001", 1);
    let mut id = 0;
    happens(&shell, 9, |shop| id = shop.place_paid_order(&cart).unwrap()).await;
    let order = shell.world.shop().order(id).unwrap();
    let document = shell.world.books().documents().remove(0);
    (shell, order, document)
}

#[tokio::test]
async fn an_invoice_that_was_edited_paid_and_cancelled_tells_all_of_it() {
    let shell = Shell::with_plain_orders(0).await;
    let cart = Cart::new()
        .gateway(Gateway::CashOnDelivery)
        .bill_to(ana())
        .line("MUG-001", 1);
    let mut id = 0;
    happens(&shell, 4, |shop| id = shop.place_order(&cart).unwrap()).await;
    let number = shell.world.shop().order(id).unwrap().number;
    let show = async || shell.run(&["show", "order", &number]).await;
    show().await.tells(0, &["not paid", "✓ invoice, "]);
    happens(&shell, 3, |shop| shop.set_quantity(id, 0, 3).unwrap()).await;
    happens(&shell, 2, |shop| shop.set_status(id, "completed").unwrap()).await;
    let total = shell.world.shop().order(id).unwrap().total;
    let paid = show().await;
    let invoice = format!("✓ invoice, {total:.2} USD, in the books");
    paid.tells(0, &["3 × ", &invoice, "✓ payment, in the books", " paid"]);
    let sent = paid.out.matches(" sent, request ").count();
    assert_eq!(sent, 3, "the invoice twice, the payment once: {paid:#?}");
    happens(&shell, 1, |shop| shop.set_status(id, "cancelled").unwrap()).await;
    let told = show().await;
    let invoice = format!("↶ invoice, {total:.2} USD, voided in the books");
    let words = [
        "status cancelled",
        &invoice,
        "↶ payment, voided in the books",
    ];
    told.tells(0, &words);
    // the payment goes first, and the version of the invoice rises by that
    assert_eq!(told.out.matches(" sent to be voided, request ").count(), 3);
    assert!(
        told.out
            .contains("only its version had risen; sent again with that")
    );
    assert_eq!(told.out.matches(": voided").count(), 2, "{told:#?}");
}

#[tokio::test]
async fn an_order_tells_the_stores_newest_word_also_of_what_it_was_once_booked_as() {
    let shell = Shell::with_plain_orders(0).await;
    let cart = Cart::new()
        .gateway(Gateway::CashOnDelivery)
        .bill_to(ana())
        .line("MUG-001", 1);
    let mut id = 0;
    happens(&shell, 5, |shop| id = shop.place_order(&cart).unwrap()).await;
    for (hours, status) in [(4, "completed"), (3, "cancelled"), (2, "processing")] {
        read(&shell, hours, |shop| shop.set_status(id, status).unwrap()).await;
        let number = shell.world.shop().order(id).unwrap().number;
        let said = shell.run(&["show", "order", &number]).await;
        said.tells(0, &[&format!("status {status}")]);
    }
}

#[tokio::test]
async fn what_was_deleted_in_the_books_is_not_told_of_as_if_it_was_there() {
    let (shell, order, document) = with_one("").await;
    let books = shell.world.books();
    books.delete(Kind::SalesReceipt, &document.id).unwrap();
    let edit = |shop: &StoreHandle| shop.set_quantity(order.id, 0, 3).unwrap();
    assert_eq!(read(&shell, 8, edit).await, 3);
    let show = async || shell.run(&["show", "order", &order.number]).await;
    let said = show().await;
    said.tells(0, &["(deleted_in_books)", "try again: daybook retry "]);
    for gone in ["  in the books: ", "txnId"] {
        assert!(!said.out.contains(gone), "{said:#?}");
    }
    // it is cancelled as well
    let cancel = |shop: &StoreHandle| shop.set_status(order.id, "cancelled").unwrap();
    happens(&shell, 7, cancel).await;
    let said = show().await;
    said.tells(0, &["left out: status cancelled"]);
    assert!(!said.out.contains("planned: "), "{said:#?}");
}

#[tokio::test]
async fn an_edit_that_is_ignored_tells_both_sums() {
    let (shell, order, document) =
        with_one("[pipelines.mapping.orders]\non_edit = \"ignore\"").await;
    happens(&shell, 8, |shop| shop.set_quantity(order.id, 0, 3).unwrap()).await;
    let said = shell.run(&["show", "order", &order.number]).await;
    let total = shell.world.shop().order(order.id).unwrap().total;
    let both = format!(
        "▲ sales receipt, {total:.2} USD in the store, in the books over {:.2}",
        document.total
    );
    said.tells(0, &[&both]);
}

#[tokio::test]
async fn what_a_retry_voids_is_not_told_of_as_if_it_was_planned() {
    let (shell, order, _) = with_one("").await;
    shell.world.books().close_books(Some(date(2099, 12, 31)));
    let cancel = |shop: &StoreHandle| shop.set_status(order.id, "cancelled").unwrap();
    assert_eq!(read(&shell, 8, cancel).await, 3);
    let said = shell.run(&["show", "order", &order.number]).await;
    said.tells(
        0,
        &[
            "(closed_period)",
            "→ Open the period",
            "void it: daybook retry ",
        ],
    );
    assert!(!said.out.contains("planned: "), "{said:#?}");
}

#[tokio::test]
async fn an_order_that_waits_for_its_customer_says_what_the_customer_waits_for() {
    let shell = Shell::with_plain_orders(0).await;
    for name in ["Ana Lee", "Ana Lee (ana@example.com)"] {
        shell.world.books().add_vendor(name).unwrap();
    }
    let cart = Cart::new().bill_to(ana()).line("MUG-001", 1);
    let mut id = 0;
    shell
        .world
        .an_hour_ago(|shop| id = shop.place_paid_order(&cart).unwrap());
    assert_eq!(shell.run(&["sync"]).await.code, 3);
    let number = shell.world.shop().order(id).unwrap().number;
    let said = shell.run(&["show", "order", &number]).await;
    let words = [
        "which is not in the books (waits_for_reference)",
        "customer Ana Lee: held: ",
        " (name_taken)\n  → Rename one of the two in QuickBooks",
        "try again: daybook retry ",
    ];
    said.tells(0, &words);
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
