//! Reads, plans, posts, resolves, schedules. Knows no connector and no mapping, only their traits.

mod canary;
mod control;
mod daemon;
mod error;
mod examine;
mod hints;
mod lease;
mod lists;
mod outcome;
mod plan;
mod post;
mod progress;
mod refer;
mod report;
mod resolve;
mod review;
mod run;
mod sweep;
mod tripwire;

pub use control::ControlError;
pub use daemon::{Engine, Health, Pipeline, RunHandle, StartError, find_batch};
pub use error::{RunError, Side};
pub use examine::Compare;
pub use lease::{LEASE, Owner};
pub use post::Books;
pub use progress::{Pace, Phase, Progress, StreamProgress};
pub use report::{RunReport, SyncReport, Usual, usually};
pub use review::{Applied, Drawn};
pub use run::MakeMapping;
pub use tripwire::{Crashed, Point, Tripwire};
