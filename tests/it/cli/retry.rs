//! `daybook retry`: what is held is tried again when somebody says so, and not before.

use jiff::civil::date;
use sandbox::company::{Effect, Fault, When};
use serde_json::Value;

use super::shell::Shell;
use crate::support::{check_invariants, plain_store};

/// The postings that are held, as `reconcile` names them: id and order number.
async fn held(shell: &Shell) -> Vec<(String, String)> {
    let said = shell.run(&["reconcile", "--orders", "--json"]).await;
    let report = said.json();
    let groups = report["groups"].as_array().unwrap();
    let text = |order: &Value, member: &str| order[member].as_str().unwrap().to_owned();
    groups
        .iter()
        .flat_map(|group| group["held_orders"].as_array().unwrap())
        .map(|order| (text(order, "id"), text(order, "number")))
        .collect()
}

/// A shell some of whose orders QuickBooks refused, once.
async fn with_refused(orders: usize, refused: &[usize]) -> Shell {
    let shell = Shell::with_plain_orders(orders).await;
    for place in refused {
        let number = shell.world.shop().orders()[*place].number.clone();
        let fault = Fault::business("Something is wrong with this one");
        let books = shell.world.books();
        books.plan(When::DocNumber(number), Effect::Refuse(fault));
    }
    assert_eq!(shell.run(&["sync"]).await.code, 3);
    assert_eq!(shell.documents(), orders - refused.len());
    shell
}

#[tokio::test]
async fn reading_everything_again_releases_nothing_and_a_retry_releases_what_it_names() {
    let shell = with_refused(5, &[1, 3]).await;
    for arguments in [&["sync"][..], &["sync", "--full"]] {
        assert_eq!(shell.run(arguments).await.code, 0);
        assert_eq!(shell.documents(), 3, "{arguments:?} released something");
    }
    let waiting = held(&shell).await;
    let said = shell.run(&["retry", &waiting[0].0]).await;
    said.tells(0, &[&format!("sales receipt {}: posted", waiting[0].1)]);
    assert_eq!(shell.documents(), 4);
    assert_eq!(held(&shell).await, waiting[1..]);
    let said = shell.run(&["retry", "--json"]).await;
    let report = said.json();
    assert_eq!(
        (said.code, &report["released"]),
        (0, &1.into()),
        "{said:#?}"
    );
    assert_eq!(
        (
            &report["postings"][0]["before"],
            &report["postings"][0]["state"]
        ),
        (&"held".into(), &"posted".into())
    );
    assert_eq!(shell.documents(), 5);
    let said = shell.run(&["retry"]).await;
    said.tells(0, &["nothing to release"]);
    check_invariants(&shell.world).await;
}

#[tokio::test]
async fn one_remedy_releases_all_of_a_cause_and_sees_what_was_mended_in_the_books() {
    let shell = Shell::with_plain_orders(4).await;
    shell.world.books().close_books(Some(date(2099, 12, 31)));
    assert_eq!(shell.run(&["sync"]).await.code, 3);
    assert_eq!(shell.documents(), 0);
    let said = shell.run(&["retry", "--cause", "closed_period"]).await;
    said.tells(
        3,
        &["still held", "closed_period", "→ Move the closing date"],
    );
    shell.world.books().close_books(None);
    let said = shell.run(&["retry", "--cause", "tax_off"]).await;
    said.tells(0, &["nothing to release"]);
    assert_eq!(shell.documents(), 0);
    assert_eq!(
        shell.run(&["retry", "--cause", "closed_period"]).await.code,
        0
    );
    assert_eq!(shell.documents(), 4);
    check_invariants(&shell.world).await;
}

#[tokio::test]
async fn what_is_still_refused_is_still_held_and_says_why() {
    let shell = with_refused(2, &[0]).await;
    let (id, number) = held(&shell).await.remove(0);
    let fault = Fault::business("Still wrong");
    let when = When::DocNumber(number.clone());
    shell.world.books().plan(when, Effect::Refuse(fault));
    let said = shell.run(&["retry", &id]).await;
    let line = format!("sales receipt {number}: still held: ");
    said.tells(3, &[&line, "Still wrong", "refused_by_quickbooks", "→ "]);
    assert_eq!(held(&shell).await, [(id, number)]);
}

#[tokio::test]
async fn beside_an_active_run_it_is_released_and_that_run_sends_it() {
    let shell = with_refused(3, &[1]).await;
    let (id, number) = held(&shell).await.remove(0);
    shell.world.sell_mugs(1);
    let pause = shell.world.books().hold_work(When::Write(1));
    let program = shell.world.open(daybook::engine::Tripwire::none()).await;
    let mut run = shell
        .world
        .begin(&program, daybook::domain::RunOptions::default())
        .await;
    pause.reached().await;
    let said = shell.run(&["retry", &id]).await;
    said.tells(0, &[&format!("sales receipt {number}: released")]);
    said.complains(0, &["a run of `store-to-books` is active"]);
    pause.release();
    run.wait().await;
    program.store.close().await;
    assert_eq!(shell.documents(), 4);
    assert_eq!(held(&shell).await, []);
    check_invariants(&shell.world).await;
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_retried() {
    let shell = with_refused(2, &[0]).await;
    let said = shell.run(&["retry", "nope"]).await;
    said.complains(1, &["there is no posting nope", "daybook show order"]);
    let said = shell.run(&["retry", "--cause", "nope"]).await;
    said.complains(2, &["there is no cause `nope`", "docs/causes.md"]);
    let said = shell.run(&["retry", "nope", "--cause", "tax_off"]).await;
    said.complains(2, &["--cause"]);
    assert_eq!(held(&shell).await.len(), 1);
}

#[tokio::test]
async fn a_change_that_was_left_out_is_brought_back_by_a_retry_of_its_id() {
    let mut setup = plain_store();
    "[pipelines.mapping.orders]\non_edit = \"hold\"".clone_into(&mut setup.mapping);
    let shell = Shell::new(setup).await;
    shell.world.sell_mugs(1);
    assert_eq!(shell.run(&["sync"]).await.code, 0);
    let order = shell.world.shop().orders()[0].clone();
    shell.world.an_hour_ago(|shop| {
        shop.set_quantity(order.id, 0, 3).unwrap();
    });
    assert_eq!(shell.run(&["sync"]).await.code, 3);
    let posted = || shell.world.books().documents()[0].total;
    let show = async || shell.run(&["show", "order", &order.number]).await;
    let held = show().await;
    let id = held
        .out
        .lines()
        .find_map(|it| it.split_once("daybook retry "));
    let id = id.unwrap().1;
    assert_eq!(shell.run(&["exclude", id]).await.code, 0);
    let bring = format!("bring it back: daybook retry {id}");
    show().await.tells(0, &["(excluded_by_hand)", &bring]);
    assert_eq!(posted(), order.total);
    // reading everything again is no decision
    assert_eq!(shell.run(&["sync", "--full"]).await.code, 0);
    assert_eq!(posted(), order.total);
    let said = shell.run(&["retry", id]).await;
    said.tells(0, &[&format!("sales receipt {}: posted", order.number)]);
    assert_eq!(posted(), shell.world.shop().order(order.id).unwrap().total);
    let told = show().await;
    assert!(!told.out.contains("excluded_by_hand"), "{told:#?}");
    let said = shell.run(&["retry", id]).await;
    said.tells(0, &["nothing to release"]);
    check_invariants(&shell.world).await;
}

#[tokio::test]
async fn what_is_excluded_stays_out_until_it_is_retried() {
    let shell = with_refused(2, &[0]).await;
    let (id, number) = held(&shell).await.remove(0);
    let said = shell.run(&["exclude", &id]).await;
    said.tells(0, &[&format!("sales receipt {number}: left out")]);
    assert_eq!(held(&shell).await, []);
    let order = shell.world.shop().orders()[0].clone();
    shell.world.an_hour_ago(|shop| {
        shop.set_note(order.id, "edited").unwrap();
    });
    for arguments in [&["sync"][..], &["sync", "--full"], &["retry"]] {
        assert_eq!(shell.run(arguments).await.code, 0, "{arguments:?}");
        assert_eq!(shell.documents(), 1, "{arguments:?}");
    }
    let said = shell.run(&["show", "order", &number]).await;
    said.tells(
        0,
        &[
            "left out: it was left out by hand (excluded_by_hand)",
            "command line: exclude",
        ],
    );
    let said = shell.run(&["exclude", &id]).await;
    said.complains(1, &["is not held, it is excluded"]);
    let said = shell.run(&["retry", &id]).await;
    said.tells(0, &[&format!("sales receipt {number}: posted")]);
    assert_eq!(shell.documents(), 2);
    let said = shell.run(&["exclude", "nope"]).await;
    said.complains(1, &["there is no posting nope"]);
    check_invariants(&shell.world).await;
}
