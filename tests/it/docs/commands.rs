//! Every command and flag that a page names is in the program's own help, and the other way round.
//! A command that is still to come may be named where the README says so.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::{code_lines, code_spans, files, pages, read, root, section};

const NOT_YET: &str = "What is not there yet";
/// Only the help has them.
const OF_CLAP: [&str; 2] = ["--help", "--version"];

/// Each command with its flags.
type Commands = BTreeMap<String, BTreeSet<String>>;

#[test]
fn what_the_pages_call_exists() {
    let known = commands();
    let planned = planned();
    let mut wrong = Vec::new();
    for (name, page) in pages() {
        for (line, call) in calls(&page) {
            let mut words = call.split_whitespace();
            let command = words.next().unwrap_or_default();
            let Some(flags) = known.get(command) else {
                if !planned.contains(command) {
                    wrong.push(format!(
                        "{name}: `daybook {call}`: no command `{command}` ({line})"
                    ));
                }
                continue;
            };
            for flag in words.filter(|word| word.starts_with("--")) {
                let flag = flag.split('=').next().unwrap_or_default();
                if !flags.contains(flag) {
                    wrong.push(format!(
                        "{name}: `daybook {command}` has no `{flag}` ({line})"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_readme_has_all_commands_with_all_flags() {
    let table = section(&read("README.md"), "Commands");
    let everywhere = words(&table);
    let known = commands();
    let shared: BTreeSet<&String> = known["run"].iter().collect();
    let mut documented = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| `daybook ")) {
        let command = row
            .trim_start_matches("| `daybook ")
            .split([' ', '`'])
            .next();
        let command = command.unwrap_or_default().to_owned();
        let flags = known
            .get(&command)
            .unwrap_or_else(|| panic!("no command `{command}`"));
        let in_row = words(row);
        for flag in flags.iter().filter(|flag| !shared.contains(flag)) {
            assert!(
                in_row.contains(flag),
                "README: `daybook {command}` takes {flag}"
            );
        }
        for flag in in_row.iter().filter(|word| word.starts_with("--")) {
            assert!(
                flags.contains(flag),
                "README: `daybook {command}` has no {flag}"
            );
        }
        documented.insert(command);
    }
    for flag in shared {
        assert!(
            everywhere.contains(flag),
            "README: all commands take {flag}"
        );
    }
    let all: BTreeSet<String> = known.into_keys().collect();
    assert_eq!(documented, all);
}

#[test]
fn what_the_program_tells_people_to_run_exists() {
    let known = commands();
    let planned = planned();
    for folder in ["src", "connectors"] {
        for file in files(&root().join(folder), ".rs") {
            for part in read(&file).split("`daybook ").skip(1) {
                let command: String = part.chars().take_while(char::is_ascii_lowercase).collect();
                let fine = known.contains_key(&command) || planned.contains(&command);
                assert!(
                    fine || command.is_empty(),
                    "{}: no `daybook {command}`",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn what_is_called_planned_is_not_there() {
    let known = commands();
    for command in planned() {
        assert!(
            !known.contains_key(&command),
            "README: `{command}` is there by now"
        );
    }
}

#[test]
fn exit_codes_are_those_of_the_program() {
    let source = read("src/cli/output.rs");
    let from = source
        .split("impl From<Exit> for ExitCode")
        .nth(1)
        .expect("the exit codes");
    let from = from.split("\n}").next().unwrap_or_default();
    let wanted: BTreeSet<u8> = from
        .lines()
        .filter_map(|line| line.split_once("=> ")?.1.trim_end_matches(',').parse().ok())
        .collect();
    let page = read("docs/operations.md");
    for (name, table) in [
        ("README.md", section(&read("README.md"), "Commands")),
        ("operations", section(&page, "Exit codes")),
    ] {
        let cells = table
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        let told: BTreeSet<u8> = cells
            .flat_map(|cell| cell.split(", "))
            .filter_map(|code| code.parse().ok())
            .collect();
        assert_eq!(told, wanted, "{name}");
    }
}

/// The commands that the README says are missing.
fn planned() -> BTreeSet<String> {
    let missing = section(&read("README.md"), NOT_YET);
    let about = missing.split("\n- ").filter(|part| part.contains("ommand"));
    let spans = about.flat_map(|part| code_spans(part.split("**").nth(2).unwrap_or_default()));
    let word = |text: &String| text.chars().all(|letter| letter.is_ascii_lowercase());
    spans.map(|(_, span)| span).filter(word).collect()
}

/// What follows `daybook` wherever it is called: in a text in backticks or a line of a code block.
fn calls(page: &str) -> Vec<(usize, String)> {
    let mut calls = Vec::new();
    let spans = code_spans(page);
    let blocks = code_lines(page)
        .into_iter()
        .map(|(line, text)| (line, text.to_owned()));
    for (line, text) in spans.into_iter().chain(blocks) {
        let text = text.split(" #").next().unwrap_or_default();
        let called = if let Some((_, rest)) = text.split_once("cargo run --release -- ") {
            Some(rest)
        } else if let Some((_, rest)) = text.split_once("/daybook ") {
            Some(rest)
        } else {
            text.trim()
                .trim_start_matches("$ ")
                .strip_prefix("daybook ")
        };
        let command = |rest: &&str| rest.starts_with(|first: char| first.is_ascii_lowercase());
        if let Some(rest) = called.filter(command) {
            calls.push((line, rest.trim_end_matches('\\').to_owned()));
        }
    }
    calls
}

/// The words of a text, without what stands around them.
fn words(text: &str) -> BTreeSet<String> {
    let apart = |letter: char| letter.is_whitespace() || "`|,;.()".contains(letter);
    text.split(apart).map(str::to_owned).collect()
}

/// What the program says of itself.
fn commands() -> Commands {
    let mut commands = Commands::new();
    for name in listed(&help(&["--help"])) {
        let own = help(&[&name, "--help"]);
        // a command with commands of its own has all their flags
        let below = listed(&own).map(|part| help(&[&name, &part, "--help"]));
        let all: Vec<String> = below.chain([own.clone()]).collect();
        let flags = all
            .iter()
            .flat_map(|help| words(help))
            .filter(|word| word.starts_with("--") && word.len() > 2)
            .filter(|word| !OF_CLAP.contains(&word.as_str()))
            .collect();
        commands.insert(name, flags);
    }
    commands
}

/// The commands that a help lists.
fn listed(help: &str) -> impl Iterator<Item = String> + '_ {
    help.split("Commands:\n")
        .nth(1)
        .unwrap_or_default()
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
}

pub(super) fn help(arguments: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_daybook"))
        .args(arguments)
        .output();
    let output = run.expect("daybook runs");
    assert!(output.status.success(), "daybook {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn calls_are_found_where_they_are_made() {
    let page = "`daybook sync --full` keeps `daybook.db`\n```sh\ncargo run --release -- demo # x\n\
                sudo /usr/bin/daybook check --config a\necho \"daybook does not\"\n```";
    let found: Vec<String> = calls(page).into_iter().map(|(_, call)| call).collect();
    assert_eq!(found, ["sync --full", "demo", "check --config a"]);
}
