//! The small parts that documents and list objects are made of.

use serde::{Deserialize, Serialize};

/// A reference to another object by its id. Answers carry its name too, which nothing here needs:
/// only the id counts on input (FACTS: QuickBooks §6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ref {
    /// The id; digits, or `TAX`, `NON`, `SHIPPING_ITEM_ID`, a currency code.
    pub value: String,
}

impl Ref {
    /// A reference to the object with this id.
    pub fn to(id: impl Into<String>) -> Self {
        Self { value: id.into() }
    }
}

/// A postal address. State and country are stored as sent (FACTS: QuickBooks §6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PhysicalAddress {
    /// First line, at most 500 characters (schema.json: `PhysicalAddress`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line1: Option<String>,
    /// Second line, at most 500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    /// Third line, at most 500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line3: Option<String>,
    /// Fourth line, at most 500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line4: Option<String>,
    /// Fifth line, at most 500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line5: Option<String>,
    /// Town, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or province, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_sub_division_code: Option<String>,
    /// Postal code, at most 30 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country, at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl PhysicalAddress {
    /// Whether nothing is in it; an empty address is not sent.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An e-mail address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EmailAddress {
    /// At most 100 characters, with `@` and a dot (FACTS: QuickBooks §7).
    pub address: String,
}

/// A telephone number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TelephoneNumber {
    /// At most 30 characters on a customer (FACTS: QuickBooks §7).
    pub free_form_number: String,
}

/// The message to the customer on a sales form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoRef {
    /// At most 1000 characters (FACTS: QuickBooks §7).
    pub value: String,
}

/// One of the up to three text fields a company defines for its sales forms (FACTS: QuickBooks §6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CustomField {
    /// Which of them: `1`, `2` or `3`.
    pub definition_id: String,
    /// Its name in the company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Always `StringType`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// Its value, at most 31 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
}

impl CustomField {
    /// Field number `definition_id` with a value.
    pub fn text(definition_id: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            definition_id: definition_id.into(),
            name: None,
            kind: "StringType".to_owned(),
            string_value: Some(value.into()),
        }
    }
}

/// How the amounts of lines relate to tax. Required outside the US (FACTS: QuickBooks §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GlobalTaxCalculation {
    /// Amounts are without tax, which comes on top.
    TaxExcluded,
    /// Tax is in the amounts.
    TaxInclusive,
    /// There is no tax.
    NotApplicable,
}

/// How an expense was paid (schema.json: `PaymentTypeEnum`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaymentType {
    /// From a bank or clearing account.
    #[default]
    Cash,
    /// By cheque.
    Check,
    /// By credit card.
    CreditCard,
}
