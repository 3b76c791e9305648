//! The books' own lists as last read (`target_lists`), and what was learned about a company
//! (`realms`). Reads of QuickBooks are metered: what was read once is kept.

use std::collections::HashMap;

use jiff::Timestamp;
use kit::{ListEntry, ListKind};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::sql::{CHUNK, Columns, Statement, to_number};
use super::{Store, StoreError};
use crate::domain::{Match, MatchField, Realm};

const FORGET_OLDER: &str =
    "DELETE FROM target_lists WHERE realm = $1 AND kind = $2 AND updated_at < $3";
const INSERT: &str = "INSERT INTO target_lists (realm, kind, id, name, name_folded, key, key_folded, \
     sync_token, body, updated_at) ";
const ON_CONFLICT: &str = " ON CONFLICT (realm, kind, id) DO UPDATE SET name = excluded.name, \
     name_folded = excluded.name_folded, key = excluded.key, key_folded = excluded.key_folded, \
     sync_token = excluded.sync_token, body = excluded.body, updated_at = excluded.updated_at";
const LIST: &str = "SELECT kind, id, name, key, sync_token, body FROM target_lists \
     WHERE realm = $1 AND kind = $2 ORDER BY name, id";
const LIST_OF_IDS: &str = "SELECT kind, id, name, key, sync_token, body FROM target_lists \
     WHERE realm = ? AND kind = ? AND id IN ";
const SET_FACT: &str = "INSERT INTO realms (realm, fact, value, updated_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (realm, fact) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
const ADD_READS: &str = "INSERT INTO realms (realm, fact, value, updated_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (realm, fact) DO UPDATE SET value = realms.value + excluded.value, \
     updated_at = excluded.updated_at";
const READS: &str = "SELECT value FROM realms WHERE realm = $1 AND fact = $2";
const FACTS: &str = "SELECT fact, value FROM realms WHERE realm = $1";

const RATE: &str = "rate_permille";
const READ: &str = "list_read:";

/// What was learned about a company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RealmFacts {
    /// The share of the allowed rate of calls that holds, in thousandths, where 429s forced a lower
    /// one.
    pub rate_permille: Option<i64>,
    /// When each list was last read completely.
    pub lists_read_at: HashMap<ListKind, Timestamp>,
}

impl Store {
    /// Takes in a page of a list that is being read.
    pub async fn put_list_page(
        &self,
        realm: &Realm,
        entries: &[ListEntry],
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        add_entries(&mut tx, realm, entries, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Notes that a list was read to its end. What was not seen since `began` is forgotten: neither
    /// read nor, meanwhile, made by daybook itself.
    pub async fn end_list(
        &self,
        realm: &Realm,
        kind: ListKind,
        began: Timestamp,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        sqlx::query(FORGET_OLDER)
            .bind(realm.as_str())
            .bind(kind.as_str())
            .bind(began.as_millisecond())
            .execute(&mut *tx)
            .await?;
        let fact = format!("{READ}{}", kind.as_str());
        set_fact(&mut tx, realm, &fact, now, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A list as last read, by name.
    pub async fn list(&self, realm: &Realm, kind: ListKind) -> Result<Vec<ListEntry>, StoreError> {
        let query = sqlx::query(LIST).bind(realm.as_str()).bind(kind.as_str());
        let rows = query.fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| entry(&mut Columns::of(row)))
            .collect()
    }

    /// The entries of a list that have one of these ids.
    pub async fn list_entries(
        &self,
        realm: &Realm,
        kind: ListKind,
        ids: &[String],
    ) -> Result<Vec<ListEntry>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.readers.acquire().await?;
        let rows = Statement::new(LIST_OF_IDS)
            .bind(realm.as_str())
            .bind(kind.as_str())
            .list(ids.iter().map(String::as_str))
            .fetch(&mut connection)
            .await?;
        rows.iter()
            .map(|row| entry(&mut Columns::of(row)))
            .collect()
    }

    /// What was learned about a company.
    pub async fn realm_facts(&self, realm: &Realm) -> Result<RealmFacts, StoreError> {
        let rows = sqlx::query(FACTS)
            .bind(realm.as_str())
            .fetch_all(&self.readers)
            .await?;
        let mut facts = RealmFacts::default();
        for row in &rows {
            read_fact(row, &mut facts)?;
        }
        Ok(facts)
    }

    /// When each list of a company was last read completely.
    pub async fn lists_read_at(
        &self,
        realm: &Realm,
    ) -> Result<HashMap<ListKind, Timestamp>, StoreError> {
        Ok(self.realm_facts(realm).await?.lists_read_at)
    }

    /// Adds to the metered reads of a month, in UTC.
    pub async fn add_reads(
        &self,
        realm: &Realm,
        at: Timestamp,
        count: u64,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let mut connection = self.writer.acquire().await?;
        sqlx::query(ADD_READS)
            .bind(realm.as_str())
            .bind(reads_of(at))
            .bind(to_number(count))
            .bind(now)
            .execute(&mut *connection)
            .await?;
        Ok(())
    }

    /// The metered reads written down for the month of a moment, in UTC.
    pub async fn reads_of_month(&self, realm: &Realm, at: Timestamp) -> Result<u64, StoreError> {
        let row = sqlx::query(READS)
            .bind(realm.as_str())
            .bind(reads_of(at))
            .fetch_optional(&self.readers)
            .await?;
        row.map_or(Ok(0), |row| Columns::of(&row).count())
    }

    /// Remembers the rate of calls that holds, in thousandths of the allowed one.
    pub async fn set_rate_permille(&self, realm: &Realm, rate: i64) -> Result<(), StoreError> {
        let now = self.now();
        let mut connection = self.writer.acquire().await?;
        set_fact(&mut connection, realm, RATE, rate, now).await
    }
}

/// The fact that counts the reads of a month.
fn reads_of(at: Timestamp) -> String {
    format!("reads:{}", at.strftime("%Y-%m"))
}

async fn set_fact(
    connection: &mut AnyConnection,
    realm: &Realm,
    fact: &str,
    value: i64,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(SET_FACT)
        .bind(realm.as_str())
        .bind(fact)
        .bind(value)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

fn read_fact(row: &AnyRow, facts: &mut RealmFacts) -> Result<(), StoreError> {
    let mut columns = Columns::of(row);
    let fact = columns.str()?;
    let value = columns.number()?;
    if fact == RATE {
        facts.rate_permille = Some(value);
    } else if let Some(list) = fact.strip_prefix(READ)
        && let Some(kind) = ListKind::ALL.into_iter().find(|kind| kind.as_str() == list)
    {
        let at = Timestamp::from_millisecond(value).map_err(StoreError::unreadable)?;
        facts.lists_read_at.insert(kind, at);
    }
    Ok(())
}

/// Adds or replaces entries, as when a customer was just made in the books.
pub(super) async fn add_entries(
    connection: &mut AnyConnection,
    realm: &Realm,
    entries: &[ListEntry],
    now: i64,
) -> Result<(), StoreError> {
    // one statement must not name a row twice
    let mut unique: HashMap<(&str, &str), &ListEntry> = HashMap::new();
    for entry in entries {
        unique.insert((entry.kind.as_str(), &entry.id), entry);
    }
    let mut entries: Vec<&ListEntry> = unique.into_values().collect();
    entries.sort_by(|left, right| left.id.cmp(&right.id));
    for chunk in entries.chunks(CHUNK) {
        Statement::new(INSERT)
            .rows(chunk, |values, entry| {
                let folded = |field, text: &str| Match::new(entry.kind, field, text).value;
                values
                    .add(realm.as_str())
                    .add(entry.kind.as_str())
                    .add(entry.id.as_str())
                    .add(entry.name.as_str())
                    .add(folded(MatchField::Name, &entry.name))
                    .add(entry.key.as_str())
                    .add(folded(MatchField::Key, &entry.key))
                    .add(entry.sync_token.as_str())
                    .add(entry.body.as_str())
                    .add(now);
            })
            .push(ON_CONFLICT)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// The next six columns: kind, id, name, key, `sync_token`, body.
pub(super) fn entry(columns: &mut Columns<'_>) -> Result<ListEntry, StoreError> {
    Ok(ListEntry {
        kind: columns.word()?,
        id: columns.text()?,
        name: columns.text()?,
        key: columns.text()?,
        sync_token: columns.text()?,
        body: columns.text()?,
    })
}
