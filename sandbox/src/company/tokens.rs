//! The OAuth endpoints over HTTP. FACTS: QuickBooks §4.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::dispatch::{AUTHORIZE_PATH, Caller, Obstacles, REVOKE_PATH, TOKEN_PATH};
use super::oauth::{Grant, OAuthError};
use super::plan::RequestView;
use super::quirks::Rotation;
use super::reply::{Answered, Reply};
use super::shared::{Shared, lock};

pub(super) async fn serve(
    shared: &Shared,
    view: &RequestView,
    caller: &Caller,
    obstacles: &Obstacles,
) -> Reply {
    match (view.method.as_str(), view.path.as_str()) {
        ("POST", TOKEN_PATH) => token(shared, view, caller, obstacles).await,
        ("GET", AUTHORIZE_PATH) => authorize(shared, &view.query),
        ("POST", REVOKE_PATH) => revoke(shared, view, caller),
        (
            "GET",
            "/.well-known/openid_configuration" | "/.well-known/openid_sandbox_configuration",
        ) => discovery(shared),
        _ => Reply::html(404),
    }
}

/// Values of a form or a query string; the last of a name wins.
pub(super) fn values(encoded: &str) -> HashMap<String, String> {
    form_urlencoded::parse(encoded.as_bytes())
        .into_owned()
        .collect()
}

async fn token(
    shared: &Shared,
    view: &RequestView,
    caller: &Caller,
    obstacles: &Obstacles,
) -> Reply {
    let form = values(&view.body);
    let kind = form.get("grant_type").map(String::as_str);
    if kind == Some("refresh_token") {
        lock(&shared.counters).tally(|counts| counts.token_refreshes += 1);
    }
    let latency = lock(&shared.latency).token;
    obstacles.pass(latency).await;
    let granted = if is_known_app(shared, caller) {
        grant(shared, kind, &form, obstacles.lose_rotated_token)
    } else {
        Err(OAuthError::InvalidClient)
    };
    match granted {
        Ok(_) if obstacles.lose_rotated_token => Reply::Cut,
        Ok(grant) => granted_reply(&grant, caller.wants_hard_expiry),
        Err(error) => Reply::Answer(Answered {
            status: error.status(),
            content_type: "application/json;charset=UTF-8",
            body: error.body().to_owned(),
            headers: Vec::new(),
        }),
    }
}

fn grant(
    shared: &Shared,
    kind: Option<&str>,
    form: &HashMap<String, String>,
    forced_rotation: bool,
) -> Result<Grant, OAuthError> {
    let (rotation, grace) = {
        let company = lock(&shared.company);
        (company.quirks.rotation, company.quirks.rotation_grace)
    };
    let rotation = if forced_rotation {
        Rotation::EachUse
    } else {
        rotation
    };
    let field = |name: &str| form.get(name).ok_or(OAuthError::InvalidRequest);
    let now = shared.now();
    let mut oauth = lock(&shared.oauth);
    match kind {
        Some("refresh_token") => oauth.refresh(field("refresh_token")?, rotation, grace, now),
        Some("authorization_code") => oauth.exchange(field("code")?, field("redirect_uri")?, now),
        Some(_) => Err(OAuthError::UnsupportedGrant),
        None => Err(OAuthError::InvalidRequest),
    }
}

/// The members of the recorded `oauth_token_response.json`.
fn granted_reply(grant: &Grant, hard_expiry: bool) -> Reply {
    let mut body = json!({
        "token_type": "bearer",
        "expires_in": 3600,
        "refresh_token": grant.refresh_token,
        "x_refresh_token_expires_in": grant.refresh_seconds,
        "access_token": grant.access_token
    });
    if let (true, Some(object)) = (hard_expiry, body.as_object_mut()) {
        let seconds = Value::from(grant.hard_seconds);
        object.insert("x_refresh_token_hard_expires_in".to_owned(), seconds);
    }
    Reply::json(200, body.to_string())
}

fn is_known_app(shared: &Shared, caller: &Caller) -> bool {
    let header = caller.authorization.as_deref().unwrap_or_default();
    let pair = header
        .strip_prefix("Basic ")
        .and_then(|encoded| STANDARD.decode(encoded).ok());
    let pair = pair
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    let (id, secret) = pair.split_once(':').unwrap_or_default();
    lock(&shared.oauth).knows(id, secret)
}

/// The consent page, which consents by itself unless told to deny.
fn authorize(shared: &Shared, query: &str) -> Reply {
    let asked = values(query);
    let value = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let known = value("client_id") == lock(&shared.oauth).client_id;
    let redirect = url::Url::parse(value("redirect_uri"));
    let (true, "code", Ok(mut redirect)) = (known, value("response_type"), redirect) else {
        return Reply::html(400);
    };
    let mut pairs: Vec<(&str, String)> = vec![("state", value("state").to_owned())];
    if shared.denies_consent.load(Ordering::Relaxed) {
        pairs.push(("error", "access_denied".to_owned()));
    } else {
        let code = lock(&shared.oauth).issue_code(value("redirect_uri"), shared.now());
        pairs.push(("code", code));
        pairs.push(("realmId", shared.realm_id.clone()));
    }
    redirect.query_pairs_mut().extend_pairs(pairs);
    Reply::Answer(Answered {
        status: 302,
        content_type: "text/html",
        body: String::new(),
        headers: vec![("location", redirect.to_string())],
    })
}

/// A JSON body with the token and Basic authentication.
fn revoke(shared: &Shared, view: &RequestView, caller: &Caller) -> Reply {
    if !is_known_app(shared, caller) {
        return Reply::json(401, OAuthError::InvalidClient.body().to_owned());
    }
    let is_json = caller
        .content_type
        .as_deref()
        .is_some_and(|kind| kind.contains("json"));
    let body: Option<Value> = serde_json::from_str(&view.body).ok().filter(|_| is_json);
    let token = body
        .as_ref()
        .and_then(|body| body.get("token"))
        .and_then(Value::as_str);
    match token {
        Some(token) if lock(&shared.oauth).revoke(token) => Reply::empty(),
        _ => Reply::json(400, OAuthError::InvalidRequest.body().to_owned()),
    }
}

fn discovery(shared: &Shared) -> Reply {
    let base = &shared.base_url;
    let document = json!({
        "issuer": format!("{base}/op/v1"),
        "authorization_endpoint": format!("{base}{AUTHORIZE_PATH}"),
        "token_endpoint": format!("{base}{TOKEN_PATH}"),
        "userinfo_endpoint": format!("{base}/v1/openid_connect/userinfo"),
        "revocation_endpoint": format!("{base}{REVOKE_PATH}"),
        "jwks_uri": format!("{base}/op/v1/jwks"),
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]
    });
    Reply::json(200, document.to_string())
}
