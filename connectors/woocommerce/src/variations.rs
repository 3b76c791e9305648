//! Variations of products: listed product by product, since a list of all of them is not in every
//! version (FACTS: WooCommerce §8).

use kit::{Failure, Fingerprint, Kind, Page};
use serde_json::value::RawValue;

use crate::cursor::{self, Parent, ProductsCursor};
use crate::fields::{Fields, PRODUCT, fingerprint, fingerprint_of_text};
use crate::id_walk::IdPage;
use crate::list::Delivery;
use crate::source::{Part, WooCommerce};
use crate::walk::stretch_page_size;

/// Products mostly have few variations: several are read for one page of records.
const REQUESTS_A_PAGE: u32 = 10;

/// A variation as it is delivered.
struct Variation {
    id: Option<u64>,
    stamp: Option<jiff::Timestamp>,
    fingerprint: Fingerprint,
    body: Box<RawValue>,
}

/// The variable products among what is new, the first one last.
pub(crate) fn parents(part: &Part) -> Vec<Parent> {
    let parent = |place: &usize| {
        let head = part.heads.get(*place)?;
        let fields = Fields::of(head.body.get())?;
        // plugins have their own kinds with variations, such as `variable-subscription`
        let has_variations = fields.text("type")?.starts_with("variable")
            || fields
                .raw("variations")
                .is_some_and(|ids| ids.len() > "[]".len());
        has_variations.then_some(Parent {
            id: head.id?,
            name: fields.text("name").unwrap_or_default().into_owned(),
            sku: fields.text("sku").unwrap_or_default().into_owned(),
        })
    };
    part.step.new.iter().rev().filter_map(parent).collect()
}

impl WooCommerce {
    /// The variations of the products that wait for it, until there is a page of them.
    pub(crate) async fn variations(&self, mut cursor: ProductsCursor) -> Result<Page, Failure> {
        let page_size = usize::try_from(self.settings.page_size).unwrap_or(1);
        let mut delivery = Delivery::default();
        for _ in 0..REQUESTS_A_PAGE {
            let Some(parent) = cursor.parents.last() else {
                break;
            };
            let mut walk = cursor.variations.take().unwrap_or_default();
            let asked = stretch_page_size(self.settings.page_size);
            let path = format!("wc/v3/products/{}/variations", parent.id);
            let question = [
                ("order", "asc".to_owned()),
                ("orderby", "id".to_owned()),
                ("per_page", asked.to_string()),
                ("offset", walk.offset.to_string()),
                ("status", "any".to_owned()),
            ];
            let read = |items: &[&RawValue], _| -> Vec<Variation> {
                items.iter().map(|json| variation(json, parent)).collect()
            };
            let variations = match self.client.list(&path, &question, read).await {
                Ok(variations) => variations,
                // deleted since it was listed
                Err(failure) if failure.kind() == Kind::Reject => Vec::new(),
                Err(failure) => return Err(failure),
            };
            let ids: Vec<Option<u64>> = variations.iter().map(|it| it.id).collect();
            let whole = variations.len() < usize::try_from(asked).unwrap_or(usize::MAX);
            let page = walk.step(&ids, asked)?;
            if let IdPage::Above(above) = page {
                for (place, it) in variations.into_iter().enumerate() {
                    if it.id.is_none_or(|id| id > above) {
                        delivery.add(place + 1, it.id, it.stamp, it.fingerprint, it.body);
                    }
                }
                if whole {
                    cursor.parents.pop();
                } else {
                    cursor.variations = Some(walk);
                }
            } else {
                cursor.variations = Some(walk);
            }
            if delivery.records.len() >= page_size {
                break;
            }
        }
        let more = cursor.more || !cursor.parents.is_empty();
        Ok(Page {
            records: delivery.records,
            rejected: delivery.rejected,
            next: cursor::write(&cursor)?,
            more,
            remaining: None,
        })
    }
}

/// A variation with what only its product knows added to its body.
fn variation(json: &RawValue, parent: &Parent) -> Variation {
    let Some(fields) = Fields::of(json.get()) else {
        return Variation {
            id: None,
            stamp: None,
            fingerprint: fingerprint_of_text(json.get()),
            body: json.to_owned(),
        };
    };
    let body = with_parent(json, &fields, parent).unwrap_or_else(|| json.to_owned());
    let fingerprint = match Fields::of(body.get()) {
        Some(whole) => fingerprint(&whole, PRODUCT),
        None => fingerprint(&fields, PRODUCT),
    };
    Variation {
        id: fields.id("id"),
        stamp: fields.moment("date_modified_gmt"),
        fingerprint,
        body,
    }
}

fn with_parent(json: &RawValue, fields: &Fields<'_>, parent: &Parent) -> Option<Box<RawValue>> {
    let inside = json.get().trim().strip_prefix('{')?;
    let mut added = String::new();
    if fields.raw("parent_name").is_none() {
        let name = serde_json::to_string(&parent.name).ok()?;
        added = format!(r#""parent_name":{name},"#);
    }
    if !parent.sku.is_empty() && fields.raw("parent_sku").is_none() {
        let sku = serde_json::to_string(&parent.sku).ok()?;
        added = format!(r#"{added}"parent_sku":{sku},"#);
    }
    if fields.raw("parent_id").is_none() {
        added = format!(r#"{added}"parent_id":{},"#, parent.id);
    }
    if fields.raw("type").is_none() {
        added.push_str(r#""type":"variation","#);
    }
    RawValue::from_string(format!("{{{added}{inside}")).ok()
}
