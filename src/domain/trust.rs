//! How documents of one form come out in one company: the canary's memory.
//!
//! A form is a kind of document with one arithmetic: kind × tax form × currency
//! ([`kit::Expected::form`]). What the mapping predicts is alike for all documents of a form, so where
//! it is wrong for one it is wrong for many.

/// After so many documents of a form with other amounts than predicted, no more of it are sent.
pub const MOST_MISMATCHES: i64 = 3;

/// Once so many have come out right since, an old mismatch was about its own document (such as a
/// customer whom QuickBooks does not tax) and not about the form.
pub const FORGIVEN_AFTER: i64 = 100;

/// What is known of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormTrust {
    /// How many came out as predicted since one last did not.
    pub right: i64,
    /// How many did not, with fewer than [`FORGIVEN_AFTER`] right ones between them.
    pub wrong: i64,
    /// The last that did not: its number and both figures, in words.
    pub example: Option<String>,
}

impl FormTrust {
    /// Whether one came out right, so that many may be sent at once.
    pub fn is_proven(&self) -> bool {
        self.right > 0
    }

    /// Whether nothing more of the form is sent.
    pub fn is_refused(&self) -> bool {
        self.wrong >= MOST_MISMATCHES
    }
}
