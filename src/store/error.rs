//! What can go wrong with the database, and what to do about it.

/// The database is unavailable, damaged or of another version. A lost race is no error but
/// [`super::Commit::LostRace`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be opened until a person acts.
    #[error("{message}")]
    Unusable {
        /// What is the matter.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// Passing trouble: it is locked, restarting or cannot be reached. To be tried again.
    #[error("the database cannot be reached just now: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The disk is full.
    #[error("the database cannot grow: {0}")]
    Full(#[source] sqlx::Error),
    /// Its contents cannot be read.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Others changed the same rows again and again.
    #[error("the same rows are being changed by others")]
    Contended,
    /// A statement was refused; a bug.
    #[error("the database refused a statement: {0}")]
    Refused(#[source] sqlx::Error),
}

impl StoreError {
    pub(super) fn unusable(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Unusable {
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// What to do about it, for a person.
    pub fn remedy(&self) -> &str {
        match self {
            Self::Unusable { remedy, .. } => remedy,
            Self::Unavailable(_) => {
                "nothing, if it comes back: it is tried again; else see that the database runs and that `database.url` is right"
            }
            Self::Full(_) => "free space on the disk of the database, then start again",
            Self::Damaged(_) => {
                "restore the database from a backup; with SQLite try `sqlite3 daybook.db .recover` first"
            }
            Self::Contended => "nothing: it is tried again",
            Self::Refused(_) => "report this with the log; nothing was written",
        }
    }

    /// Whether trying again later can help without a person.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended)
    }

    /// Two transactions met, and this one was rolled back: it can be repeated at once.
    pub(super) fn is_conflict(&self) -> bool {
        let (Self::Unavailable(error) | Self::Refused(error)) = self else {
            return false;
        };
        let Some(database) = error.as_database_error() else {
            return false;
        };
        database.is_unique_violation()
            || matches!(database.code().as_deref(), Some("40001" | "40P01"))
    }

    pub(super) fn unreadable(what: impl std::fmt::Display) -> Self {
        Self::Damaged(what.to_string())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                Self::Damaged(error.to_string())
            }
            sqlx::Error::Database(database) => match classify(database.code().as_deref()) {
                Class::Passing => Self::Unavailable(error),
                Class::Full => Self::Full(error),
                Class::Damaged => Self::Damaged(error.to_string()),
                Class::Other => Self::Refused(error),
            },
            _ => Self::Refused(error),
        }
    }
}

enum Class {
    Passing,
    Full,
    Damaged,
    Other,
}

/// `code` is SQLite's extended result code in decimal, or PostgreSQL's five-character SQLSTATE.
fn classify(code: Option<&str>) -> Class {
    let Some(code) = code else {
        return Class::Other;
    };
    if code.len() == 5 {
        return match code.get(..2) {
            Some("53") if code == "53100" => Class::Full,
            Some("08" | "40" | "53" | "55" | "57") => Class::Passing,
            Some("XX") => Class::Damaged,
            _ => Class::Other,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6 | 10) => Class::Passing, // busy, locked, disk I/O
        Ok(13) => Class::Full,
        Ok(11 | 26) => Class::Damaged,
        _ => Class::Other,
    }
}
