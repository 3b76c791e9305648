//! Identifiers and fingerprints that cross the traits.

/// Declares an identifier: a text with a type of its own, so that ids cannot be mixed up.
#[macro_export]
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
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

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
