//! One line of the configuration as it may be shown: what the caret points to, without the values
//! beside it, since a secret may stand there.

use std::ops::Range;

/// A source line with the part that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    line: String,
    /// Characters before the caret.
    indent: String,
    /// Carets.
    width: usize,
}

/// How much of a line may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    /// What is meant; other texts of the line are left out.
    Meant,
    /// Keys only: the line could not be read, so a secret may stand anywhere in it.
    Keys,
}

/// Line and column, both from 1, the column in characters.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
    (line, column)
}

impl Excerpt {
    /// The line in which `meant` begins.
    pub(super) fn new(text: &str, meant: &Range<usize>, show: Show) -> Self {
        let start = meant.start.min(text.len());
        let line_start = text
            .get(..start)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |newline| newline + 1);
        let line = text
            .get(line_start..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or("");
        let from = (start - line_start).min(line.len());
        let to = meant.end.saturating_sub(line_start).clamp(from, line.len());
        let hidden = match show {
            Show::Meant => texts_beside(line, &(from..to)),
            Show::Keys => values(line),
        };
        let (line, from, to) = without(line, &hidden, from, to);
        let before = line.get(..from).unwrap_or("");
        Self {
            indent: before
                .chars()
                .map(|letter| if letter == '\t' { '\t' } else { ' ' })
                .collect(),
            width: line.get(from..to).unwrap_or("").chars().count().max(1),
            line,
        }
    }

    /// The line with its number and the carets under it.
    pub(super) fn render(&self, number: usize) -> String {
        let number = number.to_string();
        let gutter = " ".repeat(number.len());
        format!(
            "{gutter} |\n{number} | {}\n{gutter} | {}{}",
            self.line,
            self.indent,
            "^".repeat(self.width)
        )
    }
}

/// The quoted texts and the comment of a line that are not part of what is meant and no keys.
fn texts_beside(line: &str, meant: &Range<usize>) -> Vec<Range<usize>> {
    let header = line.trim_start().starts_with('[');
    quoted_and_comments(line)
        .into_iter()
        .filter(|part| {
            let is_meant = part.start < meant.end.max(meant.start + 1) && meant.start < part.end;
            let rest = line.get(part.end..).unwrap_or("").trim_start();
            let is_key = header || rest.starts_with(['=', '.']);
            !is_meant && !is_key
        })
        .collect()
}

/// Everything behind the first `=`; without one, the whole line unless it is a header.
fn values(line: &str) -> Vec<Range<usize>> {
    match line.find('=') {
        Some(equals) if line.len() > equals + 1 => {
            let rest = line.get(equals + 1..).unwrap_or("");
            let blank = rest.len() - rest.trim_start().len();
            std::iter::once(equals + 1 + blank..line.len()).collect()
        }
        Some(_) => Vec::new(),
        None if line.trim_start().starts_with('[') => quoted_and_comments(line),
        None => std::iter::once(0..line.len()).collect(),
    }
}

/// Where quoted texts (closed or not) and a comment stand in a line.
fn quoted_and_comments(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut letters = line.char_indices();
    while let Some((start, letter)) = letters.next() {
        match letter {
            '#' => {
                found.push(start..line.len());
                break;
            }
            '"' | '\'' => {
                let mut end = line.len();
                while let Some((at, inner)) = letters.next() {
                    if inner == '\\' && letter == '"' {
                        letters.next();
                    } else if inner == letter {
                        end = at + 1;
                        break;
                    }
                }
                found.push(start..end);
            }
            _ => {}
        }
    }
    found
}

/// The line with `hidden` parts replaced by `…`, and where `from` and `to` are in it now.
fn without(line: &str, hidden: &[Range<usize>], from: usize, to: usize) -> (String, usize, usize) {
    let mut shown = String::new();
    let (mut new_from, mut new_to) = (None, None);
    let mut at = 0;
    let mut parts = hidden.iter();
    let mut next = parts.next();
    while at < line.len() {
        if at >= from {
            new_from.get_or_insert(shown.len());
        }
        if at >= to {
            new_to.get_or_insert(shown.len());
        }
        match next {
            Some(part) if part.start == at && part.end > at => {
                if part.contains(&from) {
                    new_from.get_or_insert(shown.len());
                }
                shown.push('…');
                at = part.end;
                next = parts.next();
            }
            _ => {
                let letter = line.get(at..).and_then(|rest| rest.chars().next());
                let Some(letter) = letter else { break };
                shown.push(letter);
                at += letter.len_utf8();
            }
        }
    }
    let from = new_from.unwrap_or(shown.len());
    let to = new_to.unwrap_or(shown.len());
    (shown, from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, meant: &str, show: Show) -> String {
        let start = text.find(meant).expect("it is there");
        let excerpt = Excerpt::new(text, &(start..start + meant.len()), show);
        excerpt.render(place(text, start).0)
    }

    #[test]
    fn the_caret_stands_under_what_is_meant() {
        assert_eq!(
            shown("a = 1\n\tsize = 700  # many\n", "700", Show::Meant),
            "  |\n2 | \tsize = 700  …\n  | \t       ^^^"
        );
    }

    #[test]
    fn a_text_beside_what_is_meant_is_not_shown() {
        assert_eq!(
            shown("x = { sekret = \"hush\", size = 700 }", "700", Show::Meant),
            "  |\n1 | x = { sekret = …, size = 700 }\n  |                          ^^^"
        );
        assert_eq!(
            shown("sekret = \"hu\\\"sh\"", "sekret", Show::Meant),
            "  |\n1 | sekret = …\n  | ^^^^^^"
        );
    }

    #[test]
    fn of_a_line_that_cannot_be_read_only_the_key_is_shown() {
        assert_eq!(
            shown("secret = cs_hush", "cs_hush", Show::Keys),
            "  |\n1 | secret = …\n  |          ^"
        );
        assert_eq!(
            shown("secret = \"cs_hush", "hush", Show::Keys),
            "  |\n1 | secret = …\n  |          ^"
        );
    }

    #[test]
    fn places_count_characters_from_one() {
        assert_eq!(place("ä = 1\nüb = 2", 0), (1, 1));
        assert_eq!(place("ä = 1\nüb = 2", "ä = 1\nü".len()), (2, 2));
    }
}
