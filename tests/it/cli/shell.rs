//! A shell in which the program is run: a folder, a configuration, an environment.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::support::{Setup, World, plain_store};

const SECRETS: [&str; 4] = ["STORE_KEY", "STORE_SECRET", "APP_SECRET", "REFRESH_TOKEN"];

/// A world with a configuration and an environment that a test may spoil.
pub(super) struct Shell {
    pub(super) world: World,
    /// The configuration's text.
    pub(super) config: String,
    /// The whole environment, but for the configuration's place.
    pub(super) environment: BTreeMap<&'static str, String>,
    /// What must not be seen, beside what the environment holds.
    secrets: Vec<String>,
}

impl Shell {
    /// A shell between a store and a company on the system's clock.
    pub(super) async fn new(mut setup: Setup) -> Self {
        setup.real_time = true;
        let world = setup.start().await;
        // quotas above Intuit's are warned of
        let config: String = world
            .configuration()
            .lines()
            .filter(|line| !line.starts_with("requests_per_") && !line.starts_with("batch_calls_"))
            .flat_map(|line| [line, "\n"])
            .collect();
        let environment: BTreeMap<_, _> = SECRETS
            .into_iter()
            .map(|name| (name, world.secret(name).unwrap()))
            .collect();
        let login = format!(
            "{}:{}",
            environment["STORE_KEY"], environment["STORE_SECRET"]
        );
        let mut secrets: Vec<String> = environment.values().cloned().collect();
        secrets.push(STANDARD.encode(login));
        Self {
            world,
            config,
            environment,
            secrets,
        }
    }

    /// A shell before a store whose `orders` paid orders are plain: all of them can be posted.
    pub(super) async fn with_plain_orders(orders: usize) -> Self {
        let shell = Self::new(plain_store()).await;
        shell.world.sell_mugs(orders);
        shell
    }

    /// Runs the program to its end.
    pub(super) async fn run(&self, arguments: &[&str]) -> Said {
        let folder = self.world.folder.path();
        std::fs::write(folder.join("config.toml"), &self.config).unwrap();
        let said = run(folder, &self.environment, arguments).await;
        let secrets = self.secrets.iter().chain(self.environment.values());
        said.keeps(secrets.map(String::as_str));
        // the newest, which daybook alone was told
        said.keeps([self.world.books().refresh_token().as_str()]);
        said
    }

    /// How many documents the books hold.
    pub(super) fn documents(&self) -> usize {
        self.world.books().documents().len()
    }
}

/// Runs the program in `folder`, where its `config.toml` is.
pub(super) async fn run(
    folder: &Path,
    environment: &BTreeMap<&'static str, String>,
    arguments: &[&str],
) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let said = Said {
        code: ended.status.code().unwrap(),
        out: String::from_utf8(ended.stdout).unwrap(),
        err: String::from_utf8(ended.stderr).unwrap(),
    };
    for text in [&said.out, &said.err] {
        assert!(
            !text.contains('\u{1b}') && !text.contains('\r'),
            "colours and bars are for terminals: {text:?}"
        );
    }
    said
}

/// What the program said and how it ended.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: i32,
    /// Standard output: data.
    pub(super) out: String,
    /// Standard error: what a person is told beside it.
    pub(super) err: String,
}

impl Said {
    /// The one line of JSON on standard output.
    pub(super) fn json(&self) -> Value {
        assert_eq!(self.out.trim_end().lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.out).unwrap()
    }

    /// Asserts the exit code, and that each of `texts` is on standard error.
    pub(super) fn complains(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, code, "{self:#?}");
        for text in texts {
            assert!(self.err.contains(text), "`{text}` is missing: {self:#?}");
        }
    }

    /// Asserts the exit code, and that each of `texts` is on standard output.
    pub(super) fn tells(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, code, "{self:#?}");
        for text in texts {
            assert!(self.out.contains(text), "`{text}` is missing: {self:#?}");
        }
    }

    fn keeps<'s>(&self, secrets: impl IntoIterator<Item = &'s str>) {
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            assert!(
                !self.out.contains(secret) && !self.err.contains(secret),
                "a secret was printed: {self:#?}"
            );
        }
    }
}
