//! The store's lists: what to ask for, and the outside of what comes.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use kit::{Fingerprint, Record, RejectedRecord};
use serde_json::value::RawValue;

use crate::fields::{Fields, Matters, fingerprint, fingerprint_of_text};
use crate::walk::{Head, Walk, later, stretch_page_size};

/// A list that can be walked by time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    pub(crate) path: &'static str,
    /// `modified` or `date`, and the bounds that go with it.
    by: By,
    /// What is always asked.
    query: &'static [(&'static str, &'static str)],
    matters: Matters,
    dropped_statuses: &'static [&'static str],
}

#[derive(Clone, Copy, Debug)]
enum By {
    /// By the last change.
    Modified,
    /// By the making: refunds show no other stamp, and nothing changes them.
    Created,
}

/// Orders but those in the bin. With six decimals, what is stored is shown (FACTS: WooCommerce §6).
/// Baskets not yet bought are in the list too, and are dropped.
pub(crate) const ORDERS: List = List {
    path: "wc/v3/orders",
    by: By::Modified,
    query: &[("status", "any"), ("dp", "6")],
    matters: crate::fields::ORDER,
    dropped_statuses: &["checkout-draft", "auto-draft"],
};

/// Orders in the bin, which no other list shows.
pub(crate) const TRASH: List = List {
    query: &[("status", "trash"), ("dp", "6")],
    ..ORDERS
};

/// Products, drafts too, but not their variations.
pub(crate) const PRODUCTS: List = List {
    path: "wc/v3/products",
    by: By::Modified,
    query: &[("status", "any")],
    matters: crate::fields::PRODUCT,
    dropped_statuses: &["auto-draft"],
};

/// Refunds of all orders.
pub(crate) const REFUNDS: List = List {
    path: "wc/v3/refunds",
    by: By::Created,
    query: &[("dp", "6")],
    matters: crate::fields::REFUND,
    dropped_statuses: &[],
};

impl List {
    /// The question that `walk` asks next.
    pub(crate) fn question(&self, walk: &Walk, page_size: u32) -> Vec<(&'static str, String)> {
        let (orderby, after, before) = match self.by {
            By::Modified => ("modified", "modified_after", "modified_before"),
            By::Created => ("date", "after", "before"),
        };
        let mut question = vec![("order", "asc".to_owned())];
        match &walk.stretch {
            None => {
                question.push(("orderby", orderby.to_owned()));
                question.push(("per_page", page_size.to_string()));
            }
            Some(stretch) => {
                let until = later(stretch.until, Duration::from_secs(1));
                question.push(("orderby", "id".to_owned()));
                question.push(("per_page", stretch_page_size(page_size).to_string()));
                question.push(("offset", stretch.walk.offset.to_string()));
                question.push((before, bare(until)));
            }
        }
        if let Some(bound) = walk.after {
            question.push((after, bare(bound)));
        }
        // a bound without a zone is UTC with this, and shifted with a zone (FACTS: WooCommerce §1)
        question.push(("dates_are_gmt", "true".to_owned()));
        let always = self.query.iter();
        question.extend(always.map(|(name, value)| (*name, (*value).to_owned())));
        question
    }

    /// Whether what has this status counts for nobody.
    pub(crate) fn drops(&self, status: &str) -> bool {
        self.dropped_statuses.contains(&status)
    }

    /// The outside of one entity.
    pub(crate) fn head(&self, json: &RawValue) -> Head {
        let Some(fields) = Fields::of(json.get()) else {
            return Head {
                id: None,
                stamp: None,
                zone: None,
                fingerprint: fingerprint_of_text(json.get()),
                dropped: false,
                body: json.to_owned(),
            };
        };
        let (gmt, local) = match self.by {
            By::Modified => ("date_modified_gmt", "date_modified"),
            By::Created => ("date_created_gmt", "date_created"),
        };
        let stamp = fields.moment(gmt);
        let local = fields.text(local).and_then(|it| it.parse().ok());
        let status = fields.text("status").unwrap_or_default();
        Head {
            id: fields.id("id"),
            stamp,
            zone: stamp.zip(local).map(|(stamp, local)| zone(stamp, local)),
            fingerprint: fingerprint(&fields, self.matters),
            dropped: self.drops(&status),
            body: json.to_owned(),
        }
    }
}

/// How far local time was from UTC, in seconds.
fn zone(stamp: Timestamp, local: DateTime) -> i64 {
    TimeZone::UTC
        .to_timestamp(local)
        .map_or(0, |local| local.as_second() - stamp.as_second())
}

/// A moment as the API wants it: UTC, whole seconds, no zone.
pub(crate) fn bare(moment: Timestamp) -> String {
    TimeZone::UTC
        .to_datetime(moment)
        .strftime("%Y-%m-%dT%H:%M:%S")
        .to_string()
}

/// The records of a page, and what has no identity.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) records: Vec<Record>,
    pub(crate) rejected: Vec<RejectedRecord>,
}

impl Delivery {
    /// Adds an entity; `place` counts from 1 within its page.
    pub(crate) fn add(
        &mut self,
        place: usize,
        id: Option<u64>,
        stamp: Option<Timestamp>,
        fingerprint: Fingerprint,
        body: Box<RawValue>,
    ) {
        match id {
            // what else is wrong with it, the mapping finds and says
            Some(id) => self.records.push(Record {
                id: id.to_string(),
                modified_at: stamp.unwrap_or(Timestamp::UNIX_EPOCH),
                fingerprint,
                body,
            }),
            None => self.rejected.push(RejectedRecord {
                place: place.to_string(),
                reason: "it has no id, so nothing can be done with it".to_owned(),
            }),
        }
    }

    /// Adds the heads at `places`.
    pub(crate) fn add_heads(&mut self, heads: Vec<Head>, places: &[usize]) {
        for (place, head) in heads.into_iter().enumerate() {
            if places.binary_search(&place).is_ok() {
                let Head {
                    id,
                    stamp,
                    fingerprint,
                    body,
                    ..
                } = head;
                self.add(place + 1, id, stamp, fingerprint, body);
            }
        }
    }
}
