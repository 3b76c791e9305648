//! The words of the mapping.

use super::count;
use crate::domain::{CustomerMatch, PostOrderAs, ProductMatch, TaxMode};

pub(in super::super) const ALL_MAPPED: &str =
    "Everything that orders have asked for so far is mapped.";
pub(in super::super) const CHANGE: &str = "The mapping stands in the configuration file under [pipelines.mapping]. Put the lines there, start \
     daybook again, and try what was held again. `daybook check` compares anew.";
pub(in super::super) const NOT_COMPARED: &str = "The books' lists were not read yet, so the mapping was not compared with them: a run reads them, and so does \
     `daybook check`.";
pub(in super::super) const NOTHING_FOUND: &str =
    "Compared with the store and the books: there is nothing to settle.";
pub(in super::super) const LINES: &str = "Lines to put into the configuration file, below the pipeline's [[pipelines]]. Where a section stands there \
     already, they go into it. What is behind # waits until what it names is there.";
pub(in super::super) const NOT_MAPPED: &str = "Not mapped";
pub(in super::super) const USED_BY: &str = "Used by";
pub(in super::super) const BY_DEFAULT: &str = "(by default)";
pub(in super::super) const NO_GATEWAY: &str = "no gateway";
pub(in super::super) const NO_TAX: &str = "no tax";
pub(in super::super) const GATEWAYS: &str = "Gateways and where their money goes";
pub(in super::super) const GATEWAY: &str = "Gateway";
pub(in super::super) const ACCOUNT: &str = "Account";
pub(in super::super) const UNDEPOSITED: &str = "Undeposited Funds";
pub(in super::super) const IN_STORE: &str = "In the store";
pub(in super::super) const IN_BOOKS: &str = "In the books";
pub(in super::super) const TAX_CODE: &str = "Tax code";
pub(in super::super) const HOW_TAXED: &str = "how tax is booked";
pub(in super::super) const RATE: &str = "rate";
pub(in super::super) const CLASS: &str = "class";
pub(in super::super) const STANDARD: &str = "standard";
pub(in super::super) const UNTAXED: &str = "lines without tax";
pub(in super::super) const ORDERS: &str = "Orders by their status";
pub(in super::super) const STATUS: &str = "Status";
pub(in super::super) const BOOKED_AS: &str = "Booked as";
pub(in super::super) const NOT_BOOKED: &str = "not booked";
pub(in super::super) const EVERYTHING_ELSE: &str = "Everything else";
pub(in super::super) const ACCOUNTS: &str = "Accounts of the store";
pub(in super::super) const GUESTS: &str = "Guests";
pub(in super::super) const CUSTOMERS_BY: &str = "Customers are recognised by";
pub(in super::super) const PRODUCTS_BY: &str = "Products are recognised by";
pub(in super::super) const NEW_ITEMS: &str = "Sales of new items";
pub(in super::super) const SHIPPING: &str = "Shipping";
pub(in super::super) const SHIPPING_AUTO: &str =
    "the company's shipping field, or an item “Shipping”";
pub(in super::super) const FEES: &str = "Fees";
pub(in super::super) const DISCOUNTS: &str = "Discounts";
pub(in super::super) const REFUNDS: &str = "Refunds without lines";
pub(in super::super) const NUMBERS: &str = "Numbers of documents";
pub(in super::super) const EACH: &str = "a customer each";
pub(in super::super) const METHOD: &str = ", method ";

pub(in super::super) fn waits(number: u64) -> String {
    count(number, "entry waits", "entries wait")
}

pub(in super::super) fn worth_knowing(number: u64) -> String {
    count(number, "thing worth knowing", "things worth knowing")
}

pub(in super::super) fn orders(number: u64) -> String {
    count(number, "order", "orders")
}

pub(in super::super) fn taxes_so_far(number: usize) -> String {
    format!("Taxes of the orders so far ({number})")
}

pub(in super::super) fn all_to(customer: &str) -> String {
    format!("all to “{customer}”")
}

pub(in super::super) fn tax_mode(mode: TaxMode) -> &'static str {
    match mode {
        TaxMode::Auto => "as the company's country and settings ask for",
        TaxMode::UsAutomated => "automated sales tax, with the store's tax as the total",
        TaxMode::UsManual => "one code for the whole document",
        TaxMode::Codes => "a code on each line",
        TaxMode::Line => "as a line of its own",
        TaxMode::None => "not at all: an order with tax is held",
    }
}

pub(in super::super) fn booked_as(post_as: PostOrderAs) -> &'static str {
    match post_as {
        PostOrderAs::Auto => "sales receipt, or invoice where it is paid later",
        PostOrderAs::SalesReceipt => "sales receipt",
        PostOrderAs::Invoice => "invoice",
    }
}

pub(in super::super) fn customer_by(by: CustomerMatch) -> &'static str {
    match by {
        CustomerMatch::Email => "e-mail address",
        CustomerMatch::Name => "name",
    }
}

pub(in super::super) fn product_by(by: ProductMatch) -> &'static str {
    match by {
        ProductMatch::Sku => "SKU",
        ProductMatch::Name => "name",
    }
}

pub(in super::super) const THEN: &str = ", then ";
