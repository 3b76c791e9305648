//! What planned faults make of answers: pages of proxies and firewalls, fatal
//! errors, broken JSON.

use std::sync::LazyLock;

use super::access::not_let_in;
use super::faults::{Fault, malform};
use super::recorded::{raw_body, recorded};
use super::reply::Reply;

/// Stands before the JSON where `display_errors` is on.
pub(crate) const PHP_WARNING: &str = "<br />\n<b>Warning</b>:  Undefined variable $foo in <b>/var/www/shop/wp-content/mu-plugins/loopback.php</b> on line <b>7</b><br />\n";
const BUSY: &str = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
const TOO_MANY: &str = "<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>\r\n<center><h1>429 Too Many Requests</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
const CHECKING: &str = "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Just a moment...</title></head><body><h1>Checking if the site connection is secure</h1></body></html>\n";
/// The recorded page of `WordPress` being updated.
static MAINTENANCE: LazyLock<String> =
    LazyLock::new(|| raw_body(recorded!("err-503-maintenance-html")));

/// The answer a fault gives in place of the store's own.
pub(crate) fn instead(fault: &Fault, path: &str, accepts_json: bool) -> Option<Reply> {
    let page = |status: u16, body: &str, retry_after: Option<u32>| {
        let body = body.to_owned();
        Some(Reply {
            status,
            body,
            html: true,
            retry_after,
            bare: true,
            ..Reply::default()
        })
    };
    match fault {
        Fault::Maintenance if accepts_json => {
            let message = "Briefly unavailable for scheduled maintenance. Check back in a minute.";
            Some(Reply {
                retry_after: Some(600),
                bare: true,
                ..fatal(503, "wp_die", message)
            })
        }
        Fault::Maintenance => page(503, &MAINTENANCE, Some(600)),
        Fault::Unavailable { retry_after } => page(503, BUSY, *retry_after),
        Fault::TooManyRequests { retry_after } => page(429, TOO_MANY, *retry_after),
        Fault::PhpFatal => {
            let message = "<p>There has been a critical error on this website.</p><p><a href=\"https://wordpress.org/documentation/article/faq-troubleshooting/\">Learn more about troubleshooting WordPress.</a></p>";
            Some(Reply {
                bare: true,
                ..fatal(500, "internal_server_error", message)
            })
        }
        Fault::HtmlInsteadOfJson => page(200, CHECKING, None),
        Fault::KeyRevoked => Some(not_let_in(path).into()),
        Fault::CutBody
        | Fault::CutConnection
        | Fault::TruncatedJson
        | Fault::Malformed(_)
        | Fault::Delay(_) => None,
    }
}

fn fatal(status: u16, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({
        "code": code, "message": message, "data": {"status": status}, "additional_errors": [],
    });
    let mut text = String::new();
    super::json::push_value(&mut text, &body);
    Reply {
        status,
        body: text,
        ..Reply::default()
    }
}

/// Breaks an answer that the store has made.
pub(crate) fn spoil(reply: &mut Reply, fault: &Fault) {
    match fault {
        Fault::TruncatedJson => {
            let half = (0..=reply.body.len() / 2).rev();
            let at = half
                .into_iter()
                .find(|at| reply.body.is_char_boundary(*at))
                .unwrap_or(0);
            reply.body.truncate(at);
        }
        Fault::Malformed(how) if reply.status == 200 => reply.body = malform(&reply.body, *how),
        _ => {}
    }
}
