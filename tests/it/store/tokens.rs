//! Refresh tokens at rest.

use daybook::domain::Realm;
use daybook::store::{Store, Vault};
use kit::{StoredToken, TokenVault};
use secrecy::{ExposeSecret, SecretString};

use super::world::{World, realm};

super::on_both![
    a_token_is_kept_and_cannot_be_read_without_the_client_secret,
    a_token_that_a_changed_client_secret_does_not_open_is_replaced_by_a_new_one,
    of_two_processes_that_refresh_one_keeps_its_token,
    one_process_at_a_time_refreshes,
];

fn vault(store: &Store, owner: &str, secret: &str) -> Vault {
    Vault::new(store.clone(), realm(), owner, &SecretString::from(secret))
}

fn token(text: &str, version: i64) -> StoredToken {
    StoredToken {
        refresh_token: text.into(),
        obtained_at: "2026-11-02T12:00:00Z".parse().unwrap(),
        expires_at: Some("2027-02-11T12:00:00Z".parse().unwrap()),
        version,
    }
}

async fn a_token_is_kept_and_cannot_be_read_without_the_client_secret(world: World) {
    let store = world.open().await;
    let own = vault(&store, "me", "client secret");
    assert!(own.load().await.unwrap().is_none());
    assert!(own.save(&token("RT-very-secret", 1)).await.unwrap());
    store.close().await;
    if let Some(directory) = world.directory() {
        let bytes = std::fs::read(directory.join("daybook.db")).unwrap();
        let found = bytes.windows(14).any(|window| window == b"RT-very-secret");
        assert!(!found, "the token stands in the file in clear text");
    }
    let store = world.open().await;
    let own = vault(&store, "me", "client secret");
    let loaded = own.load().await.unwrap().unwrap();
    assert_eq!(loaded.refresh_token.expose_secret(), "RT-very-secret");
    assert_eq!(
        (loaded.version, loaded.expires_at),
        (1, token("", 1).expires_at)
    );
    let stranger = vault(&store, "me", "another secret");
    assert!(stranger.load().await.unwrap().is_none());
    assert!(own.load().await.unwrap().is_some(), "it was only looked at");
    assert!(!format!("{own:?}").contains("secret"));
    let elsewhere = Vault::new(
        store,
        Realm::new("other"),
        "me",
        &SecretString::from("client secret"),
    );
    assert!(elsewhere.load().await.unwrap().is_none());
    own.forget().await.unwrap();
    assert!(own.load().await.unwrap().is_none());
}

async fn a_token_that_a_changed_client_secret_does_not_open_is_replaced_by_a_new_one(world: World) {
    let store = world.open().await;
    let before = vault(&store, "me", "client secret");
    assert!(before.save(&token("first", 1)).await.unwrap());
    assert!(before.save(&token("second", 2)).await.unwrap());
    let after = vault(&store, "me", "new client secret");
    assert!(after.load().await.unwrap().is_none());
    assert!(after.save(&token("third", 1)).await.unwrap());
    let loaded = after.load().await.unwrap().unwrap();
    assert_eq!(loaded.refresh_token.expose_secret(), "third");
    assert!(!after.save(&token("again", 1)).await.unwrap());
    assert!(before.load().await.unwrap().is_none());
}

async fn of_two_processes_that_refresh_one_keeps_its_token(world: World) {
    let one = vault(&world.open().await, "one", "client secret");
    let two = vault(&world.open().await, "two", "client secret");
    assert!(one.save(&token("first", 1)).await.unwrap());
    assert!(two.save(&token("second", 2)).await.unwrap());
    assert!(!one.save(&token("late", 2)).await.unwrap());
    let loaded = one.load().await.unwrap().unwrap();
    assert_eq!(loaded.refresh_token.expose_secret(), "second");
}

async fn one_process_at_a_time_refreshes(world: World) {
    let one = vault(&world.open().await, "one", "client secret");
    let two = vault(&world.open().await, "two", "client secret");
    assert!(one.claim().await.unwrap());
    assert!(!two.claim().await.unwrap());
    two.release().await.unwrap();
    assert!(!two.claim().await.unwrap(), "it was not his to give back");
    one.release().await.unwrap();
    assert!(two.claim().await.unwrap());
}
