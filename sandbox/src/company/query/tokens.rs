//! From the text of a statement to its words.

use super::super::fault::Fault;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Text,
    Number,
    Symbol,
    End,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) column: usize,
}

pub(super) fn tokens(statement: &str) -> Result<Vec<Token>, Fault> {
    let letters: Vec<char> = statement.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        let column = at + 1;
        if letter.is_whitespace() {
            at += 1;
        } else if letter == '\'' {
            let (text, next) = quoted(&letters, at)?;
            tokens.push(Token {
                kind: Kind::Text,
                text,
                column,
            });
            at = next;
        } else if letter.is_alphabetic() || letter == '_' {
            let text = run(&letters, at, |c| {
                c.is_alphanumeric() || c == '_' || c == '.'
            });
            at += text.chars().count();
            tokens.push(Token {
                kind: Kind::Word,
                text,
                column,
            });
        } else if letter.is_ascii_digit() || letter == '-' {
            let text = run(&letters, at, |c| c.is_ascii_digit() || c == '.' || c == '-');
            at += text.chars().count();
            tokens.push(Token {
                kind: Kind::Number,
                text,
                column,
            });
        } else {
            let mut text = letter.to_string();
            at += 1;
            if matches!(letter, '<' | '>' | '!') && letters.get(at) == Some(&'=') {
                text.push('=');
                at += 1;
            }
            tokens.push(Token {
                kind: Kind::Symbol,
                text,
                column,
            });
        }
    }
    tokens.push(Token {
        kind: Kind::End,
        text: String::new(),
        column: letters.len(),
    });
    Ok(tokens)
}

fn run(letters: &[char], from: usize, belongs: impl Fn(char) -> bool) -> String {
    letters
        .iter()
        .skip(from)
        .take_while(|letter| belongs(**letter))
        .collect()
}

/// A text in single quotes; `\'` is a quote inside it (recorded).
fn quoted(letters: &[char], open: usize) -> Result<(String, usize), Fault> {
    let mut text = String::new();
    let mut at = open + 1;
    while let Some(letter) = letters.get(at).copied() {
        at += 1;
        match letter {
            '\'' => return Ok((text, at)),
            '\\' => {
                if let Some(escaped) = letters.get(at) {
                    text.push(*escaped);
                    at += 1;
                }
            }
            other => text.push(other),
        }
    }
    Err(Fault::query_syntax(format!(
        "QueryParserError: Lexical error at line 1, column {}.  Encountered: <EOF> after : \"\\'{text}\"",
        letters.len() + 1
    )))
}
