//! A look at all orders by id, at few of their fields: what no stamp shows (FACTS: WooCommerce §1,
//! §4, §12). Orders that are gone, refunds that are gone, and silent edits of stores that keep their
//! orders as posts show here and nowhere else.

use jiff::Timestamp;
use kit::{Cursor, Failure, Fingerprint, Outline, Outlines};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cursor;
use crate::fields::{Fields, Matters, fingerprint};
use crate::id_walk::{IdPage, IdWalk};
use crate::list::{ORDERS, bare};
use crate::source::WooCommerce;
use crate::walk::{second_before, stretch_page_size};

/// What an order is compared by.
const OUTLINE: Matters = Matters::Only(&["id", "refunds", "status", "total"]);
const FIELDS: &str = "id,status,total,refunds,date_modified_gmt";

/// How far the look is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct OutlinesCursor {
    walk: IdWalk,
    /// Whether the bin is looked into, which comes last.
    in_trash: bool,
}

/// The outline of an order as received.
pub(crate) fn outline_of(order: &RawValue) -> Option<Fingerprint> {
    let fields = Fields::of(order.get())?;
    Some(fingerprint(&fields, OUTLINE))
}

impl WooCommerce {
    pub(crate) async fn outlines_page(
        &self,
        since: Option<Timestamp>,
        from: &Cursor,
    ) -> Result<Outlines, Failure> {
        let mut cursor = cursor::read(from, OutlinesCursor::default)?;
        let asked = stretch_page_size(self.settings.page_size);
        let status = if cursor.in_trash { "trash" } else { "any" };
        let mut question = vec![
            ("order", "asc".to_owned()),
            ("orderby", "id".to_owned()),
            ("per_page", asked.to_string()),
            ("offset", cursor.walk.offset.to_string()),
            ("status", status.to_owned()),
            ("dp", "6".to_owned()),
            ("_fields", FIELDS.to_owned()),
        ];
        if let Some(since) = since.max(self.settings.start) {
            question.push(("after", bare(second_before(since))));
            question.push(("dates_are_gmt", "true".to_owned()));
        }
        let read = |items: &[&RawValue], _| items.iter().map(|json| read(json)).collect();
        let items: Vec<Item> = self.client.list(ORDERS.path, &question, read).await?;
        let full = items.len() >= usize::try_from(asked).unwrap_or(usize::MAX);
        let ids: Vec<Option<u64>> = items.iter().map(|item| item.id).collect();
        let mut outlines = Vec::new();
        let mut more = true;
        if let IdPage::Above(above) = cursor.walk.step(&ids, asked)? {
            let new = items.into_iter().filter(|item| !item.dropped);
            outlines = new.filter_map(|item| item.above(above)).collect();
            more = full;
        }
        if !more && !cursor.in_trash {
            cursor = OutlinesCursor {
                walk: IdWalk::default(),
                in_trash: true,
            };
            more = true;
        }
        Ok(Outlines {
            outlines,
            next: cursor::write(&cursor)?,
            more,
        })
    }
}

/// An order of the list.
struct Item {
    id: Option<u64>,
    modified_at: Option<Timestamp>,
    outline: Fingerprint,
    dropped: bool,
}

impl Item {
    fn above(self, above: u64) -> Option<Outline> {
        let id = self.id.filter(|id| *id > above)?;
        Some(Outline {
            id: id.to_string(),
            modified_at: self.modified_at,
            outline: self.outline,
        })
    }
}

fn read(json: &RawValue) -> Item {
    let Some(fields) = Fields::of(json.get()) else {
        return Item {
            id: None,
            modified_at: None,
            outline: Fingerprint::new(""),
            dropped: true,
        };
    };
    Item {
        id: fields.id("id"),
        modified_at: fields.moment("date_modified_gmt"),
        outline: fingerprint(&fields, OUTLINE),
        dropped: ORDERS.drops(&fields.text("status").unwrap_or_default()),
    }
}
