//! The command line as a person or a script meets it: the real binary, its exit code, what it prints
//! and where. Whatever is asked, no secret and no colour is in it.

mod connect;
mod credentials;
mod demo;
mod findings;
mod plan;
mod reconcile;
mod retry;
mod runs;
mod shell;
mod show;
mod status;
mod trouble;
mod usage;
mod webhooks;
