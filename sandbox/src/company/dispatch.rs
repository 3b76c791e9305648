//! One request from its arrival to its reply: plans, authentication, limits,
//! then the work. The order is the gateway's: a bad token is told before a
//! wrong company, that before a used-up quota.

use std::time::Duration;

use super::calls;
use super::fault::Fault;
use super::oauth::AccessError;
use super::plan::{Effect, Pause, RequestView};
use super::reply::Reply;
use super::shared::{Shared, lock};
use super::tokens;

pub(super) const TOKEN_PATH: &str = "/oauth2/v1/tokens/bearer";
pub(super) const AUTHORIZE_PATH: &str = "/connect/oauth2";
pub(super) const REVOKE_PATH: &str = "/v2/oauth2/tokens/revoke";

/// What the headers say.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) authorization: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) wants_hard_expiry: bool,
}

/// What stands between a call and its effect.
#[derive(Debug, Default)]
pub(super) struct Obstacles {
    delay: Duration,
    pauses: Vec<Pause>,
    /// A batch call loses its line after so many items.
    pub(super) cut_after_items: Option<usize>,
    /// A token request rotates and its answer is lost.
    pub(super) lose_rotated_token: bool,
}

impl Obstacles {
    /// Waits what plans and latency say, in real time.
    #[expect(
        clippy::disallowed_methods,
        reason = "the time a server takes is real time"
    )]
    pub(super) async fn pass(&self, latency: Duration) {
        let wait = self.delay + latency;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        for pause in &self.pauses {
            pause.stop_here().await;
        }
    }
}

/// Serves one request.
pub(super) async fn serve(shared: &Shared, view: &RequestView, caller: &Caller) -> Reply {
    lock(&shared.counters).tally(|counts| counts.total += 1);
    if let Some(kept) = lock(&shared.kept_requests).as_mut() {
        kept.push(view.clone());
    }
    let company_call = view.path.starts_with("/v3/company/");
    let _presence = company_call.then(|| Presence::enter(shared, view.is_batch));
    let effects = planned(shared, view);
    let mut obstacles = Obstacles::default();
    for effect in &effects {
        if let Some(reply) = before(shared, effect, &mut obstacles) {
            shared.served.notify_waiters();
            return reply;
        }
    }
    let reply = if company_call {
        company_call_reply(shared, view, caller, &obstacles).await
    } else {
        tokens::serve(shared, view, caller, &obstacles).await
    };
    shared.served.notify_waiters();
    after(view, &effects, reply).await
}

fn planned(shared: &Shared, view: &RequestView) -> Vec<Effect> {
    let mut plans = lock(&shared.plans);
    if plans.is_empty() {
        Vec::new()
    } else {
        plans.take(view)
    }
}

/// Effects that come before the request is looked at; a reply ends it.
fn before(shared: &Shared, effect: &Effect, obstacles: &mut Obstacles) -> Option<Reply> {
    match effect {
        Effect::Refuse(fault) => return Some(fault_reply(shared, fault)),
        Effect::Throttle => return Some(throttled(shared)),
        Effect::CutBefore => return Some(Reply::Cut),
        Effect::HtmlBefore(status) => return Some(Reply::html(*status)),
        Effect::EmptyBefore => return Some(Reply::empty()),
        Effect::Delay(delay) => obstacles.delay += *delay,
        Effect::HoldWork(pause) => obstacles.pauses.push(pause.clone()),
        Effect::CutWithinBatch(items) => obstacles.cut_after_items = Some(*items),
        Effect::LoseRotatedToken => obstacles.lose_rotated_token = true,
        Effect::ExpireAccessTokens => lock(&shared.oauth).expire_access(shared.now()),
        Effect::RevokeConsent => lock(&shared.oauth).revoke_all(),
        Effect::CutAfter
        | Effect::HtmlAfter(_)
        | Effect::EmptyAfter
        | Effect::HoldAnswer(_)
        | Effect::BeforeAnswer(_) => {}
    }
    None
}

/// Effects that come once the work took effect.
async fn after(view: &RequestView, effects: &[Effect], mut reply: Reply) -> Reply {
    for effect in effects {
        match effect {
            Effect::BeforeAnswer(callback) => callback.call(view),
            Effect::HoldAnswer(pause) => pause.stop_here().await,
            Effect::CutAfter => reply = Reply::Cut,
            Effect::HtmlAfter(status) => reply = Reply::html(*status),
            Effect::EmptyAfter => reply = Reply::empty(),
            _ => {}
        }
    }
    reply
}

async fn company_call_reply(
    shared: &Shared,
    view: &RequestView,
    caller: &Caller,
    obstacles: &Obstacles,
) -> Reply {
    if let Err(fault) = authenticate(shared, caller) {
        return fault_reply(shared, &fault);
    }
    let rest = view.path.trim_start_matches("/v3/company/");
    let (realm, rest) = rest.split_once('/').unwrap_or((rest, ""));
    if realm != shared.realm_id {
        return fault_reply(shared, &Fault::authorization());
    }
    if !admitted(shared, view) {
        return throttled(shared);
    }
    calls::serve(shared, view, rest, obstacles).await
}

fn authenticate(shared: &Shared, caller: &Caller) -> Result<(), Fault> {
    let header = caller.authorization.as_deref().unwrap_or_default();
    let Some(token) = header.strip_prefix("Bearer ") else {
        return Err(Fault::authentication(
            "Malformed bearer token: too short or too long",
        ));
    };
    lock(&shared.oauth)
        .check(token, shared.now())
        .map_err(|error| match error {
            AccessError::Expired => Fault::authentication("Token expired: REDACTED"),
            AccessError::Unknown => Fault::authentication("Token invalid: REDACTED"),
        })
}

fn admitted(shared: &Shared, view: &RequestView) -> bool {
    let singly = lock(&shared.company).quirks.batch_items_count_singly;
    let weight = if view.is_batch && singly {
        u32::try_from(view.body.matches("\"bId\"").count())
            .unwrap_or(u32::MAX)
            .max(1)
    } else {
        1
    };
    let limits = lock(&shared.limits).clone();
    let in_progress = lock(&shared.counters).in_progress();
    if limits.concurrency.is_some_and(|most| in_progress > most) {
        return false;
    }
    lock(&shared.meter).admit(&limits, shared.now(), weight, view.is_batch)
}

fn throttled(shared: &Shared) -> Reply {
    lock(&shared.counters).tally(|counts| counts.throttled += 1);
    let company = lock(&shared.company);
    let quirks = &company.quirks;
    Reply::throttled(
        quirks.throttle_form,
        quirks.retry_after,
        &company.stamps,
        shared.now(),
    )
}

/// A fault as the reply to a whole call.
pub(super) fn fault_reply(shared: &Shared, fault: &Fault) -> Reply {
    let company = lock(&shared.company);
    Reply::fault(
        fault,
        &company.stamps,
        shared.now(),
        company.quirks.faults_in_http_200,
    )
}

/// Counts a call as being in progress for as long as it lives.
struct Presence<'a>(&'a Shared);

impl<'a> Presence<'a> {
    fn enter(shared: &'a Shared, batch: bool) -> Self {
        lock(&shared.counters).arrive(shared.now(), batch);
        Self(shared)
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        lock(&self.0.counters).leave();
    }
}
