//! The API does what it says of itself: every path of its description with right and wrong input.

use axum::http::Method;
use sandbox::company::{Effect, Fault, When};
use serde_json::{Value, json};

use super::api::{Answer, Api};

/// Ids that are there.
struct Known {
    sync: String,
    posting: String,
}

/// A program that has done a run, with one posting held.
async fn after_a_run() -> (Api, Known) {
    let api = Api::with_orders(3).await;
    let refused = api.world.shop().orders()[1].number.clone();
    let fault = Fault::business("Something is wrong with this one");
    let books = api.world.books();
    books.plan(When::DocNumber(refused), Effect::Refuse(fault));
    let started = api.start("orders", "").await;
    api.run_is_over().await;
    api.pass(60);
    let held = api.get("/api/postings?state=held").await.json();
    let known = Known {
        sync: started["sync_id"].as_str().unwrap().to_owned(),
        posting: held["postings"][0]["id"].as_str().unwrap().to_owned(),
    };
    (api, known)
}

/// The path with `right` parameters, or with one that is not there.
fn filled(path: &str, known: &Known, right: bool) -> String {
    let value = |name: &str, value: &str| {
        let value = if right { value } else { "nothing-of-that-name" };
        (format!("{{{name}}}"), value.to_owned())
    };
    [
        value("stream", "orders"),
        value("sync_id", &known.sync),
        value("id", &known.posting),
        value("cause", "refused_by_quickbooks"),
        value("connection", "store"),
    ]
    .iter()
    .fold(path.to_owned(), |path, (name, value)| {
        path.replace(name, value)
    })
}

#[tokio::test]
async fn every_path_answers_right_input_as_described_and_wrong_input_with_a_problem() {
    let (api, known) = after_a_run().await;
    let document = api.get("/api/openapi.json").await.json();
    assert_eq!(
        document,
        serde_json::to_value(daybook::http::openapi()).unwrap()
    );
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let text = operation["summary"].as_str().unwrap_or_default();
            assert!(
                !text.is_empty(),
                "{method} {path} does not say what it does"
            );
            assert!(operation["responses"]["default"].is_object());
            right_input(&api, &document, &method, path, operation, &known).await;
            wrong_input(&api, &method, path, operation, &known).await;
        }
    }
    every_reference_leads_somewhere(&document, &document);
}

/// What is asked rightly is answered with a status and a body of the description.
async fn right_input(
    api: &Api,
    document: &Value,
    method: &Method,
    path: &str,
    operation: &Value,
    known: &Known,
) {
    let filled = filled(path, known, true);
    if path == "/api/held/{cause}/exclude" {
        return; // it would leave nothing for the paths behind it; `pages::held` does it
    }
    let endless = filled == "/api/sync/progress";
    if path.starts_with("/hooks/") || endless {
        return; // signed ones and endless ones have stories of their own
    }
    api.pass(3);
    let answer = api.ask(method.clone(), &filled, &[], "").await;
    api.run_is_over().await;
    let status = answer.status.as_u16();
    if status == 409 {
        // what is over cannot be stopped or tried again: said in its own words
        let steers = [
            "/pause", "/resume", "/cancel", "/retry", "/hold", "/exclude",
        ];
        assert!(steers.iter().any(|end| path.ends_with(end)), "{path}");
        return;
    }
    let described = &operation["responses"][status.to_string()];
    assert!(
        described.is_object(),
        "{method} {path} answers {status}: {answer:?}"
    );
    let content = described["content"].as_object().unwrap();
    let (kind, content) = content.iter().next().unwrap();
    let given = answer.header("content-type");
    assert!(
        given.starts_with(kind.as_str()),
        "{method} {path}: {given} is not {kind}"
    );
    if kind == "application/json" {
        fits(document, &content["schema"], &answer.json(), path);
    }
}

async fn wrong_input(api: &Api, method: &Method, path: &str, operation: &Value, known: &Known) {
    if path.contains('{') {
        let answer = api
            .ask(method.clone(), &filled(path, known, false), &[], "")
            .await;
        is_refused(&answer, &[404, 401], path);
        let broken = path.replace(['{', '}'], "%ff");
        let answer = api.ask(method.clone(), &broken, &[], "").await;
        is_refused(&answer, &[400, 401], path);
    }
    let filled = filled(path, known, true);
    let parameters = operation["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let queries: Vec<&Value> = parameters.iter().filter(|it| it["in"] == "query").collect();
    if !queries.is_empty() {
        let answer = api
            .ask(method.clone(), &format!("{filled}?nonsense=1"), &[], "")
            .await;
        is_refused(&answer, &[400], path);
    }
    for parameter in queries {
        let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
        if is_free_text(schema) && !matches!(name, "by" | "month" | "pipeline") {
            continue;
        }
        if name == "pipeline" && (path.starts_with("/api/sync") || path == "/api/postings") {
            continue; // a history may be of pipelines that are gone
        }
        let asked = format!("{filled}?{name}=%C2%BF");
        let answer = api.ask(method.clone(), &asked, &[], "").await;
        is_refused(&answer, &[400, 404], &asked);
    }
    if operation["requestBody"].is_object() && !path.starts_with("/hooks/") {
        for body in ["{", "[]", "7", r#"{"nonsense":1}"#] {
            let answer = api.ask(method.clone(), &filled, &[], body).await;
            is_refused(&answer, &[400], path);
        }
    }
    let answer = api.ask(Method::PATCH, &filled, &[], "").await;
    is_refused(&answer, &[405], path);
}

fn is_free_text(schema: &Value) -> bool {
    let kinds = &schema["type"];
    let text = kinds == "string" || kinds == &json!(["string", "null"]);
    text && schema.get("enum").is_none() && schema.get("format").is_none()
}

fn is_refused(answer: &Answer, statuses: &[u16], what: &str) {
    assert!(
        statuses.contains(&answer.status.as_u16()),
        "{what}: {answer:?}"
    );
}

/// Whether a value is as its schema says; as much of JSON Schema as the description uses.
fn fits(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        return fits(document, document.pointer(pointer).unwrap(), value, place);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let null = choices.iter().any(|choice| choice["type"] == "null");
        if null && value.is_null() {
            return;
        }
        let other = choices
            .iter()
            .find(|choice| choice["type"] != "null")
            .unwrap();
        return fits(document, other, value, place);
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    // what is described as any object may be absent
    let any = schema.get("properties").is_none() && kinds == ["object"];
    assert!(
        kinds.contains(&kind) || kinds.is_empty() || any,
        "{place}: {value} is not {schema}"
    );
    if let Some(words) = schema["enum"].as_array() {
        assert!(
            words.contains(value),
            "{place}: {value} is none of {words:?}"
        );
    }
    if let (Some(members), Some(value)) = (schema["properties"].as_object(), value.as_object()) {
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(
                value.contains_key(name.as_str().unwrap()),
                "{place} lacks {name}"
            );
        }
        for (name, value) in value {
            let schema = members.get(name);
            let schema = schema.unwrap_or_else(|| panic!("{place}.{name} is not described"));
            fits(document, schema, value, &format!("{place}.{name}"));
        }
    }
    for (index, value) in value.as_array().into_iter().flatten().enumerate() {
        fits(
            document,
            &schema["items"],
            value,
            &format!("{place}[{index}]"),
        );
    }
}

fn every_reference_leads_somewhere(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let pointer = reference.trim_start_matches('#');
                assert!(
                    document.pointer(pointer).is_some(),
                    "{reference} is not there"
                );
            }
            members
                .values()
                .for_each(|part| every_reference_leads_somewhere(document, part));
        }
        Value::Array(parts) => parts
            .iter()
            .for_each(|part| every_reference_leads_somewhere(document, part)),
        _ => {}
    }
}
