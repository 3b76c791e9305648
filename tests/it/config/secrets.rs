//! Secrets are fetched from where the file says they are, and shown nowhere.

use std::path::Path;

use daybook::config::{Config, Connection, Problems, Warning};
use secrecy::ExposeSecret;

use super::{added, config, environment, messages, problems, read, warnings, with};

const KEY: &str = "consumer_key = { env = \"WOO_KEY\" }";

/// What is wrong with the consumer key written like this.
fn said(written: &str) -> String {
    messages(&with(KEY, &format!("consumer_key = {written}"))).join("\n")
}

#[test]
fn a_secret_that_cannot_be_had_is_named() {
    let forms = "`{ env = \"NAME\" }`, `{ file = \"path\" }` or `{ credential = \"name\" }`";
    for (written, message) in [
        (
            "{ env = \"NOT_SET\" }",
            "the environment variable `NOT_SET` is not set".to_owned(),
        ),
        (
            "{ env = \"EMPTY\" }",
            "the environment variable `EMPTY` is not set".to_owned(),
        ),
        (
            "{ env = \"ck_hush\" }",
            "the environment variable named here is not set".to_owned(),
        ),
        (
            "{ file = \"no/such/file\" }",
            "the file `no/such/file` cannot be read: No such file or directory (os error 2)"
                .to_owned(),
        ),
        (
            "{ credential = \"key\" }",
            "the credential `key` needs `$CREDENTIALS_DIRECTORY`, which systemd sets: add `LoadCredential=key:/path/of/the/secret` to the unit".to_owned(),
        ),
        (
            "{ credential = \"../key\" }",
            "a credential is named as in systemd's `LoadCredential=`, without a path".to_owned(),
        ),
        (
            "{ enw = \"WOO_KEY\" }",
            format!("`enw` is unknown; the nearest is `env`; use {forms}"),
        ),
        ("{ env = 3 }", "must be a text, not a number".to_owned()),
        ("{}", format!("must be one of {forms}")),
        (
            "{ env = \"A\", file = \"b\" }",
            format!("must be one of {forms}"),
        ),
        ("3", format!("must be {forms}, not a number")),
        ("\"\"", "the secret is empty".to_owned()),
        (
            "\"a\\nb\"",
            "the secret has a line break or another control character in it".to_owned(),
        ),
    ] {
        assert_eq!(
            said(written),
            format!("connections.store.consumer_key: {message}"),
            "{written}"
        );
    }
}

#[test]
fn secrets_come_from_files_and_credentials_without_their_last_line_break() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_string_lossy().into_owned();
    std::fs::write(folder.path().join("key"), "ck_file\n").expect("written");
    std::fs::write(folder.path().join("secret"), "cs_credential\r\n").expect("written");
    let text = with(KEY, "consumer_key = { file = \"key\" }").replace(
        "consumer_secret = { env = \"WOO_SECRET\" }",
        "consumer_secret = { credential = \"secret\" }",
    );
    let environment = |name: &str| match name {
        "CREDENTIALS_DIRECTORY" => Some(path.clone()),
        other => environment(other),
    };
    let file = folder.path().join("config.toml");
    std::fs::write(&file, text).expect("written");
    let (config, _) = Config::load(&file, &environment).expect("sound");
    let store = config.connections.values().find_map(|found| match found {
        Connection::WooCommerce(store) => Some(store),
        Connection::QuickBooks(_) => None,
    });
    let store = store.expect("a store");
    assert_eq!(store.consumer_key.expose_secret(), "ck_file");
    assert_eq!(store.consumer_secret.expose_secret(), "cs_credential");
}

#[cfg(unix)]
#[test]
fn a_file_that_everybody_can_read_gives_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key");
    std::fs::write(&file, "ck").expect("written");
    let text = with(KEY, "consumer_key = { file = \"key\" }");
    let warned = |mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&file, mode).expect("set");
        let read = Config::from_text(&text, "config.toml", folder.path(), &environment);
        let (_, warnings) = read.expect("sound");
        warnings.len()
    };
    assert_eq!(warned(0o644), 1);
    assert_eq!(warned(0o600), 0);
}

#[test]
fn optional_secrets_are_absent_where_their_variable_is_not_set() {
    let text = added(
        "[server]",
        "auth_token = { env = \"NOT_SET\" }\nviewer_token = { env = \"EMPTY\" }",
    );
    let config = config(&text);
    assert!(config.server.auth_token.is_none());
    assert!(config.server.viewer_token.is_none());
}

#[test]
fn a_secret_in_the_file_is_taken_with_a_warning_that_does_not_show_it() {
    assert_eq!(
        warnings(&with(KEY, "consumer_key = \"ck_hush\" # once cs_hush")),
        r#"config.toml:6:1: `connections.store.consumer_key`: the secret stands in the file; better is `{ env = "NAME" }`, `{ file = "path" }` or `{ credential = "name" }`
  |
6 | consumer_key = … …
  | ^^^^^^^^^^^^"#
    );
    assert_eq!(
        warnings(&added("[database]", "url = \"postgres://me:hush@host/db\"")),
        r#"config.toml:21:1: `database.url`: the address holds a password; better is `{ env = "DATABASE_URL" }`, `{ file = "path" }` or `{ credential = "name" }`
   |
21 | url = …
   | ^^^"#
    );
}

/// What a person could see of a configuration, whatever becomes of it.
fn visible(result: &Result<(Config, Vec<Warning>), Problems>) -> String {
    match result {
        Ok((config, warnings)) => {
            let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
            format!(
                "{config:?}\n{}\n{}",
                config.database.url,
                warnings.join("\n")
            )
        }
        Err(problems) => format!("{problems}\n{problems:?}"),
    }
}

#[test]
fn no_secret_is_ever_shown() {
    let written = [
        with(KEY, "consumer_key = \"hush\""),
        with(KEY, "consumer_kay = \"hush\""),
        with(KEY, "consumer_key = hush"),
        with(KEY, "consumer_key = \"hush"),
        with(KEY, "consumer_key = 'hush'\nconsumer_key = 'hush'"),
        with(KEY, "consumer_key = \"\"\"hush\nhush\"\"\""),
        with(KEY, "consumer_key = { value = \"hush\" }"),
        with(KEY, "consumer_key = { env = \"hush\" }"),
        with(KEY, "consumer_key = [\"hush\"]"),
        with(KEY, "consumer_key \"hush\""),
        with(KEY, "consumer_key =\n\"hush\""),
        with("consumer_key = { env = \"WOO_KEY\" }\n", "hush\n"),
        with(
            "[connections.store]",
            "connections.extra = { kind = 3, consumer_key = \"hush\" }\n[connections.store]",
        ),
        added("[database]", "url = \"postgres://me:hush@host/db\""),
        added(
            "[database]",
            "url = \"postgres://me@host/db?password=hush\"",
        ),
        added("[database]", "url = \"postgres://me:hush@host\""),
        added("[database]", "url = \"mysql://me:hush@host/db\""),
        added("[database]", "uri = \"postgres://me:hush@host/db\""),
        added("[server]", "auth_token = \"hush\""),
        added("[server]", "auth_token = \"hush\"\nviewer_token = \"hush\""),
    ];
    for text in written {
        let seen = visible(&read(&text));
        assert!(!seen.contains("hush"), "{text}\nshows\n{seen}");
    }
    // the environment's secrets too
    assert!(!visible(&read(super::SMALL)).contains("hush"));
}

#[test]
fn a_file_that_is_not_there_says_what_to_do() {
    let load = |path: &Path| match Config::load(path, &environment) {
        Ok(_) => panic!("there is no such file"),
        Err(problems) => problems.to_string(),
    };
    assert_eq!(
        load(Path::new("no/such/config.toml")),
        "no/such/config.toml: there is no such file; copy the example config.toml here, or name another with `--config`\n\n1 problem in no/such/config.toml"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("latin.toml");
    std::fs::write(&file, b"[log]\nlevel = \"\xe4\"").expect("written");
    assert!(load(&file).contains("is not UTF-8 text: see line 2"));
}

#[test]
fn the_source_line_of_a_problem_hides_the_texts_beside_it() {
    let text = with(
        "[[pipelines]]",
        "[connections]\nextra = { kind = \"woocommerce\", url = 5, consumer_key = \"hush\", consumer_secret = \"hush\" }\n[[pipelines]]",
    );
    assert_eq!(
        problems(&text),
        r"config.toml:15:39: `connections.extra.url`: must be a text in quotes, not a number
   |
15 | extra = { kind = …, url = 5, consumer_key = …, consumer_secret = … }
   |                           ^

1 problem in config.toml"
    );
}
