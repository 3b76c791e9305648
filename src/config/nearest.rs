//! The nearest of some known words.

/// The candidate that `word` was most likely meant to be; `None` only where there is no candidate.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .min_by_key(|candidate| strsim::damerau_levenshtein(&word, &candidate.to_lowercase()))
}

/// The nearest candidate where it is near indeed: half of the letters or more are right.
pub(crate) fn near<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    nearest(word, candidates).filter(|found| {
        let longest = word.chars().count().max(found.chars().count());
        strsim::damerau_levenshtein(&word.to_lowercase(), &found.to_lowercase()) * 2 <= longest
    })
}

/// The words as "`a`, `b` or `c`".
pub(crate) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_needs_the_fewest_changes() {
        let words = ["page_size", "timeout", "settle"];
        assert_eq!(nearest("page_sise", words), Some("page_size"));
        assert_eq!(nearest("TIME_OUT", words), Some("timeout"));
        assert_eq!(nearest("x", []), None);
        assert_eq!(near("settel", words), Some("settle"));
        assert_eq!(near("colour", words), None);
    }

    #[test]
    fn words_are_listed_as_people_write_them() {
        assert_eq!(one_of(&["a"]), "`a`");
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
