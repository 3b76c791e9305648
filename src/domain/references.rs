//! What a mapping may know beside its record: loaded for a whole page at once, so that mapping
//! itself stays pure.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use kit::{ListEntry, ListKind, PostingKind};

use super::{Draft, FeeShare, LinkKey, PostingState, Wish};

/// By what a list object of the books is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchField {
    /// By its name, of an item by the last part of it; without regard to case and outer spaces.
    Name,
    /// By its second key (SKU, e-mail address), without regard to case and outer spaces.
    Key,
}

/// A look for entries of a list of the books, as last read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Match {
    /// The list: customers or items.
    pub list: ListKind,
    /// The field.
    pub field: MatchField,
    /// The value, lower case and trimmed (see [`Match::new`]).
    pub value: String,
}

impl Match {
    /// A look for `value`, which is folded here. Items are looked for by the last part of their name: what
    /// stands before it are categories.
    pub fn new(list: ListKind, field: MatchField, value: &str) -> Self {
        let value = match (list, field) {
            (ListKind::Item, MatchField::Name) => last_part(value),
            _ => value,
        };
        Self {
            list,
            field,
            value: fold(value),
        }
    }
}

/// The last part of a name as the books show it: `Mug` of `Pots:Mug`.
pub fn last_part(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// How names and keys are compared (FACTS: QuickBooks §7 Customer).
pub(super) fn fold(value: &str) -> String {
    value.trim().to_lowercase()
}

/// What a mapping needs to know for one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// References to things that may be in the books already.
    pub links: HashSet<LinkKey>,
    /// Documents of which it matters whether they were ever in the books.
    pub once: HashSet<LinkKey>,
    /// Entries of the books' lists that may be the same thing.
    pub matches: HashSet<Match>,
    /// Orders of which must be known what they said when they were last planned, and what became of them:
    /// parents of refunds, and orders that may have lost their account or a product; by source id.
    pub parents: HashSet<String>,
    /// Things of the store of which their own record is needed: the products that lines name.
    pub records: HashSet<LinkKey>,
    /// Orders of which it matters whether their fee counts in that of a day, by source id.
    pub fees: HashSet<String>,
    /// Postings of which must be known what their document said.
    pub documents: HashSet<LinkKey>,
}

impl Needs {
    /// Adds what another record needs.
    pub fn add(&mut self, other: Self) {
        self.links.extend(other.links);
        self.once.extend(other.once);
        self.matches.extend(other.matches);
        self.parents.extend(other.parents);
        self.records.extend(other.records);
        self.fees.extend(other.fees);
        self.documents.extend(other.documents);
    }
}

/// A thing that is in the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Its id there.
    pub target_id: String,
    /// The version as last answered.
    pub sync_token: String,
    /// It was there before and is never changed by daybook.
    pub adopted: bool,
    /// A hash over what people see of it, as last answered.
    pub content: Option<String>,
    /// The day it stands on in the books, as last answered.
    pub date: Option<Date>,
    /// A customer or item that is no longer in use there, by the list as last read: it was made inactive,
    /// or merged into another one.
    pub gone: bool,
}

/// The order a refund belongs to.
#[derive(Clone, Debug)]
pub struct Parent {
    /// The order's record as received.
    pub record: String,
    /// The posting of the sale.
    pub key: LinkKey,
    /// Its state.
    pub state: PostingState,
    /// Who the sale is booked to.
    pub customer: Option<LinkKey>,
    /// The sale's document as last wanted; empty where there is none.
    pub document: String,
}

impl Parent {
    /// The customer among what a document refers to.
    pub fn customer_among(needs: &[LinkKey]) -> Option<&LinkKey> {
        needs.iter().find(|key| key.kind == PostingKind::Customer)
    }
}

/// What is known of what was needed.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// The links there are.
    pub links: HashMap<LinkKey, Link>,
    /// The documents that were in the books once: they are there, were voided, or somebody deleted them.
    pub once: HashSet<LinkKey>,
    /// The entries found; a look without an entry found nothing.
    pub matches: HashMap<Match, Vec<ListEntry>>,
    /// What of this store is linked to the entries found: by kind and id in the books.
    pub linked: HashMap<(PostingKind, String), Vec<LinkKey>>,
    /// The parents there are.
    pub parents: HashMap<String, Parent>,
    /// Records as last read: those that were needed, and those of accounts linked to a customer found that
    /// has no e-mail address in the books.
    pub records: HashMap<LinkKey, String>,
    /// The parts that orders have in the fees of days that were counted with them.
    pub fees: HashMap<String, FeeShare>,
    /// The documents of postings as last wanted; none for a posting that has none.
    pub documents: HashMap<LinkKey, String>,
}

impl References {
    /// Adds what was looked up besides.
    pub fn add(&mut self, other: Self) {
        self.links.extend(other.links);
        self.once.extend(other.once);
        self.matches.extend(other.matches);
        self.parents.extend(other.parents);
        self.linked.extend(other.linked);
        self.records.extend(other.records);
        self.fees.extend(other.fees);
        self.documents.extend(other.documents);
    }

    /// The entries found for a look.
    pub fn matching(&self, look: &Match) -> &[ListEntry] {
        self.matches.get(look).map_or(&[], Vec::as_slice)
    }

    /// What of this store is linked to an entry.
    pub fn linked_to(&self, entry: &ListEntry) -> &[LinkKey] {
        let kind = match entry.kind {
            ListKind::Customer => PostingKind::Customer,
            ListKind::Item => PostingKind::Item,
            _ => return &[],
        };
        let key = (kind, entry.id.clone());
        self.linked.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Notes what a record was found to be, so that the next one of its page knows.
    pub fn note_adopted(&mut self, drafts: &[Draft]) {
        for draft in drafts {
            if let Wish::Adopt(receipt) | Wish::Move(receipt) = &draft.wish {
                let entry = (draft.key.kind, receipt.target_id.clone());
                self.linked
                    .entry(entry)
                    .or_default()
                    .push(draft.key.clone());
            }
        }
    }
}
