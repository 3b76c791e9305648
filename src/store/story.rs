//! An order's whole story: all its postings, what each waits for, every call, what people did.

use kit::PostingId;

use super::{AuditEntry, OrderFee, PostingDetail, PostingRow, Store, StoreError};
use crate::domain::{Route, SourceKind};

/// How many notes of what people did are told of one posting.
const NOTES: u32 = 50;

/// One posting's part of the story.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// The posting with its calls.
    pub detail: PostingDetail,
    /// What its document refers to.
    pub needs: Vec<PostingRow>,
    /// What people did about it, oldest first.
    pub notes: Vec<AuditEntry>,
}

/// The story of an order, or of a day's fees; several stores can have an order of one number.
#[derive(Clone, Debug)]
pub struct Story {
    /// From which store into which books.
    pub route: Route,
    /// The order's number, or that of the day's expense.
    pub number: String,
    /// The order as received last.
    pub record: Option<String>,
    /// The sale, what follows it, and its refunds, in this order.
    pub chapters: Vec<Chapter>,
    /// Where its fee is, where that counts in the fees of a day.
    pub fee: Option<OrderFee>,
}

impl Store {
    /// The stories of the orders of this number; none where the journal has no such order.
    pub async fn order_stories(&self, number: &str) -> Result<Vec<Story>, StoreError> {
        let mut stories: Vec<Story> = Vec::new();
        for row in self.postings_of_number(number).await? {
            if !row.source_kind.is_told() {
                continue; // a product or customer of that name
            }
            let Some(chapter) = self.chapter(&row.id).await? else {
                continue;
            };
            let route = &chapter.detail.loaded.posting.route;
            let same = stories.iter_mut().find(|story| {
                (&story.route.realm, &story.route.source) == (&route.realm, &route.source)
            });
            match same {
                Some(story) => story.chapters.push(chapter),
                None => stories.push(Story {
                    route: route.clone(),
                    number: row.number,
                    record: None,
                    chapters: vec![chapter],
                    fee: None,
                }),
            }
        }
        for story in &mut stories {
            story.chapters.sort_by_key(|chapter| {
                let posting = &chapter.detail.loaded.posting;
                let key = &posting.key;
                (key.source_kind, posting.created_at, key.kind.level())
            });
            story.record = story
                .chapters
                .iter()
                .find(|it| it.detail.loaded.posting.key.source_kind == SourceKind::Order)
                .and_then(|chapter| chapter.detail.record.clone());
            let order = story.chapters.iter().find_map(|chapter| {
                let key = &chapter.detail.loaded.posting.key;
                (key.source_kind == SourceKind::Order).then(|| key.source_id.clone())
            });
            if let Some(order) = order {
                story.fee = self.fee_of_order(&story.route, &order).await?;
            }
        }
        Ok(stories)
    }

    async fn chapter(&self, id: &PostingId) -> Result<Option<Chapter>, StoreError> {
        let Some(detail) = self.posting_detail(id).await? else {
            return Ok(None);
        };
        let posting = &detail.loaded.posting;
        let states = self.states(&posting.route, &posting.needs).await?;
        let ids: Vec<PostingId> = states.into_values().map(|found| found.id).collect();
        let mut needs = self.posting_rows(&ids).await?;
        needs.sort_by(|left, right| (left.kind, &left.number).cmp(&(right.kind, &right.number)));
        let mut notes = self.audit_trail(Some(id.as_str()), NOTES).await?;
        notes.reverse();
        Ok(Some(Chapter {
            detail,
            needs,
            notes,
        }))
    }
}
