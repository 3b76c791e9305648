//! Plans for approval: what is queued, written down as it is, and released for sending when somebody
//! approves just that. What is approved is a posting's intent with the hash of its document, so
//! whatever changes afterwards is not sent.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use kit::{Currency, Fingerprint, Money, PostingId, PostingKind};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::audit;
use super::sql::{CHUNK, Columns, Statement, to_json};
use super::{Loaded, Store, StoreError};
use crate::domain::{ConnectionName, Intent, PipelineName, PostingState, Realm, Route, SourceKind};

const TO_SEND: &str = "SELECT id, intent, fingerprint, (SELECT COUNT(*) FROM links AS l \
     WHERE l.realm = postings.realm AND l.source = postings.source \
     AND l.source_kind = postings.source_kind AND l.source_id = postings.source_id \
     AND l.kind = postings.kind AND l.voided = 0) FROM postings WHERE state = 'queued' AND intent <> 'undo' \
     AND pipeline = $1 AND CAST(realm AS TEXT) = $2 AND CAST(source AS TEXT) = $3 \
     ORDER BY level, id";
const INSERT: &str = "INSERT INTO plans (id, pipeline, source, realm, fingerprint, content, \
     created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
// what nobody approved and nobody has looked at for so long is not missed
const FORGET: &str = "DELETE FROM plans WHERE pipeline = $1 AND approved_at IS NULL AND id NOT IN \
     (SELECT id FROM plans WHERE pipeline = $2 AND approved_at IS NULL ORDER BY id DESC LIMIT $3)";
const SAME: &str = "SELECT id, pipeline, source, realm, content, created_at, approved_at FROM plans \
     WHERE pipeline = $1 AND fingerprint = $2 AND approved_at IS NULL ORDER BY id DESC LIMIT 1";
const BY_ID: &str = "SELECT id, pipeline, source, realm, content, created_at, approved_at \
     FROM plans WHERE id = $1";
const LATEST: &str = "SELECT id, pipeline, source, realm, content, created_at, approved_at \
     FROM plans WHERE pipeline = $1 ORDER BY id DESC LIMIT 1";
const APPROVE: &str = "UPDATE postings SET approved = v.column3 || ':' || v.column2, \
     version = postings.version + 1 FROM (";
const AS_PLANNED: &str = ") AS v WHERE postings.id = v.column1 AND postings.state = 'queued' \
     AND postings.fingerprint = v.column2 AND postings.intent = v.column3";
const APPROVED: &str = "UPDATE plans SET approved_at = COALESCE(approved_at, $1) WHERE id = $2";

/// So many plans of a pipeline are kept that nobody approved.
const KEPT: i64 = 20;

/// What a plan does with a document or list object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanAction {
    /// Makes it.
    Make,
    /// Changes it.
    Change,
    /// Voids it.
    Void,
}

impl PlanAction {
    /// The word used in tables, JSON and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Make => "make",
            Self::Change => "change",
            Self::Void => "void",
        }
    }
}

/// One document or list object of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanEntry {
    /// The posting.
    pub id: PostingId,
    /// What is done.
    pub action: PlanAction,
    /// What it is in the store.
    pub source_kind: SourceKind,
    /// Its id in the store.
    pub source_id: String,
    /// What it is in the books.
    pub kind: PostingKind,
    /// The order's number, or a list object's name.
    pub number: String,
    /// The day of the books.
    pub date: Option<Date>,
    /// Its total, tax included; refunds are negative. `None` for list objects.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub amount: Option<Decimal>,
    /// The currency of the amount, where the store names one.
    pub currency: Option<Currency>,
    /// What is approved beside the action.
    pub fingerprint: Fingerprint,
    /// The same.
    pub intent: Intent,
}

/// What a run would post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: String,
    /// From which store into which books.
    pub route: Route,
    /// What it does, list objects first.
    pub entries: Vec<PlanEntry>,
    /// When it was drawn up.
    pub created_at: Timestamp,
    /// When it was approved.
    pub approved_at: Option<Timestamp>,
}

/// How an entry of a plan is no longer as planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanChange {
    /// The entry as planned.
    pub planned: PlanEntry,
    /// What became of it, in words.
    pub now: String,
}

/// What came of an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// All of it is released for sending, or sent already.
    Done,
    /// Something is no longer as planned: nothing was released.
    Changed(Vec<PlanChange>),
}

impl Store {
    /// Writes down what is queued, for approval. Drawn up again, what is the same is the same plan;
    /// `None` where nothing is queued.
    pub async fn draw_up_plan(&self, route: &Route) -> Result<Option<Plan>, StoreError> {
        let Some(plan) = self.look_at_plan(route).await? else {
            return Ok(None);
        };
        self.keep_plan(&plan).await?;
        Ok(Some(plan))
    }

    /// Writes a plan down, unless it is. Of the plans that nobody approved the newest are kept.
    pub async fn keep_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        let pipeline = plan.route.pipeline.as_str();
        let mut tx = self.begin().await?;
        sqlx::query(INSERT)
            .bind(&plan.id)
            .bind(pipeline)
            .bind(plan.route.source.as_str())
            .bind(plan.route.realm.as_str())
            .bind(fingerprint_of(plan.entries.iter().map(PlanEntry::wish)).as_str())
            .bind(to_json(&plan.entries)?)
            .bind(plan.created_at.as_millisecond())
            .execute(&mut *tx)
            .await?;
        let forget = sqlx::query(FORGET).bind(pipeline).bind(pipeline).bind(KEPT);
        forget.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// What is queued, to be looked at: the plan that was drawn up of it, or one that is not written
    /// down yet.
    pub async fn look_at_plan(&self, route: &Route) -> Result<Option<Plan>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let rows = sqlx::query(TO_SEND)
            .bind(route.pipeline.as_str())
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .fetch_all(&mut *connection)
            .await?;
        let wishes = rows.iter().map(wish).collect::<Result<Vec<_>, _>>()?;
        if wishes.is_empty() {
            return Ok(None);
        }
        let same = sqlx::query(SAME)
            .bind(route.pipeline.as_str())
            .bind(fingerprint_of(wishes.iter().map(Wished::parts)).as_str())
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(row) = same {
            return plan(&row).map(Some);
        }
        let mut entries = Vec::with_capacity(wishes.len());
        for chunk in wishes.chunks(CHUNK) {
            let ids: Vec<PostingId> = chunk.iter().map(|wish| wish.id.clone()).collect();
            let loaded = super::postings::load(&mut connection, &ids).await?;
            entries.extend(loaded.iter().filter_map(entry));
        }
        Ok((!entries.is_empty()).then(|| Plan {
            id: self.new_id(),
            route: route.clone(),
            entries,
            created_at: Timestamp::from_millisecond(self.now()).unwrap_or_default(),
            approved_at: None,
        }))
    }

    /// A plan.
    pub async fn plan(&self, id: &str) -> Result<Option<Plan>, StoreError> {
        let query = sqlx::query(BY_ID).bind(id);
        let row = query.fetch_optional(&self.readers).await?;
        row.as_ref().map(plan).transpose()
    }

    /// The newest plan of a pipeline.
    pub async fn latest_plan(&self, pipeline: &PipelineName) -> Result<Option<Plan>, StoreError> {
        let query = sqlx::query(LATEST).bind(pipeline.as_str());
        let row = query.fetch_optional(&self.readers).await?;
        row.as_ref().map(plan).transpose()
    }

    /// Releases what a plan names for sending, if all of it is as planned, and notes who did it; all
    /// or nothing. Repeating it changes nothing.
    pub async fn approve_plan(&self, plan: &Plan, actor: &str) -> Result<Approval, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let changed = changes(&mut tx, plan).await?;
        if !changed.is_empty() {
            return Ok(Approval::Changed(changed)); // dropping `tx` rolls back
        }
        for chunk in plan.entries.chunks(CHUNK) {
            Statement::new(APPROVE)
                .rows(chunk, |values, entry| {
                    values
                        .add(entry.id.as_str())
                        .add(entry.fingerprint.as_str())
                        .add(entry.intent.as_str());
                })
                .push(AS_PLANNED)
                .execute(&mut tx)
                .await?;
        }
        sqlx::query(APPROVED)
            .bind(now)
            .bind(&plan.id)
            .execute(&mut *tx)
            .await?;
        let detail = format!("{} documents and list objects", plan.entries.len());
        let note = audit::Note {
            actor,
            action: "approve",
            subject: &plan.id,
            detail: &detail,
        };
        audit::write(&mut tx, &self.new_id(), &note, now).await?;
        tx.commit().await?;
        Ok(Approval::Done)
    }
}

/// What a queued posting is in a plan.
fn entry(loaded: &Loaded) -> Option<PlanEntry> {
    let posting = &loaded.posting;
    let action = action(posting.intent, loaded.link.is_some())?;
    let money = posting.store_amount;
    Some(PlanEntry {
        id: posting.id.clone(),
        action,
        source_kind: posting.key.source_kind,
        source_id: posting.key.source_id.clone(),
        kind: posting.key.kind,
        number: posting.number.clone(),
        date: posting.date,
        amount: money.map(|money| money.amount).or(posting.expected.total),
        currency: money
            .map(|money| money.currency)
            .or(posting.expected.currency),
        fingerprint: posting.fingerprint.clone(),
        intent: posting.intent,
    })
}

/// What is done with a posting; `None` where it came out wrong, which is taken back without being asked.
fn action(intent: Intent, in_books: bool) -> Option<PlanAction> {
    match intent {
        Intent::Undo => None,
        Intent::Void => Some(PlanAction::Void),
        Intent::Post if in_books => Some(PlanAction::Change),
        Intent::Post => Some(PlanAction::Make),
    }
}

/// What is queued, as far as it tells one plan from another.
struct Wished {
    id: PostingId,
    intent: Intent,
    fingerprint: String,
    action: Option<PlanAction>,
}

impl Wished {
    fn parts(&self) -> [&str; 4] {
        [
            self.id.as_str(),
            self.intent.as_str(),
            &self.fingerprint,
            self.action.map_or("", PlanAction::as_str),
        ]
    }
}

fn wish(row: &AnyRow) -> Result<Wished, StoreError> {
    let mut columns = Columns::of(row);
    let (id, intent) = (PostingId::new(columns.text()?), columns.parsed()?);
    Ok(Wished {
        id,
        intent,
        fingerprint: columns.text()?,
        action: action(intent, columns.count()? > 0),
    })
}

fn fingerprint_of<'w>(wishes: impl Iterator<Item = [&'w str; 4]>) -> Fingerprint {
    let mut digest = Sha256::new();
    for part in wishes.flatten() {
        digest.update(part);
        digest.update([0]);
    }
    Fingerprint::new(hex::encode(digest.finalize()))
}

/// What of a plan is no longer as planned.
async fn changes(
    connection: &mut AnyConnection,
    plan: &Plan,
) -> Result<Vec<PlanChange>, StoreError> {
    let mut changed = Vec::new();
    for chunk in plan.entries.chunks(CHUNK) {
        let ids: Vec<PostingId> = chunk.iter().map(|entry| entry.id.clone()).collect();
        let found: HashMap<PostingId, Loaded> = super::postings::load(connection, &ids)
            .await?
            .into_iter()
            .map(|loaded| (loaded.posting.id.clone(), loaded))
            .collect();
        for entry in chunk {
            if let Some(now) = change(entry, found.get(&entry.id)) {
                changed.push(PlanChange {
                    planned: entry.clone(),
                    now,
                });
            }
        }
    }
    Ok(changed)
}

/// How an entry differs from its posting; `None` where it is as planned or was sent so.
fn change(entry: &PlanEntry, found: Option<&Loaded>) -> Option<String> {
    let Some(Loaded { posting, .. }) = found else {
        return Some("is no longer wanted".to_owned());
    };
    let reason = || posting.hold.as_ref().map(|hold| hold.reason.clone());
    let why = || reason().map_or_else(String::new, |reason| format!(": {reason}"));
    let same = posting.fingerprint == entry.fingerprint;
    match posting.state {
        PostingState::Queued | PostingState::Posting if same && posting.intent == entry.intent => {
            None
        }
        PostingState::Posted if same && entry.intent == Intent::Post => None,
        PostingState::Reversed if entry.intent == Intent::Void => None,
        PostingState::Queued | PostingState::Posting | PostingState::Posted => {
            Some(match (posting.intent, posting.store_amount) {
                (Intent::Void | Intent::Undo, _) => "is to be voided now".to_owned(),
                (Intent::Post, Some(money)) if entry.amount != Some(money.amount) => {
                    format!("amounts to {money} now")
                }
                (Intent::Post, _) => "has changed in the store".to_owned(),
            })
        }
        PostingState::Held => Some(format!("is held now{}", why())),
        PostingState::Failed => Some(format!("cannot be understood now{}", why())),
        PostingState::Excluded => Some(format!("is left out now{}", why())),
        PostingState::Reversed => Some("was voided in the books".to_owned()),
    }
}

impl PlanEntry {
    fn wish(&self) -> [&str; 4] {
        [
            self.id.as_str(),
            self.intent.as_str(),
            self.fingerprint.as_str(),
            self.action.as_str(),
        ]
    }

    /// Its total with the currency, where that is known.
    pub fn money(&self) -> Option<Money> {
        self.amount
            .zip(self.currency)
            .map(|(amount, currency)| Money::new(amount, currency))
    }
}

fn plan(row: &AnyRow) -> Result<Plan, StoreError> {
    let mut columns = Columns::of(row);
    let id = columns.text()?;
    Ok(Plan {
        id,
        route: Route {
            pipeline: PipelineName::new(columns.text()?),
            source: ConnectionName::new(columns.text()?),
            realm: Realm::new(columns.text()?),
        },
        entries: columns.json()?,
        created_at: columns.time()?,
        approved_at: columns.maybe_time()?,
    })
}
