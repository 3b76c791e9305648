//! Ends of calls: outcomes, references, receipts and what follows from them, in one transaction.

use std::collections::HashMap;

use jiff::Timestamp;
use kit::{Fingerprint, PostingId, Receipt, RequestId};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::settlement::{After, InCall, LinkChange, Settlement, settle};
use super::sql::{ATTEMPTS, CHUNK, Columns, Statement, decimal_text, to_json};
use super::{Store, StoreError};
use crate::domain::{Books, Known, LinkKey, PostingState, Realm};

const IN_CALL: &str = "SELECT m.posting_id, m.slot, m.fingerprint, m.intent, p.version, p.state, \
     p.intent, p.fingerprint, p.cause, p.reason, p.remedy, p.realm, p.source, p.source_kind, \
     p.source_id, p.kind, l.fingerprint, l.adopted, l.voided FROM call_members AS m \
     JOIN postings AS p ON p.id = m.posting_id \
     LEFT JOIN links AS l ON l.realm = p.realm AND l.source = p.source \
     AND l.source_kind = p.source_kind AND l.source_id = p.source_id AND l.kind = p.kind \
     WHERE m.call_id = $1 AND m.outcome IS NULL AND p.call_id = $1 ORDER BY m.slot";
const UPDATE: &str = "UPDATE postings SET state = v.column3, intent = v.column4, \
     cause = v.column5, reason = v.column6, remedy = v.column7, due_at = v.column8, \
     attempts = CASE WHEN v.column16 = 1 THEN 0 ELSE postings.attempts + v.column9 END, \
     target_id = COALESCE(v.column10, postings.target_id), \
     sync_token = COALESCE(v.column11, postings.sync_token), \
     doc_number = COALESCE(v.column12, postings.doc_number), \
     books_total = COALESCE(v.column13, postings.books_total), \
     books_tax = COALESCE(v.column14, postings.books_tax), \
     posted_at = COALESCE(v.column15, postings.posted_at), updated_at = ?, \
     fee_open = COALESCE(postings.fee_counted, postings.fee_day), \
     version = postings.version + 1 FROM (";
const OF_VERSION: &str = ") AS v WHERE postings.id = v.column1 AND postings.version = v.column2";
const PUT_LINKS: &str = "INSERT INTO links (realm, source, source_kind, source_id, kind, posting_id, \
     target_id, sync_token, fingerprint, adopted, voided, updated_at, content, dated) ";
const PUT_CONFLICT: &str = " ON CONFLICT (realm, source, source_kind, source_id, kind) DO UPDATE \
     SET posting_id = excluded.posting_id, target_id = excluded.target_id, \
     sync_token = excluded.sync_token, fingerprint = excluded.fingerprint, adopted = 0, \
     voided = excluded.voided, updated_at = excluded.updated_at, content = excluded.content, \
     dated = excluded.dated";
const REMOVE_LINK: &str = "DELETE FROM links WHERE realm = $1 AND source = $2 \
     AND source_kind = $3 AND source_id = $4 AND kind = $5";
const GONE: &str = "UPDATE postings SET target_id = NULL, sync_token = NULL, doc_number = NULL, \
     books_total = NULL, books_tax = NULL WHERE id IN ";
// with a fingerprint that is equal to no document
const LOOSEN_PAYMENT: &str = "UPDATE links SET fingerprint = '' WHERE realm = $1 AND source = $2 \
     AND source_kind = $3 AND source_id = $4 AND kind = 'payment' AND voided = 0 \
     AND $5 = 'invoice'";
const ANSWER: &str = "UPDATE call_members SET outcome = v.column2, answer = v.column3, \
     answered_at = ? FROM (";
const ANSWERED: &str = ") AS v WHERE call_members.call_id = ? AND call_members.slot = v.column1";
const CLOSE: &str = "UPDATE calls SET state = 'closed', finished_at = $1 WHERE id = $2 \
     AND NOT EXISTS (SELECT 1 FROM call_members WHERE call_id = $2 AND outcome IS NULL)";

impl Store {
    /// Writes outcomes of a call's members down, with references, receipts and what follows from them,
    /// all or nothing; on disk with the next call at the latest. Members not named stay open. Repeating it changes nothing. Returns where the
    /// postings stand now: [`PostingState::Queued`] also where something newer is wanted by now.
    pub async fn finish_call(
        &self,
        request: &RequestId,
        outcomes: &[(PostingId, Settlement)],
    ) -> Result<HashMap<PostingId, PostingState>, StoreError> {
        let settlements = outcomes
            .iter()
            .map(|(id, end)| (id.as_str(), end))
            .collect();
        self.end_members(request, End::Settled(&settlements)).await
    }

    /// Takes a call back that is known not to have taken effect: its open members are queued again,
    /// not before `due_at`, and it does not count as an attempt.
    pub async fn withdraw_call(
        &self,
        request: &RequestId,
        due_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let back = Settlement::Requeued { due_at, why: None };
        self.end_members(request, End::Withdrawn(&back)).await?;
        Ok(())
    }

    async fn end_members(
        &self,
        request: &RequestId,
        end: End<'_>,
    ) -> Result<HashMap<PostingId, PostingState>, StoreError> {
        for _ in 0..ATTEMPTS {
            match self.try_end_members(request, &end).await {
                Ok(Some(states)) => return Ok(states),
                Ok(None) => {} // a posting changed meanwhile: look again
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Contended)
    }

    async fn try_end_members(
        &self,
        request: &RequestId,
        end: &End<'_>,
    ) -> Result<Option<HashMap<PostingId, PostingState>>, StoreError> {
        let now = self.now();
        // lost with the power, it is found again in the books, since the call is still open then
        let mut tx = self.begin_unconfirmed().await?;
        let rows = sqlx::query(IN_CALL)
            .bind(request.as_str())
            .fetch_all(&mut *tx)
            .await?;
        let mut ends = Vec::with_capacity(rows.len());
        for row in &rows {
            let member = open_member(row)?;
            if let Some(settlement) = end.of(&member.posting) {
                let after = settle(&member.in_call, settlement);
                ends.push(Ended {
                    member,
                    settlement,
                    after,
                });
            }
        }
        if !update_postings(&mut tx, &ends, end.attempts_back(), now).await? {
            return Ok(None); // dropping `tx` rolls back
        }
        forget_gone(&mut tx, &ends).await?;
        update_links(&mut tx, &ends, now).await?;
        super::papers::update_papers(&mut tx, &ends, now).await?;
        answer(&mut tx, request, &ends, end, now).await?;
        let close = sqlx::query(CLOSE).bind(now).bind(request.as_str());
        close.execute(&mut *tx).await?;
        tx.commit().await?;
        let states = ends
            .into_iter()
            .map(|ended| (ended.member.posting, ended.after.state));
        Ok(Some(states.collect()))
    }
}

/// How members end.
enum End<'e> {
    Settled(&'e HashMap<&'e str, &'e Settlement>),
    Withdrawn(&'e Settlement),
}

impl End<'_> {
    fn of(&self, posting: &PostingId) -> Option<&Settlement> {
        match self {
            Self::Settled(settlements) => settlements.get(posting.as_str()).copied(),
            Self::Withdrawn(back) => Some(back),
        }
    }

    fn attempts_back(&self) -> i64 {
        match self {
            Self::Settled(_) => 0,
            Self::Withdrawn(_) => -1,
        }
    }

    fn word(&self, settlement: &Settlement) -> &'static str {
        match self {
            Self::Settled(_) => settlement.word(),
            Self::Withdrawn(_) => "withdrawn",
        }
    }
}

/// A member without an outcome, with its row.
pub(super) struct OpenMember {
    pub(super) posting: PostingId,
    slot: i64,
    version: i64,
    pub(super) realm: Realm,
    source: String,
    pub(super) key: LinkKey,
    in_call: InCall,
}

/// A member with its end and what becomes of it.
pub(super) struct Ended<'e> {
    pub(super) member: OpenMember,
    pub(super) settlement: &'e Settlement,
    pub(super) after: After,
}

impl Ended<'_> {
    /// Whether another thing is to be sent than the one that has ended: its attempts begin anew.
    fn is_queued_anew(&self) -> bool {
        let again = matches!(
            self.settlement,
            Settlement::Requeued { .. } | Settlement::Refreshed(_)
        );
        self.after.state == PostingState::Queued && !again
    }
}

fn open_member(row: &AnyRow) -> Result<OpenMember, StoreError> {
    let mut columns = Columns::of(row);
    let posting = PostingId::new(columns.text()?);
    let slot = columns.number()?;
    let sent_fingerprint = Fingerprint::new(columns.text()?);
    let sent_intent = columns.parsed()?;
    let version = columns.number()?;
    let state = columns.parsed()?;
    let intent = columns.parsed()?;
    let fingerprint = Fingerprint::new(columns.text()?);
    let hold = super::postings::hold(&mut columns)?;
    let realm = Realm::new(columns.text()?);
    let source = columns.text()?;
    let key = super::references::link_key(&mut columns)?;
    let wanted = Known {
        state,
        intent,
        cause: hold.as_ref().map(|hold| hold.cause.clone()),
        fingerprint,
    };
    Ok(OpenMember {
        posting,
        slot,
        version,
        realm,
        source,
        key,
        in_call: InCall {
            sent_fingerprint,
            sent_intent,
            wanted,
            hold,
            books: books(&mut columns)?,
        },
    })
}

/// The next three columns: a link's fingerprint, adopted, voided; absent where there is none.
pub(super) fn books(columns: &mut Columns<'_>) -> Result<Books, StoreError> {
    let posted = columns.maybe_text()?.map(Fingerprint::new);
    let adopted = columns.maybe_number()? == Some(1);
    let voided = columns.maybe_number()? == Some(1);
    Ok(match posted {
        None => Books::Nothing,
        Some(_) if voided => Books::Voided,
        Some(_) if adopted => Books::Adopted,
        Some(fingerprint) => Books::Ours(fingerprint),
    })
}

async fn update_postings(
    connection: &mut AnyConnection,
    ends: &[Ended<'_>],
    attempts: i64,
    now: i64,
) -> Result<bool, StoreError> {
    for chunk in ends.chunks(CHUNK) {
        let updated = Statement::new(UPDATE)
            .bind(now)
            .rows(chunk, |values, ended| {
                let after = &ended.after;
                let hold = after.hold.as_ref();
                let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
                let receipt = ended.settlement.receipt();
                let posted_at = (after.state == PostingState::Posted).then_some(now);
                values
                    .add(ended.member.posting.as_str())
                    .add(ended.member.version)
                    .add(after.state.as_str())
                    .add(after.intent.as_str())
                    .add(hold.and_then(|hold| filled(&hold.cause)))
                    .add(hold.and_then(|hold| filled(&hold.reason)))
                    .add(hold.and_then(|hold| filled(&hold.remedy)))
                    .add(after.due_at.map(Timestamp::as_millisecond))
                    .add(attempts)
                    .add(receipt.map(|receipt| receipt.target_id.as_str()))
                    .add(receipt.map(|receipt| receipt.sync_token.as_str()))
                    .add(receipt.and_then(|receipt| receipt.doc_number.as_deref()))
                    .add(decimal_text(receipt.and_then(|receipt| receipt.total)))
                    .add(decimal_text(receipt.and_then(|receipt| receipt.tax)))
                    .add(posted_at)
                    .add(i64::from(ended.is_queued_anew()));
            })
            .push(OF_VERSION)
            .execute(connection)
            .await?;
        if usize::try_from(updated) != Ok(chunk.len()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is no longer in the books is not told of as if it was.
async fn forget_gone(connection: &mut AnyConnection, ends: &[Ended<'_>]) -> Result<(), StoreError> {
    let gone = |ended: &&Ended<'_>| matches!(ended.settlement, Settlement::Gone(_));
    let gone: Vec<&Ended<'_>> = ends.iter().filter(gone).collect();
    for chunk in gone.chunks(CHUNK) {
        let ids = chunk.iter().map(|ended| ended.member.posting.as_str());
        Statement::new(GONE).list(ids).execute(connection).await?;
    }
    Ok(())
}

async fn update_links(
    connection: &mut AnyConnection,
    ends: &[Ended<'_>],
    now: i64,
) -> Result<(), StoreError> {
    let mut put: Vec<(&OpenMember, &Receipt, &str, i64)> = Vec::new();
    for ended in ends {
        match (&ended.after.link, ended.settlement.receipt()) {
            (LinkChange::Put(fingerprint), Some(receipt)) => {
                put.push((&ended.member, receipt, fingerprint.as_str(), 0));
            }
            (LinkChange::Void, Some(receipt)) => {
                put.push((
                    &ended.member,
                    receipt,
                    ended.member.in_call.sent_fingerprint.as_str(),
                    1,
                ));
            }
            (LinkChange::Remove, _) => remove_link(connection, &ended.member).await?,
            (LinkChange::Keep, _) | (LinkChange::Put(_) | LinkChange::Void, None) => {}
        }
    }
    for chunk in put.chunks(CHUNK) {
        Statement::new(PUT_LINKS)
            .rows(chunk, |values, (member, receipt, fingerprint, voided)| {
                values
                    .add(member.realm.as_str())
                    .add(member.source.as_str())
                    .add(member.key.source_kind.as_str())
                    .add(member.key.source_id.as_str())
                    .add(member.key.kind.as_str())
                    .add(member.posting.as_str())
                    .add(receipt.target_id.as_str())
                    .add(receipt.sync_token.as_str())
                    .add(*fingerprint)
                    .add(0_i64)
                    .add(*voided)
                    .add(now)
                    .add(receipt.content.as_deref())
                    .add(receipt.date.map(|date| date.to_string()));
            })
            .push(PUT_CONFLICT)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// There is nothing to refer to any more. The payment of an invoice that is gone stands on nothing, and
/// is no longer as it was sent.
async fn remove_link(
    connection: &mut AnyConnection,
    member: &OpenMember,
) -> Result<(), StoreError> {
    for statement in [REMOVE_LINK, LOOSEN_PAYMENT] {
        sqlx::query(statement)
            .bind(member.realm.as_str())
            .bind(&member.source)
            .bind(member.key.source_kind.as_str())
            .bind(&member.key.source_id)
            .bind(member.key.kind.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn answer(
    connection: &mut AnyConnection,
    request: &RequestId,
    ends: &[Ended<'_>],
    end: &End<'_>,
    now: i64,
) -> Result<(), StoreError> {
    for chunk in ends.chunks(CHUNK) {
        let mut rows = Vec::with_capacity(chunk.len());
        for ended in chunk {
            let said = match (ended.settlement.receipt(), ended.settlement.hold()) {
                (Some(receipt), _) => Some(to_json(receipt)?),
                (None, Some(hold)) => Some(to_json(hold)?),
                (None, None) => None,
            };
            rows.push((ended.member.slot, end.word(ended.settlement), said));
        }
        Statement::new(ANSWER)
            .bind(now)
            .rows(&rows, |values, (slot, outcome, said)| {
                values.add(*slot).add(*outcome).add(said.as_deref());
            })
            .push(ANSWERED)
            .bind(request.as_str())
            .execute(connection)
            .await?;
    }
    Ok(())
}
