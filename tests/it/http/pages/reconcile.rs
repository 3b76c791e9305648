//! Reconcile: store = posted + held + excluded, open to its orders.

use rust_decimal::Decimal;

use super::{has, page, with_one_held};

#[tokio::test]
async fn behind_a_number_of_documents_are_so_many_documents() {
    let (api, _) = with_one_held().await;
    for by in ["day", "gateway", "tax", "status"] {
        let sums = page(&api, &format!("/reconcile?by={by}")).await;
        let table = sums.split("<table class=\"list\"").nth(1).unwrap();
        let mut cells = 0;
        for cell in table.split("data-label=\"Documents\">").skip(1) {
            let (link, rest) = cell
                .split_once("</a>")
                .unwrap()
                .0
                .split_once("\">")
                .unwrap();
            let link = link.trim_start_matches("<a href=\"").replace("&amp;", "&");
            let list = page(&api, &link).await;
            assert_eq!(
                list.matches("<tr data-id=").count().to_string(),
                rest,
                "{link}"
            );
            cells += 1;
        }
        assert!(cells > 1, "a group and the total: {table}");
    }
}

#[tokio::test]
async fn the_reconciliation_opens_to_its_orders_and_is_a_file_too() {
    let (api, _) = with_one_held().await;
    let sold = api.world.shop().orders();
    let by_day = page(&api, "/reconcile").await;
    has(
        &by_day,
        &["Store", "= Posted", "+ Held", "Difference", "0.00"],
    );
    has(
        &by_day,
        &[
            "Store and books agree",
            "some of it is not in the books yet.",
        ],
    );
    for by in ["gateway", "tax", "status"] {
        let page = page(&api, &format!("/reconcile?by={by}")).await;
        let total: Decimal = sold.iter().map(|it| it.total).sum();
        has(&page, &[&total.to_string()]);
        for link in page.split("href=\"/orders?").skip(1) {
            let query = link.split('"').next().unwrap().replace("&amp;", "&");
            super::page(&api, &format!("/orders?{query}")).await;
        }
    }
    let csv = api.get("/reconcile.csv?by=status").await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    assert!(
        csv.header("content-disposition")
            .contains("reconciliation-")
    );
    let lines: Vec<&str> = csv.body.lines().collect();
    assert_eq!(
        lines[0],
        "status,currency,documents,store,posted,held,excluded,difference,store_tax,posted_tax"
    );
    assert!(
        lines.last().unwrap().starts_with("\"total\",USD,3,"),
        "{lines:?}"
    );
    has(
        &page(&api, "/reconcile?month=2020-01").await,
        &["Nothing is dated in this period."],
    );
    for wrong in [
        "?month=soon",
        "?by=moon",
        "?month=2026-11&from=2026-11-01",
        "?pipeline=nope",
    ] {
        let answer = api.get(&format!("/reconcile{wrong}")).await;
        assert!(answer.status.is_client_error(), "{wrong}");
    }
}
