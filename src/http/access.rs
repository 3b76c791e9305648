//! Tokens, and the sessions that stand for them in a browser.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

/// A browser stays signed in this long.
pub(super) const SESSION: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// So many wrong tokens an address may give within [`PENANCE`].
const WRONG_TOKENS: u32 = 10;
const PENANCE: Duration = Duration::from_secs(60);
/// So many networks are remembered; beyond, all others share one count.
const ADDRESSES: usize = 1000;

/// What opens the API and the pages. Without any token, whoever reaches the port may ask: that is
/// for loopback alone, which the configuration makes sure of.
#[derive(Debug, Default)]
pub struct Access {
    /// Reads and acts.
    pub operator: Option<SecretString>,
    /// Reads only.
    pub viewer: Option<SecretString>,
    /// How people reach the pages, where that is not the address listened on.
    pub public_url: Option<Url>,
    /// Since when which network gave how many wrong tokens.
    pub(super) wrong: WrongTokens,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Reads.
    Viewer,
    /// Reads and acts.
    Operator,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }
}

impl Access {
    /// Access with these tokens.
    pub fn new(
        operator: Option<SecretString>,
        viewer: Option<SecretString>,
        public_url: Option<Url>,
    ) -> Self {
        Self {
            operator,
            viewer,
            public_url,
            wrong: WrongTokens::default(),
        }
    }

    /// Whether everybody may do everything.
    pub(super) fn is_open(&self) -> bool {
        self.operator.is_none() && self.viewer.is_none()
    }

    /// The role of a token. Compared by hashes, so that the time it takes tells nothing about it.
    pub(super) fn role_of(&self, token: &str) -> Option<Role> {
        let given = Sha256::digest(token);
        let is = |token: &Option<SecretString>| {
            token
                .as_ref()
                .is_some_and(|token| Sha256::digest(token.expose_secret()) == given)
        };
        if is(&self.operator) {
            return Some(Role::Operator);
        }
        is(&self.viewer).then_some(Role::Viewer)
    }

    /// What a browser keeps instead of the token. It ends with the token, and by itself.
    pub(super) fn session(&self, role: Role, now: Timestamp) -> Option<String> {
        let until = (now + SESSION).as_second();
        let seal = URL_SAFE_NO_PAD.encode(self.mac(role, until)?.finalize().into_bytes());
        Some(format!("{}.{until}.{seal}", role.as_str()))
    }

    /// The role of a session.
    pub(super) fn role_of_session(&self, session: &str, now: Timestamp) -> Option<Role> {
        let (role, rest) = session.split_once('.')?;
        let (until, seal) = rest.split_once('.')?;
        let role = [Role::Viewer, Role::Operator]
            .into_iter()
            .find(|known| known.as_str() == role)?;
        let until: i64 = until.parse().ok()?;
        let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
        self.mac(role, until)?.verify_slice(&seal).ok()?;
        (until > now.as_second()).then_some(role)
    }

    fn mac(&self, role: Role, until: i64) -> Option<Hmac<Sha256>> {
        let token = match role {
            Role::Viewer => self.viewer.as_ref(),
            Role::Operator => self.operator.as_ref(),
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(token?.expose_secret().as_bytes()).ok()?;
        mac.update(format!("daybook session 1 {} {until}", role.as_str()).as_bytes());
        Some(mac)
    }
}

/// Counts wrong tokens, so that nobody can try many.
#[derive(Debug, Default)]
pub(super) struct WrongTokens(Mutex<HashMap<Option<IpAddr>, (Timestamp, u32)>>);

impl WrongTokens {
    /// How long an address has to wait before it may give another token.
    pub(super) fn wait(&self, from: Option<IpAddr>, now: Timestamp) -> Option<Duration> {
        let from = from.map(network);
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = counts.get(&from).or_else(|| counts.get(&None))?;
        let passed = Duration::try_from(since.duration_until(now)).unwrap_or_default();
        let left = PENANCE.saturating_sub(passed);
        (*count >= WRONG_TOKENS && !left.is_zero()).then_some(left)
    }

    /// Notes a wrong token.
    pub(super) fn note(&self, from: Option<IpAddr>, now: Timestamp) {
        let from = from.map(network);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|_, (since, _)| {
            Duration::try_from(since.duration_until(now)).unwrap_or_default() < PENANCE
        });
        let full = counts.len() >= ADDRESSES && !counts.contains_key(&from);
        let from = if full { None } else { from };
        counts.entry(from).or_insert((now, 0)).1 += 1;
    }
}

/// What one connection to the net has: an address, or with IPv6 a whole network of 64 bits, in which
/// whoever guesses could take another address for each guess.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !HOST)),
    }
}

/// What tells apart the addresses of one network.
const HOST: u128 = u64::MAX as u128;
