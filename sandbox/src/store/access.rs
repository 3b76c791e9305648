//! Who is let in: keys by Basic auth or in the query. FACTS: WooCommerce §2.

use axum::http::{HeaderMap, Method, header};
use base64::Engine as _;

use super::query::Params;
use super::reply::Refusal;

/// The keys of every simulated store. They open nothing else.
pub(crate) const KEY: &str = "ck_7b387b368cda694d0192ff061adcb2d25037b9cd";
/// The secret of all of them.
pub(crate) const SECRET: &str = "cs_0a96bc21dce0d082cdf2c9bf57d314a3de51e9a7";
/// May only read.
pub(crate) const READ_ONLY_KEY: &str = "ck_1111111111111111111111111111111111111111";
/// May only write.
pub(crate) const WRITE_ONLY_KEY: &str = "ck_2222222222222222222222222222222222222222";

/// May only read, and belongs to a user who sees orders but does not manage the shop.
pub(crate) const CLERK_KEY: &str = "ck_3333333333333333333333333333333333333333";

/// What only managers of the shop see: `manage_woocommerce` guards it
/// [source: wc-rest-functions.php, `wc_rest_check_manager_permissions`].
const OF_MANAGERS: [&str; 6] = [
    "settings",
    "taxes",
    "payment_gateways",
    "system_status",
    "data",
    "webhooks",
];

/// Nobody known asks: the same whether the key is wrong or missing.
pub(crate) fn not_let_in(path: &str) -> Refusal {
    let parts = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let one = parts.bytes().all(|byte| byte.is_ascii_digit());
    let message = if one {
        "Sorry, you cannot view this resource."
    } else {
        "Sorry, you cannot list resources."
    };
    Refusal::plain(401, "woocommerce_rest_cannot_view", message).outside()
}

/// Checks the key as WooCommerce does: one in the query goes before Basic auth.
pub(crate) fn let_in(
    method: &Method,
    path: &str,
    params: &Params,
    headers: &HeaderMap,
    basic_auth_ignored: bool,
) -> Result<(), Refusal> {
    let in_query = params
        .get("consumer_key")
        .zip(params.get("consumer_secret"));
    let keys = in_query.map(|(key, secret)| (key.to_owned(), secret.to_owned()));
    let basic = if basic_auth_ignored {
        None
    } else {
        basic(headers)
    };
    let (key, secret) = keys.or(basic).ok_or_else(|| not_let_in(path))?;
    let (reads, writes) = match key.as_str() {
        KEY => (true, true),
        READ_ONLY_KEY | CLERK_KEY => (true, false),
        WRITE_ONLY_KEY => (false, true),
        _ => return Err(not_let_in(path)),
    };
    let denied =
        |message: &str| Refusal::plain(401, "woocommerce_rest_authentication_error", message);
    if secret != SECRET {
        return Err(denied("Consumer secret is invalid.").outside());
    }
    let list = path
        .split("wc/v3/")
        .nth(1)
        .and_then(|path| path.split('/').next());
    if key == CLERK_KEY && list.is_some_and(|list| OF_MANAGERS.contains(&list)) {
        let message = "Sorry, you cannot list resources.";
        return Err(Refusal::plain(403, "woocommerce_rest_cannot_view", message));
    }
    let is_read = matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS");
    match (is_read, reads, writes) {
        (true, false, _) => Err(denied(
            "The API key provided does not have read permissions.",
        )),
        (false, _, false) => Err(denied(
            "The API key provided does not have write permissions.",
        )),
        _ => Ok(()),
    }
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let encoded = value.strip_prefix("Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (key, secret) = text.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}
