//! A simulated company that takes what a mapping plans, as the engine would bring it there, and
//! compares what it makes of it with what was expected.

use std::collections::HashMap;

use daybook::domain::{
    Document, Draft, Link, LinkKey, Mapping, MappingRules, Match, MatchField, Needs, Parent,
    PostingState, References, SourceKind, Wish,
};
use daybook::mapping::to_quickbooks::{Books, Problem, ToQuickBooks};
use jiff::Timestamp;
use kit::{Fingerprint, ListEntry, ListKind, PostingKind, Record, StreamName};
use rust_decimal::Decimal;
use sandbox::company::{CompanyContents, CompanyOptions, CompanyServer, Kind, Limits, Regime};
use serde_json::Value;
use serde_json::value::RawValue;

use super::lists::lists;

/// A company and a mapping into it.
pub(crate) struct World {
    pub(crate) company: CompanyServer,
    pub(crate) mapping: ToQuickBooks,
    /// What is in the books, by its place in the store.
    pub(crate) links: HashMap<LinkKey, Link>,
    lists: Vec<ListEntry>,
    /// Records of orders with the posting of their sale.
    pub(crate) parents: HashMap<String, Parent>,
    /// Documents as last wanted.
    documents: HashMap<LinkKey, String>,
    /// Records of products and accounts.
    records: HashMap<LinkKey, String>,
}

/// What became of one draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    /// In the books with this total and tax.
    Posted { total: Decimal, tax: Decimal },
    /// Found there.
    Adopted,
    /// Not wanted.
    Excluded(String),
    /// Waits, with the cause.
    Held(String),
}

impl World {
    /// A fresh company of a country.
    pub(crate) async fn fresh(regime: Regime, rules: MappingRules) -> Self {
        Self::of(CompanyContents::fresh(regime), rules).await
    }

    /// A company with these contents.
    pub(crate) async fn of(contents: CompanyContents, rules: MappingRules) -> Self {
        Self::read(contents, rules, |_| {}).await
    }

    /// A company with these contents, whose lists are changed after they were read.
    pub(crate) async fn read(
        contents: CompanyContents,
        rules: MappingRules,
        change: impl Fn(&mut ListEntry),
    ) -> Self {
        let regime = contents.regime;
        let options = CompanyOptions {
            contents,
            limits: Limits::off(),
            ..CompanyOptions::fresh(regime)
        };
        let company = CompanyServer::start(options)
            .await
            .expect("the company starts");
        let mut lists = lists(&company).await;
        lists.iter_mut().for_each(change);
        let books = Books::new(&lists).expect("the lists are readable");
        let mapping = ToQuickBooks::new(rules, books).expect("the rules fit the books");
        Self {
            company,
            mapping,
            links: HashMap::new(),
            lists,
            parents: HashMap::new(),
            documents: HashMap::new(),
            records: HashMap::new(),
        }
    }

    /// Other rules from now on.
    pub(crate) fn configure(&mut self, rules: MappingRules) {
        let books = Books::new(&self.lists).expect("the lists are readable");
        self.mapping = ToQuickBooks::new(rules, books).expect("the rules fit the books");
    }

    /// What of these rules does not fit the books.
    pub(crate) fn problems(&self, rules: MappingRules) -> Vec<Problem> {
        let books = Books::new(&self.lists).expect("the lists are readable");
        ToQuickBooks::new(rules, books).err().unwrap_or_default()
    }

    /// The drafts for a record, with all that is known given to the mapping.
    pub(crate) fn plan(&self, stream: StreamName, body: &str) -> Vec<Draft> {
        let record = record(body);
        let needs = self
            .mapping
            .needs(stream, &record)
            .expect("the record is readable");
        let mut known = self.references(&needs);
        let more = self.mapping.needs_of_parents(stream, &record, &known);
        known.add(self.references(&more));
        self.mapping
            .plan(stream, &record, &known)
            .expect("the record is mapped")
    }

    /// What is known of what is needed.
    fn references(&self, needs: &Needs) -> References {
        let mut known = References::default();
        for key in &needs.links {
            if let Some(link) = self.links.get(key) {
                known.links.insert(key.clone(), link.clone());
            }
        }
        for look in &needs.matches {
            let found: Vec<ListEntry> = self
                .lists
                .iter()
                .filter(|entry| fits(entry, look))
                .cloned()
                .collect();
            known.matches.insert(look.clone(), found);
        }
        for (key, link) in &self.links {
            let entry = (key.kind, link.target_id.clone());
            known.linked.entry(entry).or_default().push(key.clone());
        }
        let accounts = |key: &&LinkKey| key.source_kind == SourceKind::Customer;
        let records = self.records.keys().filter(accounts);
        for key in records.chain(&needs.records) {
            if let Some(record) = self.records.get(key) {
                known.records.insert(key.clone(), record.clone());
            }
        }
        for id in &needs.parents {
            if let Some(parent) = self.parents.get(id) {
                known.parents.insert(id.clone(), parent.clone());
            }
        }
        for key in &needs.documents {
            if let Some(document) = self.documents.get(key) {
                known.documents.insert(key.clone(), document.clone());
            }
        }
        known
    }

    /// Plans a record and posts what is to be posted. Every document must come out as expected.
    pub(crate) fn take(&mut self, stream: StreamName, body: &str) -> Vec<(Draft, Became)> {
        let drafts = self.plan(stream, body);
        let done: Vec<(Draft, Became)> = drafts
            .into_iter()
            .map(|draft| {
                let became = self.settle(&draft);
                (draft, became)
            })
            .collect();
        match (stream, done.last()) {
            (StreamName::Orders, _) => self.remember(body, &done),
            (StreamName::Products | StreamName::Customers, Some((own, _))) => {
                self.records.insert(own.key.clone(), body.to_owned());
            }
            _ => {}
        }
        done
    }

    /// Takes a record and gives what became of its own document.
    pub(crate) fn one(&mut self, stream: StreamName, body: &str) -> (Draft, Became) {
        let done = self.take(stream, body);
        done.into_iter()
            .find(|(draft, _)| draft.store_amount.is_some())
            .expect("every record has one posting with its amount")
    }

    pub(crate) fn settle(&mut self, draft: &Draft) -> Became {
        match &draft.wish {
            Wish::Exclude { reason, .. } => Became::Excluded(reason.clone()),
            Wish::Hold(hold) => {
                assert!(!hold.remedy.is_empty(), "{hold:?} has no remedy");
                Became::Held(hold.cause.clone())
            }
            Wish::Adopt(receipt) | Wish::Move(receipt) => {
                let link = Link {
                    target_id: receipt.target_id.clone(),
                    sync_token: receipt.sync_token.clone(),
                    adopted: true,
                    ..Link::default()
                };
                self.links.insert(draft.key.clone(), link);
                Became::Adopted
            }
            Wish::Post(document) if draft.key.kind.is_list_object() => {
                self.add_list_object(draft, document)
            }
            Wish::Post(document) => self.add_document(draft, document),
        }
    }

    fn add_list_object(&mut self, draft: &Draft, document: &Document) -> Became {
        let kind = kind_of(draft.key.kind);
        let handle = self.company.handle();
        let body = |text: &str| serde_json::from_str::<Value>(text).expect("the body is JSON");
        let mut name = document
            .expected
            .name
            .clone()
            .expect("list objects have names");
        let id = match handle.add(kind, body(&document.body)) {
            Ok(id) => id,
            Err(fault) => {
                let rename = document.rename.as_ref();
                let rename = rename.unwrap_or_else(|| panic!("{name}: {fault:?}"));
                name.clone_from(&rename.name);
                handle
                    .add(kind, body(&rename.body))
                    .expect("the other name is free")
            }
        };
        let stored = handle.object(kind, &id).expect("it is there");
        let text = |pointer: &str| {
            stored
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (list, key, own) = if kind == Kind::Customer {
            let own = quickbooks::CustomerEntry {
                id: id.clone(),
                display_name: name.clone(),
                email: text("/PrimaryEmailAddr/Address"),
                currency: text("/CurrencyRef/value"),
                active: true,
            };
            let own = serde_json::to_string(&own).expect("it is JSON");
            (ListKind::Customer, text("/PrimaryEmailAddr/Address"), own)
        } else {
            (ListKind::Item, text("/Sku"), "{}".to_owned())
        };
        self.lists.push(ListEntry {
            kind: list,
            id: id.clone(),
            name,
            key,
            sync_token: "0".to_owned(),
            body: own,
        });
        self.link(draft, id);
        Became::Posted {
            total: Decimal::ZERO,
            tax: Decimal::ZERO,
        }
    }

    fn add_document(&mut self, draft: &Draft, document: &Document) -> Became {
        let mut body = document.body.clone();
        self.documents.insert(draft.key.clone(), body.clone());
        for key in &document.needs {
            let link = self.links.get(key);
            let link = link.unwrap_or_else(|| panic!("{key:?} is needed and not in the books"));
            let place = serde_json::to_string(&key.placeholder()).expect("it is JSON");
            body = body.replace(&place, &format!("\"{}\"", link.target_id));
        }
        assert!(
            !body.contains("\\u0001"),
            "a placeholder is left over in {body}"
        );
        let kind = kind_of(draft.key.kind);
        let handle = self.company.handle();
        let sent: Value = serde_json::from_str(&body).expect("the body is JSON");
        let id = handle.add(kind, sent).unwrap_or_else(|fault| {
            panic!("order {}: the books refuse {body}: {fault:?}", draft.number)
        });
        let documents = handle.documents_of(kind);
        let there = documents
            .iter()
            .find(|it| it.id == id)
            .expect("it is there");
        let expected = &document.expected;
        assert_eq!(
            Some(there.total),
            expected.total,
            "total of order {}: {body}",
            draft.number
        );
        if let Some(tax) = expected.tax {
            assert_eq!(there.tax, tax, "tax of order {}: {body}", draft.number);
        }
        assert_eq!(there.doc_number, expected.doc_number);
        assert_eq!(
            there.txn_date,
            expected.date.expect("documents have a day").to_string()
        );
        let note = there.private_note.clone().unwrap_or_default();
        assert_eq!(note.lines().next(), expected.marker.as_deref());
        if let Some(amount) = draft.store_amount {
            assert_eq!(
                amount.amount.abs(),
                there.total,
                "the store's amount of {}",
                draft.number
            );
        }
        self.link(draft, id);
        Became::Posted {
            total: there.total,
            tax: there.tax,
        }
    }

    fn link(&mut self, draft: &Draft, id: String) {
        let link = Link {
            target_id: id,
            sync_token: "0".to_owned(),
            ..Link::default()
        };
        self.links.insert(draft.key.clone(), link);
    }

    fn remember(&mut self, body: &str, done: &[(Draft, Became)]) {
        let sale = done.iter().find(|(draft, _)| {
            draft.key.source_kind == SourceKind::Order && draft.store_amount.is_some()
        });
        if let Some((draft, became)) = sale {
            let state = match became {
                Became::Posted { .. } | Became::Adopted => PostingState::Posted,
                Became::Excluded(_) => PostingState::Excluded,
                Became::Held(_) => PostingState::Held,
            };
            let (customer, document) = match &draft.wish {
                Wish::Post(document) => {
                    let customer = Parent::customer_among(&document.needs);
                    (customer.cloned(), document.body.clone())
                }
                _ => (None, String::new()),
            };
            let parent = Parent {
                record: body.to_owned(),
                key: draft.key.clone(),
                state,
                customer,
                document,
            };
            self.parents.insert(draft.key.source_id.clone(), parent);
        }
    }

    /// Adds what somebody made in the books.
    pub(crate) fn add_customer_entry(&mut self, id: &str, name: &str, email: &str) {
        self.lists.push(ListEntry {
            kind: ListKind::Customer,
            id: id.to_owned(),
            name: name.to_owned(),
            key: email.to_owned(),
            sync_token: "0".to_owned(),
            body: "{}".to_owned(),
        });
    }

    /// Adds an item that somebody made in the books.
    pub(crate) fn add_item_entry(&mut self, id: &str, name: &str, sku: &str, kind: &str) {
        self.add_item(&quickbooks::ItemEntry {
            id: id.to_owned(),
            name: name.to_owned(),
            sku: sku.to_owned(),
            kind: kind.to_owned(),
            active: true,
            ..quickbooks::ItemEntry::default()
        });
    }

    /// The same, whose sales are booked to this account.
    pub(crate) fn add_item_of_account(&mut self, id: &str, name: &str, account: &str) {
        self.add_item(&quickbooks::ItemEntry {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: "Service".to_owned(),
            income_account: account.to_owned(),
            active: true,
            ..quickbooks::ItemEntry::default()
        });
    }

    fn add_item(&mut self, body: &quickbooks::ItemEntry) {
        self.lists.push(ListEntry {
            kind: ListKind::Item,
            id: body.id.clone(),
            name: body.name.clone(),
            key: body.sku.clone(),
            sync_token: "0".to_owned(),
            body: serde_json::to_string(body).expect("it is JSON"),
        });
    }
}

/// A record with this body.
pub(crate) fn record(body: &str) -> Record {
    Record {
        id: "1".to_owned(),
        modified_at: Timestamp::UNIX_EPOCH,
        fingerprint: Fingerprint::new("f"),
        body: RawValue::from_string(body.to_owned()).expect("the record is JSON"),
    }
}

/// The JSON of a document that is to be posted.
pub(crate) fn body(draft: &Draft) -> Value {
    match &draft.wish {
        Wish::Post(document) => serde_json::from_str(&document.body).expect("the body is JSON"),
        other => panic!("{other:?} is no document"),
    }
}

fn fits(entry: &ListEntry, look: &Match) -> bool {
    let text = match look.field {
        MatchField::Name => &entry.name,
        MatchField::Key => &entry.key,
    };
    entry.kind == look.list && Match::new(entry.kind, look.field, text) == *look
}

fn kind_of(kind: PostingKind) -> Kind {
    match kind {
        PostingKind::Customer => Kind::Customer,
        PostingKind::Item => Kind::Item,
        PostingKind::SalesReceipt => Kind::SalesReceipt,
        PostingKind::Invoice => Kind::Invoice,
        PostingKind::RefundReceipt => Kind::RefundReceipt,
        PostingKind::CreditMemo => Kind::CreditMemo,
        PostingKind::Payment => Kind::Payment,
        PostingKind::Expense => Kind::Purchase,
    }
}
