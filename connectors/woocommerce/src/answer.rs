//! What an answer of the store means. The one place that decides: status *and* body count, since a
//! 200 can hold junk and a "not found" can be a 500 (FACTS: WooCommerce §2).

use jiff::Timestamp;
use kit::{Answer, Failure};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What an answer's JSON must be; parsed once, into slices of the answer.
pub(crate) trait Shape<'a>: Deserialize<'a> {
    /// How its JSON begins.
    const OPENING: char;
}

impl<'a> Shape<'a> for Vec<&'a RawValue> {
    const OPENING: char = '[';
}

impl<'a> Shape<'a> for &'a RawValue {
    const OPENING: char = '{';
}

/// An error as `WordPress` writes it. `data` is an object with the status, a bare number, or null.
#[derive(Deserialize)]
struct ErrorBody {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

impl ErrorBody {
    fn status(&self) -> Option<u64> {
        self.data
            .as_u64()
            .or_else(|| self.data.get("status")?.as_u64())
    }

    /// The message without tags, and what it says about single parameters.
    fn says(&self) -> String {
        let mut text = without_tags(&self.message);
        if let Some(params) = self.data.get("params").and_then(Value::as_object) {
            for reason in params.values().filter_map(Value::as_str) {
                text = format!("{text}: {reason}");
            }
        }
        let text: String = text.chars().take(300).collect();
        text.trim_end_matches('.').to_owned()
    }
}

/// The JSON of a good answer, else what its refusal means. `what` is the request's path.
pub(crate) fn json<'a, T: Shape<'a>>(
    answer: &'a Answer,
    what: &str,
    now: Timestamp,
) -> Result<T, Failure> {
    if answer.status == 200 || answer.status == 201 {
        return whole_json(answer, what);
    }
    let error = serde_json::from_str::<ErrorBody>(&answer.body).ok();
    Err(refusal(answer, error.as_ref(), what).after(answer.retry_after(now)))
}

fn whole_json<'a, T: Shape<'a>>(answer: &'a Answer, what: &str) -> Result<T, Failure> {
    let body = answer.body.trim_start_matches('\u{feff}').trim();
    if body.starts_with(T::OPENING) {
        return serde_json::from_str(body).map_err(|error| {
            // no excerpt: it could hold a customer's data
            if error.is_eof() {
                Failure::retry(
                    "answer_cut_short",
                    format!("the store's answer to `{what}` ends in the middle"),
                )
            } else {
                Failure::retry(
                    "answer_not_json",
                    format!("the store's answer to `{what}` is not whole JSON"),
                )
            }
        });
    }
    if body.starts_with(['[', '{']) {
        return Err(match serde_json::from_str::<ErrorBody>(body) {
            Ok(error) => refusal(answer, Some(&error), what),
            Err(_) => Failure::retry(
                "answer_unexpected",
                format!("the store answered `{what}` with JSON of another kind"),
            ),
        });
    }
    // PHP's warnings come before the JSON where the store shows them (FACTS: WooCommerce §2)
    for (place, _) in body.match_indices(T::OPENING).take(1_000) {
        if let Ok(json) = serde_json::from_str(body.get(place..).unwrap_or_default()) {
            tracing::warn!("the store wrote a warning before its answer to `{what}`");
            return Ok(json);
        }
    }
    Err(Failure::retry(
        "answer_not_json",
        format!(
            "the store answered `{what}` with something else than JSON: {}",
            excerpt(answer)
        ),
    ))
}

fn refusal(answer: &Answer, error: Option<&ErrorBody>, what: &str) -> Failure {
    let hidden = error.and_then(ErrorBody::status);
    let status = match (answer.status, hidden) {
        // an error that came as a success
        (200, hidden) => hidden.and_then(|it| u16::try_from(it).ok()).unwrap_or(500),
        (status, _) => status,
    };
    let says = error.map_or_else(|| excerpt(answer), ErrorBody::says);
    let message = format!("the store answered {status} to `{what}`: {says}");
    let code = error.map_or("", |error| error.code.as_str());
    let not_found = hidden == Some(404);
    match status {
        300..=399 => Failure::stop(
            "store_moved",
            format!(
                "the store answered {status} to `{what}`{}",
                moved_to(answer)
            ),
            "use the address it points to as the connection's `url`",
        ),
        _ if code == "rest_no_route" => Failure::stop(
            "no_such_route",
            message,
            "check that `url` is the shop's address and that WooCommerce 9.0 or newer is active there",
        ),
        _ if not_found => Failure::reject(
            "not_found",
            message,
            "it was deleted in the store, or never was there",
        ),
        401 | 403 => unauthorized(error, message, status),
        404 => Failure::stop(
            "no_rest_api",
            message,
            "check the connection's `url`, and that WordPress' permalinks are not set to \"Plain\"",
        ),
        408 | 425 | 429 | 500..=599 => Failure::retry(retry_code(status), message),
        _ => Failure::stop(
            "request_refused",
            message,
            "update WooCommerce to 9.0 or newer; if it is, report this as a bug of daybook",
        ),
    }
}

fn retry_code(status: u16) -> &'static str {
    match status {
        429 => "store_throttles",
        503 => "store_unavailable",
        _ => "store_error",
    }
}

fn unauthorized(error: Option<&ErrorBody>, message: String, status: u16) -> Failure {
    let Some(error) = error else {
        return if status == 403 {
            // firewalls of hosts refuse bursts so, and let go after a while
            Failure::retry("store_blocks", message)
        } else {
            Failure::stop(
                "web_server_password",
                message,
                "the web server before the shop asks for a password of its own: exempt /wp-json/ from it",
            )
        };
    };
    if error.message.contains("permission") {
        return Failure::stop(
            "permission",
            message,
            "give the API key the permission \"Read\" (WooCommerce, Settings, Advanced, REST API)",
        );
    }
    if error.code == "woocommerce_rest_authentication_error" {
        return Failure::stop(
            "credentials",
            message,
            "check `consumer_secret`: the key is known, the secret is not its own",
        );
    }
    Failure::stop(
        "credentials",
        message,
        "check `consumer_key` and that its user may manage the shop; if both are right, the web \
         server drops the Authorization header, or WordPress' permalinks are set to \"Plain\"",
    )
}

/// Where a redirect points to, without its query.
fn moved_to(answer: &Answer) -> String {
    let Some(location) = answer.header("location") else {
        return String::new();
    };
    let place = location.split(['?', '#']).next().unwrap_or_default();
    format!(" and points to {place}")
}

/// The beginning of a page that is not JSON.
fn excerpt(answer: &Answer) -> String {
    let text = without_tags(&answer.body);
    let text: String = text.chars().take(160).collect();
    if text.is_empty() {
        "an empty page".to_owned()
    } else {
        format!("\"{text}\"")
    }
}

/// The text of a page: tags, styles and scripts taken out, entities resolved, in one line.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let end = ["style", "script"]
            .into_iter()
            .find(|name| tag.starts_with(name))
            .map_or(">".to_owned(), |name| format!("</{name}>"));
        rest = tag.split_once(end.as_str()).map_or("", |(_, rest)| rest);
    }
    text.push_str(rest);
    let text = html_escape::decode_html_entities(&text).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
