//! What a mapping wants to be in the books.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use kit::{Expected, Money, PostingKind, Receipt};
use serde::{Deserialize, Serialize};

use super::FeeShare;

/// What kind of thing in the store a posting stands for. Part of its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A customer account; the source id is the account's.
    Customer,
    /// A guest; the source id is the lower-case e-mail address, or `order:ID` without one.
    Guest,
    /// A product, or a variation, whose ids WooCommerce takes from the same sequence.
    Product,
    /// An order.
    Order,
    /// A refund of an order.
    Refund,
    /// Something the mapping itself needs once: the shipping item, the generic customer …; the
    /// source id says which.
    Role,
    /// A day of a gateway, whose fees are one expense; the source id is a [`super::GatewayDay`].
    GatewayDay,
}

impl SourceKind {
    const ALL: [Self; 7] = [
        Self::Customer,
        Self::Guest,
        Self::Product,
        Self::Order,
        Self::Refund,
        Self::Role,
        Self::GatewayDay,
    ];

    /// The name used in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Guest => "guest",
            Self::Product => "product",
            Self::Order => "order",
            Self::Refund => "refund",
            Self::Role => "role",
            Self::GatewayDay => "gateway_day",
        }
    }
}

impl SourceKind {
    /// Whether its postings have a story of their own, found by their number: sales, refunds, and
    /// the fees of days.
    pub fn is_told(self) -> bool {
        match self {
            Self::Order | Self::Refund | Self::GatewayDay => true,
            Self::Customer | Self::Guest | Self::Product | Self::Role => false,
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SourceKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a kind of source record"))
    }
}

/// Names one thing of one store in the books, before and after it has an id there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkKey {
    /// What it is in the store.
    pub source_kind: SourceKind,
    /// Its id in the store.
    pub source_id: String,
    /// What it is in the books.
    pub kind: PostingKind,
}

impl LinkKey {
    /// The key of these three.
    pub fn new(source_kind: SourceKind, source_id: impl Into<String>, kind: PostingKind) -> Self {
        Self {
            source_kind,
            source_id: source_id.into(),
            kind,
        }
    }

    /// Stands in a document for the id that the thing will have in the books; the engine puts the id
    /// there before the document is sent. Framed by a control character, which mappings strip from
    /// all text of the store, so that no text can be mistaken for it.
    pub fn placeholder(&self) -> String {
        format!(
            "\u{1}{}/{}/{}\u{1}",
            self.kind, self.source_kind, self.source_id
        )
    }

    /// The key that a placeholder stands for; `None` for an id of the books.
    pub fn of_placeholder(text: &str) -> Option<Self> {
        let framed = text.strip_prefix('\u{1}')?.strip_suffix('\u{1}')?;
        let mut parts = framed.splitn(3, '/');
        let kind = parts.next()?.parse().ok()?;
        let source_kind = parts.next()?.parse().ok()?;
        Some(Self::new(source_kind, parts.next()?, kind))
    }
}

/// What to do when a posted record has changed in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnEdit {
    /// The document in the books is updated.
    #[default]
    Update,
    /// The change is held for a person.
    Hold,
    /// The document stays as it was posted.
    Ignore,
}

/// What to do with the document of a record that must no longer be in the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfPosted {
    /// It is voided.
    #[default]
    Void,
    /// It is held for a person.
    Hold,
    /// It stays.
    Ignore,
}

/// Another name for a list object, for when the first is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rename {
    /// The name.
    pub name: String,
    /// The whole document with that name.
    pub body: String,
}

/// A document or list object as it should be in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// JSON in the target's form, without id and version; references are placeholders.
    pub body: String,
    /// What the placeholders in it stand for.
    pub needs: Vec<LinkKey>,
    /// What the answer must say, and how the document is found again.
    pub expected: Expected,
    /// For list objects: what to do when the name is taken.
    pub rename: Option<Rename>,
    /// What to do when it is posted already and differs.
    pub on_edit: OnEdit,
}

/// Why a posting waits for a person or another posting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The stable code (see [`super::CAUSES`]).
    pub cause: String,
    /// What is the matter, in the trade's words, with names and figures.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

impl Hold {
    /// The hold of a cause of the catalogue, with its own remedy.
    pub fn of(cause: &str, reason: impl Into<String>) -> Self {
        Self {
            cause: cause.to_owned(),
            reason: reason.into(),
            remedy: super::cause(cause).map_or_else(String::new, |known| known.remedy.to_owned()),
        }
    }
}

/// What a mapping wants for one posting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It should be in the books like this.
    Post(Document),
    /// It is in the books already; only the reference is kept, and it is never changed.
    Adopt(Receipt),
    /// What it was in the books is no longer in use, and this takes its place: as [`Wish::Adopt`].
    Move(Receipt),
    /// It should not be in the books.
    Exclude {
        /// Why, in words ("status cancelled").
        reason: String,
        /// What to do if it is.
        if_posted: IfPosted,
    },
    /// It must not be sent until somebody decides.
    Hold(Hold),
}

/// What the reconciliation groups by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// The order's gateway (`payment_method`).
    pub gateway: String,
    /// The order's status.
    pub status: String,
    /// The store's tax in it, in the currency of the amount.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::str_option"
    )]
    pub tax: Option<rust_decimal::Decimal>,
    /// The set of tax codes or rates it is taxed by ([`Facets::set_of`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tax_codes: Vec<String>,
    /// Who bought, for people who look for an order by name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub who: String,
}

impl Facets {
    /// Tax codes or rates as the set they are: in order, each once, so that documents of the same codes
    /// are one group.
    pub fn set_of(codes: impl IntoIterator<Item = String>) -> Vec<String> {
        BTreeSet::from_iter(codes).into_iter().collect()
    }
}

/// One posting as a mapping wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its identity, unique within realm and source.
    pub key: LinkKey,
    /// The order's number, for refunds too; the name for list objects.
    pub number: String,
    /// The day of the books it belongs to.
    pub date: Option<Date>,
    /// What the store says it amounts to, tax included; refunds are negative. `None` for list
    /// objects and for documents that only follow another (payments, fees).
    pub store_amount: Option<Money>,
    /// What the reconciliation groups by.
    pub facets: Facets,
    /// The part of a sale in the fees of its day, where they are booked by the day.
    pub fee: Option<FeeShare>,
    /// Something a bookkeeper should look at, though it is posted.
    pub warning: Option<String>,
    /// What is wanted.
    pub wish: Wish,
}
