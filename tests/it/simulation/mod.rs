//! The engine and the real connectors against the sandbox on a fast clock: what a run does, and what
//! happens when it ends at any point or an answer is lost.

mod canary;
mod crashes;
mod ends;
mod faults;
mod fees;
mod fees_decided;
mod life;
mod lists;
mod plain;
mod recorded;
mod resumed;
mod review;
