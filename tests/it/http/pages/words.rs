//! The words of the pages stand in one place.

/// Where pages may not say anything of their own.
fn pages() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/pages");
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("words.rs") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            pages.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(pages.len() > 12);
    pages
}

/// The texts in quotes of a line, each with what stands before it.
fn texts(line: &str) -> Vec<(&str, &str)> {
    let mut texts = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('"') {
        let Some((text, after)) = after.split_once('"') else {
            break;
        };
        texts.push((before, text));
        rest = after;
    }
    texts
}

/// Whether people would read it as English: two words, or one with a capital.
fn reads_as_english(text: &str) -> bool {
    let words: Vec<&str> = text
        .split(' ')
        .filter(|word| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic()))
        .collect();
    let capital = |word: &&str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase)
    };
    words.len() > 1 || words.iter().any(capital)
}

#[test]
fn no_page_says_anything_that_does_not_stand_in_words() {
    let mut found = Vec::new();
    for (name, text) in pages() {
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines() {
            let plain = line.trim_start();
            // comments, log lines, and what machines are told
            if plain.starts_with("//")
                || line.contains("tracing::")
                || line.contains("ApiProblem::")
            {
                continue;
            }
            for (before, text) in texts(line) {
                let before = before.trim_end();
                let attribute = before.ends_with("class=") || before.ends_with("class={");
                if !attribute && reads_as_english(text) && !FOR_MACHINES.contains(&text) {
                    found.push(format!("{name}: {text}"));
                }
            }
        }
    }
    assert!(found.is_empty(), "not in words: {found:#?}");
}

/// What only looks like English.
const FOR_MACHINES: [&str; 8] = [
    "Escape",
    "POST ",
    "width=device-width, initial-scale=1",
    "text/css; charset=utf-8",
    "text/javascript; charset=utf-8",
    "public, max-age=31536000, immutable",
    "; Secure",
    "the form names neither one posting nor one cause",
];

#[test]
fn the_script_says_nothing_that_the_page_did_not_give_it() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/web/assets/live.js");
    let script = std::fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    for line in script.lines().filter(|line| *line != "\"use strict\";") {
        let code = line.split(" // ").next().unwrap();
        if code.trim_start().starts_with("//") {
            continue;
        }
        let quoted = code.replace('`', "\"");
        for (before, text) in texts(&quoted) {
            // what is looked for in the page is no text of it
            let named = FOR_MACHINES.contains(&text);
            if !before.ends_with('(') && reads_as_english(text) && !named {
                found.push(text.to_owned());
            }
        }
    }
    assert!(found.is_empty(), "not given by the page: {found:#?}");
    let page = include_str!("../../../../src/http/pages/words.rs");
    for word in script.split("speech.").skip(1) {
        let end = word.find(|letter: char| !letter.is_ascii_alphabetic());
        let name = &word[..end.unwrap()];
        assert!(
            page.contains(&format!("\"{name}\":")),
            "the page does not say `{name}`"
        );
    }
}
