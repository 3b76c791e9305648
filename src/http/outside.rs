//! What the pages need to know of the outside systems. This module does not know them itself: the
//! wiring gives it these few functions.

use kit::PostingKind;
use secrecy::SecretString;

use crate::config::QuickBooksConnection;
use crate::domain::{Paper, SourceKind};

/// Functions of the connectors and mappings.
#[derive(Clone, Copy, Debug)]
pub struct Outside {
    /// What a record of a store says.
    pub record: fn(SourceKind, &str) -> Option<Paper>,
    /// What a document of the books says.
    pub document: fn(PostingKind, &str) -> Option<Paper>,
    /// Where a document of a company can be looked at by its id there.
    pub page: fn(&QuickBooksConnection, PostingKind, &str) -> Option<String>,
    /// Whether a webhook's body was signed with this secret.
    pub genuine: fn(&SecretString, &[u8], &str) -> bool,
}
