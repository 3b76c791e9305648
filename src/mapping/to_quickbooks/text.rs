//! Text of the store as the books take it: cleaned, cut, and in a US company spelled in the
//! characters that are documented to survive there (FACTS: QuickBooks §1).

use std::borrow::Cow;

use quickbooks as api;

/// How text is cleaned for one company.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts {
    /// Only ISO 8859-1 gets through: US companies.
    pub(super) latin1_only: bool,
}

impl Texts {
    fn plain(self, text: &str) -> Cow<'_, str> {
        if self.latin1_only && !text.is_ascii() {
            Cow::Owned(api::latin1(text))
        } else {
            Cow::Borrowed(text)
        }
    }

    /// A name of a list object.
    pub(super) fn name(self, text: &str, max: usize) -> String {
        api::clean_name(&self.plain(text), max)
    }

    /// Whether a name is spelled anew in the letters of another writing, so that two names could become
    /// one. A letter that only loses its mark, as in Dvořák, is not.
    pub(super) fn is_respelled(self, text: &str) -> bool {
        let is_latin = |letter| matches!(letter, '\0'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}');
        let respelled = |letter: char| letter.is_alphanumeric() && !is_latin(letter);
        self.latin1_only && text.chars().any(respelled)
    }

    /// One line of text; `None` where nothing is left.
    pub(super) fn line(self, text: &str, max: usize) -> Option<String> {
        some(api::clean_text(&self.plain(text), max))
    }

    /// Several lines of text; `None` where nothing is left.
    pub(super) fn lines(self, text: &str, max: usize) -> Option<String> {
        some(api::clean_text_lines(&self.plain(text), max))
    }
}

/// An e-mail address that QuickBooks would take: at most 100 characters, with `@` and a dot (FACTS:
/// QuickBooks §7). `None` for any other.
pub(super) fn valid_email(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = text.len() <= 100 && text.is_ascii() && !text.contains(char::is_control);
    let (_, host) = text.split_once('@')?;
    (fits && host.contains('.') && !text.contains(' ')).then(|| text.to_owned())
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// A name without HTML tags, which product names may hold (FACTS: WooCommerce §1.9).
pub(super) fn without_tags(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let opens = after.starts_with(|it: char| it.is_ascii_alphabetic() || it == '/');
        match after.split_once('>') {
            Some((_, behind)) if opens => rest = behind,
            _ => {
                plain.push('<');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_other_angle_brackets_stay() {
        assert_eq!(without_tags("<b>Café</b> < 3 <3"), "Café < 3 <3");
    }

    #[test]
    fn an_address_without_a_dot_is_not_sent() {
        assert_eq!(
            valid_email(" ann@example.com "),
            Some("ann@example.com".into())
        );
        assert_eq!(valid_email("ann@localhost"), None);
        assert_eq!(valid_email("ann.example.com"), None);
    }

    #[test]
    fn a_name_in_another_writing_is_noticed() {
        let texts = Texts { latin1_only: true };
        for name in ["株式会社", "Иван", "דוד", "Zoë Łąc 株"] {
            assert!(texts.is_respelled(name), "{name}");
        }
        for name in ["Zoë – “Tea”", "Dvořák", "Ștefan", "Nguyễn", "Mug 🐈"] {
            assert!(!texts.is_respelled(name), "{name}");
        }
        assert!(!Texts { latin1_only: false }.is_respelled("株式会社"));
    }
}
