//! Where documents go.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{Currency, Failure, PostingId, RequestId};

/// What a posting is in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostingKind {
    /// A customer of the company.
    Customer,
    /// A product or service.
    Item,
    /// A sale that was paid at once.
    SalesReceipt,
    /// A sale to be paid later.
    Invoice,
    /// Money given back for a sale that was paid.
    RefundReceipt,
    /// Credit for an invoice.
    CreditMemo,
    /// Money received for an invoice.
    Payment,
    /// An expense, such as a gateway's fees.
    Expense,
}

impl PostingKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Customer,
        Self::Item,
        Self::SalesReceipt,
        Self::Invoice,
        Self::RefundReceipt,
        Self::CreditMemo,
        Self::Payment,
        Self::Expense,
    ];

    /// The name used in tables, JSON and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Item => "item",
            Self::SalesReceipt => "sales_receipt",
            Self::Invoice => "invoice",
            Self::RefundReceipt => "refund_receipt",
            Self::CreditMemo => "credit_memo",
            Self::Payment => "payment",
            Self::Expense => "expense",
        }
    }

    /// The kind in words, as a bookkeeper says it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Item => "product",
            Self::SalesReceipt => "sales receipt",
            Self::Invoice => "invoice",
            Self::RefundReceipt => "refund receipt",
            Self::CreditMemo => "credit memo",
            Self::Payment => "payment",
            Self::Expense => "expense",
        }
    }

    /// Whether this is an entry of a list (a name others refer to) and not a document with money.
    pub fn is_list_object(self) -> bool {
        matches!(self, Self::Customer | Self::Item)
    }

    /// List objects come before documents, documents before what links to them.
    pub fn level(self) -> u8 {
        match self {
            Self::Customer | Self::Item => 0,
            Self::SalesReceipt | Self::Invoice | Self::RefundReceipt | Self::CreditMemo => 1,
            Self::Payment | Self::Expense => 2,
        }
    }
}

impl fmt::Display for PostingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PostingKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a kind of posting"))
    }
}

/// What a call does with a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "operation")]
pub enum Operation {
    /// Makes it.
    Create,
    /// Replaces all of it.
    Update {
        /// Its id in the target.
        target_id: String,
        /// The version the journal holds; an older one than the target's is refused.
        sync_token: String,
    },
    /// Voids it: it stays, with zero amounts.
    Void {
        /// Its id in the target.
        target_id: String,
        /// The version the journal holds.
        sync_token: String,
    },
    /// Deletes it for good.
    Delete {
        /// Its id in the target.
        target_id: String,
        /// The version the journal holds.
        sync_token: String,
    },
}

/// What tells a document of ours from others when it is looked up, and what its answer must say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The name of a list object (`DisplayName` of a customer, `Name` of an item).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The second key of a list object (e-mail address of a customer, SKU of an item), where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The document's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc_number: Option<String>,
    /// The day it is dated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Its total, tax included, in the document's currency.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::str_option"
    )]
    pub total: Option<Decimal>,
    /// The currency of the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The tax in it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::str_option"
    )]
    pub tax: Option<Decimal>,
    /// Its form: documents of one form get their amounts by the same arithmetic of the target, so where
    /// one comes out as predicted the others will. `None`: there are no amounts to predict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Text that only our document carries (its private note). It holds the store's order number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
}

/// One posting in a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its place in the call it was first sent in, from 0. With the request id it is the key under
    /// which the target remembers it, so it never changes.
    pub slot: u32,
    /// The posting.
    pub posting: PostingId,
    /// What it is.
    pub kind: PostingKind,
    /// What is done with it.
    #[serde(flatten)]
    pub operation: Operation,
    /// What its answer must say, and how it is found again.
    pub expected: Expected,
    /// The document as JSON with all references resolved, without id and version. Not kept with the
    /// member: the call's body holds it.
    #[serde(skip)]
    pub document: String,
}

/// One HTTP write: exact bytes, fixed before the first of them leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Under this id a repetition returns the first answer.
    pub request_id: RequestId,
    /// Path and query below the target's base, without the request id.
    pub path: String,
    /// The exact body.
    pub body: String,
    /// The postings in it; more than one is a batch call.
    pub members: Vec<Member>,
}

/// What the target says a document is now. Kept, so that it need not be read again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its id in the target.
    pub target_id: String,
    /// Its version.
    pub sync_token: String,
    /// Its number, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc_number: Option<String>,
    /// Its total, tax included.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::str_option"
    )]
    pub total: Option<Decimal>,
    /// The tax in it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::str_option"
    )]
    pub tax: Option<Decimal>,
    /// The day it is dated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// A hash over what people see of it. Where only the version rose, this stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// What became of one member of a call.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It took effect.
    Done(Receipt),
    /// It did not, and this is known, unless [`Failure::outcome_unknown`] says otherwise.
    Failed(Failure),
}

/// What a look-up of a member found in the target.
#[derive(Clone, Debug)]
pub enum Found {
    /// No such document, or the one to be changed as it was: the write did not take effect.
    Nothing,
    /// The document to be changed is no longer there.
    Gone,
    /// Our document: the write took effect.
    Ours(Receipt),
    /// The document to be changed, with another version than the one named and not as it was sent:
    /// somebody else's change, described in words.
    Changed(String, Receipt),
    /// A document of that number or name which somebody else made, or may have made, described in words.
    Foreign(String),
    /// A list object of that name which is certainly another one, described in words: ours was not made,
    /// and can have its other name.
    Namesake(String),
}

/// One kind of list or settings object that the target has of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// The company itself (one entry).
    Company,
    /// Its preferences (one entry).
    Preferences,
    /// Accounts.
    Account,
    /// Tax codes.
    TaxCode,
    /// Tax rates.
    TaxRate,
    /// Payment methods.
    PaymentMethod,
    /// Classes.
    Class,
    /// Locations.
    Department,
    /// Items; `key` is the SKU.
    Item,
    /// Customers; `key` is the e-mail address.
    Customer,
}

impl ListKind {
    /// All kinds; settings first.
    pub const ALL: [Self; 10] = [
        Self::Company,
        Self::Preferences,
        Self::Account,
        Self::TaxCode,
        Self::TaxRate,
        Self::PaymentMethod,
        Self::Class,
        Self::Department,
        Self::Item,
        Self::Customer,
    ];

    /// The name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Preferences => "preferences",
            Self::Account => "account",
            Self::TaxCode => "tax_code",
            Self::TaxRate => "tax_rate",
            Self::PaymentMethod => "payment_method",
            Self::Class => "class",
            Self::Department => "department",
            Self::Item => "item",
            Self::Customer => "customer",
        }
    }
}

/// One entry of a list of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// The list.
    pub kind: ListKind,
    /// Its id in the target.
    pub id: String,
    /// Its name as the target shows it (fully qualified).
    pub name: String,
    /// Its second key: SKU of an item, e-mail address of a customer; else empty.
    pub key: String,
    /// The version.
    pub sync_token: String,
    /// The members that matter, as JSON.
    pub body: String,
}

/// Where documents go.
#[async_trait]
pub trait Target: Send + Sync {
    /// The most members one call can have; 1 where batch calls are off.
    fn batch_size(&self) -> usize;

    /// The call that sends these members. Pure: the same members give the same bytes.
    fn compose(&self, request_id: &RequestId, members: Vec<Member>) -> Result<Call, Failure>;

    /// `call` with only the members of these slots, each with the very bytes and key it had. Pure.
    fn narrow(&self, call: &Call, slots: &[u32]) -> Result<Call, Failure>;

    /// Makes the call and returns one outcome for each member, in their order. The caller holds the
    /// limiter's permit; what the answer says about the rate is told to the limiter here. Tries once:
    /// what is to be repeated is the engine's decision.
    async fn send(&self, call: &Call) -> Result<Vec<Outcome>, Failure>;

    /// Looks members up whose outcome is unknown: one answer for each, in their order. `begun_at` is when
    /// their call was begun: what was made before cannot come from it. Reads wait for the limiter
    /// themselves, so the caller must hold no permit.
    async fn find(&self, members: &[Member], begun_at: Timestamp) -> Result<Vec<Found>, Failure>;

    /// One page of a list, from `position` (0 first); the position of the next page, or `None` at the
    /// end. Metered: read seldom, keep the answer.
    async fn list(
        &self,
        kind: ListKind,
        position: u32,
    ) -> Result<(Vec<ListEntry>, Option<u32>), Failure>;

    /// Reaches the system and checks credentials and permissions. Says in one sentence what was found.
    async fn check(&self) -> Result<String, Failure>;
}

/// An OAuth refresh token as kept between starts.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// The token. It works once; its successor comes with the answer.
    pub refresh_token: SecretString,
    /// When the answer that brought it came.
    pub obtained_at: Timestamp,
    /// When it stops working if it is not used.
    pub expires_at: Option<Timestamp>,
    /// Counts up with each token of this realm; 0 is the one from the configuration.
    pub version: i64,
}

/// Where a connector keeps its refresh token. Implemented by the daemon's store (encrypted, shared
/// by several daemons) and in memory by the connector's tests.
#[async_trait]
pub trait TokenVault: Send + Sync {
    /// The newest token, if there is one.
    async fn load(&self) -> Result<Option<StoredToken>, Failure>;

    /// Keeps `token` on disk if the newest is still version `token.version - 1`; false where another
    /// process was faster, whose token then rules.
    async fn save(&self, token: &StoredToken) -> Result<bool, Failure>;

    /// Claims the right to refresh for half a minute; false while another process holds it.
    async fn claim(&self) -> Result<bool, Failure>;

    /// Gives the right back.
    async fn release(&self) -> Result<(), Failure>;
}
