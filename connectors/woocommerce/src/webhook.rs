//! Webhooks: only a hint to look sooner (FACTS: WooCommerce §9), so all that matters is whose it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Whether `signature` (the header `X-WC-Webhook-Signature`) is the store's for exactly these bytes.
/// It holds no time: a replay cannot be told, and does no more than one look too many.
///
/// `WordPress` resolves HTML entities in the secret before it signs, and so does this. Takes the same
/// time wherever a wrong signature differs.
pub fn webhook_is_genuine(secret: &SecretString, body: &[u8], signature: &str) -> bool {
    let secret = html_escape::decode_html_entities(secret.expose_secret());
    let Ok(signature) = STANDARD.decode(signature.trim()) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(&signature).is_ok()
}
