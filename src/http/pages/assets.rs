//! Style, script and icon, embedded in the program.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::super::extract::Named;
use super::super::problem::ApiProblem;

/// Name, type and content.
const ASSETS: [(&str, &str, &str); 3] = [
    (
        "daybook.css",
        "text/css; charset=utf-8",
        include_str!("../../../web/assets/daybook.css"),
    ),
    (
        "live.js",
        "text/javascript; charset=utf-8",
        include_str!("../../../web/assets/live.js"),
    ),
    (
        "icon.svg",
        "image/svg+xml",
        include_str!("../../../web/assets/icon.svg"),
    ),
];

/// Which content this is: a browser keeps it for as long as this does not change.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (_, _, content) in ASSETS {
        hash.update(content);
    }
    let mut digits = hex::encode(hash.finalize());
    digits.truncate(12);
    digits
});

/// Where a page finds it.
pub(super) fn path(name: &str) -> String {
    format!("/assets/{name}?v={}", *VERSION)
}

pub(super) async fn show(Named(name): Named<String>) -> Result<Response, ApiProblem> {
    let (_, kind, content) = ASSETS
        .iter()
        .find(|(known, _, _)| *known == name)
        .ok_or_else(|| ApiProblem::not_found("there is nothing at this path"))?;
    let headers = [
        (header::CONTENT_TYPE, *kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, *content).into_response())
}
