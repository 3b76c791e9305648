//! The shapes in which `QuickBooks`, its gateway and its XML past say no (FACTS: QuickBooks §5.1).
//! What they mean: `fault.rs`.

use serde::Deserialize;
use serde_json::Value;

/// One error of a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FaultError {
    /// The code; `None` where there is none that is a number.
    pub(crate) code: Option<u32>,
    /// The sentence, in the company's language.
    pub(crate) message: String,
    /// The sentence that says more, in the company's language.
    pub(crate) detail: String,
    /// The member it is about.
    pub(crate) element: String,
}

/// A fault as the service writes it, or, with lower-case names, the gateway.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Fault {
    #[serde(rename = "Error", alias = "error", default)]
    errors: Vec<WireError>,
}

#[derive(Clone, Debug, Deserialize)]
struct WireError {
    #[serde(rename = "Message", alias = "message", default)]
    message: Option<String>,
    #[serde(rename = "Detail", alias = "detail", default)]
    detail: Option<String>,
    #[serde(default)]
    code: Value,
    #[serde(default)]
    element: Option<String>,
}

/// What every answer is looked at for before anything else.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Fault", alias = "fault", default)]
    fault: Option<Fault>,
}

impl Fault {
    /// Its errors; a fault that names none is one without a code.
    pub(crate) fn errors(self) -> Vec<FaultError> {
        if self.errors.is_empty() {
            return vec![FaultError::default()];
        }
        self.errors.into_iter().map(WireError::read).collect()
    }
}

impl WireError {
    fn read(self) -> FaultError {
        let code = match &self.code {
            Value::String(text) => text.trim().parse().ok(),
            other => other.to_string().parse().ok(),
        };
        FaultError {
            code,
            message: self.message.unwrap_or_default(),
            detail: self.detail.unwrap_or_default(),
            element: self.element.unwrap_or_default(),
        }
    }
}

/// The errors in `body`, whatever the status that came with it; empty where it holds no fault.
pub(crate) fn errors_in(body: &str) -> Vec<FaultError> {
    if let Ok(envelope) = serde_json::from_str::<Envelope>(body) {
        return envelope.fault.map(Fault::errors).unwrap_or_default();
    }
    xml_errors(body)
}

/// The errors of the XML twin, which old paths and some gateways answer with whatever was asked for.
fn xml_errors(body: &str) -> Vec<FaultError> {
    let Some((_, fault)) = body.split_once("<Fault") else {
        return Vec::new();
    };
    fault
        .split("<Error")
        .skip(1)
        .filter_map(|error| {
            let (attributes, content) = error.split_once('>')?;
            Some(FaultError {
                code: between(attributes, "code=\"", "\"")
                    .and_then(|code| code.trim().parse().ok()),
                message: unescape(between(content, "<Message>", "</Message>")),
                detail: unescape(between(content, "<Detail>", "</Detail>")),
                element: unescape(between(attributes, "element=\"", "\"")),
            })
        })
        .collect()
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}

fn unescape(text: Option<&str>) -> String {
    text.unwrap_or_default()
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
