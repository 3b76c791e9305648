//! Reads WooCommerce stores over the wc/v3 REST API.
//!
//! [`WooCommerce`] is the [`kit::Source`]. Entities as received, parsed once and strictly where money is at stake: [`parse_order`],
//! [`parse_refund`], [`parse_product`], [`parse_customer`]. How the API really behaves is written
//! down in FACTS (WooCommerce); the rules here name their section.
//!
//! Not here: what becomes of an order in the books, and when to read. Nothing is written to a
//! store but the webhooks somebody asks for.

mod answer;
mod api;
mod check;
mod client;
mod cursor;
mod customers;
mod fields;
mod hooks;
mod id_walk;
mod list;
mod outlines;
mod settings;
mod setup;
mod source;
mod variations;
mod walk;
mod webhook;

pub use api::{
    Address, Attribute, CouponLine, Customer, FeeLine, LineItem, LineTax, Meta, MetaEntry, Order,
    OrderRefund, OrderStatus, ParseError, Product, ProductType, Refund, ShippingLine,
    StockManagement, TaxLine, TaxStatus, parse_customer, parse_order, parse_product, parse_refund,
};
pub use hooks::{Hooked, TOPICS, Webhook};
pub use settings::Settings;
pub use setup::{
    StoreGateway, StoreSettings, StoreSetup, StoreStatus, StoreTaxClass, StoreTaxRate,
};
pub use source::WooCommerce;
pub use webhook::webhook_is_genuine;
