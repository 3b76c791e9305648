//! What the store says of an order or refund, in plain figures for people.

use jiff::Timestamp;
use kit::Money;
use rust_decimal::Decimal;
use serde::Serialize;

/// An order or refund as the store tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The order's status; empty for refunds.
    pub status: String,
    /// When it was made.
    pub made_at: Option<Timestamp>,
    /// When the money came.
    pub paid_at: Option<Timestamp>,
    /// How it was paid, in the store's words.
    pub method: String,
    /// What it amounts to, tax included; `None` where the record does not say in which currency.
    pub total: Option<Money>,
    /// The tax in it.
    #[serde(with = "rust_decimal::serde::str")]
    pub tax: Decimal,
    /// Its lines: products, shipping, fees.
    pub lines: Vec<ToldLine>,
    /// Why, of a refund.
    pub reason: String,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToldLine {
    /// What it is.
    pub what: String,
    /// How many, where that means something.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub quantity: Option<Decimal>,
    /// After discounts, without tax.
    #[serde(with = "rust_decimal::serde::str")]
    pub net: Decimal,
    /// Its tax.
    #[serde(with = "rust_decimal::serde::str")]
    pub tax: Decimal,
}
