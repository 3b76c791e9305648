//! The routes and fields that pages name exist, and every route for machines is in the README.

use std::collections::BTreeSet;

use super::{files, read, root, section};

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

/// All routes, as `GET /status`.
fn routes() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for file in files(&root().join("src/http"), ".rs") {
        for part in read(&file).split(".route(").skip(1) {
            let mut quotes = part.split('"');
            let (Some(path), Some(rest)) = (quotes.nth(1), quotes.next()) else {
                continue;
            };
            let handlers = rest.split(".route(").next().unwrap_or_default();
            for method in ["get", "post", "put", "delete"] {
                let called = [
                    format!(" {method}("),
                    format!(".{method}("),
                    format!("\n{method}("),
                ];
                if called.iter().any(|call| handlers.contains(call)) {
                    routes.insert(format!("{} {path}", method.to_uppercase()));
                }
            }
        }
    }
    routes
}
