//! Products, variations, coupons and tax rates.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

/// A product or a variation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Product {
    pub id: u64,
    /// The variable product a variation belongs to; 0 for products.
    pub parent_id: u64,
    /// `simple`, `variable`, `variation`, `grouped`, `external`.
    pub kind: String,
    pub status: String,
    /// As stored: `&` is `&amp;`, tags are kept.
    pub name: String,
    pub sku: String,
    /// As typed: "18.50", "75", "" when none is set.
    pub price: String,
    pub regular_price: String,
    pub tax_status: String,
    pub tax_class: String,
    pub is_virtual: bool,
    pub is_downloadable: bool,
    /// `None` when stock is not managed; can go below zero.
    pub stock: Option<i64>,
    pub created: Timestamp,
    pub modified: Timestamp,
    /// A variation's attributes as (slug, name, option).
    pub attributes: Vec<(String, String, String)>,
    pub total_sales: i64,
    /// The recorded body, whose other members are served as they are.
    pub recorded: Option<Box<Value>>,
}

impl Product {
    /// The price a sale starts from; zero when none is set.
    pub(crate) fn unit_price(&self) -> Decimal {
        self.price.parse().unwrap_or_default()
    }

    /// Orders of only such products need no processing once paid.
    pub(crate) fn needs_processing(&self) -> bool {
        !(self.is_virtual && self.is_downloadable)
    }
}

/// How a coupon takes its amount off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscountKind {
    /// Per cent of each line.
    Percent,
    /// An amount spread over the cart.
    FixedCart,
    /// An amount off each unit.
    FixedProduct,
}

impl DiscountKind {
    /// The word the API uses.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::FixedCart => "fixed_cart",
            Self::FixedProduct => "fixed_product",
        }
    }
}

/// A coupon.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Coupon {
    pub id: u64,
    pub code: String,
    pub kind: DiscountKind,
    pub amount: Decimal,
    /// Only these products; empty: all.
    pub products: Vec<u64>,
    pub free_shipping: bool,
}

/// One row of the tax table. Within a class, one rate of each priority applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaxRate {
    pub id: u64,
    pub country: String,
    pub state: String,
    /// A postcode or a range `90001...90099`; "" for all.
    pub postcode: String,
    /// Upper case; "" for all.
    pub city: String,
    /// Per cent.
    pub percent: Decimal,
    pub name: String,
    pub priority: u32,
    pub compound: bool,
    pub shipping: bool,
    /// `standard`, `reduced-rate`, …; product lines say "" for `standard`.
    pub class: String,
}

impl TaxRate {
    /// `US-CA-CA STATE TAX-1`.
    pub(crate) fn code(&self) -> String {
        let mut parts = vec![
            self.country.clone(),
            self.state.clone(),
            self.name.to_uppercase(),
        ];
        parts.push(self.priority.to_string());
        parts.retain(|part| !part.is_empty());
        parts.join("-")
    }
}
