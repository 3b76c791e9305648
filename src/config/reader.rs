//! Reads one table of the file against its description in [`super::reference`]: every unknown key,
//! missing key and unfit value is noted, none stops the reading.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::excerpt::{Excerpt, Show, place};
use super::nearest::nearest;
use super::problem::{Problem, Problems, Warning};
use super::reference::{Preset, SECTIONS, Section};

/// The file being read and what was found out about it.
pub(super) struct Sheet<'s> {
    /// The file as it was named.
    pub(super) file: &'s str,
    /// Where relative paths of secrets start.
    pub(super) folder: &'s Path,
    /// Its text.
    pub(super) text: &'s str,
    /// The environment.
    pub(super) environment: &'s dyn Fn(&str) -> Option<String>,
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl<'s> Sheet<'s> {
    pub(super) fn new(
        file: &'s str,
        folder: &'s Path,
        text: &'s str,
        environment: &'s dyn Fn(&str) -> Option<String>,
    ) -> Self {
        Self {
            file,
            folder,
            text,
            environment,
            problems: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    /// Notes something that is wrong.
    pub(super) fn problem(&self, span: &Range<usize>, key: &str, message: impl Into<String>) {
        let problem = self.located(span, key, message.into(), Show::Meant);
        self.problems.borrow_mut().push(problem);
    }

    /// Notes that the file cannot be read as TOML here.
    pub(super) fn unreadable(&self, span: &Range<usize>, message: &str) {
        let problem = self.located(span, "", message.to_owned(), Show::Keys);
        self.problems.borrow_mut().push(problem);
    }

    /// Notes something that works but should not stay.
    pub(super) fn warning(&self, span: &Range<usize>, key: &str, message: impl Into<String>) {
        let problem = self.located(span, key, message.into(), Show::Meant);
        self.warnings.borrow_mut().push(problem);
    }

    fn located(&self, span: &Range<usize>, key: &str, message: String, show: Show) -> Problem {
        let excerpt = Excerpt::new(self.text, span, show);
        let place = place(self.text, span.start);
        Problem::at(self.file, place, key, message, excerpt)
    }

    /// The value, unless something is wrong.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<(T, Vec<Warning>), Problems> {
        let problems = self.problems.into_inner();
        match value {
            Some(value) if problems.is_empty() => {
                let mut warnings = self.warnings.into_inner();
                warnings.sort_by_key(|warning| (warning.line, warning.column));
                Ok((value, warnings.into_iter().map(Warning).collect()))
            }
            Some(_) | None => Err(Problems::new(problems)),
        }
    }
}

/// Why a value does not fit, each with its place in the file.
pub(super) type Faults = Vec<(Range<usize>, String)>;

/// A value of the file as the program uses it.
pub(super) type Parsed<T> = Result<T, Faults>;

/// Something is wrong, and it is noted on the [`Sheet`] already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted;

/// A key with its value.
pub(super) struct Entry<'t> {
    pub(super) path: String,
    pub(super) key_span: Range<usize>,
    pub(super) value: &'t Spanned<DeValue<'t>>,
}

/// Reads one table.
pub(super) struct Reader<'t> {
    pub(super) sheet: &'t Sheet<'t>,
    pub(super) section: &'static Section,
    /// The table's path (`connections.store`).
    pub(super) path: String,
    /// Where the table begins: what is missing is said to be missing here.
    pub(super) span: Range<usize>,
    /// `None` where the file does not have the table at all.
    table: Option<&'t DeTable<'t>>,
    read: RefCell<BTreeSet<&'static str>>,
}

impl<'t> Reader<'t> {
    /// A reader of `table`, which `section` describes.
    pub(super) fn new(
        sheet: &'t Sheet<'t>,
        section: &'static Section,
        path: impl Into<String>,
        span: Range<usize>,
        table: Option<&'t DeTable<'t>>,
    ) -> Self {
        Self {
            sheet,
            section,
            path: path.into(),
            span,
            table,
            read: RefCell::default(),
        }
    }

    /// The path of a key in this table.
    pub(super) fn path_of(&self, key: &str) -> String {
        let bare = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        let key = if !key.is_empty() && key.chars().all(bare) {
            key.to_owned()
        } else {
            format!("{key:?}")
        };
        if self.path.is_empty() {
            key
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The entry of a key, where the file has it.
    pub(super) fn entry(&self, key: &'static str) -> Option<Entry<'t>> {
        debug_assert!(
            self.section.knows(key),
            "`{key}` is not described in the section {}",
            self.section.header
        );
        self.read.borrow_mut().insert(key);
        let (found, value) = self.table?.get_key_value(key)?;
        Some(Entry {
            path: self.path_of(key),
            key_span: found.span(),
            value,
        })
    }

    /// All entries of a table whose keys are free.
    pub(super) fn entries(&self) -> Vec<(String, Entry<'t>)> {
        let Some(table) = self.table else {
            return Vec::new();
        };
        let entry = |(key, value): (&'t Spanned<_>, _)| {
            let name: &std::borrow::Cow<'_, str> = key.get_ref();
            let entry = Entry {
                path: self.path_of(name),
                key_span: key.span(),
                value,
            };
            (name.to_string(), entry)
        };
        table.iter().map(entry).collect()
    }

    /// The value of a key, else its default; `None` where something is wrong with it.
    pub(super) fn get<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&Spanned<DeValue<'_>>) -> Parsed<T>,
    ) -> Option<T> {
        if let Some(entry) = self.entry(key) {
            return self.parsed(&entry, parse);
        }
        match self.section.preset(key) {
            Some(Preset::Is(text)) => {
                let value = DeValue::parse(text).ok()?;
                let parsed = parse(&value);
                debug_assert!(parsed.is_ok(), "the default of `{key}` does not fit");
                parsed.ok()
            }
            Some(Preset::Required | Preset::None(_)) | None => {
                self.missing(key);
                None
            }
        }
    }

    /// The value of a key that may be absent.
    pub(super) fn optional<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&Spanned<DeValue<'_>>) -> Parsed<T>,
    ) -> Result<Option<T>, Noted> {
        match self.entry(key) {
            Some(entry) => self.parsed(&entry, parse).map(Some).ok_or(Noted),
            None => Ok(None),
        }
    }

    /// The value of an entry.
    pub(super) fn parsed<T>(
        &self,
        entry: &Entry<'_>,
        parse: impl Fn(&Spanned<DeValue<'_>>) -> Parsed<T>,
    ) -> Option<T> {
        match parse(entry.value) {
            Ok(value) => Some(value),
            Err(faults) => {
                for (span, message) in faults {
                    self.sheet.problem(&span, &entry.path, message);
                }
                None
            }
        }
    }

    /// A reader of a table inside this one, present or not; `None` where it is no table.
    pub(super) fn table(&self, key: &'static str, section: &'static Section) -> Option<Self> {
        let Some(entry) = self.entry(key) else {
            let path = self.path_of(key);
            return Some(Self::new(
                self.sheet,
                section,
                path,
                self.span.clone(),
                None,
            ));
        };
        self.table_of(&entry, section)
    }

    /// A reader of the table that an entry is; `None` where it is no table.
    pub(super) fn table_of(&self, entry: &Entry<'t>, section: &'static Section) -> Option<Self> {
        let DeValue::Table(table) = entry.value.get_ref() else {
            let message = format!(
                "must be a table, not {}; write `{}`",
                kind_of(entry.value.get_ref()),
                section.header
            );
            self.sheet
                .problem(&entry.value.span(), &entry.path, message);
            return None;
        };
        let path = entry.path.clone();
        Some(Self::new(
            self.sheet,
            section,
            path,
            entry.key_span.clone(),
            Some(table),
        ))
    }

    /// Notes a missing key.
    pub(super) fn missing(&self, key: &str) {
        let meaning = self.section.meaning(key).unwrap_or_default();
        let message = format!("is missing: {meaning}");
        self.sheet
            .problem(&self.span, &self.path_of(key), message.trim_end());
    }

    /// Notes a problem with a key's value, or with the table where the key is absent.
    pub(super) fn problem(&self, key: &'static str, message: impl Into<String>) {
        let (span, path) = self.value_place(key);
        self.sheet.problem(&span, &path, message);
    }

    /// Notes a warning about a key's value, or about the table where the key is absent.
    pub(super) fn warning(&self, key: &'static str, message: impl Into<String>) {
        let (span, path) = self.value_place(key);
        self.sheet.warning(&span, &path, message);
    }

    fn value_place(&self, key: &'static str) -> (Range<usize>, String) {
        match self.entry(key) {
            Some(entry) => (entry.value.span(), entry.path),
            None => (self.span.clone(), self.path_of(key)),
        }
    }

    /// Notes every key that `section` does not describe.
    pub(super) fn finish(self) {
        let read = self.read.borrow();
        debug_assert!(
            self.section.keys.iter().all(|key| read.contains(key.name)),
            "a key described in {} is never read",
            self.section.header
        );
        for (name, entry) in self.entries() {
            if !self.section.knows(&name) {
                let message = unknown(&name, self.section);
                self.sheet.problem(&entry.key_span, &entry.path, message);
            }
        }
    }
}

/// A key of another table is said to belong there: in TOML, keys below a header belong to it, so they
/// easily land in the wrong table. Else the nearest key is named.
fn unknown(name: &str, section: &Section) -> String {
    let mut elsewhere = SECTIONS.iter().filter(|other| other.knows(name));
    if let (Some(other), None) = (elsewhere.next(), elsewhere.next()) {
        return format!("unknown key here; it belongs in `{}`", other.header);
    }
    match nearest(name, section.names()) {
        Some(known) => format!("unknown key; the nearest known key is `{known}`"),
        None => "unknown key".to_owned(),
    }
}

/// What a value is, in words.
pub(super) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
