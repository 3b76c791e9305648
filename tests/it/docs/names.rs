//! What the page on architecture names in backticks exists: files, tables, types and functions. So
//! do the tests that the README says keep a promise.

use std::collections::BTreeSet;

use super::{code_spans, files, read, root, section};

/// Where code is.
const CODE: [&str; 5] = ["src", "connectors", "sandbox", "migrations", "tests"];

#[test]
fn what_the_architecture_names_exists() {
    let code = Code::read();
    let mut missing = Vec::new();
    for (line, name) in code_spans(&read("docs/ARCHITECTURE.md")) {
        if !code.has(&name) {
            missing.push(format!("docs/ARCHITECTURE.md:{line}: there is no `{name}`"));
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn the_tests_that_keep_the_promises_exist() {
    let code = Code::read();
    let promises = section(&read("README.md"), "Why trust it");
    let rows = promises.lines().filter(|line| line.starts_with("| "));
    let mut tests = 0;
    for row in rows.skip(1) {
        let shown_by = row
            .trim_end_matches(" |")
            .rsplit(" | ")
            .next()
            .unwrap_or_default();
        for (_, name) in code_spans(shown_by) {
            assert!(code.has(&name), "README: there is no `{name}`");
            tests += 1;
        }
    }
    assert!(tests > 0, "README: no test is named");
}

/// What the code of the repository defines, and all words in it.
struct Code {
    files: Vec<Defined>,
    words: BTreeSet<String>,
}

/// What one file defines.
struct Defined {
    /// Types, traits, modules, and what is implemented for.
    owners: BTreeSet<String>,
    /// Functions, types, constants, variants and fields.
    members: BTreeSet<String>,
}

impl Code {
    fn read() -> Self {
        let mut code = Self {
            files: Vec::new(),
            words: BTreeSet::new(),
        };
        for folder in CODE {
            for ending in [".rs", ".sql"] {
                for path in files(&root().join(folder), ending) {
                    if !path.ends_with(file!()) {
                        code.add(&read(path));
                    }
                }
            }
        }
        code
    }

    fn add(&mut self, text: &str) {
        let mut defined = Defined {
            owners: BTreeSet::new(),
            members: BTreeSet::new(),
        };
        for line in text.lines() {
            let words: Vec<&str> = line
                .split(|it| !is_inner(it))
                .filter(|it| !it.is_empty())
                .collect();
            for pair in words.windows(2) {
                match pair {
                    ["fn" | "const" | "static" | "type", name] => {
                        defined.members.insert((*name).to_owned());
                    }
                    ["struct" | "enum" | "trait", name] => {
                        defined.members.insert((*name).to_owned());
                        defined.owners.insert((*name).to_owned());
                    }
                    _ => {}
                }
            }
            let plain = line.trim_start().trim_start_matches("pub ");
            if line.starts_with("impl") {
                defined
                    .owners
                    .extend(words.iter().map(|word| (*word).to_owned()));
            }
            let name: String = plain
                .chars()
                .take_while(|letter| is_inner(*letter))
                .collect();
            let rest = plain.get(name.len()..).unwrap_or_default();
            if rest.starts_with([',', '(', ':']) || rest.starts_with(" {") {
                defined.members.insert(name); // a variant or a field
            }
            self.words.extend(words.into_iter().map(str::to_owned));
        }
        self.files.push(defined);
    }

    /// Whether a text in backticks is something that exists, or is no name at all.
    fn has(&self, name: &str) -> bool {
        if !name
            .chars()
            .all(|letter| is_inner(letter) || ":/.-".contains(letter))
            || name.contains("--")
        {
            return true; // a command, a sentence, a pattern
        }
        if name.contains('/') || [".rs", ".toml"].iter().any(|ending| name.ends_with(ending)) {
            return root().join(name).exists();
        }
        match name.split_once("::") {
            Some((owner, member)) => self
                .files
                .iter()
                .any(|file| file.owners.contains(owner) && file.members.contains(member)),
            None if name.contains('-') => true,
            None => name
                .split('.')
                .all(|part| part.is_empty() || self.words.contains(part)),
        }
    }
}

/// Whether a letter can stand in a name.
fn is_inner(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[test]
fn a_name_that_is_not_there_is_found_missing() {
    let code = Code::read();
    for name in [
        "Run::work",
        "src/engine",
        "sync_batches",
        "PostingKind::level",
        "Kind",
        "cargo test",
    ] {
        assert!(code.has(name), "{name}");
    }
    let gone = ["Run::", "dance"].concat();
    assert!(!code.has(&gone));
    assert!(!code.has("src/engine/nothing.rs"));
}
