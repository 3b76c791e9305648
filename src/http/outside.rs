//! What the pages need to know of the outside systems. This module does not know them itself: the
//! wiring gives it these few functions.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use kit::{Failure, PostingKind};
use secrecy::SecretString;
use url::Url;

use crate::config::QuickBooksConnection;
use crate::domain::{ConnectionName, Paper, SourceKind};

/// How consent is given for each company.
pub type Consents = BTreeMap<ConnectionName, Consent>;

/// The page for consent that leads back to an address, with a question that is answered there.
pub type ConsentPage = dyn Fn(&Url, &str) -> Url + Send + Sync;

/// Takes in what came back: a code, the company it is for, and the address led back to. What the
/// company says of itself.
pub type TakeConsent =
    dyn Fn(SecretString, String, Url) -> BoxFuture<'static, Result<String, Failure>> + Send + Sync;

/// How consent is given for a company.
#[derive(Clone)]
pub struct Consent {
    /// Where it is asked for.
    pub page: Arc<ConsentPage>,
    /// What is done with the answer.
    pub accept: Arc<TakeConsent>,
}

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
