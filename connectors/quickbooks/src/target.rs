//! A `QuickBooks` Online company as a target.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    Call, Chance, Clock, Failure, Found, Limiter, ListEntry, ListKind, Member, Operation, Outcome,
    RequestId, Target, TokenVault,
};
use reqwest::Url;
use secrecy::SecretString;

use crate::client::Client;
use crate::company;
use crate::compose;
use crate::connection::Settings;
use crate::entity::{BatchAnswer, BatchItem, Entity, Shown, Written};
use crate::fault::{Asked, THROTTLED, failure_of, nothing_in_answer};
use crate::find;
use crate::list;
use crate::tokens::Tokens;

/// One company.
pub struct QuickBooks {
    client: Client,
}

impl QuickBooks {
    /// The company of `settings`. Reads wait for `limiter`; for writes the caller does, and both tell
    /// it what came of them. Fails where the settings could never work.
    pub fn new(
        settings: Settings,
        vault: Arc<dyn TokenVault>,
        limiter: Arc<Limiter>,
        clock: Arc<dyn Clock>,
        chance: Arc<Chance>,
    ) -> Result<Self, Failure> {
        settings.check()?;
        let tokens = Tokens::new(&settings, vault, clock.clone(), chance)?;
        Ok(Self {
            client: Client::new(settings, tokens, limiter, clock)?,
        })
    }

    /// The page on which an administrator of the company gives consent. It comes back to `redirect`
    /// with `code`, `realmId` and this `state`, which must not be guessable.
    pub fn consent_page(&self, redirect: &Url, state: &str) -> Url {
        self.client.tokens.consent_page(redirect, state)
    }

    /// Keeps what the consent brought: `code` and the company `realm_id` it was given for, both from
    /// the redirect.
    pub async fn accept_consent(
        &self,
        code: &SecretString,
        realm_id: &str,
        redirect: &Url,
    ) -> Result<(), Failure> {
        if realm_id != self.client.settings.realm_id {
            return Err(Failure::stop(
                "wrong_realm",
                format!(
                    "consent was given for company {realm_id}, the configuration names {}",
                    self.client.settings.realm_id
                ),
                "choose the other company on the consent page, or correct `realm_id`",
            ));
        }
        self.client.tokens.accept_code(code, redirect).await
    }

    /// Gives the consent back to Intuit: the stored refresh token no longer opens the books.
    pub async fn revoke_consent(&self) -> Result<(), Failure> {
        self.client.tokens.revoke().await
    }

    async fn send_batch(&self, call: &Call) -> Result<Vec<Outcome>, Failure> {
        let answer: BatchAnswer = self
            .client
            .write(
                &call.path,
                call.request_id.as_str(),
                &call.body,
                Asked::Write,
            )
            .await?;
        let mut items: BTreeMap<String, BatchItem> = BTreeMap::new();
        for item in answer.items {
            items.insert(item.id.clone(), item);
        }
        let outcomes: Vec<Outcome> = call
            .members
            .iter()
            .map(|member| batch_outcome(member, items.remove(&compose::key(member))))
            .collect();
        let throttled = |outcome: &Outcome| match outcome {
            Outcome::Failed(failure) => failure.code() == THROTTLED,
            Outcome::Done(_) => false,
        };
        if outcomes.iter().any(throttled) {
            self.client.throttled();
        }
        Ok(outcomes)
    }
}

#[async_trait]
impl Target for QuickBooks {
    fn batch_size(&self) -> usize {
        self.client.settings.batch_size.max(1)
    }

    fn compose(&self, request_id: &RequestId, members: Vec<Member>) -> Result<Call, Failure> {
        compose::compose(request_id, members, self.batch_size())
    }

    fn narrow(&self, call: &Call, slots: &[u32]) -> Result<Call, Failure> {
        compose::narrow(call, slots)
    }

    async fn send(&self, call: &Call) -> Result<Vec<Outcome>, Failure> {
        if compose::is_batch(call) {
            return self.send_batch(call).await;
        }
        let Some(member) = call.members.first() else {
            return Ok(Vec::new());
        };
        let asked = compose::asked(member);
        let written: Written = self
            .client
            .write(&call.path, call.request_id.as_str(), &call.body, asked)
            .await?;
        Ok(vec![outcome(
            member,
            written.entity.map(|Shown(entity)| entity).as_ref(),
        )])
    }

    async fn find(&self, members: &[Member], begun_at: Timestamp) -> Result<Vec<Found>, Failure> {
        find::find(&self.client, members, begun_at).await
    }

    async fn list(
        &self,
        kind: ListKind,
        position: u32,
    ) -> Result<(Vec<ListEntry>, Option<u32>), Failure> {
        list::list(&self.client, kind, position).await
    }

    async fn check(&self) -> Result<String, Failure> {
        let (company, _) = company::company(&self.client).await?;
        let (preferences, _) = company::preferences(&self.client).await?;
        let mut found = format!(
            "company \"{}\" in {}, home currency {}",
            company.name, company.country, preferences.home_currency
        );
        if !company.subscription_status.is_empty() {
            found.push_str(", subscription ");
            found.push_str(&company.subscription_status.to_lowercase());
        }
        Ok(found)
    }
}

/// What became of a member of a batch call. One that is not answered may have taken effect.
fn batch_outcome(member: &Member, item: Option<BatchItem>) -> Outcome {
    let Some(item) = item else {
        return Outcome::Failed(nothing_in_answer(
            compose::asked(member),
            &format!("leaves out the {}", member.kind.in_words()),
        ));
    };
    match item.fault {
        // within a batch call the status is always 200
        Some(fault) => Outcome::Failed(failure_of(
            &fault.errors(),
            200,
            compose::asked(member),
            None,
        )),
        None => outcome(member, item.entity.map(|Shown(entity)| entity).as_ref()),
    }
}

/// What became of a member, by the document that was answered: a good status alone proves nothing
/// (FACTS: QuickBooks §5.1).
fn outcome(member: &Member, entity: Option<&Entity>) -> Outcome {
    let receipt = entity
        .and_then(Entity::receipt)
        .filter(|receipt| match &member.operation {
            Operation::Create => true,
            Operation::Update { target_id, .. }
            | Operation::Void { target_id, .. }
            | Operation::Delete { target_id, .. } => receipt.target_id == *target_id,
        });
    match receipt {
        Some(receipt) => Outcome::Done(receipt),
        None => Outcome::Failed(nothing_in_answer(
            compose::asked(member),
            &format!("does not show the {}", member.kind.in_words()),
        )),
    }
}
