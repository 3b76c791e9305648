//! Orders and refunds as stored: money with six decimals, times in UTC.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::people::Address;

/// One entry of `meta_data`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Meta {
    pub id: u64,
    pub key: String,
    pub value: Value,
    /// What line items show beside it; orders and refunds have none.
    pub display: Option<(String, Value)>,
}

/// The tax of one rate on a line, a fee or a shipping line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LineTax {
    pub rate_id: u64,
    pub total: Decimal,
    /// Only product lines have one; elsewhere it is printed as "".
    pub subtotal: Option<Decimal>,
}

/// A product line; in a refund its amounts and its quantity are negative.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProductLine {
    pub id: u64,
    pub name: String,
    pub product_id: u64,
    pub variation_id: u64,
    pub quantity: i64,
    pub tax_class: String,
    pub subtotal: Decimal,
    pub subtotal_tax: Decimal,
    pub total: Decimal,
    pub total_tax: Decimal,
    pub taxes: Vec<LineTax>,
    pub meta: Vec<Meta>,
    /// `None` once the product is gone.
    pub sku: Option<String>,
    pub global_unique_id: Option<String>,
    /// Variations show the number 0, other products "".
    pub image_is_zero: bool,
    pub parent_name: Option<String>,
}

/// What one rate takes of the whole order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TaxLine {
    pub id: u64,
    pub rate_code: String,
    pub rate_id: u64,
    pub label: String,
    pub compound: bool,
    pub tax_total: Decimal,
    pub shipping_tax_total: Decimal,
    pub rate_percent: Decimal,
    pub meta: Vec<Meta>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShippingLine {
    pub id: u64,
    pub method_title: String,
    pub method_id: String,
    pub instance_id: String,
    pub total: Decimal,
    pub total_tax: Decimal,
    pub taxes: Vec<LineTax>,
    pub tax_status: String,
    pub meta: Vec<Meta>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FeeLine {
    pub id: u64,
    pub name: String,
    pub tax_class: String,
    pub tax_status: String,
    pub amount: String,
    pub total: Decimal,
    pub total_tax: Decimal,
    pub taxes: Vec<LineTax>,
    pub meta: Vec<Meta>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CouponLine {
    pub id: u64,
    pub code: String,
    pub discount: Decimal,
    pub discount_tax: Decimal,
    pub meta: Vec<Meta>,
    pub discount_type: String,
    pub nominal_amount: Decimal,
    pub free_shipping: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refund {
    pub id: u64,
    pub created: Timestamp,
    /// Positive.
    pub amount: Decimal,
    pub reason: String,
    pub refunded_by: u64,
    pub refunded_payment: bool,
    pub meta: Vec<Meta>,
    pub lines: Vec<ProductLine>,
    pub shipping_lines: Vec<ShippingLine>,
    pub tax_lines: Vec<TaxLine>,
    pub fee_lines: Vec<FeeLine>,
}

#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_field_names,
    reason = "`order_key` is what the API calls it"
)]
pub(crate) struct Order {
    pub id: u64,
    pub number: String,
    pub status: String,
    pub currency: String,
    pub currency_symbol: String,
    pub version: String,
    pub prices_include_tax: bool,
    pub created: Timestamp,
    pub modified: Timestamp,
    pub paid: Option<Timestamp>,
    pub completed: Option<Timestamp>,
    pub discount_total: Decimal,
    pub discount_tax: Decimal,
    pub shipping_total: Decimal,
    pub shipping_tax: Decimal,
    pub cart_tax: Decimal,
    pub total: Decimal,
    pub total_tax: Decimal,
    pub customer_id: u64,
    pub order_key: String,
    pub billing: Address,
    pub shipping: Address,
    pub payment_method: String,
    pub payment_method_title: String,
    pub transaction_id: String,
    pub customer_ip_address: String,
    pub customer_user_agent: String,
    pub created_via: String,
    pub customer_note: String,
    pub cart_hash: String,
    pub meta: Vec<Meta>,
    pub lines: Vec<ProductLine>,
    pub tax_lines: Vec<TaxLine>,
    pub shipping_lines: Vec<ShippingLine>,
    pub fee_lines: Vec<FeeLine>,
    pub coupon_lines: Vec<CouponLine>,
    pub refunds: Vec<Refund>,
    /// Whether there is something to send: then a paid order waits in `processing`.
    pub needs_processing: bool,
}

impl Order {
    /// What refunds have given back so far; positive.
    pub(crate) fn refunded(&self) -> Decimal {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    /// The admin page lets these be edited.
    pub(crate) fn is_editable(&self) -> bool {
        matches!(self.status.as_str(), "pending" | "on-hold" | "auto-draft")
    }

    pub(crate) fn needs_payment(&self) -> bool {
        matches!(
            self.status.as_str(),
            "pending" | "failed" | "checkout-draft"
        ) && self.total > Decimal::ZERO
    }

    /// The state a reader can catch while the order is being written: no taxes,
    /// no totals, the first `lines` of its lines. FACTS: WooCommerce §1.6.
    pub(crate) fn half_written(&self, lines: usize) -> Self {
        let mut half = self.clone();
        "pending".clone_into(&mut half.status);
        half.modified = self.created;
        half.paid = None;
        half.completed = None;
        half.lines.truncate(lines);
        for line in &mut half.lines {
            line.taxes.clear();
            line.subtotal_tax = Decimal::ZERO;
            line.total_tax = Decimal::ZERO;
        }
        half.tax_lines.clear();
        half.shipping_lines.clear();
        half.fee_lines.clear();
        half.coupon_lines.clear();
        half.refunds.clear();
        half.meta.clear();
        half.payment_method_title.clear();
        half.transaction_id.clear();
        for amount in [
            &mut half.discount_total,
            &mut half.discount_tax,
            &mut half.shipping_total,
            &mut half.shipping_tax,
            &mut half.cart_tax,
            &mut half.total,
            &mut half.total_tax,
        ] {
            *amount = Decimal::ZERO;
        }
        half
    }
}
