//! Several pipelines: what is shown of one is not mixed with another.

use daybook::http::Access;
use sandbox::store::{Fault, Malformation, Matcher};

use super::{attribute, has, page, submit, without_tags};
use crate::http::api::Api;
use crate::support::plain_store;

/// A second store, with orders of the same numbers, whose postings wait for approval.
const SECOND: &str = r#"
[connections.branch]
kind = "woocommerce"
url = "{url}"
consumer_key = { env = "STORE_KEY" }
consumer_secret = { env = "STORE_SECRET" }
[[pipelines]]
name = "branch-to-books"
source = "branch"
target = "books"
streams = ["orders"]
schedule = "manual"
timezone = "Asia/Tokyo"
start_date = 2020-01-01
posting = "review"
"#;

async fn two_stores() -> Api {
    let mut world = plain_store().start().await;
    world.sell_mugs(2);
    let second = SECOND.replace("{url}", &world.store.url());
    world.configure(&second);
    let api = Api::of(world, Access::default()).await;
    for pipeline in ["store-to-books", "branch-to-books"] {
        sync(&api, pipeline).await;
    }
    api
}

async fn sync(api: &Api, pipeline: &str) {
    let started = submit(api, "/do/sync", &format!("pipeline={pipeline}")).await;
    assert_eq!(started.header("location"), "/");
    for mut run in api.program.engine.active_runs() {
        run.wait().await;
    }
}

#[tokio::test]
async fn an_order_of_one_store_is_not_told_with_that_of_another_which_has_its_number() {
    let api = two_stores().await;
    let number = api.world.shop().orders()[0].number.clone();
    let of = |pipeline: &str| format!("/orders/{number}?pipeline={pipeline}");
    let first = page(&api, &of("store-to-books")).await;
    has(&first, &["posted", "Another store has this number, too"]);
    assert!(!without_tags(&first).contains("On its way into the books"));
    assert!(first.contains(&of("branch-to-books")), "{first}");
    let second = page(&api, &of("branch-to-books")).await;
    has(&second, &["On its way into the books as a sales receipt"]);
    assert!(!without_tags(&second).contains("as sales receipt"));
    // what is done leads back to the same store's order
    let posting = attribute(&second, "name=\"posting\" value=\"");
    let form = format!("posting={posting}&order={number}&pipeline=branch-to-books");
    assert!(second.contains("name=\"pipeline\" value=\"branch-to-books\""));
    let held = submit(&api, "/do/hold", &form).await;
    assert_eq!(held.header("location"), of("branch-to-books"));
}

#[tokio::test]
async fn what_a_figure_of_one_store_leads_to_is_of_that_store() {
    let api = two_stores().await;
    let overview = page(&api, "/").await;
    let (_, branch) = overview
        .split_once("data-refresh=\"pipeline-branch-to-books\"")
        .unwrap();
    let branch = branch.split("data-refresh=").next().unwrap();
    let mut lists = 0;
    for link in branch.split("href=\"").skip(1) {
        let link = link.split('"').next().unwrap();
        let list = ["/orders", "/held", "/reconcile"];
        if list.iter().any(|path| link.starts_with(path)) {
            assert!(link.ends_with("pipeline=branch-to-books"), "{link}");
            lists += 1;
        }
    }
    assert!(lists > 8, "{branch}");

    for (pipeline, orders) in [("branch-to-books", 2), ("store-to-books", 2), ("", 4)] {
        let list = page(&api, &format!("/orders?pipeline={pipeline}")).await;
        assert_eq!(list.matches("<tr data-id=").count(), orders, "{pipeline}");
    }
    // a search and another month stay with the store, and with what else was asked for
    let asked = "/orders?pipeline=branch-to-books&from=2020-01-01&gateway=stripe";
    let list = page(&api, asked).await;
    let form = list.split("role=\"search\"").nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    for (name, value) in [
        ("pipeline", "branch-to-books"),
        ("from", "2020-01-01"),
        ("gateway", "stripe"),
    ] {
        let kept = format!("type=\"hidden\" name=\"{name}\" value=\"{value}\"");
        assert!(form.contains(&kept), "{name}: {form}");
    }
    let month = page(&api, "/reconcile?pipeline=branch-to-books").await;
    let kept = "type=\"hidden\" name=\"pipeline\" value=\"branch-to-books\"";
    assert!(month.contains(kept), "{month}");
    for path in ["/orders", "/held", "/reconcile"] {
        has(
            &page(&api, path).await,
            &["all branch-to-books store-to-books"],
        );
    }
}

#[tokio::test]
async fn what_one_store_waits_for_is_decided_without_the_other() {
    let api = two_stores().await;
    for order in api.world.shop().orders() {
        let path = format!("/orders/{}?pipeline=branch-to-books", order.number);
        let story = page(&api, &path).await;
        let posting = attribute(&story, "name=\"posting\" value=\"").to_owned();
        submit(&api, "/do/hold", &format!("posting={posting}")).await;
    }
    has(
        &page(&api, "/held?pipeline=store-to-books").await,
        &["Nothing waits for you."],
    );
    let held = page(&api, "/held?pipeline=branch-to-books").await;
    has(&held, &["2 entries wait for 1 reason."]);
    let mark = attribute(&held, "name=\"seen\" value=\"");
    let form = format!("cause=held_by_hand&seen={mark}&pipeline=store-to-books");
    super::refused(&api, "/do/exclude", &form, 409, "not_waiting").await;
    let form = format!("cause=held_by_hand&seen={mark}&pipeline=branch-to-books");
    let left = submit(&api, "/do/exclude", &form).await;
    assert_eq!(left.header("location"), "/held?pipeline=branch-to-books");
    has(&page(&api, "/held").await, &["Nothing waits for you."]);
}

/// The links in a part of a page that lead to lists or orders.
fn lists(part: &str) -> Vec<&str> {
    let links = part.split("href=\"").skip(1);
    let links = links.map(|link| link.split('"').next().unwrap());
    let list = |link: &&str| {
        ["/orders", "/held"]
            .iter()
            .any(|path| link.starts_with(path))
    };
    links.filter(list).collect()
}

#[tokio::test]
async fn plan_mapping_and_runs_of_one_store_lead_to_its_own_orders() {
    let api = two_stores().await;
    // one order of the branch cannot be read
    api.world.shop().plan_fault(
        Matcher::path("/orders").with_query("per_page=100").always(),
        Fault::Malformed(Malformation::NullTotal),
    );
    api.world.sell_mugs(1);
    api.pass(3);
    sync(&api, "branch-to-books").await;
    let runs = api.get("/api/sync/runs?pipeline=branch-to-books").await;
    let run = runs.json()["runs"][0]["batch_id"].clone();
    let run = page(&api, &format!("/runs/{}", run.as_str().unwrap())).await;
    let (_, errors) = run.split_once("id=\"errors\"").unwrap();
    let plan = page(&api, "/plan").await;
    let (_, plan) = plan.split_once("data-refresh=\"plan\"").unwrap();
    has(plan, &["1 entry is held and not in this plan"]);
    let mapping = page(&api, "/mapping").await;
    let (_, mapping) = mapping
        .split_once("aria-label=\"branch-to-books\"")
        .unwrap();
    for (part, least) in [(errors, 1), (plan, 2), (mapping, 2)] {
        let lists = lists(part);
        assert!(lists.len() >= least, "{part}");
        for link in lists {
            assert!(link.ends_with("pipeline=branch-to-books"), "{link}");
            page(&api, &link.replace("&amp;", "&")).await;
        }
    }
}
