//! Orders: found, ordered, taken along as a file.

use rust_decimal::Decimal;

use super::{attribute, file, has, page, with_one_held};
use crate::http::api::Api;

#[tokio::test]
async fn orders_are_found_by_number_name_and_amount_page_by_page() {
    let api = Api::with_orders(60).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    let first = page(&api, "/orders").await;
    assert_eq!(first.matches("<tr data-id=").count(), 50);
    let next = first
        .split("class=\"more\" data-more=\"\" href=\"")
        .nth(1)
        .unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    assert_eq!(page(&api, &next).await.matches("<tr data-id=").count(), 10);
    let order = &api.world.shop().orders()[7];
    let name = "/orders?q=guest+NUMBER+7";
    for path in [format!("/orders?q={}", order.number), name.to_owned()] {
        let found = page(&api, &path).await;
        assert_eq!(found.matches("<tr data-id=").count(), 1, "{path}");
        has(&found, &[&format!("#{}", order.number), "Guest Number 7"]);
    }
    let found = page(&api, &format!("/orders?q={}", order.total)).await;
    assert_eq!(found.matches("<tr data-id=").count(), 50);
    has(&page(&api, "/orders?q=nobody").await, &["No order fits."]);
    has(
        &page(&api, "/orders?state=excluded").await,
        &["No order fits."],
    );
    for wrong in [
        "/orders?state=lost",
        "/orders?nonsense=1",
        "/orders?sort=sideways",
        "/orders?from=yesterday",
        "/orders/nope",
    ] {
        let answer = api.get(wrong).await;
        assert!(answer.status.is_client_error(), "{wrong}");
    }
}

/// The numbers in the list, from above.
fn numbers(page: &str) -> Vec<String> {
    let rows = page.split("class=\"row\" href=\"/orders/").skip(1);
    rows.map(|row| row.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_list_is_ordered_by_the_address_and_pages_keep_the_order() {
    let api = Api::with_orders(60).await;
    api.start("orders", "").await;
    api.run_is_over().await;
    let orders = api.world.shop().orders();
    for (sort, sign) in [
        ("earliest-day", "ascending"),
        ("largest", "descending"),
        ("smallest", "ascending"),
        ("last-changed", "descending"),
        ("first-changed", "ascending"),
    ] {
        let first = page(&api, &format!("/orders?sort={sort}")).await;
        assert!(first.contains(&format!("aria-sort=\"{sign}\"")), "{sort}");
        let next = attribute(&first, "class=\"more\" data-more=\"\" href=\"").replace("&amp;", "&");
        assert!(next.contains(&format!("sort={sort}")), "{next}");
        let rest = page(&api, &next).await;
        let mut listed = numbers(&first);
        listed.extend(numbers(&rest));
        let mut all: Vec<_> = orders.iter().map(|order| order.number.clone()).collect();
        let total = |number: &String| -> Decimal {
            orders.iter().find(|it| it.number == *number).unwrap().total
        };
        let totals: Vec<Decimal> = listed.iter().map(total).collect();
        match sort {
            "largest" => assert!(totals.is_sorted_by(|left, right| left >= right)),
            "smallest" => assert!(totals.is_sorted()),
            _ => {}
        }
        listed.sort();
        all.sort();
        assert_eq!(listed, all, "{sort}: each order once");
    }
}

#[tokio::test]
async fn the_file_has_what_the_list_shows() {
    let (api, number) = with_one_held().await;
    let all = file(&api, "/orders.csv").await;
    assert_eq!(all[0][..5], ["order", "kind", "day", "customer", "amount"]);
    assert_eq!(all.len(), 4);
    let held = file(&api, "/orders.csv?state=held").await;
    assert_eq!(held.len(), 2);
    assert_eq!(
        (held[1][0].as_str(), held[1][6].as_str()),
        (&*number, "held")
    );
    assert_eq!(held[1][7], "refused_by_quickbooks");
    let listed = page(&api, "/orders?state=held&sort=largest").await;
    assert!(listed.contains("href=\"/orders.csv?state=held&amp;sort=largest\""));
    has(&listed, &["CSV"]);
}

#[tokio::test]
async fn what_a_run_planned_is_a_list_of_its_own() {
    let (api, _) = with_one_held().await;
    let run = api.get("/api/sync/runs").await.json()["runs"][0]["batch_id"].clone();
    let run = run.as_str().unwrap();
    let shown = page(&api, &format!("/runs/{run}")).await;
    let link = format!("/orders?run={run}");
    assert!(shown.contains(&format!("href=\"{link}\"")), "{shown}");
    assert!(shown.contains("href=\"#errors\""), "{shown}");
    assert_eq!(page(&api, &link).await.matches("<tr data-id=").count(), 3);
    assert_eq!(numbers(&page(&api, "/orders?run=other").await).len(), 0);
}

#[tokio::test]
async fn a_place_that_is_none_of_the_list_is_refused() {
    let (api, _) = with_one_held().await;
    for sort in [
        "latest-day",
        "earliest-day",
        "largest",
        "smallest",
        "last-changed",
        "first-changed",
    ] {
        for cursor in ["nonsense", "nonsense_1", "1_2_3x_"] {
            for path in ["/orders", "/orders.csv"] {
                let path = format!("{path}?sort={sort}&cursor={cursor}");
                api.get(&path).await.refuses(400, "bad_request");
            }
        }
    }
}
