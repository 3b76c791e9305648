//! What people decide about postings that are held or could not be read. To release them is a mark in
//! the journal, which the next run of the pipeline takes up, whichever process that is. Only a person
//! releases; a full read does not.

use kit::PostingId;
use sqlx::AnyConnection;

use super::audit;
use super::sql::{CHUNK, Columns, Statement};
use super::{Store, StoreError};
use crate::domain::{EXCLUDED_BY_HAND, HELD_BY_HAND, Hold, PipelineName, Route};

macro_rules! release {
    () => {
        "UPDATE postings SET released_at = ?, attempts = 0, due_at = NULL, updated_at = ?, \
         version = version + 1 WHERE "
    };
}
macro_rules! of_pipeline {
    () => {
        " AND (? = '' OR pipeline = ?) RETURNING id"
    };
}

const OF_IDS: &str = concat!(
    release!(),
    "(state IN ('held', 'failed', 'excluded', 'reversed') \
     OR state = 'posted' AND cause = 'excluded_by_hand' \
     OR state = 'queued' AND due_at IS NOT NULL) AND id IN "
);
const OF_CAUSE: &str = concat!(
    release!(),
    "state IN ('held', 'failed') AND cause = ?",
    of_pipeline!()
);
const OF_ALL: &str = concat!(release!(), "state IN ('held', 'failed')", of_pipeline!());
const OF_PIPELINE: &str = of_pipeline!();
const CAUSES: &str = "SELECT DISTINCT COALESCE(cause, '') FROM postings \
     WHERE released_at IS NOT NULL AND pipeline = $1 AND realm = $2 AND source = $3";
macro_rules! of_route {
    () => {
        "released_at IS NOT NULL AND pipeline = $1 AND realm = $2 AND source = $3 AND "
    };
}
macro_rules! no_record {
    () => {
        "NOT EXISTS (SELECT 1 FROM postings AS o WHERE o.realm = postings.realm \
         AND o.source = postings.source AND o.source_kind = postings.source_kind \
         AND o.source_id = postings.source_id AND o.record_fingerprint IS NOT NULL)"
    };
}
const FORGET: &str = concat!(
    "DELETE FROM postings WHERE ",
    of_route!(),
    no_record!(),
    " AND state IN ('held', 'failed') AND (fingerprint = '' OR cause = 'name_taken') \
     AND NOT EXISTS (SELECT 1 FROM links AS l WHERE l.realm = postings.realm \
     AND l.source = postings.source AND l.source_kind = postings.source_kind \
     AND l.source_id = postings.source_id AND l.kind = postings.kind)"
);
const REQUEUE: &str = concat!(
    "UPDATE postings SET state = 'queued', cause = NULL, reason = NULL, remedy = NULL, \
     due_at = NULL, released_at = NULL, updated_at = $4, version = version + 1 WHERE ",
    of_route!(),
    no_record!(),
    " AND state IN ('held', 'failed', 'queued') AND intent <> 'undo' AND fingerprint <> ''"
);
// what is to be sent anyway only had to wait no longer; a change that was left out is planned again
const CLEAR: &str = concat!(
    "UPDATE postings SET released_at = NULL, version = version + 1 WHERE ",
    of_route!(),
    "(state IN ('queued', 'posting') OR state = 'posted' \
     AND (cause IS NULL OR cause <> 'excluded_by_hand' OR ",
    no_record!(),
    "))"
);

// held for good, whether or not something of it is in the books
macro_rules! leave_out {
    ($state:literal, $warning:literal) => {
        concat!(
            "UPDATE postings SET state = '",
            $state,
            "', intent = 'post', cause = ?, reason = ?, remedy = NULL, ",
            $warning,
            "due_at = NULL, released_at = NULL, updated_at = ?, version = version + 1 \
             WHERE state IN ('held', 'failed') AND id IN "
        )
    };
}
const LEAVE_OUT: &str = leave_out!("excluded", "");
const LEAVE_AS_IT_IS: &str = leave_out!(
    "posted",
    "warning = 'What the store changed was left out by hand.', "
);
const IN_BOOKS: &str = " AND EXISTS (SELECT 1 FROM links AS l WHERE l.realm = postings.realm \
     AND l.source = postings.source AND l.source_kind = postings.source_kind \
     AND l.source_id = postings.source_id AND l.kind = postings.kind AND l.voided = 0)";
const RETURNING: &str = " RETURNING id";
// what came out with other amounts is voided whatever somebody wants kept back
const HOLD_BACK: &str = "UPDATE postings SET state = 'held', cause = ?, reason = ?, remedy = ?, \
     due_at = NULL, approved = NULL, released_at = NULL, updated_at = ?, version = version + 1 \
     WHERE state = 'queued' AND intent <> 'undo' AND id IN ";
const WAITING_FOR: &str =
    "SELECT id FROM postings WHERE state IN ('held', 'failed') AND cause = $1 ORDER BY id";

/// Which postings are released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// Those of these ids; excluded and voided ones too, and those whose change was left out, since they
    /// are named singly.
    Ids(Vec<PostingId>),
    /// All held or failed for this cause.
    Cause(String),
    /// All held or failed.
    All,
}

impl Store {
    /// Marks held and failed postings to be planned anew by the next run of their pipeline, and notes
    /// who did it. The ids of those that were marked.
    pub async fn release_held(
        &self,
        which: &Release,
        pipeline: Option<&PipelineName>,
        actor: &str,
    ) -> Result<Vec<PostingId>, StoreError> {
        let now = self.now();
        let pipeline = pipeline.map_or("", |name| name.as_str());
        let of_pipeline = |statement: Statement| statement.bind(pipeline).bind(pipeline);
        let mut tx = self.begin().await?;
        let mut released = Vec::new();
        match which {
            Release::Ids(ids) => {
                for chunk in ids.chunks(CHUNK) {
                    let statement = Statement::new(OF_IDS)
                        .bind(now)
                        .bind(now)
                        .list(chunk.iter().map(PostingId::as_str))
                        .push(OF_PIPELINE);
                    collect(&mut tx, of_pipeline(statement), &mut released).await?;
                }
            }
            Release::Cause(cause) => {
                let statement = Statement::new(OF_CAUSE)
                    .bind(now)
                    .bind(now)
                    .bind(cause.as_str());
                collect(&mut tx, of_pipeline(statement), &mut released).await?;
            }
            Release::All => {
                let statement = Statement::new(OF_ALL).bind(now).bind(now);
                collect(&mut tx, of_pipeline(statement), &mut released).await?;
            }
        }
        let detail = match which {
            Release::Ids(_) => String::new(),
            Release::Cause(cause) => format!("cause {cause}"),
            Release::All => "everything held".to_owned(),
        };
        for id in &released {
            let note = audit::Note {
                actor,
                action: "retry",
                subject: id.as_str(),
                detail: &detail,
            };
            audit::write(&mut tx, &self.new_id(), &note, now).await?;
        }
        tx.commit().await?;
        Ok(released)
    }

    /// Leaves held and failed postings out for good, and notes who did it: what is not in the books does
    /// not come there, what is stays as it is. A later release brings it back. The ids of those that
    /// were held or failed.
    pub async fn exclude_held(
        &self,
        ids: &[PostingId],
        actor: &str,
    ) -> Result<Vec<PostingId>, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let mut left_out = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            for (head, tail) in [(LEAVE_AS_IT_IS, IN_BOOKS), (LEAVE_OUT, "")] {
                let statement = Statement::new(head)
                    .bind(EXCLUDED_BY_HAND)
                    .bind("it was left out by hand")
                    .bind(now)
                    .list(chunk.iter().map(PostingId::as_str))
                    .push(tail)
                    .push(RETURNING);
                collect(&mut tx, statement, &mut left_out).await?;
            }
        }
        self.note(&mut tx, "exclude", &left_out, actor, now).await?;
        tx.commit().await?;
        Ok(left_out)
    }

    /// Holds back what is queued, and notes who did it: it is not sent until somebody releases it,
    /// whatever the store changes meanwhile. The ids of those that were queued; what is in a call by
    /// now is not among them.
    pub async fn hold_back(
        &self,
        ids: &[PostingId],
        actor: &str,
    ) -> Result<Vec<PostingId>, StoreError> {
        let now = self.now();
        let hold = Hold::of(HELD_BY_HAND, "somebody holds it back");
        let mut tx = self.begin().await?;
        let mut held = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let statement = Statement::new(HOLD_BACK)
                .bind(hold.cause.as_str())
                .bind(hold.reason.as_str())
                .bind(hold.remedy.as_str())
                .bind(now)
                .list(chunk.iter().map(PostingId::as_str))
                .push(RETURNING);
            collect(&mut tx, statement, &mut held).await?;
        }
        self.note(&mut tx, "hold", &held, actor, now).await?;
        tx.commit().await?;
        Ok(held)
    }

    /// What is held or failed for a cause, oldest first.
    pub async fn waiting_for(&self, cause: &str) -> Result<Vec<PostingId>, StoreError> {
        let query = sqlx::query(WAITING_FOR).bind(cause);
        let rows = query.fetch_all(&self.readers).await?;
        let id = |row| Ok(PostingId::new(Columns::of(row).text()?));
        rows.iter().map(id).collect()
    }

    async fn note(
        &self,
        connection: &mut AnyConnection,
        action: &str,
        ids: &[PostingId],
        actor: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        for id in ids {
            let note = audit::Note {
                actor,
                action,
                subject: id.as_str(),
                detail: "",
            };
            audit::write(connection, &self.new_id(), &note, now).await?;
        }
        Ok(())
    }

    /// For which causes was held what was released and no run has taken up yet; none where there is
    /// nothing.
    pub async fn released_causes(&self, route: &Route) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(CAUSES)
            .bind(route.pipeline.as_str())
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Columns::of(row).text()).collect()
    }

    /// Queues what was released and has no record of its own (guests, roles). What has no document, or had
    /// to take its other name, is forgotten: the records that need it plan it afresh. What has a record is released by planning
    /// that again (see [`Self::held_for_replan`]).
    pub async fn requeue_released(&self, route: &Route) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        for statement in [FORGET, CLEAR] {
            sqlx::query(statement)
                .bind(route.pipeline.as_str())
                .bind(route.realm.as_str())
                .bind(route.source.as_str())
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query(REQUEUE)
            .bind(route.pipeline.as_str())
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn collect(
    connection: &mut AnyConnection,
    statement: Statement,
    released: &mut Vec<PostingId>,
) -> Result<(), StoreError> {
    for row in &statement.fetch(connection).await? {
        released.push(PostingId::new(Columns::of(row).text()?));
    }
    Ok(())
}
