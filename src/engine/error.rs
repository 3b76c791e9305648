//! Why a run ended before its work was done.

use kit::Failure;

use super::tripwire::Crashed;
use crate::store::StoreError;

/// Which side of a pipeline a failure came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The store that is read.
    Source,
    /// The books that are written.
    Target,
}

/// Why a run ended before its work was done. Nothing is lost by any of them: the next run goes on
/// from the checkpoint.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RunError {
    /// The database did not do its part.
    #[error(transparent)]
    Store(#[from] std::sync::Arc<StoreError>),
    /// A connection failed for good, or longer than a run waits.
    #[error("{failure}")]
    Connection {
        /// Which side.
        side: Side,
        /// What happened.
        failure: Failure,
    },
    /// The configuration does not fit the books.
    #[error("{0}")]
    Mapping(String),
    /// It was asked to stop.
    #[error("stopped after its last checkpoint was saved")]
    Stopped,
    /// Another process took the pipeline over.
    #[error("another daybook process took this pipeline over")]
    LeaseLost,
    /// A simulation ended it.
    #[error(transparent)]
    Crashed(#[from] Crashed),
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        Self::Store(std::sync::Arc::new(error))
    }
}

impl RunError {
    /// A failure of the source.
    pub fn source(failure: Failure) -> Self {
        Self::Connection {
            side: Side::Source,
            failure,
        }
    }

    /// A failure of the target.
    pub fn target(failure: Failure) -> Self {
        Self::Connection {
            side: Side::Target,
            failure,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Store(error) => error.remedy().to_owned(),
            Self::Connection { failure, .. } => failure.remedy().to_owned(),
            Self::Mapping(_) => {
                "correct the mapping in the configuration; `daybook check` shows what fits"
                    .to_owned()
            }
            Self::Stopped | Self::LeaseLost | Self::Crashed(_) => {
                "nothing: the next run goes on from the checkpoint".to_owned()
            }
        }
    }
}
