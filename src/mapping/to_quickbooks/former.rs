//! What the lines of a posted sale were booked to. A line whose product was deleted since no longer says
//! what was sold, and what was sold does not change by that.

use kit::PostingKind;
use quickbooks::SalesTransaction;
use woocommerce::{LineItem, Order};

use super::order::Sale;
use super::text::Texts;
use crate::domain::{LinkKey, Parent, References, SourceKind};

/// The items of a sale's lines, in their order.
#[derive(Default)]
pub(super) struct Former {
    lines: Vec<FormerLine>,
}

struct FormerLine {
    description: Option<String>,
    /// Of a product of the store.
    item: Option<LinkKey>,
}

impl Former {
    /// Of an order that is in the books.
    pub(super) fn of_order(sale: &Sale<'_>, kind: PostingKind, known: &References) -> Self {
        let parent = known.parents.get(&sale.order.id.to_string());
        let posted = parent.filter(|_| known.links.contains_key(&sale.key(kind)));
        posted.map(Self::of_sale).unwrap_or_default()
    }

    /// Of the sale that a refund belongs to.
    pub(super) fn of_sale(parent: &Parent) -> Self {
        let sale = serde_json::from_str::<SalesTransaction>(&parent.document);
        let lines = sale.map(|sale| sale.line).unwrap_or_default();
        let lines = lines.into_iter().map(|line| {
            let item = line
                .sales_item_line_detail
                .and_then(|detail| LinkKey::of_placeholder(&detail.item_ref?.value));
            FormerLine {
                description: line.description,
                item: item.filter(|key| key.source_kind == SourceKind::Product),
            }
        });
        Self {
            lines: lines.collect(),
        }
    }

    /// What a line of the order, or of a refund of it, was booked to: the line in the same place, else the
    /// first of the same name.
    pub(super) fn item(
        &self,
        line: &LineItem,
        order: Option<&Order>,
        texts: Texts,
    ) -> Option<&LinkKey> {
        let sold = line.refunded_item_id().unwrap_or(line.id);
        let place = order.and_then(|it| it.line_items.iter().position(|it| it.id == sold));
        let name = texts.lines(&line.name, 4000);
        let same = |it: &&FormerLine| it.description == name && it.item.is_some();
        let there = place.and_then(|place| self.lines.get(place)).filter(same);
        there
            .or_else(|| self.lines.iter().find(same))?
            .item
            .as_ref()
    }
}
