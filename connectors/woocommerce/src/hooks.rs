//! The store's webhooks for orders: which there are, and making those that are missing. The one thing
//! that is ever written to a store, and only when somebody asks for it.

use kit::{Failure, Kind};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use url::Url;

use crate::WooCommerce;

/// What a store can tell about orders. Refunds come as updates of their orders (FACTS: WooCommerce
/// §9).
pub const TOPICS: [&str; 4] = [
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
];
const PATH: &str = "wc/v3/webhooks";
/// More webhooks than any store has.
const MOST: &str = "100";

/// A webhook of a store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: u64,
    /// `active`, `paused` or `disabled`: the store gives up after failures in a row.
    pub status: String,
    /// What it tells of.
    pub topic: String,
    /// Where it goes.
    pub delivery_url: String,
}

/// The webhook of a topic, as far as there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hooked {
    /// It tells us.
    Active,
    /// It is there and tells nobody: its id and status.
    Idle(u64, String),
    /// There is none.
    Missing,
}

impl WooCommerce {
    /// How each topic is told to `url`.
    pub async fn webhooks(&self, url: &Url) -> Result<Vec<(&'static str, Hooked)>, Failure> {
        let query = [("per_page", MOST.to_owned())];
        let read = |items: &[&RawValue], _| {
            let parsed = items
                .iter()
                .filter_map(|item| serde_json::from_str::<Webhook>(item.get()).ok());
            parsed.collect::<Vec<_>>()
        };
        let all: Vec<Webhook> = self.client.list(PATH, &query, read).await?;
        Ok(TOPICS
            .into_iter()
            .map(|topic| (topic, hooked(&all, topic, url)))
            .collect())
    }

    /// Makes the webhooks that are missing and wakes those that are idle; the topics concerned.
    pub async fn install_webhooks(
        &self,
        url: &Url,
        secret: &SecretString,
    ) -> Result<Vec<&'static str>, Failure> {
        let mut changed = Vec::new();
        for (topic, hooked) in self.webhooks(url).await? {
            let path = match hooked {
                Hooked::Active => continue,
                Hooked::Missing => PATH.to_owned(),
                Hooked::Idle(id, _) => format!("{PATH}/{id}"),
            };
            let body = json!({
                "name": format!("daybook: {topic}"),
                "topic": topic,
                "delivery_url": url.as_str(),
                "secret": secret.expose_secret(),
                "status": "active",
            });
            self.client.write(&path, &body).await.map_err(by_hand)?;
            changed.push(topic);
        }
        Ok(changed)
    }
}

fn hooked(all: &[Webhook], topic: &str, url: &Url) -> Hooked {
    let ours = all
        .iter()
        .filter(|hook| hook.topic == topic && hook.delivery_url == url.as_str());
    let mut idle = Hooked::Missing;
    for hook in ours {
        if hook.status == "active" {
            return Hooked::Active;
        }
        idle = Hooked::Idle(hook.id, hook.status.clone());
    }
    idle
}

/// Keys that may only read are what daybook asks for: then a person makes the webhooks.
fn by_hand(failure: Failure) -> Failure {
    if failure.kind() != Kind::Stop {
        return failure;
    }
    Failure::stop(
        failure.code().to_owned(),
        failure.to_string(),
        format!(
            "use a key that may read and write for this command, or make the webhooks by hand under \
             WooCommerce › Settings › Advanced › Webhooks, for {}",
            TOPICS.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{Hooked, Webhook, hooked};

    #[test]
    fn a_topic_is_told_where_one_active_webhook_leads_here() {
        let url = "https://books.example.com/hooks/woocommerce/store"
            .parse()
            .unwrap();
        let hook = |id, status: &str, delivery_url: &str| Webhook {
            id,
            status: status.to_owned(),
            topic: "order.created".to_owned(),
            delivery_url: delivery_url.to_owned(),
        };
        let ours = "https://books.example.com/hooks/woocommerce/store";
        let of = |hooks: &[Webhook]| hooked(hooks, "order.created", &url);
        assert_eq!(of(&[]), Hooked::Missing);
        assert_eq!(
            of(&[hook(1, "active", "https://other.example.com/")]),
            Hooked::Missing
        );
        assert_eq!(
            of(&[hook(1, "disabled", ours)]),
            Hooked::Idle(1, "disabled".to_owned())
        );
        assert_eq!(
            of(&[hook(1, "disabled", ours), hook(2, "active", ours)]),
            Hooked::Active
        );
        assert_eq!(
            hooked(&[hook(1, "active", ours)], "order.updated", &url),
            Hooked::Missing
        );
    }
}
