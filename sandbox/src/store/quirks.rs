//! What differs from store to store and from version to version.

use std::time::Duration;

use jiff::SignedDuration;

/// The simulated WooCommerce version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreVersion {
    /// 10.5.0: `orderby=modified` has the id as second key, `/variations` exists,
    /// lines have `global_unique_id`, refunds `_refund_type`.
    #[default]
    V10_5,
    /// 9.9.5: none of these; orders of one second come in another order on each page.
    V9_9,
}

impl StoreVersion {
    /// As the API says it.
    #[must_use]
    pub fn number(self) -> &'static str {
        match self {
            Self::V10_5 => "10.5.0",
            Self::V9_9 => "9.9.5",
        }
    }

    pub(crate) fn has_global_unique_ids(self) -> bool {
        self == Self::V10_5
    }

    /// Whether `taxes[].total` has `dp` decimals; 9.9.5 shows all six as stored.
    pub(crate) fn formats_line_taxes(self) -> bool {
        self == Self::V10_5
    }

    pub(crate) fn has_refund_types(self) -> bool {
        self == Self::V10_5
    }

    pub(crate) fn breaks_ties_by_id(self) -> bool {
        self == Self::V10_5
    }

    pub(crate) fn lists_variations(self) -> bool {
        self == Self::V10_5
    }
}

/// Where orders are kept. It decides what moves `date_modified`. FACTS: WooCommerce §4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderStorage {
    /// Custom order tables: every save moves `date_modified`.
    #[default]
    Hpos,
    /// `wp_posts`: edits of items and meta do not move it.
    Posts,
}

/// The behaviours that differ between stores. Default: WooCommerce 10.5 with HPOS
/// behind a TLS proxy, clock right, answers at once.
#[derive(Debug, Clone)]
pub struct StoreQuirks {
    /// Version, and with it the tie-break of `orderby=modified`.
    pub version: StoreVersion,
    /// Custom tables or posts.
    pub storage: OrderStorage,
    /// Whether order lists past the end keep the true `X-WP-Total`; `None`: as
    /// the storage does (HPOS says 0).
    pub true_total_past_the_end: Option<bool>,
    /// `display_errors` is on: a PHP warning stands before the JSON, status 200.
    pub php_warning_before_json: bool,
    /// Added to the clock in the `Date` header only; negative: the server's clock is late.
    pub date_header_skew: SignedDuration,
    /// Real time each request takes before it is answered.
    pub latency: Duration,
    /// As over plain http without a TLS proxy: Basic auth looks like no auth.
    pub basic_auth_ignored: bool,
    /// Answers compressed when asked for.
    pub gzip: bool,
}

impl Default for StoreQuirks {
    fn default() -> Self {
        Self {
            version: StoreVersion::default(),
            storage: OrderStorage::default(),
            true_total_past_the_end: None,
            php_warning_before_json: false,
            date_header_skew: SignedDuration::ZERO,
            latency: Duration::ZERO,
            basic_auth_ignored: false,
            gzip: true,
        }
    }
}

impl StoreQuirks {
    /// Whether an order list past its end still says how many orders there are.
    pub(crate) fn keeps_total_past_the_end(&self) -> bool {
        self.true_total_past_the_end
            .unwrap_or(self.storage == OrderStorage::Posts)
    }
}
