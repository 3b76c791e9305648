//! A store as a source of records: which lists make up each stream, and in what turn.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    Chance, Clock, Cursor, Failure, Fingerprint, Outlines, Page, Record, Source, StreamName,
};
use serde_json::value::RawValue;

use crate::Settings;
use crate::client::Client;
use crate::cursor::{self, OrdersCursor, ProductsCursor, RefundsCursor};
use crate::list::{Delivery, List, ORDERS, PRODUCTS, REFUNDS, TRASH};
use crate::outlines::outline_of;
use crate::walk::{Head, Look, Step, Walk};

/// How often the bin is looked into.
const TRASH_EVERY: Duration = Duration::from_secs(15 * 60);
/// A look at the orders this long ago belongs to the same run.
const SAME_RUN: Duration = Duration::from_secs(60);

/// A WooCommerce store that is read.
///
/// - `orders`: by time of change; the bin at most every 15 minutes, as records whose status is
///   `trash`. Baskets not yet bought are left out.
/// - `refunds`: by time of making. A deleted refund shows nowhere but in its order's `refunds`.
/// - `products`: by time of change, each variable product followed by its variations as records of
///   their own, with `parent_name` and `parent_sku` (the product's, as received) added to their body.
/// - `customers`: by id, since the API has no other way; everything anew once a day. Accounts whose
///   role is `customer`, and of the others those that have bought something (FACTS: WooCommerce §8:
///   the list hides them by default): staff and newsletter readers are nobody's customers.
///
/// What is delivered: every entity after every change that the store shows, once. Time stamps do not
/// show everything (FACTS: WooCommerce §1, 4 and 5); that is for a slow re-check to find.
#[derive(Debug)]
pub struct WooCommerce {
    pub(crate) client: Client,
    pub(crate) settings: Settings,
}

/// What one look at a list brought.
pub(crate) struct Part {
    pub(crate) heads: Vec<Head>,
    pub(crate) step: Step,
    pub(crate) look: Look,
    pub(crate) remaining: Option<u64>,
}

impl WooCommerce {
    /// A connection to the store of `settings`. Fails where they cannot work or would send the keys
    /// in the open; nothing is asked yet.
    pub fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        chance: Arc<Chance>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(&settings, clock, chance)?,
            settings,
        })
    }

    /// The order with this id as it is now, whatever its status; [`kit::Kind::Reject`] with the code
    /// `not_found` where there is none.
    pub async fn order(&self, id: u64) -> Result<Record, Failure> {
        let path = format!("{}/{id}", ORDERS.path);
        let query = [("dp", "6".to_owned())];
        let (body, _) = self.client.object(&path, &query).await?;
        let mut delivery = Delivery::default();
        delivery.add_heads(vec![ORDERS.head(&body)], &[0]);
        delivery.records.pop().ok_or_else(|| {
            Failure::retry(
                "answer_unexpected",
                format!("order {id} came without an id"),
            )
        })
    }

    /// The orders of these ids that the list shows; at most a page of them is asked for.
    async fn listed(&self, ids: &[String]) -> Result<Vec<Record>, Failure> {
        if ids.is_empty() {
            return Ok(Vec::new()); // an empty `include` asks for all orders
        }
        let question = [
            ("include", ids.join(",")),
            ("per_page", ids.len().to_string()),
            ("status", "any".to_owned()),
            ("dp", "6".to_owned()),
        ];
        let read = |items: &[&RawValue], _| items.iter().map(|json| ORDERS.head(json)).collect();
        let heads: Vec<Head> = self.client.list(ORDERS.path, &question, read).await?;
        let places: Vec<usize> = (0..heads.len()).collect();
        let mut delivery = Delivery::default();
        delivery.add_heads(heads, &places);
        Ok(delivery.records)
    }

    async fn order_again(&self, id: &str) -> Result<Option<Record>, Failure> {
        let Ok(id) = id.parse() else {
            return Ok(None);
        };
        match self.order(id).await {
            Ok(record) => Ok(Some(record)),
            Err(failure) if failure.code() == "not_found" => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// One look at a list, and the walk's step over it.
    pub(crate) async fn look(&self, list: &List, walk: &mut Walk) -> Result<Part, Failure> {
        let question = list.question(walk, self.settings.page_size);
        let read = |items: &[&RawValue], told| {
            let heads: Vec<_> = items.iter().map(|json| list.head(json)).collect();
            (heads, told)
        };
        let (heads, told) = self.client.list(list.path, &question, read).await?;
        let look = Look {
            asked_at: told.asked_at,
            sent_at: told.sent_at,
            settle: self.settings.settle,
            page_size: self.settings.page_size,
        };
        let by_id = walk.stretch.is_some();
        let step = walk.step(&heads, &look)?;
        let known = heads.len() - step.new.len();
        let remaining = told
            .total
            .filter(|_| !by_id && walk.stretch.is_none())
            .map(|total| total.saturating_sub(u64::try_from(known).unwrap_or(0)));
        Ok(Part {
            heads,
            step,
            look,
            remaining,
        })
    }

    async fn orders(&self, from: &Cursor) -> Result<Page, Failure> {
        let mut cursor = cursor::read(from, || OrdersCursor {
            orders: Walk::from(self.settings.start),
            trash: Walk::from(self.settings.start),
            in_trash: false,
            read_at: None,
            trash_read_at: None,
        })?;
        let part = if cursor.in_trash {
            self.look(&TRASH, &mut cursor.trash).await?
        } else {
            self.look(&ORDERS, &mut cursor.orders).await?
        };
        let now = part.look.asked_at;
        let mut more = part.step.more;
        if !more && cursor.in_trash {
            cursor.in_trash = false;
            cursor.trash_read_at = Some(now);
            // a run that was broken off in the bin begins there, and has still to see the orders
            more = passed(cursor.read_at, SAME_RUN, now);
        } else if !more {
            cursor.read_at = Some(now);
            cursor.in_trash = passed(cursor.trash_read_at, TRASH_EVERY, now);
            more = cursor.in_trash;
        }
        Ok(page(part, cursor::write(&cursor)?, more))
    }

    async fn refunds(&self, from: &Cursor) -> Result<Page, Failure> {
        let mut cursor = cursor::read(from, || RefundsCursor {
            refunds: Walk::from(self.settings.start),
        })?;
        let part = self.look(&REFUNDS, &mut cursor.refunds).await?;
        let more = part.step.more;
        Ok(page(part, cursor::write(&cursor)?, more))
    }

    async fn products(&self, from: &Cursor) -> Result<Page, Failure> {
        let mut cursor = cursor::read(from, || ProductsCursor {
            products: Walk::default(),
            parents: Vec::new(),
            variations: None,
            more: false,
        })?;
        if !cursor.parents.is_empty() {
            return self.variations(cursor).await;
        }
        let part = self.look(&PRODUCTS, &mut cursor.products).await?;
        cursor.parents = crate::variations::parents(&part);
        cursor.more = part.step.more;
        let more = cursor.more || !cursor.parents.is_empty();
        Ok(page(part, cursor::write(&cursor)?, more))
    }
}

/// Whether `wait` has passed since `last`.
fn passed(last: Option<Timestamp>, wait: Duration, now: Timestamp) -> bool {
    last.is_none_or(|last| last.saturating_add(wait).is_ok_and(|due| due <= now))
}

fn page(part: Part, next: Cursor, more: bool) -> Page {
    let mut delivery = Delivery::default();
    delivery.add_heads(part.heads, &part.step.new);
    Page {
        records: delivery.records,
        rejected: delivery.rejected,
        next,
        more,
        remaining: part.remaining,
    }
}

#[async_trait]
impl Source for WooCommerce {
    fn streams(&self) -> &'static [StreamName] {
        &StreamName::ALL
    }

    async fn page(&self, stream: StreamName, from: &Cursor) -> Result<Page, Failure> {
        match stream {
            StreamName::Customers => self.customers(from).await,
            StreamName::Products => self.products(from).await,
            StreamName::Orders => self.orders(from).await,
            StreamName::Refunds => self.refunds(from).await,
        }
    }

    async fn outlines(&self, since: Option<Timestamp>, from: &Cursor) -> Result<Outlines, Failure> {
        self.outlines_page(since, from).await
    }

    fn outline(&self, order: &Record) -> Option<Fingerprint> {
        outline_of(&order.body)
    }

    async fn orders_again(&self, ids: &[String]) -> Result<Vec<Record>, Failure> {
        let mut found = Vec::with_capacity(ids.len());
        for asked in ids.chunks(usize::try_from(self.settings.page_size).unwrap_or(1).max(1)) {
            let listed = self.listed(asked).await?;
            // what is in the bin is in no list of the others
            let missing = asked
                .iter()
                .filter(|id| listed.iter().all(|record| record.id != **id));
            for id in missing {
                found.extend(self.order_again(id).await?);
            }
            found.extend(listed);
        }
        Ok(found)
    }

    async fn check(&self) -> Result<String, Failure> {
        self.examine().await
    }

    async fn setup(&self) -> Result<String, Failure> {
        let setup = self.store_setup().await?;
        serde_json::to_string(&setup).map_err(|error| {
            Failure::reject(
                "answer_unexpected",
                format!("how the store is set up cannot be kept: {error}"),
                "report this as a bug of daybook",
            )
        })
    }
}
