//! Planned misfortune: what is to go wrong, when, and how often.
//! FACTS: QuickBooks §5.1, §11.12.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::fault::Fault;

/// A request as plans see it.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// `GET` or `POST`.
    pub method: String,
    /// The path, `/v3/company/…` or that of a token endpoint.
    pub path: String,
    /// The query string as sent.
    pub query: String,
    /// The body as text.
    pub body: String,
    /// Whether it is a single write or a batch call.
    pub is_write: bool,
    /// Whether it is a batch call.
    pub is_batch: bool,
}

impl RequestView {
    /// Whether the body holds an object with this document number.
    pub fn has_doc_number(&self, number: &str) -> bool {
        let quoted = super::json::quoted(number);
        self.body.split("\"DocNumber\"").skip(1).any(|rest| {
            rest.trim_start()
                .strip_prefix(':')
                .is_some_and(|v| v.trim_start().starts_with(&quoted))
        })
    }
}

type Predicate = Arc<dyn Fn(&RequestView) -> bool + Send + Sync>;

/// Which request a plan meets. Numbers count from the moment of planning, from 1.
#[derive(Clone)]
pub enum When {
    /// The next request to the company or its token endpoint.
    Next,
    /// The nth request.
    Request(u64),
    /// The nth write call, a batch call being one.
    Write(u64),
    /// The nth request whose path contains the text.
    Path(String, u64),
    /// A write that carries the document number. A refusal then meets only
    /// that item of a batch call.
    DocNumber(String),
    /// Whatever the predicate says.
    Matching(Predicate),
}

impl When {
    /// A predicate of your own.
    pub fn matching(predicate: impl Fn(&RequestView) -> bool + Send + Sync + 'static) -> Self {
        Self::Matching(Arc::new(predicate))
    }

    /// The next request whose path contains the text.
    pub fn path(text: &str) -> Self {
        Self::Path(text.to_owned(), 1)
    }

    /// The next write.
    pub const fn write() -> Self {
        Self::Write(1)
    }
}

impl fmt::Debug for When {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Next => formatter.write_str("Next"),
            Self::Request(nth) => write!(formatter, "Request({nth})"),
            Self::Write(nth) => write!(formatter, "Write({nth})"),
            Self::Path(text, nth) => write!(formatter, "Path({text:?}, {nth})"),
            Self::DocNumber(number) => write!(formatter, "DocNumber({number:?})"),
            Self::Matching(_) => formatter.write_str("Matching(…)"),
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The fault is answered, nothing is written.
    Refuse(Fault),
    /// 429 in the form of the quirks.
    Throttle,
    /// The work begins only after a real time.
    Delay(Duration),
    /// The connection is cut before anything was done.
    CutBefore,
    /// The connection is cut after the work took effect.
    CutAfter,
    /// The connection is cut in the middle of a batch call: only so many items
    /// took effect.
    CutWithinBatch(usize),
    /// An HTML page of a proxy with this status; nothing was done.
    HtmlBefore(u16),
    /// An HTML page of a proxy with this status, after the work took effect.
    HtmlAfter(u16),
    /// 200 without a body; nothing was done.
    EmptyBefore,
    /// 200 without a body, after the work took effect.
    EmptyAfter,
    /// All access tokens expire just before the request is looked at.
    ExpireAccessTokens,
    /// The consent is withdrawn just before the request is looked at.
    RevokeConsent,
    /// The refresh token is replaced and the answer that holds it is lost: on
    /// the token endpoint whatever the rotation is.
    LoseRotatedToken,
    /// The work waits until released: a slow write still in progress.
    HoldWork(Pause),
    /// The work took effect, its answer waits until released.
    HoldAnswer(Pause),
    /// The closure runs after the work took effect and before its answer leaves.
    BeforeAnswer(Callback),
}

/// A closure of a test.
#[derive(Clone)]
pub struct Callback(Arc<dyn Fn(&RequestView) + Send + Sync>);

impl Callback {
    /// Wraps a closure.
    pub fn new(call: impl Fn(&RequestView) + Send + Sync + 'static) -> Self {
        Self(Arc::new(call))
    }

    pub(super) fn call(&self, view: &RequestView) {
        (self.0)(view);
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Callback(…)")
    }
}

/// A point where calls stop until they are released.
#[derive(Clone, Debug)]
pub struct Pause {
    reached: Arc<watch::Sender<u32>>,
    released: Arc<watch::Sender<bool>>,
}

impl Default for Pause {
    fn default() -> Self {
        Self {
            reached: Arc::new(watch::Sender::new(0)),
            released: Arc::new(watch::Sender::new(false)),
        }
    }
}

impl Pause {
    /// Waits until a call stands at the point.
    pub async fn reached(&self) {
        // the sender lives in `self`, so waiting can only end well
        let _ = self.reached.subscribe().wait_for(|calls| *calls > 0).await;
    }

    /// Whether a call stands or stood at the point.
    pub fn is_reached(&self) -> bool {
        *self.reached.borrow() > 0
    }

    /// Lets all calls go on, now and later.
    pub fn release(&self) {
        self.released.send_replace(true);
    }

    pub(super) async fn stop_here(&self) {
        self.reached.send_modify(|calls| *calls += 1);
        let _ = self
            .released
            .subscribe()
            .wait_for(|released| *released)
            .await;
    }
}

#[derive(Debug)]
struct Plan {
    when: When,
    effect: Effect,
    seen: u64,
    left: u64,
}

/// All that is planned.
#[derive(Debug, Default)]
pub(super) struct Plans(Vec<Plan>);

impl Plans {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, when: When, effect: Effect, times: u64) {
        self.0.push(Plan {
            when,
            effect,
            seen: 0,
            left: times,
        });
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    /// The effects that meet this request, used up by it.
    pub(super) fn take(&mut self, view: &RequestView) -> Vec<Effect> {
        let mut effects = Vec::new();
        for plan in &mut self.0 {
            let by_item = matches!(
                (&plan.when, &plan.effect),
                (When::DocNumber(_), Effect::Refuse(_))
            );
            if !by_item && plan.meets(view) {
                plan.left -= 1;
                effects.push(plan.effect.clone());
            }
        }
        self.0.retain(|plan| plan.left > 0);
        effects
    }

    /// The refusal planned for one document, used up by it.
    pub(super) fn take_refusal(&mut self, number: &str) -> Option<Fault> {
        let at = self.0.iter().position(|plan| {
            matches!(&plan.when, When::DocNumber(planned) if planned == number)
                && matches!(plan.effect, Effect::Refuse(_))
        })?;
        let plan = self.0.get_mut(at)?;
        plan.left -= 1;
        let Effect::Refuse(fault) = plan.effect.clone() else {
            return None;
        };
        if plan.left == 0 {
            self.0.remove(at);
        }
        Some(fault)
    }
}

impl Plan {
    /// From its nth match on, as often as is left.
    fn meets(&mut self, view: &RequestView) -> bool {
        let (matches, nth) = match &self.when {
            When::Next => (true, 1),
            When::Request(nth) => (true, *nth),
            When::Write(nth) => (view.is_write, *nth),
            When::Path(text, nth) => (view.path.contains(text.as_str()), *nth),
            When::DocNumber(number) => (view.is_write && view.has_doc_number(number), 1),
            When::Matching(predicate) => (predicate(view), 1),
        };
        self.seen += u64::from(matches);
        matches && self.seen >= nth && self.left > 0
    }
}
