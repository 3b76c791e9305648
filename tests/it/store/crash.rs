//! A process that is killed keeps what it wrote: on both databases.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use daybook::domain::PostingState;

use super::world::{World, begin, journal, look, realm, sale, sale_key};

super::on_both![a_call_begun_by_a_killed_process_is_found_open];

const URL: &str = "DAYBOOK_TEST_KILLED_URL";
const BEGUN: &str = "the call is begun";

async fn a_call_begun_by_a_killed_process_is_found_open(world: World) {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "store::crash::victim",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(URL, &world.url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    assert!(
        lines.any(|line| line.unwrap().contains(BEGUN)),
        "the other process did not get there"
    );
    victim.kill().unwrap();
    victim.wait().unwrap();

    let store = world.open().await;
    let open = store.open_calls(&realm()).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].call.body, "{\"request\":\"call\"}");
    assert_eq!(
        look(&store, &sale_key("1")).await.posting.state,
        PostingState::Posting
    );
    assert_eq!(
        look(&store, &sale_key("2")).await.posting.state,
        PostingState::Queued
    );
}

/// Begins a call and waits to be killed.
#[tokio::test]
#[ignore = "run by the test above, which kills it"]
#[expect(
    clippy::disallowed_methods,
    reason = "is told of its database by the test above"
)]
async fn victim() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let store = World::at(url).open().await;
    let ids = journal(&store, &[sale("1", "a"), sale("2", "a")])
        .await
        .to_post;
    begin(&store, "call", &ids[..1]).await;
    println!("{BEGUN}");
    std::future::pending::<()>().await;
}
