//! Orders.

use std::fmt;

use jiff::Timestamp;
use kit::Currency;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::parse::parse;
use super::refund::turned;
use super::{
    Address, CouponLine, FeeLine, LineItem, Meta, ParseError, ShippingLine, TaxLine, scalar,
};

/// Where an order stands. An open set: plugins add their own (FACTS: WooCommerce §3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(from = "String")]
pub enum OrderStatus {
    /// Waiting for payment, or an order still being written.
    Pending,
    /// Paid, or to be paid on delivery; not yet sent.
    Processing,
    /// Waiting, mostly for a bank transfer.
    OnHold,
    /// Done.
    Completed,
    /// Cancelled.
    Cancelled,
    /// Refunded in full, or set so by hand.
    Refunded,
    /// Payment failed.
    Failed,
    /// In the bin.
    Trash,
    /// An empty order of the admin pages.
    AutoDraft,
    /// A basket not yet bought.
    CheckoutDraft,
    /// Any other, without the `wc-` that the store's tables have before it.
    Custom(String),
}

impl OrderStatus {
    /// The slug as the API writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::OnHold => "on-hold",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Failed => "failed",
            Self::Trash => "trash",
            Self::AutoDraft => "auto-draft",
            Self::CheckoutDraft => "checkout-draft",
            Self::Custom(slug) => slug,
        }
    }
}

impl From<&str> for OrderStatus {
    fn from(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            "processing" => Self::Processing,
            "on-hold" => Self::OnHold,
            "completed" => Self::Completed,
            "cancelled" => Self::Cancelled,
            "refunded" => Self::Refunded,
            "failed" => Self::Failed,
            "trash" => Self::Trash,
            "auto-draft" => Self::AutoDraft,
            "checkout-draft" => Self::CheckoutDraft,
            other => Self::Custom(other.to_owned()),
        }
    }
}

impl From<String> for OrderStatus {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An order. All amounts are in `currency`, with as many decimals as were asked for; `total` is what
/// the customer paid (FACTS: WooCommerce §6).
#[derive(Clone, Debug, Deserialize)]
pub struct Order {
    /// The id, shared with refunds, products and coupons: gaps are normal.
    pub id: u64,
    /// The number as people know it; the id unless a plugin numbers.
    #[serde(deserialize_with = "scalar::text")]
    pub number: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// Its currency; may differ from the store's.
    pub currency: Currency,
    /// Whether prices were entered with tax when the order was made. Amounts here never include it.
    pub prices_include_tax: bool,
    /// When it was made.
    #[serde(default, deserialize_with = "scalar::moment")]
    pub date_created_gmt: Option<Timestamp>,
    /// When it last changed; not every change moves it (FACTS: WooCommerce §4).
    #[serde(default, deserialize_with = "scalar::moment")]
    pub date_modified_gmt: Option<Timestamp>,
    /// When it was paid; none where the money has not come, or comes outside the store.
    #[serde(default, deserialize_with = "scalar::moment")]
    pub date_paid_gmt: Option<Timestamp>,
    /// When it was completed; kept when refunded later.
    #[serde(default, deserialize_with = "scalar::moment")]
    pub date_completed_gmt: Option<Timestamp>,
    /// All discounts on lines, without tax: Σ (subtotal − total).
    #[serde(deserialize_with = "scalar::amount")]
    pub discount_total: Decimal,
    /// The tax saved by discounts.
    #[serde(deserialize_with = "scalar::amount")]
    pub discount_tax: Decimal,
    /// All shipping, without tax.
    #[serde(deserialize_with = "scalar::amount")]
    pub shipping_total: Decimal,
    /// The tax on shipping.
    #[serde(deserialize_with = "scalar::amount")]
    pub shipping_tax: Decimal,
    /// The tax on lines and fees.
    #[serde(deserialize_with = "scalar::amount")]
    pub cart_tax: Decimal,
    /// What the customer pays, tax included. Refunds do not change it.
    #[serde(deserialize_with = "scalar::amount")]
    pub total: Decimal,
    /// All tax: `cart_tax` + `shipping_tax`.
    #[serde(deserialize_with = "scalar::amount")]
    pub total_tax: Decimal,
    /// The account; 0 for guests and deleted accounts.
    #[serde(default)]
    pub customer_id: u64,
    /// The billing address, with e-mail.
    #[serde(default)]
    pub billing: Address,
    /// The shipping address.
    #[serde(default)]
    pub shipping: Address,
    /// The gateway's slug; "" for free orders and those made by hand.
    #[serde(default, deserialize_with = "scalar::text")]
    pub payment_method: String,
    /// The gateway's title; entities resolved.
    #[serde(default, deserialize_with = "scalar::decoded")]
    pub payment_method_title: String,
    /// The gateway's reference; `None` where there is none.
    #[serde(default, deserialize_with = "scalar::text_or_none")]
    pub transaction_id: Option<String>,
    /// What the customer wrote; may hold line breaks.
    #[serde(default, deserialize_with = "scalar::text")]
    pub customer_note: String,
    /// Who made it: `checkout`, `store-api`, `admin`, `rest-api` or a plugin.
    #[serde(default, deserialize_with = "scalar::text")]
    pub created_via: String,
    /// The WooCommerce version that made it.
    #[serde(default, deserialize_with = "scalar::text")]
    pub version: String,
    /// Product lines.
    pub line_items: Vec<LineItem>,
    /// Shipping lines, often one, sometimes several.
    pub shipping_lines: Vec<ShippingLine>,
    /// Fee lines.
    pub fee_lines: Vec<FeeLine>,
    /// Coupons used.
    pub coupon_lines: Vec<CouponLine>,
    /// Tax by rate.
    pub tax_lines: Vec<TaxLine>,
    /// The refunds in short; `None` where the store does not say.
    #[serde(default)]
    pub refunds: Option<Vec<OrderRefund>>,
    /// Meta data: gateways' fees among it.
    #[serde(default)]
    pub meta_data: Meta,
}

/// A refund as its order shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OrderRefund {
    /// The refund's id.
    pub id: u64,
    /// Why.
    #[serde(default, deserialize_with = "scalar::text")]
    pub reason: String,
    /// What went back to the customer, positive (the API writes it negative).
    #[serde(deserialize_with = "scalar::amount")]
    pub total: Decimal,
}

/// Parses one order as received from `/orders` or `/orders/<id>`.
pub fn parse_order(body: &str) -> Result<Order, ParseError> {
    let mut order: Order = parse("order", body)?;
    for refund in order.refunds.iter_mut().flatten() {
        refund.total = turned(refund.total);
    }
    Ok(order)
}
