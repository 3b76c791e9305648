//! Reads WooCommerce stores over the wc/v3 REST API.
//!
//! Entities as received, parsed once and strictly where money is at stake: [`parse_order`],
//! [`parse_refund`], [`parse_product`], [`parse_customer`]. How the API really behaves is written
//! down in FACTS (WooCommerce); the rules here name their section.
//!
//! Not here: what becomes of an order in the books, and when to read. Nothing is ever written to a
//! store.

mod api;

pub use api::{
    Address, Attribute, CouponLine, Customer, FeeLine, LineItem, LineTax, Meta, MetaEntry, Order,
    OrderRefund, OrderStatus, ParseError, Product, ProductType, Refund, ShippingLine,
    StockManagement, TaxLine, TaxStatus, parse_customer, parse_order, parse_product, parse_refund,
};
