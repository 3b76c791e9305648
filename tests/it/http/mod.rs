//! The API and the page as clients meet them: every answer has its headers, every refusal is a
//! problem with a code, and tokens open what they should.

mod access;
mod api;
mod contract;
mod control;
mod fees;
mod history;
mod hooks;
mod monitoring;
mod on_time;
mod pages;
mod progress;
mod slow;
mod sync;

pub(crate) use access::PAGES;
