//! What a page's mapping needs to know, in few statements.

use std::collections::{HashMap, HashSet};

use kit::{Fingerprint, ListKind, PostingId, PostingKind};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::sql::{Columns, Statement};
use super::{Store, StoreError, Whereabouts};
use crate::domain::{
    Link, LinkKey, Match, MatchField, Needs, Parent, PostingState, Realm, References, Route,
    SourceKind, cause,
};

const LINKS: &str = "SELECT l.source_kind, l.source_id, l.kind, l.target_id, l.sync_token, l.adopted, \
     l.content, l.dated, CASE WHEN t.id IS NULL AND l.kind IN ('customer', 'item') THEN 1 ELSE 0 END \
     FROM (";
const JOIN_LINKS: &str = ") AS v CROSS JOIN links AS l LEFT JOIN target_lists AS t ON t.realm = l.realm \
     AND t.kind = l.kind AND t.id = l.target_id WHERE l.realm = ? AND l.source = ? \
     AND l.source_kind = v.column1 AND l.source_id = v.column2 AND l.kind = v.column3 \
     AND l.voided = 0";
const ONCE: &str = "SELECT p.source_kind, p.source_id, p.kind FROM (";
const JOIN_ONCE: &str = ") AS v CROSS JOIN postings AS p \
     LEFT JOIN links AS l ON l.realm = p.realm AND l.source = p.source \
     AND l.source_kind = p.source_kind AND l.source_id = p.source_id AND l.kind = p.kind \
     WHERE (p.posted_at IS NOT NULL OR l.target_id IS NOT NULL) AND p.realm = ? AND p.source = ? \
     AND p.source_kind = v.column1 AND p.source_id = v.column2 AND p.kind = v.column3";
const STATES: &str = "SELECT p.source_kind, p.source_id, p.kind, p.id, p.state, p.cause FROM (";
const JOIN_STATES: &str = ") AS v CROSS JOIN postings AS p WHERE p.realm = ? AND p.source = ? \
     AND p.source_kind = v.column1 AND p.source_id = v.column2 AND p.kind = v.column3";
const MATCHES: &str = "SELECT v.column2, t.kind, t.id, t.name, t.key, t.sync_token, t.body FROM (";
const JOIN_NAMES: &str = ") AS v CROSS JOIN target_lists AS t WHERE t.realm = ? \
     AND t.kind = v.column1 AND t.name_folded = v.column2 ORDER BY t.id";
const JOIN_KEYS: &str = ") AS v CROSS JOIN target_lists AS t WHERE t.realm = ? \
     AND t.kind = v.column1 AND t.key_folded = v.column2 ORDER BY t.id";
const LINKED: &str = "SELECT l.kind, l.target_id, l.source_kind, l.source_id, l.kind FROM links AS l \
     WHERE l.realm = ? AND l.source = ? AND l.kind IN ('customer', 'item') AND l.voided = 0 \
     AND l.target_id IN ";
const RECORDS: &str = "SELECT p.source_kind, p.source_id, p.kind, d.record FROM (";
const JOIN_RECORDS: &str = ") AS v CROSS JOIN postings AS p JOIN documents AS d ON d.posting_id = p.id \
     WHERE p.realm = ? AND p.source = ? AND p.source_kind = v.column1 AND p.source_id = v.column2 \
     AND p.kind = v.column3 AND d.record IS NOT NULL";
const PARENTS: &str = "SELECT p.source_id, p.kind, p.state, d.record, d.needs, d.body FROM postings AS p \
     JOIN documents AS d ON d.posting_id = p.id WHERE p.realm = ? AND p.source = ? \
     AND p.source_kind = 'order' AND p.record_fingerprint IS NOT NULL AND d.record IS NOT NULL \
     AND p.source_id IN ";
const DOCUMENTS: &str = "SELECT p.source_kind, p.source_id, p.kind, d.body FROM (";
const JOIN_DOCUMENTS: &str = ") AS v CROSS JOIN postings AS p \
     JOIN documents AS d ON d.posting_id = p.id WHERE p.realm = ? AND p.source = ? \
     AND p.source_kind = v.column1 AND p.source_id = v.column2 AND p.kind = v.column3 \
     AND d.body <> ''";
const SETTLED: &str = "SELECT source_id, record_fingerprint, state, cause FROM postings \
     WHERE realm = ? AND source = ? AND source_kind = ? AND source_id IN ";

const MAKER: &str = "SELECT posting_id FROM links WHERE realm = $1 AND kind = $2 AND target_id = $3 \
     AND adopted = 0";

/// Keys in one look-up.
const LOOKS: usize = 512;

impl Store {
    /// Which of these records need nothing: their content is what it was when they were last planned,
    /// and nothing of them waits to be sent or for another posting.
    pub async fn settled(
        &self,
        route: &Route,
        kind: SourceKind,
        records: &[(String, Fingerprint)],
    ) -> Result<HashSet<String>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let wanted: HashMap<&str, &Fingerprint> = records
            .iter()
            .map(|(id, fingerprint)| (id.as_str(), fingerprint))
            .collect();
        let mut equal = HashSet::new();
        let mut open = HashSet::new();
        for chunk in records.chunks(LOOKS) {
            let rows = Statement::new(SETTLED)
                .bind(route.realm.as_str())
                .bind(route.source.as_str())
                .bind(kind.as_str())
                .list(chunk.iter().map(|(id, _)| id.as_str()))
                .fetch(&mut connection)
                .await?;
            for row in &rows {
                let mut columns = Columns::of(row);
                let id = columns.text()?;
                let stored = columns.maybe_str()?;
                if is_open(columns.parsed()?, columns.maybe_str()?) {
                    open.insert(id);
                } else if wanted.get(id.as_str()).map(|print| print.as_str()) == stored {
                    equal.insert(id);
                }
            }
        }
        equal.retain(|id| !open.contains(id));
        Ok(equal)
    }

    /// What is known of what is needed.
    pub async fn references(&self, route: &Route, needs: &Needs) -> Result<References, StoreError> {
        let links: Vec<LinkKey> = needs.links.iter().cloned().collect();
        let once: Vec<LinkKey> = needs.once.iter().cloned().collect();
        let mut connection = self.readers.acquire().await?;
        let mut known = References {
            links: read_links(&mut connection, route, &links).await?,
            once: read_once(&mut connection, route, &once).await?,
            ..References::default()
        };
        for (field, join) in [(MatchField::Name, JOIN_NAMES), (MatchField::Key, JOIN_KEYS)] {
            let looks: Vec<&Match> = needs
                .matches
                .iter()
                .filter(|look| look.field == field)
                .collect();
            read_matches(&mut connection, route, &looks, join, &mut known).await?;
        }
        read_linked(&mut connection, route, &mut known).await?;
        let mut records = needs.records.clone();
        records.extend(accounts_without_address(&known));
        let records: Vec<LinkKey> = records.into_iter().collect();
        read_records(&mut connection, route, &records, &mut known).await?;
        let parents: Vec<&str> = needs.parents.iter().map(String::as_str).collect();
        read_parents(&mut connection, route, &parents, &mut known).await?;
        let fees: Vec<&str> = needs.fees.iter().map(String::as_str).collect();
        super::fees::read_shares(&mut connection, route, &fees, &mut known).await?;
        let documents: Vec<LinkKey> = needs.documents.iter().cloned().collect();
        known.documents = read_documents(&mut connection, route, &documents).await?;
        Ok(known)
    }

    /// The references there are to things in the books, voided ones excepted.
    pub async fn links(
        &self,
        route: &Route,
        keys: &[LinkKey],
    ) -> Result<HashMap<LinkKey, Link>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        read_links(&mut connection, route, keys).await
    }

    /// The posting by which daybook made an entry of a list in the books, where it made it.
    pub async fn maker_of(
        &self,
        realm: &Realm,
        kind: PostingKind,
        target_id: &str,
    ) -> Result<Option<PostingId>, StoreError> {
        let row = sqlx::query(MAKER)
            .bind(realm.as_str())
            .bind(kind.as_str())
            .bind(target_id)
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| Ok(PostingId::new(Columns::of(&row).text()?)))
            .transpose()
    }

    /// Where these postings stand; those that do not exist are left out.
    pub async fn states(
        &self,
        route: &Route,
        keys: &[LinkKey],
    ) -> Result<HashMap<LinkKey, Whereabouts>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        read_states(&mut connection, route, keys).await
    }
}

/// Whether a posting is to be planned again though its record did not change.
fn is_open(state: PostingState, held_for: Option<&str>) -> bool {
    match state {
        PostingState::Queued | PostingState::Posting => true,
        PostingState::Held => held_for
            .and_then(cause)
            .is_some_and(|cause| cause.by_itself),
        PostingState::Posted
        | PostingState::Failed
        | PostingState::Excluded
        | PostingState::Reversed => false,
    }
}

pub(super) async fn read_links(
    connection: &mut AnyConnection,
    route: &Route,
    keys: &[LinkKey],
) -> Result<HashMap<LinkKey, Link>, StoreError> {
    let mut links = HashMap::with_capacity(keys.len());
    for row in &keyed(connection, route, keys, LINKS, JOIN_LINKS).await? {
        let mut columns = Columns::of(row);
        links.insert(
            link_key(&mut columns)?,
            Link {
                target_id: columns.text()?,
                sync_token: columns.text()?,
                adopted: columns.flag()?,
                content: columns.maybe_text()?,
                date: columns.maybe_date()?,
                gone: columns.flag()?,
            },
        );
    }
    Ok(links)
}

/// The documents of these postings as last wanted.
pub(super) async fn read_documents(
    connection: &mut AnyConnection,
    route: &Route,
    keys: &[LinkKey],
) -> Result<HashMap<LinkKey, String>, StoreError> {
    let mut documents = HashMap::new();
    for row in &keyed(connection, route, keys, DOCUMENTS, JOIN_DOCUMENTS).await? {
        let mut columns = Columns::of(row);
        documents.insert(link_key(&mut columns)?, columns.text()?);
    }
    Ok(documents)
}

async fn read_once(
    connection: &mut AnyConnection,
    route: &Route,
    keys: &[LinkKey],
) -> Result<HashSet<LinkKey>, StoreError> {
    let rows = keyed(connection, route, keys, ONCE, JOIN_ONCE).await?;
    rows.iter()
        .map(|row| link_key(&mut Columns::of(row)))
        .collect()
}

pub(super) async fn read_states(
    connection: &mut AnyConnection,
    route: &Route,
    keys: &[LinkKey],
) -> Result<HashMap<LinkKey, Whereabouts>, StoreError> {
    let mut states = HashMap::with_capacity(keys.len());
    for row in &keyed(connection, route, keys, STATES, JOIN_STATES).await? {
        let mut columns = Columns::of(row);
        states.insert(
            link_key(&mut columns)?,
            Whereabouts {
                id: PostingId::new(columns.text()?),
                state: columns.parsed()?,
                cause: columns.maybe_text()?,
            },
        );
    }
    Ok(states)
}

/// Rows of all `keys`, some of them more than once. The looks stand first in the join, so that SQLite
/// walks them and not the table.
pub(super) async fn keyed(
    connection: &mut AnyConnection,
    route: &Route,
    keys: &[LinkKey],
    head: &'static str,
    join: &'static str,
) -> Result<Vec<AnyRow>, StoreError> {
    let mut rows = Vec::new();
    for chunk in keys.chunks(LOOKS) {
        let found = Statement::new(head)
            .looks(chunk, |values, key| {
                values
                    .add(key.source_kind.as_str())
                    .add(key.source_id.as_str())
                    .add(key.kind.as_str());
            })
            .push(join)
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .fetch(connection)
            .await?;
        rows.extend(found);
    }
    Ok(rows)
}

/// The next three columns: `source_kind`, `source_id`, kind.
pub(super) fn link_key(columns: &mut Columns<'_>) -> Result<LinkKey, StoreError> {
    Ok(LinkKey {
        source_kind: columns.parsed()?,
        source_id: columns.text()?,
        kind: columns.parsed()?,
    })
}

async fn read_matches(
    connection: &mut AnyConnection,
    route: &Route,
    looks: &[&Match],
    join: &'static str,
    known: &mut References,
) -> Result<(), StoreError> {
    for chunk in looks.chunks(LOOKS) {
        let rows = Statement::new(MATCHES)
            .looks(chunk, |values, look| {
                values.add(look.list.as_str()).add(look.value.as_str());
            })
            .push(join)
            .bind(route.realm.as_str())
            .fetch(connection)
            .await?;
        let Some(first) = chunk.first() else {
            continue;
        };
        for row in &rows {
            let mut columns = Columns::of(row);
            let value = columns.text()?;
            let entry = super::lists::entry(&mut columns)?;
            let look = Match {
                list: entry.kind,
                field: first.field,
                value,
            };
            let found = known.matches.entry(look).or_default();
            if !found.contains(&entry) {
                found.push(entry);
            }
        }
    }
    Ok(())
}

/// What of the store is linked to the entries that were found.
async fn read_linked(
    connection: &mut AnyConnection,
    route: &Route,
    known: &mut References,
) -> Result<(), StoreError> {
    let found = known.matches.values().flatten();
    let ids: HashSet<String> = found.map(|entry| entry.id.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    for chunk in ids.chunks(LOOKS) {
        let rows = Statement::new(LINKED)
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .list(chunk.iter().map(String::as_str))
            .fetch(connection)
            .await?;
        for row in &rows {
            let mut columns = Columns::of(row);
            let entry = (columns.parsed()?, columns.text()?);
            let key = link_key(&mut columns)?;
            known.linked.entry(entry).or_default().push(key);
        }
    }
    Ok(())
}

/// Accounts that were found to be a customer of whom the books have no e-mail address: who else is that
/// customer shows by theirs.
fn accounts_without_address(known: &References) -> impl Iterator<Item = LinkKey> + '_ {
    let found = known.matches.values().flatten();
    let customers = found.filter(|entry| entry.kind == ListKind::Customer && entry.key.is_empty());
    let linked = customers.flat_map(|entry| known.linked_to(entry));
    linked
        .filter(|key| key.source_kind == SourceKind::Customer)
        .cloned()
}

async fn read_records(
    connection: &mut AnyConnection,
    route: &Route,
    keys: &[LinkKey],
    known: &mut References,
) -> Result<(), StoreError> {
    for row in &keyed(connection, route, keys, RECORDS, JOIN_RECORDS).await? {
        let mut columns = Columns::of(row);
        let key = link_key(&mut columns)?;
        known.records.insert(key, columns.text()?);
    }
    Ok(())
}

async fn read_parents(
    connection: &mut AnyConnection,
    route: &Route,
    orders: &[&str],
    known: &mut References,
) -> Result<(), StoreError> {
    each_of_orders(connection, PARENTS, route, orders, |order, columns| {
        let kind = columns.parsed()?;
        let parent = Parent {
            key: LinkKey::new(SourceKind::Order, order.clone(), kind),
            state: columns.parsed()?,
            record: columns.text()?,
            customer: Parent::customer_among(&columns.json::<Vec<LinkKey>>()?).cloned(),
            document: columns.text()?,
        };
        known.parents.insert(order, parent);
        Ok(())
    })
    .await
}

/// Looks orders up; each row begins with its order's id.
pub(super) async fn each_of_orders(
    connection: &mut AnyConnection,
    query: &'static str,
    route: &Route,
    orders: &[&str],
    mut take: impl FnMut(String, &mut Columns<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for chunk in orders.chunks(LOOKS) {
        let rows = Statement::new(query)
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .list(chunk.iter().copied())
            .fetch(connection)
            .await?;
        for row in &rows {
            let mut columns = Columns::of(row);
            take(columns.text()?, &mut columns)?;
        }
    }
    Ok(())
}
