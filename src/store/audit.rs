//! What people did: retries, exclusions, approvals, connections.

use jiff::Timestamp;
use sqlx::AnyConnection;

use super::sql::Columns;
use super::{Store, StoreError};

const INSERT: &str = "INSERT INTO audit (id, actor, action, subject, detail, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6)";
const NEWEST: &str = "SELECT actor, action, subject, detail, created_at FROM audit \
     WHERE ($1 = '' OR subject = $1) ORDER BY id DESC LIMIT $2";

/// One thing somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who: "command line", "page", a token's name.
    pub actor: String,
    /// What: "retry", "exclude", "connect" …
    pub action: String,
    /// To what: a posting's id, a pipeline, a connection.
    pub subject: String,
    /// Anything else worth knowing.
    pub detail: String,
    /// When.
    pub created_at: Timestamp,
}

/// What is noted.
pub(super) struct Note<'n> {
    pub(super) actor: &'n str,
    pub(super) action: &'n str,
    pub(super) subject: &'n str,
    pub(super) detail: &'n str,
}

/// Writes a note within what it is about.
pub(super) async fn write(
    connection: &mut AnyConnection,
    id: &str,
    note: &Note<'_>,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(INSERT)
        .bind(id)
        .bind(note.actor)
        .bind(note.action)
        .bind(note.subject)
        .bind(note.detail)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

impl Store {
    /// Notes what somebody did. Holds no secret and no customer's data.
    pub async fn audit(
        &self,
        actor: &str,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        let note = Note {
            actor,
            action,
            subject,
            detail,
        };
        let mut connection = self.writer.acquire().await?;
        write(&mut connection, &self.new_id(), &note, self.now()).await
    }

    /// The newest entries, of one subject or of all.
    pub async fn audit_trail(
        &self,
        subject: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = sqlx::query(NEWEST)
            .bind(subject.unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut columns = Columns::of(row);
            entries.push(AuditEntry {
                actor: columns.text()?,
                action: columns.text()?,
                subject: columns.text()?,
                detail: columns.text()?,
                created_at: columns.time()?,
            });
        }
        Ok(entries)
    }
}
