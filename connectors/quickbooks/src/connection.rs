//! Where the company is and which keys open it.

use std::time::Duration;

use kit::Failure;
use reqwest::Url;
use secrecy::SecretString;

/// Intuit's two worlds. They share the consent and token addresses; keys and companies differ (FACTS:
/// QuickBooks §1, §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Test companies.
    Sandbox,
    /// Real books.
    Production,
}

/// Where consent is asked for (FACTS: QuickBooks §4).
pub const AUTHORIZE_URL: &str = "https://appcenter.intuit.com/connect/oauth2";
/// Where codes and refresh tokens are exchanged (FACTS: QuickBooks §4).
pub const TOKEN_URL: &str = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer";
/// Where a token is given back (FACTS: QuickBooks §4).
pub const REVOKE_URL: &str = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke";
/// How long a write is waited for. `QuickBooks` gives up after 120 seconds (FACTS: QuickBooks §1);
/// waiting longer means that after a timeout nothing is under way any more.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(150);
/// What Intuit takes in one batch call (FACTS: QuickBooks §2).
pub const DEFAULT_BATCH_SIZE: usize = 30;

impl Environment {
    /// The base address of the accounting API (FACTS: QuickBooks §1).
    pub fn base_url(self) -> &'static str {
        match self {
            Self::Sandbox => "https://sandbox-quickbooks.api.intuit.com",
            Self::Production => "https://quickbooks.api.intuit.com",
        }
    }
}

/// One company and the keys to it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the accounting API is: [`Environment::base_url`].
    pub base_url: Url,
    /// [`TOKEN_URL`].
    pub token_url: Url,
    /// [`AUTHORIZE_URL`].
    pub authorize_url: Url,
    /// [`REVOKE_URL`].
    pub revoke_url: Url,
    /// The company's id, digits.
    pub realm_id: String,
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: SecretString,
    /// For the first start only; afterwards the stored one rules.
    pub refresh_token: Option<SecretString>,
    /// The most members of a batch call; 1 turns batch calls off.
    pub batch_size: usize,
    /// [`DEFAULT_TIMEOUT`].
    pub timeout: Duration,
}

impl Settings {
    /// The settings of `environment` with the defaults of everything else.
    pub fn new(
        environment: Environment,
        realm_id: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: SecretString,
    ) -> Result<Self, Failure> {
        Ok(Self {
            base_url: address(environment.base_url())?,
            token_url: address(TOKEN_URL)?,
            authorize_url: address(AUTHORIZE_URL)?,
            revoke_url: address(REVOKE_URL)?,
            realm_id: realm_id.into(),
            client_id: client_id.into(),
            client_secret,
            refresh_token: None,
            batch_size: DEFAULT_BATCH_SIZE,
            timeout: DEFAULT_TIMEOUT,
        })
    }

    /// Refuses what could never work or would carry keys in the clear.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let addresses = [
            ("base_url", &self.base_url),
            ("token_url", &self.token_url),
            ("authorize_url", &self.authorize_url),
            ("revoke_url", &self.revoke_url),
        ];
        for (key, url) in addresses {
            if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(url)) {
                return Err(Failure::stop(
                    "bad_request_address",
                    format!("`{key}` is not https, and plain http is for this machine alone"),
                    format!("write `{key}` with https://, or leave it out"),
                ));
            }
        }
        if self.realm_id.is_empty() || !self.realm_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Failure::stop(
                "wrong_realm",
                format!(
                    "`realm_id` is `{}`, not the digits of a company id",
                    self.realm_id
                ),
                "copy the company id from QuickBooks: gear, Account and settings, Billing & \
                 subscription",
            ));
        }
        Ok(())
    }

    /// The address of `path` in the company: `path` may carry a query, `more` is added to it.
    pub(crate) fn company_url(&self, path: &str, more: &[(&str, &str)]) -> Result<Url, Failure> {
        let base = self.base_url.as_str().trim_end_matches('/');
        let mut url = address(&format!("{base}/v3/company/{}/{path}", self.realm_id))?;
        url.query_pairs_mut().append_pair("minorversion", "75");
        for (key, value) in more {
            url.query_pairs_mut().append_pair(key, value);
        }
        Ok(url)
    }
}

fn address(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|error| {
        Failure::stop(
            "bad_request_address",
            format!("`{text}` is no address: {error}"),
            "check the connection's addresses in the configuration",
        )
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(base: &str) -> Settings {
        let secret = SecretString::from("very secret");
        let mut settings = Settings::new(Environment::Sandbox, "123", "id", secret).unwrap();
        settings.base_url = base.parse().unwrap();
        settings
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        assert!(settings("http://127.0.0.1:9/").check().is_ok());
        assert!(settings("http://localhost:9/").check().is_ok());
        assert!(settings("https://books.example.com").check().is_ok());
        assert!(settings("http://books.example.com").check().is_err());
    }

    #[test]
    fn paths_keep_their_query_and_every_request_names_the_minor_version() {
        let url = settings("http://127.0.0.1:9/")
            .company_url("invoice?operation=void", &[("requestid", "a b")])
            .unwrap();
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:9/v3/company/123/invoice?operation=void&minorversion=75&requestid=a+b"
        );
    }

    #[test]
    fn secrets_are_not_printed() {
        assert!(!format!("{:?}", settings("http://127.0.0.1:9/")).contains("very secret"));
    }
}
