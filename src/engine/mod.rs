//! Reads, plans, posts, resolves, schedules. Knows no connector and no mapping, only their traits.

mod canary;
mod daemon;
mod error;
mod lease;
mod lists;
mod outcome;
mod plan;
mod post;
mod progress;
mod refer;
mod report;
mod resolve;
mod run;
mod tripwire;

pub use daemon::{Engine, Health, Pipeline, RunHandle, StartError, find_batch};
pub use error::{RunError, Side};
pub use lease::{LEASE, Owner};
pub use post::Books;
pub use progress::{Phase, Progress, StreamProgress};
pub use report::SyncReport;
pub use run::MakeMapping;
pub use tripwire::{Crashed, Point, Tripwire};
