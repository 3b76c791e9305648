//! Text as `QuickBooks` takes it: no forbidden characters, not too long.
//!
//! Lengths are counted in UTF-16 units: that is what a Java server counts, and it is never fewer than
//! the characters, so a text that fits here fits under either reading.

/// The longest document number, in characters (FACTS: QuickBooks §7).
pub const DOC_NUMBER_LENGTH: usize = 21;

/// A name of a list object: no colon, tab or newline (FACTS: QuickBooks §7) and no other control
/// character; runs of blanks become one; at most `max` characters. Colons become hyphens, since a
/// colon would separate a parent's name from a child's. Empty where nothing is left.
pub fn clean_name(text: &str, max: usize) -> String {
    if text.contains(':') {
        clean_text(&text.replace(':', "-"), max)
    } else {
        clean_text(text, max)
    }
}

/// One line of text: control characters and line breaks become blanks, runs of blanks become one; at
/// most `max` characters.
pub fn clean_text(text: &str, max: usize) -> String {
    if is_clean(text, max) {
        return text.to_owned();
    }
    let spaced: String = text
        .chars()
        .map(|letter| if is_junk(letter) { ' ' } else { letter })
        .collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    cut(&words.join(" "), max).trim_end().to_owned()
}

/// Text of several lines, for memos and descriptions: line breaks stay, as `\n`; otherwise as
/// [`clean_text`].
pub fn clean_text_lines(text: &str, max: usize) -> String {
    if !text.contains(['\n', '\r']) {
        return clean_text(text, max);
    }
    let lines: Vec<String> = text
        .replace("\r\n", "\n")
        .split(['\n', '\r'])
        .map(|line| clean_text(line, max))
        .collect();
    cut(lines.join("\n").trim(), max).trim_end().to_owned()
}

/// A document number that fits. A longer one keeps its end, where numbers differ, behind eight
/// hexadecimal digits made from all of it, so that two long numbers stay two and the same one is
/// always cut the same way.
pub fn fit_doc_number(text: &str) -> String {
    let whole = clean_text(text, usize::MAX);
    if units(&whole) <= DOC_NUMBER_LENGTH {
        return whole;
    }
    let mut end = String::new();
    for letter in whole.chars().rev() {
        if units(&end) + letter.len_utf16() > DOC_NUMBER_LENGTH - 9 {
            break;
        }
        end.insert(0, letter);
    }
    format!("{:08x}-{end}", fingerprint(&whole))
}

/// The text with only the characters that US companies are documented to take, ISO 8859-1 (FACTS:
/// QuickBooks §1): others are spelled in plain letters and signs, and pictures are left out. May be empty.
pub fn latin1(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if u32::from(letter) <= 0xFF {
            plain.push(letter);
            continue;
        }
        let spelled = any_ascii::any_ascii_char(letter);
        // a picture's name stands between colons
        if !spelled.starts_with(':') {
            plain.push_str(spelled);
        }
    }
    plain
}

/// Whether cleaning would change nothing: most text is so, and looking is cheaper than rebuilding.
fn is_clean(text: &str, max: usize) -> bool {
    let mut previous = b' ';
    let plain = text.bytes().all(|byte| {
        let fits = matches!(byte, b' '..=b'~') && !(byte == b' ' && previous == b' ');
        previous = byte;
        fits
    });
    plain && text.len() <= max && (previous != b' ' || text.is_empty())
}

/// Control characters, and the invisible signs that make two equal names unequal.
fn is_junk(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{200B}' | '\u{FEFF}' | '\u{2028}' | '\u{2029}' | '\u{FFFD}'
        )
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The beginning of `text` that has at most `max` units.
fn cut(text: &str, max: usize) -> &str {
    let mut used = 0;
    for (place, letter) in text.char_indices() {
        used += letter.len_utf16();
        if used > max {
            return text.get(..place).unwrap_or(text);
        }
    }
    text
}

/// FNV-1a: spreads numbers well enough, and stays the same in every version of the program.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811C_9DC5, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_loses_what_quickbooks_forbids() {
        assert_eq!(
            clean_name(" Ann:Lee\t& \u{0}Sons\r\nLtd ", 100),
            "Ann-Lee & Sons Ltd"
        );
        assert_eq!(clean_name("Zoë 🐈 Ltd", 6), "Zoë 🐈");
        assert_eq!(clean_name("Zoë 🐈 Ltd", 5), "Zoë");
        assert_eq!(clean_name(":\t\n", 100), "-");
    }

    #[test]
    fn lines_of_a_memo_stay_lines() {
        assert_eq!(clean_text_lines("a  b\r\nc\td\n\n", 100), "a b\nc d");
    }

    #[test]
    fn long_numbers_that_differ_stay_different() {
        assert_eq!(fit_doc_number("WEB-1043-R991"), "WEB-1043-R991");
        let first = fit_doc_number("WEBSHOP-LONDON-2026-0001043");
        let second = fit_doc_number("WEBSHOP-LEEDS-2026-0001043");
        assert_ne!(first, second);
        assert_eq!(first.len(), DOC_NUMBER_LENGTH);
        assert!(first.ends_with("2026-0001043"), "{first}");
    }

    #[test]
    fn what_us_companies_cannot_keep_is_spelled_in_plain_letters() {
        for (text, plain) in [
            ("“Müller’s” – 5 €…", "\"Müller's\" - 5 EUR..."),
            ("Dvořák Ștefan Łódź Œuvre", "Dvorák Stefan Lódz Oeuvre"),
            ("Иванов Пётр", "Ivanov Petr"),
            ("דוד כהן", "dvd khhn"),
            ("山田 太郎", "ShanTian TaiLang"),
            ("Mug 🐈", "Mug "),
        ] {
            assert_eq!(latin1(text), plain);
        }
    }

    proptest! {
        #[test]
        fn cleaned_text_fits_and_cleaning_again_changes_nothing(text in "\\PC{0,40}|.{0,40}", max in 1_usize..30) {
            let clean = clean_name(&text, max);
            prop_assert!(clean.encode_utf16().count() <= max);
            prop_assert!(!clean.contains([':', '\t', '\n']));
            prop_assert_eq!(clean_name(&clean, max), clean.clone());
            prop_assert!(fit_doc_number(&text).encode_utf16().count() <= DOC_NUMBER_LENGTH);
        }
    }
}
