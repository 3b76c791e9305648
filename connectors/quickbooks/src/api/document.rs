//! Documents with money in them.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::line::{Line, TxnTaxDetail};
use super::parts::{
    CustomField, EmailAddress, GlobalTaxCalculation, MemoRef, PaymentType, PhysicalAddress, Ref,
};

/// A sale that was paid at once.
pub type SalesReceipt = SalesTransaction;
/// A sale to be paid later.
pub type Invoice = SalesTransaction;
/// Money given back for a sale that was paid.
pub type RefundReceipt = SalesTransaction;
/// Credit for an invoice.
pub type CreditMemo = SalesTransaction;

/// The four sales forms, which Intuit's own schema derives from one type of this name. Members that
/// only some of them take say so; all amounts are positive, on refunds and credits too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SalesTransaction {
    /// The number, at most 21 characters: [`super::fit_doc_number`] (FACTS: QuickBooks §7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc_number: Option<String>,
    /// The day it is booked on; today on the server where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txn_date: Option<Date>,
    /// Seen by the company only, at most 4000 characters. Carries the marker that tells our
    /// documents from others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_note: Option<String>,
    /// Who bought. Required on invoices and credit memos.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_ref: Option<Ref>,
    /// The message to the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_memo: Option<MemoRef>,
    /// The bill goes there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill_addr: Option<PhysicalAddress>,
    /// The goods go there. US automated tax depends on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_addr: Option<PhysicalAddress>,
    /// The customer's e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill_email: Option<EmailAddress>,
    /// Required where the company has several currencies; must be the customer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_ref: Option<Ref>,
    /// Home units for one unit of the currency; `QuickBooks`' own rate of the day where absent.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub exchange_rate: Option<Decimal>,
    /// The location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_ref: Option<Ref>,
    /// The class, where classes are given by transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_ref: Option<Ref>,
    /// How it was shipped; the value is a name of at most 30 characters, not an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_method_ref: Option<Ref>,
    /// When it was shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_date: Option<Date>,
    /// The parcel's number, at most 30 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_num: Option<String>,
    /// Invoice: when it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Date>,
    /// Sales receipt, refund receipt: how it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_ref: Option<Ref>,
    /// Sales receipt, refund receipt: the gateway's reference, at most 21 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_ref_num: Option<String>,
    /// Sales receipt: where the money is (Undeposited Funds where absent). Refund receipt: where it
    /// came from, required, a bank or other current asset account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_to_account_ref: Option<Ref>,
    /// Required outside the US, not sent in the US.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global_tax_calculation: Option<GlobalTaxCalculation>,
    /// US: whether the discount comes off before tax is computed; false where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply_tax_after_discount: Option<bool>,
    /// The company's own fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_field: Vec<CustomField>,
    /// The lines, always all of them: one left out of an update is deleted.
    pub line: Vec<Line>,
    /// The tax of the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txn_tax_detail: Option<TxnTaxDetail>,
}

/// Money received for invoices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Payment {
    /// The day it is booked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txn_date: Option<Date>,
    /// Who paid. Required.
    pub customer_ref: Ref,
    /// How much, in the document's currency. Required.
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub total_amt: Decimal,
    /// Required where the company has several currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_ref: Option<Ref>,
    /// Home units for one unit of the currency.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub exchange_rate: Option<Decimal>,
    /// How it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_ref: Option<Ref>,
    /// The gateway's reference, at most 21 characters. It is the number a payment shows: payments
    /// have no document number of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_ref_num: Option<String>,
    /// Where the money is; Undeposited Funds where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_to_account_ref: Option<Ref>,
    /// Seen by the company only, at most 4000 characters; carries the marker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_note: Option<String>,
    /// What it pays; the rest stays unapplied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub line: Vec<PaymentLine>,
}

/// A part of a payment that settles one transaction. Has no `DetailType` (schema.json: Payment line).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PaymentLine {
    /// How much of it, in the document's currency.
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub amount: Decimal,
    /// The transaction it settles.
    pub linked_txn: Vec<LinkedTxn>,
}

/// A link to another transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LinkedTxn {
    /// Its id.
    pub txn_id: String,
    /// Its kind: `Invoice`, `CreditMemo`.
    pub txn_type: String,
}

impl LinkedTxn {
    /// A link to an invoice.
    pub fn invoice(id: impl Into<String>) -> Self {
        Self {
            txn_id: id.into(),
            txn_type: "Invoice".to_owned(),
        }
    }
}

/// An expense, such as a gateway's fees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Purchase {
    /// The number, at most 21 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc_number: Option<String>,
    /// The day it is booked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txn_date: Option<Date>,
    /// How it was paid; required on every write.
    pub payment_type: PaymentType,
    /// The account it was paid from. Required.
    pub account_ref: Ref,
    /// Money came back instead: only with credit cards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<bool>,
    /// Who was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_ref: Option<Ref>,
    /// The payment method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_ref: Option<Ref>,
    /// Seen by the company only, at most 4000 characters; carries the marker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_note: Option<String>,
    /// Required where the company has several currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_ref: Option<Ref>,
    /// Home units for one unit of the currency.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub exchange_rate: Option<Decimal>,
    /// The location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_ref: Option<Ref>,
    /// Required outside the US.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global_tax_calculation: Option<GlobalTaxCalculation>,
    /// The lines: [`Line::expense`].
    pub line: Vec<Line>,
    /// The tax of the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txn_tax_detail: Option<TxnTaxDetail>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{DetailType, SalesItemLineDetail};

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_are_written_as_exact_numbers_and_empty_members_are_left_out() {
        let receipt = SalesReceipt {
            doc_number: Some("1043".to_owned()),
            txn_date: Some(jiff::civil::date(2026, 11, 2)),
            line: vec![Line::sale(
                dec("58.20"),
                SalesItemLineDetail {
                    item_ref: Some(Ref::to("12")),
                    qty: Some(dec("3")),
                    unit_price: Some(dec("19.4000001")),
                    ..SalesItemLineDetail::default()
                },
            )],
            txn_tax_detail: Some(TxnTaxDetail {
                total_tax: Some(dec("0.00")),
                ..TxnTaxDetail::default()
            }),
            ..SalesReceipt::default()
        };
        let text = serde_json::to_string(&receipt).unwrap();
        assert_eq!(
            text,
            r#"{"DocNumber":"1043","TxnDate":"2026-11-02","Line":[{"Amount":58.20,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"12"},"UnitPrice":19.4000001,"Qty":3}}],"TxnTaxDetail":{"TotalTax":0.00}}"#
        );
        assert_eq!(
            serde_json::from_str::<SalesReceipt>(&text).unwrap(),
            receipt
        );
    }

    #[test]
    fn a_payment_line_has_no_detail_type() {
        let payment = Payment {
            customer_ref: Ref::to("7"),
            total_amt: dec("40.00"),
            line: vec![PaymentLine {
                amount: dec("40.00"),
                linked_txn: vec![LinkedTxn::invoice("129")],
            }],
            ..Payment::default()
        };
        assert_eq!(
            serde_json::to_string(&payment).unwrap(),
            r#"{"CustomerRef":{"value":"7"},"TotalAmt":40.00,"Line":[{"Amount":40.00,"LinkedTxn":[{"TxnId":"129","TxnType":"Invoice"}]}]}"#
        );
    }

    #[test]
    fn recorded_documents_are_read() {
        let recorded: serde_json::Value = serde_json::from_str(include_str!(
            "../../tests/recorded/invoice_with_discount_line.json"
        ))
        .unwrap();
        let invoice: Invoice =
            serde_json::from_str(&recorded["response"]["body"]["Invoice"].to_string()).unwrap();
        assert_eq!(invoice.doc_number.as_deref(), Some("1001"));
        let kinds: Vec<DetailType> = invoice.line.iter().map(|line| line.detail_type).collect();
        assert_eq!(
            kinds,
            [
                DetailType::SalesItemLineDetail,
                DetailType::SubTotalLineDetail,
                DetailType::DiscountLineDetail
            ]
        );
        assert_eq!(invoice.line[2].amount, Some(dec("5.0")));
    }
}
