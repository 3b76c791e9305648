//! Customer accounts. Guests have none.

use jiff::Timestamp;
use serde::Deserialize;

use super::parse::parse;
use super::{Address, ParseError, scalar};

/// A customer account. Its names may be empty and its e-mail another than the billing address's.
#[derive(Clone, Debug, Deserialize)]
pub struct Customer {
    /// The id.
    pub id: u64,
    /// The account's e-mail, letter case as typed.
    #[serde(default, deserialize_with = "scalar::text")]
    pub email: String,
    /// First name; may be "".
    #[serde(default, deserialize_with = "scalar::decoded")]
    pub first_name: String,
    /// Last name; may be "".
    #[serde(default, deserialize_with = "scalar::decoded")]
    pub last_name: String,
    /// The `WordPress` role, such as `customer` or `administrator`.
    #[serde(default, deserialize_with = "scalar::text")]
    pub role: String,
    /// The billing address; the only place with a company.
    #[serde(default)]
    pub billing: Address,
    /// The shipping address.
    #[serde(default)]
    pub shipping: Address,
    /// Whether the account ever paid an order.
    #[serde(default)]
    pub is_paying_customer: bool,
    /// When it was made.
    #[serde(default, deserialize_with = "scalar::moment")]
    pub date_created_gmt: Option<Timestamp>,
    /// When it last changed; orders do not change it.
    #[serde(default, deserialize_with = "scalar::moment")]
    pub date_modified_gmt: Option<Timestamp>,
}

/// Parses one customer as received from `/customers`.
pub fn parse_customer(body: &str) -> Result<Customer, ParseError> {
    parse("customer", body)
}
