//! Chromium in the hand of its driver, with a profile of its own: what a person does with a page, and
//! what they see of it.

#![expect(
    clippy::disallowed_methods,
    reason = "a browser lives in real time, and the environment says where it is"
)]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{BrowserLogEntry, LoggingPrefsLogLevel};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// So long something may take to show on two busy cores.
const PATIENCE: Duration = Duration::from_secs(30);
/// What Chromium is started with: no window, nothing that talks to others by itself, and an end when
/// its driver ends.
const FLAGS: [&str; 12] = [
    "--headless=new",
    // the tests may run as root, where its sandbox does not
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--lang=en-US",
    "--remote-debugging-pipe",
];

/// A browser; it ends when it is dropped.
pub(super) struct Browser {
    // dropped in this order: the session is closed while its driver lives
    driver: WebDriver,
    _chromedriver: Child,
    _profile: TempDir,
}

/// Where something is that `scripts/test` provides. Without it there is nothing to test, which is a
/// failure where CI is set.
pub(super) fn provided(name: &str) -> Option<String> {
    let found = std::env::var(name).ok();
    if found.is_none() {
        assert!(
            std::env::var("CI").is_err(),
            "{name} is not set: in CI the pages are tried in a browser"
        );
        eprintln!("skipped: {name} is not set (use scripts/test)");
    }
    found
}

impl Browser {
    /// Starts one, unless this machine has none.
    pub(super) async fn start() -> Option<Self> {
        let chromium = provided("DAYBOOK_TEST_CHROMIUM")?;
        let (chromedriver, address) = driver(&provided("DAYBOOK_TEST_CHROMEDRIVER")?).await;
        // below target, so that nothing stays in the machine's own folders whatever happens
        let profile = TempDir::with_prefix_in("chromium-", env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut wishes = DesiredCapabilities::chrome();
        wishes.set_binary(&chromium).unwrap();
        for flag in FLAGS {
            wishes.add_arg(flag).unwrap();
        }
        let folder = format!("--user-data-dir={}", profile.path().display());
        wishes.add_arg(&folder).unwrap();
        wishes.add_arg("--window-size=1280,900").unwrap();
        wishes
            .set_browser_log_level(LoggingPrefsLogLevel::All)
            .unwrap();
        // the client that talks to the driver asks for it, though it speaks plain HTTP
        let _ = rustls::crypto::ring::default_provider().install_default();
        let driver = WebDriver::new(&address, wishes).await.unwrap();
        Some(Self {
            driver,
            _chromedriver: chromedriver,
            _profile: profile,
        })
    }

    pub(super) async fn open(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    pub(super) async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    /// The address of the page, without its host.
    pub(super) async fn path(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url[url::Position::BeforePath..].to_owned()
    }

    /// Opens another tab and goes to it.
    pub(super) async fn new_tab(&self, url: &str) -> Tab {
        let tab = self.driver.new_tab().await.unwrap();
        self.go_to(&Tab(tab.clone())).await;
        self.open(url).await;
        Tab(tab)
    }

    /// The tab that is used.
    pub(super) async fn tab(&self) -> Tab {
        Tab(self.driver.window().await.unwrap())
    }

    pub(super) async fn go_to(&self, tab: &Tab) {
        self.driver.switch_to_window(tab.0.clone()).await.unwrap();
    }

    /// Presses the button with these words, once it is there and can be pressed.
    pub(super) async fn press(&self, words: &str) {
        self.click("button", words).await;
    }

    /// Follows the link with these words, once it is there.
    pub(super) async fn follow(&self, words: &str) {
        self.click("a", words).await;
    }

    async fn click(&self, tag: &str, words: &str) {
        const FIND: &str = "return [...document.querySelectorAll(arguments[0])].find((it) => !it.disabled \
            && it.checkVisibility() && it.textContent.replace(/\\s+/g, ' ').trim() === arguments[1]) ?? null";
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.driver.execute(FIND, vec![json!(tag), json!(words)]);
            // between finding and clicking a part of the page may have been renewed
            if let Ok(element) = found.await.and_then(ScriptRet::element)
                && element.click().await.is_ok()
            {
                return;
            }
            self.not_yet(deadline, &format!("a {tag} `{words}`")).await;
        }
    }

    /// Types into the field that has the focus, or presses keys.
    pub(super) async fn keys(&self, keys: &str) {
        let typing = self.driver.action_chain().send_keys(keys);
        typing.perform().await.unwrap();
    }

    pub(super) async fn key(&self, key: Key) {
        self.keys(&key.value().to_string()).await;
    }

    /// Waits until these words are on the page.
    pub(super) async fn sees(&self, words: &str) {
        self.until(&shown(words)).await;
    }

    /// Waits until these words are no longer on the page.
    pub(super) async fn misses(&self, words: &str) {
        self.until(&format!("!({})", shown(words))).await;
    }

    /// Waits until an expression is true on the page.
    pub(super) async fn until(&self, expression: &str) {
        let script = format!("return Boolean({expression})");
        let deadline = Instant::now() + PATIENCE;
        loop {
            // while a page is being left there is nothing to ask
            let answer = self.driver.execute(script.as_str(), Vec::new()).await;
            if answer.is_ok_and(|it| it.json() == &Value::Bool(true)) {
                return;
            }
            self.not_yet(deadline, expression).await;
        }
    }

    async fn not_yet(&self, deadline: Instant, what: &str) {
        if Instant::now() > deadline {
            let page = self.value("document.body.innerText").await;
            let (path, log) = (self.path().await, self.complaints().await);
            panic!("{path} does not come to have: {what}\n{page}\n{log:#?}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    /// What an expression is on the page now.
    pub(super) async fn value(&self, expression: &str) -> Value {
        let script = format!("return {expression}");
        let answer = self.driver.execute(script, Vec::new()).await;
        answer.unwrap().json().clone()
    }

    /// Runs statements on the page, as if they had come with it.
    pub(super) async fn run(&self, script: &str) {
        self.driver.execute(script, Vec::new()).await.unwrap();
    }

    /// Runs statements that hand their result to `done`.
    pub(super) async fn ask(&self, script: &str, argument: Value) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; {script}");
        let answer = self.driver.execute_async(script, vec![argument]).await;
        answer.unwrap().json().clone()
    }

    /// Marks the page: the mark is gone when the page is loaded anew.
    pub(super) async fn mark(&self) {
        self.run("window.marked = true").await;
    }

    /// Asserts that the page was not loaded anew since it was marked.
    pub(super) async fn is_still_the_same(&self) {
        assert_eq!(
            self.value("window.marked").await,
            true,
            "it was loaded anew"
        );
    }

    /// What the browser complained of since it was last asked.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let said = self.driver.browser_log().await.unwrap();
        let severe = |entry: &BrowserLogEntry| entry.level != "INFO" && entry.level != "DEBUG";
        let severe = said.into_iter().filter(severe);
        severe.map(|entry| entry.message).collect()
    }

    /// A light or a dark theme.
    pub(super) async fn prefers(&self, theme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        self.emulate("setEmulatedMedia", json!({ "features": features }))
            .await;
    }

    /// A window of this size, of which the inside counts.
    pub(super) async fn size(&self, width: u32, height: u32, mobile: bool) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.emulate("setDeviceMetricsOverride", size).await;
    }

    async fn emulate(&self, command: &str, parameters: Value) {
        let command = format!("Emulation.{command}");
        self.driver
            .cdp()
            .send_raw(&command, parameters)
            .await
            .unwrap();
    }

    /// Writes what is seen into a file.
    pub(super) async fn picture(&self, path: &Path) {
        self.driver.screenshot(path).await.unwrap();
    }
}

/// One of several tabs.
pub(super) struct Tab(WindowHandle);

fn shown(words: &str) -> String {
    format!(
        "document.body.innerText.replace(/\\s+/g, ' ').includes({})",
        json!(words)
    )
}

/// Starts the driver on a port that is free, and its address.
async fn driver(program: &str) -> (Child, String) {
    let mut child = Command::new(program)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return port.trim_end_matches('.').to_owned();
            }
        }
        panic!("{program} ended at once");
    };
    let port = tokio::time::timeout(PATIENCE, port).await.expect("a port");
    // stays open: the driver may have more to say
    child.stdout = Some(lines.into_inner().into_inner());
    (child, format!("http://127.0.0.1:{port}"))
}
