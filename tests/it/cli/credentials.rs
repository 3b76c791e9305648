//! Keys, secrets, consents and companies that do not fit: exit 5 with the remedy, nothing posted, and
//! all is well once they do.

use sandbox::company::{Effect, When};

use super::shell::Shell;

/// `sync` and `check` both end with 5 and say what is wrong and what to do, and nothing is posted.
async fn both_refuse(shell: &Shell, texts: &[&str]) {
    let sync = shell.run(&["sync"]).await;
    sync.complains(5, texts);
    sync.complains(5, &["→ "]);
    let check = shell.run(&["check"]).await;
    check.tells(5, texts);
    check.tells(5, &["! ", "→ "]);
    let json = shell.run(&["sync", "--json"]).await;
    assert_eq!(json.code, 5);
    let json = json.json();
    assert_eq!(json["status"], "failed");
    assert!(json["error"].is_string() && json["remedy"].is_string());
    assert_eq!(shell.documents(), 0);
}

/// Everything was left as it should be: with the right configuration the same database goes on.
async fn goes_on(shell: &Shell) {
    let said = shell.run(&["sync"]).await;
    assert_eq!(said.code, 0, "{said:#?}");
    assert_eq!(shell.documents(), 3);
}

#[tokio::test]
async fn a_wrong_consumer_key_is_named_with_its_remedy() {
    let mut shell = Shell::with_plain_orders(3).await;
    let right = shell.environment.clone();
    let wrong = "ck_0123456789012345678901234567890123456789";
    shell.environment.insert("STORE_KEY", wrong.to_owned());
    both_refuse(&shell, &["401", "`consumer_key`"]).await;
    shell.environment = right;
    goes_on(&shell).await;
}

#[tokio::test]
async fn a_wrong_consumer_secret_is_told_from_a_wrong_key() {
    let mut shell = Shell::with_plain_orders(3).await;
    let right = shell.environment.clone();
    let wrong = "cs_0123456789012345678901234567890123456789";
    shell.environment.insert("STORE_SECRET", wrong.to_owned());
    both_refuse(&shell, &["401", "`consumer_secret`"]).await;
    shell.environment = right;
    goes_on(&shell).await;
}

#[tokio::test]
async fn a_key_without_the_permission_to_read_is_named_as_that() {
    let mut shell = Shell::with_plain_orders(3).await;
    let right = shell.environment.clone();
    let wrong = shell.world.store.write_only_key().to_owned();
    shell.environment.insert("STORE_KEY", wrong);
    both_refuse(&shell, &["permission \"Read\""]).await;
    shell.environment = right;
    goes_on(&shell).await;
}

#[tokio::test]
async fn a_wrong_realm_is_not_taken_for_a_wrong_key() {
    let mut shell = Shell::with_plain_orders(3).await;
    let right = shell.config.clone();
    let realm = shell.world.company.realm_id();
    shell.config = right.replace(&realm, "4620816365178942000");
    both_refuse(&shell, &["not connected to this company", "`realm_id`"]).await;
    // daybook used the token up for the wrong company, as Intuit does not know companies yet then
    shell.environment.insert(
        "REFRESH_TOKEN",
        shell.world.secret("REFRESH_TOKEN").unwrap(),
    );
    shell.config = right;
    goes_on(&shell).await;
}

#[tokio::test]
async fn a_wrong_app_secret_is_named_as_that() {
    let mut shell = Shell::with_plain_orders(3).await;
    let right = shell.environment.clone();
    shell
        .environment
        .insert("APP_SECRET", "the secret of another app".to_owned());
    both_refuse(&shell, &["app's keys", "`client_secret`"]).await;
    shell.environment = right;
    goes_on(&shell).await;
}

#[tokio::test]
async fn a_consent_that_never_was_is_asked_for() {
    let mut shell = Shell::with_plain_orders(3).await;
    let right = shell.environment.clone();
    shell
        .environment
        .insert("REFRESH_TOKEN", "RT1-no-token-of-this-company".to_owned());
    both_refuse(&shell, &["no longer accepts", "daybook connect"]).await;
    shell.environment = right;
    goes_on(&shell).await;
}

#[tokio::test]
async fn a_consent_that_was_withdrawn_ends_the_run_and_is_asked_for_again() {
    let shell = Shell::with_plain_orders(3).await;
    shell.world.books().revoke_consent();
    both_refuse(&shell, &["no longer accepts", "daybook connect"]).await;
}

#[tokio::test]
async fn a_consent_withdrawn_in_the_middle_of_a_run_keeps_what_was_posted() {
    let shell = Shell::with_plain_orders(40).await;
    shell
        .world
        .books()
        .plan(When::Write(2), Effect::RevokeConsent);
    let said = shell.run(&["sync"]).await;
    said.complains(5, &["no longer accepts", "daybook connect"]);
    let status = shell.run(&["status"]).await;
    status.tells(0, &["failed", "ended by: ", "daybook sync --resume "]);
}

#[tokio::test]
async fn access_tokens_that_expire_are_renewed_without_a_word() {
    let shell = Shell::with_plain_orders(3).await;
    shell
        .world
        .books()
        .plan(When::Write(1), Effect::ExpireAccessTokens);
    let said = shell.run(&["sync"]).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:#?}");
    assert_eq!(shell.world.books().plans_left(), 0);
    assert!(shell.world.books().token_grants().len() > 1);
    assert_eq!(shell.documents(), 3);
}
