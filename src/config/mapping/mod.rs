//! `[pipelines.mapping.…]` → [`MappingRules`].

mod money;
mod texts;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use self::money::{payments, refunds, tax};
use self::texts::{NUMBER, in_books, in_books_or_none, status, template};
use super::reader::Reader;
use super::reference::{
    CUSTOM_FIELDS, CUSTOMERS, DISCOUNTS, FEES, MAPPING, ORDERS, PRODUCTS, SHIPPING, TRACKING,
};
use super::values::{filled, filled_list, list, text, word};
use crate::domain::{
    ClosedPeriod, CustomerMatch, CustomerRules, Customers, DiscountRules, FeeRules, IfPosted,
    MappingRules, MissingProduct, OnEdit, OrderDate, OrderRules, PostDiscountAs, PostOrderAs,
    ProductMatch, ProductRules, ProductType, ShippingItem, ShippingRules, TrackingRules,
};

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
        income_account: income_account.ok()?,
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
