//! Where the objects lie: the text of each body, a few facts about it beside
//! the text, and an index. Knows no rule of the trade; those are in `write`.
//!
//! A body is kept without id, SyncToken and stamps; they are put in front of
//! it when it is shown. Earlier answers share the text through an `Arc`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::index::{Field, index_entries, loose_hash};
use super::json::{self, Object};
use super::kind::{IdSpace, Kind};
use super::money::Currency;
use super::stamp::{Stamps, day};

/// One state of an object, cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) id: u64,
    pub(super) sync_token: u32,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) active: bool,
    pub(super) body: Arc<str>,
}

impl Version {
    /// The body as an object.
    pub(super) fn object(&self) -> Object {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// What rules ask about an object without reading its body.
#[derive(Clone, Debug)]
pub(super) enum Card {
    /// A customer, vendor or employee.
    Party { name: Box<str>, currency: Currency },
    /// A product or service.
    Item {
        name: Box<str>,
        form: ItemForm,
        starts: Option<Date>,
        sellable: bool,
    },
    /// An account.
    Account {
        name: Box<str>,
        account_type: Box<str>,
        subtype: Box<str>,
    },
    /// Any other list object.
    Listed { name: Box<str> },
    /// A transaction.
    Document,
}

/// What kind of thing an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemForm {
    Inventory,
    Service,
    NonInventory,
    Category,
}

impl Card {
    /// The fully qualified name; empty for a transaction.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Party { name, .. }
            | Self::Item { name, .. }
            | Self::Account { name, .. }
            | Self::Listed { name } => name,
            Self::Document => "",
        }
    }
}

#[derive(Debug)]
pub(super) struct Stored {
    pub(super) version: Version,
    pub(super) card: Card,
}

/// A transaction that was deleted.
#[derive(Clone, Debug)]
pub(super) struct Tombstone {
    pub(super) kind: Kind,
    pub(super) id: u64,
    pub(super) at: Timestamp,
}

/// The pseudo tax codes of US companies have words for ids.
pub(super) const TAX: u64 = u64::MAX;
/// See `TAX`.
pub(super) const NON: u64 = u64::MAX - 1;

/// All objects of the company.
#[derive(Debug, Default)]
pub(super) struct Books {
    shelves: BTreeMap<Kind, BTreeMap<u64, Stored>>,
    last_ids: HashMap<IdSpace, u64>,
    index: BTreeSet<(Kind, Field, u64, u64)>,
    tombstones: Vec<Tombstone>,
    balances: HashMap<u64, Decimal>,
    /// Which deposit a transaction lies in.
    pub(super) deposited: HashMap<u64, u64>,
}

impl Books {
    /// The next id of the kind's numbers.
    pub(super) fn next_id(&mut self, kind: Kind) -> u64 {
        let last = self.last_ids.entry(kind.id_space()).or_insert(0);
        *last += 1;
        *last
    }

    /// Lets ids of a kind begin after a number.
    pub(super) fn skip_ids(&mut self, kind: Kind, last: u64) {
        self.last_ids.insert(kind.id_space(), last);
    }

    pub(super) fn get(&self, kind: Kind, id: u64) -> Option<&Stored> {
        self.shelves.get(&kind)?.get(&id)
    }

    /// Another kind of the same numbers that has this id.
    pub(super) fn kind_of(&self, space: IdSpace, id: u64) -> Option<Kind> {
        let mut kinds = Kind::ALL
            .into_iter()
            .filter(|kind| kind.id_space() == space);
        kinds.find(|kind| self.get(*kind, id).is_some())
    }

    /// All objects of a kind by rising id.
    pub(super) fn all(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Stored> {
        self.shelves
            .get(&kind)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.shelves.get(&kind).map_or(0, BTreeMap::len)
    }

    pub(super) fn tombstones(&self) -> &[Tombstone] {
        &self.tombstones
    }

    /// Ids whose member may equal the text; the caller compares.
    pub(super) fn candidates(&self, kind: Kind, field: Field, text: &str) -> Vec<u64> {
        let hash = loose_hash(text);
        let range = (kind, field, hash, 0)..=(kind, field, hash, u64::MAX);
        self.index.range(range).map(|(_, _, _, id)| *id).collect()
    }

    /// Stores a new object.
    pub(super) fn insert(&mut self, kind: Kind, id: u64, body: &Object, now: Timestamp) -> Version {
        let version = Version {
            id,
            sync_token: 0,
            created: now,
            updated: now,
            active: json::boolean(body, "Active").unwrap_or(true),
            body: json::to_text(body).into(),
        };
        self.enter(kind, &version, body);
        version
    }

    /// Stores a new state of an object; its SyncToken rises if told so.
    pub(super) fn replace(
        &mut self,
        kind: Kind,
        id: u64,
        body: &Object,
        now: Timestamp,
        raise: bool,
    ) -> Option<Version> {
        let old = self.take(kind, id)?;
        let version = Version {
            id,
            sync_token: old.sync_token + u32::from(raise),
            created: old.created,
            updated: now,
            active: json::boolean(body, "Active").unwrap_or(true),
            body: json::to_text(body).into(),
        };
        self.enter(kind, &version, body);
        Some(version)
    }

    /// Deletes a transaction for good.
    pub(super) fn remove(&mut self, kind: Kind, id: u64, now: Timestamp) {
        if self.take(kind, id).is_some() {
            self.tombstones.push(Tombstone { kind, id, at: now });
        }
    }

    fn take(&mut self, kind: Kind, id: u64) -> Option<Version> {
        let old = self.shelves.get_mut(&kind)?.remove(&id)?;
        let body = old.version.object();
        for (field, hash) in index_entries(kind, &body) {
            self.index.remove(&(kind, field, hash, id));
        }
        if let Some((customer, amount)) = owed(kind, &body) {
            *self.balances.entry(customer).or_default() -= amount;
        }
        Some(old.version)
    }

    fn enter(&mut self, kind: Kind, version: &Version, body: &Object) {
        for (field, hash) in index_entries(kind, body) {
            self.index.insert((kind, field, hash, version.id));
        }
        if let Some((customer, amount)) = owed(kind, body) {
            *self.balances.entry(customer).or_default() += amount;
        }
        let stored = Stored {
            version: version.clone(),
            card: card(kind, body),
        };
        self.shelves
            .entry(kind)
            .or_default()
            .insert(version.id, stored);
    }

    /// The whole object as the company shows it.
    pub(super) fn show(&self, kind: Kind, version: &Version, stamps: &Stamps) -> String {
        let end = version.body.len().saturating_sub(1);
        let inner = version.body.get(1..end).unwrap_or_default();
        let created = stamps.seconds(version.created);
        let updated = stamps.seconds(version.updated);
        let meta = format!(
            "\"MetaData\":{{\"CreateTime\":\"{created}\",\"LastUpdatedTime\":\"{updated}\"}}"
        );
        if kind == Kind::TaxCode && version.id >= NON {
            return format!(
                "{{\"Id\":\"{}\",{meta},{inner}}}",
                id_text(kind, version.id)
            );
        }
        let mut shown = format!(
            "{{\"domain\":\"QBO\",\"sparse\":false,\"Id\":\"{}\",\"SyncToken\":\"{}\",{meta},{inner}",
            version.id, version.sync_token
        );
        if kind == Kind::Customer {
            let balance = self.balances.get(&version.id).copied().unwrap_or_default();
            let balance = json::money(balance, 2);
            // writing into a text cannot fail
            let _ = write!(
                shown,
                ",\"Balance\":{balance},\"BalanceWithJobs\":{balance}"
            );
        }
        shown.push('}');
        shown
    }
}

/// An id as text: a number, or `TAX` and `NON`.
pub(super) fn id_text(kind: Kind, id: u64) -> String {
    match (kind, id) {
        (Kind::TaxCode, TAX) => "TAX".to_owned(),
        (Kind::TaxCode, NON) => "NON".to_owned(),
        _ => id.to_string(),
    }
}

/// The id of a text; `None` when it is no number.
pub(super) fn parse_id(kind: Kind, text: &str) -> Option<u64> {
    match (kind, text) {
        (Kind::TaxCode, "TAX") => Some(TAX),
        (Kind::TaxCode, "NON") => Some(NON),
        _ => text.parse().ok().filter(|id| *id < NON),
    }
}

/// Whose balance a document changes, and by how much.
fn owed(kind: Kind, body: &Object) -> Option<(u64, Decimal)> {
    let amount = match kind {
        Kind::Invoice => json::decimal(body, "Balance")?,
        Kind::CreditMemo => -json::decimal(body, "RemainingCredit")?,
        Kind::Payment => -json::decimal(body, "UnappliedAmt")?,
        _ => return None,
    };
    let customer = json::reference(body, "CustomerRef")?.parse().ok()?;
    Some((customer, amount))
}

fn card(kind: Kind, body: &Object) -> Card {
    let owned = |key: &str| -> Box<str> { json::text(body, key).unwrap_or_default().into() };
    let full_name = || -> Box<str> {
        let full = json::text(body, "FullyQualifiedName");
        full.or_else(|| json::text(body, "Name"))
            .unwrap_or_default()
            .into()
    };
    match kind {
        Kind::Customer | Kind::Vendor | Kind::Employee => {
            let currency = json::reference(body, "CurrencyRef").and_then(Currency::from_code);
            let full = json::text(body, "FullyQualifiedName");
            let name = full
                .or_else(|| json::text(body, "DisplayName"))
                .unwrap_or_default();
            Card::Party {
                name: name.into(),
                currency: currency.unwrap_or(Currency::USD),
            }
        }
        Kind::Item => Card::Item {
            name: full_name(),
            form: item_form(json::text(body, "Type").unwrap_or_default()),
            starts: json::text(body, "InvStartDate").and_then(day),
            sellable: json::reference(body, "IncomeAccountRef").is_some(),
        },
        Kind::Account => Card::Account {
            name: full_name(),
            account_type: owned("AccountType"),
            subtype: owned("AccountSubType"),
        },
        _ if kind.is_transaction() => Card::Document,
        _ => Card::Listed { name: full_name() },
    }
}

fn item_form(text: &str) -> ItemForm {
    match text {
        "Inventory" => ItemForm::Inventory,
        "NonInventory" => ItemForm::NonInventory,
        "Category" => ItemForm::Category,
        _ => ItemForm::Service,
    }
}

/// Takes null and empty members out, at every depth. FACTS: QuickBooks §6:
/// empty members are left out of answers.
pub(super) fn drop_blanks(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(drop_blanks);
            object.retain(|_, value| !is_nothing(value));
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_blanks),
        _ => {}
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
