//! Consent, refresh, rotation, revocation.

use std::time::Duration;

use daybook_sandbox::company::{Effect, Regime, Rotation, When};
use serde_json::{Value, json};

use crate::support::{Answer, World, answer, recording};

async fn token(world: &World, form: &[(&str, &str)]) -> reqwest::Result<Answer> {
    let client = (world.server.client_id(), world.server.client_secret());
    let request = world
        .client
        .post(world.server.token_url())
        .basic_auth(client.0, Some(client.1));
    answer(request.form(form).send().await?).await
}

async fn refresh(world: &World, refresh_token: &str) -> Answer {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    token(world, &form).await.unwrap()
}

#[tokio::test]
async fn a_refresh_answers_with_the_recorded_members() {
    let world = World::new(Regime::UsAst).await;
    let answer = refresh(&world, &world.server.refresh_token()).await;
    let recorded = recording("oauth_token_response")["response"]["body"].clone();
    for member in recorded.as_object().unwrap().keys() {
        assert!(answer.json().get(member).is_some(), "{member}");
    }
    assert_eq!(answer.json()["expires_in"], 3600);
    assert_eq!(world.books.counts().token_refreshes, 1);
}

#[tokio::test]
async fn an_access_token_dies_after_an_hour() {
    let mut world = World::new(Regime::UsAst).await;
    let granted = refresh(&world, &world.server.refresh_token()).await.json();
    world.token = granted["access_token"].as_str().unwrap().to_owned();
    world.time.advance(3599);
    assert_eq!(world.get("preferences").await.status, 200);
    world.time.advance(1);
    assert_eq!(world.get("preferences").await.status, 401);
}

#[tokio::test]
async fn the_refresh_token_changes_once_a_day_and_the_old_one_is_dead() {
    let world = World::new(Regime::UsAst).await;
    let first = world.server.refresh_token();
    let same = refresh(&world, &first).await.json();
    assert_eq!(same["refresh_token"], Value::from(first.as_str()));
    world.time.advance(24 * 3600);
    let next = refresh(&world, &first).await.json();
    assert_ne!(next["refresh_token"], Value::from(first.as_str()));
    let dead = refresh(&world, &first).await;
    assert_eq!(dead.status, 400);
    assert_eq!(
        dead.json(),
        recording("oauth_invalid_grant")["response"]["body"]
    );
}

#[tokio::test]
async fn a_grace_period_keeps_the_old_token_alive_for_a_while() {
    let world = World::with(Regime::UsAst, |options| {
        options.quirks.rotation = Rotation::EachUse;
        options.quirks.rotation_grace = Duration::from_hours(1);
    })
    .await;
    let first = world.server.refresh_token();
    let next = refresh(&world, &first).await.json();
    assert_ne!(next["refresh_token"], Value::from(first.as_str()));
    world.time.advance(3599);
    let again = refresh(&world, &first).await.json();
    assert_eq!(
        again["refresh_token"], next["refresh_token"],
        "the newest is told again"
    );
    world.time.advance(1);
    assert_eq!(refresh(&world, &first).await.status, 400);
}

#[tokio::test]
async fn a_rotation_whose_answer_is_lost_leaves_the_caller_with_a_dead_token() {
    let world = World::new(Regime::UsAst).await;
    let first = world.server.refresh_token();
    world
        .books
        .plan(When::path("tokens/bearer"), Effect::LoseRotatedToken);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", first.as_str()),
    ];
    assert!(token(&world, &form).await.is_err());
    assert_ne!(world.server.refresh_token(), first);
    assert_eq!(refresh(&world, &first).await.status, 400);
}

#[tokio::test]
async fn a_wrong_secret_is_told_apart_from_a_wrong_token() {
    let world = World::new(Regime::UsAst).await;
    let request = world
        .client
        .post(world.server.token_url())
        .basic_auth("sandbox-client", Some("no"));
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let answer = answer(request.form(&form).send().await.unwrap())
        .await
        .unwrap();
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (401, Some("invalid_client"))
    );
    let answer = token(&world, &[("grant_type", "password")]).await.unwrap();
    assert_eq!(answer.json()["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn consent_gives_a_code_that_is_exchanged_once() {
    let world = World::new(Regime::UsAst).await;
    let redirect = "http://localhost:8080/callback";
    let request = world.client.get(world.server.authorize_url()).query(&[
        ("client_id", "sandbox-client"),
        ("response_type", "code"),
        ("scope", "com.intuit.quickbooks.accounting"),
        ("redirect_uri", redirect),
        ("state", "s-1"),
    ]);
    let consent = request.send().await.unwrap();
    assert_eq!(consent.status().as_u16(), 302);
    let location = url::Url::parse(consent.headers()["location"].to_str().unwrap()).unwrap();
    let value = |name: &str| {
        location
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(value("state").as_deref(), Some("s-1"));
    assert_eq!(value("realmId"), Some(world.server.realm_id()));
    let code = value("code").unwrap();
    let old = world.server.refresh_token();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", redirect),
    ];
    let granted = token(&world, &form).await.unwrap();
    assert_eq!(granted.status, 200);
    assert_eq!(
        refresh(&world, &old).await.status,
        400,
        "a new consent replaces the old token"
    );
    assert_eq!(
        token(&world, &form).await.unwrap().status,
        400,
        "a code works once"
    );
}

#[tokio::test]
async fn a_revoked_consent_ends_every_token() {
    let world = World::new(Regime::UsAst).await;
    let refresh_token = world.server.refresh_token();
    let request = world.client.post(world.server.revoke_url());
    let request = request.basic_auth(world.server.client_id(), Some(world.server.client_secret()));
    let revoked = request
        .json(&json!({ "token": refresh_token }))
        .send()
        .await
        .unwrap();
    assert_eq!(revoked.status().as_u16(), 200);
    assert_eq!(world.get("preferences").await.status, 401);
    assert_eq!(refresh(&world, &refresh_token).await.status, 400);
}
