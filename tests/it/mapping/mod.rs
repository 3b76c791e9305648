//! Mapped documents in simulated books: what the mapping predicts is what the company computes.

pub(crate) mod books;
mod company;
mod customers;
mod edges;
mod lists;
mod money;
mod orders;
mod products;
mod recorded;
mod refunds;
mod taxes;
