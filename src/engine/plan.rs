//! From a page of records to postings in the journal.

use std::collections::HashMap;

use kit::{Record, StreamName};

use super::error::RunError;
use crate::domain::{
    Draft, Mapping, Needs, Parent, PostingState, References, Route, RunOptions, SourceKind, Wish,
};
use crate::store::{PlannedRecord, Store};

/// Whose pages are planned.
pub(super) struct Planner<'a> {
    pub(super) store: &'a Store,
    pub(super) mapping: &'a dyn Mapping,
    pub(super) route: &'a Route,
    pub(super) options: &'a RunOptions,
}

impl Planner<'_> {
    /// Plans records against what the books and the journal already hold.
    pub(super) async fn plan(
        &self,
        stream: StreamName,
        records: Vec<Record>,
    ) -> Result<Vec<PlannedRecord>, RunError> {
        let mut needs = Needs::default();
        let mut understood = Vec::with_capacity(records.len());
        for record in &records {
            let own = self.mapping.needs(stream, record);
            understood.push(own.map(|own| needs.add(own)));
        }
        let mut known = self.store.references(self.route, &needs).await?;
        self.know_of_parents(stream, &records, &mut known).await?;
        let planned = records
            .into_iter()
            .zip(understood)
            .map(|(record, understood)| {
                let plan = understood.and_then(|()| self.mapping.plan(stream, &record, &known));
                if let Ok(drafts) = &plan {
                    known.note_adopted(drafts);
                }
                PlannedRecord {
                    stream,
                    source_kind: source_kind(stream),
                    record,
                    plan,
                    follows: false,
                }
            });
        Ok(planned.filter(|planned| self.wanted(planned)).collect())
    }

    /// The refunds in the journal of orders that are planned, planned by what the orders say now: one
    /// that its order no longer names was deleted, and one of a cancelled sale is none either. Taken
    /// into the journal together with the orders, so that no crash parts them.
    pub(super) async fn refunds(
        &self,
        orders: &[PlannedRecord],
    ) -> Result<Vec<PlannedRecord>, RunError> {
        let mut parents = HashMap::new();
        let mut numbers = Vec::new();
        for order in orders {
            let Some(sale) = order.plan.iter().flatten().find(|draft| {
                draft.key.source_kind == SourceKind::Order && draft.store_amount.is_some()
            }) else {
                continue;
            };
            let id = order.record.id.as_str();
            parents.insert(id, (order, sale));
            numbers.push(sale.number.as_str());
            if sale.number != id {
                numbers.push(id); // of refunds that were read before their order
            }
        }
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let stream = StreamName::Refunds;
        let mut planned = Vec::new();
        for record in self.store.refunds_of(self.route, &numbers).await? {
            let Ok(needs) = self.mapping.needs(stream, &record) else {
                continue; // it cannot be read, and is held for that
            };
            let mut known = self.store.references(self.route, &needs).await?;
            for id in &needs.parents {
                if let Some((order, sale)) = parents.get(id.as_str()) {
                    let before = known.parents.get(id);
                    let (customer, document) = match (&sale.wish, before) {
                        (Wish::Post(document), _) => {
                            let customer = Parent::customer_among(&document.needs);
                            (customer.cloned(), document.body.clone())
                        }
                        (_, Some(parent)) => (parent.customer.clone(), parent.document.clone()),
                        (_, None) => (None, String::new()),
                    };
                    let before = before
                        .filter(|parent| parent.key == sale.key)
                        .map(|parent| parent.state);
                    let parent = Parent {
                        record: order.record.body.get().to_owned(),
                        key: sale.key.clone(),
                        state: state_to_be(before, &sale.wish),
                        customer,
                        document,
                    };
                    known.parents.insert(id.clone(), parent);
                }
            }
            let records = std::slice::from_ref(&record);
            self.know_of_parents(stream, records, &mut known).await?;
            let plan = self.mapping.plan(stream, &record, &known);
            planned.push(PlannedRecord {
                stream,
                source_kind: source_kind(stream),
                record,
                plan,
                follows: true,
            });
        }
        Ok(planned)
    }

    /// Looks up what is needed besides, now that the parents are known.
    async fn know_of_parents(
        &self,
        stream: StreamName,
        records: &[Record],
        known: &mut References,
    ) -> Result<(), RunError> {
        let mut needs = Needs::default();
        for record in records {
            needs.add(self.mapping.needs_of_parents(stream, record, known));
        }
        if needs != Needs::default() {
            known.add(self.store.references(self.route, &needs).await?);
        }
        Ok(())
    }

    /// Whether a record's day lies in the span the run was asked for.
    fn wanted(&self, planned: &PlannedRecord) -> bool {
        let (since, until) = (self.options.since, self.options.until);
        if since.is_none() && until.is_none() {
            return true;
        }
        let Ok(drafts) = &planned.plan else {
            return true;
        };
        let own = |draft: &&Draft| {
            draft.key.source_kind == planned.source_kind && draft.key.source_id == planned.record.id
        };
        let Some(date) = drafts.iter().find(own).and_then(|draft| draft.date) else {
            return true;
        };
        since.is_none_or(|since| date >= since) && until.is_none_or(|until| date <= until)
    }
}

/// Where an order stands once its page is in the journal, as far as its refunds care.
fn state_to_be(before: Option<PostingState>, wish: &Wish) -> PostingState {
    let in_books = |state: &PostingState| {
        matches!(
            state,
            PostingState::Posted | PostingState::Posting | PostingState::Reversed
        )
    };
    match (before.filter(in_books), wish) {
        (Some(state), _) => state,
        (None, Wish::Hold(_)) => PostingState::Held,
        (None, Wish::Exclude { .. }) => PostingState::Excluded,
        (None, Wish::Post(_) | Wish::Adopt(_) | Wish::Move(_)) => PostingState::Queued,
    }
}

/// What a stream's records are.
pub(super) fn source_kind(stream: StreamName) -> SourceKind {
    match stream {
        StreamName::Customers => SourceKind::Customer,
        StreamName::Products => SourceKind::Product,
        StreamName::Orders => SourceKind::Order,
        StreamName::Refunds => SourceKind::Refund,
    }
}
