//! The store's own settings, as far as orders and answers depend on them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Where the store is, what it sells in and how it sums.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// As `/wp-json/` shows it: HTML-encoded.
    pub name: String,
    pub zone_name: String,
    pub zone: TimeZone,
    pub currency: String,
    /// A character on orders: `$`.
    pub currency_symbol: String,
    /// HTML everywhere else: `&#36;`.
    pub currency_symbol_html: String,
    pub currency_name: String,
    pub country: String,
    pub state: String,
    pub city: String,
    pub postcode: String,
    pub address: String,
    pub prices_include_tax: bool,
    pub round_at_subtotal: bool,
    /// How many decimals prices, taxes and totals have: the store's own choice, not its currency's.
    pub decimals: u32,
    /// The WooCommerce that made the orders.
    pub version: String,
}

impl Settings {
    /// `2026-11-21T15:30:41`, in the store's time.
    pub(crate) fn local(&self, moment: Timestamp) -> jiff::civil::DateTime {
        self.zone.to_datetime(moment)
    }

    /// The store's offset from UTC at `moment`, in seconds.
    pub(crate) fn offset_seconds(&self, moment: Timestamp) -> i32 {
        self.zone.to_offset(moment).seconds()
    }
}
