//! The lines of orders and refunds. In an order amounts are as received; in a refund they are
//! turned round, so that what goes back to the customer is positive (see [`super::Refund`]).

use rust_decimal::Decimal;
use serde::Deserialize;

use super::Meta;
use super::scalar;

/// A product line. Amounts are without tax, also where the store's prices include it (FACTS:
/// WooCommerce §6).
#[derive(Clone, Debug, Deserialize)]
pub struct LineItem {
    /// The line's id; shares its numbers with all lines of all orders.
    pub id: u64,
    /// The product's name at the time, variation included ("T-Shirt - S, Red"); entities resolved.
    #[serde(deserialize_with = "scalar::decoded")]
    pub name: String,
    /// The product; for a variation its parent. 0 where it is gone or there never was one.
    #[serde(default)]
    pub product_id: u64,
    /// The variation; 0 for none, or where it is gone.
    #[serde(default)]
    pub variation_id: u64,
    /// How many.
    #[serde(deserialize_with = "scalar::amount")]
    pub quantity: Decimal,
    /// The tax class's slug; "" is standard.
    #[serde(default, deserialize_with = "scalar::text")]
    pub tax_class: String,
    /// Before discounts, without tax.
    #[serde(deserialize_with = "scalar::amount")]
    pub subtotal: Decimal,
    /// The tax on `subtotal`.
    #[serde(deserialize_with = "scalar::amount")]
    pub subtotal_tax: Decimal,
    /// After discounts, without tax.
    #[serde(deserialize_with = "scalar::amount")]
    pub total: Decimal,
    /// The tax on `total`; to be used rather than the sum of `taxes`, which can be a cent off.
    #[serde(deserialize_with = "scalar::amount")]
    pub total_tax: Decimal,
    /// The tax by rate; empty where the line is not taxed.
    #[serde(default)]
    pub taxes: Vec<LineTax>,
    /// The product's *present* SKU; `None` where it has none or is gone.
    #[serde(default, deserialize_with = "scalar::text_or_none")]
    pub sku: Option<String>,
    /// For a variation its parent's name.
    #[serde(default, deserialize_with = "scalar::decoded_or_none")]
    pub parent_name: Option<String>,
    /// Meta data.
    #[serde(default)]
    pub meta_data: Meta,
}

impl LineItem {
    /// What was sold: the variation's id, else the product's, else `None`.
    pub fn sold_id(&self) -> Option<u64> {
        [self.variation_id, self.product_id]
            .into_iter()
            .find(|id| *id != 0)
    }

    /// In a refund: the order's line that is taken back.
    pub fn refunded_item_id(&self) -> Option<u64> {
        refunded_item_id(&self.meta_data)
    }
}

/// The tax of one rate on a line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LineTax {
    /// The rate's id, as text: tax services invent their own.
    #[serde(rename = "id", deserialize_with = "scalar::text")]
    pub rate_id: String,
    /// The tax after discounts; "" is received for none.
    #[serde(default, deserialize_with = "scalar::amount_or_zero")]
    pub total: Decimal,
    /// The tax before discounts; shipping and fees have none.
    #[serde(default, deserialize_with = "scalar::amount_or_none")]
    pub subtotal: Option<Decimal>,
}

/// Whether tax applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum TaxStatus {
    /// Taxed.
    #[default]
    Taxable,
    /// Only its shipping is taxed (products).
    Shipping,
    /// Not taxed.
    None,
    /// Something a plugin added.
    Custom(String),
}

impl From<String> for TaxStatus {
    fn from(text: String) -> Self {
        match text.as_str() {
            "taxable" | "" => Self::Taxable,
            "shipping" => Self::Shipping,
            "none" => Self::None,
            _ => Self::Custom(text),
        }
    }
}

/// A shipping line. Amounts are without tax.
#[derive(Clone, Debug, Deserialize)]
pub struct ShippingLine {
    /// The line's id.
    pub id: u64,
    /// The method's title as shown to the customer; entities resolved.
    #[serde(default, deserialize_with = "scalar::decoded")]
    pub method_title: String,
    /// The method's slug, such as `flat_rate`.
    #[serde(default, deserialize_with = "scalar::text")]
    pub method_id: String,
    /// Without tax.
    #[serde(deserialize_with = "scalar::amount")]
    pub total: Decimal,
    /// The tax on it.
    #[serde(deserialize_with = "scalar::amount")]
    pub total_tax: Decimal,
    /// The tax by rate.
    #[serde(default)]
    pub taxes: Vec<LineTax>,
    /// Meta data.
    #[serde(default)]
    pub meta_data: Meta,
}

impl ShippingLine {
    /// In a refund: the order's line that is taken back.
    pub fn refunded_item_id(&self) -> Option<u64> {
        refunded_item_id(&self.meta_data)
    }
}

/// A fee line; a discount given as a fee is negative. Amounts are without tax.
#[derive(Clone, Debug, Deserialize)]
pub struct FeeLine {
    /// The line's id.
    pub id: u64,
    /// What the fee is for; entities resolved.
    #[serde(default, deserialize_with = "scalar::decoded")]
    pub name: String,
    /// The tax class's slug; "" is standard.
    #[serde(default, deserialize_with = "scalar::text")]
    pub tax_class: String,
    /// Whether it is taxed.
    #[serde(default)]
    pub tax_status: TaxStatus,
    /// Without tax.
    #[serde(deserialize_with = "scalar::amount")]
    pub total: Decimal,
    /// The tax on it; negative for a negative taxable fee.
    #[serde(deserialize_with = "scalar::amount")]
    pub total_tax: Decimal,
    /// The tax by rate.
    #[serde(default)]
    pub taxes: Vec<LineTax>,
    /// Meta data.
    #[serde(default)]
    pub meta_data: Meta,
}

impl FeeLine {
    /// In a refund: the order's line that is taken back.
    pub fn refunded_item_id(&self) -> Option<u64> {
        refunded_item_id(&self.meta_data)
    }
}

/// A coupon used. Its discount is already in the lines' totals; the sum over coupons can be a cent
/// off the order's `discount_total` (FACTS: WooCommerce §5).
#[derive(Clone, Debug, Deserialize)]
pub struct CouponLine {
    /// The line's id.
    pub id: u64,
    /// The code, lower case; entities resolved.
    #[serde(deserialize_with = "scalar::decoded")]
    pub code: String,
    /// The discount without tax, positive.
    #[serde(deserialize_with = "scalar::amount")]
    pub discount: Decimal,
    /// The tax saved by it, positive.
    #[serde(deserialize_with = "scalar::amount")]
    pub discount_tax: Decimal,
    /// `percent`, `fixed_cart`, `fixed_product` or a plugin's own; newer stores only.
    #[serde(default, deserialize_with = "scalar::text_or_none")]
    pub discount_type: Option<String>,
}

/// The tax of one rate over the whole order. A zero rate has a line of 0.00, an untaxed order has
/// no line at all (FACTS: WooCommerce §5).
#[derive(Clone, Debug, Deserialize)]
pub struct TaxLine {
    /// The rate's id, as text: tax services invent their own, and deleted rates stay here.
    #[serde(deserialize_with = "scalar::text")]
    pub rate_id: String,
    /// The rate's code, such as `US-NY-NY SALES TAX-1`.
    #[serde(default, deserialize_with = "scalar::decoded")]
    pub rate_code: String,
    /// The rate's label; entities resolved.
    #[serde(default, deserialize_with = "scalar::decoded")]
    pub label: String,
    /// The rate in percent (8.875); `None` on orders of very old versions.
    #[serde(default, deserialize_with = "scalar::amount_or_none")]
    pub rate_percent: Option<Decimal>,
    /// Whether it is charged on top of the other taxes.
    #[serde(default)]
    pub compound: bool,
    /// The tax on lines and fees.
    #[serde(deserialize_with = "scalar::amount")]
    pub tax_total: Decimal,
    /// The tax on shipping.
    #[serde(deserialize_with = "scalar::amount")]
    pub shipping_tax_total: Decimal,
}

fn refunded_item_id(meta: &Meta) -> Option<u64> {
    meta.text("_refunded_item_id")?.parse().ok()
}
