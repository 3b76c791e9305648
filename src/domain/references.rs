//! What a mapping may know beside its record: loaded for a whole page at once, so that mapping
//! itself stays pure.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use kit::{ListEntry, ListKind, PostingKind};

use super::{FeeShare, LinkKey, PostingState};

/// By what a list object of the books is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchField {
    /// By its name, without regard to case and outer spaces.
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
    /// A look for `value`, which is folded here.
    pub fn new(list: ListKind, field: MatchField, value: &str) -> Self {
        Self {
            list,
            field,
            value: fold(value),
        }
    }
}

/// How names and keys are compared (FACTS: QuickBooks §7 Customer).
pub(super) fn fold(value: &str) -> String {
    value.trim().to_lowercase()
}

/// What a mapping needs to know for one record.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// References to things that may be in the books already.
    pub links: HashSet<LinkKey>,
    /// Documents of which it matters whether they were ever in the books.
    pub once: HashSet<LinkKey>,
    /// Entries of the books' lists that may be the same thing.
    pub matches: HashSet<Match>,
    /// Orders of which must be known what they said when they were last planned, and what became of them:
    /// parents of refunds, and orders that may have lost their account; by source id.
    pub parents: HashSet<String>,
    /// Orders of which it matters whether their fee counts in that of a day, by source id.
    pub fees: HashSet<String>,
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
    /// The parents there are.
    pub parents: HashMap<String, Parent>,
    /// The parts that orders have in the fees of days that were counted with them.
    pub fees: HashMap<String, FeeShare>,
}

impl References {
    /// The entries found for a look.
    pub fn matching(&self, look: &Match) -> &[ListEntry] {
        self.matches.get(look).map_or(&[], Vec::as_slice)
    }
}
