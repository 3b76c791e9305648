//! Puts answers on the wire: headers as `WordPress` sets them, chunked like
//! php-fpm, compressed when asked for, broken off when planned.

use std::io::Write as _;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use super::reply::Reply;

/// How an answer is sent.
pub(crate) struct Sending<'a> {
    pub site: &'a str,
    /// For the `Date` header.
    pub date: Timestamp,
    /// `HEAD`: headers only.
    pub headers_only: bool,
    pub gzip: bool,
    /// Breaks off in the middle of the body.
    pub cut: bool,
}

/// Bodies below this many bytes are not worth compressing.
const SMALLEST_ZIPPED: usize = 256;

/// Puts an answer on the wire.
pub(crate) fn send(reply: Reply, how: &Sending<'_>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    set_headers(response.headers_mut(), &reply, how.site, how.date);
    if how.headers_only {
        return response;
    }
    let mut bytes = reply.body.into_bytes();
    if how.gzip && bytes.len() > SMALLEST_ZIPPED {
        bytes = zipped(&bytes).unwrap_or(bytes);
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let mut chunks: Vec<Result<Bytes, std::io::Error>> = Vec::with_capacity(2);
    if how.cut {
        bytes.truncate(bytes.len() / 2);
    }
    chunks.push(Ok(Bytes::from(bytes)));
    if how.cut {
        chunks.push(Err(std::io::ErrorKind::ConnectionAborted.into()));
    }
    *response.body_mut() = Body::from_stream(futures_util::stream::iter(chunks));
    response
}

fn zipped(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 6), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn set_headers(headers: &mut HeaderMap, reply: &Reply, site: &str, date: Timestamp) {
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    };
    set("server", "nginx/1.22.1");
    set(
        "date",
        &jiff::fmt::rfc2822::to_string(&date.to_zoned(jiff::tz::TimeZone::UTC))
            .map_or_else(|_| String::new(), |text| text.replace("+0000", "GMT")),
    );
    set(
        "content-type",
        if reply.html {
            "text/html; charset=UTF-8"
        } else {
            JSON
        },
    );
    if let Some(seconds) = reply.retry_after {
        set("retry-after", &seconds.to_string());
    }
    if !reply.bare {
        set("x-robots-tag", "noindex");
        let home = format!("<{site}/wp-json/>; rel=\"https://api.w.org/\"");
        set("link", reply.paging.as_deref().unwrap_or(&home));
        set("x-content-type-options", "nosniff");
        set(
            "access-control-expose-headers",
            "X-WP-Total, X-WP-TotalPages, Link",
        );
        set("access-control-allow-headers", ALLOWED_HEADERS);
    }
    if let Some(totals) = reply.totals {
        set("x-wp-total", &totals.records.to_string());
        set("x-wp-totalpages", &totals.pages.to_string());
    }
    if let Some(verbs) = reply.allow {
        set("allow", verbs);
    }
    if reply.outside {
        set("vary", "Origin");
    } else if !reply.html || reply.retry_after == Some(600) {
        set("expires", "Wed, 11 Jan 1984 05:00:00 GMT");
        set(
            "cache-control",
            "no-cache, must-revalidate, max-age=0, no-store, private",
        );
    }
}

const JSON: &str = "application/json; charset=UTF-8";
const ALLOWED_HEADERS: &str =
    "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type";
