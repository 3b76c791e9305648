//! Carts × regimes: generated carts become orders and refunds by the sandbox store's own arithmetic,
//! the mapping makes documents of them, and the sandbox company's own arithmetic is the judge. What is
//! posted is exact; what is held no allowed form could have met.

mod dice;
mod generate;
mod judge;
mod lines;
mod named;
mod paper;
mod recipe;
mod regimes;
mod run;
mod search;
