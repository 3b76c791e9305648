//! From a page of records to postings in the journal.

use kit::{Record, StreamName};

use super::error::RunError;
use crate::domain::{Draft, Mapping, Needs, Route, RunOptions, SourceKind};
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
            if let Ok(own) = &own {
                needs.links.extend(own.links.iter().cloned());
                needs.matches.extend(own.matches.iter().cloned());
                needs.parents.extend(own.parents.iter().cloned());
            }
            understood.push(own.map(|_| ()));
        }
        let known = self.store.references(self.route, &needs).await?;
        let planned = records
            .into_iter()
            .zip(understood)
            .map(|(record, understood)| {
                let plan = understood.and_then(|()| self.mapping.plan(stream, &record, &known));
                PlannedRecord {
                    stream,
                    source_kind: source_kind(stream),
                    record,
                    plan,
                }
            });
        Ok(planned.filter(|planned| self.wanted(planned)).collect())
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

/// What a stream's records are.
pub(super) fn source_kind(stream: StreamName) -> SourceKind {
    match stream {
        StreamName::Customers => SourceKind::Customer,
        StreamName::Products => SourceKind::Product,
        StreamName::Orders => SourceKind::Order,
        StreamName::Refunds => SourceKind::Refund,
    }
}
