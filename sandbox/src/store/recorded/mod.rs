//! The recorded real stores, read back so that they can be served, and changed,
//! like any other. A test writes every recorded order again and compares bytes.

mod catalogue;
mod order;

use serde_json::Value;

use super::model::order::Order;
use super::model::settings::Settings;
use super::money::CENTS;
use super::orders::Orders;
use super::shop::Shop;
use super::{StoreContents, model::people::Customer};

use jiff::tz::TimeZone;

/// The stores that were recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedStore {
    /// USD, prices without tax, New York, HPOS: 43 orders, every shape of refund.
    Us,
    /// GBP, prices with VAT, London, HPOS.
    Uk,
    /// CAD, GST with compound QST, Toronto, HPOS.
    Ca,
    /// USD with orders in the posts table; the products and accounts of `Us`.
    /// Serve it with [`OrderStorage::Posts`](super::OrderStorage::Posts).
    Legacy,
    /// WooCommerce 9.9.5; the products and accounts of `Us`.
    /// Serve it with [`StoreVersion::V9_9`](super::StoreVersion::V9_9).
    Old,
}

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/recorded/woocommerce/",
            $name,
            ".json"
        ))
    };
}
pub(crate) use recorded;

/// The body of a recorded exchange as it came.
pub(crate) fn raw_body(exchange: &str) -> String {
    let exchange: Value = serde_json::from_str(exchange).unwrap_or_default();
    let body = exchange.pointer("/response/body").and_then(Value::as_str);
    body.unwrap_or_default().to_owned()
}

/// The body of a recorded exchange, read.
pub(crate) fn body(exchange: &str) -> Value {
    serde_json::from_str(&raw_body(exchange)).unwrap_or_default()
}

/// The members of a recorded list, or the one recorded object.
fn entries(exchange: &str) -> Vec<Value> {
    match body(exchange) {
        Value::Array(entries) => entries,
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// The exchanges a store is read from.
struct Exchanges {
    orders: &'static [&'static str],
    /// The same orders with six decimals, as far as they were recorded.
    exact: &'static [&'static str],
    refunds: &'static [&'static str],
    products: &'static str,
    variations: &'static [&'static str],
    customers: &'static str,
    taxes: &'static str,
    coupons: &'static str,
    general: &'static str,
    tax: &'static str,
}

const US: Exchanges = Exchanges {
    orders: &[
        recorded!("us-orders-list-id-asc-per_page25-page1"),
        recorded!("us-orders-list-id-asc-per_page25-page2"),
        recorded!("us-order-trashed"),
        recorded!("us-order-round_at_subtotal"),
        recorded!("us-order-round_at_subtotal_cent_gap"),
    ],
    exact: &[
        recorded!("us-orders-list-dp6"),
        recorded!("us-order-coupon_fixed_cart_spread-dp6"),
        recorded!("us-order-fractional_rounding_many_lines-dp6"),
        recorded!("us-order-storeapi_ny_coupon-dp6"),
        recorded!("us-order-round_at_subtotal-dp6"),
        recorded!("us-order-round_at_subtotal_cent_gap-dp6"),
    ],
    refunds: &[recorded!("us-refunds-all")],
    products: recorded!("us-products-list"),
    variations: &[recorded!("us-product-variations")],
    customers: recorded!("us-customers-list"),
    taxes: recorded!("us-taxes"),
    coupons: recorded!("us-coupons"),
    general: recorded!("us-settings-general"),
    tax: recorded!("us-settings-tax"),
};

const UK: Exchanges = Exchanges {
    orders: &[
        recorded!("uk-orders-list"),
        recorded!("uk-order-round_at_subtotal"),
        recorded!("uk-order-round_at_subtotal_cent_gap"),
    ],
    exact: &[
        recorded!("uk-order-incl_vat_coupon_percent-dp6"),
        recorded!("uk-order-incl_vat_mixed_rates-dp6"),
        recorded!("uk-order-incl_vat_penny_rounding-dp6"),
        recorded!("uk-order-storeapi_incl-dp6"),
        recorded!("uk-order-round_at_subtotal-dp6"),
        recorded!("uk-order-round_at_subtotal_cent_gap-dp6"),
    ],
    refunds: &[recorded!("uk-refunds-all")],
    products: recorded!("uk-products-list"),
    variations: &[],
    customers: recorded!("uk-customers-list"),
    taxes: recorded!("uk-taxes"),
    coupons: recorded!("uk-coupons"),
    general: recorded!("uk-settings-general"),
    tax: recorded!("uk-settings-tax"),
};

const CA: Exchanges = Exchanges {
    orders: &[
        recorded!("ca-orders-list"),
        recorded!("ca-order-torn-read-while-being-created-2-whole"),
    ],
    exact: &[
        recorded!("ca-order-compound_coupon-dp6"),
        recorded!("ca-order-compound_gst_qst-dp6"),
    ],
    refunds: &[recorded!("ca-refunds-all")],
    products: recorded!("ca-products-list"),
    variations: &[],
    customers: recorded!("ca-customers-list"),
    taxes: recorded!("ca-taxes"),
    coupons: recorded!("ca-coupons"),
    general: recorded!("ca-settings-general"),
    tax: recorded!("ca-settings-tax"),
};

const LEGACY: Exchanges = Exchanges {
    orders: &[
        recorded!("legacy-orders-list"),
        recorded!("legacy-order-custom-status"),
        recorded!("legacy-order-qty_weird_meta"),
        recorded!("legacy-order-refund_amount_only"),
    ],
    exact: &[],
    refunds: &[],
    ..US
};

const OLD: Exchanges = Exchanges {
    orders: &[
        recorded!("old-order-completed_paypal_NY_shiptax"),
        recorded!("old-order-two_coupons"),
        recorded!("old-order-refund_partial_lines"),
    ],
    exact: &[],
    refunds: &[recorded!("old-refunds-all")],
    ..US
};

/// Reads a recorded store.
pub(super) fn contents(store: RecordedStore) -> StoreContents {
    let exchanges = match store {
        RecordedStore::Us => &US,
        RecordedStore::Uk => &UK,
        RecordedStore::Ca => &CA,
        RecordedStore::Legacy => &LEGACY,
        RecordedStore::Old => &OLD,
    };
    let settings = settings(store, exchanges);
    let orders = orders(exchanges);
    let mut products: Vec<_> = entries(exchanges.products)
        .iter()
        .map(catalogue::product)
        .collect();
    for list in exchanges.variations {
        products.extend(entries(list).iter().map(catalogue::product));
    }
    let rates = entries(exchanges.taxes)
        .iter()
        .map(catalogue::rate)
        .collect();
    let coupons: Vec<_> = entries(exchanges.coupons)
        .iter()
        .map(catalogue::coupon)
        .collect();
    let customers: Vec<Customer> = entries(exchanges.customers)
        .iter()
        .map(catalogue::customer)
        .collect();
    let shop = Shop::new(settings, rates, coupons, products);
    StoreContents::of(shop, Orders::of(orders), customers)
}

fn orders(exchanges: &Exchanges) -> Vec<Order> {
    let exact: Vec<Value> = exchanges
        .exact
        .iter()
        .flat_map(|text| entries(text))
        .collect();
    let refunds: Vec<Value> = exchanges
        .refunds
        .iter()
        .flat_map(|text| entries(text))
        .collect();
    let mut orders: Vec<Order> = exchanges
        .orders
        .iter()
        .flat_map(|text| entries(text))
        .map(|shown| {
            let id = shown.get("id");
            let stored = exact
                .iter()
                .find(|order| order.get("id") == id)
                .unwrap_or(&shown);
            let refunds: Vec<&Value> = refunds
                .iter()
                .filter(|refund| refund.get("parent_id") == id)
                .collect();
            order::order(stored, &shown, &refunds)
        })
        .collect();
    orders.sort_by_key(|order| order.id);
    orders.dedup_by_key(|order| order.id);
    orders
}

fn settings(store: RecordedStore, exchanges: &Exchanges) -> Settings {
    let all: Vec<Value> = entries(exchanges.general)
        .into_iter()
        .chain(entries(exchanges.tax))
        .collect();
    let value = |id: &str| -> String {
        let setting = all
            .iter()
            .find(|setting| setting.get("id").and_then(Value::as_str) == Some(id));
        setting
            .and_then(|setting| setting.get("value").and_then(Value::as_str))
            .unwrap_or_default()
            .to_owned()
    };
    let (name, zone, currency_name) = match store {
        RecordedStore::Us | RecordedStore::Old => (
            "Thistle &amp; Thyme (us)",
            "America/New_York",
            "United States (US) dollar",
        ),
        RecordedStore::Legacy => (
            "Thistle &amp; Thyme (legacy)",
            "America/New_York",
            "United States (US) dollar",
        ),
        RecordedStore::Uk => (
            "Thistle &amp; Thyme (uk)",
            "Europe/London",
            "Pound sterling",
        ),
        RecordedStore::Ca => (
            "Thistle &amp; Thyme (ca)",
            "America/Toronto",
            "Canadian dollar",
        ),
    };
    let base = value("woocommerce_default_country");
    let (country, state) = base.split_once(':').unwrap_or((&base, ""));
    let currency = value("woocommerce_currency");
    let (symbol, html) = if currency == "GBP" {
        ("£", "&pound;")
    } else {
        ("$", "&#36;")
    };
    Settings {
        name: name.to_owned(),
        zone_name: zone.to_owned(),
        zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
        currency,
        currency_symbol: symbol.to_owned(),
        currency_symbol_html: html.to_owned(),
        currency_name: currency_name.to_owned(),
        country: country.to_owned(),
        state: state.to_owned(),
        city: value("woocommerce_store_city"),
        postcode: value("woocommerce_store_postcode"),
        address: value("woocommerce_store_address"),
        prices_include_tax: value("woocommerce_prices_include_tax") == "yes",
        round_at_subtotal: value("woocommerce_tax_round_at_subtotal") == "yes",
        decimals: CENTS,
        version: if store == RecordedStore::Old {
            "9.9.5"
        } else {
            "10.5.0"
        }
        .to_owned(),
    }
}

/// Moves links of the recorded sites in JSON text to this one.
pub(crate) fn moved_to(site: &str, json: &str) -> String {
    let site = site.replace('/', "\\/");
    (8443..=8450).fold(json.to_owned(), |text, port| {
        text.replace(&format!("https:\\/\\/127.0.0.1:{port}"), &site)
    })
}

/// A text member; "" when it is missing.
fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn flag(value: &Value, name: &str) -> bool {
    value[name].as_bool().unwrap_or_default()
}

fn id(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_default()
}

/// Money or a rate, as text or as a number; zero when it is missing.
fn amount(value: &Value, name: &str) -> rust_decimal::Decimal {
    let text = match &value[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return rust_decimal::Decimal::ZERO,
    };
    text.parse().unwrap_or_default()
}

/// A `…_gmt` stamp.
fn utc(value: &Value, name: &str) -> Option<jiff::Timestamp> {
    format!("{}Z", value[name].as_str()?).parse().ok()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}
