//! Meta data: what plugins attach to anything.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::scalar::{self, Scalar};

/// One entry of meta data.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct MetaEntry {
    /// Its key; those starting with `_` are internal to a plugin or to WooCommerce.
    #[serde(deserialize_with = "scalar::text")]
    pub key: String,
    /// Its value: text, number, list or object, as received.
    pub value: Box<RawValue>,
}

impl MetaEntry {
    /// The value as text; `None` for lists, objects and null.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match serde_json::from_str::<Scalar<'_>>(self.value.get()).ok()? {
            Scalar::Text(text) => Some(text),
            Scalar::Null => None,
            other @ (Scalar::Number(_) | Scalar::Flag(_)) => Some(Cow::Owned(other.into_text())),
        }
    }
}

/// The meta data of an entity, in the order received (posts and custom tables order it differently,
/// FACTS: WooCommerce §5).
#[derive(Clone, Debug, Default)]
pub struct Meta(pub Vec<MetaEntry>);

impl Meta {
    /// The text of the first entry with this key.
    pub fn text(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key)?.text()
    }

    /// The first entry with this key.
    pub fn get(&self, key: &str) -> Option<&MetaEntry> {
        self.0.iter().find(|entry| entry.key == key)
    }
}

impl<'de> Deserialize<'de> for Meta {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MetaVisitor)
    }
}

struct MetaVisitor;

impl<'de> Visitor<'de> for MetaVisitor {
    type Value = Meta;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of meta data")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Meta, A::Error> {
        let mut meta = Meta::default();
        while let Some(entry) = entries.next_element()? {
            meta.0.push(entry);
        }
        Ok(meta)
    }

    // PHP writes a list with gaps, as plugins' filters leave it, as an object with numbers for keys
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Meta, A::Error> {
        let mut meta = Meta::default();
        while let Some((_, entry)) = entries.next_entry::<String, MetaEntry>()? {
            meta.0.push(entry);
        }
        Ok(meta)
    }

    fn visit_unit<E>(self) -> Result<Meta, E> {
        Ok(Meta::default())
    }
}
