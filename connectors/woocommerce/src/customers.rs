//! Customers: the API shows no changes of theirs, only ids.

use std::time::Duration;

use jiff::Timestamp;
use kit::{Cursor, Failure, Fingerprint, Page};
use serde_json::value::RawValue;

use crate::cursor::{self, CustomersCursor};
use crate::fields::{CUSTOMER, Fields, fingerprint, fingerprint_of_text};
use crate::id_walk::{IdPage, IdWalk};
use crate::list::Delivery;
use crate::source::WooCommerce;
use crate::walk::stretch_page_size;

/// How often all customers are read anew, since nothing else shows a changed one.
const ANEW_EVERY: Duration = Duration::from_secs(24 * 3_600);

struct Account {
    id: Option<u64>,
    created_at: Option<Timestamp>,
    modified_at: Option<Timestamp>,
    /// Whether it is a customer's at all.
    counts: bool,
    fingerprint: Fingerprint,
    body: Box<RawValue>,
}

impl WooCommerce {
    /// The next customers by id. The last one known is asked for again each time, which tells that
    /// nothing was missed: so a run with nothing new is one request with one customer.
    pub(crate) async fn customers(&self, from: &Cursor) -> Result<Page, Failure> {
        let mut cursor = cursor::read(from, CustomersCursor::default)?;
        let asked = stretch_page_size(self.settings.page_size);
        let question = [
            ("order", "asc".to_owned()),
            ("orderby", "id".to_owned()),
            ("per_page", asked.to_string()),
            ("offset", cursor.walk.offset.to_string()),
            ("role", "all".to_owned()),
        ];
        let read = |items: &[&RawValue], told| {
            let accounts: Vec<Account> = items.iter().map(|json| account(json)).collect();
            (accounts, told)
        };
        let answer = self.client.list("wc/v3/customers", &question, read).await?;
        let (mut accounts, told) = answer;
        let full = accounts.len() >= usize::try_from(asked).unwrap_or(usize::MAX);
        // an account is there before its names and addresses are
        let horizon = told.asked_at.saturating_sub(self.settings.settle);
        let young = accounts.iter().position(|it| {
            it.created_at
                .zip(horizon.as_ref().ok().copied())
                .is_some_and(|(created, horizon)| created > horizon)
        });
        if let Some(young) = young {
            accounts.truncate(young);
        }
        let began_at = *cursor.began_at.get_or_insert(told.asked_at);
        let remaining = told
            .total
            .map(|total| total.saturating_sub(cursor.walk.offset));
        let ids: Vec<Option<u64>> = accounts.iter().map(|it| it.id).collect();
        let page = cursor.walk.step(&ids, asked)?;
        let mut delivery = Delivery::default();
        let mut more = true;
        if let IdPage::Above(above) = page {
            more = full && young.is_none();
            for (place, it) in accounts.into_iter().enumerate() {
                if it.counts && it.id.is_none_or(|id| id > above) {
                    let stamp = it.modified_at.or(it.created_at);
                    delivery.add(place + 1, it.id, stamp, it.fingerprint, it.body);
                }
            }
        }
        let anew = began_at
            .saturating_add(ANEW_EVERY)
            .is_ok_and(|due| due <= told.asked_at);
        if !more && anew {
            cursor = CustomersCursor {
                walk: IdWalk::default(),
                began_at: Some(told.asked_at),
            };
            more = true;
        }
        Ok(Page {
            records: delivery.records,
            rejected: delivery.rejected,
            next: cursor::write(&cursor)?,
            more,
            remaining,
        })
    }
}

fn account(json: &RawValue) -> Account {
    let Some(fields) = Fields::of(json.get()) else {
        return Account {
            id: None,
            created_at: None,
            modified_at: None,
            counts: true,
            fingerprint: fingerprint_of_text(json.get()),
            body: json.to_owned(),
        };
    };
    let role = fields.text("role");
    Account {
        id: fields.id("id"),
        created_at: fields.moment("date_created_gmt"),
        modified_at: fields.moment("date_modified_gmt"),
        counts: role.is_none_or(|role| role == "customer")
            || fields.raw("is_paying_customer") == Some("true"),
        fingerprint: fingerprint(&fields, CUSTOMER),
        body: json.to_owned(),
    }
}
