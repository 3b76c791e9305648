//! `daybook webhooks install`, and what `daybook check` says of webhooks.

use super::shell::Shell;
use crate::support::plain_store;

async fn shell() -> Shell {
    let mut setup = plain_store();
    setup.store_settings = "webhook_secret = { env = \"HOOK_SECRET\" }".to_owned();
    let mut shell = Shell::new(setup).await;
    let secret = "a-long-secret-of-the-webhooks".to_owned();
    shell.environment.insert("HOOK_SECRET", secret);
    shell
}

#[tokio::test]
async fn the_webhooks_that_are_missing_are_made_once_and_those_given_up_are_woken() {
    let shell = shell().await;
    let said = shell.run(&["check"]).await;
    said.tells(1, &["order.created is missing", "daybook webhooks install"]);

    let said = shell.run(&["webhooks", "install"]).await;
    said.tells(
        0,
        &["order.created, order.updated, order.deleted, order.restored now come to"],
    );
    let hooks = shell.world.shop().webhooks();
    assert_eq!(hooks.len(), 4);
    for (_, status, url) in &hooks {
        assert_eq!(status, "active");
        assert!(url.ends_with("/hooks/woocommerce/store"), "{url}");
    }
    let said = shell.run(&["webhooks", "install"]).await;
    said.tells(0, &["all webhooks are active already"]);
    assert_eq!(shell.world.shop().webhooks().len(), 4);

    shell.world.shop().disable_webhook("order.updated");
    let said = shell.run(&["check"]).await;
    said.tells(1, &["order.updated is disabled"]);
    let said = shell.run(&["webhooks", "install"]).await;
    said.tells(0, &["order.updated now come"]);
    shell
        .run(&["check"])
        .await
        .tells(0, &["webhooks of `store`: all are active"]);
}

#[tokio::test]
async fn without_a_secret_or_a_store_nothing_is_made() {
    let shell = Shell::new(plain_store()).await;
    let said = shell.run(&["webhooks", "install"]).await;
    said.complains(2, &["has no `webhook_secret`", "openssl rand"]);
    let said = shell
        .run(&["webhooks", "install", "--connection", "nope"])
        .await;
    said.complains(2, &["no pipeline reads a store `nope`"]);
    assert!(shell.world.shop().webhooks().is_empty());
}
