//! Addresses of orders and customers.

use serde::Deserialize;

use super::scalar;

/// A billing or shipping address; every field is "" where it is empty.
///
/// HTML entities are resolved: orders of the block checkout carry them (recorded:
/// `Groß &amp; Söhne GmbH`), others are plain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Address {
    /// First name.
    #[serde(deserialize_with = "scalar::decoded")]
    pub first_name: String,
    /// Last name.
    #[serde(deserialize_with = "scalar::decoded")]
    pub last_name: String,
    /// Company.
    #[serde(deserialize_with = "scalar::decoded")]
    pub company: String,
    /// First line.
    #[serde(deserialize_with = "scalar::decoded")]
    pub address_1: String,
    /// Second line.
    #[serde(deserialize_with = "scalar::decoded")]
    pub address_2: String,
    /// City.
    #[serde(deserialize_with = "scalar::decoded")]
    pub city: String,
    /// State or province, mostly a code such as `CA` or `DE-BE`.
    #[serde(deserialize_with = "scalar::decoded")]
    pub state: String,
    /// Postcode.
    #[serde(deserialize_with = "scalar::text")]
    pub postcode: String,
    /// Country, ISO 3166 in two letters.
    #[serde(deserialize_with = "scalar::text")]
    pub country: String,
    /// E-mail, letter case as typed; shipping addresses have none.
    #[serde(deserialize_with = "scalar::text")]
    pub email: String,
    /// Phone.
    #[serde(deserialize_with = "scalar::text")]
    pub phone: String,
}

impl Address {
    /// Whether there is anything to deliver to.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
