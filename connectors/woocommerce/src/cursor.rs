//! What a stream's cursor holds: JSON that only this crate reads.

use jiff::Timestamp;
use kit::{Cursor, Failure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::id_walk::IdWalk;
use crate::walk::Walk;

/// How far orders have been read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OrdersCursor {
    /// All orders but those in the bin.
    pub(crate) orders: Walk,
    /// Orders in the bin.
    pub(crate) trash: Walk,
    /// Whether the bin is read now.
    #[serde(default)]
    pub(crate) in_trash: bool,
    /// When all other orders were last read to their end, by the store's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) read_at: Option<Timestamp>,
    /// When the bin was last read to its end, by the store's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trash_read_at: Option<Timestamp>,
}

/// How far products have been read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProductsCursor {
    pub(crate) products: Walk,
    /// Products whose variations are to be read, the next one last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parents: Vec<Parent>,
    /// How far the next one's variations are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) variations: Option<IdWalk>,
    /// Whether products were left to read when the parents were found.
    #[serde(default)]
    pub(crate) more: bool,
}

/// A product with variations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parent {
    pub(crate) id: u64,
    /// Its name as received, entities and all.
    pub(crate) name: String,
    /// Its SKU as received; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) sku: String,
}

/// How far refunds have been read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RefundsCursor {
    pub(crate) refunds: Walk,
}

/// How far customers have been read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CustomersCursor {
    pub(crate) walk: IdWalk,
    /// When this walk began, by the store's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) began_at: Option<Timestamp>,
}

/// The cursor's content, or `beginning` for an empty one.
pub(crate) fn read<T: DeserializeOwned>(
    cursor: &Cursor,
    beginning: impl FnOnce() -> T,
) -> Result<T, Failure> {
    if cursor.0.is_empty() {
        return Ok(beginning());
    }
    serde_json::from_str(&cursor.0).map_err(|error| {
        Failure::stop(
            "bad_cursor",
            format!("the stored cursor cannot be read: {error}"),
            "run `daybook sync --full` once: it reads from the beginning and posts nothing twice",
        )
    })
}

/// The text of a cursor.
pub(crate) fn write<T: Serialize>(content: &T) -> Result<Cursor, Failure> {
    serde_json::to_string(content).map(Cursor).map_err(|error| {
        Failure::stop(
            "bad_cursor",
            format!("the cursor cannot be written: {error}"),
            "report this as a bug of daybook",
        )
    })
}
