//! `[pipelines.mapping.…]` → [`MappingRules`].

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::DeValue;

use super::nearest::nearest;
use super::reader::{Parsed, Reader};
use super::reference::{
    CUSTOM_FIELDS, CUSTOMERS, DISCOUNTS, FEES, GATEWAY, MAPPING, ORDERS, PAYMENTS,
    PAYMENTS_DEFAULT, PRODUCTS, REFUNDS, SHIPPING, TAX, TAX_CLASSES, TAX_RATES, TRACKING,
};
use super::values::{fault, filled, filled_list, list, text, word};
use crate::domain::{
    AmountOnly, ClosedPeriod, CustomerMatch, CustomerRules, Customers, DiscountRules, FeeRules,
    GatewayFees, GatewayRules, IfPosted, MappingRules, MissingProduct, OnEdit, OrderDate,
    OrderRules, PaymentRules, PostDiscountAs, PostOrderAs, PostRefundAs, ProductMatch,
    ProductRules, ProductType, RefundRules, ShippingItem, ShippingRules, TaxMode, TaxRules,
    TrackingRules,
};

type Toml<'a> = Spanned<DeValue<'a>>;

/// The rules of a pipeline, still without its time zone and start date.
pub(super) fn mapping(pipeline: &Reader<'_>) -> Option<MappingRules> {
    let reader = pipeline.table("mapping", &MAPPING)?;
    let orders = orders(&reader);
    let customers = customers(&reader);
    let products = products(&reader);
    let shipping = shipping(&reader);
    let fees = fees(&reader);
    let discounts = discounts(&reader);
    let tax = tax(&reader);
    let payments = payments(&reader);
    let refunds = refunds(&reader);
    let tracking = tracking(&reader);
    let custom_fields = custom_fields(&reader);
    reader.finish();
    Some(MappingRules {
        timezone: TimeZone::UTC,
        start_date: None,
        orders: orders?,
        customers: customers?,
        products: products?,
        shipping: shipping?,
        fees: fees?,
        discounts: discounts?,
        tax: tax?,
        payments: payments?,
        refunds: refunds?,
        tracking: tracking?,
        custom_fields: custom_fields?,
    })
}

fn orders(mapping: &Reader<'_>) -> Option<OrderRules> {
    let reader = mapping.table("orders", &ORDERS)?;
    let statuses = reader.get("statuses", filled_list(status));
    let post_as = reader.get(
        "post_as",
        word(&[
            ("auto", PostOrderAs::Auto),
            ("sales_receipt", PostOrderAs::SalesReceipt),
            ("invoice", PostOrderAs::Invoice),
        ]),
    );
    let unpaid_methods = reader.get("unpaid_methods", list(text));
    let date = reader.get(
        "date",
        word(&[
            ("paid", OrderDate::Paid),
            ("created", OrderDate::Created),
            ("completed", OrderDate::Completed),
        ]),
    );
    let number = reader.get("number", template(&["number"], &["number"], Some(NUMBER)));
    let memo = reader.get("memo", template(&["number"], &[], None));
    let on_edit = reader.get(
        "on_edit",
        word(&[
            ("update", OnEdit::Update),
            ("hold", OnEdit::Hold),
            ("ignore", OnEdit::Ignore),
        ]),
    );
    let on_cancel = reader.get(
        "on_cancel",
        word(&[
            ("void", IfPosted::Void),
            ("hold", IfPosted::Hold),
            ("ignore", IfPosted::Ignore),
        ]),
    );
    let closed_period = reader.get(
        "closed_period",
        word(&[
            ("hold", ClosedPeriod::Hold),
            ("first_open_day", ClosedPeriod::FirstOpenDay),
        ]),
    );
    reader.finish();
    Some(OrderRules {
        statuses: statuses?,
        post_as: post_as?,
        unpaid_methods: unpaid_methods?,
        date: date?,
        number: number?,
        memo: memo?,
        on_edit: on_edit?,
        on_cancel: on_cancel?,
        closed_period: closed_period?,
    })
}

/// Statuses of orders that are no sale (ACCOUNTING: Orders).
const NEVER: [&str; 5] = [
    "checkout-draft",
    "auto-draft",
    "failed",
    "cancelled",
    "trash",
];

fn status(value: &Toml<'_>) -> Parsed<String> {
    let status = text(value)?;
    if let Some(slug) = status.strip_prefix("wc-") {
        return fault(value, format!("must be the slug without `wc-`: `{slug}`"));
    }
    if NEVER.contains(&status.as_str()) {
        return fault(
            value,
            format!("orders with the status `{status}` are never posted"),
        );
    }
    let slug = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-' || letter == '_'
    };
    if status.is_empty() || !status.chars().all(slug) {
        return fault(
            value,
            "is not the slug of a status: lower-case letters, digits and `-`, as in `on-hold`",
        );
    }
    Ok(status)
}

/// The longest number QuickBooks takes (FACTS: QuickBooks §6).
const NUMBER: usize = 21;

/// A text with placeholders, at most `longest` characters when they are one character each.
fn template(
    possible: &'static [&'static str],
    needed: &'static [&'static str],
    longest: Option<usize>,
) -> impl Fn(&Toml<'_>) -> Parsed<String> {
    move |value| {
        let template = text(value)?;
        let mut fixed = 0;
        let mut used = Vec::new();
        let mut rest = template.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            fixed += before.chars().count();
            let Some((name, behind)) = behind.split_once('}') else {
                return fault(value, "has a `{` without its `}`");
            };
            if !possible.contains(&name) {
                let near = nearest(name, possible.iter().copied()).unwrap_or("number");
                return fault(
                    value,
                    format!("`{{{name}}}` is not known here; the nearest is `{{{near}}}`"),
                );
            }
            used.push(name);
            rest = behind;
        }
        fixed += rest.chars().count();
        if let Some(missing) = needed.iter().find(|name| !used.contains(*name)) {
            return fault(
                value,
                format!("must have `{{{missing}}}` in it, or two documents get the same number"),
            );
        }
        if let Some(longest) = longest.filter(|longest| fixed + used.len() > *longest) {
            return fault(
                value,
                format!(
                    "leaves no room for the number: QuickBooks takes {longest} characters in all"
                ),
            );
        }
        Ok(template)
    }
}

/// The name of something in the books, or `id:123`.
fn in_books(value: &Toml<'_>) -> Parsed<String> {
    let name = filled(value)?;
    if let Some(id) = name.strip_prefix("id:") {
        let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return fault(value, "behind `id:` stands QuickBooks' id, digits only");
        }
    }
    Ok(name.trim().to_owned())
}

/// The same, or empty for none.
fn in_books_or_none(value: &Toml<'_>) -> Parsed<String> {
    if text(value)?.trim().is_empty() {
        return Ok(String::new());
    }
    in_books(value)
}

const MODES: [(&str, Customers); 2] = [
    ("per_customer", Customers::PerCustomer),
    ("one", Customers::One),
];

fn customers(mapping: &Reader<'_>) -> Option<CustomerRules> {
    let reader = mapping.table("customers", &CUSTOMERS)?;
    let mode = reader.get("mode", word(&MODES));
    let generic = reader.get("generic", in_books);
    let guests = reader.get("guests", word(&MODES));
    let matching = reader.get(
        "match",
        list(word(&[
            ("email", CustomerMatch::Email),
            ("name", CustomerMatch::Name),
        ])),
    );
    reader.finish();
    Some(CustomerRules {
        mode: mode?,
        generic: generic?,
        guests: guests?,
        matching: matching?,
    })
}

fn products(mapping: &Reader<'_>) -> Option<ProductRules> {
    let reader = mapping.table("products", &PRODUCTS)?;
    let matching = reader.get(
        "match",
        list(word(&[
            ("sku", ProductMatch::Sku),
            ("name", ProductMatch::Name),
        ])),
    );
    let missing = reader.get(
        "missing",
        word(&[
            ("create", MissingProduct::Create),
            ("generic", MissingProduct::Generic),
            ("hold", MissingProduct::Hold),
        ]),
    );
    let kind = reader.get(
        "type",
        word(&[
            ("non_inventory", ProductType::NonInventory),
            ("service", ProductType::Service),
            ("inventory", ProductType::Inventory),
        ]),
    );
    let generic = reader.get("generic", in_books);
    let income_account = reader.get("income_account", in_books);
    let expense_account = reader.get("expense_account", in_books);
    let asset_account = reader.get("asset_account", in_books);
    reader.finish();
    Some(ProductRules {
        matching: matching?,
        missing: missing?,
        kind: kind?,
        generic: generic?,
        income_account: income_account?,
        expense_account: expense_account?,
        asset_account: asset_account?,
    })
}

fn shipping(mapping: &Reader<'_>) -> Option<ShippingRules> {
    let reader = mapping.table("shipping", &SHIPPING)?;
    let item = reader.get("item", in_books);
    let income_account = reader.get("income_account", in_books);
    reader.finish();
    Some(ShippingRules {
        item: match item? {
            auto if auto == "auto" => ShippingItem::Auto,
            name => ShippingItem::Named(name),
        },
        income_account: income_account?,
    })
}

fn fees(mapping: &Reader<'_>) -> Option<FeeRules> {
    let reader = mapping.table("fees", &FEES)?;
    let item = reader.get("item", in_books);
    let income_account = reader.optional("income_account", in_books);
    reader.finish();
    Some(FeeRules {
        item: item?,
        income_account: income_account?,
    })
}

fn discounts(mapping: &Reader<'_>) -> Option<DiscountRules> {
    let reader = mapping.table("discounts", &DISCOUNTS)?;
    let post_as = reader.get(
        "post_as",
        word(&[
            ("auto", PostDiscountAs::Auto),
            ("line", PostDiscountAs::Line),
            ("net", PostDiscountAs::Net),
        ]),
    );
    let account = reader.get("account", in_books);
    reader.finish();
    Some(DiscountRules {
        post_as: post_as?,
        account: account?,
    })
}

fn tax(mapping: &Reader<'_>) -> Option<TaxRules> {
    let reader = mapping.table("tax", &TAX)?;
    let mode = reader.get(
        "mode",
        word(&[
            ("auto", TaxMode::Auto),
            ("us_automated", TaxMode::UsAutomated),
            ("us_manual", TaxMode::UsManual),
            ("codes", TaxMode::Codes),
            ("line", TaxMode::Line),
            ("none", TaxMode::None),
        ]),
    );
    let exempt_code = reader.get("exempt_code", in_books);
    let item = reader.get("item", in_books);
    let account = reader.get("account", in_books);
    let classes = reader
        .table("classes", &TAX_CLASSES)
        .and_then(|reader| names(&reader, |class| Ok(class.to_owned())));
    let rates = reader
        .table("rates", &TAX_RATES)
        .and_then(|reader| names(&reader, rate_set));
    if let (Some(mode), Some(classes), Some(rates)) = (mode, &classes, &rates) {
        let unused = match mode {
            TaxMode::UsAutomated | TaxMode::None => !classes.is_empty() || !rates.is_empty(),
            TaxMode::Auto | TaxMode::UsManual | TaxMode::Codes | TaxMode::Line => false,
        };
        if unused {
            let message = format!(
                "`tax.classes` and `tax.rates` have no effect in the mode `{}`",
                mode.as_str()
            );
            reader.warning("mode", message);
        }
    }
    reader.finish();
    Some(TaxRules {
        mode: mode?,
        exempt_code: exempt_code?,
        classes: classes?,
        rates: rates?,
        item: item?,
        account: account?,
    })
}

/// `1+2`: the ids of rates, each once; smaller ones first in the result.
fn rate_set(written: &str) -> Result<String, String> {
    let wrong =
        || format!("`{written}` is not a rate: write its id, or ids joined by `+`, like \"1+2\"");
    let ids: Result<Vec<u64>, _> = written.split('+').map(|id| id.trim().parse()).collect();
    let mut ids = ids.map_err(|_| wrong())?;
    ids.sort_unstable();
    if ids
        .windows(2)
        .any(|pair| matches!(pair, [left, right] if left == right))
    {
        return Err(format!("`{written}` has a rate twice"));
    }
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    Ok(ids.join("+"))
}

/// A table of free keys to names in the books.
fn names(
    reader: &Reader<'_>,
    key: impl Fn(&str) -> Result<String, String>,
) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut sound = true;
    for (written, entry) in reader.entries() {
        let name = reader.parsed(&entry, in_books);
        let key = key(&written).map_err(|message| {
            reader.sheet.problem(&entry.key_span, &entry.path, message);
        });
        let (Ok(key), Some(name)) = (key, name) else {
            sound = false;
            continue;
        };
        if found.insert(key, name).is_some() {
            let message = "stands in the table already, with its parts in another order";
            reader.sheet.problem(&entry.key_span, &entry.path, message);
            sound = false;
        }
    }
    sound.then_some(found)
}

fn payments(mapping: &Reader<'_>) -> Option<PaymentRules> {
    let reader = mapping.table("payments", &PAYMENTS)?;
    let default = reader
        .table("default", &PAYMENTS_DEFAULT)
        .and_then(|reader| gateway(reader, &GatewayRules::default()));
    let none = GatewayRules::default();
    let mut gateways = BTreeMap::new();
    let mut sound = true;
    for (name, entry) in reader.entries() {
        if name == "default" {
            continue;
        }
        let rules = reader
            .table_of(&entry, &GATEWAY)
            .and_then(|reader| gateway(reader, default.as_ref().unwrap_or(&none)));
        match rules {
            Some(rules) => {
                gateways.insert(name, rules);
            }
            None => sound = false,
        }
    }
    let default = default?;
    sound.then_some(PaymentRules { default, gateways })
}

/// A gateway's table; `default` is what holds where it says nothing.
fn gateway(reader: Reader<'_>, default: &GatewayRules) -> Option<GatewayRules> {
    let is_default = reader.section.header == PAYMENTS_DEFAULT.header;
    let method = reader.optional("method", in_books);
    let deposit_to = if is_default {
        reader.get("deposit_to", in_books).map(Some)
    } else {
        reader.optional("deposit_to", in_books)
    };
    let fee_meta = reader.optional("fee_meta", filled);
    let fee_account = reader.optional("fee_account", in_books);
    let how = word(&[
        ("daily", GatewayFees::Daily),
        ("per_order", GatewayFees::PerOrder),
        ("off", GatewayFees::Off),
    ]);
    let fees = if is_default {
        reader.get("fees", how).map(Some)
    } else {
        reader.optional("fees", how)
    };
    if let (Some(Some(_)), Some(None), Some(fees)) = (&fee_meta, &fee_account, fees) {
        let inherited = default.fee_account.is_some();
        let off = fees.or(default.fees) == Some(GatewayFees::Off);
        if !inherited && !off {
            reader.problem(
                "fee_meta",
                "needs `fee_account` beside it: the expense account of what the gateway keeps",
            );
        }
    }
    reader.finish();
    Some(GatewayRules {
        method: method?,
        deposit_to: deposit_to?,
        fee_meta: fee_meta?,
        fee_account: fee_account?,
        fees: fees?,
    })
}

fn refunds(mapping: &Reader<'_>) -> Option<RefundRules> {
    let reader = mapping.table("refunds", &REFUNDS)?;
    let post_as = reader.get(
        "post_as",
        word(&[
            ("auto", PostRefundAs::Auto),
            ("refund_receipt", PostRefundAs::RefundReceipt),
            ("credit_memo", PostRefundAs::CreditMemo),
        ]),
    );
    let number = reader.get(
        "number",
        template(&["number", "refund_id"], &["refund_id"], Some(NUMBER)),
    );
    let amount_only = reader.get(
        "amount_only",
        word(&[
            ("as_stored", AmountOnly::AsStored),
            ("proportional", AmountOnly::Proportional),
            ("hold", AmountOnly::Hold),
        ]),
    );
    let item = reader.get("item", in_books);
    let income_account = reader.optional("income_account", in_books);
    reader.finish();
    Some(RefundRules {
        post_as: post_as?,
        number: number?,
        amount_only: amount_only?,
        item: item?,
        income_account: income_account?,
    })
}

fn tracking(mapping: &Reader<'_>) -> Option<TrackingRules> {
    let reader = mapping.table("tracking", &TRACKING)?;
    let class = reader.get("class", in_books_or_none);
    let location = reader.get("location", in_books_or_none);
    reader.finish();
    Some(TrackingRules {
        class: class?,
        location: location?,
    })
}

fn custom_fields(mapping: &Reader<'_>) -> Option<BTreeMap<String, String>> {
    let reader = mapping.table("custom_fields", &CUSTOM_FIELDS)?;
    let mut fields = BTreeMap::new();
    let mut sound = true;
    for (name, entry) in reader.entries() {
        match reader.parsed(&entry, filled) {
            Some(value) => {
                fields.insert(name, value);
            }
            None => sound = false,
        }
    }
    sound.then_some(fields)
}
