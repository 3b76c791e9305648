//! Where the fee of an order is, where it counts in that of a day.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::domain::SourceKind;
use crate::store::{OrderFee, Story};

/// In which day's expense the order's fee is, and how that stands.
pub(super) fn tell(text: &mut String, fee: &OrderFee) {
    let _ = write!(text, "\n  fee of the gateway: {}", fee.in_words());
    let Some(document) = fee.document.as_ref().filter(|_| fee.counted) else {
        return;
    };
    let _ = write!(text, ", {}", document.state);
    if let Some(reason) = &document.reason {
        let _ = write!(text, ": {reason}");
    }
    if let Some(remedy) = &document.remedy {
        let _ = write!(text, "\n  → {remedy}");
    }
    let _ = write!(text, "\n  daybook show order {}", document.number);
}

pub(super) fn as_json(fee: &OrderFee) -> Value {
    let document = fee.document.as_ref();
    json!({
        "amount": fee.share.fee.map(|amount| amount.to_string()),
        "currency": fee.share.day.currency,
        "gateway": fee.share.day.gateway,
        "date": fee.share.day.date,
        "counted": fee.counted,
        "posting": document.map(|row| &row.id),
        "number": document.map(|row| &row.number),
        "state": document.map(|row| row.state),
    })
}

/// Whether it is the story of a day's fees, and not of an order.
pub(super) fn is_of_day(story: &Story) -> bool {
    story
        .chapters
        .iter()
        .all(|chapter| chapter.detail.loaded.posting.key.source_kind == SourceKind::GatewayDay)
}
