//! Identifiers and fingerprints that cross the traits.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// Names one posting in the journal.
    PostingId
}
text_id! {
    /// Names one call to a target. At most 40 characters, so that with a member's slot it stays
    /// under the 50 that QuickBooks allows (FACTS: QuickBooks §3).
    RequestId
}
text_id! {
    /// A hash over the content that matters. Two records or documents with equal fingerprints are
    /// the same; time stamps decide nothing (FACTS: WooCommerce §4).
    Fingerprint
}
