//! Recorded exchanges with real stores (copies; what they are: `tests/recorded/README.md`).

use std::path::Path;

use serde_json::Value;
use serde_json::value::RawValue;

/// One recorded exchange.
pub(crate) struct Exchange {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) request_headers: Vec<(String, String)>,
    pub(crate) request_body: String,
}

/// The exchange of that name.
pub(crate) fn exchange(name: &str) -> Exchange {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recorded")
        .join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).expect("the recording is there");
    let recording: Value = serde_json::from_str(&text).expect("recordings are JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let headers = |value: &Value| -> Vec<(String, String)> {
        let pairs = value.as_array().into_iter().flatten();
        pairs.map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
    };
    Exchange {
        status: u16::try_from(recording["response"]["status"].as_u64().unwrap()).unwrap(),
        headers: headers(&recording["response"]["headers"]),
        body: text(&recording["response"]["body"]),
        request_headers: headers(&recording["request"]["headers"]),
        request_body: text(&recording["request"]["body"]),
    }
}

/// The answer's body.
pub(crate) fn body(name: &str) -> String {
    exchange(name).body
}

/// The entities of a recorded answer, a list or a single one.
pub(crate) fn entities(name: &str) -> Vec<String> {
    let body = body(name);
    if !body.starts_with('[') {
        return vec![body];
    }
    let list: Vec<Box<RawValue>> = serde_json::from_str(&body).expect("a JSON list");
    list.iter().map(|entity| entity.get().to_owned()).collect()
}
