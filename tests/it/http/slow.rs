//! Somebody whose line is full: what they cannot take is not kept for them.

use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinSet;

use super::api::Api;

/// So much fits into the line.
const LINE: usize = 1024;
/// More than what the server has in its hands for one line.
const RUNS: usize = 40;

/// The one line there is.
struct OneLine(Option<DuplexStream>);

impl Listener for OneLine {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.take() {
            Some(line) => (line, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn whoever_does_not_take_what_is_sent_hears_the_newest_and_holds_nobody_up() {
    let api = Api::with_orders(1).await;
    let (mut client, server) = tokio::io::duplex(LINE);
    let serving = axum::serve(OneLine(Some(server)), api.router());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { serving.await.unwrap() });
    client
        .write_all(b"GET /api/sync/progress HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n\r\n")
        .await
        .unwrap();
    let mut last = String::new();
    for _ in 0..RUNS {
        let started = api.start("orders", "").await;
        started["batch_id"].as_str().unwrap().clone_into(&mut last);
        api.run_is_over().await;
        api.pass(3);
    }
    let heard = tokio::time::timeout(Duration::from_secs(60), until_over(&mut client, &last));
    let heard = heard.await.expect("the end of the last run is heard");
    assert!(heard.starts_with("HTTP/1.1 200 OK"), "{heard}");
    let messages = heard.matches("\nevent:").count();
    // each run has an end, and its stream has one: nobody kept all of them
    assert!(messages < 2 * RUNS, "{messages} messages were kept");
}

/// Reads until a run is over.
async fn until_over(client: &mut DuplexStream, batch: &str) -> String {
    let mut heard = String::new();
    let mut part = [0; LINE];
    loop {
        let size = client.read(&mut part).await.unwrap();
        assert!(size > 0, "the line was closed: {heard}");
        heard.push_str(&String::from_utf8_lossy(&part[..size]));
        let over = heard.split("\n\n").any(|message| {
            message.contains("event: run\n")
                && message.contains(batch)
                && message.contains("\"completed\"")
        });
        if over {
            return heard;
        }
    }
}
