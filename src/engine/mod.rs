//! Reads, plans, posts, resolves, schedules. Knows no connector and no mapping, only their traits.

mod answer;
mod canary;
mod control;
mod daemon;
mod desk;
mod drive;
mod error;
mod hints;
mod lease;
mod left_over;
mod lists;
mod outcome;
mod plan;
mod post;
mod progress;
mod read;
mod refer;
mod report;
mod resolve;
mod review;
mod run;
mod schedule;
mod start;
mod sweep;
mod tripwire;

pub use control::ControlError;
pub use daemon::{Engine, Health, Pipeline, RunHandle, StartError};
pub use error::{RunError, Side};
pub use lease::{LEASE, Owner};
pub use post::Books;
pub use progress::{Pace, Phase, Progress, StreamProgress};
pub use report::{RunReport, SyncReport, Usual, usually};
pub use review::{Applied, Drawn};
pub use run::MakeMapping;
pub use start::find_batch;
pub use tripwire::{Crashed, Point, Tripwire};
