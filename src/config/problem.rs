//! What is wrong with a configuration, and where: all of it at once.

use std::fmt;
use std::fmt::Write as _;

use super::excerpt::Excerpt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1; `None` where the file could not be read at all.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// The key's path (`connections.store.page_size`); empty where it concerns no key.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The source line with a caret under the place, free of secrets.
    excerpt: Option<Excerpt>,
}

impl Problem {
    pub(super) fn at(
        file: &str,
        place: (usize, usize),
        key: &str,
        message: String,
        excerpt: Excerpt,
    ) -> Self {
        Self {
            file: file.to_owned(),
            line: Some(place.0),
            column: Some(place.1),
            key: key.to_owned(),
            message,
            excerpt: Some(excerpt),
        }
    }

    pub(super) fn of_file(file: &str, message: String) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            column: None,
            key: String::new(),
            message,
            excerpt: None,
        }
    }

    /// Place and message in one line, without the source.
    pub fn headline(&self) -> String {
        let mut text = self.file.clone();
        if let (Some(line), Some(column)) = (self.line, self.column) {
            let _ = write!(text, ":{line}:{column}");
        }
        text.push_str(": ");
        if !self.key.is_empty() {
            let _ = write!(text, "`{}`: ", self.key);
        }
        text.push_str(&self.message);
        text
    }
}

/// Place, message, and the source line with a caret, like a compiler.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline())?;
        match (&self.excerpt, self.line) {
            (Some(excerpt), Some(line)) => write!(f, "\n{}", excerpt.render(line)),
            (Some(_) | None, _) => Ok(()),
        }
    }
}

/// Something that works but should not stay as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub Problem);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The configuration cannot be used: every reason, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    pub(super) fn new(mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| (problem.line, problem.column));
        Self { list }
    }

    /// The problems, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Never true of what [`super::Config::load`] returns.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.list {
            writeln!(f, "{problem}\n")?;
        }
        match self.list.as_slice() {
            [] => f.write_str("no problems"),
            [only] => write!(f, "1 problem in {}", only.file),
            [first, ..] => write!(f, "{} problems in {}", self.list.len(), first.file),
        }
    }
}

impl std::error::Error for Problems {}
