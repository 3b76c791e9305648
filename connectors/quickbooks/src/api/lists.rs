//! Entries of lists that daybook makes: customers and items.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::parts::{EmailAddress, PhysicalAddress, Ref, TelephoneNumber};

/// A customer. Names: [`super::clean_name`] (FACTS: QuickBooks §7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Customer {
    /// At most 500 characters, unique over customers, vendors and employees.
    pub display_name: String,
    /// At most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// At most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// At most 100 characters (no source states more).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// E-mail address, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_email_addr: Option<EmailAddress>,
    /// Telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_phone: Option<TelephoneNumber>,
    /// Bills go there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill_addr: Option<PhysicalAddress>,
    /// Goods go there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_addr: Option<PhysicalAddress>,
    /// Notes, at most 2000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Fixed when the customer is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_ref: Option<Ref>,
    /// Whether sales to it are taxed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taxable: Option<bool>,
    /// False takes it out of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

/// The types of items daybook makes. Required at minor version 75.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemType {
    /// With a quantity on hand.
    Inventory,
    /// Work.
    Service,
    /// Goods whose quantity is not tracked.
    #[default]
    NonInventory,
}

/// A product or service. Name: [`super::clean_name`] (FACTS: QuickBooks §7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Item {
    /// At most 100 characters, unique.
    pub name: String,
    /// At most 100 characters; not unique for `QuickBooks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// At most 4000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The type.
    #[serde(rename = "Type")]
    pub kind: ItemType,
    /// In the home currency.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub unit_price: Option<Decimal>,
    /// Whether sales of it are taxed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taxable: Option<bool>,
    /// Where sales of it are booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub income_account_ref: Option<Ref>,
    /// Where its cost is booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expense_account_ref: Option<Ref>,
    /// Inventory: where its stock is booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_account_ref: Option<Ref>,
    /// Inventory: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_qty_on_hand: Option<bool>,
    /// Inventory: the stock at the start.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub qty_on_hand: Option<Decimal>,
    /// Inventory: the first day of the stock; earlier sales are refused (6270).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inv_start_date: Option<Date>,
    /// False takes it out of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}
