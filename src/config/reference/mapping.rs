//! The mapping tables: how each thing is booked.

use super::{Section, optional, preset, table};

/// `[pipelines.mapping]`
pub const MAPPING: Section = Section {
    header: "[pipelines.mapping]",
    about: "",
    keys: &[
        table("orders", "orders"),
        table("customers", "customers"),
        table("products", "products"),
        table("shipping", "shipping lines"),
        table("fees", "fee lines"),
        table("discounts", "discounts"),
        table("tax", "tax"),
        table("payments", "gateways"),
        table("refunds", "refunds"),
        table("tracking", "class and location"),
        table("custom_fields", "custom fields"),
    ],
};

/// `[pipelines.mapping.orders]`
pub const ORDERS: Section = Section {
    header: "[pipelines.mapping.orders]",
    about: "Which orders are booked, and as what.",
    keys: &[
        preset(
            "statuses",
            "list of slugs without `wc-`",
            "[\"processing\", \"completed\", \"refunded\"]",
            "Orders of these statuses are posted. `checkout-draft`, `auto-draft`, `failed`, `cancelled` and `trash` never are.",
        ),
        preset(
            "post_as",
            "`auto`, `sales_receipt` or `invoice`",
            "\"auto\"",
            "`auto`: money received makes a sales receipt; not received, by a gateway of `unpaid_methods`, an invoice and later its payment.",
        ),
        preset(
            "unpaid_methods",
            "list of gateways",
            "[\"bacs\", \"cheque\", \"cod\", \"\"]",
            "Gateways that take the money later; \"\" is an order made by hand. An unpaid order of any other gateway is held.",
        ),
        preset(
            "date",
            "`paid`, `created` or `completed`",
            "\"paid\"",
            "Which of the order's moments gives its day in the books, in the pipeline's time zone.",
        ),
        preset(
            "number",
            "text with `{number}`",
            "\"{number}\"",
            "The document's number, at most 21 characters. Prefix it where several stores share a company, and `refunds.number` too.",
        ),
        preset(
            "memo",
            "text, `{number}` allowed",
            "\"WooCommerce order {number}\"",
            "The private note of the document.",
        ),
        preset(
            "on_edit",
            "`update`, `hold` or `ignore`",
            "\"update\"",
            "What happens when a posted order changes in the store.",
        ),
        preset(
            "on_cancel",
            "`void`, `hold` or `ignore`",
            "\"void\"",
            "What happens when a posted order is cancelled, failed or trashed, or a refund deleted. Credit memos and expenses, which QuickBooks cannot void, are deleted.",
        ),
        preset(
            "closed_period",
            "`hold` or `first_open_day`",
            "\"hold\"",
            "What happens to a document dated before the closing date: it is held, or dated the first open day with the true date in the memo.",
        ),
    ],
};

/// `[pipelines.mapping.customers]`
pub const CUSTOMERS: Section = Section {
    header: "[pipelines.mapping.customers]",
    about: "Who the sales are booked to.",
    keys: &[
        preset(
            "mode",
            "`per_customer` or `one`",
            "\"per_customer\"",
            "Whether each customer of the store has an entry in the books, or all sales go to `generic`.",
        ),
        preset(
            "generic",
            "name of a customer",
            "\"WooCommerce customer\"",
            "Who gets the order where `mode` or `guests` is `one`. It is made where it is missing.",
        ),
        preset(
            "guests",
            "`per_customer` or `one`",
            "\"per_customer\"",
            "The same for orders without an account.",
        ),
        preset(
            "match",
            "list of `email`, `name`",
            "[\"email\", \"name\"]",
            "By what a customer of the books is recognised, tried in this order. Two that fit are held, never guessed.",
        ),
    ],
};

/// `[pipelines.mapping.products]`
pub const PRODUCTS: Section = Section {
    header: "[pipelines.mapping.products]",
    about: "What the sales are booked as. A variation is an item of its own.",
    keys: &[
        preset(
            "match",
            "list of `sku`, `name`",
            "[\"sku\", \"name\"]",
            "By what an item of the books is recognised, tried in this order.",
        ),
        preset(
            "missing",
            "`create`, `generic` or `hold`",
            "\"create\"",
            "What happens to a product without an item: it is made, sold as `generic`, or the order is held.",
        ),
        preset(
            "type",
            "`non_inventory`, `service` or `inventory`",
            "\"non_inventory\"",
            "The type of items that are made.",
        ),
        preset(
            "generic",
            "name of an item",
            "\"WooCommerce sales\"",
            "The item of lines without a product. It is made where it is missing.",
        ),
        preset(
            "income_account",
            "name of an account",
            "\"Sales of Product Income\"",
            "Where sales of items that are made go.",
        ),
        preset(
            "expense_account",
            "name of an account",
            "\"Cost of Goods Sold\"",
            "The cost of items that are made.",
        ),
        preset(
            "asset_account",
            "name of an account",
            "\"Inventory Asset\"",
            "The stock of inventory items that are made.",
        ),
    ],
};

/// `[pipelines.mapping.shipping]`
pub const SHIPPING: Section = Section {
    header: "[pipelines.mapping.shipping]",
    about: "How shipping is booked.",
    keys: &[
        preset(
            "item",
            "`auto` or name of an item",
            "\"auto\"",
            "`auto`: QuickBooks' own shipping field where the company allows it, else an item `Shipping`.",
        ),
        preset(
            "income_account",
            "name of an account",
            "\"Shipping Income\"",
            "Of the item, where it is made.",
        ),
    ],
};

/// `[pipelines.mapping.fees]`
pub const FEES: Section = Section {
    header: "[pipelines.mapping.fees]",
    about: "How fee lines of orders are booked, negative ones too.",
    keys: &[
        preset(
            "item",
            "name of an item",
            "\"Fees\"",
            "The item of fee lines.",
        ),
        optional(
            "income_account",
            "name of an account",
            "that of products",
            "Of the item, where it is made.",
        ),
    ],
};

/// `[pipelines.mapping.discounts]`
pub const DISCOUNTS: Section = Section {
    header: "[pipelines.mapping.discounts]",
    about: "How discounts are booked.",
    keys: &[
        preset(
            "post_as",
            "`auto`, `line` or `net`",
            "\"auto\"",
            "`line`: lines before discounts, and one discount line; `net`: lines after discounts; `auto`: `line` where the company allows discounts.",
        ),
        preset(
            "account",
            "name of an account",
            "\"Discounts given\"",
            "Of discount lines.",
        ),
    ],
};

/// `[pipelines.mapping.tracking]`
pub const TRACKING: Section = Section {
    header: "[pipelines.mapping.tracking]",
    about: "Class and location of every document.",
    keys: &[
        preset("class", "name of a class", "\"\"", "Empty: none."),
        preset("location", "name of a location", "\"\"", "Empty: none."),
    ],
};

/// `[pipelines.mapping.custom_fields]`
pub const CUSTOM_FIELDS: Section = Section {
    header: "[pipelines.mapping.custom_fields]",
    about: "Custom field of QuickBooks → what of the order goes into it.",
    keys: &[optional(
        "FIELD",
        "member or meta key of the order",
        "the field stays empty",
        "For example `\"Delivery note\" = \"customer_note\"` or `\"PO number\" = \"_po_number\"`.",
    )],
};
