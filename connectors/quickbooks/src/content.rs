//! What people see of a document or list object, as one hash. `QuickBooks` raises a version also when
//! nobody changed anything people see: a payment raises that of its invoice. The hash of two answers
//! tells the one from the other, so that nothing a person wrote is overwritten, and nothing else is
//! taken for it.
//!
//! Left out is what `QuickBooks` changes by itself: balances, links to payments, states of e-mails,
//! ids of lines, subtotals.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::api::{CustomField, EmailAddress, MemoRef, PhysicalAddress, Ref, TelephoneNumber};

/// As many digits of the hash as tell changes apart.
const DIGITS: usize = 32;

/// The hash of an entity as `QuickBooks` shows it; `None` where it cannot be read.
pub(crate) fn content_of(entity: &str) -> Option<String> {
    let mut content: Content = serde_json::from_str(entity).ok()?;
    content
        .line
        .retain(|line| line.detail_type.as_deref() != Some("SubTotalLineDetail"));
    let canonical = serde_json::to_string(&content).ok()?;
    let mut text = hex::encode(Sha256::digest(canonical));
    text.truncate(DIGITS);
    Some(text)
}

/// A number without the zeros behind it.
#[derive(Debug, PartialEq)]
struct Number(Decimal);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        rust_decimal::serde::arbitrary_precision::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.normalize())
    }
}

/// The members that count, of all kinds together.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Content {
    doc_number: Option<String>,
    txn_date: Option<String>,
    private_note: Option<String>,
    customer_ref: Option<Ref>,
    customer_memo: Option<MemoRef>,
    bill_addr: Option<PhysicalAddress>,
    ship_addr: Option<PhysicalAddress>,
    bill_email: Option<EmailAddress>,
    currency_ref: Option<Ref>,
    department_ref: Option<Ref>,
    class_ref: Option<Ref>,
    ship_method_ref: Option<Ref>,
    ship_date: Option<String>,
    tracking_num: Option<String>,
    due_date: Option<String>,
    payment_method_ref: Option<Ref>,
    payment_ref_num: Option<String>,
    deposit_to_account_ref: Option<Ref>,
    account_ref: Option<Ref>,
    entity_ref: Option<Ref>,
    custom_field: Vec<CustomField>,
    line: Vec<Line>,
    total_amt: Option<Number>,
    txn_tax_detail: Option<Tax>,
    display_name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    company_name: Option<String>,
    primary_email_addr: Option<EmailAddress>,
    primary_phone: Option<TelephoneNumber>,
    notes: Option<String>,
    active: Option<bool>,
    name: Option<String>,
    sku: Option<String>,
    description: Option<String>,
    unit_price: Option<Number>,
    taxable: Option<bool>,
    income_account_ref: Option<Ref>,
    expense_account_ref: Option<Ref>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Line {
    detail_type: Option<String>,
    amount: Option<Number>,
    description: Option<String>,
    linked_txn: Vec<Linked>,
    sales_item_line_detail: Option<Detail>,
    account_based_expense_line_detail: Option<Detail>,
    discount_line_detail: Option<Detail>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Linked {
    txn_id: String,
    txn_type: String,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Detail {
    item_ref: Option<Ref>,
    account_ref: Option<Ref>,
    discount_account_ref: Option<Ref>,
    class_ref: Option<Ref>,
    tax_code_ref: Option<Ref>,
    qty: Option<Number>,
    unit_price: Option<Number>,
    discount_percent: Option<Number>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tax {
    total_tax: Option<Number>,
}

#[cfg(test)]
mod tests {
    use super::content_of;

    const INVOICE: &str = r#"{"Id":"7","SyncToken":"0","DocNumber":"1043","TotalAmt":58.2,"Balance":58.2,
        "LinkedTxn":[],"EmailStatus":"NotSet","MetaData":{"LastUpdatedTime":"2026-11-02T03:00:00-08:00"},
        "CustomerRef":{"value":"58","name":"Ana"},"Line":[
        {"Id":"1","LineNum":1,"DetailType":"SalesItemLineDetail","Amount":58.20,
         "SalesItemLineDetail":{"ItemRef":{"value":"3"},"Qty":1}},
        {"DetailType":"SubTotalLineDetail","Amount":58.20,"SubTotalLineDetail":{}}]}"#;

    #[test]
    fn a_payment_changes_nothing_that_people_see_of_the_invoice() {
        let paid = INVOICE
            .replace(r#""SyncToken":"0""#, r#""SyncToken":"1""#)
            .replace(r#""Balance":58.2"#, r#""Balance":0"#)
            .replace(
                r#""LinkedTxn":[]"#,
                r#""LinkedTxn":[{"TxnId":"9","TxnType":"Payment"}]"#,
            )
            .replace("58.20", "58.2000")
            .replace(r#""Id":"1""#, r#""Id":"4""#);
        assert_ne!(paid, INVOICE);
        assert_eq!(content_of(&paid), content_of(INVOICE));
        assert_eq!(content_of(INVOICE).unwrap().len(), 32);
    }

    #[test]
    fn what_a_person_changes_is_seen() {
        for (was, is) in [
            (r#""DocNumber":"1043""#, r#""DocNumber":"1043A""#),
            (r#""value":"58""#, r#""value":"59""#),
            (r#""ItemRef":{"value":"3"}"#, r#""ItemRef":{"value":"4"}"#),
            (r#""Qty":1"#, r#""Qty":2"#),
            (r#""TotalAmt":58.2"#, r#""TotalAmt":58.21"#),
            (r#""CustomerRef""#, r#""PrivateNote":"mine","CustomerRef""#),
        ] {
            let edited = INVOICE.replacen(was, is, 1);
            assert_ne!(content_of(&edited), content_of(INVOICE), "{is}");
        }
    }
}
