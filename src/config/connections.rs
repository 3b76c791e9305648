//! `[connections.NAME]`.

use std::collections::BTreeMap;
use std::time::Duration;

use kit::Quotas;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use url::Url;

use super::model::{
    Connection, QuickBooksConnection, QuickBooksEnvironment, WooCommerceConnection,
};
use super::nearest::{nearest, one_of};
use super::reader::{Entry, Noted, Parsed, Reader};
use super::reference::{CONNECTION, QUICKBOOKS, WOOCOMMERCE};
use super::secrets::{self, Need};
use super::values::{base_url, duration, endpoint, fault, number, text, unfit_name, word};
use crate::domain::{ConnectionName, Realm};

/// What a connection is; `None` where the file does not say it right.
pub(super) type Known = BTreeMap<String, Option<Kind>>;

/// The kinds of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    WooCommerce,
    QuickBooks,
}

const KINDS: [(&str, Kind); 2] = [
    ("woocommerce", Kind::WooCommerce),
    ("quickbooks", Kind::QuickBooks),
];

/// The sound connections, and the names of all.
pub(super) fn connections(root: &Reader<'_>) -> (BTreeMap<ConnectionName, Connection>, Known) {
    let mut connections = BTreeMap::new();
    let mut known = Known::new();
    let mut realms: BTreeMap<(String, String), String> = BTreeMap::new();
    let Some(tables) = root.table("connections", &CONNECTION) else {
        return (connections, known);
    };
    for (name, entry) in tables.entries() {
        if let Some(message) = unfit_name(&name) {
            root.sheet.problem(&entry.key_span, &entry.path, message);
        }
        let kind = kind_of_connection(&tables, &entry);
        known.insert(name.clone(), kind);
        let connection = match kind {
            Some(Kind::WooCommerce) => tables
                .table_of(&entry, &WOOCOMMERCE)
                .and_then(woocommerce)
                .map(Connection::WooCommerce),
            Some(Kind::QuickBooks) => tables
                .table_of(&entry, &QUICKBOOKS)
                .and_then(quickbooks)
                .map(Connection::QuickBooks),
            None => None,
        };
        if let Some(Connection::QuickBooks(company)) = &connection {
            let realm = (company.base_url.to_string(), company.realm_id.to_string());
            if let Some(other) = realms.insert(realm, name.clone()) {
                root.sheet.problem(
                    &entry.key_span,
                    &entry.path,
                    format!(
                        "is the same company as `{other}`: limits and tokens belong to a company, so let all pipelines use one connection"
                    ),
                );
            }
        }
        if let Some(connection) = connection {
            connections.insert(ConnectionName::new(name), connection);
        }
    }
    (connections, known)
}

fn kind_of_connection(tables: &Reader<'_>, entry: &Entry<'_>) -> Option<Kind> {
    let known = KINDS.map(|(word, _)| word);
    let DeValue::Table(table) = entry.value.get_ref() else {
        let message = "must be a table: write `[connections.NAME]` and its keys below";
        tables
            .sheet
            .problem(&entry.value.span(), &entry.path, message);
        return None;
    };
    let path = format!("{}.kind", entry.path);
    let Some(value) = table.get("kind") else {
        let message = format!("is missing: it is {}", one_of(&known));
        let message = match guess_kind(table) {
            Some(guess) => format!("{message}; by its other keys this is `{guess}`"),
            None => message,
        };
        tables.sheet.problem(&entry.key_span, &path, message);
        return None;
    };
    let kind = Entry {
        path,
        key_span: value.span(),
        value,
    };
    tables.parsed(&kind, word(&KINDS))
}

/// What a connection without a kind is meant to be.
fn guess_kind(table: &DeTable<'_>) -> Option<&'static str> {
    let matching = |section: &super::reference::Section| {
        section
            .names()
            .filter(|key| table.contains_key(*key))
            .count()
    };
    match (matching(&WOOCOMMERCE), matching(&QUICKBOOKS)) {
        (store, company) if store > company => Some("woocommerce"),
        (store, company) if company > store => Some("quickbooks"),
        _ => None,
    }
}

fn woocommerce(reader: Reader<'_>) -> Option<WooCommerceConnection> {
    let _kind = reader.entry("kind");
    let url = reader.get("url", store_url);
    let consumer_key = secrets::required(&reader, "consumer_key");
    let consumer_secret = secrets::required(&reader, "consumer_secret");
    let page_size = reader.get("page_size", number(1..=100));
    let timeout = reader.get(
        "timeout",
        duration(Duration::from_secs(1)..=Duration::from_secs(600)),
    );
    let settle = reader.get(
        "settle",
        duration(Duration::ZERO..=Duration::from_secs(3600)),
    );
    let webhook_secret = secrets::optional(&reader, "webhook_secret");
    reader.finish();
    Some(WooCommerceConnection {
        url: url?,
        consumer_key: consumer_key?,
        consumer_secret: consumer_secret?,
        page_size: page_size?,
        timeout: timeout?,
        settle: settle?,
        webhook_secret: webhook_secret.ok()?,
    })
}

/// The address of `WordPress`. People paste the address of the API, too.
fn store_url(value: &Spanned<DeValue<'_>>) -> Parsed<Url> {
    let url = base_url(value)?;
    if url.path().contains("/wp-json/") || url.path().contains("/wp-admin/") {
        return fault(
            value,
            "must be where WordPress is, without `wp-json` or `wp-admin`",
        );
    }
    Ok(url)
}

/// Intuit's addresses (FACTS: QuickBooks §1 and §4).
const PRODUCTION: &str = "https://quickbooks.api.intuit.com/";
const SANDBOX: &str = "https://sandbox-quickbooks.api.intuit.com/";
const TOKEN: &str = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer";
const AUTHORIZE: &str = "https://appcenter.intuit.com/connect/oauth2";
const REVOKE: &str = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke";

fn quickbooks(reader: Reader<'_>) -> Option<QuickBooksConnection> {
    let _kind = reader.entry("kind");
    let environment = reader.get(
        "environment",
        word(&[
            ("sandbox", QuickBooksEnvironment::Sandbox),
            ("production", QuickBooksEnvironment::Production),
        ]),
    );
    let client_id = secrets::secret(&reader, "client_id", Need::Identifier);
    let client_secret = secrets::required(&reader, "client_secret");
    let realm_id = reader.get("realm_id", realm);
    let refresh_token = secrets::optional(&reader, "refresh_token");
    let base = match environment {
        Some(QuickBooksEnvironment::Production) => PRODUCTION,
        Some(QuickBooksEnvironment::Sandbox) | None => SANDBOX,
    };
    let base_url = address(reader.optional("base_url", base_url), base);
    let token_url = address(reader.optional("token_url", endpoint), TOKEN);
    let authorize_url = address(reader.optional("authorize_url", endpoint), AUTHORIZE);
    let revoke_url = address(reader.optional("revoke_url", endpoint), REVOKE);
    let timeout = reader.get(
        "timeout",
        duration(Duration::from_secs(1)..=Duration::from_secs(600)),
    );
    let limits = limits(&reader);
    reader.finish();
    let (quotas, batch_size) = limits?;
    Some(QuickBooksConnection {
        environment: environment?,
        client_id: client_id.ok()??,
        client_secret: client_secret?,
        realm_id: realm_id?,
        refresh_token: refresh_token.ok()?,
        base_url: base_url?,
        token_url: token_url?,
        authorize_url: authorize_url?,
        revoke_url: revoke_url?,
        timeout: timeout?,
        quotas,
        batch_size,
    })
}

fn address(given: Result<Option<Url>, Noted>, usual: &str) -> Option<Url> {
    given.ok()?.or_else(|| Url::parse(usual).ok())
}

fn realm(value: &Spanned<DeValue<'_>>) -> Parsed<Realm> {
    if let DeValue::Integer(_) = value.get_ref() {
        return fault(value, "must stand in quotes: it is a name made of digits");
    }
    let realm = text(value)?;
    let digits = (1..=20).contains(&realm.len()) && realm.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return fault(
            value,
            "must be the company's number, digits only: Company ID in QuickBooks' account settings, without the spaces",
        );
    }
    Ok(Realm::new(realm))
}

/// Intuit's limits (FACTS: QuickBooks §2). Higher ones are taken: a quota can be raised, and a
/// simulator has none.
const CONCURRENCY: u32 = 10;
const PER_MINUTE: u32 = 500;
const PER_SECOND: u32 = 10;
const BATCH_CALLS: u32 = 40;

fn limits(reader: &Reader<'_>) -> Option<(Quotas, u32)> {
    let limit = |key, least, usual| {
        let value = reader.get(key, number(least..=u32::MAX))?;
        if value > usual {
            reader.warning(
                key,
                format!("is above Intuit's limit of {usual}: right only for a raised quota or a simulator"),
            );
        }
        Some(value)
    };
    let concurrency = limit("concurrency", 1, CONCURRENCY);
    let per_minute = limit("requests_per_minute", 1, PER_MINUTE);
    let per_second = limit("requests_per_second", 1, PER_SECOND);
    let batch_calls = limit("batch_calls_per_minute", 0, BATCH_CALLS);
    let batch_size = reader.get("batch_size", batch_size);
    let (per_minute, batch_calls) = (per_minute?, batch_calls?);
    if batch_calls > per_minute {
        reader.problem(
            "batch_calls_per_minute",
            format!("must not be above `requests_per_minute` ({per_minute}): batch calls are among the requests"),
        );
    }
    let batches = batch_calls > 0 && batch_size? > 1;
    let quotas = Quotas {
        requests_per_minute: per_minute,
        requests_per_second: per_second?,
        batch_calls_per_minute: if batches { batch_calls } else { 0 },
        concurrency: concurrency?,
    };
    Some((quotas, if batches { batch_size? } else { 1 }))
}

fn batch_size(value: &Spanned<DeValue<'_>>) -> Parsed<u32> {
    number(1..=30)(value).map_err(|_| {
        let message = "must be a whole number between 1 and 30; 1 turns batch calls off";
        vec![(value.span(), message.to_owned())]
    })
}

/// Says that a pipeline names a connection wrongly; `None` where nothing is to be said.
pub(super) fn misnamed(name: &str, wanted: Kind, known: &Known) -> Option<String> {
    let (what, role) = match wanted {
        Kind::WooCommerce => ("store (kind `woocommerce`)", "source"),
        Kind::QuickBooks => ("company (kind `quickbooks`)", "target"),
    };
    let fitting: Vec<&str> = known
        .iter()
        .filter(|(_, kind)| kind.is_none_or(|kind| kind == wanted))
        .map(|(name, _)| name.as_str())
        .collect();
    let instead = match nearest(name, fitting.iter().copied()) {
        Some(near) => format!("the nearest is `{near}`"),
        None if known.contains_key(name) => "describe one under `[connections.NAME]`".to_owned(),
        None => format!("describe it under `[connections.{name}]`"),
    };
    match known.get(name) {
        Some(Some(kind)) if *kind != wanted => Some(format!(
            "`{name}` is no {what}, which a {role} must be; {instead}"
        )),
        Some(_) => None,
        None => Some(format!("there is no connection `{name}`; {instead}")),
    }
}
