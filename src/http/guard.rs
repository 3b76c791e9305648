//! Who may ask what: a token where one is configured, only under our own names, and no writes from
//! other sites' pages.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::access::{Access, Role};
use super::problem::ApiProblem;
use super::router::{App, Shared};
use crate::config::leads_here;

/// The cookie of a session.
pub(super) const COOKIE: &str = "daybook_session";

/// Who asks; handlers find it in the request's extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    /// What they may do.
    pub(super) role: Role,
    /// Whether they signed in with a cookie, so that they can sign out.
    pub(super) signed_in: bool,
    /// When they asked: what changes later is not in the answer.
    pub(super) asked_at: Timestamp,
}

/// Refuses requests under foreign names, without the right token, and writes that a page of another
/// site makes in somebody's browser.
pub(super) async fn check(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let caller = match admit(&app, &request) {
        Ok(caller) => caller,
        Err(problem) => return refused(&request, problem),
    };
    request.extensions_mut().insert(caller);
    next.run(request).await
}

fn admit(app: &App, request: &Request) -> Result<Caller, ApiProblem> {
    let headers = request.headers();
    own_name(&app.access, headers)?;
    let caller = identify(app, request)?;
    if request.method().is_safe() {
        return Ok(caller);
    }
    if caller.role == Role::Viewer {
        return Err(read_only());
    }
    own_page(&app.access, headers)?;
    // a browser that sends a cookie says where the request comes from
    if caller.signed_in && headers.get(header::ORIGIN).is_none() {
        return Err(foreign_origin());
    }
    Ok(caller)
}

fn identify(app: &App, request: &Request) -> Result<Caller, ApiProblem> {
    let access = &app.access;
    let now = app.clock.now();
    if access.is_open() {
        return Ok(Caller {
            role: Role::Operator,
            signed_in: false,
            asked_at: now,
        });
    }
    let headers = request.headers();
    if let Some(token) = bearer(headers) {
        let role = checked_token(app, client(access, request), token)?;
        return Ok(Caller {
            role,
            signed_in: false,
            asked_at: now,
        });
    }
    let session = cookie(headers).and_then(|cookie| access.role_of_session(cookie, now));
    session
        .map(|role| Caller {
            role,
            signed_in: true,
            asked_at: now,
        })
        .ok_or_else(|| {
            ApiProblem::new(
                StatusCode::UNAUTHORIZED,
                "token_needed",
                "send the token: `Authorization: Bearer …`, or sign in at /login",
            )
        })
}

/// The role of a token, unless this address has given too many wrong ones lately.
pub(super) fn checked_token(
    app: &App,
    from: Option<IpAddr>,
    token: &str,
) -> Result<Role, ApiProblem> {
    let now = app.clock.now();
    if let Some(wait) = app.access.wrong.wait(from, now) {
        return Err(ApiProblem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_attempts",
            format!(
                "too many wrong tokens came from this address: try again in {} seconds",
                wait.as_secs().max(1)
            ),
        ));
    }
    app.access.role_of(token).ok_or_else(|| {
        app.access.wrong.note(from, now);
        ApiProblem::new(
            StatusCode::UNAUTHORIZED,
            "token_needed",
            "this is not the token of this daybook",
        )
    })
}

/// From which address a request comes, where the server says so. Behind a reverse proxy on this machine,
/// which is there where the public address is not this machine's own, it is what the proxy says last:
/// what stands before could be anybody's invention.
pub(super) fn client(access: &Access, request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| address.ip())?;
    if peer.to_canonical().is_loopback() && is_elsewhere(access) {
        return Some(last_hop(request.headers()).unwrap_or(peer));
    }
    Some(peer)
}

/// Whether browsers know us by a name or address that does not lead to this machine from itself.
fn is_elsewhere(access: &Access) -> bool {
    let public = access.public_url.as_ref();
    public.is_some_and(|public| !leads_here(public))
}

/// The address that the last proxy says it answers.
fn last_hop(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    let last = last.to_str().ok()?.rsplit(',').next()?.trim();
    let bare = last.trim_matches(['[', ']']);
    let address = bare.parse::<IpAddr>().ok();
    address.or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Refuses requests that were made to another name: a page of another site whose name was made to
/// lead here (DNS rebinding). An address cannot be made to.
pub(super) fn own_name(access: &Access, headers: &HeaderMap) -> Result<(), ApiProblem> {
    let host = text(headers, &header::HOST);
    let Some(host) = host else {
        return Err(ApiProblem::bad_request("the request says no `Host`"));
    };
    let name = without_port(host);
    let public = access.public_url.as_ref().and_then(|url| url.host_str());
    let own = name.eq_ignore_ascii_case("localhost")
        || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
        || public.is_some_and(|public| public.eq_ignore_ascii_case(name));
    if own {
        return Ok(());
    }
    Err(ApiProblem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "foreign_host",
        "this daybook is not known by that name: give it as `server.public_url`",
    ))
}

/// Refuses what a page of another site asks for. A browser says from which page a request comes;
/// other programs say nothing.
pub(super) fn own_page(access: &Access, headers: &HeaderMap) -> Result<(), ApiProblem> {
    let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(foreign_origin());
    }
    let Some(origin) = text(headers, &header::ORIGIN) else {
        return Ok(());
    };
    let public = access.public_url.as_ref();
    if public.is_some_and(|public| public.origin().ascii_serialization() == origin) {
        return Ok(());
    }
    let host = origin.split_once("://").map(|(_, host)| host);
    if host.is_some() && host == text(headers, &header::HOST) {
        return Ok(());
    }
    Err(foreign_origin())
}

/// A viewer asks for something that changes something.
pub(super) fn read_only() -> ApiProblem {
    ApiProblem::new(
        StatusCode::FORBIDDEN,
        "read_only",
        "this token may only read",
    )
}

fn foreign_origin() -> ApiProblem {
    ApiProblem::new(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "this request comes from a page of another site",
    )
}

fn refused(request: &Request, problem: ApiProblem) -> Response {
    if problem.status != StatusCode::UNAUTHORIZED {
        return problem.into_response();
    }
    if request.method().is_safe() && wants_page(request.headers()) {
        let path = request.uri().path_and_query();
        let next = path.map_or("/", |path| path.as_str());
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("next", next)
            .finish();
        return Redirect::to(&format!("/login?{query}")).into_response();
    }
    let mut response = problem.into_response();
    let challenge = HeaderValue::from_static("Bearer");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// Whether a person looks at the answer.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    text(headers, &header::ACCEPT).is_some_and(|accept| accept.contains("text/html"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = text(headers, &header::AUTHORIZATION)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn without_port(host: &str) -> &str {
    if let Some(end) = host.find(']') {
        return host.get(..=end).unwrap_or(host);
    }
    host.split(':').next().unwrap_or(host)
}
