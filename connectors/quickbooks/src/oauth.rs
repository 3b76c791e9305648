//! The exchanges with Intuit's token and consent addresses (FACTS: QuickBooks §4), one function each.
//! What is kept, and when something is refreshed: `tokens.rs`.

use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kit::{Failure, HttpClient};
use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
    BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AccessToken, AsyncHttpClient, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardRevocableToken, TokenUrl,
};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::connection::Settings;

/// The right to read and write the books.
const SCOPE: &str = "com.intuit.quickbooks.accounting";
/// Shorter than half of the claim on the right to refresh, so that two tries fit into it.
const TIMEOUT: Duration = Duration::from_secs(12);
/// Lives this long where the answer does not say (FACTS: QuickBooks §4).
const DEFAULT_LIFE: Duration = Duration::from_secs(3600);

type Oauth = Client<
    BasicErrorResponse,
    Granted,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The token endpoint's good answer. Not the library's own type: that one flattens, which loses
/// Intuit's numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Granted {
    access_token: AccessToken,
    token_type: BasicTokenType,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<RefreshToken>,
    #[serde(default)]
    x_refresh_token_expires_in: Option<u64>,
    #[serde(default)]
    x_refresh_token_hard_expires_in: Option<u64>,
}

impl oauth2::TokenResponse for Granted {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// What an exchange brought.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// When it was asked for.
    pub(crate) obtained_at: Timestamp,
    /// Opens the books for an hour.
    pub(crate) access_token: SecretString,
    /// Until when.
    pub(crate) access_until: Timestamp,
    /// The next refresh token; `None` where the old one stays.
    pub(crate) refresh_token: Option<SecretString>,
    /// When the refresh token stops working if it is not used.
    pub(crate) refresh_until: Option<Timestamp>,
}

/// Why an exchange brought nothing.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// The refresh token or code is not, or no longer, good.
    InvalidGrant,
    /// No answer came, or one that cannot be read: the token may have been rotated all the same.
    Lost(Failure),
    /// Anything else; already decided.
    Other(Failure),
}

/// Intuit's OAuth addresses with the app's keys.
pub(crate) struct Endpoints {
    client: Oauth,
    http: HttpClient,
    revoke_url: Url,
    client_id: String,
    client_secret: SecretString,
}

impl Endpoints {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Failure> {
        let secret = settings.client_secret.expose_secret().to_owned();
        let client = Client::new(ClientId::new(settings.client_id.clone()))
            .set_client_secret(ClientSecret::new(secret))
            .set_auth_uri(AuthUrl::from_url(settings.authorize_url.clone()))
            .set_token_uri(TokenUrl::from_url(settings.token_url.clone()));
        Ok(Self {
            client,
            http: HttpClient::new(TIMEOUT)?,
            revoke_url: settings.revoke_url.clone(),
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
        })
    }

    /// The page on which an administrator of the company gives consent.
    pub(crate) fn consent_page(&self, redirect: &Url, state: &str) -> Url {
        let state = state.to_owned();
        let (page, _) = self
            .client
            .authorize_url(|| CsrfToken::new(state))
            .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(
                redirect.clone(),
            )))
            .add_scope(Scope::new(SCOPE.to_owned()))
            .url();
        page
    }

    /// Exchanges the code that the consent page's redirect brought.
    pub(crate) async fn exchange_code(
        &self,
        code: &SecretString,
        redirect: &Url,
        now: Timestamp,
    ) -> Result<Grant, Refusal> {
        let line = Line::new(&self.http);
        let redirect = std::borrow::Cow::Owned(RedirectUrl::from_url(redirect.clone()));
        let answer = self
            .client
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_redirect_uri(redirect)
            .request_async(&line)
            .await;
        read(answer, line.status(), now)
    }

    /// Exchanges a refresh token.
    pub(crate) async fn refresh(
        &self,
        refresh_token: &SecretString,
        now: Timestamp,
    ) -> Result<Grant, Refusal> {
        let line = Line::new(&self.http);
        let token = RefreshToken::new(refresh_token.expose_secret().to_owned());
        let answer = self
            .client
            .exchange_refresh_token(&token)
            .request_async(&line)
            .await;
        read(answer, line.status(), now)
    }

    /// Gives a refresh token back: from then on nothing opens the books.
    pub(crate) async fn revoke(&self, refresh_token: &SecretString) -> Result<(), Failure> {
        let body = serde_json::json!({ "token": refresh_token.expose_secret() });
        let request = self
            .http
            .post(self.revoke_url.clone())
            .basic_auth(&self.client_id, Some(self.client_secret.expose_secret()))
            .header("accept", "application/json")
            .json(&body);
        let answer = self.http.send(request).await?;
        match answer.status {
            // 400: it was no longer good, which is what was wanted
            200..=299 | 400 => Ok(()),
            401 => Err(wrong_keys()),
            status => Err(unclear(status)),
        }
    }
}

/// The library's requests through our client; remembers the status, which the library forgets.
struct Line<'h> {
    http: &'h HttpClient,
    status: AtomicU16,
}

impl<'h> Line<'h> {
    fn new(http: &'h HttpClient) -> Self {
        Self {
            http,
            status: AtomicU16::new(0),
        }
    }

    fn status(&self) -> u16 {
        self.status.load(Ordering::Relaxed)
    }

    async fn post(&self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| wrong_address())?;
        let request = self
            .http
            .post(url)
            .headers(parts.headers)
            .header("x-include-refresh-token-hard-expires-in", "true")
            .body(body);
        let answer = self.http.send(request).await?;
        self.status.store(answer.status, Ordering::Relaxed);
        let mut response = HttpResponse::new(answer.body.into_bytes());
        *response.status_mut() = oauth2::http::StatusCode::from_u16(answer.status)
            .map_err(|_| unclear(answer.status))?;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Line<'_> {
    type Error = Failure;
    type Future = BoxFuture<'c, Result<HttpResponse, Failure>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.post(request))
    }
}

fn read(
    answer: Result<Granted, RequestTokenError<Failure, BasicErrorResponse>>,
    status: u16,
    now: Timestamp,
) -> Result<Grant, Refusal> {
    let granted = match answer {
        Ok(granted) => granted,
        Err(RequestTokenError::ServerResponse(error)) => {
            return Err(refusal(error.error(), status));
        }
        Err(RequestTokenError::Request(failure)) if failure.outcome_unknown() => {
            return Err(Refusal::Lost(failure));
        }
        Err(RequestTokenError::Request(failure)) => return Err(Refusal::Other(failure)),
        // never the answer's own text: it can hold tokens
        Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => {
            return Err(match status {
                401 => Refusal::Other(wrong_keys()),
                404 => Refusal::Other(wrong_address()),
                status => Refusal::Lost(unclear(status)),
            });
        }
    };
    let after = |seconds: u64| {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        now.saturating_add(jiff::SignedDuration::from_secs(seconds))
            .unwrap_or(Timestamp::MAX)
    };
    let rolling = granted.x_refresh_token_expires_in.map(after);
    let hard = granted.x_refresh_token_hard_expires_in.map(after);
    Ok(Grant {
        obtained_at: now,
        access_token: SecretString::from(granted.access_token.secret().clone()),
        access_until: after(granted.expires_in.unwrap_or(DEFAULT_LIFE.as_secs())),
        refresh_token: granted
            .refresh_token
            .map(|token| SecretString::from(token.secret().clone())),
        refresh_until: [rolling, hard].into_iter().flatten().min(),
    })
}

fn refusal(error: &BasicErrorResponseType, status: u16) -> Refusal {
    match error {
        BasicErrorResponseType::InvalidGrant => Refusal::InvalidGrant,
        BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => {
            Refusal::Other(wrong_keys())
        }
        BasicErrorResponseType::InvalidRequest
        | BasicErrorResponseType::InvalidScope
        | BasicErrorResponseType::UnsupportedGrantType
        | BasicErrorResponseType::Extension(_) => match status {
            429 | 500..=599 => Refusal::Lost(unclear(status)),
            status => Refusal::Other(Failure::stop(
                "consent_refused",
                format!(
                    "Intuit refused the request for a token: {} (status {status})",
                    error.as_ref()
                ),
                "check `client_id` and `client_secret`, then connect again with `daybook connect`",
            )),
        },
    }
}

fn wrong_keys() -> Failure {
    Failure::stop(
        "wrong_app_keys",
        "Intuit does not know the app's keys",
        "copy `client_id` and `client_secret` again from the app's Keys page at \
         developer.intuit.com; sandbox and production have different ones",
    )
}

fn wrong_address() -> Failure {
    Failure::stop(
        "wrong_address",
        "there is no token service at this address",
        "check `token_url` of the connection, or leave it out",
    )
}

fn unclear(status: u16) -> Failure {
    Failure::retry(
        "token_service_trouble",
        format!("Intuit's token service gave no clear answer (status {status})"),
    )
}
