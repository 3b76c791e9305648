//! The API does what it says of itself: every path of its description with right and wrong input.

mod scene;
mod schema;

use axum::http::Method;
use serde_json::{Value, json};

use self::scene::Scene;
use self::schema::{every_reference_leads_somewhere, fits};
use super::api::{Answer, Api};
use super::hooks::signature;

const SIGNATURE: &str = "x-wc-webhook-signature";

/// One thing that can be asked.
struct Operation<'a> {
    document: &'a Value,
    method: Method,
    path: &'a str,
    described: &'a Value,
}

#[tokio::test]
async fn every_path_answers_right_input_as_described_and_wrong_input_with_a_problem() {
    let document = serde_json::to_value(daybook::http::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    every_reference_leads_somewhere(&document, &document);
    let mut reading = Scene::of("/api/openapi.json").await;
    assert_eq!(
        reading.api.get("/api/openapi.json").await.json(),
        document,
        "it is served as it is"
    );
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, described) in item.as_object().unwrap() {
            let operation = Operation {
                document: &document,
                method: method.to_uppercase().parse().unwrap(),
                path,
                described,
            };
            operation.says_what_it_does();
            if operation.method == Method::GET {
                operation.is_walked(&mut reading).await;
            } else {
                operation.is_walked(&mut Scene::of(path).await).await;
            }
        }
    }
}

impl Operation<'_> {
    fn says_what_it_does(&self) {
        let text = self.described["summary"].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "{}: what does it do?", self.path);
        assert!(self.described["responses"]["default"].is_object());
    }

    /// Wrong input first: nothing of it may change what right input finds.
    async fn is_walked(&self, scene: &mut Scene) {
        self.wrong_input(scene).await;
        self.right_input(scene).await;
        scene.is_over().await;
    }

    /// What is asked rightly is done, and answered with a status and a body of the description.
    async fn right_input(&self, scene: &Scene) {
        let path = scene.filled(self.path, true);
        if self.path == "/api/sync/progress" {
            return self.endless(&scene.api, &path).await;
        }
        if self.path.starts_with("/hooks/") {
            for (body, signed) in [("webhook_id=1", None), ("{}", Some(signature("{}")))] {
                let headers: Vec<_> = signed.iter().map(|it| (SIGNATURE, it.as_str())).collect();
                let answer = scene
                    .api
                    .ask(self.method.clone(), &path, &headers, body)
                    .await;
                self.is_as_described(&answer, &path);
            }
            return;
        }
        let answer = scene.api.ask(self.method.clone(), &path, &[], "").await;
        self.is_as_described(&answer, &path);
        for name in self.questions().filter_map(|it| it["name"].as_str()) {
            let asked = format!("{path}?{name}={}", scene.value(self.path, name));
            let answer = scene.api.ask(self.method.clone(), &asked, &[], "").await;
            self.is_as_described(&answer, &asked);
        }
        if self.described["requestBody"].is_object() {
            scene.api.run_is_over().await;
            scene.api.pass(60);
            let all = json!({
                "target": "quickbooks", "full_sync": true, "dry_run": true, "limit": 2,
                "resume_from": null, "pipeline": "store-to-books",
            });
            let known = &self.document["components"]["schemas"]["StartRequest"]["properties"];
            let names = |it: &Value| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&all), names(known), "each member is tried");
            let answer = scene.api.post(&path, &all.to_string()).await;
            self.is_as_described(&answer, &path);
        }
    }

    /// Events that do not end: the first of them is looked at.
    async fn endless(&self, api: &Api, path: &str) {
        let events = &self.described["responses"]["200"]["content"]["text/event-stream"]["schema"];
        let run = json!({ "$ref": "#/components/schemas/RunReport" });
        let mut watcher = api.watch(&format!("{path}?since=0"), &[]).await;
        for (event, schema) in [("complete", events), ("run", &run)] {
            let heard = watcher.until(|heard| heard.event == event).await;
            fits(self.document, schema, &heard.data, event);
        }
    }

    fn is_as_described(&self, answer: &Answer, asked: &str) {
        let status = answer.status.as_u16();
        let described = &self.described["responses"][status.to_string()];
        let method = &self.method;
        assert!(
            described.is_object() && answer.status.is_success(),
            "{method} {asked} answers {status}: {answer:?}"
        );
        let Some(content) = described["content"].as_object() else {
            return; // the status says it all
        };
        let (kind, content) = content.iter().next().unwrap();
        let given = answer.header("content-type");
        assert!(
            given.starts_with(kind.as_str()),
            "{method} {asked}: {given} is not {kind}"
        );
        if kind == "application/json" {
            fits(self.document, &content["schema"], &answer.json(), asked);
        }
    }

    /// The parameters that stand behind the question mark.
    fn questions(&self) -> impl Iterator<Item = &Value> {
        let parameters = self.described["parameters"]
            .as_array()
            .into_iter()
            .flatten();
        parameters.filter(|it| it["in"] == "query")
    }

    async fn wrong_input(&self, scene: &Scene) {
        let ask = async |path: &str, body: &str| {
            let answer = scene.api.ask(self.method.clone(), path, &[], body);
            answer.await
        };
        let path = self.path;
        if path.contains('{') {
            let answer = ask(&scene.filled(path, false), "").await;
            is_refused(&answer, &[404, 401], path);
            let broken = path.replace(['{', '}'], "%ff");
            is_refused(&ask(&broken, "").await, &[400, 401], path);
        }
        let filled = scene.filled(path, true);
        if self.questions().next().is_some() {
            let asked = format!("{filled}?nonsense=1");
            is_refused(&ask(&asked, "").await, &[400], path);
        }
        for parameter in self.questions() {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            if is_free_text(schema) && !matches!(name, "by" | "month" | "pipeline") {
                continue;
            }
            if name == "pipeline" && (path.starts_with("/api/sync") || path == "/api/postings") {
                continue; // a history may be of pipelines that are gone
            }
            let asked = format!("{filled}?{name}=%C2%BF");
            is_refused(&ask(&asked, "").await, &[400, 404], &asked);
        }
        if self.described["requestBody"].is_object() && !path.starts_with("/hooks/") {
            for body in ["{", "[]", "7", r#"{"nonsense":1}"#] {
                is_refused(&ask(&filled, body).await, &[400], path);
            }
        }
        let answer = scene.api.ask(Method::PATCH, &filled, &[], "").await;
        is_refused(&answer, &[405], path);
    }
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
