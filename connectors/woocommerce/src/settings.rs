//! What a connection to a store is set up with.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use kit::Failure;
use secrecy::SecretString;
use url::{Host, Url};

/// The settings of one store, as the configuration gives them (DESIGN §5).
#[derive(Clone)]
pub struct Settings {
    /// The shop's address, possibly with a folder; `http` for loopback only.
    pub url: Url,
    /// The REST API key's public half, `ck_…`.
    pub consumer_key: String,
    /// The REST API key's secret half, `cs_…`.
    pub consumer_secret: SecretString,
    /// How many entities a page has, 1 to 100.
    pub page_size: u32,
    /// How long a whole exchange may take.
    pub timeout: Duration,
    /// How young an entity may be when it is read, by the store's own clock: the row exists before
    /// its lines do, so a younger one can be half written (FACTS: WooCommerce §1).
    pub settle: Duration,
    /// No order or refund that last changed before this matters; `None` for everything. Products and
    /// customers are read whole: a new order can name an old product.
    pub start: Option<Timestamp>,
}

/// Shows no keys.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("url", &self.url.as_str())
            .field("page_size", &self.page_size)
            .field("timeout", &self.timeout)
            .field("settle", &self.settle)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Settings with the defaults of DESIGN §5.
    pub fn new(url: Url, consumer_key: String, consumer_secret: SecretString) -> Self {
        Self {
            url,
            consumer_key,
            consumer_secret,
            page_size: 100,
            timeout: Duration::from_secs(60),
            settle: Duration::from_secs(15),
            start: None,
        }
    }

    /// The address below which the REST API lies (`…/wp-json/`), where the settings can be used.
    pub(crate) fn api_root(&self) -> Result<Url, Failure> {
        const REMEDY: &str = "mend the connection in the configuration";
        if !(1..=100).contains(&self.page_size) {
            return Err(Failure::stop(
                "bad_page_size",
                format!("`page_size` is {}, the API allows 1 to 100", self.page_size),
                REMEDY,
            ));
        }
        let loopback = match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            None => false,
        };
        match self.url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => {
                return Err(Failure::stop(
                    "insecure_url",
                    "the store's address is not https, so its keys could be read on the way",
                    "use the https address; http is for a store on this machine only",
                ));
            }
        }
        if !self.url.username().is_empty()
            || self.url.password().is_some()
            || self.url.query().is_some()
        {
            return Err(Failure::stop(
                "bad_url",
                "the store's address holds a password or a query",
                "give the plain address, and the keys as `consumer_key` and `consumer_secret`",
            ));
        }
        let mut root = self.url.clone();
        root.set_fragment(None);
        let path = self.url.path();
        // people paste the address of the API itself
        let folder = path
            .split_once("/wp-json")
            .map_or(path, |(folder, _)| folder);
        root.set_path(&format!("{}/wp-json/", folder.trim_end_matches('/')));
        Ok(root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(url: &str) -> Result<String, String> {
        let settings = Settings::new(url.parse().unwrap(), String::new(), "s".into());
        settings
            .api_root()
            .map(String::from)
            .map_err(|failure| failure.code().to_owned())
    }

    #[test]
    fn keys_travel_over_tls_only_unless_the_store_is_on_this_machine() {
        assert_eq!(
            root("https://shop.example.com"),
            Ok("https://shop.example.com/wp-json/".to_owned())
        );
        assert_eq!(
            root("http://127.0.0.1:8080/shop/"),
            Ok("http://127.0.0.1:8080/shop/wp-json/".to_owned())
        );
        assert_eq!(
            root("http://[::1]:8080"),
            Ok("http://[::1]:8080/wp-json/".to_owned())
        );
        assert_eq!(
            root("https://shop.example.com/wp-json/wc/v3/"),
            Ok("https://shop.example.com/wp-json/".to_owned())
        );
        assert_eq!(
            root("http://shop.example.com"),
            Err("insecure_url".to_owned())
        );
        assert_eq!(
            root("http://127.0.0.1.example.com"),
            Err("insecure_url".to_owned())
        );
        assert_eq!(
            root("https://ck_1:cs_1@shop.example.com"),
            Err("bad_url".to_owned())
        );
    }
}
