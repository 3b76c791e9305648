//! What an order carries beside its money: shipment, exchange rate, custom fields. All of it comes
//! from meta data that plugins write, and none of it may stop a posting.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use woocommerce::{MetaEntry, Order};

use super::order::Sale;

/// A parcel.
#[derive(Default)]
pub(super) struct Shipment {
    /// When it left.
    pub(super) date: Option<Date>,
    /// Its number, at most 30 characters (FACTS: QuickBooks, schema.json `TrackingNum`).
    pub(super) number: Option<String>,
}

/// An element of `_wc_shipment_tracking_items`, as the shipment tracking plugins write it.
#[derive(Deserialize)]
struct TrackingItem {
    #[serde(default)]
    tracking_number: Value,
    /// Seconds since 1970: mostly a text, a number where the plugin put the present moment.
    #[serde(default)]
    date_shipped: Value,
}

/// The first parcel.
pub(super) fn shipment(sale: &Sale<'_>) -> Shipment {
    let meta = &sale.order.meta_data;
    let Some(entry) = meta.get("_wc_shipment_tracking_items") else {
        let number = meta
            .text("_tracking_number")
            .and_then(|text| sale.books.texts.line(&text, 30));
        return Shipment { date: None, number };
    };
    let items = serde_json::from_str::<Vec<TrackingItem>>(entry.value.get());
    let Some(first) = items.unwrap_or_default().into_iter().next() else {
        return Shipment::default();
    };
    let shipped = plain(&first.date_shipped).and_then(|seconds| seconds.trim().parse().ok());
    let moment = shipped.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Shipment {
        // a day that somebody typed, kept as its midnight in UTC: it is a day of no zone
        date: moment.map(|moment| moment.to_zoned(TimeZone::UTC).date()),
        number: plain(&first.tracking_number).and_then(|it| sale.books.texts.line(&it, 30)),
    }
}

/// A text, or a number as one.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// How it is shipped, at most 30 characters (FACTS: QuickBooks §7).
pub(super) fn ship_method(sale: &Sale<'_>) -> Option<String> {
    let first = sale.order.shipping_lines.first()?;
    sale.books.texts.line(&first.method_title, 30)
}

/// Home units for one unit of the order's currency, where `WooPayments` noted what the store's own
/// currency bought, and that is the currency of the books. Else QuickBooks' own rate counts.
pub(super) fn exchange_rate(sale: &Sale<'_>) -> Option<Decimal> {
    if !sale.books.multi_currency || sale.order.currency == sale.books.home {
        return None;
    }
    let meta = &sale.order.meta_data;
    let base = meta.text("_wcpay_multi_currency_order_default_currency")?;
    if !base.eq_ignore_ascii_case(sale.books.home.as_str()) {
        return None;
    }
    let rate = meta
        .text("_wcpay_multi_currency_order_exchange_rate")?
        .trim()
        .parse::<Decimal>();
    let rate = rate.ok().filter(|rate| *rate > Decimal::ZERO)?;
    Some((Decimal::ONE / rate).round_dp(8).normalize())
}

/// Definition ids and values, at most 31 characters (FACTS: QuickBooks §6).
pub(super) fn custom_fields(sale: &Sale<'_>) -> Vec<(String, String)> {
    let value = |(id, source): &(String, String)| {
        let text = source_text(sale.order, source)?;
        Some((id.clone(), sale.books.texts.line(&text, 31)?))
    };
    sale.books.custom_fields.iter().filter_map(value).collect()
}

/// A member of the order by its name, else the meta data of that key.
fn source_text<'a>(order: &'a Order, source: &str) -> Option<Cow<'a, str>> {
    let member = match source {
        "id" => return Some(Cow::Owned(order.id.to_string())),
        "number" => &order.number,
        "customer_note" => &order.customer_note,
        "payment_method" => &order.payment_method,
        "payment_method_title" => &order.payment_method_title,
        "created_via" => &order.created_via,
        "billing.company" => &order.billing.company,
        "billing.phone" => &order.billing.phone,
        "transaction_id" => return order.transaction_id.as_deref().map(Cow::Borrowed),
        "status" => return Some(Cow::Borrowed(order.status.as_str())),
        "coupons" => {
            let codes: Vec<&str> = order
                .coupon_lines
                .iter()
                .map(|it| it.code.as_str())
                .collect();
            return Some(Cow::Owned(codes.join(", ")));
        }
        key => return order.meta_data.text(key),
    };
    Some(Cow::Borrowed(member))
}

/// What a gateway kept, and its currency where the gateway says it. Plugins write a number, or an
/// object with `paypal_fee` (FACTS: WooCommerce §5).
pub(super) fn gateway_fee(entry: &MetaEntry) -> Option<(Decimal, Option<String>)> {
    #[derive(Deserialize)]
    struct Amount {
        value: String,
        currency_code: Option<String>,
    }
    #[derive(Deserialize)]
    struct PayPal {
        paypal_fee: Amount,
    }
    // no fee is longer than an amount of an order can be
    let fee = |text: &str| {
        let fee: Decimal = text.trim().parse().ok()?;
        (fee.abs() < Decimal::from(10_000_000_000_u64)).then_some(fee)
    };
    if let Some(text) = entry.text() {
        return Some((fee(&text)?, None));
    }
    let fees: PayPal = serde_json::from_str(entry.value.get()).ok()?;
    Some((fee(&fees.paypal_fee.value)?, fees.paypal_fee.currency_code))
}
