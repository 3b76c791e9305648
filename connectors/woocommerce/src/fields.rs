//! A record's outside: its fields as slices of what was received, its identity and its fingerprint.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use kit::Fingerprint;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::api::utc;

/// The fields of a JSON object, unparsed.
pub(crate) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// The fields of `json`; `None` where it is no object.
    pub(crate) fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.get())
    }

    /// A field's text where it is a plain one.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let raw = self.raw(name)?;
        match raw.strip_prefix('"')?.strip_suffix('"')? {
            plain if !plain.contains('\\') => Some(Cow::Borrowed(plain)),
            _ => serde_json::from_str::<String>(raw).ok().map(Cow::Owned),
        }
    }

    /// The entity's id, as a number or as digits.
    pub(crate) fn id(&self, name: &str) -> Option<u64> {
        self.raw(name)?.trim_matches('"').parse().ok()
    }

    /// A moment of a `*_gmt` field.
    pub(crate) fn moment(&self, name: &str) -> Option<Timestamp> {
        utc(&self.text(name)?)
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::with_capacity(48);
        while let Some(Key(name)) = map.next_key()? {
            fields.push((name, map.next_value()?));
        }
        Ok(Fields(fields))
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor).map(Key)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Which fields of an entity matter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Matters {
    /// All but these.
    AllBut(&'static [&'static str]),
    /// These only.
    Only(&'static [&'static str]),
}

/// Orders: everything but stamps of changes (time stamps decide nothing), local twins of the GMT
/// stamps, links, secrets, and what follows from other fields or from the customer's browser.
pub(crate) const ORDER: Matters = Matters::AllBut(&[
    "_links",
    "cart_hash",
    "currency_symbol",
    "customer_ip_address",
    "customer_user_agent",
    "date_completed",
    "date_created",
    "date_modified",
    "date_modified_gmt",
    "date_paid",
    "is_editable",
    "needs_payment",
    "needs_processing",
    "order_key",
    "payment_url",
    "version",
]);

/// Refunds.
pub(crate) const REFUND: Matters = Matters::AllBut(&["_links", "date_created"]);

/// Products: what an item in the books is made of. Stock, sales counts, pictures and texts change
/// with every sale or visit and are no part of it.
pub(crate) const PRODUCT: Matters = Matters::Only(&[
    "attributes",
    "id",
    "manage_stock",
    "name",
    "parent_id",
    "parent_name",
    "parent_sku",
    "price",
    "regular_price",
    "sku",
    "status",
    "tax_class",
    "tax_status",
    "type",
    "virtual",
]);

/// Customers.
pub(crate) const CUSTOMER: Matters = Matters::Only(&[
    "billing",
    "email",
    "first_name",
    "id",
    "last_name",
    "meta_data",
    "role",
    "shipping",
]);

/// Editors' locks: the only meta data known to change while nothing changes.
const VOLATILE_META: [&str; 2] = ["_edit_last", "_edit_lock"];

/// SHA-256 over the fields that matter, ordered by name. Meta data (of the entity and of its lines)
/// counts by key and value, in no order and without the ids of its rows, since posts and custom
/// tables order it differently (FACTS: WooCommerce §11). Pictures of lines do not count.
pub(crate) fn fingerprint(fields: &Fields<'_>, matters: Matters) -> Fingerprint {
    let mut digest = Sha256::new();
    let mut chosen: Vec<&(Cow<'_, str>, &RawValue)> = fields
        .0
        .iter()
        .filter(|(name, _)| match matters {
            Matters::AllBut(dropped) => !dropped.contains(&name.as_ref()),
            Matters::Only(kept) => kept.contains(&name.as_ref()),
        })
        .collect();
    chosen.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    for (name, value) in chosen {
        digest.update(name.as_bytes());
        digest.update([0]);
        match name.as_ref() {
            "meta_data" => meta_data(&mut digest, value.get()),
            "line_items" | "shipping_lines" | "fee_lines" | "coupon_lines" | "tax_lines" => {
                lines(&mut digest, value.get());
            }
            _ => digest.update(value.get()),
        }
        digest.update([0]);
    }
    Fingerprint::new(hex::encode(digest.finalize()))
}

/// The fingerprint of something that is no object.
pub(crate) fn fingerprint_of_text(text: &str) -> Fingerprint {
    Fingerprint::new(hex::encode(Sha256::digest(text)))
}

fn lines(digest: &mut Sha256, json: &str) {
    let Ok(lines) = serde_json::from_str::<Vec<Fields<'_>>>(json) else {
        digest.update(json);
        return;
    };
    for line in lines {
        for (name, value) in &line.0 {
            if name == "image" {
                continue;
            }
            digest.update(name.as_bytes());
            digest.update([0]);
            if name == "meta_data" {
                meta_data(digest, value.get());
            } else {
                digest.update(value.get());
            }
            digest.update([0]);
        }
    }
}

fn meta_data(digest: &mut Sha256, json: &str) {
    if json == "[]" {
        return;
    }
    let Ok(entries) = serde_json::from_str::<Vec<Fields<'_>>>(json) else {
        digest.update(json);
        return;
    };
    let mut pairs: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| (entry.raw("key"), entry.raw("value")))
        .map(|(key, value)| (key.unwrap_or_default(), value.unwrap_or_default()))
        .filter(|(key, _)| !VOLATILE_META.contains(&key.trim_matches('"')))
        .collect();
    pairs.sort_unstable();
    for (key, value) in pairs {
        digest.update(key);
        digest.update([0]);
        digest.update(value);
        digest.update([0]);
    }
}
