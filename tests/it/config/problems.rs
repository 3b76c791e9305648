//! Every message a bad configuration gets, word for word.

use super::{added, config, messages, problems, with};

/// The only message for a line added to a table.
fn said(header: &str, line: &str) -> String {
    only(&added(header, line))
}

/// The only message for a text replaced.
fn said_of(from: &str, to: &str) -> String {
    only(&with(from, to))
}

fn only(text: &str) -> String {
    let messages = messages(text);
    assert_eq!(messages.len(), 1, "{messages:#?}");
    messages.concat()
}

#[test]
fn all_problems_are_said_at_once_in_the_order_of_the_file() {
    let text = with("environment = \"sandbox\"", "environment = \"sandbx\"")
        .replace("listen = \"127.0.0.1:8080\"", "listen = \"0.0.0.0:8080\"")
        .replace("target = \"books\"", "target = \"boks\"\n\tstrems = []");
    assert_eq!(
        problems(&text),
        r#"config.toml:2:10: `server.listen`: `0.0.0.0:8080` can be reached from other machines, so `auth_token` must be given: everybody could post to the books
  |
2 | listen = "0.0.0.0:8080"
  |          ^^^^^^^^^^^^^^

config.toml:10:15: `connections.books.environment`: `sandbx` is not known; the nearest is `sandbox`; possible are `sandbox` or `production`
   |
10 | environment = "sandbx"
   |               ^^^^^^^^

config.toml:17:10: `pipelines.shop.target`: there is no connection `boks`; the nearest is `books`
   |
17 | target = "boks"
   |          ^^^^^^

config.toml:18:2: `pipelines.shop.strems`: unknown key; the nearest known key is `streams`
   |
18 | 	strems = []
   | 	^^^^^^

4 problems in config.toml"#
    );
}

#[test]
fn a_file_that_is_no_toml_is_located_and_shows_no_value() {
    assert_eq!(
        problems(&with(
            "consumer_key = { env = \"WOO_KEY\" }",
            "consumer_key = ck_hush"
        )),
        r"config.toml:6:16: string values must be quoted, expected literal string
  |
6 | consumer_key = …
  |                ^

1 problem in config.toml"
    );
    assert_eq!(
        problems("[server]\n[server]\nlisten = \"x\"\nlisten = \"y\"\n"),
        r"config.toml:2:2: duplicate key
  |
2 | [server]
  |  ^^^^^^

config.toml:4:1: duplicate key
  |
4 | listen = …
  | ^^^^^^

2 problems in config.toml"
    );
}

#[test]
fn unknown_keys_name_the_nearest_or_the_table_they_belong_to() {
    assert_eq!(
        said("[databse]", "url = \"sqlite://x\""),
        "databse: unknown key; the nearest known key is `database`"
    );
    assert_eq!(
        said("[connections.store]", "page_sise = 100"),
        "connections.store.page_sise: unknown key; the nearest known key is `page_size`"
    );
    assert_eq!(
        said("[connections.books]", "batchsize = 30"),
        "connections.books.batchsize: unknown key; the nearest known key is `batch_size`"
    );
    assert_eq!(
        said("[connections.books]", "page_size = 30"),
        "connections.books.page_size: unknown key here; it belongs in `[connections.NAME] with kind = \"woocommerce\"`"
    );
    assert_eq!(
        said("[pipelines.mapping.order]", "date = \"paid\""),
        "pipelines.shop.mapping.order: unknown key; the nearest known key is `orders`"
    );
    assert_eq!(
        said("[pipelines.mapping.orders]", "posting = \"auto\""),
        "pipelines.shop.mapping.orders.posting: unknown key here; it belongs in `[[pipelines]]`"
    );
    assert_eq!(
        said(
            "[pipelines.mapping.payments.stripe]",
            "\"fee meta\" = \"x\""
        ),
        "pipelines.shop.mapping.payments.stripe.\"fee meta\": unknown key; the nearest known key is `fee_meta`"
    );
}

#[test]
fn missing_keys_say_what_they_are_for() {
    assert_eq!(
        problems(&with("url = \"https://shop.example.com\"\n", "")),
        r"config.toml:3:14: `connections.store.url`: is missing: Where WordPress is; `wp-json` is below it.
  |
3 | [connections.store]
  |              ^^^^^

1 problem in config.toml"
    );
    assert_eq!(
        said_of("timezone = \"America/New_York\"\n", ""),
        "pipelines.shop.timezone: is missing: The books' calendar: which day a sale belongs to. For example `America/New_York`."
    );
    assert_eq!(
        said_of("start_date = 2026-01-01\n", ""),
        "pipelines.shop.start_date: is missing: Nothing dated earlier is posted. For example 2026-01-01, without quotes."
    );
    assert_eq!(
        said_of("name = \"shop\"\n", ""),
        "pipelines.1.name: is missing: How the pipeline is called in commands, pages and the API."
    );
    assert_eq!(
        said_of("consumer_secret = { env = \"WOO_SECRET\" }\n", ""),
        "connections.store.consumer_secret: is missing: The secret that belongs to the key."
    );
}

#[test]
fn a_value_of_another_type_is_named() {
    assert_eq!(
        said("[connections.store]", "page_size = \"100\""),
        "connections.store.page_size: must be a whole number, not a text"
    );
    assert_eq!(
        said("[connections.store]", "page_size = 1.5"),
        "connections.store.page_size: must be a whole number, not a decimal number"
    );
    assert_eq!(
        said("[connections.store]", "timeout = 60"),
        "connections.store.timeout: must be a duration in quotes like \"30s\" or \"5m\", not a number"
    );
    assert_eq!(
        said("[[pipelines]]", "tenant = true"),
        "pipelines.shop.tenant: must be a text in quotes, not true or false"
    );
    assert_eq!(
        said("[[pipelines]]", "streams = \"orders\""),
        "pipelines.shop.streams: must be a list like [\"…\", \"…\"], not a text"
    );
    assert_eq!(
        said("[[pipelines]]", "mapping = 3"),
        "pipelines.shop.mapping: must be a table, not a number; write `[pipelines.mapping]`"
    );
    assert_eq!(
        said_of("realm_id = \"1234567890\"", "realm_id = 1234567890"),
        "connections.books.realm_id: must stand in quotes: it is a name made of digits"
    );
    assert_eq!(
        messages(&with("[[pipelines]]", "[pipelines]")),
        [
            "pipelines: must be a list of tables, not a table; write `[[pipelines]]` with two brackets"
        ]
    );
    assert_eq!(
        messages("connections.store = 3\npipelines = []"),
        ["connections.store: must be a table: write `[connections.NAME]` and its keys below"]
    );
}

#[test]
fn numbers_and_durations_stay_within_bounds() {
    for (line, message) in [
        ("page_size = 0", "page_size: must be between 1 and 100"),
        ("page_size = 101", "page_size: must be between 1 and 100"),
        (
            "timeout = \"1 minute\"",
            "timeout: `1 minute` is not a duration: write it like \"250ms\", \"30s\", \"5m\" or \"1h30m\"",
        ),
        ("timeout = \"10ms\"", "timeout: must be between 1s and 10m"),
        ("settle = \"2h\"", "settle: must be between 0s and 1h"),
    ] {
        assert_eq!(
            said("[connections.store]", line),
            format!("connections.store.{message}")
        );
    }
    for (line, message) in [
        (
            "batch_size = 31",
            "batch_size: must be a whole number between 1 and 30; 1 turns batch calls off",
        ),
        (
            "batch_size = 0",
            "batch_size: must be a whole number between 1 and 30; 1 turns batch calls off",
        ),
        ("concurrency = 0", "concurrency: must be 1 or more"),
        (
            "requests_per_minute = 0",
            "requests_per_minute: must be 1 or more",
        ),
        (
            "requests_per_second = -1",
            "requests_per_second: must be 1 or more",
        ),
        (
            "requests_per_minute = 20",
            "batch_calls_per_minute: must not be above `requests_per_minute` (20): batch calls are among the requests",
        ),
    ] {
        assert_eq!(
            said("[connections.books]", line),
            format!("connections.books.{message}")
        );
    }
}

#[test]
fn addresses_are_https_and_hold_no_secret() {
    for (address, message) in [
        (
            "http://shop.example.com",
            "must begin with https://, since secrets travel over it; http:// is for this machine only",
        ),
        (
            "ftp://shop.example.com",
            "must begin with https://, not ftp://",
        ),
        (
            "shop.example.com",
            "is not a web address: write it like \"https://shop.example.com\"",
        ),
        (
            "https://me:hush@shop.example.com",
            "must not hold a user or password: secrets have keys of their own",
        ),
        (
            "https://shop.example.com/?p=1",
            "must end before any `?` or `#`",
        ),
        (
            "https://shop.example.com/wp-json/wc/v3",
            "must be where WordPress is, without `wp-json` or `wp-admin`",
        ),
    ] {
        assert_eq!(
            said_of("https://shop.example.com", address),
            format!("connections.store.url: {message}")
        );
    }
    assert_eq!(
        said(
            "[connections.books]",
            "token_url = \"http://10.0.0.1/token\""
        ),
        "connections.books.token_url: must begin with https://, since secrets travel over it; http:// is for this machine only"
    );
    assert_eq!(
        said("[server]", "public_url = \"http://books.example.com\""),
        "server.public_url: must begin with https://, since secrets travel over it; http:// is for this machine only"
    );
}

#[test]
fn a_server_that_a_proxy_makes_known_to_others_has_a_token_too() {
    let open = "leads here from other machines, so `auth_token` must be given: everybody who knows the address could post to the books";
    for address in ["https://books.example.com", "https://192.0.2.7:8443/"] {
        assert_eq!(
            said("[server]", &format!("public_url = \"{address}\"")),
            format!("server.public_url: {open}")
        );
        let viewer = format!("public_url = \"{address}\"\nviewer_token = {{ env = \"WOO_KEY\" }}");
        assert_eq!(
            said("[server]", &viewer),
            format!("server.public_url: {open}")
        );
        let with_token =
            format!("public_url = \"{address}\"\nauth_token = {{ env = \"WOO_KEY\" }}");
        assert!(
            config(&added("[server]", &with_token))
                .server
                .auth_token
                .is_some()
        );
    }
    for address in [
        "http://localhost:9000",
        "http://127.0.0.1",
        "http://[::1]:80",
    ] {
        let here = format!("public_url = \"{address}\"");
        assert!(
            config(&added("[server]", &here))
                .server
                .auth_token
                .is_none()
        );
    }
}

#[test]
fn connections_have_a_kind_and_a_usable_name() {
    assert_eq!(
        said_of("kind = \"woocommerce\"", "kind = \"woocomerce\""),
        "connections.store.kind: `woocomerce` is not known; the nearest is `woocommerce`; possible are `woocommerce` or `quickbooks`"
    );
    assert_eq!(
        said_of("kind = \"quickbooks\"\n", ""),
        "connections.books.kind: is missing: it is `woocommerce` or `quickbooks`; by its other keys this is `quickbooks`"
    );
    assert_eq!(
        said(
            "[connections.\"my shop\"]",
            "kind = \"woocommerce\"\nurl = \"https://a.example\"\nconsumer_key = { env = \"WOO_KEY\" }\nconsumer_secret = { env = \"WOO_SECRET\" }"
        ),
        "connections.\"my shop\": a name has letters a–z, digits, `-` and `_`, at most 64 of them"
    );
    assert_eq!(
        said_of("realm_id = \"1234567890\"", "realm_id = \"1234 5678\""),
        "connections.books.realm_id: must be the company's number, digits only: Company ID in QuickBooks' account settings, without the spaces"
    );
    assert_eq!(
        said(
            "[connections.more]",
            "kind = \"quickbooks\"\nenvironment = \"sandbox\"\nclient_id = \"x\"\nclient_secret = { env = \"QBO_SECRET\" }\nrealm_id = \"1234567890\""
        ),
        "connections.more: is the same company as `books`: limits and tokens belong to a company, so let all pipelines use one connection"
    );
}

#[test]
fn pipelines_join_a_store_to_a_company() {
    assert_eq!(
        said_of("source = \"store\"", "source = \"books\""),
        "pipelines.shop.source: `books` is no store (kind `woocommerce`), which a source must be; the nearest is `store`"
    );
    assert_eq!(
        said_of("target = \"books\"", "target = \"store\""),
        "pipelines.shop.target: `store` is no company (kind `quickbooks`), which a target must be; the nearest is `books`"
    );
    assert_eq!(
        messages(
            "[[pipelines]]\nname = \"a\"\nsource = \"shop\"\ntarget = \"books\"\ntimezone = \"UTC\"\nstart_date = 2026-01-01"
        ),
        [
            "pipelines.a.source: there is no connection `shop`; describe it under `[connections.shop]`",
            "pipelines.a.target: there is no connection `books`; describe it under `[connections.books]`",
        ]
    );
    let twice = with("", "")
        + "[[pipelines]]\nname = \"shop\"\nsource = \"store\"\ntarget = \"books\"\ntimezone = \"UTC\"\nstart_date = 2026-01-01\n";
    assert_eq!(
        only(&twice),
        "pipelines.shop.name: is the name of pipeline 1 already: names are unique"
    );
    assert_eq!(
        said_of("name = \"shop\"", "name = \"the shop\""),
        "pipelines.the shop.name: a name has letters a–z, digits, `-` and `_`, at most 64 of them"
    );
}

#[test]
fn streams_are_known_and_named_once() {
    assert_eq!(
        messages(&added(
            "[[pipelines]]",
            "streams = [\"order\", \"refunds\", \"refunds\", 5]"
        )),
        [
            "pipelines.shop.streams: `order` is not known; the nearest is `orders`; possible are `customers`, `products`, `orders` or `refunds`",
            "pipelines.shop.streams: is in the list twice",
            "pipelines.shop.streams: must be a text in quotes, not a number",
        ]
    );
    assert_eq!(
        said("[[pipelines]]", "streams = []"),
        "pipelines.shop.streams: must not be empty"
    );
}

#[test]
fn schedules_zones_and_dates_are_real() {
    for (line, message) in [
        (
            "schedule = \"evry 5m\"",
            "schedule: `evry 5m` is not a schedule: write cron with five fields (`*/5 * * * *`), `every 5m` or `manual`",
        ),
        (
            "schedule = \"*/5 * * *\"",
            "schedule: `*/5 * * *` is not a schedule: write cron with five fields (`*/5 * * * *`), `every 5m` or `manual`",
        ),
        (
            "schedule = \"* * * * * *\"",
            "schedule: `* * * * * *` is not a schedule: write cron with five fields (`*/5 * * * *`), `every 5m` or `manual`",
        ),
        (
            "schedule = \"every five minutes\"",
            "schedule: `every five minutes` is not a schedule: write it like `every 5m` or `every 1h30m`",
        ),
        (
            "schedule = \"every 0s\"",
            "schedule: the time between runs must be between 1s and 366d",
        ),
        (
            "schedule = \"0 0 31 4 *\"",
            "schedule: `0 0 31 4 *` never comes due: no calendar has such a day",
        ),
        (
            "posting = \"manual\"",
            "posting: `manual` is not known; possible are `auto` or `review`",
        ),
    ] {
        assert_eq!(
            said("[[pipelines]]", line),
            format!("pipelines.shop.{message}")
        );
    }
    assert_eq!(
        said_of("America/New_York", "America/NewYork"),
        "pipelines.shop.timezone: `America/NewYork` is not a time zone of the IANA list, like `America/New_York`; the nearest is `America/New_York`"
    );
    let how = "pipelines.shop.start_date: must be a date without quotes and without a time, like 2026-01-01";
    assert_eq!(said_of("= 2026-01-01", "= \"2026-01-01\""), how);
    assert_eq!(said_of("= 2026-01-01", "= 2026-01-01T00:00:00Z"), how);
}

#[test]
fn database_server_and_log_are_checked() {
    for (address, message) in [
        ("mysql://a/b", "must begin with sqlite:// or postgres://"),
        (
            "sqlite://",
            "names no file: write it like \"sqlite://daybook.db\"",
        ),
        (
            "postgres://host",
            "names no database: write it like \"postgres://user@host/database\"",
        ),
        (
            "postgres://a b/c",
            "is not a PostgreSQL address: write it like \"postgres://user@host/database\"",
        ),
    ] {
        assert_eq!(
            said("[database]", &format!("url = \"{address}\"")),
            format!("database.url: {message}")
        );
    }
    assert_eq!(
        said_of("127.0.0.1:8080", "shop.example.com:80"),
        "server.listen: `shop.example.com:80` is not an address with a port, like \"127.0.0.1:8080\" or \"[::1]:8080\""
    );
    assert_eq!(
        said("[server]", "auth_token = \"same\"\nviewer_token = \"same\""),
        "server.viewer_token: is the same as `auth_token`: whoever may read could act"
    );
    assert_eq!(
        said("[log]", "level = \"verbose\""),
        "log.level: `verbose` is not a level; possible are `off`, `error`, `warn`, `info`, `debug` or `trace`; a module is written `daybook::engine=debug`"
    );
    assert_eq!(
        said("[log]", "format = \"jsonl\""),
        "log.format: `jsonl` is not known; the nearest is `json`; possible are `text` or `json`"
    );
}

#[test]
fn orders_have_real_statuses_and_numbers_that_fit() {
    for (line, message) in [
        (
            "statuses = [\"wc-completed\"]",
            "statuses: must be the slug without `wc-`: `completed`",
        ),
        (
            "statuses = [\"trash\"]",
            "statuses: orders with the status `trash` are never posted",
        ),
        (
            "statuses = [\"On hold\"]",
            "statuses: is not the slug of a status: lower-case letters, digits and `-`, as in `on-hold`",
        ),
        ("statuses = []", "statuses: must not be empty"),
        (
            "post_as = \"receipt\"",
            "post_as: `receipt` is not known; the nearest is `sales_receipt`; possible are `auto`, `sales_receipt` or `invoice`",
        ),
        (
            "number = \"W-\"",
            "number: must have `{number}` in it, or two documents get the same number",
        ),
        (
            "number = \"{order}\"",
            "number: `{order}` is not known here; the nearest is `{number}`",
        ),
        ("number = \"{number\"", "number: has a `{` without its `}`"),
        (
            "number = \"a-very-long-prefix-of-{number}\"",
            "number: leaves no room for the number: QuickBooks takes 21 characters in all",
        ),
        (
            "memo = \"Order {id}\"",
            "memo: `{id}` is not known here; the nearest is `{number}`",
        ),
        (
            "closed_period = \"open\"",
            "closed_period: `open` is not known; possible are `hold` or `first_open_day`",
        ),
    ] {
        assert_eq!(
            said("[pipelines.mapping.orders]", line),
            format!("pipelines.shop.mapping.orders.{message}")
        );
    }
    assert_eq!(
        said("[pipelines.mapping.refunds]", "number = \"R-{number}\""),
        "pipelines.shop.mapping.refunds.number: must have `{refund_id}` in it, or two documents get the same number"
    );
}

#[test]
fn names_in_the_books_say_something() {
    assert_eq!(
        said("[pipelines.mapping.products]", "income_account = \" \""),
        "pipelines.shop.mapping.products.income_account: must not be empty"
    );
    assert_eq!(
        said("[pipelines.mapping.fees]", "item = \"id:twelve\""),
        "pipelines.shop.mapping.fees.item: behind `id:` stands QuickBooks' id, digits only"
    );
    assert_eq!(
        said("[pipelines.mapping.custom_fields]", "\"PO number\" = \"\""),
        "pipelines.shop.mapping.custom_fields.\"PO number\": must not be empty"
    );
}

#[test]
fn tax_rates_are_ids_and_each_set_stands_once() {
    assert_eq!(
        said("[pipelines.mapping.tax.rates]", "VAT = \"20.0% S\""),
        "pipelines.shop.mapping.tax.rates.VAT: `VAT` is not a rate: write its id, or ids joined by `+`, like \"1+2\""
    );
    assert_eq!(
        said("[pipelines.mapping.tax.rates]", "\"1+1\" = \"20.0% S\""),
        "pipelines.shop.mapping.tax.rates.\"1+1\": `1+1` has a rate twice"
    );
    assert_eq!(
        said(
            "[pipelines.mapping.tax.rates]",
            "\"1+2\" = \"A\"\n\"2+1\" = \"B\""
        ),
        "pipelines.shop.mapping.tax.rates.\"2+1\": stands in the table already, with its parts in another order"
    );
    assert_eq!(
        said("[pipelines.mapping.tax]", "mode = \"automatic\""),
        "pipelines.shop.mapping.tax.mode: `automatic` is not known; possible are `auto`, `us_automated`, `us_manual`, `codes`, `line` or `none`"
    );
}

#[test]
fn a_gateway_whose_fees_are_read_needs_an_account_for_them() {
    let header = "[pipelines.mapping.payments.stripe]";
    assert_eq!(
        said(header, "fee_meta = \"_stripe_fee\""),
        "pipelines.shop.mapping.payments.stripe.fee_meta: needs `fee_account` beside it: the expense account of what the gateway keeps"
    );
    assert_eq!(
        said(
            "[pipelines.mapping.payments]",
            "stripe = \"Stripe Clearing\""
        ),
        "pipelines.shop.mapping.payments.stripe: must be a table, not a text; write `[pipelines.mapping.payments.GATEWAY]`"
    );
}

#[test]
fn a_text_over_several_lines_is_marked_where_it_begins() {
    assert_eq!(
        problems(&added(
            "[[pipelines]]",
            "streams = [\n  \"orders\", # \"hush\"\n  \"ordrs\",\n]"
        )),
        r#"config.toml:17:3: `pipelines.shop.streams`: `ordrs` is not known; the nearest is `orders`; possible are `customers`, `products`, `orders` or `refunds`
   |
17 |   "ordrs",
   |   ^^^^^^^

1 problem in config.toml"#
    );
}
