//! Nobody is shut out: each page is judged by axe-core, in both themes, on a desk and on a phone.

use serde_json::{Value, json};

use super::driver::{Browser, provided};
use super::walk::walk;

/// WCAG 2.2 up to AA, and what is good practice beside it.
const RULES: [&str; 6] = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
];
const JUDGE: &str = "
    const run = { runOnly: { type: 'tag', values: arguments[0] }, resultTypes: ['violations'] };
    axe.run(document, run).then(
        (found) => done({
            passes: found.passes.length,
            violations: found.violations.map((it) => ({ id: it.id, help: it.help,
                at: it.nodes.slice(0, 3).map((node) => [node.html.slice(0, 300), node.failureSummary]) })),
        }),
        (error) => done({ broken: String(error) }));";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_breaks_a_rule_of_accessibility_in_light_or_dark_on_a_desk_or_a_phone() {
    let (Some(browser), Some(axe)) = (Browser::start().await, provided("DAYBOOK_TEST_AXE")) else {
        return;
    };
    let axe = std::fs::read_to_string(axe).unwrap();
    let mut faults = Vec::new();
    walk(&browser, 40, async |name| {
        browser.run(&axe).await;
        for theme in ["light", "dark"] {
            browser.prefers(theme).await;
            for (device, width, height) in [("desk", 1280, 900), ("phone", 390, 844)] {
                browser.size(width, height, device == "phone").await;
                for fault in judged(&browser).await {
                    faults.push(format!("{name}, {theme}, {device}: {fault:#}"));
                }
            }
        }
        // axe may not be mistaken for a reader
        browser.size(1280, 900, false).await;
    })
    .await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_shuts_people_out_is_found_out() {
    let (Some(browser), Some(axe)) = (Browser::start().await, provided("DAYBOOK_TEST_AXE")) else {
        return;
    };
    browser
        .open("data:text/html,<html lang=en><title>t</title><main><h1>t</h1><img src=x><input>")
        .await;
    browser.run(&std::fs::read_to_string(axe).unwrap()).await;
    let found = judged(&browser).await;
    let ids: Vec<&str> = found.iter().filter_map(|it| it["id"].as_str()).collect();
    assert_eq!(ids, ["image-alt", "label"]);
}

/// The rules that the page breaks as it is now.
async fn judged(browser: &Browser) -> Vec<Value> {
    let found = browser.ask(JUDGE, json!(RULES)).await;
    let passes = found["passes"].as_u64().unwrap_or_default();
    assert!(passes > 10, "axe-core judged nothing: {found}");
    found["violations"].as_array().unwrap().clone()
}
