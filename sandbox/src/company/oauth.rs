//! Consent and tokens. FACTS: QuickBooks §4.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::quirks::Rotation;

/// Seconds an access token lives.
const ACCESS_SECONDS: i64 = 3600;
/// Seconds a refresh token lives from its last use: 101 days, as recorded.
const REFRESH_SECONDS: i64 = 8_726_400;
/// Seconds a consent lives at most: five years.
const HARD_SECONDS: i64 = 5 * 365 * 86_400;
/// Seconds an authorisation code lives.
const CODE_SECONDS: i64 = 600;

/// Why the token endpoint refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OAuthError {
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    UnsupportedGrant,
}

impl OAuthError {
    pub(super) const fn status(self) -> u16 {
        match self {
            Self::InvalidClient => 401,
            _ => 400,
        }
    }

    /// Recorded: `oauth_invalid_grant.json`.
    pub(super) const fn body(self) -> &'static str {
        match self {
            Self::InvalidClient => r#"{"error":"invalid_client"}"#,
            Self::InvalidGrant => {
                r#"{"error_description":"Incorrect or invalid refresh token","error":"invalid_grant"}"#
            }
            Self::InvalidRequest => r#"{"error":"invalid_request"}"#,
            Self::UnsupportedGrant => r#"{"error":"unsupported_grant_type"}"#,
        }
    }
}

/// Why an access token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AccessError {
    Unknown,
    Expired,
}

/// What a successful token request answers.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    pub(super) refresh_seconds: i64,
    pub(super) hard_seconds: i64,
}

/// One successful use of the token endpoint.
#[derive(Clone, Debug)]
pub struct TokenGrant {
    /// When, by the company's clock.
    pub at: Timestamp,
    /// Whether by refresh token; otherwise by authorisation code.
    pub by_refresh: bool,
    /// Whether the refresh token in the answer is a new one.
    pub rotated: bool,
}

#[derive(Debug)]
struct Code {
    redirect_uri: String,
    expires: Timestamp,
}

/// Clients, codes and tokens.
#[derive(Debug)]
pub(super) struct OAuth {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    random: StdRng,
    codes: HashMap<String, Code>,
    access: HashMap<String, Timestamp>,
    current: Option<Refresh>,
    previous: Option<(String, Timestamp)>,
    pub(super) log: Vec<TokenGrant>,
}

#[derive(Clone, Debug)]
struct Refresh {
    token: String,
    issued: Timestamp,
    expires: Timestamp,
    consented: Timestamp,
}

impl OAuth {
    pub(super) fn new(client_id: String, client_secret: String, seed: u64, now: Timestamp) -> Self {
        let mut oauth = Self {
            client_id,
            client_secret,
            random: StdRng::seed_from_u64(seed),
            codes: HashMap::new(),
            access: HashMap::new(),
            current: None,
            previous: None,
            log: Vec::new(),
        };
        oauth.consent(now);
        oauth
    }

    fn token(&mut self, prefix: &str) -> String {
        format!(
            "{prefix}{:016x}{:016x}",
            self.random.random::<u64>(),
            self.random.random::<u64>()
        )
    }

    /// A new consent: a new refresh token, older ones are dead.
    fn consent(&mut self, now: Timestamp) {
        let token = self.token("RT1-");
        self.previous = None;
        self.current = Some(Refresh {
            token,
            issued: now,
            expires: after(now, REFRESH_SECONDS),
            consented: now,
        });
    }

    /// The refresh token that works now; empty once revoked.
    pub(super) fn refresh_token(&self) -> String {
        self.current
            .as_ref()
            .map(|current| current.token.clone())
            .unwrap_or_default()
    }

    /// A code for the redirect of the consent page.
    pub(super) fn issue_code(&mut self, redirect_uri: &str, now: Timestamp) -> String {
        let code = self.token("AB1");
        let expires = after(now, CODE_SECONDS);
        self.codes.insert(
            code.clone(),
            Code {
                redirect_uri: redirect_uri.to_owned(),
                expires,
            },
        );
        code
    }

    /// Whether a Basic pair is the app's.
    pub(super) fn knows(&self, id: &str, secret: &str) -> bool {
        id == self.client_id && secret == self.client_secret
    }

    /// The code exchange.
    pub(super) fn exchange(
        &mut self,
        code: &str,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Grant, OAuthError> {
        let known = self.codes.remove(code).ok_or(OAuthError::InvalidGrant)?;
        if known.redirect_uri != redirect_uri || known.expires <= now {
            return Err(OAuthError::InvalidGrant);
        }
        self.consent(now);
        self.log.push(TokenGrant {
            at: now,
            by_refresh: false,
            rotated: true,
        });
        self.grant(now)
    }

    /// A refresh, with rotation as the quirks say.
    pub(super) fn refresh(
        &mut self,
        token: &str,
        rotation: Rotation,
        grace: Duration,
        now: Timestamp,
    ) -> Result<Grant, OAuthError> {
        let in_grace = self
            .previous
            .as_ref()
            .is_some_and(|(previous, until)| previous == token && *until > now);
        let current = self.current.clone().ok_or(OAuthError::InvalidGrant)?;
        if !in_grace && (current.token != token || current.expires <= now) {
            return Err(OAuthError::InvalidGrant);
        }
        if after(current.consented, HARD_SECONDS) <= now {
            return Err(OAuthError::InvalidGrant);
        }
        let rotates = !in_grace
            && match rotation {
                Rotation::EachUse => true,
                Rotation::Every(age) => now.duration_since(current.issued).unsigned_abs() >= age,
            };
        if rotates {
            self.rotate(grace, now);
        } else if let Some(current) = &mut self.current {
            current.expires = after(now, REFRESH_SECONDS);
        }
        self.log.push(TokenGrant {
            at: now,
            by_refresh: true,
            rotated: rotates,
        });
        self.grant(now)
    }

    /// Replaces the refresh token; the old one works through the grace period.
    pub(super) fn rotate(&mut self, grace: Duration, now: Timestamp) {
        let token = self.token("RT1-");
        if let Some(current) = &mut self.current {
            let grace = SignedDuration::try_from(grace).unwrap_or(SignedDuration::ZERO);
            let until = now.checked_add(grace).unwrap_or(now);
            self.previous = Some((std::mem::replace(&mut current.token, token), until));
            current.issued = now;
            current.expires = after(now, REFRESH_SECONDS);
        }
    }

    fn grant(&mut self, now: Timestamp) -> Result<Grant, OAuthError> {
        let current = self.current.clone().ok_or(OAuthError::InvalidGrant)?;
        let access_token = self.token("eyJlbmMi.");
        self.access
            .retain(|_, expires| after(*expires, ACCESS_SECONDS) > now);
        self.access
            .insert(access_token.clone(), after(now, ACCESS_SECONDS));
        let left = after(current.consented, HARD_SECONDS)
            .duration_since(now)
            .as_secs();
        Ok(Grant {
            access_token,
            refresh_token: current.token,
            refresh_seconds: REFRESH_SECONDS,
            hard_seconds: left,
        })
    }

    /// Whether an access token opens the door.
    pub(super) fn check(&self, token: &str, now: Timestamp) -> Result<(), AccessError> {
        match self.access.get(token) {
            None => Err(AccessError::Unknown),
            Some(expires) if *expires <= now => Err(AccessError::Expired),
            Some(_) => Ok(()),
        }
    }

    /// A working access token without the endpoint, for tests of other things.
    pub(super) fn issue_access_token(&mut self, now: Timestamp) -> String {
        let token = self.token("eyJlbmMi.");
        self.access
            .insert(token.clone(), after(now, ACCESS_SECONDS));
        token
    }

    /// Lets every access token expire.
    pub(super) fn expire_access(&mut self, now: Timestamp) {
        self.access.values_mut().for_each(|expires| *expires = now);
    }

    /// Ends the consent: no token works any more.
    pub(super) fn revoke_all(&mut self) {
        self.access.clear();
        self.current = None;
        self.previous = None;
    }

    /// The revoke endpoint; false for a token nobody knows.
    pub(super) fn revoke(&mut self, token: &str) -> bool {
        let known = self.access.contains_key(token)
            || self
                .current
                .as_ref()
                .is_some_and(|current| current.token == token)
            || self
                .previous
                .as_ref()
                .is_some_and(|(previous, _)| previous == token);
        if known {
            self.revoke_all();
        }
        known
    }
}

fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
