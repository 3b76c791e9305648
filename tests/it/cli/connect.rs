//! `daybook connect`: the consent in a browser, received on this machine or pasted.

#![allow(
    clippy::disallowed_methods,
    reason = "other processes live in real time"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use super::shell::Shell;
use crate::support::{consented, open, plain_store};

/// A shell whose configuration has no refresh token.
async fn unconnected() -> Shell {
    let mut shell = Shell::new(plain_store()).await;
    shell.world.sell_mugs(3);
    shell.config = shell
        .config
        .lines()
        .filter(|line| !line.starts_with("refresh_token"))
        .flat_map(|line| match line {
            line if line.starts_with("token_url") => {
                let consent = shell.world.company.authorize_url();
                vec![
                    format!("{line}\n"),
                    format!("authorize_url = \"{consent}\"\n"),
                ]
            }
            line => vec![format!("{line}\n")],
        })
        .collect();
    shell
}

/// `daybook connect` at work, and the page it prints.
async fn connecting(shell: &Shell, arguments: &[&str]) -> (Child, String) {
    let folder = shell.world.folder.path();
    std::fs::write(folder.join("config.toml"), &shell.config).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_daybook"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(&shell.environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = child.stderr.take().unwrap();
    let page = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(said).lines().map_while(Result::ok);
        let page = lines.find(|line| line.trim().starts_with("http")).unwrap();
        // somebody goes on reading, so that the program can go on writing
        std::thread::spawn(move || lines.for_each(drop));
        page.trim().to_owned()
    });
    (child, page.await.unwrap())
}

async fn ended(child: Child) -> (i32, String) {
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let ended = ended.await.unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    (ended.status.code().unwrap(), said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_is_received_on_this_machine_and_the_next_run_posts() {
    let shell = unconnected().await;
    let before = shell.run(&["sync"]).await;
    before.complains(5, &["no consent", "daybook connect"]);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let redirect = format!(
        "http://localhost:{}/back",
        free.local_addr().unwrap().port()
    );
    drop(free);
    let (child, page) =
        connecting(&shell, &["connect", "books", "--redirect-uri", &redirect]).await;
    let back = consented(&page).await;
    assert!(back.starts_with(&redirect), "{back}");
    let shown = open(&back).await;
    assert!(shown.contains("Go back to the terminal"), "{shown}");
    let (code, said) = ended(child).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("connected `books`"), "{said}");
    let after = shell.run(&["sync"]).await;
    assert_eq!(after.code, 0, "{after:#?}");
    assert_eq!(shell.documents(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_that_came_back_elsewhere_is_pasted() {
    let shell = unconnected().await;
    let elsewhere = "https://example.com/back";
    let arguments = ["connect", "books", "--redirect-uri", elsewhere];
    for (spoil, code) in [("", 0), ("&state=guessed", 5), ("&error=access_denied", 5)] {
        let (mut child, page) = connecting(&shell, &arguments).await;
        let back = consented(&page).await;
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{back}{spoil}").unwrap();
        drop(stdin);
        let (ended_with, said) = ended(child).await;
        assert_eq!(ended_with, code, "with `{spoil}`: {said}");
    }
    let (child, _) = connecting(&shell, &arguments).await; // whose input ends at once
    let (code, _) = ended(child).await;
    assert_eq!(code, 2);
}

#[tokio::test]
async fn only_a_company_can_be_connected() {
    let shell = unconnected().await;
    let said = shell.run(&["connect", "store"]).await;
    said.complains(2, &["no QuickBooks connection `store`", "books"]);
}
