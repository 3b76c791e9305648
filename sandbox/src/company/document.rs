//! What a person sees in the books: documents for tests to compare.

use rust_decimal::Decimal;
use serde_json::Value;

use super::books::Version;
use super::json::{self, Object};
use super::kind::Kind;

/// A transaction in the books. Amounts are in its own currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Its number, if it has one.
    pub doc_number: Option<String>,
    /// Its day, `2026-11-21`.
    pub txn_date: String,
    /// Its currency, `USD`.
    pub currency: String,
    /// What the customer paid, owes or gets back.
    pub total: Decimal,
    /// The tax in it.
    pub tax: Decimal,
    /// What is still open.
    pub balance: Decimal,
    /// The id of the customer.
    pub customer_id: Option<String>,
    /// The customer's full name.
    pub customer_name: Option<String>,
    /// The account money goes to or comes from, by name.
    pub deposit_to: Option<String>,
    /// The note for the bookkeeper.
    pub private_note: Option<String>,
    /// How often it was changed.
    pub sync_token: u32,
    /// Whether it was voided.
    pub voided: bool,
    /// Its lines, without the subtotal.
    pub lines: Vec<DocumentLine>,
}

/// A line of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentLine {
    /// `SalesItemLineDetail` and so on; empty for the lines of a payment.
    pub detail_type: String,
    /// The item's or account's full name.
    pub name: Option<String>,
    /// The item's or account's id.
    pub reference: Option<String>,
    /// Its text.
    pub description: Option<String>,
    /// Its amount; a discount is positive here and subtracted.
    pub amount: Decimal,
    /// How many.
    pub quantity: Option<Decimal>,
    /// What each costs.
    pub unit_price: Option<Decimal>,
    /// Its tax code: `TAX`, `NON` or an id.
    pub tax_code: Option<String>,
}

impl Document {
    pub(super) fn read(kind: Kind, version: &Version) -> Self {
        let body = version.object();
        let text = |key: &str| json::text(&body, key).map(str::to_owned);
        let name = |key: &str| {
            json::inner(&body, key)
                .and_then(|inner| json::text(inner, "name"))
                .map(str::to_owned)
        };
        let amount = |key: &str| json::decimal(&body, key).unwrap_or_default();
        let note = text("PrivateNote");
        let lines = json::elements(&body, "Line")
            .iter()
            .filter_map(Value::as_object);
        let tax = json::inner(&body, "TxnTaxDetail").and_then(|tax| json::decimal(tax, "TotalTax"));
        Self {
            kind,
            id: version.id.to_string(),
            doc_number: text("DocNumber"),
            txn_date: text("TxnDate").unwrap_or_default(),
            currency: json::reference(&body, "CurrencyRef")
                .unwrap_or_default()
                .to_owned(),
            total: amount("TotalAmt"),
            tax: tax.unwrap_or_default(),
            balance: amount("Balance"),
            customer_id: json::reference(&body, "CustomerRef").map(str::to_owned),
            customer_name: name("CustomerRef"),
            deposit_to: name("DepositToAccountRef"),
            voided: note.as_deref() == Some("Voided") && amount("TotalAmt").is_zero(),
            private_note: note,
            sync_token: version.sync_token,
            lines: lines.filter_map(DocumentLine::read).collect(),
        }
    }
}

impl DocumentLine {
    fn read(line: &Object) -> Option<Self> {
        let detail_type = json::text(line, "DetailType")
            .unwrap_or_default()
            .to_owned();
        if detail_type == "SubTotalLineDetail" {
            return None;
        }
        let empty = Object::new();
        let detail = json::inner(line, &detail_type).unwrap_or(&empty);
        let keys = ["ItemRef", "AccountRef", "DiscountAccountRef"];
        let reference = keys.iter().find_map(|key| json::inner(detail, key));
        let of = |key: &str| {
            reference
                .and_then(|reference| json::text(reference, key))
                .map(str::to_owned)
        };
        Some(Self {
            name: of("name"),
            reference: of("value"),
            description: json::text(line, "Description").map(str::to_owned),
            amount: json::decimal(line, "Amount").unwrap_or_default(),
            quantity: json::decimal(detail, "Qty"),
            unit_price: json::decimal(detail, "UnitPrice"),
            tax_code: json::reference(detail, "TaxCodeRef").map(str::to_owned),
            detail_type,
        })
    }
}
