//! Fees of gateways by the day: which days are to be counted, and the count itself, which takes the
//! day's expense into the journal in one transaction with the marks of what was counted.
//!
//! A sale's row says its part (`fee`, `fee_day`) and where that was counted last (`fee_counted`). What
//! changes the part, or whether the sale is in the books, marks a day as open (`fee_open`): the one the
//! part was counted in before, else the one it belongs to. To count a day twice changes nothing.

use jiff::civil::Date;
use kit::{Money, PostingId, Record, StreamName};
use rust_decimal::Decimal;
use serde_json::value::RawValue;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::journal::{Journaled, PlannedRecord, fingerprint_of};
use super::references::{each_of_orders, read_documents, read_links, read_states};
use super::sql::{ATTEMPTS, CHUNK, Columns, Statement};
use super::{PostingRow, Store, StoreError};
use crate::domain::{
    Draft, FeeShare, FeesOfDay, GatewayDay, References, Route, SourceKind, SyncId,
};

const NEXT_OPEN: &str = "SELECT fee_open FROM postings WHERE realm = $1 AND source = $2 \
     AND fee_open > $3 AND fee_open < $4 ORDER BY fee_open LIMIT 1";
macro_rules! members {
    ($of:literal) => {
        concat!(
            "SELECT p.id, p.version, p.fee, p.fee_day, p.fee_counted, p.fee_open, \
             CASE WHEN l.target_id IS NULL THEN 0 ELSE 1 END FROM postings AS p \
             LEFT JOIN links AS l ON l.realm = p.realm AND l.source = p.source \
             AND l.source_kind = p.source_kind AND l.source_id = p.source_id AND l.kind = p.kind \
             AND l.voided = 0 WHERE p.realm = $1 AND p.source = $2 AND ",
            $of
        )
    };
}
const OF_DAY: &str = members!("p.fee_day = $3");
const MOVED: &str = members!("p.fee_open = $3 AND (p.fee_day IS NULL OR p.fee_day <> $3)");
const MARK: &str = "UPDATE postings SET fee_counted = v.column3, fee_open = v.column4 FROM (";
const OF_VERSION: &str = ") AS v WHERE postings.id = v.column1 AND postings.version = v.column2";
const SHARES: &str = "SELECT source_id, fee, fee_day FROM postings WHERE realm = ? AND source = ? \
     AND source_kind = 'order' AND fee_day IS NOT NULL AND fee_counted IS NOT NULL \
     AND source_id IN ";
const OF_ORDER: &str = "SELECT fee, fee_day, fee_counted FROM postings WHERE realm = $1 \
     AND source = $2 AND source_kind = 'order' AND source_id = $3 AND fee_day IS NOT NULL \
     ORDER BY id DESC LIMIT 1";

/// Where the fee of an order is.
#[derive(Clone, Debug)]
pub struct OrderFee {
    /// Its part.
    pub share: FeeShare,
    /// Whether the day was counted since.
    pub counted: bool,
    /// The expense of the day, once there is one.
    pub document: Option<PostingRow>,
}

impl Store {
    /// The days before `today` that are to be counted, oldest first, at most `limit` of them. Where there
    /// is none, that is one look.
    pub async fn open_fee_days(
        &self,
        route: &Route,
        today: Date,
        limit: usize,
    ) -> Result<Vec<GatewayDay>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let today = today.to_string();
        let mut days: Vec<GatewayDay> = Vec::new();
        let mut after = String::new();
        while days.len() < limit {
            let row = sqlx::query(NEXT_OPEN)
                .bind(route.realm.as_str())
                .bind(route.source.as_str())
                .bind(&after)
                .bind(&today)
                .fetch_optional(&mut *connection)
                .await?;
            let Some(row) = row else { break };
            after = Columns::of(&row).text()?;
            days.push(after.parse().map_err(StoreError::unreadable)?);
        }
        Ok(days)
    }

    /// Counts the fees of a day, and takes what `plan` makes of the sum into the journal, all of it or
    /// nothing. Repeating it changes no posting.
    pub async fn journal_day(
        &self,
        route: &Route,
        sync: &SyncId,
        day: &GatewayDay,
        plan: &(dyn Fn(&FeesOfDay, &References) -> Draft + Sync),
    ) -> Result<Journaled, StoreError> {
        for _ in 0..ATTEMPTS {
            match self.try_journal_day(route, sync, day, plan).await {
                Ok(Some(journaled)) => return Ok(journaled),
                Ok(None) => {} // a sale changed meanwhile: count again
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Contended)
    }

    async fn try_journal_day(
        &self,
        route: &Route,
        sync: &SyncId,
        day: &GatewayDay,
        plan: &(dyn Fn(&FeesOfDay, &References) -> Draft + Sync),
    ) -> Result<Option<Journaled>, StoreError> {
        let mut tx = self.begin().await?;
        let members = members(&mut tx, route, day).await?;
        if !mark(&mut tx, &members, day).await? {
            return Ok(None); // dropping `tx` rolls back
        }
        let counted = members.iter().filter(|member| member.counts_in(day));
        let fees = FeesOfDay::of(day.clone(), counted.map(|member| member.fee));
        let key = [day.key()];
        let known = References {
            links: read_links(&mut tx, route, &key).await?,
            documents: read_documents(&mut tx, route, &key).await?,
            ..References::default()
        };
        let is_new = read_states(&mut tx, route, &key).await?.is_empty();
        let drafts = if is_new && fees.orders == 0 {
            Vec::new() // its only sale was taken back before the day was over
        } else {
            vec![plan(&fees, &known)]
        };
        let page = [self.planned(&fees, drafts)?];
        let Some(journaled) = self.journal_into(&mut tx, route, sync, &page, None).await? else {
            return Ok(None);
        };
        tx.commit().await?;
        Ok(Some(journaled))
    }

    /// The sum as the record that the day's expense is made from.
    fn planned(&self, fees: &FeesOfDay, drafts: Vec<Draft>) -> Result<PlannedRecord, StoreError> {
        let body = fees.record();
        Ok(PlannedRecord {
            stream: StreamName::Orders,
            source_kind: SourceKind::GatewayDay,
            record: Record {
                id: fees.day.to_string(),
                modified_at: self.clock.now(),
                fingerprint: fingerprint_of(&body),
                body: RawValue::from_string(body).map_err(StoreError::unreadable)?,
            },
            plan: Ok(drafts),
            follows: true,
        })
    }

    /// Where the fee of an order is; `None` where it counts in no day.
    pub async fn fee_of_order(
        &self,
        route: &Route,
        order: &str,
    ) -> Result<Option<OrderFee>, StoreError> {
        let row = sqlx::query(OF_ORDER)
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .bind(order)
            .fetch_optional(&self.readers)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::of(&row);
        let fee = columns.maybe_decimal()?;
        let day: GatewayDay = columns.parsed()?;
        let counted = columns.maybe_str()? == Some(day.to_string().as_str());
        let states = self.states(route, &[day.key()]).await?;
        let ids: Vec<PostingId> = states.into_values().map(|found| found.id).collect();
        Ok(Some(OrderFee {
            document: self.posting_rows(&ids).await?.into_iter().next(),
            share: FeeShare { day, fee },
            counted,
        }))
    }
}

impl OrderFee {
    /// In words, for people: what it is, and in which expense.
    pub fn in_words(&self) -> String {
        let FeeShare { day, fee } = &self.share;
        let what = fee.as_ref().map_or_else(
            || "unknown, since the order does not say it".to_owned(),
            |fee| Money::new(*fee, day.currency).to_string(),
        );
        let of = format!("the fees of {} on {}", day.gateway, day.date);
        match self.document.as_ref().filter(|_| self.counted) {
            Some(document) => format!("{what}; counted in {}, {of}", document.number),
            None => format!(
                "{what}; to be counted in {of}, once the day is over and the sale is in the books"
            ),
        }
    }
}

/// A sale that counts in a day, or did.
struct Member {
    id: PostingId,
    version: i64,
    fee: Option<Decimal>,
    day: Option<String>,
    counted: Option<String>,
    open: Option<String>,
    in_books: bool,
}

impl Member {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let mut columns = Columns::of(row);
        Ok(Self {
            id: PostingId::new(columns.text()?),
            version: columns.number()?,
            fee: columns.maybe_decimal()?,
            day: columns.maybe_text()?,
            counted: columns.maybe_text()?,
            open: columns.maybe_text()?,
            in_books: columns.flag()?,
        })
    }

    fn counts_in(&self, day: &GatewayDay) -> bool {
        self.in_books && self.day.as_deref() == Some(day.to_string().as_str())
    }

    /// In which day it is counted, and which is to be counted next, once `day` was.
    fn marks(&self, day: &str) -> (Option<&str>, Option<&str>) {
        let counted = self.counted.as_deref();
        let belongs = self.day.as_deref().filter(|_| self.in_books);
        match counted {
            // it counts in another day still, which comes first
            Some(other) if other != day => (counted, counted),
            Some(_) | None if belongs == Some(day) => (belongs, None),
            Some(_) | None => (None, belongs),
        }
    }
}

async fn members(
    connection: &mut AnyConnection,
    route: &Route,
    day: &GatewayDay,
) -> Result<Vec<Member>, StoreError> {
    let mut members = Vec::new();
    for statement in [OF_DAY, MOVED] {
        let rows = sqlx::query(statement)
            .bind(route.realm.as_str())
            .bind(route.source.as_str())
            .bind(day.to_string())
            .fetch_all(&mut *connection)
            .await?;
        for row in &rows {
            members.push(Member::read(row)?);
        }
    }
    Ok(members)
}

/// Marks what was counted; false where a sale changed since it was read. The rows' versions stay: what
/// somebody else wishes of a sale does not depend on where its fee is counted.
async fn mark(
    connection: &mut AnyConnection,
    members: &[Member],
    day: &GatewayDay,
) -> Result<bool, StoreError> {
    let day = day.to_string();
    let changed: Vec<(&Member, Option<&str>, Option<&str>)> = members
        .iter()
        .map(|member| {
            let (counted, open) = member.marks(&day);
            (member, counted, open)
        })
        .filter(|(member, counted, open)| {
            (*counted, *open) != (member.counted.as_deref(), member.open.as_deref())
        })
        .collect();
    for chunk in changed.chunks(CHUNK) {
        let marked = Statement::new(MARK)
            .rows(chunk, |values, (member, counted, open)| {
                values
                    .add(member.id.as_str())
                    .add(member.version)
                    .add(*counted)
                    .add(*open);
            })
            .push(OF_VERSION)
            .execute(connection)
            .await?;
        if usize::try_from(marked) != Ok(chunk.len()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The parts that orders have in the fees of days that were counted with them. What was not counted yet is
/// bound to no day: the books may be closed before its sale comes into them.
pub(super) async fn read_shares(
    connection: &mut AnyConnection,
    route: &Route,
    orders: &[&str],
    known: &mut References,
) -> Result<(), StoreError> {
    each_of_orders(connection, SHARES, route, orders, |order, columns| {
        if let Some(share) = share(columns)? {
            known.fees.insert(order, share);
        }
        Ok(())
    })
    .await
}

/// The next two columns: fee, `fee_day`.
pub(super) fn share(columns: &mut Columns<'_>) -> Result<Option<FeeShare>, StoreError> {
    let fee = columns.maybe_decimal()?;
    let day = columns.maybe_parsed()?;
    Ok(day.map(|day| FeeShare { day, fee }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: &str = "2026-10-01/stripe/USD";
    const OTHER: &str = "2026-10-02/stripe/USD";

    /// A sale whose part is of `day`, was counted in `counted`, and is in the books or not.
    fn member(day: Option<&str>, counted: Option<&str>, in_books: bool) -> Member {
        Member {
            id: PostingId::new("1"),
            version: 1,
            fee: None,
            day: day.map(str::to_owned),
            counted: counted.map(str::to_owned),
            open: counted.or(day).map(str::to_owned),
            in_books,
        }
    }

    #[test]
    fn a_count_leaves_open_what_it_moved_to_another_day() {
        for (day, counted, in_books, marks) in [
            (Some(ON), None, true, (Some(ON), None)),
            (Some(ON), Some(ON), true, (Some(ON), None)),
            // voided, or not posted yet
            (Some(ON), Some(ON), false, (None, None)),
            (Some(ON), None, false, (None, None)),
            // paid on another day by now
            (Some(OTHER), Some(ON), true, (None, Some(OTHER))),
            (Some(OTHER), Some(ON), false, (None, None)),
            // the day it counted in before is counted first
            (Some(ON), Some(OTHER), true, (Some(OTHER), Some(OTHER))),
            // counts nowhere by now
            (None, Some(ON), true, (None, None)),
        ] {
            assert_eq!(
                member(day, counted, in_books).marks(ON),
                marks,
                "{day:?} {counted:?}"
            );
        }
    }
}
