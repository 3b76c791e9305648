//! What the README shows of the demo is what the demo prints.

use std::process::Command;

use super::{read, root};

const PAGE: &str = "README.md";
const BEGIN: &str = "<!-- demo output: begin -->\n";
const END: &str = "<!-- demo output: end -->";

#[test]
fn the_demo_prints_what_the_readme_shows() {
    let run = Command::new(env!("CARGO_BIN_EXE_daybook"))
        .args(["demo", "--once", "--listen", "127.0.0.1:0"])
        .output()
        .expect("daybook runs");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let printed = String::from_utf8(run.stdout).expect("text");
    let page = read(PAGE);
    let (before, rest) = page.split_once(BEGIN).expect("the begin of the output");
    let (shown, after) = rest.split_once(END).expect("the end of the output");
    let wanted = format!("```text\n{printed}```\n");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let page = format!("{before}{BEGIN}{wanted}{END}{after}");
        std::fs::write(root().join(PAGE), page).expect("the page can be written");
        return;
    }
    assert_eq!(
        steady(shown),
        steady(&wanted),
        "UPDATE_DOCS=1 cargo test --test it docs"
    );
}

/// Without what differs from run to run: how many calls the documents went into.
fn steady(text: &str) -> String {
    let Some((before, after)) = text.split_once(" requests") else {
        return text.to_owned();
    };
    format!(
        "{} … requests{after}",
        before.trim_end_matches(|letter: char| letter.is_ascii_digit())
    )
}
