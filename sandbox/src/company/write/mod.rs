//! Creating, updating, voiding and deleting: what is common to all kinds. The
//! rules of each kind are in the files beside this one; each composes the
//! canonical body from what was sent. FACTS: QuickBooks §6, §7.

mod checks;
mod composer;
mod deposits;
mod entries;
mod exchange;
mod items;
mod lists;
mod numbers;
mod parties;
mod payments;
mod sales;
mod sales_lines;
mod sales_tax;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::books;
use super::fault::Fault;
use super::json::{self, Object};
use super::kind::Kind;
use super::stamp::day;
use super::state::{Answer, Company};
use composer::Composer;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Create, or update when an Id is given: a single call does not say which.
    Save,
    /// Create, an Id is ignored.
    Create,
    /// Update.
    Update,
    /// Delete a transaction.
    Delete,
    /// Void a transaction.
    Void,
}

/// One write of one object.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub(super) kind: Kind,
    pub(super) operation: Operation,
    pub(super) body: Object,
    /// `include=allowduplicatedocnum` was in the URL.
    pub(super) allow_duplicate_number: bool,
}

/// What a kind's rules get: the wanted body and, on an update, what there was.
pub(super) struct Draft<'a> {
    pub(super) kind: Kind,
    pub(super) body: Object,
    pub(super) old: Option<&'a Object>,
    pub(super) id: Option<u64>,
    pub(super) now: Timestamp,
    pub(super) allow_duplicate_number: bool,
}

/// Members a client may send and the company ignores. FACTS: QuickBooks §1, §7.
const READ_ONLY: &[&str] = &[
    "Id",
    "SyncToken",
    "MetaData",
    "domain",
    "sparse",
    "status",
    "FullyQualifiedName",
    "Level",
    "BalanceWithJobs",
    "HomeTotalAmt",
    "HomeBalance",
    "AvgCost",
    "CurrentBalance",
    "CurrentBalanceWithSubAccounts",
    "InvoiceLink",
    "RecurDataRef",
];

/// Members that survive a full update that leaves them out.
const KEPT_IN_FULL_UPDATE: &[&str] = &[
    "CurrencyRef",
    "TxnDate",
    "Active",
    "Type",
    "TrackQtyOnHand",
    "InvStartDate",
    "QtyOnHand",
];

impl Company {
    /// Does one write. Nothing has changed when it fails.
    pub(super) fn write(&mut self, write: Write, now: Timestamp) -> Result<Answer, Fault> {
        if !self.can_write {
            return Err(Fault::subscription());
        }
        let kind = write.kind;
        if kind.is_read_only() {
            return Err(Fault::unsupported("create"));
        }
        match write.operation {
            Operation::Create => self.create(write, now),
            Operation::Save if json::is_blank(&write.body, "Id") => self.create(write, now),
            Operation::Save | Operation::Update => self.update(write, now),
            Operation::Delete if kind.is_transaction() => self.delete(kind, &write.body, now),
            Operation::Delete => Err(Fault::unsupported("delete")),
            Operation::Void => self.void(kind, &write.body, now),
        }
    }

    fn create(&mut self, write: Write, now: Timestamp) -> Result<Answer, Fault> {
        let kind = write.kind;
        let composed = self.preview(write, now)?;
        let id = self.books.next_id(kind);
        let version = self.books.insert(kind, id, &composed, now);
        self.settle(kind, id, None, Some(&composed), now);
        Ok(Answer::Object(kind, version))
    }

    /// What a new object would become; nothing is kept.
    pub(super) fn preview(&mut self, write: Write, now: Timestamp) -> Result<Object, Fault> {
        let mut body = self.screen(write.kind, write.body)?;
        drop_blanks(&mut body);
        self.compose(Draft {
            kind: write.kind,
            body,
            old: None,
            id: None,
            now,
            allow_duplicate_number: write.allow_duplicate_number,
        })
    }

    fn update(&mut self, write: Write, now: Timestamp) -> Result<Answer, Fault> {
        let kind = write.kind;
        let (id, old) = self.current(kind, &write.body)?;
        self.check_unlocked(kind, id, &old)?;
        let sparse = json::is_true(&write.body, "sparse");
        if kind == Kind::Purchase && json::is_blank(&write.body, "PaymentType") {
            // FACTS: QuickBooks §6: needed even in sparse updates
            return Err(Fault::required("PaymentType"));
        }
        let sent = self.screen(kind, write.body)?;
        let mut body = if sparse {
            merge(&old, sent)
        } else {
            complete(&old, sent)
        };
        drop_blanks(&mut body);
        let draft = Draft {
            kind,
            body,
            old: Some(&old),
            id: Some(id),
            now,
            allow_duplicate_number: write.allow_duplicate_number,
        };
        let composed = self.compose(draft)?;
        self.store(kind, id, &old, &composed, now)
    }

    /// Stores a new state. FACTS: QuickBooks §6: a no-op keeps the SyncToken.
    fn store(
        &mut self,
        kind: Kind,
        id: u64,
        old: &Object,
        new: &Object,
        now: Timestamp,
    ) -> Result<Answer, Fault> {
        let stored = self.books.get(kind, id).ok_or_else(Fault::not_found)?;
        if old == new {
            return Ok(Answer::Object(kind, stored.version.clone()));
        }
        let replaced = self.books.replace(kind, id, new, now, true);
        let version = replaced.ok_or_else(Fault::not_found)?;
        self.settle(kind, id, Some(old), Some(new), now);
        Ok(Answer::Object(kind, version))
    }

    fn delete(&mut self, kind: Kind, body: &Object, now: Timestamp) -> Result<Answer, Fault> {
        let (id, old) = self.current(kind, body)?;
        self.check_unlocked(kind, id, &old)?;
        self.settle(kind, id, Some(&old), None, now);
        self.books.remove(kind, id, now);
        Ok(Answer::Deleted(kind, id))
    }

    fn void(&mut self, kind: Kind, body: &Object, now: Timestamp) -> Result<Answer, Fault> {
        match kind {
            Kind::JournalEntry => return Ok(Answer::Nothing),
            Kind::SalesReceipt | Kind::Invoice | Kind::Payment | Kind::RefundReceipt => {}
            _ => return Err(Fault::unsupported("void")),
        }
        let (id, old) = self.current(kind, body)?;
        self.check_unlocked(kind, id, &old)?;
        let voided = voided(kind, &old);
        self.store(kind, id, &old, &voided, now)
    }

    /// The object a body speaks of, its Id and SyncToken being right.
    fn current(&self, kind: Kind, body: &Object) -> Result<(u64, Object), Fault> {
        let id = match body.get("Id") {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(Fault::required("Id")),
        };
        let stored = self.read(kind, &id)?;
        let Some(token) = body.get("SyncToken") else {
            return Err(Fault::required("SyncToken"));
        };
        let token = token
            .as_str()
            .map_or_else(|| token.to_string(), str::to_owned);
        if token != stored.version.sync_token.to_string() {
            return Err(Fault::stale("Test User"));
        }
        Ok((stored.version.id, stored.version.object()))
    }

    /// A transaction in a deposit or in a closed period cannot change.
    fn check_unlocked(&self, kind: Kind, id: u64, old: &Object) -> Result<(), Fault> {
        if !kind.is_transaction() {
            return Ok(());
        }
        if self.books.deposited.contains_key(&id) {
            return Err(Fault::deposited());
        }
        json::text(old, "TxnDate")
            .and_then(day)
            .map_or(Ok(()), |date| self.check_open(date))
    }

    fn compose(&mut self, draft: Draft<'_>) -> Result<Object, Fault> {
        match draft.kind {
            Kind::Customer | Kind::Vendor | Kind::Employee => self.compose_party(draft),
            Kind::Item => self.compose_item(draft),
            Kind::SalesReceipt | Kind::Invoice | Kind::RefundReceipt | Kind::CreditMemo => {
                self.compose_sale(draft)
            }
            Kind::Payment => self.compose_payment(draft),
            Kind::Deposit => self.compose_deposit(draft),
            Kind::JournalEntry => self.compose_journal_entry(draft),
            Kind::Purchase => self.compose_purchase(draft),
            _ => self.compose_listed(draft),
        }
    }

    /// What a change of one document does to others.
    fn settle(
        &mut self,
        kind: Kind,
        id: u64,
        old: Option<&Object>,
        new: Option<&Object>,
        now: Timestamp,
    ) {
        if let Some(number) = new.and_then(|new| json::text(new, "DocNumber")) {
            self.remember_number(number);
        }
        match kind {
            Kind::Payment => self.settle_payment(id, old, new, now),
            Kind::Deposit => self.settle_deposit(id, old, new),
            _ => {}
        }
    }

    /// `TxnDate`, cut to its day; today where the server stands when absent.
    fn transaction_date(&self, draft: &Draft<'_>) -> Result<Date, Fault> {
        let date = match json::text(&draft.body, "TxnDate") {
            None => self.stamps.today(draft.now),
            Some(text) => day(text).ok_or_else(|| Fault::invalid_value("TxnDate", text))?,
        };
        self.check_open(date)?;
        Ok(date)
    }
}

/// A sparse update: sent members replace, all others stay. FACTS: QuickBooks §6.
fn merge(old: &Object, sent: Object) -> Object {
    let mut merged = old.clone();
    if sent.contains_key("Line") && !sent.contains_key("TxnTaxDetail") {
        forget_computed_tax(&mut merged);
    }
    for (key, value) in sent {
        merged.insert(key, value);
    }
    merged
}

/// A full update: what was not sent is gone, save a few members.
fn complete(old: &Object, mut sent: Object) -> Object {
    for key in KEPT_IN_FULL_UPDATE {
        if let (false, Some(value)) = (sent.contains_key(*key), old.get(*key)) {
            sent.insert((*key).to_owned(), value.clone());
        }
    }
    sent
}

/// New lines without new tax: the code stays, the company computes anew.
fn forget_computed_tax(body: &mut Object) {
    if let Some(Value::Object(detail)) = body.get_mut("TxnTaxDetail") {
        detail.retain(|key, _| key == "TxnTaxCodeRef");
    }
}

fn drop_blanks(body: &mut Object) {
    body.values_mut().for_each(books::drop_blanks);
    body.retain(|_, value| !matches!(value, Value::Null) && value.as_str() != Some(""));
}

/// FACTS: QuickBooks §6: lines stay with Qty 0 and Amount 0, the total is 0,
/// the note says `Voided`.
fn voided(kind: Kind, old: &Object) -> Object {
    let mut body = old.clone();
    if kind == Kind::Payment {
        body.remove("Line");
        json::set(&mut body, "UnappliedAmt", 0);
    } else {
        let lines = body.get_mut("Line").and_then(Value::as_array_mut);
        for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
            if line.contains_key("Amount") {
                json::set(line, "Amount", 0);
            }
            if let Some(Value::Object(detail)) = line.get_mut("SalesItemLineDetail") {
                detail.remove("UnitPrice");
                detail.remove("TaxInclusiveAmt");
                json::set(detail, "Qty", 0);
            }
        }
        if body.contains_key("TxnTaxDetail") {
            json::set(
                &mut body,
                "TxnTaxDetail",
                serde_json::json!({ "TotalTax": 0 }),
            );
        }
        json::set(&mut body, "Balance", 0);
    }
    for key in ["TotalAmt", "HomeTotalAmt", "HomeBalance"] {
        if body.contains_key(key) {
            json::set(&mut body, key, 0);
        }
    }
    json::set(&mut body, "PrivateNote", "Voided");
    body
}
