//! Holds with the catalogue's remedy.

use crate::domain::{Hold, MapError, cause};

/// A hold for `cause`, with the remedy the catalogue of causes gives.
pub(super) fn hold(code: &str, reason: impl Into<String>) -> Hold {
    Hold::of(code, reason)
}

/// A hold with a remedy of its own.
pub(super) fn hold_with(code: &str, reason: impl Into<String>, remedy: impl Into<String>) -> Hold {
    Hold {
        cause: code.to_owned(),
        reason: reason.into(),
        remedy: remedy.into(),
    }
}

/// The store's answer cannot be understood.
pub(super) fn malformed(error: &woocommerce::ParseError) -> MapError {
    MapError {
        cause: "malformed_record".to_owned(),
        reason: error.to_string(),
        remedy: cause("malformed_record").map_or_else(String::new, |it| it.remedy.to_owned()),
        number: error.id.map(|id| id.to_string()),
    }
}
