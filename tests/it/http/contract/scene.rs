//! What must have happened so that a path has a right answer.

use daybook::http::Access;
use sandbox::company::{Effect, Fault, Pause, When};
use serde_json::Value;

use crate::http::api::Api;
use crate::http::hooks::SECRET;
use crate::support::plain_store;

/// A program in which a path has something to do, and the ids that belong there.
pub(super) struct Scene {
    pub(super) api: Api,
    sync: String,
    batch: String,
    posting: String,
    /// Holds the run in the middle, where there is one.
    pause: Option<Pause>,
}

impl Scene {
    /// The scene of a path: a run that is over and left one posting held, unless the path steers a run.
    pub(super) async fn of(path: &str) -> Self {
        let in_the_middle = ["/pause", "/resume", "/cancel", "/hold"];
        if !in_the_middle.iter().any(|end| path.ends_with(end)) {
            return Self::after_a_run().await;
        }
        let mut scene = Self::in_a_run().await;
        if path.ends_with("/resume") {
            let pause = format!("/api/sync/{}/pause", scene.batch);
            scene.api.post(&pause, "").await;
            scene.is_over().await;
        }
        scene
    }

    async fn after_a_run() -> Self {
        let api = program().await;
        let refused = api.world.shop().orders()[1].number.clone();
        let fault = Fault::business("Something is wrong with this one");
        let books = api.world.books();
        books.plan(When::DocNumber(refused), Effect::Refuse(fault));
        let started = api.start("orders", "").await;
        api.run_is_over().await;
        api.pass(60);
        Self::new(api, &started, "held", None).await
    }

    async fn in_a_run() -> Self {
        let api = program().await;
        let pause = api.world.books().hold_answer(When::Write(1));
        let started = api.start("orders", "").await;
        api.is_held(&pause).await;
        Self::new(api, &started, "queued", Some(pause)).await
    }

    async fn new(api: Api, started: &Value, state: &str, pause: Option<Pause>) -> Self {
        let path = format!("/api/postings?state={state}");
        let postings = api.get(&path).await.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            sync: text(&started["sync_id"]),
            batch: text(&started["batch_id"]),
            posting: text(&postings["postings"][0]["id"]),
            pause,
            api,
        }
    }

    /// Nothing goes on any more.
    pub(super) async fn is_over(&mut self) {
        if let Some(pause) = self.pause.take() {
            pause.release();
        }
        self.api.run_is_over().await;
    }

    /// The path with parameters that are there, or with some that are not.
    pub(super) fn filled(&self, path: &str, right: bool) -> String {
        let values = [
            ("stream", "orders"),
            ("sync_id", &self.sync),
            ("id", &self.posting),
            ("cause", "refused_by_quickbooks"),
            ("connection", "store"),
        ];
        values.iter().fold(path.to_owned(), |path, (name, value)| {
            let value = if right { value } else { "nothing-of-that-name" };
            path.replace(&format!("{{{name}}}"), value)
        })
    }

    /// A right value for each parameter that stands in a question.
    pub(super) fn value(&self, path: &str, name: &str) -> String {
        let value = match (path, name) {
            ("/api/sync/runs", "status") => "completed",
            (_, "state") => "held",
            (_, "limit") => "1",
            (_, "since") => "0",
            (_, "pipeline") => "store-to-books",
            (_, "before") => &self.batch,
            (_, "cursor") => &self.posting,
            (_, "cause") => "refused_by_quickbooks",
            (_, "q") => "Number",
            (_, "month") => "2026-11",
            (_, "from" | "to") => "2026-11-22",
            (_, "by") => "gateway",
            _ => panic!("{path} takes `{name}`: say here what a right one is"),
        };
        value.to_owned()
    }
}

/// Before three plain orders, sent one after the other.
async fn program() -> Api {
    let mut setup = plain_store();
    "batch_size = 1\nconcurrency = 1".clone_into(&mut setup.books_settings);
    setup.store_settings = format!("webhook_secret = \"{SECRET}\"");
    Api::new(setup, 3, Access::default()).await
}
