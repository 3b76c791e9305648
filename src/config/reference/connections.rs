//! The tables of the outside systems.

use super::{Section, optional, preset, required, table};

/// `[connections]`: the names are free.
pub const CONNECTION: Section = Section {
    header: "[connections.NAME]",
    about: "",
    keys: &[table("NAME", "one outside system")],
};

const KIND: &str = "What the connection is: `woocommerce` or `quickbooks`.";

/// `[connections.NAME]` of a store.
pub const WOOCOMMERCE: Section = Section {
    header: "[connections.NAME] with kind = \"woocommerce\"",
    about: "A WooCommerce store, which is read over its REST API (wc/v3).",
    keys: &[
        required("kind", "`woocommerce`", KIND),
        required(
            "url",
            "https address; http for loopback",
            "Where WordPress is; `wp-json` is below it.",
        ),
        required(
            "consumer_key",
            "secret",
            "The key of the REST API (WooCommerce › Settings › Advanced › REST API), with permission to read.",
        ),
        required(
            "consumer_secret",
            "secret",
            "The secret that belongs to the key.",
        ),
        preset(
            "page_size",
            "1 to 100",
            "100",
            "Records a page. Fewer make a weak store breathe.",
        ),
        preset(
            "timeout",
            "duration, 1s to 10m",
            "\"60s\"",
            "How long one request may take.",
        ),
        preset(
            "settle",
            "duration, 0s to 1h",
            "\"15s\"",
            "Orders younger than this, by the store's clock, wait for the next look: an order can be read half-written.",
        ),
        optional(
            "webhook_secret",
            "secret",
            "webhooks of this store are refused",
            "The secret of the store's webhooks, which are a hint to look sooner. May name an environment variable that is not set.",
        ),
    ],
};

/// `[connections.NAME]` of a company.
pub const QUICKBOOKS: Section = Section {
    header: "[connections.NAME] with kind = \"quickbooks\"",
    about: "A QuickBooks Online company, which is written over the Accounting API v3.",
    keys: &[
        required("kind", "`quickbooks`", KIND),
        required(
            "environment",
            "`sandbox` or `production`",
            "Whether these are books for trying or real ones.",
        ),
        required(
            "client_id",
            "text or secret",
            "The client id of the app at developer.intuit.com, for the same environment.",
        ),
        required(
            "client_secret",
            "secret",
            "The client secret that belongs to it.",
        ),
        required(
            "realm_id",
            "digits, in quotes",
            "The company's number: Company ID in QuickBooks' account settings.",
        ),
        optional(
            "refresh_token",
            "secret",
            "`daybook connect NAME` asks for consent",
            "A refresh token for the first start; afterwards the stored one rules. May name an environment variable that is not set.",
        ),
        optional(
            "base_url",
            "https address; http for loopback",
            "the environment's",
            "The API instead of Intuit's: a proxy or a simulator.",
        ),
        optional(
            "token_url",
            "https address; http for loopback",
            "Intuit's",
            "Where tokens are refreshed.",
        ),
        optional(
            "authorize_url",
            "https address; http for loopback",
            "Intuit's",
            "Where people give consent.",
        ),
        optional(
            "revoke_url",
            "https address; http for loopback",
            "Intuit's",
            "Where tokens are given back.",
        ),
        preset(
            "timeout",
            "duration, 1s to 10m",
            "\"150s\"",
            "How long an answer may take; QuickBooks itself gives up after 120 s. A document whose answer was lost is not sent again before this has passed.",
        ),
        preset(
            "concurrency",
            "1 or more",
            "10",
            "Calls in flight at once. Intuit's limit is 10.",
        ),
        preset(
            "requests_per_minute",
            "1 or more",
            "500",
            "Requests a minute, batch calls among them. Intuit's limit is 500.",
        ),
        preset(
            "requests_per_second",
            "1 or more",
            "10",
            "Requests a second. Intuit's limit is 10.",
        ),
        preset(
            "batch_calls_per_minute",
            "0 or more",
            "40",
            "Batch calls a minute; 0 turns them off. Intuit's limit is 40.",
        ),
        preset(
            "batch_size",
            "1 to 30",
            "30",
            "Documents in a batch call; 1 turns batch calls off. QuickBooks refuses more than 30.",
        ),
    ],
};
