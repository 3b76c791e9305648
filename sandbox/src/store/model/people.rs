//! Accounts and addresses.

use jiff::Timestamp;
use serde_json::Value;

/// A billing or shipping address. Empty parts are "". Shipping addresses have no e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// Given name, plain text.
    pub first_name: String,
    /// Family name, plain text.
    pub last_name: String,
    /// Company, plain text.
    pub company: String,
    /// First address line.
    pub address_1: String,
    /// Second address line.
    pub address_2: String,
    /// City.
    pub city: String,
    /// State code as WooCommerce writes it: `NY`, `DE-BE`.
    pub state: String,
    /// Postcode.
    pub postcode: String,
    /// ISO country code.
    pub country: String,
    /// E-mail in the letter case it was typed in.
    pub email: String,
    /// Telephone.
    pub phone: String,
}

/// One account. Guests have none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Customer {
    pub id: u64,
    pub created: Timestamp,
    pub modified: Option<Timestamp>,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub role: String,
    pub username: String,
    pub billing: Address,
    pub shipping: Address,
    pub is_paying: bool,
    pub avatar_url: String,
    pub meta: Vec<Value>,
}
