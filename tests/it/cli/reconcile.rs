//! `daybook reconcile`: store = posted + held + excluded, from the journal alone.

use rust_decimal::Decimal;
use sandbox::company::{Effect, Fault, When};
use sandbox::store::{Fault as ShopFault, Malformation, Matcher};
use serde_json::Value;

use super::shell::{Said, Shell};
use crate::support::{Setup, plain_store};

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// A store of which one order is held and one is cancelled before it was posted.
async fn reconciled_shell() -> Shell {
    let shell = Shell::with_plain_orders(6).await;
    let orders = shell.world.shop().orders();
    let fault = Fault::business("Something is wrong with this one");
    shell.world.books().plan(
        When::DocNumber(orders[1].number.clone()),
        Effect::Refuse(fault),
    );
    shell.world.an_hour_ago(|shop| {
        shop.set_status(orders[2].id, "cancelled").unwrap();
    });
    assert_eq!(shell.run(&["sync"]).await.code, 3);
    shell
}

/// The rows of CSV without its header, by column name.
fn rows(said: &Said) -> Vec<Vec<(String, String)>> {
    let mut lines = said.out.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.splitn(header.len(), ',').collect();
            header
                .iter()
                .zip(cells)
                .map(|(name, cell)| ((*name).to_owned(), cell.to_owned()))
                .collect()
        })
        .collect()
}

#[tokio::test]
async fn store_is_posted_and_held_and_excluded_and_neither_system_is_asked() {
    let shell = reconciled_shell().await;
    shell.world.books().reset_counts();
    shell.world.shop().clear_requests();
    for by in ["day", "gateway", "tax", "status"] {
        let said = shell.run(&["reconcile", "--by", by, "--json"]).await;
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
        let report = said.json();
        let total = &report["totals"][0];
        let (store, posted) = (decimal(&total["store"]), decimal(&total["posted"]));
        let (held, excluded) = (decimal(&total["held"]), decimal(&total["excluded"]));
        assert_eq!(store, posted + held + excluded, "{report}");
        assert!(posted > held && held > Decimal::ZERO && excluded > Decimal::ZERO);
        assert_eq!(decimal(&total["difference"]), Decimal::ZERO);
        assert_eq!(
            (&total["documents"], &report["by"]),
            (&6.into(), &by.into())
        );
        let groups = report["groups"].as_array().unwrap();
        let sum: Decimal = groups.iter().map(|group| decimal(&group["store"])).sum();
        assert_eq!(sum, store);
    }
    assert_eq!(shell.world.books().counts().total, 0);
    assert!(shell.world.shop().requests().is_empty());
}

#[tokio::test]
async fn each_figure_names_its_orders() {
    let shell = reconciled_shell().await;
    let orders = shell.world.shop().orders();
    let said = shell
        .run(&["reconcile", "--by", "status", "--orders", "--json"])
        .await;
    let report = said.json();
    for group in report["groups"].as_array().unwrap() {
        for term in ["posted", "held", "excluded"] {
            let named = group[format!("{term}_orders")].as_array().unwrap();
            let sum: Decimal = named.iter().map(|order| decimal(&order["store"])).sum();
            assert_eq!(sum, decimal(&group[term]), "{term}: {group}");
        }
    }
    let held = report["groups"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|group| group["held_orders"].get(0))
        .unwrap();
    assert_eq!(
        (&held["number"], &held["cause"], &held["state"]),
        (
            &orders[1].number.clone().into(),
            &"refused_by_quickbooks".into(),
            &"held".into()
        )
    );

    let said = shell.run(&["reconcile", "--orders", "--csv"]).await;
    let rows = rows(&said);
    assert_eq!((said.code, rows.len()), (0, 6), "{said:#?}");
    for order in &orders {
        let row = rows
            .iter()
            .find(|row| row[1].1 == order.number)
            .unwrap_or_else(|| panic!("{} is not named", order.number));
        assert_eq!(row[10], ("store".to_owned(), format!("{:.2}", order.total)));
    }

    let said = shell.run(&["reconcile", "--orders"]).await;
    let numbers: Vec<&str> = orders.iter().map(|order| order.number.as_str()).collect();
    said.tells(0, &numbers);
    said.tells(0, &["Store and books, all days, by day", "sales receipt"]);
}

#[tokio::test]
async fn a_period_has_the_orders_of_its_days_and_months_add_up_to_all() {
    let shell = Shell::new(Setup::new(33, 40)).await;
    assert!(matches!(shell.run(&["sync"]).await.code, 0 | 3));
    let total = async |arguments: &[&str]| {
        let said = shell
            .run(&[&["reconcile", "--json"], arguments].concat())
            .await;
        assert_eq!(said.code, 0, "{said:#?}");
        let totals = said.json()["totals"].as_array().unwrap().clone();
        let usd = totals.iter().find(|total| total["currency"] == "USD");
        usd.map_or(Decimal::ZERO, |total| decimal(&total["store"]))
    };
    let all = total(&[]).await;
    let mut months = Decimal::ZERO;
    for month in 1..=12 {
        months += total(&["--month", &format!("2026-{month:02}")]).await;
    }
    assert!(all > Decimal::ZERO);
    assert_eq!(months, all);
    let spring = total(&["--from", "2026-04-01", "--to", "2026-04-30"]).await;
    assert_eq!(spring, total(&["--month", "2026-04"]).await);
    let rest = total(&["--to", "2026-03-31"]).await + total(&["--from", "2026-05-01"]).await;
    assert_eq!(rest + spring, all);
}

#[tokio::test]
async fn a_difference_ends_with_3_and_names_the_order() {
    let mut setup = plain_store();
    setup.mapping = "[pipelines.mapping.orders]\non_edit = \"ignore\"".to_owned();
    let shell = Shell::new(setup).await;
    shell.world.sell_mugs(3);
    assert_eq!(shell.run(&["sync"]).await.code, 0);
    assert_eq!(shell.run(&["reconcile"]).await.code, 0);
    let order = shell.world.shop().orders()[1].clone();
    shell.world.an_hour_ago(|shop| {
        shop.set_quantity(order.id, 0, 2).unwrap();
    });
    assert_eq!(shell.run(&["sync"]).await.code, 0);
    let said = shell.run(&["reconcile"]).await;
    let now = shell.world.shop().order(order.id).unwrap().total;
    let says = format!(
        "order {}: the store says {now:.2}, the books {:.2}",
        order.number, order.total
    );
    said.complains(3, &["store and books differ", &says]);
    let said = shell.run(&["reconcile", "--orders", "--csv"]).await;
    said.complains(3, &[&says]);
    let said = shell.run(&["reconcile", "--json"]).await;
    let difference = decimal(&said.json()["totals"][0]["difference"]);
    assert_eq!((said.code, difference), (3, now - order.total));
    assert_eq!(said.json()["differing"][0]["number"], order.number);
}

#[tokio::test]
async fn what_could_not_be_read_ends_with_3_in_every_form() {
    let shell = Shell::with_plain_orders(2).await;
    shell.world.shop().plan_fault(
        Matcher::path("/orders").with_query("per_page=100").always(),
        ShopFault::Malformed(Malformation::NullTotal),
    );
    assert_eq!(shell.run(&["sync"]).await.code, 3);
    let said = shell.run(&["reconcile", "--json"]).await;
    assert_eq!((said.code, said.err.as_str()), (3, ""));
    let report = said.json();
    let unread = &report["unreadable"][0]["number"];
    let says = format!("order {} could not be read", unread.as_str().unwrap());
    for form in [&["reconcile"][..], &["reconcile", "--csv"]] {
        shell.run(form).await.complains(3, &[&says]);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_2_and_an_empty_journal_is_said() {
    let shell = Shell::with_plain_orders(1).await;
    for (arguments, says) in [
        (&["--month", "2026-13"][..], "2026-13"),
        (
            &["--month", "2026-10", "--from", "2026-10-01"][..],
            "--from",
        ),
        (&["--from", "2026-10-02", "--to", "2026-10-01"][..], "later"),
        (&["--by", "colour"][..], "colour"),
        (&["--csv", "--json"][..], "--json"),
        (&["--pipeline", "nope"][..], "nope"),
    ] {
        let said = shell.run(&[&["reconcile"], arguments].concat()).await;
        said.complains(2, &[says]);
    }
    let said = shell.run(&["reconcile"]).await;
    said.tells(0, &["no orders and no refunds"]);
}
