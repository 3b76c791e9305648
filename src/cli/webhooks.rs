//! `daybook webhooks install`: makes the store tell us of orders at once.

use serde_json::{Value, json};

use super::output::{Exit, Stopped, line};
use super::{Global, setup};
use crate::config::{Config, WooCommerceConnection};
use crate::domain::ConnectionName;
use crate::wiring::{self, webhook_url};

pub(super) async fn install(global: &Global, named: Option<&str>) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let program = wiring::build(&config, setup::world()?).await?;
    let mut made = Vec::new();
    for (name, settings) in stores(&config, named)? {
        let Some(secret) = &settings.webhook_secret else {
            return Err(Stopped::new(
                Exit::Usage,
                format!("store `{name}` has no `webhook_secret`"),
            )
            .with_remedy(
                "invent a long secret and give it as `webhook_secret` of the connection: `openssl rand -hex 32` makes one",
            ));
        };
        let Some(url) = webhook_url(&config, name) else {
            return Err(Stopped::new(
                Exit::Usage,
                "the store cannot reach this machine under `server.public_url`",
            )
            .with_remedy("give the https address under which the store reaches daybook"));
        };
        let Some(store) = program.stores.get(name) else {
            continue;
        };
        let topics = store.install_webhooks(&url, secret).await?;
        made.push((name.clone(), url, topics));
    }
    program.store.close().await;
    if global.json {
        let stores: Vec<Value> = made
            .iter()
            .map(|(name, url, topics)| json!({ "store": name, "url": url, "installed": topics }))
            .collect();
        line(&json!({ "webhooks": stores }).to_string());
        return Ok(Exit::Done);
    }
    for (name, url, topics) in &made {
        if topics.is_empty() {
            line(&format!(
                "✓ store `{name}`: all webhooks are active already"
            ));
        } else {
            line(&format!(
                "✓ store `{name}`: {} now come to {url}",
                topics.join(", ")
            ));
        }
    }
    Ok(Exit::Done)
}

/// The store that is meant: the one named, or all with a pipeline.
fn stores<'c>(
    config: &'c Config,
    named: Option<&str>,
) -> Result<Vec<(&'c ConnectionName, &'c WooCommerceConnection)>, Stopped> {
    let mut stores: Vec<(&ConnectionName, &WooCommerceConnection)> = Vec::new();
    for pipeline in &config.pipelines {
        let wanted = named.is_none_or(|named| named == pipeline.source.as_str());
        let known = stores.iter().any(|(name, _)| **name == pipeline.source);
        if let (true, false, Some(settings)) = (wanted, known, config.store(&pipeline.source)) {
            stores.push((&pipeline.source, settings));
        }
    }
    if stores.is_empty() {
        let named = named.unwrap_or_default();
        return Err(Stopped::new(
            Exit::Usage,
            format!("no pipeline reads a store `{named}`"),
        ));
    }
    Ok(stores)
}
