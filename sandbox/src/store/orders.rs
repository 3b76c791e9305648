//! All orders of the store: a row of a few bytes each to sort and filter by,
//! and the orders themselves only where they were changed. An untouched order
//! is made again from the seed when it is asked for, so that a hundred thousand
//! of them take a few megabytes.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::generate::Generator;
use super::model::order::{Order, Refund};

/// Where the orders come from that the store began with.
pub(crate) enum Base {
    Recorded(Vec<Arc<Order>>),
    Generated(Box<Generator>),
}

impl Base {
    fn order(&self, index: usize) -> Option<Arc<Order>> {
        match self {
            Self::Recorded(orders) => orders.get(index).cloned(),
            Self::Generated(generator) => Some(Arc::new(generator.order(index))),
        }
    }
}

/// What is known of an order without making it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub id: u32,
    /// Seconds since 1970.
    pub created: u32,
    pub modified: u32,
    pub customer: u32,
    /// Into [`Orders::statuses`]; [`GONE`] once deleted for good.
    pub status: u8,
}

/// The status number of an order that was deleted for good.
pub(crate) const GONE: u8 = u8::MAX;

/// A refund's place: which order it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefundRow {
    pub id: u32,
    pub created: u32,
    /// The row of its order.
    pub order: u32,
}

/// Seconds since 1970 of a moment, as rows keep it.
pub(crate) fn seconds(moment: Timestamp) -> u32 {
    u32::try_from(moment.as_second()).unwrap_or(0)
}

pub(crate) struct Orders {
    base: Base,
    /// In the order of their ids.
    rows: Vec<Row>,
    statuses: Vec<String>,
    /// The numbers of trash and automatic drafts, once known.
    hidden: [Option<u8>; 2],
    changed: HashMap<u32, Arc<Order>>,
    /// How many lines are to be seen of orders that are still being written.
    half_written: HashMap<u32, usize>,
    /// (modified, row) and (created, row), sorted.
    by_modified: Vec<(u32, u32)>,
    by_created: Vec<(u32, u32)>,
    /// In the order of their ids.
    refunds: Vec<RefundRow>,
}

impl Orders {
    /// `rows` in the order of their ids, the `n`th telling of the base's `n`th order.
    pub(crate) fn new(
        base: Base,
        rows: Vec<Row>,
        statuses: Vec<String>,
        refunds: Vec<RefundRow>,
    ) -> Self {
        let sorted = |key: fn(&Row) -> u32| {
            let mut all: Vec<(u32, u32)> = (0..)
                .zip(&rows)
                .map(|(index, row)| (key(row), index))
                .collect();
            all.sort_unstable();
            all
        };
        let mut orders = Self {
            by_modified: sorted(|row| row.modified),
            by_created: sorted(|row| row.created),
            base,
            rows,
            statuses,
            changed: HashMap::new(),
            half_written: HashMap::new(),
            refunds,
            hidden: [None; 2],
        };
        orders.note_hidden();
        orders
    }

    fn note_hidden(&mut self) {
        self.hidden = ["trash", "auto-draft"].map(|slug| self.status_number(slug));
    }

    /// A store that begins with these orders.
    pub(crate) fn of(orders: Vec<Order>) -> Self {
        let mut empty = Self::new(
            Base::Recorded(Vec::new()),
            Vec::new(),
            Vec::new(),
            Vec::new(),
        );
        for order in &orders {
            empty.put(Arc::new(order.clone()));
        }
        empty.changed.clear();
        empty.base = Base::Recorded(orders.into_iter().map(Arc::new).collect());
        empty
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn by_modified(&self) -> &[(u32, u32)] {
        &self.by_modified
    }

    pub(crate) fn by_created(&self) -> &[(u32, u32)] {
        &self.by_created
    }

    pub(crate) fn refunds(&self) -> &[RefundRow] {
        &self.refunds
    }

    #[cfg(test)]
    pub(crate) fn status(&self, row: &Row) -> &str {
        self.statuses
            .get(usize::from(row.status))
            .map_or("", String::as_str)
    }

    /// All statuses that any order has or had.
    pub(crate) fn statuses(&self) -> &[String] {
        &self.statuses
    }

    /// Whether a list of any status leaves the order out: trash and automatic drafts.
    pub(crate) fn is_hidden(&self, row: &Row) -> bool {
        self.hidden.contains(&Some(row.status))
    }

    /// The number rows use for a status; `None` if no order ever had it.
    pub(crate) fn status_number(&self, slug: &str) -> Option<u8> {
        let at = self.statuses.iter().position(|known| known == slug)?;
        u8::try_from(at).ok()
    }

    fn status_number_or_new(&mut self, slug: &str) -> u8 {
        if let Some(number) = self.status_number(slug) {
            return number;
        }
        self.statuses.push(slug.to_owned());
        self.note_hidden();
        u8::try_from(self.statuses.len() - 1).unwrap_or(GONE)
    }

    pub(crate) fn index_of(&self, id: u64) -> Option<usize> {
        let id = u32::try_from(id).ok()?;
        let at = self.rows.binary_search_by_key(&id, |row| row.id).ok()?;
        self.rows
            .get(at)
            .filter(|row| row.status != GONE)
            .map(|_| at)
    }

    /// The order of a row, as it really is.
    pub(crate) fn at(&self, index: usize) -> Option<Arc<Order>> {
        let row = self.rows.get(index)?;
        self.changed
            .get(&row.id)
            .cloned()
            .or_else(|| self.base.order(index))
    }

    /// The order of a row as a reader sees it: half of it while it is being written.
    pub(crate) fn seen_at(&self, index: usize) -> Option<Arc<Order>> {
        let order = self.at(index)?;
        let id = self.rows.get(index)?.id;
        Some(match self.half_written.get(&id) {
            Some(lines) => Arc::new(order.half_written(*lines)),
            None => order,
        })
    }

    pub(crate) fn order(&self, id: u64) -> Option<Arc<Order>> {
        self.at(self.index_of(id)?)
    }

    /// The refund and its order's row.
    pub(crate) fn refund(&self, id: u64) -> Option<(usize, Refund)> {
        let id = u32::try_from(id).ok()?;
        let at = self.refunds.binary_search_by_key(&id, |row| row.id).ok()?;
        let index = usize::try_from(self.refunds.get(at)?.order).ok()?;
        let order = self.at(index)?;
        let refund = order
            .refunds
            .iter()
            .find(|refund| refund.id == u64::from(id))?;
        Some((index, refund.clone()))
    }

    /// Adds an order or replaces the one with its id. Only `lines` of it are to
    /// be seen from now on, if given; everything otherwise.
    pub(crate) fn put_seen(&mut self, order: Arc<Order>, lines: Option<usize>) {
        let Ok(id) = u32::try_from(order.id) else {
            return;
        };
        match lines {
            Some(lines) => self.half_written.insert(id, lines),
            None => self.half_written.remove(&id),
        };
        let seen = lines.map(|lines| order.half_written(lines));
        let seen = seen.as_ref().unwrap_or(&order);
        let row = Row {
            id,
            created: seconds(seen.created),
            modified: seconds(seen.modified),
            customer: u32::try_from(seen.customer_id).unwrap_or(0),
            status: self.status_number_or_new(&seen.status),
        };
        let refunds: Vec<(u64, Timestamp)> = seen
            .refunds
            .iter()
            .map(|refund| (refund.id, refund.created))
            .collect();
        let index = self.put_row(row);
        self.put_refunds(index, &refunds);
        self.changed.insert(id, order);
    }

    pub(crate) fn put(&mut self, order: Arc<Order>) {
        self.put_seen(order, None);
    }

    /// Deletes the order and its refunds for good.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let Some(index) = self.index_of(id) else {
            return false;
        };
        let Some(row) = self.rows.get_mut(index) else {
            return false;
        };
        row.status = GONE;
        let gone = row.id;
        self.changed.remove(&gone);
        self.half_written.remove(&gone);
        self.put_refunds(index, &[]);
        true
    }

    fn put_row(&mut self, row: Row) -> usize {
        let Ok(index) = self.rows.binary_search_by_key(&row.id, |known| known.id) else {
            // New ids are the highest, so that rows keep their places.
            let index = self.rows.len();
            let at = u32::try_from(index).unwrap_or(u32::MAX);
            self.rows.push(row);
            insert_key(&mut self.by_modified, (row.modified, at));
            insert_key(&mut self.by_created, (row.created, at));
            return index;
        };
        let at = u32::try_from(index).unwrap_or(u32::MAX);
        if let Some(old) = self.rows.get_mut(index) {
            move_key(
                &mut self.by_modified,
                (old.modified, at),
                (row.modified, at),
            );
            move_key(&mut self.by_created, (old.created, at), (row.created, at));
            *old = row;
        }
        index
    }

    fn put_refunds(&mut self, index: usize, refunds: &[(u64, Timestamp)]) {
        let order = u32::try_from(index).unwrap_or(u32::MAX);
        if refunds.is_empty() && !self.refunds.iter().any(|row| row.order == order) {
            return;
        }
        self.refunds.retain(|row| row.order != order);
        self.refunds
            .extend(refunds.iter().filter_map(|(id, created)| {
                let id = u32::try_from(*id).ok()?;
                Some(RefundRow {
                    id,
                    created: seconds(*created),
                    order,
                })
            }));
        self.refunds.sort_unstable_by_key(|row| row.id);
    }
}

fn insert_key(keys: &mut Vec<(u32, u32)>, key: (u32, u32)) {
    let at = keys.binary_search(&key).unwrap_or_else(|at| at);
    keys.insert(at, key);
}

fn move_key(keys: &mut Vec<(u32, u32)>, old: (u32, u32), new: (u32, u32)) {
    if old == new {
        return;
    }
    if let Ok(at) = keys.binary_search(&old) {
        keys.remove(at);
    }
    insert_key(keys, new);
}
