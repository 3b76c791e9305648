//! What customers are called in the books.

use super::{Buyer, Person};
use crate::mapping::to_quickbooks::text::valid_email;

/// The longest name that leaves room for an e-mail address within the 500 characters of a
/// `DisplayName` (FACTS: QuickBooks §7).
const NAME_LENGTH: usize = 380;

/// A name, and what tells it from others that could be the same.
struct Called {
    name: String,
    /// The e-mail address, where other names come to the same letters.
    apart: Option<String>,
}

impl Buyer<'_> {
    /// Company, else first and last name, else e-mail address; with the currency where it is foreign.
    pub(super) fn display_name(&self) -> String {
        let Called { name, apart } = self.called();
        self.with_details(&name, &[apart])
    }

    /// The name for when that one is taken by somebody else; `None` where nothing more is known.
    pub(super) fn other_name(&self) -> Option<String> {
        let person = self.person.as_ref()?;
        let Called { name, apart } = self.called();
        let said = |detail: &String| *detail == name || apart.as_ref() == Some(detail);
        let more = [self.address(person), person.otherwise.clone()]
            .into_iter()
            .find(|detail| !said(detail))?;
        Some(self.with_details(&name, &[apart, Some(more)]))
    }

    /// The name with the foreign currency and further details in parentheses behind it.
    fn with_details(&self, name: &str, further: &[Option<String>]) -> String {
        let currency = self.foreign.map(|it| it.to_string());
        let details: Vec<&str> = currency
            .iter()
            .chain(further.iter().flatten())
            .map(String::as_str)
            .collect();
        if details.is_empty() {
            name.to_owned()
        } else {
            format!("{name} ({})", details.join(", "))
        }
    }

    /// The e-mail address, or what there is instead.
    fn address(&self, person: &Person<'_>) -> String {
        let email = valid_email(person.email).map(|it| self.books.texts.name(&it, 100));
        email.unwrap_or_else(|| person.otherwise.clone())
    }

    fn called(&self) -> Called {
        let texts = self.books.texts;
        let plain = |name| Called { name, apart: None };
        let Some(person) = &self.person else {
            return plain(texts.name(&self.rules.customers.generic, NAME_LENGTH));
        };
        let full = format!("{} {}", person.first.trim(), person.last.trim());
        for text in [person.company, full.as_str()] {
            let name = texts.name(text, NAME_LENGTH);
            if name.chars().any(char::is_alphanumeric) {
                let apart = texts.is_respelled(text).then(|| self.address(person));
                return Called { name, apart };
            }
        }
        plain(self.address(person))
    }
}
