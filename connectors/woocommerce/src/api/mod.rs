//! The API's entities as received: what of them the books can need, parsed once.
//!
//! Money is [`rust_decimal::Decimal`] in whole units of the order's currency and never passes
//! through a float. Where the store itself is loose (an empty text for "none", an id as text) the
//! types are; where money is at stake anything odd is a [`ParseError`] that names the field.
//!
//! Not here: requests, paging, or rules of booking.

mod address;
mod customer;
mod line;
mod meta;
mod order;
mod parse;
mod product;
mod refund;
mod scalar;

pub use address::Address;
pub use customer::{Customer, parse_customer};
pub use line::{CouponLine, FeeLine, LineItem, LineTax, ShippingLine, TaxLine, TaxStatus};
pub use meta::{Meta, MetaEntry};
pub use order::{Order, OrderRefund, OrderStatus, parse_order};
pub use parse::ParseError;
pub use product::{Attribute, Product, ProductType, StockManagement, parse_product};
pub use refund::{Refund, parse_refund};
pub(crate) use scalar::utc;
