//! `docs/causes.md` is made from the catalogue of causes.

use std::fmt::Write;

use daybook::domain::{CAUSES, Cause, cause};

use super::{files, read, root};

const PAGE: &str = "docs/causes.md";
const HEAD: &str = "\
# Why something is held

<!-- Made from src/domain/cause.rs by `UPDATE_DOCS=1 cargo test --test it docs`: change it there. -->

What daybook cannot book right it holds, with its reason in words, and the rest goes on. Each reason has one of these codes. They
are stable: monitoring and scripts may rely on them. They are in `cause` of the API, at the end of messages in brackets, and in
small print on the page.

When the cause is mended: after a change to the order itself the next run sees it. After anything else, to *retry*, run
`daybook retry --cause CODE` for all of one cause, or `daybook retry ID` for one; `daybook show order NUMBER` names the ids. It reads the
books' lists anew, so a change in QuickBooks is seen. After a change in the configuration restart the daemon first. To *exclude* one
for good, run `daybook exclude ID`: what is not in the books does not come there, what is stays as it is. Reading everything again
(`daybook sync --full`) releases nothing. More in [operations](operations.md#something-is-held).
";

#[test]
fn the_page_of_causes_is_current() {
    let wanted = page();
    let path = root().join(PAGE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, wanted).expect("the page can be written");
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{PAGE} is not current: UPDATE_DOCS=1 cargo test --test it docs"
    );
}

#[test]
fn a_cause_says_what_it_means_and_what_to_do() {
    for Cause {
        code,
        meaning,
        remedy,
        ..
    } in CAUSES
    {
        for text in [meaning, remedy] {
            assert!(text.ends_with('.'), "{code}: `{text}` is no sentence");
            assert!(
                !text.contains('|'),
                "{code}: `{text}` does not fit into a table"
            );
        }
        let plain = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        assert!(code.chars().all(plain), "{code} is not a plain code");
    }
}

#[test]
fn what_a_remedy_asks_for_can_be_done_with_a_command() {
    let help = super::commands::help(&["--help"]);
    let commands: Vec<&str> = help
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut asked = std::collections::BTreeSet::new();
    for Cause { code, remedy, .. } in CAUSES {
        let words = remedy.split(|letter: char| !letter.is_alphabetic());
        for word in words.map(str::to_lowercase) {
            let command = match word.as_str() {
                "retry" | "release" | "released" => "retry",
                "exclude" | "excluding" => "exclude",
                "connect" => "connect",
                _ => continue,
            };
            asked.insert(command);
            assert!(
                commands.contains(&command),
                "{code}: there is no `daybook {command}` for `{remedy}`"
            );
        }
        for called in remedy.split("`daybook ").skip(1) {
            let command = called.split([' ', '`']).next().unwrap_or_default();
            assert!(
                commands.contains(&command),
                "{code}: no `daybook {command}`"
            );
        }
    }
    assert!(asked.contains("retry") && asked.contains("exclude"));
    for command in ["retry", "exclude"] {
        assert!(HEAD.contains(&format!("`daybook {command} ")), "{command}");
    }
}

#[test]
fn every_code_a_posting_is_held_for_is_in_the_catalogue() {
    let makers = [
        " hold(",
        "(hold(",
        " hold_with(",
        "(hold_with(",
        "Hold::of(",
        "Failure::reject(",
    ];
    // about a question or a bug, not about a posting
    let others = ["query_refused"];
    let code =
        ["src/mapping", "src/engine", "src/store", "src/domain"].map(|folder| root().join(folder));
    let mut sources: Vec<_> = code
        .iter()
        .flat_map(|folder| files(folder, ".rs"))
        .collect();
    sources.push(root().join("connectors/quickbooks/src/fault.rs"));
    let mut found = 0;
    for file in sources
        .iter()
        .filter(|file| !file.to_string_lossy().ends_with("_tests.rs"))
    {
        let text = read(file);
        for part in makers.iter().flat_map(|maker| text.split(maker).skip(1)) {
            let Some(quoted) = part.trim_start().strip_prefix('"') else {
                continue;
            };
            let code = quoted.split('"').next().unwrap_or_default();
            found += 1;
            let known = cause(code).is_some() || others.contains(&code);
            assert!(
                known,
                "{}: `{code}` is not in src/domain/cause.rs",
                file.display()
            );
        }
    }
    assert!(found > 20, "the codes were not found");
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let by_hand = |cause: &Cause| cause.holds && !cause.by_itself;
    table(&mut page, "Waits for somebody", by_hand);
    table(&mut page, "Passes by itself", |cause| cause.by_itself);
    table(&mut page, "Only told: nothing waits", |cause| !cause.holds);
    page
}

fn table(page: &mut String, title: &str, wanted: impl Fn(&Cause) -> bool) {
    let _ = write!(
        page,
        "\n## {title}\n\n| code | what it means | what to do |\n|---|---|---|\n"
    );
    for Cause {
        code,
        meaning,
        remedy,
        ..
    } in CAUSES.iter().filter(|cause| wanted(cause))
    {
        let _ = writeln!(page, "| `{code}` | {meaning} | {remedy} |");
    }
}
