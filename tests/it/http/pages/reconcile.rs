//! Reconcile: store = posted + held + excluded, open to its orders.

use daybook::http::Access;
use rust_decimal::Decimal;
use sandbox::store::{Cart, Fault, Malformation, Matcher};

use super::{attribute, file, has, page, with_one_held};
use crate::http::api::Api;
use crate::support::plain_store;

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

#[tokio::test]
async fn what_could_not_be_read_is_named_since_it_is_in_no_sum() {
    let api = Api::with_orders(3).await;
    api.world.shop().plan_fault(
        Matcher::path("/orders").with_query("per_page=100").always(),
        Fault::Malformed(Malformation::NullTotal),
    );
    api.start("orders", "").await;
    api.run_is_over().await;
    let reconciled = api.get("/api/reconcile").await.json();
    let unread = &reconciled["unreadable"][0];
    assert_eq!(unread["source_kind"], "order");
    assert_eq!(reconciled["totals"][0]["documents"], 2);
    let number = unread["number"].as_str().unwrap();

    let shown = page(&api, "/reconcile").await;
    has(
        &shown,
        &[
            "as far as is known: 1 order or refund could not be read.",
            "they are in no sum",
        ],
    );
    let (_, list) = shown.split_once("class=\"unreadable\"").unwrap();
    let path = attribute(list, "<li><a href=\"").to_owned();
    assert_eq!(path, format!("/orders/{number}"));
    has(&page(&api, &path).await, &["malformed_record"]);
    let csv = api.get("/reconcile.csv").await.body;
    assert_eq!(
        csv.lines().last(),
        Some("\"could not be read\",,1,,,,,,,"),
        "{csv}"
    );
    // of a month without sums as well, since nobody knows its day
    let empty = page(&api, "/reconcile?month=2020-01").await;
    has(&empty, &["Nothing is dated", "could not be read"]);
}

#[tokio::test]
async fn a_row_of_one_currency_leads_to_the_documents_it_counts() {
    let api = Api::with_orders(2).await;
    for _ in 0..3 {
        let cart = Cart::new().line("MUG-001", 1).currency("EUR", "€");
        api.world.an_hour_ago(|shop| {
            shop.place_paid_order(&cart).unwrap();
        });
    }
    api.start("orders", "").await;
    api.run_is_over().await;
    for by in ["day", "gateway", "tax", "status"] {
        let shown = page(&api, &format!("/reconcile?by={by}")).await;
        let rows = shown.split("<th scope=\"row\">").skip(1);
        let mut documents = 0;
        for row in rows {
            let (_, count) = row.split_once("data-label=\"Documents\">").unwrap();
            let link = attribute(count, "href=\"").replace("&amp;", "&");
            let (_, counted) = count.split_once("\">").unwrap();
            let counted: usize = counted.split('<').next().unwrap().parse().unwrap();
            let listed = page(&api, &link).await;
            assert_eq!(listed.matches("<tr data-id=").count(), counted, "{link}");
            documents += counted;
        }
        assert_eq!(documents, 10, "each in its group and in the total: {by}");
    }
}

#[tokio::test]
async fn of_many_that_could_not_be_read_the_first_are_named_and_the_rest_are_a_list() {
    let mut setup = plain_store();
    "page_size = 1".clone_into(&mut setup.store_settings);
    let api = Api::new(setup, 52, Access::default()).await;
    api.world.shop().plan_fault(
        Matcher::path("/orders").always(),
        Fault::Malformed(Malformation::NullTotal),
    );
    api.start("orders", "").await;
    api.run_is_over().await;
    let reconciled = api.get("/api/reconcile").await.json();
    assert_eq!(reconciled["unreadable_count"], 52);
    assert_eq!(reconciled["unreadable"].as_array().map(Vec::len), Some(50));
    let shown = page(&api, "/reconcile").await;
    has(&shown, &["52 orders and refunds could not be read"]);
    let (_, list) = shown.split_once("class=\"unreadable\"").unwrap();
    let (list, rest) = list.split_once("</ul>").unwrap();
    assert_eq!(list.matches("<li>").count(), 50);
    has(rest.split("</section>").next().unwrap(), &["(52)"]);
    let all = attribute(rest, "href=\"").replace("&amp;", "&");
    let rows = file(&api, &all.replace("/orders?", "/orders.csv?")).await;
    assert_eq!(rows.len(), 1 + 52);
}
