//! A store and a client to ask it with.

use daybook_sandbox::store::{
    RecordedStore, StoreContents, StoreHandle, StoreOptions, StoreServer,
};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A running store and a client with its key.
pub(crate) struct Shop {
    pub store: StoreServer,
    pub client: reqwest::Client,
}

/// What came back.
pub(crate) struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("the body is JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a plain header"))
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        let list = self.json();
        list.as_array()
            .expect("a list")
            .iter()
            .map(|one| one["id"].as_u64().unwrap())
            .collect()
    }
}

impl Shop {
    pub(crate) async fn open(options: StoreOptions) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = StoreServer::start(options).await.expect("a free port");
        let client = reqwest::Client::builder().build().expect("a client");
        Self { store, client }
    }

    pub(crate) async fn recorded(store: RecordedStore) -> Self {
        Self::open(StoreOptions::new(StoreContents::recorded(store))).await
    }

    pub(crate) fn handle(&self) -> StoreHandle {
        self.store.handle()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/wp-json/wc/v3{path}", self.store.url())
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.try_get(path).await.expect("an answer")
    }

    pub(crate) async fn try_get(&self, path: &str) -> Result<Got, reqwest::Error> {
        let request = self
            .client
            .get(self.url(path))
            .basic_auth(
                self.store.consumer_key(),
                Some(self.store.consumer_secret()),
            )
            .header("Accept", "application/json");
        got(request.send().await?).await
    }
}

pub(crate) async fn got(response: reqwest::Response) -> Result<Got, reqwest::Error> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    Ok(Got {
        status,
        headers,
        text: response.text().await?,
    })
}

/// A recorded exchange.
pub(crate) struct Exchange(Value);

impl Exchange {
    pub(crate) fn load(name: &str) -> Self {
        let path = format!(
            "{}/recorded/woocommerce/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self(serde_json::from_str(&text).expect("a recorded exchange"))
    }

    /// The path below `/wp-json/wc/v3` with the query.
    pub(crate) fn path(&self) -> String {
        let path = self.0["request"]["path"].as_str().unwrap();
        let below = path.strip_prefix("/wp-json/wc/v3").unwrap_or(path);
        match self.0["request"]["query"].as_str() {
            None | Some("") => below.to_owned(),
            Some(query) => format!("{below}?{query}"),
        }
    }

    pub(crate) fn status(&self) -> u16 {
        u16::try_from(self.0["response"]["status"].as_u64().unwrap()).unwrap()
    }

    /// The raw body, its site moved to `site`.
    pub(crate) fn body(&self, site: &str) -> String {
        let body = self.0["response"]["body"].as_str().unwrap_or_default();
        let escaped = site.replace('/', "\\/");
        (8443..=8450).fold(body.to_owned(), |text, port| {
            text.replace(&format!("https:\\/\\/127.0.0.1:{port}"), &escaped)
        })
    }

    pub(crate) fn header(&self, name: &str, site: &str) -> String {
        let headers = self.0["response"]["headers"].as_array().unwrap();
        let found = headers.iter().find(|header| {
            header[0]
                .as_str()
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        });
        let value = found.map_or("", |header| header[1].as_str().unwrap());
        (8443..=8450).fold(value.to_owned(), |text, port| {
            text.replace(&format!("https://127.0.0.1:{port}"), site)
        })
    }
}
