//! What daybook reads of a document or list object that `QuickBooks` shows it.

use jiff::Timestamp;
use jiff::civil::Date;
use kit::{PostingKind, Receipt};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::api::EmailAddress;
use crate::content::content_of;
use crate::fault_shape::Fault;

/// The names an entity of `kind` has in paths and in JSON (FACTS: QuickBooks §1).
pub(crate) fn names(kind: PostingKind) -> (&'static str, &'static str) {
    match kind {
        PostingKind::Customer => ("customer", "Customer"),
        PostingKind::Item => ("item", "Item"),
        PostingKind::SalesReceipt => ("salesreceipt", "SalesReceipt"),
        PostingKind::Invoice => ("invoice", "Invoice"),
        PostingKind::RefundReceipt => ("refundreceipt", "RefundReceipt"),
        PostingKind::CreditMemo => ("creditmemo", "CreditMemo"),
        PostingKind::Payment => ("payment", "Payment"),
        PostingKind::Expense => ("purchase", "Purchase"),
    }
}

/// The head of any entity daybook writes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Entity {
    pub(crate) id: String,
    pub(crate) sync_token: String,
    pub(crate) doc_number: Option<String>,
    pub(crate) txn_date: Option<String>,
    pub(crate) private_note: Option<String>,
    #[serde(with = "rust_decimal::serde::arbitrary_precision_option")]
    pub(crate) total_amt: Option<Decimal>,
    pub(crate) txn_tax_detail: Option<TaxHead>,
    pub(crate) display_name: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) fully_qualified_name: Option<String>,
    pub(crate) active: Option<bool>,
    pub(crate) sku: Option<String>,
    pub(crate) primary_email_addr: Option<EmailAddress>,
    pub(crate) meta_data: Option<MetaData>,
    /// What people see of it: `content.rs`.
    #[serde(skip)]
    pub(crate) content: Option<String>,
}

/// An entity of an answer, with what people see of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub(crate) struct Shown(pub(crate) Entity);

impl TryFrom<Box<RawValue>> for Shown {
    type Error = serde_json::Error;

    fn try_from(raw: Box<RawValue>) -> Result<Self, Self::Error> {
        Ok(Self(Entity {
            content: content_of(raw.get()),
            ..serde_json::from_str(raw.get())?
        }))
    }
}

/// When an entity was made, and when it was last changed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct MetaData {
    create_time: Option<String>,
    last_updated_time: Option<String>,
}

/// The tax of a document.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct TaxHead {
    #[serde(with = "rust_decimal::serde::arbitrary_precision_option")]
    total_tax: Option<Decimal>,
}

impl Entity {
    /// What is kept of it; `None` where it has no id, as no real entity has.
    pub(crate) fn receipt(&self) -> Option<Receipt> {
        if self.id.is_empty() {
            return None;
        }
        Some(Receipt {
            target_id: self.id.clone(),
            sync_token: self.sync_token.clone(),
            doc_number: self.doc_number.clone(),
            total: self.total_amt.map(figure),
            tax: self.tax(),
            date: self.date(),
            content: self.content.clone(),
        })
    }

    /// The second key of a list object: e-mail address of a customer, SKU of an item; else empty.
    pub(crate) fn second_key(&self) -> &str {
        let email = self.primary_email_addr.as_ref().map(|it| &it.address);
        email.or(self.sku.as_ref()).map_or("", String::as_str)
    }

    /// When it was made in the books, where that is said.
    pub(crate) fn created_at(&self) -> Option<Timestamp> {
        self.meta_data.as_ref()?.create_time.as_ref()?.parse().ok()
    }

    /// Whether the private note carries `marker` as a whole: order 104 is not order 1043.
    pub(crate) fn carries(&self, marker: &str) -> bool {
        let Some(note) = &self.private_note else {
            return false;
        };
        let inner = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let (first, last) = (marker.chars().next(), marker.chars().next_back());
        !marker.is_empty()
            && note.match_indices(marker).any(|(place, _)| {
                let before = note.get(..place).and_then(|text| text.chars().next_back());
                let after = note
                    .get(place + marker.len()..)
                    .and_then(|text| text.chars().next());
                !(inner(before) && inner(first) || inner(after) && inner(last))
            })
    }

    /// When it was last changed in the books, where that is said.
    pub(crate) fn changed_at(&self) -> Option<Timestamp> {
        let changed = self.meta_data.as_ref()?.last_updated_time.as_ref()?;
        changed.parse().ok()
    }

    fn tax(&self) -> Option<Decimal> {
        let head = self.txn_tax_detail.as_ref();
        head.and_then(|tax| tax.total_tax).map(figure)
    }

    /// Its total without tax.
    pub(crate) fn net(&self) -> Option<Decimal> {
        Some(figure(self.total_amt?) - self.tax().unwrap_or_default())
    }

    /// The day it is dated; answers of old recordings carry a time behind it.
    pub(crate) fn date(&self) -> Option<Date> {
        self.txn_date.as_ref()?.get(..10)?.parse().ok()
    }
}

/// A figure that can be added up with others; one beyond all that is written stays wrong.
fn figure(amount: Decimal) -> Decimal {
    let most = Decimal::from(1_000_000_000_000_000_u64);
    amount.clamp(-most, most)
}

/// The answer to a single write.
#[derive(Debug, Deserialize)]
pub(crate) struct Written {
    #[serde(
        alias = "Customer",
        alias = "Item",
        alias = "SalesReceipt",
        alias = "Invoice",
        alias = "RefundReceipt",
        alias = "CreditMemo",
        alias = "Payment",
        alias = "Purchase",
        default
    )]
    pub(crate) entity: Option<Shown>,
}

/// The answer to a batch call.
#[derive(Debug, Deserialize)]
pub(crate) struct BatchAnswer {
    #[serde(rename = "BatchItemResponse", default)]
    pub(crate) items: Vec<BatchItem>,
}

/// The answer to one member of a batch call.
#[derive(Debug, Deserialize)]
pub(crate) struct BatchItem {
    #[serde(rename = "bId", default)]
    pub(crate) id: String,
    #[serde(rename = "Fault", alias = "fault", default)]
    pub(crate) fault: Option<Fault>,
    #[serde(
        alias = "Customer",
        alias = "Item",
        alias = "SalesReceipt",
        alias = "Invoice",
        alias = "RefundReceipt",
        alias = "CreditMemo",
        alias = "Payment",
        alias = "Purchase",
        default
    )]
    pub(crate) entity: Option<Shown>,
}

/// The answer to a question.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Answered<T> {
    #[serde(rename = "QueryResponse")]
    pub(crate) response: Rows<T>,
}

/// Its rows; none where the object is empty.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Rows<T> {
    #[serde(
        alias = "Customer",
        alias = "Item",
        alias = "SalesReceipt",
        alias = "Invoice",
        alias = "RefundReceipt",
        alias = "CreditMemo",
        alias = "Payment",
        alias = "Purchase",
        alias = "Account",
        alias = "TaxCode",
        alias = "TaxRate",
        alias = "PaymentMethod",
        alias = "Class",
        alias = "Department",
        default = "Vec::new"
    )]
    pub(crate) rows: Vec<T>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> String {
        let exchange: serde_json::Value = serde_json::from_str(text).unwrap();
        exchange["response"]["body"].to_string()
    }

    #[test]
    fn recorded_answers_to_writes_become_receipts() {
        let made: Written = serde_json::from_str(&body(include_str!(
            "../tests/recorded/creditmemo_create.json"
        )))
        .unwrap();
        let receipt = made.entity.unwrap().0.receipt().unwrap();
        assert_eq!(receipt.total, Some("25.99".parse().unwrap()));
        let voided: Written = serde_json::from_str(&body(include_str!(
            "../tests/recorded/salesreceipt_void_json.json"
        )))
        .unwrap();
        let receipt = voided.entity.unwrap().0.receipt().unwrap();
        assert_eq!(
            (receipt.sync_token.as_str(), receipt.total),
            ("1", Some(Decimal::ZERO))
        );
        let deleted: Written =
            serde_json::from_str(&body(include_str!("../tests/recorded/invoice_delete.json")))
                .unwrap();
        assert_eq!(deleted.entity.unwrap().0.receipt().unwrap().target_id, "1");
    }

    #[test]
    fn an_absurd_total_stays_wrong_and_can_be_added_up() {
        let text = r#"{"SalesReceipt":{"Id":"7","TotalAmt":70000000000000000000000000000}}"#;
        let written: Written = serde_json::from_str(text).unwrap();
        let total = written.entity.unwrap().0.receipt().unwrap().total;
        assert_eq!(total, Some(Decimal::from(1_000_000_000_000_000_u64)));
    }

    #[test]
    fn a_good_answer_without_a_document_is_no_receipt() {
        let text = include_str!("../tests/recorded/void_journalentry_http_200_empty_noop.json");
        let written: Written = serde_json::from_str(&body(text)).unwrap();
        assert_eq!(written.entity, None);
    }

    #[test]
    fn recorded_batch_answers_are_matched_by_key() {
        let text = include_str!("../tests/recorded/batch_response_shape.json");
        let answer: BatchAnswer = serde_json::from_str(&body(text)).unwrap();
        let keys: Vec<&str> = answer.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(&keys[..3], ["1a", "2b", "3c"]);
        assert!(answer.items[0].fault.is_some() && answer.items[0].entity.is_none());
        assert_eq!(answer.items[1].entity.as_ref().unwrap().0.id, "19891");
    }

    #[test]
    fn recorded_rows_of_a_question_are_read() {
        let text = include_str!("../tests/recorded/query_salesreceipt_by_docnumber.json");
        let answer: Answered<Entity> = serde_json::from_str(&body(text)).unwrap();
        let row = &answer.response.rows[0];
        assert_eq!(row.date(), Some(jiff::civil::date(2019, 8, 1)));
        assert_eq!(row.receipt().unwrap().tax, Some(Decimal::ZERO));
    }
}
