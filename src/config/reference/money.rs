//! The mapping tables of tax, payments and refunds.

use super::{Section, optional, preset, table};

/// `[pipelines.mapping.tax]`
pub const TAX: Section = Section {
    header: "[pipelines.mapping.tax]",
    about: "How tax reaches the books.",
    keys: &[
        preset(
            "mode",
            "`auto`, `us_automated`, `us_manual`, `codes`, `line` or `none`",
            "\"auto\"",
            "`auto` follows the company: US with automated sales tax, US without, a code on each line elsewhere, `none` without sales tax. `line` books tax as a line of its own, which leaves QuickBooks' tax report empty.",
        ),
        preset(
            "exempt_code",
            "name of a tax code",
            "\"NON\"",
            "The code of lines without tax, and of amounts that a refund pays back without a line. Outside the US give the name of one of the company's codes.",
        ),
        preset(
            "item",
            "name of an item",
            "\"Sales tax\"",
            "The item of tax lines in the mode `line`.",
        ),
        preset(
            "account",
            "name of an account",
            "\"Sales Tax Payable\"",
            "The liability account of that item, where it is made.",
        ),
        table("classes", "tax classes"),
        table("rates", "tax rates"),
    ],
};

/// `[pipelines.mapping.tax.classes]`
pub const TAX_CLASSES: Section = Section {
    header: "[pipelines.mapping.tax.classes]",
    about: "Tax class of the store → tax code of the books. The class \"\" is the standard one.",
    keys: &[optional(
        "CLASS",
        "name of a tax code",
        "in the mode `codes` the usual code of the country, else orders with this class are held",
        "The code of lines of this class, for example `\"reduced-rate\" = \"5.0% R\"`. The usual ones: British companies `20.0% S` for the standard class, `5.0% R` for `reduced-rate`, `0.0% Z` for `zero-rate`; Australian ones `GST` for the standard class, `GST free` for `zero-rate`. One that is named takes the place of the usual one of its class alone. A code is used only where its percentage is the one the store charged.",
    )],
};

/// `[pipelines.mapping.tax.rates]`
pub const TAX_RATES: Section = Section {
    header: "[pipelines.mapping.tax.rates]",
    about: "Tax rate of the store, or a set of them → tax code of the books. Wins over classes.",
    keys: &[optional(
        "RATES",
        "name of a tax code",
        "the class decides",
        "The code of lines with exactly these rates: a rate id, or ids joined by `+`, for example `\"1+2\" = \"GST/QST QC - 9.975\"`.",
    )],
};

/// `[pipelines.mapping.payments]`: the other names are gateways.
pub const PAYMENTS: Section = Section {
    header: "[pipelines.mapping.payments.GATEWAY]",
    about: "",
    keys: &[table(
        "default",
        "for every gateway that does not say otherwise",
    )],
};

/// `[pipelines.mapping.payments.default]`
pub const PAYMENTS_DEFAULT: Section = Section {
    header: "[pipelines.mapping.payments.default]",
    about: "Where the money is, for every gateway that does not say otherwise. It has the keys of a gateway.",
    keys: &[
        optional(
            "method",
            "name of a payment method",
            "none",
            "The payment method of the document.",
        ),
        preset(
            "deposit_to",
            "name of an account",
            "\"Undeposited Funds\"",
            "The account the money is in.",
        ),
        optional(
            "fee_meta",
            "meta key",
            "the fee is unknown, and nothing is booked",
            "The order's meta key that says what the gateway kept.",
        ),
        optional(
            "fee_account",
            "name of an account",
            "none; needed beside `fee_meta`",
            "The expense account of what the gateway kept.",
        ),
        preset(
            "fees",
            "`daily`, `per_order` or `off`",
            "\"daily\"",
            "One expense for all fees of a day, made once the day is over; one an order; or none.",
        ),
    ],
};

/// `[pipelines.mapping.payments.GATEWAY]`
pub const GATEWAY: Section = Section {
    header: "[pipelines.mapping.payments.GATEWAY]",
    about: "Where the money of one gateway is, by its slug (`stripe`, `paypal` …). One clearing account for each gateway makes payouts agree.",
    keys: &[
        optional(
            "method",
            "name of a payment method",
            "as under `payments.default`",
            "The payment method of the document.",
        ),
        optional(
            "deposit_to",
            "name of an account",
            "as under `payments.default`",
            "The account the money is in, best a clearing account of its own.",
        ),
        optional(
            "fee_meta",
            "meta key",
            "as under `payments.default`",
            "The order's meta key that says what the gateway kept, for example `_stripe_fee`.",
        ),
        optional(
            "fee_account",
            "name of an account",
            "as under `payments.default`",
            "The expense account of what the gateway kept.",
        ),
        optional(
            "fees",
            "`daily`, `per_order` or `off`",
            "as under `payments.default`",
            "One expense for all fees of a day, made once the day is over; one an order; or none.",
        ),
    ],
};

/// `[pipelines.mapping.refunds]`
pub const REFUNDS: Section = Section {
    header: "[pipelines.mapping.refunds]",
    about: "How refunds are booked, each as a document of its own.",
    keys: &[
        preset(
            "post_as",
            "`auto`, `refund_receipt` or `credit_memo`",
            "\"auto\"",
            "`auto`: a credit memo where the order was an invoice, else a refund receipt.",
        ),
        preset(
            "number",
            "text with `{refund_id}`",
            "\"{number}-R{refund_id}\"",
            "The document's number, at most 21 characters. `{number}` is the order's, without the prefix of `orders.number`: prefix it here as well where several stores share a company.",
        ),
        preset(
            "amount_only",
            "`as_stored`, `proportional` or `hold`",
            "\"as_stored\"",
            "A refund without lines: untaxed to `item` with a warning, spread over the order's lines and tax, or held.",
        ),
        preset(
            "item",
            "name of an item",
            "\"Refunds\"",
            "The item of amounts without a line.",
        ),
        optional(
            "income_account",
            "name of an account",
            "that of products",
            "Of the item, where it is made.",
        ),
    ],
};
