//! Mapped documents in simulated books: what the mapping predicts is what the company computes.

mod books;
mod company;
mod customers;
mod edges;
mod fees;
mod findings;
mod lists;
mod money;
mod orders;
mod products;
mod properties;
mod recorded;
mod refunds;
mod taxes;
