//! Links within the repository lead to a file, and to a heading of it where they name one.

use std::path::Path;

use super::{pages, prose, read, root};

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for (name, page) in pages() {
        let folder = Path::new(&name).parent().unwrap_or(Path::new(""));
        for (line, target) in links(&page) {
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() {
                Path::new(&name).to_path_buf()
            } else {
                folder.join(file)
            };
            if !root().join(&path).exists() {
                broken.push(format!("{name}:{line}: there is no {}", path.display()));
            } else if !heading.is_empty() && !anchors(&read(&path)).contains(&heading.to_owned()) {
                broken.push(format!(
                    "{name}:{line}: {} has no heading #{heading}",
                    path.display()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn links_and_headings_are_read_as_github_reads_them() {
    let page = "# A `b`: c, d\n[x](y.md#z) [w](https://example.com) `[n](o)`\n[v](u.md)";
    assert_eq!(
        links(page),
        [(2, "y.md#z".to_owned()), (3, "u.md".to_owned())]
    );
    assert_eq!(anchors(page), ["a-b-c-d"]);
}

/// The targets of all links that stay in the repository, with their lines.
fn links(page: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (line, text) in prose(page) {
        let outside_code: Vec<&str> = text.split('`').step_by(2).collect();
        for rest in outside_code.join("code").split("](").skip(1) {
            let target = rest.split(')').next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                links.push((line, target.to_owned()));
            }
        }
    }
    links
}

/// The names of a page's headings: lower case, without signs, blanks as hyphens.
fn anchors(page: &str) -> Vec<String> {
    let slug = |heading: &str| -> String {
        heading
            .to_lowercase()
            .chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
            .map(|letter| if letter == ' ' { '-' } else { letter })
            .collect()
    };
    let headings = prose(page)
        .into_iter()
        .filter(|(_, line)| line.starts_with('#'));
    headings
        .map(|(_, line)| slug(line.trim_start_matches('#').trim()))
        .collect()
}
