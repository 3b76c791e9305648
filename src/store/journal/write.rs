//! Writes a planned page: few statements over many rows.

use sqlx::AnyConnection;

use super::plan::{Existing, Facts, Paper, Plan, Write};
use crate::domain::{Facets, LinkKey, Route, SyncId};
use crate::store::StoreError;
use crate::store::sql::{CHUNK, Statement, Values, currency_of, decimal_text, to_json};

const INSERT: &str = "INSERT INTO postings (id, pipeline, source, realm, source_kind, source_id, kind, \
     level, state, cause, reason, remedy, intent, fingerprint, due_at, record_fingerprint, \
     record_modified_at, target_id, sync_token, doc_number, books_total, books_tax, sync_id, number, \
     date, amount, currency, gateway, order_status, tax, tax_codes, warning, search, who, fee, \
     fee_day, attempts, created_at, updated_at, version) ";
const ON_CONFLICT: &str = " ON CONFLICT (realm, source, source_kind, source_id, kind) DO NOTHING";
const UPDATE: &str = "UPDATE postings SET state = v.column3, cause = v.column4, reason = v.column5, \
     remedy = v.column6, intent = v.column7, fingerprint = v.column8, due_at = v.column9, \
     record_fingerprint = v.column10, \
     record_modified_at = COALESCE(v.column11, postings.record_modified_at), \
     target_id = COALESCE(v.column12, postings.target_id), \
     sync_token = COALESCE(v.column13, postings.sync_token), \
     doc_number = COALESCE(v.column14, postings.doc_number), \
     books_total = COALESCE(v.column15, postings.books_total), \
     books_tax = COALESCE(v.column16, postings.books_tax), \
     sync_id = v.column17, pipeline = v.column18, updated_at = v.column19, released_at = NULL, \
     attempts = CASE WHEN v.column20 = 1 THEN 0 ELSE postings.attempts END, \
     version = postings.version + 1 FROM (";
const OF_VERSION: &str = ") AS v WHERE postings.id = v.column1 AND postings.version = v.column2";
const UPDATE_FACTS: &str = "UPDATE postings SET number = v.column2, date = v.column3, \
     amount = v.column4, currency = v.column5, gateway = v.column6, order_status = v.column7, \
     tax = v.column8, tax_codes = v.column9, warning = v.column10, search = v.column11, who = v.column12, \
     fee = v.column13, fee_day = v.column14, fee_open = CASE WHEN v.column15 = 1 \
     THEN COALESCE(postings.fee_counted, v.column14) ELSE postings.fee_open END FROM (";
const OF_ID: &str = ") AS v WHERE postings.id = v.column1";
const PAPERS: &str =
    "INSERT INTO documents (posting_id, body, needs, expected, other_name, record) ";
const PAPERS_CONFLICT: &str = " ON CONFLICT (posting_id) DO UPDATE SET body = excluded.body, \
     needs = excluded.needs, expected = excluded.expected, other_name = excluded.other_name, \
     record = COALESCE(excluded.record, documents.record)";
const RECORDS: &str = "UPDATE documents SET record = v.column2 FROM (";
const RECORDS_OF: &str = ") AS v WHERE documents.posting_id = v.column1";
const ADOPT: &str = "INSERT INTO links (realm, source, source_kind, source_id, kind, posting_id, \
     target_id, sync_token, fingerprint, adopted, voided, updated_at) ";
const ADOPT_CONFLICT: &str = " ON CONFLICT (realm, source, source_kind, source_id, kind) DO UPDATE \
     SET posting_id = excluded.posting_id, target_id = excluded.target_id, \
     sync_token = excluded.sync_token, fingerprint = excluded.fingerprint, adopted = 1, voided = 0, \
     updated_at = excluded.updated_at";
const DELETE: &str = "DELETE FROM postings WHERE id = $1 AND version = $2";

/// Whose page it is, and when it is written.
pub(super) struct Stamp<'p> {
    pub(super) route: &'p Route,
    pub(super) sync: &'p SyncId,
    /// Milliseconds since 1970.
    pub(super) now: i64,
}

type Row<'p> = (&'p LinkKey, &'p Existing, &'p Write<'p>);

/// Writes all of it; false where a posting changed since it was read.
pub(super) async fn write(
    connection: &mut AnyConnection,
    stamp: &Stamp<'_>,
    plan: &Plan<'_>,
) -> Result<bool, StoreError> {
    let mut new: Vec<Row<'_>> = Vec::new();
    let mut old: Vec<Row<'_>> = Vec::new();
    let mut gone: Vec<&Existing> = Vec::new();
    for (key, write) in &plan.writes {
        let Some(existing) = plan.existing.get(key) else {
            continue;
        };
        match existing.version {
            None => new.push((key, existing, write)),
            Some(_) if write.delete => gone.push(existing),
            Some(_) => old.push((key, existing, write)),
        }
    }
    Ok(insert(connection, stamp, &new).await?
        && update(connection, stamp, &old).await?
        && delete(connection, &gone).await?
        && write_papers(connection, &new, &old).await?
        && adopt(connection, stamp, new.iter().chain(&old)).await?)
}

async fn insert(
    connection: &mut AnyConnection,
    stamp: &Stamp<'_>,
    rows: &[Row<'_>],
) -> Result<bool, StoreError> {
    for chunk in rows.chunks(CHUNK) {
        let mut broken = None;
        let inserted = Statement::new(INSERT)
            .rows(chunk, |values, (key, existing, write)| {
                values
                    .add(existing.id.as_str())
                    .add(stamp.route.pipeline.as_str())
                    .add(stamp.route.source.as_str())
                    .add(stamp.route.realm.as_str())
                    .add(key.source_kind.as_str())
                    .add(key.source_id.as_str())
                    .add(key.kind.as_str())
                    .add(i64::from(key.kind.level()));
                add_state(values, stamp, existing, write);
                let facts = write.facts.unwrap_or(Facts::Number(""));
                broken = add_facts(values, key, existing, facts)
                    .err()
                    .or(broken.take());
                values.add(0_i64).add(stamp.now).add(stamp.now).add(1_i64);
            })
            .push(ON_CONFLICT)
            .execute(connection)
            .await?;
        if let Some(error) = broken {
            return Err(error);
        }
        if !all(inserted, chunk) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn update(
    connection: &mut AnyConnection,
    stamp: &Stamp<'_>,
    rows: &[Row<'_>],
) -> Result<bool, StoreError> {
    for chunk in rows.chunks(CHUNK) {
        let updated = Statement::new(UPDATE)
            .rows(chunk, |values, (_, existing, write)| {
                values
                    .add(existing.id.as_str())
                    .add(existing.version.unwrap_or(0));
                add_state(values, stamp, existing, write);
                values
                    .add(stamp.route.pipeline.as_str())
                    .add(stamp.now)
                    .add(i64::from(existing.queued_anew));
            })
            .push(OF_VERSION)
            .execute(connection)
            .await?;
        if !all(updated, chunk) {
            return Ok(false);
        }
    }
    let said: Vec<(&Row<'_>, Facts<'_>)> = rows
        .iter()
        .filter_map(|row| Some((row, row.2.facts?)))
        .collect();
    for chunk in said.chunks(CHUNK) {
        let mut broken = None;
        Statement::new(UPDATE_FACTS)
            .rows(chunk, |values, ((key, existing, write), facts)| {
                values.add(existing.id.as_str());
                broken = add_facts(values, key, existing, *facts)
                    .err()
                    .or(broken.take());
                values.add(i64::from(write.recount));
            })
            .push(OF_ID)
            .execute(connection)
            .await?;
        if let Some(error) = broken {
            return Err(error);
        }
    }
    Ok(true)
}

fn all<T>(changed: u64, rows: &[T]) -> bool {
    usize::try_from(changed) == Ok(rows.len())
}

/// Fifteen values: state, cause, reason, remedy, intent, fingerprint, `due_at`, the record's
/// fingerprint and time, the receipt's five, the sync.
fn add_state(values: &mut Values<'_>, stamp: &Stamp<'_>, existing: &Existing, write: &Write<'_>) {
    let hold = existing.hold.as_ref();
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let receipt = write.adopted;
    values
        .add(existing.known.state.as_str())
        .add(hold.and_then(|hold| filled(&hold.cause)))
        .add(hold.and_then(|hold| filled(&hold.reason)))
        .add(hold.and_then(|hold| filled(&hold.remedy)))
        .add(existing.known.intent.as_str())
        .add(existing.known.fingerprint.as_str())
        .add(existing.due_at)
        .add(
            existing
                .record_fingerprint
                .as_ref()
                .map(kit::Fingerprint::as_str),
        )
        .add(write.record.as_ref().map(|(_, modified_at)| *modified_at))
        .add(receipt.map(|receipt| receipt.target_id.as_str()))
        .add(receipt.map(|receipt| receipt.sync_token.as_str()))
        .add(receipt.and_then(|receipt| receipt.doc_number.as_deref()))
        .add(decimal_text(receipt.and_then(|receipt| receipt.total)))
        .add(decimal_text(receipt.and_then(|receipt| receipt.tax)))
        .add(stamp.sync.as_str());
}

/// Thirteen values: number, date, amount, currency, gateway, status, tax, codes, warning, search, who,
/// fee, its day.
fn add_facts(
    values: &mut Values<'_>,
    key: &LinkKey,
    existing: &Existing,
    facts: Facts<'_>,
) -> Result<(), StoreError> {
    let none = Facets::default();
    let (number, draft) = match facts {
        Facts::Of(draft) => (draft.number.as_str(), Some(draft)),
        Facts::Number(number) => (number, None),
    };
    let money = draft.and_then(|draft| draft.store_amount);
    let groups = draft.map_or(&none, |draft| &draft.facets);
    let amount = decimal_text(money.map(|money| money.amount));
    let search = format!(
        "{} {} {} {}",
        number.to_lowercase(),
        key.source_id.to_lowercase(),
        amount.as_deref().unwrap_or_default(),
        groups.who.to_lowercase(),
    );
    values
        .add(number)
        .add(
            draft
                .and_then(|draft| draft.date)
                .map(|date| date.to_string()),
        )
        .add(amount)
        .add(currency_of(money.as_ref()))
        .add(groups.gateway.as_str())
        .add(groups.status.as_str())
        .add(decimal_text(groups.tax))
        .add(to_json(&groups.tax_codes)?)
        .add(draft.and_then(|draft| draft.warning.as_deref()))
        .add(search)
        .add(groups.who.as_str());
    let fee = existing.fee.as_ref();
    values
        .add(decimal_text(fee.and_then(|share| share.fee)))
        .add(fee.map(|share| share.day.to_string()));
    Ok(())
}

async fn delete(connection: &mut AnyConnection, rows: &[&Existing]) -> Result<bool, StoreError> {
    for existing in rows {
        let deleted = sqlx::query(DELETE)
            .bind(existing.id.as_str())
            .bind(existing.version)
            .execute(&mut *connection)
            .await?;
        if deleted.rows_affected() == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A row of `documents`: posting, body, needs, expected, other name, record.
type PaperRow<'p> = (
    &'p str,
    &'p str,
    String,
    String,
    Option<String>,
    Option<&'p str>,
);

async fn write_papers(
    connection: &mut AnyConnection,
    new: &[Row<'_>],
    old: &[Row<'_>],
) -> Result<bool, StoreError> {
    let mut papers = Vec::new();
    let mut records = Vec::new();
    for (_, existing, write) in new.iter().chain(old) {
        let record = write.record.map(|(body, _)| body);
        match (&write.paper, existing.version, record) {
            (Paper::Set(_) | Paper::Clear, _, _) | (Paper::Leave, None, _) => {
                papers.push(paper_row(existing, &write.paper, record)?);
            }
            (Paper::Leave, Some(_), Some(record)) => records.push((existing.id.as_str(), record)),
            (Paper::Leave, Some(_), None) => {}
        }
    }
    for chunk in papers.chunks(CHUNK) {
        Statement::new(PAPERS)
            .rows(
                chunk,
                |values, (id, body, needs, expected, name, record)| {
                    values
                        .add(*id)
                        .add(*body)
                        .add(needs.as_str())
                        .add(expected.as_str());
                    values.add(name.as_deref()).add(*record);
                },
            )
            .push(PAPERS_CONFLICT)
            .execute(connection)
            .await?;
    }
    for chunk in records.chunks(CHUNK) {
        Statement::new(RECORDS)
            .rows(chunk, |values, (id, record)| {
                values.add(*id).add(*record);
            })
            .push(RECORDS_OF)
            .execute(connection)
            .await?;
    }
    Ok(true)
}

fn paper_row<'p>(
    existing: &'p Existing,
    paper: &Paper<'p>,
    record: Option<&'p str>,
) -> Result<PaperRow<'p>, StoreError> {
    let id = existing.id.as_str();
    Ok(match paper {
        Paper::Set(document) => (
            id,
            document.body.as_str(),
            to_json(&document.needs)?,
            to_json(&document.expected)?,
            document.rename.as_ref().map(to_json).transpose()?,
            record,
        ),
        Paper::Leave | Paper::Clear => (id, "", "[]".into(), "{}".into(), None, record),
    })
}

async fn adopt<'p>(
    connection: &mut AnyConnection,
    stamp: &Stamp<'_>,
    rows: impl Iterator<Item = &'p Row<'p>>,
) -> Result<bool, StoreError> {
    let adopted: Vec<_> = rows
        .filter_map(|(key, existing, write)| Some((*key, *existing, write.adopted?)))
        .collect();
    for chunk in adopted.chunks(CHUNK) {
        Statement::new(ADOPT)
            .rows(chunk, |values, (key, existing, receipt)| {
                values
                    .add(stamp.route.realm.as_str())
                    .add(stamp.route.source.as_str())
                    .add(key.source_kind.as_str())
                    .add(key.source_id.as_str())
                    .add(key.kind.as_str())
                    .add(existing.id.as_str())
                    .add(receipt.target_id.as_str())
                    .add(receipt.sync_token.as_str())
                    .add("")
                    .add(1_i64)
                    .add(0_i64)
                    .add(stamp.now);
            })
            .push(ADOPT_CONFLICT)
            .execute(connection)
            .await?;
    }
    Ok(true)
}
