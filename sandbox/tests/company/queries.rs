//! The query language over HTTP.

use daybook_sandbox::company::{Kind, Regime, TooManyResults};
use serde_json::json;

use crate::support::{World, answer};

#[tokio::test]
async fn pages_are_one_based_and_at_most_a_thousand_rows() {
    let world = World::new(Regime::UsAst).await;
    for number in 1..=120 {
        world
            .books
            .add_customer(&format!("Customer {number}"), "")
            .unwrap();
    }
    let page = world.query("select * from Customer").await.json();
    assert_eq!(page["QueryResponse"]["maxResults"], 100);
    let rest = world
        .query("select * from customer startposition 101 maxresults 1000")
        .await
        .json();
    assert_eq!(
        rest["QueryResponse"]["Customer"].as_array().unwrap().len(),
        20
    );
    assert_eq!(rest["QueryResponse"]["startPosition"], 101);
    let count = world.query("select count(*) from Customer").await.json();
    assert_eq!(count["QueryResponse"], json!({ "totalCount": 120 }));
    assert_eq!(
        world
            .query("select * from Customer maxresults 1001")
            .await
            .code(),
        "4001"
    );
    world
        .books
        .set_quirks(|quirks| quirks.too_many_results = TooManyResults::Clamped);
    assert_eq!(
        world
            .query("select * from Customer maxresults 1001")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn inactive_rows_are_hidden_unless_asked_for() {
    let world = World::new(Regime::UsAst).await;
    let ann = world.books.add_customer("Ann", "").unwrap();
    world.books.add_customer("Bea", "").unwrap();
    world.books.deactivate(Kind::Customer, &ann).unwrap();
    let visible = world.query("select count(*) from Customer").await.json();
    assert_eq!(visible["QueryResponse"]["totalCount"], 1);
    let all = world
        .query("select count(*) from Customer where Active IN (true, false)")
        .await;
    assert_eq!(all.json()["QueryResponse"]["totalCount"], 2);
    let gone = world
        .query("select DisplayName from Customer where Active = false")
        .await
        .json();
    assert_eq!(
        gone["QueryResponse"]["Customer"][0]["DisplayName"],
        "Ann (deleted)"
    );
}

#[tokio::test]
async fn documents_are_found_by_number_date_customer_and_total() {
    let world = World::new(Regime::UsAst).await;
    let customer = world.books.add_customer("Ann", "").unwrap();
    for (number, amount) in [("A-1", "10.00"), ("A-2", "20.00"), ("B-1", "30.00")] {
        let mut receipt = world.receipt(number, amount, "NON");
        receipt["CustomerRef"] = json!({ "value": customer });
        assert_eq!(world.post("salesreceipt", receipt).await.status, 200);
    }
    for (condition, rows) in [
        ("DocNumber = 'A-2'", 1),
        ("DocNumber in ('A-1', 'B-1', 'C-1')", 2),
        ("DocNumber LIKE 'A-%'", 2),
        ("TxnDate = '2026-11-21'", 3),
        ("TxnDate > '2026-11-21'", 0),
        ("TotalAmt >= 20", 2),
        ("TotalAmt = '30.0'", 1),
        ("CustomerRef = '1' and DocNumber = 'A-1'", 1),
        ("Metadata.LastUpdatedTime > '2026-11-21T17:00:00Z'", 3),
        ("MetaData.CreateTime > '2026-11-22'", 0),
        ("Id > '0'", 3),
    ] {
        let statement = format!("select count(*) from SalesReceipt where {condition}");
        let answer = world.query(&statement).await;
        assert_eq!(
            answer.json()["QueryResponse"]["totalCount"],
            rows,
            "{condition}: {}",
            answer.text
        );
    }
    let statement = "select Id, DocNumber from SalesReceipt orderby DocNumber desc maxresults 1";
    let row = world.query(statement).await.json()["QueryResponse"]["SalesReceipt"][0].clone();
    assert_eq!(row["DocNumber"], "B-1");
    assert_eq!(row["sparse"], true);
    assert!(row.get("TotalAmt").is_none());
    let note = world
        .query("select * from SalesReceipt where PrivateNote = 'x'")
        .await;
    assert_eq!(note.code(), "4001", "a note is not queryable");
    assert_eq!(
        world
            .query("select * from SalesReceipt where Id = '1' or Id = '2'")
            .await
            .code(),
        "4001"
    );
}

#[tokio::test]
async fn customers_are_found_by_mail_and_items_by_sku() {
    let world = World::new(Regime::UsAst).await;
    world.books.add_customer("Ann", "ann@example.com").unwrap();
    let found = world
        .query("select * from Customer where PrimaryEmailAddr = 'ann@example.com'")
        .await;
    assert_eq!(
        found.json()["QueryResponse"]["Customer"][0]["DisplayName"],
        "Ann"
    );
    let other = world
        .query("select * from Customer where PrimaryEmailAddr = 'Ann@example.com'")
        .await;
    assert_eq!(
        other.json()["QueryResponse"],
        json!({}),
        "letter by letter by default"
    );
    world
        .books
        .set_quirks(|quirks| quirks.queries_ignore_case = true);
    let other = world
        .query("select * from Customer where PrimaryEmailAddr = 'Ann@example.com'")
        .await;
    assert_eq!(other.json()["QueryResponse"]["maxResults"], 1);
    let item = json!({
        "Name": "Mug", "Sku": "MUG-1", "Type": "Service",
        "IncomeAccountRef": { "value": world.id(Kind::Account, "Services") }
    });
    world.books.add(Kind::Item, item).unwrap();
    let found = world.query("select * from Item where Sku = 'MUG-1'").await;
    assert_eq!(found.json()["QueryResponse"]["Item"][0]["Name"], "Mug");
}

#[tokio::test]
async fn a_statement_may_come_as_a_body() {
    let world = World::new(Regime::UsAst).await;
    let request = world
        .client
        .post(world.url("query"))
        .bearer_auth(&world.token);
    let request = request.header("content-type", "application/text");
    let request = request.body("select * from CompanyInfo");
    let found = answer(request.send().await.unwrap()).await.unwrap();
    assert_eq!(
        found.json()["QueryResponse"]["CompanyInfo"][0]["Country"],
        "USA"
    );
    assert_eq!(world.books.counts().metered_reads, 1);
    assert_eq!(world.books.counts().writes, 0);
}
