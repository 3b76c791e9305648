//! Where records come from.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use futures_util::Stream;
use futures_util::stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Failure, Fingerprint};

/// One kind of source entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamName {
    /// Customer accounts.
    Customers,
    /// Products and their variations.
    Products,
    /// Orders.
    Orders,
    /// Refunds of orders.
    Refunds,
}

impl StreamName {
    /// All streams, in the order in which a run walks them: what is referred to comes first.
    pub const ALL: [Self; 4] = [Self::Customers, Self::Products, Self::Orders, Self::Refunds];

    /// The name used in configuration, tables and paths.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Products => "products",
            Self::Orders => "orders",
            Self::Refunds => "refunds",
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StreamName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|stream| stream.as_str() == text)
            .ok_or_else(|| {
                format!("`{text}` is not a stream: use customers, products, orders or refunds")
            })
    }
}

/// How far a stream has been read: text that only its source understands. It may go back a little
/// (overlap), it never skips. The empty cursor is the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// One source entity as received.
#[derive(Clone, Debug)]
pub struct Record {
    /// The entity's id in the source, unique within its stream.
    pub id: String,
    /// When the source says it last changed; only a hint.
    pub modified_at: Timestamp,
    /// Hash over the content that matters, without stamps and links.
    pub fingerprint: Fingerprint,
    /// The JSON as received.
    pub body: Box<RawValue>,
}

/// A record so damaged that it has no identity. The rest of its page is read all the same.
#[derive(Clone, Debug)]
pub struct RejectedRecord {
    /// Where it stood in the page, from 1, and any id that could be made out.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
}

/// One page of a stream.
#[derive(Debug)]
pub struct Page {
    /// The records, oldest change first.
    pub records: Vec<Record>,
    /// Records without an identity.
    pub rejected: Vec<RejectedRecord>,
    /// The cursor behind this page.
    pub next: Cursor,
    /// Whether there is more to read now.
    pub more: bool,
    /// How many records this walk still had in front of it when the page was asked for, this page
    /// included, where the source said so: for progress only.
    pub remaining: Option<u64>,
}

/// An order in outline: few enough members that all orders can be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The order's id in the source.
    pub id: String,
    /// When the source says it last changed.
    pub modified_at: Option<Timestamp>,
    /// Hash over status, total and refunds ([`Source::outline`]).
    pub outline: Fingerprint,
}

/// One page of a look at all orders.
#[derive(Debug)]
pub struct Outlines {
    /// The orders.
    pub outlines: Vec<Outline>,
    /// The cursor behind this page.
    pub next: Cursor,
    /// Whether there is more to look at.
    pub more: bool,
}

/// Where records come from. Stateless: the cursor is all it needs to go on.
#[async_trait]
pub trait Source: Send + Sync {
    /// The streams this source has.
    fn streams(&self) -> &'static [StreamName];
    /// The page behind `from`. The same cursor can be asked again.
    async fn page(&self, stream: StreamName, from: &Cursor) -> Result<Page, Failure>;
    /// A page of a look at all orders made since a moment, by rising id and whatever their stamps say;
    /// the empty cursor is the beginning.
    async fn outlines(&self, since: Option<Timestamp>, from: &Cursor) -> Result<Outlines, Failure>;
    /// The outline of an order as received; `None` where it has none.
    fn outline(&self, order: &Record) -> Option<Fingerprint>;
    /// Orders as they are now, whatever their status and however young their last change; those that the
    /// source no longer has are left out.
    async fn orders_again(&self, ids: &[String]) -> Result<Vec<Record>, Failure>;
    /// Reaches the system and checks credentials, permissions and version. Says in one sentence what
    /// was found.
    async fn check(&self) -> Result<String, Failure>;
    /// How the system is set up, as text that a mapping from it reads: its taxes, ways to pay and the
    /// like. What the credentials do not show is left out.
    async fn setup(&self) -> Result<String, Failure>;
}

/// All pages from a cursor on, until nothing more is there now; ends after the first failure.
pub fn pages(
    source: &dyn Source,
    stream: StreamName,
    from: Cursor,
) -> impl Stream<Item = Result<Page, Failure>> + Send + '_ {
    stream::unfold(Some(from), move |cursor| async move {
        let page = source.page(stream, &cursor?).await;
        let next = match &page {
            Ok(page) if page.more => Some(page.next.clone()),
            Ok(_) | Err(_) => None,
        };
        Some((page, next))
    })
}
