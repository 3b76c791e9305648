//! The program's own tables.

use super::{Section, optional, preset, required, table};

/// The top of the file.
pub const ROOT: Section = Section {
    header: "the top of the file",
    about: "",
    keys: &[
        table("database", "where everything durable is"),
        table("server", "API and dashboard"),
        table("log", "what is logged"),
        table("connections", "the outside systems"),
        table("pipelines", "what is read from where and posted to where"),
    ],
};

/// `[database]`
pub const DATABASE: Section = Section {
    header: "[database]",
    about: "Where everything durable is: journal, cursors, tokens. SQLite for one daemon, PostgreSQL for several.",
    keys: &[preset(
        "url",
        "`sqlite://` or `postgres://` address, or a secret",
        "\"sqlite://daybook.db\"",
        "The database. A relative SQLite path starts at the working directory. An address with a password is best given as a secret, `{ env = \"DATABASE_URL\" }`.",
    )],
};

/// `[server]`
pub const SERVER: Section = Section {
    header: "[server]",
    about: "API and dashboard.",
    keys: &[
        preset(
            "listen",
            "address and port",
            "\"127.0.0.1:8080\"",
            "Where the server listens. Anything but this machine's own address needs `auth_token`.",
        ),
        optional(
            "auth_token",
            "secret",
            "everybody who reaches the address may read and act",
            "The token that may read and act. Required where `listen` or `public_url` is not this machine's own address. May name an environment variable that is not set.",
        ),
        optional(
            "viewer_token",
            "secret",
            "nobody may only read",
            "A token that may read and not act. May name an environment variable that is not set.",
        ),
        optional(
            "public_url",
            "https address; http for loopback",
            "`http://` and `listen`",
            "How people reach the dashboard. Used in links and as the address to which Intuit sends people back after consent.",
        ),
    ],
};

/// `[log]`
pub const LOG: Section = Section {
    header: "[log]",
    about: "What is logged, and how.",
    keys: &[
        preset(
            "level",
            "filter",
            "\"info\"",
            "`error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,daybook::engine=debug`.",
        ),
        preset(
            "format",
            "`text` or `json`",
            "\"text\"",
            "`text` for people, `json` for machines: one object a line.",
        ),
    ],
};

/// `[[pipelines]]`
pub const PIPELINE: Section = Section {
    header: "[[pipelines]]",
    about: "What is read from where and posted to where. One table for each pipeline.",
    keys: &[
        required(
            "name",
            "name, unique",
            "How the pipeline is called in commands, pages and the API.",
        ),
        preset(
            "tenant",
            "name",
            "\"default\"",
            "Whose pipeline it is: a label on its runs.",
        ),
        required(
            "source",
            "name of a connection",
            "The store that is read: a connection of kind `woocommerce`.",
        ),
        required(
            "target",
            "name of a connection",
            "The company that is written: a connection of kind `quickbooks`.",
        ),
        preset(
            "streams",
            "list of `customers`, `products`, `orders`, `refunds`",
            "[\"customers\", \"products\", \"orders\", \"refunds\"]",
            "What is read. A run walks them in this order, however they are listed.",
        ),
        preset(
            "schedule",
            "cron, `every 5m`, or `manual`",
            "\"*/5 * * * *\"",
            "When runs start by themselves. Cron has five fields and follows the clock of `timezone`.",
        ),
        required(
            "timezone",
            "IANA time zone",
            "The books' calendar: which day a sale belongs to. For example `America/New_York`.",
        ),
        required(
            "start_date",
            "date",
            "Nothing dated earlier is posted. For example 2026-01-01, without quotes.",
        ),
        preset(
            "posting",
            "`auto` or `review`",
            "\"auto\"",
            "`auto` posts at once. `review`: runs read and plan, and nothing is sent until somebody approves it with `daybook plan` and `daybook apply`.",
        ),
        table("mapping", "how things are booked"),
    ],
};
