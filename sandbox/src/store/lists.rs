//! Lists of orders and refunds: filters, order, pages, and what is odd about
//! them. FACTS: WooCommerce §3.

use super::generate::dice::Dice;
use super::model::order::Order;
use super::orders::{GONE, Row};
use super::query::{Check, Params, Span};
use super::quirks::StoreQuirks;
use super::reply::{Refusal, Totals};
use super::state::State;
use super::statuses::allowed_statuses;

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OrderBy {
    Date,
    Id,
    Modified,
    Include,
}

/// The part of a list that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub page: usize,
    pub per_page: usize,
    /// Where the page starts.
    pub from: usize,
}

impl Window {
    pub(crate) fn read(check: &mut Check, params: &Params) -> Self {
        let page = check.page(params);
        let per_page = check.per_page(params);
        let offset = check
            .integer(params, "offset")
            .and_then(|offset| usize::try_from(offset).ok());
        let from = offset.unwrap_or_else(|| page.saturating_sub(1).saturating_mul(per_page));
        Self {
            page,
            per_page,
            from,
        }
    }

    fn until(&self) -> usize {
        self.from.saturating_add(self.per_page)
    }

    /// The page of a whole list.
    pub(crate) fn of<T: Copy>(&self, all: &[T]) -> Vec<T> {
        all.iter()
            .skip(self.from)
            .take(self.per_page)
            .copied()
            .collect()
    }
}

/// What `GET /orders` or `GET /refunds` asked for.
pub(crate) struct OrderQuery {
    pub window: Window,
    /// Decimals of money.
    pub places: u32,
    created: Span,
    modified: Span,
    include: Vec<u64>,
    exclude: Vec<u64>,
    parents: Vec<u64>,
    by: OrderBy,
    descending: bool,
    statuses: Vec<String>,
    customer: Option<u64>,
    product: Option<u64>,
    search: String,
    /// No row has to be asked for more than its status: most lists are so, and
    /// counting them must not take long.
    by_status_alone: bool,
}

const ORDER_BYS: &[&str] = &["date", "id", "include", "title", "slug", "modified"];

impl OrderQuery {
    /// Reads the parameters; `WordPress` checks them in this order.
    pub(crate) fn read(
        params: &Params,
        state: &State,
        quirks: &StoreQuirks,
    ) -> Result<Self, Refusal> {
        let mut check = Check::default();
        let window = Window::read(&mut check, params);
        let dates = ["after", "before", "modified_after", "modified_before"]
            .map(|name| check.date(params, name));
        let gmt = check.boolean(params, "dates_are_gmt");
        let bound = |date: Option<super::query::SentDate>| {
            date.map(|date| date.bound(gmt, quirks.storage, &state.shop.settings))
        };
        let [after, before, modified_after, modified_before] = dates.map(bound);
        let exclude = check.ids(params, "exclude");
        let include = check.ids(params, "include");
        let order = check.one_of(params, "order", &["asc", "desc"], "desc");
        let by = match check.one_of(params, "orderby", ORDER_BYS, "date") {
            "id" => OrderBy::Id,
            "modified" => OrderBy::Modified,
            "include" => OrderBy::Include,
            // Titles and slugs are made from the date.
            _ => OrderBy::Date,
        };
        let parents = check.ids(params, "parent");
        check.each_of(params, "status", &allowed_statuses(state));
        let customer = check.integer(params, "customer");
        let product = check.integer(params, "product");
        let places = check.integer(params, "dp").unwrap_or(2);
        check.end()?;
        let query = Self {
            window,
            places: u32::try_from(places.unsigned_abs().min(12)).unwrap_or(2),
            created: Span { after, before },
            modified: Span {
                after: modified_after,
                before: modified_before,
            },
            include,
            exclude,
            parents,
            by,
            descending: order == "desc",
            statuses: params
                .list("status")
                .into_iter()
                .map(str::to_owned)
                .collect(),
            customer: customer.and_then(|id| u64::try_from(id).ok()),
            product: product.and_then(|id| u64::try_from(id).ok()),
            search: params.get("search").unwrap_or_default().to_lowercase(),
            by_status_alone: false,
        };
        Ok(Self {
            by_status_alone: query.asks_only_for_status(),
            ..query
        })
    }

    fn asks_only_for_status(&self) -> bool {
        // What walks by date begin with is found by searching, not by asking.
        let started = |span: &Span, by: OrderBy| {
            span.before.is_none()
                && (span.after.is_none() || (self.by == by && span.floor().is_some()))
        };
        let lists = [&self.include, &self.exclude, &self.parents];
        lists.iter().all(|list| list.is_empty())
            && started(&self.created, OrderBy::Date)
            && started(&self.modified, OrderBy::Modified)
            && self.customer.is_none()
            && self.product.is_none()
            && self.search.is_empty()
    }

    /// The rows of the page and how many there are in all.
    pub(crate) fn orders(&self, state: &State, quirks: &StoreQuirks) -> (Vec<usize>, Totals) {
        let orders = &state.orders;
        let wanted = self.wanted_statuses(state);
        let keep = |index: usize| {
            orders
                .rows()
                .get(index)
                .is_some_and(|row| self.keeps(row, index, wanted.as_deref(), state))
        };
        let (page, count) = match self.by {
            OrderBy::Include if !self.include.is_empty() => {
                let found = self.include.iter().filter_map(|id| orders.index_of(*id));
                self.gather(found.filter(|index| keep(*index)))
            }
            OrderBy::Id => self.gather_both_ways((0..orders.rows().len()).filter(|at| keep(*at))),
            OrderBy::Modified => {
                let from = Self::start(orders.by_modified(), self.modified.floor());
                let keys = orders.by_modified().get(from..).unwrap_or_default();
                let kept = keys.iter().map(|key| key.1 as usize).filter(|at| keep(*at));
                if quirks.version.breaks_ties_by_id() {
                    self.gather_both_ways(kept)
                } else {
                    self.gather_without_tie_break(kept.collect(), state)
                }
            }
            OrderBy::Date | OrderBy::Include => {
                let from = Self::start(orders.by_created(), self.created.floor());
                let keys = orders.by_created().get(from..).unwrap_or_default();
                self.gather_both_ways(keys.iter().map(|key| key.1 as usize).filter(|at| keep(*at)))
            }
        };
        let mut totals = Totals::of(count, self.window.per_page);
        if page.is_empty() && !quirks.keeps_total_past_the_end() {
            totals = Totals {
                records: 0,
                pages: 0,
            };
        }
        (page, totals)
    }

    /// Where the keys begin that are later than `floor`.
    fn start(keys: &[(u32, u32)], floor: Option<u32>) -> usize {
        floor.map_or(0, |floor| keys.partition_point(|key| key.0 <= floor))
    }

    fn gather_both_ways(
        &self,
        found: impl DoubleEndedIterator<Item = usize>,
    ) -> (Vec<usize>, usize) {
        if self.descending {
            self.gather(found.rev())
        } else {
            self.gather(found)
        }
    }

    fn gather(&self, found: impl Iterator<Item = usize>) -> (Vec<usize>, usize) {
        let mut page = Vec::with_capacity(self.window.per_page);
        let mut count = 0;
        for index in found {
            if (self.window.from..self.window.until()).contains(&count) {
                page.push(index);
            }
            count += 1;
        }
        (page, count)
    }

    /// As old versions sort: orders of one second stand in another order on each page.
    fn gather_without_tie_break(&self, mut all: Vec<usize>, state: &State) -> (Vec<usize>, usize) {
        let chance = |index: usize| Dice::of(self.window.from as u64, index as u64, 0).next();
        let second = |index: usize| state.orders.rows().get(index).map_or(0, |row| row.modified);
        all.sort_by_key(|index| (second(*index), chance(*index)));
        if self.descending {
            all.reverse();
        }
        (self.window.of(&all), all.len())
    }

    /// The statuses asked for, by number; `None`: all but trash and automatic drafts.
    fn wanted_statuses(&self, state: &State) -> Option<Vec<u8>> {
        if self.statuses.is_empty() || self.statuses.iter().any(|status| status == "any") {
            return None;
        }
        let numbers = self.statuses.iter();
        Some(
            numbers
                .filter_map(|slug| state.orders.status_number(slug))
                .collect(),
        )
    }

    fn keeps(&self, row: &Row, index: usize, wanted: Option<&[u8]>, state: &State) -> bool {
        if row.status == GONE {
            return false;
        }
        let in_status = match wanted {
            Some(numbers) => numbers.contains(&row.status),
            None => !state.orders.is_hidden(row),
        };
        if self.by_status_alone || !in_status {
            return in_status;
        }
        let settings = &state.shop.settings;
        let id = u64::from(row.id);
        self.created.holds(row.created, settings)
            && self.modified.holds(row.modified, settings)
            && self.customer.is_none_or(|customer| customer == u64::from(row.customer))
            && (self.include.is_empty() || self.include.contains(&id))
            && !self.exclude.contains(&id)
            // No order has a parent.
            && (self.parents.is_empty() || self.parents.contains(&0))
            && self.keeps_content(index, state)
    }

    fn keeps_content(&self, index: usize, state: &State) -> bool {
        if self.product.is_none() && self.search.is_empty() {
            return true;
        }
        let Some(order) = state.orders.seen_at(index) else {
            return false;
        };
        let sold = |product: u64| {
            order
                .lines
                .iter()
                .any(|line| line.product_id == product || line.variation_id == product)
        };
        self.product.is_none_or(sold) && (self.search.is_empty() || matches(&order, &self.search))
    }

    /// The refunds of the page as (order's row, refund's id), and how many in
    /// all. They have one date, which all date filters mean. Those of a trashed
    /// order are left out in the posts storage. Of one order, if given.
    pub(crate) fn refunds(
        &self,
        of_order: Option<usize>,
        state: &State,
        quirks: &StoreQuirks,
    ) -> (Vec<(usize, u64)>, Totals) {
        let settings = &state.shop.settings;
        let posts = quirks.storage == super::quirks::OrderStorage::Posts;
        let trash = state.orders.status_number("trash");
        let mut found: Vec<_> = state
            .orders
            .refunds()
            .iter()
            .filter(|refund| {
                let order = refund.order as usize;
                let id = u64::from(refund.id);
                let row = state.orders.rows().get(order);
                let trashed = row.is_some_and(|row| Some(row.status) == trash);
                of_order.is_none_or(|wanted| wanted == order)
                    && !(posts && trashed && of_order.is_none())
                    && self.created.holds(refund.created, settings)
                    && self.modified.holds(refund.created, settings)
                    && (self.include.is_empty() || self.include.contains(&id))
                    && !self.exclude.contains(&id)
                    && (self.parents.is_empty()
                        || row.is_some_and(|row| self.parents.contains(&u64::from(row.id))))
            })
            .collect();
        match self.by {
            OrderBy::Id => found.sort_by_key(|refund| refund.id),
            OrderBy::Include if !self.include.is_empty() => found.sort_by_key(|refund| {
                self.include
                    .iter()
                    .position(|id| *id == u64::from(refund.id))
            }),
            OrderBy::Date | OrderBy::Modified | OrderBy::Include => {
                found.sort_by_key(|refund| (refund.created, refund.id));
            }
        }
        if self.descending && self.by != OrderBy::Include {
            found.reverse();
        }
        let all: Vec<(usize, u64)> = found
            .iter()
            .map(|refund| (refund.order as usize, u64::from(refund.id)))
            .collect();
        let page = self.window.of(&all);
        let mut totals = Totals::of(all.len(), self.window.per_page);
        if page.is_empty() && !quirks.keeps_total_past_the_end() {
            totals = Totals {
                records: 0,
                pages: 0,
            };
        }
        (page, totals)
    }
}

/// Whether a search finds an order: by id, names, e-mail or number.
fn matches(order: &Order, search: &str) -> bool {
    let billing = &order.billing;
    let shipping = &order.shipping;
    let name = format!("{} {}", billing.first_name, billing.last_name);
    let recipient = format!("{} {}", shipping.first_name, shipping.last_name);
    let id = order.id.to_string();
    let texts = [
        &name,
        &recipient,
        &billing.email,
        &billing.company,
        &order.number,
    ];
    id == search
        || texts
            .iter()
            .any(|text| text.to_lowercase().contains(search))
}
