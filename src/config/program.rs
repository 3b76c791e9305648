//! `[database]`, `[server]` and `[log]`.

use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};
use toml::Spanned;
use toml::de::DeValue;
use tracing_subscriber::EnvFilter;
use url::{Host, Url};

use super::model::{Database, DatabaseKind, DatabaseUrl, Log, LogFormat, Server};
use super::nearest::{near, one_of};
use super::reader::{Noted, Parsed, Reader};
use super::reference::{DATABASE, LOG, SERVER};
use super::secrets::{self, Need};
use super::values::{base_url, fault, listen, text, word};

/// `[database]`
pub(super) fn database(root: &Reader<'_>) -> Option<Database> {
    let reader = root.table("database", &DATABASE)?;
    let url = database_url(&reader);
    reader.finish();
    Some(Database { url: url? })
}

fn database_url(reader: &Reader<'_>) -> Option<DatabaseUrl> {
    let Some(entry) = reader.entry("url") else {
        let text = reader.get("url", text)?;
        return parse_database_url(&text).ok();
    };
    // an address without a password is no secret and may stand in the file
    let written = secrets::secret(reader, "url", Need::Identifier)
        .ok()?
        .unwrap_or_default();
    match parse_database_url(&written) {
        Ok(url) => {
            let in_file = matches!(entry.value.get_ref(), DeValue::String(_));
            if in_file && url.to_string().contains(HIDDEN) {
                reader.sheet.warning(
                    &entry.key_span,
                    &entry.path,
                    "the address holds a password; better is `{ env = \"DATABASE_URL\" }`, `{ file = \"path\" }` or `{ credential = \"name\" }`",
                );
            }
            Some(url)
        }
        Err(message) => {
            // at the key: the address may hold a password
            reader.sheet.problem(&entry.key_span, &entry.path, message);
            None
        }
    }
}

/// Stands for a password where an address is shown.
const HIDDEN: &str = "***";

fn parse_database_url(text: &str) -> Result<DatabaseUrl, String> {
    if let Some(path) = text.strip_prefix("sqlite://") {
        let file = path.split('?').next().unwrap_or_default();
        if file.is_empty() {
            return Err("names no file: write it like \"sqlite://daybook.db\"".to_owned());
        }
        let url = text.to_owned();
        return Ok(DatabaseUrl::new(DatabaseKind::Sqlite, url.clone(), url));
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let wrong = "is not a PostgreSQL address: write it like \"postgres://user@host/database\"";
        let mut shown = Url::parse(text).map_err(|_| wrong.to_owned())?;
        if shown.path().trim_matches('/').is_empty() {
            return Err(
                "names no database: write it like \"postgres://user@host/database\"".to_owned(),
            );
        }
        let in_query = shown.query_pairs().any(|(key, _)| key == "password");
        if shown.password().is_some() {
            shown
                .set_password(Some(HIDDEN))
                .map_err(|()| wrong.to_owned())?;
        }
        if in_query {
            shown.set_query(Some(HIDDEN));
        }
        let shown = shown.to_string();
        return Ok(DatabaseUrl::new(
            DatabaseKind::Postgres,
            text.to_owned(),
            shown,
        ));
    }
    Err("must begin with sqlite:// or postgres://".to_owned())
}

/// `[server]`
pub(super) fn server(root: &Reader<'_>) -> Option<Server> {
    let reader = root.table("server", &SERVER)?;
    let address = reader.get("listen", listen);
    let auth_token = secrets::optional(&reader, "auth_token");
    let viewer_token = secrets::optional(&reader, "viewer_token");
    let public_url = reader.optional("public_url", base_url);
    if let (Some(address), Ok(auth), Ok(viewer)) = (&address, &auth_token, &viewer_token) {
        check_tokens(&reader, *address, auth.as_ref(), viewer.as_ref());
        if let (Ok(Some(url)), None, true) = (&public_url, auth, address.ip().is_loopback()) {
            check_open(&reader, url);
        }
    }
    let public_url = match (public_url, &address) {
        (Ok(Some(url)), _) => Some(url),
        (Ok(None), Some(address)) => {
            if !address.ip().is_loopback() {
                reader.warning(
                    "public_url",
                    "is missing: links and Intuit's consent lead to the listen address; give the https address people use",
                );
            }
            Url::parse(&format!("http://{address}/")).ok()
        }
        (Err(Noted), _) | (Ok(None), None) => None,
    };
    reader.finish();
    Some(Server {
        listen: address?,
        auth_token: auth_token.ok()?,
        viewer_token: viewer_token.ok()?,
        public_url: public_url?,
    })
}

fn check_tokens(
    reader: &Reader<'_>,
    address: SocketAddr,
    auth: Option<&SecretString>,
    viewer: Option<&SecretString>,
) {
    if auth.is_none() && !address.ip().is_loopback() {
        let message = format!(
            "`{address}` can be reached from other machines, so `auth_token` must be given: everybody could post to the books"
        );
        reader.problem("listen", message);
    }
    let (Some(viewer), Some(entry)) = (viewer, reader.entry("viewer_token")) else {
        return;
    };
    match auth {
        Some(auth) if auth.expose_secret() == viewer.expose_secret() => reader.sheet.problem(
            &entry.key_span,
            &entry.path,
            "is the same as `auth_token`: whoever may read could act",
        ),
        Some(_) => {}
        None => reader.sheet.warning(
            &entry.key_span,
            &entry.path,
            "stands without `auth_token`: nobody may act, on the pages or through the API",
        ),
    }
}

/// Behind a proxy on this machine everybody comes from this machine.
fn check_open(reader: &Reader<'_>, public_url: &Url) {
    if !leads_here(public_url) {
        let message = "leads here from other machines, so `auth_token` must be given: everybody who knows the address could post to the books";
        reader.problem("public_url", message);
    }
}

/// Whether an address leads to this machine from itself alone.
pub(crate) fn leads_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// `[log]`
pub(super) fn log(root: &Reader<'_>) -> Option<Log> {
    let reader = root.table("log", &LOG)?;
    let level = reader.get("level", level);
    let format = reader.get(
        "format",
        word(&[("text", LogFormat::Text), ("json", LogFormat::Json)]),
    );
    reader.finish();
    Some(Log {
        level: level?,
        format: format?,
    })
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

fn level(value: &Spanned<DeValue<'_>>) -> Parsed<String> {
    let filter = text(value)?;
    let wrong = filter.split(',').map(str::trim).find(|part| {
        // a bare word would be taken for the name of a module
        let bare = !part.contains(['=', ':', '[']);
        bare && !LEVELS.contains(&part.to_lowercase().as_str())
    });
    if let Some(wrong) = wrong {
        let meant = near(wrong, LEVELS)
            .map(|near| format!("the nearest is `{near}`; "))
            .unwrap_or_default();
        let possible = one_of(&LEVELS);
        return fault(
            value,
            format!(
                "`{wrong}` is not a level; {meant}possible are {possible}; a module is written `daybook::engine=debug`"
            ),
        );
    }
    match EnvFilter::builder().parse(&filter) {
        Ok(_) => Ok(filter),
        Err(error) => fault(value, format!("is not a log filter: {error}")),
    }
}
