//! Who may import whom: a change that breaks the shape of the program fails here, not in a review.
//!
//! Read are the dependencies of every crate and every path in every source file that begins with
//! `crate`, `super`, `daybook` or the name of one of our crates, grouped imports included.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Which crate may depend on which of ours. Dependencies of tests only are marked `(tests)`.
const CRATES: [(&str, &[&str]); 5] = [
    (".", &["kit", "woocommerce", "quickbooks", "sandbox"]),
    ("connectors/kit", &[]),
    // a connector's own tests may run against the simulated system
    ("connectors/woocommerce", &["kit", "sandbox (tests)"]),
    ("connectors/quickbooks", &["kit", "sandbox (tests)"]),
    // written from the FACTS, so that a misunderstanding in a connector cannot hide in a shared type
    ("sandbox", &[]),
];

/// Which module of daybook may use what: other modules, and crates of ours. `domain` and `kit` hold
/// the values that everything speaks about.
const MODULES: [(&str, &[&str]); 11] = [
    ("domain", &["kit"]),
    // `StreamName` and `Quotas` are values of the kit
    ("config", &["domain", "kit"]),
    ("store", &["domain", "kit"]),
    ("mapping", &["domain", "kit", "woocommerce", "quickbooks"]),
    ("engine", &["store", "domain", "kit"]),
    ("http", &["engine", "store", "config", "domain", "kit"]),
    // a command starts what `wiring` joins, and the daemon with its log, its server and its service
    // manager
    (
        "cli",
        &[
            "engine",
            "store",
            "config",
            "domain",
            "kit",
            "wiring",
            "http",
            "telemetry",
            "service",
        ],
    ),
    // the only place that turns a configuration into the parts of the program
    (
        "wiring",
        &[
            "engine",
            "store",
            "config",
            "domain",
            "kit",
            "mapping",
            "http",
            "telemetry",
            "service",
            "woocommerce",
            "quickbooks",
        ],
    ),
    // what is logged, and how, is in the configuration
    ("telemetry", &["config"]),
    ("service", &["kit"]),
    // arguments in, exit code out
    ("main", &["cli", "telemetry"]),
];

/// Edges that hold for one file or one name only.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    (
        "src/cli/demo.rs",
        "sandbox",
        "the demo runs against the simulated systems",
    ),
    (
        "src/engine/",
        "config::Schedule",
        "a pure value that the engine asks when a run is due",
    ),
];

const OURS: [&str; 5] = ["kit", "woocommerce", "quickbooks", "sandbox", "daybook"];

#[test]
fn crates_depend_only_on_whom_they_may() {
    for (folder, allowed) in CRATES {
        let manifest = root().join(folder).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("TOML");
        for (section, mark) in [
            ("dependencies", ""),
            ("build-dependencies", ""),
            ("dev-dependencies", " (tests)"),
        ] {
            let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for name in dependencies.keys() {
                let name = name.trim_start_matches("daybook-");
                let edge = format!("{name}{mark}");
                let fine = allowed.contains(&name) || allowed.contains(&edge.as_str());
                assert!(
                    fine || !OURS.contains(&name),
                    "{folder}/Cargo.toml must not depend on {edge}"
                );
            }
        }
    }
}

#[test]
fn modules_import_only_whom_they_may() {
    let mut wrong = Vec::new();
    for file in sources(&root().join("src")) {
        let name = file.strip_prefix(root()).expect("below the root");
        let name = name.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a source file");
        let module = module_path(&name);
        let own = module.first().map_or("lib", String::as_str);
        if own == "lib" {
            continue; // the list of modules
        }
        let (_, allowed) = MODULES
            .iter()
            .find(|(known, _)| *known == own)
            .unwrap_or_else(|| panic!("{name}: say in this test what `{own}` may import"));
        for (line, path) in paths(&text, &module) {
            let first = path.split("::").next().unwrap_or_default();
            let excepted = EXCEPTIONS.iter().any(|(place, target, _)| {
                name.starts_with(place)
                    && (path == *target || path.starts_with(&format!("{target}::")))
            });
            if first != own && !allowed.contains(&first) && !excepted {
                wrong.push(format!("{name}:{line}: `{own}` must not import `{path}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_other_crates_import_only_whom_they_may() {
    let mut wrong = Vec::new();
    for (folder, allowed) in CRATES.iter().filter(|(folder, _)| *folder != ".") {
        for file in sources(&root().join(folder).join("src")) {
            let text = std::fs::read_to_string(&file).expect("a source file");
            for (line, path) in paths(&text, &[]) {
                let first = path.split("::").next().unwrap_or_default();
                // paths of the crate's own modules come back with `crate` in front
                if OURS.contains(&first) && !allowed.contains(&first) {
                    wrong.push(format!(
                        "{}:{line}: must not import `{path}`",
                        file.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn imports_are_found_in_every_form() {
    let text = r##"
        //! use crate::comment::A;
        use crate::{domain::{Draft, Posting}, store, http as web};
        use super::super::engine::Run;
        use super::neighbour;
        use kit::Clock;
        /* use crate::gone; */
        const TEXT: &str = "crate::text \" crate::text";
        const RAW: &str = r#"crate::raw " crate::raw"#;
        fn life<'a>(letter: &'a char) -> bool { *letter == '"' || crate::mapping::fits() }
        mod tests { use super::super::super::cli::Command; use super::*; }
    "##;
    let module = ["config".to_owned(), "reader".to_owned()];
    let found: BTreeSet<String> = paths(text, &module)
        .into_iter()
        .map(|(_, path)| path)
        .collect();
    let expected = [
        "cli::Command",
        "config::neighbour",
        "config::reader",
        "domain::Draft",
        "domain::Posting",
        "engine::Run",
        "http",
        "kit::Clock",
        "mapping::fits",
        "store",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// All source files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// `src/config/reader.rs` → `config`, `reader`.
fn module_path(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if parts
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        parts.pop();
    }
    parts
}

/// Every path into our crates with its line, from the root of daybook (`store::Store`) or with the
/// name of another crate of ours (`kit::Clock`). `module` is where the file is.
fn paths(text: &str, module: &[String]) -> Vec<(usize, String)> {
    let tokens = tokens(text);
    let at = |index: usize| tokens.get(index).map_or("", |(_, token)| token.as_str());
    let mut found = Vec::new();
    // the modules opened in the file, and where their braces are
    let mut open: Vec<Option<String>> = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let (line, token) = (tokens[index].0, at(index));
        match token {
            "{" => {
                let inline = index >= 2 && at(index - 2) == "mod";
                open.push(inline.then(|| at(index - 1).to_owned()));
            }
            "}" => {
                open.pop();
            }
            _ => {}
        }
        let begins = index == 0 || at(index - 1) != "::";
        let start = if !begins || at(index + 1) != "::" {
            None
        } else if token == "crate" || token == "daybook" {
            Some((Vec::new(), index + 2))
        } else if token == "super" {
            let inline = open.iter().flatten().cloned();
            let mut from: Vec<String> = module.iter().cloned().chain(inline).collect();
            let mut next = index;
            while at(next) == "super" && at(next + 1) == "::" {
                from.pop();
                next += 2;
            }
            Some((from, next))
        } else if OURS.contains(&token) {
            Some((vec![token.to_owned()], index + 2))
        } else {
            None
        };
        if let Some((from, next)) = start {
            for leaf in leaves(&tokens, next) {
                let mut path = from.clone();
                path.extend(leaf);
                if !path.is_empty() {
                    found.push((line, path.join("::")));
                }
            }
        }
        index += 1;
    }
    found
}

/// The ends of a path that begins at a token: one, or one for each member of its groups.
fn leaves(tokens: &[(usize, String)], start: usize) -> Vec<Vec<String>> {
    let at = |index: usize| tokens.get(index).map_or("", |(_, token)| token.as_str());
    let mut path = Vec::new();
    let mut index = start;
    loop {
        let token = at(index);
        if token == "{" {
            let mut all = Vec::new();
            let (mut depth, mut begin) = (0_usize, true);
            while index < tokens.len() {
                match at(index) {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                let starts = begin && depth == 1 && at(index) != "{" && at(index) != ",";
                if starts {
                    for leaf in leaves(tokens, index) {
                        let mut whole = path.clone();
                        whole.extend(leaf);
                        all.push(whole);
                    }
                }
                begin = depth == 1 && matches!(at(index), "{" | ",");
                index += 1;
            }
            return all;
        }
        if token
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_')
            && token != "self"
        {
            path.push(token.to_owned());
        }
        if at(index + 1) != "::" {
            return vec![path];
        }
        index += 2;
    }
}

/// Names, `::`, braces and commas with their lines; without comments and texts.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let letters: Vec<char> = text.chars().collect();
    let at = |index: usize| letters.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let (mut index, mut line) = (0, 1);
    while index < letters.len() {
        let from = index;
        match at(index) {
            '/' if at(index + 1) == '/' => {
                while index < letters.len() && at(index) != '\n' {
                    index += 1;
                }
            }
            '/' if at(index + 1) == '*' => {
                index += 2;
                while index < letters.len() && !(at(index) == '*' && at(index + 1) == '/') {
                    index += 1;
                }
                index += 2;
            }
            'r' if raw_text(&letters, index).is_some() => {
                index = raw_text(&letters, index).unwrap_or(letters.len());
            }
            '"' => index = quoted(&letters, index),
            // a letter in quotes, unless it is a lifetime
            '\'' if at(index + 1) == '\\' => {
                index += 3;
                while index < letters.len() && at(index) != '\'' {
                    index += 1;
                }
                index += 1;
            }
            '\'' if at(index + 2) == '\'' => index += 3,
            ':' if at(index + 1) == ':' => {
                tokens.push((line, "::".to_owned()));
                index += 2;
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                while at(index).is_alphanumeric() || at(index) == '_' {
                    index += 1;
                }
                tokens.push((line, letters[from..index].iter().collect()));
            }
            letter => {
                if !letter.is_whitespace() {
                    tokens.push((line, letter.to_string()));
                }
                index += 1;
            }
        }
        let end = index.min(letters.len());
        line += letters[from..end]
            .iter()
            .filter(|letter| **letter == '\n')
            .count();
    }
    tokens
}

/// The index behind a text in quotes.
fn quoted(letters: &[char], start: usize) -> usize {
    let mut index = start + 1;
    while let Some(letter) = letters.get(index) {
        match letter {
            '\\' => index += 2,
            '"' => return index + 1,
            _ => index += 1,
        }
    }
    index
}

/// The index behind a raw text, where one begins.
fn raw_text(letters: &[char], start: usize) -> Option<usize> {
    let before = start.checked_sub(1).and_then(|before| letters.get(before));
    if before.is_some_and(|letter| letter.is_alphanumeric() && *letter != 'b' || *letter == '_') {
        return None;
    }
    let hashes = letters[start + 1..]
        .iter()
        .take_while(|letter| **letter == '#')
        .count();
    if letters.get(start + 1 + hashes) != Some(&'"') {
        return None;
    }
    let mut index = start + 2 + hashes;
    while index < letters.len() {
        let closes = letters[index] == '"'
            && letters[index + 1..]
                .iter()
                .take(hashes)
                .filter(|letter| **letter == '#')
                .count()
                == hashes;
        if closes {
            return Some(index + 1 + hashes);
        }
        index += 1;
    }
    Some(index)
}
