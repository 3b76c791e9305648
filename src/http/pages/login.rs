//! Signing in with a token, and out.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Form, RequestExt as _};
use maud::html;
use serde::Deserialize;

use super::super::access::SESSION;
use super::super::extract::Asked;
use super::super::guard::{COOKIE, checked_token, client, own_name, own_page};
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::words::login as said;
use super::{head, sentence, words};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NextQuery {
    next: String,
}

pub(super) async fn show(
    State(app): State<Shared>,
    headers: HeaderMap,
    Asked(query): Asked<NextQuery>,
) -> Result<Response, ApiProblem> {
    own_name(&app.access, &headers)?;
    if app.access.is_open() {
        return Ok(Redirect::to("/").into_response());
    }
    Ok(form(&query.next, None).into_response())
}

#[derive(Deserialize)]
struct Credentials {
    token: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn sign_in(
    State(app): State<Shared>,
    request: Request,
) -> Result<Response, ApiProblem> {
    own_name(&app.access, request.headers())?;
    own_page(&app.access, request.headers())?;
    let from = client(&app.access, &request);
    let Form(given) = request
        .extract::<Form<Credentials>, _>()
        .await
        .map_err(|error| ApiProblem::bad_request(error.body_text()))?;
    let role = match checked_token(&app, from, given.token.trim()) {
        Ok(role) => role,
        Err(problem) => {
            let status = problem.status;
            return Ok((status, form(&given.next, Some(&problem.detail))).into_response());
        }
    };
    let session = app.access.session(role, app.clock.now());
    let session = session.ok_or_else(|| {
        ApiProblem::new(
            StatusCode::UNAUTHORIZED,
            "token_needed",
            said::OPENS_NOTHING,
        )
    })?;
    let mut response = Redirect::to(&own_path(&given.next)).into_response();
    set_cookie(&app, &mut response, &session, SESSION.as_secs());
    Ok(response)
}

pub(super) async fn sign_out(
    State(app): State<Shared>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    own_name(&app.access, &headers)?;
    own_page(&app.access, &headers)?;
    let mut response = Redirect::to("/login").into_response();
    set_cookie(&app, &mut response, "", 0);
    Ok(response)
}

fn set_cookie(app: &App, response: &mut Response, session: &str, seconds: u64) {
    let public = app.access.public_url.as_ref();
    let secure = if public.is_some_and(|url| url.scheme() == "https") {
        "; Secure"
    } else {
        ""
    };
    let cookie =
        format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    if let Ok(mut value) = HeaderValue::from_str(&cookie) {
        value.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
}

/// Only to a page of our own: neither to another host nor to a path that a browser takes for one.
fn own_path(next: &str) -> String {
    let own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\n', '\r', '\t']);
    if own { next } else { "/" }.to_owned()
}

fn form(next: &str, trouble: Option<&str>) -> Html<String> {
    let markup = html! {
        (head(said::TITLE))
        body class="alone" {
            main id="main" {
                h1 { (words::PRODUCT) }
                @if let Some(trouble) = trouble {
                    p class="trouble" role="alert" id="trouble" { (sentence(trouble)) }
                }
                form method="post" action="/login" class="login" {
                    label for="token" { (said::LABEL) }
                    input id="token" name="token" type="password" required autofocus autocomplete="current-password"
                        aria-describedby="hint" aria-invalid=[trouble.map(|_| "true")];
                    p id="hint" class="small" { (said::HINT) }
                    input type="hidden" name="next" value=(own_path(next));
                    button type="submit" class="primary" { (said::TITLE) }
                }
            }
        }
    };
    Html(markup.into_string())
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        assert_eq!(own_path("/orders?q=1"), "/orders?q=1");
        for foreign in [
            "",
            "https://evil.example.com",
            "//evil.example.com",
            "/\\evil.com",
            "/\t/evil.com",
        ] {
            assert_eq!(own_path(foreign), "/", "{foreign}");
        }
    }
}
