//! A posting as the journal holds it.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use kit::{Expected, Fingerprint, Money, PostingId, Receipt};
use serde::{Deserialize, Serialize};

use super::{ConnectionName, Facets, Hold, LinkKey, PipelineName, Realm, Rename};

/// Where a posting stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PostingState {
    /// To be sent.
    Queued,
    /// In a call that has no outcome yet.
    Posting,
    /// In the books as wanted.
    Posted,
    /// Waits for a decision.
    Held,
    /// Its record is malformed.
    Failed,
    /// Not wanted in the books.
    Excluded,
    /// Was in the books and was voided there.
    Reversed,
}

impl PostingState {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Posting,
        Self::Posted,
        Self::Held,
        Self::Failed,
        Self::Excluded,
        Self::Reversed,
    ];

    /// The name used in tables, JSON and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Posting => "posting",
            Self::Posted => "posted",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Excluded => "excluded",
            Self::Reversed => "reversed",
        }
    }
}

impl fmt::Display for PostingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PostingState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a state of a posting"))
    }
}

/// What is to be done with a queued posting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// It should be in the books: created, or updated where a link says it is there.
    #[default]
    Post,
    /// It should no longer count: voided, then `reversed`.
    Void,
    /// Its answer did not agree with the store: deleted, then held with the reason it has.
    Undo,
}

impl Intent {
    /// The name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Void => "void",
            Self::Undo => "undo",
        }
    }
}

impl FromStr for Intent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Post, Self::Void, Self::Undo]
            .into_iter()
            .find(|intent| intent.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not an intent"))
    }
}

/// Whose postings: from which store, by which pipeline, into which books.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The store's connection. With the record's kind and id it names a record.
    pub source: ConnectionName,
    /// The books.
    pub realm: Realm,
}

/// One document or list object that should exist in the target, as the journal holds it.
#[derive(Clone, Debug)]
pub struct Posting {
    /// Its id.
    pub id: PostingId,
    /// Whose it is.
    pub route: Route,
    /// What it stands for: unique within realm and source.
    pub key: LinkKey,
    /// The order's number, or a list object's name.
    pub number: String,
    /// The day of the books.
    pub date: Option<Date>,
    /// What the store says it amounts to; refunds are negative.
    pub store_amount: Option<Money>,
    /// What the reconciliation groups by.
    pub facets: Facets,
    /// Something to look at, though it is posted.
    pub warning: Option<String>,
    /// Where it stands.
    pub state: PostingState,
    /// Why it is held, failed or excluded (then only the reason is filled).
    pub hold: Option<Hold>,
    /// What is to be done with it.
    pub intent: Intent,
    /// The document with placeholders; empty where there is none.
    pub body: String,
    /// What the placeholders stand for.
    pub needs: Vec<LinkKey>,
    /// What the answer must say.
    pub expected: Expected,
    /// Another name, where the first is taken.
    pub rename: Option<Rename>,
    /// Hash of the document as wanted.
    pub fingerprint: Fingerprint,
    /// What the books last said of it.
    pub receipt: Option<Receipt>,
    /// How often it was sent.
    pub attempts: i64,
    /// Not to be sent before.
    pub due_at: Option<Timestamp>,
    /// Somebody approved just what is wanted now. It counts where the pipeline waits for approval.
    pub approved: bool,
    /// When it was first wanted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
