//! Calls: on disk before the first byte leaves. How they end is in [`super::ends`].

use jiff::Timestamp;
use kit::{Call, Fingerprint, Member, PostingId, RequestId};
use sqlx::AnyConnection;

use super::sql::{ATTEMPTS, CHUNK, Columns, Statement, to_json};
use super::{Commit, Store, StoreError};
use crate::domain::{Intent, Realm};

const CLAIM: &str = "UPDATE postings SET state = 'posting', call_id = ?, \
     attempts = postings.attempts + 1, due_at = NULL, updated_at = ?, \
     version = postings.version + 1, \
     cause = CASE WHEN postings.intent = 'undo' THEN postings.cause END, \
     reason = CASE WHEN postings.intent = 'undo' THEN postings.reason END, \
     remedy = CASE WHEN postings.intent = 'undo' THEN postings.remedy END FROM (";
const CLAIMED: &str = ") AS v WHERE postings.id = v.column1 AND postings.state = 'queued' \
     AND postings.fingerprint = v.column2 AND postings.intent = v.column3";
const BEGIN: &str = "INSERT INTO calls (id, realm, path, body, state, begun_at) \
     VALUES ($1, $2, $3, $4, 'open', $5)";
const ADD_MEMBERS: &str =
    "INSERT INTO call_members (call_id, slot, posting_id, member, fingerprint, intent) ";
const OPEN: &str = "SELECT id, path, body, begun_at FROM calls \
     WHERE state = 'open' AND realm = $1 ORDER BY id";
const MEMBERS: &str = "SELECT call_id, member, fingerprint, intent, outcome FROM call_members \
     WHERE call_id IN ";
const PRUNE: &str = "UPDATE calls SET body = '' WHERE state = 'closed' AND finished_at < $1 \
     AND body <> ''";

/// What of a posting goes into a call: by this its end knows whether something else is wanted by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The posting.
    pub posting: PostingId,
    /// Hash of the document as wanted when it was sent ([`crate::domain::Posting::fingerprint`]).
    pub fingerprint: Fingerprint,
    /// What it is sent for.
    pub intent: Intent,
}

/// A call that was begun and has no outcome for some of its members.
#[derive(Clone, Debug)]
pub struct OpenCall {
    /// The call as it was begun, with all its members.
    pub call: Call,
    /// The slots of the members without an outcome.
    pub open: Vec<u32>,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// What was sent, for all members, in their order.
    pub sent: Vec<Sent>,
}

impl OpenCall {
    /// The members without an outcome.
    pub fn members_left(&self) -> impl Iterator<Item = &Member> {
        let members = self.call.members.iter();
        members.filter(|member| self.open.contains(&member.slot))
    }
}

impl Store {
    /// Writes a call down and claims its postings; on disk when this returns. [`Commit::LostRace`]: a
    /// posting is no longer queued as it was loaded; nothing was written, and nothing may be sent.
    pub async fn begin_call(
        &self,
        realm: &Realm,
        call: &Call,
        sent: &[Sent],
    ) -> Result<Commit, StoreError> {
        for _ in 0..ATTEMPTS {
            match self.try_begin_call(realm, call, sent).await {
                Err(error) if error.is_conflict() => {}
                outcome => return outcome,
            }
        }
        Ok(Commit::LostRace)
    }

    async fn try_begin_call(
        &self,
        realm: &Realm,
        call: &Call,
        sent: &[Sent],
    ) -> Result<Commit, StoreError> {
        let now = self.now();
        let members = described(call, sent)?;
        let mut tx = self.begin().await?;
        for chunk in members.chunks(CHUNK) {
            let claimed = Statement::new(CLAIM)
                .bind(call.request_id.as_str())
                .bind(now)
                .rows(chunk, |values, (_, sent, _)| {
                    values
                        .add(sent.posting.as_str())
                        .add(sent.fingerprint.as_str())
                        .add(sent.intent.as_str());
                })
                .push(CLAIMED)
                .execute(&mut tx)
                .await?;
            if usize::try_from(claimed) != Ok(chunk.len()) {
                return Ok(Commit::LostRace); // dropping `tx` rolls back
            }
        }
        sqlx::query(BEGIN)
            .bind(call.request_id.as_str())
            .bind(realm.as_str())
            .bind(&call.path)
            .bind(&call.body)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        for chunk in members.chunks(CHUNK) {
            Statement::new(ADD_MEMBERS)
                .rows(chunk, |values, (slot, sent, member)| {
                    values
                        .add(call.request_id.as_str())
                        .add(i64::from(*slot))
                        .add(sent.posting.as_str())
                        .add(member.as_str())
                        .add(sent.fingerprint.as_str())
                        .add(sent.intent.as_str());
                })
                .execute(&mut tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Commit::Done)
    }

    /// The calls of a realm that have members without an outcome, oldest first.
    pub async fn open_calls(&self, realm: &Realm) -> Result<Vec<OpenCall>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let rows = sqlx::query(OPEN)
            .bind(realm.as_str())
            .fetch_all(&mut *connection)
            .await?;
        let mut calls = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut columns = Columns::of(row);
            calls.push(OpenCall {
                call: Call {
                    request_id: RequestId::new(columns.text()?),
                    path: columns.text()?,
                    body: columns.text()?,
                    members: Vec::new(),
                },
                open: Vec::new(),
                begun_at: columns.time()?,
                sent: Vec::new(),
            });
        }
        add_members(&mut connection, &mut calls).await?;
        Ok(calls)
    }

    /// Forgets the bodies of calls that were finished before a moment, to give space back. Documents,
    /// outcomes and receipts stay.
    pub async fn prune_calls(&self, before: Timestamp) -> Result<u64, StoreError> {
        let query = sqlx::query(PRUNE).bind(before.as_millisecond());
        Ok(query.execute(&self.writer).await?.rows_affected())
    }
}

/// The members of a call with what was sent of each and their JSON.
fn described<'s>(
    call: &Call,
    sent: &'s [Sent],
) -> Result<Vec<(u32, &'s Sent, String)>, StoreError> {
    let mut described = Vec::with_capacity(call.members.len());
    for member in &call.members {
        let sent = sent
            .iter()
            .find(|sent| sent.posting == member.posting)
            .ok_or_else(|| {
                StoreError::unreadable(format!("nothing was said of member {}", member.posting))
            })?;
        described.push((member.slot, sent, to_json(member)?));
    }
    Ok(described)
}

async fn add_members(
    connection: &mut AnyConnection,
    calls: &mut [OpenCall],
) -> Result<(), StoreError> {
    for chunk in calls.chunks_mut(64) {
        let rows = Statement::new(MEMBERS)
            .list(chunk.iter().map(|open| open.call.request_id.as_str()))
            .push(" ORDER BY call_id, slot")
            .fetch(connection)
            .await?;
        for row in &rows {
            let mut columns = Columns::of(row);
            let id = columns.str()?;
            let Some(open) = chunk
                .iter_mut()
                .find(|open| open.call.request_id.as_str() == id)
            else {
                continue;
            };
            let member: Member = columns.json()?;
            open.sent.push(Sent {
                posting: member.posting.clone(),
                fingerprint: Fingerprint::new(columns.text()?),
                intent: columns.parsed()?,
            });
            if columns.maybe_str()?.is_none() {
                open.open.push(member.slot);
            }
            open.call.members.push(member);
        }
    }
    Ok(())
}
