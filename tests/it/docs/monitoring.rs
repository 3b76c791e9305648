//! The routes and fields that pages name exist, and every route for machines is in the README.

use std::collections::BTreeSet;

use super::{read, root, section};

/// What is for people, not for machines, is described as a whole.
const FOR_MACHINES: [&str; 6] = [
    "/api", "/hooks", "/status", "/healthz", "/readyz", "/metrics",
];

#[test]
fn the_routes_of_the_readme_are_those_of_the_program() {
    let table = section(&read("README.md"), "HTTP");
    let told: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|route| route.contains(" /"))
        .map(str::to_owned)
        .collect();
    let routes = routes();
    for route in &told {
        assert!(routes.contains(route), "README: there is no `{route}`");
    }
    for route in &routes {
        let path = route.split(' ').nth(1).unwrap_or_default();
        let for_machines = FOR_MACHINES.iter().any(|start| path.starts_with(start));
        assert!(
            told.contains(route) || !for_machines,
            "README: `{route}` is missing"
        );
    }
}

#[test]
fn the_alerts_ask_for_fields_that_are_there() {
    let page = read("docs/operations.md");
    let status = read("src/http/status.rs");
    let mut asked = 0;
    for part in section(&page, "Monitoring").split('.').skip(1) {
        let field: String = part
            .chars()
            .take_while(|letter| letter.is_ascii_lowercase() || *letter == '_')
            .collect();
        // what jq itself calls so, and words of sentences, are no fields
        if !page.contains(&format!(".{field}")) || !field.contains('_') || field == "to_entries" {
            continue;
        }
        asked += 1;
        assert!(
            status.contains(&format!("\"{field}\"")),
            "/status has no `{field}`"
        );
    }
    assert!(asked > 3, "the alerts were not found");
}

#[test]
fn the_description_of_the_api_in_the_docs_is_the_one_that_is_served() {
    let wanted = daybook::http::openapi().to_pretty_json().expect("JSON") + "\n";
    let path = root().join("docs/openapi.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, wanted).expect("the file can be written");
        return;
    }
    assert!(
        read("docs/openapi.json") == wanted,
        "UPDATE_DOCS=1 cargo test --test it docs"
    );
}

/// All routes, as `GET /status`: those of the API as it describes itself, and the pages.
fn routes() -> BTreeSet<String> {
    let document = serde_json::to_value(daybook::http::openapi()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let mut routes = BTreeSet::from(["GET /".to_owned(), "GET /api/openapi.json".to_owned()]);
    for (path, item) in paths {
        for method in item.as_object().expect("methods").keys() {
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes
}
