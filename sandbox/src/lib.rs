//! A WooCommerce store and a QuickBooks company, simulated over real HTTP on
//! loopback, with state, faults and a clock of their own. They serve
//! `daybook demo` and every integration test.
//!
//! Both are written from the FACTS and the recorded exchanges alone and use no
//! other crate of the project, so that a misunderstanding in a connector
//! cannot hide in a shared type.

pub mod clock;
pub mod company;
pub mod store;
