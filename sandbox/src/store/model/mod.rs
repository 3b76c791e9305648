//! What the store holds: orders with their refunds, products, accounts, tax
//! rates, coupons and settings. Values only; how they are summed is in
//! `arithmetic`, how they are written in `render`.

pub(crate) mod catalogue;
pub(crate) mod order;
pub(crate) mod people;
pub(crate) mod settings;
