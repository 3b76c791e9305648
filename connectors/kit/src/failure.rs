//! The one error of outside calls. It does not describe fifty situations, it decides between three.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// What the engine does about a [`Failure`]. Decided where the answer was read, and the only thing
/// other code may branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Passing trouble: try again, after the server's own hint where it gave one.
    Retry {
        /// How long the server asked to wait.
        after: Option<Duration>,
    },
    /// This record or document is refused; the others go on.
    Reject,
    /// Nothing more can be done on this connection until a person acts.
    Stop,
}

/// An outside call that did not succeed: what happened, what it means, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    kind: Kind,
    code: Cow<'static, str>,
    message: String,
    remedy: String,
    outcome_unknown: bool,
}

impl Failure {
    /// Passing trouble.
    pub fn retry(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(
            Kind::Retry { after: None },
            code,
            message,
            "nothing: it is tried again",
        )
    }

    /// A refusal of this one record or document. `code` is the stable cause, `remedy` what a person
    /// can do about it.
    pub fn reject(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Kind::Reject, code, message, remedy)
    }

    /// Trouble that ends all work on this connection until a person acts.
    pub fn stop(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Kind::Stop, code, message, remedy)
    }

    fn new(
        kind: Kind,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            code: code.into(),
            message: message.into(),
            remedy: remedy.into(),
            outcome_unknown: false,
        }
    }

    /// The same failure with the server's hint how long to wait.
    #[must_use]
    pub fn after(mut self, wait: Option<Duration>) -> Self {
        if let Kind::Retry { after } = &mut self.kind {
            *after = wait;
        }
        self
    }

    /// The same failure of a write that may have taken effect all the same.
    #[must_use]
    pub fn with_unknown_outcome(mut self) -> Self {
        self.outcome_unknown = true;
        self
    }

    /// What to do about it.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The stable cause code, such as `closed_period`.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// For writes: true where the write may have taken effect (a timeout, a cut line, a 5xx). Such a
    /// call stays open and is resolved, never simply repeated.
    pub fn outcome_unknown(&self) -> bool {
        self.outcome_unknown
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Retry { .. } => "retry",
            Self::Reject => "reject",
            Self::Stop => "stop",
        })
    }
}
