//! The documents say what is so: generated pages are current, links lead somewhere, and every
//! command, flag, exit code, route, field, file and name they speak of exists.

mod catalogue;
mod commands;
mod links;
mod monitoring;
mod names;
mod points;
mod rows;
mod shown;
mod stores;

use std::path::{Path, PathBuf};

/// The folder of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository.
fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder that end so, without what is built or fetched.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            if name != "target" && name != "recorded" && !name.starts_with('.') {
                found.extend(files(&path, ending));
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// All pages of the documentation, each with its path from the root.
fn pages() -> Vec<(String, String)> {
    files(root(), ".md")
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).expect("below the root");
            (name.to_string_lossy().into_owned(), read(&path))
        })
        .collect()
}

/// The part of a page under a heading of the second level, up to the next one.
fn section(page: &str, heading: &str) -> String {
    let mut lines = page
        .lines()
        .skip_while(|line| *line != format!("## {heading}"));
    assert!(lines.next().is_some(), "there is no heading `## {heading}`");
    let lines: Vec<&str> = lines.take_while(|line| !line.starts_with("## ")).collect();
    lines.join("\n")
}

/// The texts in single backticks outside code blocks, with their lines.
fn code_spans(page: &str) -> Vec<(usize, String)> {
    let mut spans = Vec::new();
    for (line, text) in prose(page) {
        let parts: Vec<&str> = text.split('`').collect();
        let inside = parts.iter().skip(1).step_by(2).take((parts.len() - 1) / 2);
        spans.extend(inside.map(|span| (line, (*span).to_owned())));
    }
    spans
}

/// The lines outside code blocks, numbered from 1.
fn prose(page: &str) -> Vec<(usize, &str)> {
    let mut block = false;
    let mut lines = Vec::new();
    for (number, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            block = !block;
        } else if !block {
            lines.push((number + 1, line));
        }
    }
    lines
}

/// The lines of code blocks, numbered from 1.
fn code_lines(page: &str) -> Vec<(usize, &str)> {
    let mut block = false;
    let mut lines = Vec::new();
    for (number, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            block = !block;
        } else if block {
            lines.push((number + 1, line));
        }
    }
    lines
}

#[test]
fn code_spans_and_blocks_are_told_apart() {
    let page = "a `b c` and `d`\n```sh\n`e` f\n```\n`g";
    assert_eq!(
        code_spans(page),
        [(1, "b c".to_owned()), (1, "d".to_owned())]
    );
    assert_eq!(code_lines(page), [(3, "`e` f")]);
}
