//! A company and a plain HTTP client that knows nothing of any connector.

use std::sync::Arc;
use std::sync::Once;
use std::sync::atomic::{AtomicI64, Ordering};

use daybook_sandbox::clock::SandboxClock;
use daybook_sandbox::company::{CompanyHandle, CompanyOptions, CompanyServer, Limits, Regime};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) struct World {
    pub(crate) server: CompanyServer,
    pub(crate) books: CompanyHandle,
    pub(crate) client: reqwest::Client,
    pub(crate) token: String,
    pub(crate) time: TestClock,
}

/// A clock a test moves by hand.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The code of the first error of a fault.
    pub(crate) fn code(&self) -> String {
        self.json()["Fault"]["Error"][0]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn detail(&self) -> String {
        self.json()["Fault"]["Error"][0]["Detail"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

pub(crate) fn http_client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // a second installation would only find the first
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.no_proxy().build().unwrap()
}

impl World {
    /// A fresh company without limits.
    pub(crate) async fn new(regime: Regime) -> Self {
        Self::with(regime, |options| options.limits = Limits::off()).await
    }

    pub(crate) async fn with(regime: Regime, change: impl FnOnce(&mut CompanyOptions)) -> Self {
        // 2026-11-21T18:00:00Z
        let time = TestClock(Arc::new(AtomicI64::new(1_795_284_000_000)));
        let clock = time.clone();
        let mut options = CompanyOptions::fresh(regime);
        options.clock = SandboxClock::new(move || {
            Timestamp::from_millisecond(clock.0.load(Ordering::SeqCst)).unwrap()
        });
        change(&mut options);
        let server = CompanyServer::start(options).await.unwrap();
        let books = server.handle();
        let token = books.access_token();
        Self {
            server,
            books,
            client: http_client(),
            token,
            time,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!(
            "{}/v3/company/{}/{path}",
            self.server.base_url(),
            self.server.realm_id()
        )
    }

    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        let request = self.client.post(self.url(path)).bearer_auth(&self.token);
        let request = request.header("accept", "application/json");
        answer(request.json(body).send().await?).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.try_post(path, &body).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = self.client.get(self.url(path)).bearer_auth(&self.token);
        answer(request.send().await.unwrap()).await.unwrap()
    }

    pub(crate) async fn query(&self, statement: &str) -> Answer {
        let request = self.client.get(self.url("query")).bearer_auth(&self.token);
        answer(request.query(&[("query", statement)]).send().await.unwrap())
            .await
            .unwrap()
    }

    pub(crate) async fn batch(&self, request_id: &str, items: Value) -> Answer {
        self.post(
            &format!("batch?requestid={request_id}"),
            json!({ "BatchItemRequest": items }),
        )
        .await
    }

    /// The id of a list object.
    pub(crate) fn id(&self, kind: daybook_sandbox::company::Kind, name: &str) -> String {
        self.books.id_named(kind, name).unwrap()
    }

    /// A receipt of one line to the item `Services` (id 1).
    pub(crate) fn receipt(&self, number: &str, amount: &str, tax_code: &str) -> Value {
        json!({ "DocNumber": number, "Line": [self.line(amount, tax_code)] })
    }

    #[expect(clippy::unused_self, reason = "a world's line, like a world's receipt")]
    pub(crate) fn line(&self, amount: &str, tax_code: &str) -> Value {
        let amount: serde_json::Number = amount.parse().unwrap();
        let mut detail = json!({ "ItemRef": { "value": "1" } });
        if !tax_code.is_empty() {
            detail["TaxCodeRef"] = json!({ "value": tax_code });
        }
        json!({
            "Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail
        })
    }
}

pub(crate) async fn answer(response: reqwest::Response) -> reqwest::Result<Answer> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    Ok(Answer {
        status,
        headers,
        text: response.text().await?,
    })
}

/// A recorded exchange.
pub(crate) fn recording(name: &str) -> Value {
    let path = format!(
        "{}/recorded/quickbooks/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The decimal of a JSON number, whatever its trailing zeros.
pub(crate) fn decimal(value: &Value) -> rust_decimal::Decimal {
    value.to_string().parse().unwrap()
}

pub(crate) fn dec(text: &str) -> rust_decimal::Decimal {
    text.parse().unwrap()
}
