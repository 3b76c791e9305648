//! `daybook sync` and `daybook check` on real orders: done, partial, in portions, for a span, for show.

use jiff::civil::Date;
use sandbox::company::{Effect, Fault, Kind, When};
use serde_json::Value;

use super::shell::Shell;
use crate::support::{Setup, check_invariants};

/// What `sync --json` says of one stream.
fn stream<'j>(report: &'j Value, name: &str) -> &'j Value {
    let syncs = report["syncs"].as_array().unwrap();
    syncs
        .iter()
        .find(|sync| sync["entity_type"] == name)
        .unwrap()
}

#[tokio::test]
async fn a_run_that_posts_everything_ends_with_0_and_prints_a_line_for_each_stream() {
    let shell = Shell::with_plain_orders(4).await;
    let said = shell.run(&["sync"]).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    let mut lines = said.out.lines();
    let header: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(
        header,
        [
            "stream", "status", "done", "read", "created", "updated", "skipped", "failed", "held",
            "took"
        ]
    );
    let rows: Vec<Vec<&str>> = lines
        .map(|line| line.split_whitespace().collect())
        .collect();
    let streams: Vec<(&str, &str)> = rows.iter().map(|row| (row[0], row[1])).collect();
    assert_eq!(
        streams,
        ["customers", "products", "orders", "refunds"].map(|stream| (stream, "completed"))
    );
    assert_eq!(rows[2][2..10], ["100", "%", "4", "4", "0", "0", "0", "0"]);
    assert_eq!(shell.documents(), 4);
    check_invariants(&shell.world).await;
}

#[tokio::test]
async fn a_run_with_a_refused_document_ends_with_3_and_names_it_with_its_remedy() {
    let shell = Shell::with_plain_orders(5).await;
    let refused = shell.world.shop().orders()[2].number.clone();
    let fault = Fault::business("Something is wrong with this one");
    shell
        .world
        .books()
        .plan(When::DocNumber(refused.clone()), Effect::Refuse(fault));
    let said = shell.run(&["sync", "--json"]).await;
    assert_eq!(said.code, 3, "{said:#?}");
    let report = said.json();
    assert_eq!(report["status"], "partial");
    assert_eq!(report["pipeline"], "store-to-books");
    assert!(report["batch_id"].is_string() && report["error"].is_null());
    let orders = stream(&report, "orders");
    assert_eq!(
        (&orders["records_held"], &orders["records_created"]),
        (&1.into(), &4.into())
    );
    let error = &orders["errors"][0];
    assert!(
        error["record"].as_str().unwrap().contains(&refused),
        "{error}"
    );
    assert_eq!(error["cause"], "refused_by_quickbooks");
    assert!(!error["reason"].as_str().unwrap().is_empty());
    assert!(!error["remedy"].as_str().unwrap().is_empty());
    assert_eq!(shell.documents(), 4);
    check_invariants(&shell.world).await;
}

#[tokio::test]
async fn a_limited_run_posts_so_many_and_the_next_one_the_rest() {
    let shell = Shell::with_plain_orders(12).await;
    let said = shell
        .run(&["sync", "orders", "--limit", "5", "--json"])
        .await;
    assert_eq!(said.code, 0, "{said:#?}");
    let report = said.json();
    assert_eq!(report["syncs"].as_array().unwrap().len(), 1);
    assert_eq!(stream(&report, "orders")["records_processed"], 5);
    assert_eq!(shell.documents(), 5);

    let said = shell.run(&["sync", "--json"]).await;
    assert_eq!(said.code, 0, "{said:#?}");
    assert_eq!(stream(&said.json(), "orders")["records_created"], 7);
    assert_eq!(shell.documents(), 12);
    check_invariants(&shell.world).await;
}

#[tokio::test]
async fn a_run_for_a_span_posts_what_is_dated_in_it_and_a_later_one_the_rest() {
    let shell = Shell::new(Setup::new(31, 40)).await;
    let span = ["sync", "--since", "2026-04-01", "--until", "2026-06-30"];
    let said = shell.run(&span).await;
    assert!(matches!(said.code, 0 | 3), "{said:#?}");
    let dates: Vec<Date> = shell
        .world
        .books()
        .documents_of(Kind::SalesReceipt)
        .iter()
        .map(|receipt| receipt.txn_date.parse().unwrap())
        .collect();
    let inside = Date::constant(2026, 4, 1)..=Date::constant(2026, 6, 30);
    assert!(!dates.is_empty());
    assert!(dates.iter().all(|date| inside.contains(date)), "{dates:?}");

    let said = shell.run(&["sync"]).await;
    assert!(matches!(said.code, 0 | 3), "{said:#?}");
    assert!(shell.world.books().count(Kind::SalesReceipt) > dates.len());
    check_invariants(&shell.world).await;
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_writes_nothing_anywhere() {
    let shell = Shell::with_plain_orders(6).await;
    let said = shell.run(&["sync", "--dry-run", "--json"]).await;
    assert_eq!(said.code, 0, "{said:#?}");
    let report = said.json();
    let orders = stream(&report, "orders");
    assert_eq!(orders["dry_run"], true);
    assert_eq!(
        (&orders["records_processed"], &orders["records_created"]),
        (&6.into(), &6.into())
    );
    let counts = shell.world.books().counts();
    assert_eq!((counts.writes, counts.batch_items), (0, 0));
    let program = shell.world.open(daybook::engine::Tripwire::none()).await;
    let filter = daybook::store::PostingFilter::default();
    let journal = program.store.postings_page(&filter).await.unwrap();
    assert!(journal.postings.is_empty());
    program.store.close().await;

    let said = shell.run(&["sync"]).await;
    assert_eq!(said.code, 0, "{said:#?}");
    assert_eq!(shell.documents(), 6, "the dry run moved no cursor");
    check_invariants(&shell.world).await;
}

#[tokio::test]
async fn a_run_that_does_not_exist_cannot_be_resumed() {
    let shell = Shell::with_plain_orders(1).await;
    let said = shell.run(&["sync", "--resume", "nope"]).await;
    said.complains(1, &["Batch ID [nope] not found."]);
    assert_eq!(said.out, "");
    let said = shell.run(&["sync", "--resume", "nope", "--json"]).await;
    assert_eq!(
        (said.code, &said.json()["error"]),
        (1, &"Batch ID [nope] not found.".into())
    );
}

#[tokio::test]
async fn a_failed_run_is_resumed_by_its_own_id_or_that_of_a_stream() {
    for pointer in ["/batch_id", "/syncs/2/sync_id"] {
        let shell = Shell::with_plain_orders(3).await;
        shell.world.books().set_subscription(false);
        let said = shell.run(&["sync", "--json"]).await;
        assert_eq!(said.code, 5, "{said:#?}");
        let id = said
            .json()
            .pointer(pointer)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned();
        shell.world.books().set_subscription(true);
        let said = shell.run(&["sync", "--resume", &id, "--json"]).await;
        assert_eq!(
            (said.code, &said.json()["status"]),
            (0, &"completed".into()),
            "{said:#?}"
        );
        assert_eq!(shell.documents(), 3);
        check_invariants(&shell.world).await;
    }
}

#[tokio::test]
async fn check_says_of_each_part_that_it_is_well() {
    let shell = Shell::with_plain_orders(3).await;
    let said = shell.run(&["check"]).await;
    let parts = [
        "✓ configuration config.toml: 1 pipelines",
        "✓ store `store`: ",
        "3 orders",
        "✓ company `books`: company \"",
        "✓ mapping of `store-to-books`: every name is in the books; 3 remarks",
    ];
    said.tells(0, &parts);
    assert_eq!(said.err, "");
    let said = shell.run(&["check", "--json"]).await;
    let report = said.json();
    let checks = report["checks"].as_array().unwrap();
    assert_eq!((said.code, checks.len()), (0, 4));
    for check in checks {
        assert!(check["ok"] == true && check["what"].is_string() && check["found"].is_string());
    }
    assert_eq!(shell.documents(), 0);
}

#[tokio::test]
async fn the_most_talkative_log_keeps_every_secret() {
    let mut shell = Shell::with_plain_orders(3).await;
    shell.config = shell
        .config
        .replace(r#"level = "warn""#, r#"level = "trace""#);
    let said = shell.run(&["sync"]).await;
    assert_eq!(said.code, 0);
    assert!(said.err.contains("TRACE"), "the log is on");
    shell.world.books().revoke_consent();
    shell.world.sell_mugs(1);
    assert_eq!(shell.run(&["sync"]).await.code, 5);
}
